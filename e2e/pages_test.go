package e2e

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// maxWeight is what a page and all that it needs may weigh on the wire, for
// somebody who comes for the first time.
const maxWeight = 60_000

// TestPages goes to the pages of the demo as people of several roles find them
// by their links: no link is broken, and every page is light, fits the screen
// and is accessible, wide and narrow, light and dark, and with large letters.
func TestPages(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	fill(readerOf(t, s, "en", unchecked))
	found := &reached{patterns: map[string]bool{}}
	t.Run("roles", func(t *testing.T) {
		for turn, role := range []string{"officer", "admin", "partner", ""} {
			for _, lang := range inTurn(turn) {
				name := role
				if name == "" {
					name = "nobody"
				}
				t.Run(name+"-"+lang, func(t *testing.T) {
					t.Parallel()
					r := readerOf(t, s, lang, unchecked)
					start := "/sign-in"
					if role != "" {
						r.SignInDemo(role)
						start = "/"
					}
					c := newCrawl(r)
					c.nobody = role == ""
					c.follow(start)
					found.add(c.byPattern)
					pages := c.sample(role == "officer")
					t.Logf("%d addresses answered; %d pages looked at", len(c.seen), len(pages))
					for _, path := range pages {
						r.examine(path)
					}
				})
			}
		}
	})
	for _, route := range read[routeList](t, s, "routes").Routes {
		if route.Method == http.MethodGet && !found.patterns["GET "+route.Pattern] && !apart[route.Pattern] {
			t.Errorf("no link leads to %s", route.Pattern)
		}
	}
}

// fill adds what the demo has none of, so that there are links to its pages.
func fill(r *reader) {
	r.t.Helper()
	r.SignInDemo("officer")
	for _, what := range []string{"standing", "member", "contact"} {
		r.Click(r.T("nav.organisations"))
		r.page().Part("main tbody").Click(in[string](r.page(), `return norm(part(root, "main tbody a").textContent)`))
		r.Click(r.T("directory." + what + ".new"))
		switch what {
		case "standing":
			r.Choose(r.T("directory.standing"), r.name("standing_kind", "coalition-partner", "name"))
		case "member":
			r.Choose(r.T("directory.country"), r.name("country", "MOZ", "name"))
		case "contact":
			r.Choose(r.T("directory.kind"), r.T("directory.contact.web"))
			r.Fill(r.T("directory.contact.address"), "https://example.org/")
			r.Choose(r.T("directory.contact.basis"), r.T("directory.basis.public"))
		}
		r.Submit(r.T("directory.row.add"))
		r.SeesText(r.T("directory." + what + ".saved"))
	}
}

type routeList struct {
	Routes []struct{ Method, Pattern, Permission string }
}

// apart are addresses to which no link of a page leads: those for programs and
// scripts, those that carry a right, pictures, and what a demo that was just
// loaded has none of: the work of the night, messages, second versions of
// files, hand-overs (TestHandOverByKeyboard goes there).
var apart = map[string]bool{
	"/healthz": true, "/readyz": true, "/robots.txt": true,
	"/set-up": true, "/set-up/{token}": true, "/link/{token}": true, "/calendar/{token}": true, "/stop/{token}": true,
	"/partnerships/{id}/evidence/{record}/preview": true, "/partnerships/{id}/attestations/{record}/files/{number}": true,
	"/admin/messages/{id}": true, "/hand-overs/{id}": true, "/hand-overs/{id}/dossier": true,
	// What accounts without a password have no need of: TestSE2_LifeOfAnAccount goes there.
	"/sign-in/code": true, "/sign-in/forgotten": true, "/profile/second-factor": true,
	"/admin/jobs/{id}": true, "/admin/jobs/{id}/progress": true,
	// What begins with a letter: TestAnswerWithoutAccount goes there.
	"/answer/{token}": true, "/answers/{request}": true, "/answers/left": true, "/answers/wanted": true, "/partnerships/{id}/requests/{request}": true,
}

// reached notes the patterns of routes that links led to.
type reached struct {
	mu       sync.Mutex
	patterns map[string]bool
}

func (f *reached) add(byPattern map[string][]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for pattern := range byPattern {
		f.patterns[pattern] = true
	}
}

// crawl follows the links that a reader sees, beside the browser.
type crawl struct {
	r         *reader
	nobody    bool // is signed in
	client    *http.Client
	mux       *http.ServeMux // knows the routes, to tell to which one an address belongs
	seen      map[string]*document
	byPattern map[string][]string // addresses of pages, by route
}

// document is what an address answered.
type document struct {
	status int
	page   bool
	ids    map[string]bool
	links  []string
}

func newCrawl(r *reader) *crawl {
	c := &crawl{r: r, client: r.client(), mux: http.NewServeMux(), seen: map[string]*document{}, byPattern: map[string][]string{}}
	for _, route := range read[routeList](r.t, r.s, "routes").Routes {
		c.mux.Handle(route.Method+" "+route.Pattern, http.NotFoundHandler())
	}
	return c
}

// mostAlike is how many pages beside each other are read for their links: the
// elements of one partnership, the rows of one list.
func mostAlike() int {
	if torture {
		return 200
	}
	return 12
}

// beside is what an address has in common with those beside it.
func beside(address string) string {
	path, _, _ := strings.Cut(address, "?")
	return address[:strings.LastIndexByte(path, '/')]
}

// follow reads pages from a start, link by link, some of each route, and
// reports every link that leads nowhere.
func (c *crawl) follow(start string) {
	c.r.t.Helper()
	type step struct{ path, from string }
	queue := []step{{start, ""}}
	alike := map[string]int{}
	fragments := map[string]string{} // address with fragment → page that links there
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		address, fragment, _ := strings.Cut(at.path, "#")
		if fragment != "" {
			fragments[address+"#"+fragment] = at.from
		}
		if c.seen[address] != nil {
			continue
		}
		d := c.get(address, at.from)
		c.seen[address] = d
		if d.page && d.status == http.StatusOK {
			pattern := c.pattern(address)
			c.byPattern[pattern] = append(c.byPattern[pattern], address)
			kind := pattern + " " + beside(address)
			alike[kind]++
			if alike[kind] > mostAlike() {
				continue
			}
		}
		for _, link := range d.links {
			queue = append(queue, step{link, address})
		}
	}
	lost := map[string]bool{} // one example of a kind is enough
	for _, where := range slices.Sorted(maps.Keys(fragments)) {
		address, fragment, _ := strings.Cut(where, "#")
		d, kind := c.seen[address], c.pattern(address)+"#"+fragment
		if d.page && d.status == http.StatusOK && !d.ids[fragment] && !lost[kind] {
			lost[kind] = true
			c.r.t.Errorf("%s links to %s: there is no such place on that page", fragments[where], where)
		}
	}
}

// get asks for an address and reads what comes.
func (c *crawl) get(address, from string) *document {
	c.r.t.Helper()
	d := &document{ids: map[string]bool{}}
	res, err := c.client.Get(c.r.s.url + address)
	if err != nil {
		c.r.t.Fatalf("ask for %s: %v", address, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.r.t.Fatalf("read %s: %v", address, err)
	}
	d.status = res.StatusCode
	// For who is not signed in, an address that needs an account is the page
	// that asks to sign in.
	if d.status >= 400 && !(c.nobody && d.status == http.StatusUnauthorized) {
		c.r.t.Errorf("%s links to %s, which answers %d", from, address, d.status)
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case d.status >= 300 && d.status < 400:
		c.note(address)
		d.links = []string{c.local(address, res.Header.Get("Location"))}
	case kind == "text/html":
		d.page = true
		c.parse(d, address, body)
	case d.status == http.StatusOK:
		c.note(address)
	}
	return d
}

// note says that a link led to an address that is no page.
func (c *crawl) note(address string) {
	pattern := c.pattern(address)
	if _, known := c.byPattern[pattern]; !known {
		c.byPattern[pattern] = nil
	}
}

// parse notes the links and the places of a page, and checks that it has a
// title and says its language.
func (c *crawl) parse(d *document, address string, body []byte) {
	lang, title := "", ""
	z := html.NewTokenizer(bytes.NewReader(body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if strings.TrimSpace(title) == "" {
				c.r.t.Errorf("%s has no title", address)
			}
			want := c.r.lang
			if _, asked, ok := strings.Cut(address, "lang="); ok {
				want, _, _ = strings.Cut(asked, "&")
			}
			if lang != want {
				c.r.t.Errorf("%s is in %q, not in %q", address, lang, want)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data == "title" && title == "" && z.Next() == html.TextToken {
				title = string(z.Text())
			}
			for _, a := range t.Attr {
				switch {
				case a.Key == "lang" && t.Data == "html":
					lang = a.Val
				case a.Key == "id":
					d.ids[a.Val] = true
				case a.Key == "href" && t.Data == "a":
					if link := c.local(address, a.Val); link != "" && !slices.Contains(d.links, link) {
						d.links = append(d.links, link)
					}
				}
			}
		}
	}
}

// local is a link as an address of this server, "" when it leads elsewhere.
func (c *crawl) local(from, link string) string {
	base, err := url.Parse(c.r.s.url + from)
	if err != nil {
		return ""
	}
	u, err := base.Parse(link)
	if err != nil {
		c.r.t.Errorf("%s has the link %q, which can't be read: %v", from, link, err)
		return ""
	}
	if u.Scheme+"://"+u.Host != c.r.s.url {
		return ""
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if u.Fragment != "" {
		path += "#" + u.Fragment
	}
	return path
}

// pattern is the route of an address.
func (c *crawl) pattern(address string) string {
	q, err := http.NewRequest(http.MethodGet, c.r.s.url+address, nil)
	if err != nil {
		return address
	}
	_, pattern := c.mux.Handler(q)
	return pattern
}

// sample are pages to look at in the browser: one of each route, or, for who
// sees most, a few of those that show records.
func (c *crawl) sample(many bool) []string {
	var out []string
	for _, pattern := range slices.Sorted(maps.Keys(c.byPattern)) {
		// In another language a page is the same page.
		pages := slices.DeleteFunc(slices.Clone(c.byPattern[pattern]), func(p string) bool { return strings.Contains(p, "lang=") })
		slices.SortStableFunc(pages, func(a, b string) int { return strings.Count(a, "?") - strings.Count(b, "?") })
		n := 1
		if many && strings.Contains(pattern, "{") {
			n = 3
		}
		if torture {
			n = 5
		}
		out = append(out, pages[:min(n, len(pages))]...)
	}
	return out
}

// examine looks at a page on screens of several kinds.
func (r *reader) examine(path string) {
	r.t.Helper()
	r.Look(desktop)
	r.visit(path)
	if r.traffic.answered() != http.StatusOK {
		r.t.Errorf("%s answers %d in the browser", path, r.traffic.answered())
		return
	}
	weight := int64(0)
	parts := r.traffic.weight()
	for _, bytes := range parts {
		weight += bytes
	}
	if weight > maxWeight {
		r.t.Errorf("%s weighs %d bytes on the wire, more than %d: %v", path, weight, maxWeight, parts)
	}
	// What a fold holds is looked at as well.
	eval[bool](r, `(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
	for _, l := range []struct {
		name  string
		look  look
		rules string
	}{
		{"1280 px", desktop, axeRules},
		{"1280 px, dark", look{width: 1280, height: 900, dark: true}, axeContrast},
		{"640 px, as 1280 px at 200 %", look{width: 640, height: 450}, ""},
		{"1280 px, letters at 200 %", look{width: 1280, height: 900, text: 32}, ""},
		{"320 px", look{width: 320, height: 640}, axeRules},
		{"320 px, dark", look{width: 320, height: 640, dark: true}, axeContrast},
	} {
		r.Look(l.look)
		if over := r.overflow(); over != "" {
			r.t.Errorf("%s at %s scrolls sideways: %s", path, l.name, over)
		}
		rules := l.rules
		if torture {
			rules = axeRules
		}
		if rules == "" {
			continue
		}
		for _, f := range r.axe(rules) {
			r.t.Errorf("%s at %s: %s", path, l.name, f)
		}
	}
	r.faultless()
}
