// Package ui holds the look of the product: layout, components, stylesheet,
// symbols, small scripts and server-made pictures. It knows no partnership:
// pages give it words, states and links.
package ui

import (
	"ayni/internal/kernel/i18n"
)

// Product is the name behind every page's title.
const Product = "Ayni"

// Addresses the frame itself links to.
const (
	HomePath    = "/"
	ProfilePath = "/profile"
	SignInPath  = "/sign-in"
)

// FormKeyName is the form field that carries Base.FormKey.
const FormKeyName = "form-key"

// Base is what every page has. Page structs embed it.
type Base struct {
	L        *i18n.L
	Title    string // of the browser's tab, without the product's name
	Path     string // the address without its query, for the language links
	Query    string // the query without "lang", for the language links
	Theme    string // "", light or dark
	Nav      []NavItem
	Crumbs   []Link
	Foot     []Link // help and the like, in the footer
	Who      string // name of the person signed in, empty when nobody is
	Demo     bool   // the line about the demo
	Insecure bool   // the line about serving without TLS
	Flash    *Flash
	FormKey  string // the key that makes a form take effect once
	Wide     bool   // no limit to the width of the work
	Narrow   bool   // one column of reading width
	Calm     bool   // the public look
	Alone    bool   // a page that leads nowhere else: not even to sign-in
	Invalid  bool   // a form on the page has something to mend: the title says so
	Failed   bool   // what was sent took no effect: drafts on the device stay
}

// With is the base of a page that shows the form: when something is to be
// mended the browser's title begins with "Error:".
func (b Base) With(f Form) Base {
	b.Invalid = b.Invalid || len(f.Errors) > 0
	return b
}

// NavItem is an entry of the main navigation.
type NavItem struct {
	Link
	Current string // "page" on the place itself, "true" on its parent, else empty
}

// Link is a word that leads somewhere. Without Href it is the place itself.
type Link struct {
	Text string
	Href string
	Lang string // when the text is in another language than the page
}

// Flash says what just happened; with Undo it offers the way back.
type Flash struct {
	Text string
	Undo string // path that a POST takes back, empty for none
}

// FieldError is one thing to mend, as the page says it.
type FieldError struct {
	Field string // id of the control
	Text  string
}

// Form is the state of a form on a page: the values typed and what is wrong.
type Form struct {
	Values map[string][]string
	Errors []FieldError
}

// Value is the first value typed in a field.
func (f Form) Value(field string) string {
	if v := f.Values[field]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Has says whether a field has that value among its values.
func (f Form) Has(field, value string) bool {
	for _, v := range f.Values[field] {
		if v == value {
			return true
		}
	}
	return false
}

// Error is what is wrong with a field; empty when nothing is.
func (f Form) Error(field string) string {
	for _, e := range f.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// ErrorView is a page that says why there is no other page.
type ErrorView struct {
	Status int
	Title  string
	Text   string
	Ref    string // reference number of a failure inside
	Links  []Link
}
