package items_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
)

func TestObjectOf(t *testing.T) {
	for _, c := range []struct {
		arguments string
		list      bool
		want      objects.Reference
		cause     string
	}{
		{arguments: `{"Bucket":"b","Key":"k"}`, want: objects.Reference{Bucket: "b", Key: "k"}},
		{arguments: `{"Bucket":"b","Key":"k","VersionId":"v","ExpectedBucketOwner":"1"}`, want: objects.Reference{Bucket: "b", Key: "k", VersionID: "v", ExpectedBucketOwner: "1"}},
		{arguments: `{"Bucket":"b","Prefix":"p/"}`, list: true, want: objects.Reference{Bucket: "b", Key: "p/"}},
		{arguments: `{"Bucket":"b","ExpectedBucketOwner":"1","VersionId":"v"}`, list: true, want: objects.Reference{Bucket: "b", ExpectedBucketOwner: "1"}},
		{arguments: `{"Bucket":"b"}`, list: true, want: objects.Reference{Bucket: "b"}},
		{arguments: `{"Bucket":"b"}`, cause: "The field 'Key' is required but was missing"},
		{arguments: `{"Key":"k"}`, cause: "The field 'Bucket' is required but was missing"},
		{arguments: `{"Bucket":1,"Key":"k"}`, cause: "The value of the field 'Bucket' is no string but: 1"},
		{arguments: `null`, cause: "The arguments of the ItemReader are no object but: null"},
	} {
		arguments, err := value.Parse([]byte(c.arguments))
		require.NoError(t, err)
		got, err := items.ObjectOf(arguments, c.list)
		if c.cause != "" {
			var refused *items.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.cause, refused.Cause)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, c.want, got)
	}
}
