package files

import (
	"io/fs"
	"syscall"
	"testing"

	"ayni/internal/kernel/errs"
)

func TestFullDiskIsFull(t *testing.T) {
	t.Parallel()
	for cause, want := range map[syscall.Errno]errs.Kind{
		syscall.ENOSPC: errs.Full, syscall.EDQUOT: errs.Full, syscall.EIO: errs.Internal, syscall.EACCES: errs.Internal,
	} {
		err := disk("write a file", &fs.PathError{Op: "write", Path: "x", Err: cause})
		if got := errs.KindOf(err); got != want {
			t.Errorf("%v: got %v, want %v", cause, got, want)
		}
	}
}
