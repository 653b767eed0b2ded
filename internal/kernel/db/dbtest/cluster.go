package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// cluster is a PostgreSQL server in a temporary folder, on a loopback port.
type cluster struct {
	bin, dir string
	attr     *syscall.SysProcAttr
	port     int
	options  string
	remove   func() // ends the server and removes the folder
}

// newCluster makes a cluster. A shell waits for this process's end, however it
// comes, and then stops the server and removes the folder.
func newCluster() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ayni-postgres-")
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, attr: &syscall.SysProcAttr{Setpgid: true}}
	if os.Geteuid() == 0 {
		// PostgreSQL refuses to run as root.
		c.attr.Credential, err = postgresUser(dir)
		if err != nil {
			return nil, err
		}
	}
	out, err := c.command("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C.UTF-8", "--no-sync", "--no-instructions").CombinedOutput()
	if err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	watch := c.run("/bin/sh", "-c", `cat >/dev/null; "$1" -D "$2" -m immediate stop; rm -rf "$3"`,
		"sh", filepath.Join(bin, "pg_ctl"), c.data(), dir)
	end, err := watch.StdinPipe()
	if err != nil {
		return nil, err
	}
	err = watch.Start()
	if err != nil {
		return nil, fmt.Errorf("watch over PostgreSQL: %w", err)
	}
	c.remove = func() {
		end.Close()
		watch.Wait()
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) address() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", c.port)
}

// command is a program of PostgreSQL.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	return c.run(filepath.Join(c.bin, name), args...)
}

func (c *cluster) run(path string, args ...string) *exec.Cmd {
	e := exec.Command(path, args...)
	e.Dir, e.SysProcAttr = c.dir, c.attr
	e.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PGDATA=", "HOME="+c.dir)
	return e
}

// startAnywhere starts the server on a free port.
func (c *cluster) startAnywhere(settings ...string) error {
	var err error
	// Another process may take the port between our look and the start.
	for range 5 {
		c.port, err = freePort()
		if err != nil {
			return err
		}
		c.options = strings.Join(append([]string{"-h 127.0.0.1", "-p " + strconv.Itoa(c.port), "-c unix_socket_directories="}, settings...), " ")
		err = c.start()
		if err == nil {
			return nil
		}
	}
	return err
}

func (c *cluster) start() error {
	path := filepath.Join(c.dir, "log")
	out, err := c.command("pg_ctl", "-w", "-D", c.data(), "-l", path, "-o", c.options, "start").CombinedOutput()
	if err != nil {
		log, _ := os.ReadFile(path)
		return fmt.Errorf("start PostgreSQL: %w\n%s%s", err, out, log)
	}
	return nil
}

// Server is a PostgreSQL server of one test, which may end it and start it
// again. It is as safe as one of production: what it acknowledged lasts.
type Server struct{ c *cluster }

// OwnServer starts a server for one test, with settings such as
// "max_connections=20". It ends with the test.
func OwnServer(t testing.TB, settings ...string) *Server {
	t.Helper()
	c, err := newCluster()
	if err == errNoBinaries && os.Getenv("CI") == "" {
		t.Skip("PostgreSQL isn't installed here: no server of its own for this test")
	}
	if err != nil {
		t.Fatalf("make a PostgreSQL server: %v", err)
	}
	t.Cleanup(c.remove)
	flags := []string{"-c shared_buffers=16MB", "-c jit=off"}
	for _, s := range settings {
		flags = append(flags, "-c "+s)
	}
	err = c.startAnywhere(flags...)
	if err != nil {
		t.Fatal(err)
	}
	return &Server{c}
}

// URL makes an empty database and returns its address.
func (s *Server) URL(t testing.TB, name string) string {
	t.Helper()
	s.Exec(t, "create database "+name+" template template0")
	return strings.Replace(s.c.address(), "/postgres?", "/"+name+"?", 1)
}

// Exec runs a statement as the superuser.
func (s *Server) Exec(t testing.TB, text string) {
	t.Helper()
	d, err := sql.Open("pgx", s.c.address())
	if err == nil {
		_, err = d.ExecContext(context.WithoutCancel(t.Context()), text)
		d.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// Stop ends the server; at once and without a word with mode "immediate", as
// in a power cut.
func (s *Server) Stop(t testing.TB, mode string) {
	t.Helper()
	out, err := s.c.command("pg_ctl", "-w", "-D", s.c.data(), "-m", mode, "stop").CombinedOutput()
	if err != nil {
		t.Fatalf("stop PostgreSQL: %v\n%s", err, out)
	}
}

// Start starts it again on the same port.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	err := s.c.start()
	if err != nil {
		t.Fatal(err)
	}
}
