package conformance

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// matchChains compares histories of concurrent branches, whose events may come
// in any order and with any ids. Each event compares by its type and details and
// by what led to it: both histories are read as trees along previousEventId.
//
// An event of a Parallel or Map state as a whole (it succeeded, it was exited)
// follows the branch that happened to end last, which is again a matter of
// order. In the tree it hangs on the entry into its state instead, and there
// such events keep their order; what it follows compares by its sort alone.
func matchChains(expected, actual []*value.Object) *Difference {
	e, d := treeOf(expected)
	if d != nil {
		return d
	}
	a, d := treeOf(actual)
	if d != nil {
		return d
	}
	if d := matchNodes(e, a); d != nil {
		return d
	}
	return matchLength(expected, actual)
}

// A node is an event, or the root, and what it led to.
type node struct {
	event *value.Object // nil for the root
	after string        // of a join, the sort of event it follows
	// joins are events of the Parallel or Map state that event entered, in
	// order; next are the others, in any order.
	joins, next []*node
}

// isJoin reports whether an event is one of a Parallel or Map state as a whole,
// other than the entry into it.
func isJoin(event *value.Object) bool {
	rest, ok := strings.CutPrefix(eventType(event), "ParallelState")
	if !ok {
		rest, ok = strings.CutPrefix(eventType(event), "MapState")
	}
	return ok && rest != "Entered" && rest != "Aborted"
}

// treeOf reads a history as a tree. Events with previousEventId 0 hang on the
// root.
func treeOf(events []*value.Object) (*node, *Difference) {
	root := &node{}
	nodes := map[int64]*node{0: root}
	previous := make(map[int64]int64, len(events))
	for i, event := range events {
		id, before := number(event, "id"), number(event, "previousEventId")
		parent, ok := nodes[before]
		if id != int64(i)+1 || !ok {
			return nil, &Difference{
				At:       place(event),
				Expected: fmt.Sprintf("id %d and the previousEventId of an earlier event", i+1),
				Actual:   fmt.Sprintf("id %d, previousEventId %d", id, before),
			}
		}
		n := &node{event: withoutIDs(event, events)}
		nodes[id], previous[id] = n, before
		if !isJoin(event) {
			parent.next = append(parent.next, n)
			continue
		}
		n.after = sortOf(parent.event)
		owner := nodes[entryOf(nodes, previous, before)]
		owner.joins = append(owner.joins, n)
	}
	return root, nil
}

// withoutIDs gives an event with the entry into a state in place of its id, where the
// details have one.
func withoutIDs(event *value.Object, events []*value.Object) *value.Object {
	for key, v := range event.All() {
		details, ok := v.(*value.Object)
		if !ok {
			continue
		}
		if id := number(details, "stateEnteredEventId"); id > 0 && id <= int64(len(events)) {
			entry, _ := events[id-1].Get("stateEnteredEventDetails")
			return event.With(key, details.With("stateEnteredEventId", entry))
		}
	}
	return event
}

// sortOf gives an event's type; the exits from states, of which any may be a
// branch's last, are one sort.
func sortOf(event *value.Object) string {
	kind := eventType(event)
	if strings.HasSuffix(kind, "StateExited") {
		return "...StateExited"
	}
	return kind
}

// entryOf gives the entry into the Parallel or Map state that is open at an
// event: the nearest before it whose state was not exited in between.
func entryOf(nodes map[int64]*node, previous map[int64]int64, id int64) int64 {
	for exited := 0; id != 0; id = previous[id] {
		switch eventType(nodes[id].event) {
		case "ParallelStateExited", "MapStateExited":
			exited++
		case "ParallelStateEntered", "MapStateEntered":
			if exited == 0 {
				return id
			}
			exited--
		}
	}
	return 0
}

// matchNodes compares what two events led to.
func matchNodes(expected, actual *node) *Difference {
	if d := matchBranches(expected.next, actual.next); d != nil {
		return d
	}
	for i := range min(len(expected.joins), len(actual.joins)) {
		if d := matchNode(expected.joins[i], actual.joins[i]); d != nil {
			return d
		}
	}
	return matchCount(expected.joins, actual.joins)
}

// matchBranches pairs the events that followed one event, in any order.
func matchBranches(expected, actual []*node) *Difference {
	if len(expected) == 1 && len(actual) == 1 {
		return matchNode(expected[0], actual[0])
	}
	_, missing := pair(len(expected), len(actual), func(i, j int) bool {
		return matchNode(expected[i], actual[j]) == nil
	})
	if missing >= 0 {
		return nearestNode(expected[missing], actual)
	}
	return matchCount(expected, actual)
}

// matchNode compares two events and all that they led to.
func matchNode(expected, actual *node) *Difference {
	if d := matchContent(expected.event, actual.event); d != nil {
		return d.of(place(expected.event))
	}
	if expected.after != actual.after {
		return differ(expected.after, actual.after).of(place(expected.event) + ": the event of its previousEventId")
	}
	return matchNodes(expected, actual)
}

func matchCount(expected, actual []*node) *Difference {
	switch n := min(len(expected), len(actual)); {
	case len(expected) > n:
		return missingNode(expected[n])
	case len(actual) > n:
		return &Difference{
			At:       place(actual[n].event),
			Expected: nothing, Actual: value.String(actual[n].event),
		}
	}
	return nil
}

func missingNode(n *node) *Difference {
	return &Difference{
		At:       place(n.event),
		Expected: value.String(n.event), Actual: nothing,
	}
}

// nearestNode explains why none of the events is the expected one, by one whose
// own content is as expected, if there is one.
func nearestNode(expected *node, actual []*node) *Difference {
	for _, a := range actual {
		if matchContent(expected.event, a.event) == nil {
			if d := matchNode(expected, a); d != nil {
				return d
			}
		}
	}
	return missingNode(expected)
}
