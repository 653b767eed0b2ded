package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// statuses by kind.
var statuses = map[errs.Kind]int{
	errs.Internal: 500, errs.Invalid: 422, errs.BadRequest: 400, errs.Unauthenticated: 401, errs.Forbidden: 403,
	errs.NotFound: 404, errs.Conflict: 409, errs.TooLarge: 413, errs.TooMany: 429, errs.Busy: 503, errs.Full: 507, errs.Repeated: 409,
}

// Status is the status of an error.
func Status(err error) int { return statuses[errs.KindOf(err)] }

// statusLeft stands in the log for a request whose reader left; nobody gets it.
const statusLeft = 499

// fail answers with the page of an error, or with problem+json (RFC 9457).
// The cause goes to the log alone.
func (c *Ctx) fail(err error, status int) {
	ended := c.R.Context().Err()
	stopped := errors.Is(err, context.DeadlineExceeded) || (errors.Is(err, context.Canceled) && ended != nil)
	if stopped && errors.Is(ended, context.Canceled) {
		if !c.sentOnce {
			c.W.WriteHeader(statusLeft)
		}
		return
	}
	if stopped {
		// The engines say "cancelled" too when the request's time is over.
		err = &errs.Error{Kind: errs.Busy, Retry: 5, Cause: err, Msg: i18n.M("web.timeout", "This took too long and was stopped. Nothing was written. Ask for less at once, or try again in a minute.")}
	}
	kind := errs.KindOf(err)
	if status == 0 {
		status = statuses[kind]
	}
	switch {
	case status >= 500:
		c.log().ErrorContext(c.R.Context(), "failed", "error", err, "method", c.R.Method, "route", c.route.Pattern)
	case status == http.StatusForbidden:
		c.log().WarnContext(c.R.Context(), "refused", "account", c.Actor.ID(), "error", err, "method", c.R.Method, "route", c.route.Pattern)
	}
	if c.sentOnce {
		return // the answer is under way; the log has the rest
	}
	e := errs.As(err)
	if e == nil {
		e = &errs.Error{}
	}
	h := c.W.Header()
	h.Set("Cache-Control", "no-store")
	if e.Retry > 0 || kind == errs.Busy {
		h.Set("Retry-After", strconv.Itoa(max(1, e.Retry)))
	}
	view := c.errorView(kind, status, e)
	if c.wantsJSON() {
		c.problem(status, view, e)
		return
	}
	rendered := c.errorPage(status, view)
	if rendered != nil {
		c.log().ErrorContext(c.R.Context(), "error page", "error", rendered)
		c.plain(status, view)
	}
}

// errorPage draws the page of an error. A fault in what every page has, such
// as the navigation, must not take the reason away: it comes back as an error.
func (c *Ctx) errorPage(status int, view ui.ErrorView) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	// The page is drawn although the request's time may be over.
	c.R = c.R.WithContext(context.WithoutCancel(c.R.Context()))
	return c.PageStatus(status, ui.ErrorPage(c.Base(view.Title), view))
}

// plain says an error in plain text, when not even the page of an error can
// be drawn.
func (c *Ctx) plain(status int, view ui.ErrorView) {
	if c.sentOnce {
		return
	}
	words := view.Title + "\n" + view.Text + "\n"
	if view.Ref != "" {
		words += view.Ref + "\n"
	}
	err := c.Bytes(status, "text/plain; charset=utf-8", []byte(words))
	if err != nil {
		c.log().DebugContext(c.R.Context(), "write", "error", err)
	}
}

// errorView says an error in the reader's language: the kind's own sentences,
// and the message where there is one.
func (c *Ctx) errorView(kind errs.Kind, status int, e *errs.Error) ui.ErrorView {
	l := c.L
	v := ui.ErrorView{Status: status, Links: []ui.Link{{Text: l.T("web.home", "Home"), Href: "/"}}}
	switch kind {
	case errs.NotFound:
		v.Title = l.T("web.404.title", "There is no such page")
		v.Text = l.T("web.404.text", "Either the address has a mistake, or the record was removed, or it is not for your account.")
	case errs.Forbidden:
		v.Title = l.T("web.403.title", "Your account may not do this")
		v.Text = l.T("web.403.text", "Nothing was changed.")
	case errs.Unauthenticated:
		v.Title = l.T("web.401.title", "Sign in first")
		v.Text = l.T("web.401.text", "This needs an account. Nothing was changed.")
		v.Links = []ui.Link{{Text: l.T("web.signin", "Sign in"), Href: "/sign-in"}}
	case errs.BadRequest, errs.Invalid:
		v.Title = l.T("web.400.title", "What was sent can’t be read")
		v.Text = l.T("web.400.text", "Go back to the page, and send the form again.")
	case errs.Conflict, errs.Repeated:
		v.Title = l.T("web.409.title", "Things have moved on")
		v.Text = l.T("web.409.text", "Somebody changed this in the meantime. Open the page again to see how it stands now. Nothing of what you sent was written.")
	case errs.TooLarge:
		v.Title = l.T("web.413.title", "This is too large")
	case errs.TooMany:
		v.Title = l.T("web.429.title", "Too many attempts")
		v.Text = l.N("web.429.text", max(1, e.Retry), "Wait {n} second, then try again.", "Wait {n} seconds, then try again.")
	case errs.Busy:
		v.Title = l.T("web.503.title", "Too much is going on at the moment")
		v.Text = l.T("web.503.text", "Nothing was written. Try again in a few seconds.")
	case errs.Full:
		v.Title = l.T("web.507.title", "There is no room left on the disk")
		v.Text = l.T("web.507.text", "Nothing of what you sent was written; reading goes on. The administrator of this installation has to free some room, then send the form again.")
	default:
		v.Title = l.T("web.500.title", "Something failed here, not with you")
		v.Text = l.T("web.500.text", "Nothing of what you sent was written. Try again in a minute; if it fails again, give this number to your administrator.")
		v.Ref = c.ref
	}
	switch {
	case kind == errs.Internal:
	case !e.Msg.Zero():
		v.Text = l.Say(e.Msg)
	case len(e.Fields) > 0:
		var all []string
		for _, f := range e.Fields {
			all = append(all, l.Say(f.Msg))
		}
		v.Text = strings.Join(all, " ")
	}
	return v
}

// problem answers a program (RFC 9457), with every field to mend.
func (c *Ctx) problem(status int, v ui.ErrorView, e *errs.Error) {
	type field struct {
		Field  string `json:"field"`
		Detail string `json:"detail"`
	}
	p := struct {
		Type   string  `json:"type"`
		Title  string  `json:"title"`
		Status int     `json:"status"`
		Detail string  `json:"detail,omitempty"`
		Ref    string  `json:"reference,omitempty"`
		Errors []field `json:"errors,omitempty"`
	}{Type: "about:blank", Title: v.Title, Status: status, Detail: v.Text, Ref: v.Ref}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, field{f.Name, c.L.Say(f.Msg)})
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{"type":"about:blank"}`)
	}
	c.W.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	c.W.WriteHeader(status)
	if c.R.Method != http.MethodHead {
		_, err := c.W.Write(b)
		if err != nil {
			c.log().DebugContext(c.R.Context(), "write", "error", err)
		}
	}
}
