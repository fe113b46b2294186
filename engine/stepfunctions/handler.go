package stepfunctions

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
)

// Config says what a [Handler] serves.
type Config struct {
	// Engine runs the executions. Required.
	Engine *engine.Engine
	// Machines are the registered machines. Default: registry.New(Engine).
	Machines *registry.Registry
	// Extensions also accepts definitions that AWS refuses and the engine runs: those with
	// Compensate, and with resources that are no ARNs.
	Extensions bool
	// Keys has secret access keys by their ids. Unless it is empty, requests must be signed
	// with one of them, by AWS's Signature Version 4, at most 15 minutes ago in real time.
	// Default: any signature will do, and none.
	Keys map[string]string
	// RevealSecrets lets every caller have TestState reveal what connections add to the requests
	// of HTTP Tasks. Default: who asks for that gets AccessDeniedException, as on AWS without the
	// permission states:RevealSecrets.
	RevealSecrets bool
	// MaxBody bounds the body of a request, in bytes. Default 8 MiB, which is enough for
	// the longest definition with its quotes escaped.
	MaxBody int64
	// BodyTimeout bounds how long the body of a request may take to arrive, where the
	// server can bound it. Default 30 seconds.
	BodyTimeout time.Duration
	// Poll is how long GetActivityTask waits for a task before it answers without one.
	// Default 58 seconds: AWS waits for 60, after which some clients give up.
	Poll time.Duration
}

// A Handler answers requests of the AWS Step Functions API. [New] makes one. It is safe for
// use by any number of goroutines.
type Handler struct {
	config   Config
	engine   *engine.Engine
	machines *registry.Registry
}

// New returns a handler. The error says what is wrong with the configuration.
func New(config Config) (*Handler, error) {
	if config.Engine == nil {
		return nil, errors.New("stepfunctions: Config.Engine is required")
	}
	if config.Machines == nil {
		config.Machines = registry.New(config.Engine)
	}
	config.MaxBody = cmp.Or(config.MaxBody, 8<<20)
	config.BodyTimeout = cmp.Or(config.BodyTimeout, 30*time.Second)
	config.Poll = cmp.Or(config.Poll, 58*time.Second)
	return &Handler{config: config, engine: config.Engine, machines: config.Machines}, nil
}

// targetPrefix begins the names of operations in the header X-Amz-Target.
const targetPrefix = "AWSStepFunctions."

// ServeHTTP answers a request. The host that the request names does not matter, and its URL
// may be absolute, as it is by way of a proxy.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("x-amzn-RequestId", requestID())
	switch {
	case r.URL.Path != "/" && r.URL.Path != "":
		writeError(w, errUnknown)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, Hint)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		answer, err := h.answer(w, r)
		switch {
		case err == nil:
			writeJSON(w, http.StatusOK, answer)
		case r.Context().Err() != nil:
			// The client is gone. A server of net/http writes nothing more to it.
			writeError(w, &apiError{Code: "RequestTimeoutException", Message: "The client closed the request."})
		default:
			writeError(w, err)
		}
	}
}

// answer does what a request asks for, and returns the answer as JSON.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	op := operations[name]
	if !ok || op == nil {
		return nil, errUnknown
	}
	body, failed := h.body(w, r)
	if failed != nil {
		return nil, failed
	}
	if len(h.config.Keys) > 0 {
		if failed := h.checkSignature(r, body); failed != nil {
			return nil, failed
		}
	}
	parsed := any(value.NewObject())
	if len(body) > 0 {
		var err error
		if parsed, err = value.Parse(body); err != nil {
			return nil, &apiError{Code: "SerializationException", Message: err.Error()}
		}
	}
	object, ok := parsed.(*value.Object)
	if !ok {
		return nil, &apiError{Code: "SerializationException", Message: "The body of the request is no JSON object."}
	}
	input, err := checkInput(inputs()[name], object)
	if err != nil {
		return nil, asAPIError(err, "")
	}
	output, err := op.call(h, withTraceHeader(r), input)
	if err != nil {
		given, _ := input.Get("name")
		text, _ := given.(string)
		return nil, asAPIError(err, text)
	}
	return output, nil
}

// traceKey is the key of the X-Ray trace header of a request in its context.
type traceKey struct{}

// withTraceHeader returns the context of a request, with the request's X-Ray trace header if it
// has one.
func withTraceHeader(r *http.Request) context.Context {
	header := r.Header.Get("X-Amzn-Trace-Id")
	if allowed := scalars["TraceHeader"]; header == "" || int64(len(header)) > allowed.max || !allowed.matches.MatchString(header) {
		return r.Context()
	}
	return context.WithValue(r.Context(), traceKey{}, header)
}

// body reads the body of a request, within the bounds of the Config.
func (h *Handler) body(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	if r.ContentLength > h.config.MaxBody {
		return nil, errTooLarge
	}
	control := http.NewResponseController(w)
	// A writer that can't bound it, as that of a test, has no slow clients either.
	_ = control.SetReadDeadline(time.Now().Add(h.config.BodyTimeout))
	var into bytes.Buffer
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, h.config.MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, errTooLarge
	} else if err != nil {
		return nil, &apiError{Code: "RequestTimeoutException", Message: "The body of the request did not arrive whole."}
	}
	_ = control.SetReadDeadline(time.Time{})
	return into.Bytes(), nil
}

// call decodes an input for a function, and encodes what it returns.
func call[In, Out any](f func(*Handler, context.Context, *In) (*Out, error)) func(*Handler, context.Context, *value.Object) ([]byte, error) {
	return func(h *Handler, ctx context.Context, input *value.Object) ([]byte, error) {
		var in In
		if err := value.Decode(input, &in); err != nil {
			return nil, &apiError{Code: "SerializationException", Message: err.Error()}
		}
		out, err := f(h, ctx, &in)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(out); err != nil {
			return nil, err
		}
		return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
	}
}

// none is the output of operations that have none.
type none struct{}

// writeJSON writes an answer.
func writeJSON(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // who is gone doesn't read it
}

// requestID returns a random UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return chance.UUID(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
}

// A timestamp is written as seconds since 1970 with a fraction. All clients read that, and
// some read nothing else.
type timestamp time.Time

// IsZero reports whether it is no time.
func (t timestamp) IsZero() bool { return time.Time(t).IsZero() }

// MarshalJSON implements [json.Marshaler].
func (t timestamp) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}
