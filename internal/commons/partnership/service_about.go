package partnership

import (
	"context"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// SetAbout replaces the codes of the lists that are given; other lists stay.
func (s *Service) SetAbout(ctx context.Context, a access.Actor, partnership string, about About) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		err = s.setAbout(t, a, p, about)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

func (s *Service) setAbout(t *db.Tx, a access.Actor, p Partnership, about About) error {
	if len(about) == 0 {
		return nil
	}
	have, err := tagsOf(t, p.ID)
	if err != nil {
		return err
	}
	for list, codes := range about {
		if !slices.Contains(TagLists, list) {
			return &errs.Error{Kind: errs.BadRequest}
		}
		for _, g := range have {
			if g.List == list && g.Party == "" && !slices.Contains(codes, g.Code) {
				err := s.removeTag(t, a, p, g)
				if err != nil {
					return err
				}
			}
		}
		for _, code := range codes {
			if slices.ContainsFunc(have, func(g Tag) bool { return g.List == list && g.Code == code && g.Party == "" }) {
				continue
			}
			err := s.addTag(t, a, p, Tag{List: list, Code: code})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) addTag(t *db.Tx, a access.Actor, p Partnership, g Tag) error {
	if !s.ref.Has(g.List, g.Code) {
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: g.List, Msg: i18n.M("form.choose", "Choose one of the list")}}}
	}
	g.Partnership, g.CreatedAt, g.CreatedBy = p.ID, t.Now, a.ID()
	err := insertTag(t, g)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_tag", record: g.List + ":" + g.Code, audience: access.AudienceParties, after: g})
}

func (s *Service) removeTag(t *db.Tx, a access.Actor, p Partnership, g Tag) error {
	err := deleteTag(t, g)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "deleted", kind: "partnership_tag", record: g.List + ":" + g.Code, audience: access.AudienceParties, before: g})
}

// AddPlace adds where a partnership works.
func (s *Service) AddPlace(ctx context.Context, a access.Actor, partnership string, l Place) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addPlace(t, a, p, l) })
}

func (s *Service) addPlace(t *db.Tx, a access.Actor, p Partnership, l Place) error {
	var c errs.Check
	switch l.Kind {
	case PlaceCountry:
		c.If(!s.ref.Has("country", l.Code), "code", i18n.M("place.country", "Choose a country"))
	case PlaceRegion:
		c.If(!s.ref.Has("region", l.Code), "code", i18n.M("place.region", "Choose a region"))
	case PlacePoint:
		c.If(l.Name == "", "name", i18n.M("place.name", "Write the place’s name"))
		c.If(l.Code != "" && !s.ref.Has("country", l.Code), "code", i18n.M("place.country", "Choose a country"))
		c.If(l.Lat.Valid != l.Lon.Valid || l.Lat.V < -90 || l.Lat.V > 90 || l.Lon.V < -180 || l.Lon.V > 180, "lat", i18n.M("place.point", "Write latitude and longitude in degrees, such as -18.67 and 35.53, or leave both empty"))
	case PlaceUnnamed:
		c.If(l.Name == "", "name", i18n.M("place.unnamed", "Say in words which places it will be"))
	default:
		c.Add("kind", i18n.M("form.choose", "Choose one of the list"))
	}
	tooLong(&c, "name", l.Name, maxTitle)
	err := c.Err()
	if err != nil {
		return err
	}
	l.ID, l.Partnership, l.CreatedAt, l.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertPlace(t, l)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_place", record: l.ID, audience: access.AudienceParties, version: 1, after: l})
}

// AddAmount adds money as it was stated.
func (s *Service) AddAmount(ctx context.Context, a access.Actor, partnership string, m Amount) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addAmount(t, a, p, m) })
}

func (s *Service) addAmount(t *db.Tx, a access.Actor, p Partnership, m Amount) error {
	var c errs.Check
	c.If(!s.ref.Has("amount_kind", m.Kind), "kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(m.Minor.Valid && !s.ref.Has("currency", m.Currency), "currency", i18n.M("amount.currency", "Choose a currency"))
	c.If(m.Minor.Valid && m.Minor.V < 0, "amount", i18n.M("amount.negative", "Write an amount that is not negative"))
	tooLong(&c, "amount_note", m.Note, maxText)
	checkAudience(&c, m.Audience)
	err := c.Err()
	if err != nil {
		return err
	}
	m.ID, m.Partnership, m.CreatedAt, m.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertAmount(t, m)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_amount", record: m.ID, audience: m.Audience, version: 1, after: m})
}

// AddResult adds a result as somebody stated it.
func (s *Service) AddResult(ctx context.Context, a access.Actor, partnership string, m Result) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addResult(t, a, p, m) })
}

func (s *Service) addResult(t *db.Tx, a access.Actor, p Partnership, m Result) error {
	var c errs.Check
	c.If(m.Kind != "achieved" && m.Kind != "planned", "kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(m.Text == "", "text", i18n.M("result.text", "Say what was or is to be achieved"))
	tooLong(&c, "text", m.Text, maxText)
	checkAudience(&c, m.Audience)
	err := c.Err()
	if err != nil {
		return err
	}
	if m.Position == 0 {
		have, err := resultsOf(t, access.System("count"), p.ID)
		if err != nil {
			return err
		}
		m.Position = int64(len(have) + 1)
	}
	m.ID, m.Partnership, m.CreatedAt, m.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertResult(t, m)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_result", record: m.ID, audience: m.Audience, version: 1, after: m})
}

// Drop removes (or brings back) a place, an amount or a result.
func (s *Service) Drop(ctx context.Context, a access.Actor, partnership, what, record string, removed bool) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error {
		drop, ok := map[string]func(*db.Tx, string, string, any) error{
			"place": setPlaceDeleted, "amount": setAmountDeleted, "result": setResultDeleted,
		}[what]
		if !ok {
			return errs.Missing()
		}
		action := "restored"
		var at any
		if removed {
			action, at = "deleted", t.Now
		}
		err := drop(t, p.ID, record, at)
		if err != nil {
			return err
		}
		audience := access.AudienceHost // whoever it was for is not told by its removal
		if what == "place" {
			audience = access.AudienceParties
		}
		return s.note(t, a, p, changed{action: action, kind: "partnership_" + what, record: record, audience: audience})
	})
}
