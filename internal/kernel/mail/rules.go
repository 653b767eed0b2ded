package mail

import (
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// tidy checks a message and returns it as it is sent: address in ASCII, text
// with plain line ends. All that is wrong is said at once.
func tidy(m Message) (Message, error) {
	var c errs.Check
	m.To = checkAddress(&c, m.To)
	m.Name = strings.TrimSpace(m.Name)
	m.Subject = strings.TrimSpace(m.Subject)
	m.Text = strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\r", "\n")
	c.If(!oneLine(m.Name) || utf8.RuneCountInString(m.Name) > maxName, "name", i18n.M("mail.name",
		"A name in a message stands on one line, without control characters, and has at most {n} characters.", i18n.A{"n": maxName}))
	c.If(m.Subject == "" || !oneLine(m.Subject) || utf8.RuneCountInString(m.Subject) > maxSubject, "subject", i18n.M("mail.subject",
		"A message has a subject on one line, without control characters, of at most {n} characters.", i18n.A{"n": maxSubject}))
	c.If(strings.TrimSpace(m.Text) == "" || len(m.Text) > maxText || !plain(m.Text), "text", i18n.M("mail.text",
		"A message has plain text without control characters, at most {n} bytes of it.", i18n.A{"n": maxText}))
	c.If(!i18n.Known(m.Lang), "lang", i18n.M("mail.lang", "A message is written in one of the languages offered."))
	c.If(m.Kind == "" || !oneLine(m.Kind), "kind", i18n.M("mail.kind", "A message says what kind it is."))
	c.If(m.Stop != "" && !goodLink(m.Stop), "stop", i18n.M("mail.stop", "The address that stops messages begins with https:// or http://."))
	return m, c.Err()
}

// CheckAddress says whether an address can be written to, and gives it as it
// stands in a message: the domain in the ASCII form of RFC 5891. Otherwise the
// error is Invalid, about field.
func CheckAddress(field, s string) (string, error) {
	var c errs.Check
	out := checkAddress(&c, s)
	err := c.Err()
	if e := errs.As(err); e != nil {
		e.Fields[0].Name = field
	}
	return out, err
}

// checkAddress allows one plain address. Forms that are legal and that one
// server reads otherwise than the next (quoted parts, comments, routes by %
// and !) are refused.
func checkAddress(c *errs.Check, s string) string {
	s = strings.TrimSpace(s)
	local, domain, found := cutLast(s, "@")
	parsed, err := mail.ParseAddress(s)
	ascii, domainErr := idna.Lookup.ToASCII(domain)
	switch {
	case !found || local == "" || domain == "" || len(s) > maxAddress || len(local) > maxLocal || !oneLine(s) || strings.ContainsFunc(s, unseen):
		c.Add("to", addressForm())
	case strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII }):
		c.Add("to", i18n.M("mail.address.letters",
			"Before the @ this address has letters that many mail servers can’t carry. Give an address of the letters a to z, digits and . _ - +."))
	case strings.ContainsAny(local, "%!\"/|`(),:;<>[]\\ "), err != nil, domainErr != nil, parsed != nil && parsed.Name != "":
		c.Add("to", addressForm())
	case !strings.Contains(ascii, ".") && ascii != "localhost", len(ascii) > maxAddress-maxLocal:
		c.Add("to", addressForm())
	}
	return local + "@" + strings.ToLower(ascii)
}

func addressForm() i18n.Msg {
	return i18n.M("mail.address.form", "Give one address such as name@example.org, without a name or brackets.")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// oneLine says whether a text can stand in a header: valid, without line ends
// of any kind, control characters or marks that turn the direction of writing,
// and without what a mail program would decode into them (RFC 2047).
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool { return hidden(r) || r == '\u2028' || r == '\u2029' })
}

// plain is oneLine for a text of many lines.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) })
}

// hidden are control characters, and marks of direction that make a text read
// otherwise than it is.
func hidden(r rune) bool {
	return unicode.IsControl(r) || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

// unseen are characters without a shape of their own.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) }

func goodLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && oneLine(s) && !strings.ContainsAny(s, " <>") && len(s) < 900
}

// nextTry is how long a message waits after its nth failed attempt: doubled
// each time, and up to a quarter longer by chance (0 to 1), so that messages
// that failed together don't come back together.
func nextTry(attempt int, chance float64) time.Duration {
	wait := firstWait
	for range attempt - 1 {
		wait = min(2*wait, maxWait)
	}
	return wait + time.Duration(float64(wait)/4*chance)
}

// after is what becomes of a message whose attempt has failed for now.
func after(r taken, why Why, now clock.Ms, chance float64) outcome {
	next := now.Add(nextTry(r.Attempt, chance))
	switch {
	case r.ExpiresAt != 0 && next > r.ExpiresAt:
		return outcome{state: GivenUp, why: WhyExpired}
	case next > r.CreatedAt.Add(giveUp):
		return outcome{state: GivenUp, why: why}
	}
	return outcome{state: Waiting, why: why, runAt: next}
}

// said is a server's answer as it may be kept: one line, cut.
func said(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return r == ' ' || hidden(r) }), " ")
	n := 0
	for i := range s {
		if n == maxReply {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
