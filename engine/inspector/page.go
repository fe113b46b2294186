package inspector

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/gostates/gostates/engine"
)

//go:embed assets
var assets embed.FS

// pages are the templates of the pages, by their names.
var pages = func() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(assets, "assets/layout.html", "assets/parts.html"))
	all := make(map[string]*template.Template)
	for _, name := range []string{"machines", "machine", "executions", "execution", "maprun", "form", "error"} {
		all[name] = template.Must(template.Must(layout.Clone()).ParseFS(assets, "assets/"+name+".html"))
	}
	return all
}()

var functions = template.FuncMap{
	"path": pathOf, "date": date, "iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	"class": classOf, "words": wordsOf, "plain": func(text any) string { return plain(fmt.Sprint(text)) },
	"count": func(n any) (string, error) { return count(fmt.Sprint(n)) },
	"inc":   func(n int) int { return n + 1 },
	"min":   func(a, b int) int { return min(a, b) },
	"last":  func(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] },
	"dict": func(pairs ...any) map[string]any {
		d := make(map[string]any)
		for i := 0; i+1 < len(pairs); i += 2 {
			d[fmt.Sprint(pairs[i])] = pairs[i+1]
		}
		return d
	},
}

// A request is a request for a page.
type request struct {
	*http.Request
	w      http.ResponseWriter
	access Access
	root   string // leads from the page to the inspector's root
}

// A view is what a page shows.
type view struct {
	Page  string // names the template
	Title string
	Nav   string // the entry of the navigation that the page belongs to
	Every int    // asks for the page again, after so many milliseconds; 0 doesn't
	Data  any

	Root     string
	Access   Access
	Registry bool
	Style    string
	Script   string

	status int
}

// Seconds is Every for a reader without scripts.
func (v *view) Seconds() int { return max(2, v.Every/1000) }

// rootOf returns the relative address of the inspector's root, as seen from a page.
func rootOf(path string) string {
	if up := strings.Count(path, "/") - 1; up > 0 {
		return strings.Repeat("../", up)
	}
	return "./"
}

// write writes a page, or 304 when the browser has it as it is.
func (i *Inspector) write(q *request, v *view) {
	v.Root, v.Access, v.Registry, v.Style, v.Script = q.root, q.access, i.config.Machines != nil, styleName, scriptName
	var b bytes.Buffer
	if err := pages[v.Page].ExecuteTemplate(&b, "layout.html", v); err != nil {
		http.Error(q.w, "inspector: "+err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(b.Bytes())
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("ETag", tag)
	if v.status == 0 && q.Header.Get("If-None-Match") == tag {
		q.w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if v.status != 0 {
		q.w.WriteHeader(v.status)
	}
	_, _ = q.w.Write(b.Bytes()) // the reader has gone, if that fails
}

// failed returns the page of an error.
func failed(err error) *view {
	status := statusOf(err)
	return &view{Page: "error", Title: http.StatusText(status), Data: err.Error(), status: status}
}

// statusOf returns the HTTP status for an error of the engine.
func statusOf(err error) int {
	for _, c := range []struct {
		status int
		errs   []error
	}{
		{http.StatusNotFound, []error{errNoPage, engine.ErrExecutionDoesNotExist, engine.ErrMapRunDoesNotExist, engine.ErrStateMachineDoesNotExist}},
		{http.StatusBadRequest, []error{engine.ErrInvalidARN, engine.ErrInvalidPage, engine.ErrInvalidName, engine.ErrTypeNotSupported, engine.ErrInvalidExecutionInput, errBadRequest}},
		{http.StatusServiceUnavailable, []error{engine.ErrClosed}},
	} {
		for _, one := range c.errs {
			if errors.Is(err, one) {
				return c.status
			}
		}
	}
	if _, ok := errors.AsType[*engine.StoreError](err); ok {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// errBadRequest is the error of an address with a parameter that is none.
var errBadRequest = errors.New("a parameter of the address is wrong")

// The names of the style sheet and of the script change with what is in them, so that a browser
// keeps them for as long as it likes.
var (
	style, styleName   = asset("style.css", svg.StyleSheet(svg.Auto))
	script, scriptName = asset("live.js", "")
	icon, _            = asset("icon.svg", "")
)

// asset reads a file, adds a text, and returns the text with its name.
func asset(name, more string) (text []byte, versioned string) {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the program was built without it
	}
	text = append(text, more...)
	sum := sha256.Sum256(text)
	stem, kind, _ := strings.Cut(name, ".")
	return text, stem + "-" + hex.EncodeToString(sum[:6]) + "." + kind
}

// serveAsset serves the style sheet and the script.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	var text []byte
	switch r.PathValue("file") {
	case styleName:
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		text = style
	case scriptName:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		text = script
	case "icon.svg":
		w.Header().Set("Content-Type", "image/svg+xml")
		text = icon
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = w.Write(text)
}

// pathOf escapes an ARN for the path of an address. It keeps its slashes.
func pathOf(arn string) string {
	parts := strings.Split(arn, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// date writes a time for people, in UTC.
func date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000")
}

// lasted writes a duration for people: "840 ms", "12.3 s", "4 min 7 s", "3 d 2 h".
func lasted(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(max(d.Milliseconds(), 0), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(float64(d.Milliseconds())/1000, 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// count puts the thousands of a number apart: "1,000,000".
func count(digits string) (string, error) {
	if _, err := strconv.ParseInt(digits, 10, 64); err != nil {
		return "", err
	}
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits, nil
}

// classOf returns the class of a status, of an execution, a Map Run or a state.
func classOf(status any) string {
	return strings.ToLower(strings.ReplaceAll(fmt.Sprint(status), "_", "-"))
}

// wordsOf returns a status as people write it: "Timed out".
func wordsOf(status any) string {
	text := strings.ToLower(strings.ReplaceAll(fmt.Sprint(status), "_", " "))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
