package apptest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

// Client is a browser of one of the cast. It follows nothing by itself, keeps
// the cookies it is given, and puts a key into every form that has none.
type Client struct {
	*House
	Header  http.Header // sent with every request
	cookies map[string]string
	ctx     context.Context
}

// As is a browser in which one of the cast is signed in; Nobody is not.
func (h *House) As(name string) *Client {
	h.Helper()
	h.Actor(name) // that somebody is called so
	c := &Client{House: h, Header: http.Header{}, cookies: map[string]string{}, ctx: context.Background()}
	if token := h.tokens[name]; token != "" {
		c.cookies["session"] = token
	}
	return c
}

// In is the browser with requests under a context, such as that of a trial.
func (c *Client) In(ctx context.Context) *Client {
	in := *c
	in.ctx = ctx
	return &in
}

// Get asks for a page.
func (c *Client) Get(path string) *Reply {
	c.Helper()
	return c.Do(http.MethodGet, path, nil)
}

// Post sends a form.
func (c *Client) Post(path string, form url.Values) *Reply {
	c.Helper()
	sent := url.Values{}
	for name, values := range form {
		sent[name] = values
	}
	if !sent.Has(ui.FormKeyName) {
		sent.Set(ui.FormKeyName, web.NewFormKey())
	}
	return c.Do(http.MethodPost, path, sent)
}

// PostFile sends a form with a file in the field "file".
func (c *Client) PostFile(path string, form url.Values, name string, content []byte) *Reply {
	c.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	sent := maps.Clone(form)
	if !sent.Has(ui.FormKeyName) {
		sent.Set(ui.FormKeyName, web.NewFormKey())
	}
	for field, values := range sent {
		for _, v := range values {
			c.OK(w.WriteField(field, v))
		}
	}
	file, err := w.CreateFormFile("file", name)
	c.OK(err)
	_, err = file.Write(content)
	c.OK(err)
	c.OK(w.Close())
	return c.send(http.MethodPost, path, &body, w.FormDataContentType())
}

// Do sends any request; form may be nil.
func (c *Client) Do(method, path string, form url.Values) *Reply {
	c.Helper()
	if form == nil {
		return c.send(method, path, nil, "")
	}
	return c.send(method, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

func (c *Client) send(method, path string, body io.Reader, kind string) *Reply {
	c.Helper()
	r := httptest.NewRequestWithContext(c.ctx, method, path, body)
	r.RemoteAddr = "127.0.0.1:50000"
	r.Host = "127.0.0.1:8080"
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, values := range c.Header {
		r.Header[name] = values
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		if k.MaxAge < 0 {
			delete(c.cookies, k.Name)
			continue
		}
		c.cookies[k.Name] = k.Value
	}
	return &Reply{ResponseRecorder: w, c: c, what: method + " " + path}
}

// Reply is an answer.
type Reply struct {
	*httptest.ResponseRecorder
	c    *Client
	what string
}

// Is asserts a status.
func (r *Reply) Is(status int) *Reply {
	r.c.Helper()
	if r.Code != status {
		r.c.Fatalf("%s: status %d, want %d: %s", r.what, r.Code, status, r.Brief())
	}
	return r
}

// Leads asserts a redirect.
func (r *Reply) Leads(to string) {
	r.c.Helper()
	r.Is(http.StatusSeeOther)
	if got := r.Header().Get("Location"); got != to {
		r.c.Fatalf("%s: leads to %q, want %q", r.what, got, to)
	}
}

// IsPage says whether the answer is a page of HTML.
func (r *Reply) IsPage() bool { return strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") }

// Page checks the answer as a page of the house and reads it.
func (r *Reply) Page() *htmlcheck.Page {
	r.c.Helper()
	if !r.IsPage() {
		r.c.Fatalf("%s: %q is no page", r.what, r.Header().Get("Content-Type"))
	}
	return htmlcheck.Parse(r.c, r.Body.String())
}

// Brief is the beginning of what the answer says, for messages of tests.
func (r *Reply) Brief() string {
	text := r.Body.String()
	if _, main, ok := strings.Cut(text, "<main"); ok {
		text = main
	}
	if len(text) > 500 {
		text = text[:500] + "…"
	}
	return text
}
