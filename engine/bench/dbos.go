package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // registers SQLite with dbos
)

// A peer runs the workflow on DBOS Transact.
type peer struct {
	ctx dbos.Context
	db  *sql.DB
}

// openPeer opens DBOS on an SQLite file. From a URL it would open it with
// synchronous = NORMAL, which lets a power cut undo the last commits. So it is
// given a handle that has the settings of its own pool but for that one.
func openPeer(dir string, connections int) (*peer, error) {
	settings := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "foreign_keys(ON)", "journal_mode(WAL)", "synchronous(FULL)"},
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "dbos.db")+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	p := &peer{db: db}
	if err := p.launch(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *peer) launch() error {
	// Every connection of the pool is opened with the same settings.
	var synchronous, journal string
	if err := p.db.QueryRow("PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	if err := p.db.QueryRow("PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if synchronous != "2" || journal != "wal" {
		return fmt.Errorf("dbos would run with synchronous = %s and the journal %s", synchronous, journal)
	}
	ctx, err := dbos.NewContext(context.Background(), dbos.Config{
		AppName:        "bench",
		SQLiteSystemDB: p.db,
		Logger:         slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	dbos.RegisterWorkflow(ctx, fiveSteps, dbos.WithWorkflowName("five"))
	p.ctx = ctx
	return dbos.Launch(ctx)
}

// fiveSteps is the machine fiveTasks as a DBOS workflow.
func fiveSteps(ctx dbos.Context, in order) (order, error) {
	for _, name := range [...]string{"A", "B", "C", "D", "E"} {
		out, err := dbos.RunAsStep(ctx, func(context.Context) (order, error) { return in, nil }, dbos.WithStepName(name))
		if err != nil {
			return in, err
		}
		in = out
	}
	return in, nil
}

func (p *peer) run(_ context.Context, in order) (order, error) {
	handle, err := dbos.RunWorkflow(p.ctx, fiveSteps, in)
	if err != nil {
		return order{}, err
	}
	return handle.GetResult()
}

func (p *peer) close() error {
	if err := dbos.Shutdown(p.ctx, 10*time.Second); err != nil {
		return err
	}
	return p.db.Close()
}
