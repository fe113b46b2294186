package asl

// Distributed is what only the distributed mode of a Map state has. Each item, or batch of
// items, is then the input of an execution of its own, a child; all children of one visit to
// the state are a Map Run. Implements the chapter "Map State", in that mode, with what AWS
// has beyond it.
type Distributed struct {
	// Child is the machine that the children run: the item processor. It is a machine of
	// its own, whose Find knows the states inside only, without a TimeoutSeconds. Its
	// Definition is that of the whole machine.
	Child *StateMachine
	// Express says that the children are Express executions; else they are Standard ones.
	Express bool
	// Reader reads the items from outside; nil takes them from the state's Items.
	Reader *ItemReader
	// Batcher gives several items to one child; nil gives each its own.
	Batcher *ItemBatcher
	// Writer exports the results; nil makes them the state's result.
	Writer *ResultWriter
}

// An ItemReader says what a Map Run reads its items from.
type ItemReader struct {
	// Resource is the field of this name.
	Resource string
	// List is set when the items are the objects of a bucket (s3:listObjectsV2), and unset
	// when one object holds them (s3:getObject).
	List bool
	// Arguments name the bucket and the object or prefix: the field of this name or, in
	// JSONPath, Parameters. They are nil when absent.
	Arguments Value
	// Config is the ReaderConfig.
	Config ReaderConfig
}

// A ReaderConfig says of which format the items of an [ItemReader] are. Its texts are those
// of the definition, "" for absent ones.
type ReaderConfig struct {
	InputType         string
	CSVHeaderLocation string
	CSVHeaders        []string
	CSVDelimiter      string
	ItemsPointer      string
	ManifestType      string
	Transformation    string
	// MaxItems bounds the items that are read; absent or 0 sets no bound.
	MaxItems Count
}

// An ItemBatcher says how many items one child is given.
type ItemBatcher struct {
	// MaxItemsPerBatch and MaxInputBytesPerBatch bound a batch; either may be absent.
	MaxItemsPerBatch, MaxInputBytesPerBatch Count
	// BatchInput is given to every child beside its items; nil gives none.
	BatchInput Value
}

// A ResultWriter says where the results of a Map Run go, and how they look. Its texts are
// those of the definition, "" for absent ones.
type ResultWriter struct {
	// Resource is the field of this name. An absent one exports nothing: the results only
	// look as the WriterConfig says.
	Resource string
	// Arguments name the bucket and the prefix: the field of this name or, in JSONPath,
	// Parameters. They are nil when absent.
	Arguments Value
	// HasConfig is set when there is a WriterConfig.
	HasConfig bool
	// OutputType and Transformation are the WriterConfig's.
	OutputType, Transformation string
}

// child returns the machine that the children of a Map state run.
func (m *StateMachine) child(g *Graph) *StateMachine {
	c := &StateMachine{
		Graph: g, Comment: m.Comment, Version: m.Version, QueryLanguage: m.QueryLanguage,
		definition: m.definition, byName: make(map[string]State),
	}
	c.gather(g)
	return c
}

// gather notes the states of a graph and of those inside it.
func (m *StateMachine) gather(g *Graph) {
	for s := range g.All() {
		m.byName[s.Name()] = s
		m.compensates = m.compensates || Handler(s) != nil
		switch s := s.(type) {
		case *Parallel:
			for _, b := range s.Branches {
				m.gather(b)
			}
		case *Map:
			if s.Processor != nil {
				m.gather(s.Processor)
			}
		}
	}
}
