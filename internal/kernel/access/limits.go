package access

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"ayni/internal/kernel/clock"
)

// The limits on guessing. They are kept in memory by each process: a restart
// forgets them, which costs an attacker more than it gives.
const (
	guessWindow    = 15 * time.Minute // how long a failure counts
	guessByAccount = 5                // failures without a wait
	guessByAddress = 20               // of one address, over all accounts
	guessFirstWait = 5 * time.Second  // doubles with every further failure
	guessLongest   = 5 * time.Minute
	guessKept      = 64     // failures remembered a key; more change nothing
	guessKeys      = 10_000 // keys remembered; the one used longest ago goes first
	guessNoted     = 30     // refusals a key and window that the audit keeps
)

// limits slow guessing down: by account, whoever guesses, and by address,
// whatever is guessed. Accounts that do not exist are counted alike, so that
// the limit tells nothing about them.
type limits struct {
	mu   sync.Mutex
	keys map[string]*list.Element
	used *list.List // of *tally, the latest in front
}

type tally struct {
	key     string
	fails   []clock.Ms // failures inside the window, oldest first
	refused []clock.Ms // refusals inside the window that were noted
}

func newLimits() *limits {
	return &limits{keys: map[string]*list.Element{}, used: list.New()}
}

// refusal says that an attempt may not be made now.
type refusal struct {
	Retry int  // seconds to wait
	Note  bool // whether the audit keeps it; a flood of refusals is not kept whole
}

// take counts an attempt as a failure before it is made, so that attempts made
// at once are counted too. It returns nil when the attempt may go on; the
// attempt that succeeds gives itself back with forgive.
func (l *limits) take(account, ip string, now clock.Ms) *refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	byAddress := l.get(addressKey(ip), now)
	byAccount := l.get("account "+account, now)
	for _, k := range []struct {
		t    *tally
		free int
	}{{byAddress, guessByAddress}, {byAccount, guessByAccount}} {
		if k.t == nil {
			continue
		}
		wait := k.t.wait(k.free, now)
		if wait <= 0 {
			continue
		}
		r := &refusal{Retry: int((wait + time.Second - 1) / time.Second)}
		if len(k.t.refused) < guessNoted {
			k.t.refused = append(k.t.refused, now)
			r.Note = true
		}
		return r
	}
	for _, t := range []*tally{byAddress, byAccount} {
		if t != nil && len(t.fails) < guessKept {
			t.fails = append(t.fails, now)
		} else if t != nil {
			t.fails = append(t.fails[1:], now)
		}
	}
	return nil
}

// forgive gives a successful attempt back: the account starts anew, the
// address has one failure less. Otherwise a guesser could clear an address by
// signing in to an account of its own.
func (l *limits) forgive(account, ip string, now clock.Ms) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get("account "+account, now).fails = nil
	l.giveBack(l.get(addressKey(ip), now))
}

// cancel gives an attempt back that came to no answer.
func (l *limits) cancel(account, ip string, now clock.Ms) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.giveBack(l.get("account "+account, now))
	l.giveBack(l.get(addressKey(ip), now))
}

func (l *limits) giveBack(t *tally) {
	if t != nil && len(t.fails) > 0 {
		t.fails = t.fails[:len(t.fails)-1]
	}
}

// get finds or makes the tally of a key and forgets what is out of the window.
// An empty key has none: a command has no address.
func (l *limits) get(key string, now clock.Ms) *tally {
	if key == "" {
		return nil
	}
	e, ok := l.keys[key]
	if !ok {
		e = l.used.PushFront(&tally{key: key})
		l.keys[key] = e
		if l.used.Len() > guessKeys {
			last := l.used.Back()
			delete(l.keys, last.Value.(*tally).key)
			l.used.Remove(last)
		}
	}
	l.used.MoveToFront(e)
	t := e.Value.(*tally)
	t.fails = inWindow(t.fails, now)
	t.refused = inWindow(t.refused, now)
	return t
}

// inWindow drops instants that no longer count. One that lies ahead was noted
// before the clock was put back; it counts as now, so that no wait grows.
func inWindow(at []clock.Ms, now clock.Ms) []clock.Ms {
	for len(at) > 0 && at[0].Add(guessWindow) <= now {
		at = at[1:]
	}
	for i, t := range at {
		at[i] = min(t, now)
	}
	return at
}

// wait is how long the next attempt still has to wait.
func (t *tally) wait(free int, now clock.Ms) time.Duration {
	n := len(t.fails)
	if n < free {
		return 0
	}
	delay := guessLongest
	if doubled := n - free; doubled < 10 {
		delay = min(delay, guessFirstWait<<doubled)
	}
	since := time.Duration(now-t.fails[n-1]) * time.Millisecond
	return delay - since
}

// addressKey is the key of a network address: a whole IPv4 address, the first
// 64 bits of an IPv6 one, as one subscriber has them all.
func addressKey(ip string) string {
	if ip == "" {
		return ""
	}
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "address " + clip(ip, 64)
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, err := a.Prefix(64)
		if err == nil {
			return "address " + p.String()
		}
	}
	return "address " + a.String()
}
