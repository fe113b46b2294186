package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

// The execution that owners write to.
var written = store.Record{
	ARN: "arn:aws:states:us-east-1:123456789012:execution:m:x", Name: "x", MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m",
	Machine: "m", Definition: "none", Status: states.StatusRunning, StartDate: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
}

// own is a process that is killed or frozen: it owns a namespace and says after each line
// that it has written how many there are.
func (s *settings) own() error {
	db := postgres.Open(s.url, postgres.Namespace(s.owner), postgres.Lease(s.lease), postgres.WaitForOwner(context.Background()))
	ctx := context.Background()
	if err := db.Create(ctx, written, "{}", nil); err != nil && !errors.Is(err, store.ErrExecutionAlreadyExists) {
		return err
	}
	lines, err := db.Log(ctx, written.ARN)
	for n := len(lines); err == nil; n++ {
		if err = db.Append(ctx, written.ARN, n, store.Change{Lines: [][]byte{fmt.Appendf(nil, `{"id":%d}`, n)}}); err == nil {
			fmt.Println(n + 1)
		}
	}
	if errors.Is(err, postgres.ErrLost) || errors.Is(err, postgres.ErrUnavailable) {
		return nil // it was frozen
	}
	return err
}

// takeovers measures how long it takes from the signal that ends or freezes an owner until
// who stands by has written, and sees that nothing was lost and nothing came of the frozen one
// any more.
func (s *settings) takeovers() error {
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "frozen": syscall.SIGSTOP} {
		var all times
		for round := range s.rounds {
			took, err := s.takeover(fmt.Sprintf("takeover_%s_%d_%d", name, os.Getpid(), round), signal)
			if err != nil {
				return err
			}
			all = append(all, took)
		}
		slices.Sort(all)
		fmt.Printf("owner %s, %d times, lease %v: the standby wrote after %v (median), %v (longest)\n", name, s.rounds, s.lease, all.quantile(0.5), all[len(all)-1].Round(time.Millisecond/10))
	}
	return nil
}

// standsBy returns when a store waits for a namespace of the server.
func (s *settings) standsBy() error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for waits := false; !waits; <-again.C {
		err := c.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
			WHERE locktype = 'advisory' AND NOT granted AND application_name LIKE 'gostates % lock')`).Scan(&waits)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) takeover(namespace string, signal syscall.Signal) (took time.Duration, err error) {
	owner := exec.Command(os.Args[0], "-owner", namespace, "-url", s.url, "-lease", s.lease.String())
	owner.Stderr = os.Stderr
	out, err := owner.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := owner.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = owner.Process.Kill() // it has ended, or is to
		_ = owner.Wait()
	}()
	acknowledged, said := 0, bufio.NewScanner(out)
	for acknowledged < 100 && said.Scan() {
		if _, err := fmt.Sscan(said.Text(), &acknowledged); err != nil {
			return 0, err
		}
	}
	standby := make(chan *postgres.Store)
	go func() {
		standby <- postgres.Open(s.url, postgres.Namespace(namespace), postgres.WaitForOwner(context.Background()))
	}()
	if err := s.standsBy(); err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := owner.Process.Signal(signal); err != nil {
		return 0, err
	}
	db := <-standby
	defer func() { err = errors.Join(err, db.Close()) }()
	lines, err := db.Log(context.Background(), written.ARN)
	if err != nil {
		return 0, err
	}
	n := len(lines)
	if err := db.Append(context.Background(), written.ARN, n, store.Change{Lines: [][]byte{[]byte(`{"id":"taken over"}`)}}); err != nil {
		return 0, err
	}
	took = time.Since(begin)
	if signal == syscall.SIGSTOP {
		if err := owner.Process.Signal(syscall.SIGCONT); err != nil {
			return 0, err
		}
	}
	for said.Scan() {
		if _, err := fmt.Sscan(said.Text(), &acknowledged); err != nil {
			return 0, err
		}
	}
	if lines, err = db.Log(context.Background(), written.ARN); err == nil && (len(lines) != n+1 || acknowledged > n) {
		err = fmt.Errorf("%d lines were acknowledged before the takeover, %d were found, and %d are there now", acknowledged, n, len(lines))
	}
	return took, err
}
