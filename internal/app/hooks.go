package app

import (
	"context"
	"net"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// What one package asks of another that it does not know.

// keptByPartnership says that an organisation is a party somewhere.
func keptByPartnership(t *db.Tx, organisation string) (i18n.Msg, error) {
	n, err := partnership.CountOf(t, organisation)
	if err != nil || n == 0 {
		return i18n.Msg{}, err
	}
	return i18n.MN("app.keep.party", n, "It is a party of {n} partnership.", "It is a party of {n} partnerships."), nil
}

// keptByAccount says that partner accounts belong to an organisation.
func keptByAccount(t *db.Tx, organisation string) (i18n.Msg, error) {
	list, err := access.Find(t, access.Filter{Organisation: organisation, Limit: 1})
	if err != nil || len(list) == 0 {
		return i18n.Msg{}, err
	}
	return i18n.M("app.keep.accounts", "Accounts of a partner belong to it."), nil
}

// hasAccount says that a person has an account.
func hasAccount(t *db.Tx, person string) (i18n.Msg, error) {
	list, err := access.Find(t, access.Filter{Person: person, Limit: 1})
	if err != nil || len(list) == 0 {
		return i18n.Msg{}, err
	}
	return i18n.M("app.keep.account", "This person has an account."), nil
}

// findOrganisations offers organisations for a partner account.
func (a *App) findOrganisations(ctx context.Context, _ access.Actor, words string) ([]ui.Option, error) {
	found, err := a.Directory.Find(ctx, i18n.Langs[0], words, 20)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Option, len(found))
	for i, f := range found {
		out[i] = ui.Option{Value: f.ID, Text: f.Name}
		if f.Acronym != "" {
			out[i].Text += " (" + f.Acronym + ")"
		}
	}
	return out, nil
}

// organisationNames gives the names of organisations.
func (a *App) organisationNames(ctx context.Context, ids []string) (map[string]string, error) {
	var names map[string]string
	err := a.DB.Read(ctx, func(t *db.Tx) error {
		var err error
		names, err = a.Directory.Names(t, i18n.Langs[0], ids)
		return err
	})
	return names, err
}

// organisationThere says NotFound of an id that is no organisation.
func organisationThere(d *directory.Service) func(t *db.Tx, organisation string) error {
	return func(t *db.Tx, organisation string) error {
		names, err := d.Names(t, i18n.Langs[0], []string{organisation})
		if err == nil && names[organisation] == "" {
			return errs.Missing()
		}
		return err
	}
}

// public says whether the server is meant to be reached from other machines:
// then first set-up may be done from there too, with its token.
func (o ServeOptions) public() bool {
	host, _, err := net.SplitHostPort(o.Addr)
	return o.BaseURL != "" || (err == nil && !loopback(host))
}

// accountsAndPersons reads all accounts, and the names of those that belong to
// nobody in the directory.
func accountsAndPersons(t *db.Tx) (all []access.Account, lost []string, err error) {
	const atOnce = 500
	f := access.Filter{Limit: atOnce}
	for {
		some, err := access.Find(t, f)
		if err != nil || len(some) == 0 {
			return all, lost, err
		}
		ids := make([]string, len(some))
		for i, a := range some {
			ids[i] = a.Person
		}
		there, err := directory.PersonsThere(t, ids)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range some {
			if !there[a.Person] {
				lost = append(lost, a.Email)
			}
		}
		all = append(all, some...)
		f.After = some[len(some)-1].ID
		if len(some) < atOnce {
			return all, lost, nil
		}
	}
}

// newHost puts the organisation that runs the installation into the directory.
func newHost(d *directory.Service) func(t *db.Tx, by access.Actor, name, acronym string) (string, error) {
	return func(t *db.Tx, by access.Actor, name, acronym string) (string, error) {
		return d.InsertOrganisation(t, by, directory.Organisation{Name: name, Acronym: acronym})
	}
}

// cameBack marks the address of a person in the directory.
func cameBack(d *directory.Service) func(t *db.Tx, person, address string) error {
	return func(t *db.Tx, person, address string) error {
		return d.NoteBounce(t, access.System("mail.send"), person, address)
	}
}
