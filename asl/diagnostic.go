package asl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Severity says whether a definition with such a problem can run.
type Severity string

// The severities, as AWS prints them.
const (
	// Error problems make a definition unusable.
	Error Severity = "ERROR"
	// Warning problems leave it usable, though hardly as it was meant.
	Warning Severity = "WARNING"
	// Note problems are none: they say what one may want to know. AWS has none of them.
	Note Severity = "NOTE"
)

// A Code names a kind of problem. It is stable: tools may switch on it.
type Code string

// The codes that AWS gives, too.
const (
	InvalidJSON             Code = "INVALID_JSON_DESCRIPTION"
	MissingDescription      Code = "MISSING_DESCRIPTION"
	SchemaValidationFailed  Code = "SCHEMA_VALIDATION_FAILED"
	MissingTransitionTarget Code = "MISSING_TRANSITION_TARGET"
	MissingEndState         Code = "MISSING_END_STATE"
	DuplicateStateName      Code = "DUPLICATE_STATE_NAME"
	InvalidStateName        Code = "INVALID_STATE_NAME"
	DuplicateLabelName      Code = "DUPLICATE_LABEL_NAME"
	InvalidLabelName        Code = "INVALID_LABEL_NAME"
	ReservedVariableName    Code = "RESERVED_VARIABLE_NAME"
	InvalidVariableName     Code = "INVALID_VARIABLE_NAME"
	// DuplicateVariableName marks a variable that an inner scope assigns although a state
	// of an outer scope may have assigned one of the same name by then (the code is
	// reported as measured).
	DuplicateVariableName Code = "DUPLICATE_VARIABLE_NAME"
	// DuplicateFieldName marks a template with both "x" and "x.$" (that AWS
	// refuses it is documented; the code is not measured).
	DuplicateFieldName Code = "DUPLICATE_FIELD_NAME"

	// InvalidJSONata marks a JSONata expression with a mistake in its syntax, or one
	// that is not closed.
	InvalidJSONata Code = "INVALID_JSONATA_EXPRESSION"
	// UnsupportedJSONata marks a JSONata expression that reaches for what it cannot
	// have: an input of its own, or a field of $states that is not there.
	UnsupportedJSONata Code = "UNSUPPORTED_JSONATA_EXPRESSION"

	// NoDollar warns of a template field whose value looks like a path while
	// its name lacks the ".$" that would make it one.
	NoDollar Code = "NO_DOLLAR"
	// NoPath warns of a literal that looks like a path while its field's name
	// lacks the "Path" that would make it one.
	NoPath Code = "NO_PATH"
	// PassResultIsStatic warns of a path in a Pass state's Result, which is
	// never evaluated.
	PassResultIsStatic Code = "PASS_RESULT_IS_STATIC"
)

// The codes that are this package's own: AWS either has another limit or says
// nothing of the kind.
const (
	// UnsupportedFeature marks a part of the language that this release cannot
	// run although AWS can.
	UnsupportedFeature Code = "UNSUPPORTED_FEATURE"
	// DefinitionTooLarge marks a definition over [MaxDefinitionSize].
	DefinitionTooLarge Code = "DEFINITION_TOO_LARGE"
	// DuplicateField marks a JSON object with two fields of one name.
	DuplicateField Code = "DUPLICATE_FIELD"
	// UnknownVariable warns of a reference to a variable that no state in reach
	// assigns.
	UnknownVariable Code = "UNKNOWN_VARIABLE"
	// DoubtfulJSONata warns of a string that looks like a JSONata expression and is
	// none, and of an expression that cannot find anything.
	DoubtfulJSONata Code = "DOUBTFUL_JSONATA_EXPRESSION"
	// DoubtfulArgument warns of an argument of an Intrinsic Function that is not in the
	// range that AWS documents, and of arguments that AWS may miss.
	DoubtfulArgument Code = "DOUBTFUL_ARGUMENT"
	// DoubtfulField warns of what AWS accepts although it cannot do what it says: an
	// object as the Items of an inline Map, a variable named like a function.
	DoubtfulField Code = "DOUBTFUL_FIELD"
	// DoubtfulPath warns of a path that AWS may refuse where it stands.
	DoubtfulPath Code = "DOUBTFUL_PATH"
	// UnmadeSubstitution warns of an expression that holds a ${Name} for which a tool was
	// to put in a value. AWS refuses the expression as it stands.
	UnmadeSubstitution Code = "UNMADE_SUBSTITUTION"
	// EndlessGraph warns of a branch or item processor without a terminal state,
	// and of a state from which no path leads to an end.
	EndlessGraph Code = "ENDLESS_GRAPH"
	// UnknownErrorName warns of a misspelt error name of those that begin with
	// "States.", and of one that no failure has.
	UnknownErrorName Code = "UNKNOWN_ERROR_NAME"
	// MissingHandler marks a Compensate that names no state beside its own.
	MissingHandler Code = "MISSING_HANDLER"
	// InvalidHandler marks a handler that cannot be one: a state of another type,
	// one that a transition leads to, or one with a field that handlers have not.
	InvalidHandler Code = "INVALID_HANDLER"
	// UnreadableDefinition marks a state machine of a template that has its definition
	// elsewhere, where it can't be read.
	UnreadableDefinition Code = "UNREADABLE_DEFINITION"
	// InvalidTemplate marks what is wrong with a template around a definition.
	InvalidTemplate Code = "INVALID_TEMPLATE"
	// AssumedValue notes a value that stands for one that can't be known.
	AssumedValue Code = "ASSUMED_VALUE"
	// DoubtfulYAML warns of a word that YAML 1.1 takes for a boolean: Yes, off.
	DoubtfulYAML Code = "DOUBTFUL_YAML"
	// CannotExport marks what package export cannot write in the plain language, and
	// ExportDiffers warns of what that will not do as the machine does.
	CannotExport  Code = "CANNOT_EXPORT"
	ExportDiffers Code = "EXPORT_DIFFERS"
)

// aws reports whether AWS has the code.
func (c Code) aws() bool {
	switch c {
	case UnsupportedFeature, DefinitionTooLarge, DuplicateField, UnknownVariable, DoubtfulJSONata, DoubtfulArgument, DoubtfulField, DoubtfulPath, UnmadeSubstitution, EndlessGraph, UnknownErrorName,
		MissingHandler, InvalidHandler, CannotExport, ExportDiffers, UnreadableDefinition, InvalidTemplate, AssumedValue, DoubtfulYAML:
		return false
	}
	return true
}

// A Diagnostic is one problem of a definition.
type Diagnostic struct {
	Severity Severity
	Code     Code
	// Message says what is wrong; in AWS's words where those are known.
	Message string
	// Detail adds what AWS's wording leaves out; it is empty when Message says
	// everything.
	Detail string
	// Pointer is the place in the definition, an RFC 6901 pointer: "" is the
	// whole, "/States/Ship/Next" a field. It names the field that is wrong, or
	// the object that lacks one.
	Pointer string
	// Line and Column are the place in the text, counted from 1; columns are
	// characters. For a mistake in an expression they point into the string.
	Line, Column int
	// Range is what of the text it is about, and begins at Line and Column: the field's name,
	// the value, in an expression the rest of it. Of an object or a list it is the sign that
	// opens it.
	Range Range
	// Fixes are changes of the text that may mend it, the best one first; there are none where
	// nothing can be guessed, and beyond the first 200 diagnostics.
	Fixes []Fix
	// Suggestion is what was probably meant: the nearest name, ready to be put
	// in place of the one written. It is empty when nothing is near.
	Suggestion string
	// Location is the place as AWS prints it, which names the surrounding
	// object rather than the field more often than Pointer does and counts
	// array elements in brackets: "/States/C/Choices[0]". It is empty where AWS
	// gives none.
	Location string

	offset int
	until  int // where it ends in the text; 0 when that follows from offset
	lead   int // the offset of what AWS reports it with, if that is not offset
	stage  stage
	aws    string // AWS's own Message, where it is no text for people
	target string // the name that a dangling transition leads to

	// See fix.go.
	surplus []string // fields of which there should be one
	written string   // what stands at offset and Suggestion is for, where that is a part of a text
	instead string   // what belongs there, if that is more than Suggestion

	// See consequence.go.
	at        *place
	need      need        // what is lacking
	misplaced bool        // the field can't be here, or not under this name
	caused    Diagnostics // what else AWS reports because of it
}

// A stage is the step of AWS's validation that finds a problem. AWS reports
// them in this order, while we sort by position.
type stage uint8

const (
	schemaStage stage = iota
	transitionStage
	reachabilityStage
)

// String gives the diagnostic on one line, with its place and suggestion.
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", d.Line, d.Column)
	}
	if d.Severity != Error {
		b.WriteString(strings.ToLower(string(d.Severity)) + ": ")
	}
	fmt.Fprintf(&b, "%s: %s", d.Code, d.Message)
	if d.Detail != "" {
		fmt.Fprintf(&b, " (%s)", d.Detail)
	}
	if d.Pointer != "" {
		fmt.Fprintf(&b, " at %s", d.Pointer)
	}
	if d.Suggestion != "" {
		fmt.Fprintf(&b, "; did you mean %q?", d.Suggestion)
	}
	return b.String()
}

// Diagnostics are the problems of a definition, in the order of their places in
// the text.
type Diagnostics []Diagnostic

// Err returns nil when no diagnostic is an [Error], else an
// *[InvalidDefinitionError] that holds all of them, warnings included.
func (ds Diagnostics) Err() error {
	if !slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error }) {
		return nil
	}
	return &InvalidDefinitionError{Diagnostics: ds}
}

// AWS returns what AWS would report of these, in AWS's order: its errors,
// without warnings and without the codes that are our own. It is empty when AWS
// would accept the definition, even if this package does not. AWS looks at the
// transitions only once the fields are right, and so does this list.
//
// The list is what ValidateStateMachineDefinition calls diagnostics; its result
// is OK when the list is empty, else FAIL.
func (ds Diagnostics) AWS() Diagnostics {
	var reported Diagnostics
	for _, d := range ds {
		caused := d.caused
		d.caused = nil
		for _, d := range append(Diagnostics{d}, caused...) {
			if d.Severity == Error && d.Code.aws() {
				d.Message = cmp.Or(d.aws, d.Message)
				reported = append(reported, d)
			}
		}
	}
	slices.SortStableFunc(reported, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(cmp.Or(a.lead, a.offset), cmp.Or(b.lead, b.offset)))
	})
	if len(reported) > 0 && reported[0].stage == schemaStage {
		reported = slices.DeleteFunc(reported, func(d Diagnostic) bool { return d.stage != schemaStage })
	}
	return reported
}

// AWSMessage returns the message with which AWS's CreateStateMachine refuses
// the definition, "" when AWS would accept it:
//
//	Invalid State Machine Definition: '<code>: <message> at <location>, ...'
func (ds Diagnostics) AWSMessage() string {
	reported := ds.AWS()
	if len(reported) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Invalid State Machine Definition: '")
	for i, d := range reported {
		if i > 0 {
			b.WriteString(", ")
		}
		// A missing place reads "null" (reported as measured on AWS for
		// MISSING_END_STATE).
		fmt.Fprintf(&b, "%s: %s at %s", d.Code, d.Message, cmp.Or(d.Location, "null"))
	}
	b.WriteString("'")
	return b.String()
}

// sort puts the diagnostics in the order of the text; equal places keep the
// order in which they were found.
func (ds Diagnostics) sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int { return cmp.Compare(a.offset, b.offset) })
}

// An InvalidDefinitionError says why a definition cannot be used.
type InvalidDefinitionError struct {
	// Diagnostics holds every problem found, at least one of them an [Error].
	Diagnostics Diagnostics
}

// Error gives the first error with its place, and how many more there are.
func (e *InvalidDefinitionError) Error() string {
	ds := e.Diagnostics
	var first *Diagnostic
	more := 0
	for i := range ds {
		switch {
		case ds[i].Severity != Error:
		case first == nil:
			first = &ds[i]
		default:
			more++
		}
	}
	switch {
	case first == nil:
		return "asl: invalid definition"
	case more == 0:
		return "asl: " + first.String()
	default:
		return fmt.Sprintf("asl: %s (and %d more)", first, more)
	}
}
