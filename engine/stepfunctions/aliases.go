package stepfunctions

import (
	"context"
	"strconv"
	"strings"

	"github.com/gostates/gostates/engine/registry"
)

type route struct {
	StateMachineVersionArn string `json:"stateMachineVersionArn"`
	Weight                 int    `json:"weight"`
}

type aliasInput struct {
	Name, Description    string
	StateMachineAliasArn string
	RoutingConfiguration []route
}

type createAliasOutput struct {
	StateMachineAliasArn string    `json:"stateMachineAliasArn"`
	CreationDate         timestamp `json:"creationDate"`
}

func (h *Handler) createStateMachineAlias(ctx context.Context, in *aliasInput) (*createAliasOutput, error) {
	machine, routes, err := routesOf(in.RoutingConfiguration)
	if err != nil {
		return nil, err
	}
	a, err := h.machines.CreateAlias(ctx, machine+":"+in.Name, in.Description, routes...)
	if err != nil {
		return nil, err
	}
	return &createAliasOutput{a.ARN, timestamp(a.CreationDate)}, nil
}

// routesOf returns the ARN of the machine that routes lead to, and the routes as package
// registry has them. The texts of its errors are measured, but for the one about two
// machines.
func routesOf(given []route) (machine string, routes []registry.Route, err error) {
	refuse := func(what string) (string, []registry.Route, error) {
		arns := make([]string, len(given))
		for i, r := range given {
			arns[i] = r.StateMachineVersionArn
		}
		return "", nil, &apiError{Code: "ValidationException", Reason: reasonRouting, Message: "Routing configuration must contain " + what + ". Received: [" + strings.Join(arns, ", ") + "]"}
	}
	for i, r := range given {
		number, ok := versionNumber(r.StateMachineVersionArn)
		if !ok {
			return refuse("state machine version ARNs")
		}
		of := r.StateMachineVersionArn[:strings.LastIndexByte(r.StateMachineVersionArn, ':')]
		if i > 0 && of != machine {
			return refuse("versions of one state machine")
		}
		machine, routes = of, append(routes, registry.Route{Version: number, Weight: r.Weight})
	}
	if len(routes) == 2 && routes[0].Version == routes[1].Version {
		return refuse("distinct state machine version ARNs")
	}
	return machine, routes, nil
}

// checkAlias returns an error for an ARN that is no alias's. The text of the error is a
// guess.
func checkAlias(arn string) error {
	parts := strings.SplitN(arn, ":", 9)
	if _, version := versionNumber(arn); version || len(parts) != 8 {
		return invalid("'" + arn + "' is not the ARN of a state machine alias.")
	}
	return nil
}

type updateAliasOutput struct {
	UpdateDate timestamp `json:"updateDate"`
}

func (h *Handler) updateStateMachineAlias(ctx context.Context, in *aliasInput) (*updateAliasOutput, error) {
	if err := checkAlias(in.StateMachineAliasArn); err != nil {
		return nil, err
	}
	machine, routes, err := routesOf(in.RoutingConfiguration)
	if err != nil {
		return nil, err
	}
	if len(routes) > 0 && !strings.HasPrefix(in.StateMachineAliasArn, machine+":") {
		return nil, &apiError{Code: "ValidationException", Reason: reasonRouting, Message: "Routing configuration must contain versions of the state machine of the alias."} // a guess
	}
	a, err := h.machines.UpdateAlias(ctx, in.StateMachineAliasArn, in.Description, routes...)
	if err != nil {
		return nil, err
	}
	return &updateAliasOutput{timestamp(a.UpdateDate)}, nil
}

type aliasOutput struct {
	StateMachineAliasArn string    `json:"stateMachineAliasArn"`
	Name                 string    `json:"name"`
	Description          string    `json:"description,omitempty"`
	Routes               []route   `json:"routingConfiguration"`
	CreationDate         timestamp `json:"creationDate"`
	UpdateDate           timestamp `json:"updateDate"`
}

func (h *Handler) describeStateMachineAlias(ctx context.Context, in *aliasInput) (*aliasOutput, error) {
	if err := checkAlias(in.StateMachineAliasArn); err != nil {
		return nil, err
	}
	// An alias that there is not is ResourceNotFound, as Terraform expects it.
	missing := &apiError{Code: "ResourceNotFound", Message: "Request references a resource that does not exist."}
	m, err := h.machines.Describe(ctx, in.StateMachineAliasArn)
	if isMissing(err) {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	for _, a := range m.Aliases {
		if a.ARN != in.StateMachineAliasArn {
			continue
		}
		out := &aliasOutput{
			StateMachineAliasArn: a.ARN, Name: a.Name, Description: a.Description, CreationDate: timestamp(a.CreationDate), UpdateDate: timestamp(a.UpdateDate),
		}
		for _, r := range a.Routes {
			out.Routes = append(out.Routes, route{m.ARN + ":" + strconv.Itoa(r.Version), r.Weight})
		}
		return out, nil
	}
	return nil, missing
}

func (h *Handler) deleteStateMachineAlias(ctx context.Context, in *aliasInput) (*none, error) {
	if err := checkAlias(in.StateMachineAliasArn); err != nil {
		return nil, err
	}
	return &none{}, h.machines.Delete(ctx, in.StateMachineAliasArn)
}

type aliasItem struct {
	StateMachineAliasArn string    `json:"stateMachineAliasArn"`
	CreationDate         timestamp `json:"creationDate"`
}

type listAliasesOutput struct {
	Aliases   []aliasItem `json:"stateMachineAliases"`
	NextToken string      `json:"nextToken,omitempty"`
}

// listStateMachineAliases lists the aliases of a machine, or those that lead to a version
// (documented), the oldest first (measured).
func (h *Handler) listStateMachineAliases(ctx context.Context, in *listInput) (*listAliasesOutput, error) {
	m, err := h.machines.Describe(ctx, in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	number, qualified := versionNumber(in.StateMachineArn)
	all := []aliasItem{}
	for _, a := range m.Aliases {
		if !qualified || leadsTo(&a, number) {
			all = append(all, aliasItem{a.ARN, timestamp(a.CreationDate)})
		}
	}
	out := new(listAliasesOutput)
	out.Aliases, out.NextToken, err = page(pager("aliases "+in.StateMachineArn), all, in.MaxResults, in.NextToken,
		func(a *aliasItem) string { return a.StateMachineAliasArn })
	return out, err
}

func leadsTo(a *registry.Alias, version int) bool {
	for _, r := range a.Routes {
		if r.Version == version {
			return true
		}
	}
	return false
}
