package jobs

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that jobs are.
func Personal() personal.Map {
	label := i18n.M("jobs.personal", "Jobs")
	return personal.Map{
		{Name: "job", Label: label, Columns: slices.Concat(personal.By("created_by"), personal.Passing("args", "message", "unique_key"))},
		{Name: "job_log", Label: label, Key: []string{"job", "n"}, Columns: personal.Passing("line")},
		{Name: "job_schedule", Label: label, Key: []string{"name"}, Columns: personal.Not("the name of periodic work", "name")},
	}
}
