package states

import (
	"math"
	"slices"
	"strconv"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// mapState implements the chapter "Map State" in its inline mode.
func (t *thread) mapState(s *asl.Map) {
	if s.Distributed != nil {
		t.distributedMap(s)
		return
	}
	if t.phase == returned {
		t.complete(t.value, &s.Flow, s.Next)
		return
	}
	in, failure := t.mapInput(s)
	if failure != nil {
		t.fail(failure)
		return
	}
	if t.x.trial != nil {
		t.mapRun(s, in)
		return
	}
	var details Details
	if !t.x.options.WithoutEvents {
		details = &LengthDetails{Length: len(in.items)}
	}
	started := t.x.record(t.tip, MapStateStarted, details)
	f := newFork(len(in.items), in.concurrency, started)
	f.mapInput, f.latest = in, started
	t.tip, t.fork, t.phase = started, f, waiting
	if len(in.items) == 0 {
		t.join(started)
		return
	}
	for _, child := range f.children {
		if t.phase != waiting || !t.nextIteration(s, child, started) {
			return
		}
	}
}

// A mapInput is what the iterations are made of.
type mapInput struct {
	selected    any // what ItemSelector sees
	items       []any
	concurrency int // iterations at a time
	tolerance   tolerance
}

// mapInput evaluates it.
func (t *thread) mapInput(s *asl.Map) (in mapInput, failure *fault) {
	t.draw(drawInput)
	if in.selected, failure = t.selected(&s.Flow); failure != nil {
		return in, failure
	}
	items, failure := t.evaluate(s.Items, in.selected, nil)
	if failure != nil {
		return in, failure
	}
	in.items = items.([]any)
	t.saw(AfterItemsPath, items)
	limit, failure := t.count(s.MaxConcurrency, "MaxConcurrency", in.selected)
	if failure != nil {
		return in, failure
	}
	if tr := t.x.trial; tr != nil {
		tr.note(t, MaxConcurrency, limit)
	}
	if limit == 0 {
		limit = int64(t.x.options.MapConcurrency)
	}
	in.concurrency = int(min(limit, int64(len(in.items))))
	in.tolerance, failure = t.tolerance(s, in.selected)
	return in, failure
}

// nextIteration starts the next iteration in a child's place. It reports false
// when there is none to start. An item that can't be made fails the whole state.
func (t *thread) nextIteration(s *asl.Map, child *thread, tip EventID) bool {
	f := t.fork
	t.recoverItems(s)
	child.phase = dead
	if f.next >= min(len(f.items), len(f.results)) {
		return false
	}
	i := f.next
	f.next++
	input, failure := t.iterationInput(s, i)
	if failure != nil {
		if failure.Error == errQueryEvaluation {
			tip = t.tip // the event that says so
		}
		t.abandon(tip, failure)
		return true
	}
	if child.graph != nil {
		// The child may be the one whose run has led here: it becomes the spare,
		// and the one that was takes its place.
		next := f.spare
		if next == nil {
			next = new(thread)
		}
		f.spare = child
		f.children[slices.Index(f.children, child)] = next
		child = next
	}
	started := t.x.record(tip, MapIterationStarted, t.iterationDetails(i, Failure{}))
	t.spawn(child, s.Processor, i, input, started)
	return true
}

// fillPlaces starts the iterations of a redriven Map for which there is room: an item
// that could not be made has left its place empty.
func (t *thread) fillPlaces(s *asl.Map) {
	f := t.fork
	t.recoverItems(s)
	free := f.concurrency
	for _, c := range f.children {
		if c.phase < ended {
			free--
		}
	}
	for ; free > 0 && f.next < len(f.items) && t.phase == waiting; free-- {
		child := new(thread)
		f.children = append(f.children, child)
		t.nextIteration(s, child, f.started)
	}
}

// iterationInput returns what an iteration is given.
func (t *thread) iterationInput(s *asl.Map, i int) (any, *fault) {
	if s.ItemSelector != nil {
		return t.selectItem(s, i)
	}
	return t.fork.items[i], nil
}

// selectItem evaluates the ItemSelector for an item.
func (t *thread) selectItem(s *asl.Map, i int) (any, *fault) {
	t.item = value.NewObject(value.Member{Key: "Index", Value: int64(i)}, value.Member{Key: "Value", Value: t.fork.items[i]})
	t.draw(drawItem + purpose(i))
	t.seeing("", nil) // another item is another Context Object
	selected, failure := t.evaluate(s.ItemSelector, t.fork.selected, nil)
	t.item = nil
	if failure == nil && t.x.tooLarge(selected) {
		failure = t.dataLimit()
	}
	return selected, failure
}

// recoverItems finds the items of a restored Map again. The history does not hold
// them, but all that they come from.
func (t *thread) recoverItems(s *asl.Map) {
	if !t.fork.recovered {
		return
	}
	t.fork.recovered = false
	if in, failure := t.mapInput(s); failure == nil {
		t.fork.mapInput = in
	}
}

// A tolerance says how many iterations may fail.
type tolerance struct {
	set        bool
	count      int64
	percentage float64
	hasCount   bool
	hasPercent bool
}

// exceeded reports whether so many failures of so many items are too many: either
// threshold suffices, and the one that is absent has no say.
func (o tolerance) exceeded(failures, items int) bool {
	return o.hasCount && int64(failures) > o.count ||
		o.hasPercent && float64(failures)*100 > o.percentage*float64(items)
}

// tolerance evaluates ToleratedFailureCount and ToleratedFailurePercentage.
func (t *thread) tolerance(s *asl.Map, input any) (o tolerance, failure *fault) {
	o.hasCount, o.hasPercent = s.ToleratedFailureCount.IsSet(), s.ToleratedFailurePercentage.IsSet()
	o.set = o.hasCount || o.hasPercent
	if o.count, failure = t.count(s.ToleratedFailureCount, "ToleratedFailureCount", input); failure != nil {
		return o, failure
	}
	o.percentage = s.ToleratedFailurePercentage.Exact()
	if q := s.ToleratedFailurePercentage.Query; q != nil {
		v, failure := t.query(q, "number")
		if failure != nil {
			return o, failure
		}
		o.percentage, _ = number(v)
	} else if p := s.ToleratedFailurePercentage.Path; p != nil {
		v, failure := t.path(p, input)
		if failure != nil {
			return o, failure
		}
		var ok bool
		if o.percentage, ok = number(v); !ok {
			if s, isText := v.(string); isText { // see count
				var err error
				o.percentage, err = strconv.ParseFloat(s, 64)
				ok = err == nil && !math.IsNaN(o.percentage)
			}
		}
		if !ok {
			return o, t.invalidCount("ToleratedFailurePercentage", "float", v, p)
		}
	}
	if o.percentage >= 0 && o.percentage <= 100 {
		if tr := t.x.trial; tr != nil {
			tr.sawTolerance(t, o)
		}
		return o, nil
	}
	const words = "ToleratedFailurePercentage must be between 0 and 100."
	if q := s.ToleratedFailurePercentage.Query; q != nil {
		return o, t.evaluationFault(q.Field(), words) // which is the specification's own example
	}
	return o, t.runtime(words) // recorded on AWS
}

// count evaluates a field that is a whole number which is not negative, or a path to one.
func (t *thread) count(c asl.Count, field string, input any) (int64, *fault) {
	n, failure := t.whole(c, field, input, 0)
	switch {
	case failure != nil || n >= 0:
		return n, failure
	case field == "MaxConcurrency":
		return 0, t.runtime("Expected non-negative integer for %s, got '%d' instead.", field, n)
	}
	return 0, t.runtime("%s cannot be negative.", field)
}

// whole evaluates a field that is a whole number, or a path to one, 0 when it is absent. Only
// an expression must not give less than least.
func (t *thread) whole(c asl.Count, field string, input any, least int64) (int64, *fault) {
	switch {
	case c.Query != nil:
		return t.wholeQuery(c.Query, least)
	case c.Path == nil:
		return c.Literal, nil
	}
	v, failure := t.path(c.Path, input)
	if failure != nil {
		return 0, failure
	}
	n, ok := whole(v)
	if s, isText := v.(string); isText {
		// AWS reads the value's text, so a number may be a string. This, and the words
		// about a negative MaxConcurrency, are read in another interpreter that is
		// compared with AWS's recordings.
		var err error
		n, err = strconv.ParseInt(s, 10, 64)
		ok = err == nil
	}
	if !ok {
		return 0, t.invalidCount(field, "integer", v, c.Path)
	}
	return n, nil
}

func (t *thread) invalidCount(field, want string, v any, p *jsonpath.Path) *fault {
	return t.runtime("The %sPath field refers to value \"%s\" which is not a valid %s: %s", field, plain(v), want, p)
}
