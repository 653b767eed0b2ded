package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/app"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// connections is how many readers ask at once.
const connections = 16

// partnerships is the size of the portfolio of the budget.
const partnerships = 10_000

// serving is a server process on generated data.
type serving struct {
	url    string
	pid    int
	client *http.Client
}

// serve generates the data, starts the real binary and signs in. dbURL is
// empty for SQLite.
func serve(b *testing.B, dbURL string) *serving {
	b.Helper()
	ctx := context.Background()
	data := filepath.Join(b.TempDir(), "data")
	o := app.Options{Data: data, DBURL: dbURL, Use: app.Own}
	binary := filepath.Join(b.TempDir(), "ayni")
	build := exec.Command("go", "build", "-o", binary, "ayni/cmd/ayni")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	args := []string{"--data", data}
	if dbURL != "" {
		args = append(args, "--db", dbURL)
		out, err := exec.Command(binary, append([]string{"migrate"}, args...)...).CombinedOutput()
		if err != nil {
			b.Fatalf("migrate: %v\n%s", err, out)
		}
	}
	a, err := app.Open(ctx, o)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now() //nolint:forbidigo // measured time
	made, err := Generate(ctx, a, partnerships)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d partnerships generated in %s", partnerships, time.Since(began).Round(time.Second))
	err = a.Close(ctx)
	if err != nil {
		b.Fatal(err)
	}
	server := exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	server.Stderr = io.Discard
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	err = server.Start()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatalf("the server did not get ready: %v", err)
	}
	s := &serving{url: strings.TrimSpace(strings.TrimPrefix(line, "ready at ")), pid: server.Process.Pid}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	s.client = &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	res, err := s.client.PostForm(s.url+"/sign-in", url.Values{"mail": {made.Email}, "email": {made.Email}, "password": {made.Password}})
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	if len(jar.Cookies(res.Request.URL)) == 0 {
		b.Fatalf("could not sign in: %s", res.Status)
	}
	return s
}

// memory is the resident memory of a process in MB.
func memory(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(raw)
	var kb float64
	_, err = fmt.Sscan(string(m[1]), &kb)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

// load asks for a path n times over the connections and reports how long the
// answers took and how large they were.
func load(b *testing.B, client *http.Client, address string, n int) (took []time.Duration, rate float64, size int) {
	b.Helper()
	took = make([]time.Duration, n)
	next := make(chan int)
	var all sync.WaitGroup
	var once sync.Once
	for range connections {
		all.Go(func() {
			for i := range next {
				began := time.Now() //nolint:forbidigo // measured time
				req, err := http.NewRequest("GET", address, nil)
				if err != nil {
					b.Error(err)
					continue
				}
				req.Header.Set("Accept-Encoding", "gzip")
				res, err := client.Do(req)
				if err != nil {
					b.Error(err)
					continue
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				took[i] = time.Since(began)
				if err != nil || res.StatusCode != 200 {
					b.Errorf("%s: %s %v", address, res.Status, err)
				}
				once.Do(func() { size = len(body) })
			}
		})
	}
	began := time.Now() //nolint:forbidigo // measured time
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	rate = float64(n) / time.Since(began).Seconds()
	slices.Sort(took)
	return took, rate, size
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkHome is the portfolio home of 10,000 partnerships: full HTML, the
// session and access checks on, beside a bare handler that sends as many bytes
// and the bare query of its list.
func BenchmarkHome(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			dbURL := ""
			if engine == "postgres" {
				dbURL = dbtest.URL(b)
			}
			s := serve(b, dbURL)
			time.Sleep(12 * time.Second) // nobody asks: the server rests
			idle := memory(b, s.pid)
			load(b, s.client, s.url+"/", connections*4)
			var took []time.Duration
			var rate float64
			var size int
			const n = 4000
			for b.Loop() {
				took, rate, size = load(b, s.client, s.url+"/", n)
			}
			bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Write(make([]byte, size))
			}))
			defer bare.Close()
			_, bareRate, _ := load(b, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}, bare.URL, n)
			b.ReportMetric(idle, "MB-idle")
			b.ReportMetric(rate, "req/s")
			b.ReportMetric(ms(took[n/2]), "ms-p50")
			b.ReportMetric(ms(took[n*99/100]), "ms-p99")
			b.ReportMetric(float64(size)/1024, "kB-page")
			b.ReportMetric(bareRate/rate, "x-bare-handler")
			b.ReportMetric(bareQuery(b, n)/rate, "x-bare-query")
			b.ReportMetric(memory(b, s.pid), "MB-loaded")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// bareQuery is the least that a page of a list costs its database: twenty
// rows of a plain table of as many lines, in the order of an index, asked by
// as many readers.
func bareQuery(b *testing.B, n int) (rate float64) {
	b.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{Path: filepath.Join(b.TempDir(), "bare.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	err = d.Write(ctx, func(t *db.Tx) error {
		_, err := t.Exec(`create table line (id text primary key, since integer not null, title text not null)`)
		if err != nil {
			return err
		}
		_, err = t.Exec(`create index ix_line_since on line (since, id)`)
		for i := range partnerships {
			if err == nil {
				_, err = t.Exec(`insert into line (id, since, title) values ($1, $2, $3)`, fmt.Sprint(i), i*7919%partnerships, fmt.Sprintf("Line %05d", i))
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	type line struct {
		ID    string `db:"id"`
		Since int64  `db:"since"`
		Title string `db:"title"`
	}
	began := time.Now() //nolint:forbidigo // measured time
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for range n / connections {
				err := d.Read(ctx, func(t *db.Tx) error {
					rows, err := db.All[line](t, `select id, since, title from line order by since, id limit 20`)
					if err == nil && len(rows) != 20 {
						err = fmt.Errorf("%d rows", len(rows))
					}
					return err
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(began).Seconds()
}
