package stepfunctions

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// A Transport is the transport of an HTTP client that needs no network: its requests go to a
// handler, whatever host they name. An SDK's client in a Go test has it, and then needs no
// endpoint and no way around the prefix of the host:
//
//	client := sfn.New(sfn.Options{
//		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
//		HTTPClient: &http.Client{Transport: stepfunctions.Transport{Handler: handler}},
//	})
//
// In a bubble of testing/synctest such a client waits for nothing.
type Transport struct {
	Handler http.Handler
}

// RoundTrip implements [http.RoundTripper]. It returns the error of the request's context
// when that ends first, and the handler's request ends with it.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	request := r.Clone(r.Context())
	request.RequestURI = r.URL.RequestURI()
	if request.Host == "" {
		request.Host = r.URL.Host
	}
	if request.Body == nil {
		request.Body = http.NoBody
	}
	if request.ContentLength > 0 && request.Header.Get("Content-Length") == "" {
		request.Header.Set("Content-Length", strconv.FormatInt(request.ContentLength, 10))
	}
	defer request.Body.Close()
	w := &answerWriter{header: make(http.Header)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.Handler.ServeHTTP(w, request)
	}()
	select {
	case <-done:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return w.response(r), nil
}

// An answerWriter keeps an answer.
type answerWriter struct {
	mu     sync.Mutex
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *answerWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.status = status
	}
}

// Write implements [http.ResponseWriter].
func (w *answerWriter) Write(text []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.body.Write(text)
}

// response returns the answer to a request.
func (w *answerWriter) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(bytes.NewReader(w.body.Bytes())), ContentLength: int64(w.body.Len()), Request: r,
	}
}
