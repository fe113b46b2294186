// Package s3store is the objects of Amazon S3, and of whatever speaks as S3 does, for a
// Distributed Map: an [objects.Store] over the client of aws-sdk-go-v2.
//
// The package is a module of its own, so that nobody else gets AWS's client.
package s3store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/gostates/gostates/engine/objects"
)

// A Client has the methods of [s3.Client] that a [Store] calls.
type Client interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	UploadPart(context.Context, *s3.UploadPartInput, ...func(*s3.Options)) (*s3.UploadPartOutput, error)
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// PartSize is how many bytes of an object are sent at a time, and how many bytes of it a
// Write has in memory. S3 takes 10,000 parts of an object, so a Write fails above
// 80,000 MiB.
const PartSize = 8 << 20

// A Store is an [objects.Store] of what a Client reaches. Several goroutines may use it at
// a time when they may use its Client, as they may an [s3.Client].
//
// Each error is one of the Client, which tries again as its own Retryer says. What S3 answers is
// an [objects.Error] with S3's code and message; it wraps [objects.ErrNoSuchBucket],
// [objects.ErrNoSuchKey] and [objects.ErrInvalidKey] where the code says so.
type Store struct {
	// Client must be set.
	Client Client
	// ExpectedBucketOwner is the account that must own the buckets, else S3 refuses each
	// call; empty accepts any owner. That of an [objects.Reference] comes first.
	ExpectedBucketOwner string
}

var (
	_ objects.Store        = (*Store)(nil)
	_ objects.RandomReader = (*Store)(nil)
)

// owner returns the account that must own a bucket, as the Client takes it.
func (s *Store) owner(of objects.Reference) *string {
	return optional(cmp.Or(of.ExpectedBucketOwner, s.ExpectedBucketOwner))
}

// optional returns nil for an empty string.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// List implements [objects.Reader]. S3 lists 1,000 objects on a page.
func (s *Store) List(ctx context.Context, in objects.Reference, after string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		input := &s3.ListObjectsV2Input{
			Bucket: &in.Bucket, Prefix: optional(in.Key), StartAfter: optional(after),
			ExpectedBucketOwner: s.owner(in),
		}
		for {
			page, err := s.Client.ListObjectsV2(ctx, input)
			if err != nil {
				yield(objects.Object{}, explained(err))
				return
			}
			for _, o := range page.Contents {
				if !yield(objects.Object{
					Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag),
					LastModified: aws.ToTime(o.LastModified), StorageClass: string(o.StorageClass),
				}, nil) {
					return
				}
			}
			if !aws.ToBool(page.IsTruncated) || aws.ToString(page.NextContinuationToken) == "" {
				return
			}
			input.ContinuationToken = page.NextContinuationToken
		}
	}
}

// Write implements [objects.Writer]. What is shorter than [PartSize] is put by one call;
// anything else is a multipart upload, which is aborted when content or S3 fails.
func (s *Store) Write(ctx context.Context, bucket, key string, content io.Reader) (int64, error) {
	part := make([]byte, PartSize)
	n, err := io.ReadFull(content, part)
	switch {
	case err == nil:
		return s.upload(ctx, bucket, key, part, content)
	case !ended(err):
		return 0, err
	}
	_, err = s.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(part[:n]), ExpectedBucketOwner: s.owner(objects.Reference{}),
	})
	if err != nil {
		return 0, explained(err)
	}
	return int64(n), nil
}

// ended reports whether an error of io.ReadFull says that there is no more to read.
func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// upload writes an object in parts. The first part has been read already; the others are
// read into its memory.
func (s *Store) upload(ctx context.Context, bucket, key string, part []byte, content io.Reader) (size int64, err error) {
	begun, err := s.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &bucket, Key: &key, ExpectedBucketOwner: s.owner(objects.Reference{}),
	})
	if err != nil {
		return 0, explained(err)
	}
	defer func() {
		if err == nil {
			return
		}
		// A context that is cancelled must not leave parts behind that somebody pays for.
		_, failure := s.Client.AbortMultipartUpload(context.WithoutCancel(ctx), &s3.AbortMultipartUploadInput{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId, ExpectedBucketOwner: s.owner(objects.Reference{}),
		})
		size, err = 0, errors.Join(explained(err), failure)
	}()
	var done []types.CompletedPart
	for last := false; len(part) > 0; {
		number := aws.Int32(int32(len(done)) + 1)
		sent, err := s.Client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: number,
			Body: bytes.NewReader(part), ExpectedBucketOwner: s.owner(objects.Reference{}),
		})
		if err != nil {
			return 0, err
		}
		done = append(done, types.CompletedPart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32})
		size += int64(len(part))
		if last {
			break
		}
		n, err := io.ReadFull(content, part)
		if err != nil && !ended(err) {
			return 0, err
		}
		part, last = part[:n], err != nil
	}
	_, err = s.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: begun.UploadId, ExpectedBucketOwner: s.owner(objects.Reference{}),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return size, err
}

// code returns S3's error code.
func code(err error) string {
	if e := smithy.APIError(nil); errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// explained returns an error of the Client as the package objects has it. That a version that
// isn't there counts as a key that isn't there is this package's choice.
func explained(err error) error {
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return err
	}
	conditions := map[string]error{
		"NoSuchBucket": objects.ErrNoSuchBucket,
		"NoSuchKey":    objects.ErrNoSuchKey, "NoSuchVersion": objects.ErrNoSuchKey,
		"InvalidBucketName": objects.ErrInvalidKey, "KeyTooLongError": objects.ErrInvalidKey,
	}
	if condition, ok := conditions[answer.ErrorCode()]; ok {
		err = fmt.Errorf("%w (%w)", condition, err)
	}
	return &objects.Error{Code: answer.ErrorCode(), Message: answer.ErrorMessage(), Err: err}
}
