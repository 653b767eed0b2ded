package cli

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/migrate"
)

// execute runs statements on a PostgreSQL database.
func execute(t testing.TB, address string, statements ...string) {
	t.Helper()
	d, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, s := range statements {
		_, err := d.ExecContext(context.WithoutCancel(t.Context()), s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestBR3_CommandsAndDrillOnPostgres(t *testing.T) {
	t.Parallel()
	address, dir, file := dbtest.URL(t), folder(t), filepath.Join(t.TempDir(), "b.zip")
	at := func(args ...string) []string { return append(args, "--db", address, "--data", dir) }

	// It refuses until it is migrated, by all commands.
	refused(t, exitInput, "Back it up, then run: ayni migrate", at("serve", "--addr", "127.0.0.1:0")...)
	refused(t, exitInput, "Back it up, then run: ayni migrate", at("demo", "load")...)
	if r := ayni(t, at("doctor")...); r.code != exitInput || !strings.Contains(r.out, "steps behind this program") {
		t.Errorf("doctor: %+v", r)
	}
	if got := decode[struct{ Steps []string }](t, ok(t, at("migrate", "--json")...)); len(got.Steps) == 0 {
		t.Error("no step was made")
	}
	ok(t, at("migrate")...)

	ok(t, at("demo", "load")...)
	attach(t, app.Options{Data: dir, DBURL: address}, "one\n", "two\n")
	p := start(t, at()...)
	if a := p.client().get("/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	ok(t, at("user", "add", "ana@example.org", "--role", "officer")...)
	ok(t, at("backup", file)...)
	ok(t, at("check")...)
	ok(t, at("doctor")...)
	sums := ok(t, at("check", "--checksum", "--json")...)
	journeys := ok(t, at("journey", "--list", "--json")...)
	until(t, "the audit is chained and signed", func() bool {
		v := decode[verified](t, ok(t, at("verify-audit", "--json")...))
		return v.Whole && v.Rows > 100 && v.Unsealed == 0 && v.Unsigned == 0
	})
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.stderr())
	}

	// Commands that only read need no folder.
	nowhere := folder(t)
	for _, args := range [][]string{{"check"}, {"journey", "--list"}, {"check", "--checksum"}, {"verify-audit"}, {"doctor"}} {
		r := ayni(t, append(args, "--db", address, "--data", nowhere)...)
		if r.code != exitDone {
			t.Errorf("%v without a folder: %+v", args, r)
		}
	}

	// Restored into another database and another folder.
	other, elsewhere := dbtest.URL(t), folder(t)
	ok(t, "restore", file, "--db", other, "--data", elsewhere)
	there := func(args ...string) []string { return append(args, "--db", other, "--data", elsewhere) }
	if ok(t, there("check", "--checksum", "--json")...) != sums {
		t.Error("the restored records are not the same")
	}
	if ok(t, there("journey", "--list", "--json")...) != journeys {
		t.Error("the restored partnerships are not the same")
	}
	ok(t, there("check")...)
	if v := decode[verified](t, ok(t, there("verify-audit", "--json")...)); !v.Whole || v.HeadsChecked == 0 {
		t.Errorf("the audit: %+v", v)
	}
	start(t, there()...).end(syscall.SIGTERM)

	// Not into a database that holds something, and then nothing is changed.
	refused(t, exitInput, "The PostgreSQL database is not empty", "restore", file, "--db", other, "--data", folder(t))
	refused(t, exitInput, "The PostgreSQL database is not empty", "restore", file, "--db", other, "--data", elsewhere, "--replace")
	ok(t, there("check")...)
	refused(t, exitInput, "Name an empty one with --db", "restore", file, "--data", folder(t))

	// A backup of SQLite does not go into PostgreSQL.
	lite := filepath.Join(t.TempDir(), "lite.zip")
	ok(t, "backup", lite, "--data", demoFolder(t))
	refused(t, exitInput, "Leave --db out", "restore", lite, "--db", dbtest.URL(t), "--data", folder(t))

	// A changed row is named here too.
	execute(t, other, `update audit set title = 'x' where seq = 33`)
	r := ayni(t, there("verify-audit", "--json")...)
	if v := decode[verified](t, r.out); r.code != exitInput || v.Bad != 33 {
		t.Errorf("a changed row: %+v", r)
	}
	r = ayni(t, there("check")...)
	if r.code != exitInput || !strings.Contains(r.out, "audit: Row 33 was changed") {
		t.Errorf("check: %+v", r)
	}
}

// The two engines hold the same where the same was loaded: one hash for each
// table, whatever the engine.
func TestBR5_ChecksumsAreTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	ok(t, "migrate", "--db", address, "--data", folder(t))
	lite := folder(t)
	ok(t, "migrate", "--data", lite)
	type sums struct{ Tables map[string]string }
	pg := decode[sums](t, ok(t, "check", "--checksum", "--json", "--db", address, "--data", folder(t)))
	sq := decode[sums](t, ok(t, "check", "--checksum", "--json", "--data", lite))
	if len(pg.Tables) < 20 || len(pg.Tables) != len(sq.Tables) {
		t.Errorf("%d tables and %d", len(pg.Tables), len(sq.Tables))
	}
	for table, sum := range sq.Tables {
		if pg.Tables[table] != sum {
			t.Errorf("%s differs", table)
		}
	}
}

// PG7: an encoding that loses letters, and an address without a server.
func TestPG7_UnfitPostgresIsRefused(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t)
	name := address[strings.LastIndex(address, "/")+1:]
	name, query, _ := strings.Cut(name, "?")
	execute(t, address, `create database `+name+`_ascii encoding 'SQL_ASCII' locale 'C' template template0`)
	t.Cleanup(func() { execute(t, address, `drop database `+name+`_ascii with (force)`) })
	ascii := strings.TrimSuffix(address, name+"?"+query) + name + "_ascii?" + query
	refused(t, exitInput, "it has to be UTF8", "migrate", "--db", ascii, "--data", folder(t))
	refused(t, exitFault, "does not answer", "check", "--db", "postgres://nobody@127.0.0.1:1/none?connect_timeout=2", "--data", folder(t))
}

// BR2: a backup of an earlier version of PostgreSQL comes back and is brought up
// to date, all or nothing; a database with later tables can't take it.
func TestBR2_OlderPostgresBackup(t *testing.T) {
	t.Parallel()
	old, dir, file := dbtest.URL(t), folder(t), filepath.Join(t.TempDir(), "b.zip")
	d, err := db.Open(t.Context(), db.Options{URL: old})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dbtest.MakeKept(t, d, 8)
	err = os.Mkdir(dir, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	ok(t, "backup", file, "--db", old, "--data", dir)
	later := dbtest.URL(t)
	ok(t, "migrate", "--db", later, "--data", folder(t))
	refused(t, exitInput, "Name a database without tables", "restore", file, "--db", later, "--data", folder(t))
	fresh, elsewhere := dbtest.URL(t), folder(t)
	got := decode[map[string]any](t, ok(t, "restore", file, "--json", "--db", fresh, "--data", elsewhere))
	if got["schema"] != float64(len(migrate.All())) {
		t.Errorf("got %v", got)
	}
	if n, was := count(t, fresh, "partnership"), count(t, old, "partnership"); n != was || n == 0 {
		t.Errorf("%d partnerships, there were %d", n, was)
	}
	ok(t, "verify-audit", "--db", fresh, "--data", elsewhere)
	start(t, "--db", fresh, "--data", elsewhere, "--demo").end(syscall.SIGTERM)
}
