package access

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that accounts, sessions and
// links are.
func Personal() personal.Map {
	accounts, sessions, settings := i18n.M("access.personal.account", "Account"), i18n.M("access.personal.session", "Sessions and links"), i18n.M("access.personal.setting", "Settings")
	return personal.Map{
		{Name: "account", Label: accounts, Record: "account", Columns: slices.Concat(
			personal.Person("person"), personal.Account("id"), personal.Named(personal.Marked, "name"), personal.Named(personal.Own, "email", "email_folded"),
			personal.Secrets(personal.Emptied, "password"), personal.Values(personal.Emptied, "lang", "theme"), personal.Values(personal.Zeroed, "seen_at", "seen_before"),
			personal.By("created_by", "updated_by"))},
		{Name: "account_role", Label: accounts, Key: []string{"account", "role"}, Drop: true, Columns: append(personal.Account("account"), personal.By("granted_by")...)},
		{Name: "session", Label: sessions, Key: []string{"account", "created_at"}, Drop: true, Columns: slices.Concat(
			personal.Account("account"), personal.Secrets(personal.Stays, "token"), personal.Values(personal.Emptied, "agent"))},
		{Name: "account_factor", Label: accounts, Key: []string{"account"}, Drop: true, Columns: append(personal.Account("account"), personal.Secrets(personal.Stays, "seed")...)},
		{Name: "account_recovery", Label: accounts, Key: []string{"account", "created_at"}, Drop: true, Columns: append(personal.Account("account"), personal.Secrets(personal.Stays, "code")...)},
		{Name: "access_link", Label: sessions, Key: []string{"account", "created_at"}, Drop: true, Columns: slices.Concat(
			personal.Account("account"), personal.Secrets(personal.Stays, "token"), personal.Values(personal.Emptied, "address"))},
		{Name: "object_access", Label: accounts, Key: []string{"account", "kind", "object", "access_right"}, Drop: true, Columns: personal.Account("account")},
		{Name: "setting", Label: settings, Key: []string{"name"}, Columns: slices.Concat(
			personal.By("updated_by"), personal.Text("value"), personal.Not("the name of a setting", "name"))},
	}
}
