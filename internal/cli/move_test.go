package cli

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ayni/internal/app"
	"ayni/internal/commons/directory"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// shape is what must be the same after a move, whatever the engine.
type shape struct {
	sums, journeys string
	rows           int64 // of the audit
}

func shapeOf(t testing.TB, at ...string) shape {
	t.Helper()
	with := func(args ...string) []string { return append(args, at...) }
	ok(t, with("check")...)
	v := decode[verified](t, ok(t, with("verify-audit", "--json")...))
	if !v.Whole || v.NoHeads || v.HeadsChecked == 0 || v.Unsealed != 0 {
		t.Errorf("the audit at %v: %+v", at, v)
	}
	return shape{ok(t, with("check", "--checksum", "--json")...), ok(t, with("journey", "--list", "--json")...), v.Rows}
}

// BR5: the demo moves to PostgreSQL, back into its own folder and into another
// one, and is the same everywhere; the log of signed heads goes on.
func TestBR5_MoveToPostgresAndBack(t *testing.T) {
	t.Parallel()
	dir, address := demoFolder(t), dbtest.URL(t)
	hashes := attach(t, app.Options{Data: dir}, "one file\n", "another\n")
	want := shapeOf(t, "--data", dir)
	before := readFile(t, filepath.Join(dir, "ayni.db"))

	r := ayni(t, "migrate", "--to", address, "--data", dir, "--json")
	if r.code != exitDone || !strings.Contains(r.err, "partnership: ") {
		t.Fatalf("%+v", r)
	}
	got := decode[moved](t, r.out)
	if got.From != "sqlite" || got.To != "postgres" || got.Files != 0 || got.Missing == nil || got.Damaged == nil {
		t.Errorf("got %+v", got)
	}
	if n := one[int64](t, filepath.Join(dir, "ayni.db"), `select count(*) from audit`); got.Tables["audit"] != n || n == 0 {
		t.Errorf("%d rows of the audit, moved %d", n, got.Tables["audit"])
	}
	if n, listed := got.Tables["audit_personal"]; !listed || n == 0 {
		t.Error("no personal values came along")
	}
	if !bytes.Equal(before, readFile(t, filepath.Join(dir, "ayni.db"))) {
		t.Error("the source was changed")
	}
	pg := []string{"--db", address, "--data", dir}
	if s := shapeOf(t, pg...); s != want {
		t.Error("the records in PostgreSQL are not the same")
	}

	// It serves there; what is written is chained and signed in the same log.
	p := start(t, append([]string{"--demo"}, pg...)...)
	c := p.client()
	c.signInDemo()
	if a := c.post("/organisations/new", organisation("Written in PostgreSQL")); a.status != http.StatusSeeOther {
		t.Errorf("a form: %d", a.status)
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	want = shapeOf(t, pg...)

	// Back: its own folder still holds the database that was left.
	refused(t, exitInput, "There is a database", append([]string{"migrate", "--to", dir}, pg...)...)
	err := os.Rename(filepath.Join(dir, "ayni.db"), filepath.Join(dir, "before.db"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "deep", "data")
	got = decode[moved](t, ok(t, append([]string{"migrate", "--json", "--to", other}, pg...)...))
	if got.From != "postgres" || got.To != "sqlite" || got.Files < 2 || len(got.Missing)+len(got.Damaged) > 0 {
		t.Errorf("got %+v", got)
	}
	ok(t, append([]string{"migrate", "--to", dir}, pg...)...)
	for _, at := range []string{dir, other} {
		if s := shapeOf(t, "--data", at); s != want {
			t.Errorf("the records in %s are not the same", at)
		}
		for _, h := range hashes {
			readFile(t, filepath.Join(at, "files", h[:2], h))
		}
		mode(t, at)
		left, err := filepath.Glob(filepath.Join(filepath.Dir(at), "*.unfinished*"))
		inside, err2 := filepath.Glob(filepath.Join(at, "*.unfinished*"))
		if err != nil || err2 != nil || len(left)+len(inside) > 0 {
			t.Errorf("left behind: %v %v", left, inside)
		}
	}
	if !bytes.Equal(readFile(t, dir+".key"), readFile(t, other+".key")) {
		t.Error("the key did not come along")
	}
	p = start(t, "--data", other, "--demo")
	c = p.client()
	c.signInDemo()
	if a := c.get("/organisations?q=Written"); !strings.Contains(a.body, "Written in PostgreSQL") {
		t.Errorf("the record is not there: %d", a.status)
	}
	p.end(syscall.SIGTERM)
	v := decode[verified](t, ok(t, "verify-audit", "--json", "--data", other))
	if !v.Whole || len(v.Keys) != 1 || v.Unsigned != 0 {
		t.Errorf("the audit: %+v", v)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BR5: some thousands of organisations with all kinds of text move as they are.
func TestBR5_MoveOfAGeneratedSet(t *testing.T) {
	t.Parallel()
	dir, address := folder(t), dbtest.URL(t)
	a, err := app.Open(t.Context(), app.Options{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"Ñandú ’quoted’ \"x\" \\ back", "مؤسسة", "日本語 𐍈", "line\nbreak\ttab", "'; drop table organisation; --", "e\u0301 and é", "\u2028", ""}
	const many = 3000
	var list []directory.Organisation
	for i := range many {
		list = append(list, directory.Organisation{Name: fmt.Sprintf("Organisation %d %s", i, texts[i%len(texts)]), Kind: "ngo", Note: texts[(i+3)%len(texts)]})
	}
	err = a.DB.Write(t.Context(), func(tx *db.Tx) error {
		for _, o := range list {
			_, err := a.Directory.InsertOrganisation(tx, actor(), o)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = a.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := shapeOf(t, "--data", dir)
	got := decode[moved](t, ok(t, "migrate", "--json", "--to", address, "--data", dir))
	if got.Tables["organisation"] < many {
		t.Errorf("%d organisations", got.Tables["organisation"])
	}
	if s := shapeOf(t, "--db", address, "--data", dir); s != want {
		t.Error("not the same in PostgreSQL")
	}
	back := folder(t)
	ok(t, "migrate", "--to", back, "--data", dir, "--db", address)
	if s := shapeOf(t, "--data", back); s != want {
		t.Error("not the same after the way back")
	}
}

func TestBR5_MoveRefuses(t *testing.T) {
	t.Parallel()
	dir, address := demoFolder(t), dbtest.URL(t)
	for _, to := range []string{"mysql://root@127.0.0.1/x", "sqlite:///tmp/x.db", "postgres://user:p%zz@host/name"} {
		r := ayni(t, "migrate", "--to", to, "--data", dir)
		if r.code != exitUsage || strings.Contains(r.err, "p%zz") {
			t.Errorf("%s: %+v", to, r)
		}
	}
	refused(t, exitUsage, "SQLite needs no address", "check", "--db", "mysql://root:secret@127.0.0.1/x", "--data", dir)
	refused(t, exitInput, "There is no data folder", "migrate", "--to", address, "--data", folder(t))
	refused(t, exitInput, "There is a database", "migrate", "--to", dir, "--data", dir)
	filled := t.TempDir()
	err := os.WriteFile(filepath.Join(filled, "mine"), []byte("mine"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, exitInput, "is not empty", "migrate", "--to", filled, "--data", dir)
	if b := readFile(t, filepath.Join(filled, "mine")); string(b) != "mine" {
		t.Error("the file in the way was changed")
	}

	// Beside a running server, from either engine.
	p := start(t, "--data", dir)
	refused(t, exitInput, "Another ayni works in", "migrate", "--to", address, "--data", dir)
	p.end(syscall.SIGTERM)

	// Into what holds something.
	ok(t, "migrate", "--to", address, "--data", dir)
	refused(t, exitInput, "The PostgreSQL database is not empty", "migrate", "--to", address, "--data", dir)
	p = start(t, "--data", dir, "--db", address)
	refused(t, exitInput, "Another ayni works in", "migrate", "--to", folder(t), "--data", dir, "--db", address)
	p.end(syscall.SIGTERM)

	// Another key where the copy of the key would lie.
	other := folder(t)
	err = os.WriteFile(other+".key", []byte("another"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, exitInput, "There is another key file", "migrate", "--to", other, "--data", dir)
	if _, err := os.Stat(other); err == nil {
		t.Error("a refused move left a folder")
	}
}

// A move that is killed leaves nothing in the new place that could be taken
// for an installation, and the next one goes through.
func TestBR5_KilledMoveLeavesNothing(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir, address := demoFolder(t), dbtest.URL(t)
	attach(t, app.Options{Data: dir}, "a file\n")
	want := shapeOf(t, "--data", dir)
	for _, to := range []string{filepath.Join(t.TempDir(), "new"), address} {
		at := []string{"--data", to}
		if to == address {
			at = []string{"--data", dir, "--db", to}
		}
		for _, table := range []string{"organisation:", "partnership:", "journey_state:"} {
			killAt(t, path, table, "migrate", "--to", to, "--data", dir)
			r := ayni(t, append([]string{"check"}, at...)...)
			if to != address && r.code != exitInput {
				t.Errorf("killed at %s, there is an installation: %+v", table, r)
			}
			if to == address && count(t, address, "organisation") != 0 {
				t.Errorf("killed at %s, there are rows", table)
			}
		}
		r := ayni(t, "migrate", "--to", to, "--data", dir)
		if r.code != exitDone || (to != address && !strings.Contains(r.err, "An earlier move had not come to its end")) {
			t.Errorf("the next move: %+v", r)
		}
		if shapeOf(t, at...) != want {
			t.Errorf("%s is not the same", to)
		}
	}
}

// killAt starts a command and kills it when it says a word.
func killAt(t testing.TB, path, word string, args ...string) {
	t.Helper()
	c := exec.Command(path, args...)
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = c.Start()
	if err != nil {
		t.Fatal(err)
	}
	var said []byte
	b := make([]byte, 256)
	for !bytes.Contains(said, []byte(word)) {
		n, err := pipe.Read(b)
		said = append(said, b[:n]...)
		if err != nil {
			t.Errorf("it never said %q: %s", word, said)
			break
		}
	}
	c.Process.Kill()
	c.Wait()
}

// count counts the rows of a table of a PostgreSQL database; 0 where there is
// no such table.
func count(t testing.TB, address, table string) int {
	t.Helper()
	d, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var there bool
	err = d.QueryRowContext(t.Context(), `select to_regclass($1) is not null`, table).Scan(&there)
	if err != nil || !there {
		return 0
	}
	var n int
	err = d.QueryRowContext(t.Context(), `select count(*) from `+table).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
