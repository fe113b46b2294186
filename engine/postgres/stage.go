package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// A stage has the changes of one transaction as columns of rows, so that each table takes one
// statement however many changes there are.
type stage struct {
	requests []*request
	size     int // bytes, about

	definitions []definitionRow
	machines    []machineRow
	created     creations
	log         logRows
	states      map[int64]stateRow
	dues        map[int64]int64
	notes       notes
	documents   map[documentKey]string // "" for one that is removed
	runs        map[int64]*mapRun
	results     map[resultKey]resultRow
}

type definitionRow struct{ hash, text string }

type machineRow struct {
	id int64
	machine
}

// creations are rows of executions.
type creations struct {
	ids, machines, sums, stateSums       []int64
	keys                                 [][16]byte
	arns, names, starts, statuses, stops []string
	options, tokenKeys                   [][]byte
	lengths                              []*int
}

// logRows are rows of the log.
type logRows struct {
	executions, sums  []int64
	positions, counts []int32
	lines             [][]byte
	text              []byte // has the lines
}

// A stateRow is what changes in the row of an execution.
type stateRow struct {
	status, stop string // "" for NULL
	length       *int   // nil while it runs
	sum          int64
}

// notes are rows of notifications.
type notes struct {
	ids, sums []int64
	texts     [][]byte
	gone      []int64
}

type resultKey struct{ run, child int64 }

type resultRow struct {
	bad    bool
	result []byte
}

const (
	insertDefinitions = `INSERT INTO definitions (hash, definition, sum)
		SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[]) ON CONFLICT (hash) DO NOTHING`
	insertMachines = `INSERT INTO machines (id, arn, name, version, alias, definition, sum)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])`
	insertExecutions = `INSERT INTO executions (id, key, machine, arn, name, start_date, options, token_key, sum, status, stop_date, length, state_sum)
		SELECT id, key, machine, arn, name, start_date, options, token_key, sum, status, nullif(stop_date, ''), length, state_sum
		FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bigint[],
			$10::text[], $11::text[], $12::integer[], $13::bigint[])
			AS x (id, key, machine, arn, name, start_date, options, token_key, sum, status, stop_date, length, state_sum)`
	insertLog = `INSERT INTO log (execution, position, count, sum, lines)
		SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bytea[])`
	updateStates = `UPDATE executions SET status = x.status, stop_date = nullif(x.stop_date, ''), length = x.length, state_sum = x.sum
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::bigint[]) AS x (id, status, stop_date, length, sum)
		WHERE executions.id = x.id`
	deleteDues = `DELETE FROM due WHERE execution = ANY($1)`
	insertDues = `INSERT INTO due (execution, due, sum) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
		ON CONFLICT (execution) DO UPDATE SET due = excluded.due, sum = excluded.sum`
	insertNotifications = `INSERT INTO notifications (id, notification, sum) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])`
	deleteDocuments     = `DELETE FROM documents d USING unnest($1::text[], $2::text[]) AS x (collection, key)
		WHERE d.collection = x.collection AND d.key = x.key`
	insertDocuments = `INSERT INTO documents (collection, key, document, sum)
		SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[])
		ON CONFLICT (collection, key) DO UPDATE SET document = excluded.document, sum = excluded.sum`
	insertRuns = `INSERT INTO map_runs (id, key, execution, open, version, arn, state, sum)
		SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::boolean[], $5::bigint[], $6::text[], $7::bytea[], $8::bigint[])
		ON CONFLICT (id) DO UPDATE SET open = excluded.open, version = excluded.version, state = excluded.state, sum = excluded.sum`
	insertResults = `INSERT INTO map_results (run, child, bad, result, sum)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bytea[], $5::bigint[])
		ON CONFLICT (run, child) DO UPDATE SET bad = excluded.bad, result = excluded.result, sum = excluded.sum`
)

// send makes the changes, in one round trip: the statements are a transaction by themselves.
func (s *stage) send(c *pgx.Conn, fence int64) error {
	b := &pgx.Batch{}
	b.Queue("SELECT own($1)", fence)
	s.queueMachines(b)
	if x := &s.created; len(x.ids) > 0 {
		b.Queue(insertExecutions, x.ids, x.keys, x.machines, x.arns, x.names, x.starts, x.options, x.tokenKeys, x.sums,
			x.statuses, x.stops, x.lengths, x.stateSums)
	}
	if l := &s.log; len(l.executions) > 0 {
		b.Queue(insertLog, l.executions, l.positions, l.counts, l.sums, l.lines)
	}
	s.queueStates(b)
	s.queueDues(b)
	if n := &s.notes; len(n.ids) > 0 {
		b.Queue(insertNotifications, n.ids, n.texts, n.sums)
	}
	if n := &s.notes; len(n.gone) > 0 {
		b.Queue("DELETE FROM notifications WHERE id = ANY($1)", n.gone)
	}
	s.queueDocuments(b)
	s.queueRuns(b)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.SendBatch(ctx, b).Close()
}

func (s *stage) queueMachines(b *pgx.Batch) {
	if len(s.machines) == 0 {
		return
	}
	var hashes []string
	var texts [][]byte
	var sums []int64
	known := map[string]bool{}
	for _, d := range s.definitions {
		if known[d.hash] {
			continue
		}
		known[d.hash] = true
		hashes, texts = append(hashes, d.hash), append(texts, []byte(d.text))
		sums = append(sums, int64(definitionSum(d.hash, []byte(d.text))))
	}
	b.Queue(insertDefinitions, hashes, texts, sums)
	var ids, machineSums []int64
	var arns, names, versions, aliases, definitions []string
	for _, m := range s.machines {
		ids, machineSums = append(ids, m.id), append(machineSums, int64(m.sum(m.id)))
		arns, names, definitions = append(arns, m.arn), append(names, m.name), append(definitions, m.definition)
		versions, aliases = append(versions, m.version), append(aliases, m.alias)
	}
	b.Queue(insertMachines, ids, arns, names, versions, aliases, definitions, machineSums)
}

func (s *stage) queueStates(b *pgx.Batch) {
	if len(s.states) == 0 {
		return
	}
	n := len(s.states)
	ids, sums := make([]int64, 0, n), make([]int64, 0, n)
	statuses, stops, lengths := make([]string, 0, n), make([]string, 0, n), make([]*int, 0, n)
	for id, r := range s.states {
		ids, sums = append(ids, id), append(sums, r.sum)
		statuses, stops, lengths = append(statuses, r.status), append(stops, r.stop), append(lengths, r.length)
	}
	b.Queue(updateStates, ids, statuses, stops, lengths, sums)
}

func (s *stage) queueDues(b *pgx.Batch) {
	var gone, ids, dues, sums []int64
	for id, due := range s.dues {
		if due == 0 {
			gone = append(gone, id)
			continue
		}
		ids, dues, sums = append(ids, id), append(dues, due), append(sums, int64(dueSum(id, due)))
	}
	if len(gone) > 0 {
		b.Queue(deleteDues, gone)
	}
	if len(ids) > 0 {
		b.Queue(insertDues, ids, dues, sums)
	}
}

func (s *stage) queueDocuments(b *pgx.Batch) {
	var goneCollections, goneKeys, collections, keys []string
	var texts [][]byte
	var sums []int64
	for k, text := range s.documents {
		if text == "" {
			goneCollections, goneKeys = append(goneCollections, k.collection), append(goneKeys, k.key)
			continue
		}
		collections, keys = append(collections, k.collection), append(keys, k.key)
		texts, sums = append(texts, []byte(text)), append(sums, int64(documentSum(k, []byte(text))))
	}
	if len(goneKeys) > 0 {
		b.Queue(deleteDocuments, goneCollections, goneKeys)
	}
	if len(keys) > 0 {
		b.Queue(insertDocuments, collections, keys, texts, sums)
	}
}

func (s *stage) queueRuns(b *pgx.Batch) {
	if len(s.runs) == 0 {
		return
	}
	var ids, executions, versions, sums []int64
	var keys [][16]byte
	var open []bool
	var arns []string
	var states [][]byte
	for id, r := range s.runs {
		ids, executions, versions = append(ids, id), append(executions, r.execution), append(versions, r.run.Version)
		keys, open, arns = append(keys, keyOf(r.run.ARN)), append(open, r.run.Open), append(arns, r.run.ARN)
		states, sums = append(states, r.run.State), append(sums, int64(r.sum()))
	}
	b.Queue(insertRuns, ids, keys, executions, open, versions, arns, states, sums)
	if len(s.results) == 0 {
		return
	}
	var runs, children, resultSums []int64
	var bad []bool
	var results [][]byte
	for k, r := range s.results {
		runs, children, bad = append(runs, k.run), append(children, k.child), append(bad, r.bad)
		results, resultSums = append(results, r.result), append(resultSums, int64(r.sum(k)))
	}
	b.Queue(insertResults, runs, children, bad, results, resultSums)
}

// maxText bounds the room for lines that is kept for the next transaction.
const maxText = 1 << 20

// reset empties the stage for other changes, and keeps its room.
func (s *stage) reset() {
	clear(s.requests)
	x, l, n := &s.created, &s.log, &s.notes
	for _, texts := range []*[]string{&x.arns, &x.names, &x.starts, &x.statuses, &x.stops} {
		clear(*texts)
		*texts = (*texts)[:0]
	}
	for _, bytes := range []*[][]byte{&x.options, &x.tokenKeys, &l.lines, &n.texts} {
		clear(*bytes)
		*bytes = (*bytes)[:0]
	}
	for _, numbers := range []*[]int64{&x.ids, &x.machines, &x.sums, &x.stateSums, &l.executions, &l.sums, &n.ids, &n.sums, &n.gone} {
		*numbers = (*numbers)[:0]
	}
	x.keys, l.positions, l.counts = x.keys[:0], l.positions[:0], l.counts[:0]
	clear(x.lengths)
	x.lengths = x.lengths[:0]
	if l.text = l.text[:0]; cap(l.text) > maxText {
		l.text = nil
	}
	s.requests, s.size = s.requests[:0], 0
	s.definitions, s.machines = nil, nil
	clear(s.states)
	clear(s.dues)
	clear(s.documents)
	clear(s.runs)
	clear(s.results)
}
