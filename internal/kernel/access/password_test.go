package access

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ayni/internal/kernel/errs"
)

func TestAU4_PasswordsAreRefusedForLengthAndForBeingCommon(t *testing.T) {
	t.Parallel()
	const email = "maria.silva@example.org"
	for _, c := range []struct {
		password string
		good     bool
	}{
		{"7 chars", false},
		{"eight ch", true},
		{"мой дом!", true},
		{"日本語のパスワ", false}, // seven characters, 21 bytes
		{"日本語のパスワー", true},
		{"🌍🌍🐘🐘🦜🦜🌱🌱", true},
		{"with\x00nul and\ttab", true},
		{strings.Repeat("long enough to sing ", 4)[:64], true},
		{strings.Repeat("ж", 200), true},
		{strings.Repeat("ж", 201), false},
		{"password", false},
		{"Password", false},
		{"P@ssw0rd", false},
		{"password2024", false},
		{"!password!", false},
		{"motdepasse", false},
		{"Contraseña1", false},
		{"12345678", false},
		{"87654321", false},
		{"123456789a", false},
		{"abcd1234", false},
		{"qwerty123456", false},
		{"azertyuiop", false},
		{"1qaz2wsx", false},
		{"aaaaaaaa", false},
		{"abcabcabc", false},
		{"iloveyou", false},
		{"football1998", false},
		{"liverpool", false},
		{"trustno1", false},
		{"September2026", false},
		{"Bangladesh1!", false},
		{"cheesecake", false},
		{"Miércoles24", false},
		{"Cooperation2026", false},
		{"159753456", false},
		{"aynipassword", false},
		{"Ayni2026!", false},
		{"ayniayniayni", false},
		{"maria.silva", false},
		{"maria.silva2026", false},
		{"maria.silva walks by the lake", true},
		{"daynight and stars", true},
		{"all lower case words", true},
		{"83920174", true},
	} {
		var check errs.Check
		err := checkPassword(&check, "p", c.password, email)
		if err != nil {
			t.Fatal(err)
		}
		if good := check.Err() == nil; good != c.good {
			t.Errorf("%q: accepted %v, want %v (%v)", c.password, good, c.good, check.Err())
		}
	}
}

func TestAU4_PasswordsAreKeptUnmodified(t *testing.T) {
	t.Parallel()
	h := newHasher()
	stored, err := h.hash(t.Context(), " Été à Genève ")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %s", stored)
	}
	for password, want := range map[string]bool{
		" Été à Genève ": true, "Été à Genève": false, " été à genève ": false, "": false,
		" E\u0301te\u0301 a\u0300 Gene\u0300ve ": false, // the same words, composed otherwise
	} {
		got, err := h.verify(t.Context(), stored, password)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	got, err := h.verify(t.Context(), "", "anything")
	if err != nil || got {
		t.Errorf("an account without a password let in: %v, %v", got, err)
	}
	_, err = h.verify(t.Context(), "$2a$10$other", "anything")
	if err == nil {
		t.Error("a stored password of another form is no error")
	}
}

func TestAU5_HugePasswordsCostNothingAndFewHashesRunAtOnce(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range 50 {
		_, err := h.verify(t.Context(), "", strings.Repeat("a", 1<<20))
		if !errs.Is(err, errs.TooLarge) {
			t.Fatalf("got %v", err)
		}
	}
	// Slots are taken by hand here: what is counted is who is let in.
	var inside, most atomic.Int64
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			err := h.enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			most.Store(max(most.Load(), inside.Add(1)))
			inside.Add(-1)
			<-h.slots
		})
	}
	wait.Wait()
	if most.Load() > 2 {
		t.Errorf("%d hashes at once", most.Load())
	}
	for range hashesAtOnce {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range hashesWaiting {
		waiting.Go(func() {
			err := h.enter(ctx)
			if err == nil {
				t.Error("let in although every slot is taken")
			}
		})
	}
	for len(h.waiting) < hashesWaiting {
		// The others come to the door; each needs only to be scheduled.
		if ctx.Err() != nil {
			t.Fatal("the test ended")
		}
	}
	err := h.enter(t.Context())
	if !errs.Is(err, errs.Busy) || errs.As(err).Retry == 0 {
		t.Errorf("one more than may wait got %v", err)
	}
	cancel()
	waiting.Wait()
}

func FuzzPassword(f *testing.F) {
	for _, s := range []string{"", "aaaaaaaa", "12345678", "qwertyuiop", "🌍", "\xff\xfe", "ayni"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var c errs.Check
		err := checkPassword(&c, "p", s, s+"@example.org")
		if (err != nil) != (len(s) > maxPasswordBytes) {
			t.Errorf("%q: %v", s, err)
		}
	})
}
