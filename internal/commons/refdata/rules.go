package refdata

import (
	"maps"
	"regexp"
	"slices"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

var (
	codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)
	partDay  = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$`)
)

// PartDate says whether a text is a day, a month or a year, or empty.
func PartDate(s string) bool { return s == "" || partDay.MatchString(s) }

// checkItem says what is wrong with a row that a person adds. has says whether
// a list has a code.
func checkItem(i Item, has func(list, code string) bool) error {
	var c errs.Check
	c.If(!codeForm.MatchString(i.Code), "code", i18n.M("refdata.mend.code", "Write a code of letters, digits, dots or hyphens, 64 at most"))
	c.If(i.NameEN == "", "name_en", i18n.M("refdata.mend.name", "Write the name in {language}", i18n.A{"language": i18n.M("lang.en", "English")}))
	c.If(i.NameFR == "", "name_fr", i18n.M("refdata.mend.name", "Write the name in {language}", i18n.A{"language": i18n.M("lang.fr", "French")}))
	c.If(i.NameES == "", "name_es", i18n.M("refdata.mend.name", "Write the name in {language}", i18n.A{"language": i18n.M("lang.es", "Spanish")}))
	c.If(i.Source == "", "source", i18n.M("refdata.mend.source", "Say where this comes from"))
	c.If(!PartDate(i.AsOf) || i.AsOf == "", "as_of", i18n.M("refdata.mend.asof", "Write the date on which this was true, such as 2026-11-23 or 2026"))
	c.If(!PartDate(i.ValidFrom), "valid_from", i18n.M("refdata.mend.date", "Write a date such as 2026-11-23, a month such as 2026-11 or a year"))
	c.If(!PartDate(i.ValidTo) || (i.ValidTo != "" && i.ValidFrom != "" && i.ValidTo < i.ValidFrom), "valid_to", i18n.M("refdata.mend.to", "Write a date after the first one, or leave it empty"))
	unknown := i18n.M("refdata.unknown", "Write a code that the list {list} has", i18n.A{"list": i.List})
	c.If(i.Parent != "" && (i.Parent == i.Code || !has(i.List, i.Parent)), "parent", unknown)
	for _, column := range slices.Sorted(maps.Keys(references[i.List])) {
		to := references[i.List][column]
		for _, code := range split(i.Attr(column)) {
			c.If(!has(to, code) && !c.Has("attr-"+column), "attr-"+column, i18n.M("refdata.unknown", "Write a code that the list {list} has", i18n.A{"list": to}))
		}
	}
	return c.Err()
}
