package asl

import (
	"strings"
	"unicode/utf8"
)

// maxLabel is the longest Label of a Map state, in characters.
const maxLabel = 40

func (r *stateReader) readMap() *Map {
	parameters := "ItemSelector"
	if !r.has(parameters) {
		parameters = "Parameters"
	}
	s := &Map{
		node: r.node, Flow: r.readFlow("", "", resultSeen),
		Items:                      r.readItems(),
		ItemSelector:               r.shape(parameters, "ItemSelector"),
		MaxConcurrency:             r.seconds("MaxConcurrency"),
		ToleratedFailureCount:      r.seconds("ToleratedFailureCount"),
		ToleratedFailurePercentage: r.seconds("ToleratedFailurePercentage"),
		Label:                      r.fields.text("Label"),
	}
	r.readTransition(&s.Transition)
	s.Retry, s.Catch = r.readRetry(), r.readCatch()
	if at := r.get("Label"); at != nil {
		r.checkLabel(at)
	}
	processor := r.get("ItemProcessor")
	if processor == nil {
		processor = r.get("Iterator")
	}
	if processor == nil {
		return s
	}
	if f := r.check(processor, inProcessor, r.machine.QueryLanguage); f != nil {
		r.checkDistributed(r.checkMode(f))
		s.Processor = r.readGraph(f, r.scope, r.vertex, s, 0).Graph
	}
	return s
}

// checkMode reads a ProcessorConfig and reports whether its mode is DISTRIBUTED.
func (r *stateReader) checkMode(processor *fields) (distributed bool) {
	at := processor.get("ProcessorConfig")
	if at == nil {
		return false
	}
	config := r.check(at, inProcessorConfig, r.machine.QueryLanguage)
	mode := config.get("Mode")
	distributed = mode != nil && mode.text == "DISTRIBUTED"
	switch {
	case distributed && !config.has("ExecutionType"):
		r.fail(at, "These fields are required: [ExecutionType]")
	case !distributed && config.has("ExecutionType") && (mode != nil || !config.has("Mode")):
		e := config.member(config.find("ExecutionType"))
		d := r.fail(e, "Field 'ExecutionType' is not supported")
		d.Location, d.offset = config.location(), e.at
	}
	if distributed {
		r.report(Error, UnsupportedFeature, mode, "A Map state in the mode DISTRIBUTED is not supported in this release; INLINE is")
	}
	return distributed
}

// checkDistributed checks the fields that only the distributed mode has.
func (r *stateReader) checkDistributed(distributed bool) {
	for _, part := range []struct {
		name string
		in   owner
	}{{"ItemReader", inItemReader}, {"ItemBatcher", inItemBatcher}, {"ResultWriter", inResultWriter}} {
		at := r.get(part.name)
		if at == nil {
			continue
		}
		f := r.check(at, part.in, r.language)
		if config := f.get("ReaderConfig"); config != nil {
			reader := r.check(config, inReaderConfig, r.language)
			r.queries(reader)
			r.references(reader)
		}
		if part.in == inResultWriter && !f.has("Resource") && !f.has("WriterConfig") {
			// A writer without a Resource formats the results and stores nothing (documented).
			r.fail(at, "These fields are required: [Resource]")
		}
		r.template(f, "Parameters")
		r.queries(f)
		r.references(f)
		if !distributed {
			d := r.fail(at, "Field '%s' is not supported", part.name)
			d.Location, d.offset = r.location(), at.at
			d.Detail = "it needs a ProcessorConfig with the mode DISTRIBUTED"
		}
	}
}

// checkLabel checks a Map state's Label. The rules are documented. Of AWS's wording the
// codes are known, how the text for a long Label ends, and the text for two equal ones; the
// rest is guessed after those for the names of states.
func (r *stateReader) checkLabel(at *place) {
	report := func(code Code, format string, args ...any) {
		r.report(Error, code, at, format, args...)
	}
	switch n := utf8.RuneCountInString(at.text); {
	case n == 0:
		report(InvalidLabelName, "Invalid Label name: it is empty")
	case n > maxLabel:
		report(InvalidLabelName, "Invalid Label name: Label '%s' exceeds the %d-character limit allowed by the service", at.text, maxLabel)
	case strings.ContainsFunc(at.text, forbiddenInLabel):
		report(InvalidLabelName, "Invalid Label name: Label '%s' contains invalid characters", at.text)
	}
	if r.labels[at.text] {
		report(DuplicateLabelName, "Duplicate Label name: %s", at.text)
	}
	r.labels[at.text] = true
}

// forbiddenInLabel reports whether a Label may not hold a character: white
// space, brackets, wildcards, punctuation that ARNs use, and control characters.
func forbiddenInLabel(c rune) bool {
	return c <= ' ' || 0x7f <= c && c <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", c)
}
