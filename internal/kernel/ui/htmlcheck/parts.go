package htmlcheck

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"ayni/internal/kernel/i18n"
)

// parts checks what holds for any piece of a page.
func (c *checker) parts() {
	for _, n := range c.all {
		c.policy(n)
		c.references(n)
		c.aria(n)
		c.leftovers(n)
	}
	c.each(c.link, "a")
	c.each(c.button, "button")
	c.each(c.control, "input", "select", "textarea")
	c.each(c.image, "img", "svg")
	c.each(c.table, "table")
	c.each(c.form, "form")
	c.each(c.list, "ul", "ol", "dl")
	c.each(c.group, "fieldset")
	c.each(c.time, "time")
	c.radios()
}

// policy holds the page to the content policy: nothing inline, nothing from
// elsewhere.
func (c *checker) policy(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style":
			c.say("%s has an inline style", describe(n))
		case strings.HasPrefix(a.Key, "on"):
			c.say("%s has the inline script %s", describe(n), a.Key)
		case a.Key == "tabindex" && a.Val != "0" && a.Val != "-1":
			c.say("%s changes the order of Tab (tabindex %s)", describe(n), a.Val)
		case a.Key == "target":
			c.say("%s opens another window", describe(n))
		case a.Key == "src", a.Key == "href" && (n.Data == "link" || n.Data == "use"), a.Key == "action":
			if !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "?") || strings.HasPrefix(a.Val, "//") {
				c.say("%s asks another place: %s", describe(n), a.Val)
			}
		}
		if strings.Contains(a.Val, "about:invalid") {
			c.say("%s had an address that was refused as unsafe", describe(n))
		}
	}
	switch n.Data {
	case "style", "iframe", "object", "embed", "base":
		c.say("the page has a <%s>", n.Data)
	case "script":
		if _, ok := attr(n, "src"); !ok {
			c.say("the page has an inline script")
		}
	}
}

func (c *checker) references(n *html.Node) {
	for _, key := range []string{"aria-labelledby", "aria-describedby", "aria-controls", "for", "list"} {
		v, ok := attr(n, key)
		if !ok {
			continue
		}
		if v == "" {
			c.say("%s has an empty %s", describe(n), key)
		}
		for id := range strings.FieldsSeq(v) {
			if c.ids[id] == nil {
				c.say("%s points to %q by %s, which is not on the page", describe(n), id, key)
			}
		}
	}
}

// aria finds names that reading programs pass over.
func (c *checker) aria(n *html.Node) {
	label, ok := attr(n, "aria-label")
	if !ok {
		return
	}
	if strings.TrimSpace(label) == "" {
		c.say("%s has an empty aria-label", describe(n))
	}
	_, role := attr(n, "role")
	if !role && (n.Data == "div" || n.Data == "span" || n.Data == "p") {
		c.say("%s has an aria-label but no role that carries it", describe(n))
	}
}

var (
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
	goNoise     = regexp.MustCompile(`%!|<nil>|\(PANIC|0x[0-9a-f]{8,}`)
	bareKey     = regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)
)

// leftovers finds what the making of a text left in it.
func (c *checker) leftovers(n *html.Node) {
	if n.Data == "script" {
		return
	}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.TextNode {
			c.leftover(n, k.Data)
		}
	}
	for _, a := range n.Attr {
		if a.Key == "aria-label" || a.Key == "alt" || a.Key == "title" || a.Key == "placeholder" {
			c.leftover(n, a.Val)
		}
	}
}

func (c *checker) leftover(n *html.Node, s string) {
	s = strings.TrimSpace(s)
	if m := placeholder.FindString(s); m != "" && n.Data != "textarea" && n.Data != "code" {
		c.say("%s says the placeholder %s", describe(n), m)
	}
	if m := goNoise.FindString(s); m != "" {
		c.say("%s says %q", describe(n), m)
	}
	if bareKey.MatchString(s) && strings.Count(s, ".") > 0 && !strings.ContainsAny(s, "/@") && n.Data != "code" && !hasClass(n, "code") && knownKey(s) {
		c.say("%s shows the key %s instead of its text", describe(n), s)
	}
}

// knownKey says whether a text is a key of the catalogue.
func knownKey(s string) bool {
	cat, err := i18n.Catalogue(i18n.Langs[0])
	if err != nil {
		return false
	}
	_, ok := cat[s]
	return ok
}

func (c *checker) link(n *html.Node) {
	href, ok := attr(n, "href")
	if c.name(n) == "" {
		c.say("%s has no text", describe(n))
	}
	switch {
	case !ok || href == "":
		c.say("%s leads nowhere", describe(n))
	case href == "#":
		c.say("%s leads to the top of the page", describe(n))
	case strings.HasPrefix(href, "#"):
		if c.ids[href[1:]] == nil {
			c.say("%s leads to %s, which is not on the page", describe(n), href)
		}
	default:
		u, err := url.Parse(href)
		if err != nil {
			c.say("%s has an address that cannot be read: %s", describe(n), href)
			return
		}
		if u.Scheme == "" && u.Host == "" && !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "?") {
			c.say("%s has an address without its beginning: %s", describe(n), href)
		}
	}
}

func (c *checker) button(n *html.Node) {
	if c.name(n) == "" {
		c.say("%s has no text", describe(n))
	}
	if kind, _ := attr(n, "type"); kind == "" {
		c.say("%s does not say its type", describe(n))
	}
}

func (c *checker) control(n *html.Node) {
	kind, _ := attr(n, "type")
	if kind == "hidden" {
		return
	}
	if kind == "submit" || kind == "image" || kind == "button" {
		c.say("%s is no <button>", describe(n))
		return
	}
	if c.name(n) == "" {
		c.say("%s has no label", describe(n))
	}
	if name, _ := attr(n, "name"); name == "" {
		c.say("%s has no name and is never sent", describe(n))
	}
	if complete, _ := attr(n, "autocomplete"); kind == "password" && complete == "" {
		c.say("%s does not tell a password keeper what it is (autocomplete)", describe(n))
	}
}

func (c *checker) image(n *html.Node) {
	if hidden(n) {
		return
	}
	if n.Data == "img" {
		if _, ok := attr(n, "alt"); !ok {
			c.say("%s has no alt", describe(n))
		}
		return
	}
	if role, _ := attr(n, "role"); role != "img" || c.name(n) == "" {
		c.say("%s is neither named (role img, label) nor hidden from readers", describe(n))
	}
}

func (c *checker) table(n *html.Node) {
	named := c.name(n) != ""
	heads := 0
	walk(n, func(k *html.Node) {
		if k.Type != html.ElementNode || nearest(k, "table") != n {
			return
		}
		switch k.Data {
		case "caption":
			named = named || text(k) != ""
		case "th":
			heads++
			scope, _ := attr(k, "scope")
			if scope == "" {
				c.say("the heading %q of a table says neither row nor column (scope)", text(k))
			}
			if c.content(k) == "" {
				c.say("a table has an empty heading cell")
			}
		}
	})
	if !named {
		c.say("%s has no caption", describe(n))
	}
	if heads == 0 {
		c.say("%s has no headings", describe(n))
	}
}

func (c *checker) form(n *html.Node) {
	method, _ := attr(n, "method")
	method = strings.ToLower(method)
	if method != "get" && method != "post" {
		c.say("%s has the method %q", describe(n), method)
	}
	key, sends := false, false
	walk(n, func(k *html.Node) {
		if k.Type != html.ElementNode {
			return
		}
		if name, _ := attr(k, "name"); k.Data == "input" && name == FormKey {
			key = true
		}
		if kind, _ := attr(k, "type"); k.Data == "button" && kind == "submit" {
			sends = true
		}
		if kind, _ := attr(k, "type"); k.Data == "input" && kind == "file" {
			if enc, _ := attr(n, "enctype"); enc != "multipart/form-data" {
				c.say("%s takes a file but cannot send it (enctype)", describe(n))
			}
		}
	})
	if method == "post" && !key {
		c.say("%s changes something without a form key", describe(n))
	}
	if method == "get" && key {
		c.say("%s shows its form key in the address", describe(n))
	}
	if !sends {
		c.say("%s has no button that sends it", describe(n))
	}
}

func (c *checker) list(n *html.Node) {
	allowed := set("li script template")
	if n.Data == "dl" {
		allowed = set("dt dd div script template")
	}
	items := 0
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.TextNode && strings.TrimSpace(k.Data) != "" {
			c.say("%s has loose text", describe(n))
		}
		if k.Type != html.ElementNode {
			continue
		}
		items++
		if !allowed[k.Data] {
			c.say("%s has a <%s> as its item", describe(n), k.Data)
		}
	}
	if items == 0 {
		c.say("%s is empty", describe(n))
	}
}

func (c *checker) group(n *html.Node) {
	if c.name(n) == "" {
		c.say("%s has no legend", describe(n))
	}
}

// radios asks for the question above several answers.
func (c *checker) radios() {
	groups := map[string]int{}
	c.each(func(n *html.Node) {
		if kind, _ := attr(n, "type"); kind == "radio" {
			name, _ := attr(n, "name")
			groups[name]++
		}
	}, "input")
	c.each(func(n *html.Node) {
		kind, _ := attr(n, "type")
		name, _ := attr(n, "name")
		if kind == "radio" && groups[name] > 1 && !inside(n, "fieldset") {
			c.say("%s stands in no fieldset that asks the question", describe(n))
		}
	}, "input")
}

func (c *checker) time(n *html.Node) {
	when, ok := attr(n, "datetime")
	if !ok || when == "" {
		c.say("%s has no datetime", describe(n))
	}
	if text(n) == "" {
		c.say("%s is empty", describe(n))
	}
}
