package template

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
	"go.yaml.in/yaml/v3"
)

// readYAML reads a text of YAML: its first document, which must be the only one. The error
// is a *mistake.
func readYAML(t text, functions bool) (*node, error) {
	r := &yamlReader{text: t, functions: functions, nodes: make(map[*yaml.Node]*node)}
	if !utf8.ValidString(t.string) {
		return nil, mistakeAt(t.source(invalid(t.string)), "the file is not in UTF-8")
	}
	r.findLines()
	decoder := yaml.NewDecoder(strings.NewReader(t.string))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, mistakeAt(t.source(0), "the file is empty")
		}
		return nil, r.syntax(err)
	}
	var more yaml.Node
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, r.syntax(err)
		}
		return nil, mistakeAt(t.source(r.offset(&more)), "the file has a second document")
	}
	return r.read(&document, 0)
}

// invalid returns the offset of the first byte that is no UTF-8.
func invalid(s string) int {
	for i, c := range s {
		if _, size := utf8.DecodeRuneInString(s[i:]); c == utf8.RuneError && size == 1 {
			return i
		}
	}
	return len(s)
}

type yamlReader struct {
	text  text
	lines []int // the offsets at which lines begin, as YAML counts them
	// functions says that tags such as !Sub stand for CloudFormation's functions.
	functions bool
	// nodes holds what has been read of the nodes with anchors: nil while it is read.
	nodes map[*yaml.Node]*node
}

// findLines finds the beginnings of lines.
func (r *yamlReader) findLines() {
	s := r.text.string
	r.lines = []int{0}
	for i, c := range s {
		switch c {
		case '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				continue
			}
		case '\n', 0x85, 0x2028, 0x2029:
		default:
			continue
		}
		r.lines = append(r.lines, i+utf8.RuneLen(c))
	}
}

// offset returns where in the text a node begins.
func (r *yamlReader) offset(n *yaml.Node) int {
	at := r.lines[min(max(n.Line-1, 0), len(r.lines)-1)]
	for range n.Column - 1 {
		if at >= len(r.text.string) {
			break
		}
		_, size := utf8.DecodeRuneInString(r.text.string[at:])
		at += size
	}
	return at
}

// errorLine matches the place in the YAML library's messages.
var errorLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// syntax gives an error of the YAML library its place.
func (r *yamlReader) syntax(err error) error {
	message := err.Error()
	found := errorLine.FindStringSubmatch(message)
	line, _ := strconv.Atoi(found[1]) // 0 when there is none
	message = message[len(found[0]):]
	if strings.HasPrefix(message, "did not find expected") {
		line++ // the library counts the lines of these from 0
	}
	at := r.lines[min(max(line-1, 0), len(r.lines)-1)]
	rest := r.text.string[at:]
	at += len(rest) - len(strings.TrimLeft(rest, " "))
	return mistakeAt(r.text.source(at), "the YAML can't be read: %s", message)
}

// read reads a node.
func (r *yamlReader) read(n *yaml.Node, depth int) (*node, error) {
	offset := r.offset(n)
	at := r.text.source(offset)
	if depth > value.MaxDepth {
		return nil, mistakeAt(at, "the file is nested more than %d deep", value.MaxDepth)
	}
	if n.Kind == yaml.AliasNode {
		known, ok := r.nodes[n.Alias]
		if !ok || known == nil {
			return nil, mistakeAt(at, "the alias *%s stands for something that it is in itself", n.Value)
		}
		return known, nil
	}
	if n.Anchor != "" {
		r.nodes[n] = nil
	}
	read, err := r.untagged(n, offset, depth)
	if err == nil && custom(n.Tag) {
		read, err = r.function(n, read, at)
	}
	if err != nil {
		return nil, err
	}
	if n.Anchor != "" {
		r.nodes[n] = read
	}
	return read, nil
}

// custom reports whether a tag is none of YAML's own.
func custom(tag string) bool {
	return len(tag) > 1 && tag[0] == '!' && tag[1] != '!'
}

// function gives a value with a tag the long form: !Sub x is {"Fn::Sub": x}.
func (r *yamlReader) function(n *yaml.Node, argument *node, at int) (*node, error) {
	if !r.functions {
		return nil, mistakeAt(at, "the tag %s has no meaning in a definition of its own; only a template's functions are evaluated", n.Tag)
	}
	name := "Fn::" + n.Tag[1:]
	if n.Tag == "!Ref" || n.Tag == "!Condition" {
		name = n.Tag[1:]
	}
	key := &node{kind: stringKind, at: at, text: textAt(name, at)}
	return &node{kind: mapKind, at: at, members: []member{{key, argument}}}, nil
}

func (r *yamlReader) untagged(n *yaml.Node, offset, depth int) (*node, error) {
	at := r.text.source(offset)
	switch n.Kind {
	case yaml.DocumentNode:
		return r.read(n.Content[0], depth)
	case yaml.SequenceNode:
		list := &node{kind: listKind, at: at}
		for _, item := range n.Content {
			read, err := r.read(item, depth+1)
			if err != nil {
				return nil, err
			}
			list.items = append(list.items, read)
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, at, depth)
	default:
		return r.scalar(n, offset)
	}
}

func (r *yamlReader) mapping(n *yaml.Node, at, depth int) (*node, error) {
	m := &node{kind: mapKind, at: at}
	var merged []*node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		read, err := r.read(v, depth+1)
		if err != nil {
			return nil, err
		}
		if key.Tag == "!!merge" {
			if merged, err = r.merge(merged, read); err != nil {
				return nil, err
			}
			continue
		}
		name, err := r.read(key, depth+1)
		if err != nil {
			return nil, err
		}
		if !name.scalar() {
			return nil, mistakeAt(name.at, "a field's name must be a string")
		}
		m.members = append(m.members, member{&node{kind: stringKind, at: name.at, text: name.text, plain: name.plain}, read})
	}
	if merged == nil {
		return m, nil
	}
	names := make(map[string]bool, len(m.members))
	for _, own := range m.members {
		names[own.key.text.string] = true
	}
	for _, other := range merged {
		for _, theirs := range other.members {
			if name := theirs.key.text.string; !names[name] {
				names[name] = true
				m.members = append(m.members, theirs)
			}
		}
	}
	return m, nil
}

// merge collects the maps that a mapping takes fields from: << has one, or a list.
func (r *yamlReader) merge(merged []*node, from *node) ([]*node, error) {
	all := []*node{from}
	if from.kind == listKind {
		all = from.items
	}
	for _, m := range all {
		if m.kind != mapKind {
			return nil, mistakeAt(m.at, "<< takes fields from a map, and this is none")
		}
	}
	return append(merged, all...), nil
}

// jsonNumber matches the numbers of JSON.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (r *yamlReader) scalar(n *yaml.Node, offset int) (*node, error) {
	begin := offset
	if n.Value != "" {
		begin = r.content(offset)
	}
	s := &node{kind: stringKind, at: r.text.source(begin), text: scalar(r.text, begin, n.Value)}
	s.plain = n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if n.Value == "" {
		s.text = textAt("", s.at)
	}
	switch n.Tag {
	case "!!null":
		s.kind, s.json = scalarKind, "null"
	case "!!bool":
		s.kind, s.json = scalarKind, strings.ToLower(n.Value)
	case "!!int", "!!float":
		s.kind, s.json = scalarKind, n.Value
		if jsonNumber.MatchString(n.Value) {
			return s, nil
		}
		var number float64
		if err := n.Decode(&number); err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return nil, mistakeAt(s.at, "%s is a number that JSON has not", n.Value)
		}
		text, err := json.Marshal(number)
		if err != nil {
			return nil, mistakeAt(s.at, "%s is a number that JSON has not", n.Value)
		}
		s.json = string(text)
	}
	return s, nil
}

// content returns where a scalar's text begins, of which the tag and the anchor may come
// first.
func (r *yamlReader) content(at int) int {
	s := r.text.string
	for at < len(s) {
		switch c := s[at]; {
		case c == '!' || c == '&':
			n := strings.IndexAny(s[at:], " \t\r\n")
			if n < 0 {
				return len(s)
			}
			at += n
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			at++
		case c == '#':
			n := strings.IndexByte(s[at:], '\n')
			if n < 0 {
				return len(s)
			}
			at += n
		default:
			return at
		}
	}
	return at
}
