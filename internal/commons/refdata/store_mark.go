package refdata

import (
	"context"
	"fmt"

	"ayni/internal/kernel/db"
)

// Mark changes when rows were added or a list has changed, by whatever
// process: who keeps rows in memory compares it and calls Reload.
func (s *Service) Mark(ctx context.Context) (string, error) {
	var mark string
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		mark, err = db.One[string](t, `select (select coalesce(max(i.id), '') from ref_item i) || (select coalesce(max(l.digest), '') || count(*) from ref_list l)`)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("mark of the reference lists: %w", err)
	}
	return mark, nil
}
