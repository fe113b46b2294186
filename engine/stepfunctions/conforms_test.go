package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conforms fails the test when an answer has members that the model doesn't have, lacks
// one that is always there, or has one of another type.
func conforms(t testing.TB, operation string, answer object) {
	t.Helper()
	members, ok := outputs[operation]
	require.True(t, ok, operation)
	checkStructure(t, operation, members, answer)
}

func checkStructure(t testing.TB, at, members string, v object) {
	t.Helper()
	known := map[string]string{}
	for member := range strings.SplitSeq(members, ", ") {
		name, of, _ := strings.Cut(member, " ")
		if always, ok := strings.CutSuffix(name, "*"); ok {
			name = always
			require.Contains(t, v, name, at)
		}
		known[name] = of
	}
	for name, part := range v {
		require.Contains(t, known, name, at)
		checkValue(t, at+"."+name, known[name], part)
	}
}

func checkValue(t testing.TB, at, of string, v any) {
	t.Helper()
	if item, ok := strings.CutPrefix(of, "["); ok {
		require.IsType(t, []any{}, v, at)
		for _, part := range v.([]any) {
			checkValue(t, at, strings.TrimSuffix(item, "]"), part)
		}
		return
	}
	if members, ok := structures[of]; ok {
		require.IsType(t, object{}, v, at)
		checkStructure(t, at, members, v.(object))
		return
	}
	switch {
	case strings.HasPrefix(of, "{"):
		require.IsType(t, object{}, v, at)
	case of == "timestamp", of == "integer", of == "long", strings.HasPrefix(of, "Unsigned"), strings.HasPrefix(of, "Tolerated"),
		of == "VersionWeight", of == "MaxConcurrency", of == "KmsDataKeyReusePeriodSeconds", strings.HasPrefix(of, "Billed"),
		strings.HasPrefix(of, "Inspection") && of != "InspectionData", of == "ExceptionHandlerIndex", of == "RetryBackoffIntervalSeconds":
		require.IsType(t, 0.0, v, at)
	case of == "boolean":
		require.IsType(t, true, v, at)
	default:
		require.IsType(t, "", v, at)
	}
}
