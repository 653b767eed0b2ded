package pages

import (
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// system is the page of the system's state.
type system struct {
	frame
	Lines []ui.CheckLine
	Worst Level
}

func (p *Pages) system(c *web.Ctx) error {
	v := system{frame: p.frame(c, c.L.T("pages.system.title", "System state")), Worst: Good}
	for _, f := range Health(c.Context(), HealthOptions{DB: p.o.DB, DataDir: p.o.DataDir, Version: p.o.Version, LastBackup: p.o.LastBackup}) {
		v.Lines = append(v.Lines, healthLine(c.L, f))
		if f.Level == Bad || (f.Level == Warn && v.Worst == Good) {
			v.Worst = f.Level
		}
	}
	return c.Page(systemView(v))
}

func healthLine(l *i18n.L, f Finding) ui.CheckLine {
	line := ui.CheckLine{Text: l.Say(f.Title), Small: l.Say(f.Text)}
	switch f.Level {
	case Bad:
		line.Icon, line.Class, line.End, line.Late = "i-stop", "disp", l.T("pages.health.bad", "act now"), true
	case Warn:
		line.Icon, line.Class, line.End, line.Late = "i-warn", "att", l.T("pages.health.warn", "look at this"), true
	default:
		line.Icon, line.End, line.Soft = "k-conf", l.T("pages.health.good", "in order"), true
	}
	return line
}

// sentence says the whole in one sentence.
func (v system) sentence() string {
	switch v.Worst {
	case Bad:
		return v.L.T("pages.system.bad", "Something does not work, or soon will not.")
	case Warn:
		return v.L.T("pages.system.warn", "All works; somebody should look at what is marked.")
	}
	return v.L.T("pages.system.good", "All is in order.")
}
