//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInspect: the executions of a store can be looked at while gostates serve runs them.
func TestInspect(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"m.json": `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": true}}}`})
	db := filepath.Join(folder, "s.db")
	s := serve(t, "--store", db, filepath.Join(folder, "m.json"))
	arn := s.start("m", "waits", `{"secret": "TOPSECRET"}`)
	for _, flags := range [][]string{{"--store", db}, {"--store", db, "--hide-payloads"}} {
		in := listening(t, "inspect", flags...)
		for path, want := range map[string]string{"/": "stateMachine:m", "/executions": ">waits</bdi>", "/executions/" + arn: "read-only"} {
			answer, err := http.Get(in.url + path)
			require.NoError(t, err)
			page, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			answer.Body.Close()
			assert.Equal(t, 200, answer.StatusCode, path)
			assert.Contains(t, string(page), want, path)
			assert.Equal(t, path == "/executions/"+arn && len(flags) == 2, strings.Contains(string(page), "TOPSECRET"), path)
		}
		require.NoError(t, in.end(os.Interrupt), in.log.String())
	}
	require.NoError(t, s.end(os.Interrupt), s.log.String())
}
