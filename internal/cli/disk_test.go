package cli

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ayni/internal/kernel/db"
)

// FA2: every acknowledged write is on the disk: the log of the database is
// synced at least once a commit.
func TestFA2_EveryCommitIsSynced(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, so nobody counts what reaches the disk (Debian: apt-get install strace)")
	}
	if out, err := exec.Command(strace, "-f", "-o", os.DevNull, "/bin/true").CombinedOutput(); err != nil {
		t.Skipf("the system lets nobody trace here, so nobody counts what reaches the disk: %v %s", err, out)
	}
	dir := demoFolder(t)
	trace := filepath.Join(t.TempDir(), "trace")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := run(t, exec.Command(strace, "-D", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", trace, path, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--demo"))
	if p.url == "" {
		t.Fatalf("the server never said that it is ready\n%s", p.stderr())
	}
	c := p.client()
	c.signInDemo()
	synced := func() int {
		return len(regexp.MustCompile(`f(?:data)?sync\([0-9]+<[^>]*ayni\.db-wal>`).FindAll(readFile(t, trace), -1))
	}
	before := synced()
	const writes = 40
	for i := range writes {
		if a := c.post("/organisations/new", organisation(fmt.Sprintf("Synced %d", i))); a.status != http.StatusSeeOther {
			t.Fatalf("a form: %d", a.status)
		}
	}
	if n := synced() - before; n < writes {
		t.Errorf("%d writes were acknowledged after %d syncs of the log", writes, n)
	}
	if code := p.end(syscall.SIGTERM); code != 0 { // -D: the process is the server, not its tracer
		t.Errorf("exit code %d", code)
	}
}

// crashed is an installation whose server was killed after some writes, which
// lie in the log of the database still.
func crashed(t *testing.T) (place, *writers) {
	t.Helper()
	at := demoPlace(t, "")
	p := start(t, at.at("--demo")...)
	c := p.client()
	c.signInDemo()
	w := &writers{acked: map[string]string{}}
	for i := range 20 {
		if !w.one(t.Context(), c, fmt.Sprintf("wa-1-%d", i)) {
			t.Fatal("the server is gone")
		}
	}
	p.end(syscall.SIGKILL)
	return at, w
}

// FA3: a log of the database that was torn in a crash ends where it is whole:
// what came before is there, and the server starts.
func TestFA3_TornLog(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(b []byte) []byte{
		"whole":           func(b []byte) []byte { return b },
		"last frame cut":  func(b []byte) []byte { return b[:len(b)-1000] },
		"last frame zero": func(b []byte) []byte { clear(b[len(b)-4120:]); return b },
		"one bit":         func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"its head":        func(b []byte) []byte { b[9] ^= 1; return b },
		"garbage after":   func(b []byte) []byte { return append(b, []byte(strings.Repeat("garbage", 900))...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, w := crashed(t)
			path := filepath.Join(at.dir, "ayni.db-wal")
			log := readFile(t, path)
			if len(log) < 8192 {
				t.Fatalf("a log of %d bytes: there is nothing to tear", len(log))
			}
			err := os.WriteFile(path, spoil(log), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, at.at("--demo")...)
			c := p.client()
			c.signInDemo()
			if a := c.post("/organisations/new", organisation("Goes on")); a.status != http.StatusSeeOther {
				t.Errorf("a form: %d", a.status)
			}
			p.end(syscall.SIGTERM)
			ok(t, at.at("check")...)
			if name == "whole" || name == "garbage after" {
				w.holds(t, at)
				return
			}
			// What is there is a beginning of what was written, whole.
			there := 0
			for i := range 20 {
				n := one[int](t, filepath.Join(at.dir, "ayni.db"), `select count(*) from organisation o join organisation_identifier x on x.organisation = o.id
					where o.name = $1 and (select count(*) from organisation_alias a where a.organisation = o.id) = 2`, fmt.Sprintf("wa-1-%d", i))
				if n == 1 && there == i {
					there++
				} else if n != 0 {
					t.Errorf("write %d is there and one before it is not", i)
				}
			}
			t.Logf("%d of 20 writes were before the tear", there)
		})
	}
}

// FA3: damage inside the file is found by who looks, and the way back is named.
func TestFA3_DamagedPageIsFound(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	path := filepath.Join(dir, "ayni.db")
	page := one[int64](t, path, `select rootpage from sqlite_master where name = 'organisation'`)
	size := one[int64](t, path, `pragma page_size`)
	b := readFile(t, path)
	b[(page-1)*size+3] ^= 0x40 // how many cells the page has
	err := os.WriteFile(path, b, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check"}, {"doctor"}} {
		r := ayni(t, append(args, "--data", dir)...)
		if r.code != exitInput || !strings.Contains(r.out+r.err, "damaged") || !strings.Contains(r.out+r.err, "ayni restore BACKUP --replace") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	// Served all the same, it answers no page from the damaged part, such as the
	// list of the demo's accounts with their organisations.
	p := start(t, "--data", dir, "--demo")
	c := p.client()
	if a := c.get("/sign-in"); a.status != http.StatusInternalServerError || !strings.Contains(a.body, "administrator") {
		t.Errorf("a page from a damaged database: %d", a.status)
	}
	p.end(syscall.SIGTERM)
}

// FA11: somebody holds an old state of the database open while many write: the
// log grows, doctor and the page of the system's state say so, and it is small
// again once the reader is gone.
func TestFA11_LongReader(t *testing.T) {
	t.Parallel()
	at := demoPlace(t, "")
	s := serveHere(t, at)
	other := at.open(t)
	other.SetMaxOpenConns(1)
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	err = tx.QueryRowContext(t.Context(), `select count(*) from organisation`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	write := func(bytes int) {
		err := s.app.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into record_version (kind, record, version, at, fields) values ('test', $1, 1, $2, $3)`, fmt.Sprint(time.Now().UnixNano()), tx.Now, strings.Repeat("x", bytes))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wal := func() int64 {
		size, err := s.app.DB.WAL()
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	for wal() <= db.WALWorry {
		write(2 << 20)
	}
	if r := ayni(t, "doctor", "--data", at.dir); !strings.Contains(r.out, "The log beside the database holds ") {
		t.Errorf("doctor says nothing of the log:\n%s", r.out)
	}
	err = tx.Rollback()
	if err != nil {
		t.Fatal(err)
	}
	// Although nobody writes any more.
	until(t, "the log is small again", func() bool { return wal() <= db.WALLimit })
	if r := ayni(t, "doctor", "--data", at.dir); strings.Contains(r.out, "The log beside the database holds ") {
		t.Error("doctor still speaks of the log")
	}
}
