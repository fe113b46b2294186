//go:build !linux

package sqlite

import "os"

// fdatasync returns when what a file has is on the disk. On macOS Sync tells the disk to
// empty its cache, too.
func fdatasync(f *os.File) error { return f.Sync() }
