package apptest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/privacy"
)

// The pages of privacy: what is kept about oneself, what is kept of a person,
// and erasing one, which asks for the password and for a word first.
func TestPR4ErasePage(t *testing.T) {
	t.Parallel()
	Each(t, func(h *House) {
		w := NewWorld(h)
		officer := h.As(Officer)
		officer.Get("/profile").Is(http.StatusOK).Page().MustSay(t, "What is kept about you")
		officer.Get(privacy.OwnDataPath).Is(http.StatusOK).Page().MustSay(t, "About you", "Account")
		own := officer.Get(privacy.OwnDataPath + ".json").Is(http.StatusOK)
		if !strings.Contains(own.Body.String(), Officer+"@example.org") || strings.Contains(own.Body.String(), Admin+"@example.org") {
			t.Error("the officer's own data are not the officer's")
		}
		path := privacy.PersonPath(w.Person)
		officer.Get(path).Is(http.StatusForbidden)
		admin := h.As(Admin)
		admin.Get("/persons/"+w.Person).Is(http.StatusOK).Page().MustSay(t, "Data about this person")
		admin.Get(privacy.AdminPath + "?who=nobody@example.org").Is(http.StatusUnprocessableEntity)
		admin.Get(privacy.AdminPath + "?who=person@example.org").Leads(path)
		page := admin.Get(path).Is(http.StatusOK).Page()
		page.MustSay(t, "takes the values out", "Erase this person")
		form := page.Form(path + "/erase")
		form.Del("sure")
		admin.Post(path+"/erase", form).Is(http.StatusUnprocessableEntity).Page().MustSay(t, "Tick this to say that you mean it")
		admin.Get("/persons/" + w.Person).Is(http.StatusOK)

		// A password given long ago is asked for again, and nothing happens.
		h.Clock.Advance(20 * time.Minute)
		admin.Post(path+"/erase", url.Values{"sure": {"1"}}).Page().MustNotSay(t, "The person is erased")
		admin.Get("/persons/" + w.Person).Is(http.StatusOK)
		admin.Post("/sign-in/again", url.Values{"password": {Password}, "next": {"/"}, "replay": {""}}).Is(http.StatusSeeOther)

		admin.Post(path+"/erase", url.Values{"sure": {"1"}}).Is(http.StatusOK).Page().MustSay(t, "The person is erased", "person_role")
		admin.Get("/persons/" + w.Person).Is(http.StatusNotFound)
		admin.Get(path).Is(http.StatusOK).Page().MustSay(t, "This person was erased on")
		admin.Get(privacy.AdminPath).Is(http.StatusOK).Page().MustSay(t, w.Person)
		// The last administrator stays.
		last := privacy.PersonPath(h.Actor(Admin).Person)
		admin.Post(last+"/erase", url.Values{"sure": {"1"}}).Is(http.StatusConflict).Page().MustSay(t, "last account with the role")
	})
}
