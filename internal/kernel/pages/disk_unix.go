//go:build linux || darwin

package pages

import "syscall"

// diskFree is the room left for us on the disk of a folder, in bytes.
func diskFree(dir string) (int64, bool) {
	var s syscall.Statfs_t
	err := syscall.Statfs(dir, &s)
	if err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
