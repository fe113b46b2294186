package sqlite_test

import (
	"os"
	"syscall"
)

// fdatasync makes a file durable as SQLite does.
func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
