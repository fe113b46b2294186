package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A storedLog is the log of an execution, read.
type storedLog struct {
	lines  int
	events []states.Event
	beats  map[states.EventID]time.Time // a heartbeat of a task
	placed map[states.EventID]time.Time // when a task got its place, for which it had waited
	// repeats is how often the handler of a task was called again after a kill.
	repeats map[states.EventID]int
	later   map[states.EventID]storedAnswer // the later answer of a task
	due     map[states.EventID]time.Time    // when a task is silent for too long, as far as the log doesn't say it
	// elsewhere is set when the execution was imported while it ran.
	elsewhere bool
	// snapshot is the last line with one, if not all lines were read; then so many of the events that
	// were read stand before it, and since is the first of them. now is the time of the snapshot or of
	// the last event since, once the execution is resumed from it. snapped is how many lines there are up
	// to the last snapshot.
	snapshot []byte
	earlier  int
	since    states.EventID
	now      time.Time
	snapped  int
}

// readLog reads the lines of a log, before which so many others stand: one of the lines has a snapshot
// then.
func readLog(lines [][]byte, before int) (*storedLog, error) {
	l := &storedLog{lines: before + len(lines), events: make([]states.Event, 0, len(lines)+8)}
	for i, line := range lines {
		if isSnapshot(line) {
			if l.snapped, l.elsewhere = before+i+1, false; before > 0 {
				l.snapshot, l.earlier = line, len(l.events)
			}
			continue
		}
		event, err := states.ParseLog(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of its log: %w", before+i+1, err)
		}
		l.elsewhere = false // unless the last line says so
		if !l.takeOwn(&event, line) {
			l.events = append(l.events, event)
		}
	}
	if l.earlier > 0 {
		l.since = l.events[0].ID
	}
	if len(l.events) == 0 && l.snapshot == nil {
		return nil, errors.New("its log has no events")
	}
	return l, nil
}

// ended returns how the execution ended, nil while it runs.
func (l *storedLog) ended() *states.Finish {
	if len(l.events) == 0 {
		return nil
	}
	return l.events[len(l.events)-1].Finish()
}

// input returns the execution's input.
func (l *storedLog) input() any {
	if len(l.events) > 0 {
		if d, ok := l.events[0].Details.(*states.StartedDetails); ok {
			return d.Input
		}
	}
	return nil
}

// parent returns the execution's parent.
func (l *storedLog) parent() states.Parent {
	if len(l.events) > 0 {
		if d, ok := l.events[0].Details.(*states.StartedDetails); ok {
			return d.Execution.Parent
		}
	}
	return states.Parent{}
}

// scheduled returns when a task was scheduled; the zero time if it wasn't.
func (l *storedLog) scheduled(task states.EventID) time.Time {
	i := slices.IndexFunc(l.events, func(e states.Event) bool { return e.ID == task })
	if i < 0 {
		return time.Time{}
	}
	return l.events[i].At
}

// silentSince returns when a task was heard of last.
func (l *storedLog) silentSince(task states.EventID) time.Time {
	since := l.scheduled(task)
	for _, at := range [...]time.Time{l.placed[task], l.beats[task]} {
		if at.After(since) {
			since = at
		}
	}
	return since
}

// load restores the execution from the store: its interpreter, its timers, its
// tokens. Tasks in flight are called again, unless their handlers still run in this
// process, or only their Task Token is waited for. The error says why it has no
// interpreter. x.mu is locked.
func (x *Execution) load() error {
	a := x.in
	lines, before, err := x.readTail()
	if err != nil {
		return x.unread(err)
	}
	if x.starting && len(lines) > 0 {
		// The store failed when it was to start. Somebody else may have the ARN.
		switch r, err := a.store.record(x.identity.ARN); {
		case errors.Is(err, ErrClosed):
			return err
		case err != nil:
			return x.ails(err)
		case !r.StartDate.Equal(x.startDate) || r.Definition != x.program.hash || string(r.Options) != string(x.program.record):
			x.forfeit(ErrExecutionAlreadyExists)
			return x.gone
		}
		x.starting = false
	}
	if len(lines) == 0 {
		x.forfeit(errDoesNotExist(x.identity.ARN)) // its start never took effect, or it was removed
		return x.gone
	}
	l, err := readLog(lines, before)
	if err == nil && l.elsewhere {
		x.forfeit(ErrRunsElsewhere)
		return x.gone
	}
	var interpreter *states.Interpreter
	if x.partial = err == nil && l.snapshot != nil; x.partial {
		if interpreter, err = x.fromSnapshot(l); err != nil {
			if lines, err = a.store.log(x.identity.ARN); err != nil {
				return x.unread(err)
			}
			x.partial = false
			l, err = readLog(lines, 0) // of which no snapshot is looked at
		}
	}
	if err == nil && interpreter == nil {
		interpreter, err = states.Restore(x.machine, l.events, x.asking(x.program.options))
	}
	if err != nil {
		return x.giveUp(err)
	}
	x.length, x.snapshot, x.needed = l.lines, l.snapped, l.since
	x.takeHistory(l.events)
	if l.now.After(x.now) {
		x.now = l.now
	}
	if w := x.watch; w != nil {
		w.toldOf(x.history)
		x.tellNow(w) // what was stored by a step that failed all the same
	}
	if end := interpreter.Result(); end != nil {
		x.finish(end)
		return states.ErrStale
	}
	x.interpreter = interpreter
	l.due = a.takeHeard(x.identity.ARN)
	for task, at := range l.beats {
		if l.due[task].IsZero() && at.Before(a.opened) {
			// Of what it said since, the engine before may have told nobody.
			l.beats[task] = a.opened
		}
	}
	calls, err := x.resume(l)
	if err == nil {
		var more *call
		more, err = x.takePending()
		calls = calls.and(more)
	}
	// Whatever becomes of the rest, the log announces these.
	a.spawnLater(calls)
	if err == nil && x.interpreter == nil {
		err = x.leftAgain()
	}
	return err
}

// leftAgain returns why an execution left memory while it took what was pending when it was
// restored. x.mu is locked.
func (x *Execution) leftAgain() error {
	switch {
	case x.end != nil:
		return states.ErrStale
	case x.gone != nil:
		return x.gone
	case x.engine.closed.Load():
		return ErrClosed
	}
	return &StoreError{ARN: x.identity.ARN, Err: x.ailment} // as a task began
}

// unread returns the error for an execution whose log could not be read. x.mu is locked.
func (x *Execution) unread(err error) error {
	switch {
	case errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, store.ErrDamaged):
		return x.giveUp(err)
	}
	return x.ails(err)
}

// resume takes up what is open in a restored execution. It returns the calls of
// handlers that are to be made.
func (x *Execution) resume(l *storedLog) (*call, error) {
	e := x.engine
	x.tick()
	kept, runs, queued := x.calls, x.runs, x.takeQueued()
	x.calls, x.runs = nil, nil
	p := newPlan()
	for _, command := range x.interpreter.Open() {
		switch command := command.(type) {
		case *states.StartTimer:
			p.start(x.newTimer(command))
		case *states.StartMapRun:
			p.opened = append(p.opened, waited{run: &openRun{id: command.ID, command: command}})
			runs = slices.DeleteFunc(runs, func(r openRun) bool { return r.run.arn == command.ARN })
		case *states.InvokeTask:
			if i := slices.IndexFunc(kept, func(c *call) bool { return c.id == command.ID }); i >= 0 {
				if kept[i].isActivity() {
					e.timers.CancelAll(kept[i].silence)
					kept[i].takeUpActivity(l)
				}
				x.calls = append(x.calls, kept[i])
				switch c := kept[i]; {
				case !c.queued:
					c.takeLater(l)
					e.timers.Restart(c.timers()...)
				case c.asksAgain:
					c.asksAgain = false
					if c.asks() {
						c.queued = true
						e.spawnLater(c)
					}
				}
				kept = slices.Delete(kept, i, i+1)
				continue
			}
			c := x.newCall(command)
			if c.isActivity() {
				c.takeUpActivity(l)
			}
			c.takeUp(l)
			c.takeTicket(queued)
			if c.waitsForToken() && command.Acknowledged {
				c.fresh = false
				if c.silence != nil {
					c.silence.Due = l.silentSince(c.id).Add(c.period)
					if due := l.due[c.id]; due.After(c.silence.Due) {
						c.silence.Due = due
					}
					_, c.beats = l.beats[c.id]
				}
			}
			p.open(c)
		}
	}
	for _, c := range kept {
		c.over(ErrTaskCanceled)
	}
	for _, r := range runs {
		x.note(r.abort)
	}
	queued.forget()
	first := x.carryOut(p)
	// The history says of every task whose handler runs that it began.
	var inputs []states.Input
	for _, c := range x.calls {
		if c.running && !c.isActivity() {
			inputs = append(inputs, states.TaskBegan{At: x.now, Task: c.id})
		}
	}
	next, err := x.step(nil, true, inputs...)
	first = first.and(next)
	if err != nil && !errors.Is(err, states.ErrStale) { // which says that nothing was left to do
		return first, err
	}
	return first, nil
}

// takePending takes what handlers answered while the store failed, in the order in which
// they did. It returns the calls that are to be made then. x.mu is locked.
func (x *Execution) takePending() (first *call, err error) {
	for x.interpreter != nil && len(x.pending) > 0 {
		next, err := x.take(x.pending[:1])
		first = first.and(next)
		if err != nil && !errors.Is(err, states.ErrStale) { // which says that it was recorded after all
			return first, err
		}
		x.pending = x.pending[1:]
	}
	return first, nil
}

// giveUp ends the execution's use of this engine, because it can't be restored. giveUp
// logs the error and returns it with the execution's ARN. x.mu is locked.
func (x *Execution) giveUp(err error) error {
	err = fmt.Errorf("engine: %s can't be restored: %w", x.identity.ARN, err)
	x.in.noteStranded(x.identity.ARN, err)
	x.note(func() { x.in.logStranded(x.identity.ARN, err) })
	x.forfeit(err)
	return err
}

// noteStranded notes the error why an execution in the store can't go on with this engine.
func (a *storeArchive) noteStranded(arn string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stranded == nil {
		a.stranded = make(map[string]error)
	}
	a.stranded[arn] = err
}

func (a *storeArchive) logStranded(arn string, err error) {
	a.config.Logger.Error("gostates: an execution can't be resumed", zap.String("execution_arn", arn), zap.Error(err))
}

// whyStranded returns why an execution can't go on, nil for another.
func (a *storeArchive) whyStranded(arn string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stranded[arn]
}
