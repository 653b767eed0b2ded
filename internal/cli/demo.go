package cli

import (
	"ayni/internal/app"
	"ayni/internal/app/demo"
)

// demoGroup holds the commands of the demo.
type demoGroup struct {
	Load demoLoad `cmd:""`
}

// demoLoad fills a database with the demo.
type demoLoad struct{}

// Run loads the demo; what is loaded already stays.
func (c *demoLoad) Run(x *session) error {
	o := x.options(app.Own, "demo load")
	return x.with(o, func(a *app.App) error {
		x.migrated(a.Migrated)
		err := demo.Load(x.ctx, demoServices(a))
		if err != nil {
			return err
		}
		titles, err := a.Partnership.Titles(x.ctx, actor(), x.l.Lang)
		if err != nil {
			return err
		}
		if x.flags.JSON {
			return x.document(struct {
				Partnerships int `json:"partnerships"`
			}{len(titles)})
		}
		x.say(x.l.N("cli.demo.done", len(titles), "The demo is loaded: {n} partnership. Start it with: ayni serve --demo", "The demo is loaded: {n} partnerships. Start it with: ayni serve --demo"))
		return nil
	})
}

// demoServices are what the demo is made with.
func demoServices(a *app.App) demo.Services {
	return demo.Services{DB: a.DB, Refdata: a.Ref, Directory: a.Directory, Partnership: a.Partnership, Access: a.Access, By: actor()}
}
