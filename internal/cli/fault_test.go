package cli

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// killRounds is how often the server is killed: more in the long tests.
func killRounds() int {
	switch n, err := strconv.Atoi(os.Getenv("AYNI_TORTURE")); {
	case err != nil || n <= 0:
		return 5
	case n == 1:
		return 100
	default:
		return n
	}
}

// organisation is a form that writes several rows at once.
func organisation(name string) url.Values {
	return url.Values{
		"name": {name}, "kind": {"ngo"}, "note": {strings.Repeat("what a form may hold ", 20)},
		"aliases": {name + " first\n" + name + " second"}, "identifiers": {"test " + name},
	}
}

var organisationAt = regexp.MustCompile(`^/organisations/([0-9a-f-]{36})$`)

// place is an installation: a data folder, and the address of its database
// where that is PostgreSQL.
type place struct{ dir, db string }

func (p place) at(args ...string) []string {
	args = append(args, "--data", p.dir)
	if p.db != "" {
		args = append(args, "--db", p.db)
	}
	return args
}

func (p place) open(t testing.TB) *sql.DB {
	t.Helper()
	driver, source := "sqlite", filepath.Join(p.dir, "ayni.db")
	if p.db != "" {
		driver, source = "pgx", p.db
	}
	d, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// demoPlace is an installation with the demo; in PostgreSQL where address says so.
func demoPlace(t testing.TB, address string) place {
	t.Helper()
	p := place{dir: demoFolder(t)}
	if address != "" {
		ok(t, "migrate", "--to", address, "--data", p.dir)
		p.db = address
	}
	return p
}

// eachEngine runs fn on an installation with the demo on either engine.
func eachEngine(t *testing.T, fn func(t *testing.T, p place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, demoPlace(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, demoPlace(t, dbtest.URL(t)))
	})
}

// writers write organisations from eight places at once, until ctx ends, and
// note what was acknowledged: the answer led to the new record's page.
type writers struct {
	outages bool // the database goes away: 503 is no fault, and the form is sent again
	mu      sync.Mutex
	acked   map[string]string // name by id
	busy    int               // answers 503
	wait    sync.WaitGroup
}

func (w *writers) start(ctx context.Context, p *process, round string) {
	w.acked = map[string]string{}
	for i := range 8 {
		c := p.client()
		c.signInDemo()
		w.wait.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if !w.one(ctx, c, fmt.Sprintf("w%s-%d-%d", round, i, n)) {
					return
				}
			}
		})
	}
}

// one sends one form until it is taken, with one key, as a browser does that
// sends a page again; false when the server is gone.
func (w *writers) one(ctx context.Context, c *client, name string) bool {
	form := organisation(name)
	form.Set("form-key", name)
	for ctx.Err() == nil {
		a, err := c.do(ctx, http.MethodPost, "/organisations/new", form)
		if err != nil {
			return false
		}
		if w.outages && a.status == http.StatusServiceUnavailable {
			if a.header.Get("Retry-After") == "" {
				c.t.Errorf("%s: 503 does not say when to come again", name)
			}
			w.mu.Lock()
			w.busy++
			w.mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			continue
		}
		m := organisationAt.FindStringSubmatch(a.header.Get("Location"))
		if a.status == http.StatusSeeOther && m == nil && w.outages {
			return true // taken before: the answer was lost, the record is looked at in the end
		}
		if a.status != http.StatusSeeOther || m == nil {
			c.t.Errorf("%s: %d %s", name, a.status, a.body)
			return false
		}
		w.mu.Lock()
		w.acked[m[1]] = name
		w.mu.Unlock()
		return true
	}
	return false
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// holds checks that what was acknowledged is there, once, and nothing is there
// by half.
func (w *writers) holds(t *testing.T, p place) {
	t.Helper()
	ok(t, p.at("check")...)
	ok(t, p.at("verify-audit")...)
	rows, err := p.open(t).QueryContext(t.Context(), `select o.id, o.name, (select count(*) from organisation_alias a where a.organisation = o.id),
		(select count(*) from organisation_identifier i where i.organisation = o.id), (select count(*) from audit x where x.record = o.id)
		from organisation o where o.name like 'w%-%-%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	there, twice := map[string]string{}, map[string]bool{}
	for rows.Next() {
		var id, name string
		var aliases, identifiers, audits int
		err := rows.Scan(&id, &name, &aliases, &identifiers, &audits)
		if err != nil {
			t.Fatal(err)
		}
		if twice[name] {
			t.Errorf("%s is there twice", name)
		}
		there[id], twice[name] = name, true
		if aliases != 2 || identifiers != 1 || audits != 1 {
			t.Errorf("%s is there by half: %d aliases, %d identifiers, %d rows of the audit", name, aliases, identifiers, audits)
		}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	for id, name := range w.acked {
		if there[id] != name {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
}

// FA1: kill -9 under eight writers loses nothing that was acknowledged.
func TestFA1_KilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, place place) {
		total := 0
		for round := range killRounds() {
			p := start(t, place.at("--demo")...)
			ctx, stop := context.WithCancel(t.Context())
			var w writers
			w.start(ctx, p, strconv.Itoa(round))
			until(t, "some writes are acknowledged", func() bool { return w.count() >= 8 })
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			p.end(syscall.SIGKILL)
			stop()
			w.wait.Wait()
			w.holds(t, place)
			total += w.count()
			if t.Failed() {
				t.Fatalf("round %d", round+1)
			}
		}
		t.Logf("%d rounds, %d acknowledged writes, all there", killRounds(), total)
	})
}

// FA8: SIGTERM under load, twice: nothing acknowledged is lost, and the exit
// code is 0.
func TestFA8_EndUnderLoad(t *testing.T) {
	t.Parallel()
	for _, signals := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d signals", signals), func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, place place) {
				p := start(t, place.at("--demo")...)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				var w writers
				w.start(ctx, p, "term")
				until(t, "some writes are acknowledged", func() bool { return w.count() >= 20 })
				for range signals {
					p.cmd.Process.Signal(syscall.SIGTERM)
				}
				if code := p.wait(); code != 0 {
					t.Errorf("exit code %d\n%s", code, p.stderr())
				}
				w.wait.Wait()
				w.holds(t, place)
				v := decode[verified](t, ok(t, place.at("verify-audit", "--json")...))
				if v.Unsigned != 0 || v.Unsealed != 0 {
					t.Errorf("%d rows are not signed and %d not chained after an orderly end", v.Unsigned, v.Unsealed)
				}
				if strings.Contains(p.stderr(), `"level":"ERROR"`) {
					t.Errorf("errors in the log:\n%s", p.stderr())
				}
			})
		})
	}
}

// served is an installation with the demo, answering in this process.
type served struct {
	app *app.App
	*client
}

func serveHere(t *testing.T, p place) *served {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Data: p.dir, DBURL: p.db, Demo: true, Log: app.NewLog(t.Output())})
	if err != nil {
		t.Fatal(err)
	}
	a.Start(t.Context())
	s := httptest.NewServer(a.Handler(app.ServeOptions{Addr: "127.0.0.1:0"}))
	t.Cleanup(func() {
		s.Close()
		err := a.Close(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
	})
	c := newClient(t, s.URL)
	c.signInDemo()
	return &served{a, c}
}

// full checks what a full disk looks like: writing says so, reading goes on,
// and watchers are told.
func (s *served) full(t *testing.T) {
	t.Helper()
	a := s.post("/organisations/new", organisation("Does not fit"))
	if a.status != http.StatusInsufficientStorage || !strings.Contains(a.body, "There is no room left on the disk") {
		t.Errorf("a form on a full disk: %d\n%s", a.status, a.body)
	}
	until(t, "/readyz says that there is no room", func() bool {
		a := s.get("/readyz")
		return a.status == http.StatusServiceUnavailable && a.body == "no room on the disk\n" && a.header.Get("Retry-After") != ""
	})
	for _, page := range []string{"/", "/partnerships", "/organisations", "/healthz"} {
		if a := s.get(page); a.status != http.StatusOK {
			t.Errorf("%s on a full disk: %d", page, a.status)
		}
	}
	if a := s.get("/organisations?q=fit"); strings.Contains(a.body, "Does not fit") {
		t.Error("the form that was refused took effect")
	}
}

// mended checks that all is well again, without a restart.
func (s *served) mended(t *testing.T, dir string) {
	t.Helper()
	until(t, "/readyz is ready again", func() bool { return s.get("/readyz").status == http.StatusOK })
	if a := s.post("/organisations/new", organisation("Fits again")); a.status != http.StatusSeeOther {
		t.Errorf("a form when there is room again: %d\n%s", a.status, a.body)
	}
	until(t, "the audit is signed again", func() bool {
		v := decode[verified](t, ok(t, "verify-audit", "--json", "--data", dir))
		return v.Whole && v.Unsigned == 0
	})
	ok(t, "check", "--data", dir)
	left, err := filepath.Glob(filepath.Join(dir, ".room-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// FA4: a database that may not grow is a full disk.
func TestFA4_FullDatabase(t *testing.T) {
	t.Parallel()
	dir := demoFolder(t)
	s := serveHere(t, place{dir: dir})
	limit := func(pages string) {
		err := s.app.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`pragma max_page_count = ` + pages)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite makes it the present size
	// What lies free inside is used up first.
	until(t, "the database is full", func() bool {
		return s.post("/organisations/new", organisation(fmt.Sprintf("Filler %d", rand.Int()))).status == http.StatusInsufficientStorage
	})
	s.full(t)
	limit("1000000")
	s.mended(t, dir)
}

// FA4: a full disk. It takes a small disk of its own, which only root can make.
func TestFA4_FullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "24m")
	template, err := demoTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(disk, "data")
	copyTree(t, template, dir)
	copyTree(t, template+".key", dir+".key")
	s := serveHere(t, place{dir: dir})

	// An element whose files the officer may add to.
	evidence := func(at, name, content string) answer {
		return s.upload(at, url.Values{"kind": {"file"}, "title": {name}, "audience": {"host"}}, name+".txt", content)
	}
	element := ""
	for _, id := range regexp.MustCompile(`"id": "([0-9a-f-]{36})"`).FindAllStringSubmatch(ok(t, "journey", "--list", "--json", "--data", dir), -1) {
		at := "/partnerships/" + id[1] + "/elements/prospect.geography/evidence"
		if evidence(at, "Fits", "some words").status == http.StatusSeeOther {
			element = at
			break
		}
	}
	if element == "" {
		t.Fatal("no element takes a file")
	}
	filler := fill(t, disk, 0)
	// The log of the database holds some room of its own, which is used first.
	until(t, "the disk is full", func() bool {
		return s.post("/organisations/new", organisation(fmt.Sprintf("Filler %d", rand.Int()))).status == http.StatusInsufficientStorage
	})
	s.full(t)
	// A file that does not fit leaves nothing behind.
	if a := evidence(element, "Too large", strings.Repeat("words that need room\n", 30000)); a.status != http.StatusInsufficientStorage {
		t.Errorf("a file on a full disk: %d\n%s", a.status, a.body)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "files", "tmp", "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	// A backup onto the full disk leaves nothing behind.
	refused(t, exitFault, "There is no room left on the disk", "backup", filepath.Join(disk, "b.zip"), "--data", dir)
	left, err := filepath.Glob(filepath.Join(disk, "*b.zip*"))
	hidden, hiddenErr := filepath.Glob(filepath.Join(disk, ".ayni-*"))
	if err != nil || hiddenErr != nil || len(left)+len(hidden) > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
	err = os.Remove(filler)
	if err != nil {
		t.Fatal(err)
	}
	s.mended(t, dir)
}

// FA4: a log that can't be written to any more stops nobody.
func TestFA4_FullDiskOfTheLog(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "1m")
	log := filepath.Join(disk, "log")
	p := launch(t, "exec 2>>'"+log+"'", place{dir: demoFolder(t)}.at("serve", "--addr", "127.0.0.1:0", "--demo")...)
	if p.url == "" {
		t.Fatal("the server never said that it is ready")
	}
	c := p.client()
	c.signInDemo()
	fill(t, disk, 0)
	size := len(readFile(t, log))
	for i := range 50 {
		if a := c.get("/organisations"); a.status != http.StatusOK {
			t.Errorf("a page: %d", a.status)
		}
		if a := c.post("/organisations/new", organisation(fmt.Sprintf("Unlogged %d", i))); a.status != http.StatusSeeOther {
			t.Errorf("a form: %d", a.status)
		}
	}
	if len(readFile(t, log)) > size+4096 {
		t.Error("the log went on: this test looks at nothing")
	}
	if a := p.client().get("/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz: %d", a.status)
	}
	if code := p.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// FA6: a folder that only lets read is said by who wants to write, and readers
// work in it.
func TestFA6_ReadOnlyFolder(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "24m")
	template, err := demoTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(disk, "data")
	copyTree(t, template, dir)
	copyTree(t, template+".key", dir+".key")
	err = syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	if err != nil {
		t.Skipf("a disk can't be made read-only here: %v", err)
	}
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"migrate"}, {"demo", "load"}} {
		refused(t, exitInput, "does not let this program write", append(args, "--data", dir)...)
	}
	elsewhere := filepath.Join(t.TempDir(), "b.zip")
	for _, args := range [][]string{{"check"}, {"verify-audit"}, {"journey", "--list"}, {"backup", elsewhere}} {
		ok(t, append(args, "--data", dir)...)
	}
	ok(t, "restore", elsewhere, "--data", folder(t))
}

// FA7: what is shown and stored does not hang on the machine's time zone.
func TestFA7_TimeZoneOfTheMachine(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := demoFolder(t)
	seen := map[string]bool{}
	for _, zone := range []string{"UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kolkata"} {
		command := exec.Command(path, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--demo")
		command.Env = append(os.Environ(), "TZ="+zone)
		p := run(t, command)
		c := p.client()
		c.signInDemo()
		days := regexp.MustCompile(`<time [^>]*>[^<]*</time>`).FindAllString(c.get("/").body+c.get("/actions").body, -1)
		if len(days) < 5 {
			t.Fatalf("%s: %d days", zone, len(days))
		}
		seen[strings.Join(days, "\n")] = true
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("%s: exit code %d", zone, code)
		}
		ok(t, "check", "--data", dir)
	}
	if len(seen) != 1 {
		t.Errorf("the days differ with the zone: %d kinds", len(seen))
	}
}

// FA5: another process holds the database: a write waits, then says so.
func TestFA5_LockedDatabase(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, place place) {
		s := serveHere(t, place)
		other, err := place.open(t).Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		statements := []string{`begin immediate`}
		if place.db == "" {
			_, err := other.ExecContext(t.Context(), `pragma busy_timeout = 20000`)
			if err != nil {
				t.Fatal(err)
			}
		} else {
			statements = []string{`begin`, `lock table organisation in exclusive mode`}
		}
		hold := func() {
			for _, statement := range statements {
				_, err := other.ExecContext(t.Context(), statement)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		free := func() {
			_, err := other.ExecContext(t.Context(), `rollback`)
			if err != nil {
				t.Error(err)
			}
		}
		hold()
		timer := time.AfterFunc(time.Second, free)
		defer timer.Stop()
		if a := s.post("/organisations/new", organisation("Waited a second")); a.status != http.StatusSeeOther {
			t.Errorf("held for a second: %d\n%s", a.status, a.body)
		}
		hold()
		a := s.post("/organisations/new", organisation("Waits in vain"))
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("held for long: %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
		}
		if a := s.get("/organisations"); a.status != http.StatusOK || strings.Contains(a.body, "Waits in vain") {
			t.Errorf("reading meanwhile: %d", a.status)
		}
		free()
		if a := s.post("/organisations/new", organisation("Goes on")); a.status != http.StatusSeeOther {
			t.Errorf("afterwards: %d", a.status)
		}
	})
}
