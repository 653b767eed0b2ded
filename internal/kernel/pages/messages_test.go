package pages

import (
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/mail"
)

// queued puts a message into the outbox and returns its id.
func (s *site) queued(to string) string {
	s.Helper()
	var id string
	s.ok(s.d.Write(s.Context(), func(t *db.Tx) error {
		err := s.mail.Queue(t, s.admin.ID(), mail.Message{To: to, Name: "Canary Name", Lang: "en", Subject: "canary-subject", Text: "canary-text https://ayni.example.org/link/canary", Kind: "reset"})
		if err != nil {
			return err
		}
		rows, err := mail.List(t, mail.Filter{Limit: 1})
		if err == nil {
			id = rows[0].ID
		}
		return err
	}))
	return id
}

// set puts a message into a state, as a sender would.
func (s *site) set(id string, state mail.State, why mail.Why, reply string) {
	s.Helper()
	s.ok(s.d.Write(s.Context(), func(t *db.Tx) error {
		return t.ExecOne(`update mail_outbox set state = $2, why = $3, reply = $4 where id = $1`, id, state, why, reply)
	}))
}

func TestMessagesAreListedWithWordsAndWithoutWhatTheySay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newHouse(t, d, nil)
		waiting, doubt, bounced := s.queued("ana@example.org"), s.queued("bo@example.org"), s.queued("cy@example.org")
		s.set(doubt, mail.Doubt, mail.WhyLost, "")
		s.set(bounced, mail.Bounced, mail.WhyMailbox, "550 5.1.1 <script>alert(1)</script>")
		b := s.in("ada@example.org")
		page := b.get("/admin/messages").is(200)
		page.MustSay(t, "1\u00a0in doubt", "1\u00a0came back", "1\u00a0waiting", "It may have arrived", "takes nothing for this address", "No way of sending is configured")
		page.MustNotSay(t, "canary", "Canary")
		page = b.get("/admin/messages?state=doubt&kind=reset").is(200)
		if rows := page.Table("Messages, latest first"); len(rows) != 2 || !strings.Contains(strings.Join(rows[1], " "), "bo@example.org") {
			t.Errorf("in doubt: %v", rows)
		}
		b.get("/admin/messages?state=sent").is(200).MustSay(t, "No message is like this")
		for _, id := range []string{waiting, doubt, bounced} {
			b.get(messagePath(id)).is(200).MustNotSay(t, "canary", "Canary")
		}
		b.get(messagePath(bounced)).is(200).MustSay(t, "550 5.1.1 <script>alert(1)</script>")
		b.get(messagePath("00000000-0000-7000-8000-000000000000")).is(404)
		b.get("/admin/system").is(200).MustSay(t, "1 message may or may not have arrived")
		s.person("auditor@example.org", access.Auditor)
		s.in("auditor@example.org").get("/admin/messages").is(403)
	})
}

func TestMessageInDoubtIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t), nil)
	b := s.in("ada@example.org")
	for decision, want := range map[string]string{"again": "waiting", "sent": "sent", "drop": "dropped"} {
		id := s.queued("ana@example.org")
		s.set(id, mail.Doubt, mail.WhyDied, "")
		page := b.get(messagePath(id)).is(200)
		page.MustSay(t, "Nobody can know whether it has arrived")
		b.send(page, messagePath(id)+"/decide", map[string]string{"decision": decision}).leads(messagePath(id))
		b.get(messagePath(id)).is(200).MustSay(t, want)
	}
	id := s.queued("ana@example.org")
	page := b.get(messagePath(id)).is(200)
	s.set(id, mail.Sent, mail.NoWhy, "")
	b.send(page, messagePath(id)+"/decide", map[string]string{"decision": "drop"}).is(409).MustSay(t, "has moved on")
	b.get("/admin/audit?kind=message").is(200).MustSay(t, "treated as sent", "sent again", "dropped")
}

func TestBR2MessagesHeldAfterARestoreAreDecided(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]string{"send": "waiting", "drop": "dropped"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			s := newHouse(t, dbtest.SQLite(t), nil)
			id := s.queued("ana@example.org")
			s.ok(s.d.Write(t.Context(), mail.Quarantine))
			b := s.in("ada@example.org")
			page := b.get("/admin/messages").is(200)
			page.MustSay(t, "All messages are held")
			b.get(messagePath(id)).is(200).MustSay(t, "held")
			b.send(page, "/admin/messages/release", map[string]string{"held": choice}).leads("/admin/messages")
			b.get("/admin/messages").is(200).MustNotSay(t, "All messages are held")
			b.get(messagePath(id)).is(200).MustSay(t, want)
		})
	}
}
