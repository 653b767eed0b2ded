package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is the one browser of a run. Each reader has a profile of its own in it.
type browser struct {
	ctx  context.Context
	stop context.CancelFunc
}

var errNoBrowser = errors.New("no browser: install Chromium (make test installs it; Debian: apt-get install chromium), and AYNI_CHROMIUM names none")

var running struct {
	sync.Mutex
	b *browser
}

var theBrowser = sync.OnceValues(func() (*browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(scratch, "chromium")),
		chromedp.NoSandbox,             // a container has no user namespaces; the pages are ours
		chromedp.Env("LC_ALL=C.UTF-8"), // else it can't open a file whose name is not ASCII
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("no-first-run", true),
		chromedp.Flag("no-pings", true),
		// Nothing but this machine has a name.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("lang", "en"),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(ctx)
	b := &browser{ctx: ctx, stop: func() { stop(); cancel() }}
	err = chromedp.Do(ctx)
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	running.Lock()
	defer running.Unlock()
	running.b = b
	return b, nil
})

// chromium is the browser's program.
func chromium() (string, error) {
	if path := os.Getenv("AYNI_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

func closeBrowser() error {
	running.Lock()
	defer running.Unlock()
	if running.b == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(running.b.ctx, 10*time.Second)
	defer cancel()
	err := chromedp.Cancel(ctx)
	running.b.stop()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil // it was killed instead
	}
	return err
}

func needBrowser(t testing.TB) *browser {
	t.Helper()
	b, err := theBrowser()
	if errors.Is(err, errNoBrowser) {
		lacks(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// traffic follows what a tab loads and says.
type traffic struct {
	origin string

	mu       sync.Mutex
	moved    chan struct{} // closed at the next event that a test may wait for
	frame    cdp.FrameID   // the tab's own
	arrivals int           // documents and places within one that the tab came to
	loader   cdp.LoaderID  // of the document shown
	loaded   map[cdp.LoaderID]bool
	status   map[cdp.LoaderID]int64
	pages    map[string]bool // addresses of documents
	request  map[network.RequestID]string
	sizes    map[string]int64 // bytes that came over the wire, by address
	needs    []string         // addresses that the document shown asked for
	faults   []string
}

func newTraffic(origin string) *traffic {
	return &traffic{
		origin: origin, moved: make(chan struct{}), loaded: map[cdp.LoaderID]bool{}, status: map[cdp.LoaderID]int64{},
		pages: map[string]bool{}, request: map[network.RequestID]string{}, sizes: map[string]int64{},
	}
}

// see takes one event of the tab. It runs between two messages of the
// browser, so it only notes.
func (w *traffic) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameNavigated:
		if e.Frame.ParentID != "" {
			return
		}
		w.frame, w.loader = e.Frame.ID, e.Frame.LoaderID
		w.arrive()
	case *page.EventNavigatedWithinDocument:
		if e.FrameID == w.frame {
			w.arrive()
		}
	case *page.EventLifecycleEvent:
		if e.Name == "load" && (w.frame == "" || e.FrameID == w.frame) {
			w.loaded[e.LoaderID] = true
			w.wake()
		}
	case *network.EventRequestWillBeSent:
		w.asked(e)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			w.status[e.LoaderID] = e.Response.Status
		}
	case *network.EventLoadingFinished:
		w.sizes[w.request[e.RequestID]] = max(w.sizes[w.request[e.RequestID]], int64(e.EncodedDataLength))
	case *network.EventLoadingFailed:
		if !e.Canceled {
			w.fault("%s did not load: %s %s", w.request[e.RequestID], e.ErrorText, e.BlockedReason)
		}
	case *log.EventEntryAdded:
		w.logged(e.Entry)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.fault("the console says %s: %s", e.Type, spoken(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.fault("a script failed: %s", e.ExceptionDetails.Text+" "+thrown(e.ExceptionDetails))
	}
}

func (w *traffic) asked(e *network.EventRequestWillBeSent) {
	address, _, _ := strings.Cut(e.Request.URL, "#")
	w.request[e.RequestID] = address
	if e.Type == network.ResourceTypeDocument {
		w.pages[address] = true
		if e.RedirectResponse == nil {
			w.needs = nil
		}
	}
	w.needs = append(w.needs, address)
	if !strings.HasPrefix(address, "data:") && address != w.origin && !strings.HasPrefix(address, w.origin+"/") {
		w.fault("%s was asked for: it is not of this server", address)
	}
}

// logged takes what the browser notes: faults of the page, and what the
// content policy stopped. That a document was refused is the test's affair.
func (w *traffic) logged(e *log.Entry) {
	if e.Level != log.EntryLevelError && e.Level != log.EntryLevelWarning {
		return
	}
	address, _, _ := strings.Cut(e.URL, "#")
	if e.Source == log.EntrySourceNetwork && w.pages[address] {
		return
	}
	w.fault("the browser notes (%s): %s %s", e.Source, e.Text, e.URL)
}

func (w *traffic) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func (w *traffic) arrive() {
	w.arrivals++
	w.wake()
}

func (w *traffic) wake() {
	close(w.moved)
	w.moved = make(chan struct{})
}

// count is how often the tab has come somewhere.
func (w *traffic) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.arrivals
}

// settled waits until the tab has come somewhere since count was taken, and
// the document is loaded with all that belongs to it.
func (w *traffic) settled(ctx context.Context, since int) error {
	for {
		w.mu.Lock()
		done, moved := w.arrivals > since && w.loaded[w.loader], w.moved
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// answered is the status of the document shown.
func (w *traffic) answered() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.status[w.loader])
}

// weight is what the document shown and all it needs weigh on the wire, by
// address; what the browser had kept weighs what it weighed when it came.
func (w *traffic) weight() map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int64{}
	for _, address := range w.needs {
		out[address] = w.sizes[address]
	}
	return out
}

// takeFaults are the faults since they were last taken.
func (w *traffic) takeFaults() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.faults
	w.faults = nil
	return out
}

func spoken(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if a.Description != "" {
			words = append(words, a.Description)
		} else {
			words = append(words, string(a.Value))
		}
	}
	return strings.Join(words, " ")
}

func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Exception.Description
	}
	return ""
}

func ptr[T any](v T) *T { return &v }

// pathOf is an address without its host.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Scheme, u.Host = "", ""
	return u.String()
}
