package format

import "slices"

// An order is in which order the fields of a kind of object stand: the first ones, then
// those that the language does not know, in their own order, then the last ones.
type order struct{ first, last []string }

// The kinds of objects whose fields are put into an order. Other objects keep theirs.
var (
	inGraph = &order{
		first: []string{"Comment", "Version", "QueryLanguage", "TimeoutSeconds", "ProcessorConfig", "StartAt"},
		last:  []string{"States"},
	}
	inState = &order{
		first: []string{
			"Type", "Comment", "QueryLanguage", "Resource", "Credentials",
			"Seconds", "SecondsPath", "Timestamp", "TimestampPath",
			"InputPath", "ItemReader", "ItemsPath", "Items", "ItemSelector", "ItemBatcher",
			"Parameters", "Arguments", "Result",
			"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath",
			"Label", "MaxConcurrency", "MaxConcurrencyPath",
			"ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
			"ItemProcessor", "Iterator", "Branches", "Choices",
			"Error", "ErrorPath", "Cause", "CausePath",
			"ResultWriter", "ResultSelector", "ResultPath", "Assign", "Output", "OutputPath",
		},
		last: []string{"Retry", "Catch", "Compensate", "Default", "Next", "End"},
	}
	inRetrier = &order{first: []string{"Comment", "ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds", "JitterStrategy"}}
	inCatcher = &order{first: []string{"Comment", "ErrorEquals", "ResultPath", "Assign", "Output"}, last: []string{"Next"}}
	// The operator is what inRule does not name: it stands between Variable and Assign.
	inRule         = &order{first: []string{"Comment", "Condition", "Not", "And", "Or", "Variable"}, last: []string{"Assign", "Output", "Next"}}
	inConfig       = &order{first: []string{"Mode", "ExecutionType"}}
	inReader       = &order{first: []string{"Resource", "ReaderConfig", "Parameters", "Arguments"}}
	inReaderConfig = &order{first: []string{"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath"}}
	inWriter       = &order{first: []string{"Resource", "WriterConfig", "Parameters", "Arguments"}}
	inBatcher      = &order{first: []string{"BatchInput", "MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}}
)

// A step says which kind of object a field holds, or a list of, or an object with one for
// each name.
type step struct {
	of     *order
	list   bool
	byName bool
}

// steps lead from the fields of a kind of object to the objects inside.
var steps map[*order]map[string]step

func init() {
	steps = map[*order]map[string]step{
		inGraph: {"States": {of: inState, byName: true}, "ProcessorConfig": {of: inConfig}},
		inState: {
			"Retry": {of: inRetrier, list: true}, "Catch": {of: inCatcher, list: true}, "Choices": {of: inRule, list: true},
			"Branches": {of: inGraph, list: true}, "ItemProcessor": {of: inGraph}, "Iterator": {of: inGraph},
			"ItemReader": {of: inReader}, "ResultWriter": {of: inWriter}, "ItemBatcher": {of: inBatcher},
		},
		inRule:   {"And": {of: inRule, list: true}, "Or": {of: inRule, list: true}, "Not": {of: inRule}},
		inReader: {"ReaderConfig": {of: inReaderConfig}},
	}
}

// place returns where a field stands; fields of one place keep their order.
func (o *order) place(name string) int {
	if i := slices.Index(o.first, name); i >= 0 {
		return i
	}
	if i := slices.Index(o.last, name); i >= 0 {
		return len(o.first) + 1 + i
	}
	return len(o.first)
}

// arrange puts the fields of an object into their order, and those of the objects inside.
// What has another form than the field should have stays as it is.
func (n *node) arrange(o *order) {
	if n.kind != '{' {
		return
	}
	slices.SortStableFunc(n.members, func(a, b member) int { return o.place(a.name) - o.place(b.name) })
	for _, m := range n.members {
		s, ok := steps[o][m.name]
		switch {
		case !ok:
		case s.list:
			for _, item := range m.value.items {
				item.arrange(s.of)
			}
		case s.byName:
			for _, inner := range m.value.members {
				inner.value.arrange(s.of)
			}
		default:
			m.value.arrange(s.of)
		}
	}
}
