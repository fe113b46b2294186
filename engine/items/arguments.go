package items

import (
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/objects"
)

// ObjectOf returns the object that the Arguments or Parameters of an ItemReader name: Bucket,
// Key and VersionId, or for a list Bucket and Prefix, which may be absent; and for either the
// ExpectedBucketOwner. What is wrong with them is an [*Error], whose words are guessed.
func ObjectOf(arguments any, list bool) (objects.Reference, error) {
	o, ok := arguments.(*value.Object)
	if !ok {
		return objects.Reference{}, failed("The arguments of the ItemReader are no object but: %s", value.String(arguments))
	}
	var r objects.Reference
	fields := []struct {
		name     string
		into     *string
		required bool
	}{{"Bucket", &r.Bucket, true}, {"ExpectedBucketOwner", &r.ExpectedBucketOwner, false}, {"Key", &r.Key, true}, {"VersionId", &r.VersionID, false}}
	if list {
		fields[2].name, fields[2].required = "Prefix", false
		fields = fields[:3]
	}
	for _, f := range fields {
		v, there := o.Get(f.name)
		if !there && !f.required {
			continue
		}
		text, ok := v.(string)
		switch {
		case !there:
			return r, failed("The field '%s' is required but was missing", f.name)
		case !ok:
			return r, failed("The value of the field '%s' is no string but: %s", f.name, value.String(v))
		}
		*f.into = text
	}
	return r, nil
}
