package httptask_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/httptask"
	"github.com/stretchr/testify/require"
)

const connection = "arn:aws:events:eu-west-1:123456789012:connection/shop/1"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// serve starts a server with TLS, and returns its URL and what trusts it.
func serve(t *testing.T, h http.HandlerFunc) (string, *tls.Config) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.URL, &tls.Config{RootCAs: pool}
}

// invoke does one task and returns its result or its error as one text.
func invoke(t *testing.T, h *httptask.Handler, method, to string, more ...value.Member) string {
	t.Helper()
	input := value.NewObject(append([]value.Member{
		{Key: "ApiEndpoint", Value: to},
		{Key: "Method", Value: method},
		{Key: "Authentication", Value: value.NewObject(value.Member{Key: "ConnectionArn", Value: connection})},
	}, more...)...)
	task := engine.Task{Input: input, Execution: engine.Identity{ARN: "arn:aws:states:eu-west-1:123456789012:execution:m:e"}}
	result, err := h.Handle(t.Context(), task)
	if err != nil {
		return err.Error()
	}
	return value.String(result)
}

func shop(c *httptask.Connection, trust *tls.Config) *httptask.Handler {
	return &httptask.Handler{Connections: httptask.ConnectionMap{connection: c}, Allow: loopback, TLS: trust}
}

func TestResults(t *testing.T) {
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		q := r.URL.Query()
		w.Header().Set("Content-Type", q.Get("type"))
		var status int
		fmt.Sscan(q.Get("status"), &status)
		w.WriteHeader(max(status, 200))
		if size := q.Get("size"); size != "" {
			var n int
			fmt.Sscan(size, &n)
			io.WriteString(w, strings.Repeat("x", n))
			return
		}
		io.WriteString(w, q.Get("body"))
	})
	for _, c := range []struct{ query, want string }{
		{`type=application/json&body={"a":[1]}`, `{"Headers":{"Content-Length":["9"],"Content-Type":["application/json"]},"ResponseBody":{"a":[1]},"StatusCode":200,"StatusText":"OK"}`},
		{`type=application/problem%2Bjson%3Bv=1&body=7&status=201`, `{"Headers":{"Content-Length":["1"],"Content-Type":["application/problem+json;v=1"]},"ResponseBody":7,"StatusCode":201,"StatusText":"Created"}`},
		{`type=application/json&body={`, `{"Headers":{"Content-Length":["1"],"Content-Type":["application/json"]},"ResponseBody":"{","StatusCode":200,"StatusText":"OK"}`},
		{`type=text/plain&body={}`, `{"Headers":{"Content-Length":["2"],"Content-Type":["text/plain"]},"ResponseBody":"{}","StatusCode":200,"StatusText":"OK"}`},
		{`type=text/plain&body=%ff`, `{"Headers":{"Content-Length":["1"],"Content-Type":["text/plain"]},"ResponseBody":"` + "\uFFFD" + `","StatusCode":200,"StatusText":"OK"}`},
		{`type=text/plain&body=gone&status=404`, `States.Http.StatusCode.404: gone`},
		{`type=image/png&status=503`, `States.Http.StatusCode.503`},
		{`status=304`, `States.Http.StatusCode.304`},
		{`status=302`, `States.Http.StatusCode.302`}, // without a Location
		{`type=image/png`, `States.Runtime: The response has the unsupported content type image/png.`},
		{`type=video/mp4`, `States.Runtime: The response has the unsupported content type video/mp4.`},
		{`type=audio/ogg`, `States.Runtime: The response has the unsupported content type audio/ogg.`},
		{`type=application/octet-stream`, `States.Runtime: The response has the unsupported content type application/octet-stream.`},
		{`type=text/plain&size=262145`, `States.DataLimitExceeded: The state/task 'http:invoke' returned a result with a size exceeding the maximum number of bytes service limit.`},
	} {
		require.Equal(t, c.want, invoke(t, shop(&httptask.Connection{}, trust), "GET", to+"/?"+c.query), c.query)
	}
	require.Contains(t, invoke(t, shop(&httptask.Connection{}, trust), "GET", to+"/?type=text/plain&size=262144"), `"StatusCode":200`)
}

func TestConnections(t *testing.T) {
	var seen *http.Request
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) { seen = r })
	invoke(t, shop(&httptask.Connection{Authorization: httptask.APIKey{Name: "X-Key", Value: "s3cret"}}, trust), "POST", to)
	require.Equal(t, "s3cret", seen.Header.Get("X-Key"))
	require.Equal(t, "Amazon|StepFunctions|HttpInvoke|eu-west-1", seen.Header.Get("User-Agent"))
	invoke(t, shop(&httptask.Connection{Authorization: httptask.Basic{User: "ada", Password: "pw"}}, trust), "POST", to)
	user, password, _ := seen.BasicAuth()
	require.Equal(t, "ada/pw", user+"/"+password)

	for err, want := range map[error]string{
		httptask.ErrNotFound:      "Events.ConnectionResource.ResourceNotFound",
		httptask.ErrAccessDenied:  "Events.ConnectionResource.AccessDenied",
		httptask.ErrNotAuthorized: "Events.ConnectionResource.InvalidConnectionState",
		httptask.ErrModified:      "Events.ConnectionResource.ConcurrentModification",
		nil:                       "Events.ConnectionResource.ResourceNotFound", // a nil connection
		io.ErrUnexpectedEOF:       "unexpected EOF",
	} {
		h := &httptask.Handler{Connections: failing{err}, Allow: loopback, TLS: trust}
		require.Contains(t, invoke(t, h, "GET", to), want)
	}
	require.Contains(t, invoke(t, &httptask.Handler{Connections: httptask.ConnectionMap{}}, "GET", to), "ResourceNotFound: "+connection)

	h := shop(&httptask.Connection{}, trust)
	for input, want := range map[string]string{
		`{"Method":"GET"}`:                         "is required",
		`{"Authentication":{},"Method":"GET"}`:     "Authentication.ConnectionArn must be",
		`{"InvocationConfig":{"ConnectionArn":7}}`: "InvocationConfig.ConnectionArn must be",
		`[]`: "The parameters must be an object",
		`{"InvocationConfig":{"ConnectionArn":"unknown"}}`: "ResourceNotFound",
	} {
		v, err := value.Parse(input)
		require.NoError(t, err)
		_, err = h.Handle(t.Context(), engine.Task{Input: v})
		require.ErrorContains(t, err, want, input)
	}
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::http:invoke", &httptask.Handler{})
	require.ErrorContains(t, tasks.Err(), "Handler.Connections is nil")
}

type failing struct{ err error }

func (f failing) Connection(context.Context, string) (*httptask.Connection, error) { return nil, f.err }

// A token is asked for once, again when it is refused, and by one goroutine at a time.
func TestClientCredentials(t *testing.T) {
	var asked, refused atomic.Int64
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			id, secret, _ := r.BasicAuth()
			if r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "all" || id != "id" || secret != "a%2Fb" {
				http.Error(w, "the secret a/b is wrong", http.StatusForbidden)
				return
			}
			fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600}`, asked.Add(1))
		default:
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", max(1, refused.Load()+1)) {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}
	})
	for _, method := range []string{"", "GET", "PUT"} {
		asked.Store(0)
		refused.Store(0)
		h := shop(&httptask.Connection{Authorization: &httptask.ClientCredentials{
			Endpoint: to + "/token", Method: method, ClientID: "id", ClientSecret: "a/b", Body: url.Values{"scope": {"all"}},
		}}, trust)
		require.Contains(t, invoke(t, h, "GET", to), `"StatusCode":200`)
		require.Contains(t, invoke(t, h, "GET", to), `"StatusCode":200`)
		require.EqualValues(t, 1, asked.Load())
		refused.Store(1) // the first token no longer works
		require.Contains(t, invoke(t, h, "GET", to), `"StatusCode":200`)
		require.EqualValues(t, 2, asked.Load())
		refused.Store(9) // none works: one more is asked for, and no others
		require.Equal(t, "States.Http.StatusCode.401", invoke(t, h, "GET", to))
		require.LessOrEqual(t, asked.Load(), int64(4))
	}

	for _, c := range []struct{ endpoint, id, want string }{
		{to + "/token", "nobody", "InvalidConnectionState: " + connection + ": the connection is not authorized: the authorization server answered 403"},
		{to + "/else", "id", "the authorization server answered 401"},
		{"http://shop.example/", "id", "is no https URL"},
		{strings.Replace(to, "127.0.0.1", "127.0.0.2", 1), "id", "the address is not a public one"},
	} {
		h := shop(&httptask.Connection{Authorization: &httptask.ClientCredentials{Endpoint: c.endpoint, ClientID: c.id, ClientSecret: "a/b",
			Query: url.Values{"hidden": {"yes"}}, Body: url.Values{"scope": {"all"}}}}, trust)
		text := invoke(t, h, "GET", to)
		require.Contains(t, text, c.want)
		require.NotContains(t, text, "a/b")
		require.NotContains(t, text, "hidden")
	}
}

func TestRedirects(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this computer has one loopback address only")
	}
	var reached atomic.Int64
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	inside.Listener.Close()
	inside.Listener = listener
	inside.StartTLS()
	t.Cleanup(inside.Close)
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s key=%s cookie=%s type=%s body=%s", r.Method, r.URL, r.Header.Get("X-Key"), r.Header.Get("Cookie"), r.Header.Get("Content-Type"), body)
	}
	other, _ := serve(t, echo)
	var to string
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var code, n int
		switch fields := strings.Split(strings.Trim(r.URL.Path, "/"), "-"); {
		case r.URL.Path == "/end":
			echo(w, r)
		case fields[0] == "hop":
			fmt.Sscan(fields[1], &n)
			w.Header().Set("Location", fmt.Sprintf("/hop-%d", n-1))
			if n == 1 {
				w.Header().Set("Location", "/end")
			}
			w.WriteHeader(302)
		default:
			fmt.Sscan(fields[1], &code)
			w.Header().Set("Location", map[string]string{
				"same": "/end", "other": other + "/x", "inside": inside.URL, "down": strings.Replace(other, "https", "http", 1),
				"file": "file:///etc/passwd", "metadata": "https://169.254.169.254/latest", "user": "https://a:b@127.0.0.1/",
			}[fields[0]])
			w.WriteHeader(code)
		}
	})
	h := shop(&httptask.Connection{Authorization: httptask.APIKey{Name: "X-Key", Value: "k"}, Body: map[string]any{"secret": 1}, Query: url.Values{"s": {"1"}}}, trust)
	h.PlainHTTP = true
	for _, c := range []struct{ method, path, want string }{
		{"POST", "/same-302", `GET /end key=k cookie=c type= body=`},
		{"POST", "/same-301", `GET /end key=k cookie=c type= body=`},
		{"POST", "/same-303", `GET /end key=k cookie=c type= body=`},
		{"POST", "/same-307", `POST /end key=k cookie=c type=application/json body={\"a\":1,\"secret\":1}`},
		{"PUT", "/same-308", `PUT /end key=k cookie=c type=application/json body={\"a\":1,\"secret\":1}`},
		{"POST", "/other-302", `GET /x key= cookie= type= body=`},
		{"POST", "/other-307", `POST /x key= cookie= type=application/json body={\"a\":1}`},
		{"GET", "/hop-10", `GET /end key=k`},
		{"GET", "/hop-11", `States.Http.StatusCode.302`},
		{"GET", "/inside-302", "States.Runtime: The endpoint is refused: " + strings.TrimPrefix(inside.URL, "https://") + ": the address is not a public one, and is not allowed."},
		{"GET", "/inside-307", "States.Runtime: The endpoint is refused"},
		{"GET", "/metadata-302", "States.Runtime: The endpoint is refused: 169.254.169.254"},
		{"GET", "/down-302", "States.Runtime: The redirect from "},
		{"GET", "/file-302", "States.Runtime: The redirect from "},
		{"GET", "/user-302", "States.Runtime: The redirect from "},
	} {
		got := invoke(t, h, c.method, to+c.path, value.Member{Key: "RequestBody", Value: value.NewObject(value.Member{Key: "a", Value: int64(1)})},
			value.Member{Key: "Headers", Value: value.NewObject(value.Member{Key: "Cookie", Value: "c"})})
		require.Contains(t, got, c.want, c.path)
	}
	require.Zero(t, reached.Load(), "the server inside was reached")
}

// The address is checked that a name leads to, not the name.
func TestNamesOfRefusedAddresses(t *testing.T) {
	var reached atomic.Int64
	to, trust := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port := to[strings.LastIndexByte(to, ':'):]
	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"} {
		h := shop(&httptask.Connection{Query: url.Values{"key": {"s3cret"}}}, trust)
		h.Allow = nil
		text := invoke(t, h, "GET", "https://"+host+port)
		require.Contains(t, text, "States.Runtime: The endpoint is refused", host)
		require.NotContains(t, text, "s3cret")
	}
	require.Zero(t, reached.Load())
}

func TestSocketErrors(t *testing.T) {
	release := make(chan struct{})
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Write([]byte("{"))
			w.(http.Flusher).Flush()
		}
		<-release
	})
	defer close(release)
	for _, path := range []string{"/", "/body"} {
		h := shop(&httptask.Connection{}, trust)
		h.Timeout = 50 * time.Millisecond
		require.Equal(t, "States.Http.Socket: The endpoint did not answer within 50ms.", invoke(t, h, "GET", to+path))
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := shop(&httptask.Connection{}, trust).Handle(ctx, engine.Task{Input: value.NewObject(
		value.Member{Key: "ApiEndpoint", Value: to}, value.Member{Key: "Method", Value: "GET"},
		value.Member{Key: "InvocationConfig", Value: value.NewObject(value.Member{Key: "ConnectionArn", Value: connection})},
	)})
	require.True(t, errors.Is(err, context.Canceled), "a task that is no longer wanted")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := listener.Addr().String()
	listener.Close()
	h := shop(&httptask.Connection{Query: url.Values{"key": {"s3cret"}}}, trust)
	text := invoke(t, h, "GET", "https://"+closed)
	require.Contains(t, text, "States.Http.Socket: "+closed+": ")
	require.NotContains(t, text, "s3cret")
}

// Names of header fields are in lower case on the wire of HTTP/2, which sends no status text.
func TestHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("X-Protocol", r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	trust := x509.NewCertPool()
	trust.AddCert(server.Certificate())
	require.Equal(t, `{"Headers":{"content-length":["0"],"x-protocol":["HTTP/2.0"]},"ResponseBody":"","StatusCode":200,"StatusText":"OK"}`,
		invoke(t, shop(&httptask.Connection{}, &tls.Config{RootCAs: trust}), "GET", server.URL))
}

// TestATestOfTheStateShowsTheExchange: what the connection adds is left out, unless secrets are revealed.
func TestATestOfTheStateShowsTheExchange(t *testing.T) {
	to, trust := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			fmt.Fprint(w, `{"access_token":"s3cret","token_type":"Bearer"}`)
		case "/x":
			w.Header()["Date"] = nil
			w.Header().Set("Content-Type", "application/json")
			body, _ := io.ReadAll(r.Body)
			if r.Header.Get("Key")+r.Header.Get("Authorization") == "" || r.URL.Query().Get("q") != "s3cret" || !strings.Contains(string(body), "s3cret") {
				w.WriteHeader(http.StatusForbidden)
			}
			fmt.Fprint(w, `{"a":1}`)
		}
	})
	for name, c := range map[string]struct {
		authorization httptask.Authorization
		header        string
	}{
		"API key": {httptask.APIKey{Name: "Key", Value: "s3cret"}, "Key: s3cret"},
		"basic":   {httptask.Basic{User: "ada", Password: "s3cret"}, "Authorization: Basic YWRhOnMzY3JldA=="},
		"OAuth":   {&httptask.ClientCredentials{Endpoint: to + "/token", ClientID: "id", ClientSecret: "s"}, "Authorization: Bearer s3cret"},
	} {
		t.Run(name, func(t *testing.T) {
			tasks := engine.NewMux()
			tasks.Handle("arn:aws:states:::http:invoke", shop(&httptask.Connection{
				Authorization: c.authorization, Query: url.Values{"q": {"s3cret"}}, Header: http.Header{"More": {"s3cret"}}, Body: map[string]any{"c": "s3cret"},
			}, trust))
			in := engine.TestStateInput{
				Definition: `{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"Method":"POST","ApiEndpoint":"` + to + `/x","Headers":{"Own":"o"},"RequestBody":{"b":1},
					"Authentication":{"ConnectionArn":"` + connection + `"}},"OutputPath":"$.ResponseBody","End":true}`,
				RoleARN: "arn:aws:iam::123456789012:role/r", Resolver: tasks, InspectionLevel: engine.InspectTrace,
			}
			out, err := engine.TestState(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, `{"a":1}`, string(out.Output), out.Cause)
			request, response := out.InspectionData.Request, out.InspectionData.Response
			require.Equal(t, [4]string{"https", "POST", to + "/x", `{"b":1}`}, [4]string{request.Protocol, request.Method, request.URL, request.Body})
			require.Contains(t, request.Headers, "Own: o")
			for _, text := range []string{"s3cret", "Authorization", "Key", "More"} {
				require.NotContains(t, request.Headers, text)
			}
			require.Equal(t, [4]string{"https", "200", "OK", `{"a":1}`}, [4]string{response.Protocol, response.StatusCode, response.StatusMessage, response.Body})
			require.Contains(t, response.Headers, "Content-Type: application/json")

			in.RevealSecrets = true
			out, err = engine.TestState(t.Context(), in)
			require.NoError(t, err)
			request = out.InspectionData.Request
			require.Equal(t, [2]string{to + "/x?q=s3cret", `{"b":1,"c":"s3cret"}`}, [2]string{request.URL, request.Body})
			for _, text := range []string{"Own: o", "More: s3cret", c.header} {
				require.Contains(t, request.Headers, text)
			}
		})
	}
}
