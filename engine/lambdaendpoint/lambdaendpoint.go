// Package lambdaendpoint does tasks by functions behind an endpoint of the AWS Lambda Invoke API,
// such as the one that "sam local start-lambda" opens, serverless-offline, or AWS's own behind a
// proxy that signs:
//
//	functions, err := lambdaendpoint.New("http://127.0.0.1:3001", nil)
//	eng, err := engine.New(engine.Config{Resolver: functions})
//
// An Endpoint has a handler for every function: for the ARN of one as a Resource, and for what
// lambda:invoke calls. For all else it has none.
package lambdaendpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// An Endpoint calls functions. It is an [engine.Resolver]; any number of goroutines may use it.
type Endpoint struct {
	url    *url.URL
	client *http.Client
}

// New returns an Endpoint at a URL. client may be nil for one without a timeout: a task's own
// TimeoutSeconds ends its call.
func New(address string, client *http.Client) (*Endpoint, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("lambdaendpoint: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("lambdaendpoint: %q must be like http://127.0.0.1:3001", address)
	}
	if client == nil {
		client = new(http.Client)
	}
	return &Endpoint{u, client}, nil
}

// Resolve implements [engine.Resolver]: it has a handler for the name and the ARN of every
// function, and nil for another ARN.
func (e *Endpoint) Resolve(resource string) engine.Handler {
	name, ok := functionName(resource)
	if !ok {
		return nil
	}
	return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) { return e.Invoke(ctx, name, task.Input) })
}

// functionName returns the name by which a function is called, which may be an ARN.
func functionName(resource string) (string, bool) {
	if strings.HasPrefix(resource, "arn:") {
		parts := strings.Split(resource, ":")
		return resource, len(parts) >= 7 && parts[2] == "lambda" && parts[5] == "function"
	}
	return resource, resource != "" && !strings.ContainsAny(resource, "/? ")
}

// maxAnswer bounds what a function may return; AWS's bound is 6 MB.
const maxAnswer = 8 << 20

// Invoke calls a function by its name or ARN. An error that the function returns is an
// [*engine.TaskError] of its errorType, with all of its answer as the cause, as on AWS.
func (e *Endpoint) Invoke(ctx context.Context, function string, input any) (any, error) {
	u := e.url.JoinPath("2015-03-31", "functions", url.PathEscape(function), "invocations")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(value.Append(nil, input)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	if header, ok := ctx.Value("x-amzn-trace-id").(string); ok && header != "" {
		r.Header.Set("X-Amzn-Trace-Id", header) // of package opentelemetry, if there is one
	}
	answer, err := e.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// AWS's own name for a function that can't be reached; the words are the client's.
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: err.Error()}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: err.Error()}
	case len(body) > maxAnswer:
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: fmt.Sprintf("the function %s returned more than %d bytes", function, maxAnswer)}
	case answer.StatusCode == http.StatusNotFound:
		return nil, &engine.TaskError{Name: "Lambda.ResourceNotFoundException", Cause: cause(answer, body, "Function not found: "+function)}
	case answer.StatusCode/100 != 2:
		return nil, &engine.TaskError{Name: "Lambda.AWSLambdaException", Cause: cause(answer, body, answer.Status)}
	case answer.Header.Get("X-Amz-Function-Error") != "":
		return nil, functionError(body)
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil
	}
	v, err := value.Parse(body)
	if err != nil {
		return nil, &engine.TaskError{Name: "Lambda.SdkClientException", Cause: fmt.Sprintf("the function %s returned what is no JSON: %v", function, err)}
	}
	return v, nil
}

// cause returns what an answer says of itself, in the form of AWS's causes.
func cause(answer *http.Response, body []byte, otherwise string) string {
	var said struct {
		Message  string `json:"message"`
		Message2 string `json:"Message"`
	}
	text := otherwise
	if json.Unmarshal(body, &said) == nil && said.Message+said.Message2 != "" {
		text = said.Message + said.Message2
	}
	return fmt.Sprintf("%s (Service: AWSLambda; Status Code: %d; Request ID: %s; Proxy: null)", text, answer.StatusCode, answer.Header.Get("X-Amzn-Requestid"))
}

// functionError makes an error of what a function that failed has returned.
func functionError(body []byte) error {
	var said struct {
		Type string `json:"errorType"`
	}
	_ = json.Unmarshal(body, &said) // what is none has no type
	if said.Type == "" {
		said.Type = "Error"
	}
	return &engine.TaskError{Name: said.Type, Cause: string(body)}
}
