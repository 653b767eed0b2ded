// Package htmlcheck reads the pages of the product as a test does: it finds
// what would hinder a reader, a keyboard, a reading program or the content
// policy, and it answers questions about a page in the words of the page.
package htmlcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"ayni/internal/kernel/i18n"
)

// FormKey is the name of the field that every form which changes something
// must carry.
const FormKey = "form-key"

// Check reports everything wrong with a whole page.
func Check(t testing.TB, page string) {
	t.Helper()
	report(t, Problems(page), page)
}

// CheckPart reports everything wrong with a piece of a page, leaving out
// what only a whole page has.
func CheckPart(t testing.TB, part string) {
	t.Helper()
	report(t, PartProblems(part), part)
}

func report(t testing.TB, problems []string, source string) {
	t.Helper()
	if len(problems) == 0 {
		return
	}
	const most = 300
	if len(source) > most {
		source = source[:most] + "…"
	}
	t.Errorf("the page has %d problems:\n- %s\n%s", len(problems), strings.Join(problems, "\n- "), source)
}

// Problems lists what is wrong with a whole page, one sentence each.
func Problems(page string) []string {
	c := newChecker(page)
	if c == nil {
		return []string{"the page cannot be read"}
	}
	c.balanced(page)
	c.whole(page)
	c.parts()
	return c.found
}

// PartProblems lists what is wrong with a piece of a page.
func PartProblems(part string) []string {
	c := newChecker(part)
	if c == nil {
		return []string{"the piece cannot be read"}
	}
	c.balanced(part)
	c.parts()
	return c.found
}

type checker struct {
	doc   *html.Node
	all   []*html.Node          // elements in the order of the page
	ids   map[string]*html.Node // by id
	found []string
}

func newChecker(page string) *checker {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil
	}
	c := &checker{doc: doc, ids: map[string]*html.Node{}}
	walk(doc, func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		c.all = append(c.all, n)
		id, ok := attr(n, "id")
		if !ok {
			return
		}
		switch {
		case id == "":
			c.say("%s has an empty id", describe(n))
		case c.ids[id] != nil:
			c.say("the id %q stands on %s and on %s", id, describe(c.ids[id]), describe(n))
		default:
			c.ids[id] = n
		}
	})
	return c
}

func (c *checker) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(c.found, text) {
		c.found = append(c.found, text)
	}
}

// each calls fn for every element of the names.
func (c *checker) each(fn func(*html.Node), names ...string) {
	for _, n := range c.all {
		if slices.Contains(names, n.Data) {
			fn(n)
		}
	}
}

func (c *checker) count(names ...string) int {
	n := 0
	c.each(func(*html.Node) { n++ }, names...)
	return n
}

// balanced reads the source itself: the parser mends what it reads, so that
// its tree cannot show a tag left open.
func (c *checker) balanced(source string) {
	var open []string
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			for _, name := range open {
				c.say("<%s> is never closed", name)
			}
			return
		case html.StartTagToken:
			raw, _ := z.TagName()
			name := string(raw)
			if slices.Contains(open, "p") && blocks[name] {
				c.say("<%s> stands inside <p>", name)
			}
			if slices.Contains(open, name) && (name == "a" || name == "form" || name == "button" || name == "label") {
				c.say("<%s> stands inside <%s>", name, name)
			}
			if !voids[name] {
				open = append(open, name)
			}
		case html.EndTagToken:
			raw, _ := z.TagName()
			name := string(raw)
			if len(open) == 0 || open[len(open)-1] != name {
				c.say("</%s> closes nothing (open: %s)", name, strings.Join(open, " "))
				return
			}
			open = open[:len(open)-1]
		}
	}
}

var voids = set("area base br col embed hr img input link meta source track wbr")

var blocks = set("address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// whole checks what only a whole page has.
func (c *checker) whole(page string) {
	if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(page)), "<!doctype html>") {
		c.say("the page does not begin with <!doctype html>")
	}
	c.language()
	c.landmarks()
	c.skipLink()
	c.headings()
	c.errorTitle()
}

var langTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)*$`)

func (c *checker) language() {
	root := c.first("html")
	lang, _ := attr(root, "lang")
	if !langTag.MatchString(lang) {
		c.say("<html> names no language (lang=%q)", lang)
	}
	title := c.first("title")
	if title == nil || text(title) == "" {
		c.say("the page has no title")
	}
	viewport := false
	c.each(func(n *html.Node) {
		name, _ := attr(n, "name")
		if name != "viewport" {
			return
		}
		viewport = true
		content, _ := attr(n, "content")
		if strings.Contains(content, "user-scalable=no") || strings.Contains(content, "maximum-scale") {
			c.say("the page forbids zooming")
		}
	}, "meta")
	if !viewport {
		c.say("the page does not fit itself to a phone (meta viewport)")
	}
}

func (c *checker) landmarks() {
	if n := c.count("main"); n != 1 {
		c.say("the page has %d <main>, not one", n)
	}
	banners, infos := 0, 0
	c.each(func(n *html.Node) {
		if inside(n, "main", "article", "section", "aside", "nav") {
			return
		}
		if n.Data == "header" {
			banners++
		} else {
			infos++
		}
	}, "header", "footer")
	if banners != 1 {
		c.say("the page has %d banners (<header>), not one", banners)
	}
	if infos != 1 {
		c.say("the page has %d <footer> of the page, not one", infos)
	}
	for _, name := range []string{"nav", "aside"} {
		seen := map[string]bool{}
		many := c.count(name) > 1
		c.each(func(n *html.Node) {
			label := c.name(n)
			if label == "" && (many || name == "nav") {
				c.say("%s has no name", describe(n))
			}
			if label != "" && seen[label] {
				c.say("two <%s> have the name %q", name, label)
			}
			seen[label] = true
		}, name)
	}
}

func (c *checker) skipLink() {
	main := c.first("main")
	for _, n := range c.all {
		if !inside(n, "body") || !focusable(n) {
			continue
		}
		href, _ := attr(n, "href")
		id := ""
		if main != nil {
			id, _ = attr(main, "id")
		}
		if n.Data != "a" || id == "" || href != "#"+id {
			c.say("the first thing Tab reaches is %s, not a link to the content", describe(n))
		}
		return
	}
	c.say("the page has no link to its content")
}

func (c *checker) headings() {
	ones, last := 0, 0
	c.each(func(n *html.Node) {
		level := int(n.Data[1] - '0')
		if level == 1 {
			ones++
			if !inside(n, "main") {
				c.say("the <h1> %q stands outside <main>", text(n))
			}
		}
		if last == 0 && level != 1 {
			c.say("the first heading is %s, not an <h1>", describe(n))
		}
		if last > 0 && level > last+1 {
			c.say("%s follows a heading of level %d", describe(n), last)
		}
		last = level
	}, "h1", "h2", "h3", "h4", "h5", "h6")
	if ones != 1 {
		c.say("the page has %d <h1>, not one", ones)
	}
}

// errorTitle holds the summary, the fields and the browser's title together.
func (c *checker) errorTitle() {
	lang, _ := attr(c.first("html"), "lang")
	// The title is compared as a reader sees it, its spaces collapsed.
	prefix := strings.Join(strings.Fields(i18n.For(lang).T("ui.error.prefix", "Error:")), " ")
	var summary *html.Node
	c.each(func(n *html.Node) {
		if hasClass(n, "errsum") {
			summary = n
		}
	}, "div")
	wrong := false
	for _, n := range c.all {
		if v, _ := attr(n, "aria-invalid"); v == "true" {
			wrong = true
			id, _ := attr(n, "id")
			if summary == nil || !contains(summary, func(a *html.Node) bool {
				href, _ := attr(a, "href")
				return a.Data == "a" && href == "#"+id
			}) {
				c.say("%s is wrong, but no summary leads to it", describe(n))
			}
			if _, ok := attr(n, "aria-describedby"); !ok && !inside(n, "fieldset") {
				c.say("%s is wrong, but does not say why (aria-describedby)", describe(n))
			}
		}
	}
	title := ""
	if n := c.first("title"); n != nil {
		title = text(n)
	}
	if (wrong || summary != nil) && !strings.HasPrefix(title, prefix) {
		c.say("a form has something to mend, but the title %q does not begin with %q (Base.With)", title, prefix)
	}
}

// describe names an element as a person would look for it.
func describe(n *html.Node) string {
	if n == nil {
		return "the page"
	}
	out := "<" + n.Data
	for _, key := range []string{"id", "name", "href", "action", "class", "type"} {
		if v, ok := attr(n, key); ok && v != "" {
			out += fmt.Sprintf(" %s=%q", key, v)
			if key == "id" || key == "href" {
				break
			}
		}
	}
	out += ">"
	if s := text(n); s != "" {
		if r := []rune(s); len(r) > 40 {
			s = string(r[:40]) + "…"
		}
		out += " “" + s + "”"
	}
	return out
}

func focusable(n *html.Node) bool {
	if v, ok := attr(n, "tabindex"); ok {
		return v != "-1"
	}
	switch n.DataAtom {
	case atom.A:
		_, ok := attr(n, "href")
		return ok
	case atom.Button, atom.Select, atom.Textarea, atom.Summary:
		return true
	case atom.Input:
		kind, _ := attr(n, "type")
		return kind != "hidden"
	}
	return false
}
