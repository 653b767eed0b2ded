package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// migrateCmd brings a database up to date, or an installation to another place.
type migrateCmd struct {
	To string `placeholder:"postgres://…|DIR"`
}

// Run makes the missing steps, after a copy.
func (c *migrateCmd) Run(x *session) error {
	if c.To != "" {
		return c.move(x)
	}
	done, err := app.BringUp(x.ctx, x.options(app.Own, "migrate"))
	if err != nil {
		return err
	}
	if x.flags.JSON {
		return x.document(struct {
			Steps []string `json:"steps"`
			Copy  string   `json:"copy"`
		}{list(done.Steps), done.Copy})
	}
	if len(done.Steps) == 0 {
		x.say(x.l.T("cli.migrate.none", "The database is up to date."))
		return nil
	}
	x.migrated(done)
	x.say(x.l.N("cli.migrate.done", len(done.Steps), "{n} step was made; the database is up to date.", "{n} steps were made; the database is up to date."))
	return nil
}

// moved is what --to prints with --json.
type moved struct {
	From    string           `json:"from"` // engines
	To      string           `json:"to"`
	Tables  map[string]int64 `json:"tables"` // rows by table
	Files   int              `json:"files"`
	Missing []string         `json:"missing"`
	Damaged []string         `json:"damaged"`
}

// move brings the installation to another engine or folder.
func (c *migrateCmd) move(x *session) error {
	if db.IsURL(c.To) {
		err := db.CheckURL(c.To)
		if err != nil {
			return err
		}
	}
	done, err := app.Move(x.ctx, x.options(app.Read, "migrate"), c.To, func(table string, rows int64) {
		if table == "" {
			x.note(x.l.N("cli.move.files", int(rows), "{n} attached file", "{n} attached files"))
			return
		}
		x.note(x.l.N("cli.move.table", int(rows), "{table}: {n} row", "{table}: {n} rows", i18n.A{"table": table}))
	})
	if err != nil {
		return err
	}
	if done.Started != "" {
		x.note(x.l.T("cli.move.started", "An earlier move had not come to its end; what it left was removed: {path}", i18n.A{"path": done.Started}))
	}
	x.amiss(done.Missing, done.Changed)
	if done.Key != "" {
		x.note(x.l.T("cli.move.key", "The key file was copied: {file}", i18n.A{"file": done.Key}))
	}
	if x.flags.JSON {
		return x.document(moved{string(done.From), string(done.To), done.Tables, done.Files, list(done.Missing), list(done.Changed)})
	}
	x.say(x.l.N("cli.move.done", int(done.Rows), "Moved to {place}: {n} row, each compared.", "Moved to {place}: {n} rows, each compared.", i18n.A{"place": app.Target(c.To)}))
	x.say(x.l.T("cli.move.start", "Start it there: {command}", i18n.A{"command": c.start(x)}))
	x.say(x.l.T("cli.move.left", "What was moved is left as it was. Do not serve both: each would go its own way."))
	return nil
}

// start is the command that serves the installation in its new place.
func (c *migrateCmd) start(x *session) string {
	if db.IsURL(c.To) {
		return "ayni serve --db " + db.Shown(c.To) + " --data " + x.flags.Data
	}
	return "ayni serve --data " + c.To
}

// amiss says on standard error which attached files are not as they should be.
func (x *session) amiss(missing, changed []string) {
	for _, hash := range missing {
		x.note(x.l.T("cli.files.missing", "An attached file is missing and does not come with the others: {hash}", i18n.A{"hash": hash}))
	}
	for _, hash := range changed {
		x.note(x.l.T("cli.files.changed", "An attached file is damaged; it comes along as it is: {hash}", i18n.A{"hash": hash}))
	}
}

// migrated says on standard error what opening did to the schema.
func (x *session) migrated(m app.Migrated) {
	if m.Copy != "" {
		x.note(x.l.T("cli.migrate.copy", "The database was copied before it was changed: {file}", i18n.A{"file": m.Copy}))
	}
}
