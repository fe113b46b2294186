package states

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
)

// ReadHistory reads a history: what AWS's GetExecutionHistory answers, {"events": [...]}, or the
// list of its events alone, in any order; or the lines of a log, each an event as
// [Event.AppendLog] writes it. It returns the events in the order of their ids, those of a log
// with hidden events in the order of the log. A page that goes on at a next token, and a text
// without events, are errors.
func ReadHistory(text []byte) ([]Event, error) {
	lines, err := historyLines(text)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, errors.New("it has no events")
	}
	events := make([]Event, len(lines))
	for i := range lines {
		if events[i], err = ParseLog(lines[i]); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(events, func(e Event) bool { return e.Hidden() }) {
		slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	}
	return events, nil
}

// historyLines returns the events in a text, each as JSON.
func historyLines(text []byte) (lines []json.RawMessage, err error) {
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("[")) {
		return lines, json.Unmarshal(text, &lines)
	}
	var page struct {
		Events    *[]json.RawMessage
		NextToken string // also as the command line spells it
		Type      string // of an event
	}
	in := json.NewDecoder(bytes.NewReader(text))
	if err := in.Decode(&page); err != nil {
		return nil, err
	}
	switch {
	case page.NextToken != "":
		return nil, errors.New("it goes on at a next token: export it to its end")
	case page.Events != nil:
		return *page.Events, nil
	case page.Type == "":
		return nil, nil
	}
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
