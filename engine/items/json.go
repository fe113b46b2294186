package items

import (
	"bytes"
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
// fault behind an item is found when that item is at work already, and one behind the last
// item when there is no pointer.
//
// A mark is the kind of what is iterated over and the byte behind an item, as in "[120".
func readJSON(pointer string) format {
	return func(open opener, mark string, yield yielder) error {
		if mark == "" {
			s, err := openStream(open, 0)
			if err != nil {
				return err
			}
			defer s.close()
			d := document{stream: s, whole: pointer == ""}
			if err := d.enter(pointer); err != nil {
				return err
			}
			return d.iterate(true, yield)
		}
		at, err := strconv.ParseInt(mark[1:], 10, 64)
		if err != nil || at < 0 || !strings.ContainsAny(mark[:1], "[{") {
			return failed("The place %q is none in a JSON document.", mark)
		}
		s, err := openStream(open, at)
		if err != nil {
			return err
		}
		defer s.close()
		d := document{stream: s, kind: mark[0], whole: pointer == ""}
		return d.iterate(false, yield)
	}
}

// A document is a stream of JSON.
type document struct {
	*stream
	kind  byte // of what is iterated over: '[' or '{'
	whole bool // it is all that is in the document
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
	d.pass(1)
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
	d.pass(1)
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
		if _, err := d.token(); err != nil {
			return false, err
		}
		n, err := d.text()
		if err != nil {
			return false, err
		}
		if n == 0 {
			return false, d.broken()
		}
		d.pass(n)
	}
}

// iterate yields the elements or members up to the end of the array or object.
func (d *document) iterate(first bool, yield yielder) error {
	for {
		more, err := d.more(d.kind, first)
		if err != nil {
			return err
		}
		if !more {
			return d.closed()
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
		if !yield(key, v, string(d.kind)+strconv.FormatInt(d.at(), 10)) {
			return nil
		}
	}
}

// closed checks that nothing is behind the document.
func (d *document) closed() error {
	if !d.whole {
		return nil
	}
	more, err := d.space()
	if err != nil || !more {
		return err
	}
	return d.broken()
}

// more passes the comma before another element or member, or the bracket that ends them.
func (d *document) more(open byte, first bool) (bool, error) {
	c, err := d.token()
	if err != nil {
		return false, err
	}
	switch {
	case open == '[' && c == ']', open == '{' && c == '}':
		d.pass(1)
		return false, nil
	case first:
		return true, nil
	case c == ',':
		d.pass(1)
		return true, nil
	}
	return false, d.broken()
}

// name reads a member's name and the colon behind it.
func (d *document) name() (string, error) {
	if c, err := d.token(); err != nil {
		return "", err
	} else if c != '"' {
		return "", d.broken()
	}
	v, err := d.value()
	if err != nil {
		return "", err
	}
	c, err := d.token()
	if err != nil {
		return "", err
	}
	if c != ':' {
		return "", d.broken()
	}
	d.pass(1)
	return v.(string), nil
}

// token passes white space, and returns the byte behind it, which it does not pass.
func (d *document) token() (byte, error) {
	more, err := d.space()
	if err != nil {
		return 0, err
	}
	if !more {
		return 0, d.brokenOff()
	}
	return d.buffer[d.start], nil
}

// space passes white space, and reports whether anything is behind it.
func (d *document) space() (bool, error) {
	for {
		for i, c := range d.window() {
			if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				d.pass(i)
				return true, nil
			}
		}
		d.pass(len(d.window()))
		if more, err := d.has(0); !more {
			return false, err
		}
	}
}

// value reads the next value.
func (d *document) value() (any, error) {
	if _, err := d.token(); err != nil {
		return nil, err
	}
	n, err := d.text()
	if err != nil {
		return nil, err
	}
	v, err := value.Parse(d.window()[:n])
	if err != nil {
		return nil, &Error{Cause: "The file is no JSON, in the value at byte " + strconv.FormatInt(d.at(), 10) + ": " + err.Error(), Err: err}
	}
	d.pass(n)
	return v, nil
}

// text returns the length of the value that the window begins with: up to where its brackets
// are closed, or its string, or up to what can't belong to a number or a word.
func (d *document) text() (int, error) {
	depth, quoted := 0, false
	for i := 0; ; i++ {
		if i >= d.end-d.start {
			more, err := d.has(i)
			switch {
			case err != nil:
				return 0, err
			case !more && (depth > 0 || quoted):
				return 0, d.brokenOff()
			case !more:
				return i, nil
			}
		}
		switch c := d.buffer[d.start+i]; {
		case quoted && c == '\\':
			i++ // what follows is no end of the string
		case quoted && c != '"':
		case quoted:
			if quoted = false; depth == 0 {
				return i + 1, nil
			}
		case c == '"':
			quoted = true
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth == 0 {
				return i, nil
			}
			if depth--; depth == 0 {
				return i + 1, nil
			}
		case depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			return i, nil
		}
	}
}

// brokenOff is the error of a document that ends within a value.
func (d *document) brokenOff() error {
	return failed("The file is no JSON: it ends at byte %d, within a value.", d.at()+int64(len(d.window())))
}

// broken is the error of a document in which the window begins with what can't be there.
func (d *document) broken() error {
	return failed("The file is no JSON: there is something else at byte %d than JSON has there.", d.at())
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
	defer s.close()
	if err := s.skipMark(); err != nil {
		return err
	}
	for {
		line, err := s.line(0)
		if err == errTooLong {
			return failed("A line is longer than %d bytes.", maxItem)
		}
		if err != nil || len(line) == 0 {
			return err
		}
		start, text := s.at(), bytes.Trim(line, " \t\r\n")
		s.pass(len(line))
		if len(text) == 0 {
			continue
		}
		v, err := value.Parse(text)
		if err != nil {
			return &Error{Cause: "The line at byte " + strconv.FormatInt(start, 10) + " is no JSON: " + err.Error(), Err: err}
		}
		if !yield("", v, strconv.FormatInt(s.at(), 10)) {
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
