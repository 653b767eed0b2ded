// Package tabular writes tables as files for other programs: CSV that no
// spreadsheet takes for formulas.
package tabular
