package partnership

import (
	"cmp"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) partnershipRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/partnerships/new", Perm: access.Create, Do: m.newForm},
		{Method: "POST", Pattern: "/partnerships", Perm: access.Create, Do: m.create},
		{Method: "GET", Pattern: "/partnerships/{id}", Perm: access.SignedIn, Do: m.overview},
		{Method: "GET", Pattern: "/partnerships/{id}/brief", Perm: access.SignedIn, Do: m.brief},
		{Method: "GET", Pattern: "/partnerships/{id}/edit", Perm: access.Take, Do: m.editForm},
		{Method: "POST", Pattern: "/partnerships/{id}/edit", Perm: access.Take, Do: m.edit},
		{Method: "GET", Pattern: "/partnerships/{id}/about", Perm: access.SignedIn, Do: m.about},
		{Method: "POST", Pattern: "/partnerships/{id}/about", Perm: access.Take, Do: m.setAbout},
		{Method: "POST", Pattern: "/partnerships/{id}/places", Perm: access.Take, Do: m.addPlace},
		{Method: "POST", Pattern: "/partnerships/{id}/amounts", Perm: access.Take, Do: m.addAmount},
		{Method: "POST", Pattern: "/partnerships/{id}/results", Perm: access.Take, Do: m.addResult},
		{Method: "POST", Pattern: "/partnerships/{id}/drop/{what}/{record}", Perm: access.Take, Do: m.drop},
		{Method: "POST", Pattern: "/partnerships/{id}/undrop/{what}/{record}", Perm: access.Take, Do: m.undrop},
		{Method: "GET", Pattern: "/partnerships/{id}/status", Perm: access.Take, Do: m.statusForm},
		{Method: "POST", Pattern: "/partnerships/{id}/status", Perm: access.Take, Do: m.move},
		{Method: "POST", Pattern: "/partnerships/{id}/modality", Perm: access.Take, Do: m.confirmModality},
		{Method: "POST", Pattern: "/partnerships/{id}/delete", Perm: access.Take, Do: m.remove},
		{Method: "POST", Pattern: "/partnerships/{id}/restore", Perm: access.Take, Do: m.restore},
	}
}

// overviewPage is a partnership's own page, and its brief.
type overviewPage struct {
	view
	Journey  JourneyView
	Parties  []partyView
	Proposed Modality
	About    []aboutGroup
	Places   []Place
	Amounts  []Amount
	Results  []Result
	Cycle    []CycleTime
	Next     *Todo
	NextMore int
	Members  []Row
	Umbrella *Row
	Team     []Member
	Changes  []StatusChange
	Waivers  []Waiver
	Staff    bool
	ref      *refdata.Service
	room     *Room
	today    clock.Day
}

// partyView is a party with its roles and what of its statements is confirmed.
type partyView struct {
	Party
	Name      string
	OrgKind   string // row of organisation_kind
	At        string // country
	Roles     []PartyRole
	Brings    []string
	Stated    int // statements it made that others can confirm
	Confirmed int // those that all others asked have confirmed
	Disputed  int
}

// Current are the roles that the party holds today.
func (p partyView) Current(today clock.Day) []Role {
	var out []Role
	for _, r := range p.Roles {
		if r.Holds(today) && !slices.Contains(out, r.Role) {
			out = append(out, r.Role)
		}
	}
	slices.SortFunc(out, func(a, b Role) int { return cmp.Compare(slices.Index(Roles, a), slices.Index(Roles, b)) })
	return out
}

// aboutGroup is a reference list with what a partnership carries of it.
type aboutGroup struct {
	List  string
	Name  string
	Items []aboutItem
}

type aboutItem struct {
	Code, Name, Basis, Place string
}

// parties reads the parties for a page, with names in the reader's language.
func (m *Room) parties(t *db.Tx, c *web.Ctx, p Partnership) ([]partyView, *Dossier, error) {
	d, err := dossier(t, p)
	if err != nil {
		return nil, nil, err
	}
	names, err := partyNames(t, c.L.Lang, []string{p.ID})
	if err != nil {
		return nil, nil, err
	}
	tags, err := tagsOf(t, p.ID)
	if err != nil {
		return nil, nil, err
	}
	claims, err := claimsFor(t, c.Actor, p.ID)
	if err != nil {
		return nil, nil, err
	}
	var out []partyView
	for _, y := range d.Parties {
		v := partyView{Party: y, Name: inLang(c.L.Lang, y.Label, y.LabelFR, y.LabelES), At: y.Country}
		for _, n := range names {
			if n.Party == y.ID {
				v.OrgKind, v.At = n.OrgKind, n.Country
				if n.Name != "" {
					v.Name = n.Name
				}
			}
		}
		for _, r := range d.Roles {
			if r.Party == y.ID {
				v.Roles = append(v.Roles, r)
			}
		}
		for _, g := range tags {
			if g.List == BringsList && g.Party == y.ID {
				v.Brings = append(v.Brings, g.Code)
			}
		}
		for _, k := range claims {
			if k.StatedBy != y.Organisation || y.Organisation == "" || k.Audience == access.AudienceHost {
				continue
			}
			v.Stated++
			_, disputed := awaited(d, k)
			switch {
			case disputed:
				v.Disputed++
			case confirmed(d, k):
				v.Confirmed++
			}
		}
		out = append(out, v)
	}
	return out, d, nil
}

// kindOf places a party for the proposal of a modality. South is read widely:
// a member of the Group of 77 or a country that the guide itself treats as a
// partner of the South; it is a proposal that a person confirms.
func (m *Room) kindOf(p partyView, today clock.Day) partyKind {
	switch p.OrgKind {
	case "un-agency", "ifi", "regional-body":
		return kindMultilateral
	}
	if p.At == "" {
		return kindUnknown
	}
	north := false
	for _, i := range m.ref.Where("country_set_member", "country", p.At) {
		if !i.Holds(today) {
			continue
		}
		switch i.Attr("set") {
		case "G77", "GUIDE_COUNTRIES":
			return kindSouth
		case "OECD":
			north = true
		}
	}
	if north {
		return kindNorth
	}
	return kindUnknown
}

// proposed reads the modality that parties, roles and places suggest.
func (m *Room) proposed(parties []partyView, places []Place, today clock.Day) Modality {
	by := map[Role][]partyKind{}
	for _, p := range parties {
		for _, r := range p.Current(today) {
			by[r] = append(by[r], m.kindOf(p, today))
		}
	}
	region := slices.ContainsFunc(places, func(l Place) bool { return l.Kind == PlaceRegion })
	return propose(by[Beneficiary], by[Pivotal], by[Facilitating], region)
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
				g.Items = append(g.Items, aboutItem{tag.Code, m.ref.Name(list, tag.Code, lang), tag.BasisIn(lang), tag.SourcePlace})
			}
		}
		out = append(out, g)
	}
	return out, nil
}

func (m *Room) load(c *web.Ctx) (*overviewPage, error) {
	v := &overviewPage{Staff: c.Actor.Staff(), ref: m.ref, room: m, today: c.Today()}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, rights, err := m.open(c, t)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, rights, p.TitleIn(c.L.Lang), "")
		v.Journey, err = m.s.journey(t, c.Actor, p, c.L.Lang)
		if err != nil {
			return err
		}
		v.Parties, _, err = m.parties(t, c, p)
		if err != nil {
			return err
		}
		v.Places, err = placesOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Proposed = m.proposed(v.Parties, v.Places, v.today)
		v.About, err = m.aboutGroups(t, p, c.L.Lang)
		if err != nil {
			return err
		}
		v.Amounts, err = amountsOf(t, c.Actor, p.ID)
		if err != nil {
			return err
		}
		v.Results, err = resultsOf(t, c.Actor, p.ID)
		if err != nil {
			return err
		}
		history, err := historyOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Cycle = cycleTimes(history, c.Now())
		v.Team, err = teamOf(t, p.ID)
		if err != nil {
			return err
		}
		v.Changes, err = statusChanges(t, p.ID)
		if err != nil {
			return err
		}
		if c.Actor.Staff() {
			v.Waivers, err = waiversOf(t, p.ID)
			if err != nil {
				return err
			}
		}
		return m.related(t, c, v)
	})
	return v, err
}

// related reads the actions that wait for the reader here, and the
// partnerships over and under this one.
func (m *Room) related(t *db.Tx, c *web.Ctx, v *overviewPage) error {
	mine, err := todosHere(t, c.Actor, v.P.ID, 5)
	if err != nil {
		return err
	}
	if len(mine) > 0 {
		v.Next, v.NextMore = &mine[0], len(mine)-1
	}
	v.Members, err = membersOf(t, c.Actor, v.P.ID)
	if err != nil || v.P.Umbrella == "" {
		return err
	}
	up, err := get(t, c.Actor, v.P.Umbrella, access.View)
	if errs.Is(err, errs.NotFound) {
		return nil // not for these eyes
	}
	v.Umbrella = &Row{ID: up.ID, Title: up.Title, TitleFR: up.TitleFR, TitleES: up.TitleES}
	return err
}

func (m *Room) overview(c *web.Ctx) error {
	v, err := m.load(c)
	if err != nil {
		return err
	}
	return c.Page(overviewBody(v))
}

func (m *Room) brief(c *web.Ctx) error {
	v, err := m.load(c)
	if err != nil {
		return err
	}
	v.Crumbs = append(v.Crumbs[:len(v.Crumbs)-1], ui.Link{Text: short(v.P.TitleIn(c.L.Lang)), Href: "/partnerships/" + v.P.ID}, ui.Link{Text: c.L.T("brief.crumb", "Brief")})
	return c.Page(briefBody(v))
}

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
			var clash *EditClash
			if errors.As(err, &clash) {
				f.Values = partnershipValues(clash.Merged)
			}
			return m.showEdit(c, f)
		})
	}
	c.Flash(i18n.M("form.saved", "Saved."), "")
	return c.See("/partnerships/" + p.ID)
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
	v.Kinds, v.Currency = m.options(c, "amount_kind"), nil
	for _, i := range m.ref.All("currency") {
		v.Currency = append(v.Currency, ui.Option{Value: i.Code, Text: i.Code})
	}
	return c.PageStatus(statusOf(f), aboutBody(v))
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

type statusPage struct {
	view
	Form    ui.Form
	Next    []ui.Option
	Changes []StatusChange
}

func (m *Room) statusForm(c *web.Ctx) error { return m.showStatus(c, ui.Form{}) }

func (m *Room) showStatus(c *web.Ctx, f ui.Form) error {
	l := c.L
	v := statusPage{Form: f}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		p, err := need(t, c.Actor, c.Path("id"), access.Manage)
		if err != nil {
			return err
		}
		v.view = m.page(c, p, map[access.Right]bool{access.Manage: true}, l.T("status.title", "Where the partnership stands"), "/status", ui.Link{Text: l.T("status.crumb", "Status")})
		v.Changes, err = statusChanges(t, p.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range Next(v.P.Status) {
		v.Next = append(v.Next, ui.Option{Value: string(s), Text: l.Say(statusMsg(s))})
	}
	return c.PageStatus(statusOf(f), statusBody(v))
}

func (m *Room) move(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.Move(c.Context(), c.Actor, c.Path("id"), Status(v.Get("status")), v.Get("reason"))
	if err != nil {
		return formError(c, err, func(f ui.Form) error { return m.showStatus(c, f) })
	}
	c.Flash(i18n.M("status.moved", "The partnership is now {status}.", i18n.A{"status": statusMsg(Status(v.Get("status")))}), "")
	return c.See("/partnerships/" + c.Path("id"))
}

func (m *Room) confirmModality(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = m.s.ConfirmModality(c.Context(), c.Actor, c.Path("id"), Modality(v.Get("modality")))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("modality.confirmed", "The modality is confirmed."), "")
	return c.See("/partnerships/" + c.Path("id") + "/parties")
}

func (m *Room) remove(c *web.Ctx) error {
	err := m.s.Remove(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("partnership.removed", "The partnership is removed. It can come back for 30 days."), "/partnerships/"+c.Path("id")+"/restore")
	return c.See("/partnerships")
}

func (m *Room) restore(c *web.Ctx) error {
	err := m.s.Restore(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("form.restored", "It is back."), "")
	return c.See("/partnerships/" + c.Path("id"))
}
