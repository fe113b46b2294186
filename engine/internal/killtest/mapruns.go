package killtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a child of [MapRuns] is told by its environment: the kind of the Map Run's children and how
// many items there are. How many kills and items the test has is told to itself by KillsVariable
// and MapItems.
const (
	mapKind  = "GOSTATES_KILL_MAP_KIND"
	MapItems = "GOSTATES_KILL_MAP_ITEMS"
)

const mapConcurrency = 50

// numbers has the numbers below n as items.
func numbers(n int) func(objects.Reference) items.Source {
	return func(objects.Reference) items.Source {
		return items.Seq("numbers", func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for i := 0; i < n && yield(i, nil); i++ {
				}
			}
		})
	}
}

// openMapRuns opens an engine that has a handler for items.
func openMapRuns(folder string, db store.Store, n int, f func(n int) (int, error)) (*engine.Engine, error) {
	tasks := engine.NewMux()
	tasks.Handle("f", engine.Func(func(_ context.Context, n int) (int, error) { return f(n) }))
	files, err := objects.OpenDir(folder)
	if err != nil {
		return nil, err
	}
	return engine.New(engine.Config{
		Resolver: tasks, Store: db, MapRuns: engine.MapRuns{
			Objects: files, Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(n)},
		},
	})
}

// MapVictim is the process that is killed in the middle of a Map Run. It works in a folder.
func MapVictim(folder string, db store.Store) error {
	n, err := strconv.Atoi(os.Getenv(MapItems))
	if err != nil {
		return err
	}
	j, err := OpenJournal(filepath.Join(folder, "calls"))
	if err != nil {
		return err
	}
	e, err := openMapRuns(folder, db, n, func(n int) (int, error) {
		j.Note(n)
		if n%1000 == 999 {
			return 0, &engine.TaskError{Name: "Boom", Cause: strconv.Itoa(n)}
		}
		return n * n, nil
	})
	if err != nil {
		return err
	}
	m, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "Label": "L",
		"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "numbers", "Key": "all"}},
		"MaxConcurrency": %d, "ToleratedFailurePercentage": 1, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
			"Parameters": {"Bucket": "out"}, "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": %q}, "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}}}}`,
		mapConcurrency, os.Getenv(mapKind)))
	if err != nil {
		return err
	}
	x, err := e.StartOrGetExecution(context.Background(), m, nil, engine.Named("x"), engine.Machine("m"))
	if err != nil {
		return err
	}
	fmt.Println("up")
	if _, err := x.Wait(context.Background()); err != nil {
		return err
	}
	return e.Close()
}

// MapRuns kills processes of a test again and again in the middle of one Map Run, for each kind of
// children. variable is the environment variable that tells a process its folder, and open opens
// the folder's store. At the end no item is lost and none is counted twice, each has its line in
// the result files, and no more items were worked on again than children were at work at the kills.
func MapRuns(t *testing.T, variable string, open func(folder string) store.Store) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	kills, n := number(KillsVariable, 4), number(MapItems, 2_000)
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(folder, "out"), 0o700))
			killed := killMapRun(t, kills, n, variable+"="+folder, mapKind+"="+kind, MapItems+"="+strconv.Itoa(n))
			calls := make([]int, n)
			eachLine(t, filepath.Join(folder, "calls"), func(line string) {
				i, err := strconv.Atoi(line)
				require.NoError(t, err)
				calls[i]++
			})
			repeats := 0
			for i, n := range calls {
				require.Positive(t, n, "item %d is lost", i)
				repeats += n - 1
			}
			assert.LessOrEqual(t, repeats, killed*mapConcurrency)
			checkMapRun(t, folder, open(folder), n)
			t.Logf("%d items, %d kills, %d worked on again", n, killed, repeats)
		})
	}
}

// killMapRun starts a process again until one comes to its end, and returns how many were killed.
func killMapRun(t *testing.T, kills, n int, environment ...string) (killed int) {
	t.Helper()
	chance := rand.New(rand.NewPCG(2, uint64(kills)))
	for {
		child := exec.Command(os.Args[0])
		var complaints strings.Builder
		child.Stderr = &complaints
		up, err := child.StdoutPipe()
		require.NoError(t, err)
		child.Env = append(os.Environ(), environment...)
		require.NoError(t, child.Start())
		_, err = up.Read(make([]byte, 1))
		if err == nil && killed < kills {
			killed++
			most := 60 * time.Microsecond * time.Duration(n/kills) // so that the run outlives the kills
			time.AfterFunc(time.Duration(chance.Int64N(int64(most))), func() { _ = child.Process.Kill() })
		}
		_, _ = io.Copy(io.Discard, up)
		if err = child.Wait(); err == nil {
			return killed
		}
		require.EqualError(t, err, "signal: killed", complaints.String())
	}
}

// checkMapRun checks the counts and the result files of the Map Run in a store over n items.
func checkMapRun(t *testing.T, folder string, db store.Store, n int) {
	t.Helper()
	e, err := openMapRuns(folder, db, n, nil)
	require.NoError(t, err)
	defer e.Close()
	page, err := e.ListMapRuns(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:m:x", 0, "")
	require.NoError(t, err)
	require.Len(t, page.MapRuns, 1)
	d := page.MapRuns[0]
	failed := int64(n / 1000)
	assert.Equal(t, engine.MapRunCounts{Succeeded: int64(n) - failed, Failed: failed, Total: int64(n), ResultsWritten: int64(n) - failed}, d.Items)
	run := filepath.Join(folder, "out", d.ARN[strings.LastIndexByte(d.ARN, ':')+1:])
	next := 0
	eachLine(t, filepath.Join(run, "SUCCEEDED_0.json"), func(line string) {
		if next%1000 == 999 {
			next++
		}
		require.Equal(t, strconv.Itoa(next*next), line)
		next++
	})
	assert.Equal(t, n-1, next)
	bad := int64(0)
	eachLine(t, filepath.Join(run, "FAILED_0.json"), func(line string) {
		bad++
		assert.Contains(t, line, fmt.Sprintf(`"Cause":"%d"`, bad*1000-1))
	})
	assert.Equal(t, failed, bad)
}

// eachLine calls a function with the lines of a file.
func eachLine(t *testing.T, path string, each func(string)) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		each(s.Text())
	}
	require.NoError(t, s.Err())
}
