package migrate_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/migrate"
)

var update = flag.Bool("update", false, "write testdata/schema.*.sql anew")

func TestMain(m *testing.M) { dbtest.Main(m) }

// eachEmpty runs fn on a database without any table, on either engine.
func eachEmpty(t *testing.T, fn func(t *testing.T, o db.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, db.Options{Path: filepath.Join(t.TempDir(), "ayni.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, db.Options{URL: dbtest.URL(t)})
	})
}

func open(t *testing.T, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func exec(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func all[T any](t *testing.T, d *db.DB, query string, args ...any) []T {
	t.Helper()
	var out []T
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var err error
		out, err = db.All[T](tx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func allNames() (out []string) {
	for _, m := range migrate.All() {
		out = append(out, m.Name)
	}
	return out
}

func TestFreshDatabase(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		err := migrate.Require(t.Context(), d)
		if !errors.Is(err, migrate.ErrPending) {
			t.Errorf("an empty database is taken: %v", err)
		}
		done, err := migrate.Up(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(allNames(), done); diff != "" {
			t.Error(diff)
		}
		err = migrate.Require(t.Context(), d)
		if err != nil {
			t.Errorf("after all steps: %v", err)
		}
		again, err := migrate.Up(t.Context(), d)
		if err != nil || len(again) > 0 {
			t.Errorf("a second run did %v, %v", again, err)
		}
		var want []string
		for table := range migrate.Tables() {
			want = append(want, table)
		}
		slices.Sort(want)
		var have []string
		for _, c := range columns(t, d) {
			if c.Table != "schema_migration" && !slices.Contains(have, c.Table) {
				have = append(have, c.Table)
			}
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("Tables isn't what the steps made: %s", diff)
		}
	})
}

type column struct {
	Table    string `db:"table_name"`
	Name     string `db:"column_name"`
	Type     string `db:"column_type"`
	Required bool   `db:"required"`
	Default  string `db:"column_default"`
}

// columns lists what a database has, in the order of tables and columns.
func columns(t *testing.T, d *db.DB) []column {
	t.Helper()
	query := `select m.name as table_name, c.name as column_name, lower(c.type) as column_type,
			c."notnull" as required, coalesce(c.dflt_value, '') as column_default
		from pragma_table_list m join pragma_table_info(m.name) c
		where m.schema = 'main' and m.type = 'table' and m.name not like 'sqlite_%'
		order by m.name, c.cid`
	if d.Engine == db.Postgres {
		query = `select table_name, column_name, data_type as column_type, is_nullable = 'NO' as required,
				regexp_replace(coalesce(column_default, ''), '::[a-z ]+$', '') as column_default
			from information_schema.columns where table_schema = 'public'
			order by table_name collate "C", ordinal_position`
	}
	return all[column](t, d, query)
}

// The engines differ in the words for types and in nothing else.
func TestBothEnginesHaveTheSameColumns(t *testing.T) {
	t.Parallel()
	words := map[string]string{"integer": "bigint", "real": "double precision", "blob": "bytea"}
	var lite []column
	for _, c := range columns(t, dbtest.SQLite(t)) {
		if word, ok := words[c.Type]; ok {
			c.Type = word
		}
		lite = append(lite, c)
	}
	pg := columns(t, dbtest.Postgres(t))
	for i := range pg {
		if pg[i].Type == "boolean" {
			pg[i].Type = "bigint" // what SQLite keeps it as
		}
	}
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Error(diff)
	}
}

// schema.*.sql are for readers and reviewers: what the steps add up to.
func TestGoldenSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var dump string
		if d.Engine == db.SQLite {
			dump = dumpSQLite(t, d)
		} else {
			dump = dumpPostgres(t, d)
		}
		path := filepath.Join("testdata", fmt.Sprintf("schema.%s.sql", d.Engine))
		if *update {
			err := os.WriteFile(path, []byte(dump), 0o644)
			if err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(golden), dump); diff != "" {
			t.Errorf("the schema has changed; read the change, then run go test ./internal/kernel/migrate -update\n%s", diff)
		}
	})
}

func dumpSQLite(t *testing.T, d *db.DB) string {
	t.Helper()
	statements := all[string](t, d, `select sql from sqlite_master where sql is not null and name not like 'sqlite_%'
		order by tbl_name, case type when 'table' then 0 else 1 end, name`)
	return strings.Join(statements, ";\n\n") + ";\n"
}

func dumpPostgres(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	constraints := map[string][]string{}
	type part struct {
		Table string `db:"table_name"`
		Text  string `db:"text"`
	}
	for _, p := range all[part](t, d, `select c.relname as table_name, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as text
		from pg_constraint k join pg_class c on c.oid = k.conrelid
		where k.connamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'f', 'c')
		order by c.relname collate "C", k.conname collate "C"`) {
		constraints[p.Table] = append(constraints[p.Table], p.Text)
	}
	indexes := map[string][]string{}
	for _, p := range all[part](t, d, `select tablename as table_name, indexdef as text from pg_indexes
		where schemaname = 'public' and indexname not in (select conname from pg_constraint)
		order by tablename collate "C", indexname collate "C"`) {
		indexes[p.Table] = append(indexes[p.Table], p.Text)
	}
	cols := columns(t, d)
	for i := 0; i < len(cols); {
		table := cols[i].Table
		var lines []string
		for ; i < len(cols) && cols[i].Table == table; i++ {
			line := cols[i].Name + " " + cols[i].Type
			if cols[i].Required {
				line += " not null"
			}
			if cols[i].Default != "" {
				line += " default " + cols[i].Default
			}
			lines = append(lines, line)
		}
		lines = append(lines, constraints[table]...)
		fmt.Fprintf(&b, "create table %s (\n\t%s\n);\n", table, strings.Join(lines, ",\n\t"))
		for _, index := range indexes[table] {
			b.WriteString(strings.Replace(index, "public.", "", 1) + ";\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// What SQLite says of a broken unique index leads to the index's name.
func TestUniquesNamesEveryUniqueIndex(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	type index struct {
		Table   string `db:"table_name"`
		Name    string `db:"name"`
		Columns string `db:"columns"`
	}
	found := all[index](t, d, `select m.name as table_name, l.name,
			(select group_concat(m.name || '.' || i.name, ', ') from pragma_index_info(l.name) i) as columns
		from sqlite_master m join pragma_index_list(m.name) l
		where m.type = 'table' and l."unique" = 1 and l.origin = 'c'
			and not exists (select 1 from pragma_index_info(l.name) i where i.name is null)`)
	if len(found) == 0 {
		t.Fatal("no unique index found")
	}
	uniques := migrate.Uniques()
	for _, i := range found {
		if uniques[i.Columns] != i.Name {
			t.Errorf("%s leads to %q, want %s", i.Columns, uniques[i.Columns], i.Name)
		}
	}
}

func TestChangedStepIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `update schema_migration set sum = 'other' where number = 2`)
		_, err := migrate.Up(t.Context(), d)
		if !errs.Is(err, errs.Conflict) || errs.As(err).Msg.Key != "migrate.foreign" {
			t.Errorf("got %v", err)
		}
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		exec(t, d, `insert into schema_migration (number, name, sum, at) values (9999, 'later', 'x', 1)`)
		_, err := migrate.Up(t.Context(), d)
		if !errs.Is(err, errs.Conflict) || errs.As(err).Msg.Key != "migrate.newer" {
			t.Errorf("got %v", err)
		}
		err = migrate.Require(t.Context(), d)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("Require: %v", err)
		}
	})
}

// A step that fails half-way leaves nothing; mended, the run goes on from there.
func TestStepThatFailsHalfWayIsUndone(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		// 0004 makes job, then job_log, which is in the way.
		exec(t, d, `create table job_log (stray integer)`)
		done, err := migrate.Up(t.Context(), d)
		if err == nil || !strings.Contains(err.Error(), "0004_") {
			t.Fatalf("got %v, want the failing step's name", err)
		}
		if diff := cmp.Diff(allNames()[:3], done); diff != "" {
			t.Error(diff)
		}
		for _, c := range columns(t, d) {
			if c.Table == "job" {
				t.Fatal("half a step stayed")
			}
		}
		exec(t, d, `drop table job_log`)
		done, err = migrate.Up(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(allNames()[3:], done); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTwoProgramsStartAtOnce(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, o db.Options) {
		type result struct {
			done []string
			err  error
		}
		const programs = 4
		results := make(chan result)
		var opened []*db.DB
		for range programs {
			opened = append(opened, open(t, o))
		}
		for _, d := range opened {
			go func() {
				done, err := migrate.Up(t.Context(), d)
				results <- result{done, err}
			}()
		}
		var did []string
		for range programs {
			r := <-results
			if r.err != nil {
				t.Error(r.err)
			}
			did = append(did, r.done...)
		}
		slices.Sort(did)
		if diff := cmp.Diff(allNames(), did); diff != "" {
			t.Errorf("each step should be done once: %s", diff)
		}
	})
}

func TestStatements(t *testing.T) {
	t.Parallel()
	got := migrate.Statements("-- a note; with a semicolon\ncreate table a (\n\t-- inside\n\tb text default ';'\n);\n\n;\ninsert into a values (';');\n-- the end\n")
	want := []string{"create table a (\n\tb text default ';'\n)", "insert into a values (';')"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// In our own files nothing hides behind a semicolon, and no token is left.
func TestOurFilesSplitWell(t *testing.T) {
	t.Parallel()
	for _, m := range migrate.All() {
		for _, e := range []db.Engine{db.SQLite, db.Postgres} {
			for _, s := range migrate.Statements(m.For(e)) {
				if strings.Contains(s, ";") || strings.Contains(s, "{{") || strings.Contains(s, "--") {
					t.Errorf("%s on %s: %s", m.Name, e, s)
				}
			}
		}
	}
}

func FuzzStatements(f *testing.F) {
	for _, m := range migrate.All() {
		f.Add(m.SQL)
	}
	f.Add(";\n;\n--;\n")
	f.Add("a;\r\nb; c;\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := migrate.Statements(text)
		for _, s := range got {
			if s == "" || s != strings.TrimSpace(s) || strings.Contains(s, ";\n") || strings.HasPrefix(s, "--") {
				t.Errorf("statement %q", s)
			}
		}
		if want, have := squeeze(text), squeeze(strings.Join(got, "\n")); want != have {
			t.Errorf("lost something: %q, want %q", have, want)
		}
	})
}

// squeeze leaves out what splitting may: comment lines, blanks and semicolons.
func squeeze(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	return strings.ReplaceAll(b.String(), ";", "")
}
