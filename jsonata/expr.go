package jsonata

import (
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/asl/chance"
)

// An Expr is a compiled expression. It never changes: any number of goroutines
// may evaluate it at the same time.
type Expr struct {
	text       string
	lib        *library
	root       node
	scope      *scope // of the variables bound outside any block
	references []Reference
}

// A Language says which JSONata an expression is written in. Its zero value is
// the current language, 2.2.2, with all its functions.
type Language struct {
	// Classic is the language of 2.0.6, which lacks the operators ?: and ??.
	Classic bool
	// AWS is the language of AWS Step Functions: the classic one without $eval, with
	// ExtraFunctions, and with what the Java implementation there does otherwise than
	// the reference. It writes numbers and control characters in its own way in $string
	// and &, has base64 of UTF-8, decodes URLs as HTML forms, takes ASCII alone for white
	// space in regular expressions, and drops fractions of the limits of $match, $replace
	// and $split. What is known of it was measured by one person each.
	AWS bool
	// Without has the names of functions that do not exist, such as "eval".
	Without []string
	// Functions are added to those of the language, or replace them.
	Functions []Extension
}

// Compile reads an expression in the current language. The error is an *Error.
func Compile(text string) (*Expr, error) { return Language{}.Compile(text) }

// Compile reads an expression. The error is an *Error, also for an extension
// whose signature is malformed.
func (l Language) Compile(text string) (*Expr, error) {
	lib, err := l.library()
	if err != nil {
		return nil, err
	}
	return lib.compile(text, nil)
}

// String gives the text that was compiled.
func (e *Expr) String() string { return e.text }

// A Reference is a place where an expression reaches for something from
// outside: a member of its input, the input itself, or a variable that it does
// not bind.
type Reference struct {
	Variable bool     // $Name, as opposed to a member of the input
	Name     string   // "$" and "$$" for the input itself
	Fields   []string // of a variable: the names that follow, as in $Name.a.b
	Position int      // bytes from the start of the text to just past the name
}

// References ranges over what the expression reaches for outside itself, in the
// order of the text. Functions of the language are not among it.
func (e *Expr) References() iter.Seq[Reference] { return slices.Values(e.references) }

// Variables gives an expression the values of $name. The names are without the
// $; a variable hides a function of the same name.
type Variables interface {
	Variable(name string) (v any, ok bool)
}

// Bindings are variables held in a map.
type Bindings map[string]any

// Variable gives the value bound to name.
func (b Bindings) Variable(name string) (any, bool) {
	v, ok := b[name]
	return v, ok
}

// An Environment is all that an evaluation can reach besides its input. The
// zero value is usable: no variables, the default budget, the time 1970 and the
// same random numbers every time.
type Environment struct {
	Variables Variables
	Now       time.Time     // what $now and $millis say, and what $toMillis fills in
	Random    func() uint64 // the next number of the caller's stream, all 64 bits random
	Budget    Budget
	// Total bounds the results of several evaluations together, in bytes as in
	// [Budget]'s Result: each takes its own size away from it. Nil bounds nothing.
	Total *int
}

// Eval evaluates the expression over a value, as package value describes them,
// or over Undefined where there is no input.
// ok is false when the expression yields nothing; a JSON null is (nil, true,
// nil). The result is a value too, except that it may be or contain a
// [Function]; see [HasFunction]. A number that JSON cannot hold is the text
// "Infinity", "-Infinity" or "NaN" in it. The error is an *Error.
func (e *Expr) Eval(input any, env Environment) (v any, ok bool, err error) {
	if path, simple := e.root.(*pathNode); simple && path.plain {
		// A chain of names needs nothing of the environment.
		if v, ok, done := path.follow(input); done && env.Total == nil {
			return v, ok, nil
		}
	}
	ev := evaluations.Get().(*evaluation)
	ev.begin(e, input, env)
	v, err = ev.run(e, input)
	ev.end()
	if err != nil {
		if e, is := err.(*Error); is {
			err = e.settle()
		}
		return nil, false, err
	}
	if !defined(v) {
		return nil, false, nil
	}
	return v, true, nil
}

// An evaluation is one run of an expression. It belongs to one goroutine.
type evaluation struct {
	env       Environment
	lib       *library
	input     any
	left      Budget
	depth     int // of the function that is running: how many expressions stand around it
	maxDepth  int
	nested    int   // calls that Go makes within one another
	built     int   // lists and objects made
	marked    bool  // a marked array was stored inside another value
	irregular bool  // a number came up that JSON cannot hold
	args      []any // of the calls going on
	pile      []any // items that the paths going on have collected
	tail      tailCall
	stream    chance.Stream // the built-in one
	pictures  map[string]*datePicture
	patterns  map[*pattern]*pattern // written out
}

var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

func (ev *evaluation) begin(e *Expr, input any, env Environment) {
	ev.env, ev.lib, ev.input = env, e.lib, input
	ev.left = env.Budget.withDefaults()
	ev.maxDepth = ev.left.Depth
}

func (ev *evaluation) end() {
	*ev = evaluation{args: emptied(ev.args), pile: emptied(ev.pile)}
	evaluations.Put(ev)
}

// emptied clears a stack for the next evaluation, and drops one grown large.
func emptied(stack []any) []any {
	if cap(stack) > 1024 {
		return nil
	}
	clear(stack[:cap(stack)])
	return stack[:0]
}

func (ev *evaluation) run(e *Expr, input any) (any, error) {
	if isList(input) {
		input = &array{items: []any{input}, sequence: true, outer: true}
	}
	var env *frame
	if e.scope.size > 0 {
		env = newFrame(e.scope, nil)
	}
	v, err := e.root.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	return ev.finish(v)
}

// random gives 64 random bits.
func (ev *evaluation) random() uint64 {
	if ev.env.Random != nil {
		return ev.env.Random()
	}
	return ev.stream.Next() // so that an environment without a stream is still repeatable
}

// fraction gives a random number from 0 up to but not including 1.
func (ev *evaluation) fraction() float64 { return chance.Fraction(ev.random()) }

// A node is a compiled expression that evaluates. The set of kinds is closed.
type node interface {
	// eval gives the node's value for one item of input; where it yields
	// nothing, Undefined.
	eval(ev *evaluation, input any, env *frame) (any, error)
}
