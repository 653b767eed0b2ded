package keyfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ayni/internal/kernel/keyfile"
)

func open(t *testing.T) *keyfile.Key {
	t.Helper()
	k, err := keyfile.Open(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, k *keyfile.Key, plain []byte) string {
	t.Helper()
	s, err := k.Seal("totp", "account-1", plain)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedOpensOnlyWithItsKeyPurposeAndRecord(t *testing.T) {
	t.Parallel()
	k := open(t)
	plain := []byte("a seed")
	sealed := seal(t, k, plain)
	again := seal(t, k, plain)
	got, err := k.Unseal("totp", "account-1", sealed)
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("got %q, %v", got, err)
	}
	if bytes.Contains([]byte(sealed), plain) || sealed == again {
		t.Error("the sealed value shows what it holds")
	}
	flipped := []byte(sealed)
	flipped[10] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another key":     func() ([]byte, error) { return open(t).Unseal("totp", "account-1", sealed) },
		"another purpose": func() ([]byte, error) { return k.Unseal("mail", "account-1", sealed) },
		"another record":  func() ([]byte, error) { return k.Unseal("totp", "account-2", sealed) },
		"a changed value": func() ([]byte, error) { return k.Unseal("totp", "account-1", string(flipped)) },
		"no value":        func() ([]byte, error) { return k.Unseal("totp", "account-1", "") },
		"a cut value":     func() ([]byte, error) { return k.Unseal("totp", "account-1", sealed[:12]) },
	} {
		_, err := try()
		if !errors.Is(err, keyfile.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadMakesNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	_, err := keyfile.Read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	_, err = os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key file was made: %v", err)
	}
}

// Processes that start at once agree on one key.
func TestKeyMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := keyfile.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = key.Signer()
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("two keys")
		}
	}
}
