package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func said(events ...string) (string, bool) {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	ok := sum(strings.NewReader(strings.Join(events, "\n")+"\n"), w)
	w.Flush()
	return b.String(), ok
}

func TestSum(t *testing.T) {
	t.Parallel()
	good := []string{
		`{"Action":"start","Package":"a"}`,
		`{"Action":"run","Package":"a","Test":"TestX"}`,
		`{"Action":"output","Package":"a","Test":"TestX","Output":"chatter\n"}`,
		`{"Action":"pass","Package":"a","Test":"TestX","Elapsed":0.1}`,
		`{"Action":"run","Package":"a","Test":"TestY"}`,
		`{"Action":"output","Package":"a","Test":"TestY","Output":"=== RUN   TestY\n"}`,
		`{"Action":"output","Package":"a","Test":"TestY","Output":"    y_test.go:3: no browser\n"}`,
		`{"Action":"output","Package":"a","Test":"TestY","Output":"--- SKIP: TestY (0.00s)\n"}`,
		`{"Action":"skip","Package":"a","Test":"TestY"}`,
		`{"Action":"output","Package":"a","Output":"PASS\n"}`,
		`{"Action":"pass","Package":"a","Elapsed":1.24}`,
		`{"Action":"skip","Package":"none","Elapsed":0}`,
	}
	failing := []string{
		`{"Action":"output","Package":"b","Test":"TestZ/two","Output":"    z_test.go:9: wrong\n"}`,
		`{"Action":"fail","Package":"b","Test":"TestZ/two"}`,
		`{"Action":"output","Package":"b","Test":"TestZ","Output":"--- FAIL: TestZ\n"}`,
		`{"Action":"fail","Package":"b","Test":"TestZ"}`,
		`{"Action":"output","Package":"b","Test":"TestW","Output":"chatter\n"}`,
		`{"Action":"pass","Package":"b","Test":"TestW"}`,
		`{"Action":"output","Package":"b","Output":"FAIL\n"}`,
		`{"Action":"fail","Package":"b","Elapsed":0.5}`,
	}
	unbuilt := []string{
		`{"ImportPath":"c [c.test]","Action":"build-output","Output":"c.go:1: undefined\n"}`,
		`{"ImportPath":"c [c.test]","Action":"build-fail"}`,
		`{"Action":"fail","Package":"c","Elapsed":0,"FailedBuild":"c [c.test]"}`,
	}
	for name, tc := range map[string]struct {
		events []string
		want   string
		ok     bool
	}{
		"good": {good, "skip  a TestY: y_test.go:3: no browser\nok    a  1.2 s, 2 tests\n1 passed, 0 failed, 1 skipped\n", true},
		"failing": {append(good[:4:4], failing...),
			"--- FAIL: TestZ\n    z_test.go:9: wrong\nFAIL\nFAIL  b  0.5 s, 2 failed\n2 passed, 2 failed, 0 skipped\n", false},
		"not built": {append(good[:4:4], unbuilt...), "c.go:1: undefined\nFAIL  c  0.0 s, 0 failed\n1 passed, 1 failed, 0 skipped\n", false},
		"other words": {[]string{"go: no such package", good[3]},
			"go: no such package\n1 passed, 0 failed, 0 skipped\n", true},
		"nothing": {nil, "no test ran\n0 passed, 0 failed, 0 skipped\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := said(tc.events...)
			if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
				t.Errorf("ok is %v: %s", ok, diff)
			}
		})
	}
}
