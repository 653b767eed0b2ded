package partnership

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
)

func (h *house) evidence(p, id string) (e Evidence) {
	h.Helper()
	h.read(func(t *db.Tx) error {
		var err error
		e, err = oneEvidence(t, access.System("tests"), p, id)
		return err
	})
	return e
}

func (h *house) versions(p, record string) (out []fileRow) {
	h.Helper()
	h.read(func(t *db.Tx) error {
		all, err := filesOf(t, p, []string{record})
		out = all[record]
		return err
	})
	return out
}

// content is what a stored file holds.
func (h *house) content(hash string) string {
	h.Helper()
	f, err := h.s.files.Open(hash)
	h.ok(err)
	defer f.Close()
	b, err := io.ReadAll(f)
	h.ok(err)
	return string(b)
}

func text(name, content string) *Upload { return &Upload{Name: name, Body: strings.NewReader(content)} }

func TestFilesHaveVersions(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "outreach.channels"
		id, err := h.s.AddEvidence(ctx, c.ana, Evidence{Partnership: p, Element: el, Audience: access.AudienceParties}, text("minutes.txt", "first"))
		h.ok(err)
		rows := h.count(`select count(*) from audit`)
		form := h.evidence(p, id)
		form.Title, form.Alt = "Minutes", "Two people"
		h.later(time.Hour)
		h.ok(h.s.EditEvidence(ctx, c.ana, form, text("../minutes-2.txt", "second")))
		h.refused(h.s.EditEvidence(ctx, c.ana, form, text("x.txt", "third")), errs.Conflict, "") // the version has moved on
		form = h.evidence(p, id)
		h.ok(h.s.EditEvidence(ctx, c.manager, form, nil)) // without a file: none is added
		if n := h.count(`select count(*) from audit`); n != rows+2 {
			h.Errorf("two changes left %d rows in the audit", n-rows)
		}
		got := h.evidence(p, id)
		all := h.versions(p, id)
		if len(all) != 2 || all[0].Number != 2 || all[1].Number != 1 || all[0].CreatedBy != c.ana.Account || all[0].CreatedAt != all[1].CreatedAt.Add(time.Hour) {
			h.Fatalf("kept versions %+v", all)
		}
		if got.Ref != all[0].File || got.FileName != "minutes-2.txt" || got.Title != "Minutes" || got.Alt != "Two people" || got.Size != 6 {
			h.Errorf("kept as %+v", got)
		}
		if h.content(all[1].File) != "first" || h.content(all[0].File) != "second" {
			h.Error("the versions hold something else")
		}

		// Who may not, may not; what is wrong is said at its field.
		h.refused(h.s.EditEvidence(ctx, c.ravi, got, nil), errs.Forbidden, "")
		h.refused(h.s.EditEvidence(ctx, c.officer, got, nil), errs.Forbidden, "")
		bad := got
		bad.Title = ""
		h.refused(h.s.EditEvidence(ctx, c.ana, bad, nil), errs.Invalid, "title")
		h.refused(h.s.EditEvidence(ctx, c.ana, got, text("x.html", "<html>")), errs.Invalid, "file")
		hide := got
		hide.Audience = access.AudienceHost
		h.refused(h.s.EditEvidence(ctx, c.ana, hide, nil), errs.Invalid, "audience")
		h.ok(h.s.EditEvidence(ctx, c.manager, hide, nil))
		guide, err := h.s.AddEvidence(ctx, c.manager, Evidence{Partnership: p, Element: el, Kind: EvidenceGuide, Title: "x", Ref: h.s.ref.All("guide_passage")[0].Code, Audience: access.AudienceParties}, nil)
		h.ok(err)
		h.refused(h.s.EditEvidence(ctx, c.manager, h.evidence(p, guide), nil), errs.Conflict, "")
		note := h.note(c.manager, p, el, access.AudienceHost)
		was := h.evidence(p, note)
		was.Note = "Seen twice"
		h.ok(h.s.EditEvidence(ctx, c.manager, was, text("x.txt", "not for a note")))
		if now := h.evidence(p, note); now.Kind != EvidenceNote || now.Note != "Seen twice" || now.Ref != "" || len(h.versions(p, note)) != 0 {
			h.Errorf("a note became %+v", now)
		}
		h.ok(h.s.RemoveEvidence(ctx, c.manager, p, note, true))
		h.refused(h.s.EditEvidence(ctx, c.manager, was, nil), errs.NotFound, "")
		h.whole(p)
	})
}

// TestAttestedFilesHaveVersions: another file makes what was approved wait
// again, and what was approved stays to be read.
func TestAttestedFilesHaveVersions(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		const el = "agreement.agreement"
		n, err := h.s.Attest(h.Context(), c.manager, h.attested(p, el), text("signed.txt", "signed"))
		h.ok(err)
		h.approve(c.approver, p, n)
		h.stands(p, el, Attested, "records")
		approved := h.attestation(p, n).Content
		h.ok(h.s.EditAttestation(h.Context(), c.manager, h.attestation(p, n), text("signed.txt", "signed again")))
		h.stands(p, el, Open, "approve")
		got := h.attestation(p, n)
		all := h.versions(p, n)
		if got.State != Pending || got.Content == approved || len(all) != 2 || all[0].File != got.File || h.content(all[1].File) != "signed" {
			h.Errorf("%+v, versions %+v", got, all)
		}
		// The same bytes again are the same file.
		h.approve(c.approver, p, n)
		h.ok(h.s.EditAttestation(h.Context(), c.manager, h.attestation(p, n), text("signed.txt", "signed again")))
		h.stands(p, el, Attested, "records")
		h.whole(p)
	})
}

// letter is a message with files attached, as name, content, name, content…
func letter(subject string, attached ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: =?utf-8?q?Jo=C3=A3o?= <joao@example.org>\r\nTo: office@example.net\r\nDate: Mon, 23 Nov 2026 22:30:00 -0300\r\nSubject: %s\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n", subject)
	b.WriteString("--outer\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nR\xe9union <b>on</b> Friday\r\n")
	for i := 0; i < len(attached); i += 2 {
		fmt.Fprintf(&b, "--outer\r\nContent-Type: application/octet-stream; name=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", attached[i], base64.StdEncoding.EncodeToString([]byte(attached[i+1])))
	}
	b.WriteString("--outer--\r\n")
	return b.String()
}

func TestMessageAsEvidence(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "outreach.messages"
		add := func(content string) (string, error) {
			return h.s.AddEvidence(ctx, c.ana, Evidence{Partnership: p, Element: el, Audience: access.AudienceParties}, text("answer.eml", content))
		}
		inner := letter("Before", "inner.txt", "inner")
		sent := letter("Agreed", "../../plan.txt", "the plan", "page.html", "<html>", "before.eml", inner, "again.txt", "the plan")
		id, err := add(sent)
		h.ok(err)
		e := h.evidence(p, id)
		m := h.versions(p, id)[0].Message.V
		if h.content(e.Ref) != sent || e.MediaType != files.Mail || e.Title != "answer.eml" {
			h.Fatalf("kept as %+v", e)
		}
		if m == nil || m.From.Name != "João" || m.From.Address != "joao@example.org" || m.Subject != "Agreed" || m.Text != "Réunion <b>on</b> Friday" || len(m.Attached) != 4 || m.Date.UTC().Format(time.RFC3339) != "2026-11-24T01:30:00Z" {
			h.Fatalf("read as %+v", m)
		}

		// Kept by a tick, for the same readers, once.
		n, err := h.s.KeepAttached(ctx, c.ana, p, id, []int{1, 3})
		h.ok(err)
		if n != 2 {
			h.Errorf("%d are new", n)
		}
		n, err = h.s.KeepAttached(ctx, c.manager, p, id, []int{1, 4})
		h.ok(err)
		if n != 0 {
			h.Errorf("kept again: %d", n) // number 4 has the bytes of number 1
		}
		var kept []Evidence
		h.read(func(t *db.Tx) error {
			kept, err = keptFrom(t, c.ana, p, id)
			return err
		})
		if len(kept) != 2 || kept[0].Title != "plan.txt" || kept[0].FileName != "plan.txt" || kept[0].Ref != m.Attached[0].Hash || h.content(kept[0].Ref) != "the plan" ||
			kept[0].Element != el || kept[0].Audience != access.AudienceParties || kept[1].MediaType != files.Mail || h.content(kept[1].Ref) != inner {
			h.Errorf("kept %+v", kept)
		}
		if in := h.versions(p, kept[1].ID)[0].Message.V; in == nil || in.Subject != "Before" || len(in.Attached) != 1 {
			h.Errorf("the attached message is read as %+v", in)
		}

		// What is not accepted as a file is not kept either, and nothing else with it.
		rows := h.count(`select count(*) from evidence`)
		keep := func(a access.Actor, numbers ...int) error {
			_, err := h.s.KeepAttached(ctx, a, p, id, numbers)
			return err
		}
		h.refused(keep(c.ana, 2), errs.Invalid, "attached")
		h.refused(keep(c.ana), errs.Invalid, "attached")
		h.refused(keep(c.ana, 5), errs.NotFound, "")
		h.refused(keep(c.ana, -1), errs.NotFound, "")
		h.refused(keep(c.officer, 1), errs.Forbidden, "")
		note := h.note(c.manager, p, el, access.AudienceHost)
		_, err = h.s.KeepAttached(ctx, c.manager, p, note, []int{1})
		h.refused(err, errs.NotFound, "")
		if n := h.count(`select count(*) from evidence`); n != rows+1 {
			h.Errorf("%d rows were written", n-rows-1)
		}

		// Beyond the bounds it is refused, with the reason; what is broken is kept and said to be.
		deep := "words"
		for i := range 7 {
			deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n", i, i, deep, i)
		}
		const head = "From: a@example.org\r\nDate: Mon, 23 Nov 2026 22:30:00 -0300\r\n"
		for _, content := range []string{
			head + deep,
			head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 300) + "--b--\r\n",
			head + "X: " + strings.Repeat("x", 300<<10) + "\r\n\r\n",
		} {
			_, err := add(content)
			h.refused(err, errs.Invalid, "file")
		}
		broken, err := add(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nx")
		h.ok(err)
		if m := h.versions(p, broken)[0].Message.V; !m.Incomplete {
			h.Errorf("a broken message is read as %+v", m)
		}
		h.whole(p)
	})
}

// TestMessageOfThirtyMegabytes is taken, as its files are not larger than
// others may be.
func TestMessageOfThirtyMegabytes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	c := h.cast()
	p := h.partnership(c)
	large := strings.Repeat("a table of numbers, 1, 2, 3\n", 22<<20/28)
	sent := letter("Large", "table.txt", large)
	if len(sent) < 29<<20 {
		t.Fatalf("only %d bytes", len(sent))
	}
	id, err := h.s.AddEvidence(h.Context(), c.ana, Evidence{Partnership: p, Element: "outreach.messages", Audience: access.AudienceParties}, text("large.eml", sent))
	h.ok(err)
	_, err = h.s.KeepAttached(h.Context(), c.ana, p, id, []int{1})
	h.ok(err)
	_, err = h.s.AddEvidence(h.Context(), c.ana, Evidence{Partnership: p, Element: "outreach.messages", Audience: access.AudienceParties}, text("larger.eml", letter("x", "t.txt", large+large[:6<<20])))
	h.refused(err, errs.TooLarge, "")
}
