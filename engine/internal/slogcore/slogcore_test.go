package slogcore

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestFields: whatever zap has is the same attribute in slog as it is in zap's own JSON.
func TestFields(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, f := range map[string]zap.Field{
		"string": zap.String("k", "v"), "bool": zap.Bool("k", true), "int": zap.Int("k", -7), "int8": zap.Int8("k", 7),
		"uint": zap.Uint64("k", 1<<63), "float": zap.Float64("k", 0.5), "float32": zap.Float32("k", 0.5),
		"error": zap.NamedError("k", errors.New("bad")), "bytes": zap.ByteString("k", []byte("text")),
		"reflect": zap.Reflect("k", map[string]any{"a": 1}), "raw": zap.Reflect("k", json.RawMessage(`{"b":[1]}`)),
		"strings": zap.Strings("k", []string{"a", "b"}), "stringer": zap.Stringer("k", zapcore.InfoLevel), "any": zap.Any("k", []int{1}),
		"nil": zap.Reflect("k", nil), "no error": zap.Error(nil), "time": zap.String("k", at.String()), "skip": zap.Skip(),
		"object": zap.Dict("k", zap.Int("a", 1)),
	} {
		var ours, theirs bytes.Buffer
		encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"})
		zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&theirs), zap.DebugLevel)).Info("m", f)
		to := slog.New(slog.NewJSONHandler(&ours, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}}))
		zap.New(New(to)).Info("m", f)
		assert.JSONEq(t, theirs.String(), ours.String(), name)
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := zap.New(New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))))
	require.Nil(t, log.Check(zap.InfoLevel, "not at all"))
	log.Debug("d")
	log.Info("i")
	log.Warn("w")
	log.Named("n").With(zap.Int("a", 1)).Error("e", zap.Duration("took", time.Second))
	log.DPanic("p")
	assert.Equal(t, "level=WARN msg=w\nlevel=ERROR msg=e a=1 logger=n took=1s\nlevel=ERROR msg=p\n", out.String())
	require.NoError(t, log.Sync())
}
