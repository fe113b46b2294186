// Package casefile reads the files that cases of all kinds stand in, and what their
// forms have in common.
package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Read hands each case's text to yield, with the file it stands in. It reads the paths
// as conformance.Load says, and stops at the first error.
func Read(paths []string, yield func(text []byte, file string) error) error {
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			return fmt.Errorf("conformance: %w", err)
		}
		for _, file := range files {
			if err := readFile(file, yield); err != nil {
				return fmt.Errorf("conformance: %s: %w", file, err)
			}
		}
	}
	return nil
}

// expand gives the files that a path stands for.
func expand(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && isCases(name) {
			files = append(files, name)
		}
		return err
	})
	return files, err
}

// isCases reports whether a file in a folder holds cases.
func isCases(name string) bool {
	return filepath.Ext(name) == ".jsonl" ||
		filepath.Ext(name) == ".json" && !strings.HasSuffix(name, ".asl.json")
}

func readFile(file string, yield func(text []byte, file string) error) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if filepath.Ext(file) == ".jsonl" {
		line := 0
		for row := range bytes.Lines(text) {
			line++
			if row = bytes.TrimSpace(row); len(row) == 0 {
				continue
			}
			if err := yield(row, file); err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
		}
		return nil
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '[' {
		return yield(text, file)
	}
	var array []json.RawMessage
	if err := json.Unmarshal(text, &array); err != nil {
		return err
	}
	for i, element := range array {
		if err := yield(element, file); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}
