package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// An Error is an error that a service answers. A task fails by the name that Step Functions
// gives it: that of the service, a dot, and the class that the SDK has for the code, or the
// service's general class for codes that have none. The cause is the message with, in
// parentheses, the service, the status, for optimised integrations the code, and the request's ID.
//
// Other errors of a [Func] become names in this way:
//
//   - Errors that have methods ErrorCode() string and ErrorMessage() string, or wrap one that
//     has them, as those of aws-sdk-go-v2, are named as an Error is. Methods
//     HTTPStatusCode() int, ServiceRequestID() string and ServiceHostID() string tell the rest.
//   - A [JobError] is States.TaskFailed.
//   - A [*engine.TaskError] has the name that it says.
//   - An error of package net is the class SdkClientException, whose cause names no request.
//   - Anything else is named as errors of handlers are: see [engine.TaskError].
type Error struct {
	// Code is the service's code for the error: "ResourceNotFoundException".
	Code string
	// Message explains it.
	Message string
	// StatusCode is that of the HTTP answer: 400 when it is 0. Of apigateway:invoke it is the
	// name of the error: ApiGateway.404.
	StatusCode int
	// RequestID is made up when it is empty, from the task's IdempotencyKey.
	RequestID string
	// HostID is what S3 sends as the extended request ID. It is told for aws-sdk:s3 only, and
	// made up there when it is empty.
	HostID string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode returns the Code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage returns the Message.
func (e *Error) ErrorMessage() string { return e.Message }

// HTTPStatusCode returns the StatusCode.
func (e *Error) HTTPStatusCode() int { return e.StatusCode }

// ServiceRequestID returns the RequestID.
func (e *Error) ServiceRequestID() string { return e.RequestID }

// ServiceHostID returns the HostID.
func (e *Error) ServiceHostID() string { return e.HostID }

// A JobError says that a .sync job ended badly. The task fails with States.TaskFailed, whatever
// the job's own error; the cause is the job's description as JSON.
type JobError struct {
	// Description is what the service tells about the job: anything that encoding/json can
	// marshal.
	Description any
}

func (e *JobError) Error() string { return "the job failed" }

// failure returns the error that the task fails with.
func (c Call) failure(err error) error {
	if _, ok := errors.AsType[*engine.TaskError](err); ok {
		return err
	}
	if job, ok := errors.AsType[*JobError](err); ok {
		v, bad := value.Of(job.Description)
		if bad != nil {
			return runtime("The description of the job of %s can't be JSON: %v", c.Task.Resource, bad)
		}
		if o, ok := v.(*value.Object); ok {
			v = sorted(o)
		}
		return &engine.TaskError{Name: "States.TaskFailed", Cause: value.String(v)}
	}
	type apiError interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}
	if e, ok := errors.AsType[apiError](err); ok {
		return c.named(err, e.ErrorCode(), e.ErrorMessage())
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return &engine.TaskError{Name: c.names().prefix + ".SdkClientException", Cause: "Unable to execute HTTP request: " + networkCause(err)}
	}
	return err
}

// named names a service's error.
func (c Call) named(err error, code, message string) error {
	status, id, host := 0, "", ""
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		status = e.HTTPStatusCode()
	}
	status = cmp.Or(status, 400)
	if e, ok := errors.AsType[interface {
		error
		ServiceRequestID() string
	}](err); ok {
		id = e.ServiceRequestID()
	}
	id = cmp.Or(id, c.requestID())
	if e, ok := errors.AsType[interface {
		error
		ServiceHostID() string
	}](err); ok {
		host = e.ServiceHostID()
	}
	if c.is("apigateway", "invoke") {
		// Documented for the name; the cause is a guess.
		return &engine.TaskError{Name: "ApiGateway." + strconv.Itoa(status), Cause: message}
	}
	n := c.names()
	failed := &engine.TaskError{Name: n.prefix + "." + n.class(code)}
	if c.SDK {
		if c.Service == "s3" {
			host = ", Extended Request ID: " + cmp.Or(host, c.hostID())
		} else {
			host = ""
		}
		// The last part is there since November 2025 (measured).
		failed.Cause = fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s%s) (SDK Attempt Count: 1)", message, n.prefix, status, id, host)
	} else {
		failed.Cause = fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)", message, n.service, status, code, id)
	}
	return failed
}

// networkCause tells why there was no HTTP request. For a host that is unknown the text is
// Java's, which is measured; of the other texts AWS's are not known.
func networkCause(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return strings.TrimSuffix(e.Name, ".") + ": Name or service not known"
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
