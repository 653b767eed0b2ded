package partnership

import (
	"strings"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

func (v *overviewPage) amountFacts() []ui.Fact {
	var out []ui.Fact
	for _, a := range v.Amounts {
		out = append(out, ui.Fact{Term: v.ref.Name("amount_kind", a.Kind, v.L.Lang), Text: v.room.money(v.L, a), Small: a.NoteIn(v.L.Lang)})
	}
	return out
}

// money says an amount; an amount that is not stated is said to be missing.
func (m *Room) money(l *i18n.L, a Amount) string {
	if !a.Minor.Valid {
		return l.T("amounts.missing", "not stated")
	}
	digits := 2
	if i, ok := m.ref.Get("currency", a.Currency); ok {
		digits = int(parseInt(i.Attr("digits")))
	}
	return l.Money(a.Minor.V, digits, a.Currency)
}

func (m *Room) amountText(l *i18n.L, a Amount) string {
	return l.Colon(m.ref.Name("amount_kind", a.Kind, l.Lang), m.money(l, a))
}

func (m *Room) amountNote(l *i18n.L, a Amount) string {
	var parts []string
	if a.StatedAs != "" {
		parts = append(parts, l.T("amounts.stated_as", "stated as “{text}”", i18n.A{"text": a.StatedAs}))
	}
	if n := a.NoteIn(l.Lang); n != "" {
		parts = append(parts, n)
	}
	if a.SourcePlace != "" {
		parts = append(parts, m.ref.PlaceText(l, a.SourcePlace))
	}
	return strings.Join(parts, " · ")
}

func resultKind(l *i18n.L, kind string) string {
	if kind == "planned" {
		return l.T("results.planned", "planned, as stated")
	}
	return l.T("results.achieved", "achieved, as stated")
}

func (m *Room) placeName(p Place, lang string) string {
	switch p.Kind {
	case PlaceCountry:
		return m.ref.Name("country", p.Code, lang)
	case PlaceRegion:
		return m.ref.Name("region", p.Code, lang)
	case PlacePoint:
		if p.Code != "" {
			return inLang(lang, p.Name, p.NameFR, p.NameES) + ", " + m.ref.Name("country", p.Code, lang)
		}
	}
	return inLang(lang, p.Name, p.NameFR, p.NameES)
}

func (m *Room) placeNote(l *i18n.L, p Place) string {
	var parts []string
	switch p.Kind {
	case PlaceCountry:
		parts = append(parts, l.T("places.country", "country"))
	case PlaceRegion:
		parts = append(parts, l.T("places.region", "region"))
	case PlaceUnnamed:
		parts = append(parts, l.T("places.unnamed", "not yet named"))
	case PlacePoint:
		parts = append(parts, l.T("places.point", "place"))
	}
	if p.Inferred {
		parts = append(parts, l.T("inferred.from_results", "inferred from what the source says, not stated"))
	}
	if p.SourcePlace != "" {
		parts = append(parts, m.ref.PlaceText(l, p.SourcePlace))
	}
	return strings.Join(parts, " · ")
}

func placeOptions(l *i18n.L) []ui.Option {
	return []ui.Option{
		{Value: string(PlaceCountry), Text: l.T("places.option.country", "A country")},
		{Value: string(PlaceRegion), Text: l.T("places.option.region", "A region")},
		{Value: string(PlacePoint), Text: l.T("places.option.point", "A finer place with its name")},
		{Value: string(PlaceUnnamed), Text: l.T("places.option.unnamed", "Places not yet named")},
	}
}

func resultOptions(l *i18n.L) []ui.Option {
	return []ui.Option{{Value: "achieved", Text: l.T("results.option.achieved", "Achieved")}, {Value: "planned", Text: l.T("results.option.planned", "Planned")}}
}

func (g aboutGroup) codes() []string {
	var out []string
	for _, i := range g.Items {
		out = append(out, i.Code)
	}
	return out
}

func (g aboutGroup) summary(l *i18n.L) string {
	if len(g.Items) == 0 {
		return l.T("about.empty", "{list}: none chosen", i18n.A{"list": g.Name})
	}
	var names []string
	for _, i := range g.Items {
		names = append(names, i.Name)
	}
	return l.Colon(g.Name, l.Series(names))
}

func (v aboutPage) groupFacts() []ui.Fact {
	var out []ui.Fact
	for _, g := range v.Groups {
		f := ui.Fact{Term: g.Name, Text: v.L.T("partnership.missing", "missing")}
		var names []string
		for _, i := range g.Items {
			names = append(names, i.Name)
		}
		if len(names) > 0 {
			f.Text = v.L.Series(names)
		}
		out = append(out, f)
	}
	return out
}

// formOf gives a form of the page its state: of several forms only the one
// that was sent has any, known by a field that it alone has.
func (v aboutPage) formOf(form string) ui.Form {
	mark := map[string]string{"about": "", "place": "kind", "amount": "amount_kind", "result": "result_kind"}[form]
	if v.Form.Values == nil {
		return ui.Form{}
	}
	if mark != "" && len(v.Form.Values[mark]) > 0 {
		return v.Form
	}
	if mark == "" && len(v.Form.Values["kind"]) == 0 && len(v.Form.Values["amount_kind"]) == 0 && len(v.Form.Values["result_kind"]) == 0 {
		return v.Form
	}
	return ui.Form{}
}

// failed says whether one of some fields has an error.
func (v aboutPage) failed(fields ...string) bool {
	for _, f := range fields {
		if v.Form.Error(f) != "" {
			return true
		}
	}
	return false
}
