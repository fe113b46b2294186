package conformance

import (
	"fmt"
	"path/filepath"

	"github.com/gostates/gostates/conformance/internal/casefile"
)

// Load reads execution cases from files and folders. A .jsonl file has one case
// in each line; a .json file has one case or an array of them; a folder stands
// for all such files in it and in the folders below, in the order of their
// names, save those named .asl.json, which are definitions. It is an error when
// there is no case, or when two have the same name.
func Load(paths ...string) ([]*Case, error) {
	var cases []*Case
	names := make(map[string]string)
	err := casefile.Read(paths, func(text []byte, file string) error {
		c, err := ReadCase(text, filepath.Dir(file))
		if err != nil {
			return err
		}
		if other, taken := names[c.Name]; taken {
			return fmt.Errorf("case %q stands in %s, too", c.Name, other)
		}
		names[c.Name] = file
		cases = append(cases, c)
		return nil
	})
	if err == nil && len(cases) == 0 {
		err = fmt.Errorf("conformance: no case in %q", paths)
	}
	return cases, err
}
