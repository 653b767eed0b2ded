package mail

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that messages are.
func Personal() personal.Map {
	label := i18n.M("mail.personal", "Messages")
	return personal.Map{
		{Name: "mail_outbox", Label: label, Drop: true, Columns: slices.Concat(
			personal.Person("person"), personal.Address("address"), personal.Secrets(personal.Emptied, "sealed"), personal.By("created_by"),
			personal.Passing("reply", "once_key"), personal.Not("a code", "why"))},
		{Name: "mail_bounce", Label: label, Key: []string{"address"}, Columns: personal.Not("a hash, or words of a mail server", "address", "why")},
	}
}
