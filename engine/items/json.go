package items

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A yielder takes an item with its key and the mark of the place behind it, and reports
// whether more is wanted.
type yielder func(key string, v any, mark string) bool

// A format reads the items of one object's content behind a mark, "" for all.
type format func(open opener, mark string, yield yielder) error

// readJSON returns the format of a JSON document: the elements of the array at a JSON
// Pointer, or the members of the object there. The document is read as a stream, so a
// fault behind an item is found when that item is at work already.
//
// A mark is the kind of what is iterated over and the byte behind an item, as in "[120".
func readJSON(pointer string) format {
	return func(open opener, mark string, yield yielder) error {
		if mark == "" {
			s, err := openStream(open, 0)
			if err != nil {
				return err
			}
			defer s.close.Close()
			d := document{stream: s}
			if err := d.enter(pointer); err != nil {
				return err
			}
			return d.iterate(true, yield)
		}
		at, err := strconv.ParseInt(mark[1:], 10, 64)
		if err != nil || !strings.ContainsAny(mark[:1], "[{") {
			return failed("The place %q is none in a JSON document.", mark)
		}
		s, err := openStream(open, at)
		if err != nil {
			return err
		}
		defer s.close.Close()
		d := document{stream: s, kind: mark[0]}
		return d.iterate(false, yield)
	}
}

// A document is a stream of JSON.
type document struct {
	*stream
	kind  byte // of what is iterated over: '[' or '{'
	bytes []byte
}

// enter goes to the value at a JSON Pointer, and into it.
func (d *document) enter(pointer string) error {
	if err := d.skipMark(); err != nil {
		return err
	}
	steps := strings.Split(pointer, "/")[1:]
	if pointer != "" && pointer[0] != '/' {
		return failed(noSuchPlace)
	}
	for _, step := range steps {
		found, err := d.find(value.UnescapePointer(step))
		if err != nil {
			return err
		}
		if !found {
			return failed(noSuchPlace)
		}
	}
	c, err := d.token()
	if err != nil {
		return err
	}
	if c != '[' && c != '{' {
		return failed(notIterable)
	}
	d.kind = c
	return nil
}

// noSuchPlace was reported from AWS by one person.
const noSuchPlace = "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."

// find goes into the next value, and to the member or the element that a step of a JSON
// Pointer names. It reports whether there is one.
func (d *document) find(step string) (bool, error) {
	open, err := d.token()
	if err != nil || open != '{' && open != '[' {
		return false, err
	}
	for i := 0; ; i++ {
		more, err := d.more(open, i == 0)
		if err != nil || !more {
			return false, err
		}
		name := strconv.Itoa(i)
		if open == '{' {
			if name, err = d.name(); err != nil {
				return false, err
			}
		}
		if name == step {
			return true, nil
		}
		if _, err := d.value(); err != nil {
			return false, err
		}
	}
}

// iterate yields the elements or members up to the end of the array or object.
func (d *document) iterate(first bool, yield yielder) error {
	for {
		more, err := d.more(d.kind, first)
		if err != nil || !more {
			return err
		}
		first = false
		key := ""
		if d.kind == '{' {
			if key, err = d.name(); err != nil {
				return err
			}
		}
		v, err := d.value()
		if err != nil {
			return err
		}
		if d.kind == '{' {
			v = keyed(key, v)
		}
		if !yield(key, v, string(d.kind)+strconv.FormatInt(d.at, 10)) {
			return nil
		}
	}
}

// more passes the comma before another element or member, or the bracket that ends them.
func (d *document) more(open byte, first bool) (bool, error) {
	c, err := d.token()
	if err != nil {
		return false, err
	}
	switch {
	case open == '[' && c == ']', open == '{' && c == '}':
		return false, nil
	case first:
		d.back()
		return true, nil
	case c == ',':
		return true, nil
	}
	return false, d.broken()
}

// name reads a member's name and the colon behind it.
func (d *document) name() (string, error) {
	v, err := d.value()
	if err != nil {
		return "", err
	}
	name, ok := v.(string)
	c, err := d.token()
	if err != nil {
		return "", err
	}
	if !ok || c != ':' {
		return "", d.broken()
	}
	return name, nil
}

// token returns the next byte that is no white space.
func (d *document) token() (byte, error) {
	for {
		c, ok, err := d.next()
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, failed("The file is no JSON: it ends at byte %d, within a value.", d.at)
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// value reads the next value.
func (d *document) value() (any, error) {
	c, err := d.token()
	if err != nil {
		return nil, err
	}
	d.back()
	start := d.at
	if d.bytes, err = d.text(d.bytes[:0], c); err != nil {
		return nil, err
	}
	v, err := value.Parse(string(d.bytes))
	if err != nil {
		return nil, &Error{Cause: "The file is no JSON, in the value at byte " + strconv.FormatInt(start, 10) + ": " + err.Error(), Err: err}
	}
	return v, nil
}

// text reads the text of a value that begins with a byte: up to where its brackets are
// closed, or its string, or up to what can't belong to a number or a word.
func (d *document) text(into []byte, first byte) ([]byte, error) {
	depth, quoted, escaped := 0, false, false
	for {
		c, ok, err := d.next()
		switch {
		case err != nil:
			return nil, err
		case !ok && (depth > 0 || quoted):
			return nil, failed("The file is no JSON: it ends at byte %d, within a value.", d.at)
		case !ok:
			return into, nil
		case len(into) == maxItem:
			return nil, failed("An item is longer than %d bytes.", maxItem)
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
			if !quoted && depth == 0 {
				return append(into, c), nil
			}
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth == 0 {
				d.back()
				return into, nil
			}
			if depth--; depth == 0 {
				return append(into, c), nil
			}
		case depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			d.back()
			return into, nil
		}
		into = append(into, c)
	}
}

func (d *document) broken() error {
	return failed("The file is no JSON: there is something else at byte %d than JSON has there.", d.at-1)
}

// readJSONL is the format of JSON Lines. Blank lines are passed over, as another emulator
// found it on AWS. A mark is the byte behind an item's line.
func readJSONL(open opener, mark string, yield yielder) error {
	at, err := offset(mark)
	if err != nil {
		return err
	}
	s, err := openStream(open, at)
	if err != nil {
		return err
	}
	defer s.close.Close()
	if err := s.skipMark(); err != nil {
		return err
	}
	var line []byte
	for {
		start := s.at
		text, ok, err := s.line(line)
		if err != nil || !ok {
			return err
		}
		line = text
		if strings.TrimSpace(string(text)) == "" {
			continue
		}
		v, err := value.Parse(string(text))
		if err != nil {
			return &Error{Cause: "The line at byte " + strconv.FormatInt(start, 10) + " is no JSON: " + err.Error(), Err: err}
		}
		if !yield("", v, strconv.FormatInt(s.at, 10)) {
			return nil
		}
	}
}

// offset reads a mark that is a byte.
func offset(mark string) (int64, error) {
	if mark == "" {
		return 0, nil
	}
	at, err := strconv.ParseInt(mark, 10, 64)
	if err != nil || at < 0 {
		return 0, failed("The place %q is none in a file.", mark)
	}
	return at, nil
}
