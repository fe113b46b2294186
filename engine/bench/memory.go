package main

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// A memory is what a process takes, in bytes.
type memory struct {
	Heap int64 // live objects
	RSS  int64 // resident, all of it
	Peak int64 // the most that was ever resident, with garbage
}

// takenMemory collects garbage, gives back what is free, and looks.
func takenMemory() (m memory, err error) {
	runtime.GC()
	runtime.GC() // the first one only sweeps what finalizers and pools held
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.Heap = int64(stats.HeapAlloc)
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return m, err
	}
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		to := map[string]*int64{"VmRSS": &m.RSS, "VmHWM": &m.Peak}[name]
		if to == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return m, err
		}
		*to = kib << 10
	}
	if m.RSS == 0 {
		err = errors.New("/proc/self/status does not say what is resident")
	}
	return m, err
}
