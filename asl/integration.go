package asl

import (
	"slices"
	"strings"
)

// readResource takes a Task state's Resource apart. Names that are no ARN, such
// as "reserve-inventory", are integrations, too; what follows their last dot may
// ask for a pattern as in an ARN.
func readResource(text string) Resource {
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

// optimized lists AWS's optimized integrations whose actions are few and settled
// (documented; that AWS refuses any other action is measured for dynamodb).
// Other services are left to whoever resolves tasks: their lists grow.
var optimized = map[string][]string{
	"lambda":     {"invoke", "invoke.waitForTaskToken"},
	"dynamodb":   {"getItem", "putItem", "updateItem", "deleteItem"},
	"sns":        {"publish", "publish.waitForTaskToken"},
	"sqs":        {"sendMessage", "sendMessage.waitForTaskToken"},
	"events":     {"putEvents", "putEvents.waitForTaskToken"},
	"http":       {"invoke"},
	"apigateway": {"invoke", "invoke.waitForTaskToken"},
	"states":     {"startExecution", "startExecution.sync", "startExecution.sync:2", "startExecution.waitForTaskToken"},
	"batch":      {"submitJob", "submitJob.sync"},
	"ecs":        {"runTask", "runTask.sync", "runTask.waitForTaskToken"},
}

// known reports whether AWS has the integration, as far as this package knows. It is
// documented that calls of AWS's SDK are written in camel case and can't be waited
// for as jobs.
func (r Resource) known() bool {
	if strings.HasPrefix(r.Service, "aws-sdk:") {
		return r.Pattern != RunJob && !(r.Action != "" && 'A' <= r.Action[0] && r.Action[0] <= 'Z')
	}
	actions, ok := optimized[r.Service]
	return !ok || slices.Contains(actions, r.Action)
}
