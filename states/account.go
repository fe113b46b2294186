package states

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// String returns a readable account of where the execution stands: its threads,
// their states, inputs, variables and open commands. Two interpreters with the
// same account behave the same from here on.
func (x *Interpreter) String() string {
	var b strings.Builder
	if x.result != nil {
		fmt.Fprintf(&b, "%s after event %d output %s failure %+v\n", x.result.Status, x.last, value.String(x.result.Output), x.result.Failure)
		return b.String()
	}
	fmt.Fprintf(&b, "%s after event %d, variables of %d bytes\n", x.Status(), x.last, x.variables)
	if x.main.state != nil {
		x.main.account(&b, "")
	}
	return b.String()
}

// account describes a thread that still runs.
func (t *thread) account(b *strings.Builder, indent string) {
	if t.phase >= ended {
		return
	}
	if t.phase == undoing {
		t.accountUndoing(b, indent)
		return
	}
	fmt.Fprintf(b, "%s[%d] %s entered #%d at %s, at #%d, retry %d", indent, t.index, t.state.Name(), t.enteredID, timestamp(t.enteredAt), t.tip, t.retryCount)
	for i, n := range t.retries {
		if n > 0 {
			fmt.Fprintf(b, " retrier %d: %d", i, n)
		}
	}
	fmt.Fprintf(b, "\n%s  input %s\n", indent, value.String(t.input))
	if t.variables.Len() > 0 {
		fmt.Fprintf(b, "%s  variables %s\n", indent, value.String(t.variables))
	}
	if k := t.task; k != nil {
		fmt.Fprintf(b, "%s  task #%d attempt %d begun %t acknowledged %t deadline %s heartbeat %s token %q input %s credentials %s\n", indent,
			k.ID, k.Attempt, t.begun, k.Acknowledged, timestamp(k.Deadline), k.Heartbeat, k.Token, value.String(k.Input), value.String(k.Credentials))
	} else if t.phase < waiting {
		fmt.Fprintf(b, "%s  can go on\n", indent)
	} else if t.fork != nil && t.fork.run != nil {
		t.fork.run.account(b, indent)
	} else if t.fork == nil {
		fmt.Fprintf(b, "%s  timer #%d due %s retrier %d\n", indent, t.command, timestamp(t.due), t.retrier)
	}
	t.accountSaga(b, indent)
	if f := t.fork; f != nil && f.run == nil {
		fmt.Fprintf(b, "%s  fork #%d ended %d of %d next %d failures %d results %s\n", indent, f.started, f.ended, len(f.results), f.next, f.failures, value.String(f.results))
		for i := range f.results {
			for _, c := range f.children {
				if c.index == i && c.state != nil {
					c.account(b, indent+"  ")
				}
			}
		}
	}
}

// account describes a Map Run.
func (r *mapRun) account(b *strings.Builder, indent string) {
	c := r.StartMapRun
	fmt.Fprintf(b, "%s  run #%d %s redrives %d items %s concurrency %d tolerance %+v", indent, c.ID, c.ARN, c.Redrives, value.String(c.Items), c.MaxConcurrency, c.Tolerance)
	if c.Reader != nil {
		fmt.Fprintf(b, " reader %s %+v", value.String(c.Reader.Arguments), c.Reader.Config)
	}
	if c.Batch != nil {
		fmt.Fprintf(b, " batch %d %d %s", c.Batch.MaxItems, c.Batch.MaxBytes, value.String(c.Batch.Input))
	}
	if c.Writer != nil {
		fmt.Fprintf(b, " writer %s %s %s", value.String(c.Writer.Arguments), c.Writer.OutputType, c.Writer.Transformation)
	}
	fmt.Fprintln(b)
}

// accountUndoing describes a thread that compensates. Where its state stood before is
// of no matter any more, unless it has Retriers and Catchers to turn to.
func (t *thread) accountUndoing(b *strings.Builder, indent string) {
	s := t.saga
	fmt.Fprintf(b, "%s[%d] undoing the %s at #%d because of %+v status %q\n", indent, t.index, s.extent, t.tip, *t.fault, s.status)
	if s.extent == UndoChildren {
		fmt.Fprintf(b, "%s  %s entered #%d retry %d %v children %t\n", indent, t.state.Name(), t.enteredID, t.retryCount, t.retries, s.forked)
	}
	if t.variables.Len() > 0 {
		fmt.Fprintf(b, "%s  variables %s\n", indent, value.String(t.variables))
	}
	t.accountSaga(b, indent)
	for _, h := range s.handlers {
		fmt.Fprintf(b, "%s  handler of %s adopted %t\n", indent, h.undoes.state.Name(), h.undoes.adopted)
		h.account(b, indent+"  ")
	}
}

// accountSaga describes what a thread can undo. Steps of ended children are told in
// the order of their completion, however they came together.
func (t *thread) accountSaga(b *strings.Builder, indent string) {
	if t.saga == nil {
		return
	}
	for _, steps := range [][]step{t.saga.steps, sorted(slices.Clone(t.saga.inner))} {
		for _, st := range steps {
			fmt.Fprintf(b, "%s  to undo: %s after #%d input %s output %s variables %s\n", indent,
				st.state.Name(), st.exited, value.String(st.input), value.String(st.output), value.String(st.variables))
		}
	}
}
