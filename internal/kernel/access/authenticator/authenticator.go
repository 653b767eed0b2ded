// Package authenticator is what somebody has on the phone, for tests: it knows
// a secret and the time, and shows the code that RFC 6238 gives. It is written
// apart from the program, so that both would have to be wrong alike.
package authenticator

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what the standard and all apps use
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Code is what the app shows at an instant for a secret, as it stands on the
// page, with blanks.
func Code(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(secret, " ", ""))
	if err != nil {
		t.Fatalf("the secret %q is not base 32: %v", secret, err)
	}
	mac := hmac.New(sha1.New, key)
	err = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	if err != nil {
		t.Fatal(err)
	}
	sum := mac.Sum(nil)
	from := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:from+4])&0x7fffffff%1_000_000)
}
