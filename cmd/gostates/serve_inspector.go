package main

import (
	"net/http"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/registry"
	"go.uber.org/zap"
)

// The values of the flag --inspector.
const (
	inspectorOn       = "on"
	inspectorReadOnly = "read-only"
	inspectorOff      = "off"
)

// inspectorPath is where gostates serve has the inspector.
const inspectorPath = "/inspector/"

// inspects reports whether there is an inspector: unless the flag says so there is none beside an
// API that asks for signatures, because browsers make none.
func (f *serveFlags) inspects() bool {
	return f.inspector != inspectorOff && (f.inspector != "" || len(f.keys) == 0)
}

// withInspector adds the inspector to the API, which is logged; of the inspector what changes
// something is.
func (f *serveFlags) withInspector(api http.Handler, eng *engine.Engine, machines *registry.Registry, log *zap.Logger) (http.Handler, error) {
	switch f.inspector {
	case "", inspectorOn, inspectorReadOnly, inspectorOff:
	default:
		return nil, misused("--inspector: %q is none of on, read-only and off", f.inspector)
	}
	api = logged(api, log)
	if !f.inspects() {
		return api, nil
	}
	in, err := inspector.New(inspector.Config{Engine: eng, Machines: machines, Hosts: f.inspectorHosts, ReadOnly: f.inspector == inspectorReadOnly})
	if err != nil {
		return nil, err
	}
	pages := http.StripPrefix(strings.TrimSuffix(inspectorPath, "/"), in)
	changes := logged(pages, log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch { // no ServeMux, which would redirect requests of clients of the API
		case !strings.HasPrefix(r.URL.Path, inspectorPath):
			api.ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			changes.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	}), nil
}
