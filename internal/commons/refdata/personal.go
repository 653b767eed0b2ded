package refdata

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that reference lists are.
func Personal() personal.Map {
	label := i18n.M("refdata.personal", "Reference lists")
	return personal.Map{
		{Name: "ref_source", Label: label, Key: []string{"source"}, Columns: slices.Concat(
			personal.Text("title", "note"), personal.Not("the address of a document", "address"))},
		{Name: "ref_list", Label: label, Key: []string{"list"}, Columns: personal.Text("name_en", "name_fr", "name_es", "text_en", "text_fr", "text_es")},
		{Name: "ref_item", Label: label, Columns: slices.Concat(
			personal.By("created_by"), personal.Text("name_en", "name_fr", "name_es", "text_en", "text_fr", "text_es", "attrs"))},
	}
}
