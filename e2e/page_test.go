package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed page.js
var pageScript string

// reader is a person before a browser of their own, with the words of their
// language. What a reader does fails the test where it cannot be done.
type reader struct {
	words
	s       *server
	ctx     context.Context
	traffic *traffic
	scripts bool
	axeID   cdp.ScriptID // axe-core, once the browser has read it
	free    bool         // pages are not checked on arrival
	path    string       // the last address that was visited or come to
}

// look is what a reader's screen is like.
type look struct {
	width, height int64
	dark          bool
	text          int64 // size of the browser's standard letters; 0: 16
}

var desktop = look{width: 1280, height: 900}

// readerOf opens a browser of their own for somebody who reads a language.
func readerOf(t testing.TB, s *server, lang string, options ...func(*reader)) *reader {
	t.Helper()
	b := needBrowser(t)
	r := &reader{words: wordsIn(t, lang), s: s, traffic: newTraffic(s.url), scripts: true}
	for _, o := range options {
		o(r)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(r.traffic.see))
	t.Cleanup(cancel)
	r.ctx = ctx
	err := chromedp.Do(ctx)
	if err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	call(r, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(r, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
	if !r.scripts {
		call(r, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	r.Look(desktop)
	t.Cleanup(r.keep)
	return r
}

// withoutScripts is a browser in which JavaScript is switched off.
func withoutScripts(r *reader) { r.scripts = false }

// unchecked is a browser whose pages are not checked on arrival.
func unchecked(r *reader) { r.free = true }

// call runs a command of the browser's protocol.
func call[P, R any](r *reader, c cdp.Command[P, R], params P) R {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	v, err := chromedp.Call(ctx, c, params)
	if err != nil {
		r.fail("%s: %v", c.Method, err)
	}
	return v
}

// fail ends the test and says where the reader is.
func (r *reader) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("%s\nat %s", fmt.Sprintf(format, args...), r.path)
}

// keep stores picture and page of a failed test (go test -artifacts).
func (r *reader) keep() {
	if !r.t.Failed() {
		return
	}
	name := filepath.Join(r.t.ArtifactDir(), r.lang+"-"+chromedp.FromContext(r.ctx).Target.TargetID.String()[:8])
	ctx, cancel := context.WithTimeout(r.ctx, 10*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(name+".png", picture, 0o600)
	}
	if err != nil {
		r.t.Logf("picture of the page: %v", err)
	}
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: `document.documentElement.outerHTML`, ReturnByValue: ptr(true)})
	if err == nil {
		var text string
		err = json.Unmarshal(res.Result.Value, &text)
		if err == nil {
			err = os.WriteFile(name+".html", []byte(text), 0o600)
		}
	}
	if err != nil {
		r.t.Logf("text of the page: %v", err)
	}
}

// Look sets the screen.
func (r *reader) Look(l look) {
	r.t.Helper()
	call(r, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: false})
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	call(r, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	size := l.text
	if size == 0 {
		size = 16
	}
	call(r, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: size, Fixed: size * 13 / 16}})
}

// eval runs an expression in the page and reads its value.
func eval[T any](r *reader, expression string) T {
	r.t.Helper()
	res := call(r, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ReturnByValue: ptr(true), AwaitPromise: ptr(r.scripts)})
	if res.ExceptionDetails != nil {
		r.fail("%s %s\nin %.200s", res.ExceptionDetails.Text, thrown(res.ExceptionDetails), expression)
	}
	var v T
	if len(res.Result.Value) == 0 {
		return v
	}
	err := json.Unmarshal(res.Result.Value, &v)
	if err != nil {
		r.fail("read %s: %v", res.Result.Value, err)
	}
	return v
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers of the tests
	}
	return b
}

// js is a text as JavaScript writes it.
func js(s string) string { return string(mustJSON(s)) }

// area is a part of a page, or the whole of it.
type area struct {
	r    *reader
	root string // JavaScript
}

// page is the whole page.
func (r *reader) page() area { return area{r, "document"} }

// in runs what a reader looks for within the area. The body ends with a
// return, and says what is lacking.
func in[T any](a area, body string) T {
	a.r.t.Helper()
	type outcome struct {
		Lacking string
		Value   T
	}
	out := eval[outcome](a.r, fmt.Sprintf(`(() => { %s
		try { const root = %s; return { value: (() => { %s })() }; }
		catch (e) { if (e instanceof Lacking) return { lacking: e.message }; throw e; } })()`, pageScript, a.root, body))
	if out.Lacking != "" {
		a.r.fail("%s\n%s", out.Lacking, a.r.digest())
	}
	return out.Value
}

// digest is what is to be mended, and the beginning of what stands on the page.
func (r *reader) digest() string {
	text := eval[string](r, `(document.querySelector(".errsum")?.innerText ?? "") + "\n" + (document.querySelector("main") ?? document.body).innerText.replace(/\n\s*\n/g, "\n")`)
	const most = 1500
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// Fold opens a fold and is the area inside.
func (a area) Fold(name string) area {
	a.r.t.Helper()
	f := area{a.r, fmt.Sprintf("fold(%s, %s)", a.root, js(spaces(name)))}
	if !in[bool](f, `return root.open`) {
		f.press(`root.querySelector("summary")`)
		if !in[bool](f, `return root.open`) {
			a.r.fail("the fold “%s” does not open", name)
		}
	}
	return f
}

// Section is the part under a heading.
func (a area) Section(name string) area {
	return area{a.r, fmt.Sprintf("section(%s, %s)", a.root, js(spaces(name)))}
}

// Row is the line of a list or table that holds a text.
func (a area) Row(text string) area {
	return area{a.r, fmt.Sprintf("row(%s, %s)", a.root, js(spaces(text)))}
}

// Part is the first thing that matches a selector, where it has no name of its own.
func (a area) Part(css string) area { return area{a.r, fmt.Sprintf("part(%s, %s)", a.root, js(css))} }

// press presses with the mouse what a JavaScript expression finds.
func (a area) press(found string) {
	a.r.t.Helper()
	at := in[struct{ X, Y float64 }](a, fmt.Sprintf(`return spot(%s)`, found))
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		call(a.r, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: 1})
	}
}

// goes does something that leads to another page and waits for it.
func (r *reader) goes(act func()) {
	r.t.Helper()
	since := r.traffic.count()
	act()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	err := r.traffic.settled(ctx, since)
	if err != nil {
		r.fail("no page came: %v\n%s", err, strings.Join(r.traffic.takeFaults(), "\n"))
	}
	r.path = pathOf(eval[string](r, `location.href`))
	r.arrived()
}

// arrived checks the page that the reader came to.
func (r *reader) arrived() {
	r.t.Helper()
	r.faultless()
	lang := eval[string](r, `document.documentElement.lang`)
	if lang != r.lang {
		r.t.Errorf("%s: the page is in %q, the reader reads %q", r.path, lang, r.lang)
	}
	if r.free {
		return
	}
	r.Fits()
	if r.scripts {
		r.Accessible()
	}
}

// faultless says whether the browser had something to complain about.
func (r *reader) faultless() {
	r.t.Helper()
	for _, f := range r.traffic.takeFaults() {
		r.t.Errorf("%s: %s", r.path, f)
	}
}

// Fits checks that nothing makes the page scroll sideways.
func (r *reader) Fits() {
	r.t.Helper()
	over := r.overflow()
	if over != "" {
		r.t.Errorf("%s: the page scrolls sideways: %s", r.path, over)
	}
}

// overflow says what makes the page wider than the screen, "" when nothing does.
func (r *reader) overflow() string {
	r.t.Helper()
	return eval[string](r, `(() => {
		const page = document.scrollingElement, room = page.clientWidth;
		if (page.scrollWidth <= room) return "";
		const clips = (el) => { for (let p = el.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
		const wide = [...document.body.querySelectorAll("*")].filter((el) => { const r = el.getBoundingClientRect(); return r.width > 0 && r.right > room + 1 && !clips(el); });
		const inner = wide.filter((el) => !wide.some((o) => o !== el && el.contains(o)));
		return page.scrollWidth + " px in " + room + ": " + inner.slice(0, 5).map((el) => "<" + el.localName + " class=\"" + (el.getAttribute("class") ?? "") + "\"> " + el.textContent.replace(/\s+/g, " ").trim().slice(0, 60)).join("; ");
	})()`)
}

// Visit opens an address of the server.
func (r *reader) Visit(path string) {
	r.t.Helper()
	r.visit(path)
	r.StatusIs(200)
}

// VisitRefused opens an address that answers with another status than 200.
func (r *reader) VisitRefused(path string, status int) {
	r.t.Helper()
	r.visit(path)
	r.StatusIs(status)
}

func (r *reader) visit(path string) {
	r.t.Helper()
	r.path = path
	r.goes(func() {
		res := call(r, page.Navigate, page.NavigateParams{URL: r.s.url + path})
		if res.ErrorText != "" {
			r.fail("open %s: %s", path, res.ErrorText)
		}
	})
}

// Click follows a link, by its words.
func (r *reader) Click(name string) { r.t.Helper(); r.page().Click(name) }

// Click follows a link or presses a button that leads to another page.
func (a area) Click(name string) {
	a.r.t.Helper()
	a.r.goes(func() { a.press(fmt.Sprintf("button(root, %s)", js(spaces(name)))) })
	a.r.well()
}

// ClickTo follows the link whose address ends so, where its words vary.
func (r *reader) ClickTo(end string) { r.t.Helper(); r.page().ClickTo(end) }

// ClickTo follows the link whose address ends so.
func (a area) ClickTo(end string) {
	a.r.t.Helper()
	a.r.goes(func() { a.press(fmt.Sprintf("linkTo(root, %s)", js(end))) })
	a.r.well()
}

// Submit presses a button that sends a form, and expects that it took effect.
func (r *reader) Submit(name string) { r.t.Helper(); r.page().Click(name) }

// Submit presses a button of the area that sends a form.
func (a area) Submit(name string) { a.r.t.Helper(); a.Click(name) }

// Refused presses a button that sends a form, and expects the form back with
// something to mend.
func (r *reader) Refused(name string) { r.t.Helper(); r.page().Refused(name) }

// Refused presses a button of the area and expects the form back with
// something to mend.
func (a area) Refused(name string) {
	a.r.t.Helper()
	a.r.goes(func() { a.press(fmt.Sprintf("button(root, %s)", js(spaces(name)))) })
	a.r.StatusIs(422)
}

// well checks that the page that came is no refusal.
func (r *reader) well() {
	r.t.Helper()
	status := r.traffic.answered()
	if status >= 400 {
		r.fail("the answer has the status %d\n%s", status, r.digest())
	}
}

// Fill types into the field of that label.
func (r *reader) Fill(label, value string) { r.t.Helper(); r.page().Fill(label, value) }

// Fill types into the field of that label, in the place of what stands there.
func (a area) Fill(label, value string) {
	a.r.t.Helper()
	a.press(fmt.Sprintf("labelled(root, %s)", js(spaces(label))))
	in[bool](a, fmt.Sprintf(`const f = labelled(root, %s); f.focus(); f.select?.(); return true`, js(spaces(label))))
	if value == "" {
		a.r.Key(kb.Delete)
	} else {
		call(a.r, input.InsertText, input.InsertTextParams{Text: value})
	}
	typed := a.Value(label)
	if typed != value {
		a.r.fail("the field “%s” holds %q after %q was typed", label, typed, value)
	}
}

// Value is what stands in a field.
func (a area) Value(label string) string {
	a.r.t.Helper()
	return in[string](a, fmt.Sprintf(`return labelled(root, %s).value`, js(spaces(label))))
}

// Choose takes an option of a list.
func (r *reader) Choose(label, text string) { r.t.Helper(); r.page().Choose(label, text) }

// Choose takes an option of the list of that label.
func (a area) Choose(label, text string) {
	a.r.t.Helper()
	in[bool](a, fmt.Sprintf(`option(labelled(root, %s), %s); return true`, js(spaces(label)), js(spaces(text))))
}

// Answer takes one answer of a question.
func (a area) Answer(question, text string) {
	a.r.t.Helper()
	a.press(fmt.Sprintf("choice(root, %s, %s)", js(spaces(question)), js(spaces(text))))
	if !in[bool](a, fmt.Sprintf(`return choice(root, %s, %s).checked`, js(spaces(question)), js(spaces(text)))) {
		a.r.fail("“%s” does not stay chosen in “%s”", text, question)
	}
}

// Check ticks a box.
func (r *reader) Check(label string) { r.t.Helper(); r.page().Check(label) }

// Check ticks the box of that label.
func (a area) Check(label string) {
	a.r.t.Helper()
	a.press(fmt.Sprintf("labelled(root, %s)", js(spaces(label))))
	if !in[bool](a, fmt.Sprintf(`return labelled(root, %s).checked`, js(spaces(label)))) {
		a.r.fail("“%s” does not stay ticked", label)
	}
}

// Attach puts a file into the field of that label.
func (a area) Attach(label, file string) {
	a.r.t.Helper()
	expression := fmt.Sprintf(`(() => { %s const root = %s; return labelled(root, %s); })()`, pageScript, a.root, js(spaces(label)))
	res := call(a.r, runtime.Evaluate, runtime.EvaluateParams{Expression: expression})
	if res.ExceptionDetails != nil {
		a.r.fail("%s", thrown(res.ExceptionDetails))
	}
	call(a.r, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: res.Result.ObjectID})
}

// Key presses a key of the keyboard.
func (r *reader) Key(key string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.KeyEvent(key))
	if err != nil {
		r.fail("press a key: %v", err)
	}
}

// Text is what stands in the area, blanks put together.
func (a area) Text() string {
	a.r.t.Helper()
	return in[string](a, `return norm((root.body ?? root).innerText)`)
}

// Has checks that a text stands in the area.
func (a area) Has(text string) {
	a.r.t.Helper()
	have := a.Text()
	if !strings.Contains(have, spaces(text)) {
		const most = 1500
		a.r.t.Fatalf("%s: “%s” does not stand here:\n%.*s", a.r.path, text, most, have)
	}
}

// SeesText checks that a text stands on the page.
func (r *reader) SeesText(text string) { r.t.Helper(); r.page().Has(text) }

// LacksText checks that a text does not stand on the page.
func (r *reader) LacksText(text string) {
	r.t.Helper()
	if strings.Contains(r.page().Text(), spaces(text)) {
		r.fail("“%s” stands on the page", text)
	}
}

// HeadingIs checks the page's heading.
func (r *reader) HeadingIs(text string) {
	r.t.Helper()
	have := r.page().Part("h1").Text()
	if have != spaces(text) {
		r.fail("the heading is “%s”, not “%s”", have, text)
	}
}

// StatusIs checks the status of the answer.
func (r *reader) StatusIs(status int) {
	r.t.Helper()
	have := r.traffic.answered()
	if have != status {
		r.fail("the answer has the status %d, not %d\n%s", have, status, r.digest())
	}
}

// Screenshot is a picture of the page from its top, at most so high; 0 is the
// height of the screen.
func (r *reader) Screenshot(width, most int64) []byte {
	r.t.Helper()
	eval[bool](r, `(document.activeElement?.blur(), scrollTo(0, 0), true)`)
	height := eval[float64](r, `document.documentElement.scrollHeight`)
	if most > 0 {
		height = min(height, float64(most))
	}
	res := call(r, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, FromSurface: ptr(true), CaptureBeyondViewport: ptr(true),
		Clip: &page.Viewport{Width: float64(width), Height: height, Scale: 1},
	})
	return res.Data
}

// spaces puts blanks of all kinds together, as the page's own words are.
func spaces(s string) string { return strings.Join(strings.Fields(s), " ") }

// until waits for what comes by itself.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	end := time.After(patience)
	for !holds() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("%s: it does not come", what)
		}
	}
}
