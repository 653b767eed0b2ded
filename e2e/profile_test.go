package e2e

import "testing"

// TestProfile sets the language and the appearance in the profile: they hold
// on the next page, whatever the browser asks for.
func TestProfile(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	r := readerOf(t, s, "en")
	r.SignInDemo("specialist")
	for _, set := range []struct{ lang, language, theme string }{
		{"es", "Español", "dark"}, {"fr", "Français", "light"}, {"en", "English", "dark"},
	} {
		r.Look(look{width: 1280, height: 900, dark: set.theme == "light"})
		r.Visit("/profile")
		f := r.page().Section(r.T("pages.profile.you"))
		f.Choose(r.T("pages.field.lang"), set.language)
		f.Choose(r.T("pages.field.theme"), r.T("pages.theme."+set.theme))
		save := r.T("pages.profile.save")
		r.words = wordsIn(t, set.lang) // the answer is in the new language
		f.Submit(save)
		r.SeesText(r.T("pages.profile.saved"))
		dark := eval[bool](r, `getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((part) => part < 128)`)
		if dark != (set.theme == "dark") {
			t.Errorf("with the appearance %s the ground is dark: %v", set.theme, dark)
		}
		for _, found := range r.axe(axeContrast) {
			t.Errorf("%s, %s: %s", set.lang, set.theme, found)
		}
		r.Visit("/")
		r.HeadingIs(r.T("home.title"))
	}
}
