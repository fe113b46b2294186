// Command operations is a service as a team on call wants it: it prints photo books. What it does
// can be seen in traces on the standard output, in metrics at /metrics and in the inspector at
// /inspector/; what its handlers use is bounded; and it ends gracefully.
//
//	go run ./examples/operations             works off 60 orders, shows what can be seen, and ends
//	go run ./examples/operations -serve      goes on until SIGINT or SIGTERM
//
// Executions are in a file, -db, which outlives the process: what was under way goes on when the
// service is started again. A new release may be started before the old one has ended: it
// waits until the old one hands the file over.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	path := flag.String("db", "", "the file of executions; default: one that is gone at the end")
	serve := flag.Bool("serve", false, "go on until a signal comes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *path, *serve); err != nil {
		slog.Error("operations", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, or without serve until some orders are worked off.
func run(ctx context.Context, addr, path string, serve bool) (err error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "operations")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "prints.db")
	}
	s, err := newService(ctx, path)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	fmt.Fprintf(os.Stderr, "inspector  %s/inspector/\nmetrics    %s/metrics\nhealth     %s/health\n", url, url, url)

	if serve {
		select {
		case <-ctx.Done():
		case err = <-served:
		}
	} else {
		err = s.demonstrate(ctx, url)
	}

	// First nobody asks for more, then what has begun ends, and last its traces are sent.
	fmt.Fprintln(os.Stderr, "shutting down")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), s.close(ctx))
}
