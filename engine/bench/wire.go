package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A client calls the API over HTTP, without an SDK, so that it costs little beside the server.
type client struct {
	url   string
	http  *http.Client
	names atomic.Int64
}

// call calls an operation.
func (c *client) call(operation string, in map[string]string, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, c.url+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	// Some servers look here for the service and the region; none checks the signature.
	request.Header.Set("X-Amz-Date", "20261101T000000Z")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/states/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.200s", operation, answer.Status, text)
	}
	return json.Unmarshal(text, out)
}

// start starts an execution, under a name of its own: some servers don't find one.
func (c *client) start(machine string, w workload) (arn string, err error) {
	var started struct {
		ExecutionARN string `json:"executionArn"`
	}
	err = c.call("StartExecution", map[string]string{
		"stateMachineArn": machine, "input": string(w.Input), "name": fmt.Sprintf("x-%d", c.names.Add(1)),
	}, &started)
	return started.ExecutionARN, err
}

// maxRun bounds how long an execution may take that does nothing.
const maxRun = 30 * time.Second

// output returns the output of an execution, once it has succeeded.
func (c *client) output(arn string) (string, error) {
	for began := time.Now(); time.Since(began) < maxRun; time.Sleep(time.Millisecond) {
		var x struct {
			Status string          `json:"status"`
			Output json.RawMessage `json:"output"`
		}
		if err := c.call("DescribeExecution", map[string]string{"executionArn": arn}, &x); err != nil {
			return "", err
		}
		switch x.Status {
		case "RUNNING":
		case "SUCCEEDED":
			// AWS's output is a string; some servers have the value itself.
			var text string
			if err := json.Unmarshal(x.Output, &text); err != nil {
				return string(x.Output), nil
			}
			return text, nil
		default:
			return "", fmt.Errorf("the execution became %s", x.Status)
		}
	}
	return "", fmt.Errorf("an execution still runs after %v", maxRun)
}

// rateOfServer starts executions as fast as the server takes them, until those that were started last
// have succeeded.
func (s *settings) rateOfServer(on *server, w workload) (r rate, err error) {
	transport := &http.Transport{MaxIdleConnsPerHost: w.Callers}
	defer transport.CloseIdleConnections()
	c := &client{url: on.url, http: &http.Client{Transport: transport, Timeout: maxRun}}
	var made struct {
		StateMachineARN string `json:"stateMachineArn"`
	}
	err = c.call("CreateStateMachine", map[string]string{"name": "bench", "definition": string(w.Definition), "roleArn": "arn:aws:iam::123456789012:role/bench"}, &made)
	if err != nil {
		return rate{Failed: err.Error()}, nil
	}
	ended := c.output
	if on.idle {
		ended = func(string) (string, error) { return string(w.Output), nil }
	}
	arn, err := c.start(made.StateMachineARN, w)
	if err != nil {
		return rate{Failed: err.Error()}, nil
	}
	output, err := ended(arn)
	if err != nil {
		return rate{Failed: err.Error()}, nil
	}
	if same, err := sameJSON(json.RawMessage(output), w.Output); err != nil || !same {
		return rate{Wrong: output}, nil
	}
	for _, d := range []time.Duration{s.warmUp, s.duration} {
		if r, err = c.load(made.StateMachineARN, w, d, ended); err != nil {
			return rate{Failed: err.Error()}, nil
		}
	}
	return r, nil
}

// load has all callers start executions for a time, and then wait until the last one of each has
// ended.
func (c *client) load(machine string, w workload, d time.Duration, ended func(arn string) (string, error)) (r rate, err error) {
	var count atomic.Int64
	var wg sync.WaitGroup
	failures := make([]error, w.Callers)
	began := time.Now()
	for i := range w.Callers {
		wg.Go(func() {
			var last string
			for again := true; again; again = time.Since(began) < d {
				if last, failures[i] = c.start(machine, w); failures[i] != nil {
					return
				}
				count.Add(1)
			}
			_, failures[i] = ended(last)
		})
	}
	wg.Wait()
	return rate{Units: float64(count.Load() * int64(w.Units)), Seconds: time.Since(began).Seconds()}, errors.Join(failures...)
}
