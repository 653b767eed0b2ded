package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// grace is how old content without a row, or a temporary file, must be before
// Sweep removes it: longer than any request takes from Put to its commit.
const grace = 24 * time.Hour

// temporary is the folder of files that are being written.
const temporary = "tmp"

// Stored describes content in the store.
type Stored struct {
	Hash      string `db:"hash"`       // SHA-256, lower-case hexadecimal
	Size      int64  `db:"size"`       // bytes
	MediaType string `db:"media_type"` // told from the content
}

// Store is a folder of contents.
type Store struct {
	root     *os.Root
	clock    clock.Clock
	mu       sync.Mutex // between placing a content and sweeping it
	previews *previews
}

// Open opens the store in a folder, which it makes where it is missing. The
// folder is for the owner alone.
func Open(dir string) (*Store, error) {
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return nil, disk("make "+dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, disk("open "+dir, err)
	}
	err = root.MkdirAll(temporary, 0o700)
	if err != nil {
		root.Close()
		return nil, disk("make "+temporary, err)
	}
	return &Store{root: root, previews: newPreviews()}, nil
}

// Close closes the folder.
func (s *Store) Close() error { return s.root.Close() }

// MailRoom is how much larger than another file an e-mail message may be, in
// fifths: what is attached to it is written in letters, four bytes for three.
const MailRoom = 7

// MailLimit is the size of a message, in bytes, where other files may have limit.
func MailLimit(limit int64) int64 { return limit / 5 * MailRoom }

// Put reads content to its end and stores it. More than limit bytes, more than
// MailLimit(limit) of an e-mail message, and more points or frames of a picture
// than can be shown are TooLarge; nothing, and content of a type that isn't
// accepted, is Invalid; no room on the disk is Full. What r fails with comes
// back wrapped.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Stored, error) {
	return s.PutBy(ctx, limit, func(w io.Writer) error {
		buf := make([]byte, 64<<10)
		for {
			n, readErr := r.Read(buf)
			_, err := w.Write(buf[:n])
			if err != nil {
				return err
			}
			if readErr == io.EOF {
				return nil
			}
			if readErr != nil {
				return fmt.Errorf("read the content: %w", readErr)
			}
		}
	})
}

// PutBy is Put for content that give writes. An error of the writer that give
// is handed must end it, and be what give returns.
func (s *Store) PutBy(ctx context.Context, limit int64, give func(w io.Writer) error) (Stored, error) {
	name := temporary + "/" + id.New()
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return Stored{}, disk("make a temporary file", err)
	}
	defer s.root.Remove(name) // fails once the file has its own name
	defer f.Close()
	w := &intake{ctx: ctx, limit: limit, file: f, hash: sha256.New()}
	err = give(w)
	if err != nil {
		return Stored{}, err
	}
	mediaType, err := w.mediaType(ctx)
	if err != nil {
		return Stored{}, err
	}
	err = f.Sync()
	if err != nil {
		return Stored{}, disk("sync a file", err)
	}
	err = f.Close()
	if err != nil {
		return Stored{}, disk("close a file", err)
	}
	stored := Stored{Hash: hex.EncodeToString(w.hash.Sum(nil)), Size: w.size, MediaType: mediaType}
	err = s.settle(name, stored)
	if err != nil {
		return Stored{}, err
	}
	return stored, nil
}

// intake takes in one content.
type intake struct {
	ctx   context.Context
	limit int64
	file  *os.File
	hash  hash.Hash
	size  int64
	head  []byte // the first headSize bytes
	text  textCheck
}

// Write takes the next part.
func (w *intake) Write(part []byte) (int, error) {
	err := w.ctx.Err()
	if err != nil {
		return 0, err
	}
	w.size += int64(len(part))
	if w.size > w.limit && (w.size > MailLimit(w.limit) || !isMail(plain(w.head))) {
		return 0, errs.New(errs.TooLarge, i18n.M("files.too-large",
			"The file is larger than {limit} MB. Make it smaller, or give a link to it instead.", i18n.A{"limit": w.limit >> 20}))
	}
	if room := headSize - len(w.head); room > 0 {
		w.head = append(w.head, part[:min(len(part), room)]...)
	}
	w.text.add(part)
	w.hash.Write(part)
	n, err := w.file.Write(part)
	if err != nil {
		return n, disk("write a file", err)
	}
	return n, nil
}

// settle gives a temporary file the name of its content.
func (s *Store) settle(name string, stored Stored) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	target := place(stored.Hash)
	info, err := s.root.Stat(target)
	if err == nil && info.Size() == stored.Size {
		// Known already. Sweep must find it as young as if it came now.
		now := s.clock.Now().Time()
		err := s.root.Chtimes(target, now, now)
		if err != nil {
			return disk("touch "+target, err)
		}
		return nil
	}
	folder := stored.Hash[:2]
	err = s.root.Mkdir(folder, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return disk("make "+folder, err)
	}
	err = s.root.Rename(name, target)
	if err != nil {
		return disk("place "+target, err)
	}
	for _, dir := range []string{folder, "."} {
		err := s.syncDir(dir)
		if err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes the names in a folder last.
func (s *Store) syncDir(name string) error {
	dir, err := s.root.Open(name)
	if err != nil {
		return disk("open "+name, err)
	}
	defer dir.Close()
	err = dir.Sync()
	if err != nil {
		return disk("sync "+name, err)
	}
	return nil
}

func place(hash string) string { return hash[:2] + "/" + hash }

// isHash says whether s is the name of a content.
func isHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Open opens a content for reading; NotFound where it isn't there.
func (s *Store) Open(hash string) (*os.File, error) {
	if !isHash(hash) {
		return nil, errs.Missing()
	}
	f, err := s.root.Open(place(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("files.gone",
			"The content of this file is missing from the data folder. It may come back from a backup.")}
	}
	if err != nil {
		return nil, disk("open "+hash, err)
	}
	return f, nil
}

// ErrChanged is what Verify finds wrong: the bytes aren't those of the name.
var ErrChanged = errors.New("the content isn't what its name says")

// Verify reads a content and compares it with its name.
func (s *Store) Verify(ctx context.Context, hash string) error {
	f, err := s.Open(hash)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 64<<10)
	for {
		err := ctx.Err()
		if err != nil {
			return err
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return disk("read "+hash, err)
		}
	}
	if hex.EncodeToString(h.Sum(nil)) != hash {
		return fmt.Errorf("file %s: %w", hash, ErrChanged)
	}
	return nil
}

// Walk calls fn for every content, in the order of their hashes.
func (s *Store) Walk(ctx context.Context, fn func(hash string, info fs.FileInfo) error) error {
	folders, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return disk("list the files", err)
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			continue
		}
		entries, err := fs.ReadDir(s.root.FS(), folder.Name())
		if err != nil {
			return disk("list "+folder.Name(), err)
		}
		for _, e := range entries {
			err := ctx.Err()
			if err != nil {
				return err
			}
			if !isHash(e.Name()) || e.Name()[:2] != folder.Name() {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return disk("look at "+e.Name(), err)
			}
			err = fn(e.Name(), info)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Sweep removes contents that nobody knows and temporary files that nobody
// finished, once they are a day old, and returns how many. An error of known
// stops it: what can't be asked about stays.
func (s *Store) Sweep(ctx context.Context, known func(hash string) (bool, error)) (removed int, err error) {
	old := s.clock.Now().Add(-grace).Time()
	torn, err := fs.ReadDir(s.root.FS(), temporary)
	if err != nil {
		return 0, disk("list "+temporary, err)
	}
	for _, e := range torn {
		ok, err := s.removeOld(temporary+"/"+e.Name(), old)
		if err != nil {
			return removed, err
		}
		if ok {
			removed++
		}
	}
	err = s.Walk(ctx, func(hash string, info fs.FileInfo) error {
		if info.ModTime().After(old) {
			return nil
		}
		keep, err := known(hash)
		if err != nil || keep {
			return err
		}
		ok, err := s.removeOld(place(hash), old)
		if ok {
			removed++
		}
		return err
	})
	return removed, err
}

// removeOld removes a file that is still as old as it was found: Put may have
// met the same content meanwhile.
func (s *Store) removeOld(name string, old time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := s.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, disk("look at "+name, err)
	}
	if info.ModTime().After(old) {
		return false, nil
	}
	err = s.root.Remove(name)
	if err != nil {
		return false, disk("remove "+name, err)
	}
	return true, nil
}

// disk classifies an error of the file system.
func disk(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.Wrap(errs.Full, err)
	}
	return err
}
