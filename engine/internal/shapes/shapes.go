// Package shapes knows what calls of AWS's services answer, and says what is wrong with an
// answer that somebody made up for a test.
//
// The tables in the folder services are drawn from the API models that AWS publishes with
// its SDKs (botocore 1.43.11), one file a service. A line is
//
//	call NAME SHAPE
//	shape NAME MEMBER[!]:TYPE...
//
// where ! marks a required member, and a TYPE is the name of a shape, or
//
//	s, s>3, s=A|B    a string, one of at least 3 characters, one of the two
//	n, n>3           a number, one of at least 3
//	b                a boolean
//	[TYPE], {TYPE}   an array, an object with any keys
//	?                anything
//
// Names are those that Step Functions gives the members: they begin with a capital, and of a
// run of capitals only the first is one.
package shapes

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

//go:embed services
var files embed.FS

// aliases are the names under which Step Functions has a service besides the one of its file.
var aliases = map[string]string{"states": "sfn", "events": "eventbridge", "cloudwatchevents": "eventbridge"}

// A service is a file, read.
type service struct {
	calls  map[string]string
	shapes map[string][]member
}

type member struct {
	name     string
	required bool
	kind     string
}

var (
	mu   sync.Mutex
	read = make(map[string]*service)
)

// load returns the tables of a service, nil for one that has none.
func load(name string) *service {
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	mu.Lock()
	defer mu.Unlock()
	if s, ok := read[name]; ok {
		return s
	}
	text, err := files.ReadFile("services/" + name + ".txt")
	if err != nil {
		return nil // not remembered: there is no end of names
	}
	s := &service{calls: make(map[string]string), shapes: make(map[string][]member)}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] == "call" {
			s.calls[fields[1]] = fields[2]
			continue
		}
		members := make([]member, 0, len(fields)-2)
		for _, field := range fields[2:] {
			var m member
			m.name, m.kind, _ = strings.Cut(field, ":")
			m.name, m.required = strings.CutSuffix(m.name, "!")
			members = append(members, m)
		}
		s.shapes[fields[1]] = members
	}
	read[name] = s
	return s
}

// A Check says how an answer is looked at.
type Check struct {
	// Service and Call name the call as an aws-sdk resource does: "dynamodb", "putItem".
	Service, Call string
	// Required also wants the members that the service always answers with.
	Required bool
	// Free are members of the answer itself that may be anything.
	Free []string
}

// Problem returns what is wrong with an answer, in AWS's words; empty for nothing, and for a
// call that this package does not know. Members that the service's model lacks are right.
//
// Measured on AWS, but for the words about a boolean, an object and an answer that is none,
// which are read in another emulator.
func (c Check) Problem(answer any) string {
	s := load(c.Service)
	if s == nil {
		return ""
	}
	shape, ok := s.calls[c.Call]
	if !ok {
		return ""
	}
	o, ok := answer.(*value.Object)
	if !ok {
		return "Mock result must be a valid JSON object"
	}
	if problem := c.structure(s, shape, o, c.Free); problem != "" {
		return "Mock result schema validation error: " + problem
	}
	return ""
}

func (c Check) structure(s *service, shape string, o *value.Object, free []string) string {
	members := s.shapes[shape]
	if c.Required {
		for _, m := range members {
			if v, _ := o.Get(m.name); m.required && v == nil {
				return fmt.Sprintf("Required field '%s' is missing", m.name)
			}
		}
	}
members:
	for _, m := range members {
		v, ok := o.Get(m.name)
		if !ok || v == nil {
			continue
		}
		for _, name := range free {
			if name == m.name {
				continue members
			}
		}
		if problem := c.value(s, m.name, m.kind, v); problem != "" {
			return problem
		}
	}
	return ""
}

// value returns what is wrong with a value that a member has, or contains.
func (c Check) value(s *service, name, kind string, v any) string {
	must := func(what string) string { return fmt.Sprintf("Field '%s' must be %s", name, what) }
	rule := kind[1:]
	switch {
	case kind == "?":
		return ""
	case kind[0] == '[':
		list, ok := v.([]any)
		if !ok {
			return must("an array")
		}
		for _, v := range list {
			if problem := c.value(s, name, kind[1:len(kind)-1], v); problem != "" {
				return problem
			}
		}
		return ""
	case kind[0] == '{':
		o, ok := v.(*value.Object)
		if !ok {
			return must("an object")
		}
		for _, v := range o.All() {
			if problem := c.value(s, name, kind[1:len(kind)-1], v); problem != "" {
				return problem
			}
		}
		return ""
	case isType(kind, 's'):
		text, ok := v.(string)
		switch {
		case !ok:
			return must("a string")
		case strings.HasPrefix(rule, ">") && utf8.RuneCountInString(text) < least(rule):
			return fmt.Sprintf("Field '%s' is smaller than the minimum length", name)
		case strings.HasPrefix(rule, "=") && !strings.Contains("|"+rule[1:]+"|", "|"+text+"|"):
			return fmt.Sprintf("Field '%s' is not an expected value", name)
		}
		return ""
	case isType(kind, 'n'):
		n, ok := number(v)
		switch {
		case !ok:
			return must("a number")
		case rule != "" && n < float64(least(rule)):
			return fmt.Sprintf("Field '%s' is less than the minimum value", name)
		}
		return ""
	case kind == "b":
		if _, ok := v.(bool); !ok {
			return must("a boolean")
		}
		return ""
	}
	o, ok := v.(*value.Object)
	if !ok {
		return must("an object")
	}
	return c.structure(s, kind, o, nil)
}

// isType reports whether a TYPE is the scalar of a letter, with or without a rule.
func isType(kind string, letter byte) bool {
	return kind[0] == letter && (len(kind) == 1 || kind[1] == '>' || kind[1] == '=')
}

// number returns a number as a float64.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// least returns the bound in a rule such as ">3".
func least(rule string) int {
	n, _ := strconv.Atoi(rule[1:])
	return n
}
