//go:build unix

package exectask

import (
	"os/exec"
	"syscall"
)

// together has a command be killed with all that it has started, which is in a group of
// processes of its own.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
