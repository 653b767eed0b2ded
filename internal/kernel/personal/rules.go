package personal

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortest is the length, in characters, from which a name or address is
// looked for in words: a shorter one occurs in words that mean something else.
const shortest = 4

// Tidy are traces that can be looked for: each once, the short ones left out.
func Tidy(traces []string) []string {
	var out []string
	for _, s := range traces {
		s = strings.TrimSpace(s)
		if utf8.RuneCountInString(s) >= shortest {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Names says whether one of the traces occurs in a text, in whatever case.
func Names(text string, traces []string) bool {
	if text == "" {
		return false
	}
	lower := strings.ToLower(text)
	return slices.ContainsFunc(traces, func(s string) bool { return occurs(lower, strings.ToLower(s)) })
}

// occurs says whether a name stands in a text as words of its own: "Ana Li"
// does not stand in "Ana Lima".
func occurs(text, name string) bool {
	for {
		at := strings.Index(text, name)
		if at < 0 || name == "" {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		_, step := utf8.DecodeRuneInString(text[at:])
		text = text[at+step:]
	}
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
