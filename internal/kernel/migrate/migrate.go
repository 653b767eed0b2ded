// Package migrate brings a database to the schema of this program: numbered
// files, one transaction each, forward only, checksummed. Files are named
// NNNN_owner_what.sql; the owner is the package that alone names its tables.
package migrate

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

//go:embed sql/*.sql
var files embed.FS

// Migration is one step of the schema.
type Migration struct {
	Number int
	Name   string // 0001_audit_tables
	Owner  string // audit
	SQL    string // with tokens
	Sum    string // SHA-256 of the file
}

// All returns the steps in order. The files are embedded and tested: a
// misnamed one is a broken build.
var All = sync.OnceValue(func() []Migration {
	var out []Migration
	entries, err := fs.ReadDir(files, "sql")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		m, err := parse(e.Name())
		if err != nil {
			panic(err)
		}
		if m.Number != len(out)+1 {
			panic(fmt.Sprintf("migration %s should be number %d", m.Name, len(out)+1))
		}
		out = append(out, m)
	}
	return out
})

func parse(file string) (Migration, error) {
	b, err := files.ReadFile("sql/" + file)
	if err != nil {
		return Migration{}, err
	}
	parts := strings.SplitN(strings.TrimSuffix(file, ".sql"), "_", 3)
	if len(parts) != 3 {
		return Migration{}, fmt.Errorf("migration %s: not named NNNN_owner_what.sql", file)
	}
	n, err := strconv.Atoi(parts[0])
	if err != nil {
		return Migration{}, fmt.Errorf("migration %s: %w", file, err)
	}
	sum := sha256.Sum256(b)
	return Migration{Number: n, Name: strings.TrimSuffix(file, ".sql"), Owner: parts[1], SQL: string(b), Sum: hex.EncodeToString(sum[:])}, nil
}

// tokens are the words that differ between the engines.
var tokens = map[db.Engine]*strings.Replacer{
	db.SQLite: strings.NewReplacer(
		"{{id}}", "TEXT", "{{text}}", "TEXT", "{{json}}", "TEXT", "{{int}}", "INTEGER", "{{ts}}", "INTEGER",
		"{{bool}}", "INTEGER", "{{real}}", "REAL", "{{blob}}", "BLOB", "{{strict}}", "STRICT"),
	db.Postgres: strings.NewReplacer(
		"{{id}}", "TEXT", "{{text}}", "TEXT", "{{json}}", "TEXT", "{{int}}", "BIGINT", "{{ts}}", "BIGINT",
		"{{bool}}", "BOOLEAN", "{{real}}", "DOUBLE PRECISION", "{{blob}}", "BYTEA", "{{strict}}", ""),
}

// For returns the text of the migration for an engine.
func (m Migration) For(e db.Engine) string { return tokens[e].Replace(m.SQL) }

var uniqueIndex = regexp.MustCompile(`(?is)create unique index (\w+)\s+on (\w+)\s*\(([^)]*)\)`)

// Uniques maps what SQLite says of a broken unique index ("t.a, t.b") to the
// index's name, which is what PostgreSQL says.
func Uniques() map[string]string {
	out := map[string]string{}
	for _, m := range All() {
		for _, g := range uniqueIndex.FindAllStringSubmatch(m.SQL, -1) {
			cols := strings.Split(g[3], ",")
			for i, c := range cols {
				cols[i] = g[2] + "." + strings.TrimSpace(c)
			}
			out[strings.Join(cols, ", ")] = g[1]
		}
	}
	return out
}

// Done is one applied step.
type Done struct {
	Number int    `db:"number"`
	Name   string `db:"name"`
	Sum    string `db:"sum"`
}

const create = `create table if not exists schema_migration (
	number {{int}} not null primary key, name {{text}} not null, sum {{text}} not null, at {{ts}} not null)`

// Begin makes the list of the steps that were made, where there is none yet.
func Begin(t *db.Tx) error {
	_, err := t.Exec(tokens[t.DB.Engine].Replace(create))
	return err
}

// State says which steps a database has and lacks. A database of a newer
// program, or one whose steps are not ours, is refused.
func State(ctx context.Context, d *db.DB) (done []Done, pending []Migration, err error) {
	err = d.Read(ctx, func(t *db.Tx) error {
		var exists bool
		exists, err = hasTable(t)
		if err != nil || !exists {
			return err
		}
		done, err = db.All[Done](t, `select number, name, sum from schema_migration order by number`)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	all := All()
	if len(done) > len(all) {
		return nil, nil, errs.New(errs.Conflict, i18n.M("migrate.newer",
			"This database was written by a newer version (schema {have}, this program knows {know}). Install the newer version, or restore a backup of the older one.",
			i18n.A{"have": len(done), "know": len(all)}))
	}
	for i, m := range done {
		if m.Number != all[i].Number || m.Sum != all[i].Sum {
			return nil, nil, errs.New(errs.Conflict, i18n.M("migrate.foreign",
				"Step {name} of this database is not the step of that number in this program. It belongs to another version: install that version, or restore a backup.",
				i18n.A{"name": m.Name}))
		}
	}
	return done, all[len(done):], nil
}

func hasTable(t *db.Tx) (bool, error) {
	query := `select count(*) from sqlite_master where type = 'table' and name = 'schema_migration'`
	if t.DB.Engine == db.Postgres {
		query = `select count(*) from information_schema.tables where table_schema = current_schema() and table_name = 'schema_migration'`
	}
	n, err := db.One[int](t, query)
	return n > 0, err
}

// Up applies the pending steps, one transaction each, and returns their names.
func Up(ctx context.Context, d *db.DB) ([]string, error) { return up(ctx, d, len(All())) }

// UpTo applies the pending steps up to a number, for rows that are of an
// earlier schema.
func UpTo(ctx context.Context, d *db.DB, number int) error {
	_, err := up(ctx, d, number)
	return err
}

// Exactly refuses a database whose last step is another than the number.
func Exactly(t *db.Tx, number int) error {
	n, err := db.One[int](t, `select coalesce(max(number), 0) from schema_migration`)
	if err != nil {
		return err
	}
	if n != number {
		return errs.New(errs.Conflict, i18n.M("migrate.exactly",
			"The database has the tables of schema {have}, and what is to go into it is of schema {want}. Name a database without tables.", i18n.A{"have": n, "want": number}))
	}
	return nil
}

func up(ctx context.Context, d *db.DB, number int) ([]string, error) {
	_, pending, err := State(ctx, d)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range pending {
		if m.Number > number {
			break
		}
		ran := false
		err := d.Write(ctx, func(t *db.Tx) error {
			ran = false
			if d.Engine == db.Postgres {
				// Two programs may start at once; the second finds the step
				// done. Taken before the table is made: two that make it at
				// once would break an index of the catalogue.
				// It is waited for as long as the first needs.
				_, err := t.Exec(`select set_config('lock_timeout', '0', true), pg_advisory_xact_lock(7146893)`)
				if err != nil {
					return err
				}
			}
			err := Begin(t)
			if err != nil {
				return err
			}
			n, err := db.One[int](t, `select count(*) from schema_migration where number = $1`, m.Number)
			if err != nil || n > 0 {
				return err
			}
			for _, s := range Statements(m.For(d.Engine)) {
				_, err := t.Exec(s)
				if err != nil {
					return fmt.Errorf("%w in: %s", err, s)
				}
			}
			ran = true
			_, err = t.Exec(`insert into schema_migration (number, name, sum, at) values ($1, $2, $3, $4)`, m.Number, m.Name, m.Sum, t.Now)
			return err
		})
		if err != nil {
			return names, fmt.Errorf("migration %s: %w", m.Name, err)
		}
		if ran {
			names = append(names, m.Name)
		}
	}
	return names, nil
}

// Statements splits a migration at semicolons that end a line. Our files hold
// no triggers or functions, in which a semicolon may end an inner line.
func Statements(text string) []string {
	var out []string
	for _, s := range strings.Split(text+"\n", ";\n") {
		if s = strings.TrimSpace(stripComments(s)); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func stripComments(s string) string {
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, l := range lines {
		if !strings.HasPrefix(strings.TrimSpace(l), "--") {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// ErrPending is returned by Require when the schema is behind.
var ErrPending = errors.New("schema is behind")

// Require refuses a database whose schema is behind this program.
func Require(ctx context.Context, d *db.DB) error {
	_, pending, err := State(ctx, d)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return &errs.Error{Kind: errs.Conflict, Cause: ErrPending, Msg: i18n.M("migrate.behind",
			"The database is {n} steps behind this program. Back it up, then run: ayni migrate", i18n.A{"n": len(pending)})}
	}
	return nil
}

var tableName = regexp.MustCompile(`(?i)create (?:virtual )?table (?:if not exists )?(\w+)`)

// Tables maps every table to its owner, as the files' names say.
func Tables() map[string]string {
	out := map[string]string{}
	for _, m := range All() {
		for _, g := range tableName.FindAllStringSubmatch(m.SQL, -1) {
			out[g[1]] = m.Owner
		}
	}
	return out
}
