package stepfunctions_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

// A signer signs requests as AWS's documentation says, step by step.
type signer struct {
	id, secret, region, body string
	at                       time.Time
	headers                  []string
}

func (s signer) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://sync-localhost:8083/", strings.NewReader(s.body))
	r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListActivities")
	r.Header.Set("X-Amz-Date", s.at.UTC().Format("20060102T150405Z"))
	r.Header.Set("X-Padded", "  a   b ")
	day := s.at.UTC().Format("20060102")
	values := map[string]string{
		"host": "sync-localhost:8083", "x-amz-date": r.Header.Get("X-Amz-Date"), "x-amz-target": r.Header.Get("X-Amz-Target"),
		"x-padded": "a b", "content-length": fmt.Sprint(len(s.body)),
	}
	canonical := "POST\n/\n\n"
	for _, h := range s.headers {
		canonical += h + ":" + values[h] + "\n"
	}
	signed := strings.Join(s.headers, ";")
	canonical += "\n" + signed + "\n" + fmt.Sprintf("%x", sha256.Sum256([]byte(s.body)))
	scope := day + "/" + s.region + "/states/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + values["x-amz-date"] + "\n" + scope + "\n" + fmt.Sprintf("%x", sha256.Sum256([]byte(canonical)))
	key := []byte("AWS4" + s.secret)
	for _, part := range []string{day, s.region, "states", "aws4_request", text} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", s.id, scope, signed, key))
	return r
}

func TestSignatures(t *testing.T) {
	e := serve(t, func(_ *engine.Config, c *stepfunctions.Config) { c.Keys = map[string]string{"id": "secret"} })
	right := func() signer {
		return signer{"id", "secret", "us-east-1", `{}`, time.Now(), []string{"content-length", "host", "x-amz-date", "x-amz-target", "x-padded"}}
	}
	for name, c := range map[string]struct {
		change func(*signer)
		after  func(*http.Request)
		want   string
	}{
		"right":               {nil, nil, ""},
		"another region":      {func(s *signer) { s.region = "eu-west-1" }, nil, ""},
		"a few minutes ago":   {func(s *signer) { s.at = s.at.Add(-10 * time.Minute) }, nil, ""},
		"no signature":        {nil, func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationTokenException"},
		"another secret":      {func(s *signer) { s.secret = "guess" }, nil, "InvalidSignatureException"},
		"no secret":           {func(s *signer) { s.secret = "" }, nil, "InvalidSignatureException"},
		"an unknown key":      {func(s *signer) { s.id = "other" }, nil, "UnrecognizedClientException"},
		"an unknown, empty":   {func(s *signer) { s.id, s.secret = "other", "" }, nil, "UnrecognizedClientException"},
		"long ago":            {func(s *signer) { s.at = s.at.Add(-time.Hour) }, nil, "InvalidSignatureException"},
		"the host not signed": {func(s *signer) { s.headers = s.headers[2:] }, nil, "IncompleteSignatureException"},
		"another operation":   {nil, func(r *http.Request) { r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines") }, "InvalidSignatureException"},
		"another host":        {nil, func(r *http.Request) { r.Host = "other" }, "InvalidSignatureException"},
		"another date":        {nil, func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") }, "IncompleteSignatureException"},
		"another body":        {nil, func(r *http.Request) { r.Body = http.NoBody }, "InvalidSignatureException"},
		"basic":               {nil, func(r *http.Request) { r.SetBasicAuth("id", "secret") }, "IncompleteSignatureException"},
		"cut":                 {nil, func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")[:60]) }, "IncompleteSignatureException"},
	} {
		s := right()
		if c.change != nil {
			c.change(&s)
		}
		r := s.request()
		if c.after != nil {
			c.after(r)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if c.want == "" {
			require.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
			continue
		}
		require.Equal(t, http.StatusBadRequest, w.Code, name)
		require.Contains(t, w.Body.String(), c.want, name)
	}
}
