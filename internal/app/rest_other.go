//go:build !linux

package app

// forgetProgram does nothing where the kernel does not count the program's
// own file.
func forgetProgram() {}
