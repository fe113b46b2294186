package exectask

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/engine"
)

// Mux returns a resolver of commands that are given as "NAME=COMMAND LINE", as on a command
// line: NAME is what engine.Mux.Handle takes, such as the name of a function, a resource, or
// a pattern of resources with a star. The error names the first that is none.
func Mux(commands ...string) (*engine.Mux, error) {
	mux := engine.NewMux()
	for _, text := range commands {
		name, line, err := Parse(text)
		if err != nil {
			return nil, err
		}
		mux.Handle(name, Command{Line: line})
	}
	return mux, mux.Err()
}

// Parse takes a text "NAME=COMMAND LINE" apart.
func Parse(text string) (name, line string, err error) {
	name, line, ok := strings.Cut(text, "=")
	name, line = strings.TrimSpace(name), strings.TrimSpace(line)
	if !ok || name == "" || line == "" {
		return "", "", fmt.Errorf("exectask: %q is not NAME=COMMAND", text)
	}
	return name, line, nil
}
