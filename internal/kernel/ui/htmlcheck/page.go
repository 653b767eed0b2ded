package htmlcheck

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page answers questions about a page in the words of the page.
type Page struct {
	c *checker
}

// Parse checks a whole page and reads it.
func Parse(t testing.TB, page string) *Page {
	t.Helper()
	Check(t, page)
	c := newChecker(page)
	if c == nil {
		t.Fatal("the page cannot be read")
	}
	return &Page{c}
}

// Title is the title of the browser's tab.
func (p *Page) Title() string { return textOf(p.c.first("title")) }

// Lang is the language of the page.
func (p *Page) Lang() string {
	lang, _ := attr(p.c.first("html"), "lang")
	return lang
}

// H1 is the heading of the page.
func (p *Page) H1() string { return textOf(p.c.first("h1")) }

// Headings are all headings in their order.
func (p *Page) Headings() []string {
	var out []string
	p.c.each(func(n *html.Node) { out = append(out, text(n)) }, "h1", "h2", "h3", "h4")
	return out
}

// Text is what the main part says, blanks made single.
func (p *Page) Text() string { return textOf(p.c.first("main")) }

// Says reports whether the whole page says a text, whatever the blanks.
func (p *Page) Says(s string) bool {
	return strings.Contains(textOf(p.c.first("body")), strings.Join(strings.Fields(s), " "))
}

// MustSay fails the test for each text that the page does not say.
func (p *Page) MustSay(t testing.TB, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !p.Says(s) {
			t.Errorf("the page %q does not say %q; it says: %s", p.H1(), s, p.Text())
		}
	}
}

// MustNotSay fails the test for each text that the page says.
func (p *Page) MustNotSay(t testing.TB, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if p.Says(s) {
			t.Errorf("the page %q says %q", p.H1(), s)
		}
	}
}

// Link is where the first link of that text leads; empty for none.
func (p *Page) Link(name string) string {
	href := ""
	p.c.each(func(n *html.Node) {
		if href == "" && p.c.name(n) == name {
			href, _ = attr(n, "href")
		}
	}, "a")
	return href
}

// Links are the addresses of all links, each once, in their order.
func (p *Page) Links() []string {
	var out []string
	p.c.each(func(n *html.Node) {
		href, ok := attr(n, "href")
		if ok && !slices.Contains(out, href) {
			out = append(out, href)
		}
	}, "a")
	return out
}

// Button reports whether the page has a button of that text.
func (p *Page) Button(name string) bool {
	found := false
	p.c.each(func(n *html.Node) { found = found || p.c.name(n) == name }, "button")
	return found
}

// Errors are the lines of the summary of errors.
func (p *Page) Errors() []string {
	var out []string
	for _, n := range p.c.all {
		if n.Data == "li" && insideClass(n, "errsum") {
			out = append(out, text(n))
		}
	}
	return out
}

// Table is the table of that caption, row by row with its headings; nil for
// none.
func (p *Page) Table(caption string) [][]string {
	var out [][]string
	p.c.each(func(table *html.Node) {
		named := p.c.name(table) == caption
		walk(table, func(n *html.Node) { named = named || n.Data == "caption" && text(n) == caption })
		if !named || out != nil {
			return
		}
		walk(table, func(n *html.Node) {
			if n.Data != "tr" {
				return
			}
			var row []string
			for k := n.FirstChild; k != nil; k = k.NextSibling {
				if k.Data == "th" || k.Data == "td" {
					row = append(row, text(k))
				}
			}
			out = append(out, row)
		})
	}, "table")
	return out
}

// Form is what a browser would send of the form with that action, had the
// reader typed nothing; nil where the page has no such form. Buttons are
// left out: which one is pressed is the test's to say.
func (p *Page) Form(action string) url.Values {
	var out url.Values
	p.c.each(func(form *html.Node) {
		if a, _ := attr(form, "action"); a != action || out != nil {
			return
		}
		out = url.Values{}
		walk(form, func(n *html.Node) { addValue(out, n) })
	}, "form")
	return out
}

func addValue(out url.Values, n *html.Node) {
	name, _ := attr(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return
	}
	switch n.Data {
	case "input":
		value, given := attr(n, "value")
		kind, _ := attr(n, "type")
		switch kind {
		case "checkbox", "radio":
			if _, on := attr(n, "checked"); !on {
				return
			}
			if !given {
				value = "on"
			}
		case "file":
			return
		}
		out.Add(name, value)
	case "textarea":
		out.Add(name, raw(n))
	case "select":
		out.Add(name, chosen(n))
	}
}

// chosen is the value of a select: the chosen option, else the first.
func chosen(n *html.Node) string {
	var firstValue, value string
	seen, found := false, false
	walk(n, func(o *html.Node) {
		if o.Data != "option" {
			return
		}
		v, ok := attr(o, "value")
		if !ok {
			v = text(o)
		}
		if !seen {
			firstValue, seen = v, true
		}
		if _, on := attr(o, "selected"); on && !found {
			value, found = v, true
		}
	})
	if found {
		return value
	}
	return firstValue
}

// Choices are the values a select, radios or checkboxes of that name offer.
func (p *Page) Choices(name string) []string {
	var out []string
	for _, n := range p.c.all {
		if got, _ := attr(n, "name"); got != name {
			continue
		}
		switch n.Data {
		case "input":
			v, _ := attr(n, "value")
			out = append(out, v)
		case "select":
			walk(n, func(o *html.Node) {
				if o.Data == "option" {
					v, _ := attr(o, "value")
					out = append(out, v)
				}
			})
		}
	}
	return out
}
