package corpus

import (
	"errors"
	"fmt"
	"path"
	"testing/fstest"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A TemplateCase is a file with state machines, all of which must be found and must parse.
// Its JSON form has name; template, the file's text; kind, "template" or "definition"; and
// files, the texts of the files that it names by the paths that it names them by. The name
// may end in that of the file, which tells YAML from JSON where the text doesn't.
type TemplateCase struct {
	Name  string
	Text  string
	Files map[string]string
	// Kind says what the file must be found to be.
	Kind template.Kind
}

func decodeTemplate(text []byte, _ string) (Test, error) {
	var raw struct {
		Name     string            `json:"name"`
		Kind     string            `json:"kind"`
		Template *string           `json:"template"`
		Files    map[string]string `json:"files"`
		Doubtful bool              `json:"doubtful"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	if raw.Template == nil {
		return Test{}, fmt.Errorf("%s: it lacks \"template\"", raw.Name)
	}
	c := &TemplateCase{Name: raw.Name, Text: *raw.Template, Files: raw.Files}
	switch raw.Kind {
	case "definition":
		c.Kind = template.Definition
	case "template":
		c.Kind = template.Template
	case "serverless":
		c.Kind = template.Serverless
	default:
		return Test{}, fmt.Errorf("%s: the kind is \"template\", \"definition\" or \"serverless\", not %q", raw.Name, raw.Kind)
	}
	return Test{Name: c.Name, Doubtful: raw.Doubtful, run: func(conformance.Driver) error { return c.Run() }}, nil
}

// Run reads the file. The error is nil when it is of its Kind, has a state machine, and all
// that it has can be parsed.
func (c *TemplateCase) Run() error {
	name := path.Join("a/b/c", path.Base(c.Name)) // files may stand in folders above
	files := make(fstest.MapFS, len(c.Files))
	for file, text := range c.Files {
		files[path.Join(path.Dir(name), file)] = &fstest.MapFile{Data: []byte(text)}
	}
	file, err := template.Reader{Files: files}.Read(name, []byte(c.Text))
	if err != nil {
		return err
	}
	if file.Kind != c.Kind {
		return fmt.Errorf("expected a %s, actual: a %s", c.Kind, file.Kind)
	}
	if len(file.Machines) == 0 {
		return errors.New("no state machine was found")
	}
	var errs []error
	for _, m := range file.Machines {
		if _, err := m.Parse(asl.Parser{}); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.ID, err))
		}
	}
	return errors.Join(errs...)
}
