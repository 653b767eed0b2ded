package partnership

import (
	"cmp"
	"slices"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
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

func (m *Room) load(c *web.Ctx) (*overviewPage, error) {
	var v *overviewPage
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		v, err = m.loadOne(c, t, c.Path("id"))
		return err
	})
	return v, err
}

// loadOne reads all that the pages of one partnership say of it.
func (m *Room) loadOne(c *web.Ctx, t *db.Tx, partnership string) (*overviewPage, error) {
	v := &overviewPage{Staff: c.Actor.Staff(), ref: m.ref, room: m, today: c.Today()}
	p, rights, err := m.openOne(c, t, partnership)
	if err != nil {
		return v, err
	}
	v.view = m.page(c, p, rights, p.TitleIn(c.L.Lang), "")
	v.Journey, err = m.s.journey(t, c.Actor, p, c.L.Lang)
	if err != nil {
		return v, err
	}
	v.Parties, _, err = m.parties(t, c, p)
	if err != nil {
		return v, err
	}
	v.Places, err = placesOf(t, p.ID)
	if err != nil {
		return v, err
	}
	v.Proposed = m.proposed(v.Parties, v.Places, v.today)
	v.About, err = m.aboutGroups(t, p, c.L.Lang)
	if err != nil {
		return v, err
	}
	v.Amounts, err = amountsOf(t, c.Actor, p.ID)
	if err != nil {
		return v, err
	}
	v.Results, err = resultsOf(t, c.Actor, p.ID)
	if err != nil {
		return v, err
	}
	history, err := historyOf(t, p.ID)
	if err != nil {
		return v, err
	}
	v.Cycle = cycleTimes(history, c.Now())
	v.Team, err = teamOf(t, p.ID)
	if err != nil {
		return v, err
	}
	v.Changes, err = statusChanges(t, p.ID)
	if err != nil {
		return v, err
	}
	if c.Actor.Staff() {
		v.Waivers, err = waiversOf(t, p.ID)
		if err != nil {
			return v, err
		}
	}
	return v, m.related(t, c, v)
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
