package dbtest

import (
	"os"
	"testing"

	"ayni/internal/kernel/db"
)

func TestMain(m *testing.M) { Main(m) }

// Databases are handed out again and again; each must be found without rows.
func TestEachTestFindsAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	for range 3 {
		Each(t, func(t *testing.T, d *db.DB) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				n, err := db.One[int](tx, `select count(*) from setting`)
				if err != nil {
					return err
				}
				if n != 0 {
					t.Errorf("%d rows in a fresh database", n)
				}
				_, err = tx.Exec(`insert into setting (name, value, updated_at, updated_by) values ('a', 'b', $1, 'c')`, tx.Now)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestDatabaseWithAChangedSchemaIsNotHandedOutAgain(t *testing.T) {
	t.Parallel()
	d := Postgres(t)
	s := need(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`create table stray (a bigint)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name, err := readName(t, d)
	if err != nil {
		t.Fatal(err)
	}
	err = s.clean(name)
	if err == nil {
		t.Error("a database with a stray table counts as clean")
	}
}

func readName(t *testing.T, d *db.DB) (name string, err error) {
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		name, err = db.One[string](tx, `select current_database()`)
		return err
	})
	return name, err
}

func TestAgainSeesTheSameDatabase(t *testing.T) {
	t.Parallel()
	Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`insert into setting (name, value, updated_at, updated_by) values ('a', 'b', $1, 'c')`, tx.Now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		other := Again(t, d)
		err = other.Read(t.Context(), func(tx *db.Tx) error {
			got, err := db.One[string](tx, `select value from setting where name = 'a'`)
			if got != "b" {
				t.Errorf("second handle reads %q", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestURLIsAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), db.Options{URL: URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		n, err := db.One[int](tx, `select count(*) from information_schema.tables where table_schema = 'public'`)
		if n != 0 {
			t.Errorf("%d tables", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithoutBinariesTheWordIsClear(t *testing.T) {
	t.Parallel()
	if os.Getenv("AYNI_TEST_POSTGRES") != "" {
		t.Skip("a server is given")
	}
	_, err := binaries()
	if err != nil && err != errNoBinaries {
		t.Errorf("unexpected: %v", err)
	}
}

func BenchmarkSQLite(b *testing.B) {
	for b.Loop() {
		cycle(b, SQLite)
	}
}

func BenchmarkPostgres(b *testing.B) {
	for b.Loop() {
		cycle(b, Postgres)
	}
}

// cycle is what one test costs: a database, one write, the end.
func cycle(b *testing.B, get func(testing.TB) *db.DB) {
	// Cleanups run at the end of the inner benchmark's one round.
	t := &inner{TB: b}
	d := get(t)
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`insert into setting (name, value, updated_at, updated_by) values ('a', 'b', $1, 'c')`, tx.Now)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

type inner struct {
	testing.TB
	cleanups []func()
}

func (i *inner) Cleanup(fn func()) { i.cleanups = append(i.cleanups, fn) }
