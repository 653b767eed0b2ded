package partnership

import (
	"strings"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

func (v *overviewPage) held(r Role) int {
	n := 0
	for _, p := range v.Parties {
		for _, x := range p.Current(v.today) {
			if x == r && p.Present(v.today) {
				n++
			}
		}
	}
	return n
}

func (v *overviewPage) corners() ui.Corners {
	return ui.Corners{B: v.held(Beneficiary) > 0, P: v.held(Pivotal) > 0, F: v.held(Facilitating) > 0}
}

// roleWords are roles as a table cell says them.
func roleWords(l *i18n.L, roles []Role) string {
	var out []string
	for _, r := range roles {
		out = append(out, l.Say(roleMsg(r)))
	}
	return l.List(out)
}

func (v *overviewPage) partyTable() ui.TableView {
	l := v.L
	t := ui.TableView{
		Caption: l.T("parties.caption", "Confirmed: the share of a party’s statements that all others asked have confirmed."),
		Cols:    []ui.Col{{Title: l.T("parties.party", "Party")}, {Title: l.T("parties.role", "Role")}, {Title: l.T("parties.since", "Since")}, {Title: l.T("parties.confirmed", "Confirmed")}},
	}
	for _, p := range v.Parties {
		name := ui.Cell{Text: p.Name, Small: v.room.partyNote(l, p)}
		if p.Organisation != "" {
			name.Href = "/organisations/" + p.Organisation
		} else {
			name.Soft = true
		}
		since := ui.Cell{Text: l.Date(p.JoinedOn), Class: "nw"}
		if p.JoinedOn == "" {
			since = missingCell(l, v.P)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, {Body: roleCell(l, p.Current(v.today), v.P)}, since, {Body: confirmedCell(l, p)}}})
	}
	return t
}

func (m *Room) partyNote(l *i18n.L, p partyView) string {
	var parts []string
	if p.Organisation == "" {
		parts = append(parts, l.T("party.not_named", "not yet named"))
	}
	if p.At != "" {
		parts = append(parts, m.ref.Name("country", p.At, l.Lang))
	}
	if p.OrgKind != "" {
		parts = append(parts, m.ref.Name("organisation_kind", p.OrgKind, l.Lang))
	}
	if p.Inferred {
		parts = append(parts, l.T("partnership.inferred", "inferred"))
	}
	return strings.Join(parts, ", ")
}

func (v *partiesPage) roleTable(p partyView) ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("party.roles_of", "Roles of {name}", i18n.A{"name": p.Name}), Quiet: true, Tight: true,
		Cols: []ui.Col{{Title: l.T("parties.role", "Role")}, {Title: l.T("role.when", "When")}, {Title: l.T("role.basis", "What says so")}}}
	for _, r := range p.Roles {
		basis := ui.Cell{Text: joinParts(r.BasisIn(l.Lang), v.room.ref.PlaceText(l, r.SourcePlace))}
		if r.Inferred {
			basis.Text = joinParts(l.T("partnership.inferred", "inferred"), basis.Text)
		}
		if basis.Text == "" {
			basis = ui.Cell{Text: l.T("partnership.missing", "missing"), Soft: true}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(roleMsg(r.Role))}, {Text: v.roleSpan(r)}, basis}})
	}
	return t
}

func (v *partiesPage) bringsText(p partyView) string {
	var names []string
	for _, code := range p.Brings {
		names = append(names, v.room.ref.Name(BringsList, code, v.L.Lang))
	}
	return v.L.T("party.brings_text", "Brings: {what}", i18n.A{"what": v.L.Series(names)})
}
