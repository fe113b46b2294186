package s3store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/objects/s3store"
	"github.com/gostates/gostates/engine/results"
)

// failures does all that a Map Run does with a store, and returns the causes that it would fail
// with, by what was done. What doesn't fail has none.
func failures(t *testing.T, store objects.Store, bucket string) map[string]string {
	t.Helper()
	causes := map[string]string{}
	note := func(what string, err error) {
		t.Helper()
		if err == nil {
			return
		}
		read, isRead := errors.AsType[*items.Error](err)
		written, isWritten := errors.AsType[*results.Error](err)
		switch {
		case isRead:
			causes[what] = read.Cause
		case isWritten:
			causes[what] = written.Cause
		default:
			t.Errorf("%s: %v is no error of items or results", what, err)
		}
	}
	for what, r := range map[string]*items.Reader{
		"JSON":             {Config: items.Config{InputType: "JSON"}},
		"CSV":              {Config: items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}},
		"manifest":         {Config: items.Config{InputType: "MANIFEST"}},
		"list":             {List: true},
		"LOAD_AND_FLATTEN": {List: true, Config: items.Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN"}},
	} {
		r.Objects, r.Object = store, objects.Reference{Bucket: bucket, Key: "k"}
		for _, err := range r.Items(t.Context(), items.Place{}) {
			note(what, err)
		}
	}
	w := results.Writer{Objects: store, Target: results.Target{Bucket: bucket}, MapRunARN: "a:b"}
	err := w.Add(t.Context(), &results.Child{Name: "n", Status: results.Succeeded, Output: "x"})
	if err == nil {
		err = w.Close(t.Context())
	}
	note("ResultWriter", err)
	return causes
}

// TestRefusals: what a real server refuses fails a Map Run with the server's words.
func TestRefusals(t *testing.T) {
	address, program := startGateway(t)
	admin := exec.Command(program, "admin", "--access", "root", "--secret", "secret-of-root", "--endpoint-url", address, "create-user", "--access", "other", "--secret", "secret-of-other", "--role", "user")
	output, err := admin.CombinedOutput()
	require.NoError(t, err, string(output))
	root := client(address, "us-east-1", "root", "secret-of-root")
	_, err = root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bkt")})
	require.NoError(t, err)
	_, err = (&s3store.Store{Client: root}).Write(t.Context(), "bkt", "k", strings.NewReader("1\n"))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		client *s3.Client
		bucket string
		want   string
	}{
		"another account": {client(address, "us-east-1", "other", "secret-of-other"), "bkt", "AccessDenied: "},
		"no account":      {client(address, "us-east-1", "nobody", "secret-of-nobody"), "bkt", "InvalidAccessKeyId: "},
		"wrong secret":    {client(address, "us-east-1", "root", "secret-of-nobody"), "bkt", "SignatureDoesNotMatch: "},
		"wrong region":    {client(address, "eu-west-1", "root", "secret-of-root"), "bkt", "AuthorizationHeaderMalformed: "},
		"no bucket":       {root, "none", "NoSuchBucket: The specified bucket does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			causes := failures(t, &s3store.Store{Client: c.client}, c.bucket)
			require.Len(t, causes, 6, "all fail")
			for what, cause := range causes {
				require.Contains(t, cause, c.want, what)
			}
		})
	}
}

// answering returns a store whose server answers every call as a handler does, and the number
// of calls so far. Its client tries three times, without waiting in between.
func answering(t *testing.T, handler http.HandlerFunc) (*s3store.Store, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return &s3store.Store{Client: withRetries(client(s.URL, "us-east-1", "id", "secret"))}, calls
}

// TestAnswers: every refusal fails a Map Run with S3's code and message, after no more tries
// than the client makes.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		status        int
		code, message string
		tries         int64 // of each call
	}{
		{301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", 1},
		{307, "TemporaryRedirect", "Please re-send this request to the specified temporary endpoint.", 1},
		{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'", 1},
		{400, "ExpiredToken", "The provided token has expired.", 1},
		{403, "AccessDenied", "Access Denied", 1},
		{403, "InvalidObjectState", "The operation is not valid for the object's storage class", 1},
		{404, "NoSuchBucket", "The specified bucket does not exist", 1},
		{412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 1},
		{500, "InternalError", "We encountered an internal error. Please try again.", 3},
		{503, "SlowDown", "Please reduce your request rate.", 3},
	} {
		t.Run(c.code, func(t *testing.T) {
			store, calls := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId></Error>", c.code, c.message)
			})
			causes := failures(t, store, "bkt")
			require.Len(t, causes, 6, "all fail")
			for what, cause := range causes {
				require.Equal(t, c.code+": "+c.message, cause, what)
			}
			require.Equal(t, 6*c.tries, calls.Load())
			_, err := store.OpenFile(t.Context(), objects.Reference{Bucket: "bkt", Key: "k"})
			require.ErrorContains(t, err, c.code+": "+c.message)
		})
	}
	for name, handler := range map[string]http.HandlerFunc{
		"an answer that is no XML": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>nginx", http.StatusBadGateway) },
		"no answer":                func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			store, calls := answering(t, handler)
			require.Len(t, failures(t, store, "bkt"), 6, "all fail")
			require.LessOrEqual(t, calls.Load(), int64(6*3))
		})
	}
	t.Run("no server", func(t *testing.T) {
		store := &s3store.Store{Client: client("http://127.0.0.1:1", "us-east-1", "id", "secret")}
		for what, cause := range failures(t, store, "bkt") {
			require.Contains(t, cause, "connection refused", what)
		}
	})
}

// withRetries returns the client with three tries of each call.
func withRetries(c *s3.Client) *s3.Client {
	return s3.New(c.Options(), func(o *s3.Options) {
		o.RetryMaxAttempts = 3
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts = 3
			r.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
}

// TestContentThatBreaksOff: a content is read on where it broke off, unless it breaks off
// there again and again, or is another one by then.
func TestContentThatBreaksOff(t *testing.T) {
	const text = "0123456789"
	// serve answers with so many bytes from the one that is asked for on, and breaks off.
	serve := func(bytes func(from int) int, etag func(from int) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			from := 0
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from) // which stays 0 without one
			if want := r.Header.Get("If-Match"); want != "" && want != etag(from) {
				w.WriteHeader(412)
				_, _ = io.WriteString(w, "<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>")
				return
			}
			w.Header().Set("ETag", etag(from))
			w.Header().Set("Content-Length", fmt.Sprint(len(text)-from))
			_, _ = io.WriteString(w, text[from:from+min(bytes(from), len(text)-from)])
			if from+bytes(from) < len(text) {
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
		}
	}
	same := func(int) string { return `"e"` }
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
		err     string
		calls   int64
	}{
		"each byte":         {serve(func(int) int { return 1 }, same), text, "", 10},
		"once":              {serve(func(from int) int { return 4 + from*9 }, same), text, "", 2},
		"at the same place": {serve(func(from int) int { return max(0, 4-from) }, same), text[:4], "unexpected EOF", 3},
		"another object":    {serve(func(int) int { return 4 }, func(from int) string { return fmt.Sprint(`"`, from, `"`) }), text[:4], "PreconditionFailed: changed", 2},
	} {
		t.Run(name, func(t *testing.T) {
			store, calls := answering(t, c.handler)
			content, err := store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "k"}, 0)
			require.NoError(t, err)
			got, err := io.ReadAll(content)
			require.Equal(t, c.want, string(got))
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
				_, again := content.Read(make([]byte, 1))
				require.Equal(t, err, again)
			}
			require.NoError(t, content.Close())
			require.Equal(t, c.calls, calls.Load())
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		store, calls := answering(t, serve(func(int) int { return 4 }, same))
		ctx, cancel := context.WithCancel(t.Context())
		content, err := store.Open(ctx, objects.Reference{Bucket: "bkt", Key: "k"}, 0)
		require.NoError(t, err)
		cancel()
		_, err = io.ReadAll(content)
		require.Error(t, err)
		require.EqualValues(t, 1, calls.Load())
	})
}

// TestOpenFile: any part of an object can be read, and only that is asked for.
func TestOpenFile(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		for _, size := range []int{0, 1, 1 << 16, 200_000} {
			text := strings.Repeat("0123456789abcdef!", size/17+1)[:size]
			_, err := store.Write(t.Context(), "bkt", "k", strings.NewReader(text))
			require.NoError(t, err)
			f, err := objects.OpenFile(t.Context(), store, objects.Reference{Bucket: "bkt", Key: "k"})
			require.NoError(t, err)
			require.EqualValues(t, size, f.Size())
			for _, at := range []int{0, 1, 134_000, 134_464, 199_990, 200_000, 300_000} {
				for _, n := range []int{0, 1, 100, 200_000} {
					p := make([]byte, n)
					got, err := f.ReadAt(p, int64(at))
					require.True(t, text[min(at, size):min(at+n, size)] == string(p[:got]), "%d %d %d", size, at, n)
					if got < n {
						require.ErrorIs(t, err, io.EOF)
					}
				}
			}
			require.NoError(t, f.Close())
		}
		_, err := store.OpenFile(t.Context(), objects.Reference{Bucket: "bkt", Key: "none"})
		require.ErrorIs(t, err, objects.ErrNoSuchKey)
		_, err = store.OpenFile(t.Context(), objects.Reference{Bucket: "none", Key: "k"})
		require.ErrorIs(t, err, objects.ErrNoSuchBucket)
	})
}
