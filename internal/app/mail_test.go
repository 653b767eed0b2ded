package app

import (
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/mail"
)

func queueOne(t *testing.T, a *App) {
	t.Helper()
	err := a.DB.Write(t.Context(), func(t *db.Tx) error {
		return a.Mail.Queue(t, "system:test", mail.Message{To: "ana@example.org", Lang: "en", Subject: "Hello", Text: "Hello", Kind: "reset"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func messages(t *testing.T, a *App) mail.Overview {
	t.Helper()
	var o mail.Overview
	err := a.DB.Read(t.Context(), func(t *db.Tx) error {
		var err error
		o, err = mail.Count(t)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A restored installation sends nothing by itself: neither what the backup
// holds and was sent since, nor what is new, for it may be a copy.
func TestBR2RestoredMailIsHeld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		queueOne(t, a)
		file := filepath.Join(t.TempDir(), "backup.zip")
		_, err := Backup(t.Context(), o, file, false)
		if err != nil {
			t.Fatal(err)
		}
		to := options(t, "")
		if o.DBURL != "" {
			to.DBURL = dbtest.URL(t)
		}
		_, err = Restore(t.Context(), to, file, false)
		if err != nil {
			t.Fatal(err)
		}
		to.KeyFile, to.Mail.Dir = o.KeyPath(), filepath.Join(t.TempDir(), "mail")
		b := open(t, to)
		queueOne(t, b)
		err = b.Mail.SendNow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := messages(t, b); got.ByState[mail.Held] != 2 || got.Held == 0 {
			t.Errorf("after the restore: %+v", got)
		}
		err = b.DB.Write(t.Context(), func(t *db.Tx) error {
			_, err := mail.Release(t, "account:1", true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = b.Mail.SendNow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := messages(t, b); got.ByState[mail.Sent] != 2 || got.Held != 0 {
			t.Errorf("after the release: %+v", got)
		}
		if got := messages(t, a); got.ByState[mail.Waiting] != 1 || got.Held != 0 {
			t.Errorf("the installation that was backed up: %+v", got)
		}
	})
}

// Links in messages begin with the configured address, whatever a request says.
func TestAU8LinksCarryTheConfiguredAddress(t *testing.T) {
	t.Parallel()
	a := open(t, options(t, ""))
	a.Handler(ServeOptions{Addr: "127.0.0.1:0", BaseURL: "https://ayni.example.org/"})
	if got := a.Mail.URL("/link/x"); got != "https://ayni.example.org/link/x" {
		t.Error(got)
	}
}

// A mailbox that takes nothing is marked where the person's addresses are kept
// and on the page of the account.
func TestFA9MailboxThatBouncesIsMarked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go refuseAll(listener)
		t.Cleanup(func() { listener.Close() })
		o.Mail.SMTP = "smtp://" + listener.Addr().String()
		a := open(t, o)
		known := account(t, a, "ana@example.org", "", access.Officer)
		err = a.DB.Write(t.Context(), func(t *db.Tx) error {
			return a.Mail.Queue(t, "system:test", mail.Message{To: "Ana@Example.org", Lang: "en", Subject: "Hello", Text: "Hello", Kind: "reset", Person: known.Person})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = a.Mail.SendNow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := messages(t, a); got.ByState[mail.Bounced] == 0 || got.ByState[mail.Waiting] > 0 {
			t.Fatalf("%+v", got)
		}
		var address string
		var usable, marked bool
		err = a.DB.Read(t.Context(), func(t *db.Tx) error {
			var err error
			address, _, usable, err = directory.MailAddress(t, known.Person, "")
			if err != nil {
				return err
			}
			_, marked, err = mail.BounceOf(t, "ana@example.org")
			return err
		})
		if err != nil || usable || !marked {
			t.Errorf("the address %q may still be written to: %v, marked: %v, %v", address, usable, marked, err)
		}
	})
}

// refuseAll speaks SMTP and takes nothing for anybody.
func refuseAll(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		text := textproto.NewConn(conn)
		text.PrintfLine("220 ready")
		for line, err := text.ReadLine(); err == nil; line, err = text.ReadLine() {
			answer := "250 ok"
			switch {
			case strings.HasPrefix(line, "RCPT"):
				answer = "550 5.1.1 no such user"
			case strings.HasPrefix(line, "QUIT"):
				answer = "221 bye"
			}
			text.PrintfLine("%s", answer)
		}
		conn.Close()
	}
}
