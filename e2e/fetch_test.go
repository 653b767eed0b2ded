package e2e

import (
	"fmt"
	"io"
	"net/http"

	"github.com/chromedp/cdproto/network"
)

// client asks the server beside the browser, as the same person.
func (r *reader) client() *http.Client {
	r.t.Helper()
	var header []string
	for _, c := range call(r, network.GetCookies, network.GetCookiesParams{URLs: []string{r.s.url + "/"}}).Cookies {
		header = append(header, c.Name+"="+c.Value)
	}
	return &http.Client{Transport: asReader{header, r.lang}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// asReader sends the reader's cookies and language.
type asReader struct {
	cookies []string
	lang    string
}

func (a asReader) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	for _, c := range a.cookies {
		q.Header.Add("Cookie", c)
	}
	q.Header.Set("Accept-Language", a.lang)
	q.Header.Set("Accept", "text/html,*/*")
	return http.DefaultTransport.RoundTrip(q)
}

// Fetch reads the file behind the first link of the page open in the browser
// whose address has such a part.
func (r *reader) Fetch(part string) string {
	r.t.Helper()
	path := in[string](r.page(), fmt.Sprintf(`const a = [...root.querySelectorAll("main a[href]")].find((a) => a.getAttribute("href").includes(%s) && a.getAttribute("href").endsWith("/file")); return a ? a.getAttribute("href") : lacking("no such file")`, js(part)))
	res, err := r.client().Get(r.s.url + path)
	if err != nil {
		r.fail("fetch %s: %v", path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		r.fail("fetch %s: %s %v", path, res.Status, err)
	}
	return string(b)
}
