package directory

import (
	"regexp"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Lengths of a contact point, in characters.
const (
	maxContact   = 500
	maxBasisNote = 500
)

// phoneForm is a number as people write it, with an extension if need be.
var phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{4,30}( ?(ext|x|#)\.? ?[0-9]{1,8})?$`)

// checkContact tidies a contact point and says what is to be mended.
func checkContact(v Contact, today clock.Day, has known) (Contact, error) {
	var c errs.Check
	v.Value = contactValue(&c, v.Kind, v.Value)
	codes := slices.Compact(slices.Sorted(slices.Values(v.PurposeCodes())))
	for _, code := range codes {
		c.If(!has(PurposeList, code) && !c.Has("purposes"), "purposes", i18n.M("directory.choose", "Choose one from the list"))
	}
	v.Purposes = strings.Join(codes, " ")
	c.If(!slices.Contains(Bases, v.Basis), "basis", i18n.M("directory.choose", "Choose one from the list"))
	v.BasisNote = oneLine(v.BasisNote)
	tooLong(&c, "basis_note", v.BasisNote, maxBasisNote)
	c.If(v.Basis == OnConsent && v.BasisNote == "", "basis_note", i18n.M("directory.contact.how", "Write how the consent was given: a form, a letter, a conversation"))
	v.BasisOn, v.BouncedOn = clock.Day(strings.TrimSpace(string(v.BasisOn))), clock.Day(strings.TrimSpace(string(v.BouncedOn)))
	for _, f := range []struct {
		field string
		day   clock.Day
	}{{"basis_on", v.BasisOn}, {"bounced_on", v.BouncedOn}} {
		if c.If(!partDay(f.day), f.field, i18n.M("directory.date", "Write a date such as 2026-11-23, a month such as 2026-11 or a year")) {
			continue
		}
		c.If(Over(today, f.day), f.field, i18n.M("directory.contact.future", "Write a date that is not in the future"))
	}
	c.If(v.Basis == OnConsent && v.BasisOn == "", "basis_on", i18n.M("directory.contact.when", "Write when the consent was given"))
	checkSpan(&c, &v.FromOn, &v.ToOn)
	c.If(v.Lang != "" && !i18n.Known(v.Lang), "lang", i18n.M("directory.choose", "Choose one from the list"))
	return v, c.Err()
}

// contactValue tidies an address of a kind.
func contactValue(c *errs.Check, kind ContactKind, value string) string {
	value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
	if kind != ByPost {
		value = oneLine(value)
	}
	c.If(!slices.Contains(ContactKinds, kind), "kind", i18n.M("directory.choose", "Choose one from the list"))
	if c.If(value == "", "value", i18n.M("directory.contact.missing", "Write the address or number")) || tooLong(c, "value", value, maxContact) {
		return value
	}
	switch kind {
	case ByMail:
		value = access.FoldEmail(value)
		c.If(!emailAddress(value), "value", i18n.M("directory.email", "Write one address, such as name@example.org"))
	case ByPhone:
		c.If(!phoneForm.MatchString(value), "value", i18n.M("directory.contact.phone", "Write one number with its country code, such as +254 20 1234567"))
	case ByWeb:
		c.If(!webAddress(value), "value", i18n.M("directory.website", "Write the whole address, beginning with https:// or http://"))
	case ByPost, ByMessaging:
	}
	return value
}

// mailAddress is where a person is written to for a purpose: the preferred of
// the e-mail addresses that serve it, else the first of them, else the main
// address, unless a contact point with that address does not serve. Empty for
// nowhere.
func mailAddress(p Person, contacts []Contact, purpose string, today clock.Day) (address, lang string) {
	main := p.Email != ""
	var best *Contact
	for i, c := range contacts {
		if c.Kind != ByMail {
			continue
		}
		serves := c.Serves(purpose, today)
		if access.FoldEmail(c.Value) == p.Email && !serves {
			main = false
		}
		if serves && (best == nil || (c.Preferred && !best.Preferred)) {
			best = &contacts[i]
		}
	}
	switch {
	case best != nil && (best.Preferred || !main || best.Value == p.Email):
		if best.Lang != "" {
			return best.Value, best.Lang
		}
		return best.Value, p.Lang
	case main:
		return p.Email, p.Lang
	}
	return "", ""
}
