package engine_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sink is told of changes of status. It takes them unless it has a reason not to.
type sink struct {
	mu      sync.Mutex
	refuses func(calls int, c *engine.StatusChange) error // nil for a sink that takes all
	calls   int
	taken   []engine.StatusChange
}

func (s *sink) notify(_ context.Context, c engine.StatusChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.refuses != nil {
		if err := s.refuses(s.calls, &c); err != nil {
			return err
		}
	}
	s.taken = append(s.taken, c)
	return nil
}

// told returns what the sink has taken, as "name STATUS".
func (s *sink) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := []string{}
	for _, c := range s.taken {
		lines = append(lines, c.Detail.Name+" "+string(c.Detail.Status))
	}
	return lines
}

// last returns the JSON of the newest change, and checks and leaves out its id.
func (s *sink) last(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(t, s.taken)
	c := s.taken[len(s.taken)-1]
	assert.Regexp(t, regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`), c.ID)
	c.ID = ""
	text, err := json.Marshal(c)
	require.NoError(t, err)
	return string(text)
}

// change is the JSON of a change of the execution "n" of machine "m", which started at the
// virtual clock's beginning.
func change(at, detail string) string {
	const arn = `"arn:aws:states:us-east-1:123456789012:execution:m:n"`
	return `{"version":"0","id":"","detail-type":"Step Functions Execution Status Change","source":"aws.states",
		"account":"123456789012","time":"` + at + `","region":"us-east-1","resources":[` + arn + `],
		"detail":{"executionArn":` + arn + `,"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m",
			"name":"n","startDate":1704067200000,"stateMachineVersionArn":null,"stateMachineAliasArn":null,` + detail + `}}`
}

const (
	never      = `"redriveCount":0,"redriveDate":null,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":`
	running    = never + `"Execution is RUNNING and cannot be redriven"`
	redrivable = `"redriveCount":0,"redriveDate":null,"redriveStatus":"REDRIVABLE","redriveStatusReason":null`
)

// TestNotificationsOfEachStatus: the events are AWS's, member by member.
func TestNotificationsOfEachStatus(t *testing.T) {
	t.Parallel()
	const (
		input  = `"input":"{\"a\":\"<&>\",\"b\":[1,2.5]}","inputDetails":{"included":true},`
		output = `"output":"{\"a\":\"<&>\",\"b\":[1,2.5]}","outputDetails":{"included":true},`
		none   = `"output":null,"outputDetails":null,`
	)
	for _, c := range []struct{ name, wait, then, at, want string }{
		{"succeeded", `"Seconds":90`, `{"Type":"Pass","End":true}`, "2024-01-01T00:01:30Z",
			`"status":"SUCCEEDED","stopDate":1704067290000,"error":null,"cause":null,` + output + never + `"Execution is SUCCEEDED and cannot be redriven"`},
		{"failed", `"Seconds":90`, `{"Type":"Task","Resource":"fail","End":true}`, "2024-01-01T00:01:30Z",
			`"status":"FAILED","stopDate":1704067290000,"error":"Broken","cause":"because",` + none + redrivable},
		{"failed without an error", `"Seconds":90`, `{"Type":"Fail"}`, "2024-01-01T00:01:30Z",
			`"status":"FAILED","stopDate":1704067290000,"error":null,"cause":null,` + none + redrivable},
		{"timed out", `"Seconds":200`, `{"Type":"Pass","End":true}`, "2024-01-01T00:01:40Z",
			`"status":"TIMED_OUT","stopDate":1704067300000,"error":null,"cause":null,` + none + redrivable},
		{"aborted", `"Seconds":99`, `{"Type":"Pass","End":true}`, "2024-01-01T00:00:30Z",
			`"status":"ABORTED","stopDate":1704067230500,"error":"Halt","cause":"by hand",` + none + redrivable},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, db store.Store) {
				s := new(sink)
				e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify, Resolver: tasks(map[string]engine.HandlerFunc{"fail": fail("Broken")})})
				m := machine(t, `{"TimeoutSeconds":100,"StartAt":"W","States":{"W":{"Type":"Wait",`+c.wait+`,"Next":"E"},"E":`+c.then+`}}`)
				x := run(t, e, m, json.RawMessage(`{"a":"<&>","b":[1,2.50]}`), engine.Named("n"), engine.Machine("m"))
				clock.Settle()
				assert.JSONEq(t, change("2024-01-01T00:00:00Z", input+`"status":"RUNNING","stopDate":null,"error":null,"cause":null,`+none+running), s.last(t))
				if c.name == "aborted" {
					clock.Advance(30*time.Second + 500*time.Millisecond)
					require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Halt", "by hand"))
				}
				clock.Advance(time.Hour)
				assert.JSONEq(t, change(c.at, input+c.want), s.last(t))
				assert.Len(t, s.told(), 2)
			})
		})
	}
}

// TestNotificationsOfARedrive: it runs again, and what follows says how often it was
// redriven and when.
func TestNotificationsOfARedrive(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		s, f := new(sink), new(flaky)
		e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify, Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"flaky","TimeoutSeconds":60,"End":true}`), nil, engine.Named("n"), engine.Machine("m"))
		failure(t, x)
		clock.Advance(time.Hour)
		f.mended = true
		output(t, redrive(t, e, x))
		clock.Settle()
		require.Equal(t, []string{"n RUNNING", "n FAILED", "n RUNNING", "n SUCCEEDED"}, s.told())
		ids := map[string]bool{}
		for _, c := range s.taken {
			ids[c.ID] = true
		}
		assert.Len(t, ids, 4)
		const redriven = `"redriveCount":1,"redriveDate":1704070800000,"redriveStatus":"NOT_REDRIVABLE","input":"{}","inputDetails":{"included":true},"error":null,"cause":null,`
		assert.JSONEq(t, change("2024-01-01T01:00:00Z", redriven+`"redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven",
			"status":"SUCCEEDED","stopDate":1704070800000,"output":"\"done\"","outputDetails":{"included":true}`), s.last(t))
		s.taken = s.taken[:3]
		assert.JSONEq(t, change("2024-01-01T01:00:00Z", redriven+`"redriveStatusReason":"Execution is RUNNING and cannot be redriven",
			"status":"RUNNING","stopDate":null,"output":null,"outputDetails":null`), s.last(t))
	})
}

// TestNotificationsNameVersionAndAlias.
func TestNotificationsNameVersionAndAlias(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		s := new(sink)
		e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify})
		r := registry.New(e)
		_, err := r.Create(t.Context(), "orders", one(t, `{"Type":"Wait","Seconds":60,"End":true}`))
		require.NoError(t, err)
		_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{})
		require.NoError(t, err)
		_, err = r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
		require.NoError(t, err)
		_, err = r.StartExecution(t.Context(), "orders:PROD", nil)
		require.NoError(t, err)
		clock.Advance(time.Hour)
		require.Len(t, s.taken, 2)
		for _, c := range s.taken {
			assert.Equal(t, ordersARN, c.Detail.StateMachineARN)
			require.NotNil(t, c.Detail.StateMachineVersionARN)
			assert.Equal(t, ordersARN+":1", *c.Detail.StateMachineVersionARN)
			require.NotNil(t, c.Detail.StateMachineAliasARN)
			assert.Equal(t, ordersARN+":PROD", *c.Detail.StateMachineAliasARN)
		}
	})
}

// TestNotificationsLeaveLargePayloadsOut: the output when its escaped text is longer than
// 248 KiB, the input when both together are.
func TestNotificationsLeaveLargePayloadsOut(t *testing.T) {
	t.Parallel()
	const most = 248 << 10
	text := func(escaped int) string { return strings.Repeat("x", escaped-len(`\"\"`)) } // quotes are escaped
	for _, c := range []struct {
		name, input, result string
		inputIn, outIn      bool
	}{
		{"both fit", text(most - 1000), text(1000), true, true},
		{"both are one byte too long", text(most - 999), text(1000), false, true},
		{"the output is just short enough", text(4), text(most), false, true},
		{"the output is one byte too long", text(4), text(most + 1), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := new(sink)
			e, clock := startVirtual(t, engine.Config{Notify: s.notify, Resolver: tasks(map[string]engine.HandlerFunc{
				"make": func(context.Context, engine.Task) (any, error) { return c.result, nil }})})
			run(t, e, one(t, `{"Type":"Task","Resource":"make","End":true}`), c.input)
			clock.Settle()
			require.Len(t, s.taken, 2)
			first, last := s.taken[0].Detail, s.taken[1].Detail
			require.NotNil(t, first.Input, "there is no output yet")
			assert.Equal(t, `"`+c.input+`"`, *first.Input)
			assert.Equal(t, &engine.DataDetails{Included: c.inputIn}, last.InputDetails)
			assert.Equal(t, c.inputIn, last.Input != nil)
			assert.Equal(t, &engine.DataDetails{Included: c.outIn}, last.OutputDetails)
			assert.Equal(t, c.outIn, last.Output != nil)
		})
	}
	s := new(sink)
	e, clock := startVirtual(t, engine.Config{Notify: s.notify})
	run(t, e, one(t, `{"Type":"Wait","Seconds":9,"End":true}`), text(most+1))
	clock.Settle()
	require.Len(t, s.taken, 1)
	assert.Nil(t, s.taken[0].Detail.Input)
	assert.Equal(t, &engine.DataDetails{}, s.taken[0].Detail.InputDetails)
	assert.Nil(t, s.taken[0].Detail.OutputDetails)
}

// TestExpressExecutionsNotifyNobody, as on AWS; not even when they are logged.
func TestExpressExecutionsNotifyNobody(t *testing.T) {
	t.Parallel()
	s := new(sink)
	e, clock := startVirtual(t, engine.Config{Notify: s.notify, Logging: engine.LogOptions{Level: engine.LogAll}})
	m := one(t, `{"Type":"Pass","End":true}`)
	run(t, e, m, nil, engine.Express)
	_, err := e.StartSyncExecution(t.Context(), m, nil)
	require.NoError(t, err)
	run(t, e, m, nil, engine.Machine("m"), engine.Named("standard"))
	clock.Settle()
	assert.Equal(t, []string{"standard RUNNING", "standard SUCCEEDED"}, s.told())
}

// TestNotificationsOfImportsAndForks: what happened elsewhere is told by nobody here. A
// fork is an execution that starts.
func TestNotificationsOfImportsAndForks(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		s := new(sink)
		e, clock, _ := importing(t, engine.Config{Store: db, Notify: s.notify})
		x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), until(t, 5, false))
		require.NoError(t, err)
		x, err = e.ImportExecution(t.Context(), x.ARN(), machine(t, twoTasks), until(t, 11, false))
		require.NoError(t, err)
		clock.Settle()
		require.Empty(t, s.told())

		y, err := e.ForkExecution(t.Context(), elsewhere, 7, engine.Fork{}, engine.Machine("m"), engine.Named("fork"))
		require.NoError(t, err)
		output(t, y)
		clock.Settle()
		require.Equal(t, []string{"fork RUNNING", "fork SUCCEEDED"}, s.told())
		began := s.taken[0]
		assert.Equal(t, "us-east-1", began.Region)
		assert.Equal(t, "2026-01-02T00:00:00Z", began.Time.Format(time.RFC3339), "when the fork began")
		assert.Equal(t, describe(t, e, y).StartDate.UnixMilli(), began.Detail.StartDate)

		output(t, redrive(t, e, x))
		clock.Settle()
		require.Equal(t, []string{"fork RUNNING", "fork SUCCEEDED", "order-7 RUNNING", "order-7 SUCCEEDED"}, s.told())
		assert.Equal(t, "eu-west-1", s.taken[3].Region)
		assert.Equal(t, "999999999999", s.taken[3].Account)
		assert.Equal(t, []string{elsewhere}, s.taken[3].Resources)
	})
}
