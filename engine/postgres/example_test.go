package postgres_test

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/postgres"
)

// A process that stands by until it owns the namespace. Any number of them may run; one works.
func ExampleOpen() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	orders := postgres.Open(os.Getenv("DATABASE_URL"), postgres.Namespace("orders"), postgres.WaitForOwner(ctx))
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: orders})
	if err != nil {
		log.Fatal(err) // the context has ended, or the server doesn't let us in
	}
	select {
	case <-orders.Lost():
		log.Fatal("another process has taken over") // begin anew, as a standby
	case <-ctx.Done():
		_ = eng.Close() // who stands by takes over at once
	}
}
