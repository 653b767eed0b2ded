package app

import (
	"context"
	"runtime/debug"
	"time"
)

// restAfter is how long a server waits without a request before it gives
// memory back to the machine.
const restAfter = 5 * time.Second

// rest gives back, once after every stretch of work, the memory that the work
// needed and that nothing needs now: the database's caches, the collector's
// reserve, and the pages of the program that only the work had read. At a desk
// that opens a page an hour the server stays as small as it can be.
func (a *App) rest(ctx context.Context) error {
	served := a.served.Load()
	if served == a.restedAt.Load() {
		return nil
	}
	if served != a.seenServed.Swap(served) {
		return nil // there was work since the last look
	}
	a.restedAt.Store(served)
	err := a.DB.Shrink(ctx)
	debug.FreeOSMemory()
	forgetProgram()
	return err
}
