package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/keyfile"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/privacy"
)

// Health is how one thing of an installation stands.
type Health string

// The healths.
const (
	Fine    Health = "ok"
	Worry   Health = "warn" // works, and may not for long
	Trouble Health = "bad"
)

// Diagnosis is what Doctor says of one thing.
type Diagnosis struct {
	Check  string // a stable name
	Health Health
	Text   i18n.Msg
	Mend   i18n.Msg // how to mend it; zero when it is fine
}

// doctor collects what it finds.
type doctor struct {
	o     Options
	found []Diagnosis
}

func (x *doctor) fine(check string, text i18n.Msg) {
	x.found = append(x.found, Diagnosis{Check: check, Health: Fine, Text: text})
}

func (x *doctor) worry(check string, text, mend i18n.Msg) {
	x.found = append(x.found, Diagnosis{check, Worry, text, mend})
}

func (x *doctor) bad(check string, text, mend i18n.Msg) {
	x.found = append(x.found, Diagnosis{check, Trouble, text, mend})
}

// Doctor looks at an installation as it is, whatever its state, beside a
// running server, and says how to mend what it finds. It changes nothing.
func Doctor(ctx context.Context, o Options) ([]Diagnosis, error) {
	o.Use = Read
	x := &doctor{o: o}
	err := needFolder(o)
	if err != nil && o.DBURL == "" {
		return nil, err
	}
	if err == nil {
		x.folder()
		x.key()
		x.room()
		x.erasures()
		x.served()
	}
	x.handles()
	d, err := OpenDatabase(ctx, o)
	if err != nil {
		x.bad("database", reason(err), i18n.M("doctor.database.mend", "The other questions about the database wait until it opens."))
		return x.found, nil
	}
	defer d.Close()
	err = x.database(ctx, d)
	if db.Damaged(err) {
		x.bad("integrity", i18n.M("doctor.integrity", "The database is damaged: {what}", i18n.A{"what": err.Error()}), restoreIt())
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the database: %w", err)
	}
	return x.found, ctx.Err()
}

// reason is what an error says to a person.
func reason(err error) i18n.Msg {
	e := errs.As(err)
	if e != nil && !e.Msg.Zero() {
		return e.Msg
	}
	return i18n.M("doctor.reason", "It does not open: {why}", i18n.A{"why": err.Error()})
}

// erasures: the list of erasures can be read, and is the whole one.
func (x *doctor) erasures() {
	listed, err := privacy.ReadList(x.o.ErasuresPath())
	if err != nil {
		x.bad("erasures", reason(err), i18n.M("doctor.erasures.mend", "Put the file erasures.log of the data folder back from a backup or another copy: a restore needs it to erase persons again."))
		return
	}
	_, err = os.Stat(x.o.in(aloneStamp))
	if err == nil {
		x.worry("erasures", i18n.M("doctor.erasures.alone", "A backup was restored here without the list of erasures of the folder it came from: persons erased after the backup may be back."),
			i18n.M("doctor.erasures.alone.mend", "Restore it again and give that list with --erasures. Where nobody was erased since, delete the file {file}.", i18n.A{"file": x.o.in(aloneStamp)}))
		return
	}
	x.fine("erasures", i18n.MN("doctor.erasures", len(listed), "The list of erasures has {n} person.", "The list of erasures has {n} persons."))
}

// folder: what lies in the data folder is for its owner alone.
func (x *doctor) folder() {
	info, err := os.Stat(x.o.Data)
	if err != nil {
		x.bad("folder", reason(err), i18n.M("doctor.folder.mend", "Give the folder to the user that runs ayni."))
		return
	}
	if info.Mode().Perm()&0o077 != 0 {
		x.bad("folder", i18n.M("doctor.folder.open", "Other users of this machine can look into {folder} (mode {mode}).", i18n.A{"folder": x.o.Data, "mode": fmt.Sprintf("%04o", info.Mode().Perm())}),
			i18n.M("doctor.run", "Run: {command}", i18n.A{"command": "chmod 700 " + x.o.Data}))
		return
	}
	for _, name := range []string{x.o.DatabasePath(), x.o.HeadsPath()} {
		info, err := os.Stat(name)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			x.worry("folder", i18n.M("doctor.file.open", "{file} is readable by others (mode {mode}).", i18n.A{"file": name, "mode": fmt.Sprintf("%04o", info.Mode().Perm())}),
				i18n.M("doctor.run", "Run: {command}", i18n.A{"command": "chmod 600 " + name}))
			return
		}
	}
	x.fine("folder", i18n.M("doctor.folder.fine", "The data folder is for its owner alone."))
}

// key: who has the key can sign what was not; so it lies apart from the data.
func (x *doctor) key() {
	path := x.o.KeyPath()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		x.worry("key", i18n.M("doctor.key.none", "There is no key file {file}.", i18n.A{"file": path}),
			i18n.M("doctor.key.none.mend", "Name it with --key-file, or put it back from where you keep it. Otherwise ayni serve makes a new one, and the log of signed heads goes on with it."))
		return
	}
	if err != nil {
		x.bad("key", reason(disk(path, err)), i18n.M("doctor.key.mend", "Give the file to the user that runs ayni."))
		return
	}
	switch {
	case inside(x.o.Data, path):
		x.bad("key", i18n.M("doctor.key.inside", "The key file {file} lies in the data folder: whoever gets a copy of the folder can sign a changed audit.", i18n.A{"file": path}),
			i18n.M("doctor.key.inside.mend", "Move it out of the folder and name it with --key-file."))
	case info.Mode().Perm()&0o077 != 0:
		x.bad("key", i18n.M("doctor.file.open", "{file} is readable by others (mode {mode}).", i18n.A{"file": path, "mode": fmt.Sprintf("%04o", info.Mode().Perm())}),
			i18n.M("doctor.run", "Run: {command}", i18n.A{"command": "chmod 600 " + path}))
	default:
		x.fine("key", i18n.M("doctor.key.fine", "The key file lies outside the data folder, for its owner alone. It is in no backup: keep a copy elsewhere."))
	}
}

// inside says whether a path lies in a folder.
func inside(folder, path string) bool {
	a, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	b, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(a, b)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Free room on the disk, in bytes, below which there is a worry, and trouble.
const (
	littleRoom = 2 << 30
	noRoom     = 200 << 20
)

func (x *doctor) room() {
	free, err := freeRoom(x.o.Data)
	if err != nil {
		return // a system that doesn't say
	}
	text := i18n.M("doctor.room", "{n} MB are free on the disk of the data folder.", i18n.A{"n": free >> 20})
	mend := i18n.M("doctor.room.mend", "Free some room: old backups and copies (ayni.db.before-…), logs, other programs. On a full disk writing stops and reading goes on.")
	switch {
	case free < noRoom:
		x.bad("disk", text, mend)
	case free < littleRoom:
		x.worry("disk", text, mend)
	default:
		x.fine("disk", text)
	}
}

func freeRoom(dir string) (int64, error) {
	var s syscall.Statfs_t
	err := syscall.Statfs(dir, &s)
	if err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// leastHandles is how many open files the server wants to be allowed: a few
// for the database, one for each reader.
const leastHandles = 256

func (x *doctor) handles() {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	if err != nil {
		return
	}
	if limit.Cur < leastHandles {
		x.worry("handles", i18n.M("doctor.handles", "The system allows {n} open files.", i18n.A{"n": int64(limit.Cur)}),
			i18n.M("doctor.handles.mend", "Allow at least {n}: ulimit -n {n}, or LimitNOFILE in a systemd unit.", i18n.A{"n": leastHandles}))
		return
	}
	x.fine("handles", i18n.M("doctor.handles.fine", "The system allows enough open files."))
}

func (x *doctor) database(ctx context.Context, d *db.DB) error {
	about, err := d.About(ctx)
	if err != nil {
		return err
	}
	x.engine(about)
	x.log(d)
	ready, err := x.schema(ctx, d)
	if err != nil || !ready {
		return err
	}
	faults, err := d.Integrity(ctx, true)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		x.bad("integrity", i18n.M("doctor.integrity", "The database is damaged: {what}", i18n.A{"what": faults[0].Text}),
			restoreIt())
	} else {
		x.fine("integrity", i18n.M("doctor.integrity.fine", "The database is whole as far as a quick look tells; ayni check looks at everything."))
	}
	err = x.clock(ctx, d)
	if err != nil {
		return err
	}
	err = x.audit(ctx, d)
	if err != nil {
		return err
	}
	err = x.accounts(ctx, d)
	if err != nil {
		return err
	}
	err = x.factors(ctx, d)
	if err != nil {
		return err
	}
	x.backup(d.Clock.Now())
	return nil
}

func restoreIt() i18n.Msg {
	return i18n.M("doctor.integrity.mend", "Keep the data folder as it is, then put the last backup in its place: ayni restore BACKUP --replace")
}

func (x *doctor) engine(a db.About) {
	if a.Engine == db.SQLite {
		x.fine("engine", i18n.M("doctor.engine.sqlite", "SQLite {version}.", i18n.A{"version": a.Version}))
		return
	}
	text := i18n.M("doctor.engine.postgres", "PostgreSQL {version}, text in {encoding}, collation {collation}.",
		i18n.A{"version": a.Version, "encoding": a.Encoding, "collation": a.Collate})
	switch a.Collate {
	case "C", "C.UTF-8", "C.utf8", "POSIX":
		x.fine("engine", text)
	default:
		x.worry("engine", text, i18n.M("doctor.engine.mend", "Lists may come in another order than elsewhere, and an update of the system can break indexes. Best is a database made with: locale 'C.UTF-8' template template0"))
	}
}

// log: what lies beside the SQLite file grows while somebody reads an old state.
func (x *doctor) log(d *db.DB) {
	size, err := d.WAL()
	if err != nil {
		x.worry("log", reason(err), i18n.Msg{})
		return
	}
	if size > db.WALWorry {
		x.worry("log", i18n.M("doctor.log", "The log beside the database holds {n} MB that are not in the database file yet.", i18n.A{"n": size >> 20}),
			i18n.M("doctor.log.mend", "Another program holds an old state of the database open: end it (a query that was left, a backup by other means than ayni backup). Where no server runs, start one: it clears the log."))
	}
}

// schema says whether the tables are those of this program.
func (x *doctor) schema(ctx context.Context, d *db.DB) (bool, error) {
	done, pending, err := migrate.State(ctx, d)
	if errs.Is(err, errs.Conflict) {
		x.bad("schema", reason(err), i18n.M("doctor.schema.mend", "Install the version that wrote it, or restore a backup of this one."))
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(pending) > 0 {
		x.bad("schema", i18n.MN("doctor.schema", len(pending), "The database is {n} step behind this program.", "The database is {n} steps behind this program."),
			i18n.M("doctor.schema.behind.mend", "Back it up, then run: ayni migrate"))
		return false, nil
	}
	x.fine("schema", i18n.M("doctor.schema.fine", "The schema is that of this program ({n}).", i18n.A{"n": len(done)}))
	return true, nil
}

// programYear is a year in which this program was there: a clock before it is wrong.
const programYear = 2026

func (x *doctor) clock(ctx context.Context, d *db.DB) error {
	var last clock.Ms
	err := d.Read(ctx, func(t *db.Tx) error {
		rows, err := audit.List(t, audit.Filter{Limit: 1})
		if len(rows) > 0 {
			last = rows[0].At
		}
		return err
	})
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	mend := i18n.M("doctor.clock.mend", "Set the machine’s clock, and let it follow a time server.")
	switch {
	case now.Time().Year() < programYear:
		x.bad("clock", i18n.M("doctor.clock.early", "The machine’s clock says {at} (UTC).", i18n.A{"at": now}), mend)
	case last > now.Add(5*time.Minute):
		x.bad("clock", i18n.M("doctor.clock.back", "The last change is dated {last} (UTC), and the machine’s clock says {now}: it went back, or went wrong before.", i18n.A{"last": last, "now": now}), mend)
	default:
		x.fine("clock", i18n.M("doctor.clock.fine", "The clock is past the last change."))
	}
	return nil
}

func (x *doctor) audit(ctx context.Context, d *db.DB) error {
	r, err := audit.Verify(ctx, d, x.o.HeadsPath())
	if errs.Is(err, errs.Invalid) {
		x.bad("audit", reason(err), i18n.M("doctor.audit.mend", "Keep database and log as they are: they are evidence. Find out who changed them, then restore a backup."))
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case !r.Whole():
		x.bad("audit", r.Reason, i18n.M("doctor.audit.mend", "Keep database and log as they are: they are evidence. Find out who changed them, then restore a backup."))
	case r.NoHeads && r.Rows > 0:
		x.worry("audit", i18n.M("doctor.audit.nolog", "The audit’s chain is whole, but there is no log of signed heads."),
			i18n.M("doctor.audit.nolog.mend", "ayni serve begins one. Until then a chain that was computed anew would not be noticed."))
	default:
		x.fine("audit", i18n.MN("doctor.audit.fine", int(r.Rows), "The audit is whole: {n} row.", "The audit is whole: {n} rows."))
	}
	return nil
}

func (x *doctor) accounts(ctx context.Context, d *db.DB) error {
	var all []access.Account
	var lost []string
	err := d.Read(ctx, func(t *db.Tx) error {
		var err error
		all, lost, err = accountsAndPersons(t)
		return err
	})
	if err != nil {
		return err
	}
	demo, admins, today := 0, 0, d.Clock.Now().Day()
	var ended []string
	for _, a := range all {
		if a.State != access.Closed && slices.ContainsFunc(a.Roles, func(g access.RoleGrant) bool { return g.Ended(today) }) {
			ended = append(ended, a.Email)
		}
		if a.Demo {
			demo++
			continue
		}
		if a.Holds(access.Admin, today) {
			admins++
		}
	}
	last, ran, err := lastServed(x.o)
	withoutDemo := err == nil && ran && !last.Demo
	switch {
	case len(lost) > 0:
		x.bad("accounts", i18n.MN("doctor.accounts.lost", len(lost), "{n} account belongs to no person: {which}", "{n} accounts belong to no person: {which}", i18n.A{"which": lost}),
			i18n.M("doctor.accounts.lost.mend", "Close them in the administration and invite the persons again."))
	case len(all) == 0:
		x.worry("accounts", i18n.M("doctor.accounts.none", "There is no account yet."), i18n.M("doctor.accounts.none.mend", "Start ayni serve and open the set-up address that it prints, or run: ayni user add EMAIL --role admin"))
	case demo > 0 && (demo < len(all) || withoutDemo):
		x.worry("accounts", i18n.MN("doctor.accounts.demos", demo, "{n} demo account stands in an installation for real work.", "{n} demo accounts stand in an installation for real work."),
			i18n.M("doctor.accounts.demo.mend", "They sign in only where serve runs with --demo. For real work begin with an empty data folder."))
	case demo == 0 && admins == 0:
		x.worry("accounts", i18n.M("doctor.accounts.noadmin", "Nobody can administer this installation: no active account holds the role of an administrator."),
			i18n.M("doctor.accounts.noadmin.mend", "Run: ayni user add EMAIL --role admin"))
	case len(ended) > 0:
		x.worry("accounts", i18n.MN("doctor.accounts.ended", len(ended), "{n} account holds a role that has ended: {which}", "{n} accounts hold roles that have ended: {which}", i18n.A{"which": ended}),
			i18n.M("doctor.accounts.ended.mend", "Such a role gives no right. Take it away or give it a later day, and close accounts that nobody needs any more."))
	default:
		x.fine("accounts", i18n.MN("doctor.accounts.fine", len(all), "{n} account, belonging to a person.", "{n} accounts, each belonging to a person."))
	}
	return nil
}

// factors: administrators without a second factor, and seeds that the key does
// not open.
func (x *doctor) factors(ctx context.Context, d *db.DB) error {
	var without []string
	var sealed map[string]string
	err := d.Read(ctx, func(t *db.Tx) error {
		without = nil
		var err error
		sealed, err = access.WithFactor(t)
		if err != nil {
			return err
		}
		admins, err := access.Find(t, access.Filter{Role: access.Admin, State: access.Active})
		for _, a := range admins {
			if _, has := sealed[a.ID]; !has && !a.Demo {
				without = append(without, a.Email)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	shut, key := 0, (*keyfile.Key)(nil)
	if len(sealed) > 0 {
		key, err = keyfile.Read(x.o.KeyPath())
	}
	for account, seed := range sealed {
		if err != nil || !access.SeedOpens(key, account, seed) {
			shut++
		}
	}
	switch {
	case shut > 0:
		x.bad("factors", i18n.MN("doctor.factors.shut", shut, "The key file does not open the second factor of {n} account: nobody can sign in there with a code from the app.", "The key file does not open the second factors of {n} accounts: nobody can sign in there with a code from the app."),
			i18n.M("doctor.factors.shut.mend", "Put back the key file with which they were set up. If it is lost: recovery codes still work, and an administrator can take second factors away."))
	case len(without) > 0:
		x.worry("factors", i18n.MN("doctor.factors.without", len(without), "{n} administrator signs in by password alone: {which}", "{n} administrators sign in by password alone: {which}", i18n.A{"which": without}),
			i18n.M("doctor.factors.without.mend", "Each sets up a second factor in the profile. Administration, Settings says who must have one."))
	default:
		x.fine("factors", i18n.M("doctor.factors.fine", "Every administrator has a second factor."))
	}
	return nil
}

// served: how people reach the installation, and how messages leave it, as
// ayni serve was started last.
func (x *doctor) served() {
	s, ran, err := lastServed(x.o)
	if err != nil {
		x.worry("serving", reason(disk(x.o.in(servedFile), err)), i18n.M("doctor.serving.mend", "It is written again when ayni serve starts."))
		return
	}
	if !ran {
		return
	}
	secure := s.TLS || strings.HasPrefix(s.BaseURL, "https://")
	switch {
	case s.Open && !secure:
		x.bad("serving", i18n.M("doctor.serving.open", "The server was started last for others to reach, without TLS: passwords cross the network in the open."),
			i18n.M("doctor.serving.open.mend", "Give --tls-cert and --tls-key, or put it behind a proxy with TLS and give --base-url https://…"))
	case s.BaseURL == "" && (s.Open || s.Mail != mail.NoWay):
		x.worry("serving", i18n.M("doctor.serving.base", "The server was started last without --base-url: links in messages begin with the address that it listens at."),
			i18n.M("doctor.serving.base.mend", "Give --base-url with the address that people open."))
	case secure && !s.TLS && s.Proxies == 0:
		x.worry("serving", i18n.M("doctor.serving.proxy", "The server was started last behind a proxy that it was not told to trust: everybody seems to come from one address, and one person’s wrong passwords slow all others down."),
			i18n.M("doctor.serving.proxy.mend", "Give --trusted-proxy with the address of the proxy."))
	default:
		x.fine("serving", i18n.M("doctor.serving.fine", "The server was started last at {at} (UTC) in a safe way.", i18n.A{"at": s.At}))
	}
	switch {
	case s.Demo:
	case s.Mail == mail.NoWay:
		x.worry("mail", i18n.M("doctor.mail.none", "No messages leave: the server was started last without a way of sending."),
			i18n.M("doctor.mail.none.mend", "Give --smtp (as the variable AYNI_SMTP) or --mail-dir. Until then links for invitations and forgotten passwords are handed over by an administrator."))
	case s.Mail == mail.WayPlain:
		x.fine("mail", i18n.M("doctor.mail.plain", "Messages leave over a mail server on this machine, without TLS on the way to it."))
	case s.Mail == mail.WayFolder:
		x.fine("mail", i18n.M("doctor.mail.folder", "Messages are written into a folder; what sends them from there is not Ayni’s affair."))
	default:
		x.fine("mail", i18n.M("doctor.mail.tls", "Messages leave over TLS."))
	}
}

// backupAge is how old the last backup may be without a worry.
const backupAge = 7 * 24 * time.Hour

func (x *doctor) backup(now clock.Ms) {
	last := LastBackup(x.o)
	mend := i18n.M("doctor.backup.mend", "Run ayni backup FILE every night, and keep the files on another machine.")
	switch {
	case last == 0:
		x.worry("backup", i18n.M("doctor.backup.none", "No backup was made here by ayni backup."), mend)
	case last.Add(backupAge) < now:
		x.worry("backup", i18n.M("doctor.backup.old", "The last backup ended {at} (UTC).", i18n.A{"at": last}), mend)
	default:
		x.fine("backup", i18n.M("doctor.backup.old", "The last backup ended {at} (UTC).", i18n.A{"at": last}))
	}
}
