// Keep writes the rows of an SQLite database into one small file, so that
// later programs can be tried on a database of today:
//
//	go run ./internal/kernel/migrate/keep DATABASE internal/kernel/db/dbtest/kept/NNNN.gz
//
// NNNN is the number of the last migration; the demo is a good database to
// keep. The reference lists, which a program loads itself, the values of
// earlier versions, and all but the beginning of the audit are left out.
package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"ayni/internal/kernel/db"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "keep: say which database to keep, and in which file")
		os.Exit(2)
	}
	err := keep(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "keep:", err)
		os.Exit(1)
	}
}

func keep(ctx context.Context, from, to string) error {
	dir, err := os.MkdirTemp("", "ayni-keep-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := trimmed(ctx, from, filepath.Join(dir, "copy.db"))
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	err = d.Read(ctx, func(t *db.Tx) error {
		tables, err := db.Order(t)
		if err != nil {
			return err
		}
		for _, table := range tables {
			_, err := db.Dump(t, table, z)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, z.Close(), f.Close())
}

// trim takes out what would make the file large.
var trim = []string{
	`delete from audit where seq > 150`,
	`delete from audit_personal where audit_id not in (select id from audit)`,
	`delete from record_version`, `delete from ref_item`, `delete from ref_list`, `delete from ref_source`,
}

// trimmed is a copy of the database without what is left out.
func trimmed(ctx context.Context, from, path string) (*db.DB, error) {
	original, err := db.Open(ctx, db.Options{Path: from, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer original.Close()
	err = original.Snapshot(ctx, path)
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	err = d.Write(ctx, func(t *db.Tx) error {
		for _, statement := range trim {
			_, err := t.Exec(statement)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}
