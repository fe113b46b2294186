// Package template finds the state machines of files, wherever they stand, and reads them:
//
//   - definitions in JSON and in YAML
//   - templates of SAM and CloudFormation, in JSON and in YAML, as people and as cdk synth
//     write them: a Definition, a DefinitionString that Fn::Join or Fn::Sub make, a
//     DefinitionUri, a DefinitionS3Location
//   - the stepFunctions section of the Serverless Framework's configuration
//
// For instance
//
//	file, err := template.Reader{Files: os.DirFS(".")}.ReadFile("template.yaml")
//	for _, machine := range file.Machines {
//		for _, d := range machine.Validate(asl.Parser{}) {
//			fmt.Println(d) // template.yaml:41:19: MISSING_TRANSITION_TARGET: ...
//		}
//	}
//
// A [Machine] has its definition as JSON, with all substitutions made. A diagnostic about
// it has its place in the file that was read: in the YAML, or in the very string of an
// Fn::Join.
//
// Values that are known after deployment only, such as the ARN of a function that the
// template makes, are taken from [Reader.Set]. What is not set stands for a plausible
// value: "!GetAtt ChargeFunction.Arn" for
// "arn:aws:lambda:us-east-1:123456789012:function:ChargeFunction", so that a function named
// ChargeFunction can do the task. [Machine.Assumptions] lists those values.
//
//	reader.go       Reader, File: which kind of file it is
//	machine.go      Machine: a state machine and what is known of it
//	resources.go    templates: the machines among the resources
//	serverless.go   the Serverless Framework's configuration
//	definition.go   a definition in JSON or YAML, its substitutions
//	evaluator.go    functions.go  condition.go  resource.go: values of a template
//	node.go         json.go  yaml.go  scalar.go: values of a file, and their places
//	text.go         strings that know where they come from
package template
