package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/gostates/gostates/asl"
)

// printDiagnostics prints problems in the form that editors and CI systems know
// from compilers.
func printDiagnostics(w io.Writer, file string, diagnostics asl.Diagnostics) {
	p := paintFor(w)
	for _, d := range diagnostics {
		text := strings.ReplaceAll(d.Message, "\n", " ")
		if d.Detail != "" {
			text += " (" + d.Detail + ")"
		}
		if d.Pointer != "" {
			text += " at " + d.Pointer
		}
		if d.Suggestion != "" {
			text += fmt.Sprintf("; did you mean %q?", d.Suggestion)
		}
		severity := strings.ToLower(string(d.Severity))
		if d.Severity == asl.Error {
			severity = p.red(severity)
		} else {
			severity = p.yellow(severity)
		}
		fmt.Fprintf(w, "%s:%d:%d: %s: %s %s\n",
			file, max(d.Line, 1), max(d.Column, 1), severity, text, p.faint("["+string(d.Code)+"]"))
	}
}

// A problem is a diagnostic as JSON.
type problem struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Column     int    `json:"column"` // in characters, from 1
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	Detail     string `json:"detail,omitempty"`
	Pointer    string `json:"pointer"`
	Suggestion string `json:"suggestion,omitempty"`
}

// problems returns the diagnostics of a file as what is printed as JSON, never nil.
func problems(file string, diagnostics asl.Diagnostics) []problem {
	list := make([]problem, 0, len(diagnostics))
	for _, d := range diagnostics {
		list = append(list, problem{
			File: file, Line: max(d.Line, 1), Column: max(d.Column, 1), Severity: strings.ToLower(string(d.Severity)),
			Code: string(d.Code), Message: d.Message, Detail: d.Detail, Pointer: d.Pointer, Suggestion: d.Suggestion,
		})
	}
	return list
}
