package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db/dbtest"
)

// server is a running installation.
type server struct {
	url   string   // http://127.0.0.1:…
	place []string // the flags that name its data: --data DIR, and --db URL
	said  *tail    // what it says on standard error
}

// serveDemo starts the demo in an empty folder.
func serveDemo(t *testing.T) *server { return serve(t, "", "--demo") }

// serveNew starts an installation that nobody has set up, on SQLite.
func serveNew(t *testing.T) *server { return serve(t, "") }

// servePostgres starts an installation that nobody has set up, on PostgreSQL.
func servePostgres(t *testing.T) *server { return serve(t, dbtest.URL(t)) }

func serve(t *testing.T, database string, flags ...string) *server {
	t.Helper()
	s := &server{place: []string{"--data", filepath.Join(t.TempDir(), "data")}}
	if database != "" {
		s.place = append(s.place, "--db", database)
		s.run(t, "migrate")
	}
	s.start(t, flags)
	return s
}

// start runs the server until the test ends.
func (s *server) start(t *testing.T, flags []string) {
	t.Helper()
	cmd := s.command(t, context.Background(), slices.Concat([]string{"serve", "--addr", "127.0.0.1:0"}, flags)...)
	s.said = &tail{}
	cmd.Stderr = s.said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	if err != nil {
		t.Fatalf("start the server: %v", err)
	}
	ready := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			url, ok := strings.CutPrefix(lines.Text(), "ready at ")
			if ok {
				ready <- url
			}
		}
		ended <- errors.Join(lines.Err(), cmd.Wait())
	}()
	t.Cleanup(func() {
		err := cmd.Process.Signal(syscall.SIGTERM)
		if err == nil {
			select {
			case err = <-ended:
			case <-time.After(patience):
				err = errors.Join(errors.New("it did not end when asked to"), cmd.Process.Kill())
			}
		}
		if err != nil && s.url != "" {
			t.Errorf("end the server: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's last words:\n%s", s.said.last(4000))
		}
	})
	select {
	case s.url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the server ended before it was ready: %v\n%s", err, s.said.last(4000))
	case <-time.After(patience):
		t.Fatalf("the server does not become ready\n%s", s.said.last(4000))
	}
}

// command is the program with the flags of this installation.
func (s *server) command(t testing.TB, ctx context.Context, args ...string) *exec.Cmd {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, bin, slices.Concat(args, s.place)...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AYNI_") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	endWithTests(cmd)
	return cmd
}

// run runs a command beside the server and returns what it printed.
func (s *server) run(t testing.TB, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := s.command(t, ctx, args...)
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	if err != nil {
		t.Fatalf("ayni %s: %v\n%s", strings.Join(args, " "), err, words.String())
	}
	return out.Bytes()
}

// read runs a command with --json and reads the document it prints.
func read[T any](t testing.TB, s *server, args ...string) T {
	t.Helper()
	var v T
	out := s.run(t, append(args, "--json")...)
	err := json.Unmarshal(out, &v)
	if err != nil {
		t.Fatalf("ayni %s --json: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// finding is an element as `ayni journey ID --json` gives it.
type finding struct {
	Key     string
	Step    int
	State   string
	Since   string
	Missing []struct {
		Text string
		Who  []struct{ Kind, ID, Name string }
	}
	Evidence []struct{ Kind, Ref, Title, Date string }
}

// findings is the journey of a partnership as the command gives it.
func (s *server) findings(t testing.TB, partnership string) []finding {
	t.Helper()
	return read[struct{ Findings []finding }](t, s, "journey", partnership).Findings
}

// setUpAddress is the address with the single-use token that the server
// printed, without the host.
func (s *server) setUpAddress(t testing.TB) string {
	t.Helper()
	var path string
	until(t, "the address of first set-up on standard error", func() bool {
		for line := range strings.Lines(s.said.last(1 << 20)) {
			after, ok := strings.CutPrefix(strings.TrimSpace(line), s.url)
			if ok {
				path = after
			}
		}
		return path != ""
	})
	return path
}

// tail keeps what a program writes.
type tail struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*tail)(nil)

func (w *tail) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	return len(b), nil
}

// last are at most the last n bytes.
func (w *tail) last(n int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text[max(0, len(w.text)-n):])
}
