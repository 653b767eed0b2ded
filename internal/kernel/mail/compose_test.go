package mail_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
)

func TestComposedMessage(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t)).service(mail.Options{})
	s.Host = func() string { return "Example Ministry" }
	got := s.Compose(i18n.For("en"), mail.Body{
		Name: "Ana Souza", Lines: []string{"An administrator of the installation has made an account for you, with which you can take part."},
		Ask: "Set your password:", Link: s.URL("/link/abc"), Until: noon(time.Hour), Why: "You get this because somebody gave your address.", Stop: s.URL("/stop/x"),
	})
	want := `Hello Ana Souza,

An administrator of the installation has made an account for you, with
which you can take part.

Set your password:
https://ayni.example.org/link/abc

The link works until 21 Sep 2026, 13:00 (UTC).

-- 
Sent by Ayni for Example Ministry. Nobody reads answers to this address.
https://ayni.example.org/

You get this because somebody gave your address.

No more messages like this:
https://ayni.example.org/stop/x
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestComposedLinesAreShort(t *testing.T) {
	t.Parallel()
	s := newHouse(t, dbtest.SQLite(t)).service(mail.Options{})
	long := "https://ayni.example.org/" + strings.Repeat("x", 100)
	for _, lang := range i18n.Langs {
		text := s.Compose(i18n.For(lang), mail.Body{Lines: []string{strings.Repeat("été ", 60)}, Ask: "x", Link: long, Until: noon(0), Stop: long})
		for line := range strings.SplitSeq(text, "\n") {
			if utf8.RuneCountInString(line) > 72 && line != long {
				t.Errorf("%s: %q", lang, line)
			}
		}
		if !strings.Contains(text, "\n"+long+"\n") {
			t.Errorf("%s: the address does not stand alone:\n%s", lang, text)
		}
	}
}
