package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/i18n"
)

// backup writes everything into one file.
type backup struct {
	File  string `arg:"" name:"file" placeholder:"FILE"`
	Force bool   //
}

// Run makes the backup, beside a running server.
func (c *backup) Run(x *session) error {
	done, err := app.Backup(x.ctx, x.options(app.Read, "backup"), c.File, c.Force)
	if err != nil {
		return err
	}
	x.amiss(done.Missing, done.Changed)
	if x.flags.JSON {
		return x.document(struct {
			File    string   `json:"file"`
			Engine  string   `json:"engine"`
			Schema  int      `json:"schema"`
			Files   int      `json:"files"`
			Missing []string `json:"missing"`
			Damaged []string `json:"damaged"`
		}{c.File, string(done.Engine), done.Schema, done.Files, list(done.Missing), list(done.Changed)})
	}
	x.say(x.l.N("cli.backup.done", done.Files, "{file}: the database and {n} attached file, {size} KB. The key file is not in it: keep a copy of that elsewhere.",
		"{file}: the database and {n} attached files, {size} KB. The key file is not in it: keep a copy of that elsewhere.", i18n.A{"file": c.File, "size": done.Size >> 10}))
	return nil
}
