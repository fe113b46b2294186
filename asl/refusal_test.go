package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
)

// A refusal is what AWS says of a definition.
type refusal struct {
	code     asl.Code
	message  string
	location string
}

// refusals returns what AWS would say of a definition, as far as this package knows.
func refusals(definition string) []refusal {
	var all []refusal
	for _, d := range validate(definition).AWS() {
		all = append(all, refusal{d.Code, d.Message, d.Location})
	}
	return all
}

// TestRefusals has AWS's texts and places, rule by rule; they are reported as quoted from
// deployments or from ValidateStateMachineDefinition.
func TestRefusals(t *testing.T) {
	const schema = asl.SchemaValidationFailed
	choice := func(rule string) string {
		return one(`{"Type":"Choice","Choices":[`+rule+`],"Default":"Done"}`, done)
	}
	retry := func(fields string) string {
		return one(`{"Type":"Task","Resource":"r","Retry":[` + fields + `],"End":true}`)
	}
	long := strings.Repeat("n", 81)
	for name, c := range map[string]struct {
		definition string
		refusals   []refusal
	}{
		"no branches":      {one(`{"Type":"Parallel","Branches":[],"End":true}`), []refusal{{schema, "Value cannot be empty", "/States/S/Branches"}}},
		"no StartAt":       {one(`{"Type":"Parallel","Branches":[{"States":{"B":` + pass + `}}],"End":true}`), []refusal{{schema, "These fields are required: [StartAt]", "/States/S/Branches[0]"}}},
		"no States":        {one(`{"Type":"Map","ItemProcessor":{"StartAt":"B"},"End":true}`), []refusal{{schema, "These fields are required: [States]", "/States/S/ItemProcessor"}}},
		"no rules":         {one(`{"Type":"Choice","Choices":[],"Default":"Done"}`, done), []refusal{{schema, "Value cannot be empty", "/States/S/Choices"}}},
		"no Next":          {choice(`{"Variable":"$.a","IsNull":true}`), []refusal{{schema, "These fields are required: [Next]", "/States/S/Choices[0]"}}},
		"a Next within":    {choice(`{"And":[{"Variable":"$.a","IsNull":true,"Next":"Done"}],"Next":"Done"}`), []refusal{{schema, "Field 'Next' is not supported", "/States/S/Choices[0]/And[0]"}}},
		"two comparisons":  {choice(`{"Variable":"$.a","StringEquals":"a","IsNull":true,"Next":"Done"}`), []refusal{{schema, "There should only be one of the following fields: [StringEquals, IsNull]", "/States/S/Choices[0]"}}},
		"two conditions":   {choice(`{"Variable":"$.a","Not":{"Variable":"$.a","IsNull":true},"Next":"Done"}`), []refusal{{schema, "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]", "/States/S/Choices[0]"}}},
		"no $ in Variable": {choice(`{"Variable":"a","IsNull":true,"Next":"Done"}`), []refusal{{schema, "Value is not a Reference Path: Reference path didn't start with '$'", "/States/S/Choices[0]/Variable"}}},
		"no role":          {one(`{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","Credentials":{},"End":true}`), []refusal{{schema, "The field 'RoleArn' is required but was missing", "/States/S/Credentials"}}},
		"a role for an activity": {one(`{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","Credentials":{"RoleArn":"r"},"End":true}`),
			[]refusal{{schema, "The field 'Credentials' is not supported for activities", "/States/S/Credentials"}}},
		"a name twice":             {one(`{"Type":"Parallel","Branches":[{"StartAt":"S","States":{"S":` + pass + `}}],"End":true}`), []refusal{{asl.DuplicateStateName, "Duplicate State name: S", "/States/S/Branches[0]/States/S"}}},
		"no $ in InputPath":        {one(`{"Type":"Pass","InputPath":"a","End":true}`), []refusal{{schema, "Value must be a valid JSONPath.", "/States/S/InputPath"}}},
		"no path for a .$":         {one(`{"Type":"Pass","Parameters":{"a":{"x.$":"y"}},"End":true}`), []refusal{{schema, "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call", "/States/S/Parameters/a"}}},
		"the variable states":      {one(`{"Type":"Pass","Assign":{"states":1},"End":true}`), []refusal{{asl.ReservedVariableName, "Cannot assign to reserved variable '$states'.", "/States/S/Assign/states"}}},
		"a variable's name":        {one(`{"Type":"Pass","Assign":{"a b":1},"End":true}`), []refusal{{asl.InvalidVariableName, "Invalid variable name 'a b': the variable name contains invalid characters.", "/States/S/Assign/a b"}}},
		"a target that is missing": {one(`{"Type":"Pass","Next":"M"}`), []refusal{{asl.MissingTransitionTarget, "Missing 'Next' target: M", "/States/S/Next"}, {asl.MissingEndState, "Workflow has no terminal state", ""}}},
		"a Default that is missing": {one(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"Done"}],"Default":"M"}`, done),
			[]refusal{{asl.MissingTransitionTarget, "Missing 'Next' target: M", "/States/S/Default"}}},
		"a Catcher's target that is missing": {one(`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["E"],"Next":"M"}],"End":true}`),
			[]refusal{{asl.MissingTransitionTarget, "Missing 'Next' target: M", "/States/S/Catch[0]/Next"}}},
		"a long name": {`{"StartAt":"` + long + `","States":{"` + long + `":` + pass + `}}`,
			[]refusal{{asl.InvalidStateName, "Invalid State name: State '" + long + "' exceeds the 80-character limit allowed by the service", "/States/" + long}}},
		"a name of 80":      {`{"StartAt":"` + long[1:] + `","States":{"` + long[1:] + `":` + pass + `}}`, nil},
		"a Label of 40":     {one(labelled("I", `"`+long[:40]+`"`, `"End":true`)), nil},
		"a Label twice":     {one(labelled("I", `"l"`, `"Next":"T"`), `"T":`+labelled("J", `"l"`, `"End":true`)), []refusal{{asl.DuplicateLabelName, "Duplicate Label name: l", "/States/T/Label"}}},
		"Next and End":      {one(`{"Type":"Pass","Next":"Done","End":true}`, done), []refusal{{schema, "There should only be one of the following fields: [Next, End]", "/States/S"}}},
		"no Next nor End":   {one(`{"Type":"Pass"}`), []refusal{{schema, "This object should have only one of the following fields: [Next, End]", "/States/S"}}},
		"TimeoutSeconds 0":  {one(`{"Type":"Task","Resource":"r","TimeoutSeconds":0,"End":true}`), []refusal{{schema, "Minimum value is 1", "/States/S/TimeoutSeconds"}}},
		"a machine's 0":     {`{"TimeoutSeconds":0,"StartAt":"S","States":{"S":` + pass + `}}`, nil},
		"IntervalSeconds 0": {retry(`{"ErrorEquals":["E"],"IntervalSeconds":0}`), nil},
		"MaxAttempts":       {retry(`{"ErrorEquals":["E"],"MaxAttempts":99999999}`), nil},
		"BackoffRate":       {retry(`{"ErrorEquals":["E"],"BackoffRate":0.5}`), []refusal{{schema, "Minimum value is 1.0", "/States/S/Retry[0]/BackoffRate"}}},
		"MaxDelaySeconds":   {retry(`{"ErrorEquals":["E"],"MaxDelaySeconds":31622400}`), nil},
		"MaxDelaySeconds beyond": {retry(`{"ErrorEquals":["E"],"MaxDelaySeconds":31622401}`),
			[]refusal{{schema, "Maximum value is 31622400", "/States/S/Retry[0]/MaxDelaySeconds"}}},
		"MaxDelaySeconds 0": {retry(`{"ErrorEquals":["E"],"MaxDelaySeconds":0}`), []refusal{{schema, "Minimum value is 1", "/States/S/Retry[0]/MaxDelaySeconds"}}},
		"a share above all": {one(`{"Type":"Map","ToleratedFailurePercentage":100.5,"ItemProcessor":{"StartAt":"I","States":{"I":` + pass + `}},"End":true}`),
			[]refusal{{schema, "Maximum value is 100.0", "/States/S/ToleratedFailurePercentage"}}},
		"a share below none": {one(`{"Type":"Map","ToleratedFailurePercentage":-1,"ItemProcessor":{"StartAt":"I","States":{"I":` + pass + `}},"End":true}`),
			[]refusal{{schema, "Minimum value is 0.0", "/States/S/ToleratedFailurePercentage"}}},
		"seconds in quotes":      {one(`{"Type":"Wait","Seconds":"1","End":true}`), []refusal{{schema, "Expected value of type Integer", "/States/S/Seconds"}}},
		"two timeouts":           {one(`{"Type":"Task","Resource":"r","TimeoutSeconds":1,"TimeoutSecondsPath":"$.t","End":true}`), []refusal{{schema, "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]", "/States/S"}}},
		"equal heartbeats":       {one(`{"Type":"Task","Resource":"r","TimeoutSeconds":5,"HeartbeatSeconds":5,"End":true}`), nil},
		"no processor":           {one(`{"Type":"Map","End":true}`), []refusal{{schema, "This object should have only one of the following fields: [ItemProcessor, Iterator]", "/States/S"}}},
		"a string that is open":  {jsonataOne(`{"Type":"Pass","Output":{"a":"{% 1"},"End":true}`), []refusal{{schema, "JSONata string must start with {% and end with %}", "/States/S/Output/a"}}},
		"a pattern":              {one(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.sync","Parameters":{"FunctionName":"f"},"End":true}`), []refusal{{schema, "The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", "/States/S/Resource"}}},
		"no Parameters":          {one(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}`), []refusal{{schema, "Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke", "/States/S/Resource"}}},
		"States.ALL first":       {retry(`{"ErrorEquals":["States.ALL","E"]}`), []refusal{{schema, "States.ALL must appear alone and at end of list", "/States/S/Retry[0]/ErrorEquals[0]"}}},
		"States.ALL second":      {retry(`{"ErrorEquals":["E","States.ALL"]}`), []refusal{{schema, "States.ALL must appear alone and at end of list", "/States/S/Retry[0]/ErrorEquals[1]"}}},
		"States.ALL before last": {retry(`{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}`), []refusal{{schema, "States.ALL must appear alone and at end of list", "/States/S/Retry[0]/ErrorEquals[0]"}}},
		"States.ALL in a Catcher": {one(`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["E","States.ALL"],"Next":"Done"}],"End":true}`, done),
			[]refusal{{schema, "States.ALL must appear alone and at end of list", "/States/S/Catch[0]/ErrorEquals[1]"}}},
		"no ErrorEquals":         {retry(`{"MaxAttempts":1}`), []refusal{{schema, "These fields are required: [ErrorEquals]", "/States/S/Retry[0]"}}},
		"no error names":         {retry(`{"ErrorEquals":[]}`), []refusal{{schema, "Value cannot be empty", "/States/S/Retry[0]/ErrorEquals"}}},
		"a jitter":               {retry(`{"ErrorEquals":["E"],"JitterStrategy":"full"}`), []refusal{{schema, "Value should be one of the following: [NONE, FULL]", "/States/S/Retry[0]/JitterStrategy"}}},
		"a Retry on a Pass":      {one(`{"Type":"Pass","Retry":[],"End":true}`), []refusal{{schema, "Field 'Retry' is not supported", "/States/S"}}},
		"letters of a field":     {one(`{"Type":"Pass","comment":"c","End":true}`), []refusal{{schema, "Field 'comment' is not supported", "/States/S"}}},
		"letters of the machine": {`{"startAt":"S","StartAt":"S","States":{"S":` + pass + `}}`, []refusal{{schema, "Field 'startAt' is not supported", "/"}}},
		"a version":              {`{"Version":"2.0","StartAt":"S","States":{"S":` + pass + `}}`, []refusal{{schema, "Value should be one of the following: [1.0]", "/Version"}}},
		"round and round":        {one(`{"Type":"Pass","Next":"T"}`, `"T":{"Type":"Pass","Next":"S"}`), []refusal{{asl.MissingEndState, "Workflow has no terminal state", ""}}},
		"nothing leads there":    {one(pass, `"T":`+pass), []refusal{{asl.MissingTransitionTarget, `State "T" is not reachable.`, "/States/T"}}},
		"two times":              {one(`{"Type":"Wait","Seconds":1,"Timestamp":"2016-03-14T01:59:00Z","End":true}`), []refusal{{schema, "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]", "/States/S"}}},
		"no time zone":           {one(`{"Type":"Wait","Timestamp":"2016-03-14T01:59:00","End":true}`), []refusal{{schema, "String does not match RFC3339 timestamp", "/States/S/Timestamp"}}},
		"a name under JSONata":   {jsonataOne(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}`), []refusal{{schema, "Arguments field is required for resource ARN: arn:aws:states:::lambda:invoke", "/States/S/Resource"}}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.refusals, refusals(c.definition))
		})
	}
}

// TestParserForAWS: names that are no ARN are resources here, and not on AWS.
func TestParserForAWS(t *testing.T) {
	for state, want := range map[string][]string{
		`{"Type":"Task","Resource":"reserve-inventory","End":true}`:                                {"Value is not a valid resource ARN"},
		`{"Type":"Task","Resource":"approve.waitForTaskToken","End":true}`:                         {"Value is not a valid resource ARN"},
		`{"Type":"Task","Resource":"docker://hello-world","Secrets":{},"End":true}`:                {"Value is not a valid resource ARN", "Field 'Secrets' is not supported"},
		`{"Type":"Task","Resource":"${ShipFunction}","End":true}`:                                  nil,
		`{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}`: nil,
	} {
		assert.NoError(t, validate(one(state)).Err(), state)
		ds := asl.Parser{AWS: true}.Validate([]byte(one(state)))
		assert.Equal(t, want, messages(ds), state)
		if want != nil {
			assert.Contains(t, ds.AWSMessage(), "SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/S/Resource")
		}
	}
}

// TestDistributedRefusals holds Map states in the distributed mode against AWS's rules. That
// this release cannot run one is not among them.
func TestDistributedRefusals(t *testing.T) {
	const schema = asl.SchemaValidationFailed
	distributed := `{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}`
	mapOf := func(fields, config string) string {
		return `{"Type":"Map",` + fields + `"End":true,"ItemProcessor":{"ProcessorConfig":` + config + `,"StartAt":"I","States":{"I":` + pass + `}}}`
	}
	reader := func(config string) string {
		return `"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":` + config + `},`
	}
	const (
		source   = "/States/S/ItemReader"
		rows     = source + "/ReaderConfig"
		batch    = "/States/S/ItemBatcher"
		writer   = "/States/S/ResultWriter"
		noSource = "The field 'Resource' does not match any of the allowed values"
	)
	for name, c := range map[string]struct {
		fields, config string
		refusals       []refusal
	}{
		"plain":                {"", distributed, nil},
		"no ExecutionType":     {"", `{"Mode":"DISTRIBUTED"}`, []refusal{{schema, "These fields are required: [ExecutionType]", "/States/S/ItemProcessor/ProcessorConfig"}}},
		"no such type":         {"", `{"Mode":"DISTRIBUTED","ExecutionType":"FAST"}`, []refusal{{schema, "Value should be one of the following: [STANDARD, EXPRESS]", "/States/S/ItemProcessor/ProcessorConfig/ExecutionType"}}},
		"inline with a type":   {"", `{"Mode":"INLINE","ExecutionType":"STANDARD"}`, []refusal{{schema, "Field 'ExecutionType' is not supported", "/States/S/ItemProcessor/ProcessorConfig"}}},
		"a reader":             {`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},`, distributed, nil},
		"another partition's":  {`"ItemReader":{"Resource":"arn:aws-cn:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"}},`, distributed, nil},
		"a reader that writes": {`"ItemReader":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}},`, distributed, []refusal{{schema, noSource, source + "/Resource"}}},
		"a call of the SDK's":  {`"ItemReader":{"Resource":"arn:aws:states:::aws-sdk:s3:getObject","Parameters":{"Bucket":"b"}},`, distributed, []refusal{{schema, noSource, source + "/Resource"}}},
		"no Resource":          {`"ItemReader":{"Parameters":{"Bucket":"b"}},`, distributed, []refusal{{schema, "These fields are required: [Resource]", source}}},
		"CSV":                  {reader(`{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a"],"CSVDelimiter":"TAB","MaxItems":5}`), distributed, nil},
		"CSV without headers":  {reader(`{"InputType":"CSV"}`), distributed, []refusal{{schema, "The field 'CSVHeaderLocation' is required", rows}}},
		"JSON with headers":    {reader(`{"InputType":"JSON","CSVHeaderLocation":"FIRST_ROW"}`), distributed, []refusal{{schema, "Field 'CSVHeaderLocation' is not supported", rows}}},
		"headers not given":    {reader(`{"InputType":"CSV","CSVHeaderLocation":"GIVEN"}`), distributed, []refusal{{schema, "These fields are required: [CSVHeaders]", rows}}},
		"no such input":        {reader(`{"InputType":"XML"}`), distributed, []refusal{{schema, "Value should be one of the following: [MANIFEST, JSON, CSV, JSONL, PARQUET]", rows + "/InputType"}}},
		"no such field":        {reader(`{"InputType":"JSON","Separator":"x"}`), distributed, []refusal{{schema, "Field 'Separator' is not supported", rows}}},
		"too many items":       {reader(`{"InputType":"JSON","MaxItems":100000001}`), distributed, []refusal{{schema, "Maximum value is 100000000", rows + "/MaxItems"}}},
		"two bounds":           {reader(`{"InputType":"JSON","MaxItems":1,"MaxItemsPath":"$.m"}`), distributed, []refusal{{schema, "There should only be one of the following fields: [MaxItems, MaxItemsPath]", rows}}},
		"a batch":              {`"ItemBatcher":{"MaxItemsPerBatch":1,"MaxInputBytesPerBatch":262144,"BatchInput":{"a.$":"$.a"}},`, distributed, nil},
		"an empty batch":       {`"ItemBatcher":{"MaxItemsPerBatch":0},`, distributed, []refusal{{schema, "Minimum value is 1", batch + "/MaxItemsPerBatch"}}},
		"a large batch":        {`"ItemBatcher":{"MaxInputBytesPerBatch":262145},`, distributed, []refusal{{schema, "Maximum value is 262144", batch + "/MaxInputBytesPerBatch"}}},
		"a batch from context": {`"ItemBatcher":{"MaxItemsPerBatchPath":"$$.x"},`, distributed, []refusal{{schema, "Value is not a Reference Path", batch + "/MaxItemsPerBatchPath"}}},
		"a writer":             {`"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}},`, distributed, nil},
		"an empty writer":      {`"ResultWriter":{},`, distributed, nil},
		"a writer that formats": {`"ResultWriter":{"WriterConfig":{"OutputType":"JSONL","Transformation":"COMPACT"}},`,
			distributed, nil},
		"no OutputType":         {`"ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN"}},`, distributed, []refusal{{schema, "These fields are required: [OutputType]", writer + "/WriterConfig"}}},
		"no Parameters":         {`"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject"},`, distributed, []refusal{{schema, "These fields are required: [Parameters]", writer}}},
		"a writer that reads":   {`"ResultWriter":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b"}},`, distributed, []refusal{{schema, noSource, writer + "/Resource"}}},
		"tolerances":            {`"ToleratedFailureCount":1,"ToleratedFailurePercentage":12.5,"MaxConcurrency":1000,"Label":"l",`, distributed, nil},
		"two counts":            {`"ToleratedFailureCount":1,"ToleratedFailureCountPath":"$.c",`, distributed, []refusal{{schema, "There should only be one of the following fields: [ToleratedFailureCount, ToleratedFailureCountPath]", "/States/S"}}},
		"an inline one's parts": {`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"}},`, `{"Mode":"INLINE"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			definition := one(mapOf(c.fields, c.config))
			assert.Equal(t, c.refusals, refusals(definition))
			if c.refusals == nil && strings.Contains(c.config, "DISTRIBUTED") {
				assert.NoError(t, validate(definition).Err())
			} else {
				assert.Error(t, validate(definition).Err())
			}
		})
	}
	jsonata := jsonataOne(mapOf(`"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject"},`, distributed))
	assert.Equal(t, []refusal{{schema, "These fields are required: [Arguments]", writer}}, refusals(jsonata))
	d := find(t, validate(jsonataOne(mapOf(`"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"b"}},`, distributed))), asl.DoubtfulArgument)
	assert.Equal(t, asl.Warning, d.Severity)

	express := asl.Parser{Type: asl.Express}.Validate([]byte(one(mapOf("", distributed)))).AWS()
	assert.Len(t, express, 1)
	assert.Equal(t, "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", express[0].Message)
	assert.Equal(t, "/States/S/ItemProcessor/ProcessorConfig/Mode", express[0].Location)
}

// TestDoubtfulFields: AWS accepts them, and they do not do what they say.
func TestDoubtfulFields(t *testing.T) {
	each := func(items string) string {
		return jsonataOne(`{"Type":"Map","Items":` + items + `,"ItemProcessor":{"StartAt":"I","States":{"I":` + pass + `}},"End":true}`)
	}
	for definition, code := range map[string]asl.Code{
		each(`{"a":1}`):                 asl.DoubtfulField,
		each(`{"a":"{% 1 %}"}`):         asl.DoubtfulField,
		each(`[1]`):                     "",
		each(`"{% $states.input.a %}"`): "",
		one(`{"Type":"Pass","Assign":{"count":1},"End":true}`):                                                        asl.DoubtfulField,
		one(`{"Type":"Pass","Assign":{"uuid.$":"$.u"},"End":true}`):                                                   asl.DoubtfulField,
		one(`{"Type":"Pass","Assign":{"counted":1},"End":true}`):                                                      "",
		one(`{"Type":"Pass","Assign":{"eval":1},"End":true}`):                                                         "",
		one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["States.BranchFailed"]}],"End":true}`):            asl.UnknownErrorName,
		one(`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["States.Timeout"],"Next":"S"}],"End":true}`):      "",
		one(`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["States.BranchFailed"],"Next":"S"}],"End":true}`): asl.UnknownErrorName,
	} {
		ds := validate(definition)
		if code == "" {
			assert.Empty(t, ds, definition)
			continue
		}
		assert.Len(t, ds, 1, definition)
		assert.Equal(t, asl.Warning, find(t, ds, code).Severity, definition)
	}
}
