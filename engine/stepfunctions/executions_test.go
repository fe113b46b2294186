package stepfunctions_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/require"
)

// lasting is a store that outlives its engines.
type lasting struct{ storetest.Memory }

func (*lasting) Close() error { return nil }

// The input comes back byte for byte, and so does the trace header, whatever keeps the
// execution; the output is the value's own text.
func TestInputAsSent(t *testing.T) {
	db := new(lasting)
	stored := func(c *engine.Config, _ *stepfunctions.Config) { c.Store = db }
	const input = "{ \"b\" : 1.50, \"a\":\"\\u00e9\" }\n"
	for name, adjust := range map[string]func(*engine.Config, *stepfunctions.Config){"memory": func(*engine.Config, *stepfunctions.Config) {}, "store": stored} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, adjust)
			m := e.create("m", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`)
			run := e.ok("StartExecution", object{"stateMachineArn": m, "input": input, "traceHeader": "Root=1"})["executionArn"]
			shown := func() {
				d := e.ok("DescribeExecution", object{"executionArn": run})
				require.Equal(t, input, d["input"])
				require.Equal(t, "Root=1", d["traceHeader"])
				events := e.ok("GetExecutionHistory", object{"executionArn": run})["events"].([]any)
				require.Equal(t, input, events[0].(object)["executionStartedEventDetails"].(object)["input"])
			}
			shown()
			if name == "store" {
				require.NoError(t, e.engine.Close())
				e = serve(t, adjust)
				shown()
			}
			e.clock.Advance(time.Hour)
			shown()
			require.Equal(t, `{"b":1.5,"a":"é"}`, e.ok("DescribeExecution", object{"executionArn": run})["output"])
		})
	}
	e := serve(t)
	ran := e.ok("StartSyncExecution", object{"stateMachineArn": e.create("x", pass, object{"type": "EXPRESS"}), "input": input, "traceHeader": "Root=2"})
	require.Equal(t, input, ran["input"])
	require.Equal(t, "Root=2", ran["traceHeader"])
}

// The X-Ray header of a request goes before the member of its body, unless it can't be one.
func TestTraceHeaderOfARequest(t *testing.T) {
	e := serve(t)
	m := e.create("x", pass)
	for header, want := range map[string]string{"": "Root=2", "Root=1": "Root=1", strings.Repeat("x", 257): "Root=2"} {
		body, err := json.Marshal(object{"stateMachineArn": m, "traceHeader": "Root=2"})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.StartExecution")
		r.Header.Set("X-Amzn-Trace-Id", header)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		var started object
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &started), w.Body)
		d := e.ok("DescribeExecution", object{"executionArn": started["executionArn"]})
		require.Equal(t, want, d["traceHeader"])
	}
}

// Redrives are counted in lists of executions that a store has, too.
func TestRedrivesInLists(t *testing.T) {
	e := serve(t, func(c *engine.Config, _ *stepfunctions.Config) { c.Store = new(lasting) })
	m := e.create("f", failing)
	first := e.ok("StartExecution", object{"stateMachineArn": m})["executionArn"]
	e.ok("StartExecution", object{"stateMachineArn": m})
	for range 2 {
		e.clock.Advance(time.Minute)
		e.ok("RedriveExecution", object{"executionArn": first})
	}
	redriven := e.ok("ListExecutions", object{"stateMachineArn": m, "redriveFilter": "REDRIVEN"})["executions"].([]any)
	require.Len(t, redriven, 1)
	item := redriven[0].(object)
	require.Equal(t, first, item["executionArn"])
	require.Equal(t, 2.0, item["redriveCount"])
	require.Equal(t, e.ok("DescribeExecution", object{"executionArn": first})["redriveDate"], item["redriveDate"])
}
