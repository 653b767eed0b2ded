package db

import "sync"

// signals lets parts of one process that share a database wake each other. It
// carries no data: who is woken reads the database.
type signals struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool
}

// Listen returns a channel that receives once after Signal was called for the
// topic; several calls may come as one. stop ends it.
func (d *DB) Listen(topic string) (woken <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	d.signals.mu.Lock()
	defer d.signals.mu.Unlock()
	if d.signals.waiting == nil {
		d.signals.waiting = map[string]map[chan struct{}]bool{}
	}
	if d.signals.waiting[topic] == nil {
		d.signals.waiting[topic] = map[chan struct{}]bool{}
	}
	d.signals.waiting[topic][ch] = true
	return ch, func() {
		d.signals.mu.Lock()
		defer d.signals.mu.Unlock()
		delete(d.signals.waiting[topic], ch)
	}
}

// Signal wakes who listens to the topic in this process. Other processes are
// not reached: they must look by themselves now and then.
func (d *DB) Signal(topic string) {
	d.signals.mu.Lock()
	defer d.signals.mu.Unlock()
	for ch := range d.signals.waiting[topic] {
		select {
		case ch <- struct{}{}:
		default: // woken already
		}
	}
}
