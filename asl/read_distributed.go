package asl

import "strings"

// This file checks what a Map state's distributed mode has, by AWS's rules. The mode itself
// is refused last, in refuseDistributed: this release cannot run it.

// distributedMode checks a ProcessorConfig and returns the field that says DISTRIBUTED, nil
// for an inline Map state.
func (r *stateReader) distributedMode(processor *fields) *place {
	at := processor.get("ProcessorConfig")
	if at == nil {
		return nil
	}
	config := r.check(at, inProcessorConfig, r.machine.QueryLanguage)
	mode := config.get("Mode")
	distributed := mode != nil && mode.text == "DISTRIBUTED"
	switch {
	case distributed && !config.has("ExecutionType"):
		r.fail(at, "These fields are required: [ExecutionType]")
	case !distributed && config.has("ExecutionType") && (mode != nil || !config.has("Mode")):
		r.unsupported(config, config.member(config.find("ExecutionType")))
	}
	if !distributed {
		return nil
	}
	r.refuseInExpress(mode, "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines")
	return mode
}

// refuseDistributed refuses the mode, which nothing here can run.
func (r *stateReader) refuseDistributed(mode *place) {
	if mode != nil {
		r.report(Error, UnsupportedFeature, mode, "A Map state in the mode DISTRIBUTED is not supported in this release; INLINE is")
	}
}

// checkDistributed checks the fields that only the distributed mode has; mode is nil in the
// inline mode.
func (r *stateReader) checkDistributed(mode *place) {
	r.checkReader(r.part("ItemReader", inItemReader, mode))
	r.part("ItemBatcher", inItemBatcher, mode)
	r.checkWriter(r.part("ResultWriter", inResultWriter, mode))
	if items := r.get("Items"); mode == nil && items != nil && items.kind == objectKind {
		// Recorded on AWS: an object fails inline. Its documentation has since come to say
		// that ItemsPath takes one.
		r.warn(DoubtfulField, items, "An object as Items fails when it runs; only the distributed mode takes one")
	}
}

// part checks an object with fields of the distributed mode, nil when there is none. That
// AWS accepts an ItemReader in the inline mode, and fails when it runs, is reported by one
// person; of the other two nothing is known.
func (r *stateReader) part(name string, in owner, mode *place) *fields {
	at := r.get(name)
	if at == nil {
		return nil
	}
	if mode == nil {
		d := r.report(Error, UnsupportedFeature, at, "A Map state in the mode INLINE cannot run with '%s'", name)
		d.offset, d.Detail = at.at, "it needs a ProcessorConfig with the mode DISTRIBUTED"
	}
	f := r.check(at, in, r.language)
	r.template(f, "Parameters")
	r.queries(f)
	r.references(f)
	return f
}

// readerResources and writerResources are what the two fields may name, without the
// partition.
var (
	readerResources = []string{":states:::s3:getObject", ":states:::s3:listObjectsV2"}
	writerResources = []string{":states:::s3:putObject"}
)

// checkIO checks the Resource of an ItemReader or ResultWriter. The text is reported for the
// reader's, and taken for the writer's.
func (r *stateReader) checkIO(f *fields, allowed []string) {
	at := f.get("Resource")
	if at == nil {
		return
	}
	for _, resource := range allowed {
		if strings.HasPrefix(at.text, "arn:") && strings.HasSuffix(at.text, resource) {
			return
		}
	}
	r.fail(at, "The field 'Resource' does not match any of the allowed values")
}

func (r *stateReader) checkReader(f *fields) {
	if f == nil {
		return
	}
	r.checkIO(f, readerResources)
	at := f.get("ReaderConfig")
	if at == nil {
		return
	}
	config := r.check(at, inReaderConfig, r.language)
	r.queries(config)
	r.references(config)
	location := config.find("CSVHeaderLocation")
	switch input := config.text("InputType"); {
	case input == "CSV" && location == nil:
		r.fail(at, "The field 'CSVHeaderLocation' is required")
	case input == "JSON" && location != nil:
		r.unsupported(config, config.member(location))
	}
	if config.text("CSVHeaderLocation") == "GIVEN" && !config.has("CSVHeaders") {
		r.fail(at, "These fields are required: [CSVHeaders]")
	}
}

// checkWriter checks a ResultWriter. An empty one is accepted and fails when it runs; a
// WriterConfig alone formats the results and stores nothing.
func (r *stateReader) checkWriter(f *fields) {
	if f == nil {
		return
	}
	r.checkIO(f, writerResources)
	if config := f.get("WriterConfig"); config != nil {
		r.check(config, inWriterConfig, r.language)
	}
	name := r.argumentsField()
	arguments := f.get(name)
	switch {
	case f.has("Resource") && !f.has(name):
		// Reported for Arguments, and taken for Parameters.
		r.fail(f.place, "These fields are required: [%s]", name)
	case r.language == JSONata && arguments != nil && arguments.kind == objectKind && !arguments.has("Prefix"):
		r.warn(DoubtfulArgument, arguments, "AWS may miss 'Prefix' here") // reported by one person
	}
}

// unsupported reports a field that an object may not have here.
func (r *reader) unsupported(f *fields, at *place) {
	d := r.fail(at, "Field '%s' is not supported", at.key)
	d.Location, d.offset = f.location(), at.at
}
