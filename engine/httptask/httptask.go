package httptask

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

const (
	// maxBody is how many bytes of an answer's body there may be: 256 KiB.
	maxBody = 262_144
	// maxRedirects is how many redirects are followed. What comes after the last is the answer.
	maxRedirects = 10
)

// A Handler does the tasks of arn:aws:states:::http:invoke. Several goroutines may use it at a
// time. It must not be copied, nor its fields changed, after its first use.
type Handler struct {
	// Connections finds the connections that definitions name. It is required: without it
	// [engine.Mux.Handle] refuses the Handler.
	Connections Connections
	// Allow are networks whose addresses definitions may reach although they are not public.
	// None are allowed when it is empty.
	Allow []netip.Prefix
	// PlainHTTP allows URLs with the scheme http, which AWS refuses. A redirect from https to
	// http is not followed even so.
	PlainHTTP bool
	// Timeout is how long the whole exchange may take, with tokens and redirects: 60 seconds
	// when it is 0, as on AWS. It is measured by the computer's clock, whatever the engine's is.
	Timeout time.Duration
	// TLS says whom to trust; nil for the computer's own authorities.
	TLS *tls.Config

	once sync.Once
	http *http.Client
}

// Err returns an error when the Handler has no Connections.
func (h *Handler) Err() error {
	if h == nil || h.Connections == nil {
		return errors.New("httptask: Handler.Connections is nil")
	}
	return nil
}

// Handle sends the request that a task describes. It returns an object with the members
// Headers, ResponseBody, StatusCode and StatusText, or an error that the documentation of the
// package names.
func (h *Handler) Handle(ctx context.Context, task engine.Task) (any, error) {
	if err := h.Err(); err != nil {
		return nil, err
	}
	parameters, ok := task.Input.(*value.Object)
	if !ok {
		return nil, unusable("The parameters must be an object, and are a JSON %s.", value.TypeName(task.Input))
	}
	limited, cancel := context.WithTimeout(ctx, cmp.Or(h.Timeout, 60*time.Second))
	defer cancel()
	result, err := h.exchange(limited, parameters, regionOf(task.Execution.ARN))
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, h.failure(err)
}

// exchange sends a request, follows redirects, and reads the last answer.
func (h *Handler) exchange(ctx context.Context, parameters *value.Object, region string) (any, error) {
	c, arn, err := h.connection(ctx, parameters)
	if err != nil {
		return nil, err
	}
	r, err := h.read(parameters, c, region)
	if err != nil {
		return nil, err
	}
	authorization := c.Authorization
	retried := false
	for redirects := 0; ; {
		answer, err := r.send(ctx, h, authorization)
		if err != nil {
			return nil, connectionError(arn, err)
		}
		if _, ok := authorization.(*ClientCredentials); ok && !retried &&
			(answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusProxyAuthRequired) {
			retried = true
			answer.Body.Close()
			continue // with another token
		}
		to, follows := next(answer)
		if !follows || redirects == maxRedirects {
			defer answer.Body.Close()
			result, err := read(answer)
			h.inspect(ctx, parameters, c, region, answer, result, err)
			return result, err
		}
		answer.Body.Close()
		redirects++
		if _, err := h.endpoint(to.String()); err != nil || r.url.Scheme == "https" && to.Scheme != "https" {
			return nil, unusable("The redirect from %s to %s is refused.", r.url.Host, origin(to))
		}
		to.Fragment, to.RawFragment = "", ""
		if origin(to) != origin(r.url) {
			// Nothing of the connection's goes to another origin.
			authorization = nil
			if r, err = r.bare(h, parameters, region); err != nil {
				return nil, err
			}
		}
		r.url = to
		if code := answer.StatusCode; code != http.StatusTemporaryRedirect && code != http.StatusPermanentRedirect {
			r.body = nil
			r.header.Del("Content-Type")
			if r.method != http.MethodHead {
				r.method = http.MethodGet
			}
		}
	}
}

// bare returns the request without what the connection has added to it, and without cookies.
// It has no body when a redirect took the body away.
func (r *request) bare(h *Handler, parameters *value.Object, region string) (*request, error) {
	again, err := h.read(parameters, &Connection{}, region)
	if err != nil {
		return nil, err
	}
	if again.header.Del("Cookie"); r.body == nil {
		again.method, again.body = r.method, nil
		again.header.Del("Content-Type")
	}
	return again, nil
}

// next returns where an answer redirects to, and whether it does.
func next(answer *http.Response) (*url.URL, bool) {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		to, err := answer.Location()
		return to, err == nil
	}
	return nil, false
}

// origin returns the scheme, host and port of a URL.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// client returns the HTTP client. It follows no redirect by itself and asks no proxy.
func (h *Handler) client() *http.Client {
	h.once.Do(func() {
		dialer := &net.Dialer{Control: h.control}
		h.http = &http.Client{
			Transport: &http.Transport{
				DialContext:            dialer.DialContext,
				TLSClientConfig:        h.TLS.Clone(),
				ForceAttemptHTTP2:      true,
				DisableCompression:     true,
				MaxResponseHeaderBytes: maxBody,
				MaxIdleConnsPerHost:    8,
				IdleConnTimeout:        90 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	return h.http
}

// failure names what went wrong on the way to the endpoint. That no answer in time is
// States.Http.Socket is documented; that other failures of the network are, too, is a guess.
func (h *Handler) failure(err error) error {
	if _, ok := errors.AsType[*engine.TaskError](err); ok {
		return err
	}
	if errors.Is(err, errAddress) {
		return unusable("The endpoint is refused: %s.", withoutURL(err))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &engine.TaskError{Name: "States.Http.Socket", Cause: "The endpoint did not answer within " +
			cmp.Or(h.Timeout, 60*time.Second).String() + "."}
	}
	if _, network := errors.AsType[*url.Error](err); network {
		return &engine.TaskError{Name: "States.Http.Socket", Cause: withoutURL(err)}
	}
	return err
}

// withoutURL tells what is wrong with the network, and of the URL only the host: its query may
// have secrets of the connection. Of an address that is refused only the host is told, too.
func withoutURL(err error) string {
	u, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err.Error()
	}
	why := u.Err
	if errors.Is(why, errAddress) {
		why = errAddress
	}
	if at, err := url.Parse(u.URL); err == nil {
		return at.Host + ": " + why.Error()
	}
	return why.Error()
}

// regionOf returns the region in an ARN.
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}
