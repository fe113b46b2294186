package items_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
)

// failing is a store that fails: when an object is opened, in the middle of its content, or
// in the middle of a list.
type failing struct{ opening, reading, listing error }

func (f failing) Open(_ context.Context, r objects.Reference, _ int64) (io.ReadCloser, error) {
	if f.opening != nil {
		return nil, f.opening
	}
	text := `[1,`
	if strings.HasSuffix(r.Key, ".gz") {
		text = "\x1f\x8b\x08"
	}
	return io.NopCloser(io.MultiReader(strings.NewReader(text), iotest.ErrReader(f.reading))), nil
}

func (f failing) List(_ context.Context, in objects.Reference, _ string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		if f.listing == nil || yield(objects.Object{Key: in.Key + "a", Size: 3}, nil) {
			yield(objects.Object{}, f.listing)
		}
	}
}

// TestStoreErrors: whatever a store reports is the items' fault, in the store's words.
func TestStoreErrors(t *testing.T) {
	refused := &objects.Error{Code: "AccessDenied", Message: "Access Denied", Err: errors.New("https response error StatusCode: 403")}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"refused":        {refused, "AccessDenied: Access Denied"},
		"wrapped":        {errors.Join(errors.New("x"), refused), "AccessDenied: Access Denied"},
		"without words":  {&objects.Error{Code: "MovedPermanently"}, "MovedPermanently"},
		"no such bucket": {objects.ErrNoSuchBucket, "NoSuchBucket: The specified bucket does not exist"},
		"of a file":      {&fs.PathError{Op: "open", Path: "b/k", Err: fs.ErrPermission}, "open b/k: permission denied"},
		"broken off":     {errors.New("connection reset by peer"), "connection reset by peer"},
		"too short":      {io.ErrUnexpectedEOF, "unexpected EOF"},
		"an end within":  {&net.OpError{Op: "read", Net: "tcp", Err: io.EOF}, "read tcp: EOF"},
	} {
		for kind, config := range map[string]items.Config{
			"JSON": {InputType: "JSON"}, "CSV": {InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}, "JSONL": {InputType: "JSONL"},
			"MANIFEST": {InputType: "MANIFEST"}, "ATHENA": {InputType: "JSONL", ManifestType: "ATHENA_DATA"},
			"LIST": {}, "FLATTEN": {InputType: "JSON", Transformation: "LOAD_AND_FLATTEN"},
		} {
			for place, store := range map[string]failing{"opening": {opening: c.err, listing: c.err}, "reading": {reading: c.err, listing: c.err}} {
				list := kind == "LIST" || kind == "FLATTEN"
				for _, key := range []string{"k", "k.gz"} {
					source := &items.Reader{Objects: store, List: list, Object: objects.Reference{Bucket: "b", Key: key}, Config: config}
					_, _, err := read(t, source, items.Place{})
					failure, ok := errors.AsType[*items.Error](err)
					require.True(t, ok, "%s %s %s: %v", name, kind, place, err)
					require.Equal(t, c.want, failure.Cause, "%s %s %s %s", name, kind, place, key)
					require.ErrorIs(t, err, c.err)
				}
			}
		}
	}
}

// TestCancelled: a source that ends because its context does says so, and is never taken for
// one that has no more items.
func TestCancelled(t *testing.T) {
	flat := object("1\n2\n3\n", items.Config{InputType: "JSONL", Transformation: "LOAD_AND_FLATTEN"})
	flat.List = true
	list := object("1", items.Config{})
	list.List = true
	list.Objects.(*objects.Memory).Put("data", "file2", "x")
	for name, source := range map[string]items.Source{
		"CSV":      object("a\n1\n2\n", items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"}),
		"JSON":     object("[1,2,3]", items.Config{InputType: "JSON"}),
		"JSONL":    object("1\n2\n", items.Config{InputType: "JSONL"}),
		"a list":   list,
		"the flat": flat,
		"a channel": items.Seq("channel", func(ctx context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for i := 0; ctx.Err() == nil && yield(i, nil); i++ {
				}
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var ends []error
			n := 0
			for _, err := range source.Items(ctx, items.Place{}) {
				cancel()
				if err != nil {
					ends = append(ends, err)
				} else {
					n++
				}
			}
			require.Equal(t, []error{context.Canceled}, ends)
			require.Equal(t, 1, n)
		})
	}
}

// TestZstandard: what can't be unpacked isn't taken for text.
func TestZstandard(t *testing.T) {
	for _, key := range []string{"rows.csv.zst", "rows.csv.zstd"} {
		source := object("", items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"})
		source.Object.Key = key
		source.Objects.(*objects.Memory).Put("data", key, "\x28\xb5\x2f\xfd,\n1\n")
		got, _, err := read(t, source, items.Place{})
		require.Empty(t, got)
		require.EqualError(t, err, "s3://data/"+key+" is packed by Zstandard; objects that are packed by gzip, or not at all, can be read.")
	}
}
