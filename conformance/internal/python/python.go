// Package python answers for Lambda functions whose Python source is plain enough to be
// read without running it.
package python

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gostates/gostates/asl/value"
)

// An Outcome is what comes of a call of a function: its Result, or the error of that
// class.
type Outcome struct {
	Result any
	// Class names the error, and is empty when there is none; Cause is Lambda's text.
	Class, Cause string
}

// Call returns the outcome of a Task state's call of a function, by the sources of the
// functions and their names. It reports false for a resource that calls none of them,
// and for a function that does something else than return its input or raise an error
// with a text. The form of both is that of AWS's Lambda: a bare function ARN gives what
// the function returns, the lambda:invoke integration wraps it.
func Call(sources map[string]string, resource string, input any) (Outcome, bool) {
	bare, name, payload := true, resource[strings.LastIndexByte(resource, ':')+1:], input
	if strings.HasSuffix(resource, ":::lambda:invoke") {
		bare = false
		input, _ := input.(*value.Object)
		function, _ := input.Get("FunctionName")
		text, _ := function.(string)
		name = text[strings.LastIndexByte(text, ':')+1:]
		payload, _ = input.Get("Payload")
	}
	match := plainFunction.FindStringSubmatch(sources[name])
	if match == nil {
		return Outcome{}, false
	}
	switch statement, class, text := match[1], match[2], match[3]; {
	case class != "":
		return Outcome{Class: class, Cause: raised(class, text, statement, bare)}, true
	case !bare:
		payload = invoked(payload)
	}
	return Outcome{Result: payload}, true
}

// plainFunction finds the statement of a function that has no other; for a raise
// statement also the error's class and text.
var plainFunction = regexp.MustCompile(`\Adef handler\(event, context\):\n {4}(return event|raise (\w+)\("([^"\\]*)"\))\n*\z`)

// raised is the cause that Lambda gives for an error that Python code raised.
func raised(class, text, statement string, bare bool) string {
	cause := value.NewObject(
		value.Member{Key: "errorMessage", Value: text},
		value.Member{Key: "errorType", Value: class},
		value.Member{Key: "requestId", Value: "00000000-0000-4000-8000-000000000000"},
		value.Member{Key: "stackTrace", Value: []any{
			fmt.Sprintf("  File \"/var/task/handler.py\", line 2, in handler\n    %s\n", statement),
		}},
	)
	if bare {
		return pythonJSON(cause)
	}
	return value.String(cause)
}

// invoked wraps a function's result as the lambda:invoke integration does.
func invoked(payload any) any {
	length := strconv.Itoa(len(pythonJSON(payload)))
	type header = value.Member
	headers := []header{
		{Key: "X-Amz-Executed-Version", Value: "$LATEST"},
		{Key: "x-amzn-Remapped-Content-Length", Value: "0"},
		{Key: "Connection", Value: "keep-alive"},
		{Key: "x-amzn-RequestId", Value: "00000000-0000-4000-8000-000000000000"},
		{Key: "Content-Length", Value: length},
		{Key: "Date", Value: "Mon, 23 Nov 2026 12:00:00 GMT"},
		{Key: "X-Amzn-Trace-Id", Value: "root=1-00000000-000000000000000000000000;sampled=0"},
		{Key: "Content-Type", Value: "application/json"},
	}
	all := make([]header, len(headers))
	for i, h := range headers {
		all[i] = header{Key: h.Key, Value: []any{h.Value}}
	}
	return value.NewObject(
		header{Key: "ExecutedVersion", Value: "$LATEST"},
		header{Key: "Payload", Value: payload},
		header{Key: "SdkHttpMetadata", Value: value.NewObject(
			header{Key: "AllHttpHeaders", Value: value.NewObject(all...)},
			header{Key: "HttpHeaders", Value: value.NewObject(headers...)},
			header{Key: "HttpStatusCode", Value: int64(200)},
		)},
		header{Key: "SdkResponseMetadata", Value: value.NewObject(
			header{Key: "RequestId", Value: "00000000-0000-4000-8000-000000000000"},
		)},
		header{Key: "StatusCode", Value: int64(200)},
	)
}

// pythonJSON writes a value as Python's json module does by default: a space
// after ',' and ':', and nothing but ASCII.
func pythonJSON(v any) string {
	var b strings.Builder
	writePython(&b, v)
	return b.String()
}

func writePython(b *strings.Builder, v any) {
	switch v := v.(type) {
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writePython(b, element)
		}
		b.WriteByte(']')
	case *value.Object:
		b.WriteByte('{')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			writePython(b, v.At(i).Key)
			b.WriteString(": ")
			writePython(b, v.At(i).Value)
		}
		b.WriteByte('}')
	case string:
		for _, r := range value.String(v) {
			switch {
			case r < 0x80:
				b.WriteRune(r)
			case r < 0x10000:
				fmt.Fprintf(b, `\u%04x`, r)
			default:
				high, low := utf16.EncodeRune(r)
				fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
			}
		}
	default:
		b.WriteString(value.String(v))
	}
}
