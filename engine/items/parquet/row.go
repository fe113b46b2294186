package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gostates/gostates/asl/value"
)

// A form is what a node of the schema becomes in JSON.
type form int

const (
	leaf form = iota
	group
	list   // a group whose only field repeats
	object // a group whose only field repeats, and has keys and values
)

// A node is a node of the schema, compiled.
type node struct {
	name string
	form form
	// repeated is set for what becomes an array by itself.
	repeated bool
	// repetition and definition are the levels of the node, as Parquet defines them.
	repetition, definition int
	// first and end bound the numbers of the columns below the node.
	first, end int
	// convert makes a value of what a leaf has.
	convert func(parquet.Value) (any, error)
	// fields are those of a group. A list has one, its element; an object two, or one
	// when all its values are missing.
	fields []*node
}

// A compiler compiles the schema of a file, walking the columns and the elements that the
// footer has for them, which come in the same order.
type compiler struct {
	Format
	elements []format.SchemaElement
	leaves   int
}

// compile compiles the schema of a file.
func (f Format) compile(file *parquet.File) (root *node, err error) {
	defer caught(&err)
	c := compiler{Format: f, elements: file.Metadata().Schema}
	return c.node(file.Root())
}

// node compiles a column, and those below it.
func (c *compiler) node(column *parquet.Column) (*node, error) {
	if len(c.elements) == 0 {
		return nil, errors.New("its schema is damaged")
	}
	element := c.elements[0]
	c.elements = c.elements[1:]
	n := &node{
		name: column.Name(), repeated: column.Repeated(), first: c.leaves,
		repetition: column.MaxRepetitionLevel(), definition: column.MaxDefinitionLevel(),
	}
	if column.Leaf() {
		var err error
		c.leaves++
		n.end = c.leaves
		n.convert, err = c.leaf(&element, column.Type().Kind())
		return n, err
	}
	n.form = group
	names := map[string]bool{}
	for _, below := range column.Columns() {
		field, err := c.node(below)
		if err != nil {
			return nil, err
		}
		if names[field.name] {
			return nil, fmt.Errorf("it has two columns %q", field.name)
		}
		names[field.name] = true
		n.fields = append(n.fields, field)
	}
	n.end = c.leaves
	if len(n.fields) == 1 && n.fields[0].repeated {
		n.annotated(&element)
	}
	return n, nil
}

// annotated makes a list or an object of a group that is annotated as such. The rules for the
// forms that older writers gave to lists are those of the format's specification.
func (n *node) annotated(element *format.SchemaElement) {
	repeated := n.fields[0]
	isList, isMap := false, false
	switch element.LogicalType.Value.(type) {
	case *format.ListType:
		isList = true
	case *format.MapType:
		isMap = true
	case nil:
		if t := element.ConvertedType; t.Valid {
			isList = t.V == deprecated.List
			isMap = t.V == deprecated.Map || t.V == deprecated.MapKeyValue
		}
	}
	switch {
	case isList:
		n.form = list
		two := repeated.form == leaf || len(repeated.fields) != 1 || repeated.name == "array" || repeated.name == n.name+"_tuple"
		if !two && repeated.form == group {
			repeated.form = list // its element is in a group of its own, which is no part of the value
		}
	case isMap && repeated.form == group && (len(repeated.fields) == 1 || len(repeated.fields) == 2) && !repeated.fields[0].repeated:
		n.form = object
	}
}

// readGroup hands the rows of a row group on, from one on, each with the number of the next.
// It reports whether more rows are wanted.
func (n *node) readGroup(of parquet.RowGroup, from int64, take func(v any, next int64) bool) (bool, error) {
	if from >= of.NumRows() {
		return true, nil
	}
	rows, err := openRows(of, from)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	r := reader{columns: make([][]parquet.Value, n.end)}
	space := make([]parquet.Row, batch)
	values := make([]any, 0, batch)
	for next := from; next < of.NumRows(); {
		if values, err = r.batch(n, rows, space, values[:0]); err != nil {
			return false, fmt.Errorf("behind row %d of a row group: %w", next+int64(len(values)), err)
		}
		for _, v := range values {
			if next++; !take(v, next) {
				return false, nil
			}
		}
	}
	return true, nil
}

// openRows opens the rows of a row group.
func openRows(of parquet.RowGroup, from int64) (rows parquet.Rows, err error) {
	defer caught(&err)
	rows = of.Rows()
	if err := rows.SeekToRow(from); err != nil {
		_ = rows.Close() // the first error is the one to tell
		return nil, err
	}
	return rows, nil
}

// A reader makes values of rows.
type reader struct {
	// columns are what the columns have of a row that isn't made yet.
	columns [][]parquet.Value
	failed  error
}

// batch reads rows, at least one, and appends their values.
func (r *reader) batch(root *node, rows parquet.Rows, space []parquet.Row, into []any) (_ []any, err error) {
	defer caught(&err)
	n, err := rows.ReadRows(space)
	if n == 0 {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return into, err
	}
	if err != nil && err != io.EOF {
		return into, err
	}
	for _, row := range space[:n] {
		row.Range(func(column int, values []parquet.Value) bool {
			r.columns[column] = values
			return true
		})
		v := r.single(root)
		if r.failed != nil {
			return into, r.failed
		}
		into = append(into, v)
	}
	return into, nil
}

// errLevels is the error of columns that contradict one another.
var errLevels = errors.New("its columns don't fit together")

// peek returns the next value of a column.
func (r *reader) peek(column int) parquet.Value {
	if column >= len(r.columns) || len(r.columns[column]) == 0 {
		r.fail(errLevels)
		return parquet.Value{}
	}
	return r.columns[column][0]
}

// take returns the next value of a column and passes it.
func (r *reader) take(column int) parquet.Value {
	v := r.peek(column)
	if r.failed == nil {
		r.columns[column] = r.columns[column][1:]
	}
	return v
}

func (r *reader) fail(err error) {
	if r.failed == nil {
		r.failed = err
	}
}

// absent reports whether nothing is in a node at the next place, and if so passes it.
func (r *reader) absent(n *node) bool {
	if n.first == n.end || r.peek(n.first).DefinitionLevel() >= n.definition {
		return false
	}
	for column := n.first; column < n.end; column++ {
		r.take(column)
	}
	return true
}

// value makes the value of a field.
func (r *reader) value(n *node) any {
	if !n.repeated {
		return r.single(n)
	}
	all := []any{}
	r.each(n, func() { all = append(all, r.single(n)) })
	return all
}

// each calls a function for each time that a node is repeated at the next place.
func (r *reader) each(n *node, do func()) {
	if n.first == n.end || r.absent(n) {
		return
	}
	for r.failed == nil {
		before := len(r.columns[n.first])
		do()
		rest := r.columns[n.first]
		if len(rest) == 0 || rest[0].RepetitionLevel() < n.repetition {
			return
		}
		if len(rest) == before || rest[0].RepetitionLevel() > n.repetition {
			r.fail(errLevels)
		}
	}
}

// single makes a value of a node as if it didn't repeat.
func (r *reader) single(n *node) any {
	if n.form == leaf {
		v := r.take(n.first)
		if v.IsNull() || v.DefinitionLevel() < n.definition {
			return nil
		}
		made, err := n.convert(v)
		if err != nil {
			r.fail(fmt.Errorf("column %s: %w", n.name, err))
		}
		return made
	}
	if r.absent(n) {
		return nil
	}
	switch n.form {
	case list:
		return r.value(n.fields[0])
	case object:
		return r.object(n.fields[0])
	}
	members := make([]value.Member, len(n.fields))
	for i, field := range n.fields {
		members[i] = value.Member{Key: field.name, Value: r.value(field)}
	}
	return value.NewObject(members...)
}

// object makes an object of keys and values that repeat.
func (r *reader) object(entries *node) any {
	var o value.Builder
	r.each(entries, func() {
		key, ok := r.value(entries.fields[0]), false
		var v any
		if len(entries.fields) == 2 {
			v = r.value(entries.fields[1])
		}
		text, ok := key.(string)
		if !ok {
			text = value.String(key)
		}
		o.Set(text, v)
	})
	return o.Object()
}
