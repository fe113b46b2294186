package template_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read reads a file that must have machines, and no problems but notes.
func read(t *testing.T, name, text string, set ...string) []*template.Machine {
	t.Helper()
	file, err := reader(set...).Read(name, []byte(text))
	require.NoError(t, err, text)
	require.NotEmpty(t, file.Machines)
	return file.Machines
}

func reader(set ...string) template.Reader {
	r := template.Reader{Set: make(map[string]string)}
	for _, s := range set {
		name, v, _ := strings.Cut(s, "=")
		r.Set[name] = v
	}
	return r
}

// cdk is a template as cdk synth writes them: JSON, and a definition that Fn::Join makes of
// texts and of what is known after deployment.
const cdk = `{
 "Resources": {
  "ChargeFn1A2B3C4D": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x"}},
  "Orders9F8E7D6C": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}},
  "FlowRole5E6F7A8B": {"Type": "AWS::IAM::Role", "Properties": {}},
  "FlowLogs0A1B2C3D": {"Type": "AWS::Logs::LogGroup"},
  "Flow4D5E6F7A": {
   "Type": "AWS::StepFunctions::StateMachine",
   "Properties": {
    "DefinitionString": {
     "Fn::Join": [
      "",
      [
       "{\"StartAt\":\"Charge\",\"States\":{\"Charge\":{\"Next\":\"Keep\",\"Type\":\"Task\",\"Resource\":\"arn:",
       {"Ref": "AWS::Partition"},
       ":states:::lambda:invoke\",\"Parameters\":{\"FunctionName\":\"",
       {"Fn::GetAtt": ["ChargeFn1A2B3C4D", "Arn"]},
       "\",\"Payload.$\":\"$\"}},\"Keep\":{\"End\":true,\"Type\":\"Task\",\"Resource\":\"arn:",
       {"Ref": "AWS::Partition"},
       ":states:::dynamodb:putItem\",\"Parameters\":{\"TableName\":\"",
       {"Ref": "Orders9F8E7D6C"},
       "\",\"Item\":{\"id\":{\"S.$\":\"$.id\"}}}}},\"TimeoutSeconds\":300}"
      ]
     ]
    },
    "RoleArn": {"Fn::GetAtt": ["FlowRole5E6F7A8B", "Arn"]},
    "StateMachineType": "EXPRESS",
    "TracingConfiguration": {"Enabled": true},
    "LoggingConfiguration": {
     "Level": "ALL", "IncludeExecutionData": true,
     "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["FlowLogs0A1B2C3D", "Arn"]}}}]
    }
   },
   "DependsOn": ["FlowRole5E6F7A8B"]
  }
 }
}`

// TestMachineOfTemplate: everything that a template says of a machine is known.
func TestMachineOfTemplate(t *testing.T) {
	machines := read(t, "stack.template.json", cdk)
	require.Len(t, machines, 1)
	m := machines[0]
	assert.Equal(t, "Flow4D5E6F7A", m.ID)
	assert.Equal(t, "", m.Name)
	assert.Equal(t, asl.Express, m.Type)
	assert.Equal(t, "arn:aws:iam::123456789012:role/FlowRole5E6F7A8B", m.Role)
	assert.True(t, m.Tracing)
	assert.Equal(t, template.Logging{Level: "ALL", IncludeExecutionData: true,
		Groups: []string{"arn:aws:logs:us-east-1:123456789012:log-group:FlowLogs0A1B2C3D:*"}}, m.Logging)
	assert.Equal(t, "stack.template.json", m.File)
	assert.Equal(t, []int{7, 3}, []int{m.Line, m.Column})

	machine, err := m.Parse(asl.Parser{AWS: true})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:states:::lambda:invoke", machine.Find("Charge").(*asl.Task).Resource.Text)
	assert.Contains(t, string(m.Definition), `"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:ChargeFn1A2B3C4D"`)
	assert.Contains(t, string(m.Definition), `"TableName":"orders"`)
	var names []string
	for _, a := range m.Assumptions {
		names = append(names, a.Name)
	}
	assert.Equal(t, []string{"FlowRole5E6F7A8B.Arn", "FlowLogs0A1B2C3D.Arn", "ChargeFn1A2B3C4D.Arn"}, names, "the table's name is known")

	m = read(t, "stack.template.json", cdk, "AWS::Region=eu-north-1", "ChargeFn1A2B3C4D.Arn=charge", "AWS::Partition=aws-cn")[0]
	assert.Contains(t, string(m.Definition), `"FunctionName":"charge"`)
	assert.Contains(t, string(m.Definition), `arn:aws-cn:states:::lambda:invoke`)
	assert.Equal(t, []string{"arn:aws-cn:logs:eu-north-1:123456789012:log-group:FlowLogs0A1B2C3D:*"}, m.Logging.Groups)
}

// TestValues: what a template's functions give, as a text in a definition.
func TestValues(t *testing.T) {
	const around = `
Parameters:
  Stage: {Type: String, Default: test}
  Size: {Type: Number, MinValue: 3}
  Color: {Type: String, AllowedValues: [red, green]}
  Nets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Names: {Type: CommaDelimitedList, Default: 'a, b,c'}
  QueueArn: {Type: String}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/secret}
Mappings:
  Sizes: {test: {cpu: 256, list: [x, y]}, prod: {cpu: 1024}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsProd: !Not [!Condition IsTest]
  Both: !And [!Condition IsTest, !Condition IsProd]
  Either: !Or [!Condition IsTest, !Condition IsProd]
Resources:
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub 'charge-${Stage}'}}
  Plain: {Type: AWS::Lambda::Function}
  Topic: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Act: {Type: AWS::StepFunctions::Activity, Properties: {Name: approve}}
  Custom: {Type: 'Custom::Thing'}
  Loop: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Loop.QueueName}}
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: flow
      Definition: {StartAt: A, States: {A: {Type: Pass, Result: VALUE, End: true}}}
`
	for value, want := range map[string]string{
		`1.50`:                            `1.50`,
		`0x1F`:                            `31`,
		`TRUE`:                            `true`,
		`~`:                               `null`,
		`2026-01-02`:                      `"2026-01-02"`,
		`"a\tb"`:                          `"a\tb"`,
		`!Ref Stage`:                      `"test"`,
		`!Ref Size`:                       `"3"`,
		`!Ref Color`:                      `"red"`,
		`!Ref QueueArn`:                   `"arn:aws:sqs:us-east-1:123456789012:QueueArn"`,
		`!Ref Secret`:                     `"Secret"`,
		`!Ref Names`:                      `["a","b","c"]`,
		`!Select [0, !Ref Nets]`:          `"subnet-0123456789abcdef0"`,
		`!Ref AWS::Region`:                `"us-east-1"`,
		`!Ref AWS::AccountId`:             `"123456789012"`,
		`!Ref AWS::URLSuffix`:             `"amazonaws.com"`,
		`[1, !Ref AWS::NoValue, 2]`:       `[1,2]`,
		`{a: 1, b: !Ref 'AWS::NoValue'}`:  `{"a":1}`,
		`!Ref Fn`:                         `"charge-test"`,
		`!GetAtt Fn.Arn`:                  `"arn:aws:lambda:us-east-1:123456789012:function:charge-test"`,
		`{Fn::GetAtt: [Plain, Arn]}`:      `"arn:aws:lambda:us-east-1:123456789012:function:Plain"`,
		`{Fn::GetAtt: Plain.Arn}`:         `"arn:aws:lambda:us-east-1:123456789012:function:Plain"`,
		`!Ref Fn.Version`:                 `"arn:aws:lambda:us-east-1:123456789012:function:Fn:1"`,
		`!Ref Topic`:                      `"arn:aws:sns:us-east-1:123456789012:Topic"`,
		`!GetAtt Topic.TopicName`:         `"Topic"`,
		`!Ref Queue`:                      `"https://sqs.us-east-1.amazonaws.com/123456789012/jobs"`,
		`!GetAtt Queue.QueueName`:         `"jobs"`,
		`!GetAtt Queue.QueueUrl`:          `"https://sqs.us-east-1.amazonaws.com/123456789012/jobs"`,
		`!GetAtt Queue.Arn`:               `"arn:aws:sqs:us-east-1:123456789012:jobs"`,
		`!Ref Act`:                        `"arn:aws:states:us-east-1:123456789012:activity:approve"`,
		`!GetAtt M.Arn`:                   `"arn:aws:states:us-east-1:123456789012:stateMachine:flow"`,
		`!GetAtt M.Name`:                  `"flow"`,
		`!GetAtt Custom.Value`:            `"Value"`,
		`!Ref MadeBySAMRole`:              `"MadeBySAMRole"`,
		`!Sub '${Stage}-${Fn}-${!Fn}'`:    `"test-charge-test-${Fn}"`,
		`!Sub ['${A}${Stage}', {A: 'x'}]`: `"xtest"`,
		`!Sub '${Queue.Arn}/${AWS::StackName}${nobody}${'`: `"arn:aws:sqs:us-east-1:123456789012:jobs/stack${nobody}${"`,
		`!Sub '${Names}'`:                                  `"a,b,c"`,
		`!Join ['-', [a, !Ref Stage, 1]]`:                  `"a-test-1"`,
		`!Join [',', !Ref Names]`:                          `"a,b,c"`,
		`!Select [1, !Split ['/', 'a/b/c']]`:               `"b"`,
		`!Select [1, !GetAZs '']`:                          `"us-east-1b"`,
		`!Select [1, !Cidr [10.0.0.0/16, 3]]`:              `"10.0.1.0/24"`,
		`!FindInMap [Sizes, !Ref Stage, cpu]`:              `"256"`,
		`!FindInMap [Sizes, !Ref Stage, list]`:             `["x","y"]`,
		`!FindInMap [Sizes, none, cpu, {DefaultValue: 7}]`: `"7"`,
		`!FindInMap [Sizes, none, cpu]`:                    `"cpu"`,
		`!If [IsTest, {a: 1}, {b: 2}]`:                     `{"a":1}`,
		`!If [IsProd, 1, 2]`:                               `2`,
		`!If [Both, 1, 2]`:                                 `2`,
		`!If [Either, 1, 2]`:                               `1`,
		`[!If [IsProd, 1, !Ref AWS::NoValue]]`:             `[]`,
		`!Base64 abc`:                                      `"YWJj"`,
		`!Transform {Name: Mine}`:                          `"Mine"`,
		`!ImportValue shared-TopicArn`:                     `"arn:aws:sns:us-east-1:123456789012:shared-TopicArn"`,
		`{'Fn::Length': [1, 2]}`:                           `"2"`,
		`{'Fn::ToJsonString': {a: [!Ref Stage]}}`:          `"{\"a\":[\"test\"]}"`,
	} {
		m := read(t, "t.yaml", strings.Replace(around, "VALUE", value, 1))[0]
		require.NoError(t, m.Validate(asl.Parser{}).Err(), value)
		_, result, _ := strings.Cut(string(m.Definition), `"Result":`)
		assert.Equal(t, want+`,"End":true}}}`, result, value)
	}

	for value, message := range map[string]string{
		`!Join [a]`:              "Fn::Join takes a list of 2 values",
		`!Join ['', {a: 1}]`:     "a list must stand here",
		`!Join ['', [{a: 1}]]`:   "a text must stand here",
		`!Sub {a: 1}`:            "Fn::Sub takes a text, or a list of a text and a map",
		`!Sub ['${A}', x]`:       "Fn::Sub takes a map of its variables here",
		`!Select [x, [a]]`:       `Fn::Select takes the number of an element first, not "x"`,
		`!Split ['', a]`:         "Fn::Split takes a delimiter first, and it is empty",
		`!If [None, 1, 2]`:       `the template has no condition "None"`,
		`!GetAtt Fn`:             "Fn::GetAtt takes a resource and its attribute",
		`!Cidr [a, 1000]`:        `Fn::Cidr makes 1 to 256 blocks, not "1000"`,
		`!Ref AWS::Regoin`:       "AWS::Regoin is none of CloudFormation's values",
		`!Frobnicate 1`:          "the function Fn::Frobnicate is not known",
		`!GetAtt Loop.QueueName`: "this refers to itself, or is nested more than 1000 deep",
		`.nan`:                   "",
	} {
		text := strings.Replace(around, "VALUE", value, 1)
		file, err := template.Reader{}.Read("t.yaml", []byte(text))
		if message == "" {
			require.ErrorContains(t, err, "number that JSON has not")
			continue
		}
		require.NoError(t, err, value)
		ds := file.Machines[0].Validate(asl.Parser{})
		require.Error(t, ds.Err(), value)
		assert.Nil(t, file.Machines[0].Definition)
		found := false
		for _, d := range ds {
			found = found || d.Code == asl.InvalidTemplate && d.Message == message
		}
		assert.True(t, found, "%s: %v", value, ds)
	}
}

// TestDefinitions: all the ways in which a template may have a definition.
func TestDefinitions(t *testing.T) {
	const pass = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`
	files := fstest.MapFS{
		"app/pass.asl.json":        &fstest.MapFile{Data: []byte(pass)},
		"common/pass.yaml":         &fstest.MapFile{Data: []byte("StartAt: A\nStates: {A: {Type: Pass, End: true}}\n")},
		"app/asset.0123abcd.json":  &fstest.MapFile{Data: []byte(pass)},
		"app/broken.json":          &fstest.MapFile{Data: []byte(`{"StartAt":`)},
		"app/broken.yaml":          &fstest.MapFile{Data: []byte("StartAt: A\n  States: b\n")},
		"app/withfunctions.yaml":   &fstest.MapFile{Data: []byte("StartAt: A\nStates: {A: {Type: Task, Resource: !GetAtt F.Arn, End: true}}\n")},
		"app/unquoted.json":        &fstest.MapFile{Data: []byte(`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":${Delay},"End":true}}}`)},
		"app/flow.yaml":            &fstest.MapFile{Data: []byte("{StartAt: A, States: {A: {Type: Wait, Seconds: ${Delay}, End: true}}}")},
		"app/block.yaml":           &fstest.MapFile{Data: []byte("StartAt: A\nStates:\n  A:\n    Type: Wait\n    Seconds: ${Delay}\n    End: true\n")},
		"app/yesno.yaml":           &fstest.MapFile{Data: []byte("StartAt: Yes\nStates:\n  Yes:\n    Type: Pass\n    End: true\n")},
		"app/two.yaml":             &fstest.MapFile{Data: []byte("StartAt: A\nStates: {A: {Type: Pass, End: true}, A: {Type: Pass, End: true}}\n")},
		"app/documents.yaml":       &fstest.MapFile{Data: []byte("StartAt: A\n---\nStates: {}\n")},
		"app/with.extension.state": &fstest.MapFile{Data: []byte(pass)},
	}
	for property, want := range map[string]string{
		"Definition: " + pass:                                          "",
		"DefinitionString: '" + pass + "'":                             "",
		"DefinitionUri: pass.asl.json":                                 "",
		"DefinitionUri: ./pass.asl.json":                               "",
		"DefinitionUri: ../common/pass.yaml":                           "",
		"DefinitionUri: /common/pass.yaml":                             "",
		"DefinitionUri: !Sub with.extension.state":                     "",
		"DefinitionS3Location: pass.asl.json":                          "",
		"DefinitionS3Location: {Bucket: !Sub 'b', Key: 0123abcd.json}": "",
		"Definition: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: pass.asl.json}}}": "",
		"DefinitionUri: unquoted.json\n      DefinitionSubstitutions: {Delay: 5}":                  "",
		"DefinitionUri: flow.yaml\n      DefinitionSubstitutions: {Delay: 5}":                      "",
		"DefinitionUri: block.yaml\n      DefinitionSubstitutions: {Delay: 5}":                     "",
		"DefinitionUri: block.yaml\n      DefinitionSubstitutions: {Delay: '${More}', More: 5}":    "",
		"DefinitionUri: flow.yaml":     "app/flow.yaml:1:48: note: ASSUMED_VALUE: 1 stands for ${Delay}, which is not set",
		"DefinitionUri: block.yaml":    "app/block.yaml:5:14: note: ASSUMED_VALUE: 1 stands for ${Delay}, which is not set",
		"DefinitionUri: unquoted.json": "app/unquoted.json:1:55: note: ASSUMED_VALUE: 1 stands for ${Delay}, which is not set",
		"DefinitionUri: unquoted.json\n      DefinitionSubstitutions: {Delai: 5}":         `app/unquoted.json:1:55: warning: UNMADE_SUBSTITUTION: DefinitionSubstitutions has no value for ${Delay}; did you mean "Delai"?`,
		"DefinitionUri: block.yaml\n      DefinitionSubstitutions: {Delay: 'a ${Delay}'}": "app/block.yaml:5:14: INVALID_TEMPLATE: the substitution ${Delay} leads back to itself",
		"DefinitionUri: nowhere.json":                                  "app/template.yaml:7:22: UNREADABLE_DEFINITION: the definition that DefinitionUri names can't be read: nowhere.json: there is no such file",
		"DefinitionUri: ../../up.json":                                 "app/template.yaml:7:22: UNREADABLE_DEFINITION: the definition that DefinitionUri names can't be read: ../../up.json: there is no such file",
		"DefinitionUri: s3://b/k":                                      "app/template.yaml:7:22: UNREADABLE_DEFINITION: the definition that DefinitionUri names can't be read: s3://b/k: its text is kept elsewhere",
		"DefinitionS3Location: {Bucket: b, Key: k}":                    "app/template.yaml:7:29: UNREADABLE_DEFINITION: the definition that DefinitionS3Location names can't be read: s3://b/k: there is no such file",
		"DefinitionUri: broken.json":                                   "app/broken.json:1:12: INVALID_JSON_DESCRIPTION: Unexpected end-of-input within/between Object entries",
		"DefinitionUri: broken.yaml":                                   "app/broken.yaml:2:3: INVALID_TEMPLATE: the YAML can't be read: mapping values are not allowed in this context",
		"DefinitionUri: withfunctions.yaml":                            "app/withfunctions.yaml:2:36: INVALID_TEMPLATE: the tag !GetAtt has no meaning in a definition of its own; only a template's functions are evaluated",
		"DefinitionUri: documents.yaml":                                "app/documents.yaml:2:1: INVALID_TEMPLATE: the file has a second document",
		"DefinitionUri: two.yaml":                                      "app/two.yaml:2:38: DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A",
		"DefinitionUri: yesno.yaml":                                    "app/yesno.yaml:1:10: warning: DOUBTFUL_YAML: YAML 1.1 takes Yes for a boolean, YAML 1.2 for a string; quotes make it a string for sure",
		"Definition: text":                                             "app/template.yaml:7:19: INVALID_TEMPLATE: Definition must be an object; a text is called DefinitionString",
		"DefinitionString: {a: 1}":                                     "app/template.yaml:7:25: INVALID_TEMPLATE: DefinitionString must be a text",
		"Role: arn:aws:iam::1:role/r":                                  "app/template.yaml:4:3: INVALID_TEMPLATE: Property validation failed. Required key [DefinitionS3Location], [Definition] or [DefinitionString] not found.",
		"DefinitionUri: a\n      Definition: {a: 1}":                   "app/template.yaml:7:22: INVALID_TEMPLATE: Property validation failed. Please use either [DefinitionS3Location], [Definition] or [DefinitionString] but not both.",
		"Type: EXPRES\n      DefinitionUri: pass.asl.json":             `app/template.yaml:7:13: INVALID_TEMPLATE: the type of a state machine is STANDARD or EXPRESS, not "EXPRES"; did you mean "EXPRESS"?`,
		"DefinitionSubstitutions: {A: [1]}\n      Definition: " + pass: "app/template.yaml:7:36: INVALID_TEMPLATE: the substitution A must be a text, a number or a boolean",
		"DefinitionString: 'StartAt: A'":                               `app/template.yaml:7:26: INVALID_JSON_DESCRIPTION: Unrecognized token 'StartAt': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false') (it looks like YAML, and is read as JSON here; package asl/template and the command read YAML)`,
	} {
		text := "Transform: AWS::Serverless-2016-10-31\nGlobals: {StateMachine: {Tracing: {Enabled: true}}}\nResources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      " + property + "\n"
		file, err := template.Reader{Files: files}.Read("app/template.yaml", []byte(text))
		require.NoError(t, err, property)
		m := file.Machines[0]
		assert.True(t, m.Tracing, "as Globals has it")
		ds := m.Validate(asl.Parser{})
		if want == "" {
			assert.Empty(t, ds, property)
			continue
		}
		require.NotEmpty(t, ds, property)
		assert.Equal(t, want, ds[0].String(), property)
		_, err = m.Parse(asl.Parser{})
		assert.Equal(t, ds.Err() != nil, err != nil, property)
	}
}

// TestSubstitutionsOfDefinition: those of a file that is a definition are the user's to set.
func TestSubstitutionsOfDefinition(t *testing.T) {
	const text = `{"StartAt":"A","States":{
 "A":{"Type":"Task","Resource":"${Charge}","TimeoutSeconds":${Limit},"Parameters":{"n":${Count},"say":"echo ${HOME}"},"Next":"B"},
 "B":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% ${Limit} + 1 %}","End":true}}}`
	m := read(t, "tune.asl.json", text)[0]
	require.NoError(t, m.Validate(asl.Parser{AWS: true}).Err())
	assert.Contains(t, string(m.Definition), `"Resource":"arn:aws:lambda:us-east-1:123456789012:function:Charge","TimeoutSeconds":86400,"Parameters":{"n":1,"say":"echo ${HOME}"}`)
	assert.Len(t, m.Assumptions, 3)

	m = read(t, "tune.asl.json", text, "Charge=charge", "Limit=60", "Count=[1]", "HOME=/root")[0]
	assert.Empty(t, m.Validate(asl.Parser{}))
	assert.Equal(t, strings.NewReplacer("${Charge}", "charge", "${Limit}", "60", "${Count}", "[1]", "${HOME}", "/root").Replace(text), string(m.Definition))
}

// TestServerless reads a configuration of the Serverless Framework.
func TestServerless(t *testing.T) {
	const text = `service: shop
functions:
  charge-it: {handler: charge.handler}
  ship: {handler: ship.handler, name: shipper}
resources: {Resources: {Orders: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders}}}}
stepFunctions:
  stateMachines:
    order:
      name: orders-${self:provider.stage}
      type: EXPRESS
      role: {Fn::GetAtt: [Role, Arn]}
      tracingConfig: {enabled: true}
      loggingConfig: {level: ERROR, includeExecutionData: true, destinations: [{Fn::GetAtt: [Logs, Arn]}]}
      definition:
        StartAt: Charge
        States:
          Charge: {Type: Task, Resource: !GetAtt ChargeDashitLambdaFunction.Arn, Next: Ship}
          Ship: {Type: Task, Resource: {Fn::GetAtt: [ShipLambdaFunction, Arn]}, Next: Keep}
          Keep: {Type: Task, Resource: 'arn:aws:states:::dynamodb:putItem', Parameters: {TableName: !Ref Orders, Item: {}}, TimeoutSeconds: "${self:custom.limit}", End: true}
    other: {definition: '${file(other.asl.yml)}'}
    none: {type: STANDARD}
`
	files := fstest.MapFS{"other.asl.yml": &fstest.MapFile{Data: []byte("StartAt: A\nStates: {A: {Type: Succeed}}\n")}}
	file, err := template.Reader{Files: files, Set: map[string]string{"self:provider.stage": "test"}}.
		Read("serverless.yml", []byte(strings.Replace(text, `"${self:custom.limit}"`, "60", 1)))
	require.NoError(t, err)
	assert.Equal(t, template.Serverless, file.Kind)
	require.Len(t, file.Machines, 3)
	m := file.Machines[0]
	machine, err := m.Parse(asl.Parser{})
	require.NoError(t, err)
	assert.Equal(t, asl.Express, m.Type)
	assert.True(t, m.Tracing)
	assert.Equal(t, "ERROR", m.Logging.Level)
	assert.True(t, m.Logging.IncludeExecutionData)
	assert.Len(t, m.Logging.Groups, 1)
	assert.Equal(t, "arn:aws:lambda:us-east-1:123456789012:function:charge-it", machine.Find("Charge").(*asl.Task).Resource.Text)
	assert.Equal(t, "arn:aws:lambda:us-east-1:123456789012:function:shipper", machine.Find("Ship").(*asl.Task).Resource.Text)
	_, err = file.Machines[1].Parse(asl.Parser{})
	require.NoError(t, err)
	assert.Equal(t, "other.asl.yml", file.Machines[1].File)
	_, err = file.Machines[2].Parse(asl.Parser{})
	assert.EqualError(t, err, "template: serverless.yml:21:5: INVALID_TEMPLATE: the state machine has no definition")
}

// TestFilesThatAreNone: what can't be read is said with its place.
func TestFilesThatAreNone(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a.yaml": {"Resources:\n  M: [1\n", "a.yaml:2:3: the YAML can't be read: did not find expected ',' or ']'"},
		"b.json": {`{"Resources": {"M": }`, "b.json:1:21: invalid character '}' looking for beginning of value"},
		"c.yaml": {"Resources: *none\n", "c.yaml:1:1: the YAML can't be read: unknown anchor 'none' referenced"},
		"d.yaml": {"Resources: &a\n  M: *a\n", "d.yaml:2:6: the alias *a stands for something that it is in itself"},
		"e.yaml": {"Resources:\n  ? [1]\n  : 2\n", "e.yaml:2:5: a field's name must be a string"},
		"f.yaml": {"Resources: {}\n<<: 1\n", "f.yaml:2:5: << takes fields from a map, and this is none"},
		"g.yaml": {"Resources: \xff\n", "g.yaml:1:12: the file is not in UTF-8"},
		"h.yaml": {"Resources: " + strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "h.yaml:1:1012: the file is nested more than 1000 deep"},
		"i.yaml": {"Resources: " + strings.Repeat("[", 20000), "i.yaml:1:1: the YAML can't be read: exceeded max depth of 10000"},
		"j.json": {`{"Resources": ` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`, "j.json:1:1015: the file is nested more than 1000 deep"},
		"k.yaml": {strings.Repeat("#", template.MaxFileSize+1), "k.yaml:1:1: the file has more than the 4194304 bytes allowed"},
		"l.yaml": {"Resources: 1\n--- 2\n", "l.yaml:2:1: the file has a second document"},
		"m.yaml": {"Resources: 0xFFFFFFFFFFFFFFFFFF.inf\nX: .inf", "m.yaml:2:4: .inf is a number that JSON has not"},
	} {
		_, err := template.Reader{}.Read(name, []byte(test.text))
		require.Error(t, err, name)
		syntax := new(template.SyntaxError)
		require.ErrorAs(t, err, &syntax)
		assert.Equal(t, test.want, err.Error())
	}
	_, err := template.Reader{}.ReadFile("a.yaml")
	require.EqualError(t, err, "open a.yaml: there are no files to read it from")

	file, err := template.Reader{}.Read("none.yaml", []byte("Resources: {A: {Type: AWS::SNS::Topic}, A: {}}\n"))
	require.NoError(t, err)
	assert.Empty(t, file.Machines)
	require.Len(t, file.Problems, 1)
	assert.Equal(t, "none.yaml:1:41: warning: DUPLICATE_FIELD: Field 'A' appears twice; this one counts", file.Problems[0].String())
}

// TestBombs: a small file can't have a large value, nor one that takes long.
func TestBombs(t *testing.T) {
	laughs := func(item func(n string) string) string {
		var b strings.Builder
		b.WriteString("A0: &a0 [x, x]\n")
		for i, n := range "0123456789" {
			_, after, _ := strings.Cut("0123456789:", string(n))
			if i < 9 {
				b.WriteString("A" + after[:1] + ": &a" + after[:1] + " " + item("*a"+string(n)) + "\n")
			}
		}
		return b.String() + "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {PROPERTY: *a9}\n"
	}
	lists := laughs(func(n string) string { return "[" + strings.TrimSuffix(strings.Repeat(n+", ", 20), ", ") + "]" })
	joins := laughs(func(n string) string {
		return "!Join ['', [" + strings.TrimSuffix(strings.Repeat(n+", ", 20), ", ") + "]]"
	})
	joins = strings.Replace(joins, "&a0 [x, x]", "&a0 ''", 1)
	for name, text := range map[string]string{
		"a map of lists": strings.ReplaceAll(strings.Replace(lists, "*a9}", "{a: *a9}}", 1), "PROPERTY", "Definition"),
		"joins":          strings.ReplaceAll(joins, "PROPERTY", "DefinitionString"),
		"large joins":    strings.ReplaceAll(strings.Replace(joins, "''", strings.Repeat("x", 100), 1), "PROPERTY", "DefinitionString"),
		"splits": strings.Replace(strings.ReplaceAll(laughs(func(n string) string {
			return "!Join ['', [" + strings.TrimSuffix(strings.Repeat("!Select [0, !Split [a, "+n+"]], ", 20), ", ") + "]]"
		}), "&a0 [x, x]", "&a0 "+strings.Repeat("xa", 50_000)), "PROPERTY", "DefinitionString", 1),
		"substitutions": "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionSubstitutions: {A: " +
			strings.Repeat("a", 1<<20) + "}\n      DefinitionString: '" + strings.Repeat("${A}", 1<<18) + "'\n",
		"a definition": strings.Replace(lists, "Resources", "StartAt", 1),
	} {
		t.Run(name, func(t *testing.T) {
			file, err := template.Reader{}.Read("bomb.yaml", []byte(text))
			require.NoError(t, err)
			m := file.Machines[0]
			assert.Nil(t, m.Definition)
			require.Error(t, m.Validate(asl.Parser{}).Err())
		})
	}
}
