package httptask

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// Connections finds the connections that definitions name. Several goroutines may ask at a
// time. An error that is one of [ErrNotFound], [ErrAccessDenied], [ErrNotAuthorized] and
// [ErrModified] fails the task under AWS's name for it; any other as errors of handlers do,
// see [engine.TaskError].
type Connections interface {
	// Connection returns the connection that has the ARN. It is asked at every task, so
	// secrets that change are used at once. The Connection must not change afterwards. One
	// that is nil is ErrNotFound.
	Connection(ctx context.Context, arn string) (*Connection, error)
}

// A ConnectionMap has connections by their ARNs.
type ConnectionMap map[string]*Connection

// Connection returns the connection of the ARN, or [ErrNotFound].
func (m ConnectionMap) Connection(_ context.Context, arn string) (*Connection, error) {
	if c := m[arn]; c != nil {
		return c, nil
	}
	return nil, ErrNotFound
}

// Why a connection can't be had. The names of the errors that tasks fail with, which are
// Events.ConnectionResource. and what follows here, are documented.
var (
	// ErrNotFound fails a task with ResourceNotFound.
	ErrNotFound = errors.New("the connection does not exist")
	// ErrAccessDenied fails a task with AccessDenied.
	ErrAccessDenied = errors.New("the connection may not be used")
	// ErrNotAuthorized fails a task with InvalidConnectionState. It is also the error of an OAuth
	// connection whose server gives no token.
	ErrNotAuthorized = errors.New("the connection is not authorized")
	// ErrModified fails a task with ConcurrentModification.
	ErrModified = errors.New("the connection is being modified")
)

// A Connection is what a definition's author need not know about an endpoint, as an
// EventBridge connection on AWS. The zero Connection adds nothing to a request.
type Connection struct {
	// Authorization proves who asks; nil for nobody. It is an [APIKey], a [Basic] or a
	// [*ClientCredentials].
	Authorization Authorization
	// Header and Query are sent with every request. Where the definition has the same name,
	// they replace its values.
	Header http.Header
	Query  url.Values
	// Body has members that are set in the request's body, where they replace members of the
	// same name. The body must then be absent or an object: with any other the task fails with
	// States.Runtime. Values are what encoding/json can marshal.
	Body map[string]any
}

// An Authorization is a way to prove who asks.
type Authorization interface {
	// authorize sets the header fields that prove it. The task does not go on for an error.
	authorize(ctx context.Context, h *Handler, header http.Header) error
}

// An APIKey is sent in a header field of its own.
type APIKey struct {
	// Name is that of the header field.
	Name  string
	Value string
}

func (k APIKey) authorize(_ context.Context, _ *Handler, header http.Header) error {
	header.Set(k.Name, k.Value)
	return nil
}

// Basic is a user and a password by the scheme of that name (RFC 7617).
type Basic struct {
	User, Password string
}

func (b Basic) authorize(_ context.Context, _ *Handler, header http.Header) error {
	r := http.Request{Header: header}
	r.SetBasicAuth(b.User, b.Password)
	return nil
}

// connection returns the connection that the parameters of a task name.
func (h *Handler) connection(ctx context.Context, parameters *value.Object) (*Connection, string, error) {
	arn := ""
	for _, field := range []string{"Authentication", "InvocationConfig"} {
		at, ok := parameters.Get(field)
		if !ok {
			continue
		}
		o, _ := at.(*value.Object)
		named, _ := o.Get("ConnectionArn")
		text, _ := named.(string)
		if text == "" {
			return nil, "", unusable("The field %s.ConnectionArn must be the ARN of a connection.", field)
		}
		arn = text
	}
	if arn == "" {
		return nil, "", unusable("One of the fields Authentication.ConnectionArn and InvocationConfig.ConnectionArn is required.")
	}
	c, err := h.Connections.Connection(ctx, arn)
	if err == nil && c == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, arn, connectionError(arn, err)
	}
	return c, arn, nil
}

// connectionError names an error of a connection as AWS does. The causes are ours.
func connectionError(arn string, err error) error {
	for _, known := range []struct {
		err  error
		name string
	}{
		{ErrNotFound, "ResourceNotFound"},
		{ErrAccessDenied, "AccessDenied"},
		{ErrNotAuthorized, "InvalidConnectionState"},
		{ErrModified, "ConcurrentModification"},
	} {
		if errors.Is(err, known.err) {
			return &engine.TaskError{Name: "Events.ConnectionResource." + known.name, Cause: arn + ": " + err.Error()}
		}
	}
	return err
}
