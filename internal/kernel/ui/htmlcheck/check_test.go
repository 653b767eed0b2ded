package htmlcheck

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const good = `<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Error: Organisations · Ayni</title><link rel="stylesheet" href="/a/1/ui.css"><script type="module" src="/a/1/app.js"></script></head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header><a href="/">Ayni</a><nav aria-label="Main"><ul><li><a href="/organisations">Organisations</a></li></ul></nav></header>
<main id="main">
<h1>Organisations</h1>
<div class="errsum" role="alert" aria-labelledby="es"><h2 id="es">There is 1 thing to mend</h2><ul><li><a href="#name">Name: write one</a></li></ul></div>
<form method="post" action="/organisations">
<input type="hidden" name="form-key" value="k">
<label for="name">Name</label><span id="name-e">Write one</span><input type="text" id="name" name="name" value="" aria-invalid="true" aria-describedby="name-e">
<label for="pw">Password</label><input type="password" id="pw" name="pw" autocomplete="new-password">
<fieldset><legend>Kind</legend><input type="radio" id="k1" name="kind" value="a" checked><label for="k1">Academia</label><input type="radio" id="k2" name="kind" value="b"><label for="k2">Bank</label></fieldset>
<label for="c">Country</label><select id="c" name="country"><option value="BR">Brazil</option><option value="IN" selected>India</option></select>
<label for="t">Text</label><textarea id="t" name="text">two
lines</textarea>
<button type="submit">Create</button>
</form>
<table><caption>Organisations</caption><thead><tr><th scope="col">Name</th><th scope="col">Since</th></tr></thead><tbody><tr><th scope="row">Example</th><td><time datetime="2026-11-23">23 Nov 2026</time></td></tr></tbody></table>
<h2>More</h2><h3>Still more</h3>
<p>Text<br>and <svg aria-hidden="true"><use href="/a/1/icons.svg#i-doc"></use></svg></p>
<img src="/x.png" alt="">
</main>
<footer><ul aria-label="Language"><li>English</li></ul></footer>
</body>
</html>`

func TestGoodPage(t *testing.T) {
	t.Parallel()
	if got := Problems(good); len(got) > 0 {
		t.Errorf("a good page has problems: %s", strings.Join(got, "\n"))
	}
}

// Each fault, put into the good page, is found and named.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"no doctype", "<!doctype html>", "", "does not begin with"},
		{"no language", ` lang="en"`, "", "names no language"},
		{"no title", "<title>Error: Organisations · Ayni</title>", "<title></title>", "has no title"},
		{"no phone", "viewport", "other", "fit itself to a phone"},
		{"no zoom", "initial-scale=1", "maximum-scale=1", "forbids zooming"},
		{"two mains", "<footer>", "<main></main><footer>", "2 <main>"},
		{"no banner", "header>", "div>", "0 banners"},
		{"no footer", "footer>", "div>", "0 <footer>"},
		{"nameless nav", ` aria-label="Main"`, "", "has no name"},
		{"two navs of a name", "<h2>More", `<nav aria-label="Main"><a href="/">x</a></nav><h2>More`, `two <nav> have the name "Main"`},
		{"no skip link", `href="#main"`, `href="/x"`, "not a link to the content"},
		{"no h1", "h1>", "h2>", "0 <h1>"},
		{"two h1", "<h2>More</h2>", "<h1>More</h1>", "2 <h1>"},
		{"jumping level", "<h3>Still more</h3>", "<h4>Still more</h4>", "follows a heading of level 2"},
		{"two ids", `id="k2"`, `id="k1"`, `the id "k1" stands on`},
		{"unbalanced", "</form>", "", "closes nothing"},
		{"never closed", "</body>\n</html>", "", "is never closed"},
		{"block in p", "<p>Text", "<p><div>x</div>Text", "<div> stands inside <p>"},
		{"link in link", `<a href="/">Ayni</a>`, `<a href="/">Ayni<a href="/x">x</a></a>`, "<a> stands inside <a>"},
		{"no label", `<label for="c">Country</label>`, "", "has no label"},
		{"label to nothing", `for="c"`, `for="d"`, "not on the page"},
		{"no name", ` name="text"`, "", "never sent"},
		{"no autocomplete", ` autocomplete="new-password"`, "", "password keeper"},
		{"empty link", "Name: write one", "", "has no text"},
		{"link nowhere", `<a href="/organisations">`, "<a>", "leads nowhere"},
		{"link to the top", `href="/organisations"`, `href="#"`, "top of the page"},
		{"broken anchor", `href="#name"`, `href="#nome"`, "#nome, which is not on the page"},
		{"relative link", `href="/organisations"`, `href="organisations"`, "without its beginning"},
		{"empty button", "Create<", "<", "has no text"},
		{"button without type", ` type="submit"`, "", "does not say its type"},
		{"no alt", ` alt=""`, "", "has no alt"},
		{"nameless picture", ` aria-hidden="true"`, "", "neither named"},
		{"no caption", "<caption>Organisations</caption>", "", "has no caption"},
		{"no scope", ` scope="row"`, "", "neither row nor column"},
		{"no form key", `<input type="hidden" name="form-key" value="k">`, "", "without a form key"},
		{"form key in a search", `method="post"`, `method="get"`, "form key in the address"},
		{"no method", ` method="post"`, "", "has the method"},
		{"file that is not sent", `type="text"`, `type="file"`, "cannot send it"},
		{"inline style", "<p>", `<p style="color:red">`, "inline style"},
		{"inline handler", "<p>", `<p onclick="x()">`, "inline script"},
		{"inline script", "<h2>More", "<script>1</script><h2>More", "inline script"},
		{"style element", "<h2>More", "<style>p{}</style><h2>More", "<style>"},
		{"third party", `src="/a/1/app.js"`, `src="https://example.org/app.js"`, "asks another place"},
		{"other window", `<a href="/">`, `<a href="/" target="_blank">`, "another window"},
		{"tab order", `<a href="/">`, `<a href="/" tabindex="3">`, "order of Tab"},
		{"radio without question", "fieldset>", "div>", "asks the question"},
		{"no legend", "<legend>Kind</legend>", "", "has no legend"},
		{"loose list", `<ul aria-label="Language"><li>English</li></ul>`, `<ul aria-label="Language">x<li>English</li></ul>`, "loose text"},
		{"empty list", "<li>English</li>", "", "is empty"},
		{"wrong item", "<li>English</li>", "<div>English</div>", "<div> as its item"},
		{"time without date", ` datetime="2026-11-23"`, "", "has no datetime"},
		{"placeholder", "Text<br>", "Hello {name}<br>", "placeholder {name}"},
		{"format noise", "Text<br>", "%!s(MISSING)<br>", "%!"},
		{"error without title", "Error: Organisations", "Organisations", "does not begin with"},
		{"error without way", `<li><a href="#name">Name: write one</a></li>`, "<li>Name</li>", "no summary leads to it"},
		{"error without reason", ` aria-describedby="name-e"`, "", "does not say why"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			page := strings.Replace(good, c.old, c.new, -1)
			if page == good {
				t.Fatalf("the good page does not hold %q", c.old)
			}
			got := strings.Join(Problems(page), "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("found:\n%s\nwant: %s", got, c.want)
			}
		})
	}
}

func TestPart(t *testing.T) {
	t.Parallel()
	CheckPart(t, `<p>Only a piece.</p>`)
	if got := PartProblems(`<span aria-label="x">y</span>`); len(got) != 1 || !strings.Contains(got[0], "no role") {
		t.Errorf("found %v", got)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	p := Parse(t, good)
	if p.Title() != "Error: Organisations · Ayni" || p.Lang() != "en" || p.H1() != "Organisations" {
		t.Errorf("title %q, language %q, heading %q", p.Title(), p.Lang(), p.H1())
	}
	p.MustSay(t, "Text and", "23 Nov 2026")
	p.MustNotSay(t, "Texts")
	if p.Link("Organisations") != "/organisations" || p.Link("Nothing") != "" {
		t.Error("the links differ")
	}
	if d := cmp.Diff([]string{"#main", "/", "/organisations", "#name"}, p.Links()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Name: write one"}, p.Errors()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([][]string{{"Name", "Since"}, {"Example", "23 Nov 2026"}}, p.Table("Organisations")); d != "" {
		t.Error(d)
	}
	want := url.Values{"form-key": {"k"}, "name": {""}, "pw": {""}, "kind": {"a"}, "country": {"IN"}, "text": {"two\nlines"}}
	if d := cmp.Diff(want, p.Form("/organisations")); d != "" {
		t.Error(d)
	}
	if p.Form("/other") != nil {
		t.Error("a form that is not there was read")
	}
	if d := cmp.Diff([]string{"BR", "IN"}, p.Choices("country")); d != "" {
		t.Error(d)
	}
	if !p.Button("Create") || !strings.HasPrefix(p.Text(), "Organisations There is 1 thing") || len(p.Headings()) != 4 {
		t.Errorf("button, text or headings differ: %v", p.Headings())
	}
}
