package inspector

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A story is what the history of an execution tells. It never changes.
type story struct {
	start, stop time.Time
	redrives    int
	status      states.Status

	events  []states.Event // that with the id n is at n-1
	machine *asl.StateMachine
	picture *graph.Picture // nil when the definition can't be read
	path    *graph.Path    // likewise
	problem string         // why the definition can't be read
	visits  []int32        // by event: the position of its visit in path.Visits, and one more

	once struct{ variables, outline sync.Once }
	vars []*value.Object // at the entry of each visit
	text *asl.Outline
}

// Of so many executions stories are kept, for so long after they were last looked at; and so
// many are read at a time, because one takes as much memory as its history has payloads.
const (
	mostStories = 4
	storyLife   = time.Minute
	mostLoading = 4
)

// stories are the latest stories, by ARN.
type stories struct {
	mu      sync.Mutex
	known   map[string]*told
	swept   bool // a sweep is to come
	loading chan struct{}
}

type told struct {
	story *story
	about *engine.Description // of an execution that has ended
	used  time.Time
}

// about describes an execution. To describe one with a Store costs a reading of its log, so that of
// one that has ended the description that is kept with its story is returned, if a list of
// executions, which is cheap, shows that it has not been redriven since.
func (i *Inspector) about(ctx context.Context, arn string) (*engine.Description, error) {
	if d := i.stories.about(arn); d != nil {
		page, err := i.config.Engine.ListExecutions(ctx, engine.ListOptions{
			Machine: d.MachineARN, NamePrefix: d.Name, StartedSince: d.StartDate, StartedBefore: d.StartDate.Add(time.Millisecond), MaxResults: rowsOnPage,
		})
		if err == nil && slices.ContainsFunc(page.Executions, func(s engine.Summary) bool {
			return s.ARN == arn && s.Status == d.Status && s.StopDate.Equal(d.StopDate)
		}) {
			return d, nil
		}
	}
	return i.config.Engine.DescribeExecution(ctx, arn)
}

// story returns the story of an execution as it stands.
func (i *Inspector) story(ctx context.Context, d *engine.Description) (*story, error) {
	s := &i.stories
	select {
	case s.loading <- struct{}{}:
		defer func() { <-s.loading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	before := s.find(d.ARN)
	if before != nil && !before.start.Equal(d.StartDate) {
		before = nil // another execution had the ARN
	}
	if before != nil && d.Status != states.StatusRunning && before.status == d.Status && before.stop.Equal(d.StopDate) && before.redrives == d.RedriveCount {
		s.keep(d, before)
		return before, nil
	}
	now, err := i.tell(ctx, d, before)
	if err != nil {
		return nil, err
	}
	s.keep(d, now)
	return now, nil
}

// tell reads a story, or what is new of it.
func (i *Inspector) tell(ctx context.Context, d *engine.Description, before *story) (*story, error) {
	now := &story{start: d.StartDate, stop: d.StopDate, redrives: d.RedriveCount, status: d.Status}
	if before != nil {
		now.events = before.events[:len(before.events):len(before.events)]
	}
	grown := before == nil
	for e, err := range i.config.Engine.Events(ctx, d.ARN, states.EventID(len(now.events))) {
		if err != nil {
			return nil, err
		}
		if e.ID != states.EventID(len(now.events)+1) {
			return nil, &states.HistoryError{Event: e.ID, Type: e.Type, Message: "events before it are missing"}
		}
		now.events = append(now.events, e)
		grown = true
	}
	if !grown && before.status == now.status {
		return before, nil
	}
	if before != nil {
		now.machine, now.picture, now.problem = before.machine, before.picture, before.problem
	} else {
		m, err := i.config.Engine.DescribeStateMachineForExecution(ctx, d.ARN)
		switch {
		case err != nil && (errors.Is(err, engine.ErrClosed) || ctx.Err() != nil):
			return nil, err
		case err != nil:
			now.problem = err.Error()
		default:
			now.machine, now.picture = m.Definition, graph.New(m.Definition)
		}
	}
	if now.picture != nil {
		now.path = now.picture.Follow(now.events)
		now.visits = make([]int32, len(now.events))
		for n, v := range now.path.Visits {
			for _, id := range v.Events {
				if id >= 1 && int(id) <= len(now.visits) {
					now.visits[id-1] = int32(n + 1)
				}
			}
		}
	}
	return now, nil
}

// event returns the event of an id, nil when there is none.
func (s *story) event(id states.EventID) *states.Event {
	if id < 1 || int(id) > len(s.events) {
		return nil
	}
	return &s.events[id-1]
}

// visitOf returns the number of the visit that an event belongs to, from 1, and 0 for none.
func (s *story) visitOf(id states.EventID) int {
	if id < 1 || int(id) > len(s.visits) {
		return 0
	}
	return int(s.visits[id-1])
}

// distributes reports whether the machine has Map Runs. A machine that can't be read may.
func (s *story) distributes() bool {
	return s.picture == nil || slices.ContainsFunc(s.picture.Nodes(), func(n *graph.Node) bool {
		m, ok := n.State.(*asl.Map)
		return ok && m.Distributed != nil
	})
}

// outline returns where the states stand in the definition.
func (s *story) outline() *asl.Outline {
	s.once.outline.Do(func() {
		if s.machine != nil {
			s.text = asl.Parser{Extensions: true}.Outline([]byte(s.machine.Definition()))
		}
	})
	return s.text
}

func (s *stories) find(arn string) *story {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.known[arn]; t != nil {
		return t.story
	}
	return nil
}

// about returns the description of an execution that has ended, nil when none is kept.
func (s *stories) about(arn string) *engine.Description {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.known[arn]; t != nil {
		return t.about
	}
	return nil
}

// keep keeps a story, and gives up the one that was not looked at for the longest time when
// there are too many.
func (s *stories) keep(d *engine.Description, now *story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[string]*told)
	}
	t := &told{story: now, used: time.Now()}
	if d.Status != states.StatusRunning {
		t.about = d
	}
	s.known[d.ARN] = t
	for len(s.known) > mostStories {
		oldest := ""
		for arn, t := range s.known {
			if oldest == "" || t.used.Before(s.known[oldest].used) {
				oldest = arn
			}
		}
		delete(s.known, oldest)
	}
	s.sweepLater()
}

// sweepLater has stories given up that nobody looks at any more. s.mu is locked.
func (s *stories) sweepLater() {
	if s.swept || len(s.known) == 0 {
		return
	}
	s.swept = true
	time.AfterFunc(storyLife, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.swept = false
		for arn, t := range s.known {
			if time.Since(t.used) >= storyLife {
				delete(s.known, arn)
			}
		}
		s.sweepLater()
	})
}
