package lambdaendpoint_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/lambdaendpoint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInvoke: what a function answers, and what comes of it.
func TestInvoke(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		failed      bool
		body        string
		output      string
		error, says string
	}{
		"a result":          {200, false, `{"sum": 3}`, `{"sum":3}`, "", ""},
		"nothing":           {200, false, "", "null", "", ""},
		"no JSON":           {200, false, "oops", "", "Lambda.SdkClientException", "no JSON"},
		"an error":          {200, true, `{"errorMessage":"m","errorType":"Busy"}`, "", "Busy", `{"errorMessage":"m","errorType":"Busy"}`},
		"an error, unnamed": {200, true, `"?"`, "", "Error", `"?"`},
		"no such function":  {404, false, `{"Message":"Function not found: f"}`, "", "Lambda.ResourceNotFoundException", "Function not found: f (Service: AWSLambda; Status Code: 404; Request ID: "},
		"another status":    {503, false, "", "", "Lambda.AWSLambdaException", "503 Service Unavailable"},
		"too much":          {200, false, string(make([]byte, 9<<20)), "", "Lambda.SdkClientException", "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				assert.Equal(t, "/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations", r.URL.Path)
				assert.JSONEq(t, `{"a":1}`, string(body))
				if c.failed {
					w.Header().Set("X-Amz-Function-Error", "Unhandled")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer s.Close()
			functions, err := lambdaendpoint.New(s.URL, nil)
			require.NoError(t, err)
			eng, err := engine.New(engine.Config{Resolver: functions})
			require.NoError(t, err)
			defer eng.Close()
			machine, err := asl.Parse([]byte(`{"StartAt":"F","States":{"F":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}}}`))
			require.NoError(t, err)
			x, err := eng.StartExecution(t.Context(), machine, map[string]int{"a": 1})
			require.NoError(t, err)
			result, err := x.Wait(t.Context())
			if c.error == "" {
				require.NoError(t, err)
				assert.Equal(t, c.output, string(result.Output()))
				return
			}
			d, err := eng.DescribeExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			assert.Equal(t, c.error, d.Failure.Error)
			assert.Contains(t, d.Failure.Cause, c.says)
		})
	}
}

// TestNobodyListens: an endpoint that is not there fails the task, and a bad address is refused.
func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	functions, err := lambdaendpoint.New(s.URL, nil)
	require.NoError(t, err)
	_, err = functions.Invoke(t.Context(), "f", nil)
	assert.ErrorContains(t, err, "Lambda.SdkClientException")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = functions.Invoke(ended, "f", nil)
	require.ErrorIs(t, err, context.Canceled)
	for _, address := range []string{"", "x", "ftp://x", "http://", "http://%"} {
		_, err := lambdaendpoint.New(address, nil)
		assert.Error(t, err, address)
	}
	assert.Nil(t, functions.Resolve("arn:aws:states:::sqs:sendMessage"))
	assert.Nil(t, functions.Resolve(""))
	assert.NotNil(t, functions.Resolve("f:PROD"))
}

// TestTraceHeader: the X-Ray header that a handler's context has goes to the function.
func TestTraceHeader(t *testing.T) {
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("X-Amzn-Trace-Id"))
	}))
	defer s.Close()
	functions, err := lambdaendpoint.New(s.URL, nil)
	require.NoError(t, err)
	//lint:ignore SA1029 the key is that of AWS
	ctx := context.WithValue(t.Context(), "x-amzn-trace-id", "Root=1-2-3")
	for _, ctx := range []context.Context{t.Context(), ctx} {
		_, err = functions.Invoke(ctx, "f", nil)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"", "Root=1-2-3"}, got)
}
