// Package slogcore writes what is logged through zap to a [slog.Logger], so that an engine logs in
// one way to either.
package slogcore

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"go.uber.org/zap/zapcore"
)

// New returns a core that writes to a logger. Fields become attributes of the same names and
// values, an error remains one, and levels are those of slog, of which the highest is Error. The
// name of a zap.Logger and the stack of an entry become the attributes "logger" and "stack".
func New(to *slog.Logger) zapcore.Core { return core{to.Handler()} }

type core struct{ to slog.Handler }

// Enabled implements [zapcore.Core].
func (c core) Enabled(level zapcore.Level) bool {
	return c.to.Enabled(context.Background(), levelOf(level))
}

// With implements [zapcore.Core].
func (c core) With(fields []zapcore.Field) zapcore.Core {
	return core{c.to.WithAttrs(attributes(nil, fields))}
}

// Check implements [zapcore.Core].
func (c core) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

// Write implements [zapcore.Core].
func (c core) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	record := slog.NewRecord(entry.Time, levelOf(entry.Level), entry.Message, entry.Caller.PC)
	all := make([]slog.Attr, 0, len(fields)+2)
	if entry.LoggerName != "" {
		all = append(all, slog.String("logger", entry.LoggerName))
	}
	all = attributes(all, fields)
	if entry.Stack != "" {
		all = append(all, slog.String("stack", entry.Stack))
	}
	record.AddAttrs(all...)
	return c.to.Handle(context.Background(), record)
}

// Sync implements [zapcore.Core]. A slog.Handler keeps nothing back.
func (core) Sync() error { return nil }

// levelOf returns slog's level for one of zap's.
func levelOf(level zapcore.Level) slog.Level {
	switch {
	case level <= zapcore.DebugLevel:
		return slog.LevelDebug
	case level == zapcore.InfoLevel:
		return slog.LevelInfo
	case level == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// attributes adds fields to attributes.
func attributes(all []slog.Attr, fields []zapcore.Field) []slog.Attr {
	for i := range fields {
		f := &fields[i]
		switch f.Type {
		case zapcore.StringType:
			all = append(all, slog.String(f.Key, f.String))
		case zapcore.BoolType:
			all = append(all, slog.Bool(f.Key, f.Integer == 1))
		case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
			all = append(all, slog.Int64(f.Key, f.Integer))
		case zapcore.Float64Type:
			all = append(all, slog.Float64(f.Key, math.Float64frombits(uint64(f.Integer))))
		case zapcore.DurationType:
			all = append(all, slog.Duration(f.Key, time.Duration(f.Integer)))
		case zapcore.ByteStringType:
			all = append(all, slog.String(f.Key, string(f.Interface.([]byte))))
		case zapcore.ErrorType, zapcore.ReflectType:
			all = append(all, slog.Any(f.Key, f.Interface))
		case zapcore.SkipType:
		default:
			all = append(all, others(f)...)
		}
	}
	return all
}

// others returns the attributes of a field of any other type. A field that can't be written says
// why, as zap has it.
func others(f *zapcore.Field) (all []slog.Attr) {
	values := zapcore.NewMapObjectEncoder()
	f.AddTo(values)
	for _, key := range slices.Sorted(maps.Keys(values.Fields)) {
		all = append(all, slog.Any(key, values.Fields[key]))
	}
	return all
}
