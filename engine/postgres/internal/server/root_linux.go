package server

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// attributes has the server run as another user when this process is root's.
func (s *Server) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, err := other(); err == nil && os.Getuid() == 0 {
		a.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return a
}

// other is the user that the server runs as in place of root.
func other() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(uid), uint32(gid), nil
	}
	return 0, 0, fmt.Errorf("the server does not run as root, and there is no user postgres or nobody")
}

// own gives a folder to the user that the server runs as.
func (s *Server) own(folder string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := other()
	if err != nil {
		return err
	}
	return os.Chown(folder, int(uid), int(gid))
}
