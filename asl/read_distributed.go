package asl

import "strings"

// This file reads what a Map state's distributed mode has, by AWS's rules.

// readMode reads a ProcessorConfig and returns what will be the state's Distributed, nil for
// an inline Map state.
func (r *stateReader) readMode(processor *fields) *Distributed {
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
	return &Distributed{Express: config.text("ExecutionType") == "EXPRESS"}
}

// readDistributed reads the fields that only the distributed mode has; d is nil in the
// inline mode, which refuses them.
func (r *stateReader) readDistributed(d *Distributed) {
	reader := r.readReader(r.part("ItemReader", inItemReader, d))
	batcher := r.readBatcher(r.part("ItemBatcher", inItemBatcher, d))
	writer := r.readWriter(r.part("ResultWriter", inResultWriter, d))
	if d != nil {
		d.Reader, d.Batcher, d.Writer = reader, batcher, writer
		return
	}
	if items := r.get("Items"); items != nil && items.kind == objectKind {
		// Recorded on AWS: an object fails inline. Its documentation has since come to say
		// that ItemsPath takes one.
		r.warn(DoubtfulField, items, "An object as Items fails when it runs; only the distributed mode takes one")
	}
}

// readChildren reads the processor of a distributed Map state. Whatever an Express execution
// cannot run is an error in a processor whose children are such; that AWS checks it there as
// it does for a whole machine is a guess.
func (r *stateReader) readChildren(processor *fields, s *Map) {
	outside := len(r.express)
	inside := r.readGraph(processor, r.scope, r.vertex, s, 0)
	inside.apart = true
	s.Processor = inside.Graph
	if s.Distributed.Express {
		for _, d := range r.express[outside:] {
			if !r.full(Error) {
				r.reported[Error]++
				r.problems = append(r.problems, d)
			}
		}
	}
	// An Express machine has no distributed Map state, so what its children do is of no
	// matter to it.
	r.express = r.express[:outside]
	s.Distributed.Child = r.machine.child(s.Processor)
}

// part checks an object with fields of the distributed mode, nil when there is none. That
// AWS accepts an ItemReader in the inline mode, and fails when it runs, is reported by one
// person; of the other two nothing is known.
func (r *stateReader) part(name string, in owner, distributed *Distributed) *fields {
	at := r.get(name)
	if at == nil {
		return nil
	}
	if distributed == nil {
		d := r.report(Error, UnsupportedFeature, at, "A Map state in the mode INLINE cannot run with '%s'", name)
		d.offset, d.Detail = at.at, "it needs a ProcessorConfig with the mode DISTRIBUTED"
	}
	return r.check(at, in, r.language)
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

// readReader reads an ItemReader, nil when there is none.
func (r *stateReader) readReader(f *fields) *ItemReader {
	if f == nil {
		return nil
	}
	r.checkIO(f, readerResources)
	reader := &ItemReader{
		Resource:  f.text("Resource"),
		List:      strings.HasSuffix(f.text("Resource"), ":listObjectsV2"),
		Arguments: r.shapeOf(f, "Parameters", "Arguments"),
	}
	at := f.get("ReaderConfig")
	if at == nil {
		return reader
	}
	config := r.check(at, inReaderConfig, r.language)
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
	reader.Config = ReaderConfig{
		InputType:         config.text("InputType"),
		CSVHeaderLocation: config.text("CSVHeaderLocation"),
		CSVHeaders:        r.texts(config, "CSVHeaders"),
		CSVDelimiter:      config.text("CSVDelimiter"),
		ItemsPointer:      config.text("ItemsPointer"),
		ManifestType:      config.text("ManifestType"),
		Transformation:    config.text("Transformation"),
		MaxItems:          r.secondsOf(config, "MaxItems"),
	}
	return reader
}

// texts reads an array of strings.
func (r *stateReader) texts(f *fields, name string) (texts []string) {
	at := f.get(name)
	if at == nil {
		return nil
	}
	for i := range at.items {
		if item := at.item(i); r.expect(item, stringKind, "String") {
			texts = append(texts, item.text)
		}
	}
	return texts
}

// readBatcher reads an ItemBatcher, nil when there is none.
func (r *stateReader) readBatcher(f *fields) *ItemBatcher {
	if f == nil {
		return nil
	}
	return &ItemBatcher{
		MaxItemsPerBatch:      r.secondsOf(f, "MaxItemsPerBatch"),
		MaxInputBytesPerBatch: r.secondsOf(f, "MaxInputBytesPerBatch"),
		BatchInput:            r.shapeOf(f, "BatchInput", "BatchInput"),
	}
}

// readWriter reads a ResultWriter, nil when there is none. An empty one is accepted and
// fails when it runs; a WriterConfig alone formats the results and stores nothing.
func (r *stateReader) readWriter(f *fields) *ResultWriter {
	if f == nil {
		return nil
	}
	r.checkIO(f, writerResources)
	writer := &ResultWriter{Resource: f.text("Resource"), Arguments: r.shapeOf(f, "Parameters", "Arguments")}
	if at := f.get("WriterConfig"); at != nil {
		config := r.check(at, inWriterConfig, r.language)
		writer.HasConfig, writer.OutputType, writer.Transformation = true, config.text("OutputType"), config.text("Transformation")
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
	return writer
}

// unsupported reports a field that an object may not have here.
func (r *reader) unsupported(f *fields, at *place) {
	d := r.fail(at, "Field '%s' is not supported", at.key)
	d.Location, d.offset = f.location(), at.at
}
