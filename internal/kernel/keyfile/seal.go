package keyfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// prefix names the way of sealing, so that another may follow.
const prefix = "v1."

// ErrSealed says that a sealed value does not open: it was sealed with another
// key or for another purpose, or it was changed.
var ErrSealed = errors.New("the sealed value does not open with this key")

// Seal encrypts a value for a purpose (AES-256-GCM, NIST SP 800-38D, with a
// key derived by HKDF-SHA256, RFC 5869). The result is text; two of the same
// value differ. binds ties it to its record: it opens only beside the same.
func (k *Key) Seal(purpose, binds string, plain []byte) (string, error) {
	aead, err := k.aead(purpose)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails: it crashes the program instead (Go 1.24)
	return prefix + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(binds))), nil
}

// Unseal decrypts what Seal made for the same purpose and record; ErrSealed
// otherwise.
func (k *Key) Unseal(purpose, binds, sealed string) ([]byte, error) {
	aead, err := k.aead(purpose)
	if err != nil {
		return nil, err
	}
	text, ours := strings.CutPrefix(sealed, prefix)
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !ours || err != nil || len(raw) < aead.NonceSize() {
		return nil, ErrSealed
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(binds))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Mark is a keyed hash of a text for a purpose (HMAC-SHA256, RFC 2104),
// hexadecimal: equal for equal texts, and of no use without the key file to
// whoever would try texts one by one.
func (k *Key) Mark(purpose, text string) (string, error) {
	key, err := hkdf.Key(sha256.New, k.signs.Seed(), nil, "ayni mark "+purpose, 32)
	if err != nil {
		return "", fmt.Errorf("derive a key: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func (k *Key) aead(purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k.signs.Seed(), nil, "ayni seal "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return cipher.NewGCM(block)
}
