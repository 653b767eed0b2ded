package web

import (
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that the keys of forms are.
func Personal() personal.Map {
	return personal.Map{{Name: "form_key", Label: i18n.M("web.personal", "Forms that were sent"), Drop: true, Columns: personal.Account("account")}}
}
