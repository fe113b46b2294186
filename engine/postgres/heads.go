package postgres

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

// A key is the beginning of an ARN's SHA-256. No two ARNs have the same.
type key [16]byte

func keyOf(arn string) key {
	sum := sha256.Sum256([]byte(arn))
	return key(sum[:len(key{})])
}

// A head says where an execution stands.
type head struct {
	id      int64 // 0 for one that is not there
	machine int64
	due     int64 // as unixNano has it; 0 when the table due has none
	length  int   // of its log, in lines
	running bool
	damaged error // why it can't be told
}

// A run is where a Map Run stands.
type run struct {
	id        int64 // 0 for one that is not there
	execution int64
	version   int64
	damaged   error
}

type documentKey struct{ collection, key string }

// A document is a text, or why it can't be told.
type document struct {
	text    string
	damaged error
}

// needs are what must be known of the database before a change can be decided on.
type needs struct {
	execution, run key // the zero key for none
	documents      []documentKey
}

// known is what the writer knows of the database, as its next transaction will find it.
// Nobody else writes, so it stays true until a transaction fails.
type known struct {
	heads     map[key]head
	runs      map[key]run
	documents map[documentKey]document
	machines  map[machine]int64
}

func (k *known) forget() {
	*k = known{map[key]head{}, map[key]run{}, map[documentKey]document{}, map[machine]int64{}}
}

// maxKnown bounds what is known of executions, runs and machines each.
const maxKnown = 100_000

// large reports whether it is time to forget.
func (k *known) large() bool { return max(len(k.heads), len(k.runs), len(k.machines)) > maxKnown }

const findHeads = `SELECT e.key, e.id, e.arn, e.machine, e.status, e.stop_date, e.length, e.state_sum, d.due, d.sum, l.position + l.count
	FROM executions e
		LEFT JOIN due d ON d.execution = e.id
		LEFT JOIN LATERAL (SELECT position, count FROM log WHERE execution = e.id ORDER BY position DESC LIMIT 1) l ON true
	WHERE e.key = ANY($1)`

const findRuns = `SELECT key, ` + mapRunColumns + ` FROM map_runs WHERE key = ANY($1)`

const findDocuments = `SELECT d.collection, d.key, d.document, d.sum
	FROM unnest($1::text[], $2::text[]) AS w (collection, key) JOIN documents d ON d.collection = w.collection AND d.key = w.key`

// look finds out what some requests need, in one round trip for all.
func (w *writer) look(batch []*request) error {
	var arns, runs [][16]byte
	var collections, keys []string
	k := &w.known
	for _, r := range batch {
		n := &r.needs
		if _, known := k.heads[n.execution]; !known && n.execution != (key{}) {
			arns = append(arns, n.execution)
			k.heads[n.execution] = head{}
		}
		if _, known := k.runs[n.run]; !known && n.run != (key{}) {
			runs = append(runs, n.run)
			k.runs[n.run] = run{}
		}
		for _, d := range n.documents {
			if _, known := k.documents[d]; !known {
				collections, keys = append(collections, d.collection), append(keys, d.key)
				k.documents[d] = document{}
			}
		}
	}
	b := &pgx.Batch{}
	if len(arns) > 0 {
		b.Queue(findHeads, arns).Query(func(rows pgx.Rows) error { return readHeads(rows, k.heads) })
	}
	if len(runs) > 0 {
		b.Queue(findRuns, runs).Query(func(rows pgx.Rows) error { return readRuns(rows, k.runs) })
	}
	if len(keys) > 0 {
		b.Queue(findDocuments, collections, keys).Query(func(rows pgx.Rows) error { return readDocuments(rows, k.documents) })
	}
	if b.Len() == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return w.looker.SendBatch(ctx, b).Close()
}

func readHeads(rows pgx.Rows, heads map[key]head) error {
	for rows.Next() {
		var k key
		var arn, status string
		var stop *string
		var length, position *int
		var sum int64
		var due, dueSum *int64
		var h head
		err := rows.Scan((*[16]byte)(&k), &h.id, &arn, &h.machine, &status, &stop, &length, &sum, &due, &dueSum, &position)
		if err != nil {
			return err
		}
		if position != nil {
			h.length = *position
		}
		if due != nil {
			h.due = *due
		}
		h.running = status == string(states.StatusRunning)
		h.damaged = errors.Join(check("the state of the record", h.id, sum, stateSum(h.id, status, stop, length)), checkDue(h.id, due, dueSum))
		if keyOf(arn) != k && h.damaged == nil {
			h.damaged = check("the record", h.id, 0, 1)
		}
		heads[k] = h
	}
	return rows.Err()
}

func readRuns(rows pgx.Rows, runs map[key]run) error {
	for rows.Next() {
		var k key
		r, err := scanMapRun(rows, &k)
		if r == nil {
			return err
		}
		runs[k] = run{r.id, r.execution, r.run.Version, err}
	}
	return rows.Err()
}

func readDocuments(rows pgx.Rows, documents map[documentKey]document) error {
	for rows.Next() {
		var k documentKey
		var text []byte
		var sum int64
		if err := rows.Scan(&k.collection, &k.key, &text, &sum); err != nil {
			return err
		}
		documents[k] = document{string(text), check("the document", k.key, sum, documentSum(k, text))}
	}
	return rows.Err()
}
