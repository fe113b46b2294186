package main

import (
	"context"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// fiveTasks is the workflow that is compared.
const fiveTasks = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"nothing","Next":"B"},
	"B":{"Type":"Task","Resource":"nothing","Next":"C"},
	"C":{"Type":"Task","Resource":"nothing","Next":"D"},
	"D":{"Type":"Task","Resource":"nothing","Next":"E"},
	"E":{"Type":"Task","Resource":"nothing","End":true}}}`

// An order is what workflows are given, and what each of their tasks returns.
type order struct {
	ID   int    `json:"id"`
	Item string `json:"item"`
}

// An own runs the workflow on gostates.
type own struct {
	engine  *engine.Engine
	machine *asl.StateMachine
}

func openOwn(dir string) (*own, error) {
	machine, err := asl.Parse(fiveTasks)
	if err != nil {
		return nil, err
	}
	tasks := engine.NewMux()
	tasks.Handle("nothing", engine.Func(func(_ context.Context, in order) (order, error) { return in, nil }))
	e, err := engine.New(engine.Config{Resolver: tasks, Store: sqlite.Open(filepath.Join(dir, "gostates.db"))})
	if err != nil {
		return nil, err
	}
	return &own{e, machine}, nil
}

func (o *own) run(ctx context.Context, in order) (out order, err error) {
	x, err := o.engine.StartExecution(ctx, o.machine, in)
	if err != nil {
		return out, err
	}
	result, err := x.Wait(ctx)
	if err != nil {
		return out, err
	}
	return out, result.Decode(&out)
}

func (o *own) close() error { return o.engine.Close() }
