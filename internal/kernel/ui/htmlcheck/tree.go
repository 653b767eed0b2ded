package htmlcheck

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

func walk(n *html.Node, fn func(*html.Node)) {
	fn(n)
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		walk(k, fn)
	}
}

func contains(n *html.Node, is func(*html.Node) bool) bool {
	found := false
	walk(n, func(k *html.Node) { found = found || k.Type == html.ElementNode && is(k) })
	return found
}

func attr(n *html.Node, key string) (string, bool) {
	if n == nil {
		return "", false
	}
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func hasClass(n *html.Node, class string) bool {
	v, _ := attr(n, "class")
	return slices.Contains(strings.Fields(v), class)
}

func inside(n *html.Node, names ...string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && slices.Contains(names, p.Data) {
			return true
		}
	}
	return false
}

func insideClass(n *html.Node, class string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if hasClass(p, class) {
			return true
		}
	}
	return false
}

func nearest(n *html.Node, name string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return p
		}
	}
	return nil
}

// hidden says whether a reading program passes over an element.
func hidden(n *html.Node) bool {
	for p := n; p != nil; p = p.Parent {
		if v, _ := attr(p, "aria-hidden"); v == "true" {
			return true
		}
	}
	return false
}

func (c *checker) first(name string) *html.Node {
	for _, n := range c.all {
		if n.Data == name {
			return n
		}
	}
	return nil
}

// raw is all text below an element as it stands.
func raw(n *html.Node) string {
	var b strings.Builder
	walk(n, func(k *html.Node) {
		if k.Type == html.TextNode {
			b.WriteString(k.Data)
		}
	})
	return b.String()
}

// text is what an element says, blanks made single; elements that begin a
// line of their own are held apart from what stands before.
func text(n *html.Node) string {
	var b strings.Builder
	var add func(*html.Node)
	add = func(k *html.Node) {
		if k.Type == html.TextNode {
			b.WriteString(k.Data)
		}
		if k.Type == html.ElementNode && (k.Data == "script" || k.Data == "style") {
			return
		}
		apart := k.Type == html.ElementNode && (blocks[k.Data] || apartToo[k.Data])
		if apart {
			b.WriteString(" ")
		}
		for m := k.FirstChild; m != nil; m = m.NextSibling {
			add(m)
		}
		if apart {
			b.WriteString(" ")
		}
	}
	add(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

var apartToo = set("li dt dd tr th td caption br option legend small figcaption summary button")

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	return text(n)
}

// content is what a reading program hears of an element's inside: its text
// and the names of pictures, without what is hidden.
func (c *checker) content(n *html.Node) string {
	var parts []string
	var add func(*html.Node)
	add = func(k *html.Node) {
		if k.Type == html.TextNode {
			parts = append(parts, k.Data)
			return
		}
		if v, _ := attr(k, "aria-hidden"); v == "true" {
			return
		}
		if v, ok := attr(k, "aria-label"); ok && k != n {
			parts = append(parts, v)
			return
		}
		if v, ok := attr(k, "alt"); ok {
			parts = append(parts, v)
		}
		for m := k.FirstChild; m != nil; m = m.NextSibling {
			add(m)
		}
	}
	add(n)
	return strings.Join(strings.Fields(strings.Join(parts, "")), " ")
}

// name is an element's name for a reading program: labelled-by, label, then
// what it holds or the label that points to it.
func (c *checker) name(n *html.Node) string {
	if v, ok := attr(n, "aria-labelledby"); ok {
		var parts []string
		for id := range strings.FieldsSeq(v) {
			if target := c.ids[id]; target != nil {
				parts = append(parts, c.content(target))
			}
		}
		return strings.TrimSpace(strings.Join(parts, " "))
	}
	if v, ok := attr(n, "aria-label"); ok {
		return strings.TrimSpace(v)
	}
	switch n.Data {
	case "a", "button", "summary":
		return c.content(n)
	case "input", "select", "textarea":
		return c.labelOf(n)
	case "fieldset":
		for k := n.FirstChild; k != nil; k = k.NextSibling {
			if k.Data == "legend" {
				return c.content(k)
			}
		}
	}
	return ""
}

func (c *checker) labelOf(n *html.Node) string {
	if label := nearest(n, "label"); label != nil {
		return c.content(label)
	}
	id, ok := attr(n, "id")
	if !ok {
		return ""
	}
	for _, label := range c.all {
		if to, _ := attr(label, "for"); label.Data == "label" && to == id {
			return c.content(label)
		}
	}
	return ""
}
