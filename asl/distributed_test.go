package asl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
)

// distributed is a Map state with some fields and a processor of its own.
func distributed(fields, executionType, states string) string {
	return `{"Type":"Map",` + fields + `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"` + executionType +
		`"},"StartAt":"I","States":{` + states + `}},"End":true}`
}

const inner = `"I":{"Type":"Pass","End":true}`

func TestDistributed(t *testing.T) {
	for language, definition := range map[string]string{
		"JSONPath": one(distributed(`"Label":"l","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key.$":"$.k"},
			"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE","MaxItemsPath":"$.m"}},
			"ItemBatcher":{"MaxItemsPerBatch":2,"MaxInputBytesPerBatchPath":"$.bytes","BatchInput":{"x.$":"$.x"}},
			"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},`, "EXPRESS", inner)),
		"JSONata": jsonataOne(distributed(`"Label":"l","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Arguments":{"Bucket":"b","Key":"{% $states.input.k %}"},
			"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE","MaxItems":"{% $states.input.m %}"}},
			"ItemBatcher":{"MaxItemsPerBatch":2,"MaxInputBytesPerBatch":"{% $states.input.bytes %}","BatchInput":{"x":"{% $states.input.x %}"}},
			"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"b","Prefix":"p"},"WriterConfig":{"OutputType":"JSONL","Transformation":"FLATTEN"}},`, "EXPRESS", inner)),
	} {
		t.Run(language, func(t *testing.T) {
			machine, err := asl.Parse(definition)
			require.NoError(t, err)
			d := machine.Find("S").(*asl.Map).Distributed
			require.NotNil(t, d)
			assert.True(t, d.Express)

			r := d.Reader
			assert.False(t, r.List)
			assert.NotNil(t, r.Arguments)
			assert.True(t, r.Config.MaxItems.IsSet())
			assert.True(t, r.Config.MaxItems.Path != nil || r.Config.MaxItems.Query != nil)
			r.Config.MaxItems = asl.Count{}
			assert.Equal(t, asl.ReaderConfig{InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: []string{"a", "b"}, CSVDelimiter: "PIPE"}, r.Config)

			b := d.Batcher
			assert.EqualValues(t, 2, b.MaxItemsPerBatch.Literal)
			assert.True(t, b.MaxInputBytesPerBatch.Path != nil || b.MaxInputBytesPerBatch.Query != nil)
			assert.NotNil(t, b.BatchInput)

			assert.NotNil(t, d.Writer.Arguments)
			d.Writer.Arguments = nil
			assert.Equal(t, &asl.ResultWriter{Resource: "arn:aws:states:::s3:putObject", HasConfig: true, OutputType: "JSONL", Transformation: "FLATTEN"}, d.Writer)
		})
	}
	machine, err := asl.Parse(one(distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},`, "STANDARD", inner)))
	require.NoError(t, err)
	assert.True(t, machine.Find("S").(*asl.Map).Distributed.Reader.List)
	inline, err := asl.Parse(one(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{` + inner + `}},"End":true}`))
	require.NoError(t, err)
	assert.Nil(t, inline.Find("S").(*asl.Map).Distributed)
}

// TestChild: what the children run is a machine of its own.
func TestChild(t *testing.T) {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(`{"TimeoutSeconds":5,"QueryLanguage":"JSONata","StartAt":"S","States":{"S":` +
		distributed("", "STANDARD", `"I":{"Type":"Parallel","Branches":[{"StartAt":"J","States":{"J":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:f","Compensate":"U","End":true},"U":{"Type":"Pass"}}}],"Next":"K"},
			"K":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"L","States":{"L":{"Type":"Pass","End":true}}},"End":true}`) + `}}`))
	require.NoError(t, err)
	s := machine.Find("S").(*asl.Map)
	child := s.Distributed.Child
	assert.Same(t, s.Processor, child.Graph)
	assert.Equal(t, "I", child.Start().Name())
	assert.Equal(t, asl.JSONata, child.QueryLanguage)
	assert.Zero(t, child.TimeoutSeconds)
	assert.True(t, child.Compensates())
	assert.Equal(t, machine.Definition(), child.Definition())
	assert.Nil(t, child.Find("S"))
	for _, name := range []string{"I", "J", "U", "K", "L"} {
		assert.Same(t, machine.Find(name), child.Find(name), name)
	}
	grandchild := child.Find("K").(*asl.Map).Distributed.Child
	assert.NotNil(t, grandchild.Find("L"))
	assert.Nil(t, grandchild.Find("I"))
	assert.False(t, grandchild.Compensates())
}

// TestExpressChildren: what an Express execution can't run is refused in a processor whose
// children are such, and of no matter to the machine around it.
func TestExpressChildren(t *testing.T) {
	task := `"I":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}`
	ds := validate(one(distributed("", "EXPRESS", task)))
	require.Len(t, ds, 1)
	assert.Equal(t, "Express state machine does not support '.waitForTaskToken' service integration ", ds[0].Message)
	assert.Equal(t, "/States/S/ItemProcessor/States/I/Resource", ds[0].Location)
	assert.Empty(t, validate(one(distributed("", "STANDARD", task))))

	nested := `"I":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"J","States":{"J":{"Type":"Pass","End":true}}},"End":true}`
	ds = validate(one(distributed("", "EXPRESS", nested)))
	require.Len(t, ds, 1)
	assert.Equal(t, "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", ds[0].Message)

	machine, err := asl.Parse(one(distributed("", "STANDARD", task)))
	require.NoError(t, err)
	assert.Len(t, machine.ExpressProblems(), 1, "the mode alone")
}

// TestVariablesOfChildren: children see no variables of the machine around them, and may
// assign ones of the same name.
func TestVariablesOfChildren(t *testing.T) {
	machine := func(config, fields, inside string) string {
		return `{"StartAt":"V","States":{"V":{"Type":"Pass","Assign":{"v":1},"Next":"S"},"S":{"Type":"Map",` + fields +
			`"ItemProcessor":{` + config + `"StartAt":"I","States":{"I":` + inside + `}},"End":true}}}`
	}
	const mode = `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`
	reads, assigns := `{"Type":"Pass","Parameters":{"x.$":"$v"},"End":true}`, `{"Type":"Pass","Assign":{"v":2},"End":true}`

	assert.Empty(t, validate(machine("", "", reads)))
	d := find(t, validate(machine(mode, "", reads)), asl.UnknownVariable)
	assert.Equal(t, asl.Warning, d.Severity)
	assert.Equal(t, "the children of a distributed Map state see no variables from outside", d.Detail)
	assert.Empty(t, validate(machine(mode, `"ItemSelector":{"x.$":"$v"},`, `{"Type":"Pass","End":true}`)), "the state itself sees them")

	find(t, validate(machine("", "", assigns)), asl.DuplicateVariableName)
	assert.Empty(t, validate(machine(mode, "", assigns)))
}
