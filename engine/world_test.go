package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sqsToken = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"

// durableCases are machines of all kinds, each with its input.
var durableCases = []struct{ name, definition, input string }{
	{"states without tasks", `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"Next":"B"},
		"B":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":1,"Next":"C"}],"Default":"D"},
		"C":{"Type":"Succeed"},"D":{"Type":"Fail"}}}`, `{}`},
	{"tasks one after the other", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","ResultPath":"$.a","Next":"B"},
		"B":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Parameters":{"TableName":"t","Item":{}},"ResultPath":"$.b","Next":"C"},"C":{"Type":"Task","Resource":"key","End":true}}}`, `{"n":1}`},
	{"retries", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"fail-twice","End":true,
		"Retry":[{"ErrorEquals":["Twice"],"IntervalSeconds":10,"BackoffRate":3,"MaxAttempts":5,"JitterStrategy":"FULL"}]}}}`, `{}`},
	{"a retry that gives up, and a catch", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"fail","Next":"Z",
		"Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"B"}]},
		"B":{"Type":"Task","Resource":"echo","Next":"Z"},"Z":{"Type":"Succeed"}}}`, `{"n":2}`},
	{"a failure", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"fail","End":true}}}`, `{}`},
	{"waits", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3600,"Next":"B"},
		"B":{"Type":"Wait","SecondsPath":"$.n","Next":"C"},"C":{"Type":"Task","Resource":"echo","End":true}}}`, `{"n":7}`},
	{"a task that times out", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"hang","TimeoutSeconds":60,"Next":"Z",
		"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Z"}]},"Z":{"Type":"Pass","End":true}}}`, `{}`},
	{"a machine that times out", `{"TimeoutSeconds":100,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},
		"B":{"Type":"Wait","Seconds":1000,"End":true}}}`, `{}`},
	{"Task Tokens", `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"Next":"B"},
		"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"refuse","Payload":{"t.$":"$$.Task.Token"}},"End":true,
			"Retry":[{"ErrorEquals":["Refused"],"MaxAttempts":2}]}}}`, `{}`},
	{"a Task Token without a heartbeat", `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"silent","QueueUrl":"q"},"HeartbeatSeconds":30,"TimeoutSeconds":3000,"Next":"B",
			"Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"B"}]},"B":{"Type":"Succeed"}}}`, `{}`},
	{"a Task Token that its handler answers later", `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"later","QueueUrl":"q"},"HeartbeatSeconds":2000,"TimeoutSeconds":3000,"Next":"B"},
		"B":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"later","QueueUrl":"q"},"TimeoutSeconds":200,"Next":"C",
			"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"C"}]},
		"C":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"D","States":{"D":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"later","QueueUrl":"q"},"End":true}}},
			{"StartAt":"E","States":{"E":{"Type":"Wait","Seconds":100,"End":true}}}]}}}`, `{}`},
	{"a job", `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{"JobName":"j","JobDefinition":"d","JobQueue":"q"},"End":true}}}`, `{}`},
	{"Parallel", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Z","Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"A2"},"A2":{"Type":"Wait","Seconds":5,"Next":"A3"},"A3":{"Type":"Task","Resource":"key","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"fail-twice","Retry":[{"ErrorEquals":["Twice"],"IntervalSeconds":3}],"End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"End":true}}},
		{"StartAt":"D","States":{"D":{"Type":"Wait","Seconds":4,"Next":"D2"},"D2":{"Type":"Pass","End":true}}}]},
		"Z":{"Type":"Task","Resource":"echo","End":true}}}`, `{"n":3}`},
	{"Parallel with a branch that fails", `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Z","Catch":[{"ErrorEquals":["Broken"],"Next":"Z"}],
		"Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":1}],"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":2,"Next":"A2"},"A2":{"Type":"Task","Resource":"fail","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":500,"End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"silent","QueueUrl":"q"},"End":true}}}]},
		"Z":{"Type":"Succeed"}}}`, `{}`},
	{"Map", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"ItemsPath":"$.items","End":true,"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},
		"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"fail-twice","Retry":[{"ErrorEquals":["Twice"]}],"Next":"B"},
		"B":{"Type":"Pass","Parameters":{"id.$":"States.UUID()","n.$":"States.MathRandom(0,1000)"},"End":true}}}}}}`, `{"items":["a","b","c"]}`},
	{"variables and JSONata", `{"QueryLanguage":"JSONata","StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"x":"{% $uuid() %}","r":"{% $random() %}"},"Next":"B"},
		"B":{"Type":"Task","Resource":"echo","Arguments":{"x":"{% $x %}"},"Assign":{"y":"{% $states.result.x %}"},"Next":"C"},
		"C":{"Type":"Map","Items":"{% [1,2,3] %}","Next":"D","ItemProcessor":{"StartAt":"I","States":{
			"I":{"Type":"Task","Resource":"echo","Arguments":"{% $states.input + $r * 0 %}","Assign":{"z":1},"End":true}}}},
		"D":{"Type":"Pass","Output":{"same":"{% $x = $y %}","r":"{% $r %}"},"End":true}}}`, `{}`},
	{"compensation", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","ResultPath":"$.a","Compensate":"UndoA","Next":"P"},
		"P":{"Type":"Parallel","Compensate":"UndoP","ResultPath":"$.p","Next":"M","Branches":[
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"key","Compensate":"UndoB","End":true},"UndoB":{"Type":"Task","Resource":"fail-twice","Retry":[{"ErrorEquals":["Twice"]}]}}},
			{"StartAt":"C","States":{"C":{"Type":"Wait","Seconds":3,"Next":"C2"},"C2":{"Type":"Task","Resource":"echo","Compensate":"UndoC","End":true},"UndoC":{"Type":"Task","Resource":"key"}}}]},
		"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,"Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":1}],"End":true,"ItemProcessor":{"StartAt":"D","States":{
			"D":{"Type":"Task","Resource":"echo","Compensate":"UndoD","Next":"E"},"E":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"G"},
			"F":{"Type":"Task","Resource":"fail","End":true},"G":{"Type":"Succeed"},"UndoD":{"Type":"Task","Resource":"echo"}}}},
		"UndoA":{"Type":"Task","Resource":"key"},
		"UndoP":{"Type":"Parallel","Branches":[{"StartAt":"U","States":{"U":{"Type":"Wait","Seconds":2,"End":true}}},{"StartAt":"V","States":{"V":{"Type":"Task","Resource":"echo","End":true}}}]}}}`, `{"items":[1,2]}`},
	{"a compensation that fails", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Compensate":"UndoA","Next":"B"},
		"B":{"Type":"Task","Resource":"fail","End":true},"UndoA":{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":2}]}}}`, `{}`},
	{"time that runs out with something to undo", `{"TimeoutSeconds":100,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Compensate":"UndoA","Next":"B"},
		"B":{"Type":"Wait","Seconds":1000,"End":true},"UndoA":{"Type":"Task","Resource":"fail-twice","Retry":[{"ErrorEquals":["Twice"],"IntervalSeconds":200}]}}}`, `{}`},
	{"a Map in a Parallel in a Map", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{
		"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"echo","Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true}}},
			{"StartAt":"N","States":{"N":{"Type":"Map","ItemsPath":"$.in","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"echo","End":true}}}}}}]}}}}}}`,
		`[{"in":[1,2]},{"in":[]}]`},
}

// A world is what outlives an engine in these tests: the store, the time, the tokens
// that were sent out, and what handlers did.
type world struct {
	t     *testing.T
	store *lastingStore
	clock *enginetest.Clock

	observers []engine.Observer
	tails     bool // the store knows the ends of logs

	mu       sync.Mutex
	tokens   []string          // in the order they were first seen
	refused  map[string]bool   // tokens to refuse the first time
	done     map[string]int    // calls by IdempotencyKey
	attempts map[string]string // resource and attempt by IdempotencyKey
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, store: new(lastingStore), clock: enginetest.NewClock(time.Time{}),
		refused: make(map[string]bool), done: make(map[string]int), attempts: make(map[string]string),
	}
}

// did notes the call of a handler.
func (w *world) did(task engine.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[task.IdempotencyKey]++
	about := fmt.Sprint(task.Resource, " ", task.State, " ", task.Attempt)
	if before := w.attempts[task.IdempotencyKey]; before != "" {
		assert.Equal(w.t, before, about, "a task that runs again is the same attempt")
	}
	w.attempts[task.IdempotencyKey] = about
}

func (w *world) handed(token string, refuse bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.tokens, token) {
		w.tokens = append(w.tokens, token)
		w.refused[token] = refuse
	}
}

func (w *world) handlers() *engine.Mux {
	w.mu.Lock()
	clock := w.clock
	w.mu.Unlock()
	mux := tasks(map[string]engine.HandlerFunc{
		"echo":               echo,
		"arn:aws:states:::*": echo,
		"fail":               fail("Broken"),
		"key":                func(_ context.Context, task engine.Task) (any, error) { return task.IdempotencyKey, nil },
		"fail-twice": func(_ context.Context, task engine.Task) (any, error) {
			if task.Attempt < 2 {
				return nil, &engine.TaskError{Name: "Twice"}
			}
			return task.Input, nil
		},
		"hang": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, -1) },
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			if strings.Contains(fmt.Sprint(task.Input), "later") {
				return "sent", task.CompleteAfter(5*time.Minute, "sent", task.IdempotencyKey)
			}
			if !strings.Contains(fmt.Sprint(task.Input), "silent") {
				w.handed(task.Token, false)
			}
			return "sent", nil
		},
		"refuse": func(_ context.Context, task engine.Task) (any, error) {
			w.handed(task.Token, task.Attempt == 0)
			return nil, nil
		},
		"arn:aws:states:::batch:submitJob.sync": func(ctx context.Context, task engine.Task) (any, error) {
			if !task.Acknowledged {
				if err := task.Acknowledge(map[string]string{"JobId": "7"}); err != nil {
					return nil, err
				}
			}
			return "done", clock.Sleep(ctx, time.Minute)
		},
	})
	noting := engine.ResolverFunc(func(resource string) engine.Handler {
		h := mux.Resolve(resource)
		if h == nil {
			return nil
		}
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			w.did(task)
			return h.Handle(ctx, task)
		})
	})
	all := engine.NewMux()
	for _, name := range mux.Resources() {
		all.Handle(name, engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			return noting.Resolve(name).Handle(ctx, task)
		}))
	}
	return all
}

// open makes an engine on the store of this world.
func (w *world) open(db store.Store) (*engine.Engine, error) {
	if w.tails {
		db = ended{db, &w.store.Memory}
	}
	return engine.New(engine.Config{Resolver: w.handlers(), Store: db, Clock: w.clock, Observers: w.observers})
}

var errCrashed = errors.New("crashed")

// play starts the execution or finds it again, answers its tokens and waits for its
// end. It returns errCrashed when ctx ends first.
func (w *world) play(ctx context.Context, e *engine.Engine, m *asl.StateMachine, input string) error {
	crashed := func(err error) error {
		if ctx.Err() != nil {
			return errCrashed
		}
		return err
	}
	x, err := e.StartExecution(context.Background(), m, json.RawMessage(input), engine.Named("x"), engine.Machine("m"), engine.Seeded(states.Seed{7}))
	if errors.Is(err, engine.ErrExecutionAlreadyExists) {
		x, err = e.Execution(context.Background(), arnOfX)
	}
	if failed, ok := errors.AsType[*engine.StoreError](err); ok && ctx.Err() == nil {
		assert.Equal(w.t, arnOfX, failed.ARN)
		return err
	}
	if err != nil {
		return crashed(err)
	}
	for answered, seconds := 0, 0; ; {
		w.clock.Settle()
		w.mu.Lock()
		tokens := w.tokens[answered:]
		answered = len(w.tokens)
		w.mu.Unlock()
		if len(tokens) == 0 && seconds == 10 {
			break
		}
		if len(tokens) == 0 {
			seconds++
			w.clock.Advance(time.Second)
		}
		for _, token := range tokens {
			if w.refused[token] {
				err = e.SendTaskFailure(context.Background(), token, "Refused", "no")
			} else {
				err = e.SendTaskSuccess(context.Background(), token, "approved")
			}
			if ctx.Err() != nil {
				return errCrashed
			}
			if errors.Is(err, engine.ErrInvalidToken) || errors.Is(err, engine.ErrTaskDoesNotExist) || errors.Is(err, engine.ErrTaskTimedOut) {
				continue // it was used before the crash
			}
			if err != nil {
				return err
			}
		}
	}
	_, err = x.Wait(ctx)
	if errors.Is(err, context.Canceled) {
		return errCrashed
	}
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok && failed != nil {
		err = nil
	}
	if err == nil {
		w.clock.Settle() // Observers may be told of the end after those who wait for it
	}
	return err
}

const arnOfX = "arn:aws:states:us-east-1:123456789012:execution:m:x"

// told returns a history without its times, with all that events say.
func told(t testing.TB, e *engine.Engine) []string {
	t.Helper()
	var lines []string
	options := engine.HistoryOptions{MaxResults: 1000}
	page, err := e.GetExecutionHistory(t.Context(), arnOfX, options)
	require.NoError(t, err)
	for _, event := range page.Events {
		details, err := json.Marshal(event.DetailsJSON(true))
		require.NoError(t, err)
		lines = append(lines, fmt.Sprintf("%d<-%d %s %s", event.ID, event.PreviousID, event.Type, details))
	}
	return lines
}

// alike reports whether two histories are the same, and shows where they part.
func alike(t testing.TB, want, got []string, about ...any) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			assert.Fail(t, "another history", "%v: %s\n%s", about, strings.Join(want[max(0, i-2):i+1], "\n"), strings.Join(got[i:], "\n"))
			return
		}
	}
	assert.Len(t, got, len(want), about...)
}

// changing is what depends on the ids of events: drawn numbers and idempotency keys.
var changing = regexp.MustCompile(`[0-9a-f-]{36}|m:x/[0-9]+|(\\"n\\":)[0-9]+`)

// gapless checks that the ids in the log of an execution have no gap, and returns
// the last.
func gapless(t testing.TB, s store.Store, arn string) states.EventID {
	t.Helper()
	lines, err := s.Log(t.Context(), arn)
	require.NoError(t, err)
	var last states.EventID
	for _, line := range lines {
		event, err := states.ParseLog(line)
		require.NoError(t, err)
		if !event.Hidden() {
			require.Equal(t, last+1, event.ID)
			last++
		}
	}
	return last
}
