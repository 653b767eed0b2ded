package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/keyfile"
)

// HeadsFile is the name of the log of signed heads in the data folder.
const HeadsFile = "audit-heads.log"

// headsFormat is the version of the log's format.
const headsFormat = 1

// headsTail is how much of the log's end is read to find its last head: some
// thirty lines.
const headsTail = 8192

// headerLine begins the log, and begins again where another key signs on.
type headerLine struct {
	Format int    `json:"ayni-audit-heads"`
	Public string `json:"public"` // base64 of the 32 bytes
}

// headLine is one signed head.
type headLine struct {
	Seq  int64    `json:"seq"`
	At   clock.Ms `json:"at"`
	Hash string   `json:"hash"`
	Sig  string   `json:"sig"` // base64, over "seq\nhash\nat"
}

func (h headLine) signed() []byte {
	return []byte(strconv.FormatInt(h.Seq, 10) + "\n" + h.Hash + "\n" + strconv.FormatInt(int64(h.At), 10))
}

func (h headLine) good(public ed25519.PublicKey) bool {
	sig, err := base64.StdEncoding.DecodeString(h.Sig)
	return err == nil && ed25519.Verify(public, h.signed(), sig)
}

// parseLine reads a line of the log: one of the two results is set.
func parseLine(line []byte) (*headerLine, *headLine, error) {
	var both struct {
		headerLine
		headLine
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	err := dec.Decode(&both)
	if err != nil {
		return nil, nil, err
	}
	_, err = dec.Token()
	if !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("more than one value in a line")
	}
	switch {
	case both.Format != 0 && both.headLine == headLine{}:
		return &both.headerLine, nil, nil
	case both.headerLine == headerLine{} && both.Seq > 0:
		return nil, &both.headLine, nil
	}
	return nil, nil, errors.New("neither a header nor a head")
}

func (h headerLine) key() (ed25519.PublicKey, error) {
	if h.Format != headsFormat {
		return nil, fmt.Errorf("format %d is not known", h.Format)
	}
	public, err := base64.StdEncoding.DecodeString(h.Public)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return nil, errors.New("no Ed25519 public key")
	}
	return public, nil
}

// Heads is the log of signed heads.
type Heads struct {
	mu   sync.Mutex
	path string
	key  ed25519.PrivateKey
}

// OpenHeads opens the log in the data folder and the key file, and makes what
// is not there yet. A log that another key signed is continued with this one,
// which a new line with the public key says.
func OpenHeads(dataDir, keyFile string) (*Heads, error) {
	key, err := keyfile.Open(keyFile)
	if err != nil {
		return nil, err
	}
	h := &Heads{path: filepath.Join(dataDir, HeadsFile), key: key.Signer()}
	err = h.begin()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", h.path, err)
	}
	return h, nil
}

// Path is the log's file, for the backup.
func (h *Heads) Path() string { return h.path }

// Public is the public key as it stands in the log, base64.
func (h *Heads) Public() string {
	return base64.StdEncoding.EncodeToString(h.key.Public().(ed25519.PublicKey))
}

// begin makes sure that the log's end says that our key signs.
func (h *Heads) begin() error {
	f, err := os.OpenFile(h.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := readEnd(f)
	if err != nil {
		return err
	}
	err = checkStart(f)
	if err != nil {
		return err
	}
	ours := end.header != nil && end.header.Public == h.Public()
	if end.header == nil && end.head != nil {
		ours = end.head.good(h.key.Public().(ed25519.PublicKey))
	}
	if ours {
		return nil
	}
	err = appendLine(f, headerLine{Format: headsFormat, Public: h.Public()})
	if err != nil {
		return err
	}
	return keyfile.SyncDir(filepath.Dir(h.path))
}

// checkStart refuses a file that doesn't begin as a log of ours does, rather
// than write into it. A file without any whole line is empty by now.
func checkStart(f *os.File) error {
	b := make([]byte, headsTail)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n == 0 {
		return nil
	}
	line, _, _ := bytes.Cut(b[:n], []byte("\n"))
	header, _, err := parseLine(line)
	if err != nil || header == nil {
		return notALog(f.Name(), err)
	}
	_, err = header.key()
	if err != nil {
		return notALog(f.Name(), err)
	}
	return nil
}

func notALog(path string, cause error) error {
	return &errs.Error{Kind: errs.Invalid, Cause: cause, Msg: i18n.M("audit.heads.foreign",
		"{file} is no log of signed heads that this program can read. Put the log back from a backup, or move the file away.", i18n.A{"file": path})}
}

// Sign appends the head of the chain to the log if it has moved since the
// last one there. A chain that no longer holds the row signed last is not
// signed: that is a Conflict, and Verify says where it breaks.
func (h *Heads) Sign(ctx context.Context, d *db.DB) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := os.OpenFile(h.path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("sign the head of the audit: %w", err)
	}
	defer f.Close()
	end, err := readEnd(f)
	if err != nil {
		return fmt.Errorf("sign the head of the audit: %s: %w", h.path, err)
	}
	var signed Head
	if end.head != nil {
		signed = Head{Seq: end.head.Seq, Hash: end.head.Hash}
	}
	var now clock.Ms
	var head, same Head
	err = d.Read(ctx, func(t *db.Tx) error {
		now = t.Now
		head, err = Last(t)
		if err != nil {
			return err
		}
		same, err = headAt(t, signed.Seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign the head of the audit: %w", err)
	}
	if same != signed {
		return errs.New(errs.Conflict, i18n.M("audit.heads.diverged",
			"The audit no longer holds row {seq} as it was signed, so its head was not signed. Run: ayni verify-audit", i18n.A{"seq": signed.Seq}))
	}
	if head == signed {
		return nil
	}
	line := headLine{Seq: head.Seq, At: now, Hash: head.Hash}
	line.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(h.key, line.signed()))
	err = appendLine(f, line)
	if err != nil {
		return fmt.Errorf("sign the head of the audit: %w", err)
	}
	return nil
}

// end is what the last lines of the log say.
type end struct {
	header *headerLine // the last line, if it is a header
	head   *headLine   // the last head
}

// readEnd reads the end of the log. A last line that was not written whole,
// left by a crash, is cut off, so that the next one begins on its own.
func readEnd(f *os.File) (end, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return end{}, err
	}
	start := max(0, size-headsTail)
	tail := make([]byte, size-start)
	_, err = f.ReadAt(tail, start)
	if err != nil {
		return end{}, err
	}
	whole := bytes.LastIndexByte(tail, '\n') + 1
	if whole == 0 && start > 0 {
		return end{}, notALog(f.Name(), errors.New("no line ends near its end"))
	}
	if whole < len(tail) {
		err := f.Truncate(start + int64(whole))
		if err != nil {
			return end{}, err
		}
	}
	lines := bytes.Split(tail[:whole], []byte("\n"))
	lines = lines[:len(lines)-1] // what follows the last line's end
	if start > 0 {
		lines = lines[1:] // begins in the middle of a line
	}
	var e end
	for i := len(lines) - 1; i >= 0 && e.head == nil; i-- {
		header, head, err := parseLine(lines[i])
		if err != nil {
			continue // Verify names it
		}
		if i == len(lines)-1 {
			e.header = header
		}
		e.head = head
	}
	return e, nil
}

// appendLine writes one line at the end and waits until it is on the disk. A
// line that doesn't fit any more, as on a full disk, is taken back.
func appendLine(f *os.File, v any) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}
