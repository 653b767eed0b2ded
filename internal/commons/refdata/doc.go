// Package refdata keeps the reference lists: countries and the sets they
// belong to, the guide's lists, codes of other standards. Every row carries
// its source, the date as of which it held, a version and whether it was
// verified.
//
// Shipped rows come from the CSV files of package reference. They are loaded
// into the database once per content; a changed row is added as a new version
// and the old one stays readable. Administrators add rows and versions to
// editable lists; nothing is ever edited in place.
//
// The current rows are held in memory as one immutable snapshot, rebuilt when
// a row is added here or by another process.
package refdata
