package engine

import (
	"errors"
	"strconv"

	"github.com/gostates/gostates/engine/internal/slogcore"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// joinLoggers has Logger stand for Slog, too. It returns why one of them is of no use.
func (c *Config) joinLoggers() error {
	to, also := c.Logger, c.Slog
	c.Logger = zap.NewNop()
	switch {
	case to != nil && to.Core() == nil:
		return errors.New("engine: Config.Logger is a zero zap.Logger: it must come from one of zap's functions")
	case also != nil && also.Handler() == nil:
		return errors.New("engine: Config.Slog is a zero slog.Logger: it must come from one of slog's functions")
	case to == nil && also == nil:
		return nil
	case to == nil:
		to = zap.New(slogcore.New(also))
	case also != nil:
		to = to.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
			return zapcore.NewTee(core, slogcore.New(also))
		}))
	}
	// The stack of an engine's goroutine says nothing of what has failed.
	c.Logger = to.WithOptions(zap.AddStacktrace(noLevel{}))
	return nil
}

// noLevel enables no level.
type noLevel struct{}

// Enabled implements [zapcore.LevelEnabler].
func (noLevel) Enabled(zapcore.Level) bool { return false }

// logEnd notes that the execution has failed or timed out, to be logged, unless its log events say
// it. x.mu is locked.
func (x *Execution) logEnd(end *states.Finish) {
	log := x.engine.config.Logger
	if x.logging.on() || end.Status != states.StatusFailed && end.Status != states.StatusTimedOut || !log.Core().Enabled(zapcore.ErrorLevel) {
		return
	}
	failed, ok := errors.AsType[*ExecutionError](x.failure(end))
	if !ok {
		return
	}
	x.note(func() {
		log.Error("gostates: an execution did not succeed",
			zap.String("execution_arn", failed.ARN), zap.String("status", string(failed.Status)),
			zap.String("error", failed.Name), zap.String("cause", failed.Cause),
			zap.String("state", failed.State), zap.Int("attempt", failed.Attempt), zap.Duration("duration", failed.Duration))
	})
}

// Which events a level logs is documented by AWS; FATAL without the entry into the
// Fail state, and error names and causes without execution data, were measured.

// fatal reports whether an event is one of LogFatal.
func fatal(t states.EventType) bool { return t.Fails() && t.Status() != "" }

// failing reports whether an event is one of LogError. EvaluationFailed is, though it is
// younger than the documented table.
func failing(t states.EventType) bool { return t.Fails() }

// logs reports whether an event belongs to a level.
func (l LogLevel) logs(t states.EventType) bool {
	switch l {
	case LogAll:
		return true
	case LogError:
		return failing(t)
	case LogFatal:
		return fatal(t)
	}
	return false
}

// logEvent logs an event the way AWS does: its type as the message, and as fields
// what a line in CloudWatch Logs has, where all numbers are texts. Failures have
// zap's error level, the others its info level.
func (e *Engine) logEvent(x *Execution, event *states.Event, redrives int) {
	if event.Hidden() || !x.logging.Level.logs(event.Type) {
		return
	}
	level := zapcore.InfoLevel
	if failing(event.Type) {
		level = zapcore.ErrorLevel
	}
	entry := e.config.Logger.Check(level, string(event.Type))
	if entry == nil {
		return
	}
	entry.Write(
		zap.String("id", strconv.FormatInt(int64(event.ID), 10)),
		zap.String("type", string(event.Type)),
		zap.Reflect("details", event.DetailsJSON(x.logging.IncludeExecutionData)),
		zap.String("previous_event_id", strconv.FormatInt(int64(event.PreviousID), 10)),
		zap.String("event_timestamp", strconv.FormatInt(event.At.UnixMilli(), 10)),
		zap.String("execution_arn", x.identity.ARN),
		zap.String("redrive_count", strconv.Itoa(redrives)),
	)
}
