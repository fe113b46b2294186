package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	pq "github.com/gostates/gostates/engine/items/parquet"
	"github.com/gostates/gostates/engine/objects"
)

// file writes rows, so many in each row group.
func file[T any](t testing.TB, perGroup int, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	for i, row := range rows {
		_, err := w.Write([]T{row})
		require.NoError(t, err)
		if (i+1)%perGroup == 0 {
			require.NoError(t, w.Flush())
		}
	}
	require.NoError(t, w.Close())
	return b.String()
}

// reader returns a reader of one file.
func reader(content string) *items.Reader {
	m := new(objects.Memory)
	m.Put("data", "f.parquet", content)
	return &items.Reader{
		Objects: m, Object: objects.Reference{Bucket: "data", Key: "f.parquet"},
		Config: items.Config{InputType: "PARQUET"}, Parquet: pq.Format{},
	}
}

// read returns the items behind a place as texts, their places, and the error at their end.
func read(t testing.TB, s items.Source, from items.Place) (texts []string, places []items.Place, failed error) {
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
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for i, p := range places {
		require.EqualValues(t, i+1, p.Index)
		rest, _, err := read(t, s, p)
		require.NoError(t, err)
		require.Equal(t, all[i+1:], append([]string{}, rest...), "behind item %d, %+v", i, p)
	}
}

type order struct {
	ID    int64             `parquet:"id"`
	Name  *string           `parquet:"name,optional"`
	Lines []line            `parquet:"lines,list"`
	Tags  map[string]string `parquet:"tags"`
	Notes []string          `parquet:"notes"`
}

type line struct {
	SKU    string  `parquet:"sku"`
	Prices []int32 `parquet:"prices,list"`
}

// orders are rows that have little in common.
func orders(n int) []order {
	all := make([]order, n)
	for i := range all {
		all[i] = order{ID: int64(i), Tags: map[string]string{}}
		if name := fmt.Sprint("n", i); i%3 == 0 {
			all[i].Name = &name
		}
		for j := range i % 4 {
			l := line{SKU: strings.Repeat("x", j)}
			for k := range (i + j) % 3 {
				l.Prices = append(l.Prices, int32(k))
			}
			all[i].Lines, all[i].Notes = append(all[i].Lines, l), append(all[i].Notes, l.SKU)
		}
		if i%2 == 1 {
			all[i].Tags["k"] = fmt.Sprint(i)
		}
	}
	return all
}

func TestRows(t *testing.T) {
	source := reader(file(t, 3, orders(8)))
	got, places, err := read(t, source, items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{
		`{"id":0,"name":"n0","lines":[],"tags":{},"notes":[]}`,
		`{"id":1,"name":null,"lines":[{"sku":"","prices":[0]}],"tags":{"k":"1"},"notes":[""]}`,
		`{"id":2,"name":null,"lines":[{"sku":"","prices":[0,1]},{"sku":"x","prices":[]}],"tags":{},"notes":["","x"]}`,
		`{"id":3,"name":"n3","lines":[{"sku":"","prices":[]},{"sku":"x","prices":[0]},{"sku":"xx","prices":[0,1]}],"tags":{"k":"3"},"notes":["","x","xx"]}`,
		`{"id":4,"name":null,"lines":[],"tags":{},"notes":[]}`,
		`{"id":5,"name":null,"lines":[{"sku":"","prices":[0,1]}],"tags":{"k":"5"},"notes":[""]}`,
		`{"id":6,"name":"n6","lines":[{"sku":"","prices":[]},{"sku":"x","prices":[0]}],"tags":{},"notes":["","x"]}`,
		`{"id":7,"name":null,"lines":[{"sku":"","prices":[0]},{"sku":"x","prices":[0,1]},{"sku":"xx","prices":[]}],"tags":{"k":"7"},"notes":["","x","xx"]}`,
	}, got)
	require.Equal(t, items.Place{Index: 4, Mark: "1:1"}, places[3])
	require.Equal(t, "s3://data/f.parquet", func() string {
		for i := range source.Items(t.Context(), items.Place{}) {
			return i.Source
		}
		return ""
	}())
}

// TestResumes: reading goes on behind every row, whatever its group, page or codec.
func TestResumes(t *testing.T) {
	want, _, err := read(t, reader(file(t, 50, orders(40), parquet.Compression(&parquet.Uncompressed))), items.Place{})
	require.NoError(t, err)
	for name, options := range map[string][]parquet.WriterOption{
		"plain": nil, "small pages": {parquet.PageBufferSize(64)},
		"snappy": {parquet.Compression(&parquet.Snappy)}, "gzip": {parquet.Compression(&parquet.Gzip)}, "zstd": {parquet.Compression(&parquet.Zstd)},
		"first version": {parquet.DataPageVersion(1), parquet.PageBufferSize(64)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, perGroup := range []int{1, 15, 50} {
				source := reader(file(t, perGroup, orders(40), options...))
				got, _, err := read(t, source, items.Place{})
				require.NoError(t, err)
				require.Equal(t, want, got)
				resumes(t, source)
			}
		})
	}
	empty, _, err := read(t, reader(file[order](t, 1, nil)), items.Place{})
	require.NoError(t, err)
	require.Empty(t, empty)
	limited := reader(file(t, 3, orders(8)))
	limited.Config.MaxItems = 2
	got, _, err := read(t, limited, items.Place{Index: 1, Mark: "0:1"})
	require.NoError(t, err)
	require.Len(t, got, 1)
}

// TestLongTexts: what packs well and what doesn't is the same behind every codec.
func TestLongTexts(t *testing.T) {
	type row struct {
		Text string `parquet:"text"`
	}
	var rows []row
	var want []string
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		text := strings.Repeat("a", i*i%5_000)
		for range i * 7 % 900 {
			text += string(rune('!' + noise.IntN(90)))
		}
		rows, want = append(rows, row{text}), append(want, value.String(value.NewObject(value.Member{Key: "text", Value: text})))
	}
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd} {
		for _, page := range []int{100, 1 << 20} {
			for _, version := range []int{1, 2} {
				source := reader(file(t, 200, rows, parquet.Compression(codec), parquet.PageBufferSize(page), parquet.DataPageVersion(version)))
				got, _, err := read(t, source, items.Place{})
				require.NoError(t, err)
				require.Equal(t, want, got, "%v %d %d", codec, page, version)
			}
		}
	}
}

func TestMarks(t *testing.T) {
	for _, mark := range []string{"x", "1", "-1:0", "0:-1", "0:x"} {
		_, _, err := read(t, reader(file(t, 3, orders(8))), items.Place{Index: 1, Mark: mark})
		require.EqualError(t, err, fmt.Sprintf("The place %q is none in a Parquet file.", mark))
	}
	for _, mark := range []string{"0:8", "1:99", "9:0"} {
		got, _, err := read(t, reader(file(t, 8, orders(8))), items.Place{Index: 1, Mark: mark})
		require.NoError(t, err, "behind the end")
		require.Empty(t, got)
	}
}

// TestSeveralFiles: lists and manifests lead to Parquet files as to others.
func TestSeveralFiles(t *testing.T) {
	type row struct {
		Bucket string `parquet:"bucket"`
		Size   int64  `parquet:"size"`
	}
	m := new(objects.Memory)
	for i := range 3 {
		rows := []row{{"b", int64(2 * i)}, {"b", int64(2*i + 1)}}
		m.Put("to", fmt.Sprintf("data/%d", i), file(t, 1, rows))
	}
	m.Put("to", "inventory.json", `{"destinationBucket":"arn:aws:s3:::to","fileFormat":"Parquet","fileSchema":"message s3.inventory {}","files":[{"key":"data/0"},{"key":"data/1"},{"key":"data/2"}]}`)
	m.Put("to", "unload-manifest.csv", "s3://to/data/0\ns3://to/data/1\ns3://to/data/2\n")
	for name, r := range map[string]*items.Reader{
		"LOAD_AND_FLATTEN": {List: true, Object: objects.Reference{Bucket: "to", Key: "data/"}, Config: items.Config{InputType: "PARQUET", Transformation: "LOAD_AND_FLATTEN"}},
		"inventory":        {Object: objects.Reference{Bucket: "to", Key: "inventory.json"}, Config: items.Config{InputType: "MANIFEST"}},
		"Athena":           {Object: objects.Reference{Bucket: "to", Key: "unload-manifest.csv"}, Config: items.Config{InputType: "PARQUET", ManifestType: "ATHENA_DATA"}},
	} {
		t.Run(name, func(t *testing.T) {
			r.Objects, r.Parquet = m, pq.Format{}
			got, _, err := read(t, r, items.Place{})
			require.NoError(t, err)
			require.Len(t, got, 6)
			require.Equal(t, `{"bucket":"b","size":5}`, got[5])
			resumes(t, r)
			r.Parquet = nil
			_, _, err = read(t, r, items.Place{})
			require.ErrorContains(t, err, "needs the module github.com/gostates/gostates/engine/items/parquet")
		})
	}
}

// counting is a store that counts the bytes that are read.
type counting struct {
	objects.RandomReader
	bytes int
}

type countingFile struct {
	objects.File
	store *counting
}

func (c *counting) OpenFile(ctx context.Context, r objects.Reference) (objects.File, error) {
	f, err := c.RandomReader.OpenFile(ctx, r)
	return countingFile{f, c}, err
}

func (f countingFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	f.store.bytes += n
	return n, err
}

// TestReadsParts: of a file with many row groups only those that are asked for are read.
func TestReadsParts(t *testing.T) {
	type row struct {
		Numbers []int64 `parquet:"numbers,plain"`
	}
	rows := make([]row, 40)
	for i := range rows {
		rows[i].Numbers = make([]int64, 20_000)
	}
	content := file(t, 1, rows, parquet.Compression(&parquet.Uncompressed))
	source := reader(content)
	store := &counting{RandomReader: source.Objects.(*objects.Memory)}
	source.Objects = store
	for range source.Items(t.Context(), items.Place{}) {
		break
	}
	require.Less(t, store.bytes, len(content)/10)
	store.bytes = 0
	rest, _, err := read(t, source, items.Place{Index: 38, Mark: "37:1"})
	require.NoError(t, err)
	require.Len(t, rest, 2)
	require.Less(t, store.bytes, len(content)/5)
}

// TestMemory: what is in memory doesn't grow as a file is read.
func TestMemory(t *testing.T) {
	type row struct {
		Numbers []int64 `parquet:"numbers,plain"`
	}
	rows := make([]row, 3_000)
	for i := range rows {
		rows[i].Numbers = make([]int64, 1_000)
	}
	source := reader(file(t, 100, rows, parquet.Compression(&parquet.Uncompressed), parquet.PageBufferSize(64<<10)))
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var first uint64
	n := 0
	for _, err := range source.Items(t.Context(), items.Place{}) {
		require.NoError(t, err)
		switch n++; n {
		case 300:
			first = live()
		case 2_900:
			require.Less(t, live(), first+1<<20)
		}
	}
	require.Equal(t, 3_000, n)
}

// TestDamaged: a file that is damaged anywhere is the items' fault or is not noticed, and
// nothing worse.
func TestDamaged(t *testing.T) {
	content := file(t, 2, orders(4), parquet.Compression(&parquet.Snappy))
	check := func(content string) {
		_, _, err := read(t, reader(content), items.Place{})
		if failure := (*items.Error)(nil); err != nil {
			require.ErrorAs(t, err, &failure)
			require.Contains(t, failure.Cause, "s3://data/f.parquet can't be read as Parquet: ")
		}
	}
	for at := range len(content) {
		check(content[:at])
		for _, with := range []byte{0xff, content[at] ^ 1} {
			check(content[:at] + string(with) + content[at+1:])
		}
	}
	for text, want := range map[string]string{
		"": "it has 0 bytes", "PAR1": "it has 4 bytes", "[1,2,3,4,5,6,7]": "it does not end as one", "PAR1 .... PARE": "it is encrypted",
	} {
		_, _, err := read(t, reader(text), items.Place{})
		require.EqualError(t, err, "s3://data/f.parquet can't be read as Parquet: "+want)
	}
}

func TestLimits(t *testing.T) {
	content := file(t, 8, orders(8))
	source := reader(content)
	source.Parquet = pq.Format{MaxRowGroup: 10}
	_, _, err := read(t, source, items.Place{})
	require.ErrorContains(t, err, "row group 0 has ")
	require.ErrorContains(t, err, "at most 10 are read")
	_, _, err = read(t, reader(file(t, 8, orders(8), parquet.Compression(&parquet.Lz4Raw))), items.Place{})
	require.ErrorContains(t, err, "column id is packed by LZ4_RAW; SNAPPY, GZIP and ZSTD are read")
	long := binary.LittleEndian.AppendUint32([]byte("PAR1"), 5<<20+1)
	_, _, err = read(t, reader(string(long)+"PAR1"), items.Place{})
	require.ErrorContains(t, err, "its footer has 5242881 bytes, and at most 5242880 are read")
}

// broken is a store whose objects fail behind a byte.
type broken struct {
	objects.RandomReader
	behind int64
	err    error
}

type brokenFile struct {
	objects.File
	store broken
}

func (b broken) OpenFile(ctx context.Context, r objects.Reference) (objects.File, error) {
	f, err := b.RandomReader.OpenFile(ctx, r)
	return brokenFile{f, b}, err
}

func (f brokenFile) ReadAt(p []byte, at int64) (int, error) {
	if at >= f.store.behind {
		return 0, f.store.err
	}
	return f.File.ReadAt(p, at)
}

// TestStoreErrors: what the store says is the cause, wherever it says it.
func TestStoreErrors(t *testing.T) {
	refused := &objects.Error{Code: "AccessDenied", Message: "Access Denied"}
	content := file(t, 3, orders(8))
	for _, behind := range []int{0, 4, len(content) - 8, len(content) - 100} {
		source := reader(content)
		source.Objects = broken{source.Objects.(*objects.Memory), int64(behind), refused}
		_, _, err := read(t, source, items.Place{})
		failure, ok := errors.AsType[*items.Error](err)
		require.True(t, ok)
		require.Equal(t, "AccessDenied: Access Denied", failure.Cause)
	}
	source := reader(content)
	source.Object.Key = "other"
	_, _, err := read(t, source, items.Place{})
	require.ErrorIs(t, err, objects.ErrNoSuchKey)
}

func BenchmarkRows(b *testing.B) {
	type row struct {
		ID     int64   `parquet:"id"`
		Name   string  `parquet:"name"`
		City   string  `parquet:"city"`
		Amount float64 `parquet:"amount"`
		Paid   bool    `parquet:"paid"`
	}
	rows := make([]row, 100_000)
	for i := range rows {
		rows[i] = row{int64(i), fmt.Sprint("name ", i), "Berlin", float64(i) / 4, i%2 == 0}
	}
	source := reader(file(b, 25_000, rows))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, err := range source.Items(b.Context(), items.Place{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
