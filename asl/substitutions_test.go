package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSubstitutions(t *testing.T) {
	for _, test := range []struct {
		text      string
		want      asl.Substitution // without Start and End
		plausible string
	}{
		{`{"Resource": "${ChargeArn}"}`, asl.Substitution{Name: "ChargeArn", Quoted: true, Whole: true, Field: "Resource"},
			"arn:aws:lambda:us-east-1:123456789012:function:ChargeArn"},
		{`{"Resource": "${Approve.Activity}"}`, asl.Substitution{Name: "Approve.Activity", Quoted: true, Whole: true, Field: "Resource"},
			"arn:aws:states:us-east-1:123456789012:activity:Approve"},
		{`{"Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage"}`, asl.Substitution{Name: "AWS::Partition", Quoted: true, Field: "Resource"}, "Partition"},
		{`{"Seconds": ${Delay}, "x": 1}`, asl.Substitution{Name: "Delay", Whole: true, Field: "Seconds"}, "1"},
		{`{"Seconds": ${Delay}0}`, asl.Substitution{Name: "Delay", Field: "Seconds"}, "1"},
		{`{"TimeoutSeconds": ${Limit}}`, asl.Substitution{Name: "Limit", Whole: true, Field: "TimeoutSeconds"}, "86400"},
		{`{"BackoffRate":${Rate}}`, asl.Substitution{Name: "Rate", Whole: true, Field: "BackoffRate"}, "1"},
		{`{"End":${Last}}`, asl.Substitution{Name: "Last", Whole: true, Field: "End"}, "true"},
		{`{"Retry":${Retries}}`, asl.Substitution{Name: "Retries", Whole: true, Field: "Retry"}, "[]"},
		{`{"Parameters":${All}}`, asl.Substitution{Name: "All", Whole: true, Field: "Parameters"}, "{}"},
		{`{"Next":${Target}}`, asl.Substitution{Name: "Target", Whole: true, Field: "Next"}, `"Target"`},
		{`{"a\u0062":{"c":[1,{"d":2},${N}]}}`, asl.Substitution{Name: "N", Whole: true, Field: "c"}, "1"},
		{`{"a\u0062":[{"c":[]},"${N}"]}`, asl.Substitution{Name: "N", Quoted: true, Whole: true, Field: "ab"}, "N"},
		{`{"${Table}": 1}`, asl.Substitution{Name: "Table", Quoted: true, Whole: true}, "Table"},
		{`{"TopicArn": "${Orders.TopicArn}"}`, asl.Substitution{Name: "Orders.TopicArn", Quoted: true, Whole: true, Field: "TopicArn"},
			"arn:aws:sns:us-east-1:123456789012:Orders"},
		{`{"id.$": "${Path}"}`, asl.Substitution{Name: "Path", Quoted: true, Whole: true, Field: "id.$"}, "$"},
		{`{"InputPath": "${Path}"}`, asl.Substitution{Name: "Path", Quoted: true, Whole: true, Field: "InputPath"}, "$"},
		{`{"Timestamp": "${When}"}`, asl.Substitution{Name: "When", Quoted: true, Whole: true, Field: "Timestamp"}, "2030-01-01T00:00:00Z"},
		{`{"Mode": "${Mode}"}`, asl.Substitution{Name: "Mode", Quoted: true, Whole: true, Field: "Mode"}, "INLINE"},
		{`{"Output": "{% ${Limit} + 1 %}"}`, asl.Substitution{Name: "Limit", Quoted: true, Expression: true, Field: "Output"}, "Limit"},
		{`{"a": "say \"${It}\" \\"}`, asl.Substitution{Name: "It", Quoted: true, Field: "a"}, "It"},
		{`{"a": "${Open`, asl.Substitution{}, ""},
		{`$ {} ${} ${a b} $`, asl.Substitution{}, ""},
		{`${Everything}`, asl.Substitution{Name: "Everything", Whole: true}, "1"},
		{`]}"${Open}`, asl.Substitution{Name: "Open", Quoted: true, Whole: true}, "Open"},
	} {
		found := asl.Substitutions(test.text)
		if test.want == (asl.Substitution{}) {
			assert.Empty(t, found, test.text)
			continue
		}
		require.Len(t, found, 1, test.text)
		s := found[0]
		assert.Equal(t, "${"+s.Name+"}", test.text[s.Start:s.End], test.text)
		assert.Equal(t, test.plausible, s.Plausible(), test.text)
		s.Start, s.End = 0, 0
		assert.Equal(t, test.want, s, test.text)
	}
}

// TestPlausibleValues: a definition in which every field of a Task is substituted can be
// read once plausible values stand in their places.
func TestPlausibleValues(t *testing.T) {
	definition := `{"StartAt":"S","TimeoutSeconds":${A},"States":{
		"S":{"Type":"Task","Resource":"${B}","TimeoutSeconds":${C},"HeartbeatSeconds":${D},"InputPath":"${E}","Parameters":${F},
			"Retry":[{"ErrorEquals":["${G}"],"IntervalSeconds":${H},"MaxAttempts":${I},"BackoffRate":${J},"MaxDelaySeconds":60,"JitterStrategy":"${K}"}],"Next":"W"},
		"W":{"Type":"Wait","Timestamp":"${L}","Next":"M"},
		"M":{"Type":"Map","MaxConcurrency":${M},"ItemProcessor":{"ProcessorConfig":{"Mode":"${N}"},"StartAt":"P","States":{"P":{"Type":"Pass","End":${O}}}},"End":true}}}`
	all := asl.Substitutions(definition)
	require.Len(t, all, 15)
	for i := len(all) - 1; i >= 0; i-- {
		definition = definition[:all[i].Start] + all[i].Plausible() + definition[all[i].End:]
	}
	_, err := asl.Parse(definition)
	require.NoError(t, err, definition)
}
