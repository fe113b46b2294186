package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// The versions of Go peers are those of the module peers.
const (
	stepName = "coinbase/step 1.0.6"
	kumoName = "kumo 0.33.1"
)

// goBuild builds a program from a folder of a module, and returns its file.
func goBuild(dir, pkg, name string) (string, error) {
	folder, err := cacheFolder("bin")
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, name)
	c := exec.Command("go", "build", "-o", file, pkg)
	c.Dir = dir
	if written, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w: %s", pkg, err, lastLine(written))
	}
	return file, nil
}

// moduleFolder returns the folder of a package or module, by how go list prints it.
func moduleFolder(arguments ...string) (string, error) {
	text, err := exec.Command("go", append([]string{"list", "-f", "{{.Dir}}"}, arguments...)...).Output()
	if err != nil {
		return "", fmt.Errorf("go list, which needs the folder of this program: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// buildPeers builds the program of those peers that are Go packages.
func buildPeers() (string, error) {
	dir, err := moduleFolder("github.com/gostates/gostates/engine/bench")
	if err != nil {
		return "", err
	}
	return goBuild(filepath.Join(dir, "peers"), ".", "peers")
}

// stepColumn is coinbase/step, with a caller for each processor.
func (s *settings) stepColumn() column {
	c := column{name: stepName}
	var file string
	file, c.absent = buildPeers()
	c.take = func(w workload) (rate, error) {
		return rateFrom(exec.Command(file, "step", s.warmUp.String(), s.duration.String()), w)
	}
	return c
}
