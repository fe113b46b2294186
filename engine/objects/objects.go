// Package objects is what a Distributed Map needs of an object store such as S3: to open
// an object at some byte, to list the objects under a prefix, and to write one.
//
// Three stores are here: [Dir] is a directory of the file system, [FS] any [fs.FS] to
// read from, and [Memory] is for tests. Another store is a type with these methods.
package objects

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// The conditions that a store reports. Errors of a store wrap them.
var (
	// ErrNoSuchBucket is returned for a bucket that the store doesn't have.
	ErrNoSuchBucket = errors.New("NoSuchBucket: The specified bucket does not exist")
	// ErrNoSuchKey is returned for a key that the bucket doesn't have.
	//lint:ignore ST1005 S3's words
	ErrNoSuchKey = errors.New("NoSuchKey: The specified key does not exist.")
	// ErrInvalidKey is returned for a bucket or a key that the store can't have.
	ErrInvalidKey = errors.New("InvalidArgument: the store can't have an object of that bucket and key")
)

// An Error is the refusal of a call by a store that has a code and a message for it, as S3
// does: AccessDenied, PermanentRedirect, SlowDown. Other errors of stores have neither.
type Error struct {
	// Code is the store's name of the refusal, and Message its words; they may be empty.
	Code, Message string
	// Err is what was reported to the store. For conditions of this package it wraps them.
	Err error
}

// Error returns "CODE: MESSAGE".
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// A Reference names an object.
type Reference struct {
	Bucket, Key string
	// VersionID names one version of the object; empty names the newest. Stores
	// without versions ignore it.
	VersionID string
	// ExpectedBucketOwner is the account that must own the bucket; empty accepts any. Stores
	// without owners ignore it.
	ExpectedBucketOwner string
}

// String returns the object's address, s3://BUCKET/KEY.
func (r Reference) String() string { return "s3://" + r.Bucket + "/" + r.Key }

// An Object is what a listing says of one.
type Object struct {
	Key  string
	Size int64
	// ETag names the object's content. Its quotation marks belong to it.
	ETag         string
	LastModified time.Time
	StorageClass string
}

// A Reader reads objects. Several goroutines may call it at a time. A Reader that reaches
// its objects over a network tries calls again itself, as often as that is of use: what it
// returns is an answer.
type Reader interface {
	// Open returns the content of an object from a byte on; the caller closes it.
	// From the object's end on there is nothing to read.
	Open(ctx context.Context, r Reference, from int64) (io.ReadCloser, error)
	// List yields the objects of a bucket whose keys begin with the Key of a Reference and
	// come after another key, in the order of the keys' bytes. Any number of them may be
	// there; only a page of them is in memory.
	List(ctx context.Context, in Reference, after string) iter.Seq2[Object, error]
}

// A Writer writes objects. Several goroutines may call it at a time. As a [Reader], it tries
// again itself.
type Writer interface {
	// Write makes an object of all that content has to read, in place of one with that
	// key, and returns its size. The object is there as a whole, when Write returns, or
	// not at all.
	Write(ctx context.Context, bucket, key string, content io.Reader) (int64, error)
}

// A Store reads and writes objects.
type Store interface {
	Reader
	Writer
}
