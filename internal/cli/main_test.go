package cli

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) {
	// The texts below are English, whatever the machine speaks, and no
	// variable of the machine's own sets a flag.
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "LC_") || name == "LANG" || (strings.HasPrefix(name, "AYNI_") && !slices.Contains([]string{"AYNI_TEST_POSTGRES", "AYNI_TORTURE", "AYNI_SMTP_SINK", "AYNI_SMTP_SINK_DIR"}, name)) {
			os.Unsetenv(name)
		}
	}
	dbtest.Main(m)
}

// result is what a command came to.
type result struct {
	code     int
	out, err string
}

// ayni runs a command in this process.
func ayni(t testing.TB, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), args, Streams{Out: &out, Err: &errs})
	return result{code, out.String(), errs.String()}
}

// ok runs a command that must come to its end, and returns standard output.
func ok(t testing.TB, args ...string) string {
	t.Helper()
	r := ayni(t, args...)
	if r.code != exitDone {
		t.Fatalf("ayni %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// refused runs a command that must end with a code and say certain words.
func refused(t testing.TB, code int, words string, args ...string) {
	t.Helper()
	r := ayni(t, args...)
	if r.code != code {
		t.Errorf("ayni %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	if !strings.Contains(r.err, words) {
		t.Errorf("ayni %s: says %q, want %q in it", strings.Join(args, " "), r.err, words)
	}
	if r.out != "" {
		t.Errorf("ayni %s: prints %q although it failed", strings.Join(args, " "), r.out)
	}
}

// decode reads one JSON document and refuses anything around it.
func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	dec := json.NewDecoder(strings.NewReader(text))
	err := dec.Decode(&v)
	if err != nil {
		t.Fatalf("not JSON: %v\n%s", err, text)
	}
	_, err = dec.Token()
	if err != io.EOF {
		t.Fatalf("more than one document:\n%s", text)
	}
	return v
}

// folder is a data folder that is not there yet.
func folder(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data")
}

// demoTemplate is a data folder with the demo, made once.
var demoTemplate = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch(), "demo")
	var out bytes.Buffer
	if code := Run(context.Background(), []string{"demo", "load", "--data", dir}, Streams{Out: &out, Err: &out}); code != exitDone {
		return "", fmt.Errorf("load the demo: exit code %d: %s", code, out.String())
	}
	return dir, nil
})

// demoFolder is a data folder with the demo.
func demoFolder(t testing.TB) string {
	t.Helper()
	from, err := demoTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	copyTree(t, from, dir)
	copyTree(t, from+".key", dir+".key")
	return dir
}

// copyTree copies a file or a folder, for its owner alone.
func copyTree(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if d.IsDir() {
			return os.Mkdir(target, 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// raw runs statements on an SQLite file as any program could.
func raw(t testing.TB, path string, statements ...string) {
	t.Helper()
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, s := range statements {
		_, err := d.ExecContext(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// one reads a single value from an SQLite file.
func one[T any](t testing.TB, path, query string, args ...any) T {
	t.Helper()
	d, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var v T
	err = d.QueryRowContext(t.Context(), query, args...).Scan(&v)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// alive is open as long as this process lives.
var alive io.Closer

// scratch is a folder of this test process. A shell waits for the process's
// end, however it comes, and removes it.
var scratch = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "ayni-cli-")
	if err != nil {
		panic(err)
	}
	watch := exec.Command("/bin/sh", "-c", `cat >/dev/null; rm -rf "$1"`, "sh", dir)
	watch.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err = watch.StdinPipe()
	if err == nil {
		err = watch.Start()
	}
	if err != nil {
		panic(err)
	}
	return dir
})

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch(), "ayni")
	out, err := exec.Command("go", "build", "-o", path, "ayni/cmd/ayni").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// process is a running server.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string
	out   *bytes.Buffer // standard output, all of it
	err   *bytes.Buffer // standard error
	read  chan struct{} // closed when standard output has ended
	mu    sync.Mutex
	ended bool
}

// start starts a server on a free port and waits until it says that it is ready.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	p := launch(t, "", append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	if p.url == "" {
		t.Fatalf("the server never said that it is ready\n%s%s", p.out, p.err)
	}
	return p
}

// launch starts a command, by way of a shell line when one is given, and waits
// for the ready line or for its end.
func launch(t testing.TB, shell string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, args...)
	if shell != "" {
		command = exec.Command("/bin/sh", append([]string{"-c", shell + `; exec "$0" "$@"`, path}, args...)...)
	}
	return run(t, command)
}

// run is launch for any command that serves.
func run(t testing.TB, command *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: command, out: &bytes.Buffer{}, err: &bytes.Buffer{}, read: make(chan struct{})}
	p.cmd.Stderr = &locked{w: p.err, mu: &p.mu}
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = p.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	ready := make(chan string, 1)
	go func() {
		defer close(p.read)
		defer close(ready)
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			p.mu.Lock()
			p.out.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
			if address, ok := strings.CutPrefix(lines.Text(), "ready at "); ok {
				ready <- address
			}
		}
	}()
	select {
	case p.url = <-ready:
	case <-time.After(time.Minute):
		t.Fatal("the command neither became ready nor ended within a minute")
	}
	return p
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// stderr is what the process has written to standard error so far.
func (p *process) stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err.String()
}

func (p *process) stdout() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// end sends a signal and returns the exit code; -1 when the signal itself
// ended the process.
func (p *process) end(signal os.Signal) int {
	if p.ended {
		return p.cmd.ProcessState.ExitCode()
	}
	p.cmd.Process.Signal(signal)
	return p.wait()
}

func (p *process) wait() int {
	<-p.read
	p.cmd.Wait()
	p.ended = true
	return p.cmd.ProcessState.ExitCode()
}

// client is a browser without JavaScript.
type client struct {
	t    testing.TB
	base string
	http *http.Client
}

func (p *process) client() *client { return newClient(p.t, p.url) }

func newClient(t testing.TB, base string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, base: base, http: &http.Client{
		Jar: jar, Timeout: time.Minute, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response with its body.
type answer struct {
	status int
	header http.Header
	body   string
}

func (c *client) do(ctx context.Context, method, path string, form url.Values) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// upload sends a form with a file in the field "file".
func (c *client) upload(path string, form url.Values, name, content string) answer {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, values := range form {
		err := w.WriteField(field, values[0])
		if err != nil {
			c.t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(f, content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+path, &body)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatalf("POST %s: %v", path, err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("POST %s: %v", path, err)
	}
	return answer{resp.StatusCode, resp.Header, string(said)}
}

func (c *client) get(path string) answer {
	c.t.Helper()
	a, err := c.do(c.t.Context(), http.MethodGet, path, nil)
	if err != nil {
		c.t.Fatalf("GET %s: %v", path, err)
	}
	return a
}

func (c *client) post(path string, form url.Values) answer {
	c.t.Helper()
	a, err := c.do(c.t.Context(), http.MethodPost, path, form)
	if err != nil {
		c.t.Fatalf("POST %s: %v", path, err)
	}
	return a
}

var demoButton = regexp.MustCompile(`name="as" value="([0-9a-f-]{36})"`)

// signInDemo signs in with the first account that the sign-in page offers, an
// officer.
func (c *client) signInDemo() {
	c.t.Helper()
	page := c.get("/sign-in")
	m := demoButton.FindStringSubmatch(page.body)
	if m == nil {
		c.t.Fatalf("the sign-in page offers no demo account:\n%s", page.body)
	}
	a := c.post("/sign-in/demo", url.Values{"as": {m[1]}})
	if a.status != http.StatusSeeOther {
		c.t.Fatalf("sign in: %d\n%s", a.status, a.body)
	}
}

// until asks again and again, for at most a minute.
func until(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for range 600 {
		if fn() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited a minute in vain: %s", what)
}
