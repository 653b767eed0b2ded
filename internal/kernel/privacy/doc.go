// Package privacy answers what is kept of a person, erases a person, and
// deletes what was kept long enough.
//
// What is where is said by the map of personal data (kernel/personal), which
// the owners of tables make. Erasing closes the person's account, takes the
// values out of the rows that others stand on, deletes the rest, and empties
// the audit's personal values; the audit's chain stays whole. That it was done
// stands in the table erasure, by id alone, and in a file of the data folder:
// after a backup was put back, the list is carried out again before anybody
// sees the data (Catch up).
//
// Of the e-mail addresses a keyed hash stays, so that an invitation or an
// import that brings one back is noticed.
package privacy
