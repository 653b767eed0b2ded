package apptest

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui/htmlcheck"
)

// evil are texts that do something where they are not taken as text: in a
// page, an attribute, an address, a template, a search, a table of another
// program.
var evil = []string{
	`=1+1"><script>alert(1)</script> x' onmouseover='alert(2)' <img src=x onerror=alert(3)> javascript:alert(4) {{.}} ${7*7} %7B`,
	`-1' or 1=1-- "; drop table account; \ % _ '`,
	"data:text/html,<script>alert(5)</script> \u202eevil\u2066 <svg onload=alert(6)> +cmd|' /c calc'!A0",
}

// TestIN4_inert fills every text of every form with what is meant to do harm,
// and reads every page, list and export afterwards.
func TestIN4_inert(t *testing.T) {
	t.Parallel()
	for i, text := range evil {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			engine := db.SQLite
			if i == len(evil)-1 {
				engine = db.Postgres
			}
			w := NewWorld(New(t, engine))
			sent := 0
			for _, r := range app.Routes() {
				if !r.Changes() || unrepeated(r) || strings.HasSuffix(r.Pattern, "/status") {
					continue
				}
				reader := ""
				for _, one := range []string{Admin, Manager, Contributor, Counsel} {
					if w.due(t, r, one, standOf(r)) == allowed {
						reader = one
						break
					}
				}
				form := w.form(r, reader, w.Open)
				changed := false
				for name, values := range form {
					if strings.HasPrefix(values[0], "Example") {
						form[name], changed = []string{text + " " + strconv.Itoa(sent)}, true
					}
				}
				if !changed || reader == "" {
					continue
				}
				reply := w.As(reader).Post(w.fill(t, r, w.Open), form)
				switch reply.Code {
				case http.StatusSeeOther, http.StatusOK:
					sent++
				case http.StatusUnprocessableEntity, http.StatusConflict:
					inert(t, r.String(), reply)
				default:
					t.Errorf("%s: status %d: %s", r, reply.Code, reply.Brief())
				}
			}
			w.plantFiles(t, text)
			lang := i18n.Langs[i%len(i18n.Langs)]
			w.As(Admin).Post("/profile", url.Values{"name": {text}, "lang": {lang}, "theme": {"light"}}).Is(http.StatusSeeOther)
			if got := w.As(Admin).Get("/").Page().Lang(); got != lang {
				t.Errorf("the pages are in %q, not %q", got, lang)
			}
			if sent < 15 {
				t.Errorf("only %d forms took it", sent)
			}
			ask := url.QueryEscape(text)
			starts := (&planted{House: w.House, id: w.Open.ID}).starts()
			for _, list := range []string{"/partnerships", "/organisations", "/persons", "/actions", "/countries", "/admin/accounts", "/admin/audit", "/admin/jobs", "/guide/countries"} {
				for _, field := range []string{"q", "sort", "after", "before", "kind", "country", "status", "view", "format", "since", "actor", "step", "element", "theme", "n", "lang"} {
					starts = append(starts, list+"?"+field+"="+ask)
				}
			}
			starts = append(starts, "/nowhere/"+url.PathEscape(text), "/sign-in?next="+ask, "/organisations/"+url.PathEscape(text), "/partnerships/"+url.PathEscape(text))
			for _, page := range w.Crawl(Admin, starts...) {
				if page.Status >= http.StatusInternalServerError {
					t.Errorf("%s: status %d", page.Path, page.Status)
				}
				inert(t, page.Path, page.Reply)
			}
		})
	}
}

// plantFiles gives files and messages whose names and fields are hostile.
func (w *World) plantFiles(t *testing.T, text string) {
	t.Helper()
	line := strings.ReplaceAll(text, "\"", "'")
	for name, content := range map[string]string{
		text + ".txt": "text",
		"a.eml": "From: \"" + line + "\" <evil@example.org>\r\nTo: " + line + "\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nSubject: " + line +
			"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + text + "\r\n--b\r\nContent-Type: text/plain; name=\"" + line + "\"\r\n\r\nx\r\n--b--\r\n",
	} {
		element := "/partnerships/" + w.Open.ID + "/elements/" + Element
		form := url.Values{"kind": {"file"}, "title": {text}, "note": {text}, "alt": {text}, "link": {""}, "dated": {""}, "audience": {"parties"}}
		w.As(Contributor).PostFile(element+"/evidence", form, name, []byte(content)).Is(http.StatusSeeOther)
	}
}

// inert checks that nothing of what was typed does anything in an answer.
func inert(t *testing.T, at string, reply *Reply) {
	t.Helper()
	text := reply.Body.String()
	switch kind := reply.Header().Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/html"):
		for _, live := range []string{"<script>alert", "<img src=x", " onmouseover='", `href="javascript:`, `href="data:`, `src="data:`, "<svg onload"} {
			if strings.Contains(text, live) {
				t.Errorf("%s: %s stands in the page as it was typed", at, live)
			}
		}
		if reply.Code == http.StatusSeeOther {
			return
		}
		for _, problem := range htmlcheck.Problems(text) {
			t.Errorf("%s: %s", at, problem)
		}
	case strings.HasPrefix(kind, "text/csv"):
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", at, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.Contains("=+-@", cell[:1]) && strings.ContainsAny(cell, "'\"{<") {
					t.Errorf("%s: another program takes the cell %q as a formula", at, cell)
				}
			}
		}
	case strings.Contains(kind, "json"):
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: not JSON: %.200s", at, text)
		}
		if strings.Contains(text, "<script") {
			t.Errorf("%s: JSON with a tag in it", at)
		}
	}
}
