package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/postgres"
)

// work is what each of the two processes does: it stands by until it owns the namespace, and
// then has the orders worked off. What the owner before has begun goes on by itself.
func work(name, url, ledger string) error {
	say := func(format string, args ...any) { fmt.Printf("%-7s "+format+"\n", append([]any{name}, args...)...) }
	s := postgres.Open(url, postgres.Namespace(namespace))
	if s.Err() != nil {
		say("stands by: %v", s.Err())
		s = postgres.Open(url, postgres.Namespace(namespace), postgres.WaitForOwner(context.Background()))
	}
	e, err := engine.New(engine.Config{Resolver: tasks(say, ledger), Store: s})
	if err != nil {
		return err
	}
	say("owns the namespace")
	go func() {
		// An owner that was frozen, or lost its connection, must not go on.
		<-s.Lost()
		fmt.Fprintln(os.Stderr, name, "lost the namespace")
		os.Exit(1)
	}()
	machine, err := asl.Parse(definition)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for n := range orders {
		all.Go(func() {
			order := fmt.Sprintf("order-%02d", n+1)
			x, err := e.StartOrGetExecution(context.Background(), machine, map[string]any{"order": order}, engine.Named(order), engine.Machine("OrderProcessing"))
			if err == nil {
				_, err = x.Wait(context.Background())
			}
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	say("is done: all orders have come to their end")
	return e.Close()
}

// tasks are the functions of the order's machine. Each takes a moment.
func tasks(say func(string, ...any), ledger string) *engine.Mux {
	mux := engine.NewMux()
	const function = "arn:aws:lambda:us-east-1:123456789:function:"
	for _, name := range []string{"validate-order", "update-db", "send-notification", "initiate-shipping"} {
		mux.HandleFunc(function+name, func(ctx context.Context, task engine.Task) (any, error) {
			return task.Input, moment(ctx)
		})
	}
	mux.Handle(function+"check-inventory", engine.Func(func(_ context.Context, in struct{ Order string }) (any, error) {
		return map[string]any{"order": in.Order, "inventoryAvailable": true}, nil
	}))
	var charged atomic.Int64
	mux.HandleFunc(function+"process-payment", func(ctx context.Context, task engine.Task) (any, error) {
		if err := charge(ledger, task.IdempotencyKey); err != nil {
			return nil, err
		}
		if n := charged.Add(1); n%10 == 0 {
			say("has charged %d orders", n)
		}
		return task.Input, moment(ctx)
	})
	return mux
}

// moment is what the work takes, unless its context ends before.
func moment(ctx context.Context) error {
	done := time.NewTimer(20 * time.Millisecond)
	defer done.Stop()
	select {
	case <-done.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// charge is the payment provider. A call with a key that it knows is the same charge: a
// handler whose process was killed is called again, with the same key.
func charge(ledger, key string) error {
	name := strings.NewReplacer(":", "_", "/", "_").Replace(key)
	calls, err := os.OpenFile(filepath.Join(ledger, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := calls.WriteString(name + "\n"); err != nil {
		return errors.Join(err, calls.Close())
	}
	charge, err := os.OpenFile(filepath.Join(ledger, name), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = charge.Close()
	}
	return errors.Join(err, calls.Close())
}

// readLedger returns how many charges there are, and how many calls there were.
func readLedger(ledger string) (charges, calls int, err error) {
	found, err := os.ReadDir(ledger)
	if err != nil {
		return 0, 0, err
	}
	text, err := os.ReadFile(filepath.Join(ledger, "calls"))
	return len(found) - 1, strings.Count(string(text), "\n"), err
}
