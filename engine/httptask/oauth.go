package httptask

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ClientCredentials asks an authorization server for tokens, by the grant of that name of
// OAuth 2.0 (RFC 6749, section 4.4), and sends one as a bearer token. A token is used until it
// expires or the endpoint answers 401 or 407; then another one is asked for, once a request
// (documented for EventBridge's connections). A ClientCredentials must not be copied after its
// first use; it is safe for use by several goroutines.
//
// The client's ID and secret are sent in the Authorization field, which RFC 6749 demands that
// servers understand. How AWS sends them is not known here; servers that want them in the body
// are told by Body.
type ClientCredentials struct {
	// Endpoint is the URL of the authorization server that gives tokens. The rules for
	// addresses and schemes are those of the Handler. Redirects are not followed.
	Endpoint string
	// Method is POST when it is empty. With GET the parameters of Body go into the query.
	Method string
	// ClientID and ClientSecret are what the client proves itself by.
	ClientID, ClientSecret string
	// Header, Query and Body are sent as well, Body as a form. grant_type is client_credentials
	// unless Body has another.
	Header http.Header
	Query  url.Values
	Body   url.Values

	turn  chan struct{} // holds one element while somebody asks for a token
	once  sync.Once
	mu    sync.Mutex
	token string
	until time.Time // zero for as long as it works
}

func (c *ClientCredentials) authorize(ctx context.Context, h *Handler, header http.Header) error {
	token, err := c.get(ctx, h)
	if err != nil {
		return err
	}
	header.Set("Authorization", "Bearer "+token)
	return nil
}

// forget has the next request ask for a token, if the one in the header is still the last.
func (c *ClientCredentials) forget(header http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if header.Get("Authorization") == "Bearer "+c.token {
		c.token = ""
	}
}

// known returns the token while it is good.
func (c *ClientCredentials) known() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.token != "" && (c.until.IsZero() || time.Now().Before(c.until))
}

// get returns a token. Only one goroutine asks the server at a time; the others wait for it.
func (c *ClientCredentials) get(ctx context.Context, h *Handler) (string, error) {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if token, ok := c.known(); ok {
		return token, nil
	}
	token, lifetime, err := c.ask(ctx, h)
	if err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return "", fmt.Errorf("%w: %s", ErrNotAuthorized, withoutURL(err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.until = token, time.Time{}
	if lifetime > 0 {
		c.until = time.Now().Add(lifetime)
	}
	return token, nil
}

// ask asks the server for a token. Errors don't tell what the server answered, because it may
// repeat the secret.
func (c *ClientCredentials) ask(ctx context.Context, h *Handler) (token string, lifetime time.Duration, err error) {
	to, err := h.endpoint(c.Endpoint)
	if err != nil {
		return "", 0, err
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	for name, values := range c.Body {
		form[name] = values
	}
	query := to.Query()
	for name, values := range c.Query {
		query[name] = values
	}
	method, body := c.Method, ""
	switch method {
	case "", http.MethodPost:
		method, body = http.MethodPost, form.Encode()
	case http.MethodGet:
		for name, values := range form {
			query[name] = values
		}
	default:
		body = form.Encode()
	}
	to.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	if body != "" {
		r.Header.Set("Content-Type", formType)
	}
	r.Header.Set("Accept", "application/json")
	// The RFC has both texts encoded as those of a form are.
	r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret))
	for name, values := range c.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	answer, err := h.client().Do(r)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return "", 0, fmt.Errorf("the authorization server answered %d", answer.StatusCode)
	}
	var granted struct {
		Token    string      `json:"access_token"`
		Lifetime json.Number `json:"expires_in"`
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err != nil {
		return "", 0, err
	}
	if json.Unmarshal(text, &granted) != nil || granted.Token == "" {
		return "", 0, fmt.Errorf("the authorization server's answer has no access_token")
	}
	seconds, _ := granted.Lifetime.Float64()
	return granted.Token, time.Duration(min(seconds, 1e9) * float64(time.Second)), nil
}
