package template

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// readJSON reads a text of JSON. The error is a *mistake.
func readJSON(t text) (*node, error) {
	d := json.NewDecoder(strings.NewReader(t.string))
	d.UseNumber()
	r := &jsonReader{text: t, decoder: d}
	n, err := r.next(0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = mistakeAt(t.source(int(d.InputOffset())), "there is more after the end of the JSON value")
		}
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

type jsonReader struct {
	text    text
	decoder *json.Decoder
}

// start returns the offset of the token that is read next.
func (r *jsonReader) start() int {
	at := int(r.decoder.InputOffset())
	for at < len(r.text.string) && strings.IndexByte(" \t\r\n,:", r.text.string[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) fail(err error, at int) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return mistakeAt(r.text.source(max(int(syntax.Offset)-1, at)), "%s", syntax.Error())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return mistakeAt(r.text.source(len(r.text.string)), "the JSON ends too early")
	}
	return mistakeAt(r.text.source(at), "%v", err)
}

// next reads a value.
func (r *jsonReader) next(depth int) (*node, error) {
	start := r.start()
	if depth > value.MaxDepth {
		return nil, mistakeAt(r.text.source(start), "the file is nested more than %d deep", value.MaxDepth)
	}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.fail(err, start)
	}
	end := int(r.decoder.InputOffset())
	n := &node{at: r.text.source(start)}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			n.kind = listKind
			return n, r.items(n, depth)
		}
		n.kind = mapKind
		return n, r.fields(n, depth)
	case string:
		n.kind = stringKind
		n.text = r.string(start, end)
	default:
		n.json = r.text.string[start:end]
		n.text = r.text.slice(start, end)
	}
	return n, nil
}

func (r *jsonReader) items(n *node, depth int) error {
	for r.decoder.More() {
		item, err := r.next(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return r.close()
}

func (r *jsonReader) fields(n *node, depth int) error {
	for r.decoder.More() {
		key, err := r.next(depth + 1)
		if err != nil {
			return err
		}
		v, err := r.next(depth + 1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{key, v})
	}
	return r.close()
}

// close reads the end of an array or an object.
func (r *jsonReader) close() error {
	if _, err := r.decoder.Token(); err != nil {
		return r.fail(err, int(r.decoder.InputOffset()))
	}
	return nil
}

// string returns the value of the JSON string at [start, end).
func (r *jsonReader) string(start, end int) text {
	s := r.text.string[:end-1]
	var b builder
	for at := start + 1; at < len(s); {
		next := strings.IndexByte(s[at:], '\\')
		if next < 0 {
			next = len(s) - at
		}
		b.slice(r.text, at, at+next)
		if at += next; at == len(s) {
			break
		}
		size := 2
		if s[at+1] == 'u' {
			size = 6
			if strings.HasPrefix(s[min(at+6, len(s)):], `\u`) {
				size = 12
			}
		}
		var decoded string
		unquote := func(size int) string {
			_ = json.Unmarshal([]byte(`"`+s[at:at+size]+`"`), &decoded) // the decoder has accepted it
			return decoded
		}
		if unquote(size); size == 12 && utf8.RuneCountInString(decoded) == 2 {
			size = 6 // two characters
			unquote(size)
		}
		b.add(decoded, r.text.source(at), false)
		at += size
	}
	return b.text()
}
