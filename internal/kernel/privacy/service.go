package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/personal"
)

// PersonRecord is the kind of a person in the audit.
const PersonRecord = "person"

// Service exports and erases persons. Fields are set before use.
type Service struct {
	// Persons are the persons that an id or an e-mail address names, removed
	// ones among them.
	Persons func(t *db.Tx, who string) ([]string, error)
	// ForgetAddress forgets what stands of an address under a hash alone.
	ForgetAddress func(t *db.Tx, address string) error

	d      *db.DB
	access *access.Service
	key    *keyfile.Key // nil: addresses are not hashed
	data   personal.Map
	list   string // path of the list of erasures
	rules  []Rule // of other packages
}

// New makes the service. list is the path of the list of erasures.
func New(d *db.DB, a *access.Service, key *keyfile.Key, data personal.Map, list string) *Service {
	return &Service{d: d, access: a, key: key, data: data, list: list}
}

func mayAdminister(by access.Actor) error {
	if !by.May(access.Administer) {
		return &errs.Error{Kind: errs.Forbidden}
	}
	return nil
}

// one is the person that is named, by id or e-mail address.
func (s *Service) one(t *db.Tx, who string) (string, error) {
	persons, err := s.Persons(t, who)
	if err != nil {
		return "", err
	}
	accounts, err := access.Find(t, access.Filter{Text: who})
	if err != nil {
		return "", err
	}
	for _, a := range accounts {
		if access.FoldEmail(a.Email) == access.FoldEmail(who) || a.ID == who {
			persons = append(persons, a.Person)
		}
	}
	slices.Sort(persons)
	persons = slices.Compact(persons)
	switch len(persons) {
	case 0:
		return "", errs.New(errs.NotFound, i18n.M("privacy.person.none", "Nobody here has the id or e-mail address “{who}”.", i18n.A{"who": who}))
	case 1:
		return persons[0], nil
	}
	return "", errs.New(errs.Conflict, i18n.M("privacy.person.several", "“{who}” may mean several persons. Name one by id: {ids}", i18n.A{"who": who, "ids": strings.Join(persons, ", ")}))
}

// subject is a person with the accounts and addresses, and the names and
// addresses that it has or had here.
func (s *Service) subject(t *db.Tx, person string) (personal.Subject, []string, error) {
	accounts, err := access.Find(t, access.Filter{Person: person})
	if err != nil {
		return personal.Subject{}, nil, err
	}
	x := personal.Subject{Person: person}
	for _, a := range accounts {
		x.Accounts = append(x.Accounts, a.ID)
	}
	traces, err := s.data.Traces(t, x)
	if err != nil {
		return x, nil, err
	}
	records, err := s.records(t, x)
	if err != nil {
		return x, nil, err
	}
	for _, r := range records {
		earlier, err := audit.Earlier(t, r.Kind, r.ID, "name", "email", "value")
		if err != nil {
			return x, nil, err
		}
		traces = append(traces, earlier...)
	}
	marker, err := s.marker(t)
	if err != nil {
		return x, nil, err
	}
	traces = slices.DeleteFunc(personal.Tidy(traces), func(v string) bool { return v == marker || strings.HasPrefix(v, "erased:") })
	for _, v := range traces {
		if strings.Contains(v, "@") {
			x.Addresses = append(x.Addresses, v, access.FoldEmail(v))
		}
	}
	slices.Sort(x.Addresses)
	x.Addresses = slices.Compact(x.Addresses)
	return x, traces, nil
}

// records are the audit's records about a person. Those whose rows are gone
// are found by the person's id.
func (s *Service) records(t *db.Tx, x personal.Subject) ([]personal.Record, error) {
	return recordsOf(t, s.data, x)
}

func recordsOf(t *db.Tx, data personal.Map, x personal.Subject) ([]personal.Record, error) {
	records, err := data.Records(t, x)
	if err != nil {
		return nil, err
	}
	var kinds []string
	for _, m := range data {
		if m.Record != "" {
			kinds = append(kinds, m.Record)
		}
	}
	gone, err := audit.Naming(t, kinds, x.Person)
	if err != nil {
		return nil, err
	}
	more := []personal.Record{{Kind: PersonRecord, ID: x.Person}}
	for _, g := range gone {
		more = append(more, personal.Record{Kind: g[0], ID: g[1]})
	}
	for _, r := range more {
		if !slices.Contains(records, r) {
			records = append(records, r)
		}
	}
	return records, nil
}

// marker is what stands in the place of an erased name, in the language of
// the installation.
func (s *Service) marker(t *db.Tx) (string, error) {
	lang, err := access.Setting(t, access.HostLang)
	if err != nil {
		return "", err
	}
	return i18n.For(cmp.Or(lang, i18n.Langs[0])).T("privacy.erased", "erased person"), nil
}

// mostWords bounds the places that are listed of one column.
const mostWords = 100

// Plan says what erasing a person would do.
func (s *Service) Plan(ctx context.Context, by access.Actor, l *i18n.L, who string) (Plan, error) {
	err := mayAdminister(by)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Accounts: []string{}, Rows: []Counted{}, Copies: []string{}, Beside: []string{}}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		person, err := s.one(t, who)
		if err != nil {
			return err
		}
		x, traces, err := s.subject(t, person)
		if err != nil {
			return err
		}
		p.Person, p.Accounts = person, append(p.Accounts, x.Accounts...)
		p.Erased, err = erasedAt(t, person)
		if err != nil {
			return err
		}
		held, _, err := s.data.Collect(t, x)
		if err != nil {
			return err
		}
		for _, h := range held {
			i := slices.IndexFunc(s.data, func(m personal.Table) bool { return m.Name == h.Table })
			p.Rows = append(p.Rows, Counted{Table: h.Table, Label: l.Say(h.Label), Rows: int64(len(h.Rows)), Deleted: s.data[i].Drop})
		}
		p.Named, err = s.data.Pointing(t, x)
		if err != nil {
			return err
		}
		p.Words, err = s.data.Occurring(t, traces, mostWords)
		return err
	})
	return p, err
}

// Erase erases a person: the account is closed, values are taken out, rows
// about the person alone are deleted. What it can't decide, such as words in
// which the person is named, it lists. The last administrator is refused.
func (s *Service) Erase(ctx context.Context, by access.Actor, who string) (Done, error) {
	err := mayAdminister(by)
	if err != nil {
		return Done{}, err
	}
	var done Done
	err = s.d.Write(ctx, func(t *db.Tx) error {
		person, err := s.one(t, who)
		if err != nil {
			return err
		}
		done, err = s.erase(t, by, Entry{Person: person, At: t.Now}, false)
		if err != nil {
			return fmt.Errorf("erase person %s: %w", person, err)
		}
		// Written before the commit: a list that knows of an erasure which did
		// not come about makes it come about; the other way round it is lost.
		hashes, err := hashesOf(t, person)
		if err != nil {
			return err
		}
		return AppendList(s.list, []Entry{{Person: person, At: t.Now, Hashes: hashes}})
	})
	return done, err
}

// erase does it, in the caller's transaction. again: an erasure that was made
// before is carried out on older data, whatever account it meets.
func (s *Service) erase(t *db.Tx, by access.Actor, e Entry, again bool) (Done, error) {
	done := Done{Person: e.Person, Hashed: s.key != nil, Copies: []string{}, Left: []string{}, Beside: []string{}}
	x, traces, err := s.subject(t, e.Person)
	if err != nil {
		return done, err
	}
	done.subject, done.traces = x, traces
	marker, err := s.marker(t)
	if err != nil {
		return done, err
	}
	for _, account := range x.Accounts {
		err := s.access.End(t, by, account)
		if err != nil && (!again || !errs.Is(err, errs.Conflict)) {
			return done, err
		}
	}
	records, err := s.records(t, x)
	if err != nil {
		return done, err
	}
	for _, r := range records {
		err := audit.Erase(t, r.Kind, r.ID)
		if err != nil {
			return done, err
		}
	}
	done.Changes, err = s.data.Erase(t, x, traces, marker)
	if err != nil {
		return done, err
	}
	for _, address := range x.Addresses {
		if s.ForgetAddress != nil {
			err := s.ForgetAddress(t, address)
			if err != nil {
				return done, err
			}
		}
		hash, err := s.hash(address)
		if err != nil {
			return done, err
		}
		if hash != "" && !slices.Contains(e.Hashes, hash) {
			e.Hashes = append(e.Hashes, hash)
		}
	}
	err = noteErasure(t, e, by.ID())
	if err != nil {
		return done, err
	}
	err = audit.Write(t, audit.Row{Actor: by.ID(), Action: "erased", Kind: PersonRecord, Record: e.Person})
	if err != nil {
		return done, err
	}
	done.Words, err = s.data.Occurring(t, traces, mostWords)
	return done, err
}

// hash is the keyed hash of an address; empty without a key.
func (s *Service) hash(address string) (string, error) {
	if s.key == nil {
		return "", nil
	}
	return s.key.Mark("erasure", access.FoldEmail(address))
}

// EraseCopy erases a person, whom Erase has erased here, from an older copy of
// the database, as far as its schema goes.
func (s *Service) EraseCopy(ctx context.Context, d *db.DB, done Done) error {
	return d.Write(ctx, func(t *db.Tx) error {
		data, err := s.data.Present(t)
		if err != nil {
			return err
		}
		records, err := recordsOf(t, data, done.subject)
		if err != nil {
			return err
		}
		for _, r := range records {
			err := audit.Erase(t, r.Kind, r.ID)
			if err != nil {
				return err
			}
		}
		marker, err := s.marker(t)
		if err != nil {
			return err
		}
		_, err = data.Erase(t, done.subject, done.traces, marker)
		return err
	})
}

// CatchUp makes the database and the list of erasures say the same: what the
// list alone knows is carried out (a backup was put back), what the database
// alone knows is written into the list. It returns the erasures carried out.
func (s *Service) CatchUp(ctx context.Context) ([]Done, error) {
	listed, err := ReadList(s.list)
	if err != nil {
		return nil, err
	}
	var known []Entry
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		known, err = erasures(t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the erasures: %w", err)
	}
	var out []Done
	for _, e := range Missing(listed, known) {
		err := s.d.Write(ctx, func(t *db.Tx) error {
			done, err := s.erase(t, access.System("erasure"), e, true)
			if err != nil {
				return fmt.Errorf("erase person %s again: %w", e.Person, err)
			}
			out = append(out, done)
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, AppendList(s.list, Missing(known, listed))
}

// Suppressed says whether an e-mail address belonged to a person who was
// erased here.
func (s *Service) Suppressed(t *db.Tx, address string) (bool, error) {
	hash, err := s.hash(address)
	if err != nil || hash == "" {
		return false, err
	}
	return hashKnown(t, hash)
}

// Erasures are the erasures that were made, the oldest first.
func (s *Service) Erasures(ctx context.Context, by access.Actor) ([]Entry, error) {
	err := mayAdminister(by)
	if err != nil {
		return nil, err
	}
	var out []Entry
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = erasures(t)
		return err
	})
	return out, err
}

// Export gives everything that is kept of a person: to an administrator, and
// to the person.
func (s *Service) Export(ctx context.Context, by access.Actor, who string) (Export, error) {
	out := Export{About: []personal.Held{}, Named: []personal.Held{}, History: []Event{}}
	if who != by.Person || by.Account == "" {
		err := mayAdminister(by)
		if err != nil {
			return out, err
		}
	}
	err := s.d.Read(ctx, func(t *db.Tx) error {
		person, err := s.one(t, who)
		if err != nil {
			return err
		}
		x, _, err := s.subject(t, person)
		if err != nil {
			return err
		}
		out.Person, out.At = person, stamp(t.Now)
		held, named, err := s.data.Collect(t, x)
		if err != nil {
			return err
		}
		out.About, out.Named = append(out.About, held...), append(out.Named, named...)
		records, err := s.records(t, x)
		if err != nil {
			return err
		}
		for _, account := range x.Accounts {
			records = append(records, personal.Record{Kind: "account", ID: account})
		}
		for i, r := range records {
			if slices.Contains(records[:i], r) {
				continue
			}
			err := events(t, audit.Filter{Kind: r.Kind, Record: r.ID}, true, &out.History)
			if err != nil {
				return err
			}
		}
		for _, account := range x.Accounts {
			err := events(t, audit.Filter{Actor: account}, false, &out.History)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func stamp(at clock.Ms) string { return at.Time().Format(time.RFC3339) }

// mostEvents bounds the history of one record or account in an export.
const mostEvents = 20_000

// events adds rows of the audit to a history. Of a person's own records the
// values are told, of others what was done alone.
func events(t *db.Tx, f audit.Filter, own bool, into *[]Event) error {
	f.Limit = 200
	for n := 0; n < mostEvents; n += f.Limit {
		rows, err := audit.List(t, f)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			e := Event{At: stamp(r.At), Action: r.Action, Kind: r.Kind, Record: r.Record, Own: own}
			if own {
				e.Values = valuesOf(r)
			}
			*into = append(*into, e)
		}
		f.After = rows[len(rows)-1].Place()
	}
	return nil
}

func valuesOf(r audit.Listed) map[string]string {
	out := map[string]string{}
	for _, c := range r.Changes {
		var text string
		err := json.Unmarshal(c.New, &text)
		switch {
		case c.Erased:
		case err == nil:
			out[c.Field] = text
		case errors.As(err, new(*json.UnmarshalTypeError)):
			out[c.Field] = string(c.New)
		}
	}
	return out
}
