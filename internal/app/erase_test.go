package app

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/mail"
	"ayni/internal/kernel/migrate"
	"ayni/internal/kernel/personal"
	"ayni/internal/kernel/privacy"
)

// suspect are names of columns that may hold a person, a value of one, or
// words in which one may be named.
var suspect = regexp.MustCompile(`(^|_)(person|persons|account|actor|author|decider|manager|owner|asker|holder|sender|recipient|user|subject|contact|` +
	`email|mail|phone|address|agent|ip|who|by|name|names|folded|label|title|text|note|notes|reason|why|message|summary|basis|finding|line|args|value|reply|fields|changes|comment|description|alt|origin|data|detail|body|payload|sealed)(_(id|fr|es|en|on|text|note))?$`)

// unmapped are the columns of a schema that look like a person's and are not
// in the map, and the entries of the map that name no column.
func unmapped(t *db.Tx, data personal.Map) (missing, stale []string, err error) {
	ours := migrate.Tables()
	mapped, sorts := map[string]bool{}, map[string]personal.Is{}
	for _, m := range data {
		for _, c := range m.Columns {
			key := m.Name + "." + c.Name
			// An address may be what finds the row and what is taken out of it.
			if was, twice := sorts[key]; twice && (was == c.Is || was != personal.TheAddress) {
				stale = append(stale, key+" twice")
			}
			mapped[key], sorts[key] = true, c.Is
		}
	}
	tables, err := db.Tables(t)
	if err != nil {
		return nil, nil, err
	}
	there := map[string]bool{}
	for _, table := range tables {
		if _, known := ours[table]; !known && table != "review" {
			continue
		}
		columns, err := db.Columns(t, table)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range columns {
			key := table + "." + c.Name
			there[key] = true
			if c.Kind == db.TextColumn && suspect.MatchString(c.Name) && !mapped[key] {
				missing = append(missing, key)
			}
		}
	}
	for key := range mapped {
		if !there[key] {
			stale = append(stale, key)
		}
	}
	slices.Sort(stale)
	return missing, stale, nil
}

func TestPR3MapOfPersonalData(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		look := func() (missing, stale []string) {
			t.Helper()
			err := a.DB.Read(t.Context(), func(tx *db.Tx) error {
				var err error
				missing, stale, err = unmapped(tx, personalData())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return missing, stale
		}
		missing, stale := look()
		if len(missing) > 0 {
			t.Errorf("these columns look like those of a person: put each into personal.go of its table's owner\n%s", strings.Join(missing, "\n"))
		}
		if len(stale) > 0 {
			t.Errorf("the map names what is not there: %s", strings.Join(stale, ", "))
		}
		err := a.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`create table review (id text, reviewer_person text, asked_by text, remark_note text, size bigint)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		missing, _ = look()
		if want := []string{"review.reviewer_person", "review.asked_by", "review.remark_note"}; !slices.Equal(missing, want) {
			t.Errorf("of a new table it finds %v, want %v", missing, want)
		}
		err = a.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`drop table review`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The person that the tests erase, with values that occur nowhere else.
const (
	theName    = "Amina Wanjiru-Quisquater"
	theFolded  = "amina wanjiru quisquater"
	theMail    = "amina.quisquater@example.org"
	thePhone   = "+254 20 7654321"
	theNote    = "Met at the fair of Quelimane"
	theTitle   = "Head of quintessential relations"
	theAddress = "198.51.100.77"
	formerMail = "former.quisquater@example.org"
)

var allTraces = []string{theName, theFolded, theMail, thePhone, theNote, theTitle, theAddress, formerMail}

// known makes a person with all that the house keeps of one, and returns it.
func known(t *testing.T, a *App) access.Account {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	account(t, a, "head@example.org", "", access.Admin)
	o, err := a.Directory.CreateOrganisation(ctx, command, directory.OrganisationForm{Name: "Example Ministry"})
	check(err)
	p, err := a.Directory.CreatePerson(ctx, command, directory.PersonForm{Name: theName, Email: formerMail, Lang: "fr", Note: theNote}, directory.Role{Organisation: o.ID, Title: theTitle, Focal: true})
	check(err)
	_, err = a.Directory.UpdatePerson(ctx, command, p.ID, directory.PersonForm{Name: theName, Email: theMail, Lang: "fr", Note: theNote, Version: 1})
	check(err)
	_, err = a.Directory.SaveContact(ctx, command, directory.Contact{Person: p.ID, Kind: directory.ByPhone, Value: thePhone, Basis: directory.OnConsent, BasisOn: "2026-01-02", BasisNote: theNote})
	check(err)
	gone, err := a.Directory.SaveContact(ctx, command, directory.Contact{Person: p.ID, Kind: directory.ByMessaging, Value: "chat quisquater", Basis: directory.OnPublic})
	check(err)
	_, err = a.Directory.DeleteContact(ctx, command, gone.ID)
	check(err)
	x := account(t, a, theMail, "", access.Officer)
	err = a.Access.SetProfile(ctx, access.Actor{Account: x.ID, Person: x.Person, Roles: []access.Role{access.Officer}}, access.Profile{Name: theName, Lang: "fr"})
	check(err)
	if x.Person != p.ID {
		t.Fatalf("the account is of %s, the person is %s", x.Person, p.ID)
	}
	_, _, err = a.Access.SignIn(ctx, theMail, "a horse and a stapler", theAddress, "Browser of "+theName)
	check(err)
	err = a.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := jobs.Enqueue(tx, "test", "app.prune", struct{ Note string }{"for " + theMail})
		if err != nil {
			return err
		}
		return a.Mail.Queue(tx, "test", mail.Message{To: theMail, Name: theName, Lang: "fr", Subject: "Bonjour " + theName, Text: "Bonjour", Kind: "reminder", Person: p.ID})
	})
	check(err)
	return x
}

// holding are the tables of a database that hold one of the texts.
func holding(t *testing.T, d *db.DB, texts ...string) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		out = nil
		tables, err := db.Tables(tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			var b bytes.Buffer
			_, err := db.Dump(tx, table, &b)
			if err != nil {
				return err
			}
			for _, text := range texts {
				if bytes.Contains(bytes.ToLower(b.Bytes()), []byte(strings.ToLower(text))) {
					out = append(out, table+": "+text)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPR4Erase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		x := known(t, a)
		if len(holding(t, a.DB, theName, thePhone, theAddress, formerMail)) == 0 {
			t.Fatal("nothing is there to erase")
		}
		// A copy of the database as an upgrade leaves it.
		copied := o.DatabasePath() + ".before-0007"
		if a.DB.Engine == db.SQLite {
			err := a.DB.Snapshot(t.Context(), copied)
			if err != nil {
				t.Fatal(err)
			}
		}
		plan, err := a.PlanErasure(t.Context(), command, i18n.For("en"), theMail)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Person != x.Person || len(plan.Accounts) != 1 || len(plan.Rows) < 5 {
			t.Errorf("the plan: %+v", plan)
		}
		if len(holding(t, a.DB, theName)) == 0 {
			t.Error("the plan erased")
		}
		officer := access.Actor{Account: x.ID, Person: x.Person, Roles: []access.Role{access.Officer}}
		_, err = a.Erase(t.Context(), officer, x.Person)
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("an officer erases: %v", err)
		}

		// Others write meanwhile, and read what is to go.
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { busy(ctx, t, a) })
		done, err := a.Erase(t.Context(), command, theMail)
		stop()
		work.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if len(done.Left) > 0 || len(done.Words) > 0 || !done.Hashed {
			t.Errorf("done: %+v", done)
		}
		if left := holding(t, a.DB, append(allTraces, "chat quisquater", "Browser of")...); len(left) > 0 {
			t.Errorf("the database still holds %s", strings.Join(left, ", "))
		}
		noFileHolds(t, filepath.Dir(o.Data))
		if a.DB.Engine == db.SQLite && !slices.Contains(done.Copies, copied) {
			t.Errorf("copies: %v", done.Copies)
		}
		stays(t, a, x)
	})
}

// busy keeps writing and reading until ctx ends.
func busy(ctx context.Context, t *testing.T, a *App) {
	for n := 0; ctx.Err() == nil; n++ {
		_, err := a.Directory.CreateOrganisation(ctx, command, directory.OrganisationForm{Name: "Example " + strings.Repeat("x", n%50)})
		if err == nil {
			_, err = a.Directory.Persons(ctx, command, directory.PersonFilter{})
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
	}
}

// noFileHolds looks into every file under a folder, byte by byte.
func noFileHolds(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, text := range allTraces {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s holds %q", path, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stays checks what an erasure leaves: the row without a name, the closed
// account, a whole audit, and the mark of the address.
func stays(t *testing.T, a *App, x access.Account) {
	t.Helper()
	err := a.seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report, err := VerifyAudit(t.Context(), a.Options, "")
	if err != nil || !report.Whole() {
		t.Errorf("the audit: %+v, %v", report, err)
	}
	after, err := a.Access.Account(t.Context(), command, x.ID)
	if err != nil || after.State != access.Closed || after.Name != "erased person" {
		t.Errorf("the account: %+v, %v", after, err)
	}
	_, err = a.Directory.Person(t.Context(), command, "en", x.Person)
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("the person is shown: %v", err)
	}
	_, err = a.Directory.RestorePerson(t.Context(), command, x.Person)
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("the person comes back: %v", err)
	}
	_, err = a.Directory.Purge(t.Context(), a.DB.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = a.Access.SignIn(t.Context(), theMail, "a horse and a stapler", "192.0.2.1", "")
	if err == nil {
		t.Error("the erased person signs in")
	}
	err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
		for address, want := range map[string]bool{theMail: true, strings.ToUpper(theMail): true, formerMail: true, "head@example.org": false} {
			got, err := a.Privacy.Suppressed(tx, address)
			if err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s: known as erased %v, want %v", address, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	faults, err := a.Check(t.Context())
	if err != nil || len(faults) > 0 {
		t.Errorf("check: %+v, %v", faults, err)
	}
}

// An address that comes back is noticed, and taken once somebody says so.
func TestPR4SuppressedAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		known(t, a)
		_, err := a.Erase(t.Context(), command, theMail)
		if err != nil {
			t.Fatal(err)
		}
		invite := access.NewAccount{Name: "Again", Email: strings.ToUpper(theMail), Roles: []access.RoleGrant{{Role: access.Officer}}}
		_, _, err = a.Access.Invite(t.Context(), command, invite)
		if e := errs.As(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != "anyway" {
			t.Errorf("an invitation: %v", err)
		}
		_, err = a.Directory.CreatePerson(t.Context(), command, directory.PersonForm{Name: "Again", Email: formerMail}, directory.Role{})
		if e := errs.As(err); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != "anyway" {
			t.Errorf("a new person: %v", err)
		}
		p, err := a.Directory.CreatePerson(t.Context(), command, directory.PersonForm{Name: "Again", Email: formerMail, Anyway: true}, directory.Role{})
		if err != nil || p.ID == "" {
			t.Errorf("after all: %v", err)
		}
		invite.Anyway = true
		_, _, err = a.Access.Invite(t.Context(), command, invite)
		if err != nil {
			t.Errorf("after all: %v", err)
		}
	})
}

// The last administrator is not erased, and what was begun is undone.
func TestEraseRefusesTheLastAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		x := account(t, a, "only@example.org", "", access.Admin)
		_, err := a.Erase(t.Context(), command, "only@example.org")
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("got %v", err)
		}
		after, err := a.Access.Account(t.Context(), command, x.ID)
		if err != nil || after.State != access.Active || after.Email != "only@example.org" {
			t.Errorf("the account: %+v, %v", after, err)
		}
		listed, err := privacy.ReadList(o.ErasuresPath())
		if err != nil || len(listed) != 0 {
			t.Errorf("the list: %v, %v", listed, err)
		}
		_, err = a.Erase(t.Context(), command, "nobody@example.org")
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// Words that somebody wrote stay, and are listed.
func TestEraseListsWordsThatNameThePerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		known(t, a)
		org, err := a.Directory.CreateOrganisation(t.Context(), command, directory.OrganisationForm{Name: "Example Union", Note: "Ask " + strings.ToUpper(theName) + " first"})
		if err != nil {
			t.Fatal(err)
		}
		done, err := a.Erase(t.Context(), command, theMail)
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(done.Words, func(w personal.Occurrence) bool {
			return w.Table == "organisation" && w.Record == org.ID && w.Column == "note"
		})
		if !found {
			t.Errorf("words: %+v", done.Words)
		}
	})
}

func TestPR3Export(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a := open(t, o)
		x := known(t, a)
		self := access.Actor{Account: x.ID, Person: x.Person, Roles: []access.Role{access.Officer}}
		e, err := a.Privacy.Export(t.Context(), self, x.Person)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{theName, theMail, formerMail, thePhone, theNote, theTitle, theAddress} {
			if !bytes.Contains(b, []byte(text)) {
				t.Errorf("the export lacks %q", text)
			}
		}
		if bytes.Contains(b, []byte("$argon2id")) || bytes.Contains(b, []byte(`"token"`)) || bytes.Contains(b, []byte("sealed")) {
			t.Error("the export holds a secret")
		}
		other := access.Actor{Account: "o", Person: "another", Roles: []access.Role{access.Officer}}
		_, err = a.Privacy.Export(t.Context(), other, x.Person)
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("another officer: %v", err)
		}
		_, err = a.Privacy.Export(t.Context(), access.Actor{}, "")
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// An address that somebody only typed is not theirs: what is kept of its owner
// is no part of their export, and no erasure of theirs touches it.
func TestPR3ExportHoldsNothingOfAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		o.Mail.Dir = t.TempDir()
		a := open(t, o)
		x := known(t, a)
		account(t, a, "head@example.com", "", access.Admin)
		curious := account(t, a, "curious@example.org", "", access.Officer)
		self := access.Actor{Account: curious.ID, Person: curious.Person, Roles: []access.Role{access.Officer}}
		err := a.Access.AskEmail(t.Context(), self, theMail, "a horse and a stapler", "", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		e, err := a.Privacy.Export(t.Context(), self, curious.Person)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(x.Person)) {
			t.Error("the export names another person")
		}
		_, err = a.Erase(t.Context(), command, curious.Person)
		if err != nil {
			t.Fatal(err)
		}
		err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
			erased, err := a.Privacy.Suppressed(tx, theMail)
			if erased {
				t.Error("the address of another counts as erased")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := messages(t, a); got.ByState[mail.Waiting] == 0 {
			t.Errorf("messages to another went with the erasure: %+v", got)
		}
	})
}

func TestPR5RestoreErasesAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o Options) {
		a, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		x := known(t, a)
		backup := filepath.Join(t.TempDir(), "yesterday.zip")
		_, err = Backup(t.Context(), o, backup, false)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Erase(t.Context(), command, theMail)
		if err != nil {
			t.Fatal(err)
		}
		err = a.Close(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		list := filepath.Join(t.TempDir(), "kept.log")
		b, err := os.ReadFile(o.ErasuresPath())
		if err != nil || bytes.Contains(b, []byte("quisquater")) {
			t.Fatalf("the list: %q, %v", b, err)
		}
		err = os.WriteFile(list, b, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("in its place", func(t *testing.T) {
			to := target(t, o, o.Data)
			done, err := Restore(t.Context(), to, backup, true)
			if err != nil {
				t.Fatal(err)
			}
			if done.Erased != 1 || done.Alone {
				t.Errorf("restored: %+v", done)
			}
			stillErased(t, to, x)
		})
		t.Run("on another host with the list", func(t *testing.T) {
			to := target(t, o, filepath.Join(t.TempDir(), "data"))
			to.Erasures = list
			done, err := Restore(t.Context(), to, backup, false)
			if err != nil {
				t.Fatal(err)
			}
			if done.Erased != 1 || done.Alone {
				t.Errorf("restored: %+v", done)
			}
			stillErased(t, to, x)
		})
		t.Run("on another host without it", func(t *testing.T) {
			to := target(t, o, filepath.Join(t.TempDir(), "data"))
			done, err := Restore(t.Context(), to, backup, false)
			if err != nil {
				t.Fatal(err)
			}
			if done.Erased != 0 || !done.Alone {
				t.Errorf("restored: %+v", done)
			}
			found, err := Doctor(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(found, func(d Diagnosis) bool { return d.Check == "erasures" && d.Health == Worry }) {
				t.Errorf("the doctor says nothing of the list: %+v", found)
			}
		})
	})
}

// target are the options of a place to restore into: for PostgreSQL a new
// database.
func target(t *testing.T, o Options, data string) Options {
	t.Helper()
	o.Data, o.KeyFile = data, o.KeyPath()
	if o.DBURL != "" {
		o.DBURL = dbtest.URL(t)
	}
	return o
}

// stillErased looks into a restored installation before a server has opened it.
func stillErased(t *testing.T, o Options, x access.Account) {
	t.Helper()
	beside := o
	beside.Use = Write
	a := open(t, beside)
	if left := holding(t, a.DB, allTraces...); len(left) > 0 {
		t.Errorf("the restored database holds %s", strings.Join(left, ", "))
	}
	noFileHolds(t, o.Data)
	report, err := VerifyAudit(t.Context(), o, "")
	if err != nil || !report.Whole() {
		t.Errorf("the audit: %+v, %v", report, err)
	}
	after, err := a.Access.Account(t.Context(), command, x.ID)
	if err != nil || after.State != access.Closed {
		t.Errorf("the account: %+v, %v", after, err)
	}
	err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
		known, err := a.Privacy.Suppressed(tx, theMail)
		if !known {
			t.Error("the address is not known as erased")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
