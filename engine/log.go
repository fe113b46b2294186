package engine

import (
	"strconv"

	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

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
