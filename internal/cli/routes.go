package cli

import (
	"fmt"

	"ayni/internal/app"
	"ayni/internal/kernel/web"
)

// routes lists the addresses that the server answers.
type routes struct{}

// Run prints method, pattern and permission of each. It needs no installation.
func (c *routes) Run(x *session) error {
	all := app.Routes()
	if x.flags.JSON {
		type route struct {
			Method     string `json:"method"`
			Pattern    string `json:"pattern"`
			Permission string `json:"permission"`
		}
		out := []route{}
		for _, r := range all {
			out = append(out, route{r.Method, r.Pattern, string(r.Perm)})
		}
		return x.document(struct {
			Routes []route `json:"routes"`
		}{out})
	}
	width := 0
	for _, r := range all {
		width = max(width, len(r.Pattern))
	}
	for _, r := range all {
		x.say(line(r, width))
	}
	return nil
}

func line(r web.Route, width int) string {
	return fmt.Sprintf("%-4s %-*s %s", r.Method, width, r.Pattern, r.Perm)
}
