package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// axeRules are the rules that every page keeps: WCAG 2.0, 2.1 and 2.2 at the
// levels A and AA, and what axe-core calls best practice.
const axeRules = `{ type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"] }`

// axeContrast is the one rule that a change of colours can break.
const axeContrast = `{ type: "rule", values: ["color-contrast"] }`

var axeScript = sync.OnceValues(func() (string, error) {
	path := os.Getenv("AYNI_AXE")
	if path == "" {
		path = filepath.Join("..", ".cache", "axe.min.js")
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", errNoAxe
	}
	return string(b), err
})

var errNoAxe = errors.New("axe-core is not here (scripts/setup test fetches it into .cache), and AYNI_AXE names no file")

// axeFinding is one rule that a page breaks, or of which axe-core could not
// tell.
type axeFinding struct {
	ID     string
	Impact string
	Help   string
	Nodes  []struct {
		Target  string
		HTML    string
		Summary string
	}
}

func (f axeFinding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", f.ID, f.Impact, f.Help)
	for i, n := range f.Nodes {
		if i == 5 {
			fmt.Fprintf(&b, "\n    and %d more", len(f.Nodes)-i)
			break
		}
		fmt.Fprintf(&b, "\n    %s  %s\n      %s", n.Target, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
	}
	return b.String()
}

// Accessible checks the page with axe-core.
func (r *reader) Accessible() {
	r.t.Helper()
	for _, f := range r.axe(axeRules) {
		r.t.Errorf("%s: %s", r.path, f)
	}
}

// axe runs axe-core on the page as it is now. What it can't tell of contrast
// counts as broken: text stands on plain ground here.
func (r *reader) axe(rules string) []axeFinding {
	r.t.Helper()
	script, err := axeScript()
	if errors.Is(err, errNoAxe) {
		lacks(r.t, err.Error())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if !eval[bool](r, `"axe" in window`) {
		eval[bool](r, script+"\n;true")
	}
	return eval[[]axeFinding](r, `axe.run(document, { runOnly: `+rules+`, resultTypes: ["violations", "incomplete"] }).then((res) =>
		[...res.violations, ...res.incomplete.filter((f) => f.id === "color-contrast")].map((f) => ({
			id: f.id, impact: f.impact, help: f.help,
			nodes: f.nodes.map((n) => ({ target: n.target.join(" "), html: n.html.slice(0, 160), summary: n.failureSummary ?? n.any.map((a) => a.message).join(" ") })),
		})))`)
}
