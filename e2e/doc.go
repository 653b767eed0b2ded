// Package e2e tries the product as people use it: the real program, a real
// browser, and what stands on the page.
//
// A test is written in the words of a user (Visit, Click, Fill, Submit,
// SeesText) and in the three languages of the product: the words come from the
// catalogue by their key, so one journey runs in each of them. Every page that
// a test comes to is checked on the way: no fault in the console, nothing that
// the content policy had to stop, no request to another host, and no finding
// of axe-core under the rules of WCAG 2.0 to 2.2, A and AA, and its best
// practices.
//
//	make e2e                                   everything, as before a change
//	go test ./e2e -run TestJourney             the journey alone
//	go test ./e2e -run TestJourney -artifacts  keeps picture and page of a failure
//	AYNI_TORTURE=1 go test ./e2e               every language in every journey, every page in every look
//	AYNI_SCREENSHOTS=docs/screenshots go test ./e2e -run TestScreenshots
//
// The tests need Chromium ($AYNI_CHROMIUM, or as it is installed) and
// axe-core ($AYNI_AXE, or .cache/axe.min.js, where make puts it). Where one is
// missing they are skipped with a word that says so; where $CI is set they
// fail. $AYNI_BIN names a program to try in place of the one that is built
// from the sources.
package e2e
