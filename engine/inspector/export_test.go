package inspector

import "time"

// Takes has every page seem to take so long. No request may be under way.
func (i *Inspector) Takes(d time.Duration) { i.since = func(time.Time) time.Duration { return d } }
