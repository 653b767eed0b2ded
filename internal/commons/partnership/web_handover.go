package partnership

import (
	"net/url"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

func (m *Room) handOverRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/hand-over/{account}", Perm: access.StaffOnly, Do: m.handOverForm},
		{Method: "POST", Pattern: "/hand-over/{account}", Perm: access.Take, Do: m.handOver, Fresh: true},
		{Method: "GET", Pattern: "/hand-over/{account}/dossier", Perm: access.StaffOnly, Do: m.accountDossier},
		{Method: "GET", Pattern: "/hand-overs/{id}", Perm: access.StaffOnly, Do: m.handedOver},
		{Method: "GET", Pattern: "/hand-overs/{id}/dossier", Perm: access.StaffOnly, Do: m.handedDossier},
		{Method: "POST", Pattern: "/hand-overs/{id}/undo", Perm: access.Take, Do: m.undoHandOver, Fresh: true},
		{Method: "POST", Pattern: "/hand-overs/{id}/seen", Perm: access.Take, Do: m.seenHandOver},
		{Method: "GET", Pattern: "/partnerships/{id}/dossier", Perm: access.SignedIn, Do: m.dossier},
		{Method: "POST", Pattern: "/partnerships/{id}/dossier", Perm: access.StaffOnly, Do: m.saveHandNote},
	}
}

func handOverPath(handover string) string { return "/hand-overs/" + handover }

// HandOverPath is the address at which what an account holds is handed over.
func HandOverPath(account string) string { return "/hand-over/" + url.PathEscape(account) }

// handOverPage is what an account holds, and what would move to another.
type handOverPage struct {
	ui.Base
	Head      ui.Head
	From, To  access.Account
	Own       bool          // it is the reader's own account
	Receivers []ui.Option   // who may receive
	Words     string        // filter by title
	All       int           // partnerships in which the account has a place
	Ticks     []ui.Option   // partnerships that may be handed over
	Ticked    []string      // which of them are ticked at first
	Stays     []ui.HistLine // what does not move, and why
	Others    []ui.Option   // partnerships that somebody else has to hand over
	Rest      int           // things of further movers
	Form      ui.Form
	Chosen    bool // the receiver is chosen
}

func (m *Room) handOverForm(c *web.Ctx) error {
	return m.showHandOver(c, c.Query("to"), ui.Form{})
}

func (m *Room) showHandOver(c *web.Ctx, to string, f ui.Form) error {
	l := c.L
	v := &handOverPage{Base: c.Base(l.T("handover.title", "Hand over"), home(l), ui.Link{Text: l.T("handover.title", "Hand over")}), Form: f, Words: clipped(c.Query("q"))}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		from, err := access.Find(t, access.Filter{IDs: []string{c.Path("account")}})
		if err != nil {
			return err
		}
		if len(from) == 0 {
			return errs.Missing()
		}
		v.From, v.Own = from[0], from[0].ID == c.Actor.Account
		v.Receivers, err = m.accountOptions(t, l)
		if err != nil {
			return err
		}
		v.Receivers = slices.DeleteFunc(v.Receivers, func(o ui.Option) bool { return o.Value == v.From.ID })
		if slices.ContainsFunc(v.Receivers, func(o ui.Option) bool { return o.Value == to }) {
			found, err := access.Find(t, access.Filter{IDs: []string{to}, State: access.Active})
			if err != nil {
				return err
			}
			if len(found) > 0 {
				v.To, v.Chosen = found[0], true
			}
		}
		looks, rest, err := m.s.LookHandOver(t, c.Actor, v.From, v.To)
		if err != nil {
			return err
		}
		v.fill(l, looks, search.Fold(v.Words))
		v.Rest = len(rest)
		return nil
	})
	if err != nil {
		return err
	}
	return c.PageStatus(statusOf(f), handOverBody(v))
}

// fill turns what a hand-over would do into the page's lines.
func (v *handOverPage) fill(l *i18n.L, looks []HandLook, words string) {
	actions := 0
	for _, x := range looks {
		v.All++
		if !matches(search.Fold(x.Place.Title+" "+x.Place.TitleFR+" "+x.Place.TitleES), words) {
			continue
		}
		o := ui.Option{Value: x.Place.Partnership, Text: inLang(l.Lang, x.Place.Title, x.Place.TitleFR, x.Place.TitleES), Hint: v.lookHint(l, x)}
		if !x.May {
			v.Others = append(v.Others, o)
			continue
		}
		v.Ticks = append(v.Ticks, o)
		actions += x.Actions
		// Who may see a confidential partnership is a decision of its own.
		if !x.Place.Confidential {
			v.Ticked = append(v.Ticked, o.Value)
		}
		for _, why := range x.Stays {
			v.Stays = append(v.Stays, ui.HistLine{Text: joinParts(l.Say(why), short(o.Text))})
		}
	}
	v.Head = ui.Head{Lead: v.From.Name + ".", Sub: joinSentences(
		l.N("handover.sub", v.All, "It has a place in the team of {n} partnership.", "It has a place in the teams of {n} partnerships."),
		l.N("handover.sub.actions", actions, "{n} open action waits for it there.", "{n} open actions wait for it there."))}
}

func joinSentences(parts ...string) string { return strings.Join(parts, " ") }

// matches says whether a text holds all words of a filter.
func matches(text, words string) bool {
	for _, w := range splitWords(words) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// lookHint says what of one partnership goes over.
func (v *handOverPage) lookHint(l *i18n.L, x HandLook) string {
	var parts []string
	if x.Manager {
		parts = append(parts, l.T("team.manager", "manager of the partnership"))
	}
	var rights []string
	for _, r := range x.Rights {
		rights = append(rights, l.Say(rightMsg(r)))
	}
	parts = append(parts, l.T("handover.rights", "rights: {rights}", i18n.A{"rights": strings.Join(rights, ", ")}))
	if x.Actions > 0 {
		parts = append(parts, l.N("handover.actions", x.Actions, "{n} action", "{n} actions"))
	}
	switch {
	case !x.May:
		parts = append(parts, l.T("handover.not_manage", "you do not manage it: who does can hand this place over"))
	case x.Place.Confidential && v.Chosen:
		parts = append(parts, l.T("handover.confidential", "confidential: tick it if {name} may see it", i18n.A{"name": v.To.Name}))
	case x.Place.Confidential:
		parts = append(parts, l.T("handover.is_confidential", "confidential"))
	}
	return joinParts(parts...)
}

func (v *handOverPage) path() string { return HandOverPath(v.From.ID) }

// button says how many partnerships go over when nothing is changed.
func (v *handOverPage) button() string {
	return v.L.T("handover.button", "Hand over to {name}", i18n.A{"name": v.To.Name})
}

func (m *Room) handOver(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f := HandForm{From: c.Path("account"), To: v.Get("to"), Partnerships: v.All("partnership"), Reason: v.Get("reason"), LastDay: asTyped(v, "last_day")}
	made, err := m.s.HandOver(c.Context(), c.Actor, f)
	if errs.Is(err, errs.Invalid) {
		return formError(c, err, func(x ui.Form) error { return m.showHandOver(c, f.To, x) })
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("handover.done", "It is handed over."), handOverPath(made)+"/undo")
	return c.See(handOverPath(made))
}

// handedPage is a hand-over that was made: what moved, what stayed.
type handedPage struct {
	ui.Base
	Head    ui.Head
	K       HandOver
	Names   map[string]string
	Items   []HandItem
	Titles  map[string]Partnership
	MayUndo bool
	MaySeen bool
	Rest    bool // the giver still has places
}

func (m *Room) handedOver(c *web.Ctx) error {
	l := c.L
	v := &handedPage{}
	err := m.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		v.K, err = visibleHandOver(t, c.Actor, c.Path("id"))
		if err != nil {
			return err
		}
		v.Names, err = access.Names(t, []string{v.K.From, v.K.To, v.K.ByActor, v.K.UndoneBy})
		if err != nil {
			return err
		}
		v.Items, err = handItemsOf(t, v.K.ID)
		if err != nil {
			return err
		}
		v.Titles, err = titlesAmong(t, c.Actor, partnershipsIn(v.Items))
		if err != nil {
			return err
		}
		left, err := placesOfAccount(t, c.Actor, v.K.From)
		v.Rest = len(left) > 0
		return err
	})
	if err != nil {
		return err
	}
	title := l.T("handover.one", "Hand-over")
	v.Base = c.Base(title, home(l), ui.Link{Text: title})
	v.MayUndo = mayUndoHandOver(c.Actor, v.K, c.Now())
	v.MaySeen = v.K.To == c.Actor.Account && v.K.SeenAt == 0 && v.K.UndoneAt == 0
	v.Head = ui.Head{Lead: l.T("handover.from_to", "From {from} to {to}.", i18n.A{"from": v.name(v.K.From), "to": v.name(v.K.To)}), Sub: v.sub()}
	return c.Page(handedBody(v))
}

func (v *handedPage) name(account string) string { return actorText(v.L, account, v.Names) }

// sub says why, by whom and when.
func (v *handedPage) sub() string {
	l := v.L
	text := l.T("handover.made", "By {name}, {date}. Reason: {reason}", i18n.A{"name": v.name(v.K.ByActor), "date": v.K.At.Day(), "reason": v.K.Reason})
	if v.K.LastDay != "" {
		text = joinParts(text, l.T("handover.last", "until {date} both hold the rights", i18n.A{"date": v.K.LastDay}))
	}
	return text
}

// handLine is one partnership of a hand-over on its page.
type handLine struct {
	ID, Title string
	What      string
	State     HandState
	Why       []string
	Actions   int
}

// lines are the partnerships of the hand-over, those that the reader may not
// see as one line without a name.
func (v *handedPage) lines() []handLine {
	l := v.L
	var out []handLine
	at := map[string]int{}
	for _, x := range v.Items {
		i, known := at[x.Partnership]
		if !known {
			i = len(out)
			at[x.Partnership] = i
			line := handLine{ID: x.Partnership, State: HandMoved}
			if p, may := v.Titles[x.Partnership]; may {
				line.Title = p.TitleIn(l.Lang)
			}
			out = append(out, line)
		}
		if x.Kind == kindPlace && x.State != HandStays {
			out[i].State = x.State
		}
		if x.Kind == kindAction && x.State != HandStays {
			out[i].Actions++
		}
		if why := x.Why.Msg; !why.Zero() && out[i].Title != "" {
			text := l.Say(why)
			if x.Kind == kindAction && x.State == HandKept {
				text = l.Colon(x.Title, text)
			}
			out[i].Why = append(out[i].Why, text)
		}
	}
	return out
}

// table lists what moved, and what became of it.
func (v *handedPage) table() ui.TableView {
	l := v.L
	t := ui.TableView{Caption: l.T("handover.table", "What was handed over"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("partnership.record", "Partnership")}, {Title: l.T("handover.col.actions", "Actions"), Num: true}, {Title: l.T("handover.col.state", "Now")},
	}}
	for _, x := range v.lines() {
		name := ui.Cell{Text: x.Title, Href: "/partnerships/" + x.ID}
		if x.Title == "" {
			name = ui.Cell{Text: l.T("handover.hidden", "a partnership that you may not see"), Soft: true}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{name, {Text: l.Num(int64(x.Actions))}, {Text: handStateText(l, x.State), Small: strings.Join(x.Why, " ")}}})
	}
	return t
}

func handStateText(l *i18n.L, s HandState) string {
	switch s {
	case HandBack:
		return l.T("handover.state.back", "taken back")
	case HandKept:
		return l.T("handover.state.kept", "not taken back")
	}
	return l.T("handover.state.moved", "handed over")
}

func (m *Room) undoHandOver(c *web.Ctx) error {
	err := m.s.UndoHandOver(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	c.Flash(i18n.M("handover.undone", "The hand-over is taken back. What has changed since is named here."), "")
	return c.See(handOverPath(c.Path("id")))
}

func (m *Room) seenHandOver(c *web.Ctx) error {
	err := m.s.SeenHandOver(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	return c.See(ui.HomePath)
}

// handedNotice is a hand-over as its receiver's home tells it.
type handedNotice struct {
	HandOver
	Text string
}

// noticed are the hand-overs that the reader's home tells.
func noticed(t *db.Tx, a access.Actor, l *i18n.L) ([]handedNotice, error) {
	if a.Account == "" || !a.Staff() {
		return nil, nil
	}
	list, err := handOversTo(t, a.Account, t.Now.Add(-handUndo), 3)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var out []handedNotice
	for _, k := range list {
		items, err := handItemsOf(t, k.ID)
		if err != nil {
			return nil, err
		}
		names, err := access.Names(t, []string{k.From})
		if err != nil {
			return nil, err
		}
		n := len(partnershipsIn(items))
		out = append(out, handedNotice{k, l.N("handover.notice", n, "{name} has handed {n} partnership over to you, {date}: {reason}", "{name} has handed {n} partnerships over to you, {date}: {reason}",
			i18n.A{"name": actorText(l, k.From, names), "date": k.At.Day(), "reason": k.Reason})})
	}
	return out, nil
}

// handedNames are the hand-overs that rows of the history name.
type handedNames struct {
	all   map[string]HandOver
	names map[string]string
}

func handedIn(t *db.Tx, rows []audit.Listed) (handedNames, error) {
	out := handedNames{all: map[string]HandOver{}}
	var ids, accounts []string
	for _, r := range rows {
		if r.Kind == kindHandOver {
			ids = append(ids, r.Record)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := handOversNamed(t, ids)
	if err != nil {
		return out, err
	}
	for _, k := range list {
		out.all[k.ID] = k
		accounts = append(accounts, k.From, k.To)
	}
	out.names, err = access.Names(t, accounts)
	return out, err
}

// say is a hand-over in the history of a partnership: from whom to whom, why.
func (n handedNames) say(l *i18n.L, r audit.Listed) string {
	k, known := n.all[r.Record]
	if r.Kind != kindHandOver || !known {
		return ""
	}
	return joinParts(l.T("handover.from_to", "From {from} to {to}.", i18n.A{"from": actorText(l, k.From, n.names), "to": actorText(l, k.To, n.names)}), k.Reason)
}

// mayHandOver says whether the reader has something to hand over.
func mayHandOver(t *db.Tx, a access.Actor) (bool, error) {
	if !a.Staff() || a.ReadsOnly() || a.Account == "" {
		return false, nil
	}
	return anyPlace(t, a.Account, t.Now.Day())
}
