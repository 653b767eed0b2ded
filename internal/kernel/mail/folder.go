package mail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ayni/internal/kernel/keyfile"
)

// folder is a way of sending: each message becomes a file, for a mail program
// or another service to take, and for tests to read.
type folder struct{ dir string }

// carry writes a message as ID.eml, whole or not at all. One that is there
// already is the same message.
func (f folder) carry(_ context.Context, m letter) carried {
	text, err := m.bytes()
	if err != nil {
		return carried{why: WhyRefused, final: true, err: err}
	}
	err = f.write(m.id+".eml", text)
	if err != nil {
		return carried{why: WhyFolder, ours: true, err: err}
	}
	return carried{}
}

func (f folder) write(name string, text []byte) error {
	err := os.MkdirAll(f.dir, 0o700)
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(f.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(text)
	if err == nil {
		err = t.Sync()
	}
	err = errors.Join(err, t.Close())
	if err != nil {
		return err
	}
	err = os.Link(t.Name(), filepath.Join(f.dir, name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("name the message: %w", err)
	}
	return keyfile.SyncDir(f.dir)
}

func (folder) close() {}
