// Package app wires the house by hand: from options to a database, from the
// kernel to the rooms in their order, from the rooms to one server, its
// background work and what the commands need of an installation as a whole
// (checking it, backing it up, putting it back).
//
// An installation is a data folder (and a PostgreSQL database beside it where
// one is used). The folder holds the SQLite database, the attached files, the
// log of signed heads of the audit, and a lock. Only one process at a time
// owns the folder: the server, or a command that makes, migrates, fills or
// replaces it. Commands that read, and commands that write like any writer,
// work beside the server.
package app
