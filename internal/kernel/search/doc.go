// Package search holds what finding by words rests on: the one form in which
// texts are compared, whatever their accents, case and signs.
package search
