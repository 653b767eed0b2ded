package app

import (
	"bytes"
	"net"
	"net/netip"
	"sync"
	"time"
)

// limits bound what one connection, one address and all of them may hold.
type limits struct {
	header  time.Duration // for the header of a request
	idle    time.Duration // between two requests
	body    time.Duration // for a whole request, and for a whole answer
	piece   time.Duration // for one piece of an answer, some thousand bytes: who reads slower is let go
	address int           // connections from one address
	all     int           // connections
}

// usual are the limits of a server. An office behind one address opens some
// two hundred connections; a proxy that is trusted may hold all there are.
var usual = limits{header: 5 * time.Second, idle: 60 * time.Second, body: 5 * time.Minute, piece: time.Minute, address: 256, all: 2048}

// bounded is a listener that accepts so many connections at once, in all and
// from one address. One too many is told so and closed.
type bounded struct {
	net.Listener
	limits limits
	exempt []netip.Prefix // proxies, which speak for many
	plain  bool           // no TLS: words of ours can be written before any request

	mu   sync.Mutex
	all  int
	from map[netip.Addr]int
}

// tooMany is what one connection too many gets.
const tooMany = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\nConnection: close\r\n\r\ntoo many connections\n"

func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := addressOf(c)
		if b.take(addr) {
			return &boundedConn{Conn: c, free: sync.OnceFunc(func() { b.give(addr) }), plain: b.plain, piece: b.limits.piece}, nil
		}
		if b.plain {
			err = c.SetWriteDeadline(time.Now().Add(time.Second)) //nolint:forbidigo // the machine's clock: a deadline of the system
			if err == nil {
				c.Write([]byte(tooMany)) // whether it arrives is the other side's affair
			}
		}
		c.Close()
	}
}

func addressOf(c net.Conn) netip.Addr {
	a, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}

func (b *bounded) take(addr netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= b.limits.all {
		return false
	}
	for _, p := range b.exempt {
		if p.Contains(addr) {
			b.all++
			b.from[addr]++
			return true
		}
	}
	if b.from[addr] >= b.limits.address {
		return false
	}
	b.all++
	b.from[addr]++
	return true
}

func (b *bounded) give(addr netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	b.from[addr]--
	if b.from[addr] == 0 {
		delete(b.from, addr)
	}
}

// boundedConn is a connection that gives its place back when it ends.
type boundedConn struct {
	net.Conn
	free  func()
	plain bool
	piece time.Duration

	mu    sync.Mutex
	until time.Time // the deadline that the server has set for the whole answer
}

func (c *boundedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetWriteDeadline(t)
}

func (c *boundedConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetDeadline(t)
}

// patience gives the next piece its time, within that of the whole answer.
func (c *boundedConn) patience() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now().Add(c.piece) //nolint:forbidigo // the machine's clock: a deadline of the system
	if !c.until.IsZero() && c.until.Before(at) {
		at = c.until
	}
	return c.Conn.SetWriteDeadline(at)
}

func (c *boundedConn) Close() error {
	c.free()
	return c.Conn.Close()
}

// What the standard library answers by itself, before any handler, to what is
// no request: it has no headers of ours.
var (
	badRequest = []byte("HTTP/1.1 4")
	bareHead   = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	ourHead    = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" +
		"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")
)

func (c *boundedConn) Write(b []byte) (int, error) {
	err := c.patience()
	if err != nil {
		return 0, err
	}
	if !c.plain || !bytes.HasPrefix(b, badRequest) {
		return c.Conn.Write(b)
	}
	line := bytes.Index(b, []byte("\r\n"))
	if line < 0 || !bytes.HasPrefix(b[line:], bareHead) {
		return c.Conn.Write(b)
	}
	_, err = c.Conn.Write(bytes.Replace(b, bareHead, ourHead, 1))
	if err != nil {
		return 0, err
	}
	return len(b), nil
}
