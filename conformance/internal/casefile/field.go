package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gostates/gostates/asl/value"
)

// A Field is a member of a case's JSON that may be absent, which is not the same
// as null.
type Field struct {
	// Value is the member's value, in the types of package value.
	Value any
	// Set reports whether the member is there.
	Set bool
}

// UnmarshalJSON reads the member.
func (f *Field) UnmarshalJSON(text []byte) (err error) {
	f.Value, err = value.Parse(text)
	f.Set = true
	return err
}

// Text returns the value of a field that must be a string, and whether it has one: a
// field that is null has none.
func (f *Field) Text() (string, bool, error) {
	if !f.Set || f.Value == nil {
		return "", false, nil
	}
	s, ok := f.Value.(string)
	if !ok {
		return "", false, fmt.Errorf("expected a string, found %s", value.String(f.Value))
	}
	return s, true, nil
}

// Definition returns a machine's text, which stands in the case as JSON or as a
// string, or in the file of that name
// in the folder dir.
func Definition(raw json.RawMessage, file, dir string) (string, error) {
	switch {
	case file != "" && raw != nil:
		return "", errors.New(`it has both "definition" and "definition_file"`)
	case file != "":
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		return string(text), err
	case len(raw) > 0 && raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	}
	return string(raw), nil
}
