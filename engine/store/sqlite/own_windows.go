package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the lock on a file, or reports false when somebody else has it. The
// operating system gives it up when the file is closed, or the process ends in
// whatever way. It is on a byte that no database reaches, and no file is needed beside
// it.
func lock(f *os.File) (beside *os.File, mine bool, err error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, false, nil
	}
	return nil, err == nil, err
}

// unlock has nothing to do here: no other process gets the file's handle, and closing it
// gives the lock up.
func unlock(*os.File) {}

// syncFolder has nothing to do here: the file system keeps names as it keeps files.
func syncFolder(string) error { return nil }

// links returns 1: what a file's information says here does not tell.
func links(os.FileInfo) uint64 { return 1 }
