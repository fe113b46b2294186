package jsonata

import (
	"math"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

var patternFunctions = []builtin{
	{"contains", "<s-(sf):b>", 2, contains},
	{"match", "<s-f<s:o>n?:a<o>>", 3, matchFunction},
	{"replace", "<s-(sf)(sf)n?:s>", 4, replace},
	{"split", "<s-(sf)n?:a<s>>", 3, split},
}

// A found is one match of a regular expression, or of a function that stands in
// for one.
type found struct {
	match      string
	start, end int   // bytes into the text
	at         int   // start, in UTF-16 code units
	groups     []any // strings; Undefined for a group that took no part
	next       func() (*found, error)
	object     *value.Object // when a function gave it
}

// invoke is a regular expression called as a function: it gives the match as an
// object.
func (f *matcher) invoke(ev *evaluation, args []any) (any, error) {
	text, ok := argument(args, 0).(string)
	if !ok {
		return Undefined{}, nil
	}
	from := 0
	if n, ok := number(argument(args, 1)); ok && n > 0 {
		if err := ev.read(text); err != nil { // for finding the place
			return nil, err
		}
		from = byteOffset(text, n)
	}
	m, err := f.first(ev, text, from, units(text[:from]))
	if m == nil || err != nil {
		return Undefined{}, err
	}
	return f.object(ev, m, text)
}

func (f *nextMatch) invoke(ev *evaluation) (any, error) {
	m, err := f.matcher.after(ev, f.text, f.from, f.at)
	if m == nil || err != nil {
		return Undefined{}, err
	}
	return f.matcher.object(ev, m, f.text)
}

func (f *matcher) object(ev *evaluation, m *found, text string) (any, error) {
	end := m.at + units(m.match)
	return value.NewObject(
		value.Member{Key: "match", Value: m.match},
		value.Member{Key: "start", Value: int64(m.at)},
		value.Member{Key: "end", Value: int64(end)},
		value.Member{Key: "groups", Value: m.groups},
		value.Member{Key: "next", Value: &nextMatch{f, text, m.end, end}},
	), ev.elements(5 + len(m.groups))
}

// byteOffset turns a position in UTF-16 code units into one in bytes.
func byteOffset(s string, n float64) int {
	for i := 0; i < len(s); {
		if n <= 0 {
			return i
		}
		r, size := decodeRune(s[i:])
		if n--; r > 0xFFFF {
			n--
		}
		i += size
	}
	return len(s)
}

// first finds the first match at or after from, which is so many UTF-16 code
// units into the text; nil when there is none.
func (f *matcher) first(ev *evaluation, text string, from, at int) (*found, error) {
	regs, err := f.program.find(ev, text, from)
	if regs == nil || err != nil {
		return nil, err
	}
	m := &found{match: text[regs[0]:regs[1]], start: regs[0], end: regs[1], groups: []any{}}
	m.at = at + units(text[from:m.start])
	for i := 2; i < len(regs); i += 2 {
		if regs[i] < 0 || regs[i+1] < 0 {
			ev.irregular = true // an entry that yields nothing
			m.groups = append(m.groups, Undefined{})
		} else {
			m.groups = append(m.groups, text[regs[i]:regs[i+1]])
		}
	}
	m.next = func() (*found, error) { return f.after(ev, text, m.end, m.at+units(m.match)) }
	return m, nil
}

// after finds the match after one that ended at end. An empty one would never
// get on, and is an error.
func (f *matcher) after(ev *evaluation, text string, end, at int) (*found, error) {
	if end >= len(text) {
		return nil, nil
	}
	m, err := f.first(ev, text, end, at)
	if m != nil && m.match == "" {
		return nil, &Error{Code: "D1004", Position: f.position, Value: f.program.source}
	}
	return m, err
}

// matches gives the first match that a regular expression, or a function that
// behaves like one, finds in text.
func (c Call) matches(f any, text string) (*found, error) {
	if m, ok := f.(*matcher); ok {
		return m.first(c.ev, text, 0, 0)
	}
	v, err := c.apply(f.(Function), []any{text})
	if err != nil {
		return nil, err
	}
	return c.custom(settled(v), text)
}

// custom reads what a matcher function returned.
func (c Call) custom(v any, text string) (*found, error) {
	if ok, err := c.ev.effective(v); err != nil || !defined(v) || !ok && !isList(v) {
		return nil, err
	}
	o, _ := v.(*value.Object)
	get := func(key string) any {
		if v, ok := o.Get(key); ok {
			return v
		}
		return Undefined{}
	}
	start, hasStart := number(get("start"))
	end, _ := number(get("end"))
	next, hasNext := get("next").(Function)
	if !hasStart && !isList(get("groups")) && !hasNext {
		return nil, &Error{Code: "T1010"}
	}
	match, _ := get("match").(string)
	if err := c.ev.steps(len(text) >> 5); err != nil { // for finding the places in the text
		return nil, err
	}
	m := &found{
		match: match, start: byteOffset(text, start), end: byteOffset(text, end), groups: itemsOf(get("groups")), object: o,
		at: int(start),
	}
	m.next = func() (*found, error) {
		if !hasNext {
			return nil, nil
		}
		v, err := c.apply(next, nil)
		if err != nil {
			return nil, err
		}
		return c.custom(settled(v), text)
	}
	return m, nil
}

func contains(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok || !defined(args[1]) {
		return Undefined{}, nil
	}
	if token, ok := args[1].(string); ok {
		return strings.Contains(text, token), nil
	}
	m, err := c.matches(args[1], text)
	return m != nil, err
}

// limit reads a maximal number of matches; -1 for none.
func (c Call) limit(v any, code string, index int) (int, error) {
	f, ok := number(v)
	switch {
	case !ok:
		return -1, nil
	case f < 0:
		return 0, &Error{Code: code, Value: v, Index: index}
	case c.ev.lib.aws: // known of $replace, guessed for $match and $split
		return int(min(f, math.MaxInt32)), nil
	}
	return int(math.Ceil(min(f, math.MaxInt32))), nil
}

func matchFunction(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	most, err := c.limit(args[2], "D3040", 3)
	if err != nil {
		return nil, err
	}
	out := &array{sequence: true}
	if most == 0 {
		return out, nil
	}
	m, err := c.matches(args[1], text)
	for n := 0; m != nil && err == nil && (most < 0 || n < most); n++ {
		out.items = append(out.items, value.NewObject(
			value.Member{Key: "match", Value: m.match},
			value.Member{Key: "index", Value: int64(m.at)},
			value.Member{Key: "groups", Value: m.groups},
		))
		if err = c.ev.elements(4 + len(m.groups)); err == nil {
			m, err = m.next()
		}
	}
	return out, err
}

func split(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	most, err := c.limit(args[2], "D3020", 3)
	if err != nil {
		return nil, err
	}
	out := []any{}
	if most == 0 {
		return out, nil
	}
	switch separator := args[1].(type) {
	case Undefined:
		return []any{text}, nil
	case string:
		if f, ok := number(args[2]); ok {
			most = int(min(f, math.MaxInt32)) // a fraction counts for nothing here
		}
		for most < 0 || len(out) < most {
			if err := c.ev.elements(1); err != nil {
				return nil, err
			}
			part, rest, more := nextPart(text, separator)
			if separator == "" && part == "" {
				break
			}
			out = append(out, part)
			if text = rest; !more {
				break
			}
		}
		return out, nil
	}
	m, err := c.matches(args[1], text)
	start := 0
	for m != nil && err == nil && (most < 0 || len(out) < most) {
		out = append(out, text[min(start, m.start):m.start])
		start = m.end
		if err = c.ev.elements(1); err == nil {
			m, err = m.next()
		}
	}
	if most < 0 || len(out) < most {
		out = append(out, text[start:])
	}
	return out, err
}

// nextPart cuts a text at the first separator, or after its first character where the
// separator is empty, and tells whether more is to come.
func nextPart(text, separator string) (part, rest string, more bool) {
	if separator != "" {
		return strings.Cut(text, separator)
	}
	if text == "" {
		return "", "", false
	}
	_, size := decodeRune(text)
	return text[:size], text[size:], size < len(text)
}

func replace(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	if s, ok := args[1].(string); ok && s == "" {
		return nil, &Error{Code: "D3010", Value: s, Index: 2}
	}
	most, err := c.limit(args[3], "D3011", 4)
	if err != nil {
		return nil, err
	}
	if most == 0 || !defined(args[1]) {
		return text, nil
	}
	var out strings.Builder
	write := func(s string) error {
		err := c.ev.bytes(len(s))
		if err == nil {
			out.WriteString(s)
		}
		return err
	}
	position := 0
	if old, ok := args[1].(string); ok {
		with, ok := args[2].(string)
		if !ok {
			with = orUndefined(args[2])
		}
		for n := 0; most < 0 || n < most; n++ {
			i := strings.Index(text[position:], old)
			if i < 0 {
				break
			}
			if err := c.ev.step(); err != nil {
				return nil, err
			}
			if err := write(text[position : position+i]); err != nil {
				return nil, err
			}
			if err := write(with); err != nil {
				return nil, err
			}
			position += i + len(old)
		}
		err = write(text[position:])
		return out.String(), err
	}
	m, err := c.matches(args[1], text)
	for n := 0; m != nil && err == nil && (most < 0 || n < most); n++ {
		if err = write(text[min(position, m.start):m.start]); err != nil {
			return nil, err
		}
		if template, ok := args[2].(string); ok {
			err = expand(template, m, write)
		} else if with, failure := c.replacement(m, args[2], args[1], text); failure != nil {
			err = failure
		} else {
			err = write(with)
		}
		if err != nil {
			return nil, err
		}
		position = min(m.start+len(m.match), len(text))
		if m, err = m.next(); err != nil {
			return nil, err
		}
	}
	if err == nil {
		err = write(text[position:])
	}
	return out.String(), err
}

// replacement is what a function gives for a match.
func (c Call) replacement(m *found, with, pattern any, text string) (string, error) {
	f, ok := with.(Function)
	if !ok {
		return "", fault("D3012", with)
	}
	var arg any = Undefined{}
	if m.object != nil {
		arg = m.object
	} else if f.Arity() > 0 {
		var err error
		if arg, err = pattern.(*matcher).object(c.ev, m, text); err != nil {
			return "", err
		}
	}
	v, err := c.apply(f, []any{arg})
	if err != nil {
		return "", err
	}
	s, ok := settled(v).(string)
	if !ok {
		return "", fault("D3012", v)
	}
	return s, nil
}

// expand writes a text in which the groups of a match take the place of $1 and so on.
// $0 is the match and $$ a dollar; of $12 as many digits count as there can be groups.
func expand(s string, m *found, write func(string) error) error {
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			return write(s)
		}
		if err := write(s[:i]); err != nil {
			return err
		}
		s = s[i+1:]
		text, used := "$", 0
		switch {
		case strings.HasPrefix(s, "$"):
			used = 1
		case strings.HasPrefix(s, "0"):
			text, used = m.match, 1
		default:
			if group, ok := m.group(s); ok {
				text, used = "", len(strconv.Itoa(group))
				if group >= 1 && group <= len(m.groups) {
					text, _ = m.groups[group-1].(string)
				}
			}
		}
		if err := write(text); err != nil {
			return err
		}
		s = s[used:]
	}
}

// group reads the number of a group.
func (m *found) group(s string) (int, bool) {
	digits := 1
	for n := len(m.groups); n >= 10; n /= 10 {
		digits++
	}
	group, ok := leading(s, digits)
	if ok && digits > 1 && group > len(m.groups) {
		return leading(s, digits-1)
	}
	return group, ok
}

// leading reads a number of at most n digits.
func leading(s string, n int) (int, bool) {
	i := 0
	for i < n && i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	v, err := strconv.Atoi(s[:i])
	return v, err == nil
}
