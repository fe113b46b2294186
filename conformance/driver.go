package conformance

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A Driver runs executions: the interpreter alone ([Simulator]), an engine
// around it, or another implementation altogether.
type Driver interface {
	// Execute runs the case's machine on its input, with a clock that begins at
	// its Start and its tasks answered by the script, until it ends or nothing
	// is left that could happen. An error means that it could not be run, not
	// that the execution failed.
	Execute(machine *asl.StateMachine, c *Case, script *Script) (*Execution, error)
}

// An Execution is how one run of a case went.
type Execution struct {
	// Status, Output and Failure are those of the whole execution. Output counts
	// when it succeeded, Failure when it did not.
	Status  states.Status
	Output  any
	Failure states.Failure
	// History is every event, from the first; hidden ones may be among them. It
	// may be empty when the case expects no history.
	History []states.Event
}

// Run runs the case and compares what came of it with what was expected. The
// error is nil, a [*Difference], or says why the case could not be run. Input,
// parameters and results may be any Go values that marshal.
func (c *Case) Run(d Driver) error {
	if err := c.Expect.valid(); err != nil {
		return err
	}
	c, err := c.normal()
	if err != nil {
		return err
	}
	x, script, err := c.execute(d)
	if err != nil {
		return err
	}
	if err := c.Expect.compare(x); err != nil {
		return err
	}
	return script.unused(x.Status == states.StatusFailed)
}

// Execute runs the case without regard to what is expected of it.
func (c *Case) Execute(d Driver) (*Execution, error) {
	c, err := c.normal()
	if err != nil {
		return nil, err
	}
	x, _, err := c.execute(d)
	return x, err
}

// execute runs a case that is normal.
func (c *Case) execute(d Driver) (*Execution, *Script, error) {
	parser := asl.Parser{Extensions: c.Extensions}
	if c.Express {
		parser.Type = asl.Express
	}
	machine, err := parser.Parse([]byte(c.Definition))
	if err != nil {
		return nil, nil, fmt.Errorf("the definition is refused: %w", err)
	}
	script := newScript(c)
	x, err := d.Execute(machine, c, script)
	// What the script refused says more than what a driver made of it.
	if refused := script.failed(); refused != nil {
		err = refused
	}
	return x, script, err
}

// normal gives a valid copy of the case in which all values are those of package
// value.
func (c *Case) normal() (*Case, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	n := *c
	if n.Start.IsZero() {
		n.Start = DefaultStart
	}
	n.Tasks = slices.Clone(c.Tasks)
	values := []*any{&n.Input, &n.Expect.Output, &n.Expect.Error, &n.Expect.Cause}
	for i := range n.Tasks {
		t := &n.Tasks[i]
		t.Times = max(t.Times, 1)
		values = append(values, &t.Parameters, &t.Credentials, &t.Submitted, &t.Result)
	}
	for _, v := range values {
		var err error
		if *v, err = value.Of(*v); err != nil {
			return nil, err
		}
	}
	return &n, nil
}

// compare gives the first difference as an error: in the history, which tells
// most, and then in how the execution ended. A difference of an execution that failed
// where no such failure was expected says how it did.
func (e *Expect) compare(x *Execution) error {
	var history []*value.Object
	if e.Outline != nil || e.HasHistory {
		history = describeAll(x.History)
	}
	return e.compareWith(x, history)
}

// compareWith is compare, with the execution's history described.
func (e *Expect) compareWith(x *Execution, history []*value.Object) error {
	end := e.matchEnd(x)
	d := end
	if e.Outline != nil {
		d = cmp.Or(e.Outline.match(history), d)
	}
	if e.HasHistory {
		d = cmp.Or(e.matchHistory(history), d)
	}
	if d == nil {
		return nil
	}
	if end != nil && x.failed() {
		d.Because = x.Explain()
	}
	return d
}

func (e *Expect) matchEnd(x *Execution) *Difference {
	if d := match(e.Status, string(x.Status)); d != nil {
		d = d.Within("status")
		if x.Status == states.StatusSucceeded {
			d.Actual += " with " + value.String(x.Output)
		}
		return d
	}
	succeeded := x.Status == states.StatusSucceeded
	if d := e.matchField("output", e.Output, e.HasOutput, x.Output, succeeded, match); d != nil {
		return d
	}
	if d := e.matchField("error", e.Error, e.HasError, x.Failure.Error, x.Failure.HasError, match); d != nil {
		return d
	}
	return e.matchField("cause", e.Cause, e.HasCause, x.Failure.Cause, x.Failure.HasCause, func(e, a any) *Difference {
		return matchTextOrJSON(e, a.(string))
	})
}

// matchField compares a field that either side may lack.
func (e *Expect) matchField(name string, expected any, wanted bool, actual any, given bool, match func(expected, actual any) *Difference) *Difference {
	switch {
	case e.Outline != nil && slices.Contains(e.Outline.Unknown, name):
		return nil
	case wanted && given:
		return match(expected, actual).Within(name)
	case wanted:
		return &Difference{At: name, Expected: value.String(expected), Actual: nothing}
	case given:
		return &Difference{At: name, Expected: nothing, Actual: value.String(actual)}
	}
	return nil
}
