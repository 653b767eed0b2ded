// Package ical writes iCalendar (RFC 5545): a calendar of whole days that a
// calendar program subscribes to.
//
// Everything that comes from a record is a text value: backslash, semicolon,
// comma and line breaks are escaped and control characters left out, so that
// no title can end its line, add a property or begin a component. Lines are
// folded at 75 octets between characters.
package ical

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Calendar is a calendar as a feed offers it.
type Calendar struct {
	Product string // who wrote it, "-//Ayni//Calendar//EN"
	Name    string // as programs show it
	Lang    string // of its texts, BCP 47
	Refresh time.Duration
	Events  []Event
}

// Event is something that happens on a whole day.
type Event struct {
	UID         string // the same in every reading, in this calendar and others
	Day         string // YYYY-MM-DD
	Summary     string
	Description string    // empty: none
	URL         string    // absolute, http or https; empty: none
	Categories  []string  // words by which programs group
	Changed     time.Time // when it was last changed
	Created     time.Time // zero: not said
	Sequence    int64     // how often it was changed in what matters
}

// foldAt is the longest line in octets, without its end.
const foldAt = 75

// Write writes a calendar. It fails for an event without what every event
// has: an identifier, a day, a summary, an instant.
func Write(w io.Writer, c Calendar) error {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(Fold(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", Text(c.Product))
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	// NAME and REFRESH-INTERVAL are of RFC 7986; the others came before it and
	// are what most programs read.
	line("NAME"+lang(c.Lang), Text(c.Name))
	line("X-WR-CALNAME", Text(c.Name))
	if c.Refresh > 0 {
		every := "PT" + strconv.FormatInt(int64(c.Refresh/time.Second), 10) + "S"
		line("REFRESH-INTERVAL;VALUE=DURATION", every)
		line("X-PUBLISHED-TTL", every)
	}
	for i, e := range c.Events {
		err := e.check()
		if err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
		day, err := time.Parse(time.DateOnly, e.Day)
		if err != nil {
			return fmt.Errorf("event %d: day: %w", i, err)
		}
		line("BEGIN", "VEVENT")
		line("UID", Text(e.UID))
		line("DTSTAMP", stamp(e.Changed))
		line("DTSTART;VALUE=DATE", day.Format("20060102"))
		line("DTEND;VALUE=DATE", day.AddDate(0, 0, 1).Format("20060102"))
		line("SUMMARY"+lang(c.Lang), Text(e.Summary))
		if e.Description != "" {
			line("DESCRIPTION"+lang(c.Lang), Text(e.Description))
		}
		if e.URL != "" {
			line("URL", e.URL)
		}
		if len(e.Categories) > 0 {
			words := make([]string, len(e.Categories))
			for i, k := range e.Categories {
				words[i] = Text(k)
			}
			line("CATEGORIES"+lang(c.Lang), strings.Join(words, ","))
		}
		if !e.Created.IsZero() {
			line("CREATED", stamp(e.Created))
		}
		line("LAST-MODIFIED", stamp(e.Changed))
		line("SEQUENCE", strconv.FormatInt(e.Sequence, 10))
		line("TRANSP", "TRANSPARENT") // a deadline takes no time of the day
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	_, err := io.WriteString(w, b.String())
	return err
}

// check says what an event lacks. Its address is written as it is, so it may
// hold nothing that ends a line.
func (e Event) check() error {
	switch {
	case e.UID == "":
		return errors.New("no identifier")
	case e.Summary == "":
		return errors.New("no summary")
	case e.Changed.IsZero():
		return errors.New("no instant of the last change")
	case e.Sequence < 0:
		return errors.New("a sequence below zero")
	case e.URL == "":
		return nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsFunc(e.URL, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the address is no link of the web")
	}
	return nil
}

// lang is the parameter of a language, empty where none is known.
func lang(code string) string {
	if code == "" || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return ""
	}
	return ";LANGUAGE=" + code
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// Text escapes a text value (RFC 5545, 3.3.11). Control characters, and the
// characters that turn the direction of what follows, are left out.
func Text(s string) string {
	var b strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Fold breaks a content line into lines of at most 75 octets, the further
// ones after a blank, and ends it with CR and LF. It breaks between
// characters, never inside one.
func Fold(line string) string {
	var b strings.Builder
	room := foldAt
	for _, r := range line {
		n := utf8.RuneLen(r)
		if n < 0 {
			n = utf8.RuneLen(utf8.RuneError)
		}
		if n > room {
			b.WriteString("\r\n ")
			room = foldAt - 1
		}
		b.WriteRune(r)
		room -= n
	}
	b.WriteString("\r\n")
	return b.String()
}
