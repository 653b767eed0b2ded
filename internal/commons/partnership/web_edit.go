package partnership

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// formPage is the form of a new or an existing partnership.
type formPage struct {
	view
	Form      ui.Form
	New       bool
	Options   formOptions
	Umbrellas []ui.Option
}

type formOptions struct {
	Picks  map[Role]directory.Pick // the question for the organisation of each role
	Themes []ui.Option
}

func (m *Room) options(c *web.Ctx, list string) []ui.Option {
	var out []ui.Option
	for _, i := range m.ref.All(list) {
		out = append(out, ui.Option{Value: i.Code, Text: i.Name(c.L.Lang)})
	}
	return out
}

// countryOptions are the countries by name in the reader's language.
func (m *Room) countryOptions(c *web.Ctx) []ui.Option {
	out := m.options(c, "country")
	slices.SortFunc(out, func(a, b ui.Option) int { return cmp.Compare(foldName(a.Text), foldName(b.Text)) })
	return out
}

func withNone(text string, o []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Text: text}}, o...)
}

func (m *Room) newForm(c *web.Ctx) error { return m.showNew(c, ui.Form{}, nil) }

func (m *Room) showNew(c *web.Ctx, f ui.Form, picks map[Role]directory.Pick) error {
	l := c.L
	v := formPage{view: view{Base: c.Base(l.T("partnership.new", "New partnership"), home(l), listLink(l), ui.Link{Text: l.T("partnership.new.crumb", "New")})}, Form: f, New: true}
	if picks == nil {
		pick, err := m.dir.PickFor(c.Context(), l.Lang, "")
		if err != nil {
			return err
		}
		picks = map[Role]directory.Pick{Beneficiary: pick, Pivotal: pick, Facilitating: pick}
	}
	v.Options.Picks = picks
	for _, i := range m.ref.All("focus_theme") {
		v.Options.Themes = append(v.Options.Themes, ui.Option{Value: i.Code, Text: i.Code + " " + i.In("short", l.Lang)})
	}
	return c.PageStatus(statusOf(f), partnershipForm(v))
}

// readPartnership reads the fields of the form, with what can't be read.
func readPartnership(c *web.Ctx, v *web.Values) (Partnership, *errs.Check) {
	var check errs.Check
	p := Partnership{
		ID: c.Path("id"), Title: v.Get("title"), TitleFR: v.Get("title_fr"), TitleES: v.Get("title_es"),
		Summary: v.Get("summary"), SummaryFR: v.Get("summary_fr"), SummaryES: v.Get("summary_es"),
		Confidential: v.On("confidential"), NeedKind: NeedKind(v.Get("need_kind")), NeedText: v.Get("need_text"), Umbrella: v.Get("umbrella"),
	}
	p.StartOn = day(&check, v, "start_on", true)
	p.EndOn = day(&check, v, "end_on", true)
	p.NeedOn = day(&check, v, "need_on", false)
	p.Version = parseInt(v.Get("version"))
	return p, &check
}

func (m *Room) create(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	p, check := readPartnership(c, v)
	n := NewPartnership{Partnership: p, About: About{"focus_theme": v.All("focus_theme")}}
	picks := map[Role]directory.Pick{}
	err = nil
	for _, r := range Triangle {
		org, pick, wrong := m.dir.Picked(c.Context(), c.L.Lang, string(r), v.Get(string(r)), "")
		if wrong != nil && !web.Mendable(wrong) {
			return wrong
		}
		err = join(err, wrong)
		picks[r] = pick
		words := v.Get(string(r) + "_label")
		if org == "" && words == "" {
			continue
		}
		i := slices.IndexFunc(n.Parties, func(y NewParty) bool { return y.Organisation == org && org != "" })
		if i >= 0 {
			n.Parties[i].Roles = append(n.Parties[i].Roles, PartyRole{Role: r})
			continue
		}
		if org != "" {
			words = ""
		}
		n.Parties = append(n.Parties, NewParty{Party: Party{Organisation: org, Label: words}, Roles: []PartyRole{{Role: r}}})
	}
	var made string
	err = join(both(check, checkPartnership(p)), err)
	if err == nil {
		made, err = m.s.Create(c.Context(), c.Actor, n)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showNew(c, f, picks) })
	}
	c.Flash(i18n.M("partnership.created", "The partnership is made. It begins as “exploring”; nobody outside the host’s staff and the parties sees it."), "/partnerships/"+made+"/delete")
	return c.See("/partnerships/" + made)
}

func (m *Room) editForm(c *web.Ctx) error { return m.showEdit(c, ui.Form{}) }

func (m *Room) showEdit(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := formPage{Form: f}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.Manage)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, map[access.Right]bool{access.Manage: true}, l.T("partnership.edit", "Edit the partnership"), "/edit", ui.Link{Text: l.T("form.edit.crumb", "Edit")})
		others, err := titlesFor(t, c.Actor, access.View, 500)
		if err != nil {
			return err
		}
		v.Umbrellas = []ui.Option{{Value: "", Text: l.T("form.none", "None")}}
		for _, o := range others {
			if o.ID != p.ID {
				v.Umbrellas = append(v.Umbrellas, ui.Option{Value: o.ID, Text: o.TitleIn(l.Lang)})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if v.Form.Values == nil {
		v.Form.Values = partnershipValues(v.P)
	}
	// The select has to offer what is chosen, also where it is not for these eyes.
	if up := v.Form.Value("umbrella"); up != "" && !slices.ContainsFunc(v.Umbrellas, func(o ui.Option) bool { return o.Value == up }) {
		v.Umbrellas = append(v.Umbrellas, ui.Option{Value: up, Text: l.T("partnership.umbrella.hidden", "the present one, which this list does not show")})
	}
	return c.PageStatus(statusOf(f), partnershipForm(v))
}

func partnershipValues(p Partnership) map[string][]string {
	out := map[string][]string{}
	for k, s := range map[string]string{
		"title": p.Title, "title_fr": p.TitleFR, "title_es": p.TitleES, "summary": p.Summary, "summary_fr": p.SummaryFR, "summary_es": p.SummaryES,
		"start_on": string(p.StartOn), "end_on": string(p.EndOn), "need_kind": string(p.NeedKind), "need_text": p.NeedText, "need_on": string(p.NeedOn), "umbrella": p.Umbrella,
	} {
		out[k] = []string{s}
	}
	if p.Confidential {
		out["confidential"] = []string{"1"}
	}
	out["version"] = []string{strconv.FormatInt(p.Version, 10)}
	return out
}

func (m *Room) edit(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	p, check := readPartnership(c, v)
	err = both(check, checkPartnership(p))
	if err == nil {
		err = m.s.Edit(c.Context(), c.Actor, p)
	}
	if err != nil {
		return formError(c, err, func(f ui.Form) error {
			var clash *Clashed[Partnership]
			if errors.As(err, &clash) {
				f.Values = partnershipValues(clash.Merged)
			}
			return m.showEdit(c, f)
		})
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	return c.See("/partnerships/" + p.ID)
}
