package asl

import "strings"

// ParseResource takes the text of a Task state's Resource field apart. Names that are no
// ARN, such as "reserve-inventory", are integrations, too; what follows their last dot may
// ask for a pattern as in an ARN. Any text is a resource.
func ParseResource(text string) Resource {
	r := Resource{Text: text}
	// arn:partition:service:region:account:rest
	parts := strings.SplitN(text, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		rest := parts[5]
		switch {
		case parts[2] == "lambda" && strings.HasPrefix(rest, "function:"):
			r.Kind = LambdaFunction
			return r
		case parts[2] == "states" && strings.HasPrefix(rest, "activity:"):
			r.Kind = Activity
			return r
		case parts[2] == "states":
			if i := strings.LastIndexByte(rest, ':'); i > 0 {
				r.Service, r.Action = rest[:i], rest[i+1:]
				// The version of a pattern follows a colon: startExecution.sync:2.
				if base, _, ok := strings.Cut(rest, ".sync:"); ok {
					if i = strings.LastIndexByte(base, ':'); i > 0 {
						r.Service, r.Action = rest[:i], rest[i+1:]
					}
				}
			}
		}
	}
	r.Pattern = patternOf(text)
	return r
}

func patternOf(text string) IntegrationPattern {
	switch {
	case strings.HasSuffix(text, ".waitForTaskToken"):
		return WaitForTaskToken
	case strings.HasSuffix(text, ".sync"), strings.HasSuffix(text, ".sync:2"):
		return RunJob
	}
	return RequestResponse
}

// patterns is a set of the ways in which a call may answer besides RequestResponse.
type patterns uint8

const (
	job      patterns = 1 << iota // .sync
	nextJob                       // .sync:2
	callback                      // .waitForTaskToken
)

// A service is one of AWS's optimized integrations.
type service struct {
	patterns patterns
	// actions are the calls that it offers, each with the members that its Parameters or
	// Arguments must have.
	actions map[string][]string
	// open says that the service offers other actions, too.
	open bool
}

// services holds AWS's optimized integrations as far as they are known here. To add what
// AWS refuses, add it here.
//
// That AWS refuses other actions is measured for dynamodb; the lists that are not open are
// those that the documentation has had for years. Which patterns a service does not offer
// and which members are missed is reported as measured, service by service; where nothing
// was reported, nothing is refused: the API's own list of required members is longer.
var services = map[string]service{
	"lambda":   {patterns: callback, actions: map[string][]string{"invoke": {"FunctionName"}}},
	"dynamodb": {actions: map[string][]string{"getItem": {"TableName", "Key"}, "putItem": {"TableName", "Item"}, "updateItem": nil, "deleteItem": nil}},
	"sns":      {patterns: callback, actions: map[string][]string{"publish": {"Message"}}},
	"sqs":      {patterns: callback, actions: map[string][]string{"sendMessage": {"QueueUrl", "MessageBody"}}},
	"events":   {patterns: callback, actions: map[string][]string{"putEvents": {"Entries"}}},
	"states":   {patterns: job | nextJob | callback, actions: map[string][]string{"startExecution": {"StateMachineArn"}}},
	"ecs":      {patterns: job | callback, actions: map[string][]string{"runTask": {"TaskDefinition"}}},
	"batch":    {patterns: job, actions: map[string][]string{"submitJob": nil}},
	// Of these two the patterns are documented.
	"http":       {actions: map[string][]string{"invoke": nil}},
	"apigateway": {patterns: callback, actions: map[string][]string{"invoke": nil}},

	"glue":              {patterns: job, actions: map[string][]string{"startJobRun": {"JobName"}}, open: true},
	"athena":            {patterns: job, open: true},
	"codebuild":         {patterns: job, open: true},
	"databrew":          {patterns: job, open: true},
	"elasticmapreduce":  {patterns: job, open: true},
	"emr-containers":    {patterns: job, open: true},
	"emr-serverless":    {patterns: job, open: true},
	"mediaconvert":      {patterns: job, open: true},
	"sagemaker":         {patterns: job, open: true},
	"bedrock-agentcore": {open: true},
}

// call returns the action of an integration without its pattern, and the pattern.
func (r Resource) call() (action string, pattern patterns) {
	for _, p := range []struct {
		suffix  string
		pattern patterns
	}{{".waitForTaskToken", callback}, {".sync", job}, {".sync:2", nextJob}} {
		if action, ok := strings.CutSuffix(r.Action, p.suffix); ok {
			return action, p.pattern
		}
	}
	return r.Action, 0
}

// known reports whether AWS has the integration, as far as this package knows. It is
// documented that calls of AWS's SDK are written in camel case; that they can't be waited
// for as jobs, and that only executions have the second form of it, is reported as measured.
func (r Resource) known() bool {
	action, pattern := r.call()
	if strings.HasPrefix(r.Service, "aws-sdk:") {
		return pattern&(job|nextJob) == 0 && !(action != "" && 'A' <= action[0] && action[0] <= 'Z')
	}
	s, ok := services[r.Service]
	if !ok {
		return pattern != nextJob || r.Service == ""
	}
	_, offered := s.actions[action]
	return (offered || s.open) && pattern&^s.patterns == 0
}

// required returns the members that the call's Parameters or Arguments must have.
func (r Resource) required() []string {
	action, _ := r.call()
	return services[r.Service].actions[action]
}
