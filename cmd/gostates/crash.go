package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
)

// A crashDriver runs cases on engines that are lost at every write to a database.
type crashDriver struct {
	folder string
	number int           // of the database
	store  *sqlite.Store // nil when the next case needs another
	used   func(*asl.StateMachine, states.Part)
}

func newCrashDriver(used func(*asl.StateMachine, states.Part)) (*crashDriver, error) {
	folder, err := os.MkdirTemp("", "gostates-")
	return &crashDriver{folder: folder, used: used}, err
}

// Execute implements conformance.Driver.
func (d *crashDriver) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	if d.store == nil {
		d.number++
		d.store = sqlite.Open(filepath.Join(d.folder, fmt.Sprintf("%d.db", d.number)))
		if err := d.store.Err(); err != nil {
			return nil, err
		}
	}
	x, err := onengine.Driver{Store: d.store, Crash: true, Used: d.used}.Execute(machine, c, script)
	if err != nil { // it may have left something behind
		err = errors.Join(err, d.store.Close())
		d.store = nil
	}
	return x, err
}

// Close removes the databases.
func (d *crashDriver) Close() error {
	var err error
	if d.store != nil {
		err = d.store.Close()
	}
	return errors.Join(err, os.RemoveAll(d.folder))
}
