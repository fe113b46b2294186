package corpus

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
)

// machineOf gives a machine that consists of a Choice state and a Succeed state
// for each name that it may go to.
func machineOf(choice *value.Object) string {
	const start = "the choice"
	var all value.Builder
	all.Set(start, choice)
	target := func(name any) {
		if name, ok := name.(string); ok && name != start {
			all.Set(name, value.NewObject(value.Member{Key: "Type", Value: "Succeed"}))
		}
	}
	if rules, ok := choice.Get("Choices"); ok {
		rules, _ := rules.([]any)
		for _, rule := range rules {
			if rule, ok := rule.(*value.Object); ok {
				next, _ := rule.Get("Next")
				target(next)
			}
		}
	}
	fallback, _ := choice.Get("Default")
	target(fallback)
	return value.String(value.NewObject(
		value.Member{Key: "StartAt", Value: start},
		value.Member{Key: "States", Value: all.Object()},
	))
}

// follow runs the machine of a Choice state and returns the name of the state
// that it went to.
func follow(c *conformance.Case, d conformance.Driver) (string, error) {
	x, err := c.Execute(d)
	if err != nil {
		return "", err
	}
	if x.Status != states.StatusSucceeded {
		return "", fmt.Errorf("%s: %s", x.Failure.Error, x.Failure.Cause)
	}
	for _, event := range x.History {
		if details, ok := event.Details.(*states.EnteredDetails); ok && event.Type == states.SucceedStateEntered {
			return details.Name, nil
		}
	}
	return "", errors.New("no state followed")
}
