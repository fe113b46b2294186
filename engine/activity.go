package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// ErrActivityDoesNotExist is returned for the ARN of an activity that nobody has created, or
// that was deleted.
var ErrActivityDoesNotExist = errors.New("ActivityDoesNotExist")

// An Activity is a resource whose tasks workers ask for: see [Engine.GetActivityTask] and
// [Engine.Work].
type Activity struct {
	ARN, Name string
	// Created is in the time of the engine's clock.
	Created time.Time
}

// The collections of documents. An activity's key is its name. The key of a waiting task is
// the activity's name, when the task was scheduled, and which it is.
const (
	activityDocuments = "activities"
	waitingDocuments  = "activity tasks"
)

// activityText is the form of an activity's document.
type activityText struct {
	Created time.Time `json:"created"`
}

// CreateActivity makes an activity of a name, which obeys the rules of [Named]. When there
// is one, CreateActivity returns that. Activities are kept where executions are: see
// [Engine.Documents], whose errors are those of CreateActivity besides [ErrInvalidName].
//
// Tasks of an activity's ARN go to the handler that the Resolver has for the ARN, if any,
// and wait for a worker else.
func (e *Engine) CreateActivity(ctx context.Context, name string) (*Activity, error) {
	if err := names.Check(name); err != nil {
		return nil, err
	}
	documents := e.Documents()
	for {
		text, err := documents.Document(ctx, activityDocuments, name)
		if err != nil {
			return nil, err
		}
		if text != "" {
			return e.readActivity(name, text)
		}
		made, err := json.Marshal(activityText{e.now()})
		if err != nil {
			return nil, err
		}
		err = documents.ChangeDocuments(ctx, []store.DocumentChange{{Collection: activityDocuments, Key: name, New: string(made)}})
		switch {
		case err == nil:
			return e.readActivity(name, string(made))
		case !errors.Is(err, store.ErrDocumentChanged):
			return nil, err
		}
	}
}

func (e *Engine) readActivity(name, text string) (*Activity, error) {
	var t activityText
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return nil, fmt.Errorf("engine: the document of the activity %s can't be read: %w", name, err)
	}
	return &Activity{ARN: e.activityARN(name), Name: name, Created: t.Created}, nil
}

func (e *Engine) activityARN(name string) string { return e.arnPrefix + "activity:" + name }

// DescribeActivity returns an activity. Errors: [ErrActivityDoesNotExist], [ErrInvalidARN],
// and those of [Engine.Documents].
func (e *Engine) DescribeActivity(ctx context.Context, arn string) (*Activity, error) {
	name, err := e.activityName(arn)
	if err != nil {
		return nil, err
	}
	text, err := e.Documents().Document(ctx, activityDocuments, name)
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return nil, errNoActivity(arn)
	}
	return e.readActivity(name, text)
}

// ListActivities returns up to limit activities whose names come after a name, in the order
// of the names' bytes. Errors: [ErrInvalidPage] for a limit that is not from 1 to 1,000, and
// those of [Engine.Documents].
func (e *Engine) ListActivities(ctx context.Context, after string, limit int) ([]Activity, error) {
	if limit < 1 || limit > maxPage {
		return nil, fmt.Errorf("%w: the limit is %d, it must be from 1 to %d", ErrInvalidPage, limit, maxPage)
	}
	found, err := e.Documents().Documents(ctx, activityDocuments, after, limit)
	if err != nil {
		return nil, err
	}
	all := make([]Activity, len(found))
	for i, d := range found {
		a, err := e.readActivity(d.Key, d.Text)
		if err != nil {
			return nil, err
		}
		all[i] = *a
	}
	return all, nil
}

// DeleteActivity deletes an activity, if there is one. Tasks that wait for a worker go on
// waiting, for their timeouts or for an activity of the same name. Errors: [ErrInvalidARN],
// and those of [Engine.Documents].
func (e *Engine) DeleteActivity(ctx context.Context, arn string) error {
	name, err := e.activityName(arn)
	if err != nil {
		return err
	}
	documents := e.Documents()
	for {
		text, err := documents.Document(ctx, activityDocuments, name)
		if err != nil || text == "" {
			return err
		}
		err = documents.ChangeDocuments(ctx, []store.DocumentChange{{Collection: activityDocuments, Key: name, Old: text}})
		if !errors.Is(err, store.ErrDocumentChanged) {
			return err
		}
	}
}

// asking returns options by which the interpreter of an execution asks for activities.
func (x *Execution) asking(o states.Options) states.Options {
	if len(x.facts.activities) > 0 {
		o.HasActivity = x.hasActivity
	}
	return o
}

// hasActivity reports whether there is an activity of an ARN, or the Resolver of the Config
// had a handler for it when the execution was started or restored. Where the store can't tell,
// hasActivity notes the error for the step under way. x.mu is locked.
func (x *Execution) hasActivity(arn string) bool {
	e := x.engine
	if handled := x.facts.handled.Load(); handled != nil && slices.Contains(*handled, arn) {
		return true
	}
	name, err := e.activityName(arn)
	if err != nil {
		return false
	}
	text := ""
	err = e.archive.documents(func(s store.DocumentStore) error {
		text, err = s.Document(context.Background(), activityDocuments, name)
		return err
	})
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && x.durable != nil {
		x.unanswered = err
	}
	return text != ""
}

// noteHandled notes which activities the Resolver of the Config has handlers for. No lock is
// held, because the Resolver is the user's.
func (f *machineFacts) noteHandled(r Resolver) {
	if len(f.activities) == 0 {
		return
	}
	if s, ok := r.(*served); ok {
		r = s.Resolver // which goes before workers
	}
	handled := slices.DeleteFunc(slices.Clone(f.activities), func(arn string) bool { return r.Resolve(arn) == nil })
	f.handled.Store(&handled)
}

// activityName returns the name in an activity's ARN. For one of another region or account
// the error is ErrActivityDoesNotExist.
func (e *Engine) activityName(arn string) (string, error) {
	if e == nil || e.archive == nil {
		return "", errNotMade
	}
	if err := names.CheckARN(arn); err != nil {
		return "", fmt.Errorf("%w: Invalid Arn: %w", ErrInvalidARN, err)
	}
	parts := strings.SplitN(arn, ":", 7)
	switch {
	case len(parts) < 7 || parts[0] != "arn" || parts[2] != "states":
		return "", fmt.Errorf("%w: Invalid Arn: 'Invalid ARN prefix: %s'", ErrInvalidARN, arn)
	case parts[5] != "activity" || names.Check(parts[6]) != nil:
		return "", fmt.Errorf("%w: Invalid Arn: 'Resource type not valid in this context: %s'", ErrInvalidARN, parts[5])
	case arn != e.activityARN(parts[6]):
		return "", errNoActivity(arn)
	}
	return parts[6], nil
}

func errNoActivity(arn string) error {
	return fmt.Errorf("%w: Activity Does Not Exist: '%s'", ErrActivityDoesNotExist, arn)
}
