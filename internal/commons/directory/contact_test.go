package directory

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
)

// Which address a person is written to on, by what is recorded.
func TestMailAddressForAPurpose(t *testing.T) {
	t.Parallel()
	const today, main = "2026-11-24", "main@example.org"
	mail := func(value string, edit func(*Contact)) Contact {
		c := Contact{Kind: ByMail, Value: value, Basis: OnFunction}
		if edit != nil {
			edit(&c)
		}
		return c
	}
	withdrawn := func(c *Contact) { c.WithdrawnOn = "2026-11-01" }
	for name, x := range map[string]struct {
		main     string
		contacts []Contact
		want     string
		lang     string
	}{
		"nothing":                     {},
		"the main address":            {main: main, want: main, lang: "fr"},
		"the main one is withdrawn":   {main: main, contacts: []Contact{mail(main, withdrawn)}},
		"the main one came back":      {main: main, contacts: []Contact{mail(main, func(c *Contact) { c.BouncedOn = today })}},
		"the main one for news alone": {main: main, contacts: []Contact{mail(main, func(c *Contact) { c.Purposes = "news" })}},
		"the main one for this":       {main: main, contacts: []Contact{mail(main, func(c *Contact) { c.Purposes = "news partnership" })}, want: main, lang: "fr"},
		"another beside the main one": {main: main, contacts: []Contact{mail("b@example.org", nil)}, want: main, lang: "fr"},
		"a preferred one":             {main: main, contacts: []Contact{mail("a@example.org", nil), mail("b@example.org", func(c *Contact) { c.Preferred, c.Lang = true, "es" })}, want: "b@example.org", lang: "es"},
		"the other when main is out":  {main: main, contacts: []Contact{mail(main, withdrawn), mail("b@example.org", nil)}, want: "b@example.org", lang: "fr"},
		"all withdrawn":               {main: main, contacts: []Contact{mail(main, withdrawn), mail("b@example.org", withdrawn)}},
		"its time is over":            {contacts: []Contact{mail("b@example.org", func(c *Contact) { c.ToOn = "2026-10" })}},
		"its time has not begun":      {contacts: []Contact{mail("b@example.org", func(c *Contact) { c.FromOn = "2027" })}},
		"its time runs to this month": {contacts: []Contact{mail("b@example.org", func(c *Contact) { c.ToOn = "2026-11" })}, want: "b@example.org", lang: "fr"},
		"a telephone is no address":   {contacts: []Contact{{Kind: ByPhone, Value: "+1 234 5678"}}},
	} {
		got, lang := mailAddress(Person{Email: x.main, Lang: "fr"}, x.contacts, "partnership", today)
		if got != x.want || lang != x.lang {
			t.Errorf("%s: %q in %q, want %q in %q", name, got, lang, x.want, x.lang)
		}
	}
}

func TestContactPointsOfAPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Amina Example", Email: "amina@example.org", Lang: "fr"}, Role{})
		if err != nil {
			t.Fatal(err)
		}
		asked := func() (string, bool) {
			t.Helper()
			var to string
			var ok bool
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				var err error
				to, _, ok, err = MailAddress(tx, p.ID, "partnership")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return to, ok
		}
		_, err = s.SaveContact(t.Context(), officer, Contact{Person: p.ID, Kind: ByMail, Value: "x", Purposes: "nonsense", Basis: OnConsent, FromOn: "2026-13"})
		if e := errs.As(err); e == nil || len(e.Fields) != 5 {
			t.Fatalf("a bad form: %v", err)
		}
		form := Contact{Person: p.ID, Kind: ByMail, Value: " Amina@Example.org ", Purposes: "partnership", Basis: OnConsent, BasisOn: "2026-11", BasisNote: "letter"}
		_, err = s.SaveContact(t.Context(), auditor, form)
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("an auditor writes: %v", err)
		}
		made, err := s.SaveContact(t.Context(), officer, form)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.SaveContact(t.Context(), officer, form)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("the same twice: %v", err)
		}
		if to, ok := asked(); !ok || to != "amina@example.org" {
			t.Fatalf("with consent: %q %v", to, ok)
		}
		_, err = s.WithdrawContact(t.Context(), officer, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if to, ok := asked(); ok {
			t.Errorf("consent was withdrawn and the address is offered: %q", to)
		}
		// Editing does not bring consent back by the way.
		made.Version, made.Preferred = 2, true
		changed, err := s.SaveContact(t.Context(), officer, made)
		if err != nil || changed.WithdrawnOn == "" {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		_, err = s.AllowContact(t.Context(), officer, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := asked(); !ok {
			t.Error("undone, and still not offered")
		}
		_, err = s.WithdrawContact(t.Context(), officer, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		d.Clock.Set(d.Clock.Now().Add(40 * 24 * time.Hour))
		_, err = s.AllowContact(t.Context(), officer, made.ID)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("undone after 40 days: %v", err)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error { return s.NoteBounce(tx, officer, p.ID, "amina@example.org") })
		if err != nil {
			t.Fatal(err)
		}
		profile, err := s.Person(t.Context(), officer, "en", p.ID)
		if err != nil || len(profile.Contacts) != 1 || profile.Contacts[0].BouncedOn == "" {
			t.Errorf("after a bounce: %+v, %v", profile.Contacts, err)
		}
	})
}

// What came back for the main address is known without a contact point too.
func TestBounceOfTheMainAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Amina Example", Email: "amina@example.org"}, Role{})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error { return s.NoteBounce(tx, officer, p.ID, "Amina@example.org") })
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			to, _, ok, err := MailAddress(tx, p.ID, "news")
			if ok {
				t.Errorf("offered after it came back: %q", to)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestContactPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		own, foreign := add(t, s, OrganisationForm{Name: "Own Ministry"}), add(t, s, OrganisationForm{Name: "Foreign Union"})
		h := newSite(t, d, NewRoom(s))
		h.actors["partner"] = partner(own.ID)
		for _, o := range []Organisation{own, foreign} {
			to := h.sent("officer", organisationPath(o.ID)+"/contacts/new", map[string]string{"kind": "phone", "value": "+254 20 1234567", "basis": "public"})
			if to != organisationPath(o.ID) {
				t.Errorf("led to %s", to)
			}
		}
		h.page("partner", organisationPath(own.ID)).MustSay(t, "+254 20 1234567", "every purpose")
		h.page("partner", organisationPath(foreign.ID)).MustNotSay(t, "+254 20 1234567", "Contact points")
		p, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Amina Example", Email: "amina@example.org"}, Role{})
		if err != nil {
			t.Fatal(err)
		}
		w := h.do("officer", http.MethodPost, personPath(p.ID)+"/contacts/new", url.Values{"kind": {"email"}, "value": {"nowhere"}, "basis": {"consent"}, "basis_note": {"kept words"}})
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "kept words") {
			t.Errorf("a bad form: %d", w.Code)
		}
		h.sent("officer", personPath(p.ID)+"/contacts/new", map[string]string{"kind": "email", "value": "amina@example.org", "purposes": "news", "basis": "consent", "basis_on": "2026-01-02", "basis_note": "form at a fair"})
		page := h.page("officer", personPath(p.ID))
		page.MustSay(t, "News and calls", "Consent", "Note a withdrawal")
		profile, err := s.Person(t.Context(), officer, "en", p.ID)
		if err != nil {
			t.Fatal(err)
		}
		key := contactPath(profile.Contacts[0].ID)
		w = h.do("officer", http.MethodPost, key+"/withdraw", page.Form(key+"/withdraw"))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("withdraw: %d", w.Code)
		}
		h.page("officer", personPath(p.ID)).MustSay(t, "withdrawn on")
		w = h.do("officer", http.MethodPost, key+"/allow", url.Values{})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("undo: %d", w.Code)
		}
		page = h.page("officer", personPath(p.ID))
		page.MustNotSay(t, "withdrawn on")
		page = h.page("officer", key+"/edit")
		if got := page.Form(key + "/edit").Get("basis_note"); got != "form at a fair" {
			t.Errorf("the form has %q", got)
		}
		w = h.do("officer", http.MethodPost, key+"/delete", page.Form(key+"/delete"))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("delete: %d", w.Code)
		}
		h.page("officer", personPath(p.ID)).MustSay(t, "No contact point is recorded.")
		w = h.do("officer", http.MethodPost, key+"/restore", url.Values{})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("restore: %d", w.Code)
		}
	})
}
