package onengine

import (
	"net/http"
	"time"

	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// ServeAPI implements [corpus.APIServer]: an endpoint with an engine of its own, which keeps
// executions in memory. It runs what needs no handler.
func (Driver) ServeAPI(start time.Time) (corpus.Endpoint, error) { return ServeAPI(start) }

// ServeAPI returns an endpoint as [Driver.ServeAPI] does.
func ServeAPI(start time.Time) (corpus.Endpoint, error) {
	clock := enginetest.NewClock(start)
	e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Clock: clock, Region: region, Account: account, RoleARN: roleARN, MapRuns: engine.MapRuns{Objects: new(objects.Memory)}})
	if err != nil {
		return nil, err
	}
	handler, err := stepfunctions.New(stepfunctions.Config{Engine: e})
	if err != nil {
		return nil, err
	}
	return &endpoint{handler, clock, e}, nil
}

// An endpoint implements [corpus.Endpoint].
type endpoint struct {
	http.Handler
	*enginetest.Clock
	engine *engine.Engine
}

// Close implements [corpus.Endpoint].
func (e *endpoint) Close() error { return e.engine.Close() }
