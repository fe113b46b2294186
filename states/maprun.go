package states

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
)

// StartMapRun has the children of a distributed Map state run, each an execution of its own
// of the state's [asl.Distributed.Child]. Answer with [MapRunReturned] or [MapRunErred],
// naming its ID. A [Cancel] with its ID aborts the run, and so does the end of the execution.
//
// All of its fields are evaluated. They are the same after a restart.
type StartMapRun struct {
	// ID is the MapRunStarted event, or the MapRunRedriven event of a run that is redriven.
	ID EventID
	// ARN names the run, and stays the same when it is redriven.
	ARN string
	// Label is what stands for the state in the run's ARN and in those of its children: the
	// state's own Label, or a UUID.
	Label string
	// State is the Map state.
	State *asl.Map
	// EnteredID is the event that entered the state.
	EnteredID EventID
	// Redrives is how many times the run has been redriven: children that ended well keep
	// their results then, and the others run again. 0 is a new run.
	Redrives int
	// Items are the items, an []any or an *value.Object, when there is no Reader.
	Items any
	// Reader says what the items are read from; nil when they are Items.
	Reader *MapReader
	// MaxConcurrency bounds the children at work; 0 when the definition gives no bound.
	MaxConcurrency int64
	// Tolerance says how many items may fail.
	Tolerance Tolerance
	// Batch says how many items a child is given; nil gives each its own.
	Batch *MapBatch
	// Writer says where the results go; nil makes them the output.
	Writer *MapWriter

	// What the ItemSelector sees, nil without one, and whose the run is.
	scope *itemScope
	owner *Execution
	seed  Seed
}

// A MapReader is an ItemReader whose fields are evaluated.
type MapReader struct {
	// List is set when the items are the objects of a bucket, and unset when one object
	// holds them.
	List bool
	// Arguments are its Arguments or Parameters: any JSON, nil for none.
	Arguments any
	// Config is its ReaderConfig.
	Config ReaderConfig
}

// A ReaderConfig is that of an ItemReader. Its fields are those of the definition; empty
// ones are absent.
type ReaderConfig struct {
	InputType         string
	CSVHeaderLocation string
	CSVHeaders        []string
	CSVDelimiter      string
	ItemsPointer      string
	ManifestType      string
	Transformation    string
	// MaxItems bounds the items; 0 sets no bound. One below 0 fails the reader, and one
	// above AWS's bound of 100,000,000 means that.
	MaxItems int64
}

// A MapBatch is an ItemBatcher whose fields are evaluated.
type MapBatch struct {
	// MaxItems bounds a batch in items, MaxBytes in bytes of the child's input; 0 sets no
	// bound of its own.
	MaxItems, MaxBytes int64
	// Input is the BatchInput, if HasInput says that there is one.
	Input    any
	HasInput bool
}

// A MapWriter is a ResultWriter whose fields are evaluated.
type MapWriter struct {
	// Exports is set when the results go elsewhere: there is a Resource. Else they are the
	// output, in the form that the other fields say.
	Exports bool
	// Arguments are its Arguments or Parameters: any JSON, nil for none.
	Arguments any
	// Configured is set when there is a WriterConfig.
	Configured bool
	// OutputType is JSON or JSONL, Transformation is NONE, COMPACT or FLATTEN: where the
	// definition has none, what AWS documents to be meant.
	OutputType, Transformation string
}

// A Tolerance says how many items of a Map Run may fail. Reported from AWS as measured, a
// threshold of 0 counts as not set, whatever else is.
type Tolerance struct {
	Count      int64
	Percentage float64
}

// Exceeded reports whether so many failures of so many items fail the Map Run: any does when
// no threshold is set, and else more than one of those that are. Reported from AWS as
// measured: the share is compared without rounding, and one that equals it is tolerated.
func (o Tolerance) Exceeded(failed, total int64) bool {
	switch {
	case o.Count <= 0 && o.Percentage <= 0:
		return failed > 0
	case o.Count > 0 && failed > o.Count:
		return true
	case o.Percentage <= 0 || total <= 0:
		return false
	}
	// The number is the decimal one that the definition has, not the nearest float.
	percentage, _ := new(big.Rat).SetString(strconv.FormatFloat(o.Percentage, 'f', -1, 64))
	share := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(failed), big.NewInt(100)), big.NewInt(total))
	return share.Cmp(percentage) > 0
}

// Failure is what a run fails with whose Tolerance is exceeded.
func (o Tolerance) Failure() Failure {
	return Fail(errExceedTolerated, "The specified tolerated failure threshold was exceeded")
}

// TooLarge is what a run fails with whose output, or a batch of it, is too large.
func (c *StartMapRun) TooLarge() Failure {
	return Fail(errDataLimitExceeded, tooLargeCause(c.State.Name()))
}

// Child returns what a child of that name is to know of itself: its own ARN, and the one of
// the machine that it runs, which ends in the run's Label. The ARNs are documented; that the
// machine's name ends so as well is a guess. The name of an Express child stands in its ARN
// twice; AWS puts a UUID of the call's own there.
func (c *StartMapRun) Child(name string) Execution {
	machine := c.owner.StateMachineARN
	kind := ":execution:"
	if c.State.Distributed.Express {
		kind = ":express:"
	}
	x := Execution{
		Name: name, RoleARN: c.owner.RoleARN, Region: c.owner.Region,
		StateMachineARN: machine + "/" + c.Label, StateMachineName: c.owner.StateMachineName + "/" + c.Label,
		WithoutRedriveCount:      c.owner.WithoutRedriveCount,
		StopsWithoutCompensation: c.owner.StopsWithoutCompensation,
	}
	x.ARN = strings.Replace(x.StateMachineARN, machineInARN, kind, 1) + ":" + name
	if c.State.Distributed.Express {
		x.ARN += ":" + name
	}
	return x
}

// ChildSeed returns the supply of chance for a child of that name: its own, and always the same.
func (c *StartMapRun) ChildSeed(name string) Seed {
	return c.seed.derive("child " + c.ARN + " " + name)
}

const machineInARN = ":stateMachine:"

// mapRunARN makes the ARN of a run that begins with an event, and its label.
func (x *Interpreter) mapRunARN(s *asl.Map, id EventID) (arn, label string) {
	if label = s.Label; label == "" {
		label = x.seed.uuid("label", id) // recorded on AWS: two parts that are drawn
	}
	machine := x.execution.StateMachineARN
	if !strings.Contains(machine, machineInARN) {
		machine = "arn:aws:states:" + x.execution.Region + ":" + machineInARN + x.execution.StateMachineName
	}
	return strings.Replace(machine, machineInARN, ":mapRun:", 1) + "/" + label + ":" + x.seed.uuid("mapRun", id), label
}

// uuid draws a UUID for one use.
func (s *Seed) uuid(use string, id EventID) string {
	key := s.derive(use, uint64(id))
	return chance.UUID(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:]))
}

// Item returns what the child of an item is given, or its batch gets: the item itself, or
// what the ItemSelector makes of it. index counts the items of the run from 0. An item with
// a key, which is a member of an object, is v an object {"Key", "Value"}: the ItemSelector
// sees the two apart. source is the item's Map.Item.Source; empty is none.
//
// A failure is to fail the run. Item may be called by any number of goroutines at any time,
// also while the interpreter steps, and gives the same whenever it is given the same.
func (c *StartMapRun) Item(index int64, key string, v any, source string) (any, *Failure) {
	if c.scope == nil {
		return v, nil
	}
	item := make([]value.Member, 0, 4)
	item = append(item, value.Member{Key: "Index", Value: index})
	if o, ok := v.(*value.Object); ok && key != "" {
		item = append(item, value.Member{Key: "Key", Value: key})
		v, _ = o.Get("Value")
	}
	item = append(item, value.Member{Key: "Value", Value: v})
	if source != "" {
		item = append(item, value.Member{Key: "Source", Value: source})
	}
	return c.scope.evaluate(c.State.ItemSelector, value.NewObject(item...), purpose(min(index, math.MaxInt32)))
}

// An itemScope is all that an ItemSelector sees besides the item, as it was when the run
// began. Nothing of it changes.
type itemScope struct {
	x        Interpreter
	t        thread
	selected any // the Map state's effective input
}

// newItemScope keeps what the thread sees.
func (t *thread) newItemScope(selected any) *itemScope {
	x := t.x
	x.constants()
	return &itemScope{
		x: Interpreter{
			options: Options{WithoutEvents: true, MaxEvents: -1, MaxPayload: x.options.MaxPayload}, compensates: x.compensates,
			seed: x.seed, now: x.now, about: x.about, trial: x.trial,
		},
		t:        *t.seen(),
		selected: selected,
	}
}

// seen returns of a thread and those around it what expressions see.
func (t *thread) seen() *thread {
	if t == nil {
		return nil
	}
	return &thread{
		parent: t.parent.seen(), undoes: t.undoes, variables: t.variables,
		state: t.state, input: t.input, enteredID: t.enteredID, enteredAt: t.enteredAt, retryCount: t.retryCount,
	}
}

// evaluate evaluates an ItemSelector on a copy of its own.
func (s *itemScope) evaluate(selector asl.Value, item *value.Object, index purpose) (any, *Failure) {
	c := *s
	c.t.x, c.t.item = &c.x, item
	c.t.draw(drawItem + index)
	v, failure := c.t.evaluate(selector, c.selected, nil)
	if failure == nil && c.x.tooLarge(v) {
		failure = c.t.dataLimit()
	}
	if failure != nil {
		return nil, &failure.Failure
	}
	return v, nil
}
