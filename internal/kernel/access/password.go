package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed" // the list of common passwords
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Lengths of a password. Any character is allowed and none is asked for.
const (
	minPassword      = 8    // characters
	maxPassword      = 200  // characters
	maxPasswordBytes = 1024 // refused before anything is computed
)

// argon2id's work: 19 MiB, two passes, one lane (OWASP's first choice for
// servers). hashPrefix names it in every stored hash, so that it can be raised.
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashSalt   = 16 // bytes
	hashSize   = 32 // bytes
	hashPrefix = "$argon2id$v=19$m=19456,t=2,p=1$"
)

// Hashing is bounded: each hash takes 19 MiB and one processor for tens of
// milliseconds.
const (
	hashesAtOnce  = 2
	hashesWaiting = 64
	hashPatience  = 10 * time.Second
)

// hasher computes password hashes, few at a time.
type hasher struct {
	slots   chan struct{}
	waiting chan struct{}
	dummy   func() string // hash of no password, for accounts that do not exist
}

func newHasher() *hasher {
	return &hasher{
		slots:   make(chan struct{}, hashesAtOnce),
		waiting: make(chan struct{}, hashesWaiting),
		dummy: sync.OnceValue(func() string {
			return encodeHash(make([]byte, hashSalt), make([]byte, hashSize))
		}),
	}
}

// enter waits for a slot; Busy when too many wait or it takes too long.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return &errs.Error{Kind: errs.Busy, Retry: 5}
	}
	patience := time.NewTimer(hashPatience)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-patience.C:
		return &errs.Error{Kind: errs.Busy, Retry: 5}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) compute(ctx context.Context, password string, salt []byte) ([]byte, error) {
	if len(password) > maxPasswordBytes {
		return nil, errTooLong()
	}
	err := h.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashSize), nil
}

// hash makes the stored form of a password (PHC string).
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, hashSalt)
	rand.Read(salt) // never fails: it crashes the program instead
	sum, err := h.compute(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, sum), nil
}

// verify says whether a password is the stored one. It computes a hash in any
// case, so that the time it takes tells nothing.
func (h *hasher) verify(ctx context.Context, stored, password string) (bool, error) {
	real := stored != ""
	if !real {
		stored = h.dummy()
	}
	salt, want, err := decodeHash(stored)
	if err != nil {
		return false, err
	}
	sum, err := h.compute(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1 && real, nil
}

func encodeHash(salt, sum []byte) string {
	return hashPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum)
}

var errHashForm = errors.New("stored password is not in the form of this program")

func decodeHash(stored string) (salt, sum []byte, err error) {
	rest, ok := strings.CutPrefix(stored, hashPrefix)
	if !ok {
		return nil, nil, errHashForm
	}
	a, b, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, nil, errHashForm
	}
	salt, err = base64.RawStdEncoding.DecodeString(a)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errHashForm, err)
	}
	sum, err = base64.RawStdEncoding.DecodeString(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errHashForm, err)
	}
	return salt, sum, nil
}

func errTooLong() error {
	return errs.New(errs.TooLarge, i18n.M("access.password.huge", "A password has at most {n} characters.", i18n.A{"n": maxPassword}))
}

// checkPassword notes what is wrong with a new password. Over-long ones are
// refused as such, before anything else looks at them.
func checkPassword(c *errs.Check, field, password, email string) error {
	if len(password) > maxPasswordBytes {
		return errTooLong()
	}
	n := utf8.RuneCountInString(password)
	switch {
	case n < minPassword:
		c.Add(field, i18n.M("access.password.short", "Use at least {n} characters. A few words in a row are easy to remember.", i18n.A{"n": minPassword}))
	case n > maxPassword:
		c.Add(field, i18n.M("access.password.long", "Use at most {n} characters.", i18n.A{"n": maxPassword}))
	case commonPassword(password):
		c.Add(field, i18n.M("access.password.common", "This is among the passwords that are guessed first. Choose another one; a few words in a row are easy to remember."))
	case namedPassword(password, productName, localPart(email)):
		c.Add(field, i18n.M("access.password.named", "This is little more than the name of this product or of your address. Choose another one."))
	}
	return nil
}

// productName is what nobody should use as a password here.
const productName = "ayni"

//go:embed common.txt
var commonText string

// commonWords are passwords that are used most, in lower case, without what
// people put before and behind them.
var commonWords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(commonText) {
		out[w] = true
	}
	return out
})

// patternLength is the length from which a password is no longer looked at for
// patterns: nobody tries those.
const patternLength = 16

// commonPassword says whether a password is a common one, or a common word
// with digits or signs around it, or a mere pattern.
func commonPassword(password string) bool {
	p := strings.ToLower(password)
	for _, form := range []string{p, trimSigns(p), plain(p), trimSigns(plain(p)), plain(trimSigns(p))} {
		if commonWords()[form] {
			return true
		}
	}
	if utf8.RuneCountInString(p) >= patternLength {
		return false
	}
	return repeats([]rune(p)) || runs([]rune(p))
}

// trimSigns takes digits and signs off both ends.
func trimSigns(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// plain undoes the usual exchanges of letters for signs.
func plain(s string) string {
	return strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t").Replace(s)
}

// repeats says whether a text is one short or common block again and again.
func repeats(p []rune) bool {
	for size := 1; size <= len(p)/2; size++ {
		if len(p)%size != 0 {
			continue
		}
		block := string(p[:size])
		if strings.Repeat(block, len(p)/size) == string(p) && (size <= 4 || commonWords()[block]) {
			return true
		}
	}
	return false
}

// rows are neighbours in the alphabet and on keyboards.
var rows = []string{
	"01234567890", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm",
	"qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb",
}

// runs says whether a text is made of runs along the rows, but for two
// characters at most.
func runs(p []rune) bool {
	loose := 0
	for i := 0; i < len(p); {
		n := runLength(p[i:])
		if n < 3 {
			loose++
			n = 1
		}
		i += n
	}
	return loose <= 2
}

// runLength is the length of the longest run that a text begins with.
func runLength(p []rune) int {
	same := 1
	for same < len(p) && p[same] == p[0] {
		same++
	}
	best := same
	for _, row := range rows {
		for n := len(p); n > best; n-- {
			if strings.Contains(row, string(p[:n])) || strings.Contains(row, reversed(p[:n])) {
				best = n
				break
			}
		}
	}
	return best
}

func reversed(p []rune) string {
	out := make([]rune, len(p))
	for i, r := range p {
		out[len(p)-1-i] = r
	}
	return string(out)
}

// localPart is what stands before the sign @ of an address.
func localPart(email string) string {
	local, _, _ := strings.Cut(FoldEmail(email), "@")
	return local
}

// namedPassword says whether a password is one of the words and little more:
// what is left without it would be no password.
func namedPassword(password string, words ...string) bool {
	p := strings.ToLower(password)
	for _, w := range words {
		if utf8.RuneCountInString(w) < 3 || !strings.Contains(p, w) {
			continue
		}
		rest := strings.ReplaceAll(p, w, "")
		if utf8.RuneCountInString(rest) < minPassword || commonPassword(rest) {
			return true
		}
	}
	return false
}
