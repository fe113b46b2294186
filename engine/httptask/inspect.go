package httptask

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// inspect tells a test of the state what was sent first, and answered last. What the connection c has
// added to the request is left out, unless the test reveals secrets. How AWS writes header fields
// into one text is guessed.
func (h *Handler) inspect(ctx context.Context, parameters *value.Object, c *Connection, region string, answer *http.Response, result any, err error) {
	engine.InspectHTTP(ctx, func(secrets bool) (request engine.HTTPRequest, response engine.HTTPResponse) {
		if !secrets {
			c = &Connection{}
		}
		if r, err := h.read(parameters, c, region); err == nil {
			if c.Authorization != nil {
				_ = c.Authorization.authorize(ctx, h, r.header) // a token may be another one by now
			}
			request = engine.HTTPRequest{Protocol: r.url.Scheme, Method: r.method, URL: r.url.String(), Headers: fieldsText(r.header), Body: valid(string(r.body))}
		}
		response = engine.HTTPResponse{
			Protocol: answer.Request.URL.Scheme, StatusCode: strconv.Itoa(answer.StatusCode), StatusMessage: statusText(answer), Headers: fieldsText(answer.Header),
		}
		if failed, ok := errors.AsType[*engine.TaskError](err); ok {
			response.Body = failed.Cause
		} else if o, ok := result.(*value.Object); ok {
			body, _ := o.Get("ResponseBody")
			if text, isText := body.(string); isText {
				response.Body = text
			} else {
				response.Body = value.String(body)
			}
		}
		return request, response
	})
}

// fieldsText writes header fields into one text, in the order of their names.
func fieldsText(header http.Header) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, v := range header[name] {
			all = append(all, name+": "+valid(v))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}
