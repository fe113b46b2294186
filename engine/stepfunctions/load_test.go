package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// loadFactor multiplies the numbers of requests of the tests below: it is the environment
// variable GOSTATES_LOAD, or 1. With 100 there are a million mutated bodies and 100,000 guessed
// tokens.
func loadFactor(t *testing.T) int {
	t.Helper()
	text := os.Getenv("GOSTATES_LOAD")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "GOSTATES_LOAD")
	return n
}

// bodies are requests that mutate changes, with the operations that they are for.
var bodies = []struct {
	operations string
	body       object
}{
	{"ListStateMachines ListActivities", object{}},
	{"CreateActivity", object{"name": "a", "tags": []object{{"key": "k", "value": "v"}}, "encryptionConfiguration": object{"type": "AWS_OWNED_KEY"}}},
	{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": role, "type": "EXPRESS", "publish": true, "versionDescription": "d"}},
	{"ValidateStateMachineDefinition", object{"definition": distributed, "type": "STANDARD", "severity": "WARNING", "maxResults": 7}},
	{"StartExecution StartSyncExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "e", "input": `{"a":[1,"é"]}`, "traceHeader": "t"}},
	{"UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:m:1"), "definition": pass, "roleArn": role, "loggingConfiguration": object{"level": "ALL", "destinations": []any{}}}},
	{"ListExecutions ListStateMachineVersions ListStateMachineAliases DescribeStateMachine PublishStateMachineVersion DeleteStateMachine", object{"stateMachineArn": arn("stateMachine:m"), "maxResults": 3, "nextToken": "AAAA", "statusFilter": "FAILED", "redriveFilter": "REDRIVEN"}},
	{"DescribeExecution GetExecutionHistory DescribeStateMachineForExecution ListMapRuns StopExecution RedriveExecution", object{"executionArn": arn("execution:m:done"), "maxResults": 2, "reverseOrder": true, "includedData": "METADATA_ONLY", "clientToken": "c", "error": "E", "cause": "C"}},
	{"CreateStateMachineAlias", object{"name": "PROD", "description": "d", "routingConfiguration": []object{{"stateMachineVersionArn": arn("stateMachine:m:1"), "weight": 100}}}},
	{"DescribeStateMachineAlias UpdateStateMachineAlias DeleteStateMachineAlias", object{"stateMachineAliasArn": arn("stateMachine:m:LIVE"), "routingConfiguration": []object{{"stateMachineVersionArn": arn("stateMachine:m:1"), "weight": 100}}}},
	{"DeleteStateMachineVersion", object{"stateMachineVersionArn": arn("stateMachine:m:1")}},
	{"DescribeActivity GetActivityTask DeleteActivity", object{"activityArn": arn("activity:a"), "workerName": "w"}},
	{"SendTaskSuccess SendTaskFailure SendTaskHeartbeat", object{"taskToken": "AAAAKgAAAAIAAAAA", "output": "{}", "error": "E", "cause": "C"}},
	{"TagResource UntagResource ListTagsForResource", object{"resourceArn": arn("stateMachine:m"), "tags": []object{{"key": "k", "value": "v"}}, "tagKeys": []string{"k"}}},
	{"DescribeMapRun UpdateMapRun", object{"mapRunArn": arn("mapRun:m/l:u"), "maxConcurrency": 5, "toleratedFailurePercentage": 12.5, "toleratedFailureCount": 3}},
	{"TestState", object{"definition": pass, "input": "{}", "roleArn": role, "inspectionLevel": "TRACE", "mock": object{"result": "1"}, "stateName": "A", "variables": "{}", "context": "{}"}},
}

// distributed is a definition with a Map Run.
const distributed = `{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV"},"Parameters":{"Bucket":"b","Key":"k"}},` +
	`"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"ToleratedFailurePercentage":5,"End":true}}}`

// odd are texts that take the place of others.
var odd = []string{
	`null`, `true`, `-1`, `1e400`, `9223372036854775808`, `0.1`, `""`, `"\u0000"`, `"\ud800"`, `[]`, `{}`, `[[[[[[[[]]]]]]]]`, `{"":{}}`, `"$.x"`, `"{% $x %}"`,
	`"arn:aws:states:::"`, `"arn:aws:states:us-east-1:123456789012:stateMachine:m:LIVE"`, `"arn:aws:states:us-east-1:123456789012:express:m:e:u"`, `"{\"StartAt\":\"A\",\"States\":{}}"`,
}

// mutate changes some bytes of a text, or puts odd values in the places of others.
func mutate(r *rand.Rand, text []byte) []byte {
	text = slices.Clone(text)
	for range 1 + r.IntN(4) {
		i := r.IntN(len(text) + 1)
		j := min(len(text), i+r.IntN(8))
		switch r.IntN(6) {
		case 0:
			text = slices.Delete(text, i, j)
		case 1:
			text = slices.Insert(text, i, byte(r.IntN(256)))
		case 2:
			text = slices.Insert(text, i, text[i:j]...)
		case 3:
			if i < len(text) {
				text[i] ^= 1 << r.IntN(8)
			}
		default: // the value after some colon
			var colons []int
			for k := range len(text) - 1 {
				if text[k] == ':' && (text[k+1] == '"' || text[k+1] == '{' || text[k+1] == '[') {
					colons = append(colons, k+1)
				}
			}
			if len(colons) > 0 {
				at := colons[r.IntN(len(colons))]
				end := at + 1
				for end < len(text) && text[end] != ',' && text[end] != '}' {
					end++
				}
				text = slices.Replace(text, at, end, []byte(odd[r.IntN(len(odd))])...)
			}
		}
	}
	return text
}

// Mutated requests of every operation are answered by 200 or 400, and cost no memory beyond
// what they have made.
func TestMutatedBodies(t *testing.T) {
	e := serve(t, func(c *engine.Config, s *stepfunctions.Config) {
		c.Limits.Retention = time.Hour
		s.Poll = time.Nanosecond
	})
	r := rand.New(rand.NewPCG(1, 2))
	operations := slices.Sorted(maps.Keys(outputs))
	texts := make([][]byte, len(bodies))
	for i, b := range bodies {
		var err error
		texts[i], err = json.Marshal(b.body)
		require.NoError(t, err)
	}
	statuses := make(map[int]int)
	round := func(requests int) {
		e.create("m", pass, object{"publish": true})
		e.ok("CreateActivity", object{"name": "a"})
		e.ok("StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "done"})
		for range requests {
			n := r.IntN(len(bodies))
			body, among := mutate(r, texts[n]), operations
			if r.IntN(4) > 0 {
				among = strings.Fields(bodies[n].operations)
			}
			operation := among[r.IntN(len(among))]
			w := e.post(operation, string(body))
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s %q: %d %s", operation, body, w.Code, w.Body)
			}
			statuses[w.Code]++
		}
		for _, m := range e.ok("ListStateMachines", object{})["stateMachines"].([]any) {
			e.ok("DeleteStateMachine", object{"stateMachineArn": m.(object)["stateMachineArn"]})
		}
		for _, a := range e.ok("ListActivities", object{})["activities"].([]any) {
			e.ok("DeleteActivity", object{"activityArn": a.(object)["activityArn"]})
		}
		e.clock.Advance(3 * time.Hour) // ends what is kept of executions
	}
	const requests = 1_000
	for range 2 {
		round(requests)
	}
	before := heap()
	for range 10*loadFactor(t) - 2 {
		round(requests)
	}
	require.Greater(t, statuses[http.StatusOK], statuses[http.StatusBadRequest]/20, "hardly any request gets through the checks")
	after := heap()
	t.Logf("answers by status: %v; heap: %d kB before, %d kB after", statuses, before>>10, after>>10)
	require.Less(t, after, before+4<<20)
}

// Over connections, too, guessed tokens and a thousand workers of one activity cost nothing
// that stays.
func TestLoadOverConnections(t *testing.T) {
	e := serve(t, func(_ *engine.Config, s *stepfunctions.Config) { s.Poll = 200 * time.Millisecond })
	e.ok("CreateActivity", object{"name": "a"})
	server := httptest.NewServer(e)
	defer server.Close()
	client := server.Client()
	transport := client.Transport.(*http.Transport)
	transport.MaxIdleConnsPerHost = 1_000
	// send returns the status and the name of the error.
	send := func(operation, body string) (int, string, error) {
		request, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		request.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
		response, err := client.Do(request)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		var answer struct {
			Type string `json:"__type"`
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		return response.StatusCode, answer.Type, err
	}
	// all has a number of goroutines send n requests together, which get one answer.
	all := func(goroutines, n int, status int, name, operation, body string) {
		t.Helper()
		failures := make(chan string, goroutines)
		var senders sync.WaitGroup
		for g := range goroutines {
			senders.Go(func() {
				for i := range n / goroutines {
					got, failed, err := send(operation, strings.ReplaceAll(body, "GUESS", fmt.Sprintf("AAAAKgAAAAIA%d-%d", g, i)))
					if err != nil || got != status || failed != name {
						failures <- fmt.Sprint(got, failed, err)
						return
					}
				}
			})
		}
		senders.Wait()
		close(failures)
		for failure := range failures {
			t.Fatal(operation, failure)
		}
	}
	tokens, guess := 1_000*loadFactor(t), `{"taskToken":"GUESS","output":"{}"}`
	const workers = 1_000
	all(8, tokens/10, http.StatusBadRequest, "InvalidToken", "SendTaskSuccess", guess)
	all(workers, workers, http.StatusOK, "", "GetActivityTask", `{"activityArn":"`+arn("activity:a")+`"}`)
	transport.CloseIdleConnections()
	before := heap()
	all(8, tokens, http.StatusBadRequest, "InvalidToken", "SendTaskSuccess", guess)
	all(workers, workers, http.StatusOK, "", "GetActivityTask", `{"activityArn":"`+arn("activity:a")+`"}`)
	transport.CloseIdleConnections()
	after := heap()
	t.Logf("heap: %d kB before, %d kB after", before>>10, after>>10)
	require.Less(t, after, before+16<<20)
}
