package partnership

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/ui/htmlcheck"
)

// guest is a browser of somebody without an account, on a phone.
type guest struct {
	*site
	lang string
	jar  map[string]*http.Cookie
	as   access.Actor // who is signed in on the device, if somebody is
}

func (x *site) guest(lang string) *guest {
	return &guest{site: x, lang: lang, jar: map[string]*http.Cookie{}}
}

// ask sends a request with the cookies whose path it is.
func (g *guest) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	g.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", g.lang)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, k := range g.jar {
		if strings.HasPrefix(r.URL.Path, k.Path) {
			r.AddCookie(&http.Cookie{Name: k.Name, Value: k.Value})
		}
	}
	if g.as.Account != "" {
		g.as.AuthAt = g.d.Clock.Now()
		g.known[g.as.Account] = g.as
		r.AddCookie(&http.Cookie{Name: "session", Value: g.as.Account})
	}
	w := httptest.NewRecorder()
	g.srv.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		g.jar[k.Name+k.Path] = k
		if k.MaxAge < 0 {
			delete(g.jar, k.Name+k.Path)
		}
	}
	return w
}

// sees reads a page with a status.
func (g *guest) sees(path string, status int) *htmlcheck.Page {
	g.Helper()
	w := g.ask(http.MethodGet, path, nil)
	if w.Code != status {
		g.Fatalf("GET %s: status %d, want %d: %s", path, w.Code, status, htmlcheck.Parse(g, w.Body.String()).Text())
	}
	return htmlcheck.Parse(g, w.Body.String())
}

// sends sends a form that leads on, and says where.
func (g *guest) sends(path string, form url.Values) string {
	g.Helper()
	w := g.ask(http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		g.Fatalf("POST %s: status %d: %s", path, w.Code, htmlcheck.Parse(g, w.Body.String()).Text())
	}
	return w.Header().Get("Location")
}

// through follows the link of the last letter and types the code.
func (g *guest) through(a asking) string {
	g.Helper()
	link := LinkPrefix + g.token(a.email)
	at := g.sends(link, g.sees(link, 200).Form(link))
	form := g.sees(at, 200).Form(at + "/code")
	form.Set("code", " "+g.codeFor(a.email)[:3]+" "+g.codeFor(a.email)[3:]+" ")
	return g.sends(at+"/code", form)
}

func TestAnswerPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, _ cast) {
		a := x.asking()
		g := x.guest("de")
		at := g.through(a)
		page := g.sees(at, 200)
		if page.Lang() != "fr" {
			t.Errorf("the page is in %q, the person is written to in French", page.Lang())
		}
		page.MustSay(t, "40 trainers", "Agency of Brazil", "Priya", "As agreed on the telephone")
		for _, hidden := range []string{"Agency of India’s", "Ravi", "Ana"} {
			page.MustNotSay(t, hidden)
		}
		if got := g.sees(at+"?lang=es", 200).Lang(); got != "es" || g.sees(at, 200).Lang() != "es" {
			t.Errorf("switched to Spanish, the page is in %q", got)
		}
		form := page.Form(at)
		form.Set("answer", Disputed)
		w := g.ask(http.MethodPost, at, form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a dispute without a reason is answered with %d", w.Code)
		}
		form.Set("answer", Confirmed)
		if to := g.sends(at, form); to != at {
			t.Errorf("the answer leads to %s", to)
		}
		g.sees(at, 200).MustNotSay(t, "La impugno")
		form = page.Form(at)
		form.Set("form-key", "another")
		form.Set("answer", Confirmed)
		if w := g.ask(http.MethodPost, at, form); w.Code != http.StatusConflict && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a second answer is taken with %d", w.Code)
		}
		if n := x.count(`select count(*) from answer_reply`); n != 1 {
			t.Errorf("%d answers are kept", n)
		}
	})
}

// TestAC8AnswerPages: looking at a link does nothing, a signed-in sender needs
// the code like everybody, and the link's secret is nowhere but in the letter.
func TestAC8AnswerPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, _ cast) {
		a := x.asking()
		token := x.token(a.email)
		link := LinkPrefix + token
		sent, dump := len(x.letters), x.count(`select count(*) from audit`)
		scanner := x.guest("en")
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
			w := scanner.ask(method, link, nil)
			h := w.Header()
			if w.Code != 200 || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "same-origin" && h.Get("Referrer-Policy") != "no-referrer" || len(w.Result().Cookies()) != 0 {
				t.Errorf("%s: status %d, %v", method, w.Code, h)
			}
		}
		here := x.guest("en")
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+link, nil)
		w := httptest.NewRecorder()
		here.srv.ServeHTTP(w, r)
		if got := w.Header().Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy %q", got)
		}
		if len(x.letters) != sent || x.count(`select count(*) from audit`) != dump || x.count(`select count(*) from answer_code`) != 0 {
			t.Error("looking at a link changed something")
		}
		// The officer who asked, signed in, follows the link.
		officer := x.guest("en")
		officer.as = a.manager
		page := officer.sees(link, 200)
		page.MustSay(t, "Mara")
		at := officer.sends(link, page.Form(link))
		if to := x.letters[len(x.letters)-1].To; to != a.email {
			t.Errorf("the code goes to %s", to)
		}
		officer.sees(at, 200).MustNotSay(t, "40 trainers")
		form := url.Values{"answer": {Confirmed}, "content": {x.claimOf(a.p, a.claim).Content}}
		if w := officer.ask(http.MethodPost, at, form); w.Code != http.StatusNotFound {
			t.Errorf("the sender answers without the code: %d", w.Code)
		}
		// The cookie is of this one request's path, for scripts of no site, and short.
		for _, k := range officer.jar {
			if strings.HasPrefix(k.Name, passName) && (k.Path != at || !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.MaxAge > 3600) {
				t.Errorf("the pass is %+v", k)
			}
		}
		// What the officer and the others see holds no secret of the link.
		secret := regexp.MustCompile(`[0-9a-f]{64}`)
		requests := requestsPath(a.p)
		for _, path := range []string{"/", "/partnerships", "/partnerships?format=json", "/partnerships?format=csv", "/actions", "/actions?format=csv", requests, requests + "/" + a.request, requests + "/new",
			elementPath(a.p, askedAt), "/partnerships/" + a.p + "/history", "/partnerships/" + a.p + "/history?format=csv"} {
			w := x.do(a.manager, http.MethodGet, path, nil)
			said := w.Body.String()
			for _, s := range secret.FindAllString(said, -1) {
				if s == token || s == secretHash(token) {
					t.Errorf("%s holds the link's secret, or its hash", path)
				}
			}
			if strings.Contains(said, LinkPrefix) {
				t.Errorf("%s leads to a link", path)
			}
		}
		if w := x.do(a.ana, http.MethodGet, requests, nil); w.Code != http.StatusForbidden {
			t.Errorf("a partner reads who was asked: %d", w.Code)
		}
	})
}

func TestAnswerPagesThatEnd(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, _ cast) {
		a := x.asking()
		link := LinkPrefix + x.token(a.email)
		g := x.guest("en")
		at := g.through(a)
		g.sees("/answers/"+a.p, 404) // another id, without a pass
		x.guest("en").sees(at, 404)  // another browser
		x.later(passLife)
		g.sees(at, 404) // the pass is over
		at = g.through(a)
		to := g.sends(at+"/leave", g.sees(at, 200).Form(at+"/leave"))
		g.sees(to, 200)
		g.sees(at, 404)
		x.later(31 * 24 * time.Hour)
		page := g.sees(link, http.StatusGone)
		to = g.sends(link+"/renew", page.Form(link+"/renew"))
		if strings.Contains(to, "answer/") {
			t.Errorf("it leads to %s", to)
		}
		g.sees(to, 200)
		i := slices.IndexFunc(x.actions(a.p), func(x Action) bool { return x.OwnerID == a.manager.Person })
		if i < 0 {
			t.Error("the officer has no action")
		}
		x.get(a.manager, requestPath(a.p, a.request)).MustSay(t, "a new one is asked for")
		x.ok(x.s.Revoke(x.Context(), a.manager, a.p, a.request))
		g.sees(link, 404)
	})
}

// TestOfficersPages: who was asked, how it stands, and what was answered is
// shown to the host, with one button to take it over.
func TestOfficersPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, _ cast) {
		a := x.asking()
		list := requestsPath(a.p)
		x.get(a.manager, list).MustSay(t, "Priya", "Agency of India", "not opened yet")
		x.get(a.manager, elementPath(a.p, askedAt)).MustSay(t, "Priya")
		form := x.get(a.manager, list+"/new").Form(list)
		form.Set("what", "role")
		form.Set("whom", whomValue(a.india, a.person))
		page := x.post(a.manager, list, form)
		page.MustSay(t, "Priya")
		request := x.count(`select count(*) from answer_request`)
		if request != 2 {
			t.Fatalf("%d requests", request)
		}
		form.Set("form-key", "another")
		x.refuses(a.manager, list, form, http.StatusUnprocessableEntity).MustSay(t, "has not answered yet")

		b := a
		x.read(func(t *db.Tx) error {
			all, err := requestsOf(t, a.p)
			b.request = all[0].ID
			return err
		})
		g := x.guest("en")
		at := g.through(b)
		answer := g.sees(at, 200).Form(at)
		answer.Set("role", string(Technical))
		g.sends(at, answer)
		one := requestPath(a.p, b.request)
		take := "/partnerships/" + a.p + "/replies/" + x.requestNow(a.p, b.request).Reply + "/take"
		x.post(a.manager, take, x.get(a.manager, one).Form(take)).MustSay(t, "Taken over by Mara")
		x.get(a.manager, "/partnerships/"+a.p+"/history").MustSay(t, "Priya")
		x.write(func(t *db.Tx) error { // the visit before this one ended before the answer
			return t.ExecOne(`update account set seen_before = $2 where id = $1`, a.manager.Account, t.Now-1)
		})
		x.get(a.manager, "/").MustSay(t, "Priya stated the role of Agency of India")
	})
}
