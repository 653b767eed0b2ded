// Package clock holds time as the product keeps it: instants as Unix
// milliseconds UTC, calendar days as text YYYY-MM-DD.
package clock

import (
	"sync/atomic"
	"time"
)

// Ms is an instant: milliseconds since 1970-01-01 UTC. Zero means "none".
type Ms int64

// Day is a calendar day as YYYY-MM-DD. Empty means missing.
type Day string

// Clock tells the time. The zero value is the system's clock.
type Clock struct {
	fixed  atomic.Int64 // when not zero, the instant a test has set
	offset atomic.Int64 // milliseconds added to the system's clock
}

// Now returns the present instant.
func (c *Clock) Now() Ms {
	if f := c.fixed.Load(); f != 0 {
		return Ms(f)
	}
	return Ms(time.Now().UnixMilli() + c.offset.Load())
}

// Set stops the clock at t (tests only).
func (c *Clock) Set(t Ms) { c.fixed.Store(int64(t)) }

// Advance moves the clock by d: a stopped clock to the later instant, a
// running one by an offset (tests only).
func (c *Clock) Advance(d time.Duration) {
	if f := c.fixed.Load(); f != 0 {
		c.fixed.Store(f + d.Milliseconds())
		return
	}
	c.offset.Add(d.Milliseconds())
}

// System is the machine's own time, for deadlines of sockets and the like,
// which no test moves.
func System() time.Time { return time.Now() }

// Time returns the instant as a time.Time in UTC.
func (m Ms) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Day returns the calendar day of the instant in UTC; empty for zero.
func (m Ms) Day() Day {
	if m == 0 {
		return ""
	}
	return Day(m.Time().Format(time.DateOnly))
}

// Add returns the instant moved by d.
func (m Ms) Add(d time.Duration) Ms { return m + Ms(d.Milliseconds()) }

// DaysUntil counts whole calendar days from m's day to n's day (UTC);
// negative when n lies before m.
func (m Ms) DaysUntil(n Ms) int {
	return m.Day().DaysUntil(n.Day())
}

// Of returns the instant of a time.Time.
func Of(t time.Time) Ms { return Ms(t.UnixMilli()) }

// Valid says whether the day is a real calendar day in the form YYYY-MM-DD.
func (d Day) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Ms returns midnight UTC of the day, or 0 where the day is missing or not real.
func (d Day) Ms() Ms {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0
	}
	return Of(t)
}

// AddDays returns the day n days later. A missing day stays missing.
func (d Day) AddDays(n int) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Day(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// AddMonths returns the day n months later, clipped to the last day of that
// month (31 January + 1 month = 28 or 29 February).
func (d Day) AddMonths(n int) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Day(time.Date(first.Year(), first.Month(), min(t.Day(), last), 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
}

// DaysUntil counts the days from d to e; 0 where either is missing.
func (d Day) DaysUntil(e Day) int {
	a, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0
	}
	b, err := time.Parse(time.DateOnly, string(e))
	if err != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}
