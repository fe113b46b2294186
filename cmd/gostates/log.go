package main

import (
	"context"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
)

// A storeLog keeps the executions of cases in a database, as an engine would, so
// that a run of cases is a test of the store as well.
type storeLog struct {
	store  *sqlite.Store
	length map[string]int // of each execution's log
}

func openLog(path string) (*storeLog, error) {
	db := sqlite.Open(path)
	if err := db.Err(); err != nil {
		return nil, err
	}
	return &storeLog{store: db, length: make(map[string]int)}, nil
}

// Append implements conformance.Log.
func (l *storeLog) Append(name string, lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	ctx, n := context.Background(), l.length[name]
	l.length[name] += len(lines)
	if n > 0 {
		return l.store.Append(ctx, name, n, store.Change{Lines: lines})
	}
	return l.store.Create(ctx, store.Record{
		ARN: name, Name: name, Machine: "case", MachineARN: "case", Definition: "case",
		Status: states.StatusRunning, StartDate: time.Unix(0, 0).UTC(),
	}, "a case's", lines)
}

// Lines implements conformance.Log.
func (l *storeLog) Lines(name string) ([][]byte, error) {
	return l.store.Log(context.Background(), name)
}

// Close closes the database.
func (l *storeLog) Close() error { return l.store.Close() }
