package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// TestHarness proves that the checks of every page see what they look for: a
// page for each fault, and one without any.
func TestHarness(t *testing.T) {
	t.Parallel()
	const sound = `<main><h1>A page</h1><p>Words that can be read.</p></main>`
	cases := []struct {
		path, body, policy string
		want               string // in what is found; "" is nothing
	}{
		{path: "/sound", body: sound, policy: "default-src 'none'; img-src data:"},
		{path: "/wide", body: sound + `<div style="width:2000px">wide</div>`, want: `px in`},
		{path: "/pale", body: sound + `<p style="color:#ccc;background:#fff">pale</p>`, want: "color-contrast"},
		{path: "/picture", body: sound + `<p style="color:#777;background:linear-gradient(#fff,#000)">on a picture</p>`, want: "color-contrast"},
		{path: "/nameless", body: sound + `<form><input name="a"></form>`, want: "label"},
		{path: "/small", body: sound + `<p><a href="#a" style="display:inline-block;width:9px;height:9px">a</a><a href="#b" style="display:inline-block;width:9px;height:9px">b</a></p>`, want: "target-size"},
		{path: "/policy", body: sound + `<p style="color:red">styled</p>`, policy: "default-src 'self'", want: "Content Security Policy"},
		{path: "/elsewhere", body: sound + `<img alt="" src="http://elsewhere.example/a.png">`, want: "is not of this server"},
		{path: "/lost", body: sound + `<script src="/none.js"></script>`, want: "404"},
		{path: "/broken", body: sound + `<script>throw new Error("out of order")</script>`, want: "out of order"},
		{path: "/loud", body: sound + `<script>console.error("something is wrong")</script>`, want: "something is wrong"},
	}
	pages := map[string]http.HandlerFunc{}
	for _, c := range cases {
		pages[c.path] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if c.policy != "" {
				w.Header().Set("Content-Security-Policy", c.policy)
			}
			fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>Page</title><link rel="icon" href="data:,"></head><body>`+c.body+`</body></html>`)
		}
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if show := pages[q.URL.Path]; show != nil {
			show(w, q)
			return
		}
		http.NotFound(w, q)
	}))
	defer site.Close()
	r := readerOf(t, &server{url: site.URL}, "en", unchecked)
	for _, c := range cases {
		r.path = c.path
		since := r.traffic.count()
		call(r, page.Navigate, page.NavigateParams{URL: site.URL + c.path})
		ctx, cancel := context.WithTimeout(r.ctx, patience)
		err := r.traffic.settled(ctx, since)
		cancel()
		if err != nil {
			t.Fatalf("%s does not come: %v", c.path, err)
		}
		found := r.traffic.takeFaults()
		if over := r.overflow(); over != "" {
			found = append(found, over)
		}
		for _, f := range r.axe(axeRules) {
			found = append(found, f.String())
		}
		all := strings.Join(found, "\n")
		if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
			t.Errorf("%s: found %q, wanted %q", c.path, all, c.want)
		}
	}
}
