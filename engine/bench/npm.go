package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed peer.mjs
var peerScript string

// cacheFolder returns a folder for what a peer needs, in the user's cache folder.
func cacheFolder(name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "gostates", "bench", strings.ReplaceAll(name, "/", "-"))
	return dir, os.MkdirAll(dir, 0o700)
}

// installNPM returns the folder in which npm installs a package, NAME@VERSION, the first time.
// What a package has npm run when it is installed isn't run.
func installNPM(pkg string) (string, error) {
	dir, err := cacheFolder(pkg)
	if err != nil {
		return "", err
	}
	name, _ := splitNPM(pkg)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", name, "package.json")); err == nil {
		return dir, nil
	}
	written, err := exec.Command("npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", pkg).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("npm install %s: %w: %s", pkg, err, lastLine(written))
	}
	return dir, nil
}

// splitNPM splits NAME@VERSION, where the name may begin with an @ itself.
func splitNPM(pkg string) (name, version string) {
	i := strings.LastIndex(pkg, "@")
	return pkg[:i], pkg[i+1:]
}

// npmColumn is a package of npm that runs or parses workloads. It has one thread.
func (s *settings) npmColumn(pkg string) column {
	name, version := splitNPM(pkg)
	c := column{name: name + " " + version}
	var dir string
	dir, c.absent = installNPM(pkg)
	c.take = func(w workload) (rate, error) {
		script := filepath.Join(dir, "gostates-peer.mjs")
		if err := os.WriteFile(script, []byte(peerScript), 0o600); err != nil {
			return rate{}, err
		}
		return rateFrom(exec.Command("node", script, dir, name, seconds(s.warmUp.Seconds()), seconds(s.duration.Seconds())), w)
	}
	return c
}

// rateFrom writes a workload to a process, and reads the rate that it prints.
func rateFrom(c *exec.Cmd, w workload) (r rate, err error) {
	input, err := json.Marshal(w)
	if err != nil {
		return r, err
	}
	c.Stdin = bytes.NewReader(input)
	var noise bytes.Buffer
	c.Stderr = &noise
	text, err := c.Output()
	if err == nil {
		// Packages print, too.
		err = json.Unmarshal([]byte(lastLine(text)), &r)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %s: %w: %s", c.Path, w.Name, err, lastLine(noise.Bytes()))
	}
	return r, nil
}

// lastLine returns the last line that is not empty.
func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }
