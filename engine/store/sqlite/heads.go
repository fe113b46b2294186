package sqlite

import (
	"database/sql/driver"
	"maps"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// A head says where an execution's log ends.
type head struct {
	execution int64 // its id
	row       int64 // its last log row, 0 for none
	noted     int64 // the last log row that the executions table knows of, with its due
	due       int64 // as unixNano has it
	length    int   // in lines
}

// heads are those of the logs that were written to lately, by ARN. Of all others the
// executions table has them.
type heads struct {
	mu     sync.RWMutex
	all    map[string]head
	forgot int // how often those were dropped that the file has
}

func (h *heads) get(arn string) (head, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	found, ok := h.all[arn]
	return found, ok
}

func (h *heads) update(staged map[string]*head) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for arn, now := range staged {
		if now.execution == 0 {
			delete(h.all, arn)
		} else {
			h.all[arn] = *now
		}
	}
}

// head returns where a log ends in the transaction under way, nil for an unknown
// ARN.
func (w *writer) head(arn string) (*head, error) {
	if h, ok := w.staged[arn]; ok {
		if h.execution == 0 {
			return nil, nil
		}
		return h, nil
	}
	if h, ok := w.store.heads.get(arn); ok {
		return &h, nil
	}
	return w.conn.head(arn)
}

// head returns what the executions table says of a log, nil for an unknown ARN.
func (c *conn) head(arn string) (*head, error) {
	var h *head
	err := c.query(func(row []driver.Value) error {
		if err := c.checkRow(row); err != nil || row[1] != arn {
			return err
		}
		h = &head{execution: row[0].(int64), row: row[9].(int64), length: int(row[10].(int64))}
		h.readNoted(h.row, row[8], row[4].(string))
		return nil
	}, "SELECT "+columns+" FROM executions WHERE key = ?", key(store.KeyOf(arn)))
	return h, err
}

// loadHeads finds out where the logs end that the executions table doesn't know of:
// those with rows that came after all was noted.
func (w *writer) loadHeads() error {
	noted, err := w.conn.meta("noted")
	if err != nil {
		return err
	}
	all, _, err := w.conn.headsAfter(noted)
	if err != nil {
		return err
	}
	maps.DeleteFunc(all, func(_ string, h head) bool { return h.noted >= h.row })
	w.noting = noting{rows: int(w.row - noted)}
	w.store.heads.mu.Lock()
	w.store.heads.all = all
	w.store.heads.mu.Unlock()
	return nil
}

// headsAfter returns where the logs end that have rows after one, and the last of these
// rows. Of a head whose noted is its row the executions table knows as well.
func (c *conn) headsAfter(row int64) (all map[string]head, last int64, err error) {
	last = row
	newest := map[int64]head{}
	err = c.query(func(row []driver.Value) error {
		number := func(i int) int64 {
			n, _ := row[i].(int64)
			return n
		}
		h := head{execution: number(1), row: number(0), length: int(number(3) + number(4)), due: number(5)}
		sound := func(execution int64) bool {
			want := rowHeadSum(h.row, execution, number(2), number(3), number(4), number(5))
			return uint32(uint64(number(6))>>32) == want || row[6] == nil && h.row <= c.unsummed.rows.Load()
		}
		if !sound(h.execution) {
			// A damaged row is found by who reads the log that it is of. That may be
			// the log of the row before it.
			of, err := c.integer("SELECT execution FROM log WHERE id = ?", number(2))
			if err != nil {
				return err
			}
			if sound(of) {
				h.execution = of
			}
		}
		newest[h.execution], last = h, h.row
		return nil
	}, "SELECT id, execution, previous, position, count, due, sum FROM log WHERE id > ? ORDER BY id", row)
	if err != nil {
		return nil, 0, err
	}
	all = make(map[string]head)
	for id, h := range newest {
		row, err := c.values("SELECT arn, last_row, due, status FROM executions WHERE id = ?", id)
		if err != nil {
			return nil, 0, err
		}
		if row == nil {
			continue // it is being removed
		}
		due := h.due
		if h.readNoted(row[1].(int64), row[2], row[3].(string)); h.noted < h.row {
			h.due = due
		}
		all[row[0].(string)] = h
	}
	return all, last, nil
}

// noting is the work of writing heads to the executions table, so that memory need
// not keep them and opening the file needs to read little of the log. It has
// transactions of its own: an execution whose row is damaged must not make others'
// changes fail.
type noting struct {
	rows   int      // log rows since it began last
	marked int64    // all rows up to this are being noted; 0 when none are
	left   []string // the ARNs that are still to be noted
}

const (
	// noteAfter is how many log rows may come before heads are noted, and thereby
	// how many an open has to read.
	noteAfter = 50_000
	// noteStep is how many heads one transaction notes.
	noteStep = 512
)

// noteSome does some of what there is to note. What fails is tried again much later;
// until then the heads stay in memory, and an open reads more.
func (w *writer) noteSome() {
	n := &w.noting
	if n.marked == 0 {
		if n.rows < w.store.noteAfter {
			return
		}
		w.listHeads()
	}
	some := n.left[:min(len(n.left), noteStep)]
	err := w.conn.within(func() error { return w.note(some, len(some) == len(n.left)) })
	if err != nil {
		w.forget(err)
		*n = noting{}
		return
	}
	w.publish()
	if n.left = n.left[len(some):]; len(n.left) == 0 {
		w.forgetNoted()
		n.marked = 0
	}
}

// noteAll notes every head.
func (w *writer) noteAll() error {
	w.listHeads()
	return w.conn.within(func() error { return w.note(w.noting.left, true) })
}

// listHeads lists the heads that are not noted.
func (w *writer) listHeads() {
	w.noting = noting{marked: w.row}
	all := &w.store.heads
	all.mu.RLock()
	defer all.mu.RUnlock()
	for arn, h := range all.all {
		if h.noted != h.row {
			w.noting.left = append(w.noting.left, arn)
		}
	}
}

// note writes heads to their executions' rows, and with the last that all are there.
func (w *writer) note(arns []string, last bool) error {
	for _, arn := range arns {
		h, ok := w.store.heads.get(arn)
		if !ok || h.noted == h.row {
			continue // it was removed, or has ended
		}
		if err := w.noteHead(&h); err != nil {
			return err
		}
		w.staged[arn] = &h
	}
	if !last {
		return nil
	}
	return w.conn.setMeta("noted", w.noting.marked)
}

// forgetNoted drops the heads that the file has from memory: of an execution that
// waits nothing remains there.
func (w *writer) forgetNoted() {
	all := &w.store.heads
	all.mu.Lock()
	defer all.mu.Unlock()
	kept := make(map[string]head) // a map that had many entries stays large
	for arn, h := range all.all {
		if h.row > w.noting.marked || h.noted != h.row {
			kept[arn] = h
		}
	}
	all.all = kept
	all.forgot++
}

// steadily calls f, and again if heads were forgotten meanwhile: f may have read rows
// before they were noted, and missed the heads after that.
func (h *heads) steadily(f func() error) error {
	for {
		before := h.forgetting()
		if err := f(); err != nil || h.forgetting() == before {
			return err
		}
	}
}

func (h *heads) forgetting() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.forgot
}
