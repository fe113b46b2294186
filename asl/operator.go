package asl

import "strings"

// An operandType is what a choice operator compares.
type operandType uint8

const (
	stringOperand operandType = iota
	patternOperand
	numericOperand
	booleanOperand
	timestampOperand
)

// An operatorField is a comparison as a field of a Choice Rule.
type operatorField struct {
	operator Operator
	operand  operandType
	path     bool // the operand is a Path
}

func (o operatorField) shape() shape {
	switch {
	case o.path:
		return pathShape
	case o.operand == numericOperand:
		return numberShape
	case o.operand == booleanOperand:
		return flagShape
	case o.operand == timestampOperand:
		return timeShape
	}
	return textShape
}

// operatorNames are the operators' names, without Path.
var operatorNames = [...]string{
	StringEquals:               "StringEquals",
	StringLessThan:             "StringLessThan",
	StringGreaterThan:          "StringGreaterThan",
	StringLessThanEquals:       "StringLessThanEquals",
	StringGreaterThanEquals:    "StringGreaterThanEquals",
	StringMatches:              "StringMatches",
	NumericEquals:              "NumericEquals",
	NumericLessThan:            "NumericLessThan",
	NumericGreaterThan:         "NumericGreaterThan",
	NumericLessThanEquals:      "NumericLessThanEquals",
	NumericGreaterThanEquals:   "NumericGreaterThanEquals",
	BooleanEquals:              "BooleanEquals",
	TimestampEquals:            "TimestampEquals",
	TimestampLessThan:          "TimestampLessThan",
	TimestampGreaterThan:       "TimestampGreaterThan",
	TimestampLessThanEquals:    "TimestampLessThanEquals",
	TimestampGreaterThanEquals: "TimestampGreaterThanEquals",
	IsNull:                     "IsNull",
	IsPresent:                  "IsPresent",
	IsNumeric:                  "IsNumeric",
	IsString:                   "IsString",
	IsBoolean:                  "IsBoolean",
	IsTimestamp:                "IsTimestamp",
}

// String returns the operator's name without Path, "" for the zero value and for
// values that are no operator.
func (o Operator) String() string {
	if int(o) < len(operatorNames) {
		return operatorNames[o]
	}
	return ""
}

// operators holds all 39 comparisons by their field names.
var operators = func() map[string]operatorField {
	all := make(map[string]operatorField, 39)
	for i, name := range operatorNames {
		o := operatorField{operator: Operator(i)}
		switch {
		case name == "":
			continue
		case name == "StringMatches":
			o.operand = patternOperand
		case strings.HasPrefix(name, "Numeric"):
			o.operand = numericOperand
		case strings.HasPrefix(name, "Boolean"), strings.HasPrefix(name, "Is"):
			o.operand = booleanOperand
		case strings.HasPrefix(name, "Timestamp"):
			o.operand = timestampOperand
		}
		all[name] = o
		if o.operand != patternOperand && !strings.HasPrefix(name, "Is") {
			o.path = true
			all[name+"Path"] = o
		}
	}
	return all
}()
