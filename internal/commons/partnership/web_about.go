package partnership

import (
	"database/sql"
	"strconv"
	"strings"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// aboutGroup is a reference list with what a partnership carries of it.
type aboutGroup struct {
	List  string
	Name  string
	Items []aboutItem
}

type aboutItem struct {
	Code, Name, Basis, Place string
}

func (m *Room) aboutGroups(t *db.Tx, p Partnership, lang string) ([]aboutGroup, error) {
	tags, err := tagsOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	var out []aboutGroup
	for _, list := range TagLists {
		l, _ := m.ref.List(list)
		g := aboutGroup{List: list, Name: l.Name(lang)}
		for _, tag := range tags {
			if tag.List == list {
				g.Items = append(g.Items, aboutItem{tag.Code, m.ref.Name(list, tag.Code, lang), tag.BasisIn(lang), m.ref.PlaceText(i18n.For(lang), tag.SourcePlace)})
			}
		}
		out = append(out, g)
	}
	return out, nil
}

// aboutPage shows and changes what a partnership is about.
type aboutPage struct {
	view
	Form     ui.Form
	Groups   []aboutGroup
	Options  map[string][]ui.Option
	Places   []Place
	Amounts  []Amount
	Results  []Result
	Country  []ui.Option
	Region   []ui.Option
	Kinds    []ui.Option
	Currency []ui.Option
	room     *Room
}

func (m *Room) about(c *web.Ctx) error { return m.showAbout(c, ui.Form{}) }

func (m *Room) showAbout(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := aboutPage{Form: f, Options: map[string][]ui.Option{}, room: m}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, l.T("about.title", "What it is about"), "/about", ui.Link{Text: l.T("tab.about", "About")})
		v.Groups, err = m.aboutGroups(t, p, l.Lang)
		if err != nil {
			return err
		}
		v.Places, err = placesOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Amounts, err = amountsOf(t, c.Actor, p.ID)
		if err != nil {
			return err
		}
		v.Results, err = resultsOf(t, c.Actor, p.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, list := range TagLists {
		v.Options[list] = m.options(c, list)
	}
	v.Country, v.Region = m.countryOptions(c), m.options(c, "region")
	v.Kinds, v.Currency = m.options(c, "amount_kind"), m.currencyOptions()
	return c.PageStatus(statusOf(f), aboutBody(v))
}

// currencyOptions are the currencies by their codes.
func (m *Room) currencyOptions() []ui.Option {
	var out []ui.Option
	for _, i := range m.ref.All("currency") {
		out = append(out, ui.Option{Value: i.Code, Text: i.Code})
	}
	return out
}

func (m *Room) setAbout(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	about := About{}
	for _, list := range TagLists {
		about[list] = v.All(list)
	}
	err = m.s.SetAbout(c.Context(), c.Actor, c.Path("id"), about)
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAbout(c, f) })
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	return c.See("/partnerships/" + c.Path("id") + "/about")
}

// degrees reads a coordinate; empty is missing.
func degrees(check *errs.Check, v *web.Values, field string) sql.Null[float64] {
	s := strings.ReplaceAll(v.Get(field), ",", ".")
	if s == "" {
		return sql.Null[float64]{}
	}
	f, err := strconv.ParseFloat(s, 64)
	check.If(err != nil, field, i18n.M("place.point", "Write latitude and longitude in degrees, such as -18.67 and 35.53, or leave both empty"))
	return sql.Null[float64]{V: f, Valid: err == nil}
}

func (m *Room) addPlace(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	var check errs.Check
	l := Place{Kind: PlaceKind(v.Get("kind")), Name: v.Get("name"), Lat: degrees(&check, v, "lat"), Lon: degrees(&check, v, "lon")}
	switch l.Kind {
	case PlaceCountry, PlacePoint:
		l.Code = v.Get("code")
	case PlaceRegion:
		l.Code = v.Get("region")
	}
	err = check.Err()
	if err == nil {
		err = m.s.AddPlace(c.Context(), c.Actor, c.Path("id"), l)
	}
	return m.added(c, err, "#places")
}

// added ends a form of the page "about".
func (m *Room) added(c *web.Ctx, err error, anchor string) error {
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showAbout(c, f) })
	}
	c.Flash(i18n.M("form.added", "Added."), "")
	return c.See("/partnerships/" + c.Path("id") + "/about" + anchor)
}

func (m *Room) addAmount(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	a := Amount{Kind: v.Get("amount_kind"), Currency: v.Get("amount-currency"), Note: v.Get("amount_note"), Audience: v.Get("amount_audience")}
	var check errs.Check
	if s := v.Get("amount"); s != "" {
		digits := 2
		if i, ok := m.ref.Get("currency", a.Currency); ok {
			digits = int(parseInt(i.Attr("digits")))
		}
		minor, ok := ParseMoney(s, digits)
		check.If(!ok, "amount", i18n.M("amount.digits", "Write digits only, such as 240000 or 240,000.00"))
		a.Minor, a.StatedAs = sql.Null[int64]{V: minor, Valid: true}, s
	} else {
		a.Currency = ""
	}
	err = check.Err()
	if err == nil {
		err = m.s.AddAmount(c.Context(), c.Actor, c.Path("id"), a)
	}
	return m.added(c, err, "#amounts")
}

func (m *Room) addResult(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.AddResult(c.Context(), c.Actor, c.Path("id"), Result{Kind: v.Get("result_kind"), Text: v.Get("result_text"), Audience: v.Get("result_audience")})
	return m.added(c, err, "#results")
}

func (m *Room) drop(c *web.Ctx) error { return m.dropped(c, true) }

func (m *Room) undrop(c *web.Ctx) error { return m.dropped(c, false) }

func (m *Room) dropped(c *web.Ctx, removed bool) error {
	id, what, record := c.Path("id"), c.Path("what"), c.Path("record")
	err := m.s.Drop(c.Context(), c.Actor, id, what, record, removed)
	if err != nil {
		return err
	}
	if removed {
		c.Flash(i18n.M("form.removed", "Removed."), "/partnerships/"+id+"/undrop/"+what+"/"+record)
	} else {
		c.Flash(i18n.M("form.restored", "It is back."), "")
	}
	return c.See("/partnerships/" + id + "/about")
}
