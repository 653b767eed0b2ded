package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/commons/refdata"
)

func TestServeSaysOneLineWhenItAnswers(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, "--data", dir)
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]*$`).MatchString(p.url) {
		t.Errorf("ready at %q", p.url)
	}
	c := p.client()
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n", "/robots.txt": "User-agent: *\nDisallow: /\n"} {
		if a := c.get(path); a.status != http.StatusOK || a.body != want {
			t.Errorf("%s: %d %q", path, a.status, a.body)
		}
	}
	if a := c.get("/nowhere"); a.status != http.StatusNotFound || a.header.Get("Content-Security-Policy") == "" {
		t.Errorf("an unknown page: %d, %v", a.status, a.header)
	}
	for path, mode := range map[string]os.FileMode{"": 0o700, "ayni.db": 0o600, "audit-heads.log": 0o600, "files": 0o700, "ayni.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), mode)
		}
	}
	if info, err := os.Stat(dir + ".key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v %v", info, err)
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d after SIGTERM\n%s", code, p.stderr())
	}
	if p.stdout() != "ready at "+p.url+"\n" {
		t.Errorf("standard output: %q", p.stdout())
	}
	for _, line := range strings.Split(strings.TrimSpace(p.stderr()), "\n") {
		if !strings.HasPrefix(line, "{") && !strings.Contains(line, "/set-up/") && !strings.Contains(line, "There is no account yet") {
			t.Errorf("a line of standard error is no JSON: %s", line)
		}
	}
}

func TestServeAsJSON(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{"serve", "--addr", "127.0.0.1:0", "--json", "--data", folder(t)}, Streams{Out: in, Err: io.Discard})
		in.Close()
	}()
	var got struct{ Ready string }
	err := json.NewDecoder(out).Decode(&got)
	if err != nil || !strings.HasPrefix(got.Ready, "http://127.0.0.1:") {
		t.Errorf("got %+v, %v", got, err)
	}
	stop()
	rest, err := io.ReadAll(out)
	if strings.TrimSpace(string(rest)) != "" || err != nil {
		t.Errorf("more on standard output: %q, %v", rest, err)
	}
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d", code)
	}
}

// AU11: no account comes with the program; the address for the first one is
// printed once, works once, and its token is not kept.
func TestAU11_FirstSetUp(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, "--data", dir)
	until(t, "the set-up address is printed", func() bool { return strings.Contains(p.stderr(), "/set-up/") })
	m := regexp.MustCompile(`(http://\S+)(/set-up/([0-9a-f]{64}))`).FindAllStringSubmatch(p.stderr(), -1)
	if len(m) != 1 || m[0][1] != p.url {
		t.Fatalf("the set-up address stands %d times in:\n%s", len(m), p.stderr())
	}
	c := p.client()
	form := url.Values{
		"name": {"Ana Souza"}, "email": {"ana@example.org"}, "new-password": {"a horse and a stapler"}, "again-password": {"a horse and a stapler"},
		"host-name": {"Example Organisation"}, "host-acronym": {"EO"}, "lang": {"en"},
	}
	if a := c.get(m[0][2]); a.status != http.StatusOK {
		t.Fatalf("the set-up page: %d", a.status)
	}
	if a := c.post(m[0][2], form); a.status != http.StatusSeeOther {
		t.Fatalf("set up: %d\n%s", a.status, a.body)
	}
	home := c.get("/")
	if home.status != http.StatusOK || !strings.Contains(home.body, `href="/admin"`) {
		t.Errorf("the first account's home: %d", home.status)
	}
	if a := p.client().post(m[0][2], form); a.status != http.StatusNotFound {
		t.Errorf("a used set-up address answers %d", a.status)
	}
	if n := one[int](t, filepath.Join(dir, "ayni.db"), `select count(*) from access_link where token = $1`, m[0][3]); n != 0 {
		t.Error("the token itself is kept")
	}
	p.end(syscall.SIGTERM)
	again := start(t, "--data", dir)
	if strings.Contains(again.stderr(), "/set-up/") {
		t.Errorf("a set-up address although there is an account:\n%s", again.stderr())
	}
	if strings.Contains(p.stderr(), `"path":"`+m[0][2]) {
		t.Error("the request log holds the token")
	}
}

func TestServeDemo(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	p := start(t, "--data", dir, "--demo")
	c := p.client()
	c.signInDemo()
	home := c.get("/")
	if home.status != http.StatusOK {
		t.Fatalf("home: %d", home.status)
	}
	for _, place := range []string{"/partnerships", "/countries", "/organisations", "/persons", "/actions", "/guide"} {
		if !strings.Contains(home.body, `href="`+place+`"`) {
			t.Errorf("no way to %s", place)
		}
		if a := c.get(place); a.status != http.StatusOK {
			t.Errorf("%s: %d", place, a.status)
		}
	}
	p.end(syscall.SIGTERM)
	// It starts again with what people have added, and demo load says why not.
	ok(t, "user", "add", "ana@example.org", "--role", "officer", "--data", dir)
	start(t, "--data", dir, "--demo").end(syscall.SIGTERM)
	refused(t, exitInput, "not the demo’s", "demo", "load", "--data", dir)
	// Without --demo nobody signs in without a password.
	plain := start(t, "--data", dir)
	if page := plain.client().get("/sign-in"); strings.Contains(page.body, `name="as"`) {
		t.Error("demo accounts are offered without --demo")
	}
}

func TestDemoLoadMayBeRepeated(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := ok(t, "demo", "load", "--json", "--data", dir)
	sums := ok(t, "check", "--checksum", "--json", "--data", dir)
	if again := ok(t, "demo", "load", "--json", "--data", dir); again != first {
		t.Errorf("again: %s, first: %s", again, first)
	}
	if ok(t, "check", "--checksum", "--json", "--data", dir) != sums {
		t.Error("loading again changed records")
	}
}

// FA5: a second one on the same folder says so and changes nothing.
func TestFA5_SecondOneIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	backup := filepath.Join(t.TempDir(), "b.zip")
	p := start(t, "--data", dir)
	ok(t, "backup", backup, "--data", dir)
	for _, args := range [][]string{
		{"serve", "--addr", "127.0.0.1:0"}, {"migrate"}, {"demo", "load"}, {"restore", backup, "--replace"},
	} {
		refused(t, exitInput, "Another ayni works in "+dir+": serve, process ", append(args, "--data", dir)...)
	}
	// Readers work beside it.
	for _, args := range [][]string{{"check"}, {"journey", "--list"}, {"verify-audit"}, {"doctor"}, {"check", "--checksum"}} {
		ok(t, append(args, "--data", dir)...)
	}
	if a := p.client().get("/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz: %d", a.status)
	}
	// The lock ends with the process, however that ends.
	p.end(syscall.SIGKILL)
	ok(t, "migrate", "--data", dir)
}

func TestAddressInUseIsSaid(t *testing.T) {
	t.Parallel()
	p := start(t, "--data", folder(t))
	refused(t, exitInput, "Can’t listen at "+strings.TrimPrefix(p.url, "http://"), "serve", "--data", folder(t), "--addr", strings.TrimPrefix(p.url, "http://"))
}

// What another process adds to the reference lists is there within a second.
func TestServerFollowsWhatOthersWrite(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	p := start(t, "--data", dir, "--demo")
	c := p.client()
	c.signInDemo()
	other, err := app.Open(t.Context(), app.Options{Data: dir, Use: app.Write})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	list := ""
	for _, l := range other.Ref.Lists() {
		if l.Editable {
			list = l.Code
			break
		}
	}
	if list == "" {
		t.Skip("no list takes rows of one's own")
	}
	before := c.get("/reference/" + list + "/rows.csv")
	if before.status != http.StatusOK {
		t.Fatalf("rows of %s: %d", list, before.status)
	}
	model := other.Ref.All(list)[0]
	err = other.Ref.Add(t.Context(), actor(), refdata.Item{
		List: list, Code: "made-here", NameEN: "Made here", NameFR: "Fait ici", NameES: "Hecho aquí", Parent: model.Parent,
		Source: model.Source, AsOf: "2026", Attrs: model.Attrs,
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the server shows the new row", func() bool {
		return strings.Contains(c.get("/reference/"+list+"/rows.csv").body, "made-here")
	})
}

// FA6: what the system refuses is said, and no server goes round and round.
func TestFA6_WhatTheSystemRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	err := os.WriteFile(file, []byte("mine"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, exitInput, "is a file", "serve", "--addr", "127.0.0.1:0", "--data", file)
	refused(t, exitInput, "is a file", "check", "--data", file)
	if r := ayni(t, "migrate", "--data", filepath.Join(file, "data")); r.code == exitDone || !strings.Contains(r.err, file) {
		t.Errorf("a folder in a file: exit code %d, %s", r.code, r.err)
	}
	// A parent that is missing is made.
	ok(t, "migrate", "--data", filepath.Join(dir, "a", "b", "data"))

	few := launch(t, "ulimit -n 9", "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "few"))
	if few.url != "" {
		t.Fatal("nine open files are enough after all: this test looks at nothing")
	}
	if code := few.wait(); code == 0 || strings.Contains(few.stderr(), "panic") || few.stderr() == "" {
		t.Errorf("with nine open files: exit code %d\n%s", code, few.stderr())
	}
	some := launch(t, "ulimit -n 32", "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "some"))
	if some.url == "" {
		t.Fatalf("with 32 open files: %s", some.stderr())
	}
	// More connections than it may hold: it goes on when they are gone.
	var held []*client
	for range 40 {
		c := some.client()
		held = append(held, c)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := c.do(ctx, http.MethodGet, "/healthz", nil)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a connection too many: %v", err)
		}
	}
	for _, c := range held {
		c.http.CloseIdleConnections()
	}
	until(t, "the server answers again", func() bool {
		c := some.client()
		defer c.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		a, err := c.do(ctx, http.MethodGet, "/healthz", nil)
		return err == nil && a.status == http.StatusOK
	})
}

// FA3: a database that is none is not served.
func TestFA3_DamagedDatabaseIsNotServed(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ok(t, "migrate", "--data", dir)
	path := filepath.Join(dir, "ayni.db")
	for name, spoil := range map[string]func(b []byte) []byte{
		"another file": func([]byte) []byte { return []byte(strings.Repeat("this is no database\n", 500)) },
		"cut":          func(b []byte) []byte { return b[:len(b)/2+100] },
		"first page":   func(b []byte) []byte { clear(b[90:4000]); return b },
	} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(path, spoil(append([]byte{}, good...)), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, exitInput, "is damaged, or is no database of this program. Keep the file, and put the last backup in its place: ayni restore", "serve", "--addr", "127.0.0.1:0", "--data", dir)
		r := ayni(t, "doctor", "--data", dir, "--json")
		if r.code != exitInput || !strings.Contains(r.out, `"bad"`) {
			t.Errorf("%s: doctor's exit code %d\n%s%s", name, r.code, r.out, r.err)
		}
		err = os.WriteFile(path, good, 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(t, "check", "--data", dir)
}
