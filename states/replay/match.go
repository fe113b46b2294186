package replay

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// match pairs what the interpreter has recorded with the events of the history. The error is the
// *Difference of the first of these that has another content.
func (r *run) match() error {
	var first *Difference
	left := r.pending[:0]
	for i := range r.pending {
		ours := r.pending[i]
		e := r.find(&ours)
		if e == nil {
			left = append(left, ours)
			continue
		}
		e.matched = true
		r.ours[e.ID], r.theirs[ours.ID] = ours.ID, e.ID
		if d := r.compare(e, &ours); d != nil && (first == nil || d.Event.ID < first.Event.ID) {
			first = d
		}
	}
	r.pending = left
	if first != nil {
		return first
	}
	return nil
}

// find returns the event of the history that one of ours is, nil when there is none.
func (r *run) find(ours *states.Event) *recorded {
	previous, ok := r.theirs[ours.PreviousID]
	if !ok && ours.PreviousID != 0 {
		return nil
	}
	for _, e := range r.following[previous] {
		if !e.matched && e.Type == ours.Type && sameName(e.Details, ours.Details) {
			return e
		}
	}
	return nil
}

// sameName reports whether two events are of the same state or iteration, as far as their details
// say.
func sameName(a, b states.Details) bool {
	switch a := a.(type) {
	case *states.EnteredDetails:
		b, ok := b.(*states.EnteredDetails)
		return ok && a.Name == b.Name
	case *states.ExitedDetails:
		b, ok := b.(*states.ExitedDetails)
		return ok && a.Name == b.Name
	case *states.IterationDetails:
		b, ok := b.(*states.IterationDetails)
		return ok && a.Name == b.Name && a.Index == b.Index
	}
	return true
}

// compare returns the difference between the contents of two events, nil when there is none.
func (r *run) compare(e *recorded, ours *states.Event) *Difference {
	if r.chance {
		return nil
	}
	theirs, err := value.Parse(e.DetailsJSON(true))
	mine, err2 := value.Parse(ours.DetailsJSON(true))
	if cmp.Or(err, err2) != nil {
		return nil // which is not, since both were written as JSON
	}
	c := comparison{token: r.token(ours)}
	if c.values(parsed(theirs), parsed(mine), "") {
		return nil
	}
	return &Difference{Event: e.Event, State: e.state, Instead: ours, Field: c.at, Recorded: c.theirs, Replayed: c.mine}
}

// token returns the Task Token that stands in an event; "" for none.
func (r *run) token(ours *states.Event) string {
	if task := r.tasks[ours.ID]; task != nil {
		return task.Token
	}
	return ""
}

// A comparison is one of two values.
type comparison struct {
	token            string // of ours, which stands for any text
	at, theirs, mine string // where they differ
}

// notCompared are members that differ from run to run.
var notCompared = []string{"mapRunArn", "stateEnteredEventId", "roleArn"}

// ids are those of events in causes.
var ids = regexp.MustCompile(`event id #\d+`)

func (c *comparison) values(theirs, mine any, at string) bool {
	switch t := theirs.(type) {
	case *value.Object:
		if m, ok := mine.(*value.Object); ok {
			return c.objects(t, m, at)
		}
	case []any:
		if m, ok := mine.([]any); ok && len(t) == len(m) {
			for i := range t {
				if !c.values(t[i], m[i], at+"["+strconv.Itoa(i)+"]") {
					return false
				}
			}
			return true
		}
	case string:
		if m, ok := mine.(string); ok && c.texts(t, m) {
			return true
		}
	}
	if value.Equal(theirs, mine) {
		return true
	}
	c.at, c.theirs, c.mine = at, text(theirs), text(mine)
	return false
}

func (c *comparison) objects(theirs, mine *value.Object, at string) bool {
	join := func(key string) string { return strings.TrimPrefix(at+"."+key, ".") }
	for key, t := range theirs.All() {
		if slices.Contains(notCompared, key) {
			continue
		}
		m, ok := mine.Get(key)
		if !ok {
			c.at, c.theirs, c.mine = join(key), text(t), "nothing"
			return false
		}
		if !c.values(t, m, join(key)) {
			return false
		}
	}
	for key, m := range mine.All() {
		if _, ok := theirs.Get(key); !ok && !slices.Contains(notCompared, key) {
			c.at, c.theirs, c.mine = join(key), "nothing", text(m)
			return false
		}
	}
	return true
}

// texts reports whether two texts are the same but for the Task Token and the ids of events.
func (c *comparison) texts(theirs, mine string) bool {
	if theirs == mine {
		return true
	}
	if before, after, ok := strings.Cut(mine, c.token); ok && c.token != "" {
		return len(theirs) >= len(before)+len(after) && strings.HasPrefix(theirs, before) && strings.HasSuffix(theirs, after)
	}
	return ids.ReplaceAllString(theirs, "#") == ids.ReplaceAllString(mine, "#")
}

// parsed returns the details of an event with their JSON texts as values.
func parsed(details any) any {
	o, ok := details.(*value.Object)
	if !ok {
		return details
	}
	var b value.Builder
	for key, v := range o.All() {
		if strings.HasSuffix(key, "Details") {
			continue // that a payload was not cut
		}
		if inner, ok := v.(*value.Object); ok && key == "assignedVariables" {
			v = parsedAll(inner)
		} else if s, ok := v.(string); ok && slices.Contains([]string{"input", "output", "parameters"}, key) && json.Valid([]byte(s)) {
			if p, err := value.ParseDeep(s); err == nil {
				v = p
			}
		}
		b.Set(key, v)
	}
	return b.Object()
}

func parsedAll(o *value.Object) any {
	var b value.Builder
	for key, v := range o.All() {
		if s, ok := v.(string); ok {
			if p, err := value.ParseDeep(s); err == nil {
				v = p
			}
		}
		b.Set(key, v)
	}
	return b.Object()
}
