package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

// BenchmarkStartExecution starts executions of ten Pass states, one after the other: by the
// handler alone, and over a connection.
func BenchmarkStartExecution(b *testing.B) {
	var states []string
	for i := range 10 {
		next := `"End":true`
		if i < 9 {
			next = fmt.Sprintf(`"Next":"S%d"`, i+1)
		}
		states = append(states, fmt.Sprintf(`"S%d":{"Type":"Pass",%s}`, i, next))
	}
	definition := fmt.Sprintf(`{"StartAt":"S0","States":{%s}}`, strings.Join(states, ","))
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	require.NoError(b, err)
	defer eng.Close()
	h, err := stepfunctions.New(stepfunctions.Config{Engine: eng, Machines: registry.New(eng)})
	require.NoError(b, err)
	request := func(url, operation string, body string) *http.Request {
		r, _ := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		return r
	}
	w := httptest.NewRecorder()
	text, _ := json.Marshal(object{"name": "m", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r"})
	h.ServeHTTP(w, request("/", "CreateStateMachine", string(text)))
	require.Equal(b, http.StatusOK, w.Code, w.Body)
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
	n := 0
	body := func() string {
		n++
		return fmt.Sprintf(`{"stateMachineArn":%q,"name":"x-%d","input":"{\"a\":1}"}`, arn, n)
	}
	b.Run("handler", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, request("/", "StartExecution", body()))
			if w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
		}
	})
	b.Run("connection", func(b *testing.B) {
		s := httptest.NewServer(h)
		defer s.Close()
		b.ReportAllocs()
		for b.Loop() {
			answer, err := s.Client().Do(request(s.URL, "StartExecution", body()))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				b.Fatal(answer.Status)
			}
		}
	})
}
