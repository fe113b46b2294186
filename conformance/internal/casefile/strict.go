package casefile

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
)

// remarks are what recorded and collected cases say of themselves. They mean nothing to a
// driver, and may stand in every case and every task of one.
var remarks = []string{
	"aws", "aws_note", "aws_recorded", "cause_text_exact", "comment", "definition_from_recording", "definition_raw", "definition_reconstructed",
	"distributed_map", "evaluation_chain_updated", "evidence", "express_async", "features", "handler_file",
	"heartbeatInSeconds", "id", "input_omitted", "localstack_skips", "logged_events", "logging", "map_chain_updated",
	"marker", "marks", "message_from_localstack", "note", "output_raw", "previous_definition", "problems", "region", "service", "source",
	"time_dependent", "timelimit", "timeout", "timeoutInSeconds", "title", "why",
}

// Strict reads a JSON text into a struct, as json.Unmarshal does, but for fields that the
// struct does not have by that very name: each is an error that says where the field
// stands, and which one was probably meant. further are fields that somebody else reads.
func Strict(text []byte, into any, further ...string) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	return known(text, reflect.TypeOf(into), "", reading{further: further})
}

// Spelt is Strict for the files of others, which say what they like in fields of their own: a
// field that the struct does not have is an error only when it looks like one that it has.
func Spelt(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	return known(text, reflect.TypeOf(into), "", reading{lenient: true})
}

// A reading says what is made of fields that a type does not have.
type reading struct {
	further []string // are somebody else's
	lenient bool     // only those are errors that look like one that the type has
}

// known returns an error for the first member that a type has no place for. Types that read
// themselves, and interfaces, take everything.
func known(text json.RawMessage, t reflect.Type, at string, r reading) error {
	for t.Kind() == reflect.Pointer && !reads(t) {
		t = t.Elem()
	}
	if reads(t) || reads(reflect.PointerTo(t)) || string(text) == "null" {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(text, &items) != nil {
			return nil // json.RawMessage and the like
		}
		for i, item := range items {
			if err := known(item, t.Elem(), at+"["+strconv.Itoa(i)+"]", r); err != nil {
				return err
			}
		}
	case reflect.Map:
		return eachMember(text, func(name string, v json.RawMessage) error {
			return known(v, t.Elem(), join(at, name), r)
		})
	case reflect.Struct:
		fields := make(map[string]reflect.Type)
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				fields[name] = f.Type
			}
		}
		return eachMember(text, func(name string, v json.RawMessage) error {
			if field, ok := fields[name]; ok {
				return known(v, field, join(at, name), r)
			}
			if slices.Contains(remarks, name) || slices.Contains(r.further, name) {
				return nil
			}
			place := ""
			if at != "" {
				place = " in " + at
			}
			if nearest := asl.Nearest(name, slices.Sorted(maps.Keys(fields))); nearest != "" {
				return fmt.Errorf("unknown field %q%s; did you mean %q?", name, place, nearest)
			}
			if r.lenient {
				return nil
			}
			return fmt.Errorf("unknown field %q%s", name, place)
		})
	}
	return nil
}

// reads reports whether a type reads JSON itself.
func reads(t reflect.Type) bool { return t.Implements(reflect.TypeFor[json.Unmarshaler]()) }

// eachMember calls a function with the members of an object, in the order of their names.
func eachMember(text json.RawMessage, f func(name string, v json.RawMessage) error) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil // it is no object, and was read all the same
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := f(name, members[name]); err != nil {
			return err
		}
	}
	return nil
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
