package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// rowsShown is the length of a page of accounts, of the audit and of jobs.
const rowsShown = 50

// accounts is the list of accounts.
type accounts struct {
	frame
	Tools  ui.Tools
	Table  ui.TableView
	Page   ui.Stretch
	Filter bool // a filter is in force
}

func (p *Pages) accounts(c *web.Ctx) error {
	l, q := c.L, c.R.URL.Query()
	f := access.Filter{Text: q.Get("q"), After: q.Get("after"), Limit: rowsShown + 1}
	if r := access.Role(q.Get("role")); slices.Contains(access.Roles, r) {
		f.Role = r
	}
	if s := access.State(q.Get("state")); slices.Contains(access.States, s) {
		f.State = s
	}
	list, err := p.o.Access.Accounts(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	v := accounts{frame: p.frame(c, l.T("pages.accounts.title", "Accounts"))}
	v.Page, list = stretch(c, list, func(a access.Account) string { return a.ID })
	names, err := p.organisationNames(c, list)
	if err != nil {
		return err
	}
	roles := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, r := range access.Roles {
		roles = append(roles, ui.Option{Value: string(r), Text: RoleName(l, r)})
	}
	states := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, s := range access.States {
		states = append(states, ui.Option{Value: string(s), Text: stateName(l, s)})
	}
	v.Tools = ui.Tools{Action: "/admin/accounts", Fields: []ui.Field{
		{Kind: ui.Search, Name: "q", Label: l.T("pages.filter.account", "Name or e-mail"), Value: f.Text},
		{Kind: ui.Select, Name: "role", Label: l.T("pages.field.role", "Role"), Value: string(f.Role), Options: roles},
		{Kind: ui.Select, Name: "state", Label: l.T("pages.field.state", "State"), Value: string(f.State), Options: states},
	}}
	v.Tools.Count = count(f.Text != "", f.Role != "", f.State != "")
	if v.Tools.Count > 0 {
		v.Tools.Clear, v.Filter = "/admin/accounts", true
	}
	v.Table = ui.TableView{Caption: l.T("pages.accounts.caption", "Accounts by name"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("pages.field.name", "Name")}, {Title: l.T("pages.field.email", "E-mail")}, {Title: l.T("pages.field.roles", "Roles")},
		{Title: l.T("pages.field.state", "State")}, {Title: l.T("pages.field.seen", "Last here (UTC)")},
	}}
	for _, a := range list {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: a.Name, Href: accountPath(a.ID), Small: names[a.Organisation]}, {Text: a.Email}, rolesCell(l, a),
			{Text: stateName(l, a.State)}, timeCell(l, a.SeenAt),
		}})
	}
	return c.Page(accountsView(v))
}

// count counts what is true.
func count(list ...bool) int {
	n := 0
	for _, b := range list {
		if b {
			n++
		}
	}
	return n
}

// stretch cuts a list that was asked for with one row more than is shown, and
// says where the next page begins.
func stretch[T any](c *web.Ctx, list []T, cursor func(T) string) (ui.Stretch, []T) {
	from := int(min(positive(c.Query("from"), 0), 1_000_000))
	s := ui.Stretch{}
	if len(list) > rowsShown {
		list = list[:rowsShown]
		q := c.R.URL.Query()
		q.Set("from", strconv.Itoa(from+rowsShown))
		q.Del("lang")
		s.Next = ui.Address{Path: c.R.URL.Path, Query: q}.At("after", cursor(list[rowsShown-1]))
	}
	if len(list) > 0 {
		s.From, s.To = from+1, from+len(list)
	}
	return s, list
}

func accountPath(account string) string { return "/admin/accounts/" + url.PathEscape(account) }

func rolesCell(l *i18n.L, a access.Account) ui.Cell {
	if len(a.Roles) == 0 {
		return ui.Cell{Text: l.T("pages.roles.none", "no role"), Soft: true}
	}
	return ui.Cell{Text: roleList(l, a)}
}

// timeCell is an instant in a table; none is said in words.
func timeCell(l *i18n.L, at clock.Ms) ui.Cell {
	if at == 0 {
		return ui.Cell{Text: l.T("pages.time.never", "never"), Soft: true}
	}
	return ui.Cell{Text: l.DateTime(at), Class: "nw"}
}

// roleFields are the questions about roles that three forms share.
type roleFields struct {
	Account access.Account // the roles as they are
	Choices []ui.Option    // organisations that the words given may mean
	Name    string         // of the account's organisation
	ByName  bool           // organisations are found by name
	Headed  bool           // a heading above says what is asked
}

// newAccount is the page that invites somebody.
type newAccount struct {
	frame
	Form  ui.Form
	Roles roleFields
}

func (p *Pages) newAccount(c *web.Ctx) error {
	return p.showNewAccount(c, http.StatusOK, ui.Form{}, nil)
}

func (p *Pages) showNewAccount(c *web.Ctx, status int, form ui.Form, choices []ui.Option) error {
	title := c.L.T("pages.invite.title", "Invite somebody")
	return c.PageStatus(status, newAccountView(newAccount{
		frame: p.frame(c, title, accountsCrumb(c.L), ui.Link{Text: title}), Form: form,
		Roles: roleFields{Choices: choices, ByName: p.o.Organisations != nil},
	}))
}

func accountsCrumb(l *i18n.L) ui.Link {
	return ui.Link{Text: l.T("pages.accounts.title", "Accounts"), Href: "/admin/accounts"}
}

// readRoles reads the questions about roles. Where words name several
// organisations it returns them with the error, for the reader to choose.
func (p *Pages) readRoles(c *web.Ctx, v *web.Values) (access.RoleForm, []ui.Option, error) {
	f := access.RoleForm{Version: positive(v.Get("version"), 0)}
	for _, r := range v.All("roles") {
		f.Roles = append(f.Roles, access.RoleGrant{Role: access.Role(r), Until: clock.Day(v.Get("until-" + r))})
	}
	words, chosen := v.Get("organisation"), v.Get("organisation-chosen")
	switch {
	case id.Valid(chosen) && words == v.Get("organisation-words"):
		// One of the choices offered for these words.
		f.Organisation = chosen
		return f, nil, nil
	case words == "" || id.Valid(words) || p.o.Organisations == nil:
		f.Organisation = words
		return f, nil, nil
	}
	found, err := p.o.Organisations(c.Context(), c.Actor, words)
	if err != nil {
		return f, nil, err
	}
	var check errs.Check
	switch len(found) {
	case 0:
		check.Add("organisation", i18n.M("pages.organisation.none", "No organisation has a name like this. Add it to the organisations first, or look how it is written there."))
	case 1:
		f.Organisation = found[0].Value
	default:
		check.Add("organisation-chosen", i18n.MN("pages.organisation.many", len(found), "{n} organisation has a name like this. Choose it.", "{n} organisations have a name like this. Choose one."))
	}
	return f, found, check.Err()
}

func (p *Pages) doInvite(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	roles, choices, err := p.readRoles(c, v)
	var account, token string
	if err == nil {
		account, token, err = p.o.Access.Invite(c.Context(), c.Actor, access.NewAccount{
			Name: v.Get("name"), Email: v.Get("email"), Lang: v.Get("lang"), Roles: roles.Roles, Organisation: roles.Organisation, Anyway: v.On("anyway"),
		})
	}
	if web.Mendable(err) {
		return p.showNewAccount(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L), choices)
	}
	if err != nil {
		return err
	}
	return p.showLinkOnce(c, account, token)
}

// linkOnce is the page that shows a link of an account, once: it stands in no
// address and in no cookie, so this page is its only place.
type linkOnce struct {
	frame
	Account access.Account
	Link    string
	Whole   bool // with the address of the installation
	Sent    bool // it was sent to the owner as well
}

func (p *Pages) showLinkOnce(c *web.Ctx, account, token string) error {
	a, err := p.o.Access.Account(c.Context(), c.Actor, account)
	if err != nil {
		return err
	}
	c.W.Header().Set("Cache-Control", "no-store")
	title := c.L.T("pages.linkonce.title", "A link to set a password")
	return c.Page(linkOnceView(linkOnce{
		frame:   p.frame(c, title, accountsCrumb(c.L), ui.Link{Text: a.Name, Href: accountPath(a.ID)}, ui.Link{Text: title}),
		Account: a,
		// The address as configured; a header of the request could name another site.
		Link:  c.BaseURL() + access.LinkPath(token),
		Whole: c.BaseURL() != "",
		Sent:  p.o.Access.MailOn(),
	}))
}

// account is the page of one account.
type account struct {
	frame
	Account      access.Account
	Organisation string
	Roles        roleFields
	RoleForm     ui.Form
	EmailForm    ui.Form
	Problem      string // why something was not done
	Today        clock.Day
	CreatedBy    string
	Guarded      bool // it has a second factor
	Links        []ui.Link
	CameBack     clock.Ms // since when nothing arrives at its address; 0: it does, or nobody knows
}

func (p *Pages) account(c *web.Ctx) error {
	return p.showAccount(c, http.StatusOK, func(*account) {})
}

func (p *Pages) showAccount(c *web.Ctx, status int, edit func(*account)) error {
	a, err := p.o.Access.Account(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	names, err := p.organisationNames(c, []access.Account{a})
	if err != nil {
		return err
	}
	v := account{
		frame: p.frame(c, a.Name, accountsCrumb(c.L), ui.Link{Text: a.Name}), Account: a, Links: p.accountLinks(c, a.ID), Organisation: names[a.Organisation], Today: c.Today(),
		Roles: roleFields{Account: a, Name: names[a.Organisation], ByName: p.o.Organisations != nil, Headed: a.State != access.Closed},
	}
	v.CreatedBy, err = p.actorName(c.Context(), c.L, a.CreatedBy)
	if err != nil {
		return err
	}
	guarded, err := p.o.Access.Guarded(c.Context(), c.Actor, []string{a.ID})
	if err != nil {
		return err
	}
	v.Guarded = guarded[a.ID]
	err = p.inRead(c, func(t *db.Tx) error {
		b, _, err := mail.BounceOf(t, a.Email)
		v.CameBack = b.At
		return err
	})
	if err != nil {
		return err
	}
	edit(&v)
	return c.PageStatus(status, accountView(v))
}

// answer ends a form of an account's page: back to it, or shown again.
func (p *Pages) answer(c *web.Ctx, err error, done i18n.Msg, edit func(*account)) error {
	if web.Mendable(err) {
		return p.showAccount(c, web.Status(err), edit)
	}
	if err != nil {
		return err
	}
	c.Flash(done, "")
	return c.See(accountPath(c.Path("id")))
}

func (p *Pages) doRoles(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, choices, err := p.readRoles(c, v)
	if err == nil {
		err = p.o.Access.SetRoles(c.Context(), c.Actor, c.Path("id"), f)
	}
	return p.answer(c, err, i18n.M("pages.roles.saved", "The roles are saved. The account is signed out everywhere."), func(a *account) {
		a.RoleForm, a.Roles.Choices = web.FormState(v, err, c.L), choices
	})
}

func (p *Pages) doEmail(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.SetEmail(c.Context(), c.Actor, c.Path("id"), v.Get("email"))
	return p.answer(c, err, i18n.M("pages.email.saved", "The e-mail address is saved. Links that were made before no longer work."), func(a *account) {
		a.EmailForm = web.FormState(v, err, c.L)
	})
}

func (p *Pages) doLinkFor(c *web.Ctx) error {
	token, err := p.o.Access.NewLink(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return p.answer(c, err, i18n.Msg{}, func(a *account) { a.Problem = problem(c.L, err) })
	}
	return p.showLinkOnce(c, c.Path("id"), token)
}

func (p *Pages) doClose(c *web.Ctx) error {
	err := p.o.Access.Close(c.Context(), c.Actor, c.Path("id"))
	return p.answer(c, err, i18n.M("pages.close.done", "The account is closed."), func(a *account) { a.Problem = problem(c.L, err) })
}

func (p *Pages) doRemoveFactor(c *web.Ctx) error {
	err := p.o.Access.RemoveFactor(c.Context(), c.Actor, c.Path("id"))
	return p.answer(c, err, i18n.M("pages.factor.removed", "The second factor is taken away. The account is signed out everywhere."), func(a *account) { a.Problem = problem(c.L, err) })
}

func (p *Pages) doReopen(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, choices, err := p.readRoles(c, v)
	var token string
	if err == nil {
		token, err = p.o.Access.Reopen(c.Context(), c.Actor, c.Path("id"), f)
	}
	if err != nil {
		return p.answer(c, err, i18n.Msg{}, func(a *account) {
			a.RoleForm, a.Roles.Choices = web.FormState(v, err, c.L), choices
		})
	}
	return p.showLinkOnce(c, c.Path("id"), token)
}

// problem says an error that names no field.
func problem(l *i18n.L, err error) string {
	e := errs.As(err)
	if e == nil {
		return ""
	}
	return l.Say(e.Msg)
}

// settings is the page of what an administrator sets for all.
type settings struct {
	frame
	Form   ui.Form
	Values map[string]string
}

func (p *Pages) settings(c *web.Ctx) error { return p.showSettings(c, http.StatusOK, ui.Form{}) }

func (p *Pages) showSettings(c *web.Ctx, status int, form ui.Form) error {
	values, err := p.o.Access.Settings(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.PageStatus(status, settingsView(settings{
		frame: p.frame(c, c.L.T("pages.settings.title", "Settings")), Form: form, Values: values,
	}))
}

func (p *Pages) doSettings(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, name := range access.Adjustable {
		if v.V.Has(name) {
			values[name] = v.Get(name)
		}
	}
	err = p.o.Access.SaveSettings(c.Context(), c.Actor, values)
	if web.Mendable(err) {
		return p.showSettings(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.settings.saved", "The settings are saved."), "")
	return c.See("/admin/settings")
}

// actorName is the name of who acted, for one row.
func (p *Pages) actorName(ctx context.Context, l *i18n.L, actor string) (string, error) {
	names, err := p.namesOf(ctx, []string{actor})
	if err != nil {
		return "", err
	}
	return actorText(l, actor, names), nil
}
