package stepfunctions

import (
	"context"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

type validateInput struct {
	Definition string
	Type       engine.MachineType
	Severity   string
	MaxResults int
}

type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

type validateOutput struct {
	Result      string       `json:"result"`
	Diagnostics []diagnostic `json:"diagnostics"`
	Truncated   bool         `json:"truncated"`
}

// maxDiagnostics is how many diagnostics there are at most (documented).
const maxDiagnostics = 100

// validateStateMachineDefinition says what is wrong with a definition. Warnings are shown
// when they are asked for (documented).
func (h *Handler) validateStateMachineDefinition(_ context.Context, in *validateInput) (*validateOutput, error) {
	found := h.parser(in.Type).Validate([]byte(in.Definition)).AWS()
	out := &validateOutput{Result: "OK", Diagnostics: []diagnostic{}}
	size := in.MaxResults
	if size == 0 {
		size = maxDiagnostics
	}
	for _, d := range found {
		if d.Severity == asl.Error {
			out.Result = "FAIL"
		} else if in.Severity != "WARNING" {
			continue
		}
		if len(out.Diagnostics) == size {
			out.Truncated = true
			continue
		}
		out.Diagnostics = append(out.Diagnostics, diagnostic{string(d.Severity), string(d.Code), d.Message, d.Location})
	}
	return out, nil
}
