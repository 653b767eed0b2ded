package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/i18n"
)

// restore puts a backup in the place of a data folder.
type restore struct {
	File    string `arg:"" name:"file" placeholder:"FILE"`
	Replace bool   //
}

// Run restores all or nothing.
func (c *restore) Run(x *session) error {
	done, err := app.Restore(x.ctx, x.options(app.Own, "restore"), c.File, c.Replace)
	if err != nil {
		return err
	}
	if done.Moved != "" {
		x.note(x.l.T("cli.restore.moved", "What was in the folder before lies in {folder}.", i18n.A{"folder": done.Moved}))
	}
	if x.flags.JSON {
		return x.document(struct {
			Data   string `json:"data"`
			Engine string `json:"engine"`
			Schema int    `json:"schema"`
			Files  int    `json:"files"`
		}{x.flags.Data, string(done.Engine), done.Schema, done.Files})
	}
	x.say(x.l.N("cli.restore.done", done.Files, "Restored into {folder}: the database and {n} attached file.", "Restored into {folder}: the database and {n} attached files.",
		i18n.A{"folder": x.flags.Data}))
	return nil
}
