package app

import (
	"context"
	"os"
	"sync"
	"time"

	"ayni/internal/kernel/errs"
)

// probeEvery is how often at most Ready tries to write.
const probeEvery = time.Second

// probeSize is the room on the disk that a write wants to find: a form with an
// attached page or two, and what the database needs beside it.
const probeSize = 256 << 10

// probe remembers the last trial.
type probe struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// Ready says whether this process can do its work now: nil when a write went
// through to the disk within the last second. Full where there is no room.
func (a *App) Ready(ctx context.Context) error {
	a.probe.mu.Lock()
	defer a.probe.mu.Unlock()
	now := time.Now() //nolint:forbidigo // the machine's clock: a test that stops ours still wants to see the disk
	if !a.probe.at.IsZero() && now.Sub(a.probe.at) < probeEvery {
		return a.probe.err
	}
	// One trial is for all who ask: it goes on when this one leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	a.probe.err = a.tryToWrite(ctx)
	a.probe.at = now
	return a.probe.err
}

func (a *App) tryToWrite(ctx context.Context) error {
	err := a.DB.Probe(ctx)
	if err != nil {
		return err
	}
	return tryFile(a.Options.Data)
}

// tryFile writes a file that goes again at once. The database's own trial
// alone may fit into room that its log holds already.
func tryFile(folder string) error {
	f, err := os.CreateTemp(folder, ".room-*")
	if err != nil {
		return disk(folder, err)
	}
	_, err = f.Write(make([]byte, probeSize))
	closed := f.Close()
	if err == nil {
		err = closed
	}
	gone := os.Remove(f.Name())
	if err == nil {
		err = gone
	}
	if err != nil {
		return disk(folder, err)
	}
	return nil
}

// notReady says why in a word that gives nothing away.
func notReady(err error) string {
	switch errs.KindOf(err) {
	case errs.Full:
		return "no room on the disk"
	case errs.Busy:
		return "the database is busy or away"
	}
	return "writing fails"
}
