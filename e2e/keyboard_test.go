package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard does the main work without a mouse: it finds a partnership in
// the list, opens an element and attests it, with Tab, Enter and Space.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	for _, lang := range inTurn(1) {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			r := readerOf(t, s, lang)
			r.Visit("/sign-in")
			r.tabTo("button", r.T("pages.role.officer"))
			r.enter()

			// The first Tab shows the way past the navigation.
			r.Key(kb.Tab)
			if at := r.focus(); at.Name != r.T("ui.skip") || !at.Seen {
				t.Errorf("the first Tab leads to %+v, not to the skip link in sight", at)
			}
			r.Key(kb.Enter)
			until(t, "the skip link's place", func() bool { return eval[string](r, `document.activeElement.id`) == "main" })
			for _, place := range []string{r.T("ui.skip"), r.T("nav.home")} {
				if r.focus().Name == place {
					t.Errorf("the skip link leads to %q", place)
				}
			}

			// The list: j and k go from row to row; type into the filter, send it
			// with Enter, open the row.
			r.tabTo("a", r.T("nav.partnerships"))
			r.enter()
			rows := eval[[]string](r, `[...document.querySelectorAll(".rows h3 a")].map((a) => a.textContent.replace(/\s+/g, " ").trim())`)
			r.tabTo("a", rows[0])
			for _, move := range []struct {
				key string
				row int
			}{{"j", 1}, {"j", 2}, {"k", 1}} {
				r.Key(move.key)
				if at := r.focus(); at.Name != rows[move.row] || !at.Seen {
					t.Errorf("%s leads to %+v, not to “%s” in sight", move.key, at, rows[move.row])
				}
			}
			r.tabTo("input", r.T("list.words"))
			r.Key("garment")
			r.enter()
			row := eval[string](r, `document.querySelector(".rows h3 a").textContent.trim()`)
			r.tabTo("a", row)
			r.enter()
			r.HeadingIs(row)

			r.tabToAddress("/elements/outreach.channels")
			r.enter()
			r.HeadingIs(r.task("outreach.channels"))

			// Attest: the fold opens with Space, a select takes letters or arrows.
			r.tabTo("summary", r.T("attest.add"))
			r.Key(" ")
			until(t, "the fold", func() bool { return eval[bool](r, `document.activeElement.parentElement.open`) })
			for _, field := range []struct{ label, value string }{
				{"attest.document.label", "Minutes of the channel review"},
				{"attest.note", "Kept in the registry."},
				{"attest.reason.attest", "Agreed before the record began."},
				{"attest.dated", spaces(r.day("2024-05-02"))}, // a keyboard has one kind of blank
			} {
				r.tabTo("field", r.T(field.label))
				r.Key(field.value)
			}
			r.tabTo("button", r.T("attest.button"))
			r.enter()
			r.SeesText(r.T("attest.made"))
			r.SeesText("Minutes of the channel review")

			// What can't be taken back asks first: the question takes the focus,
			// Escape leaves everything as it was and gives the focus back.
			r.tabTo("button", r.T("attest.withdraw"))
			r.Key(kb.Enter)
			until(t, "the question", func() bool { return eval[bool](r, `!!document.querySelector("dialog[open]")`) })
			r.Accessible()
			r.Key(kb.Escape)
			until(t, "the end of the question", func() bool { return eval[bool](r, `!document.querySelector("dialog")`) })
			until(t, "the focus back on its button", func() bool { return r.focus().Name == r.T("attest.withdraw") })
		})
	}
}

// focus is where the keyboard is.
type focus struct {
	Tag, Name, Href string
	Seen            bool // it is on the screen, with a frame that shows it
	Body            bool // nothing has the focus
}

func (r *reader) focus() focus {
	r.t.Helper()
	return eval[focus](r, `(() => {
		const el = document.activeElement;
		if (!el || el === document.body) return { body: true };
		const norm = (s) => (s ?? "").replace(/\s+/g, " ").trim();
		const label = el.labels?.[0]?.cloneNode(true);
		label?.querySelectorAll(".soft").forEach((n) => n.remove());
		const style = getComputedStyle(el), box = el.getBoundingClientRect();
		return {
			tag: el.localName, href: el.getAttribute("href") ?? "", name: norm(label ? label.textContent : el.textContent),
			seen: el.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 &&
				box.width > 1 && box.bottom > 0 && box.top < innerHeight,
		};
	})()`)
}

// tabTo presses Tab until the focus is on what has that name, or stands in the
// line of that name, and checks on the way that every stop can be seen.
func (r *reader) tabTo(tag, name string) {
	r.t.Helper()
	name = spaces(name)
	r.tab(fmt.Sprintf("%s “%s”", tag, name), func(at focus) bool {
		switch tag {
		case "field", "input":
			return (at.Tag == "input" || at.Tag == "textarea" || at.Tag == "select") && at.Name == name
		case "button":
			return at.Tag == "button" && (at.Name == name || strings.Contains(r.line(), name))
		}
		return at.Tag == tag && at.Name == name
	})
}

// line is the text of the line of a list in which the focus is.
func (r *reader) line() string {
	return eval[string](r, `(document.activeElement.closest("li")?.innerText ?? "").replace(/\s+/g, " ")`)
}

// tabToAddress presses Tab until the focus is on a link to an address.
func (r *reader) tabToAddress(end string) {
	r.t.Helper()
	r.tab("link to …"+end, func(at focus) bool { return strings.HasSuffix(at.Href, end) })
}

func (r *reader) tab(what string, there func(focus) bool) {
	r.t.Helper()
	const most = 400
	for range most {
		r.Key(kb.Tab)
		at := r.focus()
		if at.Body {
			continue // past the last stop the browser's own window has its turn
		}
		if !at.Seen {
			r.t.Errorf("%s: the focus on <%s> “%s” can't be seen", r.path, at.Tag, at.Name)
		}
		if there(at) {
			return
		}
	}
	r.fail("%d times Tab do not lead to %s", most, what)
}

// enter presses Enter and waits for the page that comes.
func (r *reader) enter() {
	r.t.Helper()
	r.goes(func() { r.Key(kb.Enter) })
	r.well()
}
