package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const aWait = `{"StartAt":"Rest","States":{
	"Rest":{"Type":"Wait","SecondsPath":"$.seconds","Next":"Check"},
	"Check":{"Type":"Choice","Choices":[{"Variable":"$.fails","IsPresent":true,"Next":"Broken"}],"Default":"Done"},
	"Broken":{"Type":"Fail","Error":"Broken","Cause":"on purpose"},
	"Done":{"Type":"Succeed"}}}`

// aStore makes the store orders.db in a folder of its own, which becomes the working one. It
// has an execution that runs, "waits", one that "failed" and one that is "done".
func aStore(t *testing.T) *engine.Engine {
	t.Helper()
	inFolder(t, map[string]string{"wait.json": aWait, "wait.yaml": strings.ReplaceAll(strings.ReplaceAll(aWait, "\t", " "), `"StartAt":"Rest"`, "StartAt: ${Resting}")})
	eng, err := engine.New(engine.Config{Store: sqlite.Open("orders.db"), Resolver: engine.NewMux()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	machine, err := asl.Parse(aWait)
	require.NoError(t, err)
	for _, x := range []struct{ name, input string }{
		{"waits", `{"seconds":1000000}`}, {"failed", `{"seconds":0,"fails":true}`}, {"done", `{"seconds":0}`},
	} {
		run, err := eng.StartExecution(t.Context(), machine, json.RawMessage(x.input), engine.Machine("orders"), engine.Named(x.name))
		require.NoError(t, err)
		if x.name != "waits" {
			_, _ = run.Wait(t.Context()) // whatever becomes of it
		}
	}
	return eng
}

const arnOf = "arn:aws:states:us-east-1:123456789012:execution:orders:"

// A store can be looked at while an engine has it.
func TestLookingAtAStore(t *testing.T) {
	eng := aStore(t)
	for _, c := range []struct {
		args string
		code int
		out  string // a regular expression
	}{
		{"ls --store orders.db", exitOK, `^started +took +status +machine +name\n\S+ \S+ +\S+ +SUCCEEDED  orders   done\n\S+ \S+ +\S+ +FAILED     orders   failed\n\S+ \S+ +RUNNING    orders   waits\n$`},
		{"ls --store orders.db --status failed", exitOK, `^started.*\n.*failed\n$`},
		{"ls --store orders.db --machine orders --limit 1", exitOK, `^started.*\n.*done\n$`},
		{"ls --store orders.db --machine others --since 1h", exitOK, `^started.*\n$`},
		{"ls --store orders.db --json --status RUNNING", exitOK, `"executionArn": "` + arnOf + `waits",\n.*"stateMachineArn": ".*:stateMachine:orders",\n.*"name": "waits",\n.*"status": "RUNNING",\n.*"startDate": "[^"]*Z"\n`},
		{"show --store orders.db waits --json", exitOK, `(?s)"active": \[\n    \{\n      "state": "Rest",\n      "type": "Wait",\n      "eventId": 2,.*"waitsFor": "TIME",\n      "due": "[^"]+Z",\n      "dueTo": "END"\n`},
		{"ls --store orders.db --status failed --status succeeded", exitOK, `^started.*\n.*done\n.*failed\n$`},
		{"ls --store orders.db --prefix do", exitOK, `^started.*\n.*done\n$`},
		{"ls --store orders.db --oldest", exitOK, `^started.*\n.*waits\n.*failed\n.*done\n$`},
		{"ls --store orders.db --until 2020-01-01", exitOK, `^started.*\n$`},
		{"ls --store orders.db --since 2020-01-01T12:00 --stopped-since 1h", exitOK, `^started.*\n.*done\n.*failed\n$`},
		{"ls --store orders.db --stopped-until 1h", exitOK, `^started.*\n$`},
		{"ls --store orders.db --count", exitOK, `^executions  status     machine\n1           FAILED     orders\n1           RUNNING    orders\n1           SUCCEEDED  orders\n3           in all\n$`},
		{"ls --store orders.db --count --status failed --machine orders", exitOK, `^executions  status  machine\n1           FAILED  orders\n1           in all\n$`},
		{"ls --store orders.db --count --machine others", exitOK, `^executions .*\n0           in all\n$`},
		{"ls --store orders.db --count --status failed --json", exitOK, `^\[\n  \{\n    "stateMachineArn": ".*:stateMachine:orders",\n    "status": "FAILED",\n    "executions": 1\n  \}\n\]\n$`},
		{"ps --store orders.db", exitOK, `^runs for  machine  name   in\n\S+ +orders   waits  Rest \(time\)\n$`},
		{"ps --store orders.db --machine others", exitOK, `^runs for.*\n$`},
		{"ps --store orders.db --json", exitOK, `(?s)"name": "waits",.*"active": \[\n      \{\n        "state": "Rest",`},
		{"show --store orders.db waits", exitOK, `(?s)^execution +` + arnOf + `waits\nstatus     RUNNING\nstarted .*\ninput      {"seconds":1000000}\nredrive    NOT_REDRIVABLE: Execution is RUNNING.*\nevents     2\n\nit is in:\n  Rest \(Wait\) for \S+: waits, ends in 11d13h4\dm\d+s\n\n#  time .*2  0s    Rest   WaitStateEntered  waits 11d13h46m40s\n$`},
		{"show --store orders.db orders:failed", exitOK, `(?s)status     FAILED\n.*ended .*\ninput .*\nfailure    Broken: on purpose\nin state   Broken \(event 6, attempt 0\)\nredrive    REDRIVABLE\nevents     7\n$`},
		{"show --store orders.db " + arnOf + "done --json", exitOK, `"output": "\{\\"seconds\\":0\}",\n`},
		{"history --store orders.db failed", exitOK, `(?s)^#  time +state +event +data\n1  0s +ExecutionStarted +\{"seconds":0,"fails":true\}\n.*6  \S+ +Broken  FailStateEntered\n7  \S+ +ExecutionFailed +Broken: on purpose\n$`},
		{"history --store orders.db failed --json", exitOK, `(?s)^\{\n  "events": \[\n    \{\n      "timestamp": .*"executionFailedEventDetails": \{\n        "error": "Broken",`},
		{"history --store orders.db failed --brief --absolute", exitOK, `1  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  +ExecutionStarted`},
		{"tail --store orders.db done", exitOK, `(?s)1  0s +ExecutionStarted.*ExecutionSucceeded +\{"seconds":0\}\n$`},
		{"tail --store orders.db failed --json", exitFailed, `^(\{"timestamp":.*\}\n){7}$`},
		{"backup --store orders.db copy.db", exitOK, `^copy.db is a copy of .*orders.db\n$`},
		{"show --store copy.db done", exitOK, `SUCCEEDED`},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, "%s: %s", c.args, err)
		assert.Regexp(t, c.out, out, c.args)
		assert.Empty(t, err[:min(len(err), strings.Index(err+"there are more", "there are more"))], c.args)
	}
	t.Setenv(storeVariable, "orders.db")
	code, out, _ := gostates("", "ls")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "waits")
	require.NoError(t, eng.Close())
}

// An execution's Map Runs are shown with it.
func TestShowingMapRuns(t *testing.T) {
	eng := aStore(t)
	machine, err := asl.Parse(`{"StartAt":"Each","States":{"Each":{"Type":"Map","ToleratedFailureCount":1,"End":true,"ItemProcessor":{
		"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Odd","States":{
			"Odd":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"Even"}],"Default":"Fine"},
			"Even":{"Type":"Fail","Error":"Even"},"Fine":{"Type":"Succeed"}}}}}}`)
	require.NoError(t, err)
	x, err := eng.StartExecution(t.Context(), machine, []int{1, 2, 3}, engine.Machine("orders"), engine.Named("each"))
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)
	code, out, errs := gostates("", "show", "--store", "orders.db", "each")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "\nmap run    Each: SUCCEEDED, 2 of 3 items succeeded, 1 failed\n")
}

func TestMistakesWithAStore(t *testing.T) {
	eng := aStore(t)
	machine, err := asl.Parse(aWait)
	require.NoError(t, err)
	_, err = eng.StartExecution(t.Context(), machine, json.RawMessage(`{"seconds":0}`), engine.Machine("others"), engine.Named("done"))
	require.NoError(t, err)
	for _, c := range []struct {
		args    string
		code    int
		message string
	}{
		{"ls", exitUsage, "which --store?"},
		{"ls --store none.db", exitFailed, "there is no store none.db"},
		{"ls --store wait.json", exitFailed, "is no database"},
		{"ls --store orders.db --status RUNING", exitUsage, `there is no status "RUNING"; did you mean "RUNNING"?`},
		{"ls --store orders.db --since yesterday", exitUsage, "it is neither a date, such as 2026-11-28 or 2026-11-28T12:00, nor how long ago"},
		{"ls --store orders.db --count --prefix x", exitUsage, "--count can't be combined with --prefix"},
		{"ps --store orders.db --limit 0", exitUsage, "--limit must be 1 or more"},
		{"ps --store none.db", exitFailed, "there is no store none.db"},
		{"purge --store orders.db", exitUsage, "--stopped-until which time?"},
		{"purge --store orders.db --stopped-until 1h --status FALED", exitUsage, `there is no status "FALED"; did you mean "FAILED"?`},
		{"purge --store orders.db --stopped-until 1h", exitFailed, "orders.db is in use by process "},
		{"compact --store none.db", exitFailed, "there is no store none.db"},
		{"compact --store orders.db x", exitUsage, `expected no argument, found "x"`},
		{"ls --store orders.db x", exitUsage, `expected no argument, found "x"`},
		{"show --store orders.db", exitUsage, "expected one execution, found 0"},
		{"show --store orders.db faield", exitFailed, `there is no execution "faield"; did you mean "failed"?`},
		{"show --store orders.db done", exitFailed, "several executions are called \"done\": say which one\n  arn:"},
		{"show --store orders.db " + arnOf + "none", exitFailed, "ExecutionDoesNotExist: Execution Does Not Exist: '" + arnOf + "none'"},
		{"tail --store orders.db done --every 0s", exitUsage, "--every must be more than 0"},
		{"stop --store orders.db waits", exitFailed, "orders.db is in use by process " + fmt.Sprint(os.Getpid())},
		{"delete --store orders.db", exitUsage, "which execution?"},
		{"delete --store none.db waits", exitFailed, "there is no store none.db"},
		{"fork --store orders.db waits", exitUsage, "--at which event?"},
		{"backup --store orders.db", exitUsage, "expected one file to copy to, found 0"},
		{"backup --store orders.db wait.json", exitFailed, "wait.json exists: a backup is a new file"},
		{"backup --store none.db copy.db", exitFailed, "there is no store none.db"},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Contains(t, err, c.message, c.args)
	}
	assert.NoFileExists(t, "none.db")
}

// A store that no engine has can be changed; what follows is done by the next engine.
func TestChangingAStore(t *testing.T) {
	require.NoError(t, aStore(t).Close())
	for _, c := range []struct {
		args string
		code int
		want string // in the output or the errors, a regular expression
	}{
		{"delete --store orders.db waits", exitFailed, "the execution has not ended"},
		{"stop --store orders.db waits --error Enough --cause slow", exitOK, "^" + arnOf + "waits: ABORTED\n$"},
		{"show --store orders.db waits", exitOK, "failure    Enough: slow"},
		{"redrive --store orders.db done", exitFailed, "ExecutionNotRedrivable: Execution is SUCCEEDED"},
		{"redrive --store orders.db failed", exitOK, "^" + arnOf + "failed: FAILED, redriven the 1st time\n$"},
		{"redrive --store orders.db waits --json", exitOK, `"redriveCount": 1,`},
		{"fork --store orders.db failed --at 3", exitFailed, "can't be forked at event 3.*the nearest events where it can be are 2 and 4"},
		{"fork --store orders.db failed --at 2 --payload {", exitFailed, "the payload is no JSON"},
		{"fork --store orders.db failed --at 2 --definition none.json", exitFailed, "none.json"},
		{`fork --store orders.db failed --at 2 --payload {"seconds":0} --name fork`, exitOK, "^" + arnOf + "fork\n$"},
		{"fork --store orders.db failed --at 2 --name fork", exitFailed, "ExecutionAlreadyExists"},
		{"fork --store orders.db failed --at 2 --definition wait.json --json", exitOK, `"executionArn": "` + arnOf},
		{"fork --store orders.db failed --at 2 --definition wait.yaml --set Resting=Rest", exitOK, arnOf},
		{"fork --store orders.db failed --at 2 --definition wait.yaml --set Resting=Rest --machine M", exitFailed, `has no state machine "M"`},
		{"purge --store orders.db --stopped-until 1h", exitOK, "^executions removed: 0\n$"},
		{"purge --store orders.db --stopped-until 0s --status running", exitFailed, "an execution that is RUNNING can't be removed"},
		{"delete --store orders.db done failed", exitOK, "^" + arnOf + "done: deleted\n" + arnOf + "failed: deleted\n$"},
		{"show --store orders.db done", exitFailed, `there is no execution "done"`},
		{"compact --store orders.db", exitOK, `^orders.db: \d+ bytes before, \d+ bytes after\n$`},
		{"compact --store orders.db --json", exitOK, `^\{\n  "after": \d+,\n  "before": \d+\n\}\n$`},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, "%s: %s", c.args, err)
		assert.Regexp(t, c.want, out+err, c.args)
	}
	eng, err := engine.New(engine.Config{Store: sqlite.Open("orders.db"), Resolver: engine.NewMux()})
	require.NoError(t, err)
	defer eng.Close()
	require.Eventually(t, func() bool {
		d, err := eng.DescribeExecution(t.Context(), arnOf+"fork")
		return err == nil && string(d.Output) == `{"seconds":0}`
	}, time.Minute, time.Millisecond)
}

// tail goes on until the execution ends.
func TestTailFollows(t *testing.T) {
	eng := aStore(t)
	done := make(chan string)
	go func() {
		_, out, err := gostates("", "tail", "--store", "orders.db", "waits", "--every", "1ms")
		done <- out + err
	}()
	require.NoError(t, eng.StopExecution(t.Context(), arnOf+"waits", "Enough", ""))
	assert.Contains(t, <-done, "ExecutionAborted           Enough")
}

func TestOrdinals(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th"} {
		assert.Equal(t, want, ordinal(n))
	}
}

// Who needs the store for itself is told which process has it, and what can be done meanwhile.
func TestInUse(t *testing.T) {
	inFolder(t, nil)
	s := sqlite.Open("orders.db")
	require.NoError(t, s.Err())
	defer s.Close()
	_, _, err := gostates("", "stop", "--store", filepath.Join(".", "orders.db"), "x")
	assert.Regexp(t, `orders\.db is in use by process \d+ .*: it can be read meanwhile`, err)
}

// TestPurging removes by status and age, and while an engine is at work the file is copied and
// becomes smaller.
func TestPurging(t *testing.T) {
	require.NoError(t, aStore(t).Close())
	for _, c := range []struct{ args, want string }{
		{"purge --store orders.db --stopped-until 0s --machine others", "executions removed: 0\n"},
		{"purge --store orders.db --stopped-until 0s --status failed --json", "{\n  \"removed\": 1\n}\n"},
		{"purge --store orders.db --stopped-until 0s --machine orders --limit 5", "executions removed: 1\n"},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, exitOK, code, "%s: %s", c.args, err)
		assert.Equal(t, c.want, out, c.args)
	}
	eng, err := engine.New(engine.Config{Store: sqlite.Open("orders.db"), Resolver: engine.NewMux()})
	require.NoError(t, err)
	for _, args := range []string{"compact --store orders.db", "backup --store orders.db copy.db"} {
		code, _, errs := gostates("", strings.Fields(args)...)
		assert.Equal(t, exitOK, code, errs)
	}
	require.NoError(t, eng.StopExecution(t.Context(), arnOf+"waits", "", ""), "the engine goes on")
	require.NoError(t, eng.Close())
	code, out, errs := gostates("", "ps", "--store", "copy.db")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "waits")
}

func TestActiveAsText(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	all := []engine.ActiveState{{State: "Both", Type: "Parallel", Since: at(-3600), Index: -1, WaitsFor: engine.WaitsForStates, Total: 12, Ended: 1, Left: 3, Within: []engine.ActiveState{
		{State: "Pay", Type: "Task", Since: at(-5), Index: 0, Attempt: 2, Restarts: 1, WaitsFor: engine.WaitsForHandler, Resource: "pay", Due: at(55), DueTo: engine.DueToTimeout},
		{State: "Queue", Type: "Task", Since: at(-5), Index: 1, WaitsFor: engine.WaitsForPlace, Resource: "pay"},
		{State: "Gone", Type: "Task", Since: at(-5), Index: 2, WaitsFor: engine.WaitsForResolver, Resource: "gone"},
		{State: "Sign", Type: "Task", Since: at(-5), Index: 3, WaitsFor: engine.WaitsForToken, Resource: "sqs", TaskToken: "secret", Due: at(-1), DueTo: engine.DueToHeartbeat},
		{State: "Pack", Type: "Task", Since: at(-5), Index: 4, WaitsFor: engine.WaitsForWorker, Resource: "packing"},
		{State: "Ship", Type: "Task", Since: at(-5), Index: 5, WaitsFor: engine.WaitsForActivity, Resource: "shipping", Worker: "dana"},
		{State: "Bill", Type: "Task", Since: at(-5), Index: 6, WaitsFor: engine.WaitsForExecution, ExecutionARN: "arn:child"},
		{State: "Each", Type: "Map", Since: at(-5), Index: 7, WaitsFor: engine.WaitsForMapRun, MapRunARN: "arn:run"},
		{State: "Again", Type: "Task", Since: at(-5), Index: 8, WaitsFor: engine.WaitsForTime, Due: at(3), DueTo: engine.DueToRetry},
		{State: "Undo", Type: "Task", Since: at(-5), Index: -1, Undoes: "Do", WaitsFor: engine.WaitsForHandler, Resource: "undo"},
	}}}
	var b strings.Builder
	printActive(&b, all, now, "")
	assert.Equal(t, `Both (Parallel) for 1h: 1 of 12 have ended
  [0] Pay (Task) for 5s, attempt 2, restarted 1 times: waits for pay, times out in 55s
  [1] Queue (Task) for 5s: waits for its turn to call pay
  [2] Gone (Task) for 5s: waits until there is a handler for gone
  [3] Sign (Task) for 5s: waits for its Task Token, sqs, misses its heartbeat now
  [4] Pack (Task) for 5s: waits for a worker to take it, packing
  [5] Ship (Task) for 5s: a worker has it: dana, shipping
  [6] Bill (Task) for 5s: waits for arn:child
  [7] Each (Map) for 5s: waits for arn:run
  [8] Again (Task) for 5s: waits, is tried again in 3s
  Undo (Task, undoes Do) for 5s: waits for undo
  and 3 more
`, b.String())
	assert.Equal(t, "Pay (handler), Queue (place), Gone (resolver), 10 more", briefly(all))
	var text strings.Builder
	require.NoError(t, printJSON(&text, activeStates(all)))
	assert.NotContains(t, text.String(), "secret")
}
