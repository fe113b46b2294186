package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// diskSyncs measures how often a second the disk of a folder makes a write of 4 KiB
// durable, by one writer that waits for each: write, fdatasync. It writes over what
// is there, as SQLite does once its WAL has its size.
func diskSyncs(dir string, d time.Duration) (perSecond float64, err error) {
	f, err := os.Create(filepath.Join(dir, "syncs"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	const pages = 256
	page := make([]byte, 4096)
	for i := range pages {
		if _, err := f.WriteAt(page, int64(i*len(page))); err != nil {
			return 0, err
		}
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	begin, n := time.Now(), 0
	for ; time.Since(begin) < d; n++ {
		if _, err := f.WriteAt(page, int64(n%pages*len(page))); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// cpuTime returns the processor time that this process has taken.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
