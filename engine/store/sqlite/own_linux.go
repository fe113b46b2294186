package sqlite

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockOFD is F_OFD_SETLK: the lock belongs to the open file, so that it lasts though the
// process closes other descriptors of the same file, and keeps out the process itself.
const lockOFD = 0x25

// lockAt is the byte that is locked. No database reaches there, and SQLite's own locks
// are elsewhere.
const lockAt = 1 << 62

// lock takes the lock on a file, or reports false when somebody else has it. The
// operating system gives it up when the file is closed, or the process ends in
// whatever way. No file is needed beside it.
func lock(f *os.File) (beside *os.File, mine bool, err error) {
	for {
		err := syscall.FcntlFlock(f.Fd(), lockOFD, &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: lockAt, Len: 1})
		switch {
		case err == nil:
			return nil, true, nil
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EACCES):
			return nil, false, nil
		case !errors.Is(err, syscall.EINTR):
			return nil, false, os.NewSyscallError("fcntl", err)
		}
	}
}

// unlock gives the lock up, if the file has it.
func unlock(f *os.File) {
	// Whatever comes of it, the file is closed next.
	_ = syscall.FcntlFlock(f.Fd(), lockOFD, &syscall.Flock_t{Type: syscall.F_UNLCK, Whence: io.SeekStart, Start: lockAt, Len: 1})
}

// links returns how many hard links a file has.
func links(info os.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 1
}
