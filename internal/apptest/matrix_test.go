package apptest

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// columns are the readers of the matrix.
var columns = []struct{ head, name string }{
	{"anonymous", Nobody}, {"admin", Admin}, {"officer", Officer}, {"specialist", Specialist}, {"evaluator", Evaluator}, {"legal", Legal}, {"finance", Finance}, {"auditor", Auditor},
	{"view", Viewer}, {"contribute", Contributor}, {"manage", Manager}, {"approve", Approver}, {"partner", PartnerA}, {"other", Outsider},
}

// stand is a partnership as the matrix looks at it.
type stand struct {
	name         string
	letter       string
	place        func(w *World) *Place
	confidential bool
	ours         bool // the team and the party A of the cast are in it
	removed      bool
}

var stands = []stand{
	{"open", "o", func(w *World) *Place { return w.Open }, false, true, false},
	{"confidential", "c", func(w *World) *Place { return w.Confidential }, true, true, false},
	{"foreign", "f", func(w *World) *Place { return w.Foreign }, true, false, false},
	{"deleted", "d", func(w *World) *Place { return w.Deleted }, false, true, true},
}

// held are the rights of the cast in the partnerships that are theirs.
var held = map[string]access.Right{
	Viewer: access.View, Contributor: access.Contribute, Manager: access.Manage, Approver: access.Approve, PartnerA: access.Contribute, PartnerB: access.Contribute,
}

// outcome is what a reader gets.
type outcome byte

const (
	allowed outcome = '+'
	signIn  outcome = 's' // 401, with the sign-in page
	noRight outcome = '-' // 403, with the reason
	nothing outcome = '.' // 404: there is no such page for this reader
)

// due is what the declared policy gives a reader: the permission table and,
// inside a partnership, the rights.
func (w *World) due(t testing.TB, r web.Route, reader string, at *stand) outcome {
	t.Helper()
	a := w.Actor(reader)
	switch {
	case gone[key(r)] != "":
		return nothing
	case r.Perm.Open():
		return allowed
	case !a.SignedIn():
		return signIn
	case !a.May(r.Perm):
		return noRight
	case at == nil:
		return w.dueOfOwned(r, reader)
	}
	ask := asked(t, r)
	has := func(right access.Right) bool {
		have, ok := held[reader]
		return at.ours && ok && slices.Contains(have.Implied(), right) && (right == access.View || !a.ReadsOnly())
	}
	view := has(access.View) || a.Has(access.Admin) || (a.Staff() && !at.confidential)
	switch {
	case ask.also == evenRemoved:
		if has(ask.right) {
			return allowed
		}
		return nothing
	case at.removed || !view:
		return nothing
	case ask.right == access.View && ask.also == "":
		return allowed
	}
	yes := false
	switch ask.also {
	case "":
		yes = has(ask.right)
	case authorOrManager, ownerOrManager:
		yes = has(ask.right) && (reader == Contributor || has(access.Manage))
		if strings.Contains(r.Pattern, "/claims/") && reader == PartnerA {
			yes = true // its organisation states it
		}
	case notItsAuthor:
		yes = has(ask.right) && reader != Contributor
	case secondLook:
		yes = has(access.Manage) || has(access.Approve) // the contributor did it
	case adminToo:
		yes = has(ask.right) || a.Has(access.Admin)
	case waiverRole, roleOfWaiver:
		yes = a.Has(access.Legal)
	}
	if yes {
		return allowed
	}
	return noRight
}

// dueOfOwned is the outcome of a route about no partnership, for a reader
// whose roles allow it.
func (w *World) dueOfOwned(r web.Route, reader string) outcome {
	o, ok := owned[key(r)]
	switch {
	case !ok || slices.Contains(o.readers, reader):
		return allowed
	case o.others == noRight && !w.Actor(reader).Staff():
		return nothing // the partnership is not there for it
	case key(r) == "POST /hand-overs/{id}/undo" && reader == Officer:
		return noRight // it sees the hand-over
	}
	return o.others
}

// got is the outcome of an answer; ok is false for one that no policy gives.
func got(r *Reply) (o outcome, ok bool) {
	switch r.Code {
	case http.StatusOK, http.StatusSeeOther, http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity:
		return allowed, true
	case http.StatusUnauthorized:
		return signIn, r.IsPage()
	case http.StatusForbidden:
		return noRight, r.IsPage()
	case http.StatusNotFound:
		return nothing, r.IsPage()
	}
	return '!', false
}

// TestAC1_matrix sends every route of the server as every reader, in every
// kind of partnership, and compares what comes with the declared policy. What
// is refused changes nothing, nor does reading. The outcome is kept in
// testdata/matrix.txt: a change of who may reach what is seen in review.
func TestAC1_matrix(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := NewWorld(New(t, engine))
			before := w.Fingerprint()
			var lines []string
			for _, r := range app.Routes() {
				lines = append(lines, w.matrixLine(t, r))
			}
			if w.Fingerprint() != before {
				t.Error("the database is not as it was before")
			}
			golden(t, "matrix.txt", matrixHead()+strings.Join(lines, "\n")+"\n")
		})
	}
}

func matrixHead() string {
	var b strings.Builder
	b.WriteString("Who may reach what. For each route and reader:\n")
	b.WriteString("  +  answered    s  asked to sign in    -  403, with the reason    .  404, there is no such page for this reader\n")
	b.WriteString("Inside a partnership four signs: one open to staff, a confidential one, a confidential one of others, a removed one.\n")
	b.WriteString("view, contribute, manage, approve: evaluators who hold this right in the team, but not with the others. partner: of an organisation that\n")
	b.WriteString("is a party, but not with the others. other: of an organisation that is no party there. Forms are sent with what they need.\n\n")
	fmt.Fprintf(&b, "%-4s %-73s %-11s", "", "", "")
	for _, c := range columns {
		fmt.Fprintf(&b, " %-10s", c.head)
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

// matrixLine sends a route as every reader.
func (w *World) matrixLine(t *testing.T, r web.Route) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%-4s %-73s %-11s", r.Method, r.Pattern, r.Perm)
	through := false
	for _, c := range columns {
		cell := ""
		one := func(at *stand, k *Place) {
			is, status := w.try(t, r, c.name, at, k)
			cell += string(is)
			through = through || status == http.StatusOK || status == http.StatusSeeOther
		}
		if !inside(r) {
			one(nil, nil)
		} else {
			for i := range stands {
				one(&stands[i], stands[i].place(w))
			}
		}
		fmt.Fprintf(&b, " %-10s", cell)
	}
	if !through && gone[key(r)] == "" && !unsent[key(r)] {
		t.Errorf("%s: nobody's form got through: it proves nothing as it stands in form", r)
	}
	return strings.TrimRight(b.String(), " ")
}

// try sends a route as one reader and compares the outcome with what is due.
func (w *World) try(t *testing.T, r web.Route, reader string, at *stand, k *Place) (outcome, int) {
	t.Helper()
	path := w.fill(t, r, k)
	var reply *Reply
	var rows int64
	if r.Changes() {
		rows = w.Trial(func(ctx context.Context) { reply = w.As(reader).In(ctx).Post(path, w.form(r, reader, k)) })
	} else {
		// Not in a trial: PostgreSQL lets a transaction that reads do less.
		rows = w.Writes(func() { reply = w.As(reader).Get(path) })
	}
	where := fmt.Sprintf("%s as %q", r, reader)
	if at != nil {
		where += " (" + at.name + ")"
	}
	is, ok := got(reply)
	want := w.due(t, r, reader, at)
	switch {
	case !ok:
		t.Errorf("%s: status %d: %s", where, reply.Code, reply.Brief())
	case is != want:
		t.Errorf("%s: outcome %c (status %d), the policy says %c: %s", where, is, reply.Code, want, reply.Brief())
	}
	if (is != allowed || !r.Changes()) && rows != 0 {
		t.Errorf("%s: status %d, and %d rows were written", where, reply.Code, rows)
	}
	if is == noRight && !strings.Contains(reply.Body.String(), "<h1") {
		t.Errorf("%s: does not say why", where)
	}
	return is, reply.Code
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		err := os.WriteFile(path, []byte(text), 0o644)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update)", err)
	}
	if string(want) == text {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(text, "\n")
	shown := 0
	for _, line := range b {
		if !slices.Contains(a, line) && shown < 20 {
			t.Errorf("%s: new or changed: %s", name, line)
			shown++
		}
	}
	for _, line := range a {
		if !slices.Contains(b, line) && shown < 40 {
			t.Errorf("%s: no longer so: %s", name, line)
			shown++
		}
	}
	t.Errorf("testdata/%s differs: if this is meant, run go test ./internal/apptest -run %s -update", name, t.Name())
}

// TestAC9_public freezes the routes that ask for no account.
func TestAC9_public(t *testing.T) {
	t.Parallel()
	var open []string
	for _, r := range app.Routes() {
		if r.Perm.Open() {
			open = append(open, key(r)+" "+string(r.Perm))
		}
	}
	slices.Sort(open)
	golden(t, "public.txt", strings.Join(open, "\n")+"\n")
}

// TestAC1_refusalsAreLogged: who was refused what stands in the log, with the
// account and the route, and without what was sent.
func TestAC1_refusalsAreLogged(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	w := NewWorld(New(t, db.SQLite, func(o *Options) { o.App = func(a *app.Options) { a.Log = app.NewLog(&log) } }))
	n := 0
	for _, r := range app.Routes() {
		if w.due(t, r, Viewer, standOf(r)) != noRight {
			continue
		}
		before := strings.Count(log.String(), `"msg":"refused"`)
		w.Trial(func(ctx context.Context) {
			w.send(ctx, r, Viewer, w.fill(t, r, w.Open), w.form(r, Viewer, w.Open))
		})
		text := log.String()
		if strings.Count(text, `"msg":"refused"`) != before+1 {
			t.Errorf("%s: the refusal is not in the log", r)
		}
		n++
	}
	line := lineWith(log.String(), `"msg":"refused"`)
	if n < 40 || !strings.Contains(line, w.Actor(Viewer).ID()) || !strings.Contains(line, `"route":"`) || strings.Contains(log.String(), "Example reason") {
		t.Errorf("%d refusals, such as %s", n, line)
	}
}
