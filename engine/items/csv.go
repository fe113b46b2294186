package items

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// delimiters are the values of CSVDelimiter.
var delimiters = map[string]byte{"": ',', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// maxHeader is how long a CSV file's header may be, in bytes (documented).
const maxHeader = 10 << 10

// readCSV returns the format of delimited text: an object for each record, its members
// named by the header, its values strings. header is nil where the first record has it.
//
// The rules are AWS's (documented but for the last): a line feed ends a record. A field in
// quotation marks may hold delimiters and line feeds; a doubled quotation mark stands for
// one, in any field. A backslash makes a backslash, a quotation mark or the delimiter
// plain data, and vanishes before anything else. A record with fewer fields than the header
// has gets empty strings, and fields beyond the header are dropped. An empty line is no
// record (a guess; a line of blanks is one, as was recorded).
//
// A mark is the byte behind an item's record.
func readCSV(delimiter byte, header []string) format {
	return func(open opener, mark string, yield yielder) error {
		at, err := offset(mark)
		if err != nil {
			return err
		}
		header := header
		s, err := openStream(open, 0)
		if err != nil {
			return err
		}
		defer func() { s.close() }()
		if err := s.skipMark(); err != nil {
			return err
		}
		r := records{stream: s, delimiter: delimiter}
		if header == nil {
			start := s.at()
			fields, ok, err := r.record()
			if err != nil || !ok {
				return err
			}
			if s.at()-start > maxHeader+int64(len("\r\n")) {
				return failed("The header of the CSV file is longer than %d bytes.", maxHeader)
			}
			header = append([]string(nil), fields...)
		}
		if err := checkHeader(header); err != nil {
			return err
		}
		if at > s.at() {
			again, err := openStream(open, at)
			if err != nil {
				return err
			}
			s.close()
			s = again
			r.stream = s
		}
		for {
			fields, ok, err := r.record()
			if err != nil || !ok {
				return err
			}
			members := make([]value.Member, len(header))
			for i, name := range header {
				text := ""
				if i < len(fields) {
					text = fields[i]
				}
				members[i] = value.Member{Key: name, Value: text}
			}
			if !yield("", value.NewObject(members...), strconv.FormatInt(s.at(), 10)) {
				return nil
			}
		}
	}
}

// checkHeader refuses names that stand twice (measured).
func checkHeader(header []string) error {
	seen := make(map[string]bool, len(header))
	for _, name := range header {
		if seen[name] {
			return failed("CSV headers cannot contain duplicates.")
		}
		seen[name] = true
	}
	return nil
}

// records reads the records of a CSV file.
type records struct {
	*stream
	delimiter byte
	fields    []string
	text      []byte // the fields of a record that is not as it is written
	ends      []int  // of the fields in text
}

// record returns the fields of the next record, which are good until the next call, and
// false at the end. A record is in memory as a whole.
func (r *records) record() ([]string, bool, error) {
	for {
		line, err := r.line(0)
		if err == errTooLong {
			return nil, false, failed("A record of the CSV file is longer than %d bytes.", maxItem)
		}
		if err != nil || len(line) == 0 {
			return nil, false, err
		}
		if bytes.IndexByte(line, '"') < 0 && bytes.IndexByte(line, '\\') < 0 {
			r.pass(len(line))
			if line = withoutEnd(line); len(line) > 0 {
				r.split(string(line))
				return r.fields, true, nil
			}
			continue
		}
		n, err := r.scan()
		if err == errTooLong {
			return nil, false, failed("A record of the CSV file is longer than %d bytes.", maxItem)
		}
		if err != nil {
			return nil, false, err
		}
		r.pass(n)
		all, start := string(r.text), 0
		r.fields = r.fields[:0]
		for _, end := range r.ends {
			r.fields = append(r.fields, valid(all[start:end]))
			start = end
		}
		return r.fields, true, nil
	}
}

// withoutEnd returns a line without its line feed and a carriage return before that.
func withoutEnd(line []byte) []byte {
	n := len(line)
	if n == 0 || line[n-1] != '\n' {
		return line
	}
	if n--; n > 0 && line[n-1] == '\r' {
		n--
	}
	return line[:n]
}

// split takes the fields of a line in which nothing stands for anything else.
func (r *records) split(line string) {
	line = valid(line)
	r.fields = r.fields[:0]
	for {
		i := strings.IndexByte(line, r.delimiter)
		if i < 0 {
			r.fields = append(r.fields, line)
			return
		}
		r.fields = append(r.fields, line[:i])
		line = line[i+1:]
	}
}

// scan reads the fields of the record that the window begins with into text and ends, and
// returns how many bytes it has.
func (r *records) scan() (n int, err error) {
	r.text, r.ends = r.text[:0], r.ends[:0]
	quoted, fieldStart := false, 0
	plain := false // the last byte of text is as it is written, outside of quotation marks
	// following returns the byte behind i, and 0 at the end of the content.
	following := func(i int) byte {
		var more bool
		if more, err = r.has(i + 1); !more {
			return 0
		}
		return r.window()[i+1]
	}
	for i := 0; ; i++ {
		if i >= r.end-r.start {
			if more, err := r.has(i); err != nil {
				return 0, err
			} else if !more {
				r.ends = append(r.ends, len(r.text))
				return i, nil
			}
		}
		c := r.buffer[r.start+i]
		switch {
		case c == '\\':
			if next := following(i); next != 0 && (next == '\\' || next == '"' || next == r.delimiter) {
				r.text = append(r.text, next)
				plain = false
				i++
			}
		case c == '"':
			// A doubled quotation mark at the beginning of a field is an empty quoted one.
			if next := following(i); next == '"' && (quoted || len(r.text) > fieldStart) {
				r.text = append(r.text, '"')
				plain = false
				i++
			} else {
				quoted = !quoted
			}
		case quoted:
			r.text = append(r.text, c)
			plain = false
		case c == r.delimiter:
			r.ends = append(r.ends, len(r.text))
			fieldStart, plain = len(r.text), false
		case c == '\n':
			if n := len(r.text); plain && r.text[n-1] == '\r' {
				r.text = r.text[:n-1]
			}
			r.ends = append(r.ends, len(r.text))
			return i + 1, nil
		default:
			r.text = append(r.text, c)
			plain = true
		}
		if err != nil {
			return 0, err
		}
	}
}

// valid returns a text in which a replacement character stands for what is no UTF-8: one for
// each sequence of bytes that could have become a character, as Java decodes it.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			n = malformed(text)
		}
		b.WriteRune(r)
		text = text[n:]
	}
	return b.String()
}

// malformed returns how many bytes at the beginning of a text, which is no UTF-8, are the
// beginning of a character that is broken off there.
func malformed(text string) int {
	second := func(low, high byte) bool { return len(text) > 1 && text[1] >= low && text[1] <= high }
	third := func() bool { return len(text) > 2 && text[2]&0xc0 == 0x80 }
	switch c := text[0]; {
	case c == 0xe0 && second(0xa0, 0xbf), c == 0xed && second(0x80, 0x9f), c >= 0xe1 && c <= 0xef && c != 0xed && second(0x80, 0xbf):
		return 2
	case c == 0xf0 && second(0x90, 0xbf), c >= 0xf1 && c <= 0xf3 && second(0x80, 0xbf), c == 0xf4 && second(0x80, 0x8f):
		if third() {
			return 3
		}
		return 2
	}
	return 1
}
