package items_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
)

// TestHostile: inputs that nobody means well with end with a clear error, or mean what they
// say, and are read on behind each item either way.
func TestHostile(t *testing.T) {
	csv := items.Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: []string{"a", "b"}}
	first := items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}
	asJSON, lines := items.Config{InputType: "JSON"}, items.Config{InputType: "JSONL"}
	at := func(pointer string) items.Config { return items.Config{InputType: "JSON", ItemsPointer: pointer} }
	long := strings.Repeat("x", 10<<20)
	const mega = 17 << 20
	for _, c := range []struct {
		name, content string
		config        items.Config
		want          []string
		cause         string
	}{
		{"a line of 10 MB", long + ",2\n3,4\n", csv, []string{`{"a":"` + long + `","b":"2"}`, `{"a":"3","b":"4"}`}, ""},
		{"a line of 17 MB", strings.Repeat("x", mega) + "\n", csv, nil, "A record of the CSV file is longer than 16777216 bytes."},
		{"17 MB of delimiters", strings.Repeat(",", mega) + "\n", csv, nil, "A record of the CSV file is longer than 16777216 bytes."},
		{"17 MB of quotation marks", strings.Repeat(`"`, mega) + "\n", csv, nil, "A record of the CSV file is longer than 16777216 bytes."},
		{"17 MB of line feeds", strings.Repeat("\n", mega) + "1\n", csv, []string{`{"a":"1","b":""}`}, ""},
		{"a quotation mark that is never closed", "1,\"2\n3,4\n5", csv, []string{`{"a":"1","b":"2\n3,4\n5"}`}, ""},
		{"a quotation mark that is never closed in 17 MB", "1,2\n\"" + strings.Repeat("x\n", mega/2), csv, []string{`{"a":"1","b":"2"}`}, "A record of the CSV file is longer than 16777216 bytes."},
		{"a backslash at the end", `1,2\`, csv, []string{`{"a":"1","b":"2"}`}, ""},
		{"a carriage return in quotation marks", "\"1\r\",\"2\r\"\r\n", csv, []string{`{"a":"1\r","b":"2\r"}`}, ""},
		{"carriage returns alone", "1,2\r3,4", csv, []string{`{"a":"1","b":"2\r3"}`}, ""},
		{"several carriage returns", "1,2\r\r\n", csv, []string{`{"a":"1","b":"2\r"}`}, ""},
		{"empty lines of Windows", "\r\n1\r\n\r\n", csv, []string{`{"a":"1","b":""}`}, ""},
		{"zero bytes", "\x00,\x00\n", csv, []string{`{"a":"\u0000","b":"\u0000"}`}, ""},
		{"broken characters", "\xff\xfe,\xe2\x82x\n\xf0\x9f\x98,\xc3(\xed\xa0\x80\n", csv, []string{`{"a":"` + "\ufffd\ufffd" + `","b":"` + "\ufffd" + `x"}`, `{"a":"` + "\ufffd" + `","b":"` + "\ufffd(\ufffd\ufffd\ufffd" + `"}`}, ""},
		{"broken characters in quotation marks", "\"\xe2\x82\",\"ä\"\n", csv, []string{`{"a":"` + "\ufffd" + `","b":"ä"}`}, ""},
		{"a header that is too long in quotation marks", `"` + strings.Repeat("a\n", 6<<10) + "\"\n1\n", first, nil, "The header of the CSV file is longer than 10240 bytes."},
		{"a header that is as long as it may be", "\ufeff" + strings.Repeat("a", 10<<10) + "\r\n1\n", first, []string{`{"` + strings.Repeat("a", 10<<10) + `":"1"}`}, ""},
		{"a byte order mark within", "1\n\ufeff2\n", csv, []string{`{"a":"1","b":""}`, `{"a":"` + "\ufeff" + `2","b":""}`}, ""},
		{"a mark, and nothing else", "\ufeff", first, nil, ""},

		{"brackets 100,000 deep", `[1,` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`, asJSON, []string{"1"}, "nested deeper than 1000"},
		{"brackets that are never closed", `[1,` + strings.Repeat("[", 100_000), asJSON, []string{"1"}, "it ends at byte 100003, within a value"},
		{"brackets closed by others", `[[1},2]`, asJSON, nil, "The file is no JSON, in the value at byte 1: "},
		{"a string of 17 MB", `[1,"` + strings.Repeat("x", mega) + `"]`, asJSON, []string{"1"}, "An item is longer than 16777216 bytes."},
		{"a string that is never closed", `[1,"\"`, asJSON, []string{"1"}, "it ends at byte 6, within a value"},
		{"a number of 1,000 digits", `[` + strings.Repeat("9", 1_000) + `,1]`, asJSON, []string{strings.Repeat("9", 1_000), "1"}, ""},
		{"a number out of range", `[1e400,-1e-400,1]`, asJSON, []string{"1e400", "-0.0", "1"}, ""},
		{"bytes that are no UTF-8", "[1,\"\xff\"]", asJSON, []string{"1"}, "The file is no JSON, in the value at byte 3: "},
		{"two documents", "[1] [2]", asJSON, []string{"1"}, "something else at byte 4"},
		{"a bracket too many", "[1]]", asJSON, []string{"1"}, "something else at byte 3"},
		{"nothing behind a comma", "[1,]", asJSON, []string{"1"}, "The file is no JSON, in the value at byte 3: "},
		{"nothing before a comma", "[,1]", asJSON, nil, "The file is no JSON, in the value at byte 1: "},
		{"a name that is none", "{1:2}", asJSON, nil, "something else at byte 1"},
		{"a name without a value", `{"a"}`, asJSON, nil, "something else at byte 4"},
		{"a key that stands twice", `{"a":1,"a":2}`, asJSON, []string{`{"Key":"a","Value":1}`, `{"Key":"a","Value":2}`}, ""},
		{"a mark before JSON", "\ufeff[1,2]", asJSON, []string{"1", "2"}, ""},
		{"nothing", "", asJSON, nil, "it ends at byte 0"},
		{"white space", " \n\t\r ", asJSON, nil, "it ends at byte 5"},
		{"a pointer past what is deep", `{"x":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `,"a":[1]}`, at("/a"), []string{"1"}, ""},
		{"a pointer past what is no JSON", `{"x": tru}{, "a":[1]}`, at("/a"), nil, "does not match any valid path"},
		{"a pointer into a string", `{"a":"[1]"}`, at("/a/0"), nil, "does not match any valid path"},
		{"a pointer that is none", `{"a":[1]}`, at("a"), nil, "does not match any valid path"},
		{"a pointer behind the end of an array", `[[1]]`, at("/1"), nil, "does not match any valid path"},
		{"a pointer with a zero before the number", `[[0],[1]]`, at("/01"), nil, "does not match any valid path"},
		{"what is behind the items of a pointer", `{"a":[1] x`, at("/a"), []string{"1"}, ""},

		{"a line of JSON with 17 MB", "1\n" + strings.Repeat(" ", mega) + "2\n", lines, []string{"1"}, "A line is longer than 16777216 bytes."},
		{"lines of Windows", "\ufeff1\r\n\r\n2\r\n", lines, []string{"1", "2"}, ""},
		{"two values in a line", "1 2\n", lines, nil, "The line at byte 0 is no JSON: "},
		{"brackets in a line 5,000 deep", "1\n" + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + "\n", lines, []string{"1"}, "nested deeper than 1000"},
		{"other white space in a line", "1\n\u00a0\n", lines, []string{"1"}, "The line at byte 2 is no JSON: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := object(c.content, c.config)
			got, _, err := read(t, source, items.Place{})
			require.Equal(t, len(c.want), len(got))
			for i := range got {
				require.True(t, c.want[i] == got[i], "item %d is %.100s", i, got[i])
			}
			if c.cause == "" {
				require.NoError(t, err)
			} else {
				var failure *items.Error
				require.ErrorAs(t, err, &failure)
				require.Contains(t, failure.Cause, c.cause)
			}
			if len(c.content) < 1<<20 {
				resumes(t, source)
			}
		})
	}
}

// A slow store hands contents on as a connection may: byte by byte, halves, or the last bytes
// together with the end.
type slow struct {
	objects.Reader
	by func(io.Reader) io.Reader
}

func (s slow) Open(ctx context.Context, r objects.Reference, from int64) (io.ReadCloser, error) {
	content, err := s.Reader.Open(ctx, r, from)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{s.by(content), content}, nil
}

// TestChunks: what is read doesn't depend on how the bytes come.
func TestChunks(t *testing.T) {
	record := "\"a \"\"b\"\" " + strings.Repeat("ä", 300) + "\",\\\\,plain\r\n"
	csv := "one,two,three\n" + strings.Repeat(record+"1,2,3\n\n", 200)
	element := `{"a\"": ["]", "\\", ` + strings.Repeat("1,", 300) + `2]}`
	array := "[" + strings.Repeat(element+" , \n", 200) + "null]"
	for name, source := range map[string]*items.Reader{
		"CSV":    object(csv, items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}),
		"JSON":   object(array, items.Config{InputType: "JSON"}),
		"object": object(`{"x": `+array+`, "items": {"k": `+array+`, "l": 1}}`, items.Config{InputType: "JSON", ItemsPointer: "/items/k"}),
		"JSONL":  object(strings.Repeat(element+"\n \n", 200), items.Config{InputType: "JSONL"}),
	} {
		want, _, err := read(t, source, items.Place{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(want), 200)
		store := source.Objects
		for how, by := range map[string]func(io.Reader) io.Reader{"byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader, "the end with the last": iotest.DataErrReader} {
			source.Objects = slow{store, by}
			got, places, err := read(t, source, items.Place{})
			require.NoError(t, err, "%s %s", name, how)
			require.Equal(t, want, got, "%s %s", name, how)
			rest, _, err := read(t, source, places[100])
			require.NoError(t, err)
			require.Equal(t, want[101:], rest, "%s %s", name, how)
		}
	}
}

// TestPackedResumes: reading goes on behind each item of an archive, too.
func TestPackedResumes(t *testing.T) {
	m := new(objects.Memory)
	m.Put("data", "rows.csv.gz", gzipped(t, "a,b\n1,\"2\n3\"\n4,5\n6,7\n"))
	m.Put("data", "rows.json.gz", gzipped(t, `{"a":[1,[2],{"b":3}]}`))
	m.Put("data", "two.jsonl.gz", gzipped(t, "1\n2\n")+gzipped(t, "3\n"))
	for key, config := range map[string]items.Config{
		"rows.csv.gz": {InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}, "rows.json.gz": {InputType: "JSON", ItemsPointer: "/a"}, "two.jsonl.gz": {InputType: "JSONL"},
	} {
		source := &items.Reader{Objects: m, Object: objects.Reference{Bucket: "data", Key: key}, Config: config}
		got, _, err := read(t, source, items.Place{})
		require.NoError(t, err)
		require.Len(t, got, 3)
		resumes(t, source)
	}
}

// TestManifestsOfThemselves: a manifest that names itself is a file like others.
func TestManifestsOfThemselves(t *testing.T) {
	m := new(objects.Memory)
	m.Put("to", "manifest.json", `{"fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"manifest.json"}]}`)
	m.Put("to", "unload", "s3://to/unload\n")
	m.Put("to", "empty.json", `{"fileFormat":"CSV","fileSchema":"Bucket, Key","files":[]}`)
	m.Put("to", "gone.json", `{"fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"gone"}]}`)
	m.Put("to", "twice.json", `{"fileFormat":"CSV","fileSchema":"Key, Key","files":[{"key":"unload"}]}`)
	for _, c := range []struct {
		key    string
		config items.Config
		want   int
		cause  string
	}{
		{"manifest.json", items.Config{InputType: "MANIFEST"}, 1, ""},
		{"unload", items.Config{InputType: "CSV", ManifestType: "ATHENA_DATA", CSVHeaderLocation: "GIVEN", CSVHeaders: []string{"a"}}, 1, ""},
		{"unload", items.Config{InputType: "JSONL", ManifestType: "ATHENA_DATA"}, 0, "The line at byte 0 is no JSON"},
		{"unload", items.Config{InputType: "MANIFEST", ManifestType: "ATHENA_DATA"}, 0, "needs the InputType of its files"},
		{"empty.json", items.Config{ManifestType: "S3_INVENTORY"}, 0, ""},
		{"gone.json", items.Config{InputType: "MANIFEST"}, 0, "NoSuchKey: The specified key does not exist."},
		{"twice.json", items.Config{InputType: "MANIFEST"}, 0, "CSV headers cannot contain duplicates."},
	} {
		source := &items.Reader{Objects: m, Object: objects.Reference{Bucket: "to", Key: c.key}, Config: c.config}
		got, _, err := read(t, source, items.Place{})
		require.Len(t, got, c.want, c.key)
		if c.cause == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.cause)
		}
		resumes(t, source)
	}
}

// endless is a store whose only object repeats a text so often, and whose list is as long.
type endless struct {
	head, text string
	times      int
}

func (e endless) Open(context.Context, objects.Reference, int64) (io.ReadCloser, error) {
	if e.text == "" {
		return io.NopCloser(strings.NewReader(e.head)), nil
	}
	return io.NopCloser(io.MultiReader(strings.NewReader(e.head), &repeated{e.text, e.times, 0})), nil
}

func (e endless) List(_ context.Context, in objects.Reference, _ string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for i := range e.times {
			if !yield(objects.Object{Key: fmt.Sprintf("%s%09d", in.Key, i), Size: 1, LastModified: time.Unix(0, 0)}, nil) {
				return
			}
		}
	}
}

type repeated struct {
	text  string
	times int
	at    int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.times > 0 {
		copied := copy(p[n:], r.text[r.at:])
		n += copied
		if r.at += copied; r.at >= len(r.text) {
			r.at, r.times = 0, r.times-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestMemory: what is in memory doesn't grow with the source.
func TestMemory(t *testing.T) {
	row := strings.Repeat("x", 999)
	for name, c := range map[string]struct {
		store  endless
		config items.Config
		list   bool
	}{
		"CSV":              {endless{"a,b\n", row + ",\n", 100_000}, items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}, false},
		"JSONL":            {endless{"", `"` + row + "\"\n", 100_000}, items.Config{InputType: "JSONL"}, false},
		"JSON":             {endless{"[1", `,"` + row + `"`, 99_999}, items.Config{InputType: "JSON"}, false},
		"list":             {endless{times: 1_000_000}, items.Config{}, true},
		"LOAD_AND_FLATTEN": {endless{"[1]\n", "", 100_000}, items.Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			live := func() uint64 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			source := &items.Reader{Objects: c.store, List: c.list, Object: objects.Reference{Bucket: "b", Key: "k"}, Config: c.config}
			var first, n uint64
			for _, err := range source.Items(t.Context(), items.Place{}) {
				if err != nil { // the JSON array is not closed
					require.ErrorContains(t, err, "it ends at byte")
					break
				}
				switch n++; n {
				case 100:
					first = live()
				case 90_000:
					require.Less(t, live(), first+1<<20)
				}
			}
			require.GreaterOrEqual(t, n, uint64(c.store.times))
		})
	}
}
