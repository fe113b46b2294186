package sqlite

import (
	"os"
	"syscall"
)

// fdatasync returns when what a file has is on the disk.
func fdatasync(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
