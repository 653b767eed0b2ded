package partnership

import (
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// whoNames says who is waited for: parties and persons by name, rights by the
// names of who holds them.
type whoNames struct {
	orgs    map[string]string
	team    []Member
	l       *i18n.L
	persons map[string]string
}

func (n whoNames) say(w Who) string { return n.l.List(n.each(w)) }

// each are the names behind one who: a right may be held by several persons.
func (n whoNames) each(w Who) []string {
	switch w.Kind {
	case WhoParty:
		if name := n.orgs[w.ID]; name != "" {
			return []string{name}
		}
		return []string{n.l.T("who.party", "a party")}
	case WhoPerson:
		if name := n.persons[w.ID]; name != "" {
			return []string{name}
		}
		return []string{n.l.T("who.manager", "the manager")}
	}
	var names []string
	for _, t := range n.team {
		if string(t.Right) == w.ID && t.Name != "" {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return []string{n.l.Say(rightWho(access.Right(w.ID)))}
	}
	return names
}

func rightWho(r access.Right) i18n.Msg {
	switch r {
	case access.Approve:
		return i18n.M("who.approve", "who may approve")
	case access.Contribute:
		return i18n.M("who.contribute", "who may contribute")
	}
	return i18n.M("who.manage", "who manages the partnership")
}

// names reads the names behind the waits of one partnership.
func (s *Service) names(t *db.Tx, l *i18n.L, p Partnership, who []Who) (whoNames, error) {
	n := whoNames{l: l, persons: map[string]string{}}
	var orgs []string
	for _, w := range who {
		if w.Kind == WhoParty {
			orgs = append(orgs, w.ID)
		}
	}
	var err error
	n.orgs, err = s.dir.Names(t, l.Lang, orgs)
	if err != nil {
		return n, err
	}
	n.team, err = teamOf(t, p.ID)
	if err != nil {
		return n, err
	}
	for _, x := range n.team {
		n.persons[x.Person] = x.Name
	}
	today := t.Now.Day()
	n.team = slices.DeleteFunc(n.team, func(x Member) bool { return !x.Holds(today) })
	manager, err := managerOf(t, p.Manager)
	n.persons[manager.Person] = manager.Name
	return n, err
}
