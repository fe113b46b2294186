package conformance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// An Outline is what is known of a history that nobody has whole. Its parts may be
// absent; the zero Outline expects nothing of the history.
type Outline struct {
	// Types ("event_types") are the types of all events, in order.
	Types []string `json:"event_types"`
	// Previous ("previous_event_ids") are the ids that all events follow, in order.
	Previous []int64 `json:"previous_event_ids"`
	// Details ("event_details") are members that the details of an event must have, by
	// the event's id; the event may have others. DetailsAbsent ("event_details_absent")
	// are names of members that it must not have.
	Details       map[int64]Members  `json:"event_details"`
	DetailsAbsent map[int64][]string `json:"event_details_absent"`
	// TypesAbsent ("event_types_absent") are types of which there must be no event.
	TypesAbsent []string `json:"event_types_absent"`
	// Unknown are those of "output", "error" and "cause" that the expectation does not
	// mention. One that is null must be absent.
	Unknown []string `json:"-"`
}

// Members are members of a JSON object.
type Members struct{ *value.Object }

// UnmarshalJSON reads an object.
func (m *Members) UnmarshalJSON(text []byte) error {
	v, err := value.Parse(text)
	if err != nil {
		return err
	}
	var ok bool
	if m.Object, ok = v.(*value.Object); !ok {
		return errors.New("the details of an event are no object")
	}
	return nil
}

// outlineFields are the fields of an expectation that only ReadOutlined reads.
var outlineFields = []string{"event_types", "event_types_absent", "previous_event_ids", "event_details", "event_details_absent"}

// ReadOutlined reads one case whose expectation has an [Outline], as [ReadCase] reads one
// that has none.
func ReadOutlined(text []byte, dir string) (*Case, error) {
	c, err := ReadCase(text, dir)
	if err != nil {
		return nil, err
	}
	var raw struct{ Expect json.RawMessage }
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	var mentioned map[string]json.RawMessage
	o := &Outline{}
	if err := cmp.Or(json.Unmarshal(raw.Expect, &mentioned), json.Unmarshal(raw.Expect, o)); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	if len(o.Types) > 0 && len(o.Previous) > 0 && len(o.Types) != len(o.Previous) {
		return nil, fmt.Errorf("%s: it has %d event_types and %d previous_event_ids", c.Name, len(o.Types), len(o.Previous))
	}
	e := &c.Expect
	for name, has := range map[string]*bool{"output": nil, "error": &e.HasError, "cause": &e.HasCause} {
		switch text, ok := mentioned[name]; {
		case !ok:
			o.Unknown = append(o.Unknown, name)
		case has != nil && string(text) == "null":
			*has = false
		}
	}
	e.Outline = o
	return c, nil
}

// match compares a history with the outline and returns the first difference, or nil.
func (o *Outline) match(events []*value.Object) *Difference {
	for i, event := range events {
		if i < len(o.Types) && o.Types[i] != eventType(event) {
			return differ(o.Types[i], eventType(event)).Within("type").of(fmt.Sprintf("history event %d", i+1))
		}
		if i < len(o.Previous) && o.Previous[i] != number(event, "previousEventId") {
			return differ(o.Previous[i], number(event, "previousEventId")).Within("previousEventId").of(place(event))
		}
		if slices.Contains(o.TypesAbsent, eventType(event)) {
			return &Difference{At: place(event), Expected: nothing, Actual: value.String(event)}
		}
	}
	if n := max(len(o.Types), len(o.Previous)); n > 0 && n != len(events) {
		return differ(int64(n), int64(len(events))).of("number of history events")
	}
	for _, id := range slices.Sorted(maps.Keys(o.Details)) {
		if d := matchMembers(o.Details[id].Object, detailsOf(events, id)); d != nil {
			return d.of(fmt.Sprintf("details of history event %d", id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.DetailsAbsent)) {
		for _, name := range o.DetailsAbsent[id] {
			if v, ok := detailsOf(events, id).Get(name); ok {
				d := &Difference{At: name, Expected: nothing, Actual: value.String(v)}
				return d.of(fmt.Sprintf("details of history event %d", id))
			}
		}
	}
	return nil
}

// matchMembers compares the members that are expected of an event's details.
func matchMembers(expected, actual *value.Object) *Difference {
	for name, e := range expected.All() {
		a, ok := actual.Get(name)
		if !ok {
			return &Difference{At: name, Expected: value.String(e), Actual: nothing}
		}
		if d := match(e, a); d != nil {
			return d.Within(name)
		}
	}
	return nil
}

// detailsOf returns the details of an event, nil when there is no such event or it has
// none.
func detailsOf(events []*value.Object, id int64) *value.Object {
	for _, event := range events {
		if number(event, "id") != id {
			continue
		}
		for key, v := range event.All() {
			if strings.HasSuffix(key, "EventDetails") {
				details, _ := v.(*value.Object)
				return details
			}
		}
	}
	return nil
}
