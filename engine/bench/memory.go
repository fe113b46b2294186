package main

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

// A memory is what a process takes, in bytes.
type memory struct {
	Heap int64 // live objects
	RSS  int64 // resident, all of it
}

// takenMemory collects garbage, gives back what is free, and looks.
func takenMemory() (m memory, err error) {
	runtime.GC()
	runtime.GC() // the first one only sweeps what finalizers and pools held
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.Heap = int64(stats.HeapAlloc)
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return m, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return m, errors.New("/proc/self/statm has no second field")
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	m.RSS = pages * int64(os.Getpagesize())
	return m, err
}
