package timers

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestTheComputersClockIsSet: who waits for a time is woken soon after that has come, and
// not before, though the clock was set meanwhile.
func TestTheComputersClockIsSet(t *testing.T) {
	for _, c := range []struct {
		name     string
		wait, by time.Duration // until the wake-up, and by how much the clock is set
		after    time.Duration // when it comes
	}{
		{"not at all", time.Hour, 0, time.Hour},
		{"forwards", time.Hour, 50 * time.Minute, 10 * time.Minute},
		{"beyond the time", time.Hour, 24 * time.Hour, time.Minute},
		{"back", time.Hour, -time.Hour, 2 * time.Hour},
		{"back at the last moment", 30 * time.Second, -time.Minute, 90 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var set atomic.Int64
				clock := System{func() time.Time { return time.Now().Add(time.Duration(set.Load())) }}
				begin, woken := time.Now(), make(chan time.Duration, 2)
				clock.WakeAt(clock.Now().Add(c.wait), func() { woken <- time.Since(begin) })
				stop := clock.WakeAt(clock.Now().Add(c.wait), func() { t.Error("it was stopped") })
				synctest.Wait()
				set.Store(int64(c.by))
				stop()
				assert.Equal(t, c.after, <-woken)
				select {
				case <-woken:
					t.Error("it is woken once")
				case <-time.After(48 * time.Hour):
				}
			})
		})
	}
}
