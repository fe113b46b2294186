package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// activity is the ARN by which a worker asks for tasks.
const activity = "arn:aws:states:us-east-1:123456789012:activity:press"

// An api is the AWS Step Functions API at an endpoint.
type api string

// call calls an operation, and stores its answer in the variable that answer points to.
func (a api) call(ctx context.Context, operation string, input, answer any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, string(a), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(response.Body)
		return errors.Join(fmt.Errorf("%s: %s: %s", operation, response.Status, text), err)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// work does tasks until the standard input is closed, and ends the task that it has then. It
// prints each task that it begins.
func work(endpoint, name string) error {
	begun := context.Background()
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		defer leave()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	for {
		var task struct{ TaskToken, Input string }
		err := api(endpoint).call(ctx, "GetActivityTask", map[string]string{"activityArn": activity, "workerName": name}, &task)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case task.TaskToken == "":
			continue // nobody had anything to do for a minute
		}
		var shirt string
		if err := json.Unmarshal([]byte(task.Input), &shirt); err != nil {
			return err
		}
		fmt.Println(shirt)
		if err := press(begun, api(endpoint), task.TaskToken); err != nil {
			return err
		}
		output, err := json.Marshal(shirt + ", pressed")
		if err != nil {
			return err
		}
		if err := api(endpoint).call(begun, "SendTaskSuccess", map[string]string{"taskToken": task.TaskToken, "output": string(output)}, new(struct{})); err != nil {
			return err
		}
	}
}

// press takes its time, and says so by heartbeats.
func press(ctx context.Context, a api, token string) error {
	heartbeat := time.NewTicker(100 * time.Millisecond)
	defer heartbeat.Stop()
	for range 3 {
		<-heartbeat.C
		if err := a.call(ctx, "SendTaskHeartbeat", map[string]string{"taskToken": token}, new(struct{})); err != nil {
			return err
		}
	}
	return nil
}
