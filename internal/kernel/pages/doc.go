// Package pages holds the kernel's own pages: first set-up, sign-in and what
// belongs to it, the profile, and the administration of accounts, settings,
// audit, jobs and the system's state. It knows no partnership: what others
// know of organisations, records and confidential contexts comes by the
// functions in Options.
//
// Handlers decode and answer; what may be done is decided in access, audit and
// jobs. The pages of a noun stand in one file with its handlers, their looks
// in the .templ file of the same name.
package pages
