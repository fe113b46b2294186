package s3store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/objects/s3store"
	"github.com/gostates/gostates/states"
)

// importing is a machine that reads a CSV file of one bucket and writes to another one.
const importing = `{"StartAt":"Import","States":{"Import":{"Type":"Map","End":true,
	"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket.$":"$.from","Key":"rows.csv"}},
	"ItemBatcher":{"MaxItemsPerBatch":100},
	"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"Count","States":{"Count":{"Type":"Task","Resource":"count","End":true}}},
	"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket.$":"$.to","Prefix":"out"},"WriterConfig":{"Transformation":"COMPACT","OutputType":"JSONL"}}}}}`

// TestMapRun: a Distributed Map reads from a server and writes to it, and what the server refuses
// is the execution's error, in the server's words.
func TestMapRun(t *testing.T) {
	eachServer(t, func(t *testing.T, store *s3store.Store) {
		const rows = 2_345
		var text strings.Builder
		text.WriteString("n\n")
		for i := range rows {
			fmt.Fprintln(&text, i)
		}
		_, err := store.Write(t.Context(), "bkt", "rows.csv", strings.NewReader(text.String()))
		require.NoError(t, err)
		machine, err := asl.Parse(importing)
		require.NoError(t, err)
		var counted atomic.Int64
		tasks := engine.NewMux()
		tasks.Handle("count", engine.Func(func(_ context.Context, batch struct{ Items []struct{ N string } }) (int, error) {
			counted.Add(int64(len(batch.Items)))
			return len(batch.Items), nil
		}))
		eng, err := engine.New(engine.Config{Resolver: tasks, MapRuns: engine.MapRuns{Objects: store}})
		require.NoError(t, err)
		defer func() { require.NoError(t, eng.Close()) }()
		run := func(from, to string) (*engine.Result, error) {
			x, err := eng.StartExecution(t.Context(), machine, map[string]string{"from": from, "to": to})
			require.NoError(t, err)
			return x.Wait(t.Context())
		}

		result, err := run("bkt", "bkt")
		require.NoError(t, err)
		require.EqualValues(t, rows, counted.Load())
		var output struct{ ResultWriterDetails struct{ Bucket, Key string } }
		require.NoError(t, json.Unmarshal(result.Output(), &output))
		read := func(key string) string {
			content, err := store.Open(t.Context(), objects.Reference{Bucket: output.ResultWriterDetails.Bucket, Key: key}, 0)
			require.NoError(t, err)
			defer content.Close()
			text, err := io.ReadAll(content)
			require.NoError(t, err)
			return string(text)
		}
		var manifest struct {
			ResultFiles map[string][]struct{ Key string }
		}
		require.NoError(t, json.Unmarshal([]byte(read(output.ResultWriterDetails.Key)), &manifest))
		require.Len(t, manifest.ResultFiles[string(states.StatusSucceeded)], 1)
		lines := strings.Fields(read(manifest.ResultFiles["SUCCEEDED"][0].Key))
		require.Len(t, lines, 24, "a line for each batch")

		for _, c := range []struct{ from, to, name, cause string }{
			{"none", "bkt", "States.ItemReaderFailed", "NoSuchBucket: The specified bucket does not exist"},
			{"bkt", "none", "States.ResultWriterFailed", "NoSuchBucket: The specified bucket does not exist"},
		} {
			_, err = run(c.from, c.to)
			var failed *engine.ExecutionError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, c.name, failed.Name)
			require.Equal(t, c.cause, strings.TrimSuffix(failed.Cause, "."), "servers end it with a full stop, or not")
		}
	})
}
