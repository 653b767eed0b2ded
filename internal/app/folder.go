package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// What lies in the data folder.
const (
	databaseFile = "ayni.db"
	filesFolder  = "files"
	lockFile     = "ayni.lock"
	backupStamp  = "last-backup"     // when the last backup ended
	aloneStamp   = "erasures.unsure" // a backup was restored here with no other list of erasures than its own
)

func (o Options) in(name string) string { return filepath.Join(o.Data, name) }

// DatabasePath is where the SQLite database lies.
func (o Options) DatabasePath() string { return o.in(databaseFile) }

// HeadsPath is where the log of signed heads lies.
func (o Options) HeadsPath() string { return o.in(audit.HeadsFile) }

// KeyPath is where the key file lies: outside the data folder, so that a copy
// of the folder does not carry the key.
func (o Options) KeyPath() string {
	if o.KeyFile != "" {
		return o.KeyFile
	}
	return o.absolute() + ".key"
}

// HadHeads says whether there is a key to sign heads of the audit with: a
// server makes it together with their log.
func (o Options) HadHeads() bool {
	_, err := os.Stat(o.KeyPath())
	return err == nil
}

// absolute is the data folder's whole name: "." has no name of its own beside
// which something could lie.
func (o Options) absolute() string {
	path, err := filepath.Abs(o.Data)
	if err != nil {
		return filepath.Clean(o.Data)
	}
	return path
}

// needFolder refuses a data folder that is not there.
func needFolder(o Options) error {
	info, err := os.Stat(o.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("app.folder.none",
			"There is no data folder {folder}. Name the folder with --data, or make a new installation: ayni serve", i18n.A{"folder": o.Data})}
	}
	if err != nil {
		return disk(o.Data, err)
	}
	if !info.IsDir() {
		return errs.New(errs.Invalid, i18n.M("app.folder.file", "{folder} is a file. Name a folder with --data.", i18n.A{"folder": o.Data}))
	}
	return nil
}

// makeFolder makes the data folder where it is missing, for the owner alone.
func makeFolder(o Options) error {
	err := os.MkdirAll(filepath.Dir(o.absolute()), 0o755)
	if err != nil {
		return disk(o.Data, err)
	}
	err = os.Mkdir(o.Data, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return disk(o.Data, err)
	}
	return needFolder(o)
}

// isFolder says whether a folder is there.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// disk says what the file system refused.
func disk(path string, err error) error {
	err = fmt.Errorf("%s: %w", path, err)
	switch {
	case errs.As(err) != nil:
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &errs.Error{Kind: errs.Full, Cause: err}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &errs.Error{Kind: errs.Invalid, Cause: err, Msg: i18n.M("app.folder.refused",
			"The system does not let this program write or read {path}. Give the folder to the user that runs it, or name another one.", i18n.A{"path": path})}
	case errors.Is(err, fs.ErrNotExist):
		return &errs.Error{Kind: errs.NotFound, Cause: err, Msg: i18n.M("app.path.none", "There is no file or folder {path}.", i18n.A{"path": path})}
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return &errs.Error{Kind: errs.Busy, Cause: err, Msg: i18n.M("app.folder.handles",
			"The system allows too few open files (ulimit -n). Allow at least 256, then start again.")}
	}
	return err
}

// syncFolder makes the names in a folder last through a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return disk(path, err)
	}
	err = errors.Join(d.Sync(), d.Close())
	if err != nil {
		return disk(path, err)
	}
	return nil
}
