package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/web"
)

// unaudited are forms that write and change no record.
var unaudited = map[string]string{
	"POST /hand-overs/{id}/seen": "notes that a reader has seen it",
}

// changers are the routes that change something, with somebody whose form
// gets through.
func (w *World) changers(t *testing.T, do func(r web.Route, reader string)) {
	t.Helper()
	for _, r := range app.Routes() {
		if !r.Changes() || gone[key(r)] != "" || unsent[key(r)] || strings.Contains(r.Pattern, "{token}") {
			continue
		}
		reader := ""
		for _, one := range []string{Admin, Manager, Contributor, Approver, Counsel, Officer} {
			if w.due(t, r, one, standOf(r)) == allowed {
				reader = one
				break
			}
		}
		if reader != "" && unaudited[key(r)] == "" {
			do(r, reader)
		}
	}
}

// rowHead is the table and the first column of a dumped row.
var rowHead = regexp.MustCompile(`^(\w+) (\w+)=(\S*)`)

// recorded are tables whose rows are records with an id, each of which leaves
// a row in the audit when it changes.
var recorded = []string{
	"account", "organisation", "organisation_standing", "organisation_member", "person", "person_role", "contact_point", "partnership", "party", "party_role", "partnership_amount",
	"partnership_place", "partnership_result", "partnership_team", "evidence", "attestation", "claim", "gate_waiver",
}

// TestAI2_rows sends every form, and compares the records that it changed with
// the rows that it left in the audit: one each, and none for anything else.
func TestAI2_rows(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	n := 0
	w.changers(t, func(r web.Route, reader string) {
		w.Trial(func(ctx context.Context) {
			before := w.Dump(ctx)
			reply := w.send(ctx, r, reader, w.fill(t, r, w.Open), w.form(r, reader, w.Open))
			if reply.Code != http.StatusSeeOther {
				return
			}
			rows := map[string]int{} // in the audit, by record and action
			changed := map[string]bool{}
			for _, line := range w.Dump(ctx) {
				if _, same := slices.BinarySearch(before, line); same {
					continue
				}
				m := rowHead.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				switch {
				case m[1] == "audit":
					rows[field(line, "kind")+" "+field(line, "context")+" "+field(line, "record")]++
				case slices.Contains(recorded, m[1]) && m[2] == "id":
					changed[m[3]] = true
				}
			}
			n++
			audited := map[string]bool{}
			for k, times := range rows {
				if times != 1 {
					t.Errorf("%s as %s: %d rows in the audit for %s", r, reader, times, k)
				}
				audited[k[strings.LastIndex(k, " ")+1:]] = true
			}
			for record := range changed {
				if !audited[record] {
					t.Errorf("%s as %s: record %s changed without a row in the audit", r, reader, record)
				}
			}
		})
	})
	if n < 40 {
		t.Errorf("only %d forms got through", n)
	}
}

// field is the value of a column in a dumped row; only for values without blanks.
func field(line, name string) string {
	_, rest, _ := strings.Cut(line, " "+name+"=")
	value, _, _ := strings.Cut(rest, " ")
	return value
}

// TestAI2_noAudit: where the audit takes no row, nothing is written at all.
func TestAI2_noAudit(t *testing.T) {
	t.Parallel()
	w := NewWorld(New(t, db.SQLite))
	w.blockAudit()
	before := w.Dump(context.Background())
	n := 0
	w.changers(t, func(r web.Route, reader string) {
		reply := w.As(reader).Post(w.fill(t, r, w.Open), w.form(r, reader, w.Open))
		if reply.Code == http.StatusInternalServerError {
			n++
		}
	})
	if n < 40 {
		t.Errorf("only %d forms failed", n)
	}
	after := w.Dump(context.Background())
	for _, line := range after {
		table, _, _ := strings.Cut(line, " ")
		if _, same := slices.BinarySearch(before, line); !same && !slices.Contains(besideAudit, table) && !strings.HasPrefix(table, "journey_") {
			t.Errorf("written without the audit: %.300s", line)
		}
	}
}

// besideAudit are tables that hold no records; what a journey is made of is
// computed from records.
var besideAudit = []string{"session", "form_key", "job", "job_log", "job_schedule", "file"}

// secretOf finds what opens something, in pages, links and messages.
var secretOf = regexp.MustCompile(`/(?:link|set-up|answer|calendar|feeds?)/([A-Za-z0-9_-]{20,})`)

// TestAI4_canaries sends every form and reads every page of every reader with
// a log that leaves nothing out: no password, token, cookie, link or body of a
// message is in it, and every line is one JSON document.
func TestAI4_canaries(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	folder := t.TempDir()
	w := NewWorld(New(t, db.SQLite, func(o *Options) {
		o.App = func(a *app.Options) {
			a.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			a.Mail = mail.Options{Dir: folder}
		}
	}))
	canaries := map[string]string{}
	for name, token := range w.tokens {
		canaries[token] = "the session of " + name
	}
	canaries[Password] = "a password"
	note := func(from, text string) {
		for _, m := range secretOf.FindAllStringSubmatch(text, -1) {
			canaries[m[1]] = "a link in " + from
		}
	}
	n := 0
	for _, r := range app.Routes() {
		path := w.fill(t, r, w.Open)
		for _, secret := range regexp.MustCompile(`[A-Za-z0-9_-]{40,}`).FindAllString(path, -1) {
			if strings.Contains(r.Pattern, "{token}") {
				canaries[secret] = "the token of " + key(r)
			}
		}
		for _, reader := range []string{Admin, Manager, Contributor, PartnerA, Nobody} {
			c := w.As(reader)
			c.Header.Set("Referer", "http://127.0.0.1:8080/link/"+"referer"+id.Secret(32))
			c.Header.Set("User-Agent", "canary-agent\n{\"msg\":\"forged\"}")
			if !r.Changes() {
				note(key(r), c.Get(path+"?q=canaryquestion").Body.String())
				continue
			}
			form := w.form(r, reader, w.Open)
			for name, values := range form {
				if strings.Contains(name, "password") && values[0] != Password {
					secret := "canary " + id.Secret(16)
					form[name] = []string{secret}
				}
				if strings.HasPrefix(values[0], "Example") {
					form[name] = []string{values[0] + " canarytext"}
				}
			}
			for name, values := range form {
				if strings.Contains(name, "password") {
					canaries[values[0]] = "a password sent to " + key(r)
				}
			}
			if unrepeated(r) && reader != Nobody {
				w.Trial(func(ctx context.Context) { note(key(r), w.As(reader).In(ctx).Post(path, form).Body.String()) })
			} else {
				note(key(r), c.Post(path, form).Body.String())
			}
			n++
		}
	}
	_, link, err := w.App.Access.Invite(context.Background(), w.Actor(Admin), access.NewAccount{Name: "Example invited", Email: "invited@example.org", Roles: []access.RoleGrant{{Role: access.Evaluator}}})
	w.OK(err)
	canaries[link] = "a sign-up link"
	w.As(Nobody).Get("/link/" + link)
	w.As(Nobody).Post("/link/"+link, url.Values{"new-password": {"canary river stones"}, "again-password": {"canary river stones"}})
	err = w.App.Jobs.RunNow(context.Background())
	if err != nil {
		t.Logf("jobs: %v", err) // some are meant to fail
	}
	messages, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	w.OK(err)
	for _, name := range messages {
		b, err := os.ReadFile(name)
		w.OK(err)
		note("a message", strings.ReplaceAll(string(b), "=\r\n", ""))
	}
	for secret := range canaries {
		if len(secret) > 30 && !strings.Contains(secret, " ") {
			w.As(Nobody).Get("/link/" + secret)
		}
	}
	text := log.String()
	if n < 200 || strings.Count(text, "\n") < 500 {
		t.Errorf("%d forms, %d lines", n, strings.Count(text, "\n"))
	}
	for secret, what := range canaries {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%s is in the log: %s", what, lineWith(text, secret))
		}
	}
	for _, word := range []string{"canarytext", "canaryquestion", "canary river", "referer", "canary-agent"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is in the log: %s", word, lineWith(text, word))
		}
	}
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(strings.TrimSpace(line))) || bytes.ContainsRune([]byte(line), 0x1b) {
			t.Errorf("not a line of JSON: %q", line)
		}
	}
}

func lineWith(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
