package e2e

import (
	"os/exec"
	"syscall"
)

// endWithTests lets the system end a program together with the tests, also
// when they are killed.
func endWithTests(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
