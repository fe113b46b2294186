package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

// statuses are all that an execution can have.
var statuses = []states.Status{
	states.StatusRunning, states.StatusSucceeded, states.StatusFailed, states.StatusTimedOut, states.StatusAborted,
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) (records []store.Record, next string, err error) {
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, "", fmt.Errorf("%w: the limit is %d, it must be between 1 and 1000", store.ErrInvalidPage, q.Limit)
	}
	p, err := readPage(q.Next)
	if err != nil {
		return nil, "", err
	}
	p.query = &q
	err = s.read(ctx, "list executions", func(c queryer) error {
		records, next = nil, ""
		if p.newest == 0 {
			if err := c.QueryRow(ctx, "SELECT coalesce(max(id), 1) FROM executions").Scan(&p.newest); err != nil {
				return err
			}
		}
		text, args, none := p.statement()
		if none {
			return nil
		}
		rows, err := c.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		last := place{}
		return readRecords(rows, func(r *record) error {
			if len(records) == q.Limit {
				next = p.next(last)
				return nil
			}
			records, last = append(records, r.Record), r.place
			return r.damaged
		})
	})
	if err != nil {
		return nil, "", err
	}
	return records, next, nil
}

// A page is one page of a list.
type page struct {
	query  *store.Query
	after  place // that of the last execution of the page before; zero for the first page
	newest int64 // the id of the newest execution when the first page was read; 0 for the first page
	args   []any
}

// next returns the Query.Next of the page that follows an execution.
func (p *page) next(last place) string {
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

// arg adds an argument of the statement, and returns its name.
func (p *page) arg(value any) string {
	p.args = append(p.args, value)
	return "$" + strconv.Itoa(len(p.args))
}

// statement returns the statement that reads the page and one record more, with its arguments,
// or none if no record can be on the page.
func (p *page) statement() (text string, args []any, none bool) {
	q := p.query
	p.args = nil
	conditions := []string{"id <= " + p.arg(p.newest)}
	add := func(column, operator, value string) {
		if value != "" {
			conditions = append(conditions, column+operator+p.arg(value))
		}
	}
	add("start_date", " >= ", bound(q.StartedSince))
	add("start_date", " < ", bound(q.StartedBefore))
	direction, comes := " DESC", " < "
	if q.OldestFirst {
		direction, comes = "", " > "
	}
	if p.after != (place{}) {
		conditions = append(conditions, "(start_date, id)"+comes+"("+p.arg(p.after.start)+", "+p.arg(p.after.id)+")")
	}
	order := " ORDER BY start_date" + direction + ", id" + direction + " LIMIT " + p.arg(q.Limit+1)
	stopped := !q.StoppedSince.IsZero() || !q.StoppedBefore.IsZero()
	find := ""
	if stopped || q.NamePrefix != "" {
		if stopped {
			conditions = append(conditions, "stop_date IS NOT NULL")
			add("stop_date", " >= ", bound(q.StoppedSince))
			add("stop_date", " < ", bound(q.StoppedBefore))
		}
		since, before, some := beginning(q.NamePrefix)
		if !some {
			return "", nil, true
		}
		add("name", " >= ", since)
		add("name", " < ", before)
		find = p.narrow(conditions) + order
	} else {
		find = p.inOrder(conditions, order) + order
	}
	text = "SELECT " + columns + " FROM (" + find + ") f JOIN executions e ON e.id = f.id LEFT JOIN due d ON d.execution = e.id" +
		" LEFT JOIN machines m ON m.id = e.machine ORDER BY e.start_date" + direction + ", e.id" + direction
	// The server plans for the values: few or many executions may have them.
	return text, append([]any{pgx.QueryExecModeExec}, p.args...), false
}

// inOrder finds executions that indexes have in the order of the list. Those of each machine
// and status are read up to the limit, however many there are.
func (p *page) inOrder(conditions []string, order string) string {
	q := p.query
	where := strings.Join(conditions, " AND ")
	machines := p.machines()
	plain := ""
	if q.MachineARN == "" && q.Definition == "" && len(q.Statuses) == 0 {
		plain = "(SELECT id, start_date FROM executions WHERE strpos(arn, '/') = 0 AND " + where + order + ")"
		if q.WithoutMapRunChildren {
			return "SELECT id, start_date FROM " + plain + " f"
		}
		plain += " UNION ALL "
		machines = append(machines, "strpos(p.arn, '/') > 0")
	}
	return "SELECT id, start_date FROM (" + plain + "SELECT x.id, x.start_date FROM machines p CROSS JOIN unnest(" + p.arg(p.statuses()) + "::text[]) AS s (wanted)" +
		" CROSS JOIN LATERAL (SELECT id, start_date FROM executions WHERE machine = p.id AND status = s.wanted AND " + where + order + ") x" +
		" WHERE " + strings.Join(append(machines, "true"), " AND ") + ") f"
}

// narrow finds executions by conditions that no index has in the order of the list. The server
// knows whether the executions that they select are few.
func (p *page) narrow(conditions []string) string {
	q := p.query
	if q.WithoutMapRunChildren {
		conditions = append(conditions, "strpos(arn, '/') = 0")
	}
	if len(q.Statuses) > 0 {
		conditions = append(conditions, "status = ANY("+p.arg(p.statuses())+"::text[])")
	}
	if q.MachineARN != "" || q.Definition != "" {
		conditions = append(conditions, "machine = ANY(ARRAY(SELECT id FROM machines p WHERE "+strings.Join(p.machines(), " AND ")+"))")
	}
	return "SELECT id, start_date FROM executions WHERE " + strings.Join(conditions, " AND ")
}

// machines returns the conditions of the pinned machines that the query selects.
func (p *page) machines() (conditions []string) {
	q := p.query
	if q.MachineARN != "" {
		arn := p.arg(q.MachineARN)
		conditions = append(conditions, "(p.arn = "+arn+" OR p.version = "+arn+" OR p.alias = "+arn+")")
	}
	if q.Definition != "" {
		conditions = append(conditions, "p.definition = "+p.arg(q.Definition))
	}
	if q.WithoutMapRunChildren {
		conditions = append(conditions, "strpos(p.arn, '/') = 0")
	}
	return conditions
}

// statuses returns those that the query selects, each once.
func (p *page) statuses() (wanted []string) {
	q := &store.Query{Statuses: p.query.Statuses}
	for _, status := range statuses {
		if q.Selects(&store.Record{Status: status}) {
			wanted = append(wanted, string(status))
		}
	}
	return wanted
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

// beginning returns the texts from the one on and before the other, unless that is empty,
// which are those that begin with a prefix, byte by byte; some reports whether there can be
// any. The prefix may end amid a rune, which no text of the server's can.
func beginning(prefix string) (since, before string, some bool) {
	head := prefix
	for !utf8.ValidString(head) {
		head = head[:len(head)-1]
	}
	if head != prefix {
		first, last, found := completions(prefix[len(head):])
		if !found {
			return "", "", false
		}
		return head + string(first), following(head + string(last)), true
	}
	return head, following(head), true
}

// completions returns the first and the last rune that begin with some bytes.
func completions(tail string) (first, last rune, some bool) {
	for length := len(tail) + 1; length <= utf8.UTFMax; length++ {
		// The byte behind the first has bounds of its own, and those that follow have not.
		for next := 0x80; next <= 0xbf; next++ {
			for _, rest := range []string{"\x80\x80", "\xbf\xbf"} {
				r, n := utf8.DecodeRuneInString(tail + string([]byte{byte(next)}) + rest[:length-len(tail)-1])
				if r == utf8.RuneError && n <= 1 || n != length {
					continue
				}
				if !some {
					first = r
				}
				last, some = r, true
			}
		}
	}
	return first, last, some
}

// following returns the first text that follows all that begin with a text, "" if there is
// none.
func following(text string) string {
	for text != "" {
		r, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
		if r++; r == 0xd800 { // surrogates are no runes
			r = 0xe000
		}
		if r <= utf8.MaxRune {
			return text + string(r)
		}
	}
	return ""
}

var _ store.Counter = (*Store)(nil)

// Count implements [store.Counter].
func (s *Store) Count(ctx context.Context) (counts []store.Count, err error) {
	err = s.read(ctx, "count executions", func(c queryer) error {
		rows, err := c.Query(ctx, `SELECT m.arn, m.name, e.status, sum(e.executions)::bigint
			FROM (SELECT machine, status, count(*) AS executions FROM executions GROUP BY machine, status) e JOIN machines m ON m.id = e.machine
			GROUP BY m.arn, m.name, e.status`)
		if err != nil {
			return err
		}
		counts = nil
		var n store.Count
		_, err = pgx.ForEachRow(rows, []any{&n.MachineARN, &n.Machine, (*string)(&n.Status), &n.Executions}, func() error {
			counts = append(counts, n)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}
