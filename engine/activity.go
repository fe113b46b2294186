package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/internal/tags"
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
	// Tags are the tags of the activity.
	Tags map[string]string
	// Encryption is kept and shown, and encrypts nothing; nil stands for the key that AWS
	// owns.
	Encryption *EncryptionConfiguration
}

// ErrActivityAlreadyExists is returned for the name of an activity that has another key.
var ErrActivityAlreadyExists = errors.New("ActivityAlreadyExists")

// otherKey is what AWS's documentation says of ErrActivityAlreadyExists.
const otherKey = "Activity already exists. EncryptionConfiguration may not be updated."

// An EncryptionConfiguration names the key of a state machine or an activity.
type EncryptionConfiguration struct {
	// Type is AWS_OWNED_KEY or CUSTOMER_MANAGED_KMS_KEY.
	Type string
	// KeyID names the key, by its id, its ARN, its alias or its alias's ARN; empty with
	// AWS_OWNED_KEY.
	KeyID string
	// ReusePeriod is how many seconds data keys are used, 60 to 900; 0 with AWS_OWNED_KEY.
	ReusePeriod int
}

// OwnedKey is the type of a key that AWS owns.
const OwnedKey = "AWS_OWNED_KEY"

// An ActivityOption says with what an activity is created.
type ActivityOption func(*activityText)

// ActivityTags gives an activity tags.
func ActivityTags(all map[string]string) ActivityOption {
	return func(t *activityText) { t.Tags = maps.Clone(all) }
}

// ActivityEncryption names the key of an activity.
func ActivityEncryption(by EncryptionConfiguration) ActivityOption {
	return func(t *activityText) {
		t.Encryption = nil
		if by.Type != OwnedKey {
			t.Encryption = &by
		}
	}
}

// The collections of documents. An activity's key is its name. The key of a waiting task is
// the activity's name, when the task was scheduled, and which it is.
const (
	activityDocuments = "activities"
	waitingDocuments  = "activity tasks"
)

// activityText is the form of an activity's document.
type activityText struct {
	Created    time.Time                `json:"created"`
	Tags       map[string]string        `json:"tags,omitempty"`
	Encryption *EncryptionConfiguration `json:"encryption,omitempty"`
}

// CreateActivity makes an activity of a name, which obeys the rules of [Named]. When there
// is one, CreateActivity returns that, whatever its tags (documented by AWS); when it has
// another key the error is [ErrActivityAlreadyExists]. Activities are kept where executions
// are: see [Engine.Documents], whose errors are those of CreateActivity besides
// [ErrInvalidName], [ErrTooManyTags], and one about a tag that is not valid.
//
// Tasks of an activity's ARN go to the handler that the Resolver has for the ARN, if any,
// and wait for a worker else.
func (e *Engine) CreateActivity(ctx context.Context, name string, options ...ActivityOption) (*Activity, error) {
	if err := names.Check(name); err != nil {
		return nil, err
	}
	var asked activityText
	for i, option := range options {
		if option == nil {
			return nil, fmt.Errorf("engine: option %d of %d is an ActivityOption that is nil", i+1, len(options))
		}
		option(&asked)
	}
	if err := cmp.Or(tags.Check(asked.Tags), tags.Count(asked.Tags)); err != nil {
		return nil, err
	}
	documents := e.Documents()
	for {
		text, err := documents.Document(ctx, activityDocuments, name)
		if err != nil {
			return nil, err
		}
		if text != "" {
			a, err := e.readActivity(name, text)
			if err == nil && !sameKey(a.Encryption, asked.Encryption) {
				err = fmt.Errorf("%w: %s", ErrActivityAlreadyExists, otherKey)
			}
			return a, err
		}
		asked.Created = e.now()
		made, err := json.Marshal(asked)
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

// sameKey reports whether two configurations name one key.
func sameKey(a, b *EncryptionConfiguration) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func (e *Engine) readActivity(name, text string) (*Activity, error) {
	var t activityText
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return nil, fmt.Errorf("engine: the document of the activity %s can't be read: %w", name, err)
	}
	return &Activity{ARN: e.activityARN(name), Name: name, Created: t.Created, Tags: t.Tags, Encryption: t.Encryption}, nil
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
	if x.facts.handles(arn) || x.testCase != "" { // whose mocks may answer for it
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

// handles reports whether noteHandled found a handler for an activity.
func (f *machineFacts) handles(arn string) bool {
	handled := f.handled.Load()
	return handled != nil && slices.Contains(*handled, arn)
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

// TagActivity adds tags to an activity. A tag whose key the activity has already replaces
// its value. When the activity would have more than 50 tags, TagActivity changes nothing
// and returns [ErrTooManyTags]. Other errors: [ErrActivityDoesNotExist], [ErrInvalidARN],
// those of [Engine.Documents], and one about a tag that is not valid.
func (e *Engine) TagActivity(ctx context.Context, arn string, add map[string]string) error {
	if err := tags.Check(add); err != nil {
		return err
	}
	return e.changeActivity(ctx, arn, func(t *activityText) error {
		if t.Tags == nil {
			t.Tags = make(map[string]string)
		}
		maps.Copy(t.Tags, add)
		return tags.Count(t.Tags)
	})
}

// UntagActivity removes the tags with the given keys from an activity. A key that the
// activity has no tag for is no error. Errors are as for [Engine.TagActivity].
func (e *Engine) UntagActivity(ctx context.Context, arn string, keys ...string) error {
	return e.changeActivity(ctx, arn, func(t *activityText) error {
		for _, key := range keys {
			delete(t.Tags, key)
		}
		return nil
	})
}

// changeActivity has a function change the document of an activity.
func (e *Engine) changeActivity(ctx context.Context, arn string, change func(*activityText) error) error {
	name, err := e.activityName(arn)
	if err != nil {
		return err
	}
	documents := e.Documents()
	for {
		text, err := documents.Document(ctx, activityDocuments, name)
		switch {
		case err != nil:
			return err
		case text == "":
			return errNoActivity(arn)
		}
		var t activityText
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return fmt.Errorf("engine: the document of the activity %s can't be read: %w", name, err)
		}
		if err := change(&t); err != nil {
			return err
		}
		changed, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if string(changed) == text {
			return nil
		}
		err = documents.ChangeDocuments(ctx, []store.DocumentChange{{Collection: activityDocuments, Key: name, Old: text, New: string(changed)}})
		if !errors.Is(err, store.ErrDocumentChanged) {
			return err
		}
	}
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
