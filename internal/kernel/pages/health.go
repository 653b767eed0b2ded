package pages

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/migrate"
)

// Level says how grave a finding is.
type Level string

// The levels.
const (
	Good Level = "good"
	Warn Level = "warn" // works, but somebody should look at it
	Bad  Level = "bad"  // something does not work, or soon will not
)

// Finding is one thing that the state of the system and `ayni doctor` say.
type Finding struct {
	Key   string // stable, for scripts: database, schema, …
	Level Level
	Title i18n.Msg
	Text  i18n.Msg // what was found, and what to do where it is not good
}

// HealthOptions say what Health looks at; what is empty is left out.
type HealthOptions struct {
	DB         *db.DB
	DataDir    string
	Version    string
	LastBackup func(ctx context.Context) (clock.Ms, error)
}

// The least that we work with, and when to warn.
const (
	leastSQLite   = 3_051_003 // older ones can corrupt a database in WAL mode
	leastPostgres = 150_000
	diskWarn      = 2_000_000_000 // bytes
	diskBad       = 200_000_000
	backupWarn    = 7 * 24 * time.Hour
)

// Health looks at the system and says what it finds, graver or not. It changes
// nothing and works on a database opened for reading.
func Health(ctx context.Context, o HealthOptions) []Finding {
	var out []Finding
	if o.Version != "" {
		out = append(out, Finding{Key: "version", Level: Good, Title: i18n.M("health.version", "Program"),
			Text: i18n.M("health.version.text", "Version {version}.", i18n.A{"version": o.Version})})
	}
	look := func(f Finding, err error) {
		if err != nil {
			f.Level, f.Text = Bad, i18n.M("health.failed", "This could not be found out: {why}", i18n.A{"why": reason(err)})
		}
		out = append(out, f)
	}
	look(database(ctx, o.DB))
	if size, err := o.DB.WAL(); err != nil || size > db.WALWorry {
		look(Finding{Key: "log", Level: Warn, Title: i18n.M("health.log", "Log of the database"),
			Text: i18n.M("health.log.text", "{size} are not in the database file yet: another program holds an old state of it open. End that program; until then the log grows.", i18n.A{"size": sizeMsg(size)})}, err)
	}
	schema, err := schemaState(ctx, o.DB)
	look(schema, err)
	if err == nil && schema.Level == Good {
		look(people(ctx, o.DB))
		look(auditHead(ctx, o.DB))
		look(work(ctx, o.DB))
		look(post(ctx, o.DB))
	}
	if o.LastBackup != nil {
		look(backup(ctx, o))
	}
	if o.DataDir != "" {
		out = append(out, disk(o.DataDir))
	}
	return out
}

// reason says an error to an administrator: its own words where it has some.
func reason(err error) string {
	e := errs.As(err)
	if e != nil && !e.Msg.Zero() {
		return e.Msg.English()
	}
	return err.Error()
}

func database(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "database", Level: Good, Title: i18n.M("health.database", "Database")}
	var version string
	var number int
	var size int64
	err := d.Read(ctx, func(t *db.Tx) error {
		var err error
		version, number, err = engineVersion(t)
		if err != nil {
			return err
		}
		size, err = databaseSize(t)
		return err
	})
	if err != nil {
		return f, err
	}
	name, least := "SQLite", leastSQLite
	if d.Engine == db.Postgres {
		name, least = "PostgreSQL", leastPostgres
	}
	args := i18n.A{"engine": name, "version": version, "size": sizeMsg(size)}
	f.Text = i18n.M("health.database.text", "{engine} {version}, {size}.", args)
	if number < least {
		f.Level = Bad
		f.Text = i18n.M("health.database.old", "{engine} {version} is too old for this program, {size}. Install a newer one.", args)
	}
	return f, nil
}

// versionNumber turns "3.51.3" into 3051003.
func versionNumber(s string) int {
	n := 0
	parts := strings.SplitN(s, ".", 3)
	for i := range 3 {
		part := 0
		if i < len(parts) {
			part, _ = strconv.Atoi(parts[i]) // what is no number counts as 0, the oldest
		}
		n = n*1000 + part
	}
	return n
}

// sizeMsg says a size later, in the reader's language.
func sizeMsg(n int64) i18n.Msg {
	switch {
	case n < 10_000_000:
		return i18n.M("health.size.kb", "{n} kB", i18n.A{"n": n / 1000})
	case n < 10_000_000_000:
		return i18n.M("health.size.mb", "{n} MB", i18n.A{"n": n / 1_000_000})
	}
	return i18n.M("health.size.gb", "{n} GB", i18n.A{"n": n / 1_000_000_000})
}

func schemaState(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "schema", Level: Good, Title: i18n.M("health.schema", "Schema")}
	done, pending, err := migrate.State(ctx, d)
	if err != nil {
		return f, err
	}
	f.Text = i18n.M("health.schema.text", "Step {n}, as this program expects.", i18n.A{"n": len(done)})
	if len(pending) > 0 {
		f.Level = Bad
		f.Text = i18n.MN("health.schema.behind", len(pending), "{n} step behind this program. Back the database up, then run: ayni migrate", "{n} steps behind this program. Back the database up, then run: ayni migrate")
	}
	return f, nil
}

// people looks whether somebody can administer the installation.
func people(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "accounts", Level: Good, Title: i18n.M("health.accounts", "Administrators")}
	admins, demo := 0, 0
	err := d.Read(ctx, func(t *db.Tx) error {
		admins, demo = 0, 0
		list, err := access.Find(t, access.Filter{Role: access.Admin, State: access.Active})
		for _, a := range list {
			if a.Demo {
				demo++
			} else {
				admins++
			}
		}
		return err
	})
	if err != nil {
		return f, err
	}
	switch {
	case admins > 0:
		f.Text = i18n.MN("health.accounts.text", admins, "{n} active account may administer.", "{n} active accounts may administer.")
	case demo > 0:
		f.Text = i18n.M("health.accounts.demo", "This is the demo: its accounts sign in without a password, on this machine alone.")
	default:
		f.Level = Warn
		f.Text = i18n.M("health.accounts.none", "No active account may administer. Do first set-up, or run: ayni user add EMAIL --role admin")
	}
	return f, nil
}

func auditHead(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "audit", Level: Good, Title: i18n.M("health.audit", "Audit")}
	var head audit.Head
	err := d.Read(ctx, func(t *db.Tx) error {
		var err error
		head, err = audit.Last(t)
		return err
	})
	if err != nil {
		return f, err
	}
	f.Text = i18n.M("health.audit.text", "Row {n} is the head of the chain; its hash begins with {hash}. The command verify-audit checks the whole.", i18n.A{"n": head.Seq, "hash": head.Hash[:min(12, len(head.Hash))]})
	if head.Seq == 0 {
		f.Text = i18n.M("health.audit.empty", "The chain is empty: nothing was written yet.")
	}
	return f, nil
}

// jobLate is how long a job may wait after its time before somebody should look.
const jobLate = 10 * time.Minute

func work(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "jobs", Level: Good, Title: i18n.M("health.jobs", "Jobs")}
	var n jobs.Overview
	var now clock.Ms
	err := d.Read(ctx, func(t *db.Tx) error {
		now = t.Now
		var err error
		n, err = jobs.Count(t)
		return err
	})
	if err != nil {
		return f, err
	}
	waiting := i18n.MN("health.jobs.waiting", n.Ready, "{n} job waits", "{n} jobs wait")
	switch {
	case n.Failed > 0:
		f.Level = Warn
		f.Text = i18n.MN("health.jobs.failed", n.Failed, "{waiting}, {n} has failed. Its page says why and starts it again.", "{waiting}, {n} have failed. Their pages say why and start them again.", i18n.A{"waiting": waiting})
	case n.Late != 0 && n.Late.Add(jobLate) < now:
		f.Level = Warn
		f.Text = i18n.M("health.jobs.late", "{waiting}, the oldest since {time} (UTC). Jobs run while ayni serve runs.", i18n.A{"waiting": waiting, "time": n.Late})
	default:
		f.Text = i18n.M("health.jobs.text", "{waiting}, none has failed.", i18n.A{"waiting": waiting})
	}
	return f, nil
}

func backup(ctx context.Context, o HealthOptions) (Finding, error) {
	f := Finding{Key: "backup", Level: Good, Title: i18n.M("health.backup", "Backup")}
	at, err := o.LastBackup(ctx)
	if err != nil {
		return f, err
	}
	age := time.Duration(o.DB.Clock.Now()-at) * time.Millisecond
	switch {
	case at == 0:
		f.Level = Warn
		f.Text = i18n.M("health.backup.never", "No backup is known of. Make one with: ayni backup FILE")
	case age > backupWarn:
		f.Level = Warn
		f.Text = i18n.M("health.backup.old", "The last one ended on {time} (UTC). Make a new one with: ayni backup FILE", i18n.A{"time": at})
	default:
		f.Text = i18n.M("health.backup.text", "The last one ended on {time} (UTC).", i18n.A{"time": at})
	}
	return f, nil
}

func disk(dir string) Finding {
	f := Finding{Key: "disk", Level: Good, Title: i18n.M("health.disk", "Disk")}
	free, ok := diskFree(dir)
	args := i18n.A{"size": sizeMsg(free)}
	switch {
	case !ok:
		f.Level = Warn
		f.Text = i18n.M("health.disk.unknown", "How much room is left on the disk of the data folder could not be found out.")
	case free < diskBad:
		f.Level = Bad
		f.Text = i18n.M("health.disk.full", "{size} left on the disk of the data folder. Nothing can be written soon: free some room.", args)
	case free < diskWarn:
		f.Level = Warn
		f.Text = i18n.M("health.disk.low", "{size} left on the disk of the data folder. Free some room.", args)
	default:
		f.Text = i18n.M("health.disk.text", "{size} left on the disk of the data folder.", args)
	}
	return f
}

// lateMail is how long a message may wait before somebody looks.
const lateMail = 12 * time.Hour

// post says how messages to people fare.
func post(ctx context.Context, d *db.DB) (Finding, error) {
	f := Finding{Key: "mail", Level: Good, Title: i18n.M("health.mail", "Messages")}
	var o mail.Overview
	var now clock.Ms
	err := d.Read(ctx, func(t *db.Tx) error {
		now = t.Now
		var err error
		o, err = mail.Count(t)
		return err
	})
	if err != nil {
		return f, err
	}
	doubt, failed := o.ByState[mail.Doubt], o.ByState[mail.Bounced]+o.ByState[mail.GivenUp]
	switch {
	case o.Held != 0:
		f.Level = Warn
		f.Text = i18n.M("health.mail.held", "A backup was restored, so all messages are held since {time} (UTC). Release or drop them under Messages.", i18n.A{"time": o.Held})
	case o.Late != 0 && now > o.Late.Add(lateMail):
		f.Level = Warn
		f.Text = i18n.M("health.mail.late", "A message waits since {time} (UTC). Look under Messages what keeps it.", i18n.A{"time": o.Late})
	case doubt > 0:
		f.Level = Warn
		f.Text = i18n.MN("health.mail.doubt", doubt, "{n} message may or may not have arrived. Decide under Messages.", "{n} messages may or may not have arrived. Decide under Messages.")
	case failed > 0:
		f.Text = i18n.MN("health.mail.failed", failed, "{n} message of the last 90 days could not be delivered; all others were.", "{n} messages of the last 90 days could not be delivered; all others were.")
	default:
		f.Text = i18n.M("health.mail.good", "None is in doubt, and none waits for long.")
	}
	return f, nil
}
