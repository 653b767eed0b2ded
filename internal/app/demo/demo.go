package demo

import (
	"context"
	"fmt"
	"strconv"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Version says which demo this program loads. It changes with what is loaded.
const Version = "1"

// Names of the settings that the demo leaves.
const (
	settingVersion = "demo.version"
	settingLoaded  = "demo.loaded_at" // Unix milliseconds: what was made later is not the demo's
)

// host is the code of the demo's host organisation among the guide's actors.
const host = "ilo"

// Services are what the demo is made with. Partnership needs its store of files.
type Services struct {
	DB          *db.DB
	Refdata     *refdata.Service // loaded
	Directory   *directory.Service
	Partnership *partnership.Service
	Access      *access.Service
	By          access.Actor // the command that loads; zero: system:demo
}

// Loaded says whether the demo was loaded, by this version of the program or
// another.
func Loaded(ctx context.Context, s Services) (bool, error) {
	m, err := s.mark(ctx)
	if err != nil {
		return false, fmt.Errorf("look for the demo: %w", err)
	}
	return m.version != "", nil
}

// Load loads the demo. Where this version of it is there already it changes
// nothing; see Loaded. A database that holds records of others, or another
// version of the demo, is a Conflict and stays as it is.
func Load(ctx context.Context, s Services) error {
	if s.By.Outside == "" {
		s.By = access.System("demo")
	}
	now := s.DB.Clock.Now()
	err := s.DB.Together(db.WithNow(ctx, now), func(ctx context.Context) error {
		m, err := s.mark(ctx)
		if err != nil {
			return err
		}
		err = s.refuse(ctx, m)
		if err != nil || m.version == Version {
			return err
		}
		l := &load{Services: s, now: now, organisations: map[string]string{}, actors: map[string]access.Actor{}}
		return l.run(ctx)
	})
	if err != nil {
		return fmt.Errorf("load the demo: %w", err)
	}
	return nil
}

// mark is what a loaded demo leaves.
type mark struct {
	version string // empty: not loaded
	at      clock.Ms
}

func (s Services) mark(ctx context.Context) (mark, error) {
	var m mark
	err := s.DB.Read(ctx, func(t *db.Tx) error {
		var err error
		m.version, err = access.Setting(t, settingVersion)
		if err != nil || m.version == "" {
			return err
		}
		at, err := access.Setting(t, settingLoaded)
		if err != nil {
			return err
		}
		ms, err := strconv.ParseInt(at, 10, 64)
		m.at = clock.Ms(ms)
		return err
	})
	return m, err
}

// refuse says why the demo may not be loaded here.
func (s Services) refuse(ctx context.Context, m mark) error {
	if m.version != "" && m.version != Version {
		return errs.New(errs.Conflict, i18n.M("demo.other", "Another version of the demo is loaded here. Nothing was changed. Name a new folder with --data to load this one."))
	}
	return s.DB.Read(ctx, func(t *db.Tx) error {
		// No record is from 1970: without a mark whatever there is, is of others.
		inDirectory, err := directory.AddedAfter(t, m.at)
		if err != nil {
			return err
		}
		partnerships, err := partnership.AddedAfter(t, m.at)
		if err != nil {
			return err
		}
		accounts, err := access.Find(t, access.Filter{})
		if err != nil {
			return err
		}
		strangers := false
		for _, a := range accounts {
			strangers = strangers || !a.Demo
		}
		var what i18n.Msg
		switch {
		case strangers:
			what = i18n.M("demo.foreign.accounts", "accounts")
		case partnerships:
			what = i18n.M("demo.foreign.partnerships", "partnerships")
		case inDirectory:
			what = i18n.M("demo.foreign.directory", "organisations or persons")
		default:
			return nil
		}
		return errs.New(errs.Conflict, i18n.M("demo.foreign",
			"There are {what} here that are not the demo’s. Nothing was changed. The demo is loaded into an empty installation: name a new folder with --data, and an empty database with --db where you use one.",
			i18n.A{"what": what}))
	})
}

// load is one loading of the demo.
type load struct {
	Services
	now           clock.Ms
	organisations map[string]string       // ids, by code of guide_actor or key of an Example
	actors        map[string]access.Actor // of the demo's accounts, by key
}

func (l *load) run(ctx context.Context) error {
	// What is invented has been there since the Example began.
	first := db.WithNow(ctx, l.at(exampleBegins, 0))
	err := l.exampleOrganisations(first)
	if err != nil {
		return err
	}
	err = l.accounts(first)
	if err != nil {
		return err
	}
	err = l.guideOrganisations(ctx)
	if err != nil {
		return err
	}
	err = l.stories(ctx)
	if err != nil {
		return err
	}
	err = l.example(ctx)
	if err != nil {
		return err
	}
	err = l.talks(ctx)
	if err != nil {
		return err
	}
	return l.leaveMark(ctx)
}

// day is a day relative to the day of loading.
func (l *load) day(n int) clock.Day { return l.now.Day().AddDays(n) }

// at is an instant of a day before the day of loading: the nth thing that is
// done there, from eight in the morning (UTC).
func (l *load) at(day, nth int) clock.Ms {
	return l.day(day).Ms() + clock.Ms(8*60+20*nth)*60_000
}

// leaveMark says whose installation this is, and that the demo is loaded.
func (l *load) leaveMark(ctx context.Context) error {
	h, ok := l.Refdata.Get(actorList, host)
	if !ok {
		return fmt.Errorf("the list %s has no %s", actorList, host)
	}
	return l.DB.Write(ctx, func(t *db.Tx) error {
		for _, x := range [][2]string{
			{access.HostName, h.NameEN}, {access.HostAcronym, h.Attr("acronym")}, {access.HostLang, i18n.Langs[0]},
			{access.HostOrganisation, l.organisations[host]},
			{settingLoaded, strconv.FormatInt(int64(l.now), 10)}, {settingVersion, Version},
		} {
			err := access.SetSetting(t, l.By, x[0], x[1])
			if err != nil {
				return err
			}
		}
		return nil
	})
}
