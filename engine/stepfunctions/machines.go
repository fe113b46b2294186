package stepfunctions

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/registry"
)

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type createMachineInput struct {
	Name, Definition string
	Type             engine.MachineType
	Tags             []tag
	givenSettings
}

type createMachineOutput struct {
	StateMachineArn        string    `json:"stateMachineArn"`
	CreationDate           timestamp `json:"creationDate"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
}

func (h *Handler) createStateMachine(ctx context.Context, in *createMachineInput) (*createMachineOutput, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	options, err := in.options()
	if err != nil {
		return nil, err
	}
	in.Type = cmp.Or(in.Type, engine.TypeStandard)
	machine, err := h.parse(in.Definition, in.Type)
	if err != nil {
		return nil, err
	}
	m, err := h.machines.Create(ctx, in.Name, machine, append(options, registry.Type(in.Type), registry.Tags(tagsOf(in.Tags)))...)
	if err != nil {
		return nil, err
	}
	out := &createMachineOutput{StateMachineArn: m.ARN, CreationDate: timestamp(m.CreationDate)}
	if in.Publish {
		out.StateMachineVersionArn = currentVersion(m)
	}
	return out, nil
}

// parse reads a definition as AWS does.
func (h *Handler) parse(definition string, t engine.MachineType) (*asl.StateMachine, error) {
	machine, err := h.parser(t).Parse([]byte(definition))
	if machine != nil {
		return machine, nil
	}
	message := h.parser(t).Validate([]byte(definition)).AWSMessage()
	if message == "" {
		message = err.Error() // AWS would take the definition
	}
	return nil, &apiError{Code: "InvalidDefinition", Message: message}
}

func (h *Handler) parser(t engine.MachineType) asl.Parser {
	p := asl.Parser{AWS: !h.config.Extensions, Extensions: h.config.Extensions}
	if t == engine.TypeExpress {
		p.Type = asl.Express
	}
	return p
}

// currentVersion returns the ARN of the version that the machine's revision has, "" when it
// has none.
func currentVersion(m *registry.Registered) string {
	for _, v := range m.Versions {
		if v.Revision == m.Revision {
			return v.ARN
		}
	}
	return ""
}

type updateMachineInput struct {
	StateMachineArn string
	Definition      *string
	givenSettings
}

type updateMachineOutput struct {
	UpdateDate             timestamp `json:"updateDate"`
	RevisionID             string    `json:"revisionId,omitempty"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
}

func (h *Handler) updateStateMachine(ctx context.Context, in *updateMachineInput) (*updateMachineOutput, error) {
	if in.Definition == nil && in.RoleArn == nil && in.LoggingConfiguration == nil && in.TracingConfiguration == nil && in.EncryptionConfiguration == nil {
		// The text is that of another implementation of the API.
		return nil, &apiError{Code: "MissingRequiredParameter", Message: "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"}
	}
	if err := unqualified(in.StateMachineArn); err != nil {
		return nil, err
	}
	options, err := in.options()
	if err != nil {
		return nil, err
	}
	m, err := h.machines.Describe(ctx, in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	var machine *asl.StateMachine
	if in.Definition != nil {
		if machine, err = h.parse(*in.Definition, m.Type); err != nil {
			return nil, err
		}
	}
	if m, err = h.machines.Update(ctx, in.StateMachineArn, machine, options...); err != nil {
		return nil, err
	}
	out := &updateMachineOutput{UpdateDate: timestamp(m.UpdateDate), RevisionID: shownRevision(m.Revision)}
	if in.Publish {
		out.StateMachineVersionArn = currentVersion(m)
	}
	return out, nil
}

type machineInput struct {
	StateMachineArn string
	IncludedData    string
}

type machineOutput struct {
	StateMachineArn string    `json:"stateMachineArn"`
	Name            string    `json:"name"`
	Status          string    `json:"status"`
	Definition      string    `json:"definition"`
	Type            string    `json:"type"`
	CreationDate    timestamp `json:"creationDate"`
	RevisionID      string    `json:"revisionId,omitempty"`
	Description     string    `json:"description,omitempty"`
	Label           string    `json:"label,omitempty"`
	// VariableReferences says which variables each state reads.
	VariableReferences map[string][]string `json:"variableReferences,omitempty"`
	shownSettings
}

func (h *Handler) describeStateMachine(ctx context.Context, in *machineInput) (*machineOutput, error) {
	of, label, labeled := strings.Cut(in.StateMachineArn, "/")
	m, err := h.machines.Describe(ctx, of)
	if err != nil {
		return nil, err
	}
	out := &machineOutput{
		StateMachineArn: m.ARN, Name: m.Name, Status: "ACTIVE", Type: string(cmp.Or(m.Type, engine.TypeStandard)),
		CreationDate: timestamp(m.CreationDate), RevisionID: shownRevision(m.Revision), shownSettings: h.shown(m.Settings, m.RoleARN),
	}
	reference := m.ARN
	if v := versionOf(m, of); v != nil {
		reference, out.StateMachineArn, out.Description = v.ARN, v.ARN, v.Description
		out.CreationDate, out.RevisionID, out.shownSettings = timestamp(v.CreationDate), shownRevision(v.Revision), h.shown(v.Settings, v.RoleARN)
	}
	machine, err := h.machines.Machine(ctx, reference)
	if err != nil {
		return nil, err
	}
	out.Definition, out.VariableReferences = machine.Definition(), machine.VariableReferences()
	if labeled {
		if label == "" || !hasLabel(machine.Graph, label) {
			return nil, &apiError{Code: "StateMachineDoesNotExist", Message: "State Machine Does Not Exist: '" + in.StateMachineArn + "'"}
		}
		out.StateMachineArn, out.Label = in.StateMachineArn, label
	}
	return out, nil
}

// hasLabel reports whether a Map state of a machine, at any depth, has a label.
func hasLabel(g *asl.Graph, label string) bool {
	for s := range g.All() {
		switch s := s.(type) {
		case *asl.Map:
			if s.Label == label || s.Processor != nil && hasLabel(s.Processor, label) {
				return true
			}
		case *asl.Parallel:
			for _, branch := range s.Branches {
				if hasLabel(branch, label) {
					return true
				}
			}
		}
	}
	return false
}

// versionOf returns the version that an ARN of a machine, a version or an alias names, nil
// for that of the machine itself. For an alias it is the first that the alias leads to,
// which is a guess.
func versionOf(m *registry.Registered, arn string) *registry.Version {
	_, qualifier, _ := strings.Cut(strings.TrimPrefix(arn, m.ARN), ":")
	for _, a := range m.Aliases {
		if a.Name == qualifier {
			qualifier = strconv.Itoa(a.Routes[0].Version)
		}
	}
	for i := range m.Versions {
		if strconv.Itoa(m.Versions[i].Number) == qualifier {
			return &m.Versions[i]
		}
	}
	return nil
}

// unqualified returns an error for the ARN of a version, an alias or a Distributed Map,
// where a machine's is asked for. That there is such an error is documented, the text is a
// guess.
func unqualified(arn string) error {
	if err := unlabeled(arn); err != nil {
		return err
	}
	if strings.Contains(strings.SplitN(arn, ":", 7)[6], ":") {
		return invalid(fmt.Sprintf("This operation does not support the qualified state machine ARN '%s'", arn))
	}
	return nil
}

// unlabeled returns an error for the ARN of a Distributed Map, whose reason is documented
// and whose text is a guess.
func unlabeled(arn string) error {
	if strings.Contains(strings.SplitN(arn, ":", 7)[6], "/") {
		return &apiError{Code: "ValidationException", Reason: "API_DOES_NOT_SUPPORT_LABELED_ARNS", Message: "This operation does not support the labeled state machine ARN '" + arn + "'"}
	}
	return nil
}

func (h *Handler) deleteStateMachine(ctx context.Context, in *machineInput) (*none, error) {
	if err := unqualified(in.StateMachineArn); err != nil {
		return nil, err
	}
	return &none{}, h.machines.Delete(ctx, in.StateMachineArn)
}

type listInput struct {
	StateMachineArn string
	MaxResults      int
	NextToken       *string
}

type machineItem struct {
	StateMachineArn string    `json:"stateMachineArn"`
	Name            string    `json:"name"`
	Type            string    `json:"type"`
	CreationDate    timestamp `json:"creationDate"`
}

type listMachinesOutput struct {
	StateMachines []machineItem `json:"stateMachines"`
	NextToken     string        `json:"nextToken,omitempty"`
}

// listStateMachines lists machines in the order of their names: that of AWS is not known.
func (h *Handler) listStateMachines(ctx context.Context, in *listInput) (*listMachinesOutput, error) {
	pages := pager("state machines")
	after, err := pages.position(in.NextToken)
	if err != nil {
		return nil, err
	}
	out, size := &listMachinesOutput{StateMachines: []machineItem{}}, pageSize(in.MaxResults)
	for m, err := range h.machines.After(ctx, after) {
		if err != nil {
			return nil, err
		}
		if n := len(out.StateMachines); n == size {
			out.NextToken = pages.token(out.StateMachines[n-1].Name)
			break
		}
		out.StateMachines = append(out.StateMachines, machineItem{
			m.ARN, m.Name, string(cmp.Or(m.Type, engine.TypeStandard)), timestamp(m.CreationDate),
		})
	}
	return out, nil
}

// checkName returns an error for a name that AWS would not take for a machine or an
// activity, before anything else is looked at.
func checkName(name string) error {
	if names.Check(name) != nil {
		return &apiError{Code: "InvalidName", Message: "Invalid Name: '" + name + "'"}
	}
	return nil
}

func tagsOf(given []tag) map[string]string {
	if len(given) == 0 {
		return nil
	}
	tags := make(map[string]string, len(given))
	for _, t := range given {
		tags[t.Key] = t.Value
	}
	return tags
}
