package cli

import (
	"strings"

	"ayni/internal/app"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// userGroup holds the commands of accounts.
type userGroup struct {
	Add   userAdd   `cmd:""`
	Reset userReset `cmd:""`
}

// defaultBase is the address that links begin with where none is given: that
// of a server started without flags.
const defaultBase = "http://127.0.0.1:8080"

// linkAt is the address of a link's page.
func linkAt(base, token string) string {
	if base == "" {
		base = defaultBase
	}
	return strings.TrimRight(base, "/") + access.LinkPath(token)
}

// linked is what both commands print with --json.
type linked struct {
	Account string `json:"account,omitempty"`
	Email   string `json:"email"`
	Link    string `json:"link"`
}

// userAdd makes an account.
type userAdd struct {
	Email        string   `arg:"" placeholder:"EMAIL"`
	Role         []string `required:"" placeholder:"R"`
	Name         string   `placeholder:"N"`
	Organisation string   `placeholder:"ID"`
	BaseURL      string   `placeholder:"URL"`
	Anyway       bool
}

// Run makes the account and prints the link with which its owner signs up.
func (c *userAdd) Run(x *session) error {
	n := access.NewAccount{Name: c.Name, Email: c.Email, Organisation: c.Organisation, Anyway: c.Anyway}
	if n.Name == "" {
		// Its owner changes it in the profile.
		n.Name, _, _ = strings.Cut(c.Email, "@")
	}
	for _, r := range c.Role {
		n.Roles = append(n.Roles, access.RoleGrant{Role: access.Role(strings.TrimSpace(r))})
	}
	return x.with(x.options(app.Write, "user add"), func(a *app.App) error {
		account, token, err := a.Access.Invite(x.ctx, actor(), n)
		if err != nil {
			return inFlags(err)
		}
		link := linkAt(c.BaseURL, token)
		if x.flags.JSON {
			return x.document(linked{account, c.Email, link})
		}
		x.note(x.l.T("cli.user.added", "The account is made. Its owner sets a password at this address, which works once, within 24 hours:"))
		x.say(link)
		return nil
	})
}

// inFlags names the flags where the account's form has fields.
func inFlags(err error) error {
	e := errs.As(err)
	if e == nil || e.Kind != errs.Invalid {
		return err
	}
	names := map[string]string{"email": "EMAIL", "roles": "--role", "name": "--name", "organisation": "--organisation", "anyway": "--anyway"}
	out := *e
	out.Fields = nil
	for _, f := range e.Fields {
		if flag, ok := names[f.Name]; ok {
			f.Name = flag
		}
		if f.Name == "--role" {
			out.Fields = append(out.Fields, f, errs.Field{Name: "--role", Msg: i18n.M("cli.user.roles", "The roles are: {roles}", i18n.A{"roles": roleNames()})})
			continue
		}
		out.Fields = append(out.Fields, f)
	}
	return &out
}

func roleNames() string {
	names := make([]string, len(access.Roles))
	for i, r := range access.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// userReset makes a link to set a new password.
type userReset struct {
	Email   string `arg:"" placeholder:"EMAIL"`
	BaseURL string `placeholder:"URL"`
}

// Run prints the link.
func (c *userReset) Run(x *session) error {
	return x.with(x.options(app.Write, "user reset"), func(a *app.App) error {
		token, err := a.Access.Reset(x.ctx, actor(), c.Email)
		if err != nil {
			return err
		}
		link := linkAt(c.BaseURL, token)
		if x.flags.JSON {
			return x.document(linked{Email: c.Email, Link: link})
		}
		x.note(x.l.T("cli.user.reset", "Its owner sets a new password at this address, which works once, within 24 hours. Links made before no longer work."))
		x.say(link)
		return nil
	})
}
