package corpus

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A Validity is a definition that must be accepted, or must be refused. Its JSON
// form has name, definition and valid; in the kind [Definitions] every definition
// is valid.
type Validity struct {
	Name       string
	Definition string
	Valid      bool
}

func decodeValidity(text []byte, dir string) (Test, error) {
	return decodeValid(text, dir, func(valid *bool) (bool, error) {
		if valid == nil {
			return false, errors.New(`it lacks "valid"`)
		}
		return *valid, nil
	})
}

func decodeDefinition(text []byte, dir string) (Test, error) {
	return decodeValid(text, dir, func(*bool) (bool, error) { return true, nil })
}

func decodeValid(text []byte, dir string, valid func(*bool) (bool, error)) (Test, error) {
	var raw struct {
		Name       string          `json:"name"`
		Definition json.RawMessage `json:"definition"`
		Valid      *bool           `json:"valid"`
		Doubtful   bool            `json:"doubtful"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	v := &Validity{Name: raw.Name}
	var err error
	if v.Valid, err = valid(raw.Valid); err == nil {
		v.Definition, err = casefile.Definition(raw.Definition, "", dir)
	}
	if err != nil {
		return Test{}, fmt.Errorf("%s: %w", v.Name, err)
	}
	return Test{Name: v.Name, Doubtful: raw.Doubtful, run: func(conformance.Driver) error { return v.Run() }}, nil
}

// Run parses the definition. The error is nil when it was accepted or refused as
// expected.
func (v *Validity) Run() error {
	_, err := asl.Parse(v.Definition)
	switch {
	case v.Valid && err != nil:
		return fmt.Errorf("expected a valid definition, actual: %w", err)
	case !v.Valid && err == nil:
		return errors.New("expected an invalid definition, actual: it is accepted")
	}
	return nil
}
