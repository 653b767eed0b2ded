package cli

import (
	"runtime"
)

// version says which program this is.
type version struct{}

// Run prints the version.
func (c *version) Run(x *session) error {
	if x.flags.JSON {
		return x.document(struct {
			Version string `json:"version"`
			Go      string `json:"go"`
		}{Version, runtime.Version()})
	}
	x.say("ayni " + Version)
	return nil
}
