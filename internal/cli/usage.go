package cli

import (
	"regexp"
	"strings"

	"ayni/internal/kernel/i18n"
)

// What the parser says is in English. Its usual sentences are put into the
// reader's language here; what else it may say stays as it is.
var (
	unknownFlag     = regexp.MustCompile(`^unknown flag (-\S+?)(?:, did you mean (.+)\?)?$`)
	unexpectedWord  = regexp.MustCompile(`^unexpected argument (.+?)(?:, did you mean (.+)\?)?$`)
	missingFlags    = regexp.MustCompile(`^missing flags: (.+)$`)
	missingWord     = regexp.MustCompile(`^expected "(.+)"$`)
	missingOneOf    = regexp.MustCompile(`^expected one of (.+)$`)
	notAmong        = regexp.MustCompile(`^(--\S+?)(?:=\S+)? must be one of (.+) but got "(.*)"$`)
	needsValue      = regexp.MustCompile(`^(--\S+?): (?:missing value|expected string value but got .*)`)
	flagNeedsString = regexp.MustCompile(`^(--\S+?)(?:=\S+)?: (.+)$`)
)

// usage says what is wrong with a command line.
func (x *session) usage(err error, args []string) error {
	u := &usageError{text: err.Error(), path: x.pathOf(args)}
	l := x.l
	maybe := func(names string) string {
		if names == "" {
			return ""
		}
		return " " + l.T("cli.usage.maybe", "Perhaps {names}?", i18n.A{"names": names})
	}
	switch text := err.Error(); {
	case unknownFlag.MatchString(text):
		m := unknownFlag.FindStringSubmatch(text)
		u.text = l.T("cli.usage.flag", "There is no flag {flag} here.", i18n.A{"flag": m[1]}) + maybe(m[2])
	case unexpectedWord.MatchString(text):
		m := unexpectedWord.FindStringSubmatch(text)
		u.text = l.T("cli.usage.word", "{word} is not expected here.", i18n.A{"word": m[1]}) + maybe(m[2])
	case missingFlags.MatchString(text):
		what := strings.NewReplacer(",...", "", "=", " ").Replace(missingFlags.FindStringSubmatch(text)[1])
		u.text = l.T("cli.usage.needs", "This is missing: {what}", i18n.A{"what": what})
	case missingWord.MatchString(text):
		what := strings.ToUpper(strings.NewReplacer("<", "", ">", "").Replace(missingWord.FindStringSubmatch(text)[1]))
		u.text = l.T("cli.usage.needs", "This is missing: {what}", i18n.A{"what": what})
	case missingOneOf.MatchString(text):
		u.text = l.T("cli.usage.oneof", "One of these words is missing: {words}", i18n.A{"words": strings.ReplaceAll(missingOneOf.FindStringSubmatch(text)[1], `"`, "")})
	case notAmong.MatchString(text):
		m := notAmong.FindStringSubmatch(text)
		u.text = l.T("cli.usage.among", "{flag} is one of {values}, not “{value}”.", i18n.A{"flag": m[1], "values": strings.ReplaceAll(m[2], `"`, ""), "value": m[3]})
	case needsValue.MatchString(text):
		u.text = l.T("cli.usage.value", "{flag} needs a value.", i18n.A{"flag": needsValue.FindStringSubmatch(text)[1]})
	case flagNeedsString.MatchString(text):
		m := flagNeedsString.FindStringSubmatch(text)
		u.text = l.T("cli.usage.bad", "{flag} can’t be read: {why}", i18n.A{"flag": m[1], "why": m[2]})
	}
	return u
}
