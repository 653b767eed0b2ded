// Package web is the way from a request to a handler and back: routes with
// their permission, who acts, limits, headers, forms that take effect once,
// errors that say what to do, and pages rendered before the first byte is sent.
package web
