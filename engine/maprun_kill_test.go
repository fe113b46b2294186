package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a child of TestKillMapRun is told by its environment: the folder it works in, the kind
// of the Map Run's children and how many items there are. How many kills and items the test
// has is told to itself by envKills and envMapItems.
const (
	envMapFolder = "GOSTATES_KILL_MAP_FOLDER"
	envMapKind   = "GOSTATES_KILL_MAP_KIND"
	envMapItems  = "GOSTATES_KILL_MAP_ITEMS"
)

const killConcurrency = 50

// mapVictim is the process that is killed in the middle of a Map Run.
func mapVictim() error {
	folder := os.Getenv(envMapFolder)
	n, err := strconv.Atoi(os.Getenv(envMapItems))
	if err != nil {
		return err
	}
	j, err := openJournal(filepath.Join(folder, "calls"))
	if err != nil {
		return err
	}
	tasks := engine.NewMux()
	tasks.Handle("f", engine.Func(func(_ context.Context, n int) (int, error) {
		j.note(n)
		if n%1000 == 999 {
			return 0, &engine.TaskError{Name: "Boom", Cause: strconv.Itoa(n)}
		}
		return n * n, nil
	}))
	files, err := objects.OpenDir(folder)
	if err != nil {
		return err
	}
	e, err := engine.New(engine.Config{
		Resolver: tasks, Store: sqlite.Open(filepath.Join(folder, "kill.db")), MapRuns: engine.MapRuns{
			Objects: files, Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(n)},
		},
	})
	if err != nil {
		return err
	}
	fields := fromNumbers + `"MaxConcurrency": ` + strconv.Itoa(killConcurrency) + `, "ToleratedFailurePercentage": 1, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
		"Parameters": {"Bucket": "out"}, "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}},`
	x, err := e.StartOrGetExecution(context.Background(), mapOf(os.Getenv(envMapKind), fields), nil, engine.Named("x"), engine.Machine("m"))
	if err != nil {
		return err
	}
	fmt.Println("up")
	if _, err := x.Wait(context.Background()); err != nil {
		return err
	}
	return e.Close()
}

// TestKillMapRun kills a process again and again in the middle of one Map Run. At the end no
// item is lost and none is counted twice, each has its line in the result files, and no more
// items were worked on again than children were at work at the kills.
func TestKillMapRun(t *testing.T) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	kills, n := number(envKills, 4), number(envMapItems, 2_000)
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(folder, "out"), 0o700))
			chance := rand.New(rand.NewPCG(2, uint64(kills)))
			killed := 0
			for over := false; !over; {
				child := exec.Command(os.Args[0])
				var complaints strings.Builder
				child.Stderr = &complaints
				up, err := child.StdoutPipe()
				require.NoError(t, err)
				child.Env = append(os.Environ(), envMapFolder+"="+folder, envMapKind+"="+kind, envMapItems+"="+strconv.Itoa(n))
				require.NoError(t, child.Start())
				_, err = up.Read(make([]byte, 1))
				if err == nil && killed < kills {
					killed++
					most := 60 * time.Microsecond * time.Duration(n/kills) // so that the run outlives the kills
					time.AfterFunc(time.Duration(chance.Int64N(int64(most))), func() { _ = child.Process.Kill() })
				}
				_, _ = io.Copy(io.Discard, up)
				if err = child.Wait(); err == nil {
					over = true
				} else {
					require.EqualError(t, err, "signal: killed", complaints.String())
				}
			}
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
			assert.LessOrEqual(t, repeats, killed*killConcurrency)

			w := newMapWorld(t, n, nil)
			w.config.Store = sqlite.Open(filepath.Join(folder, "kill.db"))
			w.open()
			x, err := w.engine.Execution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:m:x")
			require.NoError(t, err)
			d := w.run(x)
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
			t.Logf("%d items, %d kills, %d worked on again", n, killed, repeats)
		})
	}
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
