// Package reference embeds the project's own reference tables: facts with
// their source, the date they were true, a version, and whether they were
// verified. See lists.csv for what each list holds and sources.csv for where
// it comes from.
package reference

import "embed"

// FS holds the CSV files.
//
//go:embed *.csv
var FS embed.FS
