package partnership

import (
	"context"
	"fmt"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/files"
)

// Keep is how long a removed partnership can come back.
const Keep = directory.Keep

// RemovedPartnership is a partnership that can still come back.
type RemovedPartnership struct {
	ID        string   `db:"id"`
	Title     string   `db:"title"`
	DeletedAt clock.Ms `db:"deleted_at"`
}

// removedMost bounds the list of removed partnerships.
const removedMost = 200

// Removed are the partnerships that can still come back and that the actor
// managed, the last removed first.
func (s *Service) Removed(ctx context.Context, a access.Actor) ([]RemovedPartnership, error) {
	var out []RemovedPartnership
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = removedFor(t, a, t.Now.Add(-Keep), removedMost)
		return err
	})
	return out, err
}

// Expired are the removed partnerships that Purge would delete for good.
func (s *Service) Expired(t *db.Tx, before clock.Ms) ([]string, error) {
	return expired(t, before, purgeMost)
}

// purgeMost bounds what one night deletes.
const purgeMost = 1000

// Purge deletes for good what was removed before an instant, at least 30 days
// ago: the partnership with everything in it. It returns how many.
func (s *Service) Purge(ctx context.Context, before clock.Ms) (int, error) {
	before = min(before, s.d.Clock.Now().Add(-Keep))
	var ids []string
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		ids, err = expired(t, before, purgeMost)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("removed partnerships: %w", err)
	}
	for n, partnership := range ids {
		err := s.d.Write(ctx, func(t *db.Tx) error { return purge(t, partnership, before) })
		if err != nil {
			return n, fmt.Errorf("purge partnership %s: %w", partnership, err)
		}
	}
	return len(ids), nil
}

// purge deletes a partnership, unless it came back in the meantime, and the
// rows of contents that only it named.
func purge(t *db.Tx, partnership string, before clock.Ms) error {
	p, err := lock(t, partnership)
	if err != nil || p.DeletedAt == 0 || p.DeletedAt >= before {
		return err
	}
	hashes, err := contentsOf(t, partnership)
	if err != nil {
		return err
	}
	err = access.SetObjectAccess(t, Kind, partnership, nil)
	if err != nil {
		return err
	}
	err = deleteWhole(t, partnership)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		named, err := contentNamed(t, hash)
		if err != nil {
			return err
		}
		if named {
			continue
		}
		err = files.Forget(t, hash)
		if err != nil {
			return err
		}
	}
	return nil
}
