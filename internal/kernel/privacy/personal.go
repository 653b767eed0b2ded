package privacy

import (
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that erasures are: ids and
// keyed hashes, kept on purpose.
func Personal() personal.Map {
	label := i18n.M("privacy.personal", "Erasures")
	return personal.Map{
		{Name: "erasure", Label: label, Key: []string{"person"}, Columns: personal.By("person", "by_actor")},
		{Name: "erasure_hash", Label: label, Key: []string{"person", "hash"}, Columns: personal.By("person")},
		{Name: "retention_rule", Label: label, Key: []string{"code"}, Columns: personal.By("updated_by")},
	}
}
