package pages

import (
	"net/http"
	"net/url"
	"sort"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// signIn is the page that asks who somebody is.
type signIn struct {
	ui.Base
	Form    ui.Form
	Next    string // where to go afterwards
	Replay  string // the form that was open when the session ended
	Asked   bool   // another page asked for it
	Demo    []demoAccount
	Without bool // there is no account yet
	Mail    bool // a link for a forgotten password can be asked for
}

// demoAccount is an account of the demo that the page offers.
type demoAccount struct {
	ID    string
	Name  string
	Role  string
	Small string
}

// again is the page that asks for the password once more.
type again struct {
	ui.Base
	Form   ui.Form
	Next   string
	Replay string
	Demo   bool // the account has no password
	Code   bool // the account has a second factor
}

// codePage is the second step of a sign-in.
type codePage struct {
	ui.Base
	Form   ui.Form
	Next   string
	Replay string
}

// sendOn is the page after sign-in that carries a kept form on.
type sendOn struct {
	ui.Base
	Next   string
	Values []hiddenValue
}

type hiddenValue struct{ Name, Value string }

// SignIn is the page that the server shows in the place of one that needs an
// account, or a password given just now. What was being sent is kept.
func (p *Pages) SignIn(c *web.Ctx, why web.SignInReason) error {
	next, replay := c.R.URL.RequestURI(), ""
	if c.R.Method == http.MethodPost {
		replay = c.Replay()
		if replay == "" {
			next = cameFrom(c) // a form with files, or without values, is sent again by hand
		}
	}
	next = web.Local(next)
	switch why {
	case web.NotFresh:
		return p.showAgain(c, http.StatusUnauthorized, ui.Form{}, next, replay)
	case web.NoFactor:
		return p.askFactor(c, next)
	}
	return p.showSignIn(c, http.StatusUnauthorized, ui.Form{}, next, replay, true)
}

func (p *Pages) signInPage(c *web.Ctx) error {
	next := web.Local(c.Query("next"))
	if c.Actor.SignedIn() {
		return c.See(next)
	}
	return p.showSignIn(c, http.StatusOK, ui.Form{}, next, "", false)
}

func (p *Pages) showSignIn(c *web.Ctx, status int, form ui.Form, next, replay string, asked bool) error {
	v := signIn{Base: c.Base(c.L.T("pages.signin.title", "Sign in")), Form: form, Next: next, Replay: replay, Asked: asked, Mail: p.o.Access.MailOn()}
	var err error
	v.Without, err = p.o.Access.NoAccounts(c.Context())
	if err != nil {
		return err
	}
	if p.demoHere(c) {
		accounts, err := p.o.Access.DemoAccounts(c.Context())
		if err != nil {
			return err
		}
		v.Demo, err = p.demoList(c, accounts)
		if err != nil {
			return err
		}
	}
	return c.PageStatus(status, signInView(v))
}

// demoHere says whether demo accounts may sign in by this request.
func (p *Pages) demoHere(c *web.Ctx) bool {
	return p.o.Access.Demo && fromHere(c.R) && hostIsHere(c.R)
}

// demoList puts the accounts in the order of their roles.
func (p *Pages) demoList(c *web.Ctx, accounts []access.Account) ([]demoAccount, error) {
	names, err := p.organisationNames(c, accounts)
	if err != nil {
		return nil, err
	}
	place := func(a access.Account) int {
		for i, r := range demoOrder {
			if len(a.Roles) > 0 && a.Roles[0].Role == r {
				return i
			}
		}
		return len(demoOrder)
	}
	sort.SliceStable(accounts, func(i, j int) bool { return place(accounts[i]) < place(accounts[j]) })
	out := make([]demoAccount, len(accounts))
	for i, a := range accounts {
		d := demoAccount{ID: a.ID, Name: a.Name, Role: roleList(c.L, a)}
		for _, g := range a.Roles {
			if d.Small != "" {
				d.Small += "; "
			}
			d.Small += roleHint(c.L, g.Role)
		}
		if name := names[a.Organisation]; name != "" {
			d.Small = name
		}
		out[i] = d
	}
	return out, nil
}

// demoOrder is the order in which the demo offers its accounts: who works with
// partnerships first.
var demoOrder = []access.Role{access.Officer, access.Specialist, access.Partner, access.Evaluator, access.Legal, access.Finance, access.Auditor, access.Admin}

func (p *Pages) doSignIn(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	next, replay := web.Local(v.Get("next")), v.V.Get("replay")
	// The password is taken as typed: blanks at its ends belong to it.
	token, actor, err := p.o.Access.SignIn(c.Context(), v.Get("email"), v.V.Get("password"), ip(c), c.R.UserAgent())
	if web.Mendable(err) {
		return p.showSignIn(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L), next, replay, false)
	}
	if err != nil {
		return err
	}
	if actor.SignedIn() {
		return p.signedIn(c, token, actor, next, replay)
	}
	c.SetHalf(token)
	if replay == "" {
		return c.See(codePath + "?next=" + url.QueryEscape(next))
	}
	return p.showCode(c, http.StatusOK, ui.Form{}, next, replay)
}

// codePath is the address of the second step of a sign-in.
const codePath = "/sign-in/code"

func (p *Pages) signInCode(c *web.Ctx) error {
	next := web.Local(c.Query("next"))
	if c.Actor.SignedIn() {
		return c.See(next)
	}
	err := p.o.Access.HalfSignedIn(c.Context(), c.Half())
	if err != nil {
		return p.signInOver(c, err, next)
	}
	return p.showCode(c, http.StatusOK, ui.Form{}, next, "")
}

func (p *Pages) showCode(c *web.Ctx, status int, form ui.Form, next, replay string) error {
	c.W.Header().Set("Cache-Control", "no-store")
	return c.PageStatus(status, codeView(codePage{Base: c.Base(c.L.T("pages.code.title", "Give your code")), Form: form, Next: next, Replay: replay}))
}

// signInOver begins again where a sign-in waited too long for its code.
func (p *Pages) signInOver(c *web.Ctx, err error, next string) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	c.SetHalf("")
	c.Flash(errs.As(err).Msg, "")
	return c.See(ui.SignInPath + "?next=" + url.QueryEscape(next))
}

func (p *Pages) doSignInCode(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	next, replay := web.Local(v.Get("next")), v.V.Get("replay")
	token, actor, err := p.o.Access.SignInCode(c.Context(), c.Half(), v.Get("code"), ip(c), c.R.UserAgent())
	if web.Mendable(err) {
		return p.showCode(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L), next, replay)
	}
	if err != nil {
		return p.signInOver(c, err, next)
	}
	c.SetHalf("")
	return p.signedIn(c, token, actor, next, replay)
}

func (p *Pages) doSignInDemo(c *web.Ctx) error {
	if !p.demoHere(c) {
		return errs.Missing()
	}
	v, err := c.Form()
	if err != nil {
		return err
	}
	token, err := p.o.Access.SignInDemo(c.Context(), v.Get("as"), c.R.UserAgent())
	if err != nil {
		return err
	}
	actor, err := p.o.Access.Identify(c.Context(), token)
	if err != nil {
		return err
	}
	return p.signedIn(c, token, actor, web.Local(v.Get("next")), v.V.Get("replay"))
}

// signedIn ends the session that the browser had, gives it the new one and
// goes on to where the reader wanted.
func (p *Pages) signedIn(c *web.Ctx, token string, actor access.Actor, next, replay string) error {
	if old := c.Token(); old != "" {
		err := p.o.Access.SignOut(c.Context(), old)
		if err != nil {
			return err
		}
	}
	c.SetSession(token)
	c.Actor = actor
	if replay == "" && (actor.Factor == access.FactorAsked || actor.Factor == access.FactorDue) {
		next = factorPath + "?next=" + url.QueryEscape(next)
	}
	if i18n.Known(actor.Lang) {
		c.L = i18n.For(actor.Lang)
	}
	return p.goOn(c, next, replay)
}

// goOn leads to the page that was asked for, or shows the button that sends
// the kept form.
func (p *Pages) goOn(c *web.Ctx, next, replay string) error {
	values, err := url.ParseQuery(replay)
	if err != nil || len(values) == 0 {
		return c.See(next)
	}
	v := sendOn{Base: c.Base(c.L.T("pages.replay.title", "Send your form")), Next: next}
	for name, list := range values {
		for _, value := range list {
			v.Values = append(v.Values, hiddenValue{name, value})
		}
	}
	if !values.Has(ui.FormKeyName) {
		v.Values = append(v.Values, hiddenValue{ui.FormKeyName, v.FormKey})
	}
	sort.SliceStable(v.Values, func(i, j int) bool { return v.Values[i].Name < v.Values[j].Name })
	c.W.Header().Set("Cache-Control", "no-store")
	return c.Page(sendOnView(v))
}

func (p *Pages) showAgain(c *web.Ctx, status int, form ui.Form, next, replay string) error {
	account, err := p.o.Access.Account(c.Context(), c.Actor, c.Actor.Account)
	if err != nil {
		return err
	}
	return c.PageStatus(status, againView(again{
		Base: c.Base(c.L.T("pages.again.title", "Confirm that it is you")), Form: form, Next: next, Replay: replay,
		Demo: account.Demo, Code: c.Actor.Factor == access.FactorOn,
	}))
}

func (p *Pages) doSignInAgain(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	next, replay := web.Local(v.Get("next")), v.V.Get("replay")
	err = p.o.Access.Reauthenticate(c.Context(), c.Actor, v.V.Get("password"), v.Get("code"), ip(c))
	if web.Mendable(err) {
		return p.showAgain(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L), next, replay)
	}
	if err != nil {
		return err
	}
	return p.goOn(c, next, replay)
}

func (p *Pages) doSignOut(c *web.Ctx) error {
	if token := c.Token(); token != "" {
		err := p.o.Access.SignOut(c.Context(), token)
		if err != nil {
			return err
		}
	}
	c.EndSession()
	c.Flash(i18n.M("pages.signout.done", "You are signed out."), "")
	return c.See(ui.SignInPath)
}

// forgottenPath is the address of the page that sends a link for a forgotten password.
const forgottenPath = "/sign-in/forgotten"

// forgotten is that page, and the one that says that a message is under way.
type forgotten struct {
	ui.Base
	Form  ui.Form
	Asked bool
	Mail  bool // messages leave
}

func (p *Pages) forgotten(c *web.Ctx) error {
	return p.showForgotten(c, http.StatusOK, forgotten{Asked: c.R.URL.Query().Has("asked")})
}

func (p *Pages) showForgotten(c *web.Ctx, status int, v forgotten) error {
	v.Base, v.Mail = c.Base(c.L.T("pages.forgotten.title", "Forgotten your password")), p.o.Access.MailOn()
	return c.PageStatus(status, forgottenView(v))
}

func (p *Pages) doForgotten(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = p.o.Access.AskReset(c.Context(), v.Get("email"), ip(c), c.R.UserAgent())
	if web.Mendable(err) {
		return p.showForgotten(c, http.StatusUnprocessableEntity, forgotten{Form: web.FormState(v, err, c.L)})
	}
	if err != nil {
		return err
	}
	return c.See(forgottenPath + "?asked=1")
}

// newAddress is the page that a link for another e-mail address opens.
type newAddress struct {
	ui.Base
	Form    ui.Form
	Token   string
	Name    string
	Address string
	Before  string
	Closes  string // when the link ends
}

func (p *Pages) showNewAddress(c *web.Ctx, status int, form ui.Form, l access.Link) error {
	return c.PageStatus(status, newAddressView(newAddress{
		Base: c.Base(c.L.T("pages.address.title", "Confirm your e-mail address")), Form: form, Token: c.Path("token"),
		Name: l.Account.Name, Address: l.Address, Before: l.Account.Email, Closes: c.L.DateTime(l.ExpiresAt),
	}))
}

func (p *Pages) doNewAddress(c *web.Ctx, l access.Link) error {
	err := p.o.Access.ConfirmEmail(c.Context(), c.Path("token"))
	if web.Mendable(err) {
		return p.showNewAddress(c, http.StatusUnprocessableEntity, web.FormState(nil, err, c.L), l)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.address.done", "Your e-mail address is changed. Sign in with the new one from now on."), "")
	return c.See(ui.ProfilePath)
}

// setPassword is the page that a sign-up or reset link opens.
type setPassword struct {
	ui.Base
	Form   ui.Form
	Token  string
	First  bool // the first password of the account
	Name   string
	Email  string
	Closes string // when the link ends
}

func (p *Pages) link(c *web.Ctx) error { return p.showLink(c, http.StatusOK, ui.Form{}) }

func (p *Pages) showLink(c *web.Ctx, status int, form ui.Form) error {
	quiet(c)
	token := c.Path("token")
	l, err := p.o.Access.Link(c.Context(), token)
	if err != nil {
		return err
	}
	if l.Purpose == access.LinkEmail {
		return p.showNewAddress(c, status, form, l)
	}
	v := setPassword{
		Form: form, Token: token, First: l.Purpose == access.LinkSignUp,
		Name: l.Account.Name, Email: l.Account.Email, Closes: c.L.DateTime(l.ExpiresAt),
	}
	title := c.L.T("pages.link.new", "Set a new password")
	if v.First {
		title = c.L.T("pages.link.first", "Set your password")
	}
	v.Base = c.Base(title)
	return c.PageStatus(status, setPasswordView(v))
}

func (p *Pages) doLink(c *web.Ctx) error {
	quiet(c)
	v, err := c.Form()
	if err != nil {
		return err
	}
	l, err := p.o.Access.Link(c.Context(), c.Path("token"))
	if err != nil {
		return err
	}
	if l.Purpose == access.LinkEmail {
		return p.doNewAddress(c, l)
	}
	err = sameTwice(v)
	if err == nil {
		err = p.o.Access.Accept(c.Context(), c.Path("token"), v.V.Get("new-password"))
	}
	if web.Mendable(err) {
		return p.showLink(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("pages.link.done", "Your password is set. Sign in with it."), "")
	return c.See(ui.SignInPath)
}

// sameTwice checks that a new password was typed the same twice.
func sameTwice(v *web.Values) error {
	var c errs.Check
	c.If(v.V.Get("new-password") != v.V.Get("again-password"), "again-password",
		i18n.M("pages.password.differs", "This is not the same as above. Type the password again in both places."))
	return c.Err()
}

// setUp is the page of first set-up.
type setUp struct {
	ui.Base
	Form  ui.Form
	Token string
}

// setUpWhere tells where the address of first set-up is to be found.
func (p *Pages) setUpWhere(c *web.Ctx) error {
	without, err := p.o.Access.NoAccounts(c.Context())
	if err != nil {
		return err
	}
	if !without {
		return c.See(ui.SignInPath)
	}
	return c.Page(setUpWhereView(c.Base(c.L.T("pages.setup.title", "First set-up"))))
}

func (p *Pages) setUp(c *web.Ctx) error { return p.showSetUp(c, http.StatusOK, ui.Form{}) }

func (p *Pages) showSetUp(c *web.Ctx, status int, form ui.Form) error {
	quiet(c)
	err := p.setUpAllowed(c)
	if err != nil {
		return err
	}
	token := c.Path("token")
	err = p.o.Access.SetUpOpen(c.Context(), token)
	if err != nil {
		return err
	}
	return c.PageStatus(status, setUpView(setUp{Base: c.Base(c.L.T("pages.setup.title", "First set-up")), Form: form, Token: token}))
}

// setUpAllowed keeps first set-up on this machine unless told otherwise.
func (p *Pages) setUpAllowed(c *web.Ctx) error {
	if p.o.SetUpAnywhere || fromHere(c.R) {
		return nil
	}
	return errs.New(errs.Forbidden, i18n.M("pages.setup.elsewhere",
		"First set-up is done on the machine on which the program runs. From elsewhere, make the first account there with the command: ayni user add EMAIL --role admin"))
}

func (p *Pages) doSetUp(c *web.Ctx) error {
	quiet(c)
	err := p.setUpAllowed(c)
	if err != nil {
		return err
	}
	v, err := c.Form()
	if err != nil {
		return err
	}
	err = sameTwice(v)
	var token string
	if err == nil {
		token, err = p.o.Access.SetUp(c.Context(), c.Path("token"), access.SetUpForm{
			Name: v.Get("name"), Email: v.Get("email"), Password: v.V.Get("new-password"),
			HostName: v.Get("host-name"), HostAcronym: v.Get("host-acronym"), Lang: v.Get("lang"),
		}, ip(c), c.R.UserAgent())
	}
	if web.Mendable(err) {
		return p.showSetUp(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L))
	}
	if err != nil {
		return err
	}
	c.SetSession(token)
	c.Flash(i18n.M("pages.setup.done", "The installation is set up, and you are its first administrator."), "")
	return c.See(ui.HomePath)
}
