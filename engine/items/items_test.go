package items_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/stretchr/testify/require"
)

// read returns the JSON texts of a source's items behind a place, their places, and the
// error that ended them.
func read(t *testing.T, s items.Source, from items.Place) (texts []string, places []items.Place, failed error) {
	t.Helper()
	for i, err := range s.Items(t.Context(), from) {
		if err != nil {
			return texts, places, err
		}
		texts, places = append(texts, value.String(i.Value)), append(places, i.Next)
	}
	return texts, places, nil
}

// resumes checks that reading goes on behind each item as if it had not stopped.
func resumes(t *testing.T, s items.Source) {
	t.Helper()
	all, places, err := read(t, s, items.Place{})
	for i, p := range places {
		require.EqualValues(t, i+1, p.Index)
		rest, _, again := read(t, s, p)
		require.Equal(t, all[i+1:], append([]string{}, rest...), "behind item %d, %+v", i, p)
		require.Equal(t, err, again)
	}
}

// object returns a reader of one object's content.
func object(content string, c items.Config) *items.Reader {
	m := new(objects.Memory)
	m.Put("data", "file", content)
	return &items.Reader{Objects: m, Object: objects.Reference{Bucket: "data", Key: "file"}, Config: c}
}

// gzipped packs a text.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.String()
}

func TestFormats(t *testing.T) {
	first := items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}
	given := items.Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: []string{"a", "b"}}
	delimited := func(by string) items.Config {
		c := given
		c.CSVDelimiter = by
		return c
	}
	asJSON, lines := items.Config{InputType: "JSON"}, items.Config{InputType: "JSONL"}
	at := func(pointer string) items.Config { return items.Config{InputType: "JSON", ItemsPointer: pointer} }
	most := func(c items.Config, n int64) items.Config { c.MaxItems = n; return c }
	tests := []struct {
		name, content string
		config        items.Config
		want          []string
		cause         string
	}{
		{"records are objects of strings", "a,b\n1,true\n", first, []string{`{"a":"1","b":"true"}`}, ""},
		{"a last record without a line feed", "a,b\n1,2", first, []string{`{"a":"1","b":"2"}`}, ""},
		{"carriage returns belong to the line's end", "a,b\r\n1,2\r\n", first, []string{`{"a":"1","b":"2"}`}, ""},
		{"a byte order mark is none of the header", "\ufeffa,b\n1,2\n", first, []string{`{"a":"1","b":"2"}`}, ""},
		{"too few fields and too many", "a,b\n1\n1,2,3\n", first, []string{`{"a":"1","b":""}`, `{"a":"1","b":"2"}`}, ""},
		{"only delimiters", "a,b\n,,,\n", first, []string{`{"a":"","b":""}`}, ""},
		{"only blanks", "a,b\n  \n", first, []string{`{"a":"  ","b":""}`}, ""},
		{"an empty line is no record", "a,b\n\n1,2\n\n", first, []string{`{"a":"1","b":"2"}`}, ""},
		{"an empty string in quotation marks is one", "\"\"\n", given, []string{`{"a":"","b":""}`}, ""},
		{"quotation marks hold what divides", "\"1,\n2\",3\n", given, []string{`{"a":"1,\n2","b":"3"}`}, ""},
		{"doubled quotation marks", "\"a \"\"b\"\" c\",{\"\"k\"\":1}\n", given, []string{`{"a":"a \"b\" c","b":"{\"k\":1}"}`}, ""},
		{"apostrophes are data", "'x',2\n", given, []string{`{"a":"'x'","b":"2"}`}, ""},
		{"backslashes", `C:\\x,1\,2` + "\n" + `\n\"\",\t` + "\n", given, []string{`{"a":"C:\\x","b":"1,2"}`, `{"a":"n\"\"","b":"t"}`}, ""},
		{"pipes", "1|2,\n", delimited("PIPE"), []string{`{"a":"1","b":"2,"}`}, ""},
		{"semicolons", "1;2\n", delimited("SEMICOLON"), []string{`{"a":"1","b":"2"}`}, ""},
		{"spaces", "1 2\n", delimited("SPACE"), []string{`{"a":"1","b":"2"}`}, ""},
		{"tabs", "1\t2\n", delimited("TAB"), []string{`{"a":"1","b":"2"}`}, ""},
		{"no records", "a,b\n", first, nil, ""},
		{"no header", "", first, nil, ""},
		{"a name that stands twice", "a,a\n1,2\n", first, nil, "CSV headers cannot contain duplicates."},
		{"a long header", strings.Repeat("a", 11<<10) + "\n1\n", first, nil, "The header of the CSV file is longer than 10240 bytes."},
		{"bytes that are no UTF-8", "\xff,2\n", given, []string{`{"a":"` + "\ufffd" + `","b":"2"}`}, ""},

		{"elements of an array", ` [1, "a]", {"b": [2]}, [], true ] `, asJSON, []string{"1", `"a]"`, `{"b":[2]}`, "[]", "true"}, ""},
		{"members of an object", `{"a": 1, "b\"": {"c": 2}}`, asJSON, []string{`{"Key":"a","Value":1}`, `{"Key":"b\"","Value":{"c":2}}`}, ""},
		{"an empty array", "[]", asJSON, nil, ""},
		{"a number", "1", asJSON, nil, "Attempting to map over non-iterable node."},
		{"an array that breaks off", "[1, 2", asJSON, []string{"1", "2"}, "The file is no JSON: it ends at byte 5, within a value."},
		{"an array without a comma", "[1 2]", asJSON, []string{"1"}, "The file is no JSON: there is something else at byte 3 than JSON has there."},
		{"a fault in an element", `[1, {"a":}]`, asJSON, []string{"1"}, "The file is no JSON, in the value at byte 4: "},
		{"at a pointer", `{"x": 1, "a/b": {"~": [0, [3, 4]]}}`, at("/a~1b/~0/1"), []string{"3", "4"}, ""},
		{"at a pointer to nothing", `{"a": []}`, at("/b"), nil, "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."},
		{"at a pointer to a number", `{"a": 1}`, at("/a"), nil, "Attempting to map over non-iterable node."},

		{"lines", "1\n\n {\"a\":2} \n", lines, []string{"1", `{"a":2}`}, ""},
		{"a line that is no JSON", "1\n2,\n", lines, []string{"1"}, "The line at byte 2 is no JSON: "},

		{"as many as asked for", "[1,2,3]", most(asJSON, 2), []string{"1", "2"}, ""},
		{"fewer than none", "[1]", most(asJSON, -1), nil, "field MaxItems must be positive"},
		{"more than there can be", "[1]", most(asJSON, 1<<40), []string{"1"}, ""},
		{"no type", "[1]", items.Config{}, nil, "There is no InputType ."},
		{"Parquet without a reader", "PAR1", items.Config{InputType: "PARQUET"}, nil, "The InputType PARQUET needs the module github.com/gostates/gostates/engine/items/parquet, whose Format reads it: no reader of Parquet was given."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := object(test.content, test.config)
			got, _, err := read(t, source, items.Place{})
			require.Equal(t, test.want, got)
			if test.cause == "" {
				require.NoError(t, err)
			} else {
				var failure *items.Error
				require.ErrorAs(t, err, &failure)
				require.Contains(t, failure.Cause, test.cause)
			}
			resumes(t, source)
		})
	}
}

func TestLists(t *testing.T) {
	m := new(objects.Memory)
	for key, content := range map[string]string{"in/": "", "in/a.csv": "1,2\n3,4\n", "in/b.csv": "5,6\n", "other": "x"} {
		m.Put("data", key, content)
	}
	list := func(c items.Config) *items.Reader {
		return &items.Reader{Objects: m, List: true, Object: objects.Reference{Bucket: "data", Key: "in/"}, Config: c}
	}
	t.Run("the objects", func(t *testing.T) {
		var keys []any
		for i, err := range list(items.Config{}).Items(t.Context(), items.Place{}) {
			require.NoError(t, err)
			o := i.Value.(*value.Object)
			require.Equal(t, []string{"Etag", "Key", "LastModified", "Size", "StorageClass"}, o.Keys())
			keys = append(keys, o.At(1).Value)
		}
		require.Equal(t, []any{"in/", "in/a.csv", "in/b.csv"}, keys)
		resumes(t, list(items.Config{}))
	})
	t.Run("what is in them", func(t *testing.T) {
		all := list(items.Config{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: []string{"a", "b"}, Transformation: "LOAD_AND_FLATTEN"})
		got, _, err := read(t, all, items.Place{})
		require.NoError(t, err)
		require.Equal(t, []string{`{"a":"1","b":"2"}`, `{"a":"3","b":"4"}`, `{"a":"5","b":"6"}`}, got)
		resumes(t, all)
		for i, err := range all.Items(t.Context(), items.Place{Index: 2, Mark: `{"file":0,"key":"in/a.csv","inner":"8"}`}) {
			require.NoError(t, err)
			require.Equal(t, "s3://data/in/b.csv", i.Source)
		}
	})
}

func TestManifests(t *testing.T) {
	m := new(objects.Memory)
	m.Put("to", "inv/1.csv.gz", gzipped(t, "\"b\",\"k%201\",\"7\"\n\"b\",\"k2\",\"8\"\n"))
	m.Put("to", "inv/manifest.json", `{"destinationBucket":"arn:aws:s3:::to","fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[{"key":"inv/1.csv.gz"}]}`)
	m.Put("to", "orc.json", `{"fileFormat":"ORC"}`)
	m.Put("to", "broken.json", `{`)
	m.Put("to", "unload", "s3://to/u/1\ns3://to/u/2\n")
	m.Put("to", "u/1", "1\n2\n")
	m.Put("to", "u/2", "3\n")
	m.Put("to", "nowhere", "http://x\n")
	inventory, athena := items.Config{InputType: "MANIFEST"}, items.Config{InputType: "JSONL", ManifestType: "ATHENA_DATA"}
	for _, test := range []struct {
		key    string
		config items.Config
		want   []string
		cause  string
	}{
		{"inv/manifest.json", inventory, []string{`{"Bucket":"b","Key":"k%201","Size":"7"}`, `{"Bucket":"b","Key":"k2","Size":"8"}`}, ""},
		{"orc.json", inventory, nil, `The manifest s3://to/orc.json is of files in the format "ORC"; CSV and Parquet can be read.`},
		{"broken.json", inventory, nil, "The manifest s3://to/broken.json can't be read: "},
		{"unload", athena, []string{"1", "2", "3"}, ""},
		{"nowhere", athena, nil, `names "http://x", which is no address of an object.`},
	} {
		t.Run(test.key, func(t *testing.T) {
			source := &items.Reader{Objects: m, Object: objects.Reference{Bucket: "to", Key: test.key}, Config: test.config}
			got, _, err := read(t, source, items.Place{})
			require.Equal(t, test.want, got)
			if test.cause != "" {
				require.ErrorContains(t, err, test.cause)
			} else {
				require.NoError(t, err)
			}
			resumes(t, source)
		})
	}
}

// TestDamagedArchives: what is packed badly is the items' fault, wherever that shows.
func TestDamagedArchives(t *testing.T) {
	packed := gzipped(t, strings.Repeat("[1]\n", 1000))
	for at := range len(packed) {
		m := new(objects.Memory)
		m.Put("data", "file.gz", packed[:at])
		source := &items.Reader{Objects: m, Object: objects.Reference{Bucket: "data", Key: "file.gz"}, Config: items.Config{InputType: "JSONL"}}
		_, _, err := read(t, source, items.Place{})
		var failure *items.Error
		require.ErrorAs(t, err, &failure, "%d bytes of it", at)
	}
}

func TestMissingObjects(t *testing.T) {
	source := object("", items.Config{InputType: "JSON"})
	source.Object.Key = "other"
	_, _, err := read(t, source, items.Place{})
	var failure *items.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "NoSuchKey: The specified key does not exist.", failure.Cause)
	source.Object.Bucket = "nowhere"
	_, _, err = read(t, source, items.Place{})
	require.ErrorIs(t, err, objects.ErrNoSuchBucket)
}

func TestValues(t *testing.T) {
	array, err := value.Parse(`[1,{"a":2}]`)
	require.NoError(t, err)
	object, err := value.Parse(`{"k":1}`)
	require.NoError(t, err)
	got, _, err := read(t, items.Values(array), items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{"1", `{"a":2}`}, got)
	resumes(t, items.Values(array))
	got, _, err = read(t, items.Values(object), items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{`{"Key":"k","Value":1}`}, got)
	_, _, err = read(t, items.Values("text"), items.Place{})
	require.EqualError(t, err, "Attempting to map over non-iterable node.")
}

func TestSeq(t *testing.T) {
	type row struct {
		ID int `json:"id"`
	}
	lost := errors.New("connection lost")
	rows := func(n int, end error) items.Source {
		return items.Seq("rows", func(context.Context) iter.Seq2[row, error] {
			return func(yield func(row, error) bool) {
				for i := range n {
					if !yield(row{i}, nil) {
						return
					}
				}
				if end != nil {
					yield(row{}, end)
				}
			}
		})
	}
	got, _, err := read(t, rows(2, nil), items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{`{"id":0}`, `{"id":1}`}, got)
	resumes(t, rows(3, nil))
	_, _, err = read(t, rows(1, lost), items.Place{})
	require.ErrorIs(t, err, lost)
	var failure *items.Error
	require.NotErrorAs(t, err, &failure, "it may be tried again")
	_, _, err = read(t, items.Seq("f", func(context.Context) iter.Seq2[func(), error] {
		return func(yield func(func(), error) bool) { yield(func() {}, nil) }
	}), items.Place{})
	require.ErrorAs(t, err, &failure)
	require.Contains(t, failure.Cause, "item 0 is no JSON")
}

// TestSeqFrom: a source that can go on in the middle is told where, and one that can't is
// read again up to there without its items being converted.
func TestSeqFrom(t *testing.T) {
	var asked []int64
	squares := items.SeqFrom("squares", func(_ context.Context, from int64) iter.Seq2[int64, error] {
		asked = append(asked, from)
		return func(yield func(int64, error) bool) {
			for i := from; i < 4 && yield(i*i, nil); i++ {
			}
		}
	})
	got, _, err := read(t, squares, items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1", "4", "9"}, got)
	resumes(t, squares)
	require.Equal(t, []int64{0, 0, 1, 2, 3, 4}, asked)

	// Two items that are no JSON come first: who has read them does not stumble over them.
	mixed := items.Seq("mixed", func(context.Context) iter.Seq2[any, error] {
		return func(yield func(any, error) bool) {
			for _, v := range []any{func() {}, func() {}, "a", "b"} {
				if !yield(v, nil) {
					return
				}
			}
		}
	})
	got, places, err := read(t, mixed, items.Place{Index: 2})
	require.NoError(t, err)
	require.Equal(t, []string{`"a"`, `"b"`}, got)
	require.Equal(t, []items.Place{{Index: 3}, {Index: 4}}, places)
	_, _, err = read(t, mixed, items.Place{Index: 9})
	require.NoError(t, err, "fewer items than there were")
}

// TestSeqOfChannel: a channel is a source that goes on by itself, for as long as it is there.
func TestSeqOfChannel(t *testing.T) {
	channel := make(chan string, 3)
	for _, text := range []string{"a", "b", "c"} {
		channel <- text
	}
	close(channel)
	source := items.SeqFrom("channel", func(context.Context, int64) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for text := range channel {
				if !yield(text, nil) {
					return
				}
			}
		}
	})
	var place items.Place
	for i, err := range source.Items(t.Context(), place) {
		require.NoError(t, err)
		require.Equal(t, "a", i.Value)
		place = i.Next
		break
	}
	got, _, err := read(t, source, place)
	require.NoError(t, err)
	require.Equal(t, []string{`"b"`, `"c"`}, got)
}

// FuzzFormats reads anything as every format: it ends, and reading on behind each item gives
// the rest.
func FuzzFormats(f *testing.F) {
	for _, seed := range []string{"a,b\n1,\"2\n\"\n\\,", `{"a":[1,{"b":"]"}]}`, "[1,2]", "1\n{}\n", "\ufeff[", `"\`} {
		f.Add(seed, "CSV", "")
		f.Add(seed, "JSON", "/a")
		f.Add(seed, "JSONL", "")
	}
	f.Fuzz(func(t *testing.T, content, kind, pointer string) {
		source := object(content, items.Config{InputType: kind, ItemsPointer: pointer, CSVHeaderLocation: "FIRST_ROW"})
		resumes(t, source)
	})
}

// asked is a store that notes which account must own what is asked for.
type asked struct {
	objects.Reader
	owners map[string]string // by bucket and key
}

func (a asked) Open(ctx context.Context, r objects.Reference, from int64) (io.ReadCloser, error) {
	a.owners[r.Bucket+"/"+r.Key] = r.ExpectedBucketOwner
	return a.Reader.Open(ctx, r, from)
}

func (a asked) List(ctx context.Context, in objects.Reference, after string) iter.Seq2[objects.Object, error] {
	a.owners[in.Bucket+"/"+in.Key] = in.ExpectedBucketOwner
	return a.Reader.List(ctx, in, after)
}

// TestOwner: the account that must own a bucket must own it for all that is in there.
func TestOwner(t *testing.T) {
	m := new(objects.Memory)
	m.Put("a", "in/1", "1\n")
	m.Put("b", "2", "2\n")
	m.Put("a", "manifest", "s3://a/in/1\ns3://b/2\n")
	for _, c := range []struct {
		reader items.Reader
		want   map[string]string
	}{
		{items.Reader{Object: objects.Reference{Key: "in/1"}, Config: items.Config{InputType: "JSONL"}}, map[string]string{"a/in/1": "owner"}},
		{items.Reader{Object: objects.Reference{Key: "in/"}, List: true}, map[string]string{"a/in/": "owner"}},
		{items.Reader{Object: objects.Reference{Key: "in/"}, List: true, Config: items.Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN"}}, map[string]string{"a/in/": "owner", "a/in/1": "owner"}},
		{items.Reader{Object: objects.Reference{Key: "manifest"}, Config: items.Config{InputType: "JSONL", ManifestType: "ATHENA_DATA"}}, map[string]string{"a/manifest": "owner", "a/in/1": "owner", "b/2": ""}},
	} {
		store := asked{m, map[string]string{}}
		c.reader.Objects, c.reader.Object.Bucket, c.reader.Object.ExpectedBucketOwner = store, "a", "owner"
		_, _, err := read(t, &c.reader, items.Place{})
		require.NoError(t, err)
		require.Equal(t, c.want, store.owners)
	}
}
