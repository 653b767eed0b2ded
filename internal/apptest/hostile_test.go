package apptest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/ui"
)

// lists are the pages that take a search, a filter or an order in their
// address, with those who may read them.
var lists = []string{
	"/partnerships", "/organisations", "/organisations.csv", "/organisations.json", "/persons", "/persons.csv", "/persons.json", "/countries", "/countries.csv", "/countries.json",
	"/actions", "/admin/accounts", "/admin/audit", "/admin/jobs", "/reference/organisation_kind", "/guide/countries",
}

// hostile are texts that mean something to a database, a pattern or a column.
var hostile = []string{
	`' or 1=1--`, `"; drop table account; --`, `%`, `_`, `\`, `%' escape '`, `1) union select password from account --`, `$1`, `{{id}}`, `name; select 1`, `(select name from person)`,
	"*", `"`, "NEAR(a b)", "name:x", "-1", "9999999999999999999999", strings.Repeat("a", 3000), "\u202e", "é" + strings.Repeat("\u0301", 500), "../../x", "null", "true", "[]", "name desc", "-name,name",
}

// parameters are names of what an address may ask for, and of columns that
// none does.
var parameters = []string{
	"q", "sort", "order", "after", "before", "from", "kind", "country", "status", "role", "theme", "party", "constituent", "organisation", "region", "set", "view", "element", "format", "actor", "since",
	"until", "action", "state", "page", "limit", "columns", "email", "password", "note", "id",
}

// TestIN1_literal puts hostile texts into every parameter of every list: they
// are text, or refused with a word; the lists stay what they are, and so does
// the database.
func TestIN1_literal(t *testing.T) {
	t.Parallel()
	every := map[db.Engine]int{db.SQLite: 5, db.Postgres: 13}
	for engine := range every {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			before := w.Fingerprint()
			for _, list := range lists {
				w.As(Admin).Get(list).Is(200)
				for i, text := range hostile {
					for j, name := range parameters {
						if name != "q" && name != "sort" && (i+j)%every[engine] != 0 {
							continue // a part of them, each text and each name in turn
						}
						reply := w.As(Admin).Get(list + "?" + name + "=" + url.QueryEscape(text))
						if reply.Code >= 500 || reply.Code != 200 && reply.Code != 400 && reply.Code != 303 {
							t.Errorf("%s?%s=%.40q: status %d: %s", list, name, text, reply.Code, reply.Brief())
						}
						if name == "sort" && reply.Code != 400 {
							t.Errorf("%s is sorted by %.40q", list, text)
						}
					}
				}
			}
			// Signs of patterns and of statements stand for themselves; they are no words.
			for _, text := range []string{"nowhere%", "_xample", `nowhere\`, `nowhere' or 1=1--`, `nowhere" or "" = "`} {
				for _, list := range []string{"/organisations.json", "/persons.json", "/countries.json"} {
					var rows []any
					err := json.Unmarshal(w.As(Admin).Get(list+"?q="+url.QueryEscape(text)).Is(200).Body.Bytes(), &rows)
					if err != nil || len(rows) != 0 {
						t.Errorf("%s: %q finds %d rows, %v", list, text, len(rows), err)
					}
				}
			}
			if w.Fingerprint() != before {
				t.Error("something was written")
			}
		})
	}
}

// TestAC7_hiddenFields: a list is not sorted by what it does not show, and
// asking for it in a filter changes neither rows nor counts.
func TestAC7_hiddenFields(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	for _, reader := range []string{Admin, Viewer, PartnerA} {
		for _, list := range lists {
			plain := w.As(reader).Get(list)
			if plain.Code != http.StatusOK {
				continue // not this reader's
			}
			for _, field := range []string{"email", "salary", "note", "password", "name_folded", "created_by", "confidential", "manager", "title_folded", "id", "deleted_at", "-email"} {
				w.As(reader).Get(list + "?sort=" + field).Is(400)
			}
			for _, ask := range []string{"email=viewer", "note=x", "confidential=1", "manager=" + w.Actor(Manager).Account, "deleted_at=1", "created_by=" + w.Actor(Admin).Account, "audience=host", "password=a"} {
				got := w.As(reader).Get(list + "?" + ask).Is(200)
				if diff := rowsOf(plain, list, ask) != rowsOf(got, list, ask); diff {
					t.Errorf("%s as %s: ?%s gives another answer", list, reader, ask)
				}
			}
		}
	}
	for list, sorts := range map[string][]string{"/organisations": {"name", "-name", "country", "-country"}, "/persons": {"name", "-name"}, "/countries": {"name", "-name"}, "/partnerships": {"wait", "title"}} {
		for _, s := range sorts {
			w.As(Admin).Get(list + "?sort=" + s).Is(200)
		}
	}
}

// rowsOf is what an answer says, without its own address and the keys of its forms.
func rowsOf(r *Reply, list, ask string) string {
	text := r.Body.String()
	if r.IsPage() {
		_, text, _ = strings.Cut(text, "<main")
		text, _, _ = strings.Cut(text, "</main>")
	}
	for _, part := range []string{"?" + ask, "&amp;" + ask, ask + "&amp;", url.QueryEscape(ask)} {
		text = strings.ReplaceAll(text, part, "")
	}
	text = regexp.MustCompile(`<input type="hidden"[^>]*>`).ReplaceAllString(text, "")
	return uuid.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(r.Body.String(), ui.FormKeyName) {
			return ""
		}
		return s
	})
}

// schemes are addresses that a browser would run or read from elsewhere.
var schemes = []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "//evil.example/x", "https://", "https://user:pass@evil.example/"}

// TestIN4_schemes: an address that is kept begins with http or https; one that
// is shown leads nowhere else.
func TestIN4_schemes(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	asked := map[string]string{
		"/organisations/new": "website", "/partnerships/{id}/elements/{element}/attestations": "link", "/partnerships/{id}/elements/{element}/evidence": "link",
	}
	n := 0
	for _, r := range app.Routes() {
		field := asked[r.Pattern]
		if !r.Changes() || field == "" {
			continue
		}
		n++
		for _, address := range schemes {
			form := w.form(r, Manager, w.Open)
			form.Set(field, address)
			if form.Has("kind") && strings.HasSuffix(r.Pattern, "/evidence") {
				form.Set("kind", "link")
			}
			reader := w.reader(t, r)
			var reply *Reply
			rows := w.Trial(func(ctx context.Context) { reply = w.send(ctx, r, reader, w.fill(t, r, w.Open), form) })
			if reply.Code != http.StatusUnprocessableEntity || rows != 0 {
				t.Errorf("%s takes %q: status %d, %d rows", r, address, reply.Code, rows)
			}
		}
	}
	if n != len(asked) {
		t.Errorf("%d of %d forms were found", n, len(asked))
	}
}

// markup is what a rich text would hold.
var markup = []string{
	`<svg><script>alert(1)</script></svg>`, `<style>*{display:none}</style>`, `<iframe src="https://evil.example"></iframe>`, `<form action="https://evil.example"><input name=password></form>`,
	`<img srcset="https://evil.example/x 1x">`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<b>bold</b> **bold** [a](javascript:alert(1))`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `&lt;script&gt;alert(1)&lt;/script&gt;`,
}

// TestIN5_noRichText: no field takes markup: what looks like it is shown as it
// was typed, and comes back so in its own form.
func TestIN5_noRichText(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	element := "/partnerships/" + w.Open.ID + "/elements/" + Element
	for _, text := range markup {
		reply := w.As(Contributor).Post(element+"/evidence", url.Values{"kind": {"note"}, "title": {"Example"}, "note": {text}, "audience": {"parties"}})
		_, made, ok := strings.Cut(reply.Header().Get("Location"), "#evidence-")
		if !ok {
			t.Fatalf("status %d: %s", reply.Code, reply.Brief())
		}
		for _, path := range []string{element, "/partnerships/" + w.Open.ID + "/evidence/" + made} {
			page := w.As(Contributor).Get(path).Is(200)
			inert(t, path, page)
			for _, live := range []string{"<svg><script", "<style>", "<iframe", "evil.example\"><input", "<math>", "<noscript><p", "<b>bold</b>", "srcset=\"https"} {
				if strings.Contains(page.Body.String(), live) {
					t.Errorf("%s: %s stands in the page as it was typed", path, live)
				}
			}
			if !strings.Contains(strings.Join(strings.Fields(page.Page().Text()), " "), strings.Join(strings.Fields(text), " ")) {
				t.Errorf("%s does not show %q as it was typed", path, text)
			}
		}
		edit := element + "/evidence/" + made + "/edit"
		form := w.As(Contributor).Get(edit).Is(200).Page().Form(edit)
		if form.Get("note") != text {
			t.Errorf("%q comes back as %q", text, form.Get("note"))
		}
		w.As(Contributor).Post(edit, form).Is(303)
		if again := w.As(Contributor).Get(edit).Page().Form(edit).Get("note"); again != text {
			t.Errorf("%q comes back as %q after it was saved again", text, again)
		}
	}
}

// TestIN11_wire sends what no browser does, over a real connection.
func TestIN11_wire(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	server := httptest.NewUnstartedServer(w.handler)
	server.Config.MaxHeaderBytes = 32 << 10
	server.Start()
	defer server.Close()
	before := w.Fingerprint()
	head := "Host: 127.0.0.1\r\nCookie: session=" + w.tokens[Manager] + "\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	path := "/partnerships/" + w.Open.ID + "/actions"
	for name, c := range map[string]struct {
		request string
		want    []int
	}{
		"a length and pieces":       {"POST " + path + " HTTP/1.1\r\n" + head + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", []int{400, 422}},
		"two lengths":               {"POST " + path + " HTTP/1.1\r\n" + head + "Content-Length: 6\r\nContent-Length: 7\r\n\r\ntext=ab", []int{400}},
		"an unknown coding":         {"POST " + path + " HTTP/1.1\r\n" + head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", []int{501, 400}},
		"a coding behind a blank":   {"POST " + path + " HTTP/1.1\r\n" + head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", []int{400}},
		"a folded header":           {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\n\r\n", []int{200, 303, 400, 401}},
		"two hosts":                 {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", []int{400}},
		"a header of 100 kB":        {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", []int{431}},
		"a cookie of 100 kB":        {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=" + strings.Repeat("x", 100<<10) + "\r\n\r\n", []int{431}},
		"TRACE":                     {"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", []int{405}},
		"CONNECT":                   {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", []int{400, 404, 405}},
		"an address of another":     {"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", []int{200, 303, 400, 401}},
		"JSON in place of a form":   {"POST " + path + " HTTP/1.1\r\n" + strings.Replace(head, "application/x-www-form-urlencoded", "application/json", 1) + "Content-Length: 2\r\n\r\n{}", []int{400}},
		"plain text for a form":     {"POST " + path + " HTTP/1.1\r\n" + strings.Replace(head, "application/x-www-form-urlencoded", "text/plain", 1) + "Content-Length: 6\r\n\r\ntext=a", []int{400}},
		"parts without a boundary":  {"POST " + path + " HTTP/1.1\r\n" + strings.Replace(head, "application/x-www-form-urlencoded", "multipart/form-data", 1) + "Content-Length: 2\r\n\r\n{}", []int{400}},
		"no type":                   {"POST " + path + " HTTP/1.1\r\n" + strings.Replace(head, "Content-Type: application/x-www-form-urlencoded\r\n", "", 1) + "Content-Length: 6\r\n\r\ntext=a", []int{400}},
		"a line end in the address": {"GET /x%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", []int{404}},
	} {
		c2, err := net.Dial("tcp", server.Listener.Addr().String())
		w.OK(err)
		_, err = fmt.Fprint(c2, c.request)
		if err != nil && name != "a header of 100 kB" && name != "a cookie of 100 kB" {
			t.Errorf("%s: %v", name, err)
		}
		reply, err := http.ReadResponse(bufio.NewReader(c2), nil)
		if err != nil {
			t.Errorf("%s: no answer: %v", name, err)
			c2.Close()
			continue
		}
		if !slices.Contains(c.want, reply.StatusCode) || strings.Contains(reply.Header.Get("Location"), "evil") || reply.Header.Get("Set-Cookie") == "a=b" {
			t.Errorf("%s: status %d to %q, want %v", name, reply.StatusCode, reply.Header.Get("Location"), c.want)
		}
		reply.Body.Close()
		c2.Close()
	}
	if w.Fingerprint() != before {
		t.Error("something was written")
	}
}

// TestIN11_next: after signing in the way leads on inside this site alone.
func TestIN11_next(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "", "/partnerships"} {
		page := w.As(Nobody).Get("/sign-in?next=" + url.QueryEscape(next)).Is(200)
		if strings.Contains(page.Body.String(), `value="//evil`) || strings.Contains(page.Body.String(), `href="//evil`) {
			t.Errorf("the page keeps %q", next)
		}
		w.Trial(func(ctx context.Context) {
			reply := w.As(Nobody).In(ctx).Post("/sign-in", url.Values{"email": {Viewer + "@example.org"}, "password": {Password}, "next": {next}, "replay": {""}})
			want := "/"
			if next == "/partnerships" {
				want = next
			}
			if reply.Code != http.StatusSeeOther || reply.Header().Get("Location") != want {
				t.Errorf("%q leads to %q (status %d)", next, reply.Header().Get("Location"), reply.Code)
			}
		})
	}
	// Of two values of a parameter or a field the first counts, in the address and in the form alike.
	found := w.As(Admin).Get("/organisations?q=Agency+B&q=Agency+C").Is(200).Page()
	found.MustSay(t, "Example Agency B")
	found.MustNotSay(t, "Example Agency C")
}
