package directory

import (
	"slices"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// ForPartnership is the purpose (of PurposeList) of letters about the work of
// a partnership.
const ForPartnership = "partnership"

// Correspondent is a person of an organisation to whom one can write about the
// work of a partnership.
type Correspondent struct {
	Person       string `db:"person"`
	Organisation string `db:"organisation"`
	Name         string `db:"name"`
	Email        string `db:"-"` // where to write to
	Lang         string `db:"-"` // in which language; empty is missing
	Title        string `db:"title"`
	Focal        bool   `db:"focal"`
}

// Correspondents are the persons with a role today in some organisations and
// an e-mail address that may be used: focal points first, then by name; each
// once an organisation. Whether the actor may read persons is the caller's to
// say.
func Correspondents(t *db.Tx, organisations []string) ([]Correspondent, error) {
	all, err := holdersOf(t, organisations)
	if err != nil {
		return nil, err
	}
	var out []Correspondent
	for _, c := range all {
		twice := slices.ContainsFunc(out, func(o Correspondent) bool { return o.Person == c.Person && o.Organisation == c.Organisation })
		if twice {
			continue
		}
		var ok bool
		c.Email, c.Lang, ok, err = MailAddress(t, c.Person, ForPartnership)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	return out, nil
}

// CorrespondentIn is a person as a correspondent of an organisation today;
// false where the person is none, or none any more.
func CorrespondentIn(t *db.Tx, person, organisation string) (Correspondent, bool, error) {
	all, err := Correspondents(t, []string{organisation})
	if err != nil {
		return Correspondent{}, false, err
	}
	i := slices.IndexFunc(all, func(c Correspondent) bool { return c.Person == person })
	if i < 0 {
		return Correspondent{}, false, nil
	}
	return all[i], true, nil
}

// PersonNames are the names of persons by id; those that were removed are
// among them.
func PersonNames(t *db.Tx, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := namesOfPersons(t, ids)
	for _, r := range rows {
		out[r.Person] = r.Name
	}
	return out, err
}

// Words say a correspondent in a list: the name, and what the person is.
func (c Correspondent) Words(l *i18n.L) string {
	switch {
	case c.Title != "" && c.Focal:
		return l.T("directory.correspondent.focal_title", "{name}, {title} (focal point)", i18n.A{"name": c.Name, "title": c.Title})
	case c.Focal:
		return l.T("directory.correspondent.focal", "{name} (focal point)", i18n.A{"name": c.Name})
	case c.Title != "":
		return l.T("directory.correspondent.title", "{name}, {title}", i18n.A{"name": c.Name, "title": c.Title})
	}
	return c.Name
}

// ValidEmail says whether a text is one e-mail address, and nothing else.
func ValidEmail(s string) bool { return emailAddress(s) }

// ValidPhone says whether a text is one telephone number.
func ValidPhone(s string) bool { return phoneForm.MatchString(s) }
