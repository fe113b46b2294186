package asl

import "github.com/gostates/gostates/jsonpath"

// An owner is a kind of object that has fields.
type owner uint32

const (
	inMachine owner = 1 << iota
	inBranch
	inProcessor
	inProcessorConfig
	inPass
	inTask
	inChoice
	inWait
	inSucceed
	inFail
	inParallel
	inMap
	inRetrier
	inCatcher
	inRule       // an element of Choices
	inNestedRule // a rule inside And, Or or Not
	inItemReader
	inReaderConfig
	inItemBatcher
	inResultWriter
	inWriterConfig

	inState  = inPass | inTask | inChoice | inWait | inSucceed | inFail | inParallel | inMap
	inGraph  = inMachine | inBranch | inProcessor
	inWorker = inTask | inParallel | inMap // states that have work done
	inAnyOf  = inRule | inNestedRule
)

// stateOwners names the state types.
var stateOwners = map[string]owner{
	"Pass": inPass, "Task": inTask, "Choice": inChoice, "Wait": inWait,
	"Succeed": inSucceed, "Fail": inFail, "Parallel": inParallel, "Map": inMap,
}

// languages is a set of query languages.
type languages uint8

const (
	underJSONPath languages = 1 << iota
	underJSONata

	underBoth = underJSONPath | underJSONata
)

func (l languages) has(q QueryLanguage) bool {
	if q == JSONata {
		return l&underJSONata != 0
	}
	return l&underJSONPath != 0
}

// A shape is what the value of a field looks like.
type shape uint8

const (
	anything shape = iota // any JSON, null too
	textShape
	flagShape
	integerShape  // between min and max
	numberShape   // between min and max
	oneOfShape    // a string out of options
	objectShape   //
	templateShape // a Payload Template: an object
	itemsShape    // an array or an object
	listShape     // an array that is not empty
	pathShape     // a Path
	referencePath // a Reference Path, which starts from one of roots
	exprShape     // a Reference Path or an intrinsic function
	timeShape     // a timestamp
)

// roots is a set of what a Reference Path may start from.
type roots uint8

const (
	fromInput    roots = 1 << jsonpath.Input
	fromContext  roots = 1 << jsonpath.Context
	fromVariable roots = 1 << jsonpath.Variable

	fromAny = fromInput | fromContext | fromVariable
)

// noMax leaves a number without an upper bound.
const noMax = 1 << 53

// maxSeconds is AWS's bound of every number of seconds and of MaxAttempts
// (reported as measured on AWS for Wait: "Maximum value is 99999999").
const maxSeconds = 99_999_999

// A field is one row of the table below.
type field struct {
	name      string
	in        owner     // where it is allowed
	required  owner     // where it must be
	languages languages // under which query languages
	shape     shape
	query     bool // in JSONata an expression may stand for the value
	null      bool // may be null
	min, max  float64
	options   []string
	roots     roots // of a Reference Path
	doubtful  roots // those of roots that AWS may refuse
	extension bool  // not AWS's; for [Parser.Extensions] only
}

// fieldTable says which field is allowed where, under which query language, and
// what its value looks like. Everything that is not in it is refused, as AWS
// does. It implements the specification's "Table of State Types and Fields", for
// JSONPath and for JSONata, and the field lists of the chapters on states,
// Retriers, Catchers and Choice Rules; the choice operators are in operator.go.
//
// The order of rows is the order in which AWS lists missing fields.
//
// It says, too, which fields are Reference Paths and what those may start from. That
// ResultPath is about the input is in the specification; that the numbers of a Map
// refuse the Context Object, and ItemsPath and Variable take it, is reported as measured.
// The times of Task and Wait states are in doubt: AWS's list of fields that can see the
// Context Object lacks them.
var fieldTable = []field{
	// Structure of a State Machine.
	{name: "States", in: inGraph, required: inGraph, languages: underBoth, shape: objectShape},
	{name: "StartAt", in: inGraph, required: inGraph, languages: underBoth, shape: textShape},
	{name: "Version", in: inMachine, languages: underBoth, shape: oneOfShape, options: []string{"1.0"}},
	// That AWS accepts 0 is reported as measured; what it does then isn't known.
	{name: "TimeoutSeconds", in: inMachine, languages: underBoth, shape: integerShape, min: 0, max: maxSeconds},
	{name: "ProcessorConfig", in: inProcessor, languages: underBoth, shape: objectShape},
	{name: "Mode", in: inProcessorConfig, languages: underBoth, shape: oneOfShape, options: []string{"INLINE", "DISTRIBUTED"}},
	{name: "ExecutionType", in: inProcessorConfig, languages: underBoth, shape: oneOfShape, options: []string{"STANDARD", "EXPRESS"}},

	// Common fields.
	{name: "Type", in: inState, required: inState, languages: underBoth, shape: textShape},
	{name: "Comment", in: inGraph | inState | inRetrier | inCatcher | inAnyOf, languages: underBoth, shape: textShape},
	{name: "QueryLanguage", in: inMachine | inState, languages: underBoth, shape: oneOfShape, options: []string{string(JSONPath), string(JSONata)}},
	{name: "Next", in: inPass | inWait | inWorker | inCatcher | inRule, required: inCatcher | inRule, languages: underBoth, shape: textShape},
	{name: "End", in: inPass | inWait | inWorker, languages: underBoth, shape: flagShape},
	{name: "Assign", in: inPass | inWait | inWorker | inChoice | inCatcher | inRule, languages: underBoth, shape: templateShape},
	{name: "Output", in: inState&^inFail | inCatcher | inRule, languages: underJSONata, shape: anything, query: true},
	{name: "Arguments", in: inTask | inParallel | inItemReader | inResultWriter, languages: underJSONata, shape: anything, query: true},

	// Input and Output Processing with JSONPath.
	{name: "InputPath", in: inState &^ inFail, languages: underJSONPath, shape: pathShape, null: true},
	{name: "OutputPath", in: inState &^ inFail, languages: underJSONPath, shape: pathShape, null: true},
	// Any JSON, null too (said by a developer of AWS's; arrays and texts were also run there
	// by others). AWS's schema for editors says the same of ItemSelector, and that the
	// Parameters of ItemReader and ResultWriter are objects.
	{name: "Parameters", in: inPass | inWorker, languages: underJSONPath, shape: anything},
	{name: "Parameters", in: inItemReader | inResultWriter, languages: underJSONPath, shape: templateShape},
	{name: "ResultSelector", in: inWorker, languages: underJSONPath, shape: templateShape},
	{name: "ResultPath", in: inPass | inWorker | inCatcher, languages: underJSONPath, shape: referencePath, roots: fromInput, null: true},

	// Error Handling.
	{name: "Retry", in: inWorker, languages: underBoth, shape: listShape},
	{name: "Catch", in: inWorker, languages: underBoth, shape: listShape},
	{name: "Compensate", in: inWorker, languages: underBoth, shape: textShape, extension: true},
	{name: "ErrorEquals", in: inRetrier | inCatcher, required: inRetrier | inCatcher, languages: underBoth, shape: listShape},
	// The specification wants a positive number; that AWS accepts 0 is reported as measured.
	{name: "IntervalSeconds", in: inRetrier, languages: underBoth, shape: integerShape, min: 0, max: maxSeconds},
	{name: "MaxAttempts", in: inRetrier, languages: underBoth, shape: integerShape, min: 0, max: maxSeconds},
	{name: "BackoffRate", in: inRetrier, languages: underBoth, shape: numberShape, min: 1, max: noMax},
	// 366 days (reported as measured; the documentation says less than that).
	{name: "MaxDelaySeconds", in: inRetrier, languages: underBoth, shape: integerShape, min: 1, max: 31_622_400},
	{name: "JitterStrategy", in: inRetrier, languages: underBoth, shape: oneOfShape, options: []string{"NONE", "FULL"}},

	// Pass State.
	{name: "Result", in: inPass, languages: underJSONPath, shape: anything, null: true},

	// Task State.
	{name: "Resource", in: inTask | inItemReader | inResultWriter, required: inTask | inItemReader, languages: underBoth, shape: textShape},
	{name: "Credentials", in: inTask, languages: underBoth, shape: templateShape, query: true},
	{name: "TimeoutSeconds", in: inTask, languages: underBoth, shape: integerShape, query: true, min: 1, max: maxSeconds},
	{name: "TimeoutSecondsPath", in: inTask, languages: underJSONPath, shape: referencePath, roots: fromAny, doubtful: fromContext},
	{name: "HeartbeatSeconds", in: inTask, languages: underBoth, shape: integerShape, query: true, min: 1, max: maxSeconds},
	{name: "HeartbeatSecondsPath", in: inTask, languages: underJSONPath, shape: referencePath, roots: fromAny, doubtful: fromContext},

	// Choice State.
	{name: "Choices", in: inChoice, required: inChoice, languages: underBoth, shape: listShape},
	{name: "Default", in: inChoice, languages: underBoth, shape: textShape},
	{name: "And", in: inAnyOf, languages: underJSONPath, shape: listShape},
	{name: "Or", in: inAnyOf, languages: underJSONPath, shape: listShape},
	{name: "Not", in: inAnyOf, languages: underJSONPath, shape: objectShape},
	{name: "Variable", in: inAnyOf, languages: underJSONPath, shape: referencePath, roots: fromAny},
	{name: "Condition", in: inRule, required: inRule, languages: underJSONata, shape: flagShape, query: true},

	// Wait State.
	{name: "SecondsPath", in: inWait, languages: underJSONPath, shape: referencePath, roots: fromAny, doubtful: fromContext},
	{name: "Seconds", in: inWait, languages: underBoth, shape: integerShape, query: true, min: 0, max: maxSeconds},
	{name: "TimestampPath", in: inWait, languages: underJSONPath, shape: referencePath, roots: fromAny, doubtful: fromContext},
	{name: "Timestamp", in: inWait, languages: underBoth, shape: timeShape, query: true},

	// Fail State.
	{name: "Error", in: inFail, languages: underBoth, shape: textShape, query: true},
	{name: "ErrorPath", in: inFail, languages: underJSONPath, shape: exprShape},
	{name: "Cause", in: inFail, languages: underBoth, shape: textShape, query: true},
	{name: "CausePath", in: inFail, languages: underJSONPath, shape: exprShape},

	// Parallel State.
	{name: "Branches", in: inParallel, required: inParallel, languages: underBoth, shape: listShape},

	// Map State.
	{name: "ItemProcessor", in: inMap, languages: underBoth, shape: objectShape},
	{name: "Iterator", in: inMap, languages: underBoth, shape: objectShape},
	{name: "ItemsPath", in: inMap, languages: underJSONPath, shape: referencePath, roots: fromAny},
	{name: "Items", in: inMap, languages: underJSONata, shape: itemsShape, query: true},
	{name: "ItemSelector", in: inMap, languages: underJSONPath, shape: anything},
	{name: "ItemSelector", in: inMap, languages: underJSONata, shape: anything, query: true},
	{name: "MaxConcurrency", in: inMap, languages: underBoth, shape: integerShape, query: true, min: 0, max: noMax},
	{name: "MaxConcurrencyPath", in: inMap, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
	{name: "ToleratedFailureCount", in: inMap, languages: underBoth, shape: integerShape, query: true, min: 0, max: noMax},
	{name: "ToleratedFailureCountPath", in: inMap, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
	{name: "ToleratedFailurePercentage", in: inMap, languages: underBoth, shape: numberShape, query: true, min: 0, max: 100},
	{name: "ToleratedFailurePercentagePath", in: inMap, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
	{name: "Label", in: inMap, languages: underBoth, shape: textShape},

	// Map State, distributed mode.
	{name: "ItemReader", in: inMap, languages: underBoth, shape: objectShape},
	{name: "ItemBatcher", in: inMap, languages: underBoth, shape: objectShape},
	{name: "ResultWriter", in: inMap, languages: underBoth, shape: objectShape},
	{name: "WriterConfig", in: inResultWriter, languages: underBoth, shape: objectShape},
	// That OutputType is required is in AWS's schema for editors.
	{name: "OutputType", in: inWriterConfig, required: inWriterConfig, languages: underBoth, shape: oneOfShape, options: []string{"JSON", "JSONL"}},
	{name: "Transformation", in: inWriterConfig, languages: underBoth, shape: oneOfShape, options: []string{"NONE", "COMPACT", "FLATTEN"}},
	{name: "ReaderConfig", in: inItemReader, languages: underBoth, shape: objectShape},
	// The order of these is reported, that of the other options here is guessed.
	{name: "InputType", in: inReaderConfig, languages: underBoth, shape: oneOfShape, options: []string{"MANIFEST", "JSON", "CSV", "JSONL", "PARQUET"}},
	{name: "CSVHeaderLocation", in: inReaderConfig, languages: underBoth, shape: oneOfShape, options: []string{"FIRST_ROW", "GIVEN"}},
	{name: "CSVHeaders", in: inReaderConfig, languages: underBoth, shape: listShape},
	{name: "CSVDelimiter", in: inReaderConfig, languages: underBoth, shape: oneOfShape, options: []string{"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}},
	{name: "ItemsPointer", in: inReaderConfig, languages: underBoth, shape: textShape},
	{name: "Transformation", in: inReaderConfig, languages: underBoth, shape: oneOfShape, options: []string{"NONE", "LOAD_AND_FLATTEN"}},
	{name: "ManifestType", in: inReaderConfig, languages: underBoth, shape: oneOfShape, options: []string{"ATHENA_DATA", "S3_INVENTORY"}},
	// AWS accepts 0 here and fails when it runs (measured).
	{name: "MaxItems", in: inReaderConfig, languages: underBoth, shape: integerShape, query: true, min: -noMax, max: 100_000_000},
	{name: "MaxItemsPath", in: inReaderConfig, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
	{name: "BatchInput", in: inItemBatcher, languages: underBoth, shape: anything, query: true},
	{name: "MaxItemsPerBatch", in: inItemBatcher, languages: underBoth, shape: integerShape, query: true, min: 1, max: noMax},
	{name: "MaxItemsPerBatchPath", in: inItemBatcher, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
	{name: "MaxInputBytesPerBatch", in: inItemBatcher, languages: underBoth, shape: integerShape, query: true, min: 1, max: 262_144},
	{name: "MaxInputBytesPerBatchPath", in: inItemBatcher, languages: underJSONPath, shape: referencePath, roots: fromInput | fromVariable},
}

// A choiceOf says that of some fields there may be only one.
type choiceOf struct {
	in       owner
	names    []string
	required bool // then there must be one
}

// exclusive lists the fields of which only one may be, in AWS's order.
var exclusive = []choiceOf{
	{in: inPass | inWait | inWorker, names: []string{"Next", "End"}, required: true},
	{in: inTask, names: []string{"TimeoutSeconds", "TimeoutSecondsPath"}},
	{in: inTask, names: []string{"HeartbeatSeconds", "HeartbeatSecondsPath"}},
	{in: inWait, names: []string{"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}, required: true},
	{in: inFail, names: []string{"Error", "ErrorPath"}},
	{in: inFail, names: []string{"Cause", "CausePath"}},
	{in: inMap, names: []string{"ItemProcessor", "Iterator"}, required: true},
	{in: inMap, names: []string{"ItemSelector", "Parameters"}},
	{in: inMap, names: []string{"MaxConcurrency", "MaxConcurrencyPath"}},
	{in: inMap, names: []string{"ToleratedFailureCount", "ToleratedFailureCountPath"}},
	{in: inMap, names: []string{"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}},
	{in: inReaderConfig, names: []string{"MaxItems", "MaxItemsPath"}},
	{in: inItemBatcher, names: []string{"MaxItemsPerBatch", "MaxItemsPerBatchPath"}},
	{in: inItemBatcher, names: []string{"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
}

// fieldsByName indexes fieldTable and the choice operators.
var fieldsByName = func() map[string][]*field {
	index := make(map[string][]*field, len(fieldTable)+len(operators))
	for i := range fieldTable {
		index[fieldTable[i].name] = append(index[fieldTable[i].name], &fieldTable[i])
	}
	for name, op := range operators {
		index[name] = []*field{{name: name, in: inAnyOf, languages: underJSONPath, shape: op.shape()}}
	}
	return index
}()

// fieldOf returns the row of a field in an owner, nil when the owner has no such
// field. A row for the query language goes before one for the other.
func fieldOf(name string, in owner, language QueryLanguage) *field {
	var other *field
	for _, f := range fieldsByName[name] {
		switch {
		case f.in&in == 0:
		case f.languages.has(language):
			return f
		default:
			other = f
		}
	}
	return other
}
