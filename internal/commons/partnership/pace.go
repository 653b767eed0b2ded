package partnership

import (
	"sync"
	"time"

	"ayni/internal/kernel/clock"
)

// paceKeys is how many keys a pace remembers. Where more come, it begins
// anew: a flood may then be counted less strictly, but takes no more memory.
const paceKeys = 10_000

// pace bounds how often something happens in a stretch of time, by key. It is
// kept in memory by each process.
type pace struct {
	mu   sync.Mutex
	over time.Duration
	keys map[string]*paced
}

type paced struct {
	from clock.Ms
	n    int
}

func newPace(over time.Duration) *pace { return &pace{over: over, keys: map[string]*paced{}} }

// take counts one more of a key. It returns how many seconds to wait when
// there were most of them already, else 0.
func (p *pace) take(key string, most int, now clock.Ms) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.keys[key]
	if k == nil || now >= k.from.Add(p.over) || now < k.from {
		if len(p.keys) >= paceKeys {
			clear(p.keys)
		}
		k = &paced{from: now}
		p.keys[key] = k
	}
	if k.n >= most {
		return int((k.from.Add(p.over)-now)/1000) + 1
	}
	k.n++
	return 0
}
