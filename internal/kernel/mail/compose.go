package mail

import (
	"strings"
	"unicode/utf8"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
)

// Body is what a message says, for Compose to set in the frame that all of
// them have. Everything but Lines may be empty.
type Body struct {
	Name  string   // the person, for the greeting
	Lines []string // what it is about: paragraphs, broken into short lines here; one with a line end in it stays as it is
	Ask   string   // what the link is for, such as "Set your password:"
	Link  string   // absolute address
	Until clock.Ms // when the link ends
	Why   string   // why the person gets this
	Stop  string   // absolute address of the page that stops this kind of message
}

// lineWidth is how many characters a line has at most: what every mail program
// shows without breaking it once more.
const lineWidth = 72

// Compose makes the text of a message: greeting, what it is about, the link
// and until when it works, why it comes and how to stop it, who sends it.
// Addresses stand on lines of their own.
func (s *Service) Compose(l *i18n.L, b Body) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, shortLines(text))
		}
	}
	if b.Name != "" {
		add(l.T("mail.hello.name", "Hello {name},", i18n.A{"name": b.Name}))
	} else {
		add(l.T("mail.hello", "Hello,"))
	}
	for _, line := range b.Lines {
		add(line)
	}
	if b.Link != "" {
		add(strings.TrimLeft(b.Ask+"\n"+b.Link, "\n"))
		if b.Until != 0 {
			add(l.T("mail.until", "The link works until {time} (UTC).", i18n.A{"time": l.DateTime(b.Until)}))
		}
	}
	parts = append(parts, "-- ")
	parts[len(parts)-1] += "\n" + shortLines(s.signature(l))
	add(b.Why)
	if b.Stop != "" {
		add(l.T("mail.stop.here", "No more messages like this:") + "\n" + b.Stop)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// signature says who sends a message.
func (s *Service) signature(l *i18n.L) string {
	host := ""
	if s.Host != nil {
		host = s.Host()
	}
	text := l.T("mail.from.nobody", "Sent by Ayni. Nobody reads answers to this address.")
	if host != "" {
		text = l.T("mail.from.host", "Sent by Ayni for {host}. Nobody reads answers to this address.", i18n.A{"host": host})
	}
	return text + "\n" + s.URL("/")
}

// shortLines breaks the lines of a text at blanks. A word that is longer than
// a line, such as an address, stays whole.
func shortLines(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		width := 0
		var b strings.Builder
		for word := range strings.SplitSeq(line, " ") {
			n := utf8.RuneCountInString(word)
			switch {
			case b.Len() == 0:
			case width+1+n > lineWidth:
				out = append(out, b.String())
				b.Reset()
				width = 0
			default:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "\n")
}
