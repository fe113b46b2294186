package httptask

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// read makes the task's result of an answer.
func read(answer *http.Response) (any, error) {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	success := answer.StatusCode/100 == 2
	if success && refused(kind) {
		return nil, unusable("The response has the unsupported content type %s.", kind)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if err != nil {
		return nil, &url.Error{Op: "Read", URL: answer.Request.URL.String(), Err: err}
	}
	if len(text) > maxBody {
		return nil, &engine.TaskError{Name: "States.DataLimitExceeded",
			Cause: "The state/task 'http:invoke' returned a result with a size exceeding the maximum number of bytes service limit."}
	}
	if !success {
		// Not known from AWS: the cause may have the other members of a result as well.
		return nil, &engine.TaskError{Name: fmt.Sprintf("States.Http.StatusCode.%d", answer.StatusCode), Cause: valid(string(text))}
	}
	return value.NewObject(
		value.Member{Key: "Headers", Value: headers(answer)},
		value.Member{Key: "ResponseBody", Value: body(kind, text)},
		value.Member{Key: "StatusCode", Value: int64(answer.StatusCode)},
		value.Member{Key: "StatusText", Value: statusText(answer)},
	), nil
}

// refused reports whether a body of this type is none that a state can take.
func refused(kind string) bool {
	family, _, _ := strings.Cut(kind, "/")
	return family == "image" || family == "video" || family == "audio" || kind == "application/octet-stream"
}

// body returns JSON as the value that it is, and anything else, also a text that only claims to
// be JSON, as a text (guessed for the latter).
func body(kind string, text []byte) any {
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		if v, err := value.Parse(string(text)); err == nil {
			return v
		}
	}
	return valid(string(text))
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// headers returns the header fields in the order of their names, which have the case of
// net/http, or are in lower case when they came that way by HTTP/2.
func headers(answer *http.Response) *value.Object {
	var b value.Builder
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		values := make([]any, 0, 1)
		for _, v := range answer.Header[name] {
			values = append(values, valid(v))
		}
		if answer.ProtoMajor >= 2 {
			name = strings.ToLower(name)
		}
		b.Set(name, values)
	}
	return b.Object()
}

// statusText returns the words behind the status code, which HTTP/2 doesn't send.
func statusText(answer *http.Response) string {
	text := strings.TrimSpace(strings.TrimPrefix(answer.Status, strconv.Itoa(answer.StatusCode)))
	if text == "" {
		text = http.StatusText(answer.StatusCode)
	}
	return valid(text)
}
