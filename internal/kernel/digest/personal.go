package digest

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that digests and reminders are.
func Personal() personal.Map {
	label := i18n.M("digest.personal", "What somebody is sent")
	return personal.Map{
		{Name: "digest_choice", Label: label, Key: []string{"account"}, Drop: true, Columns: slices.Concat(
			personal.Account("account"), personal.Values(personal.Emptied, "rhythm"))},
		{Name: "digest_stop", Label: label, Key: []string{"token"}, Drop: true, Columns: slices.Concat(
			personal.Account("account"), personal.Secrets(personal.Stays, "token"), personal.Not("a kind of messages", "kind"))},
		{Name: "digest_reminded", Label: label, Key: []string{"account", "item"}, Drop: true, Columns: slices.Concat(
			personal.Account("account"), personal.Not("the id of a record with a day", "item"))},
	}
}
