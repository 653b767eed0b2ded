package privacy

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/personal"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// longest is how long the answer to an erasure may take: a large database is
// written anew.
const longest = 5 * time.Minute

// frame is what every page of the administration has.
type frame struct {
	ui.Base
	Views []ui.NavItem
}

func (r *Room) frame(c *web.Ctx, title string, crumbs ...ui.Link) frame {
	return frame{Base: c.Base(title, crumbs...), Views: r.AdminViews(c)}
}

// adminPage finds a person and lists the erasures.
type adminPage struct {
	frame
	Form  ui.Form
	Who   string
	Table ui.TableView
}

func (r *Room) admin(c *web.Ctx) error {
	l := c.L
	p := adminPage{frame: r.frame(c, l.T("privacy.title", "Privacy")), Who: strings.TrimSpace(c.Query("who"))}
	if p.Who != "" {
		plan, err := r.Plan(c.Context(), c.Actor, l, p.Who)
		switch {
		case err == nil:
			return c.See(PersonPath(plan.Person))
		case errs.Is(err, errs.NotFound), errs.Is(err, errs.Conflict):
			p.Form = ui.Form{Values: map[string][]string{"who": {p.Who}}, Errors: []ui.FieldError{{Field: "who", Text: l.Say(errs.As(err).Msg)}}}
		default:
			return err
		}
	}
	list, err := r.Erasures(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p.Table = ui.TableView{Caption: l.T("privacy.erasures", "Persons that were erased"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.erased.at", "Erased (UTC)")}, {Title: l.T("privacy.person.id", "Id of the person")}}}
	for _, e := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{{Text: l.DateTime(e.At)}, {Text: e.Person, Href: PersonPath(e.Person)}}})
	}
	status := http.StatusOK
	if len(p.Form.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return c.PageStatus(status, adminView(p))
}

// dataPage is what is kept of a person.
type dataPage struct {
	frame
	Own     bool
	File    string // path of the download
	Plan    Plan
	About   ui.TableView
	Named   ui.TableView
	Words   ui.TableView
	Form    ui.Form
	Problem string
}

func (r *Room) person(c *web.Ctx) error { return r.showPerson(c, http.StatusOK, ui.Form{}, "") }

func (r *Room) showPerson(c *web.Ctx, status int, form ui.Form, problem string) error {
	key, err := key(c)
	if err != nil {
		return err
	}
	l := c.L
	plan, err := r.PlanErasure(c.Context(), c.Actor, l, key)
	if err != nil {
		return err
	}
	title := l.T("privacy.data.title", "Data about this person")
	p := dataPage{frame: r.frame(c, title, ui.Link{Text: l.T("privacy.title", "Privacy"), Href: AdminPath}, ui.Link{Text: title}),
		Plan: plan, File: PersonPath(key) + "/data.json", Form: form, Problem: problem}
	p.Base = p.With(form)
	p.About = ui.TableView{Caption: l.T("privacy.about", "About the person"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.what", "What")}, {Title: l.T("privacy.table", "Table")}, {Title: l.T("privacy.rows", "Rows"), Num: true}, {Title: l.T("privacy.fate", "Erasing")}}}
	for _, h := range plan.Rows {
		fate := l.T("privacy.fate.emptied", "takes the values out")
		if h.Deleted {
			fate = l.T("privacy.fate.deleted", "deletes them")
		}
		p.About.Rows = append(p.About.Rows, ui.Row{Cells: []ui.Cell{{Text: h.Label}, {Text: h.Table}, {Text: l.Num(h.Rows)}, {Text: fate}}})
	}
	p.Named = r.namedTable(l, plan.Named)
	p.Words = ui.TableView{Caption: l.T("privacy.words", "Where the name or an address occurs in words"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.what", "What")}, {Title: l.T("privacy.table", "Table")}, {Title: l.T("privacy.record", "Record")}, {Title: l.T("privacy.fate", "Erasing")}}}
	for _, w := range plan.Words {
		fate := l.T("privacy.fate.words", "leaves it: mend the text")
		if w.Drops {
			fate = l.T("privacy.fate.deleted", "deletes them")
		}
		p.Words.Rows = append(p.Words.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(w.Label)}, {Text: w.Table, Small: w.Column}, {Text: w.Record}, {Text: fate}}})
	}
	return c.PageStatus(status, dataView(p))
}

func (r *Room) namedTable(l *i18n.L, named []personal.Pointed) ui.TableView {
	t := ui.TableView{Caption: l.T("privacy.named", "What names the person by id"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.what", "What")}, {Title: l.T("privacy.table", "Table")}, {Title: l.T("privacy.rows", "Rows"), Num: true}}}
	for _, n := range named {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(n.Label)}, {Text: n.Table, Small: n.Column}, {Text: l.Num(n.Rows)}}})
	}
	return t
}

// key is the id in the address; anything that is none is no person.
func key(c *web.Ctx) (string, error) {
	if k := c.Path("id"); id.Valid(k) {
		return k, nil
	}
	return "", errs.Missing()
}

func (r *Room) personJSON(c *web.Ctx) error {
	key, err := key(c)
	if err != nil {
		return err
	}
	return r.attach(c, key)
}

// attach answers with everything that is kept of a person, as a file.
func (r *Room) attach(c *web.Ctx, person string) error {
	e, err := r.Export(c.Context(), c.Actor, person)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	return c.Attach("person-"+person+".json", "application/json; charset=utf-8", b)
}

func (r *Room) ownJSON(c *web.Ctx) error { return r.attach(c, c.Actor.Person) }

func (r *Room) own(c *web.Ctx) error {
	l := c.L
	e, err := r.Export(c.Context(), c.Actor, c.Actor.Person)
	if err != nil {
		return err
	}
	title := l.T("privacy.own.title", "What is kept about you")
	p := dataPage{frame: frame{Base: c.Base(title, ui.Link{Text: l.T("privacy.own.profile", "Profile"), Href: ui.ProfilePath}, ui.Link{Text: title})}, Own: true, File: OwnDataPath + ".json"}
	p.About = ui.TableView{Caption: l.T("privacy.own.about", "About you"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.what", "What")}, {Title: l.T("privacy.rows", "Rows"), Num: true}}}
	for _, h := range e.About {
		p.About.Rows = append(p.About.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(h.Label), Small: h.Table}, {Text: l.Num(int64(len(h.Rows)))}}})
	}
	p.Named = ui.TableView{Caption: l.T("privacy.own.named", "What you did, or what names you"), Quiet: true, Tight: true, Cols: p.About.Cols}
	for _, h := range e.Named {
		p.Named.Rows = append(p.Named.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(h.Label), Small: h.Table}, {Text: l.Num(int64(len(h.Rows)))}}})
	}
	return c.Page(dataView(p))
}

// donePage says what an erasure did.
type donePage struct {
	frame
	Done    Done
	Changes ui.TableView
	Words   []string
}

func (r *Room) doErase(c *web.Ctx) error {
	key, err := key(c)
	if err != nil {
		return err
	}
	v, err := c.Form()
	if err != nil {
		return err
	}
	l := c.L
	if !v.On("sure") {
		form := ui.Form{Errors: []ui.FieldError{{Field: "sure", Text: l.T("privacy.erase.sure.missing", "Tick this to say that you mean it: erasing can’t be undone.")}}}
		return r.showPerson(c, http.StatusUnprocessableEntity, form, "")
	}
	c.Deadline(longest)
	done, err := r.EraseWhole(c.Context(), c.Actor, key)
	if errs.Is(err, errs.Conflict) {
		return r.showPerson(c, http.StatusConflict, ui.Form{}, l.Say(errs.As(err).Msg))
	}
	if err != nil {
		return err
	}
	title := l.T("privacy.done.title", "The person is erased")
	p := donePage{frame: r.frame(c, title, ui.Link{Text: l.T("privacy.title", "Privacy"), Href: AdminPath}, ui.Link{Text: title}), Done: done}
	p.Failed = false
	p.Changes = ui.TableView{Caption: l.T("privacy.done.changes", "What was done"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.table", "Table")}, {Title: l.T("privacy.rows", "Rows"), Num: true}, {Title: l.T("privacy.done.fate", "They were")}}}
	for _, ch := range done.Changes {
		fate := l.T("privacy.done.emptied", "emptied")
		if ch.Gone {
			fate = l.T("privacy.done.deleted", "deleted")
		}
		p.Changes.Rows = append(p.Changes.Rows, ui.Row{Cells: []ui.Cell{{Text: ch.Table}, {Text: l.Num(ch.Rows)}, {Text: fate}}})
	}
	for _, w := range done.Words {
		p.Words = append(p.Words, l.T("privacy.done.word", "{what} {record}: {column}", i18n.A{"what": l.Say(w.Label), "record": w.Record, "column": w.Column}))
	}
	return c.Page(doneView(p))
}

func dataLead(p dataPage) string {
	if p.Own {
		return p.L.T("privacy.own.lead", "Everything that this installation keeps about you, as a file. An administrator can correct or erase it.")
	}
	return p.L.T("privacy.data.lead", "Everything that is kept of the person with the id {person}.", i18n.A{"person": p.Plan.Person})
}
