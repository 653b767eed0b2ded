// Package id makes record identifiers.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
)

// New returns a UUIDv7 (RFC 9562) as lower-case text. Ids made in one process
// sort in the order in which they were made, so a primary key is also a clock.
func New() string {
	return uuid.Must(uuid.NewV7()).String()
}

// Valid says whether s has the form of a record identifier.
func Valid(s string) bool {
	return len(s) == 36 && uuid.Validate(s) == nil
}

// Secret returns n random bytes as lower-case hexadecimal, for tokens that
// carry a right. Links use 32 bytes (256 bits).
func Secret(n int) string {
	b := make([]byte, n)
	// crypto/rand.Read never fails: it crashes the program instead (Go 1.24).
	rand.Read(b)
	return hex.EncodeToString(b)
}

// Hash is what is kept of a token that carries a right: SHA-256, hexadecimal.
// Tokens are random, so neither salt nor a slow hash would add anything.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
