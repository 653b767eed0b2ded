package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
)

// Handler answers a request. A returned error is rendered by the server.
type Handler func(c *Ctx) error

// Route is one line of a room's list. Perm is required: a route without it
// can't be registered.
type Route struct {
	Method  string // GET or POST
	Pattern string // "/partnerships/{id}"
	Perm    access.Permission
	Do      Handler
	Fresh   bool  // asks for the password again when it was given more than 15 minutes ago
	Enrol   bool  // open to accounts that lack the second factor they must have
	MaxBody int64 // bytes; 0 means 1 MiB

	// Sorts are the values that "sort" takes in the address of a list; any
	// other is refused, so that no order tells of what the reader may not see.
	Sorts []string
}

// maxBody is the size of an ordinary form.
const maxBody = 1 << 20

// String is the route as it stands in the matrix and in `ayni routes`.
func (r Route) String() string { return fmt.Sprintf("%-4s %-48s %s", r.Method, r.Pattern, r.Perm) }

// Changes says whether the route may change something.
func (r Route) Changes() bool { return r.Method != http.MethodGet }

func (r Route) check() error {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return fmt.Errorf("route %s %s: the method is GET or POST", r.Method, r.Pattern)
	case !strings.HasPrefix(r.Pattern, "/"):
		return fmt.Errorf("route %s %s: the pattern begins with /", r.Method, r.Pattern)
	case r.Perm == "":
		return fmt.Errorf("route %s %s: no permission", r.Method, r.Pattern)
	case !slices.Contains(access.Permissions, r.Perm):
		return fmt.Errorf("route %s %s: no such permission: %s", r.Method, r.Pattern, r.Perm)
	case r.Fresh && r.Perm.Open():
		return fmt.Errorf("route %s %s: nobody need be signed in, so there is no password to ask for again", r.Method, r.Pattern)
	case r.Do == nil:
		return fmt.Errorf("route %s %s: no handler", r.Method, r.Pattern)
	}
	return nil
}
