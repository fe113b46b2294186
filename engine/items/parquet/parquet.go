package parquet

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
)

const (
	maxRowGroup = 256 << 20 // documented
	maxFooter   = 5 << 20   // documented
	// batch is how many rows are read at a time.
	batch = 64
	// buffers is how many bytes all columns together read ahead, and mostBuffer and
	// leastBuffer how many a column does: a store in a network is asked for each.
	buffers, mostBuffer, leastBuffer = 32 << 20, 1 << 20, 16 << 10
)

// A Format is an [items.Format] that reads Parquet. Its zero value reads as AWS does, as far
// as that is known. Several goroutines may use it at a time.
type Format struct {
	// MaxRowGroup is how many bytes a row group may have, uncompressed; 0 means 256 MiB.
	MaxRowGroup int64
	// BinaryAsText takes bytes without annotation for text, as which some older writers
	// mean them; else they are base64.
	BinaryAsText bool
}

var _ items.Format = Format{}

// Items implements [items.Format]. A file that can't be read is an [*items.Error].
func (f Format) Items(ctx context.Context, store objects.Reader, r objects.Reference, from items.Place) iter.Seq2[items.Item, error] {
	return func(yield func(items.Item, error) bool) {
		if err := f.read(ctx, store, r, from.Mark, func(i items.Item) bool { return yield(i, nil) }); err != nil {
			yield(items.Item{}, err)
		}
	}
}

// read hands the items behind a mark to take until take wants no more.
func (f Format) read(ctx context.Context, store objects.Reader, r objects.Reference, mark string, take func(items.Item) bool) error {
	group, row, err := place(mark)
	if err != nil {
		return err
	}
	content, err := objects.OpenFile(ctx, store, r)
	if err != nil {
		return err
	}
	defer content.Close()
	// The library reports what the store reported in words of its own; those of the store
	// are better.
	remembered := &remembering{File: content}
	file, err := open(remembered, f.maxRowGroup())
	if err != nil {
		return remembered.explained(r, err)
	}
	root, err := f.compile(file)
	if err != nil {
		return remembered.explained(r, err)
	}
	for groups := file.RowGroups(); group < len(groups); group, row = group+1, 0 {
		more, err := root.readGroup(groups[group], row, func(v any, next int64) bool {
			return take(items.Item{Value: v, Next: items.Place{Mark: markOf(group, next)}})
		})
		if err != nil {
			return remembered.explained(r, err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

func (f Format) maxRowGroup() int64 { return cmp.Or(f.MaxRowGroup, maxRowGroup) }

// markOf returns the mark of a row in a row group, such as "2:1500".
func markOf(group int, row int64) string {
	return strconv.Itoa(group) + ":" + strconv.FormatInt(row, 10)
}

// place reads a mark; "" is the beginning.
func place(mark string) (group int, row int64, err error) {
	if mark == "" {
		return 0, 0, nil
	}
	before, after, ok := strings.Cut(mark, ":")
	group, wrong := strconv.Atoi(before)
	row, wrongRow := strconv.ParseInt(after, 10, 64)
	if !ok || wrong != nil || wrongRow != nil || group < 0 || row < 0 {
		return 0, 0, &items.Error{Cause: fmt.Sprintf("The place %q is none in a Parquet file.", mark)}
	}
	return group, row, nil
}

// open reads the footer, and checks what has a limit before memory is spent on it.
func open(content objects.File, maxRowGroup int64) (file *parquet.File, err error) {
	defer caught(&err)
	size := content.Size()
	var end [8]byte
	if size < int64(len("PAR1")+len(end)) {
		return nil, fmt.Errorf("it has %d bytes", size)
	}
	if n, err := content.ReadAt(end[:], size-int64(len(end))); n < len(end) {
		return nil, err
	}
	switch magic := string(end[4:]); magic {
	case "PAR1":
	case "PARE":
		return nil, errors.New("it is encrypted")
	default:
		return nil, errors.New("it does not end as one")
	}
	if footer := int64(binary.LittleEndian.Uint32(end[:])); footer > maxFooter {
		return nil, fmt.Errorf("its footer has %d bytes, and at most %d are read", footer, maxFooter)
	}
	// How many columns there are is not known before the footer is read.
	file, err = parquet.OpenFile(content, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(leastBuffer))
	if err != nil {
		return nil, err
	}
	for i, g := range file.Metadata().RowGroups {
		if g.TotalByteSize > maxRowGroup {
			return nil, fmt.Errorf("row group %d has %d bytes, and at most %d are read", i, g.TotalByteSize, maxRowGroup)
		}
		for _, column := range g.Columns {
			// The library takes some files that are packed by LZ4_RAW for zeros (v0.32.0).
			switch codec := column.MetaData.Codec; codec {
			case format.Uncompressed, format.Snappy, format.Gzip, format.Zstd:
			default:
				return nil, fmt.Errorf("column %s is packed by %v; SNAPPY, GZIP and ZSTD are read", strings.Join(column.MetaData.PathInSchema, "."), codec)
			}
		}
	}
	columns := int64(max(1, len(file.Schema().Columns())))
	buffer := min(max(buffers/columns, leastBuffer), mostBuffer)
	return parquet.OpenFile(content, size, parquet.SkipMagicBytes(true), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(int(buffer)))
}

// caught makes an error of a panic: the library has some for files that are damaged.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it is damaged: %v", p)
	}
}

// remembering is a file that remembers how reading it failed.
type remembering struct {
	objects.File
	failure error
}

// ReadAt implements [io.ReaderAt].
func (f *remembering) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("it refers to what is before its beginning")
	}
	n, err := f.File.ReadAt(p, at)
	if err != nil && err != io.EOF {
		f.failure = err
	}
	return n, err
}

// explained returns the store's own error if there was one, and else what is wrong with the
// object.
func (f *remembering) explained(r objects.Reference, err error) error {
	if f.failure != nil {
		return f.failure
	}
	return &items.Error{Cause: r.String() + " can't be read as Parquet: " + err.Error(), Err: err}
}
