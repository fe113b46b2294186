package engine_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rewritingStore has another text in the log of one execution, or another definition.
type rewritingStore struct {
	*lastingStore
	arn            string
	from, to       string // in the log
	definition     string
	rewrites, lost atomic.Bool
}

func (s *rewritingStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	if arn == s.arn && s.lost.Load() {
		return nil, errDamage
	}
	lines, err := s.lastingStore.Log(ctx, arn)
	if arn == s.arn && s.rewrites.Load() && s.from != "" {
		lines = slices.Clone(lines)
		for i := range lines {
			lines[i] = bytes.Replace(lines[i], []byte(s.from), []byte(s.to), 1)
		}
	}
	return lines, err
}

// Tail is Log: this store knows the ends of logs no better.
func (s *rewritingStore) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

func (s *rewritingStore) Definition(ctx context.Context, hash string) (string, error) {
	text, err := s.lastingStore.Definition(ctx, hash)
	if s.rewrites.Load() && s.definition != "" && strings.Contains(text, "Damaged") {
		text = s.definition
	}
	return text, err
}

// TestStrandedExecutionsCanBeStopped: one that can't go on ends as ABORTED, by whatever it is
// stranded; its parent is told, its child is stopped, and somebody is notified.
func TestStrandedExecutionsCanBeStopped(t *testing.T) {
	t.Parallel()
	waits := `{"Comment":"Damaged","StartAt":"S","States":{"S":` + task("states:startExecution.sync", `{"StateMachineArn":"slow","Name":"child"}`, "") + `}}`
	for _, c := range []struct {
		name   string
		store  *rewritingStore
		events string // what is left to read
	}{
		{"by a definition that is refused", &rewritingStore{definition: `{"StartAt":"Gone"}`}, "readable"},
		{"by events that no such machine has", &rewritingStore{from: `"name":"S"`, to: `"name":"T"`}, "readable"},
		{"by a line that is no event", &rewritingStore{from: `"type":"TaskStarted"`, to: `"tape":"TaskStarted"`}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := c.store
			db.lastingStore = new(lastingStore)
			db.arn = "arn:aws:states:us-east-1:123456789012:execution:damaged:d"
			const arnOfChild = "arn:aws:states:us-east-1:123456789012:execution:slow:child"
			var told []string
			clock := enginetest.NewClock(time.Time{})
			machines := machinesOf(t, children)
			machines["damaged"] = machine(t, waits)
			open := func() *engine.Engine {
				e, err := engine.New(engine.Config{Store: db, Clock: clock, Resolver: engine.NewMux(), Notify: func(_ context.Context, s engine.StatusChange) error {
					told = append(told, s.Detail.Name+" "+string(s.Detail.Status))
					return nil
				}})
				require.NoError(t, err)
				e.UseMachines(machines)
				clock.Settle()
				return e
			}
			e := open()
			x := run(t, e, one(t, task("states:startExecution.sync", `{"StateMachineArn":"damaged","Name":"d"}`, "")), nil, engine.Named("parent"), engine.Machine("m"))
			clock.Settle()
			require.NoError(t, e.Close())
			db.rewrites.Store(true)
			clock = enginetest.NewClock(clock.Now())
			e = open()
			// A stop finds out that it can't go on, where nothing has before.
			require.NoError(t, e.StopExecution(t.Context(), db.arn, "Operator", "it can't be read"))
			require.NoError(t, e.StopExecution(t.Context(), db.arn, "Operator", "again"))
			clock.Settle()
			assert.Empty(t, e.Health().Stranded)
			assert.Equal(t, "ABORTED", standing(t, e, arnOfChild)[:7])
			assert.Contains(t, standing(t, e, x.ARN()), `FAILED States.TaskFailed: {"Cause":"it can't be read","Error":"Operator"`)
			r, err := db.Record(t.Context(), db.arn)
			require.NoError(t, err)
			assert.Equal(t, states.StatusAborted, r.Status)
			if c.events != "" {
				page, err := e.GetExecutionHistory(t.Context(), db.arn, engine.HistoryOptions{MaxResults: 1000})
				require.NoError(t, err)
				last := page.Events[len(page.Events)-1]
				assert.Equal(t, states.ExecutionAborted, last.Type)
				assert.Equal(t, states.EventID(len(page.Events)), last.ID)
			}
			require.NoError(t, e.Close())
			assert.Contains(t, told, "d ABORTED")
			assert.Contains(t, told, "child ABORTED")
		})
	}
}

// TestALogThatIsLostEndsByItsRecord, since nobody knows where the log ends.
func TestALogThatIsLostEndsByItsRecord(t *testing.T) {
	t.Parallel()
	db := &rewritingStore{lastingStore: new(lastingStore)}
	e, clock := startVirtual(t, engine.Config{Store: db})
	x := run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("m"), engine.Named("n"))
	clock.Settle()
	db.arn = x.ARN()
	db.lost.Store(true)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	r, err := db.Record(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusAborted, r.Status)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""), "it has ended")
}
