package partnership

import (
	"context"
	"slices"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/id"
)

// Of calendar feeds.
const (
	kindFeed  = "calendar_feed"
	feedBytes = 32               // of a token: 256 bits
	feedTouch = time.Hour        // how exactly a reading is noted
	feedBack  = 92               // days that a feed looks back
	feedEvery = 12 * time.Hour   // how often programs are asked to come again
	feedReads = 60               // readings of one feed in feedPace
	feedWrong = 20               // addresses that are none, from one place, in feedPace
	feedPace  = 30 * time.Minute // over which readings are counted
)

func feedHash(token string) string {
	return id.Hash(token)
}

// MakeFeed makes the address of a calendar for an account: of all in which it
// has a part, or of one partnership that it may view. One made before for the
// same ends. The token is returned once and kept as a hash.
func (s *Service) MakeFeed(ctx context.Context, a access.Actor, partnership, lang string) (token string, err error) {
	if a.Account == "" {
		return "", &errs.Error{Kind: errs.Forbidden}
	}
	token = id.Secret(feedBytes)
	err = s.d.Write(ctx, func(t *db.Tx) error {
		if partnership != "" {
			_, err := need(t, a, partnership, access.View)
			if err != nil {
				return err
			}
		}
		old, err := feedsOf(t, a.Account)
		if err != nil {
			return err
		}
		for _, f := range old {
			if f.Partnership != partnership {
				continue
			}
			err := s.endFeed(t, a, f)
			if err != nil {
				return err
			}
		}
		f := Feed{ID: id.New(), Account: a.Account, Partnership: partnership, Lang: lang, CreatedAt: t.Now}
		err = insertFeed(t, f, feedHash(token))
		if err != nil {
			return err
		}
		return audit.Write(t, audit.Row{Actor: a.ID(), Action: "created", Kind: kindFeed, Record: f.ID, After: f})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// endFeed ends a feed, with its row in the audit.
func (s *Service) endFeed(t *db.Tx, a access.Actor, f Feed) error {
	err := setFeedRevoked(t, f.ID)
	if err != nil {
		return err
	}
	ended := f
	ended.RevokedAt = t.Now
	return audit.Write(t, audit.Row{Actor: a.ID(), Action: "revoked", Kind: kindFeed, Record: f.ID, Before: f, After: ended})
}

// Feeds are the actor's feeds.
func (s *Service) Feeds(ctx context.Context, a access.Actor) ([]Feed, error) {
	var out []Feed
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = feedsOf(t, a.Account)
		return err
	})
	return out, err
}

// RevokeFeed ends one of the actor's feeds.
func (s *Service) RevokeFeed(ctx context.Context, a access.Actor, feed string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		own, err := feedsOf(t, a.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(own, func(f Feed) bool { return f.ID == feed })
		if i < 0 {
			return errs.Missing()
		}
		return s.endFeed(t, a, own[i])
	})
}

// endFeeds ends the feeds of an account that is closed: opened again, it
// makes new ones.
func (s *Service) endFeeds(t *db.Tx, account string) error {
	found, err := access.Find(t, access.Filter{IDs: []string{account}, State: access.Closed})
	if err != nil || len(found) == 0 {
		return err
	}
	feeds, err := feedsOf(t, account)
	if err != nil {
		return err
	}
	for _, f := range feeds {
		err := s.endFeed(t, access.System("account-closed"), f)
		if err != nil {
			return err
		}
	}
	return nil
}

// due reads what a feed's owner has to know of, as it may see it today.
func (s *Service) due(t *db.Tx, a access.Actor, partnership string) ([]feedItem, error) {
	if partnership != "" {
		_, err := need(t, a, partnership, access.View)
		if err != nil {
			return nil, err
		}
	}
	from := t.Now.Day().AddDays(-feedBack)
	days, err := feedDeadlines(t, a, partnership, from)
	if err != nil {
		return nil, err
	}
	actions, err := feedActions(t, a, partnership, from)
	return append(days, actions...), err
}
