package app

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// forgetProgram tells the kernel that the pages of the program's own file need
// not stay mapped: a page that is asked for again comes back from the page
// cache. Only mappings that nothing writes to are named; where one can't be
// read or forgotten, it stays, and no harm is done.
func forgetProgram() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// "00400000-0112b000 r-xp 00000000 fe:00 1234   /path/of/ayni"
		line := lines.Text()
		var from, to uintptr
		var mode string
		n, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode)
		if err != nil || n != 3 || strings.Contains(mode, "w") || !strings.HasSuffix(line, " "+self) {
			continue
		}
		_, _, errno := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		if errno != 0 {
			return
		}
	}
}
