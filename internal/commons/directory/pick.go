package directory

import (
	"context"
	"slices"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/ui"
)

// optionsMost is up to how many organisations a list in a form is of use.
const optionsMost = 200

// matchesMost is how many organisations of a name are offered to choose from.
const matchesMost = 20

// Options are organisations as choices of a field, by name; whole says that
// there are no more.
func (s *Service) Options(ctx context.Context, lang string) (options []ui.Option, whole bool, err error) {
	err = s.d.Read(ctx, func(t *db.Tx) error {
		found, err := startingWith(t, lang, "", optionsMost+1)
		options, whole = optionsOf(found[:min(len(found), optionsMost)]), len(found) <= optionsMost
		return err
	})
	return options, whole, err
}

func optionsOf(found []Found) []ui.Option {
	out := make([]ui.Option, len(found))
	for i, f := range found {
		out[i] = ui.Option{Value: f.ID, Text: f.label()}
	}
	return out
}

// label is the name with its acronym.
func (f Found) label() string {
	if f.Acronym == "" || f.Acronym == f.Name {
		return f.Name
	}
	return f.Name + " (" + f.Acronym + ")"
}

// Pick is a question for an organisation: a list where there are few, or where
// a name means several; else a text in which a name is written.
type Pick struct {
	Options []ui.Option // nil: a text
	Value   string      // the id chosen, or the text
}

// Field is the pick as a field of a form. empty is the choice of none.
func (p Pick) Field(f ui.Field, empty string) ui.Field {
	f.Value = p.Value
	if p.Options == nil {
		f.Kind, f.Width = ui.Text, "wide"
		return f
	}
	f.Kind = ui.Select
	f.Options = append([]ui.Option{{Text: empty}}, p.Options...)
	return f
}

// PickFor is the question with an organisation chosen; empty for none. What
// was typed may stand in its place, once Picked has seen it.
func (s *Service) PickFor(ctx context.Context, lang, chosen string) (Pick, error) {
	options, whole, err := s.Options(ctx, lang)
	if err != nil {
		return Pick{}, err
	}
	if whole {
		return Pick{Options: options, Value: chosen}, nil
	}
	if !id.Valid(chosen) {
		return Pick{Value: chosen}, nil
	}
	var name string
	err = s.d.Read(ctx, func(t *db.Tx) error {
		names, err := named(t, lang, []string{chosen})
		name = names[chosen]
		return err
	})
	return Pick{Value: name}, err
}

// Picked is the organisation that a sent field means: an id, or a name,
// acronym or alias that one organisation has; the name of the present one means
// that one, whoever else has it. Where it means none or several, the error
// names the field. pick is the question to ask next, whatever the outcome. An
// empty field means none and is no error.
func (s *Service) Picked(ctx context.Context, lang, field, sent, present string) (organisation string, pick Pick, err error) {
	if sent == "" || id.Valid(sent) {
		pick, err = s.PickFor(ctx, lang, sent)
		return sent, pick, err
	}
	var found, near []Found
	folded := search.Fold(sent)
	err = s.d.Read(ctx, func(t *db.Tx) error {
		found, near = nil, nil
		if folded == "" {
			return nil
		}
		if present != "" {
			names, err := named(t, lang, []string{present})
			if err != nil {
				return err
			}
			if search.Fold(names[present]) == folded {
				found = []Found{{ID: present}}
				return nil
			}
		}
		var err error
		found, err = calledSo(t, lang, folded, matchesMost)
		if err != nil || len(found) > 0 {
			return err
		}
		near, err = withWord(t, lang, folded, matchesMost)
		return err
	})
	if err != nil {
		return "", Pick{}, err
	}
	if len(found) == 1 {
		pick, err = s.PickFor(ctx, lang, found[0].ID)
		return found[0].ID, pick, err
	}
	var c errs.Check
	found = slices.Concat(found, near)
	if len(found) == 0 {
		c.Add(field, i18n.M("directory.pick.none", "No organisation has the name “{name}”. Write it as it stands in the list of organisations.", i18n.A{"name": sent}))
		return "", Pick{Value: sent}, c.Err()
	}
	c.Add(field, i18n.MN("directory.pick.several", len(found), "“{name}” may mean {n} organisation. Choose it, or none.", "“{name}” may mean {n} organisations. Choose one.", i18n.A{"name": sent}))
	return "", Pick{Options: optionsOf(found)}, c.Err()
}
