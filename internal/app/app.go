package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/partnership"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/privacy"
)

// Use says what a program is about to do with an installation.
type Use int

// The uses.
const (
	Own   Use = iota // alone: the folder is made where it is missing, locked, and the schema brought up to date
	Write            // as one writer among others, beside a running server
	Read             // nothing is written
)

// Options say where an installation lies and how to open it.
type Options struct {
	Data    string       // the data folder
	DBURL   string       // postgres://…; empty: SQLite in the data folder
	KeyFile string       // empty: the data folder's name with ".key"
	Use     Use          // what for
	What    string       // the command, for the word that a second one gets; empty: "serve"
	Demo    bool         // demo accounts may sign in, from this machine
	Mail    mail.Options // how messages leave
	Version string       // of the program
	MaxFile int64        // bytes of a file given as evidence; 0: partnership.DefaultMaxFile

	Erasures string       // for a restore: a list of erasures to carry out beside those that are there; empty: none
	Log      *slog.Logger // nil: slog.Default
	Clock    *clock.Clock // nil: the system's
}

// App is an open installation.
type App struct {
	Options     Options
	DB          *db.DB
	Access      *access.Service
	Ref         *refdata.Service
	Directory   *directory.Service
	Partnership *partnership.Service
	Files       *files.Store // nil for Read where there is no folder
	Jobs        *jobs.Queue
	Mail        *mail.Service
	Privacy     *privacy.Service
	Digest      *digest.Service
	Key         *keyfile.Key // nil for Read, and for Write where there is none
	Heads       *audit.Heads // of Own alone

	// Migrated is what opening did to the schema.
	Migrated Migrated

	lock   *Lock
	limits limits
	loops  loops
	probe  probe
	host   atomic.Pointer[string] // name of the host organisation
	stale  atomic.Bool            // host may have changed

	underWay   atomic.Int64 // requests that are being answered
	served     atomic.Int64 // requests so far; begins at 1, so that the start itself is rested from
	seenServed atomic.Int64 // requests at the last look of rest
	restedAt   atomic.Int64 // requests when memory was last given back

	mark string // of the database when caches were last dropped, see follow
}

// Open opens an installation. Close it.
func Open(ctx context.Context, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.What == "" {
		o.What = "serve"
	}
	a := &App{Options: o, limits: usual}
	err := a.open(ctx)
	if err != nil {
		return nil, errors.Join(err, a.release())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	o := a.Options
	var err error
	if o.Use == Own {
		err = makeFolder(o)
		if err != nil {
			return err
		}
		a.lock, err = TakeLock(o, o.What)
		if err != nil {
			return err
		}
	}
	a.DB, err = OpenDatabase(ctx, o)
	if err != nil {
		return err
	}
	if o.Use == Own && a.DB.Engine == db.SQLite {
		a.Migrated, err = Migrate(ctx, o, a.DB)
	} else {
		err = migrate.Require(ctx, a.DB)
	}
	if err != nil {
		return err
	}
	err = a.openFiles()
	if err != nil {
		return err
	}
	err = a.openKey()
	if err != nil {
		return err
	}
	a.wire()
	// Taken before anything is read: what others write from here on is noticed.
	a.mark, err = a.databaseMark(ctx)
	if err != nil {
		return err
	}
	if o.Use == Own {
		err = a.Ref.Load(ctx)
	} else {
		err = a.Ref.Reload(ctx)
	}
	if err != nil {
		return err
	}
	if o.Use == Own {
		a.Heads, err = audit.OpenHeads(o.Data, o.KeyPath())
		if err != nil {
			return disk(o.KeyPath(), err)
		}
	}
	if o.Use == Own {
		_, err = a.catchUp(ctx)
		if err != nil {
			return err
		}
	}
	return a.loadHost(ctx)
}

// openFiles opens the attached files. A command that only reads makes no
// folder for them.
func (a *App) openFiles() error {
	o := a.Options
	if o.Use == Read && !isFolder(o.in(filesFolder)) {
		return nil
	}
	err := needFolder(o)
	if err != nil {
		return err
	}
	a.Files, err = files.Open(o.in(filesFolder))
	return err
}

// openKey reads the key file. The server makes it where there is none; a
// command beside it that can't have it does without until it needs it.
func (a *App) openKey() error {
	var err error
	switch a.Options.Use {
	case Own:
		a.Key, err = keyfile.Open(a.Options.KeyPath())
	case Write:
		a.Key, err = keyfile.Read(a.Options.KeyPath())
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
	case Read:
	}
	if err != nil {
		return disk(a.Options.KeyPath(), err)
	}
	return nil
}

// wire makes the services, in the order in which they build on each other,
// and connects what an earlier one asks of a later one.
func (a *App) wire() {
	a.Access = access.New(a.DB)
	a.Access.Demo = a.Options.Demo
	a.Access.KeyFile = a.Options.KeyPath()
	a.Ref = refdata.New(a.DB)
	a.Directory = directory.New(a.DB, a.Ref)
	a.Partnership = partnership.New(a.DB, a.Ref, a.Directory, a.Files)
	if a.Options.MaxFile > 0 {
		a.Partnership.MaxFile = a.Options.MaxFile
	}
	a.Jobs = jobs.New(a.DB, a.Options.Log)
	a.Mail = mail.New(a.DB, a.Key, a.Options.Log, a.Options.Mail)
	a.Mail.Host = a.Host
	a.Mail.CameBack = cameBack(a.Directory)
	a.Partnership.Mail = a.Mail
	a.Access.Mail = a.Mail
	a.Digest = digest.New(a.DB, a.Mail)
	a.Digest.News, a.Digest.Due = a.Partnership.DigestNews, a.Partnership.DueFor

	a.Privacy = privacy.New(a.DB, a.Access, a.Key, personalData(), a.Options.ErasuresPath())
	a.Privacy.Persons, a.Privacy.ForgetAddress = directory.PersonsOf, mail.ForgetBounce
	a.Access.Suppressed, a.Directory.Suppressed = a.Privacy.Suppressed, a.Privacy.Suppressed

	a.Partnership.Post = partnership.Post{Queue: a.Mail.Queue, Compose: a.Mail.Compose, URL: a.Mail.URL, On: a.Mail.On}
	a.addRules()

	a.Access.NewPerson = a.Directory.NewPerson
	a.Access.NewHost = newHost(a.Directory)
	a.Access.CheckOrganisation = organisationThere(a.Directory)
	a.Access.AccountChanged = append(a.Access.AccountChanged, a.Partnership.AccountChanged)
	a.Directory.KeepOrganisation = append(a.Directory.KeepOrganisation, keptByPartnership, keptByAccount)
	a.Directory.KeepPerson = append(a.Directory.KeepPerson, hasAccount)
	a.registerJobs()
}

// Close ends what Start began and closes the installation. On PostgreSQL the
// audit of what was written here is chained first.
func (a *App) Close(ctx context.Context) error {
	a.Stop(ctx)
	if a.Options.Use != Read {
		err := a.seal(ctx)
		if err != nil {
			// Rows without a number or a signature are no loss: the next server
			// gives them both.
			a.Options.Log.WarnContext(ctx, "chain and sign the audit at the end", "error", err)
		}
	}
	return a.release()
}

func (a *App) release() error {
	var err error
	if a.Files != nil {
		err = a.Files.Close()
	}
	if a.DB != nil {
		err = errors.Join(err, a.DB.Close())
	}
	if a.lock != nil {
		err = errors.Join(err, a.lock.Release())
	}
	return err
}

// seal chains the audit and signs its head.
func (a *App) seal(ctx context.Context) error {
	if a.DB.Engine == db.Postgres {
		_, err := audit.Seal(ctx, a.DB)
		if err != nil {
			return err
		}
	}
	if a.Heads == nil {
		return nil
	}
	return a.Heads.Sign(ctx, a.DB)
}

// Host is the name of the organisation whose installation this is; empty
// before first set-up.
func (a *App) Host() string {
	if name := a.host.Load(); name != nil {
		return *name
	}
	return ""
}

func (a *App) loadHost(ctx context.Context) error {
	var name string
	err := a.DB.Read(ctx, func(t *db.Tx) error {
		var err error
		name, err = access.Setting(t, access.HostName)
		return err
	})
	if err != nil {
		return err
	}
	a.host.Store(&name)
	return nil
}
