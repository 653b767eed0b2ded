package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and the apps that show codes use; as a keyed hash it is sound
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"ayni/internal/kernel/clock"
)

// One-time codes as RFC 6238 has them, with what every app supports: SHA-1,
// six digits, steps of thirty seconds.
const (
	seedBytes  = 20 // as long as the hash (RFC 4226, section 4)
	codeDigits = 6
	codePeriod = 30 * time.Second
	codeWindow = 1 // steps before and after the present one that count too
)

// Recovery codes: ten of 80 bits, so that a plain hash keeps them.
const (
	recoveryCodes = 10
	recoveryBytes = 10
	recoveryGroup = 4 // letters between two hyphens
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// oneTimeCode is the code of a time step (RFC 4226, section 5.3).
func oneTimeCode(seed []byte, step int64, digits int) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, seed)
	mac.Write(counter[:]) // a hash takes whatever it is given
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, number%modulus)
}

// stepAt is the time step of an instant.
func stepAt(now clock.Ms) int64 { return int64(now) / codePeriod.Milliseconds() }

// stepOf is the step whose code was typed: inside the window, and later than
// the last one that was used. 0 where there is none.
func stepOf(seed []byte, typed string, now clock.Ms, last int64) int64 {
	var found int64
	present := stepAt(now)
	for step := present - codeWindow; step <= present+codeWindow; step++ {
		same := subtle.ConstantTimeCompare([]byte(oneTimeCode(seed, step, codeDigits)), []byte(typed))
		if same == 1 && step > last {
			found = step
		}
	}
	return found
}

// newSeed makes the seed of one-time codes.
func newSeed() []byte {
	seed := make([]byte, seedBytes)
	rand.Read(seed) // never fails: it crashes the program instead
	return seed
}

// otpauth is the address by which an app takes a seed in.
func otpauth(seed []byte, issuer, email string) string {
	clean := func(s string) string { return strings.ReplaceAll(s, ":", " ") }
	q := url.Values{
		"secret": {base32Text.EncodeToString(seed)}, "issuer": {clean(issuer)},
		"algorithm": {"SHA1"}, "digits": {fmt.Sprint(codeDigits)}, "period": {fmt.Sprint(int(codePeriod.Seconds()))},
	}
	// Apps read a plus sign as one.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	return "otpauth://totp/" + url.PathEscape(clean(issuer)+":"+clean(email)) + "?" + query
}

// grouped writes a text in groups that a person can read out.
func grouped(s, between string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%recoveryGroup == 0 {
			b.WriteString(between)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// newRecovery makes recovery codes as they are shown.
func newRecovery() []string {
	out := make([]string, recoveryCodes)
	for i := range out {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw) // never fails: it crashes the program instead
		out[i] = grouped(strings.ToLower(base32Text.EncodeToString(raw)), "-")
	}
	return out
}

// plainCode is a code without what people put between its parts. In recovery
// codes, whose alphabet has no 0 and no 1, these stand for the letters.
func plainCode(typed string) string {
	s := strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, typed)
	if len(s) <= codeDigits {
		return s
	}
	return strings.NewReplacer("0", "o", "1", "l").Replace(s)
}

// hashRecovery is what the database keeps of a recovery code of an account.
func hashRecovery(account, plain string) string {
	sum := sha256.Sum256([]byte("recovery " + account + " " + plain))
	return hex.EncodeToString(sum[:])
}
