package engine_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A readStore counts what is read.
type readStore struct {
	storetest.Memory
	logs, others atomic.Int64
}

func (s *readStore) Close() error { return nil }

func (s *readStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	s.logs.Add(1)
	return s.Memory.Log(ctx, arn)
}

// Tail is Log: this store knows the ends of logs no better.
func (s *readStore) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

func (s *readStore) Record(ctx context.Context, arn string) (store.Record, error) {
	s.others.Add(1)
	return s.Memory.Record(ctx, arn)
}

func (s *readStore) Find(ctx context.Context, key store.Key) ([]string, error) {
	s.others.Add(1)
	return s.Memory.Find(ctx, key)
}

// forged returns a text in the form of a Task Token, which ends as another one does.
func forged(suffix string) string {
	var secret [32]byte
	rand.Read(secret[:])
	return base64.RawURLEncoding.EncodeToString(secret[:]) + suffix
}

// otherwise changes a character of a token's secret.
func otherwise(token string, at int) string {
	c := "A"
	if token[at] == 'A' {
		c = "B"
	}
	return token[:at] + c + token[at+1:]
}

// TestWrongTokensCostNoHistory: a text that is no token reads no log, restores no execution
// and leaves all that waits as it was, whatever of a real token it has.
func TestWrongTokensCostNoHistory(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		t.Run(fmt.Sprint("stored: ", stored), func(t *testing.T) {
			t.Parallel()
			reads, config := &readStore{}, engine.Config{}
			if stored {
				config.Store = reads
			}
			e, _, x, token := asking(t, config)
			suffix := token[43:]
			for _, stage := range []string{"waits", "has ended"} {
				for wrong, most := range map[string]int64{
					"":                            0,
					"x":                           0,
					token[1:]:                     0,
					token + "x":                   0,
					forged("") + "!" + suffix[1:]: 0,
					forged("AAAAAAAAAAA"):         1, // looks the key up
					forged(suffix):                2, // and the execution's record
					otherwise(token, 0):           2,
					otherwise(token, 20):          2,
					otherwise(token, 41):          2,
				} {
					for name, send := range map[string]func() error{
						"success":   func() error { return e.SendTaskSuccess(t.Context(), wrong, nil) },
						"failure":   func() error { return e.SendTaskFailure(t.Context(), wrong, "", "") },
						"heartbeat": func() error { return e.SendTaskHeartbeat(t.Context(), wrong) },
					} {
						reads.logs.Store(0)
						reads.others.Store(0)
						assert.Equal(t, engine.ErrInvalidToken, send(), "%s by %q, when it %s", name, wrong, stage)
						assert.Zero(t, reads.logs.Load(), "%s by %q, when it %s", name, wrong, stage)
						assert.LessOrEqual(t, reads.others.Load(), most, "%s by %q, when it %s", name, wrong, stage)
					}
				}
				if stage == "waits" {
					require.NoError(t, e.SendTaskSuccess(t.Context(), token, "yes"))
					assert.Equal(t, `"yes"`, output(t, x))
				}
			}
			assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskSuccess(t.Context(), token, nil))
		})
	}
}

// earlier gives what an earlier release would have left of an execution, whose tokens had
// no seal, and the token of the task that event 3 scheduled.
func earlier(t *testing.T, from *storetest.Memory, arn string) (*readStore, string) {
	t.Helper()
	r, err := from.Record(t.Context(), arn)
	require.NoError(t, err)
	require.NotEmpty(t, r.TokenKey)
	r.TokenKey = nil
	lines, err := from.Log(t.Context(), arn)
	require.NoError(t, err)
	definition, err := from.Definition(t.Context(), r.Definition)
	require.NoError(t, err)
	changed := bytes.Replace(lines[0], []byte(`,"sealedTokens":true`), nil, 1)
	require.NotEqual(t, changed, lines[0])
	lines[0] = changed
	first, err := states.ParseLog(lines[0])
	require.NoError(t, err)
	to := &readStore{}
	require.NoError(t, to.Create(t.Context(), r, definition, lines))
	return to, first.Details.(*states.StartedDetails).TaskToken(3)
}

// TestTokensOfAnEarlierRelease work, and are told from others.
func TestTokensOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	before := &readStore{}
	_, clock, x, sealed := asking(t, engine.Config{Store: before})
	left, token := earlier(t, &before.Memory, x.ARN())
	require.NotEqual(t, sealed, token)
	e := start(t, engine.Config{Store: left, Clock: enginetest.NewClock(clock.(*enginetest.Clock).Now()), Resolver: tasks(map[string]engine.HandlerFunc{
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken": fail("CalledAgain"),
	})})
	assert.Equal(t, engine.ErrInvalidToken, e.SendTaskSuccess(t.Context(), otherwise(token, 3), nil))
	require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, json.RawMessage(`{"by":"dana"}`)))
	assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskSuccess(t.Context(), token, nil))
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusSucceeded, d.Status)
}
