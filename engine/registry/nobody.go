package registry

import (
	"context"
	"errors"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
)

// nobody is the host of a Registry that was made without one: all that can fail does.
type nobody struct{}

var errNobody = errors.New("registry: the engine that registry.New was given is nil")

// Documents implements [Host].
func (nobody) Documents() store.DocumentStore { return noDocuments{} }

// MachineARN implements [Host].
func (nobody) MachineARN(name string) string { return name }

// Now implements [Host].
func (nobody) Now() time.Time { return time.Time{} }

// StartExecutionFrom implements [Host].
func (nobody) StartExecutionFrom(context.Context, engine.Machines, string, any, ...engine.StartOption) (*engine.Execution, error) {
	return nil, errNobody
}

// StartSyncExecutionFrom implements [Host].
func (nobody) StartSyncExecutionFrom(context.Context, engine.Machines, string, any, ...engine.StartOption) (*engine.Result, error) {
	return nil, errNobody
}

// RunSyncExecutionFrom implements [Host].
func (nobody) RunSyncExecutionFrom(context.Context, engine.Machines, string, any, ...engine.StartOption) (*engine.Description, error) {
	return nil, errNobody
}

// ListExecutions implements [Host].
func (nobody) ListExecutions(context.Context, engine.ListOptions) (*engine.Page, error) {
	return nil, errNobody
}

// DescribeStateMachineForExecution implements [Host].
func (nobody) DescribeStateMachineForExecution(context.Context, string) (*engine.ExecutedMachine, error) {
	return nil, errNobody
}

// noDocuments are the documents of nobody.
type noDocuments struct{}

// Document implements [store.DocumentStore].
func (noDocuments) Document(context.Context, string, string) (string, error) { return "", errNobody }

// Documents implements [store.DocumentStore].
func (noDocuments) Documents(context.Context, string, string, int) ([]store.Document, error) {
	return nil, errNobody
}

// ChangeDocuments implements [store.DocumentStore].
func (noDocuments) ChangeDocuments(context.Context, []store.DocumentChange) error { return errNobody }
