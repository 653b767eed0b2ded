// Package mailbox reads, for tests, the folder into which messages are sent,
// as a mail program would.
package mailbox

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Letter is a message as its reader sees it.
type Letter struct {
	To      string // the address alone
	Subject string
	Text    string
}

// Take reads the messages that lie in a folder, in the order in which they
// were queued, and takes them out.
func Take(t testing.TB, dir string) []Letter {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var out []Letter
	for _, name := range names {
		out = append(out, read(t, name))
		err := os.Remove(name)
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func read(t testing.TB, name string) Letter {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	to, err := mail.ParseAddress(m.Header.Get("To"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return Letter{To: to.Address, Subject: subject, Text: strings.ReplaceAll(string(body), "\r\n", "\n")}
}
