package shapes

import (
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProblem(t *testing.T) {
	for _, c := range []struct{ service, call, answer, strict, present string }{
		{"sqs", "sendMessage", `{}`, "", ""},
		{"sqs", "sendMessage", `{"MessageId":null,"Own":1}`, "", ""},
		{"sqs", "sendMessage", `{"MessageId":1}`, "Field 'MessageId' must be a string", "Field 'MessageId' must be a string"},
		{"sqs", "receiveMessage", `{"Messages":{}}`, "Field 'Messages' must be an array", "Field 'Messages' must be an array"},
		{"sqs", "receiveMessage", `{"Messages":[{"Attributes":{"a":1}}]}`, "Field 'Attributes' must be a string", "Field 'Attributes' must be a string"},
		{"sqs", "receiveMessage", `{"Messages":[{"Attributes":1}]}`, "Field 'Attributes' must be an object", "Field 'Attributes' must be an object"},
		{"sqs", "receiveMessage", `{"Messages":[1]}`, "Field 'Messages' must be an object", "Field 'Messages' must be an object"},
		{"states", "startExecution", `{"StartDate":"now"}`, "Required field 'ExecutionArn' is missing", ""},
		{"sfn", "startExecution", `{"executionArn":"a","StartDate":"now"}`, "Required field 'ExecutionArn' is missing", ""},
		{"s3", "getObject", `{"StorageClass":"PAPER"}`, "Field 'StorageClass' is not an expected value", "Field 'StorageClass' is not an expected value"},
		{"s3", "getObject", `{"StorageClass":"GLACIER","DeleteMarker":true,"ContentLength":3}`, "", ""},
		{"s3", "getObject", `{"DeleteMarker":"true"}`, "Field 'DeleteMarker' must be a boolean", "Field 'DeleteMarker' must be a boolean"},
		{"kms", "encrypt", `{"CiphertextBlob":""}`, "Field 'CiphertextBlob' is smaller than the minimum length", "Field 'CiphertextBlob' is smaller than the minimum length"},
		{"lambda", "getFunctionConfiguration", `{"MemorySize":1}`, "Field 'MemorySize' is less than the minimum value", "Field 'MemorySize' is less than the minimum value"},
		{"dynamodb", "getItem", `{"Item":{"a":{"M":{"b":{"S":1}}}}}`, "Field 'S' must be a string", "Field 'S' must be a string"},
		{"sqs", "sendMessages", `{"MessageId":1}`, "", ""},
		{"athena", "getTableMetadata", `1`, "", ""},
		{"../shapes", "x", `1`, "", ""},
	} {
		v, err := value.Parse(c.answer)
		require.NoError(t, err)
		for required, want := range map[bool]string{true: c.strict, false: c.present} {
			if want != "" {
				want = "Mock result schema validation error: " + want
			}
			assert.Equal(t, want, Check{Service: c.service, Call: c.call, Required: required}.Problem(v), "%s %s", c.call, c.answer)
		}
	}
	assert.Equal(t, "Mock result must be a valid JSON object", Check{Service: "sqs", Call: "sendMessage"}.Problem("text"))
	assert.Empty(t, Check{Service: "lambda", Call: "invoke", Free: []string{"Payload"}}.Problem(value.NewObject(value.Member{Key: "Payload", Value: int64(1)})))
}

// TestTables: every shape that a table mentions is in it, and every type can be read.
func TestTables(t *testing.T) {
	entries, err := files.ReadDir("services")
	require.NoError(t, err)
	require.Len(t, entries, 8)
	for _, entry := range entries {
		name := entry.Name()[:len(entry.Name())-len(".txt")]
		s := load(name)
		for call, shape := range s.calls {
			assert.Contains(t, s.shapes, shape, "%s: %s", name, call)
		}
		for shape, members := range s.shapes {
			for _, m := range members {
				kind := m.kind
				for kind[0] == '[' || kind[0] == '{' {
					kind = kind[1 : len(kind)-1]
				}
				if kind != "?" && kind != "b" && !isType(kind, 's') && !isType(kind, 'n') {
					assert.Contains(t, s.shapes, kind, "%s: %s.%s", name, shape, m.name)
				}
			}
		}
	}
}
