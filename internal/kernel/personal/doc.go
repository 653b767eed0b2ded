// Package personal is the map of what an installation keeps of persons: which
// column of which table names one, holds a value of one, or holds words in
// which one may be named. The owner of each table declares its part; from the
// whole map are made the export for the person (Collect), the list of what
// points at the person and of where the name occurs (Pointing, Occurring), and
// the erasure (Erase). A test compares the map with the schema: a new column
// that looks like one of a person is in it, or the test fails.
//
// Erasing keeps rows that other records stand on and takes the values out of
// them; it deletes rows that are about the person alone. Ids stay: they say
// that somebody, now without a name, approved or wrote.
package personal
