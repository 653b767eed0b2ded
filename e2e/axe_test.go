package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
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

// Accessible checks the page with axe-core, unless it has seen enough of its
// kind on the way: TestPages looks at every page in peace.
func (r *reader) Accessible() {
	r.t.Helper()
	kind := fmt.Sprint(r.lang, r.traffic.answered(), changing.ReplaceAllString(pathKind(r.path), "0"))
	build := sha256.Sum256([]byte(changing.ReplaceAllString(eval[string](r, `document.documentElement.outerHTML`), "0")))
	if checked.before(kind, build) {
		return
	}
	for _, f := range r.axe(axeRules) {
		r.t.Errorf("%s: %s", r.path, f)
	}
}

// changing is what differs between two pages of a kind: identifiers, numbers.
var changing = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9]+`)

// checked are the pages of this run that axe-core has seen.
var checked = seen{builds: map[[sha256.Size]byte]bool{}, kinds: map[string]int{}}

type seen struct {
	mu     sync.Mutex
	builds map[[sha256.Size]byte]bool
	kinds  map[string]int
}

// before says whether a page need not be checked, and notes that it was.
func (s *seen) before(kind string, build [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	const enough = 3
	if s.builds[build] || s.kinds[kind] >= enough && !torture {
		return true
	}
	s.builds[build] = true
	s.kinds[kind]++
	return false
}

// axe runs axe-core on the page as it is now. What it can't tell of contrast
// because of what lies behind the text counts as broken: text stands on plain
// ground here. What it can't tell because a toast lies over it, or because the
// text is a single sign, it tells on other pages.
func (r *reader) axe(rules string) []axeFinding {
	r.t.Helper()
	if !eval[bool](r, `"axe" in window`) {
		r.bringAxe()
	}
	return eval[[]axeFinding](r, `axe.run(document, { runOnly: `+rules+`, resultTypes: ["violations", "incomplete"] }).then((res) => {
		const behind = ["bgImage", "bgGradient", "pseudoContent", "fgAlpha", "complexTextShadows", "colorParse", "equalRatio"];
		const untold = res.incomplete.filter((f) => f.id === "color-contrast")
			.map((f) => ({ ...f, nodes: f.nodes.filter((n) => behind.includes(n.any[0]?.data?.messageKey)) }))
			.filter((f) => f.nodes.length > 0);
		return [...res.violations, ...untold].map((f) => ({
			id: f.id, impact: f.impact, help: f.help,
			nodes: f.nodes.map((n) => ({ target: n.target.join(" "), html: n.html.slice(0, 160), summary: n.failureSummary })),
		}));
	})`)
}

// bringAxe puts axe-core into the page. The browser reads its 650 kB once and
// keeps them for the pages that follow.
func (r *reader) bringAxe() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	if r.axeID != "" {
		res, err := chromedp.Call(ctx, runtime.RunScript, runtime.RunScriptParams{ScriptID: r.axeID})
		if err == nil && res.ExceptionDetails == nil {
			return
		}
		// The tab lives in another process by now.
	}
	script, err := axeScript()
	if errors.Is(err, errNoAxe) {
		lacks(r.t, err.Error())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	compiled := call(r, runtime.CompileScript, runtime.CompileScriptParams{Expression: script, SourceURL: "axe.min.js", PersistScript: true})
	r.axeID = compiled.ScriptID
	res := call(r, runtime.RunScript, runtime.RunScriptParams{ScriptID: r.axeID})
	if res.ExceptionDetails != nil {
		r.fail("axe-core does not run: %s", thrown(res.ExceptionDetails))
	}
}

// pathKind is an address without its place on the page, and without the
// element that it is about.
func pathKind(path string) string {
	path, _, _ = strings.Cut(path, "#")
	return element.ReplaceAllString(path, "/elements/0")
}

var element = regexp.MustCompile(`/elements/[a-z.]+`)
