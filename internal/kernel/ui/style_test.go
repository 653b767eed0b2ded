package ui_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

func asset(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("assets", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var token = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{3,6})\b`)

// palette reads the colours set in the first block that follows a selector.
func palette(t testing.TB, css, selector string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(css, selector)
	if !ok {
		t.Fatalf("ui.css has no %s", selector)
	}
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, m := range token.FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// luminance is the relative luminance of WCAG 2 of a colour #rgb or #rrggbb.
func luminance(t testing.TB, hex string) float64 {
	t.Helper()
	s := hex[1:]
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("colour %s: %v", hex, err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func contrast(t testing.TB, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestContrast(t *testing.T) {
	t.Parallel()
	if got := contrast(t, "#000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Fatalf("black on white = %v, want 21", got)
	}
	css := asset(t, "ui.css")
	light := palette(t, css, ":root {")
	system := palette(t, css, ":root:not([data-theme=light]) {")
	chosen := palette(t, css, ":root[data-theme=dark] {")
	if d := cmp.Diff(system, chosen); d != "" {
		t.Errorf("the two dark sets differ:\n%s", d)
	}
	grounds := []string{"paper", "panel", "sunk", "wash", "seal-wash"}
	texts := []string{"ink", "soft", "act", "act2", "b", "p", "f", "seal", "alert"}
	for name, set := range map[string]map[string]string{"light": light, "dark": chosen} {
		at := func(fg, bg string, least float64) {
			if set[fg] == "" || set[bg] == "" {
				t.Errorf("%s: no colour --%s or --%s", name, fg, bg)
				return
			}
			if got := contrast(t, set[fg], set[bg]); got < least {
				t.Errorf("%s: --%s on --%s is %.2f, less than %.1f", name, fg, bg, got, least)
			}
		}
		for _, bg := range grounds {
			for _, fg := range texts {
				at(fg, bg, 4.5)
			}
			at("edge", bg, 3) // borders of controls, outlines of cells
		}
		at("on", "act", 4.5)
		at("on", "act2", 4.5)
		at("paper", "ink", 4.5) // the toast
	}
}

func TestStylesheetRules(t *testing.T) {
	t.Parallel()
	css := asset(t, "ui.css")
	for _, c := range []struct{ pattern, why string }{
		{`(?:margin|padding|border)-(?:left|right|top|bottom)\b`, "a physical side; use inline and block"},
		{`[{;]\s*(?:left|right|top|bottom|width|height|min-width|max-width|min-height|max-height)\s*:`, "a physical size or place"},
		{`text-align:\s*(?:left|right)`, "a physical side"},
		{`float:\s*(?:left|right)`, "a physical side"},
		{`https?:|url\(|@import|@font-face`, "something from elsewhere"},
		{`!important`, "a rule that cannot be overruled"},
	} {
		if m := regexp.MustCompile(c.pattern).FindString(css); m != "" {
			t.Errorf("ui.css says %q: %s", m, c.why)
		}
	}
	if o, c := strings.Count(css, "{"), strings.Count(css, "}"); o != c {
		t.Errorf("ui.css opens %d blocks and closes %d", o, c)
	}
	used := regexp.MustCompile(`var\(--([a-z0-9-]+)`).FindAllStringSubmatch(css, -1)
	for _, m := range used {
		if !strings.Contains(css, "--"+m[1]+":") {
			t.Errorf("ui.css uses --%s, which nothing sets", m[1])
		}
	}
}

// A class that the stylesheet does not know has no look; a symbol that the
// file does not hold has no shape. Both fail silently in a browser.
func TestPagesUseWhatIsThere(t *testing.T) {
	t.Parallel()
	css, icons := asset(t, "ui.css"), asset(t, "icons.svg")
	classes := regexp.MustCompile(`class="([^"]*)"`)
	uses := regexp.MustCompile(`<use[^>]* href="[^"#]*#([^"]+)"`)
	for _, g := range gallery {
		page := render(t, g.page(i18n.For("en")))
		for _, m := range classes.FindAllStringSubmatch(page, -1) {
			if m[1] == "" {
				t.Errorf("%s: an empty class", g.name)
			}
			for class := range strings.FieldsSeq(m[1]) {
				if !regexp.MustCompile(`\.` + regexp.QuoteMeta(class) + `[^a-z0-9-]`).MatchString(css) {
					t.Errorf("%s: ui.css knows no class %s", g.name, class)
				}
			}
		}
		for _, m := range uses.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(icons, fmt.Sprintf(`id="%s"`, m[1])) {
				t.Errorf("%s: icons.svg has no symbol %s", g.name, m[1])
			}
		}
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".js" {
			lines += strings.Count(asset(t, e.Name()), "\n")
		}
	}
	if lines >= 400 {
		t.Errorf("the scripts of the frame have %d lines; they are to stay below 400", lines)
	}
}

// The scripts run where text may not be turned into markup.
func TestScriptsMakeNoMarkup(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	sinks := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|createContextualFragment|srcdoc`)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".js" {
			continue
		}
		if m := sinks.FindString(asset(t, e.Name())); m != "" {
			t.Errorf("%s uses %s", e.Name(), m)
		}
	}
}

// Names come from everywhere; none of them may become markup or a script.
func TestNamesStayText(t *testing.T) {
	t.Parallel()
	const nasty = `"><script>x</script>`
	b := base(i18n.For("en"), nasty, "/")
	b.Who, b.Query, b.Flash = nasty, nasty, &ui.Flash{Text: nasty}
	b.Crumbs = []ui.Link{{Text: nasty, Href: "javascript:x()"}}
	page := render(t, in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: nasty, Sub: nasty}),
		ui.Table(b.L, ui.TableView{Caption: nasty, Select: "id", Cols: []ui.Col{{Title: nasty}, {Title: nasty}}, Rows: []ui.Row{{Name: nasty, Select: nasty, Cells: []ui.Cell{{Text: nasty}, {Text: nasty, Href: "data:text/html,x"}}}}}),
		ui.Input(b.L, ui.Form{Values: map[string][]string{"a": {nasty}}}, ui.Field{Name: "a", Label: nasty, Hint: nasty}),
		ui.Bars(b.L, ui.BarsView{ID: "x", Title: nasty, Desc: nasty, Caption: nasty, Rows: []ui.Bar{{Label: nasty, Text: nasty, To: 1}}}),
	))
	if strings.Contains(page, "<script>x") || strings.Contains(page, "javascript:") || strings.Contains(page, "data:text") {
		t.Errorf("a name has become markup: %s", page)
	}
	sources, err := filepath.Glob("*.templ")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no components found: %v", err)
	}
	for _, name := range sources {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`templ\.Raw|templ\.JSUnsafe|style=`).Find(b); m != nil {
			t.Errorf("%s uses %s", name, m)
		}
	}
}

// What was sent took no effect: the drafts on the device are to stay.
func TestErrorPageKeepsDrafts(t *testing.T) {
	t.Parallel()
	if page := render(t, errorPage(i18n.For("en"))); !strings.Contains(page, "<body data-failed>") {
		t.Error("the error page does not say that nothing took effect")
	}
	if page := render(t, homePage(i18n.For("en"))); strings.Contains(page, "data-failed") {
		t.Error("a page that is no error says so")
	}
}
