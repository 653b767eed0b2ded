package app

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Lock is the right to own a data folder. The system takes it back when the
// process ends, however it ends.
type Lock struct{ f *os.File }

// TakeLock takes the lock of a data folder that is there, for what a command
// is about to do. Conflict where another process holds it.
func TakeLock(o Options, what string) (*Lock, error) {
	path := o.in(lockFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, disk(path, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(held(o, f), f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %d\n", what, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(disk(path, err), f.Close())
	}
	return &Lock{f}, nil
}

// held says who holds the lock, as far as the file tells.
func held(o Options, f *os.File) error {
	b := make([]byte, 100)
	n, err := f.ReadAt(b, 0)
	if n == 0 && err != nil {
		b = nil
	}
	who, pid, ok := strings.Cut(strings.TrimSpace(string(b[:n])), " ")
	if !ok {
		return errs.New(errs.Conflict, i18n.M("app.lock.somebody",
			"Another ayni works in {folder}. End it first, or name another folder with --data.", i18n.A{"folder": o.Data}))
	}
	return errs.New(errs.Conflict, i18n.M("app.lock.held",
		"Another ayni works in {folder}: {command}, process {pid}. End it first, or name another folder with --data.",
		i18n.A{"folder": o.Data, "command": who, "pid": pid}))
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.f.Close() }
