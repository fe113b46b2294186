package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// listSchema has the indexes that lists are read from. All but the one of the machines leave
// out the children of Map Runs, which may be most executions by far.
const listSchema = `
	DROP INDEX executions_by_machine;
	DROP INDEX executions_by_stop_date;
	CREATE INDEX executions_by_machine ON executions (machine, status, start_date);
	CREATE INDEX executions_by_stop_date ON executions (stop_date, start_date) WHERE stop_date IS NOT NULL;
	CREATE INDEX executions_by_start_date ON executions (start_date) WHERE instr(arn, '/') = 0;
	CREATE INDEX executions_by_name ON executions (machine, name, start_date) WHERE instr(arn, '/') = 0;
`

// statuses are all that an execution can have.
var statuses = []states.Status{
	states.StatusRunning, states.StatusSucceeded, states.StatusFailed, states.StatusTimedOut, states.StatusAborted,
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) (records []store.Record, next string, err error) {
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, "", fmt.Errorf("%w: the limit is %d, it must be between 1 and 1000", store.ErrInvalidPage, q.Limit)
	}
	begin, err := readPage(q.Next)
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, "list executions", func(c *conn) error {
		return s.heads.steadily(func() error {
			records, next = nil, ""
			return c.snapshot(func() error {
				p := begin
				p.conn, p.query, p.nearest = c, &q, s.nearest
				found, err := p.read()
				if err != nil {
					return err
				}
				if len(found) > q.Limit {
					found = found[:q.Limit]
					next = p.next(found[q.Limit-1])
				}
				records, err = s.listed(c, found)
				return err
			})
		})
	})
	if err != nil {
		return nil, "", err
	}
	return records, next, nil
}

// listed returns the records of executions. An index that leads elsewhere is damaged.
func (s *Store) listed(c *conn, found []listed) ([]store.Record, error) {
	records := make([]store.Record, 0, len(found))
	seen := make(map[int64]bool, len(found))
	for _, x := range found {
		sound := false
		err := c.query(func(row []driver.Value) error {
			r, err := s.record(c, row)
			sound = row[5] == x.start && !seen[x.id]
			records = append(records, r)
			return err
		}, "SELECT "+columns+" FROM executions WHERE id = ?", x.id)
		if err == nil && !sound {
			err = fmt.Errorf("%w: an index doesn't know the record %d as it is", ErrCorrupt, x.id)
		}
		if err != nil {
			return nil, err
		}
		seen[x.id] = true
	}
	return records, nil
}

// A page is one page of a list.
type page struct {
	*conn
	query   *store.Query
	nearest int    // how many executions nearby looks at
	after   listed // the last execution of the page before; zero for the first page
	newest  int64  // the id of the newest execution when the first page was read; 0 for the first page
}

// A listed is an execution's place in the order of lists.
type listed struct {
	start string // the start_date
	id    int64
}

// next returns the Query.Next of the page that follows an execution.
func (p *page) next(last listed) string {
	return fmt.Sprintf("%s %d %d", last.start, last.id, p.newest)
}

// readPage returns the page of a Query.Next.
func readPage(next string) (p page, err error) {
	if next == "" {
		return p, nil
	}
	parts := strings.Split(next, " ")
	if len(parts) == 3 {
		p.after.start = parts[0]
		_, err = time.Parse(dateLayout, parts[0])
		for i, n := range []*int64{&p.after.id, &p.newest} {
			if err == nil {
				*n, err = strconv.ParseInt(parts[1+i], 10, 64)
			}
		}
	}
	if p.newest < 1 || err != nil {
		return p, fmt.Errorf("%w: no earlier page gave %q", store.ErrInvalidPage, next)
	}
	return p, nil
}

// read returns the executions of the page, one more than the limit if there are more.
func (p *page) read() ([]listed, error) {
	if p.newest == 0 {
		var err error
		if p.newest, err = p.integer("SELECT max(id) FROM executions"); err != nil {
			return nil, err
		}
	}
	machines, children, err := p.machines()
	if err != nil {
		return nil, err
	}
	inOrder := p.inOrder(machines, children)
	if !p.narrow() {
		return p.first(inOrder, clause{})
	}
	// Where the wanted ones are many, some are near in the order of the list. Else there is
	// an index of the few.
	found, enough, err := p.nearby(inOrder)
	if enough || err != nil {
		return found, err
	}
	q := p.query
	if q.NamePrefix == "" {
		stopped := []source{{index: "executions_by_stop_date", clause: p.stopped()}}
		return p.first(stopped, p.ofMachines(slices.Concat(machines, children)).and(p.ofStatuses()))
	}
	// No index has the names of the children of Map Runs.
	named := p.byMachine(children)
	for _, m := range machines {
		named = append(named, source{index: "executions_by_name", clause: clause{"instr(arn, '/') = 0 AND machine = ?", []any{m}}.and(p.ofStatuses())})
	}
	return p.first(named, p.named().and(p.stopped()))
}

// narrow reports whether the query selects by what no index in the order of the list has.
func (p *page) narrow() bool {
	return p.query.NamePrefix != "" || !p.query.StoppedSince.IsZero() || !p.query.StoppedBefore.IsZero()
}

// machines returns the ids of the pinned machines that the query selects, those that have the
// children of Map Runs apart.
func (p *page) machines() (plain, children []int64, err error) {
	q := p.query
	find := "SELECT id, instr(arn, '/') FROM machines WHERE (arn = ?1 OR version = ?1 OR alias = ?1) AND (?2 = '' OR definition = ?2)"
	switch {
	case q.MachineARN == "" && q.Definition == "":
		find = "SELECT id, instr(arn, '/') FROM machines WHERE ?1 = ?2" // which both are empty
	case q.MachineARN == "":
		find = "SELECT id, instr(arn, '/') FROM machines WHERE ?1 = '' AND definition = ?2"
	}
	err = p.conn.query(func(row []driver.Value) error {
		switch id := row[0].(int64); {
		case row[1] == int64(0):
			plain = append(plain, id)
		case !q.WithoutMapRunChildren:
			children = append(children, id)
		}
		return nil
	}, find, q.MachineARN, q.Definition)
	return plain, children, err
}

// A clause is a part of a WHERE with its arguments; the zero clause is always true.
type clause struct {
	text string
	args []any
}

func (c clause) and(d clause) clause {
	switch {
	case d.text == "":
		return c
	case c.text == "":
		return d
	}
	return clause{c.text + " AND " + d.text, slices.Concat(c.args, d.args)}
}

// between is the clause that a column is not less than since and less than before, where
// these are not empty.
func between(column, since, before string) (c clause) {
	if since != "" {
		c = clause{column + " >= ?", []any{since}}
	}
	if before != "" {
		c = c.and(clause{column + " < ?", []any{before}})
	}
	return c
}

// bound returns a time as columns have it, "" for the zero time. Beyond the years that a
// column can have it is the nearest one that does.
func bound(t time.Time) string {
	switch t = t.UTC(); {
	case t.IsZero():
		return ""
	case t.Year() < 0:
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case t.Year() > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	}
	return dateText(t)
}

// started has the executions of the query's StartDates that come after one, and were there
// when the first page was read.
func (p *page) started(after listed) clause {
	c := clause{"id <= ?", []any{p.newest}}.and(between("start_date", bound(p.query.StartedSince), bound(p.query.StartedBefore)))
	switch {
	case after == listed{}:
		return c
	case p.query.OldestFirst:
		return c.and(clause{"(start_date, id) > (?, ?)", []any{after.start, after.id}})
	}
	return c.and(clause{"(start_date, id) < (?, ?)", []any{after.start, after.id}})
}

func (p *page) stopped() clause {
	q := p.query
	if q.StoppedSince.IsZero() && q.StoppedBefore.IsZero() {
		return clause{}
	}
	return clause{text: "stop_date IS NOT NULL"}.and(between("stop_date", bound(q.StoppedSince), bound(q.StoppedBefore)))
}

func (p *page) named() clause {
	prefix := []byte(p.query.NamePrefix)
	// The names that begin with it stand before the next text of its length.
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i]++; prefix[i] != 0 {
			return between("name", p.query.NamePrefix, string(prefix[:i+1]))
		}
	}
	return between("name", p.query.NamePrefix, "")
}

// wantedStatuses are those that the query selects.
func (p *page) wantedStatuses() []states.Status {
	if len(p.query.Statuses) == 0 {
		return statuses
	}
	return slices.Compact(slices.Sorted(slices.Values(p.query.Statuses)))
}

func (p *page) ofStatuses() clause {
	if len(p.query.Statuses) == 0 {
		return clause{}
	}
	var args []any
	for _, status := range p.wantedStatuses() {
		args = append(args, string(status))
	}
	return clause{"status IN (?" + strings.Repeat(", ?", len(args)-1) + ")", args}
}

func (p *page) ofMachines(ids []int64) clause {
	q := p.query
	if q.MachineARN == "" && q.Definition == "" && !q.WithoutMapRunChildren {
		return clause{}
	}
	return clause{"machine IN (SELECT value FROM json_each(?))", []any{strings.ReplaceAll(fmt.Sprint(ids), " ", ",")}}
}

// A source is executions that an index has in an order.
type source struct {
	index string
	clause

	chunk []wide // read ahead by nearby
	over  bool   // nothing is behind chunk
}

// A wide is a listed with what the narrow conditions are about.
type wide struct {
	listed
	name, stop string
}

// inOrder returns sources in the order of the list that have the executions of machines.
func (p *page) inOrder(machines, children []int64) []source {
	if q := p.query; q.MachineARN == "" && q.Definition == "" && len(q.Statuses) == 0 {
		all := source{index: "executions_by_start_date", clause: clause{text: "instr(arn, '/') = 0"}}
		return append(p.byMachine(children), all)
	}
	return p.byMachine(slices.Concat(machines, children))
}

// byMachine returns sources that have the executions of machines.
func (p *page) byMachine(machines []int64) (all []source) {
	for _, machine := range machines {
		for _, status := range p.wantedStatuses() {
			all = append(all, source{index: "executions_by_machine", clause: clause{"machine = ? AND status = ?", []any{machine, string(status)}}})
		}
	}
	return all
}

// selection returns the statement that selects columns of a source in the order of the list.
func (p *page) selection(columns string, from *source, c clause, limit int) (text string, args []any) {
	direction := " DESC"
	if p.query.OldestFirst {
		direction = ""
	}
	c = from.and(c)
	return "SELECT " + columns + " FROM executions INDEXED BY " + from.index + " WHERE " + c.text +
		" ORDER BY start_date" + direction + ", id" + direction + " LIMIT ?", append(slices.Clone(c.args), int64(limit))
}

// first returns the first executions of several sources that a clause selects.
func (p *page) first(sources []source, c clause) (found []listed, err error) {
	for i := range sources {
		text, args := p.selection("start_date, id", &sources[i], p.started(p.after).and(c), p.query.Limit+1)
		err := p.conn.query(func(row []driver.Value) error {
			found = append(found, listed{row[0].(string), row[1].(int64)})
			return nil
		}, text, args...)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, p.compare)
	return found[:min(len(found), p.query.Limit+1)], nil
}

func (p *page) compare(a, b listed) int {
	order := cmp.Or(strings.Compare(a.start, b.start), cmp.Compare(a.id, b.id))
	if p.query.OldestFirst {
		return order
	}
	return -order
}

// nearest is how many executions nearby looks at where it is not told otherwise, some
// milliseconds of work.
const nearest = 2048

// nearby looks for the executions of a narrow query among the next ones of sources. It
// reports whether it has found all that the page needs.
func (p *page) nearby(sources []source) (found []listed, enough bool, err error) {
	chunk := min(max(p.nearest/max(len(sources), 1), 16), 256)
	for i := range sources {
		if err := p.readAhead(&sources[i], p.after, chunk); err != nil {
			return nil, false, err
		}
	}
	for range p.nearest {
		var next *source
		for i := range sources {
			if s := &sources[i]; len(s.chunk) > 0 && (next == nil || p.compare(s.chunk[0].listed, next.chunk[0].listed) < 0) {
				next = s
			}
		}
		if next == nil {
			return found, true, nil
		}
		x := next.chunk[0]
		if next.chunk = next.chunk[1:]; len(next.chunk) == 0 && !next.over {
			if err := p.readAhead(next, x.listed, chunk); err != nil {
				return nil, false, err
			}
		}
		if !p.selects(&x) {
			continue
		}
		if found = append(found, x.listed); len(found) > p.query.Limit {
			return found, true, nil
		}
	}
	return nil, false, nil
}

// selects reports whether an execution is one of a narrow query.
func (p *page) selects(x *wide) bool {
	since, before := bound(p.query.StoppedSince), bound(p.query.StoppedBefore)
	return strings.HasPrefix(x.name, p.query.NamePrefix) && x.stop >= since && (before == "" || x.stop != "" && x.stop < before)
}

// readAhead reads the executions of a source that come after one.
func (p *page) readAhead(s *source, after listed, n int) error {
	s.chunk = s.chunk[:0]
	text, args := p.selection("start_date, id, name, stop_date", s, p.started(after), n)
	err := p.conn.query(func(row []driver.Value) error {
		stop, _ := row[3].(string)
		s.chunk = append(s.chunk, wide{listed{row[0].(string), row[1].(int64)}, row[2].(string), stop})
		return nil
	}, text, args...)
	s.over = len(s.chunk) < n
	return err
}

// Count implements [store.Counter].
func (s *Store) Count(ctx context.Context) (counts []store.Count, err error) {
	err = s.read(ctx, "count executions", func(c *conn) error {
		return c.snapshot(func() error {
			totals := map[store.Count]int64{}
			err := c.query(func(row []driver.Value) error {
				m, err := s.readMachine(c, row[0].(int64))
				totals[store.Count{MachineARN: m.arn, Machine: m.name, Status: states.Status(row[1].(string))}] += row[2].(int64)
				return err
			}, "SELECT machine, status, count(*) FROM executions INDEXED BY executions_by_machine GROUP BY machine, status")
			counts = nil
			for c, n := range totals {
				c.Executions = n
				counts = append(counts, c)
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}
