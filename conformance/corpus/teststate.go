package corpus

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A StateTester is a [conformance.Driver] that also tests single states, as AWS's TestState
// does.
type StateTester interface {
	conformance.Driver
	// TestState answers a request in every way in which the driver tests states. Request and
	// answers have the members that they have on the wire, where JSON is in texts; what AWS
	// refuses is answered as {"exception": {"code", "message"}}. work is what the task of a
	// state without a mock comes to.
	TestState(request *value.Object, work any) (answers []*value.Object, err error)
}

// A StateTest is a test of one state. Its JSON form has name, the members of a TestState
// request (definition, input, variables and context are JSON in it, and not texts) and expect:
// the answer, with JSON in place of its texts, or {"exception": {"code", "message"}}. What the
// task of a state without a mock comes to is the member task, or else what is expected as its
// result.
type StateTest struct {
	Name string
	// Request is the request, as it is sent.
	Request *value.Object
	// Work is what a task without a mock comes to.
	Work any
	// Expect is the answer.
	Expect *value.Object
}

// requested are the members of a request that are sent as they stand in a case.
var requested = []string{"roleArn", "inspectionLevel", "revealSecrets", "stateName", "mock", "stateConfiguration"}

// texts are the members of a request, and of an answer, that are JSON in a text.
var (
	requestTexts = []string{"input", "variables", "context"}
	answerTexts  = []string{"output"}
	// inspectionTexts are those of the answer's inspectionData.
	inspectionTexts = []string{
		"input", "afterInputPath", "afterParameters", "afterArguments", "result", "afterResultSelector", "afterResultPath", "variables",
		"afterItemsPath", "afterItemsPointer", "afterItemSelector", "afterItemBatcher",
	}
)

func decodeStateTest(text []byte, dir string) (Test, error) {
	var raw struct {
		Name       string          `json:"name"`
		Definition json.RawMessage `json:"definition"`
		Doubtful   bool            `json:"doubtful"`
		Expect     casefile.Field  `json:"expect"`
		Task       casefile.Field  `json:"task"`

		// What the request has is taken from the text as it is.
		Input              casefile.Field `json:"input"`
		Variables          casefile.Field `json:"variables"`
		Context            casefile.Field `json:"context"`
		StateName          casefile.Field `json:"stateName"`
		RoleArn            casefile.Field `json:"roleArn"`
		InspectionLevel    casefile.Field `json:"inspectionLevel"`
		RevealSecrets      casefile.Field `json:"revealSecrets"`
		Mock               casefile.Field `json:"mock"`
		StateConfiguration casefile.Field `json:"stateConfiguration"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	c := &StateTest{Name: raw.Name}
	var ok bool
	if c.Expect, ok = raw.Expect.Value.(*value.Object); !ok {
		return Test{}, fmt.Errorf(`%s: "expect" is no object`, c.Name)
	}
	definition, err := casefile.Definition(raw.Definition, "", dir)
	if err != nil {
		return Test{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	v, err := value.Parse(text)
	if err != nil {
		return Test{}, err
	}
	given := v.(*value.Object)
	request := value.NewObject(value.Member{Key: "definition", Value: definition})
	for _, name := range requested {
		if v, ok := given.Get(name); ok {
			request = request.With(name, v)
		}
	}
	for _, name := range requestTexts {
		if v, ok := given.Get(name); ok {
			request = request.With(name, value.String(v))
		}
	}
	c.Request, c.Work = request, raw.Task.Value
	if _, ok := given.Get("task"); !ok {
		c.Work = expectedResult(c.Expect)
	}
	return Test{Name: c.Name, Doubtful: raw.Doubtful, run: c.Run}, nil
}

// expectedResult is what a recording shows of the task's result; its output, for want of
// anything better.
func expectedResult(expect *value.Object) any {
	v, _ := expect.Get("inspectionData")
	if o, ok := v.(*value.Object); ok {
		if result, ok := o.Get("result"); ok {
			return result
		}
	}
	v, _ = expect.Get("output")
	return v
}

// Run tests the state and compares the answer with what was expected. The error is nil, a
// [*conformance.Difference], or says that the driver is no [StateTester].
func (c *StateTest) Run(d conformance.Driver) error {
	tester, ok := d.(StateTester)
	if !ok {
		return errors.New("this driver tests no single states: run the case on an engine")
	}
	answers, err := tester.TestState(c.Request, c.Work)
	if err != nil {
		return err
	}
	for _, answer := range answers {
		if err := c.compare(answer); err != nil {
			return err
		}
	}
	return nil
}

// compare compares an answer with what was expected.
func (c *StateTest) compare(answer *value.Object) error {
	answer, err := parsed(answer, answerTexts)
	if err != nil {
		return err
	}
	if v, ok := answer.Get("inspectionData"); ok {
		o, _ := v.(*value.Object)
		if o, err = parsed(o, inspectionTexts); err != nil {
			return err
		}
		answer = answer.With("inspectionData", o)
	}
	if d := conformance.Match(c.Expect, answer); d != nil {
		return d
	}
	return nil
}

// parsed returns an object with JSON in place of the texts that some members are.
func parsed(o *value.Object, names []string) (*value.Object, error) {
	for _, name := range names {
		v, ok := o.Get(name)
		if !ok {
			continue
		}
		text, _ := v.(string)
		v, err := value.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the answer's %s is no JSON text: %w", name, err)
		}
		o = o.With(name, v)
	}
	return o, nil
}
