//go:build unix && !linux && !solaris && !aix

package sqlite

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock on a file, or reports false when somebody else has it. The
// operating system gives it up when the file is closed, or the process ends in
// whatever way. The lock is on a file of its own beside the database, since here
// SQLite's locks on the database would be in its way. So another process finds out only
// if it has the database by the same name.
func lock(f *os.File) (beside *os.File, mine bool, err error) {
	g, err := os.OpenFile(f.Name()+"-lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	for {
		err := syscall.Flock(int(g.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return g, true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, false, g.Close()
		case !errors.Is(err, syscall.EINTR):
			return nil, false, errors.Join(os.NewSyscallError("flock", err), g.Close())
		}
	}
}

// unlock gives the lock up, if the file has it.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // whatever comes of it, the file is closed next
}

// links returns how many hard links a file has.
func links(info os.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 1
}
