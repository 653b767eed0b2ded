package app

import (
	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
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
