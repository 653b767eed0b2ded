package pages

import (
	"encoding/json"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/ui"
)

// RoleName is the name of an installation role.
func RoleName(l *i18n.L, r access.Role) string {
	switch r {
	case access.Admin:
		return l.T("pages.role.admin", "Administrator")
	case access.Officer:
		return l.T("pages.role.officer", "Partnership officer")
	case access.Specialist:
		return l.T("pages.role.specialist", "Country specialist")
	case access.Evaluator:
		return l.T("pages.role.evaluator", "Evaluator")
	case access.Legal:
		return l.T("pages.role.legal", "Legal adviser")
	case access.Finance:
		return l.T("pages.role.finance", "Finance officer")
	case access.Auditor:
		return l.T("pages.role.auditor", "Auditor")
	case access.Partner:
		return l.T("pages.role.partner", "Partner")
	}
	return string(r)
}

// roleHint says what a role is for.
func roleHint(l *i18n.L, r access.Role) string {
	switch r {
	case access.Admin:
		return l.T("pages.role.admin.hint", "accounts, reference data, settings, audit")
	case access.Officer:
		return l.T("pages.role.officer.hint", "portfolio, partners, agreements")
	case access.Specialist:
		return l.T("pages.role.specialist.hint", "needs, countries, projects")
	case access.Evaluator:
		return l.T("pages.role.evaluator.hint", "evaluations, their data and sources")
	case access.Legal:
		return l.T("pages.role.legal.hint", "clearance of texts")
	case access.Finance:
		return l.T("pages.role.finance.hint", "contributions and their release")
	case access.Auditor:
		return l.T("pages.role.auditor.hint", "reads everything, writes nothing")
	case access.Partner:
		return l.T("pages.role.partner.hint", "the partnerships of one organisation")
	}
	return ""
}

// roleList says roles with their last days; those that have ended are said to have.
func roleList(l *i18n.L, a access.Account) string {
	parts := make([]string, len(a.Roles))
	for i, g := range a.Roles {
		name := RoleName(l, g.Role)
		if g.Until != "" {
			name = l.T("pages.role.until", "{role} until {day}", i18n.A{"role": name, "day": g.Until})
		}
		parts[i] = name
	}
	return l.List(parts)
}

// stateName is the name of an account's state.
func stateName(l *i18n.L, s access.State) string {
	switch s {
	case access.Invited:
		return l.T("pages.state.invited", "invited")
	case access.Active:
		return l.T("pages.state.active", "active")
	case access.Closed:
		return l.T("pages.state.closed", "closed")
	}
	return string(s)
}

// langOptions are the languages, each in its own name; with whatever the
// browser asks for as the first choice, where that is one.
func langOptions(l *i18n.L, any bool) []ui.Option {
	var out []ui.Option
	if any {
		out = append(out, ui.Option{Value: "", Text: l.T("pages.lang.any", "As the browser asks")})
	}
	names := map[string]string{"en": "English", "fr": "Français", "es": "Español"}
	for _, lang := range i18n.Langs {
		out = append(out, ui.Option{Value: lang, Text: names[lang], Lang: lang})
	}
	return out
}

// actionName says what was done. Actions of others stand as they are.
func actionName(l *i18n.L, action string) string {
	switch action {
	case "created":
		return l.T("pages.action.created", "created")
	case "updated":
		return l.T("pages.action.updated", "changed")
	case "deleted":
		return l.T("pages.action.deleted", "removed")
	case "restored":
		return l.T("pages.action.restored", "brought back")
	case "approved":
		return l.T("pages.action.approved", "approved")
	case "rejected":
		return l.T("pages.action.rejected", "rejected")
	case "closed":
		return l.T("pages.action.closed", "closed")
	case "reopened":
		return l.T("pages.action.reopened", "opened again")
	case "activated":
		return l.T("pages.action.activated", "activated with the first password")
	case "signed-in":
		return l.T("pages.action.signed-in", "signed in")
	case "signed-out":
		return l.T("pages.action.signed-out", "signed out")
	case "sign-in-failed":
		return l.T("pages.action.sign-in-failed", "sign-in failed")
	case "sign-in-refused":
		return l.T("pages.action.sign-in-refused", "sign-in refused after too many failures")
	case "confirmed-password":
		return l.T("pages.action.confirmed-password", "password given again")
	case "confirm-failed":
		return l.T("pages.action.confirm-failed", "password given again, wrong")
	case "changed-password":
		return l.T("pages.action.changed-password", "password changed")
	case "reset-password":
		return l.T("pages.action.reset-password", "password set by link")
	case "gave-password":
		return l.T("pages.action.gave-password", "password given, code asked for")
	case "code-failed":
		return l.T("pages.action.code-failed", "wrong code")
	case "used-recovery":
		return l.T("pages.action.used-recovery", "recovery code used")
	case "started-factor":
		return l.T("pages.action.started-factor", "second factor begun")
	case "factor-on":
		return l.T("pages.action.factor-on", "second factor set up")
	case "factor-off":
		return l.T("pages.action.factor-off", "second factor turned off")
	case "factor-removed":
		return l.T("pages.action.factor-removed", "second factor taken away")
	case "made-recovery":
		return l.T("pages.action.made-recovery", "recovery codes made")
	case "asked-reset":
		return l.T("pages.action.asked-reset", "link for a forgotten password asked for")
	case "asked-email":
		return l.T("pages.action.asked-email", "another e-mail address asked for")
	case "made-link":
		return l.T("pages.action.made-link", "link to set a password made")
	case "stopped-messages":
		return l.T("pages.action.stopped-messages", "messages stopped by the link in one")
	case "ended-session":
		return l.T("pages.action.ended-session", "a session ended")
	case "ended-sessions":
		return l.T("pages.action.ended-sessions", "all other sessions ended")
	case "sent-again":
		return l.T("pages.action.sent-again", "sent again")
	case "treated-as-sent":
		return l.T("pages.action.treated-as-sent", "treated as sent")
	case "dropped":
		return l.T("pages.action.dropped", "dropped")
	case "released-held":
		return l.T("pages.action.released-held", "messages held after a restore sent")
	case "dropped-held":
		return l.T("pages.action.dropped-held", "messages held after a restore dropped")
	case "retried":
		return l.T("pages.action.retried", "started again")
	case "cancelled":
		return l.T("pages.action.cancelled", "cancelled")
	}
	return action
}

// kindName says the name of a kind of records.
func (p *Pages) kindName(l *i18n.L, kind string) string {
	switch kind {
	case "account":
		return l.T("pages.kind.account", "account")
	case "setting":
		return l.T("pages.kind.setting", "setting")
	case "job":
		return l.T("pages.kind.job", "job")
	case mail.AuditKind:
		return l.T("pages.kind.message", "message")
	}
	if p.o.KindName != nil {
		if name := p.o.KindName(l, kind); name != "" {
			return name
		}
	}
	return kind
}

// fieldName says the name of a field of a kind of records.
func (p *Pages) fieldName(l *i18n.L, kind, field string) string {
	if kind == "account" {
		switch field {
		case "person":
			return l.T("pages.audited.person", "person")
		case "name":
			return l.T("pages.audited.name", "name")
		case "email":
			return l.T("pages.audited.email", "e-mail")
		case "organisation":
			return l.T("pages.audited.organisation", "organisation")
		case "lang":
			return l.T("pages.audited.lang", "language")
		case "digest":
			return l.T("pages.audited.digest", "digest")
		case "reminders":
			return l.T("pages.audited.reminders", "reminders")
		case "theme":
			return l.T("pages.audited.theme", "appearance")
		case "state":
			return l.T("pages.audited.state", "state")
		case "demo":
			return l.T("pages.audited.demo", "demo")
		case "roles":
			return l.T("pages.audited.roles", "roles")
		case "address":
			return l.T("pages.audited.address", "network address")
		case "agent":
			return l.T("pages.audited.agent", "browser")
		}
	}
	if kind == "setting" {
		return l.T("pages.audited.value", "value")
	}
	if p.o.FieldName != nil {
		if name := p.o.FieldName(l, kind, field); name != "" {
			return name
		}
	}
	return field
}

// fieldValue says a value of a field: codes of accounts by their names, all
// else as it stands.
func fieldValue(l *i18n.L, kind, field string, raw json.RawMessage) string {
	var code string
	if kind == "account" && json.Unmarshal(raw, &code) == nil && code != "" {
		switch field {
		case "state":
			return stateName(l, access.State(code))
		case "roles":
			var parts []string
			for part := range strings.SplitSeq(code, ", ") {
				role, until, ends := strings.Cut(part, " until ")
				name := RoleName(l, access.Role(role))
				if ends {
					name = l.T("pages.role.until", "{role} until {day}", i18n.A{"role": name, "day": clock.Day(until)})
				}
				parts = append(parts, name)
			}
			return l.List(parts)
		case "digest":
			return rhythmName(l, digest.Rhythm(code))
		case "lang":
			for _, o := range langOptions(l, false) {
				if o.Value == code {
					return o.Text
				}
			}
		case "theme":
			for _, o := range themeOptions(l) {
				if o.Value == code {
					return o.Text
				}
			}
		case "agent":
			return agentText(l, code)
		}
	}
	return valueText(l, raw)
}

// valueText says a JSON value of the audit; a missing one is said as such.
func valueText(l *i18n.L, raw json.RawMessage) string {
	var v any
	err := json.Unmarshal(raw, &v)
	if err != nil {
		return string(raw)
	}
	switch v := v.(type) {
	case nil:
		return l.T("pages.value.none", "nothing")
	case string:
		if v == "" {
			return l.T("pages.value.none", "nothing")
		}
		return shorten(v)
	case bool:
		if v {
			return l.T("pages.value.yes", "yes")
		}
		return l.T("pages.value.no", "no")
	}
	return shorten(string(raw))
}

// shorten keeps a list readable: the record's own page has the whole text.
func shorten(s string) string {
	const most = 160
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}

// agentText shortens what a browser says of itself to what a person can place.
func agentText(l *i18n.L, agent string) string {
	var parts []string
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b[0]) {
			parts = append(parts, b[1])
			break
		}
	}
	for _, s := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, s[0]) {
			parts = append(parts, s[1])
			break
		}
	}
	if len(parts) == 0 {
		if agent == "" {
			return l.T("pages.agent.none", "unknown browser")
		}
		return shorten(agent)
	}
	return strings.Join(parts, ", ")
}

// positive reads a number of an address; otherwise where it is none.
func positive(s string, otherwise int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}
