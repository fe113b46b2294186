package graph

import (
	"strconv"

	"github.com/gostates/gostates/asl"
)

// A Picture is what there is to draw of a machine. It is immutable and safe for use by any
// number of goroutines.
type Picture struct {
	// Machine is what is drawn.
	Machine *asl.StateMachine
	// Root is the machine's own graph.
	Root *Group

	byName map[string]*Node
}

// A Group is a graph of the machine: its own, a branch of a Parallel state, or the item
// processor of a Map state.
type Group struct {
	// ID is unique in the picture, and the same in every picture in which the state around
	// it has its name: "machine", "branch-Ship-0", "items-Ship".
	ID string
	// Owner is the node of the Parallel or Map state around it, nil for the machine's own
	// graph, and Branch the position among the branches of a Parallel state.
	Owner  *Node
	Branch int
	// Nodes are its own states in the order of the text, Edges the transitions between
	// them: the one from the start first, then those of each state.
	Nodes []*Node
	Edges []*Edge
}

// A Node is a state.
type Node struct {
	// ID is unique in the picture, and the same in every picture in which the state has its
	// name: "state-" and the name, in which all but ASCII letters and digits is written as
	// in "state-In_20stock_3f". It holds only letters, digits, '-' and '_'.
	ID string
	// State is the state itself.
	State asl.State
	// Group is the graph that the state belongs to.
	Group *Group
	// Groups are the graphs inside: the branches of a Parallel state, or the item processor
	// of a Map state.
	Groups []*Group
	// Detail is what the state does, in a few words: what a task calls, how long a Wait
	// state waits, the error of a Fail state. It may be empty.
	Detail string
	// Retries are the Retriers of the state, a line of words for each.
	Retries []string
	// Handler is set for a state that undoes another one.
	Handler bool
}

// Name returns the state's name.
func (n *Node) Name() string { return n.State.Name() }

// Type returns the state's type: "Task", "Choice", ...
func (n *Node) Type() string { return n.State.Type() }

// An EdgeKind says why an edge is followed.
type EdgeKind string

// The kinds of edges.
const (
	// Start leads from the start of a graph to the state that StartAt names.
	Start EdgeKind = "start"
	// Next leads from a state to the one that its Next names.
	Next EdgeKind = "next"
	// End leads from a state with "End": true to the end of its graph.
	End EdgeKind = "end"
	// Rule leads from a Choice state to the Next of one of its rules.
	Rule EdgeKind = "rule"
	// Default leads from a Choice state to its Default.
	Default EdgeKind = "default"
	// Catch leads from a state to the Next of one of its Catchers.
	Catch EdgeKind = "catch"
	// Compensate leads from a state to the handler that undoes it.
	Compensate EdgeKind = "compensate"
)

// An Edge is a transition, or a Compensate.
type Edge struct {
	// ID is unique in the picture, and the same in every picture in which the states have
	// their names: "edge-In_20stock_3f-rule-0".
	ID   string
	Kind EdgeKind
	// Index is the position of the rule or the Catcher in the state; else 0.
	Index int
	// From is nil for a Start, To for an End.
	From, To *Node
	// Label is why the edge is followed, in a line of words: the condition of a rule, the
	// errors of a Catcher, "else" for a Default. It is empty for the other kinds.
	Label string
	// Comment is the rule's or the Catcher's own; it may be empty.
	Comment string
}

// New returns the picture of a machine.
func New(m *asl.StateMachine) *Picture {
	p := &Picture{Machine: m, byName: make(map[string]*Node)}
	p.Root = p.group(m.Graph, nil, "machine")
	return p
}

// Find returns the node of the state with a name, at any depth, nil when there is none.
func (p *Picture) Find(name string) *Node { return p.byName[name] }

// Nodes returns all nodes, at any depth, each before those inside it.
func (p *Picture) Nodes() []*Node { return p.Root.all(nil) }

func (g *Group) all(nodes []*Node) []*Node {
	for _, n := range g.Nodes {
		nodes = append(nodes, n)
		for _, inner := range n.Groups {
			nodes = inner.all(nodes)
		}
	}
	return nodes
}

// Edges returns all edges, at any depth.
func (p *Picture) Edges() []*Edge {
	edges := append([]*Edge(nil), p.Root.Edges...)
	for _, n := range p.Nodes() {
		for _, g := range n.Groups {
			edges = append(edges, g.Edges...)
		}
	}
	return edges
}

// Title returns what the picture is of: the machine's Comment, or else how many states it
// has.
func (p *Picture) Title() string {
	if p.Machine.Comment != "" {
		return p.Machine.Comment
	}
	if n := len(p.byName); n != 1 {
		return "A state machine of " + strconv.Itoa(n) + " states"
	}
	return "A state machine of one state"
}

// Ends reports whether any edge of the group leads to its end.
func (g *Group) Ends() bool {
	for _, e := range g.Edges {
		if e.Kind == End {
			return true
		}
	}
	return false
}

// group draws a graph and all inside it.
func (p *Picture) group(g *asl.Graph, owner *Node, id string) *Group {
	group := &Group{ID: id, Owner: owner, Branch: g.Branch()}
	for s := range g.All() {
		n := &Node{ID: "state-" + escape(s.Name()), State: s, Group: group, Detail: detail(s), Retries: retries(s), Handler: asl.IsHandler(s)}
		p.byName[s.Name()] = n
		group.Nodes = append(group.Nodes, n)
		switch s := s.(type) {
		case *asl.Parallel:
			for i, b := range s.Branches {
				n.Groups = append(n.Groups, p.group(b, n, "branch-"+escape(s.Name())+"-"+strconv.Itoa(i)))
			}
		case *asl.Map:
			n.Groups = []*Group{p.group(s.Processor, n, "items-"+escape(s.Name()))}
		}
	}
	start := p.byName[g.Start().Name()]
	group.Edges = append(group.Edges, &Edge{ID: "edge-" + id + "-start", Kind: Start, To: start})
	for _, n := range group.Nodes {
		p.leave(group, n)
	}
	return group
}

// leave adds the edges that lead out of a state.
func (p *Picture) leave(g *Group, n *Node) {
	add := func(kind EdgeKind, index int, to asl.State, label, comment string) {
		e := &Edge{Kind: kind, Index: index, From: n, Label: label, Comment: comment}
		e.ID = "edge-" + escape(n.Name()) + "-" + string(kind)
		if kind == Rule || kind == Catch {
			e.ID += "-" + strconv.Itoa(index)
		}
		if to != nil {
			e.To = p.byName[to.Name()]
		}
		g.Edges = append(g.Edges, e)
	}
	follow := func(t asl.Transition) {
		switch {
		case t.Next != nil:
			add(Next, 0, t.Next, "", "")
		case !n.Handler:
			add(End, 0, nil, "", "")
		}
	}
	var catch []asl.Catcher
	switch s := n.State.(type) {
	case *asl.Pass:
		follow(s.Transition)
	case *asl.Wait:
		follow(s.Transition)
	case *asl.Task:
		follow(s.Transition)
		catch = s.Catch
	case *asl.Parallel:
		follow(s.Transition)
		catch = s.Catch
	case *asl.Map:
		follow(s.Transition)
		catch = s.Catch
	case *asl.Choice:
		for i, rule := range s.Choices {
			add(Rule, i, rule.Next, Condition(rule.Condition), rule.Comment)
		}
		if s.Default != nil {
			add(Default, 0, s.Default, "else", "")
		}
	}
	for i, c := range catch {
		add(Catch, i, c.Next, errorNames(c.ErrorEquals), c.Comment)
	}
	if h := asl.Handler(n.State); h != nil {
		add(Compensate, 0, h, "", "")
	}
}

// escape writes a name with ASCII letters and digits, and '_' before the hexadecimal digits
// of every other byte; no two names are written alike.
func escape(name string) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, len(name)+8)
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			b = append(b, c)
		default:
			b = append(b, '_', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
