package s3store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/objects/s3store"
)

func TestOpen(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		n, err := store.Write(t.Context(), "bkt", "k", strings.NewReader("0123456789"))
		require.NoError(t, err)
		require.EqualValues(t, 10, n)
		for from, want := range map[int64]string{0: "0123456789", 4: "456789", 9: "9", 10: "", 99: ""} {
			content, err := store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "k"}, from)
			require.NoError(t, err, from)
			text, err := io.ReadAll(content)
			require.NoError(t, err, from)
			require.NoError(t, content.Close())
			require.Equal(t, want, string(text), from)
		}
	})
}

func TestConditions(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		_, err := store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "none"}, 0)
		require.ErrorIs(t, err, objects.ErrNoSuchKey)
		_, err = store.Open(t.Context(), objects.Reference{Bucket: "none", Key: "k"}, 0)
		require.ErrorIs(t, err, objects.ErrNoSuchBucket)
		for _, err := range store.List(t.Context(), objects.Reference{Bucket: "none"}, "") {
			require.ErrorIs(t, err, objects.ErrNoSuchBucket)
		}
		_, err = store.Write(t.Context(), "none", "k", strings.NewReader("x"))
		require.ErrorIs(t, err, objects.ErrNoSuchBucket)
		var api smithy.APIError
		require.ErrorAs(t, err, &api, "the client's error can be reached")
	})
}

func TestWriteIsWholeOrNothing(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		for _, size := range []int{0, 1, s3store.PartSize - 1, s3store.PartSize, s3store.PartSize + 1, 2 * s3store.PartSize} {
			want := bytes.Repeat([]byte("gostates!"), size/9+1)[:size]
			n, err := store.Write(t.Context(), "bkt", "k", bytes.NewReader(want))
			require.NoError(t, err, size)
			require.EqualValues(t, size, n)
			content, err := store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "k"}, 0)
			require.NoError(t, err)
			text, err := io.ReadAll(content)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want, text), size)
		}
		broken := errors.New("broken")
		for _, size := range []int{1, s3store.PartSize, s3store.PartSize + 1} {
			content := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken))
			n, err := store.Write(t.Context(), "bkt", "half", content)
			require.ErrorIs(t, err, broken, size)
			require.Zero(t, n)
			_, err = store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "half"}, 0)
			require.ErrorIs(t, err, objects.ErrNoSuchKey, size)
		}
		uploads, err := store.Client.(*s3.Client).ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String("bkt")})
		require.NoError(t, err)
		require.Empty(t, uploads.Uploads, "parts stay behind")
	})
}

// asked is a client that keeps what it was asked for, and answers nothing.
type asked struct {
	s3store.Client
	get *s3.GetObjectInput
}

func (a *asked) GetObject(_ context.Context, input *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	a.get = input
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(""))}, nil
}

func TestOwnerAndVersion(t *testing.T) {
	client := &asked{}
	store := &s3store.Store{Client: client, ExpectedBucketOwner: "123456789012"}
	_, err := store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "k", VersionID: "v1"}, 7)
	require.NoError(t, err)
	require.Equal(t, &s3.GetObjectInput{
		Bucket: aws.String("bkt"), Key: aws.String("k"), VersionId: aws.String("v1"),
		Range: aws.String("bytes=7-"), ExpectedBucketOwner: aws.String("123456789012"),
	}, client.get)
	_, err = store.Open(t.Context(), objects.Reference{Bucket: "bkt", Key: "k", ExpectedBucketOwner: "210987654321"}, 0)
	require.NoError(t, err)
	require.Equal(t, "210987654321", aws.ToString(client.get.ExpectedBucketOwner), "that of the definition comes first")
}

// read returns the items behind a place.
func read(t *testing.T, r *items.Reader, from items.Place) (all []items.Item) {
	t.Helper()
	for i, err := range r.Items(t.Context(), from) {
		require.NoError(t, err)
		all = append(all, i)
	}
	return all
}

func TestReaderOfSeveralPages(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		const count = 1_234
		for i := range count {
			_, err := store.Write(t.Context(), "bkt", fmt.Sprintf("in/%05d.csv", i), strings.NewReader(fmt.Sprintf("n\n%d\n", i)))
			require.NoError(t, err)
		}
		_, err := store.Write(t.Context(), "bkt", "other", strings.NewReader("x"))
		require.NoError(t, err)
		for _, config := range []items.Config{{}, {InputType: "CSV", CSVHeaderLocation: "FIRST_ROW", Transformation: "LOAD_AND_FLATTEN"}} {
			r := &items.Reader{Objects: store, List: true, Object: objects.Reference{Bucket: "bkt", Key: "in/"}, Config: config}
			all := read(t, r, items.Place{})
			require.Len(t, all, count)
			for _, place := range []int{1, 999, 1_000, 1_001, count - 1, count} {
				require.Equal(t, all[place:], append([]items.Item{}, read(t, r, all[place-1].Next)...), place)
			}
		}
	})
}

func TestReaderOfOneObject(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		var text, packed bytes.Buffer
		text.WriteString("n,word\n")
		for i := range 5_000 {
			fmt.Fprintf(&text, "%d,\"a, b\"\n", i)
		}
		pack := gzip.NewWriter(&packed)
		_, err := pack.Write(text.Bytes())
		require.NoError(t, err)
		require.NoError(t, pack.Close())
		for key, content := range map[string][]byte{"rows.csv": text.Bytes(), "rows.csv.gz": packed.Bytes()} {
			_, err := store.Write(t.Context(), "bkt", key, bytes.NewReader(content))
			require.NoError(t, err)
			r := &items.Reader{
				Objects: store, Object: objects.Reference{Bucket: "bkt", Key: key},
				Config: items.Config{InputType: "CSV", CSVHeaderLocation: "FIRST_ROW"},
			}
			all := read(t, r, items.Place{})
			require.Len(t, all, 5_000)
			for _, place := range []int{1, 2_500, 4_999} {
				require.Equal(t, all[place:], read(t, r, all[place-1].Next), key)
			}
		}
	})
}
