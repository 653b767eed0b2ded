package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/i18n"
)

// restore puts a backup in the place of a data folder.
type restore struct {
	File     string `arg:"" name:"file" placeholder:"FILE"`
	Replace  bool
	Erasures string `placeholder:"FILE"`
}

// Run restores all or nothing.
func (c *restore) Run(x *session) error {
	o := x.options(app.Own, "restore")
	o.Erasures = c.Erasures
	done, err := app.Restore(x.ctx, o, c.File, c.Replace)
	if err != nil {
		return err
	}
	if done.Moved != "" {
		x.note(x.l.T("cli.restore.moved", "What was in the folder before lies in {folder}.", i18n.A{"folder": done.Moved}))
	}
	if done.Erased > 0 {
		x.note(x.l.N("cli.restore.erased", done.Erased, "{n} person whom the backup still had was erased again.", "{n} persons whom the backup still had were erased again."))
	}
	if done.Alone {
		x.note(x.l.T("cli.restore.alone", "No list of erasures but the backup’s own was found. Where persons were erased after the backup was made, restore once more and give the list of the old data folder: --erasures erasures.log"))
	}
	if x.flags.JSON {
		return x.document(struct {
			Data   string `json:"data"`
			Engine string `json:"engine"`
			Schema int    `json:"schema"`
			Files  int    `json:"files"`
			Erased int    `json:"erased"`
		}{x.flags.Data, string(done.Engine), done.Schema, done.Files, done.Erased})
	}
	x.say(x.l.N("cli.restore.done", done.Files, "Restored into {folder}: the database and {n} attached file.", "Restored into {folder}: the database and {n} attached files.",
		i18n.A{"folder": x.flags.Data}))
	return nil
}
