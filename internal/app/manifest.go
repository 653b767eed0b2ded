package app

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/privacy"
)

// A backup is one zip file. manifest.json, its last entry, names all others
// with size and hash: the database (ayni.db, or a file of rows for each table
// of PostgreSQL), the attached files, the log of signed heads, and the list of
// erasures. The key file is not among them.

// backupFormat is the version of that layout.
const backupFormat = 1

const manifestName = "manifest.json"

// maxManifest bounds the manifest that is read: a line of two hundred bytes for each
// of a million files.
const maxManifest = 256 << 20

// Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Engine  db.Engine `json:"engine"`
	Schema  int       `json:"schema"`  // number of the last migration
	Program string    `json:"program"` // version that made it
	Created string    `json:"created"` // RFC 3339
	Files   []Packed  `json:"files"`
}

// Packed is one entry of a backup.
type Packed struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// packedName is every name that a backup of ours can hold: no other is
// unpacked, wherever it would lead.
var packedName = regexp.MustCompile(`^(` + regexp.QuoteMeta(databaseFile) + `|` + regexp.QuoteMeta(audit.HeadsFile) +
	`|` + regexp.QuoteMeta(privacy.ListFile) + `|tables/[a-z][a-z0-9_]{0,62}\.jsonl|files/[0-9a-f]{2}/[0-9a-f]{64})$`)

// archive is a backup that was opened.
type archive struct {
	Manifest
	zip     *zip.ReadCloser
	entries map[string]*zip.File
}

func badBackup(file string, cause error) error {
	return &errs.Error{Kind: errs.Invalid, Cause: cause, Msg: i18n.M("app.backup.bad",
		"{file} is no backup that can be restored: {why}. Nothing was changed. Take another backup.", i18n.A{"file": file, "why": cause.Error()})}
}

// openArchive reads a backup's list of contents and refuses one that names
// anything but what a backup has.
func openArchive(file string) (*archive, error) {
	z, err := zip.OpenReader(file)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, zip.ErrChecksum) {
		return nil, badBackup(file, err)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, disk(file, err)
	}
	a := &archive{zip: z, entries: map[string]*zip.File{}}
	err = a.read()
	if err != nil {
		return nil, errors.Join(badBackup(file, err), z.Close())
	}
	return a, nil
}

func (a *archive) read() error {
	for _, f := range a.zip.File {
		if f.Name != manifestName && !packedName.MatchString(f.Name) {
			return fmt.Errorf("it holds %q, which has no place in a backup", f.Name)
		}
		if !f.Mode().IsRegular() {
			return fmt.Errorf("%s is not a plain file", f.Name)
		}
		if a.entries[f.Name] != nil {
			return fmt.Errorf("it holds %s twice", f.Name)
		}
		a.entries[f.Name] = f
	}
	m := a.entries[manifestName]
	if m == nil {
		return errors.New("it has no manifest.json")
	}
	r, err := m.Open()
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	defer r.Close()
	err = json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&a.Manifest)
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	if a.Format != backupFormat {
		return fmt.Errorf("its layout is version %d, and this program knows %d", a.Format, backupFormat)
	}
	named := map[string]bool{}
	for _, p := range a.Files {
		if a.entries[p.Path] == nil || p.Path == manifestName || named[p.Path] {
			return fmt.Errorf("%s is named and not there", p.Path)
		}
		named[p.Path] = true
	}
	if len(named) != len(a.entries)-1 {
		return errors.New("it holds files that its manifest does not name")
	}
	return nil
}

// copyOut writes an entry and compares it with what the manifest says.
func (a *archive) copyOut(p Packed, to io.Writer) error {
	r, err := a.entries[p.Path].Open()
	if err != nil {
		return fmt.Errorf("%s: %w", p.Path, err)
	}
	defer r.Close()
	sum := sha256.New()
	// One byte more than it should have shows that it has more.
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(r, p.Size+1))
	if err != nil {
		return fmt.Errorf("%s: %w", p.Path, err)
	}
	if n != p.Size || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
		return &wrongContent{p.Path}
	}
	return nil
}

// wrongContent says that an entry is not what the manifest says.
type wrongContent struct{ path string }

func (e *wrongContent) Error() string {
	return e.path + " is damaged: it does not match its hash"
}
