package jsonpath

import (
	"math"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// An intrinsic is one Intrinsic Function of the specification's Appendix B.
type intrinsic struct {
	name     string
	min, max int // how many arguments it takes; max < 0: any number
	// apply gives the result, or the problem that makes the function fail.
	apply func(env *environment, c *invocation, arguments []any) (result any, problem string)
	// constants looks at the arguments that are written out, when compiling.
	constants func(c *invocation) (problem string)
}

// intrinsics is the list of Appendix B.
var intrinsics = index([]*intrinsic{
	{name: "States.Array", max: -1, apply: array},
	{name: "States.ArrayContains", min: 2, max: 2, apply: arrayContains},
	{name: "States.ArrayGetItem", min: 2, max: 2, apply: arrayGetItem},
	{name: "States.ArrayLength", min: 1, max: 1, apply: arrayLength},
	{name: "States.ArrayPartition", min: 2, max: 2, apply: arrayPartition},
	{name: "States.ArrayRange", min: 3, max: 3, apply: arrayRange},
	{name: "States.ArrayUnique", min: 1, max: 1, apply: arrayUnique},
	{name: "States.Base64Decode", min: 1, max: 1, apply: base64Decode},
	{name: "States.Base64Encode", min: 1, max: 1, apply: base64Encode},
	{name: "States.Format", min: 1, max: -1, apply: formatText, constants: formatConstants},
	{name: "States.Hash", min: 2, max: 2, apply: digest, constants: hashConstants},
	{name: "States.JsonMerge", min: 3, max: 3, apply: jsonMerge},
	{name: "States.JsonToString", min: 1, max: 1, apply: jsonToString},
	{name: "States.MathAdd", min: 2, max: 2, apply: mathAdd, constants: mathConstants},
	{name: "States.MathRandom", min: 2, max: 3, apply: mathRandom},
	{name: "States.StringSplit", min: 2, max: 2, apply: stringSplit},
	{name: "States.StringToJson", min: 1, max: 1, apply: stringToJSON},
	{name: "States.UUID", apply: uuid},
})

func index(list []*intrinsic) map[string]*intrinsic {
	byName := make(map[string]*intrinsic, len(list))
	for _, f := range list {
		byName[f.name] = f
	}
	return byName
}

// check says what is wrong with a call before it runs.
func (f *intrinsic) check(c *invocation) (problem string) {
	n := len(c.arguments)
	if n < f.min || f.max >= 0 && n > f.max {
		wanted := strconv.Itoa(f.min)
		switch {
		case f.max < 0:
			wanted = "at least " + wanted
		case f.max > f.min:
			wanted += " or " + strconv.Itoa(f.max)
		}
		plural := "s"
		if strings.HasSuffix(wanted, "1") {
			plural = ""
		}
		return f.name + " takes " + wanted + " argument" + plural + ", not " + strconv.Itoa(n)
	}
	if f.constants != nil {
		return f.constants(c)
	}
	return ""
}

// integerOf gives the integer that an argument stands for: the nearest one, halves
// going up as in Java's Math.round. It is measured for States.MathAdd (-1.5 is -1,
// -2.5 is -2, 1.5 is 2), documented for States.ArrayRange, States.ArrayPartition and
// States.MathRandom, and a guess for the index of States.ArrayGetItem.
func integerOf(arguments []any, i int) (n int64, problem string) {
	switch v := arguments[i].(type) {
	case int64:
		return v, ""
	case float64:
		down := math.Floor(v)
		if v-down >= 0.5 {
			down++
		}
		if -1<<63 <= down && down < 1<<63 {
			return int64(down), ""
		}
	}
	return 0, typeError(i, arguments[i], "a number of at most 64 bits")
}

func listOf(arguments []any, i int) (list []any, problem string) {
	list, ok := arguments[i].([]any)
	if !ok {
		return nil, typeError(i, arguments[i], "an array")
	}
	return list, ""
}

func stringOf(arguments []any, i int) (s string, problem string) {
	s, ok := arguments[i].(string)
	if !ok {
		return "", typeError(i, arguments[i], "a string")
	}
	return s, ""
}

func objectOf(arguments []any, i int) (o *value.Object, problem string) {
	o, ok := arguments[i].(*value.Object)
	if !ok {
		return nil, typeError(i, arguments[i], "an object")
	}
	return o, ""
}
