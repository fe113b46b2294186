package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gostates/gostates/asl"
)

// MaxFileSize is the size of the largest file that is read, in bytes. CloudFormation takes
// templates of 1 MB, and Step Functions definitions of 1 MiB.
const MaxFileSize = 4 << 20

// A Reader reads files. The zero value reads definitions, and templates that name no other
// files. A Reader may be used by any number of goroutines.
type Reader struct {
	// Files has the files that templates name, and those of [Reader.ReadFile]. A path in a
	// template is relative to the template's folder. Without Files none can be read.
	Files fs.FS
	// Set has the values of substitutions, ${Name}, by their names; of a template's
	// parameters, too, and of all that an [Assumption] can stand for.
	Set map[string]string
}

// A Kind says what a file is.
type Kind uint8

// The kinds of files.
const (
	// Definition files hold one state machine and nothing else.
	Definition Kind = iota
	// Template files are SAM's or CloudFormation's.
	Template
	// Serverless files are configurations of the Serverless Framework.
	Serverless
)

// String returns "definition", "template" or "serverless configuration".
func (k Kind) String() string {
	return [...]string{"definition", "template", "serverless configuration"}[k]
}

// A File is a file that has been read.
type File struct {
	// Name is the file's name, as it was given.
	Name string
	Kind Kind
	// Machines are the state machines in the file, in its order. A template may have none.
	Machines []*Machine
	// Problems are those of the file that are no machine's: warnings of fields that a map
	// has twice, of which the last counts.
	Problems Diagnostics
}

// ReadFile reads a file of r.Files. Errors are as of [Reader.Read], or r.Files'.
func (r Reader) ReadFile(name string) (*File, error) {
	text, err := r.open(name)
	if err != nil {
		return nil, err
	}
	return r.Read(name, text)
}

func (r Reader) open(name string) ([]byte, error) {
	if r.Files == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("there are no files to read it from")}
	}
	f, err := r.Files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFileSize {
		return nil, tooLarge(name)
	}
	return fs.ReadFile(r.Files, name)
}

func tooLarge(name string) error {
	return &SyntaxError{File: name, Line: 1, Column: 1, Message: fmt.Sprintf("the file has more than the %d bytes allowed", MaxFileSize)}
}

// Read reads a file's text. Its name tells YAML from JSON where the text doesn't, and says
// where in r.Files it stands: paths in it are relative to its folder.
//
// The error is a *[SyntaxError] when the file can't be read. What is wrong with a
// machine in it is no error: [Machine.Validate] says it.
func (r Reader) Read(name string, text []byte) (*File, error) {
	if len(text) > MaxFileSize {
		return nil, tooLarge(name)
	}
	file := &File{Name: name}
	src := newSource(name, strings.TrimPrefix(string(text), "\ufeff"))
	// A definition whose numbers are to be substituted is neither JSON nor YAML yet, and so
	// is read in another way than a template.
	root, syntax := parse(src)
	switch {
	case syntax == nil && root.has("Resources") && !root.has("States"):
		file.Kind = Template
	case syntax == nil && root.has("stepFunctions") && !root.has("States"):
		file.Kind = Serverless
	case syntax != nil && !isDefinition(src):
		if m, ok := errors.AsType[*mistake](syntax); ok {
			return nil, src.syntaxError(m)
		}
		return nil, syntax
	}
	if file.Kind == Definition {
		file.Machines = []*Machine{r.readDefinition(src)}
		return file, nil
	}
	for _, twice := range duplicates(root) {
		file.Problems = append(file.Problems, src.problem(asl.Warning, asl.DuplicateField, twice.at,
			"Field '%s' appears twice; this one counts", twice.text.string))
	}
	d := &document{reader: r, file: src, root: root}
	if file.Kind == Serverless {
		file.Machines = d.serverless()
	} else {
		file.Machines = d.machines()
	}
	return file, nil
}

func (s *source) syntaxError(m *mistake) *SyntaxError {
	p := s.position(m.at)
	return &SyntaxError{File: s.name, Line: p.Line, Column: p.Column, Message: m.message}
}

// parse reads a file in JSON, else in YAML.
func parse(src *source) (*node, error) {
	whole := copied(src.text, 0)
	if json.Valid([]byte(src.text)) || !src.yaml() {
		return readJSON(whole)
	}
	return readYAML(whole, true)
}

// yaml reports whether a file that is no JSON is meant to be YAML.
func (s *source) yaml() bool {
	switch path.Ext(s.name) {
	case ".yaml", ".yml":
		return true
	case ".json", ".asl":
		return false
	}
	trimmed := strings.TrimSpace(s.text)
	return !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[")
}

// isDefinition reports whether a text that can't be parsed was meant to be a definition: it
// has the fields of one, and none of a template's.
func isDefinition(src *source) bool {
	return !strings.Contains(src.text, "Resources") && !strings.Contains(src.text, "stepFunctions")
}

// duplicates returns the names of fields that a map has had before, in the order of the
// file. The definitions of state machines are left to the reader of definitions.
func duplicates(root *node) []*node {
	var found []*node
	visited := make(map[*node]bool)
	var look func(n *node)
	look = func(n *node) {
		if visited[n] {
			return
		}
		visited[n] = true
		names := make(map[string]bool, len(n.members))
		for _, m := range n.members {
			name := m.key.text.string
			if names[name] && len(found) < maxDuplicates {
				found = append(found, m.key)
			}
			names[name] = true
			if !strings.EqualFold(name, "Definition") {
				look(m.value)
			}
		}
		for _, item := range n.items {
			look(item)
		}
	}
	look(root)
	return found
}

// maxDuplicates is how many fields are reported that a file has twice.
const maxDuplicates = 100
