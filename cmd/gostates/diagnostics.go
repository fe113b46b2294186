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
		text := messageOf(d)
		severity := strings.ToLower(string(d.Severity))
		switch d.Severity {
		case asl.Error:
			severity = p.red(severity)
		case asl.Warning:
			severity = p.yellow(severity)
		}
		fmt.Fprintf(w, "%s:%d:%d: %s: %s %s\n",
			file, max(d.Line, 1), max(d.Column, 1), severity, text, p.faint("["+string(d.Code)+"]"))
	}
}

// messageOf returns all that a diagnostic says, on one line.
func messageOf(d asl.Diagnostic) string {
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
	return text
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
	// Range is null for a problem whose place is not known.
	Range *textRange `json:"range"`
	Fixes []textFix  `json:"fixes,omitempty"`
}

// A textRange, a textPosition, a textFix and a textEdit are what package asl has of these, as
// JSON. An offset counts bytes from 0, lines and columns count from 1.
type (
	textRange struct {
		Start textPosition `json:"start"`
		End   textPosition `json:"end"`
	}
	textPosition struct {
		Offset      int `json:"offset"`
		Line        int `json:"line"`
		Column      int `json:"column"`
		ByteColumn  int `json:"byteColumn"`
		UTF16Column int `json:"utf16Column"`
	}
	textFix struct {
		Title string     `json:"title"`
		Edits []textEdit `json:"edits"`
	}
	textEdit struct {
		Range textRange `json:"range"`
		Text  string    `json:"text"`
	}
)

func textRangeOf(r asl.Range) textRange {
	return textRange{Start: textPosition(r.Start), End: textPosition(r.End)}
}

// problems returns the diagnostics of a file as what is printed as JSON, never nil.
func problems(file string, diagnostics asl.Diagnostics) []problem {
	list := make([]problem, 0, len(diagnostics))
	for _, d := range diagnostics {
		var where *textRange
		if d.Range.Start.Line > 0 {
			r := textRangeOf(d.Range)
			where = &r
		}
		var fixes []textFix
		for _, f := range d.Fixes {
			fix := textFix{Title: f.Title}
			for _, e := range f.Edits {
				fix.Edits = append(fix.Edits, textEdit{Range: textRangeOf(e.Range), Text: e.Text})
			}
			fixes = append(fixes, fix)
		}
		list = append(list, problem{
			Range: where, Fixes: fixes,
			File: file, Line: max(d.Line, 1), Column: max(d.Column, 1), Severity: strings.ToLower(string(d.Severity)),
			Code: string(d.Code), Message: d.Message, Detail: d.Detail, Pointer: d.Pointer, Suggestion: d.Suggestion,
		})
	}
	return list
}
