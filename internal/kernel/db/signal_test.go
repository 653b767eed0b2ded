package db_test

import (
	"testing"

	"ayni/internal/kernel/db/dbtest"
)

func TestSignalWakesEveryListenerOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	a, stopA := d.Listen("jobs")
	b, stopB := d.Listen("jobs")
	other, stopOther := d.Listen("other")
	defer stopOther()
	d.Signal("jobs")
	d.Signal("jobs")
	<-a
	<-b
	for name, ch := range map[string]<-chan struct{}{"a": a, "b": b, "other": other} {
		select {
		case <-ch:
			t.Errorf("%s was woken again", name)
		default:
		}
	}
	stopA()
	d.Signal("jobs")
	<-b
	stopB()
	select {
	case <-a:
		t.Error("woken after its end")
	default:
	}
}
