package items

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/gostates/gostates/engine/objects"
)

// A Config is the ReaderConfig of an ItemReader. Its zero value reads nothing: getObject
// needs an InputType.
type Config struct {
	// InputType is CSV, JSON, JSONL, PARQUET or MANIFEST.
	InputType string
	// CSVHeaderLocation is FIRST_ROW or GIVEN; with GIVEN, CSVHeaders are the names of
	// the columns.
	CSVHeaderLocation string
	CSVHeaders        []string
	// CSVDelimiter is COMMA, the default, PIPE, SEMICOLON, SPACE or TAB.
	CSVDelimiter string
	// ItemsPointer is a JSON Pointer to the array or object in a JSON document; empty
	// means the whole.
	ItemsPointer string
	// ManifestType is S3_INVENTORY, the default, or ATHENA_DATA, whose files are of the
	// InputType.
	ManifestType string
	// Transformation is NONE, the default, or LOAD_AND_FLATTEN: the items of all listed
	// objects are read instead of the list.
	Transformation string
	// MaxItems is how many items are read at most; 0 sets no limit. What is above
	// MostItems means MostItems.
	MaxItems int64
}

// MostItems is how many items a Map Run can have (documented).
const MostItems = 100_000_000

// A Format reads the items of one object, for formats that need a library of their own,
// such as Parquet.
type Format interface {
	// Items yields the items of an object behind a place, as a Source does. Of the place
	// it is told the Mark alone, so that each of its items needs one: the Index counts
	// the items of all objects together. A Format that reads an object in any order
	// opens it by [objects.OpenFile].
	Items(ctx context.Context, store objects.Reader, r objects.Reference, from Place) iter.Seq2[Item, error]
}

// A Reader is the [Source] that an ItemReader field describes.
type Reader struct {
	// Objects is where the objects are.
	Objects objects.Reader
	// List is set to read the list of a bucket (listObjectsV2), else one object is read
	// (getObject).
	List bool
	// Object is the object to read. For a list its Key is the Prefix.
	Object objects.Reference
	// Config is the ReaderConfig.
	Config Config
	// Parquet reads objects of the InputType PARQUET, as parquet.Format of the module
	// engine/items/parquet does; nil refuses them.
	Parquet Format
}

// Items implements [Source]. An error is an [*Error] whose Cause has the words of the object
// store, or that of ctx when ctx is done.
func (r *Reader) Items(ctx context.Context, from Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		limit, err := mostOf(r.Config.MaxItems)
		if err != nil {
			yield(Item{}, err)
			return
		}
		if from.Index >= limit {
			return
		}
		index, stopped := from.Index, false
		err = r.read(ctx, from, func(i Item) bool {
			if ctx.Err() != nil {
				return false
			}
			index++
			i.Next.Index = index
			stopped = !yield(i, nil) || index >= limit
			return !stopped
		})
		switch {
		case stopped:
		case ctx.Err() != nil:
			yield(Item{}, ctx.Err()) // which may be why the store failed
		case err != nil:
			yield(Item{}, explained(err))
		}
	}
}

// mostOf returns how many items a MaxItems allows.
func mostOf(maxItems int64) (int64, error) {
	switch {
	case maxItems < 0:
		return 0, failed("field MaxItems must be positive") // measured
	case maxItems == 0 || maxItems > MostItems:
		return MostItems, nil
	}
	return maxItems, nil
}

// read hands items on, without the Index of their places.
func (r *Reader) read(ctx context.Context, from Place, take func(Item) bool) error {
	c := &r.Config
	switch {
	case r.List && c.Transformation == "LOAD_AND_FLATTEN":
		return r.readFiles(ctx, r.listed(ctx), c.InputType, from.Mark, take)
	case r.List:
		return r.readList(ctx, from.Mark, take)
	case c.InputType == "MANIFEST" || c.ManifestType != "":
		return r.readManifest(ctx, from.Mark, take)
	}
	return r.readFile(ctx, file{Reference: r.Object}, c.InputType, from.Mark, take)
}

// noParquet is the cause when there is no reader of Parquet. Its words are this package's.
const noParquet = "The InputType PARQUET needs the module github.com/gostates/gostates/engine/items/parquet, whose Format reads it: no reader of Parquet was given."

// A file is an object whose content has items.
type file struct {
	objects.Reference
	// header names the columns of a CSV file that has none itself.
	header []string
}

// file returns a file that the object of the reader has led to. Whoever must own the bucket of
// that object is expected to own it still.
func (r *Reader) file(bucket, key string) file {
	of := objects.Reference{Bucket: bucket, Key: key}
	if bucket == r.Object.Bucket {
		of.ExpectedBucketOwner = r.Object.ExpectedBucketOwner
	}
	return file{Reference: of}
}

// readFile reads the items of one object behind a mark.
func (r *Reader) readFile(ctx context.Context, f file, kind, mark string, take func(Item) bool) error {
	source := f.String()
	if kind == "PARQUET" {
		if r.Parquet == nil {
			return failed(noParquet)
		}
		for i, err := range r.Parquet.Items(ctx, r.Objects, f.Reference, Place{Mark: mark}) {
			if err != nil {
				return err
			}
			if i.Source = source; !take(i) {
				return nil
			}
		}
		return nil
	}
	read, err := r.format(kind, f.header)
	if err != nil {
		return err
	}
	return read(r.opener(ctx, f.Reference), mark, func(key string, v any, mark string) bool {
		return take(Item{Value: v, Key: key, Source: source, Next: Place{Mark: mark}})
	})
}

// format returns how objects of an InputType are read.
func (r *Reader) format(kind string, header []string) (format, error) {
	c := &r.Config
	switch kind {
	case "JSON":
		return readJSON(c.ItemsPointer), nil
	case "JSONL":
		return readJSONL, nil
	case "CSV":
		delimiter, ok := delimiters[c.CSVDelimiter]
		if !ok {
			return nil, failed("There is no CSVDelimiter %s.", c.CSVDelimiter)
		}
		if header == nil && c.CSVHeaderLocation == "GIVEN" {
			header = c.CSVHeaders
			if len(header) == 0 {
				return nil, failed("CSVHeaders must be given when the CSVHeaderLocation is GIVEN.")
			}
		}
		return readCSV(delimiter, header), nil
	}
	return nil, failed("There is no InputType %s.", kind)
}

// opener opens an object. The content of one whose key ends in .gz is what was packed. How AWS
// knows what is packed is a guess; Zstandard, which AWS reads (documented), is not read here, and
// must not be taken for text.
func (r *Reader) opener(ctx context.Context, of objects.Reference) opener {
	if strings.HasSuffix(of.Key, ".zst") || strings.HasSuffix(of.Key, ".zstd") {
		return func(int64) (io.ReadCloser, error) {
			return nil, failed("%s is packed by Zstandard; objects that are packed by gzip, or not at all, can be read.", of)
		}
	}
	if !strings.HasSuffix(of.Key, ".gz") {
		return func(from int64) (io.ReadCloser, error) { return r.Objects.Open(ctx, of, from) }
	}
	return func(from int64) (io.ReadCloser, error) {
		content, err := r.Objects.Open(ctx, of, 0)
		if err != nil {
			return nil, err
		}
		u := &unpacked{of: of, content: content}
		if u.text, err = gzip.NewReader(packed{u}); err == nil {
			if _, err = io.CopyN(io.Discard, u.text, from); err == io.EOF {
				err = nil // there is nothing behind the place
			}
		}
		if err != nil {
			_ = content.Close() // the first error is the one to tell
			return nil, u.explained(err)
		}
		return u, nil
	}
}

// unpacked is the content of a packed object.
type unpacked struct {
	of      objects.Reference
	content io.ReadCloser
	failure error // of reading what is packed
	text    *gzip.Reader
}

// packed reads what an unpacked content unpacks.
type packed struct{ *unpacked }

func (p packed) Read(into []byte) (int, error) {
	n, err := p.content.Read(into)
	if err != nil && err != io.EOF {
		p.failure = err
	}
	return n, err
}

func (u *unpacked) Read(into []byte) (int, error) {
	n, err := u.text.Read(into)
	if err != nil && err != io.EOF {
		err = u.explained(err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.content.Close() }

// explained returns the store's error if there was one, and else what is wrong with the object.
func (u *unpacked) explained(err error) error {
	if u.failure != nil {
		return u.failure
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // in the head of the archive
	}
	return &Error{Cause: u.of.String() + " can't be unpacked: " + err.Error(), Err: err}
}

// explained makes an [*Error] of what an object store says of an object: whatever it is, the
// store has tried again as often as is of use. Its words are the cause.
func explained(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if refused, ok := errors.AsType[*objects.Error](err); ok {
		return &Error{Cause: refused.Error(), Err: err}
	}
	for _, condition := range []error{objects.ErrNoSuchBucket, objects.ErrNoSuchKey, objects.ErrInvalidKey} {
		if errors.Is(err, condition) {
			return &Error{Cause: condition.Error(), Err: err}
		}
	}
	return &Error{Cause: err.Error(), Err: err}
}
