package graph

// A Mark is what a picture shows of a node or an edge besides what it is, for example what
// became of it in an execution. The zero value shows nothing.
type Mark struct {
	// Class says how it looks: one of the constants, or a class of the caller's own, which
	// has no looks in Mermaid and DOT and those of the caller's style sheet in SVG.
	Class string
	// Badge is a short text that is put beside it, such as "3×".
	Badge string
	// Note is what a reader who points at it is told besides; "" adds nothing.
	Note string
}

// The classes that every form of a picture can show.
const (
	// Succeeded, Failed, Caught, Aborted and Running are what became of a state in an
	// execution: see [Status].
	Succeeded = "succeeded"
	Failed    = "failed"
	Caught    = "caught"
	Aborted   = "aborted"
	Running   = "running"
	// Unreached is a state that was not entered, and an edge that was not taken.
	Unreached = "unreached"
	// Taken is an edge that was taken.
	Taken = "taken"
	// Covered, Partly and Missed are for coverage.
	Covered = "covered"
	Partly  = "partly"
	Missed  = "missed"
)

// Marks says how the parts of a picture are marked. A nil function marks nothing.
type Marks struct {
	Node func(*Node) Mark
	Edge func(*Edge) Mark
}

// node returns the mark of a node.
func (m Marks) node(n *Node) Mark {
	if m.Node == nil {
		return Mark{}
	}
	return m.Node(n)
}

// edge returns the mark of an edge.
func (m Marks) edge(e *Edge) Mark {
	if m.Edge == nil {
		return Mark{}
	}
	return m.Edge(e)
}
