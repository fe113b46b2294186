package inspector

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Access says what a request may do. The zero Access may do nothing.
type Access struct {
	// View shows machines, executions, and what became of each state.
	View bool
	// Payloads shows inputs, outputs, parameters, variables and causes, too.
	Payloads bool
	// Operate starts, stops, redrives and forks executions, and answers Task Tokens.
	Operate bool
}

// policy is the Content Security Policy of every page: no script, style or form but the
// inspector's own, nothing inline, no frames.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request. It refuses requests that [Config.Hosts] and
// [Config.Authorize] don't allow.
func (i *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // a POST without a referrer has no Origin to check
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if status, why := i.refuse(r); why != "" {
		http.Error(w, "inspector: "+why, status)
		return
	}
	access := Access{View: true, Payloads: true, Operate: true}
	if i.config.Authorize != nil {
		access = i.config.Authorize(r)
	}
	access.Operate = access.Operate && !i.config.ReadOnly
	access.Payloads = access.Payloads && !i.config.HidePayloads
	switch {
	case !access.View:
		http.Error(w, "inspector: you may not see this", http.StatusForbidden)
		return
	case !access.Operate && r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "inspector: you may not change anything", http.StatusForbidden)
		return
	}
	if r.URL.Path == "" { // of http.StripPrefix, for a prefix without its slash
		path, _, _ := strings.Cut(r.RequestURI, "?")
		w.Header().Set("Location", path[strings.LastIndexByte(path, '/')+1:]+"/")
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	i.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accessKey{}, access)))
}

type accessKey struct{}

// accessOf returns the Access that ServeHTTP has found for a request.
func accessOf(r *http.Request) Access {
	access, _ := r.Context().Value(accessKey{}).(Access)
	return access
}

// refuse says why a request gets no answer, "" when it gets one.
func (i *Inspector) refuse(r *http.Request) (status int, why string) {
	if !i.knows(r.Host) {
		return http.StatusMisdirectedRequest, "requests for this host are not answered; Config.Hosts (--inspector-host) allows more than loopback"
	}
	if len(i.config.Hosts) == 0 && i.config.Authorize == nil && !isLocal(r.RemoteAddr) {
		return http.StatusForbidden, "requests of other machines are not answered, unless Config.Hosts (--inspector-host) or Config.Authorize are set"
	}
	if err := i.cross.Check(r); err != nil {
		return http.StatusForbidden, "requests from other sites are not answered"
	}
	// What another site embeds or fetches is refused, a link that somebody follows is not.
	site := r.Header.Get("Sec-Fetch-Site")
	if (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return http.StatusForbidden, "requests from other sites are not answered"
	}
	return 0, ""
}

// knows reports whether requests for a host are answered.
func (i *Inspector) knows(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Unmap().IsLoopback() {
		return true
	}
	return slices.ContainsFunc(i.config.Hosts, func(allowed string) bool {
		return allowed == "*" || host != "" && strings.EqualFold(strings.TrimSuffix(allowed, "."), host)
	})
}

// isLocal reports whether a request comes from this machine: over loopback, or over a Unix
// socket, whose peers have no address.
func isLocal(remote string) bool {
	if remote == "" || remote == "@" {
		return true
	}
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}
