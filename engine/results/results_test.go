package results_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/results"
)

const run = "arn:aws:states:us-east-1:123456789012:mapRun:orders/L:u-1"

var start = time.Date(2026, 11, 28, 12, 0, 0, 5_000_000, time.UTC)

func good(name string, output any) *results.Child {
	return &results.Child{
		ARN: "a:" + name, Name: name, StateMachineARN: "m/L", Input: int64(1), Status: results.Succeeded, Output: output,
		RedriveStatus: "NOT_REDRIVABLE", RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven", Start: start, Stop: start.Add(time.Second),
	}
}

func bad(status string) *results.Child {
	boom := "Boom"
	return &results.Child{ARN: "a:b", Name: "b", StateMachineARN: "m/L", Input: "in", Status: status, Error: &boom, RedriveStatus: "REDRIVABLE", Start: start, Stop: start}
}

const goodEntry = `{"ExecutionArn":"a:g","Input":"1","InputDetails":{"Included":true},"Name":"g","Output":"[2,[3]]","OutputDetails":{"Included":true},"RedriveCount":0,` +
	`"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2026-11-28T12:00:00.005Z","StateMachineArn":"m/L","Status":"SUCCEEDED","StopDate":"2026-11-28T12:00:01.005Z"}`

func badEntry(status string) string {
	return `{"Error":"Boom","ExecutionArn":"a:b","Input":"\"in\"","InputDetails":{"Included":true},"Name":"b","RedriveCount":0,"RedriveStatus":"REDRIVABLE",` +
		`"StartDate":"2026-11-28T12:00:00.005Z","StateMachineArn":"m/L","Status":"` + status + `","StopDate":"2026-11-28T12:00:00.005Z"}`
}

// TestFiles: what each form of a WriterConfig makes of the same children, byte for byte.
func TestFiles(t *testing.T) {
	for _, c := range []struct{ outputType, transformation, want string }{
		{"", "", "[" + goodEntry + `,` + goodEntry + "]"},
		{"JSON", "COMPACT", "[[2,[3]],[2,[3]]]"},
		{"JSON", "FLATTEN", "[2,[3],2,[3]]"},
		{"JSONL", "NONE", goodEntry + "\n" + goodEntry + "\n"},
		{"JSONL", "COMPACT", "[2,[3]]\n[2,[3]]\n"},
		{"JSONL", "FLATTEN", "2\n[3]\n2\n[3]\n"},
	} {
		t.Run(c.outputType+c.transformation, func(t *testing.T) {
			var m objects.Memory
			m.Put("b", "x", "")
			w := results.Writer{Objects: &m, Target: results.Target{Bucket: "b", Prefix: "p/"}, MapRunARN: run, OutputType: c.outputType, Transformation: c.transformation}
			output := []any{int64(2), []any{int64(3)}}
			for _, child := range []*results.Child{good("g", output), bad(results.TimedOut), good("g", output)} {
				require.NoError(t, w.Add(t.Context(), child))
			}
			require.NoError(t, w.Add(t.Context(), &results.Child{Name: "n", Status: results.Pending, StateMachineARN: "m/L", Input: int64(7)}))
			require.NoError(t, w.Close(t.Context()))
			got, _ := m.Content("b", "p/u-1/SUCCEEDED_0.json")
			assert.Equal(t, c.want, got)
			failed, _ := m.Content("b", "p/u-1/FAILED_0.json")
			pending, _ := m.Content("b", "p/u-1/PENDING_0.json")
			one, two := "[", "]"
			if c.outputType == "JSONL" {
				one, two = "", "\n"
			}
			assert.Equal(t, one+badEntry("TIMED_OUT")+two, failed)
			assert.Equal(t, one+`{"Input":"7","InputDetails":{"Included":true},"Name":"n","StateMachineArn":"m/L","Status":"PENDING"}`+two, pending)
		})
	}
}

// TestManifest: full files are followed by others, and statuses that nobody has have no file.
func TestManifest(t *testing.T) {
	var m objects.Memory
	m.Put("b", "x", "")
	w := results.Writer{Objects: &m, Target: results.Target{Bucket: "b"}, MapRunARN: run, Transformation: "COMPACT", MaxFile: 5}
	for _, n := range []int64{1, 2, 3} {
		require.NoError(t, w.Add(t.Context(), good("g", n)))
	}
	require.NoError(t, w.Add(t.Context(), good("g", "longer than a file")))
	require.NoError(t, w.Close(t.Context()))
	got, _ := m.Content("b", "u-1/manifest.json")
	assert.Equal(t, `{"DestinationBucket":"b","MapRunArn":"`+run+`","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[`+
		`{"Key":"u-1/SUCCEEDED_0.json","Size":5},{"Key":"u-1/SUCCEEDED_1.json","Size":3},{"Key":"u-1/SUCCEEDED_2.json","Size":22}]}}`, got)
	for name, want := range map[string]string{"0": "[1,2]", "1": "[3]", "2": `["longer than a file"]`} {
		got, _ := m.Content("b", "u-1/SUCCEEDED_"+name+".json")
		assert.Equal(t, want, got)
	}
	require.Error(t, w.Add(t.Context(), good("g", int64(1))), "it is closed")

	w = results.Writer{Objects: &m, Target: results.Target{Bucket: "b", Prefix: "none"}, MapRunARN: run}
	require.NoError(t, w.Close(t.Context()))
	got, _ = m.Content("b", "none/u-1/manifest.json")
	assert.Equal(t, `{"DestinationBucket":"b","MapRunArn":"`+run+`","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`, got)
}

// lazy reports success without having read what it was given, or the error it has.
type lazy struct{ err error }

func (l lazy) Write(context.Context, string, string, io.Reader) (int64, error) { return 0, l.err }

// unnamed has everything written to a bucket without a name, which is refused after reading.
type unnamed struct{ objects.Writer }

func (u unnamed) Write(ctx context.Context, _, key string, content io.Reader) (int64, error) {
	return u.Writer.Write(ctx, "", key, content)
}

// TestErrors: what fails is the ResultWriter's fault, once and for all, and leaves no goroutine.
func TestErrors(t *testing.T) {
	var empty objects.Memory
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		objects objects.Writer
		want    error
	}{"no bucket": {lazy{objects.ErrNoSuchBucket}, objects.ErrNoSuchBucket}, "no name": {unnamed{&empty}, objects.ErrInvalidKey}, "broken": {lazy{broken}, broken}, "lazy": {lazy{}, io.ErrClosedPipe}} {
		t.Run(name, func(t *testing.T) {
			w := results.Writer{Objects: c.objects, Target: results.Target{Bucket: "b"}, MapRunARN: run}
			err := w.Add(t.Context(), good("g", int64(1)))
			if err == nil {
				err = w.Close(t.Context())
			}
			require.ErrorIs(t, err, c.want)
			_, ok := errors.AsType[*results.Error](err)
			assert.True(t, ok)
			assert.Equal(t, err, w.Close(t.Context()))
			assert.Equal(t, err, w.Add(t.Context(), bad(results.Failed)))
		})
	}
	w := results.Writer{Objects: &empty, MapRunARN: run}
	assert.ErrorContains(t, w.Add(t.Context(), &results.Child{Status: "RUNNING"}), "RUNNING")
}

// TestRefused: the Cause has the store's words.
func TestRefused(t *testing.T) {
	w := results.Writer{Objects: lazy{&objects.Error{Code: "AccessDenied", Message: "Access Denied", Err: errors.New("StatusCode: 403")}}, MapRunARN: run}
	err := w.Close(t.Context())
	failure, ok := errors.AsType[*results.Error](err)
	require.True(t, ok)
	assert.Equal(t, "AccessDenied: Access Denied", failure.Cause)
}

// TestCancelled: that the context is done is no fault of the ResultWriter.
func TestCancelled(t *testing.T) {
	var m objects.Memory
	m.Put("b", "x", "")
	ctx, cancel := context.WithCancel(t.Context())
	w := results.Writer{Objects: lazy{context.Canceled}, Target: results.Target{Bucket: "b"}, MapRunARN: run}
	cancel()
	err := w.Close(ctx)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, err, w.Add(ctx, good("g", int64(1))))
}

// TestAbort: what is given up is not there.
func TestAbort(t *testing.T) {
	var m objects.Memory
	m.Put("b", "x", "")
	w := results.Writer{Objects: &m, Target: results.Target{Bucket: "b"}, MapRunARN: run}
	require.NoError(t, w.Add(t.Context(), good("g", int64(1))))
	w.Abort()
	_, there := m.Content("b", "u-1/SUCCEEDED_0.json")
	assert.False(t, there)
	require.Error(t, w.Close(t.Context()))
}

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		`null`:                       "no object",
		`{"Prefix":"p"}`:             "no bucket",
		`{"Bucket":""}`:              "no bucket",
		`{"Bucket":1}`:               "'Bucket'",
		`{"Bucket":"b","Prefix":[]}`: "'Prefix'",
	} {
		v, err := value.Parse([]byte(text))
		require.NoError(t, err)
		_, err = results.TargetOf(v)
		assert.ErrorContains(t, err, want, text)
	}
	v, err := value.Parse([]byte(`{"Bucket":"b","Prefix":"p"}`))
	require.NoError(t, err)
	target, err := results.TargetOf(v)
	require.NoError(t, err)
	assert.Equal(t, `{"MapRunArn":"`+run+`","ResultWriterDetails":{"Bucket":"b","Key":"p/u-1/manifest.json"}}`, value.String(target.Output(run)))
}

func TestPlace(t *testing.T) {
	assert.Equal(t, int64(1), good("g", int64(1)).Place())
	assert.Equal(t, `{"Status":"FAILED","Error":"Boom"}`, value.String(bad(results.Failed).Place()))
}
