package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFmt(t *testing.T) {
	const tidy = "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\n      \"Type\": \"Succeed\"\n    }\n  }\n}\n"
	const untidy = `{"States": {"A": {"Type": "Succeed"}}, "StartAt": "A"}`
	inFolder(t, map[string]string{"tidy.json": tidy, "untidy.json": untidy, "broken.json": `{"States": {`, "other.json": `{"name": "x"}`})
	for _, c := range []struct {
		args     []string
		code     int
		out, err string
	}{
		{[]string{"untidy.json"}, exitOK, tidy, ""},
		{[]string{"tidy.json"}, exitOK, tidy, ""},
		{[]string{"-"}, exitOK, tidy, ""},
		{[]string{"-l", "tidy.json", "untidy.json"}, exitFailed, "untidy.json\n", ""},
		{[]string{"-l", "tidy.json"}, exitOK, "", ""},
		{[]string{"broken.json"}, exitFailed, "", "broken.json:1:13: error: Unexpected end-of-input"},
		{[]string{"-w", "broken.json", "other.json", "none.json"}, exitFailed, "", "gostates fmt: other.json: format: this is no state machine"},
		{[]string{"-w", "none.json"}, exitFailed, "", "none.json: "},
		{[]string{"--json", "tidy.json", "untidy.json"}, exitOK, `"file": "untidy.json",
    "changes": true`, ""},
		{[]string{"-w", "-l", "tidy.json", "untidy.json"}, exitOK, "untidy.json\n", ""},
		{[]string{"-l", "untidy.json"}, exitOK, "", ""},
		{[]string{}, exitUsage, "", "which definition?"},
	} {
		code, out, err := gostates(untidy, append([]string{"fmt"}, c.args...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, out, c.out)
		assert.Equal(t, c.out == "", out == "", c.args)
		assert.Contains(t, err, c.err)
		assert.Equal(t, c.err == "", err == "", c.args)
	}
	for name, want := range map[string]string{"tidy.json": tidy, "untidy.json": tidy, "broken.json": `{"States": {`, "other.json": `{"name": "x"}`} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, want, string(text), name)
	}
}
