package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/migrate"
)

// server is the PostgreSQL server of this test process.
type server struct {
	address string   // of its maintenance database
	base    *url.URL // address, parsed
	admin   *sql.DB  // connections to that database
	stop    func()   // ends a server of our own; nil for another's

	mu       sync.Mutex
	template string // name of the migrated template, once made
	shape    string // fingerprint of the template's schema
	tables   []string
	free     []string // clean databases
	all      []string // databases to drop at the end
	prefix   string
}

var errNoBinaries = errors.New("no PostgreSQL binaries found; install postgresql or set AYNI_TEST_POSTGRES")

// running is the server that theServer has started, for shutDown.
var running struct {
	sync.Mutex
	s *server
}

// theServer finds or starts the server at first need.
var theServer = sync.OnceValues(func() (*server, error) {
	s := &server{address: os.Getenv("AYNI_TEST_POSTGRES"), prefix: "ayni_" + id.Secret(4)}
	if s.address == "" {
		err := s.start()
		if err != nil {
			return nil, err
		}
	}
	var err error
	s.base, err = url.Parse(s.address)
	if err != nil {
		return nil, fmt.Errorf("AYNI_TEST_POSTGRES: %w", err)
	}
	s.admin, err = sql.Open("pgx", s.address)
	if err != nil {
		return nil, err
	}
	err = s.admin.Ping()
	if err != nil {
		return nil, fmt.Errorf("reach the PostgreSQL server: %w", err)
	}
	running.Lock()
	running.s = s
	running.Unlock()
	return s, nil
})

// shutDown drops this process's databases and ends the server it started.
func shutDown() {
	running.Lock()
	s := running.s
	running.Unlock()
	if s == nil {
		return
	}
	if s.stop != nil {
		s.admin.Close()
		s.stop()
		return
	}
	for _, name := range s.all {
		s.exec("drop database if exists " + name + " with (force)")
	}
	s.admin.Close()
}

func (s *server) exec(text string) error {
	_, err := s.admin.ExecContext(context.Background(), text)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// of is the address of a database of this server.
func (s *server) of(name string) string {
	u := *s.base
	u.Path = "/" + name
	return u.String()
}

// simple is of for statements in batches, which need the simple protocol.
func (s *server) simple(name string) string {
	u := *s.base
	u.Path = "/" + name
	q := u.Query()
	q.Set("default_query_exec_mode", "simple_protocol")
	u.RawQuery = q.Encode()
	return u.String()
}

// start makes a cluster and starts it, fast rather than safe.
func (s *server) start() error {
	c, err := newCluster()
	if err != nil {
		return err
	}
	s.stop = c.remove
	err = c.startAnywhere("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off",
		"-c wal_level=minimal", "-c max_wal_senders=0", "-c max_connections=300", "-c shared_buffers=64MB", "-c autovacuum=off", "-c jit=off")
	if err != nil {
		c.remove()
		return err
	}
	s.address = c.address()
	return nil
}

// binaries is the directory of the newest installed PostgreSQL.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errNoBinaries
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// postgresUser gives dir to the system user "postgres" and returns its credentials.
func postgresUser(dir string) (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("running as root needs the system user postgres: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	err = os.Chown(dir, uid, gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// empty makes a database without tables.
func (s *server) empty() (address string, drop func(), err error) {
	s.mu.Lock()
	name := s.name()
	s.mu.Unlock()
	err = s.exec("create database " + name + " template template0")
	if err != nil {
		return "", nil, err
	}
	return s.of(name), func() { s.exec("drop database if exists " + name + " with (force)") }, nil
}

// name makes a database name of this process; s.mu is held.
func (s *server) name() string {
	name := s.prefix + "_" + strconv.Itoa(len(s.all))
	s.all = append(s.all, name)
	return name
}

// acquire hands out a clean migrated database.
func (s *server) acquire() (address string, release func(), err error) {
	s.mu.Lock()
	err = s.makeTemplate()
	if err != nil {
		s.mu.Unlock()
		return "", nil, fmt.Errorf("make the PostgreSQL template: %w", err)
	}
	var name string
	if n := len(s.free); n > 0 {
		name, s.free = s.free[n-1], s.free[:n-1]
	}
	fresh := name == ""
	if fresh {
		name = s.name()
	}
	s.mu.Unlock()
	if fresh {
		err = s.exec("create database " + name + " template " + s.template)
		if err != nil {
			return "", nil, err
		}
	}
	return s.of(name), func() { s.release(name) }, nil
}

// release empties a database for the next test. One whose schema a test has
// changed, or that can't be emptied, is dropped.
func (s *server) release(name string) {
	err := s.clean(name)
	if err != nil {
		s.exec("drop database if exists " + name + " with (force)")
		return
	}
	s.mu.Lock()
	s.free = append(s.free, name)
	s.mu.Unlock()
}

// clean deletes every row and checks that the database then is the template again.
func (s *server) clean(name string) error {
	d, err := sql.Open("pgx", s.simple(name))
	if err != nil {
		return err
	}
	defer d.Close()
	d.SetMaxOpenConns(1) // the setting below is the connection's
	ctx := context.Background()
	// Connections that a test forgot would write after the check.
	_, err = d.ExecContext(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
		set session_replication_role = replica`)
	if err != nil {
		return err
	}
	filled, err := s.filled(ctx, d)
	if err != nil {
		return err
	}
	var batch strings.Builder
	for _, table := range filled {
		batch.WriteString("delete from " + table + ";")
	}
	if batch.Len() > 0 {
		_, err = d.ExecContext(ctx, batch.String())
		if err != nil {
			return err
		}
	}
	filled, err = s.filled(ctx, d)
	if err != nil {
		return err
	}
	now, err := shape(ctx, d)
	if err != nil {
		return err
	}
	if len(filled) > 0 || now != s.shape {
		return fmt.Errorf("database %s isn't clean", name)
	}
	return nil
}

// filled lists the tables that hold rows.
func (s *server) filled(ctx context.Context, d *sql.DB) ([]string, error) {
	var q strings.Builder
	for i, table := range s.tables {
		if i > 0 {
			q.WriteString(" union all ")
		}
		q.WriteString("select '" + table + "' where exists (select 1 from " + table + ")")
	}
	return column(ctx, d, q.String())
}

// shape is a fingerprint of the schema and of its migrations.
func shape(ctx context.Context, d *sql.DB) (string, error) {
	parts, err := column(ctx, d, `select md5(string_agg(relname || ' ' || relkind::text || ' ' || relnatts || ' ' || relchecks || ' ' || relhastriggers, ',' order by relname))
		from pg_class where relnamespace = 'public'::regnamespace
		union all select md5(string_agg(number || sum, ',' order by number)) from schema_migration`)
	return strings.Join(parts, " "), err
}

func column(ctx context.Context, d *sql.DB, query string) ([]string, error) {
	rows, err := d.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		err := rows.Scan(&s)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// makeTemplate makes the migrated template, or finds the one that another test
// process made for the same migrations on this server. s.mu is held.
func (s *server) makeTemplate() error {
	if s.template != "" {
		return nil
	}
	h := sha256.New()
	for _, m := range migrate.All() {
		io.WriteString(h, m.Sum)
	}
	name := "ayni_template_" + hex.EncodeToString(h.Sum(nil))[:12]
	ctx := context.Background()
	lock, err := s.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	_, err = lock.ExecContext(ctx, `select pg_advisory_lock(20230731)`)
	if err != nil {
		return err
	}
	defer lock.ExecContext(ctx, `select pg_advisory_unlock(20230731)`)
	there, err := column(ctx, s.admin, "select datname from pg_database where datname = '"+name+"'")
	if err != nil {
		return err
	}
	if len(there) == 0 {
		// Made under another name, so that a half-made one is never taken.
		making := s.name()
		err = s.exec("create database " + making + " template template0")
		if err != nil {
			return err
		}
		err = migrated(db.Options{URL: s.of(making)})
		if err != nil {
			return err
		}
		err = s.exec("alter database " + making + " rename to " + name)
		if err != nil {
			return err
		}
	}
	d, err := sql.Open("pgx", s.of(name))
	if err != nil {
		return err
	}
	defer d.Close()
	s.tables, err = column(ctx, d, `select table_name from information_schema.tables
		where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'schema_migration' order by table_name`)
	if err != nil {
		return err
	}
	s.shape, err = shape(ctx, d)
	if err != nil {
		return err
	}
	filled, err := s.filled(ctx, d)
	if err != nil {
		return err
	}
	if len(filled) > 0 {
		return fmt.Errorf("a migration fills %v, which cleaning would empty: load such rows in Go", filled)
	}
	s.template = name
	return nil
}
