package dbtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/migrate"
)

// kept are rows of databases as earlier programs left them, one file for each
// schema that was released: NNNN.gz, made by internal/kernel/migrate/keep.
//
//go:embed kept/*.gz
var kept embed.FS

// Kept lists the kept databases by the number of their last migration.
func Kept(t testing.TB) []int {
	t.Helper()
	entries, err := kept.ReadDir("kept")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimSuffix(e.Name(), ".gz"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// MakeKept makes a kept database as it was, with the schema of its day, in an
// empty database.
func MakeKept(t testing.TB, d *db.DB, number int) {
	t.Helper()
	err := makeKept(t.Context(), d, number)
	if err != nil {
		t.Fatalf("make the kept database %04d: %v", number, err)
	}
}

func makeKept(ctx context.Context, d *db.DB, number int) error {
	f, err := kept.Open(path.Join("kept", fmt.Sprintf("%04d.gz", number)))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return d.Write(ctx, func(t *db.Tx) error {
		err := migrate.Begin(t)
		if err != nil {
			return err
		}
		for _, m := range migrate.All()[:number] {
			for _, s := range migrate.Statements(m.For(d.Engine)) {
				_, err := t.Exec(s)
				if err != nil {
					return fmt.Errorf("%w in: %s", err, s)
				}
			}
		}
		// Each table begins with a line that names it.
		for _, part := range bytes.SplitAfter(text, []byte("\n{\"table\":")) {
			part = bytes.TrimSuffix(part, []byte("{\"table\":"))
			if !bytes.HasPrefix(part, []byte("{")) {
				part = append([]byte("{\"table\":"), part...)
			}
			_, name, _ := strings.Cut(string(part[:min(len(part), 100)]), `{"table":"`)
			name, _, _ = strings.Cut(name, `"`)
			_, err := db.Load(t, name, bytes.NewReader(part))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
