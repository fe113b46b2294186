package engine_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// idleBrief is an Observer that needs no whole histories, and does nothing.
type idleBrief struct{ idle }

func (idleBrief) Lookback() time.Duration { return 10 * time.Second }

// BenchmarkWake wakes an execution that sleeps between the rounds of a loop and has a history of so
// many events: without an Observer, with one that is Brief, and with one that is not.
func BenchmarkWake(b *testing.B) {
	const definition = `{"StartAt":"P","States":{
		"P":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n,1)","most.$":"$.most","text.$":"$.text"},"Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThanPath":"$.most","Next":"P"},{"Variable":"$.n","IsNull":true,"Next":"E"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":60,"Next":"T"},
		"T":{"Type":"Task","Resource":"echo","Next":"W"},
		"E":{"Type":"Succeed"}}}`
	wake := func(events int, observers ...engine.Observer) func(*testing.B) {
		return func(b *testing.B) {
			db := sqlite.Open(filepath.Join(b.TempDir(), "wake.db"))
			e, clock := startVirtual(b, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo}), Store: db, Limits: engine.Limits{Events: -1}, Observers: observers})
			x := run(b, e, machine(b, definition), map[string]any{"n": 0, "most": events / 4, "text": strings.Repeat("x", 100)})
			engine.SnapshotEvery(b, 20) // until one needs nothing of the first row, which has all events so far
			for range 5 {
				clock.Advance(time.Minute)
			}
			engine.SnapshotEvery(b, 2_000)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				clock.Advance(time.Minute)
			}
			b.StopTimer()
			d, err := e.DescribeExecution(b.Context(), x.ARN())
			require.NoError(b, err)
			require.Equal(b, engine.StatusRunning, d.Status)
		}
	}
	for _, events := range []int{100, 2_400, 24_000} {
		b.Run(fmt.Sprint(events), wake(events))
		b.Run(fmt.Sprint(events, "/brief"), wake(events, idleBrief{}))
		b.Run(fmt.Sprint(events, "/whole"), wake(events, idle{}))
	}
}
