package access

import (
	"fmt"
	"testing"
	"time"

	"ayni/internal/kernel/clock"
)

func TestAU1_WaitsGrowFromTheSixthGuess(t *testing.T) {
	t.Parallel()
	l := newLimits()
	now := clock.Ms(1_800_000_000_000)
	for i := range 5 {
		if r := l.take("a", fmt.Sprint(i), now); r != nil {
			t.Fatalf("guess %d had to wait", i+1)
		}
	}
	var last int
	for i := range 7 { // the first failures leave the window after that
		r := l.take("a", "other", now)
		if r == nil {
			t.Fatalf("guess %d did not have to wait", 6+i)
		}
		if r.Retry < last {
			t.Errorf("the wait shrank from %d s to %d s", last, r.Retry)
		}
		last = r.Retry
		now = now.Add(time.Duration(r.Retry)*time.Second - time.Millisecond)
		if l.take("a", "other", now) == nil {
			t.Errorf("let in before the wait of %d s was over", r.Retry)
		}
		now = now.Add(time.Millisecond)
		if r := l.take("a", "other", now); r != nil {
			t.Errorf("still %d s to wait after the wait", r.Retry)
		}
	}
	if last > int(guessLongest/time.Second) {
		t.Errorf("a wait of %d s", last)
	}
	if l.take("b", "other", now) != nil {
		t.Error("another account has to wait")
	}
	l.forgive("a", "other", now)
	if l.take("a", "other", now) != nil {
		t.Error("an account that was signed in to still has to wait")
	}
}

func TestAU1_FailuresAreForgottenAndClockJumpsDoNotLengthenAWait(t *testing.T) {
	t.Parallel()
	l := newLimits()
	now := clock.Ms(1_800_000_000_000)
	for range 5 {
		l.take("a", "", now)
	}
	back := now.Add(-time.Hour)
	r := l.take("a", "", back)
	if r == nil || r.Retry > 5 {
		t.Errorf("after the clock was put back: %+v", r)
	}
	if l.take("a", "", back.Add(guessWindow)) != nil {
		t.Error("failures count after their window")
	}
}

func TestLimitsRememberBoundedlyAndRefusalsAreNotedBoundedly(t *testing.T) {
	t.Parallel()
	l := newLimits()
	now := clock.Ms(1_800_000_000_000)
	for i := range guessKeys + 100 {
		l.take(fmt.Sprint(i), "", now)
	}
	if len(l.keys) != guessKeys || l.used.Len() != guessKeys {
		t.Errorf("%d keys, %d in the list", len(l.keys), l.used.Len())
	}
	noted := 0
	for range 500 {
		if r := l.take("a", "", now); r != nil && r.Note {
			noted++
		}
	}
	if noted != guessNoted {
		t.Errorf("%d refusals noted", noted)
	}
}

func TestAddressesAreCountedBySubscriber(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"fe80::1%eth0", "fe80::2%eth1"},
	} {
		if addressKey(same[0]) != addressKey(same[1]) {
			t.Errorf("%s and %s are counted apart", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"192.0.2.7", "192.0.2.8"}} {
		if addressKey(other[0]) == addressKey(other[1]) {
			t.Errorf("%s and %s are counted as one", other[0], other[1])
		}
	}
}
