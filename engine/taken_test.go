package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A slowStore takes its time to create, when it is told to.
type slowStore struct {
	store.Store
	creating chan struct{} // is sent to; nil for no delay
	proceed  chan struct{} // closed to go on
}

func (s *slowStore) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	if s.creating != nil {
		s.creating <- struct{}{}
		<-s.proceed
	}
	return s.Store.Create(ctx, r, definition, lines)
}

// TestANameThatIsTaken: while a start finds out that its name is taken, who asks for the
// execution that has it gets that one.
func TestANameThatIsTaken(t *testing.T) {
	t.Parallel()
	db := &slowStore{Store: new(lastingStore)}
	var token string
	config := engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
		token = task.Token
		return nil, nil
	}})}
	e, clock := startVirtual(t, config)
	m := one(t, approval)
	x := run(t, e, m, nil, engine.Named("x"), engine.Machine("m"))
	clock.Settle()
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, "yes"))
	require.Equal(t, `"yes"`, output(t, x))

	config.Clock = clock
	e = start(t, config) // which knows nothing of the token
	db.creating, db.proceed = make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := e.StartExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"))
		assert.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
	})
	<-db.creating
	for _, ask := range []func(){
		func() { assert.ErrorIs(t, e.SendTaskSuccess(t.Context(), token, "no"), engine.ErrTaskDoesNotExist) },
		func() { assert.ErrorIs(t, e.SendTaskHeartbeat(t.Context(), token), engine.ErrTaskDoesNotExist) },
		func() { assert.NoError(t, e.StopExecution(t.Context(), arnOfX, "", "")) },
		func() {
			y, err := e.Execution(t.Context(), arnOfX)
			if assert.NoError(t, err) {
				assert.Equal(t, `"yes"`, output(t, y))
			}
		},
	} {
		all.Go(ask)
	}
	close(db.proceed)
	all.Wait()
}

// TestASecondStart: a start by the name of an execution that runs, and with an equal input,
// returns that execution, whether the engine has it in memory, has it asleep, or learns of it from
// the store alone. One with another input is refused.
func TestASecondStart(t *testing.T) {
	t.Parallel()
	waiting := map[string]string{
		"a Task Token":  askForever,
		"a short Wait":  `{"Type":"Wait","Seconds":5,"End":true}`,
		"a long Wait":   `{"Type":"Wait","Seconds":500000,"End":true}`,
		"a task's time": `{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"m","QueueUrl":"q"},"TimeoutSeconds":100000,"End":true}`,
	}
	for name, state := range waiting {
		for _, where := range []string{"in memory", "reopened", "only in the store"} {
			t.Run(name+" "+where, func(t *testing.T) {
				config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
					"*": func(context.Context, engine.Task) (any, error) { return nil, nil },
				})}
				e, clock := startVirtual(t, config)
				config.Clock = clock
				other := start(t, config) // which reads the store before anything is in there
				m, input := one(t, state), map[string]any{"n": 1}
				x := run(t, e, m, input, engine.Named("x"), engine.Machine("m"))
				clock.Settle()
				switch where {
				case "reopened":
					e = reopen(t, e, config, &clock, 0)
				case "only in the store":
					e = other
				}
				for range 2 {
					again, err := e.StartExecution(t.Context(), m, input, engine.Named("x"), engine.Machine("m"))
					require.NoError(t, err)
					assert.Equal(t, x.ARN(), again.ARN())
					_, err = e.StartExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"))
					require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
				}
			})
		}
	}
}

// TestANameThatIsTakenWhileTheStoreFails: a start of which the store can't say whether it
// took effect is not taken for the execution that has its name.
func TestANameThatIsTakenWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	config := engine.Config{Store: db}
	e, clock := startVirtual(t, config)
	first := run(t, e, one(t, `{"Type":"Wait","Seconds":1,"End":true}`), "first", engine.Named("x"), engine.Machine("m"))
	require.Equal(t, `"first"`, output(t, first))
	config.Clock, config.Store = clock, &faulty{Store: db, calls: 1}
	e = start(t, config)
	other := machine(t, `{"StartAt":"O","States":{"O":{"Type":"Pass","Result":"other","End":true}}}`)
	_, err := e.StartExecution(t.Context(), other, nil, engine.Named("x"), engine.Machine("m"))
	var failed *engine.StoreError
	require.ErrorAs(t, err, &failed)
	clock.Advance(time.Minute)
	assert.Equal(t, engine.Health{}, e.Health())
	x, err := e.Execution(t.Context(), arnOfX)
	require.NoError(t, err)
	assert.Equal(t, `"first"`, output(t, x))
	_, err = e.StartExecution(t.Context(), other, nil, engine.Named("x"), engine.Machine("m"))
	assert.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
}
