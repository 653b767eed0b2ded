package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
	"ayni/internal/kernel/privacy"
)

// erase erases a person, or says what that would do.
type erase struct {
	Person string `arg:"" placeholder:"PERSON"`
	DryRun bool   `name:"dry-run"`
	Yes    bool
}

// Run erases.
func (c *erase) Run(x *session) error {
	if !c.DryRun && !c.Yes {
		return errs.New(errs.BadRequest, i18n.M("cli.erase.yes", "Erasing can’t be undone. Look first with --dry-run, then give --yes."))
	}
	use := app.Write
	if c.DryRun {
		use = app.Read
	}
	return x.with(x.options(use, "erase"), func(a *app.App) error {
		if c.DryRun {
			return c.plan(x, a)
		}
		done, err := a.Erase(x.ctx, actor(), c.Person)
		if err != nil {
			return err
		}
		if x.flags.JSON {
			return x.document(struct {
				privacy.Done
				DryRun bool `json:"dry_run"`
			}{done, false})
		}
		x.say(x.l.T("cli.erase.done", "The person {person} is erased.", i18n.A{"person": done.Person}))
		for _, ch := range done.Changes {
			if ch.Gone {
				x.say(x.l.T("cli.erase.deleted", "{table}: {n} deleted", i18n.A{"table": ch.Table, "n": ch.Rows}))
			} else {
				x.say(x.l.T("cli.erase.emptied", "{table}: {n} emptied", i18n.A{"table": ch.Table, "n": ch.Rows}))
			}
		}
		if !done.Hashed {
			x.note(x.l.T("cli.erase.unhashed", "There is no key file, so the addresses can’t be recognised if they are brought back."))
		}
		x.words(done.Words)
		x.files(done.Left, done.Beside)
		return nil
	})
}

func (c *erase) plan(x *session, a *app.App) error {
	p, err := a.PlanErasure(x.ctx, actor(), x.l, c.Person)
	if err != nil {
		return err
	}
	if x.flags.JSON {
		return x.document(struct {
			privacy.Plan
			DryRun bool `json:"dry_run"`
		}{p, true})
	}
	x.say(x.l.T("cli.erase.plan", "Nothing is changed. Erasing the person {person} would do this:", i18n.A{"person": p.Person}))
	for _, r := range p.Rows {
		if r.Deleted {
			x.say(x.l.T("cli.erase.deletes", "{table}: {n} would be deleted", i18n.A{"table": r.Table, "n": r.Rows}))
		} else {
			x.say(x.l.T("cli.erase.empties", "{table}: {n} would be emptied", i18n.A{"table": r.Table, "n": r.Rows}))
		}
	}
	for _, n := range p.Named {
		x.say(x.l.T("cli.erase.stays", "{table}.{column}: {n} name the person by id, and stay", i18n.A{"table": n.Table, "column": n.Column, "n": n.Rows}))
	}
	x.words(p.Words)
	for _, path := range p.Copies {
		x.say(x.l.T("cli.erase.copy", "{file}: a copy of the database, erased too", i18n.A{"file": path}))
	}
	x.files(nil, p.Beside)
	return nil
}

// words lists where the person is named in words.
func (x *session) words(list []personal.Occurrence) {
	for _, o := range list {
		if o.Drops {
			continue
		}
		x.say(x.l.T("cli.erase.word", "{table} {record}, {column}: the name or address occurs here. Mend the text by hand.", i18n.A{"table": o.Table, "record": o.Record, "column": o.Column}))
	}
}

// files lists what still holds the name, and what is out of reach.
func (x *session) files(left, beside []string) {
	for _, path := range left {
		x.say(x.l.T("cli.erase.left", "{file}: it still holds the name or address.", i18n.A{"file": path}))
	}
	for _, path := range beside {
		x.say(x.l.T("cli.erase.beside", "{file}: it lies outside the installation and was not changed. Delete it when it is no longer needed.", i18n.A{"file": path}))
	}
}
