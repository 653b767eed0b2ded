package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which texts are compared: compatibility forms taken
// apart (NFKD), marks dropped, lower case, and every run of what is neither a
// letter nor a digit made one blank. It has no blanks at its ends and is the
// same when folded again.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	// Lower case comes first and last: taking apart may give a capital
	// ("℡"), and lowering may give a mark ("İ").
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			continue
		case !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mc, r):
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Words are the words of a folded text.
func Words(folded string) []string { return strings.Fields(folded) }

// PrefixEnd is the least text above all that begin with a folded prefix, in
// the order of bytes that both engines sort by.
func PrefixEnd(prefix string) string { return prefix + "\U0010FFFF" }
