package partnership

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
)

// member finds a right of a team, taken back or not.
func (x *site) member(p string, a access.Actor, r access.Right) string {
	x.Helper()
	var out []string
	x.read(func(t *db.Tx) error {
		var err error
		out, err = db.All[string](t, `select id from partnership_team where partnership = $1 and account = $2 and access_right = $3 order by created_at desc, id desc`, p, a.Account, string(r))
		return err
	})
	if len(out) == 0 {
		x.Fatalf("%s holds no right to %s", a.Name, r)
	}
	return out[0]
}

func TestTeamPage(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/team"
		page := x.get(c.manager, here)
		page.MustSay(t, "Mara manager of the partnership", "stays until another is named", "Aya", "approve", "without end")
		choices := page.Choices("account")
		for a, offered := range map[string]bool{c.officer.Account: true, c.legal.Account: true, c.admin.Account: true, c.auditor.Account: false, c.ana.Account: false} {
			if slices.Contains(choices, a) != offered {
				t.Errorf("account %s is offered: %v, want %v", a, !offered, offered)
			}
		}
		if n := slices.Index(page.Table("Rights in the team")[0], "Change"); n < 0 {
			t.Error("the manager is offered no change")
		}
		// Others read; a partner does not, and is told so.
		for _, a := range []access.Actor{c.officer, c.auditor, c.approver} {
			page = x.get(a, here)
			page.MustSay(t, "Mara manager of the partnership")
			if page.Form(here) != nil || page.Button("Take back") {
				t.Errorf("%s is offered a change", a.Name)
			}
			x.refuses(a, here, values("account", c.officer.Account, "right", "view"), http.StatusForbidden)
		}
		x.lookRefused(c.ana, here, http.StatusForbidden)
		x.refuses(c.ana, here, values("account", c.ana.Account, "right", "manage"), http.StatusForbidden)
		// An administrator may mend a team, and a password given long ago is asked again.
		if x.get(c.admin, here).Form(here) == nil {
			t.Error("the administrator is offered no change")
		}
		old := c.manager
		old.AuthAt = x.d.Clock.Now().Add(-16 * time.Minute)
		x.refuses(old, here, values("account", c.officer.Account, "right", "view"), http.StatusUnauthorized)
	})
}

func TestRightsComeAndGo(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/team"
		page := x.refuses(c.manager, here, values("account", "nobody", "right", "rule", "until_on", "soon"), http.StatusUnprocessableEntity)
		if len(page.Errors()) == 0 || page.Form(here).Get("until_on") != "soon" {
			t.Errorf("to mend: %q, typed %v", page.Errors(), page.Form(here))
		}
		x.refuses(c.manager, here, values("account", c.officer.Account, "right", "view", "until_on", "2026-11-23"), http.StatusUnprocessableEntity)
		x.refuses(c.manager, here, values("account", c.ana.Account, "right", "view"), http.StatusUnprocessableEntity)
		x.refuses(c.manager, here, values("account", c.approver.Account, "right", "approve"), http.StatusUnprocessableEntity)

		page = x.post(c.manager, here, values("account", c.officer.Account, "right", "contribute", "until_on", "24 Nov 2026"))
		page.MustSay(t, "The right is given.", "Otto", "contribute", "24 Nov 2026")
		id := x.member(p, c.officer, access.Contribute)
		if page.Form(here+"/"+id+"/remove") == nil {
			t.Error("it can't be undone")
		}
		if !x.may(c.officer, p, access.Contribute) {
			t.Error("Otto may not contribute")
		}
		page = x.post(c.manager, here+"/"+id+"/remove", nil)
		page.MustSay(t, "The right is taken back.")
		page.MustNotSay(t, "Otto contribute")
		if x.may(c.officer, p, access.Contribute) {
			t.Error("Otto may still contribute")
		}
		if page.Form(here+"/"+id+"/restore") == nil {
			t.Error("it can't be given back")
		}
		x.post(c.manager, here+"/"+id+"/restore", nil).MustSay(t, "It is back.", "Otto")
		if !x.may(c.officer, p, access.Contribute) {
			t.Error("Otto may not contribute again")
		}
		// Given anew while it was taken back: it can't be there twice.
		x.post(c.manager, here+"/"+id+"/remove", nil)
		x.post(c.manager, here, values("account", c.officer.Account, "right", "contribute"))
		x.refuses(c.manager, here+"/"+id+"/restore", nil, http.StatusConflict)
		x.later(24 * time.Hour)
		x.refuses(c.manager, here+"/"+x.member(p, c.manager, access.Manage)+"/remove", nil, http.StatusConflict)
		x.refuses(c.manager, here+"/nothing/remove", nil, http.StatusNotFound)
		x.refuses(c.manager, here+"/nothing/restore", nil, http.StatusNotFound)

		manager := "/partnerships/" + p + "/manager"
		page = x.refuses(c.manager, manager, values("account", c.officer.Account), http.StatusUnprocessableEntity)
		if len(page.Errors()) != 1 {
			t.Errorf("to mend: %q", page.Errors())
		}
		x.post(c.manager, here, values("account", c.officer.Account, "right", "manage"))
		x.post(c.manager, manager, values("account", c.officer.Account)).MustSay(t, "The manager is named.", "Otto manager of the partnership")
		if x.record(p).Manager != c.officer.Account {
			t.Error("Otto is not the manager")
		}
	})
}

func TestGatesAreWaivedByTheirRole(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here, gate := "/partnerships/"+p+"/team", "/partnerships/"+p+"/gates/agreement.signature/waive"
		page := x.get(c.manager, here)
		page.MustSay(t, "Gates", "No agreement goes out for signature without a valid screening", "Who may waive it, with a reason: Legal adviser.", "Nobody may waive it.", "Open")
		if page.Form(gate) != nil {
			t.Error("the manager is offered to waive")
		}
		x.refuses(c.manager, gate, values("reason", "It is urgent"), http.StatusForbidden)
		x.refuses(c.ana, gate, values("reason", "It is urgent"), http.StatusForbidden)

		page = x.get(c.legal, here)
		if page.Form(gate) == nil || page.Form("/partnerships/"+p+"/gates/finance.release/waive") != nil {
			t.Error("the legal adviser is offered the wrong gates")
		}
		x.refuses(c.legal, "/partnerships/"+p+"/gates/finance.release/waive", values("reason", "It is urgent"), http.StatusForbidden)
		x.refuses(c.legal, "/partnerships/"+p+"/gates/none/waive", values("reason", "It is urgent"), http.StatusNotFound)
		page = x.refuses(c.legal, gate, values("reason", "", "until_on", "1 Jan 2020"), http.StatusUnprocessableEntity)
		if len(page.Errors()) != 2 || page.Form(gate).Get("until_on") != "1 Jan 2020" {
			t.Errorf("to mend: %q, typed %v", page.Errors(), page.Form(gate))
		}
		page = x.post(c.legal, gate, values("reason", "The screening of 2025 still holds", "until_on", "31 Dec 2026"))
		page.MustSay(t, "The gate is waived.", "Waived by Lena, Legal adviser, on 24 Nov 2026. Until 31 Dec 2026.", "The screening of 2025 still holds")
		var id string
		x.read(func(tx *db.Tx) error {
			all, err := waiversOf(tx, p)
			if len(all) == 1 {
				id = all[0].ID
			}
			return err
		})
		end := "/partnerships/" + p + "/waivers/" + id + "/end"
		if page.Form(end) == nil || x.get(c.manager, here).Form(end) != nil {
			t.Error("the waiver is its role's to end")
		}
		x.get(c.auditor, here).MustSay(t, "Waived by Lena", "The screening of 2025 still holds")
		x.refuses(c.manager, end, nil, http.StatusForbidden)
		x.until("2027-01-01")
		x.get(c.legal, here).MustSay(t, "Over since 31 Dec 2026: the gate is closed again.")
		x.post(c.legal, end, nil).MustNotSay(t, "Waived by Lena")
		x.refuses(c.legal, end, nil, http.StatusNotFound)
	})
}

func TestHistory(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/history"
		x.get(c.manager, here).MustSay(t, "Began as “exploring”. (Mara)", "No step has begun since the partnership was recorded here.", "No element has moved yet.")
		x.later(10 * 24 * time.Hour)
		x.note(c.manager, p, "prospect.geography", access.AudienceHost)
		x.note(c.ravi, p, "prospect.expertise", access.PartyAudience(c.india))
		x.later(31 * 24 * time.Hour)
		n := x.attest(c.manager, x.attested(p, "prospect.geography"))
		x.approve(c.approver, p, n)
		x.ok(x.s.Move(x.Context(), c.manager, p, Active, "All have signed"))
		page := x.get(c.manager, here)
		page.MustSay(t, "Went from “exploring” to “active”: All have signed (Mara)", "The longest is step 1, 31 days.")
		moves := page.Table("Moves of elements, the latest first")
		if len(moves) != 4 || !slices.Equal(moves[1][2:], []string{"Partly", "Attested"}) || !slices.Equal(moves[3][2:], []string{"Open", "Partly"}) {
			t.Errorf("the moves are %q", moves)
		}
		bars := page.Table("Time in each step, days")
		if len(bars) != 12 || !slices.Equal(bars[1], []string{"1 Identify", "31 so far"}) || !slices.Equal(bars[2], []string{"2 Converge", "not started"}) {
			t.Errorf("the times are %q", bars)
		}
		// Each reads what is meant for it.
		says := func(a access.Actor, record string, want int) {
			t.Helper()
			got := 0
			for _, row := range x.get(a, here).Table("Changes of records, the latest first") {
				if strings.HasPrefix(row[3], record) {
					got++
				}
			}
			if got != want {
				t.Errorf("%s reads of %q %d times, want %d", a.Name, record, got, want)
			}
		}
		for _, a := range []access.Actor{c.manager, c.officer, c.auditor} {
			says(a, "Evidence", 2)
			says(a, "Attestation or exemption", 2)
			says(a, "Right in the team", 2)
		}
		says(c.ravi, "Evidence", 1)
		says(c.ana, "Evidence", 0)
		says(c.ana, "Attestation or exemption", 0)
		says(c.ana, "Right in the team", 0)
		says(c.ana, "Party", 2)
		says(c.ana, "Partnership", 2)

		read := func(a access.Actor, format string) [][]string {
			rows, err := csv.NewReader(strings.NewReader(x.file(a, here+"?format="+format))).ReadAll()
			x.ok(err)
			return rows
		}
		for _, row := range read(c.ana, "csv")[1:] {
			if row[3] == "evidence" || row[3] == "attestation" || row[3] == "partnership_team" {
				t.Errorf("Ana's file holds %q", row)
			}
		}
		all := read(c.manager, "csv")
		if len(all) < 10 || all[1][0] != "2027-01-04T09:00:00Z" || all[1][1] != "Mara" || all[1][2] != "moved" {
			t.Errorf("the file holds %q", all)
		}
		if rows := read(c.ana, "elements"); len(rows) != 4 || !slices.Equal(rows[1][1:], []string{"1", "prospect.geography", "open", "partly"}) {
			t.Errorf("the moves are kept as %q", rows)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/history"
		for i := range 60 {
			x.write(func(t *db.Tx) error {
				rec, err := lock(t, p)
				if err != nil {
					return err
				}
				_, err = x.s.addEvidence(t, c.manager, rec, Evidence{Element: "prospect.geography", Kind: EvidenceNote, Title: "Note " + strconv.Itoa(i), Note: "Seen", Audience: access.AudienceParties})
				return err
			})
		}
		titles := map[string]int{}
		page, pages := x.get(c.manager, here), 1
		for ; ; pages++ {
			for _, row := range page.Table("Changes of records, the latest first")[1:] {
				if title, ok := strings.CutPrefix(row[3], "Evidence Note "); ok {
					titles[title]++
				}
			}
			next := page.Link("Next")
			if next == "" {
				break
			}
			next, _, _ = strings.Cut(next, "#")
			page = x.get(c.manager, next)
		}
		if len(titles) != 60 || pages != 2 {
			t.Errorf("%d of 60 notes on %d pages", len(titles), pages)
		}
		for title, n := range titles {
			if n != 1 {
				t.Errorf("note %s stands %d times", title, n)
			}
		}
		if page.Link("The latest") != here+"#records" {
			t.Errorf("the latest are at %q", page.Link("The latest"))
		}
		x.get(c.manager, here+"?after=x.y.z").MustSay(t, "1 to 50")
	})
}
