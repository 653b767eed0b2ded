// Package apptest runs the whole application inside a test, on either engine
// and without a network: every route, with the services, pages and rights that
// the program has. Tests act as one of a cast of accounts, and look at pages in
// the words of the page.
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	apptest.Each(t, func(h *apptest.House) {
//		h.As(apptest.Officer).Get("/partnerships").Is(200).Page()
//	})
//
// A World adds partnerships of every kind that the rights tell apart, with a
// record of every sort in each.
package apptest
