package items

import (
	"strconv"
	"strings"

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
		defer func() { s.close.Close() }()
		if err := s.skipMark(); err != nil {
			return err
		}
		r := records{stream: s, delimiter: delimiter}
		if header == nil {
			fields, ok, err := r.record()
			if err != nil || !ok {
				return err
			}
			if s.at > maxHeader+1 {
				return failed("The header of the CSV file is longer than %d bytes.", maxHeader)
			}
			header = append([]string(nil), fields...)
		}
		if err := checkHeader(header); err != nil {
			return err
		}
		if at > s.at {
			again, err := openStream(open, at)
			if err != nil {
				return err
			}
			s.close.Close()
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
			if !yield("", value.NewObject(members...), strconv.FormatInt(s.at, 10)) {
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
	text      []byte
	ends      []int // of the fields in text
	quotes    bool  // there were quotation marks in the record
	fields    []string
}

// record returns the fields of the next record, which are good until the next call, and
// false at the end.
func (r *records) record() ([]string, bool, error) {
	for {
		more, err := r.scan()
		if err != nil || !more {
			return nil, false, err
		}
		if len(r.ends) > 1 || len(r.text) > 0 || r.quotes {
			break
		}
	}
	all := string(r.text)
	r.fields = r.fields[:0]
	start := 0
	for _, end := range r.ends {
		r.fields = append(r.fields, strings.ToValidUTF8(all[start:end], "\ufffd"))
		start = end
	}
	return r.fields, true, nil
}

// scan reads a line's fields into text and ends. more is false at the end of the content.
func (r *records) scan() (more bool, err error) {
	r.text, r.ends, r.quotes = r.text[:0], r.ends[:0], false
	quoted := false
	for {
		c, ok, err := r.next()
		if err != nil {
			return false, err
		}
		if !ok {
			if len(r.text) == 0 && len(r.ends) == 0 && !quoted {
				return false, nil
			}
			r.ends = append(r.ends, len(r.text))
			return true, nil
		}
		more = true
		if len(r.text) > maxItem {
			return false, failed("A record of the CSV file is longer than %d bytes.", maxItem)
		}
		switch {
		case c == '\\':
			following, ok, err := r.peek()
			if err != nil {
				return false, err
			}
			if ok && (following == '\\' || following == '"' || following == r.delimiter) {
				r.text = append(r.text, following)
				_, _, _ = r.next() // which was looked at
			}
		case c == '"':
			r.quotes = true
			following, ok, err := r.peek()
			if err != nil {
				return false, err
			}
			if ok && following == '"' && (quoted || r.inField()) {
				r.text = append(r.text, '"')
				_, _, _ = r.next()
			} else {
				quoted = !quoted
			}
		case quoted:
			r.text = append(r.text, c)
		case c == r.delimiter:
			r.ends = append(r.ends, len(r.text))
		case c == '\n':
			if n := len(r.text); n > r.fieldStart() && r.text[n-1] == '\r' {
				r.text = r.text[:n-1]
			}
			r.ends = append(r.ends, len(r.text))
			return true, nil
		default:
			r.text = append(r.text, c)
		}
	}
}

// fieldStart returns where the field that is being read begins in text.
func (r *records) fieldStart() int {
	if n := len(r.ends); n > 0 {
		return r.ends[n-1]
	}
	return 0
}

// inField reports whether the field that is being read has begun: a doubled quotation mark
// at the beginning of a field is an empty quoted field.
func (r *records) inField() bool { return len(r.text) > r.fieldStart() }
