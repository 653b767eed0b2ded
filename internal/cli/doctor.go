package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ayni/internal/app"
)

// doctor looks at an installation and says how to mend it.
type doctor struct{}

// Run prints what it found; the exit code is 1 where something is bad.
func (c *doctor) Run(x *session) error {
	found, err := app.Doctor(x.ctx, x.options(app.Read, "doctor"))
	if err != nil {
		return err
	}
	type finding struct {
		Check string     `json:"check"`
		State app.Health `json:"state"`
		Text  string     `json:"text"`
		Mend  string     `json:"mend"`
	}
	out := []finding{}
	bad := false
	for _, f := range found {
		bad = bad || f.Health == app.Trouble
		out = append(out, finding{f.Check, f.Health, x.l.Say(f.Text), x.l.Say(f.Mend)})
	}
	if x.flags.JSON {
		err := x.document(struct {
			Findings []finding `json:"findings"`
		}{out})
		if err != nil {
			return err
		}
	} else {
		width := 0
		for _, f := range out {
			width = max(width, utf8.RuneCountInString(x.health(f.State)))
		}
		for _, f := range out {
			x.say(fmt.Sprintf("%-*s  %s: %s", width, x.health(f.State), f.Check, f.Text))
			if f.Mend != "" {
				x.say(strings.Repeat(" ", width+2) + f.Mend)
			}
		}
	}
	if bad {
		return errFound
	}
	return nil
}

// health is one short word.
func (x *session) health(h app.Health) string {
	switch h {
	case app.Worry:
		return x.l.T("cli.doctor.warn", "warn")
	case app.Trouble:
		return x.l.T("cli.doctor.bad", "bad")
	case app.Fine:
	}
	return x.l.T("cli.doctor.ok", "ok")
}
