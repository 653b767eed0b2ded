// Command testsum reads the output of "go test -json", shows what a person
// wants to see of it (a line a package, the whole output of what failed, why
// tests were skipped) and ends with one line: "812 passed, 0 failed, 3 skipped".
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	w := bufio.NewWriter(os.Stdout)
	ok := sum(os.Stdin, w)
	w.Flush()
	if !ok {
		os.Exit(1)
	}
}

// event is what "go test -json" says, a line each (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// name is a test within its package; an empty test is the package itself.
type name struct{ pkg, test string }

// counts are the ends of tests. A test with subtests counts beside them.
type counts struct{ passed, failed, skipped int }

type summary struct {
	w      *bufio.Writer
	output map[name]*strings.Builder // of what has not ended, or has failed
	of     map[string]*counts        // by package
	total  counts
	broken int // packages that failed without a failing test: build, panic, time limit
}

// sum reads events from r, writes what matters to w and says whether all is well.
func sum(r io.Reader, w *bufio.Writer) bool {
	s := summary{w: w, output: map[name]*strings.Builder{}, of: map[string]*counts{}}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				w.Write(line) // not an event: go's own words
			} else {
				s.event(e)
			}
			w.Flush()
		}
		if err != nil {
			break
		}
	}
	if s.total.passed+s.total.failed+s.broken == 0 {
		fmt.Fprintln(w, "no test ran")
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", s.total.passed, s.total.failed+s.broken, s.total.skipped)
	return s.total.failed == 0 && s.broken == 0 && s.total.passed > 0
}

func (s *summary) event(e event) {
	pkg := e.Package
	if pkg == "" {
		pkg, _, _ = strings.Cut(e.ImportPath, " ")
	}
	at := name{pkg, e.Test}
	c := s.of[pkg]
	if c == nil {
		c = &counts{}
		s.of[pkg] = c
	}
	switch e.Action {
	case "output", "build-output":
		if strings.HasPrefix(e.Output, "=== ") {
			return // that a test runs, waits and goes on
		}
		if s.output[at] == nil {
			s.output[at] = &strings.Builder{}
		}
		s.output[at].WriteString(e.Output)
	case "pass":
		if e.Test == "" {
			fmt.Fprintf(s.w, "ok    %s  %.1f s, %d tests\n", pkg, e.Elapsed, c.passed+c.skipped)
			s.forget(pkg)
			return
		}
		c.passed++
		s.total.passed++
		delete(s.output, at)
	case "skip":
		if e.Test == "" {
			return // a package without tests
		}
		c.skipped++
		s.total.skipped++
		fmt.Fprintf(s.w, "skip  %s %s: %s\n", pkg, e.Test, reason(s.output[at]))
		delete(s.output, at)
	case "fail":
		if e.Test != "" {
			c.failed++
			s.total.failed++
			return
		}
		for _, n := range s.kept(pkg) {
			s.w.WriteString(s.output[n].String())
		}
		fmt.Fprintf(s.w, "FAIL  %s  %.1f s, %d failed\n", pkg, e.Elapsed, c.failed)
		if c.failed == 0 {
			s.broken++
		}
		s.forget(pkg)
	}
}

// kept are the parts of a package whose output is still kept: its failed
// tests by name, then what the package itself said.
func (s *summary) kept(pkg string) []name {
	var out []name
	for n := range s.output {
		if n.pkg == pkg {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b name) int {
		if (a.test == "") != (b.test == "") {
			return strings.Compare(b.test, a.test)
		}
		return strings.Compare(a.test, b.test)
	})
	return out
}

func (s *summary) forget(pkg string) {
	for n := range s.output {
		if n.pkg == pkg {
			delete(s.output, n)
		}
	}
}

// reason is the last line that a skipped test said about itself.
func reason(b *strings.Builder) string {
	said := "no reason given"
	if b == nil {
		return said
	}
	for _, line := range strings.Split(b.String(), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--- ") {
			said = line
		}
	}
	return said
}
