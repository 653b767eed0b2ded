package mail

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"ayni/internal/kernel/clock"
)

// letter is a message on its way: opened, with its sender.
type letter struct {
	id   string
	from mail.Address
	to   string
	lang string
	said sealedPart
	at   clock.Ms
	host string // of the base address, for the Message-ID
}

// bytes is the message in the form of RFC 5322, with CRLF line ends. All text
// is encoded so that every line has at most 76 characters, whatever it holds.
// The Message-ID is that of the row: sent twice after a decision in doubt, a
// mail program can show it once.
func (m letter) bytes() ([]byte, error) {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, folded(value)) }
	to := mail.Address{Name: m.said.Name, Address: m.to}
	header("Date", m.at.Time().Format(time.RFC1123Z))
	header("From", m.from.String())
	header("To", to.String())
	header("Subject", mime.QEncoding.Encode("utf-8", m.said.Subject))
	header("Message-ID", "<"+m.id+"@"+m.host+">")
	header("Content-Language", m.lang)
	// Nobody is to answer by machine (RFC 3834).
	header("Auto-Submitted", "auto-generated")
	if m.said.Stop != "" {
		header("List-Unsubscribe", "<"+m.said.Stop+">")
		header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", `text/plain; charset="utf-8"`)
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, err := w.Write([]byte(strings.ReplaceAll(m.said.Text, "\n", "\r\n")))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("encode message %s: %w", m.id, err)
	}
	return b.Bytes(), nil
}

// folded breaks a header between its encoded words: a line has at most 998
// characters, and better 78 (RFC 5322 section 2.1.1).
func folded(value string) string { return strings.ReplaceAll(value, "?= =?", "?=\r\n =?") }
