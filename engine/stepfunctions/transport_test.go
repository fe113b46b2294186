package stepfunctions_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

// A client calls the API as an SDK does.
type client struct {
	*testing.T
	http.Client
}

func (c client) call(ctx context.Context, operation, input string) object {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://sync-states.us-east-1.amazonaws.com/", strings.NewReader(input))
	require.NoError(c, err)
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	answer, err := c.Do(r)
	require.NoError(c, err)
	defer answer.Body.Close()
	require.Equal(c, http.StatusOK, answer.StatusCode)
	var out object
	require.NoError(c, json.NewDecoder(answer.Body).Decode(&out))
	return out
}

// A program that starts an execution, works on its task a day later, and polls until it has
// ended needs no time in a bubble.
func TestAClientNeedsNoWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.New(engine.Config{Resolver: engine.NewMux()})
		require.NoError(t, err)
		defer e.Close()
		h, err := stepfunctions.New(stepfunctions.Config{Engine: e})
		require.NoError(t, err)
		c := client{t, http.Client{Transport: stepfunctions.Transport{Handler: h}, Timeout: 70 * time.Second}}
		ctx := t.Context()
		c.call(ctx, "CreateActivity", `{"name":"a"}`)
		c.call(ctx, "CreateStateMachine", `{"name":"m","roleArn":"`+role+`","definition":"{\"StartAt\":\"W\",\"States\":{`+
			`\"W\":{\"Type\":\"Wait\",\"Seconds\":86400,\"Next\":\"T\"},\"T\":{\"Type\":\"Task\",\"Resource\":\"`+arn("activity:a")+`\",\"End\":true}}}"}`)
		began := time.Now()
		run := c.call(ctx, "StartExecution", `{"stateMachineArn":"`+arn("stateMachine:m")+`"}`)["executionArn"].(string)
		go func() { // a worker
			for {
				task := c.call(ctx, "GetActivityTask", `{"activityArn":"`+arn("activity:a")+`"}`)
				if token, ok := task["taskToken"].(string); ok {
					<-time.After(time.Hour) // of the bubble: that is how long the work takes
					c.call(ctx, "SendTaskSuccess", `{"taskToken":"`+token+`","output":"\"done\""}`)
					return
				}
			}
		}()
		var d object
		for d = c.call(ctx, "DescribeExecution", `{"executionArn":"`+run+`"}`); d["status"] == "RUNNING"; {
			<-time.After(30 * time.Second) // of the bubble: a client that polls
			d = c.call(ctx, "DescribeExecution", `{"executionArn":"`+run+`"}`)
		}
		require.Equal(t, `"done"`, d["output"])
		require.InDelta(t, 25*time.Hour, time.Since(began), float64(time.Minute))
	})
}

// On a virtual clock the test says when time goes by.
func TestAVirtualClock(t *testing.T) {
	e := serve(t)
	c := client{t, http.Client{Transport: stepfunctions.Transport{Handler: e}}}
	run := e.ok("StartExecution", object{"stateMachineArn": e.create("w", waiting)})["executionArn"].(string)
	describe := func() object { return c.call(t.Context(), "DescribeExecution", `{"executionArn":"`+run+`"}`) }
	require.Equal(t, "RUNNING", describe()["status"])
	e.clock.Advance(time.Hour)
	d := describe()
	require.Equal(t, "SUCCEEDED", d["status"])
	require.InDelta(t, 3600, d["stopDate"].(float64)-d["startDate"].(float64), 0.001)
}

// A client that goes away gets the error of its context, and the handler's request ends.
func TestTransportContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		transport := stepfunctions.Transport{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended = true
		})}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://any/", nil)
		require.NoError(t, err)
		_, err = transport.RoundTrip(r)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.True(t, ended)
	})
}
