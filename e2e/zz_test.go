package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func usage() time.Duration {
	b, _ := os.ReadFile("/sys/fs/cgroup/cpuacct/ayni_e2e/cpuacct.usage")
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return time.Duration(n)
}

func TestZZ(t *testing.T) {
	s := serveDemo(t)
	for _, scripts := range []bool{true, false} {
		o := []func(*reader){unchecked}
		if !scripts {
			o = append(o, withoutScripts)
		}
		r := readerOf(t, s, "en", o...)
		r.SignInDemo("officer")
		r.Visit("/partnerships")
		u, w := usage(), time.Now()
		for range 20 {
			r.Visit("/partnerships")
		}
		t.Log("scripts", scripts, "visit", (usage()-u)/20, time.Since(w)/20)
		u, w = usage(), time.Now()
		for range 20 {
			r.Fits()
		}
		t.Log("fits", (usage()-u)/20, time.Since(w)/20)
		u, w = usage(), time.Now()
		for range 20 {
			eval[string](r, `document.documentElement.outerHTML`)
		}
		t.Log("outer", (usage()-u)/20, time.Since(w)/20)
		if scripts {
			u, w = usage(), time.Now()
			r.axe(axeRules)
			t.Log("axe first", (usage() - u), time.Since(w))
			u, w = usage(), time.Now()
			for range 10 {
				r.axe(axeRules)
			}
			t.Log("axe", (usage()-u)/10, time.Since(w)/10)
		}
		u, w = usage(), time.Now()
		time.Sleep(3 * time.Second)
		t.Log("idle per second", (usage()-u)/3)
	}
}
