package files

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a shown name, in characters.
const maxName = 120

// reserved names open a device on Windows, whatever their ending.
var reserved = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// SafeName makes a name that is safe to show and to save under from one that
// came from outside: no folders, no characters that hide or turn others, not
// too long. It is never empty.
func SafeName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			return -1 // controls, marks that turn the direction, what shows as nothing
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	s = strings.Trim(strings.Join(strings.Fields(s), " "), ". ")
	if ext := path.Ext(s); utf8.RuneCountInString(s) > maxName && utf8.RuneCountInString(ext) <= 10 {
		s = strings.TrimRight(cut(strings.TrimSuffix(s, ext), maxName-utf8.RuneCountInString(ext)), ". ") + ext
	}
	s = strings.TrimRight(cut(s, maxName), ". ")
	base, _, _ := strings.Cut(strings.ToLower(s), ".")
	if slices.Contains(reserved, strings.TrimSpace(base)) {
		s = "_" + s
	}
	if s == "" {
		return "file"
	}
	return s
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Ending is the usual ending of a type, without the point; empty for a type
// that is not accepted.
func Ending(mediaType string) string {
	if endings := extensions[mediaType]; len(endings) > 0 {
		return strings.TrimPrefix(endings[0], ".")
	}
	return ""
}

// NameFor is the name under which a content is given out: the safe name, with
// an ending that fits the type, so that no program opens it as something else.
func NameFor(name, mediaType string) string {
	name = SafeName(name)
	endings := extensions[mediaType]
	if len(endings) > 0 && !slices.Contains(endings, strings.ToLower(path.Ext(name))) {
		name += endings[0]
	}
	return name
}
