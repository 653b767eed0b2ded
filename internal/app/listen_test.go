package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serving starts a server with limits of the test's own and returns its address.
func serving(t *testing.T, l limits, trusted ...netip.Prefix) string {
	t.Helper()
	a, err := Open(t.Context(), options(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	a.limits = l
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- a.Serve(ctx, nil, ServeOptions{Addr: "127.0.0.1:0", Trusted: trusted, Ready: func(url string) { ready <- url }})
	}()
	url := <-ready
	t.Cleanup(func() {
		stop()
		err := errors.Join(<-ended, a.Close(context.WithoutCancel(t.Context())))
		if err != nil {
			t.Error(err)
		}
	})
	return strings.TrimPrefix(url, "http://")
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// healthy asks as a browser would and says whether an answer came.
func healthy(address string) bool {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + address + "/healthz")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// RL2: five hundred connections that send their header a byte at a time are
// bounded, told so, and let go; the server answers others again.
func TestRL2_SlowHeaders(t *testing.T) {
	t.Parallel()
	l := usual
	l.header, l.address = time.Second, 40
	address := serving(t, l)
	var refused, ended atomic.Int64
	done := make(chan bool)
	const many = 500
	for range many {
		c := dial(t, address)
		go func() {
			defer func() { done <- true }()
			for _, b := range []byte("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 1000)) {
				_, err := c.Write([]byte{b})
				if err != nil {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			said, err := io.ReadAll(io.LimitReader(c, 1000))
			if strings.HasPrefix(string(said), "HTTP/1.1 503 ") {
				refused.Add(1)
			}
			if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
				ended.Add(1)
			}
		}()
	}
	for range many {
		<-done
	}
	if ended.Load() != many {
		t.Errorf("%d of %d slow connections were let go", ended.Load(), many)
	}
	if !healthy(address) {
		t.Error("the server answers nobody afterwards")
	}
	t.Logf("%d were told that they are too many", refused.Load())
}

// RL2: an address that holds as many connections as it may gets no more, until
// some end; a proxy that is trusted does.
func TestRL2_ConnectionsOfOneAddress(t *testing.T) {
	t.Parallel()
	l := usual
	l.address = 5
	for _, trusted := range [][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.0/8")}} {
		address := serving(t, l, trusted...)
		var held []net.Conn
		for range 5 {
			c := dial(t, address)
			fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
			line, err := bufio.NewReader(c).ReadString('\n')
			if err != nil || !strings.Contains(line, "200") {
				t.Fatalf("%q %v", line, err)
			}
			held = append(held, c)
		}
		c := dial(t, address)
		fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		line, _ := bufio.NewReader(c).ReadString('\n')
		if trusted == nil && !strings.HasPrefix(line, "HTTP/1.1 503 ") || trusted != nil && !strings.HasPrefix(line, "HTTP/1.1 200 ") {
			t.Errorf("one more, trusted %v: %q", trusted, line)
		}
		for _, h := range held {
			h.Close()
		}
		for n := 0; !healthy(address); n++ {
			if n > 50 {
				t.Fatal("no place came free")
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// RL2: a reader that takes a large answer a byte at a time is let go.
func TestRL2_SlowReader(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := usual
	l.piece = 500 * time.Millisecond
	wrote := make(chan error, 1)
	server := &http.Server{WriteTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		for range 1600 { // a hundred megabytes
			_, err = w.Write(make([]byte, 64<<10))
			if err != nil {
				break
			}
		}
		wrote <- err
	})}
	go server.Serve(&bounded{Listener: listener, limits: l, plain: true, from: map[netip.Addr]int{}})
	t.Cleanup(func() { server.Close() })
	c := dial(t, listener.Addr().String())
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	go func() {
		b := make([]byte, 1)
		for {
			_, err := c.Read(b)
			if err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	select {
	case err := <-wrote:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the answer ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("a reader of a byte at a time is served for ever")
	}
}

// IN12: what the standard library answers by itself carries our headers too.
func TestIN12_AnswersBeforeAnyHandler(t *testing.T) {
	t.Parallel()
	address := serving(t, usual)
	for _, request := range []string{
		"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 100<<10) + "\r\n\r\n",
	} {
		c := dial(t, address)
		fmt.Fprint(c, request)
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode < 400 || r.StatusCode > 499 {
			t.Errorf("%.20q: %s", request, r.Status)
		}
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if r.Header.Get(name) != want {
				t.Errorf("%.20q: %s is %q", request, name, r.Header.Get(name))
			}
		}
	}
}
