package httptask

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// unusable is the error of a request that can't be made as the definition describes it. The
// name is documented, the causes are ours.
func unusable(format string, args ...any) error {
	return &engine.TaskError{Name: "States.Runtime", Cause: fmt.Sprintf(format, args...)}
}

// methods are those that AWS takes (documented).
var methods = map[string]bool{
	http.MethodGet: true, http.MethodPost: true, http.MethodPut: true, http.MethodDelete: true,
	http.MethodPatch: true, http.MethodOptions: true, http.MethodHead: true,
}

// forbidden are the names of header fields that a definition must not set (documented, but for
// Authorization, which one person reports). Names that begin as one of forbiddenFamilies are
// forbidden, too.
var forbidden = set("A-IM", "Accept-Charset", "Accept-Datetime", "Accept-Encoding", "Authorization", "Cache-Control",
	"Connection", "Content-Encoding", "Content-MD5", "Date", "Expect", "Forwarded", "From", "Host", "HTTP2-Settings",
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Max-Forwards", "Origin",
	"Pragma", "Proxy-Authorization", "Referer", "Server", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via", "Warning")

var forbiddenFamilies = []string{"x-forwarded-", "x-amz-", "x-amzn-"}

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[strings.ToLower(name)] = true
	}
	return all
}

// A request is what a task sends, but for the authorization.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
}

// read makes a request of the parameters of a task, with what the connection adds. The region
// is named in the User-Agent.
func (h *Handler) read(parameters *value.Object, c *Connection, region string) (*request, error) {
	method, _ := parameters.Get("Method")
	r := &request{header: http.Header{}}
	if r.method, _ = method.(string); !methods[r.method] {
		return nil, unusable("The field Method must be one of GET, POST, PUT, DELETE, PATCH, OPTIONS and HEAD.")
	}
	endpoint, _ := parameters.Get("ApiEndpoint")
	text, _ := endpoint.(string)
	var err error
	if r.url, err = h.endpoint(text); err != nil {
		return nil, unusable("The field ApiEndpoint can't be used: %v.", err)
	}
	if err := r.readQuery(parameters, c); err != nil {
		return nil, err
	}
	if err := r.readHeader(parameters, c); err != nil {
		return nil, err
	}
	if err := r.readBody(parameters, c); err != nil {
		return nil, err
	}
	r.header.Set("User-Agent", "Amazon|StepFunctions|HttpInvoke|"+region)
	r.header.Set("Range", fmt.Sprintf("bytes=0-%d", maxBody))
	return r, nil
}

// endpoint reads a URL that requests may go to. A name that resolves to a refused address is
// found out when the connection is made.
func (h *Handler) endpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", text)
	case u.Scheme != "https" && !(h.PlainHTTP && u.Scheme == "http"):
		return nil, fmt.Errorf("%q is no https URL", text)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q names no host", text)
	case u.User != nil:
		return nil, fmt.Errorf("the URL of %s has a user", u.Host)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// readQuery adds the QueryParameters to the query that the ApiEndpoint has.
func (r *request) readQuery(parameters *value.Object, c *Connection) error {
	query, err := fields(parameters, "QueryParameters")
	if err != nil {
		return err
	}
	if len(query) == 0 && len(c.Query) == 0 {
		return nil
	}
	all := r.url.Query()
	for name, values := range query {
		all[name] = append(all[name], values...)
	}
	for name, values := range c.Query {
		all[name] = values
	}
	r.url.RawQuery = all.Encode()
	return nil
}

func (r *request) readHeader(parameters *value.Object, c *Connection) error {
	header, err := fields(parameters, "Headers")
	if err != nil {
		return err
	}
	for name, values := range header {
		lower := strings.ToLower(name)
		if forbidden[lower] {
			return unusable("The header %q is not allowed in the field Headers.", name)
		}
		for _, family := range forbiddenFamilies {
			if strings.HasPrefix(lower, family) {
				return unusable("The header %q is not allowed in the field Headers.", name)
			}
		}
		if !token(name) || slices.ContainsFunc(values, unprintable) {
			return unusable("The header %q has characters that can't be sent.", name)
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		r.header[name] = append(r.header[name], values...)
	}
	for name, values := range c.Header {
		r.header[http.CanonicalHeaderKey(name)] = values
	}
	return nil
}

// readBody encodes the RequestBody, with what the connection has for it.
func (r *request) readBody(parameters *value.Object, c *Connection) error {
	body, present := parameters.Get("RequestBody")
	if len(c.Body) > 0 {
		o, ok := body.(*value.Object)
		if present && !ok {
			return unusable("The connection's body parameters can't be merged with a RequestBody that is a JSON %s.", value.TypeName(body))
		}
		added, err := value.Of(c.Body)
		if err != nil {
			return fmt.Errorf("httptask: the body parameters of the connection: %w", err)
		}
		for name, v := range added.(*value.Object).All() {
			o = o.With(name, v)
		}
		body, present = o, true
	}
	form, arrays, err := transform(parameters)
	if err != nil || !present {
		return err
	}
	if form {
		if kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";"); strings.TrimSpace(strings.ToLower(kind)) != formType {
			return unusable("With the RequestBodyEncoding URL_ENCODED the header Content-Type must be %s.", formType)
		}
		o, ok := body.(*value.Object)
		if !ok {
			return unusable("A RequestBody that is a JSON %s can't be URL_ENCODED.", value.TypeName(body))
		}
		r.body, err = encodeForm(o, arrays)
		return err
	}
	// That a string is sent as it is, and not as JSON, is a guess: else no other format
	// than JSON could be sent at all.
	if text, ok := body.(string); ok {
		r.body = []byte(text)
	} else {
		r.body = value.Append(nil, body)
	}
	if r.header.Get("Content-Type") == "" {
		r.header.Set("Content-Type", "application/json")
	}
	return nil
}

// fields reads Headers or QueryParameters: an object whose members are texts, numbers and
// booleans, or arrays of them. What is null is left out.
func fields(parameters *value.Object, field string) (map[string][]string, error) {
	v, _ := parameters.Get(field)
	if v == nil {
		return nil, nil
	}
	o, ok := v.(*value.Object)
	if !ok {
		return nil, unusable("The field %s must be an object.", field)
	}
	all := make(map[string][]string, o.Len())
	for name, v := range o.All() {
		elements, ok := v.([]any)
		if !ok {
			elements = []any{v}
		}
		for _, e := range elements {
			switch e := e.(type) {
			case nil:
			case string:
				all[name] = append(all[name], e)
			case []any, *value.Object:
				return nil, unusable("The value of %q in the field %s must be a string or an array of strings.", name, field)
			default:
				all[name] = append(all[name], value.String(e))
			}
		}
	}
	return all, nil
}

// unprintable reports whether a text has characters that can't stand in a header field, as the
// end of a line.
func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// token reports whether a text can be the name of a header field.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	})
}

// send makes the HTTP request.
func (r *request) send(ctx context.Context, h *Handler, a Authorization) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, unusable("The request can't be made: %v", err)
	}
	q.Header = r.header.Clone()
	if a != nil {
		if err := a.authorize(ctx, h, q.Header); err != nil {
			return nil, err
		}
	}
	answer, err := h.client().Do(q)
	if oauth, ok := a.(*ClientCredentials); ok && err == nil &&
		(answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusProxyAuthRequired) {
		oauth.forget(q.Header)
	}
	return answer, err
}
