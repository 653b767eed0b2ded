package app

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/migrate"
)

// Fault is one thing that Check found wrong.
type Fault struct {
	Check string // database, files, partnerships or audit
	Msg   i18n.Msg
}

// orphanAge is how old a file that no record names must be to be a fault.
const orphanAge = 8 * 24 * time.Hour

// Check looks through the whole installation: the database with its foreign
// keys, the attached files, what is kept of partnerships beside their records,
// and the audit. It changes nothing.
func (a *App) Check(ctx context.Context) ([]Fault, error) {
	var out []Fault
	inside, err := a.DB.Integrity(ctx, false)
	if err != nil {
		return nil, err
	}
	for _, f := range inside {
		out = append(out, Fault{"database", i18n.M("app.check.database", "{table}: {what}", i18n.A{"table": f.Table, "what": f.Text})})
	}
	for _, look := range []struct {
		name string
		at   func(context.Context) ([]i18n.Msg, error)
	}{{"files", a.checkFiles}, {"partnerships", a.Partnership.Whole}, {"audit", a.checkAudit}} {
		found, err := look.at(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			out = append(out, Fault{look.name, m})
		}
	}
	return out, nil
}

// checkFiles compares the attached files with what records name. A file that
// nothing names yet may be one that a request is just storing: it is no fault
// while it is young, and is swept away later.
func (a *App) checkFiles(ctx context.Context) ([]i18n.Msg, error) {
	if a.Files == nil && !isFolder(a.Options.Data) {
		return nil, nil // the database alone is looked at, from another machine
	}
	named, err := attachedFiles(ctx, a.DB, nil)
	if err != nil {
		return nil, err
	}
	var out []i18n.Msg
	known := map[string]bool{}
	for _, s := range named {
		known[s.Hash] = true
		if a.Files == nil {
			out = append(out, missingFile(s.Hash))
			continue
		}
		err := a.Files.Verify(ctx, s.Hash)
		switch {
		case errs.Is(err, errs.NotFound):
			out = append(out, missingFile(s.Hash))
		case errors.Is(err, files.ErrChanged):
			out = append(out, i18n.M("app.check.file.changed", "The attached file {hash} is damaged: its content is not what was stored.", i18n.A{"hash": s.Hash}))
		case err != nil:
			return nil, err
		}
	}
	if a.Files == nil {
		return out, nil
	}
	old := a.DB.Clock.Now().Add(-orphanAge).Time()
	err = a.Files.Walk(ctx, func(hash string, info fs.FileInfo) error {
		if !known[hash] && info.ModTime().Before(old) {
			out = append(out, i18n.M("app.check.file.orphan", "The file {hash} is stored and no record names it. The weekly sweep removes it.", i18n.A{"hash": hash}))
		}
		return nil
	})
	return out, err
}

func missingFile(hash string) i18n.Msg {
	return i18n.M("app.check.file.missing", "The attached file {hash} is missing. It may come back from a backup.", i18n.A{"hash": hash})
}

func (a *App) checkAudit(ctx context.Context) ([]i18n.Msg, error) {
	r, err := audit.Verify(ctx, a.DB, a.Options.HeadsPath())
	if err != nil || r.Whole() {
		return nil, err
	}
	return []i18n.Msg{r.Reason}, nil
}

// uncounted are the tables that a checksum leaves out: they say what was done
// and what is under way, not what is.
var uncounted = []string{
	"schema_migration", "audit", "audit_personal", "record_version", "form_key", "session", "access_link", "answer_link", "answer_pass", "answer_code",
	"job", "job_log", "job_schedule", "journey_dirty", "mail_outbox", "mail_quarantine",
}

// Checksums is one hash for each business table, over its live rows in the
// order of their ids: equal where two databases hold the same.
func (a *App) Checksums(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := a.DB.Read(ctx, func(t *db.Tx) error {
		tables, err := db.Tables(t)
		if err != nil {
			return err
		}
		ours := migrate.Tables()
		for _, table := range tables {
			_, known := ours[table]
			if !known || slices.Contains(uncounted, table) {
				continue
			}
			out[table], err = db.Checksum(t, table, uncountedColumn)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// uncountedColumn says whether a column tells when or how often something was
// touched, not what it is.
func uncountedColumn(column string) bool {
	switch column {
	case "version", "checked_at", "seen_at", "seen_before":
		return true
	}
	return strings.HasPrefix(column, "created_") || strings.HasPrefix(column, "updated_")
}
