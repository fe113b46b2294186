package inspector

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A page shows so many bytes of a payload, and so many of one in a list.
const (
	shownPayload = 8 << 10
	shownInList  = 2 << 10
)

// A payload is JSON text to show.
type payload struct {
	HTML template.HTML
	Size string // of the whole
	// Whole is the address of the whole text, relative to the root, when it was cut.
	Whole  string
	Hidden bool
}

// payloadOf shows JSON text; nil for none. address leads to the whole text. limit bounds what is
// shown, in bytes.
func (q *request) payloadOf(text []byte, address string, limit int) *payload {
	if text == nil {
		return nil
	}
	if !q.access.Payloads {
		return &payload{Hidden: true}
	}
	html, whole := indent(text, limit)
	p := &payload{HTML: html, Size: sizeOf(len(text))}
	if !whole {
		p.Whole = address
	}
	return p
}

// valueOf is payloadOf for a value.
func (q *request) valueOf(v any, address string, limit int) *payload {
	if !q.access.Payloads {
		return &payload{Hidden: true}
	}
	return q.payloadOf(value.Append(nil, v), address, limit)
}

// sizeOf writes a number of bytes for people.
func sizeOf(n int) string {
	if n < 1<<10 {
		return strconv.Itoa(n) + " B"
	}
	if n < 1<<20 {
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
}

// An indenter writes JSON as lines of HTML.
type indenter struct {
	b     strings.Builder
	depth int
}

// deepest bounds how far lines are indented.
const deepest = 40

func (w *indenter) line() {
	w.b.WriteByte('\n')
	for range min(w.depth, deepest) {
		w.b.WriteString("  ")
	}
}

func (w *indenter) token(class, text string) {
	if class == "" {
		w.b.WriteString(escape(text))
		return
	}
	w.b.WriteString(`<span class="` + class + `">` + escape(text) + `</span>`)
}

// indent returns the beginning of a JSON text, in lines and with its parts coloured, and whether
// that is all of it. The text may be anything: what is no JSON is shown as it is.
func indent(text []byte, limit int) (template.HTML, bool) {
	whole := len(text) <= limit
	if !whole {
		text = text[:limit]
		for len(text) > 0 && !utf8.Valid(text[max(0, len(text)-utf8.UTFMax):]) && utf8.Valid(text[:len(text)-1]) {
			text = text[:len(text)-1]
		}
	}
	var w indenter
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '{' || c == '[':
			w.token("", string(c))
			i++
			for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
				i++
			}
			if i < len(text) && (text[i] == '}' || text[i] == ']') {
				w.token("", string(text[i]))
				i++
				continue
			}
			w.depth++
			w.line()
		case c == '}' || c == ']':
			w.depth--
			w.line()
			w.token("", string(c))
			i++
		case c == ',':
			w.token("", ",")
			w.line()
			i++
		case c == ':':
			w.token("", ": ")
			i++
		case c == '"':
			end := stringEnd(text, i)
			class := "s"
			for k := end; k < len(text) && k < end+4; k++ {
				if text[k] == ':' {
					class = "k"
				}
				if text[k] != ' ' {
					break
				}
			}
			w.token(class, string(text[i:end]))
			i = end
		default:
			end := i
			for end < len(text) && strings.IndexByte("{}[],:\" \t\r\n", text[end]) < 0 {
				end++
			}
			w.token("n", string(text[i:end]))
			i = end
		}
	}
	if !whole {
		w.b.WriteString("…")
	}
	return template.HTML(w.b.String()), whole
}

// stringEnd returns the offset behind the string that begins at an offset.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// escape returns a text for HTML, as plain does.
func escape(text string) string { return template.HTMLEscapeString(plain(text)) }

// plain returns a text in which every character can be seen: those that control a terminal or
// the direction of text, and those without width, are written as in \u202e. Bytes that are no
// UTF-8 become U+FFFD.
func plain(text string) string {
	if !strings.ContainsFunc(text, unseen) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !unseen(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unseen reports whether a character can't be seen, or changes how others are.
func unseen(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r))
}

// payload serves a payload as a text: of the event that "event" names, or else of the execution.
func (i *Inspector) payload(q *request) (*view, error) {
	arn, part := q.PathValue("arn"), q.FormValue("part")
	if !q.access.Payloads {
		http.Error(q.w, "inspector: you may not see payloads", http.StatusForbidden)
		return nil, nil
	}
	var text []byte
	if id := q.FormValue("event"); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%w: event=%s", errBadRequest, id)
		}
		for e, err := range i.config.Engine.Events(q.Context(), arn, states.EventID(n-1)) {
			if err != nil {
				return nil, err
			}
			text = partOf(&e, part)
			break
		}
	} else {
		d, err := i.config.Engine.DescribeExecution(q.Context(), arn)
		if err != nil {
			return nil, err
		}
		switch part {
		case "input":
			text = d.Input
		case "output":
			text = d.Output
		case "cause":
			text = []byte(d.Failure.Cause)
		}
	}
	if text == nil {
		return nil, fmt.Errorf("%w: there is no such payload", errNoPage)
	}
	writeText(q.w, text)
	return nil, nil
}

// writeText serves a text as such, whatever is in it.
func writeText(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	_, _ = w.Write(text)
}

// partOf returns a part of an event as JSON text, nil when it has none of that name. The part
// "details" is all of them, as AWS shows them.
func partOf(e *states.Event, part string) []byte {
	var v any
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		if part == "input" {
			return value.Append(nil, d.Input)
		}
	case *states.EnteredDetails:
		if part == "input" {
			return value.Append(nil, d.Input)
		}
	case *states.ExitedDetails:
		switch {
		case part == "output":
			return value.Append(nil, d.Output)
		case part == "variables" && d.Assigned != nil:
			v = d.Assigned
		}
	case *states.ScheduledDetails:
		if part == "parameters" {
			return value.Append(nil, d.Parameters)
		}
	case *states.OutputDetails:
		if part == "output" {
			return value.Append(nil, d.Output)
		}
	case *states.FailureDetails:
		if part == "cause" {
			return []byte(d.Cause)
		}
	}
	if part == "details" {
		return e.DetailsJSON(true)
	}
	if v != nil {
		return value.Append(nil, v)
	}
	return nil
}

// wholeOf returns the address of a part of an event, relative to the root.
func wholeOf(arn string, id states.EventID, part string) string {
	return "payloads/" + pathOf(arn) + "?" + url.Values{"event": {strconv.FormatInt(int64(id), 10)}, "part": {part}}.Encode()
}

// detailsOf shows the details of an event as AWS has them, but for texts that hold JSON, which
// are shown as the JSON that they hold.
func (q *request) detailsOf(e *states.Event, arn string, limit int) *payload {
	details, _ := value.Parse(e.DetailsJSON(q.access.Payloads))
	object, ok := details.(*value.Object)
	if !ok || object.Len() == 0 {
		return nil
	}
	var members []value.Member
	for key, v := range object.All() {
		switch key {
		case "inputDetails", "outputDetails", "assignedVariablesDetails":
			continue // that nothing was cut off
		case "cause":
			if !q.access.Payloads {
				continue
			}
		case "input", "output", "parameters", "taskCredentials":
			if text, ok := v.(string); ok {
				if parsed, err := value.Parse(text); err == nil {
					v = parsed
				}
			}
		}
		members = append(members, value.Member{Key: key, Value: v})
	}
	text := value.Append(nil, value.NewObject(members...))
	html, whole := indent(text, limit)
	p := &payload{HTML: html, Size: sizeOf(len(text))}
	if !whole && q.access.Payloads {
		p.Whole = wholeOf(arn, e.ID, "details")
	}
	return p
}
