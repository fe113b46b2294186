package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// ImportExecution takes over the history of a Standard execution that ran on AWS, or
// with another engine: what `aws stepfunctions get-execution-history` prints,
// {"events": [...]}, or the list of events alone, in either order. The history doesn't say
// which execution it is of, so arn does, in whatever account and region; machine is its
// definition.
//
// The execution is then kept like one of the engine's own, under its ARN and with its
// own dates: it is described and listed, its history can be read, and
// [Engine.RedriveExecution] and [Engine.ForkExecution] go on with it here. Only then
// does the Resolver have to know the machine's resources.
//
// An execution that still runs belongs to whoever runs it. It is kept as it is, with
// status RUNNING; nothing moves it here, and Wait and [Engine.StopExecution] return
// [ErrRunsElsewhere]. Import it again when it has gone further.
//
// Errors: [ErrInvalidHistory] for a history that is none, was exported without its
// execution data or not to its end, has a text that is longer than AWS's or
// [Limits.Payload], doesn't restore under this machine (it wraps a
// *[states.HistoryError] then), or is older than [Limits.Retention];
// [ErrExecutionAlreadyExists], [ErrInvalidARN], [ErrTypeNotSupported] for an Express
// execution, and a [*StoreError].
func (e *Engine) ImportExecution(ctx context.Context, arn string, machine *asl.StateMachine, history []byte) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	if machine == nil || machine.Graph == nil {
		return nil, errEmptyMachine
	}
	x := &Execution{engine: e, archive: e.archive, identity: identityOf(arn), machine: machine, logging: e.config.Logging, events: true}
	if x.identity.Name == "" || x.identity.Machine == "" {
		return nil, fmt.Errorf("%w: Invalid Arn: '%s' names no machine or no execution", ErrInvalidARN, arn)
	}
	events, err := readHistory(history, e.config.Limits.Payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidHistory, err)
	}
	if d, ok := events[0].Details.(*states.StartedDetails); ok {
		x.identity.VersionARN, x.identity.AliasARN = d.StateMachineVersionARN, d.StateMachineAliasARN
	}
	if err := x.own(events, newSeed(), false); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidHistory, err)
	}
	interpreter, err := states.Restore(machine, events, e.standardOptions())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidHistory, err)
	}
	x.takeHistory(events)
	if x.end = interpreter.Result(); x.end != nil {
		x.stopDate = x.now
	}
	if x.end == nil {
		x.gone = ErrRunsElsewhere
	}
	if before := e.now().Add(-e.config.Limits.Retention); x.end != nil && x.stopDate.Before(before) {
		return nil, fmt.Errorf("%w: it ended at %s, longer ago than Limits.Retention", ErrInvalidHistory, x.stopDate.Format(time.RFC3339))
	}
	if err := e.archive.insert(x); err != nil {
		return nil, err
	}
	return x, nil
}

// readHistory reads an exported history, whose payloads have up to so many bytes, and puts
// it in order.
func readHistory(text []byte, payload int) ([]states.Event, error) {
	var file struct {
		Events    []json.RawMessage
		NextToken string // also as the command line spells it
	}
	into := any(&file)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte{'['}) {
		into = &file.Events
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, err
	}
	if file.NextToken != "" {
		return nil, errors.New("it goes on at a next token: export it to its end")
	}
	if len(file.Events) == 0 {
		return nil, errors.New("it has no events")
	}
	events := make([]states.Event, len(file.Events))
	for i, line := range file.Events {
		event, err := states.ParseLog(line)
		if err != nil {
			return nil, err
		}
		if year := event.At.UTC().Year(); year < 1970 || year > 9999 {
			return nil, fmt.Errorf("event %d, %s: its time is in the year %d", event.ID, event.Type, year)
		}
		if err := checkDetails(line, payload); err != nil {
			return nil, fmt.Errorf("event %d, %s: %w", event.ID, event.Type, err)
		}
		events[i] = event
	}
	slices.SortStableFunc(events, func(a, b states.Event) int { return cmp.Compare(a.ID, b.ID) })
	if first := events[0].ID; first < 1 {
		return nil, fmt.Errorf("an event has the id %d, ids begin with 1", first)
	}
	return events, nil
}

// checkDetails looks whether an event has all its data, and no more than AWS's have: AWS
// leaves inputs and outputs out of a history that was asked for without them, and cuts those
// off that are long.
func checkDetails(line []byte, payload int) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return err
	}
	for name, text := range members {
		if !strings.HasSuffix(name, "EventDetails") {
			continue
		}
		var details map[string]json.RawMessage
		if err := json.Unmarshal(text, &details); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for field, about := range details {
			if err := checkText(field, about, payload); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			var data struct {
				Included  *bool
				Truncated bool
			}
			if !strings.HasSuffix(field, "Details") || json.Unmarshal(about, &data) != nil {
				continue
			}
			if data.Truncated || data.Included != nil && !*data.Included {
				return fmt.Errorf("%s.%s says that data is left out: export the history with its execution data", name, field)
			}
		}
		if _, ok := details["input"]; !ok && name == "executionStartedEventDetails" {
			return fmt.Errorf("%s has no input: export the history with its execution data", name)
		}
	}
	return nil
}

// maxText bounds texts of an event, in characters. AWS documents 2,000 for the longest of
// them, and less for most.
const maxText = 2_000

// checkText returns an error for a text of an event's details that is longer than AWS
// documents of it.
func checkText(field string, text json.RawMessage, payload int) error {
	if len(text) < maxErrorLength || text[0] != '"' {
		return nil
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	most, n, unit := maxText, utf8.RuneCountInString(s), "characters"
	switch field {
	case "error":
		most = maxErrorLength
	case "cause":
		most = maxCauseLength
	case "input", "output", "parameters":
		most, n, unit = payload, len(s), "bytes"
	}
	if most >= 0 && n > most {
		return fmt.Errorf("%s has %d %s, at most %d are allowed", field, n, unit, most)
	}
	return nil
}

// own gives the first event of a history what AWS does not show of the execution: its
// names, and a supply of chance for what is still to come.
func (x *Execution) own(events []states.Event, seed states.Seed, leaves bool) error {
	d, ok := events[0].Details.(*states.StartedDetails)
	if !ok {
		return &states.HistoryError{Event: events[0].ID, Type: events[0].Type, Message: "a history begins with ExecutionStarted"}
	}
	e, own := x.engine, *d
	own.Seed = seed
	own.StateMachineVersionARN, own.StateMachineAliasARN = x.identity.VersionARN, x.identity.AliasARN
	own.Execution = states.Execution{
		ARN:                    x.identity.ARN,
		Name:                   x.identity.Name,
		RoleARN:                cmp.Or(own.RoleARN, e.config.RoleARN),
		StateMachineARN:        x.identity.MachineARN,
		StateMachineName:       x.identity.Machine,
		StateMachineVersionARN: x.identity.VersionARN,
		StateMachineAliasARN:   x.identity.AliasARN,
		Region:                 regionOf(x.identity.ARN),
		TokenSuffix:            x.tokenSuffix(),
		SealedTokens:           true,

		StopsWithoutCompensation: leaves,
	}
	events[0].Details = &own
	return nil
}

func newSeed() (seed states.Seed) {
	rand.Read(seed[:]) // never fails
	return seed
}

// regionOf returns the region in an ARN.
func regionOf(arn string) string { return strings.SplitN(arn, ":", 5)[3] }

// runsElsewhere reports whether the execution was imported while it ran.
func (x *Execution) runsElsewhere() bool { return errors.Is(x.gone, ErrRunsElsewhere) }

// goesFurther reports whether a history, more, begins with the events of another one and
// has further events after them.
func goesFurther(history, more []states.Event) bool {
	if len(more) <= len(history) {
		return false
	}
	for i := range history {
		a, b := &history[i], &more[i]
		if a.ID != b.ID || a.PreviousID != b.PreviousID || a.Type != b.Type || !a.At.Equal(b.At) {
			return false
		}
	}
	return true
}

// importedLines returns the lines of a log for the events from one on.
func (x *Execution) importedLines(from int) [][]byte {
	var lines [][]byte
	for i := from; i < len(x.history); i++ {
		lines = append(lines, x.history[i].AppendLog(nil))
	}
	if x.runsElsewhere() {
		mark := states.Event{At: x.now, Type: elsewhereType}
		lines = append(lines, mark.AppendLog(nil))
	}
	return lines
}
