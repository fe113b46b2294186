package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// approval is a machine that waits for a Task Token.
const approval = `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"TimeoutSeconds":3600,"HeartbeatSeconds":600,"End":true}`

// asking runs an approval up to where it waits, and returns it with its token.
func asking(t *testing.T, config engine.Config) (*engine.Engine, interface{ Advance(time.Duration) }, *engine.Execution, string) {
	t.Helper()
	var token string
	config.Resolver = tasks(map[string]engine.HandlerFunc{"arn:aws:states:::sqs:sendMessage.waitForTaskToken": func(_ context.Context, task engine.Task) (any, error) {
		token = task.Token
		return map[string]string{"MessageId": "m-1"}, nil
	}})
	e, clock := startVirtual(t, config)
	x := run(t, e, one(t, approval), nil)
	clock.Settle()
	require.NotEmpty(t, token)
	return e, clock, x, token
}

func TestSendTaskSuccess(t *testing.T) {
	t.Parallel()
	e, _, x, token := asking(t, engine.Config{})
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, map[string]string{"by": "dana"}))
	assert.Equal(t, `{"by":"dana"}`, output(t, x))
	assert.Equal(t, []string{
		"1<-0 ExecutionStarted", "2<-0 TaskStateEntered", "3<-2 TaskScheduled", "4<-3 TaskStarted",
		"5<-4 TaskSubmitted", "6<-5 TaskSucceeded", "7<-6 TaskStateExited", "8<-7 ExecutionSucceeded",
	}, history(t, e, x))
	assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskSuccess(t.Context(), token, nil))
	assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskHeartbeat(t.Context(), token))
}

func TestSendTaskFailure(t *testing.T) {
	t.Parallel()
	e, _, x, token := asking(t, engine.Config{})
	require.NoError(t, e.SendTaskFailure(t.Context(), token, "Declined", "too dear"))
	failed := failure(t, x)
	assert.Equal(t, "Declined", failed.Name)
	assert.Equal(t, "too dear", failed.Cause)
	assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskFailure(t.Context(), token, "", ""))
}

func TestSendTaskFailureWithNothing(t *testing.T) {
	t.Parallel()
	e, _, x, token := asking(t, engine.Config{})
	require.NoError(t, e.SendTaskFailure(t.Context(), token, "", ""))
	failure(t, x)
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.Failure{}, d.Failure)
}

func TestSendTaskFailureBoundsItsTexts(t *testing.T) {
	t.Parallel()
	e, _, x, token := asking(t, engine.Config{})
	require.ErrorContains(t, e.SendTaskFailure(t.Context(), token, strings.Repeat("ä", 257), ""), "at most 256")
	require.ErrorContains(t, e.SendTaskFailure(t.Context(), token, "", strings.Repeat("ä", 32_769)), "at most 32768")
	require.NoError(t, e.SendTaskFailure(t.Context(), token, strings.Repeat("ä", 256), strings.Repeat("ä", 32_768)))
	failure(t, x)
}

func TestSendTaskSuccessChecksTheOutput(t *testing.T) {
	t.Parallel()
	e, _, x, token := asking(t, engine.Config{})
	require.ErrorIs(t, e.SendTaskSuccess(t.Context(), token, make(chan int)), engine.ErrInvalidOutput)
	require.ErrorIs(t, e.SendTaskSuccess(t.Context(), token, strings.Repeat("x", 262_143)), engine.ErrInvalidOutput)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, nil))
	assert.Equal(t, "null", output(t, x))
}

func TestTokensThatNeverWere(t *testing.T) {
	t.Parallel()
	e, _, _, token := asking(t, engine.Config{})
	for _, bad := range []string{"", "x", token + "x", token[1:]} {
		assert.Equal(t, engine.ErrInvalidToken, e.SendTaskSuccess(t.Context(), bad, nil))
		assert.Equal(t, engine.ErrInvalidToken, e.SendTaskFailure(t.Context(), bad, "", ""))
		assert.Equal(t, engine.ErrInvalidToken, e.SendTaskHeartbeat(t.Context(), bad))
	}
}

func TestTokenErrorsHaveAWSNames(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, engine.ErrInvalidToken, "InvalidToken")
	assert.ErrorContains(t, engine.ErrTaskDoesNotExist, "TaskDoesNotExist")
	assert.ErrorContains(t, engine.ErrTaskTimedOut, "TaskTimedOut")
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	t.Run("with the heartbeat", func(t *testing.T) {
		e, clock, x, token := asking(t, engine.Config{})
		clock.Advance(10*time.Minute - time.Millisecond)
		assert.Equal(t, states.StatusRunning, status(t, e, x))
		clock.Advance(time.Millisecond)
		assert.Equal(t, "States.Timeout", failure(t, x).Name)
		assert.Equal(t, engine.ErrTaskTimedOut, e.SendTaskSuccess(t.Context(), token, nil))
		assert.Equal(t, engine.ErrTaskTimedOut, e.SendTaskHeartbeat(t.Context(), token))
	})
	t.Run("with the timeout, whatever the heartbeats", func(t *testing.T) {
		e, clock, x, token := asking(t, engine.Config{})
		for range 6 {
			require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
			clock.Advance(599 * time.Second)
		}
		assert.Equal(t, states.StatusRunning, status(t, e, x))
		require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
		clock.Advance(6 * time.Second)
		assert.Equal(t, "States.Timeout", failure(t, x).Name)
		assert.Equal(t, engine.ErrTaskTimedOut, e.SendTaskFailure(t.Context(), token, "", ""))
	})
	t.Run("with the execution", func(t *testing.T) {
		e, _, x, token := asking(t, engine.Config{})
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		assert.Equal(t, engine.ErrTaskTimedOut, e.SendTaskSuccess(t.Context(), token, nil))
	})
}

// TestEndedTokensAreToldApart for as long as their execution is kept, whatever the engine:
// its history knows how they ended.
func TestEndedTokensAreToldApart(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		got := map[string]string{} // tokens by state
		config := engine.Config{Store: db, Limits: engine.Limits{Retention: 100 * time.Hour, Retained: -1}, Resolver: tasks(map[string]engine.HandlerFunc{
			"*": func(_ context.Context, task engine.Task) (any, error) {
				got[task.State] = task.Token
				if task.State == "refused" {
					return nil, &engine.TaskError{Name: "Refused"}
				}
				return nil, nil
			}})}
		e, clock := startVirtual(t, config)
		branches := ""
		for _, name := range []string{"open", "used", "failed", "refused", "late", "silent"} {
			more := map[string]string{"late": `"TimeoutSeconds":60,`, "silent": `"HeartbeatSeconds":60,`}[name]
			branches += `,{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"m","QueueUrl":"q"},` +
				more + `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"end-` + name + `"}],"End":true},"end-` + name + `":{"Type":"Pass","End":true}}}`
		}
		x := run(t, e, one(t, `{"Type":"Parallel","End":true,"Branches":[`+branches[1:]+`]}`), nil)
		clock.Settle()
		require.NoError(t, e.SendTaskSuccess(t.Context(), got["used"], nil))
		require.NoError(t, e.SendTaskFailure(t.Context(), got["failed"], "E", ""))
		clock.Advance(time.Hour)
		want := map[string]error{
			"used": engine.ErrTaskDoesNotExist, "failed": engine.ErrTaskDoesNotExist, "refused": engine.ErrTaskDoesNotExist,
			"late": engine.ErrTaskTimedOut, "silent": engine.ErrTaskTimedOut, "forged": engine.ErrInvalidToken,
		}
		got["forged"] = "AAAA" + got["used"][4:]
		check := func() {
			t.Helper()
			for state, err := range want {
				assert.Equal(t, err, e.SendTaskSuccess(t.Context(), got[state], nil), state)
				assert.Equal(t, err, e.SendTaskFailure(t.Context(), got[state], "", ""), state)
				assert.Equal(t, err, e.SendTaskHeartbeat(t.Context(), got[state]), state)
			}
		}
		again := func() {
			if db, ok := db.(*lastingStore); ok {
				config.Store = db
				e = reopen(t, e, config, &clock, time.Second)
				clock.Settle()
			}
			check()
		}
		check()
		again()
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		want["open"] = engine.ErrTaskTimedOut
		check()
		again()
		_, err := e.RedriveExecution(t.Context(), x.ARN())
		require.NoError(t, err)
		clock.Settle()
		delete(got, "open") // it has another token now
		delete(want, "open")
		check()
		again()
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		clock.Advance(101 * time.Hour)
		for state := range want {
			want[state] = engine.ErrInvalidToken
		}
		check()
		again()
	})
}

// TestOneOfTwoWhoUseATokenIsTold that it was used.
func TestOneOfTwoWhoUseATokenIsTold(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _, x, token := asking(t, engine.Config{Store: db})
		const racers = 8
		errs := make(chan error, racers)
		for range racers {
			go func() { errs <- e.SendTaskSuccess(t.Context(), token, "done") }()
		}
		told := map[error]int{}
		for range racers {
			told[<-errs]++
		}
		assert.Equal(t, map[error]int{nil: 1, engine.ErrTaskDoesNotExist: racers - 1}, told)
		assert.Equal(t, `"done"`, output(t, x))
	})
}

// TestAnExecutionIsFoundWhileItIsStartedAgain: a start that finds its name taken stands
// in nobody's way.
func TestAnExecutionIsFoundWhileItIsStartedAgain(t *testing.T) {
	t.Parallel()
	tokens := make(chan string, 1)
	e := start(t, engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
		tokens <- task.Token
		return nil, nil
	}})})
	m := one(t, approval)
	again := func() error {
		_, err := e.StartExecution(t.Context(), m, nil, engine.Named("n"), engine.Machine("m"))
		return err
	}
	require.NoError(t, again())
	token := <-tokens
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, "done"))
	x, err := e.Execution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:m:n")
	require.NoError(t, err)
	output(t, x)
	const rounds = 200
	var all sync.WaitGroup
	for want, do := range map[error]func() error{
		engine.ErrExecutionAlreadyExists: again,
		engine.ErrTaskDoesNotExist:       func() error { return e.SendTaskHeartbeat(t.Context(), token) },
		nil: func() error {
			x, err := e.Execution(t.Context(), x.ARN())
			if err == nil {
				_, err = x.Wait(t.Context())
			}
			return err
		},
	} {
		all.Go(func() {
			for range rounds {
				assert.ErrorIs(t, do(), want)
			}
		})
	}
	all.Wait()
}

// TestATokenOfAnExecutionThatCannotGoOn says why it can't.
func TestATokenOfAnExecutionThatCannotGoOn(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, _, x, token := asking(t, engine.Config{Store: db})
	require.NoError(t, e.Close())
	e, _ = startVirtual(t, engine.Config{Store: garbled{db}})
	err := e.SendTaskSuccess(t.Context(), token, nil)
	require.ErrorContains(t, err, "can't be restored")
	require.Equal(t, err, e.Health().Stranded[x.ARN()])
}

// A garbled store has logs that nobody can read.
type garbled struct{ *lastingStore }

func (garbled) Log(context.Context, string) ([][]byte, error) { return [][]byte{[]byte("{")}, nil }

func (garbled) Tail(context.Context, string, func([]byte) bool) ([][]byte, int, error) {
	return [][]byte{[]byte("{")}, 0, nil
}

// TestATokenWhenTheStoreFails.
func TestATokenWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, _, _, token := asking(t, engine.Config{Store: db})
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, nil))
	require.NoError(t, e.Close())
	e, _ = startVirtual(t, engine.Config{Store: &faulty{Store: db, left: -1, calls: 1}})
	var failed *engine.StoreError
	require.ErrorAs(t, e.SendTaskSuccess(t.Context(), token, nil), &failed)
	require.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskSuccess(t.Context(), token, nil))
}

// TestTokenMayComeBeforeItsHandlerReturns: whoever was given the token may be
// quicker than the one who gave it.
func TestTokenMayComeBeforeItsHandlerReturns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"virtual", "real"} {
		var e *engine.Engine
		config := engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
			"arn:aws:states:::sqs:sendMessage.waitForTaskToken": func(ctx context.Context, task engine.Task) (any, error) {
				err := e.SendTaskSuccess(ctx, task.Token, "early")
				return "late", err
			},
			"after": echo,
		})}
		if name == "virtual" {
			e, _ = startVirtual(t, config)
		} else {
			e = start(t, config)
		}
		x := run(t, e, machine(t, `{"StartAt":"Ask","States":{
			"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"Next":"After"},
			"After":{"Type":"Task","Resource":"after","End":true}}}`), nil)
		assert.Equal(t, `"early"`, output(t, x), name)
	}
}

func TestAHandlerThatCannotAskFailsTheTask(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": func(context.Context, engine.Task) (any, error) {
		return nil, &engine.TaskError{Name: "SQS.QueueDoesNotExist", Cause: "gone"}
	}})})
	x := run(t, e, one(t, approval), nil)
	assert.Equal(t, "SQS.QueueDoesNotExist", failure(t, x).Name)
	assert.Contains(t, history(t, e, x), "5<-4 TaskSubmitFailed")
}
