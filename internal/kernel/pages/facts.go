package pages

import (
	"strconv"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// What the templates show of an account, put into words.

func themeOptions(l *i18n.L) []ui.Option {
	return []ui.Option{
		{Value: "", Text: l.T("pages.theme.system", "As the system has it")},
		{Value: "light", Text: l.T("pages.theme.light", "Light")},
		{Value: "dark", Text: l.T("pages.theme.dark", "Dark")},
	}
}

func roleOptions(l *i18n.L) []ui.Option {
	out := make([]ui.Option, len(access.Roles))
	for i, r := range access.Roles {
		out[i] = ui.Option{Value: string(r), Text: RoleName(l, r), Hint: roleHint(l, r)}
	}
	return out
}

func heldRoles(a access.Account) []string {
	var out []string
	for _, g := range a.Roles {
		out = append(out, string(g.Role))
	}
	return out
}

func untilOf(a access.Account, r access.Role) string {
	for _, g := range a.Roles {
		if g.Role == r {
			return string(g.Until)
		}
	}
	return ""
}

// anyUntil says whether a role has a last day, or a question about one has an
// answer or an error: then the questions are shown open.
func anyUntil(form ui.Form, a access.Account) bool {
	for _, r := range access.Roles {
		field := "until-" + string(r)
		if form.Value(field) != "" || form.Error(field) != "" || untilOf(a, r) != "" {
			return true
		}
	}
	return false
}

func organisationHint(l *i18n.L, v roleFields) string {
	if v.Name != "" {
		return l.T("pages.organisation.now", "Now: {name}. For the role of a partner alone.", i18n.A{"name": v.Name})
	}
	if v.ByName {
		return l.T("pages.organisation.byname", "Its name, or a part of it. For the role of a partner alone.")
	}
	return l.T("pages.organisation.byid", "Its id. For the role of a partner alone.")
}

// forgottenHint says who helps where no message can.
func forgottenHint(p signIn) string {
	if p.Mail {
		return ""
	}
	return p.L.T("pages.signin.forgotten", "Forgotten? An administrator can give you a link to set a new one.")
}

func sessionTable(p profile) ui.TableView {
	l := p.L
	v := ui.TableView{Caption: l.T("pages.sessions.title", "Where you are signed in"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("pages.session.agent", "Browser")}, {Title: l.T("pages.session.begun", "Since (UTC)")},
		{Title: l.T("pages.session.seen", "Last used (UTC)")}, {Title: l.T("pages.session.leave", "Sign out")},
	}}
	for _, s := range p.Sessions {
		v.Rows = append(v.Rows, ui.Row{Cells: []ui.Cell{{Text: s.Agent}, timeCell(l, s.Begun), timeCell(l, s.Seen), {Body: endSession(p, s)}}})
	}
	return v
}

func profileFacts(p profile) []ui.Fact {
	l := p.L
	out := []ui.Fact{
		{Term: l.T("pages.field.email", "E-mail"), Text: p.Account.Email},
		{Term: l.T("pages.field.roles", "Roles"), Text: rolesCell(l, p.Account).Text},
	}
	if p.Organisation != "" {
		out = append(out, ui.Fact{Term: l.T("pages.field.organisation", "Organisation"), Text: p.Organisation})
	}
	if p.Account.SeenBefore != 0 {
		out = append(out, ui.Fact{Term: l.T("pages.field.before", "Here before"), Text: l.DateTime(p.Account.SeenBefore)})
	}
	return out
}

// accountSentence says the roles of an account and those that have ended.
func accountSentence(p account) string {
	l := p.L
	if len(p.Account.Roles) == 0 {
		return l.T("pages.roles.none", "no role")
	}
	ended := 0
	for _, g := range p.Account.Roles {
		if g.Ended(p.Today) {
			ended++
		}
	}
	text := roleList(l, p.Account)
	if ended > 0 {
		text += " · " + l.N("pages.roles.ended", ended, "{n} role has ended", "{n} roles have ended")
	}
	return text
}

func accountFacts(p account) []ui.Fact {
	l, a := p.L, p.Account
	out := []ui.Fact{{Term: l.T("pages.field.email", "E-mail"), Text: a.Email}}
	if p.CameBack != 0 {
		out[0].Small = l.T("pages.account.cameback", "A message to it came back on {time} (UTC).", i18n.A{"time": p.CameBack})
	}
	if a.Organisation != "" {
		name := p.Organisation
		if name == "" {
			name = a.Organisation
		}
		out = append(out, ui.Fact{Term: l.T("pages.field.organisation", "Organisation"), Text: name})
	}
	out = append(out,
		ui.Fact{Term: l.T("pages.field.created", "Made"), Text: l.DateTime(a.CreatedAt)},
		ui.Fact{Term: l.T("pages.field.createdby", "Made by"), Text: p.CreatedBy},
		ui.Fact{Term: l.T("pages.field.seen", "Last here (UTC)"), Text: timeCell(l, a.SeenAt).Text},
	)
	if a.Demo {
		out = append(out, ui.Fact{Term: l.T("pages.field.demo", "Demo"), Text: l.T("pages.demo.account", "signs in without a password, in the demo alone")})
	}
	return out
}

func formatMs(m clock.Ms) string { return strconv.FormatInt(int64(m), 10) }
