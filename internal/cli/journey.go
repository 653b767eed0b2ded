package cli

import (
	"fmt"
	"strings"

	"ayni/internal/app"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// journey shows how a partnership stands in the thirty-five elements.
type journey struct {
	ID   string `arg:"" optional:"" name:"id"`
	List bool   //
}

// Run prints one journey, or the list of partnerships.
func (c *journey) Run(x *session) error {
	if (c.ID == "") != c.List {
		return &usageError{path: "journey", text: x.l.T("cli.journey.which", "Give the id of one partnership, or --list.")}
	}
	return x.with(x.options(app.Read, "journey"), func(a *app.App) error {
		if c.List {
			return c.list(x, a)
		}
		return c.one(x, a)
	})
}

func (c *journey) list(x *session, a *app.App) error {
	titles, err := a.Partnership.Titles(x.ctx, actor(), x.l.Lang)
	if err != nil {
		return err
	}
	if x.flags.JSON {
		return x.document(struct {
			Partnerships []partnership.TitleReport `json:"partnerships"`
		}{list(titles)})
	}
	for _, t := range titles {
		x.say(fmt.Sprintf("%s  %-12s  %s", t.ID, t.Status, t.Title))
	}
	return nil
}

func (c *journey) one(x *session, a *app.App) error {
	r, err := a.Partnership.Journey(x.ctx, actor(), c.ID, x.l.Lang)
	if err != nil {
		return noPartnership(err, c.ID)
	}
	if x.flags.JSON {
		return x.document(r)
	}
	x.say(r.Title)
	step := 0
	for _, f := range r.Findings {
		if f.Step != step {
			step = f.Step
			name, _, _ := strings.Cut(f.Key, ".")
			x.say("")
			x.say(fmt.Sprintf("%d %s", step, a.Ref.Name("step", name, x.l.Lang)))
		}
		x.say(fmt.Sprintf("   %-16s %-32s %s", x.stateWord(f.State), f.Key, day(f.Since)))
		for _, m := range f.Missing {
			var who []string
			for _, w := range m.Who {
				who = append(who, w.Name)
			}
			x.say("      " + m.Text + " " + x.l.T("cli.journey.waits", "Waiting on {who} since {date}.", i18n.A{"who": who, "date": day(m.Since)}))
		}
	}
	return nil
}

// day is the day of an instant in RFC 3339.
func day(stamp string) string {
	d, _, _ := strings.Cut(stamp, "T")
	return d
}

func (x *session) stateWord(s partnership.State) string {
	switch s {
	case partnership.Met:
		return x.l.T("cli.state.met", "done")
	case partnership.Partly:
		return x.l.T("cli.state.partly", "partly")
	case partnership.Attested:
		return x.l.T("cli.state.attested", "attested")
	case partnership.NotApplicable:
		return x.l.T("cli.state.na", "not applicable")
	case partnership.Open:
	}
	return x.l.T("cli.state.open", "open")
}

// noPartnership says which partnership was asked for and is not there.
func noPartnership(err error, id string) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	return &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("cli.journey.none",
		"There is no partnership with the id {id}. All ids: ayni journey --list", i18n.A{"id": id})}
}
