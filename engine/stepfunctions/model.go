package stepfunctions

import (
	"regexp"
	"strings"
	"sync"
)

// A shape is a type of the API's model, with the constraints that its values obey.
type shape struct {
	kind kind
	name string
	// min and max bound the length of a text or a list, or a number. A max of 0 is none.
	min, max int64
	// pattern is as Java writes it, and matches is the same test in Go.
	pattern string
	matches *regexp.Regexp
	enum    []string
	// sensitive values are not repeated in errors.
	sensitive bool
	members   []member // of a structure
	item      *shape   // of a list
}

type kind uint8

const (
	textKind kind = iota
	integerKind
	floatKind
	booleanKind
	listKind
	structureKind
)

// A member is a part of a structure, or of an operation's input.
type member struct {
	name     string
	required bool
	shape    *shape
	// resources are the types of resource that an ARN may be of; empty where any text
	// will do.
	resources []string
}

// scalars are the constrained types that inputs have.
var scalars = map[string]shape{
	"AliasDescription":        {max: 256, sensitive: true},
	"Arn":                     {min: 1, max: 256},
	"CharacterRestrictedName": {min: 1, max: 80, pattern: `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, matches: regexp.MustCompile(`^[a-zA-Z0-9_\-.]*[a-zA-Z_\-.][a-zA-Z0-9_\-.]*$`)},
	"ClientToken":             {min: 1, max: 64, pattern: `[!-~]+`, matches: regexp.MustCompile(`^[!-~]+$`)},
	"Definition":              {min: 1, max: 1_048_576, sensitive: true},
	"EncryptionType":          {enum: []string{"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"}},
	"ExecutionRedriveFilter":  {enum: []string{"REDRIVEN", "NOT_REDRIVEN"}},
	// This order was measured; that of the others is the model's.
	"ExecutionStatus":              {enum: []string{"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"}},
	"IncludedData":                 {enum: []string{"ALL_DATA", "METADATA_ONLY"}},
	"InspectionLevel":              {enum: []string{"INFO", "DEBUG", "TRACE"}},
	"KmsDataKeyReusePeriodSeconds": {kind: integerKind, min: 60, max: 900},
	"KmsKeyId":                     {min: 1, max: 2048},
	"ListExecutionsPageToken":      {min: 1, max: 3096},
	"LogLevel":                     {enum: []string{"ALL", "ERROR", "FATAL", "OFF"}},
	"LongArn":                      {min: 1, max: 2000},
	"MapIterationFailureCount":     {kind: integerKind},
	"MaxConcurrency":               {kind: integerKind},
	"MockResponseValidationMode":   {enum: []string{"STRICT", "PRESENT", "NONE"}},
	"Name":                         {min: 1, max: 80},
	"PageSize":                     {kind: integerKind, max: 1000},
	"PageToken":                    {min: 1, max: 1024},
	"RetrierRetryCount":            {kind: integerKind},
	"SensitiveCause":               {max: 32_768, sensitive: true},
	"SensitiveData":                {max: 262_144, sensitive: true},
	"SensitiveError":               {max: 256, sensitive: true},
	"StateMachineType":             {enum: []string{"STANDARD", "EXPRESS"}},
	"TagKey":                       {min: 1, max: 128},
	"TagValue":                     {max: 256},
	"TaskToken":                    {min: 1, max: 2048},
	"TestStateStateName":           {min: 1, max: 80, sensitive: true},
	"ToleratedFailureCount":        {kind: integerKind},
	"ToleratedFailurePercentage":   {kind: floatKind, max: 100},
	"TraceHeader":                  {max: 256, pattern: `\p{ASCII}*`, matches: regexp.MustCompile(`^[\x00-\x7f]*$`)},
	"ValidateStateMachineDefinitionMaxResult": {kind: integerKind, max: 100},
	"ValidateStateMachineDefinitionSeverity":  {enum: []string{"ERROR", "WARNING"}},
	"VersionDescription":                      {max: 256, sensitive: true},
	"VersionWeight":                           {kind: integerKind, max: 100},
	"boolean":                                 {kind: booleanKind},
	"string":                                  {},
}

// structures are the structured types that inputs have. They are written as the inputs of
// operations are: see [operations].
var structures = map[string]string{
	"CloudWatchLogsLogGroup":       "logGroupArn Arn",
	"EncryptionConfiguration":      "kmsKeyId KmsKeyId, kmsDataKeyReusePeriodSeconds KmsDataKeyReusePeriodSeconds, type* EncryptionType",
	"LogDestination":               "cloudWatchLogsLogGroup CloudWatchLogsLogGroup",
	"LoggingConfiguration":         "level LogLevel, includeExecutionData boolean, destinations [LogDestination]",
	"MockErrorOutput":              "error SensitiveError, cause SensitiveCause",
	"MockInput":                    "result SensitiveData, errorOutput MockErrorOutput, fieldValidationMode MockResponseValidationMode",
	"RoutingConfigurationListItem": "stateMachineVersionArn* Arn, weight* VersionWeight",
	"Tag":                          "key TagKey, value TagValue",
	"TestStateConfiguration":       "retrierRetryCount RetrierRetryCount, errorCausedByState TestStateStateName, mapIterationFailureCount MapIterationFailureCount, mapItemReaderData SensitiveData",
	"TracingConfiguration":         "enabled boolean",
}

// readMembers reads the notation of members: "name Shape", with a star after the name of
// one that is required, [Shape] for a list of any length, [Shape|1|2] for one that has a
// shortest and a longest, and Arn(execution) for the ARN of a resource of one type, or of
// several that a bar separates.
func readMembers(notation string) []member {
	var all []member
	for text := range strings.SplitSeq(notation, ", ") {
		name, of, ok := strings.Cut(text, " ")
		if !ok {
			continue // there are none
		}
		m := member{name: strings.TrimSuffix(name, "*"), required: strings.HasSuffix(name, "*")}
		if of, resources, ok := strings.Cut(of, "("); ok {
			m.shape, m.resources = shapeOf(of), strings.Split(strings.TrimSuffix(resources, ")"), "|")
		} else {
			m.shape = shapeOf(of)
		}
		all = append(all, m)
	}
	return all
}

// shapeOf returns the shape of a name in the notation of members. It panics for a name that
// the tables do not have, which a test of the tables finds.
func shapeOf(name string) *shape {
	if item, ok := strings.CutPrefix(name, "["); ok {
		list := &shape{kind: listKind}
		parts := strings.Split(strings.TrimSuffix(item, "]"), "|")
		list.item = shapeOf(parts[0])
		if len(parts) == 3 {
			list.min, list.max = int64(parts[1][0]-'0'), int64(parts[2][0]-'0')
		}
		return list
	}
	if members, ok := structures[name]; ok {
		return &shape{kind: structureKind, name: name, members: readMembers(members)}
	}
	s, ok := scalars[name]
	if !ok {
		panic("stepfunctions: the model has no shape " + name)
	}
	s.name = name
	return &s
}

// inputs has the members of the operations' inputs, by the names of the operations.
var inputs = sync.OnceValue(func() map[string][]member {
	all := make(map[string][]member, len(operations))
	for name, o := range operations {
		all[name] = readMembers(o.input)
	}
	return all
})
