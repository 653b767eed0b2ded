package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come. It is no budget: a
// machine that is busy with other tests takes its time.
const patience = 60 * time.Second

// torture says that every language and every look is tried.
var torture = os.Getenv("AYNI_TORTURE") != ""

// scratch is a folder of this run, for what all tests share.
var scratch string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	var err error
	scratch, err = os.MkdirTemp("", "ayni-e2e-")
	if err != nil {
		return 1, err
	}
	code := m.Run()
	return code, errors.Join(closeBrowser(), os.RemoveAll(scratch))
}

// program is the program that is tried: $AYNI_BIN, or the sources as they are.
var program = sync.OnceValues(func() (string, error) {
	bin := os.Getenv("AYNI_BIN")
	if bin != "" {
		return filepath.Abs(bin)
	}
	bin = filepath.Join(scratch, "ayni")
	out, err := exec.Command("go", "build", "-o", bin, "ayni/cmd/ayni").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return bin, nil
})

// lacks ends a test that needs what this machine does not have: skipped at
// home, failed where $CI says that nothing may be left out.
func lacks(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// inTurn are the languages that a journey is tried in: all of them under
// torture, else the one whose turn it is.
func inTurn(turn int) []string {
	if torture {
		return langs
	}
	return langs[turn%len(langs):][:1]
}
