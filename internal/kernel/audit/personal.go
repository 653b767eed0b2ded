package audit

import (
	"ayni/internal/kernel/i18n"
	data "ayni/internal/kernel/personal"
)

// Personal is the audit's part of the map of personal data. The chained rows
// stay as they are: they name who acted by id alone. Values of personal fields
// and earlier versions go with the record they belong to (Erase).
func Personal() data.Map {
	label := i18n.M("audit.personal", "Audit")
	return data.Map{
		{Name: "audit", Label: label, Columns: append(data.By("actor", "record"), data.Text("title", "changes")...)},
		{Name: "audit_personal", Label: label, Key: []string{"audit_id", "field"}, Columns: data.Passing("value")},
		{Name: "record_version", Label: label, Key: []string{"kind", "record", "version"}, Columns: append(data.By("record"), data.Passing("fields")...)},
	}
}
