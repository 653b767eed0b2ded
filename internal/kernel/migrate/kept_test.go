package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/migrate"
)

// rowsOf counts the rows of every table.
func rowsOf(t *testing.T, d *db.DB) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			out[table], err = db.Count(tx, table)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// upgraded checks that a kept database has become one of this program and has
// lost nothing.
func upgraded(t *testing.T, d *db.DB, before map[string]int64) {
	t.Helper()
	dump := dumpSQLite
	if d.Engine == db.Postgres {
		dump = dumpPostgres
	}
	fresh, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("schema.%s.sql", d.Engine)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(fresh), dump(t, d)); diff != "" {
		t.Errorf("the upgraded schema is not the fresh one: %s", diff)
	}
	after := rowsOf(t, d)
	for table, n := range before {
		if after[table] < n {
			t.Errorf("%s had %d rows and has %d", table, n, after[table])
		}
	}
	faults, err := d.Integrity(t.Context(), false)
	if err != nil || len(faults) > 0 {
		t.Errorf("integrity: %v %v", faults, err)
	}
	r, err := audit.Verify(t.Context(), d, "")
	if err != nil || !r.Whole() || r.Rows == 0 {
		t.Errorf("the audit: %+v %v", r, err)
	}
}

// BR4: the kept databases of all releases become what a fresh one is, on
// either engine.
func TestBR4_KeptDatabasesUpgrade(t *testing.T) {
	t.Parallel()
	numbers := dbtest.Kept(t)
	if len(numbers) == 0 || !slices.Contains(numbers, 8) {
		t.Fatalf("kept databases: %v", numbers)
	}
	for _, number := range numbers {
		t.Run(fmt.Sprintf("%04d", number), func(t *testing.T) {
			t.Parallel()
			eachEmpty(t, func(t *testing.T, o db.Options) {
				d := open(t, o)
				dbtest.MakeKept(t, d, number)
				before := rowsOf(t, d)
				if before["account"] == 0 || before["audit"] == 0 || before["schema_migration"] != int64(number) {
					t.Fatalf("the kept database holds too little: %v", before)
				}
				_, err := migrate.Up(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				upgraded(t, d, before)
			})
		})
	}
}

// BR4: an upgrade that ended after any of its steps goes on from there.
func TestBR4_BrokenOffUpgradeGoesOn(t *testing.T) {
	t.Parallel()
	const number = 8
	for last := number; last < len(migrate.All()); last++ {
		if firstTable(migrate.All()[last].SQL) == "" {
			continue // it makes no table that could be in the way
		}
		t.Run(migrate.All()[last].Name, func(t *testing.T) {
			t.Parallel()
			d := open(t, db.Options{Path: filepath.Join(t.TempDir(), "ayni.db")})
			dbtest.MakeKept(t, d, number)
			before := rowsOf(t, d)
			// The step that follows fails, as if the program had ended in it.
			way := firstTable(migrate.All()[last].SQL)
			exec(t, d, `create table `+way+` (x integer)`)
			done, err := migrate.Up(t.Context(), d)
			if err == nil {
				t.Fatal("the step went through")
			}
			if diff := cmp.Diff(allNames()[number:last], done, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			exec(t, d, `drop table `+way)
			done, err = migrate.Up(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(allNames()[last:], done); diff != "" {
				t.Error(diff)
			}
			upgraded(t, d, before)
		})
	}
}

var createTable = regexp.MustCompile(`(?i)create table (\w+)`)

// firstTable is the first table that a step makes.
func firstTable(sql string) string {
	m := createTable.FindStringSubmatch(sql)
	if m == nil {
		return ""
	}
	return m[1]
}
