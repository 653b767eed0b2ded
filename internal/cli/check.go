package cli

import (
	"maps"
	"slices"

	"ayni/internal/app"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/privacy"
)

// check looks through a whole installation.
type check struct {
	Checksum  bool
	Retention bool
}

// Run prints what is wrong, exit code 1, or that all is whole.
func (c *check) Run(x *session) error {
	return x.with(x.options(app.Read, "check"), func(a *app.App) error {
		if c.Checksum {
			return c.sums(x, a)
		}
		if c.Retention {
			return c.due(x, a)
		}
		return c.look(x, a)
	})
}

func (c *check) sums(x *session, a *app.App) error {
	sums, err := a.Checksums(x.ctx)
	if err != nil {
		return err
	}
	if x.flags.JSON {
		return x.document(struct {
			Tables map[string]string `json:"tables"`
		}{sums})
	}
	for _, table := range slices.Sorted(maps.Keys(sums)) {
		x.say(sums[table] + "  " + table)
	}
	return nil
}

// due lists what the rules of retention would delete now.
func (c *check) due(x *session, a *app.App) error {
	due, err := a.Privacy.Due(x.ctx, actor())
	if err != nil {
		return err
	}
	if x.flags.JSON {
		return x.document(struct {
			Rules []privacy.Due `json:"rules"`
		}{due})
	}
	for _, d := range due {
		x.say(x.l.N("cli.check.due", len(d.Items), "{rule} (days: {days}): {n} row", "{rule} (days: {days}): {n} rows", i18n.A{"rule": d.Rule, "days": d.Days}))
		for _, item := range d.Items {
			x.say("  " + item.Table + " " + item.Record)
		}
	}
	return nil
}

func (c *check) look(x *session, a *app.App) error {
	faults, err := a.Check(x.ctx)
	if err != nil {
		return err
	}
	type fault struct {
		Check string `json:"check"`
		Text  string `json:"text"`
	}
	out := []fault{}
	for _, f := range faults {
		out = append(out, fault{f.Check, x.l.Say(f.Msg)})
	}
	if x.flags.JSON {
		err := x.document(struct {
			Findings []fault `json:"findings"`
		}{out})
		if err != nil {
			return err
		}
	} else {
		for _, f := range out {
			x.say(f.Check + ": " + f.Text)
		}
	}
	if len(out) > 0 {
		return errFound
	}
	if !x.flags.JSON {
		x.say(x.l.T("cli.check.fine", "All is whole: database, attached files, partnerships, audit."))
	}
	return nil
}
