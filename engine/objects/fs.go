package objects

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// FS returns a [Reader] of a file system: its directories are buckets, and the paths of
// the files in them are keys. A key that is no path, such as one with "..", is
// ErrInvalidKey.
func FS(files fs.FS) Reader { return fileReader{files} }

type fileReader struct{ files fs.FS }

// Open implements [Reader].
func (f fileReader) Open(_ context.Context, r Reference, from int64) (io.ReadCloser, error) {
	file, _, err := f.open(r)
	if err != nil {
		return nil, err
	}
	if seeker, ok := file.(io.Seeker); ok {
		_, err = seeker.Seek(max(from, 0), io.SeekStart)
	} else if _, err = io.CopyN(io.Discard, file, max(from, 0)); err == io.EOF {
		err = nil
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// open opens a file and returns its size.
func (f fileReader) open(r Reference) (fs.File, int64, error) {
	name, err := path(r.Bucket, r.Key)
	if err != nil {
		return nil, 0, err
	}
	file, err := f.files.Open(name)
	if err != nil {
		return nil, 0, f.missing(r.Bucket, err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		_ = file.Close() // nothing was written
		return nil, 0, cmp.Or(err, ErrNoSuchKey)
	}
	return file, info.Size(), nil
}

// OpenFile implements [RandomReader]. A file that can't be read at any place, as in an
// archive, is opened for each read.
func (f fileReader) OpenFile(ctx context.Context, r Reference) (File, error) {
	file, size, err := f.open(r)
	if err != nil {
		return nil, err
	}
	if at, ok := file.(io.ReaderAt); ok {
		return openFile{at, file, size}, nil
	}
	_ = file.Close() // nothing was written
	return opened{ctx, f, r, size}, nil
}

// openFile is a [File] that is a file.
type openFile struct {
	content io.ReaderAt
	io.Closer
	size int64
}

func (f openFile) Size() int64 { return f.size }

// ReadAt implements [io.ReaderAt]. Not every file says of a place behind its end that it is
// the end.
func (f openFile) ReadAt(p []byte, at int64) (int, error) {
	if at >= f.size {
		return 0, io.EOF
	}
	return f.content.ReadAt(p, at)
}

// missing tells a bucket that is not there from a key that is not there.
func (f fileReader) missing(bucket string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, failed := fs.Stat(f.files, bucket); failed != nil {
		return fmt.Errorf("%w: %w", ErrNoSuchBucket, err)
	}
	return fmt.Errorf("%w: %w", ErrNoSuchKey, err)
}

// List implements [Reader]. Of each directory on its way it has the names in memory.
func (f fileReader) List(ctx context.Context, in Reference, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		bucket := in.Bucket
		if _, err := path(bucket, "key"); err != nil {
			yield(Object{}, err)
			return
		}
		if info, err := fs.Stat(f.files, bucket); err != nil || !info.IsDir() {
			if err != nil {
				err = f.missing(bucket, err)
			}
			yield(Object{}, cmp.Or(err, ErrNoSuchBucket))
			return
		}
		f.list(ctx, bucket, "", in.Key, after, yield)
	}
}

// list lists the files below one directory of a bucket, and reports whether more is
// wanted. The directory's name ends in a slash, but for the bucket's own, which is "".
func (f fileReader) list(ctx context.Context, bucket, directory, prefix, after string, yield func(Object, error) bool) bool {
	entries, err := fs.ReadDir(f.files, strings.TrimSuffix(bucket+"/"+directory, "/"))
	if err != nil {
		return yield(Object{}, err)
	}
	type named struct {
		key string
		fs.DirEntry
	}
	all := make([]named, len(entries))
	for i, e := range entries {
		all[i] = named{directory + e.Name(), e}
		if e.IsDir() {
			all[i].key += "/"
		}
	}
	// "a-b" comes before "a/c", though the directory "a" comes before "a-b".
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.key, b.key) })
	for _, e := range all {
		if err := ctx.Err(); err != nil {
			return yield(Object{}, err)
		}
		k := e.key
		switch {
		case e.IsDir():
			// All keys of the directory begin with k: it has keys to list when k and
			// the prefix agree, and its last key comes after the one to go on from.
			agree := strings.HasPrefix(k, prefix) || strings.HasPrefix(prefix, k)
			if agree && (k > after || strings.HasPrefix(after, k)) && !f.list(ctx, bucket, k, prefix, after, yield) {
				return false
			}
		case strings.HasPrefix(k, prefix) && k > after && !strings.HasSuffix(k, temporary):
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed meanwhile
			}
			if err != nil {
				return yield(Object{}, err)
			}
			if info.Mode().IsRegular() && !yield(describe(k, info), nil) {
				return false
			}
		}
	}
	return true
}

// describe returns what a listing says of a file. Its ETag changes with the size and the
// time of the file, since nobody has read its content.
func describe(key string, info fs.FileInfo) Object {
	modified := info.ModTime()
	return Object{
		Key: key, Size: info.Size(), LastModified: modified, StorageClass: "STANDARD",
		ETag: `"` + strconv.FormatInt(info.Size(), 16) + "-" + strconv.FormatInt(modified.UnixNano(), 16) + `"`,
	}
}

// path returns the path of an object's file.
func path(bucket, key string) (string, error) {
	name := bucket + "/" + key
	if bucket == "" || bucket == "." || strings.Contains(bucket, "/") || key == "" || !fs.ValidPath(name) {
		return "", fmt.Errorf("%w: bucket %q, key %q", ErrInvalidKey, bucket, key)
	}
	return name, nil
}
