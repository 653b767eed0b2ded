// Package dbtest gives every test a database of its own on either engine, with
// the whole schema and no rows. Databases are never mocked.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// SQLite databases are copies of one migrated file. PostgreSQL databases are
// cloned from a migrated template, handed out, emptied and handed out again.
// The server is the one at $AYNI_TEST_POSTGRES (the address of a superuser),
// else one that this process starts from the installed binaries and ends with
// itself. Without either, tests on PostgreSQL are skipped; where $CI is set
// they fail.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/migrate"
)

// Main runs the tests of a package and then ends what they started.
func Main(m *testing.M) {
	code := m.Run()
	shutDown()
	os.Exit(code)
}

// Each runs fn on SQLite and on PostgreSQL, as parallel subtests. It returns
// before they have run; what must follow them belongs into t.Cleanup.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t))
	})
}

// SQLite gives a fresh migrated database in a file.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make the SQLite template: %v", err)
	}
	path := filepath.Join(t.TempDir(), "ayni.db")
	err = os.WriteFile(path, template, 0o600)
	if err != nil {
		t.Fatalf("copy the SQLite template: %v", err)
	}
	return open(t, db.Options{Path: path})
}

// Postgres gives a fresh migrated database on the test server.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	s := need(t)
	address, release, err := s.acquire()
	if err != nil {
		t.Fatalf("get a PostgreSQL database: %v", err)
	}
	t.Cleanup(release) // runs after open's, which closes the connections
	return open(t, db.Options{URL: address})
}

// URL gives the address of a fresh PostgreSQL database without any table.
func URL(t testing.TB) string {
	t.Helper()
	s := need(t)
	address, drop, err := s.empty()
	if err != nil {
		t.Fatalf("make a PostgreSQL database: %v", err)
	}
	t.Cleanup(drop)
	return address
}

// Again opens the database of d a second time, as another process would: with
// connections and a clock of its own.
func Again(t testing.TB, d *db.DB) *db.DB {
	t.Helper()
	o, ok := opened.Load(d)
	if !ok {
		t.Fatal("dbtest.Again: not a database of dbtest")
	}
	return open(t, o.(db.Options))
}

// Address is the file of an SQLite database or the URL of a PostgreSQL one.
func Address(d *db.DB) string {
	o, ok := opened.Load(d)
	if !ok {
		return ""
	}
	return o.(db.Options).Path + o.(db.Options).URL
}

var opened sync.Map // *db.DB → db.Options

func open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	o.Uniques = migrate.Uniques()
	o.Clock = &clock.Clock{}
	d, err := db.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	opened.Store(d, o)
	t.Cleanup(func() {
		opened.Delete(d)
		err := d.Close()
		if err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return d
}

// sqliteTemplate is a migrated, empty database file, made once a process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ayni-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	err = migrated(db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrated brings a database to the whole schema and closes it.
func migrated(o db.Options) error {
	ctx := context.Background()
	d, err := db.Open(ctx, o)
	if err != nil {
		return err
	}
	_, err = migrate.Up(ctx, d)
	if err != nil {
		d.Close()
		return fmt.Errorf("migrate: %w", err)
	}
	return d.Close()
}

func need(t testing.TB) *server {
	t.Helper()
	s, err := theServer()
	if err == nil {
		return s
	}
	if err == errNoBinaries && os.Getenv("CI") == "" {
		t.Skip("PostgreSQL isn't installed here (no /usr/lib/postgresql/*/bin/initdb) and AYNI_TEST_POSTGRES isn't set")
	}
	t.Fatalf("PostgreSQL for tests: %v", err)
	return nil
}
