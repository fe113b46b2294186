package inspector_test

import (
	"net/http"
	"testing"

	"github.com/gostates/gostates/engine/inspector"
	"github.com/stretchr/testify/require"
)

// TestWhoGetsAnAnswer: requests for other hosts, of other machines, and of other sites get none,
// unless the Config allows them.
func TestWhoGetsAnAnswer(t *testing.T) {
	const ok, forbidden, misdirected = http.StatusOK, http.StatusForbidden, http.StatusMisdirectedRequest
	all := func(*http.Request) inspector.Access {
		return inspector.Access{View: true, Payloads: true, Operate: true}
	}
	for name, c := range map[string]struct {
		hosts     []string
		authorize func(*http.Request) inspector.Access
		host      string
		remote    string
		header    map[string]string
		status    int
	}{
		"localhost":                      {host: "localhost:8080", status: ok},
		"a subdomain of localhost":       {host: "states.localhost:8080", status: ok},
		"an address of loopback":         {host: "127.9.9.9:1", status: ok},
		"IPv6":                           {host: "[::1]:8080", remote: "[::1]:999", status: ok},
		"IPv4 in IPv6":                   {host: "[::ffff:127.0.0.1]:8080", status: ok},
		"capitals, and a dot":            {host: "LOCALHOST.:8080", status: ok},
		"a Unix socket":                  {host: "localhost", remote: "@", status: ok},
		"DNS rebinding":                  {host: "evil.example:8080", status: misdirected},
		"a name that begins so":          {host: "localhost.evil.example", status: misdirected},
		"an address that begins so":      {host: "127.0.0.1.evil.example", status: misdirected},
		"no host":                        {host: "-", status: misdirected},
		"another machine":                {host: "localhost", remote: "192.0.2.7:4000", status: forbidden},
		"a host that is allowed":         {hosts: []string{"states.example"}, host: "States.Example:8443", remote: "192.0.2.7:4000", status: ok},
		"another than is allowed":        {hosts: []string{"states.example"}, host: "evil.example", status: misdirected},
		"every host":                     {hosts: []string{"*"}, host: "evil.example", status: ok},
		"another machine, by Authorize":  {authorize: all, host: "localhost", remote: "192.0.2.7:4000", status: ok},
		"DNS rebinding, and Authorize":   {authorize: all, host: "evil.example", status: misdirected},
		"a link from another site":       {host: "localhost", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, status: ok},
		"a script of another site":       {host: "localhost", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, status: forbidden},
		"a script of another port":       {host: "localhost", header: map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, status: forbidden},
		"the inspector's own script":     {host: "localhost", header: map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, status: ok},
		"who may see nothing":            {authorize: func(*http.Request) inspector.Access { return inspector.Access{} }, host: "localhost", status: forbidden},
		"an allowed host with a dot":     {hosts: []string{"states.example."}, host: "states.example", status: ok},
		"an empty name is never allowed": {hosts: []string{""}, host: "-", status: misdirected},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(config *inspector.Config) { config.Hosts, config.Authorize = c.hosts, c.authorize })
			r := request(http.MethodGet, "/executions", "")
			if r.Host = c.host; c.host == "-" {
				r.Host = ""
			}
			if c.remote != "" {
				r.RemoteAddr = c.remote
			}
			for name, text := range c.header {
				r.Header.Set(name, text)
			}
			answer := w.ask(r)
			require.Equal(t, c.status, answer.Code, "%s", answer.Body)
			h := answer.Header()
			require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
			require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe")
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "DENY", h.Get("X-Frame-Options"))
			require.Equal(t, "no-store", h.Get("Cache-Control"))
		})
	}
}
