package stepfunctions

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AWS's Signature Version 4 (documented), as its clients send it in headers.
const (
	algorithm  = "AWS4-HMAC-SHA256"
	scopeEnd   = "aws4_request"
	timeLayout = "20060102T150405Z"
	// maxSkew is how far the time of a request may be from the server's, in real time.
	maxSkew = 15 * time.Minute
)

// What AWS says of requests that it does not let in, to services that speak JSON.
var (
	errUnsigned   = &apiError{Code: "MissingAuthenticationTokenException", Message: "Request is missing Authentication Token"}
	errIncomplete = &apiError{Code: "IncompleteSignatureException", Message: "The Authorization header is no signature of Version 4, or one of its parts is missing"}
	errUnknownKey = &apiError{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	errExpired    = &apiError{Code: "InvalidSignatureException", Message: "Signature expired: the time of the request is too far from the server's"}
	errSignature  = &apiError{Code: "InvalidSignatureException", Message: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."}
)

// An authorization is what the Authorization header of a request says.
type authorization struct {
	key, date, region, service string
	headers                    []string // that are signed, in small letters
	signature                  []byte
}

// readAuthorization reads the header.
func readAuthorization(header string) (*authorization, *apiError) {
	if header == "" {
		return nil, errUnsigned
	}
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return nil, errIncomplete
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = text
	}
	scope := strings.Split(parts["Credential"], "/")
	signature, err := hex.DecodeString(parts["Signature"])
	if n := len(scope); n < 5 || scope[n-1] != scopeEnd || err != nil || parts["SignedHeaders"] == "" {
		return nil, errIncomplete
	}
	n := len(scope)
	return &authorization{
		key: strings.Join(scope[:n-4], "/"), date: scope[n-4], region: scope[n-3], service: scope[n-2],
		headers: strings.Split(parts["SignedHeaders"], ";"), signature: signature,
	}, nil
}

// checkSignature returns an error for a request that is not signed with one of the keys of
// the Config. How long it takes says nothing about keys and signatures.
func (h *Handler) checkSignature(r *http.Request, body []byte) *apiError {
	a, failed := readAuthorization(r.Header.Get("Authorization"))
	if failed != nil {
		return failed
	}
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse(timeLayout, stamp)
	if err != nil || !strings.HasPrefix(stamp, a.date) || !slices.Contains(a.headers, "host") {
		return errIncomplete
	}
	secret, known := h.config.Keys[a.key]
	right := hmac.Equal(a.sign(secret, stamp, canonical(r, a.headers, body)), a.signature)
	switch {
	case !known:
		return errUnknownKey
	case !right:
		return errSignature
	case time.Since(at).Abs() > maxSkew:
		return errExpired
	}
	return nil
}

// sign returns the signature of a request.
func (a *authorization) sign(secret, stamp, request string) []byte {
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, scopeEnd} {
		key = mac(key, part)
	}
	scope := strings.Join([]string{a.date, a.region, a.service, scopeEnd}, "/")
	return mac(key, fmt.Sprintf("%s\n%s\n%s\n%x", algorithm, stamp, scope, sha256.Sum256([]byte(request))))
}

// canonical returns the request in the form that is signed.
func canonical(r *http.Request, signed []string, body []byte) string {
	var b strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, path, strings.ReplaceAll(sorted(r.URL.Query()), "+", "%20"))
	for _, name := range signed {
		values := slices.Clone(r.Header.Values(name))
		switch {
		case name == "host":
			values = []string{r.Host}
		case name == "content-length" && len(values) == 0:
			values = []string{strconv.FormatInt(r.ContentLength, 10)}
		}
		for i, v := range values {
			values[i] = strings.Join(strings.Fields(v), " ")
		}
		fmt.Fprintf(&b, "%s:%s\n", name, strings.Join(values, ","))
	}
	fmt.Fprintf(&b, "\n%s\n%x", strings.Join(signed, ";"), sha256.Sum256(body))
	return b.String()
}

// sorted returns a query with its parameters in the order of their names and values.
func sorted(query url.Values) string {
	for _, values := range query {
		slices.Sort(values)
	}
	return query.Encode()
}
