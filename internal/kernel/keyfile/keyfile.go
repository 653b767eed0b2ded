package keyfile

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// pemType is the PEM block of a PKCS#8 private key.
const pemType = "PRIVATE KEY"

// Key is the installation's key, from its key file.
type Key struct{ signs ed25519.PrivateKey }

// Open reads the key file, and makes it where there is none. A file that
// holds no key is Invalid.
func Open(path string) (*Key, error) {
	key, err := Read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	err = makeKey(path)
	if err != nil {
		return nil, fmt.Errorf("make the key file %s: %w", path, err)
	}
	return Read(path)
}

// Read reads the key file; fs.ErrNotExist where there is none.
func Read(path string) (*Key, error) {
	key, err := readKey(path)
	if err != nil {
		return nil, err
	}
	return &Key{key}, nil
}

// Signer is the Ed25519 key that signs the audit's head.
func (k *Key) Signer() ed25519.PrivateKey { return k.signs }

func readKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	bad := func(cause error) error {
		return &errs.Error{Kind: errs.Invalid, Cause: cause, Msg: i18n.M("keyfile.bad",
			"The file {file} holds no Ed25519 private key (PKCS#8 in PEM). Put the key file back from where you keep it, or name another file.", i18n.A{"file": path})}
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, bad(errors.New("no PEM block " + pemType))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, bad(err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, bad(fmt.Errorf("a %T", parsed))
	}
	return key, nil
}

// makeKey writes a new key. The file appears under its name whole or not at
// all, and never over one that another process made in the meantime.
func makeKey(path string) error {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir makes a new name in a folder last through a power cut.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
