package inspector

import (
	"html/template"
	"strconv"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/states"
)

// A step is a stay in a state, as lists show it.
type step struct {
	Number           int // among all, from 1
	Name, Type       string
	Status, Error    string
	Where            string // "iteration 3", "branch 2"; "" in the machine's own graph
	Depth            int
	Entered, Exited  time.Time // Exited is zero while it goes on
	Lasted, After    string
	Attempts         int
	Bar              template.HTML // its place in time
	FirstEvent, Last states.EventID
	Event            states.EventID
}

// stepOf describes the visit of a number. now ends what goes on.
func (s *story) stepOf(number int, now time.Time) step {
	v := s.path.Visits[number-1]
	first, last := s.event(v.Events[0]), s.event(v.Events[len(v.Events)-1])
	t := step{
		Number: number, Name: v.Node.Name(), Type: v.Node.Type(), Status: v.Status, Error: v.Error, Entered: first.At, Event: first.ID,
		FirstEvent: first.ID, Last: last.ID, After: lasted(first.At.Sub(s.start)),
	}
	for w := v.Around; w != nil; w = w.Around {
		t.Depth++
	}
	switch {
	case v.Iteration >= 0:
		t.Where = "iteration " + strconv.Itoa(v.Iteration)
	case v.Around != nil && len(v.Around.Node.Groups) > 1:
		t.Where = "branch " + strconv.Itoa(v.Node.Group.Branch)
	}
	end := now
	if v.Status != graph.Running {
		t.Exited = last.At
		end = last.At
	}
	t.Lasted = lasted(end.Sub(t.Entered))
	for _, id := range v.Events {
		if _, ok := s.event(id).Details.(*states.ScheduledDetails); ok {
			t.Attempts++
		}
	}
	t.Bar = s.bar(t.Status, t.Entered, end, now)
	return t
}

// end is when the story ends that is told at a time.
func (s *story) end(now time.Time) time.Time {
	if !s.stop.IsZero() {
		return s.stop
	}
	return now
}

// bar draws a time within that of the execution.
func (s *story) bar(status string, from, to, now time.Time) template.HTML {
	const width = 1000
	whole := max(s.end(now).Sub(s.start), time.Millisecond)
	at := func(t time.Time) float64 {
		return min(max(float64(t.Sub(s.start))/float64(whole), 0), 1) * width
	}
	left := at(from)
	long := max(at(to)-left, 4)
	left = min(left, width-long)
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
	return template.HTML(`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect class="` + template.HTMLEscapeString(status) +
		`" x="` + number(left) + `" width="` + number(long) + `" height="10" rx="2"/></svg>`)
}

// A stepPage is one stay in a state, with all that is known of it.
type stepPage struct {
	step
	Of                        int // among those in the state: the Nth
	Visits                    int
	First, Before, Next, Most int // numbers of other visits, 0 for none
	Comment, Detail           string
	Retries                   []string
	Input, Output             *payload
	Variables, Assigned       *payload
	Attempts                  []attempt
	Problem                   *problem // of a failure outside of attempts
	Definition                *payload
	Line                      int
	Forkable                  bool
}

// An attempt is one call of a task's handler.
type attempt struct {
	Number                    int
	Status                    string // as package graph names it
	Kind                      string // "Lambda function", "Activity", or the resource's type
	Resource, Worker          string
	Scheduled, Started, Ended time.Time
	Lasted                    string
	Timeout, Heartbeat        int64
	Parameters, Submitted     *payload
	Result                    *payload
	Problem                   *problem
	Event, EndEvent           states.EventID
	Waits                     bool // for its Task Token
}

// A problem is an error with its cause.
type problem struct {
	Error, Cause string
	Hidden       bool
	Whole        string
	Location     string
}

func (q *request) problemOf(f states.Failure, whole string) *problem {
	if !f.HasError && !f.HasCause && f.Error == "" && f.Cause == "" {
		return nil
	}
	p := &problem{Error: f.Error, Cause: f.Cause}
	if !q.access.Payloads {
		p.Cause, p.Hidden = "", f.Cause != ""
	}
	if len(p.Cause) > shownPayload {
		p.Cause, p.Whole = p.Cause[:shownPayload]+"…", whole
	}
	return p
}

// describe describes the visit of a number.
func (s *story) describe(q *request, arn string, number int, now time.Time) *stepPage {
	v := s.path.Visits[number-1]
	d := &stepPage{step: s.stepOf(number, now), Comment: v.Node.State.Comment(), Detail: v.Node.Detail, Retries: v.Node.Retries}
	for n, other := range s.path.Visits {
		if other.Node != v.Node {
			continue
		}
		d.Visits++
		if d.First == 0 {
			d.First = n + 1
		}
		switch {
		case n+1 < number:
			d.Before = n + 1
		case n+1 == number:
			d.Of = d.Visits
		case d.Next == 0:
			d.Next = n + 1
		}
		d.Most = n + 1
	}
	if vars := s.variables()[number-1]; vars.Len() > 0 {
		d.Variables = q.valueOf(vars, "", shownPayload)
	}
	for _, id := range v.Events {
		s.tellOf(q, arn, d, s.event(id), now)
	}
	if d.Status != graph.Running { // no event says so of what was not waited for any more
		for n := range d.Attempts {
			if a := &d.Attempts[n]; a.Status == graph.Running {
				a.Status, a.Waits, a.Lasted = graph.Aborted, false, lasted(d.Exited.Sub(a.Scheduled))
			}
		}
	}
	d.Line, d.Definition = s.definitionOf(v.Node.State)
	return d
}

// tellOf adds to a step what an event tells.
func (s *story) tellOf(q *request, arn string, d *stepPage, e *states.Event, now time.Time) {
	whole := func(part string) string { return wholeOf(arn, e.ID, part) }
	var last *attempt
	if n := len(d.Attempts); n > 0 {
		last = &d.Attempts[n-1]
	}
	end := func(status string) {
		if last.Status == graph.Running {
			last.Status, last.Ended, last.EndEvent = status, e.At, e.ID
			last.Lasted, last.Waits = lasted(e.At.Sub(last.Scheduled)), false
		}
	}
	switch details := e.Details.(type) {
	case *states.EnteredDetails:
		d.Input, d.Forkable = q.valueOf(details.Input, whole("input"), shownPayload), true
	case *states.ExitedDetails:
		d.Output = q.valueOf(details.Output, whole("output"), shownPayload)
		if details.Assigned != nil {
			d.Assigned = q.valueOf(details.Assigned, whole("variables"), shownPayload)
		}
	case *states.ScheduledDetails:
		d.Attempts = append(d.Attempts, s.attemptOf(q, len(d.Attempts)+1, d, e, details, whole("parameters"), now))
	case *states.WorkerDetails:
		if last != nil {
			last.Worker, last.Started = details.Worker, e.At
		}
	case *states.OutputDetails:
		if last != nil && e.Type == states.TaskSubmitted {
			last.Submitted = q.valueOf(details.Output, whole("output"), shownPayload)
		} else if last != nil {
			last.Result = q.valueOf(details.Output, whole("output"), shownPayload)
			end(graph.Succeeded)
		}
	case *states.FailureDetails:
		if last != nil && last.Status == graph.Running {
			last.Problem = q.problemOf(details.Failure, whole("cause"))
			end(graph.Failed)
		} else {
			d.Problem = q.problemOf(details.Failure, whole("cause"))
		}
	case *states.EvaluationDetails:
		if d.Problem = q.problemOf(details.Failure, whole("cause")); d.Problem != nil {
			d.Problem.Location = details.Location
		}
	default:
		if last != nil && last.Started.IsZero() && (e.Type == states.TaskStarted || e.Type == states.LambdaFunctionStarted) {
			last.Started = e.At
		}
		if last != nil && e.Type == states.TaskStateAborted {
			end(graph.Aborted)
		}
	}
}

// attemptOf describes an attempt that begins.
func (s *story) attemptOf(q *request, number int, d *stepPage, e *states.Event, details *states.ScheduledDetails, whole string, now time.Time) attempt {
	a := attempt{
		Number: number, Status: graph.Running, Kind: details.ResourceType, Resource: details.Resource, Scheduled: e.At, Event: e.ID,
		Timeout: details.TimeoutSeconds, Heartbeat: details.HeartbeatSeconds, Lasted: lasted(s.end(now).Sub(e.At)),
		Parameters: q.valueOf(details.Parameters, whole, shownPayload),
	}
	switch e.Type {
	case states.LambdaFunctionScheduled:
		a.Kind = "Lambda function"
	case states.ActivityScheduled:
		a.Kind = "Activity"
	}
	task, ok := s.path.Visits[d.Number-1].Node.State.(*asl.Task)
	if ok && a.Resource == "" {
		a.Resource = task.Resource.Text // a name that is no ARN
	}
	if ok && (task.Resource.Pattern == asl.WaitForTaskToken || task.Resource.Kind == asl.Activity) {
		a.Waits = true
	}
	return a
}
