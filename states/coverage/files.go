package coverage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Write writes what targets name: a report to each file that ends with .html, .json or .txt, the
// text of one to out for "-", which nil leaves out, and into a folder whose name ends with "/" the
// profile itself, for [Read]. A folder is made if there is none, and in it a process has one file.
// The error joins those of all targets.
func (p *Profile) Write(out io.Writer, targets ...string) error {
	var errs []error
	report := sync.OnceValue(p.Report)
	for _, target := range targets {
		errs = append(errs, p.writeTo(out, target, report))
	}
	return errors.Join(errs...)
}

func (p *Profile) writeTo(out io.Writer, target string, report func() *Report) error {
	write := (*Report).WriteText
	switch {
	case target == "-" && out == nil:
		return nil
	case target == "-":
		return report().WriteText(out)
	case strings.HasSuffix(target, "/"):
		text, err := json.Marshal(p)
		if err == nil {
			err = os.MkdirAll(target, 0o755)
		}
		if err != nil {
			return err
		}
		program := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
		return os.WriteFile(filepath.Join(target, fmt.Sprintf("%s-%d.json", program, os.Getpid())), text, 0o644)
	case strings.HasSuffix(target, ".html"):
		write = (*Report).WriteHTML
	case strings.HasSuffix(target, ".json"):
		write = (*Report).WriteJSON
	case !strings.HasSuffix(target, ".txt"):
		return fmt.Errorf("no report can be written to %q: it must be \"-\", or end with .html, .json, .txt or /", target)
	}
	var b bytes.Buffer
	if err := write(report(), &b); err != nil {
		return err
	}
	return os.WriteFile(target, b.Bytes(), 0o644)
}

// Read returns the profiles that stand in files, and in all files of folders that end with .json,
// as one.
func Read(paths ...string) (*Profile, error) {
	all := new(Profile)
	for _, path := range paths {
		files := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(escape(path), "*.json")); err != nil {
				return nil, err
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("%s has no profiles", path)
			}
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(text, all); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return all, nil
}

// escape returns a pattern that matches a path.
func escape(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}
