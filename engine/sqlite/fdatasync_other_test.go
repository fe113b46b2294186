//go:build !linux

package sqlite_test

import "os"

// fdatasync makes a file durable as SQLite does.
func fdatasync(f *os.File) error { return f.Sync() }
