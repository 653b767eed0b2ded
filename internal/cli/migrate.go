package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/i18n"
)

// migrateCmd brings a database up to date.
type migrateCmd struct{}

// Run makes the missing steps, after a copy.
func (c *migrateCmd) Run(x *session) error {
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

// migrated says on standard error what opening did to the schema.
func (x *session) migrated(m app.Migrated) {
	if m.Copy != "" {
		x.note(x.l.T("cli.migrate.copy", "The database was copied before it was changed: {file}", i18n.A{"file": m.Copy}))
	}
}
