package apptest

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Page is what a crawl found at an address.
type Page struct {
	Path   string // with its query
	From   string // the page that led there; empty for where the crawl began
	Reply  *Reply
	Status int
}

// hrefs finds the addresses that a page leads to, by links, pictures and forms
// that only read.
var hrefs = regexp.MustCompile(`(?:<a[^>]*\shref|<img[^>]*\ssrc|<form[^>]*\saction)="([^"]*)"`)

// Crawl reads all pages that a reader can come to from some addresses,
// following every link of this site. Of addresses that differ only in a code,
// a language or a place in a list the first few are read: see alike.
func (h *House) Crawl(reader string, from ...string) []Page {
	h.Helper()
	type stop struct{ path, from string }
	var queue []stop
	for _, path := range from {
		queue = append(queue, stop{path, ""})
	}
	seen, kinds := map[string]bool{}, map[string]int{}
	var out []Page
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at.path] {
			continue
		}
		seen[at.path] = true
		if at.from != "" && kinds[alike(at.path)] >= enough {
			continue
		}
		kinds[alike(at.path)]++
		reply := h.As(reader).Get(at.path)
		out = append(out, Page{at.path, at.from, reply, reply.Code})
		if reply.Code == http.StatusSeeOther {
			queue = append(queue, stop{clean(reply.Header().Get("Location"), at.path), at.path})
		}
		if !reply.IsPage() || reply.Code != http.StatusOK {
			continue
		}
		found := map[string]bool{}
		for _, m := range hrefs.FindAllStringSubmatch(reply.Body.String(), -1) {
			if strings.Contains(m[0], `method="post"`) {
				continue
			}
			if to := clean(strings.ReplaceAll(m[1], "&amp;", "&"), at.path); to != "" {
				found[to] = true
			}
		}
		for _, to := range slices.Sorted(maps.Keys(found)) {
			queue = append(queue, stop{to, at.path})
		}
	}
	return out
}

// enough is how many addresses that are alike a crawl reads.
const enough = 3

var (
	codes = regexp.MustCompile(`^/(countries|guide/stories|guide/lists|reference/[^/]+/rows|reference)/[^/?]+`)
	steps = regexp.MustCompile(`/(elements|steps)/[^/?]+`)
)

// alike is what addresses have in common that lead to the same kind of page.
// Every element of a partnership counts by itself: what stands there differs.
func alike(path string) string {
	p, query, _ := strings.Cut(path, "?")
	p = codes.ReplaceAllString(p, "/$1/·")
	if query == "" {
		return p
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return path
	}
	return steps.ReplaceAllString(p, "/$1/·") + "?" + strings.Join(slices.Sorted(maps.Keys(values)), "&") + "=" + values.Get("format") + values.Get("view")
}

// clean is the address of this site that a link leads to; empty for one of
// another site, of the page itself, or of the page in another language.
func clean(href, at string) string {
	base, err := url.Parse(at)
	if err != nil {
		return ""
	}
	u, err := base.Parse(href)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Query().Has("lang") || strings.HasPrefix(href, "#") {
		return ""
	}
	u.Fragment = ""
	return u.String()
}
