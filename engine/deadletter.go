package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/gostates/gostates/engine/store"
	"go.uber.org/zap"
)

// A DeadLetter is a change that Config.Notify has not taken in [Config.NotifyAttempts] calls. Dead
// letters are kept with the executions, in the Store if there is one, for [Limits.Retention]; without
// a Store the latest 10,000. An error is logged for each. [Engine.DeadLetters] lists them, and
// [Engine.Redeliver] and [Engine.DropDeadLetter] end them.
type DeadLetter struct {
	// Key names the letter. Keys are in the order in which the changes were recorded.
	Key string
	// Change is what Notify was to be told.
	Change StatusChange
	// Attempts is how often Notify was called, and Err is the text of the last error.
	Attempts int
	Err      string
	// At is the time of the last call, by the engine's clock.
	At time.Time
}

// lettersCollection has the dead letters, by the numbers of the notifications.
const lettersCollection = "deadletters"

// maxLetters bounds how many there are without a store.
const maxLetters = 10_000

// A letter is a DeadLetter as it is kept.
type letter struct {
	Attempts int             `json:"attempts"`
	Err      string          `json:"error"`
	At       time.Time       `json:"at"`
	Change   json.RawMessage `json:"change"`
}

func (l *letter) text() string {
	text, err := json.Marshal(l)
	if err != nil {
		return "" // a RawMessage that was unmarshaled before
	}
	return string(text)
}

// bury makes a dead letter of a notification.
func (e *Engine) bury(n store.Notification, attempts int, why error) error {
	ctx, key := context.Background(), fmt.Sprintf("%020d", n.Number)
	l := letter{Attempts: attempts, Err: cut(why.Error(), maxCauseLength), At: e.now(), Change: n.Text}
	var dropped int
	err := e.archive.documents(func(s store.DocumentStore) error {
		was, err := s.Document(ctx, lettersCollection, key) // of an engine that was lost before the notification was removed
		if err != nil {
			return err
		}
		changes := []store.DocumentChange{{Collection: lettersCollection, Key: key, Old: was, New: l.text()}}
		old, err := e.oldLetters(ctx, s)
		if err != nil {
			return err
		}
		for _, d := range old {
			if d.Key != key {
				changes = append(changes, store.DocumentChange{Collection: lettersCollection, Key: d.Key, Old: d.Text})
			}
		}
		dropped = len(changes) - 1
		return s.ChangeDocuments(ctx, changes)
	})
	if err != nil {
		return fmt.Errorf("a notification that was given up can't be kept: %w", err)
	}
	log := e.config.Logger
	log.Error("gostates: a notification was given up, and is a dead letter", zap.String("key", key), zap.Int("attempts", attempts), zap.Error(why))
	if dropped > 0 {
		log.Warn("gostates: old dead letters were dropped", zap.Int("dropped", dropped))
	}
	return nil
}

// oldLetters returns some of the letters that are to be dropped for a new one.
func (e *Engine) oldLetters(ctx context.Context, s store.DocumentStore) ([]store.Document, error) {
	found, err := s.Documents(ctx, lettersCollection, "", 16)
	if err != nil {
		return nil, err
	}
	var old []store.Document
	for _, d := range found {
		var l letter
		if json.Unmarshal([]byte(d.Text), &l) == nil && e.now().Sub(l.At) > e.config.Limits.Retention {
			old = append(old, d)
		}
	}
	if len(old) == 0 && len(found) > 0 && !e.archive.outlives() {
		all, err := s.Documents(ctx, lettersCollection, "", maxLetters)
		if err != nil || len(all) < maxLetters {
			return nil, err
		}
		old = found[:1]
	}
	return old, nil
}

// DeadLetters returns an iterator of the dead letters, the one that was recorded first in front. It
// reads some at a time, so it may have letters that are ended meanwhile, and lack those that come. A
// letter that can't be read has its Key and an error; an error of [Engine.Documents] ends the
// iterator. An engine on standby has the letters of its store, for tools.
func (e *Engine) DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		if e == nil || e.archive == nil {
			yield(DeadLetter{}, errNotMade)
			return
		}
		for after := ""; ; {
			some, err := e.Documents().Documents(ctx, lettersCollection, after, 100)
			if err != nil {
				yield(DeadLetter{}, err)
				return
			}
			for _, d := range some {
				l, err := readLetter(d)
				if !yield(l, err) {
					return
				}
				after = d.Key
			}
			if len(some) == 0 {
				return
			}
		}
	}
}

// readLetter reads a dead letter.
func readLetter(d store.Document) (DeadLetter, error) {
	var l letter
	found := DeadLetter{Key: d.Key}
	err := json.Unmarshal([]byte(d.Text), &l)
	if err == nil {
		found.Attempts, found.Err, found.At = l.Attempts, l.Err, l.At
		err = json.Unmarshal(l.Change, &found.Change)
	}
	if err != nil {
		err = fmt.Errorf("engine: the dead letter %s can't be read: %w", d.Key, err)
	}
	return found, err
}

// ErrNoDeadLetter is returned for the key of a dead letter that there is not, or no longer.
var ErrNoDeadLetter = errors.New("engine: there is no such dead letter")

// Redeliver calls Config.Notify with the change of a dead letter, on the caller's goroutine and with
// ctx. When that returns nil the letter has ended. Otherwise Redeliver returns the error, and the
// letter has one more attempt. The call comes out of turn: Notify may be called for other changes at
// the same time, later changes of the same execution among them.
//
// Errors besides: [ErrNoDeadLetter], those of [Engine.Documents], and one for an engine without a
// Notify.
func (e *Engine) Redeliver(ctx context.Context, key string) error {
	d, err := e.deadLetter(ctx, key)
	if err != nil {
		return err
	}
	if e.config.Notify == nil {
		return errors.New("engine: Redeliver needs Config.Notify")
	}
	found, err := readLetter(d)
	if err != nil {
		return err
	}
	change := store.DocumentChange{Collection: lettersCollection, Key: key, Old: d.Text}
	told := e.notify(ctx, found.Change)
	if told != nil {
		var l letter
		if err := json.Unmarshal([]byte(d.Text), &l); err != nil {
			return err
		}
		l.Attempts, l.Err, l.At = l.Attempts+1, cut(told.Error(), maxCauseLength), e.now()
		change.New = l.text()
	}
	err = e.Documents().ChangeDocuments(context.WithoutCancel(ctx), []store.DocumentChange{change})
	if errors.Is(err, store.ErrDocumentChanged) {
		err = nil // somebody else has redelivered or dropped it
	}
	return errors.Join(told, err)
}

// DropDeadLetter ends a dead letter without telling anybody.
//
// Errors: [ErrNoDeadLetter], and those of [Engine.Documents].
func (e *Engine) DropDeadLetter(ctx context.Context, key string) error {
	d, err := e.deadLetter(ctx, key)
	if err != nil {
		return err
	}
	err = e.Documents().ChangeDocuments(ctx, []store.DocumentChange{{Collection: lettersCollection, Key: key, Old: d.Text}})
	if errors.Is(err, store.ErrDocumentChanged) {
		return e.DropDeadLetter(ctx, key)
	}
	return err
}

// deadLetter returns a dead letter as it is kept.
func (e *Engine) deadLetter(ctx context.Context, key string) (store.Document, error) {
	if e == nil || e.archive == nil {
		return store.Document{}, errNotMade
	}
	text, err := e.Documents().Document(ctx, lettersCollection, key)
	if err == nil && text == "" {
		err = fmt.Errorf("%w: %.80q", ErrNoDeadLetter, key)
	}
	return store.Document{Key: key, Text: text}, err
}

// NotificationStatus says what of the notifications is still to be delivered.
type NotificationStatus struct {
	// Waiting is how many changes Config.Notify is still to be told, that of a call under way
	// among them. Beyond 100,000 it may be more than there are, and on standby up to 256 of them may
	// be told already. It is -1 with a Store that does not count them: see
	// [store.NotificationCounter].
	Waiting int
	// Oldest is the time of the change that has waited longest, to the second; zero for none.
	Oldest time.Time
	// Attempts is how often Notify was called for that change by this engine, and has not taken
	// it; Err is why, nil when Notify has taken the latest it was told.
	Attempts int
	Err      error
	// DeadLetters is how many changes were given up: see [DeadLetter].
	DeadLetters int
}

// NotificationStatus returns what of the notifications is still to be delivered, for who is on call
// and for metrics. With a Store it asks that, also on standby. It costs the more the more dead letters
// there are, which it counts.
//
// Errors: [ErrClosed], ctx's, and a [*StoreError].
func (e *Engine) NotificationStatus(ctx context.Context) (s NotificationStatus, err error) {
	if err := e.begin(ctx); err != nil {
		return s, err
	}
	defer e.busy(-1)
	from := e.archive.notifications()
	var oldest []store.Notification
	done := e.outbox.Delivered() // which are removed many at a time
	if s.Waiting, err = from.CountNotifications(ctx); err == nil && s.Waiting != 0 {
		if s.Waiting > 0 {
			s.Waiting = max(s.Waiting-done, 0)
		}
		if oldest, err = from.Notifications(ctx, done+1); err == nil {
			oldest = oldest[min(done, len(oldest)):]
		}
	}
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil // so there are none
	}
	if err != nil && !errors.Is(err, ErrClosed) && ctx.Err() == nil {
		err = &StoreError{Err: err}
	}
	if err != nil {
		return NotificationStatus{}, err
	}
	var change StatusChange
	if len(oldest) > 0 && json.Unmarshal(oldest[0].Text, &change) == nil {
		s.Oldest = change.Time
	}
	s.Attempts, s.Err = e.outbox.State()
	err = e.archive.documents(func(d store.DocumentStore) error {
		for after := ""; ; {
			some, err := d.Documents(ctx, lettersCollection, after, 1_000)
			if err != nil || len(some) == 0 {
				return err
			}
			s.DeadLetters += len(some)
			after = some[len(some)-1].Key
		}
	})
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil // so there are none
	}
	return s, err
}
