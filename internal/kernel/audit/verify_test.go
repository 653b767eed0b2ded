package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// AI1: who changes the audit by SQL is found, and the first bad row is named.
func TestAI1_TamperedRowsAreNamed(t *testing.T) {
	t.Parallel()
	const rows = 9
	anyRow := func(seq int) string { return fmt.Sprintf(`(select id from audit where seq = %d)`, seq) }
	for name, c := range map[string]struct {
		sql  []string
		seq  int64
		key  string
		bare bool // found without the log too
	}{
		"change":                 {[]string{`update audit set actor = 'somebody' where seq = 4`}, 4, "audit.bad.changed", true},
		"change the first":       {[]string{`update audit set at = at + 1 where seq = 1`}, 1, "audit.bad.changed", true},
		"change the last":        {[]string{`update audit set title = '' where seq = 9`}, 9, "audit.bad.changed", true},
		"change the changes":     {[]string{`update audit set changes = replace(changes, 'focal', 'Focal') where seq = 5`}, 5, "audit.bad.changed", true},
		"change the hash":        {[]string{`update audit set hash = prev where seq = 5`}, 5, "audit.bad.changed", true},
		"delete":                 {[]string{`delete from audit where seq = 5`}, 5, "audit.bad.missing", true},
		"delete the first":       {[]string{`delete from audit where seq = 1`}, 1, "audit.bad.missing", true},
		"delete and close up":    {[]string{`delete from audit where seq = 5`, `update audit set seq = -seq where seq > 5`, `update audit set seq = -seq - 1 where seq < 0`}, 5, "audit.bad.order", true},
		"reorder":                {[]string{`update audit set seq = -6 where seq = 6`, `update audit set seq = 6 where seq = 7`, `update audit set seq = 7 where seq = -6`}, 6, "audit.bad.order", true},
		"truncate one":           {[]string{`delete from audit where seq = 9`}, 9, "audit.bad.cut", false},
		"truncate":               {[]string{`delete from audit where seq > 3`}, 4, "audit.bad.cut", false},
		"truncate all":           {[]string{`delete from audit`}, 1, "audit.bad.cut", false},
		"unchain the last":       {[]string{`update audit set seq = null where seq = 9`}, 9, "audit.bad.cut", false},
		"unchain":                {[]string{`update audit set seq = null where seq = 2`}, 2, "audit.bad.missing", true},
		"put in before":          {[]string{`insert into audit (id, seq, at, actor, action, kind, record) values ('x', 0, 1, 'a', 'b', 'c', 'd')`}, 0, "audit.bad.number", true},
		"put in after":           {[]string{`insert into audit (id, seq, at, actor, action, kind, record) values ('x', 10, 1, 'a', 'b', 'c', 'd')`}, 10, "audit.bad.order", true},
		"put in twice":           {[]string{`drop index uq_audit_seq`, `insert into audit (id, seq, at, actor, action, kind, record) values ('zz', 3, 1, 'a', 'b', 'c', 'd')`}, 3, "audit.bad.number", true},
		"change a value":         {[]string{`update audit_personal set value = '[null,"Somebody"]' where field = 'name' and audit_id = ` + anyRow(3)}, 3, "audit.bad.personal", true},
		"change a salt":          {[]string{`update audit_personal set salt = 'aa' where field = 'name' and audit_id = ` + anyRow(8)}, 8, "audit.bad.personal", true},
		"change a field's name":  {[]string{`update audit_personal set field = 'role' where field = 'name' and audit_id = ` + anyRow(2)}, 2, "audit.bad.personal", true},
		"put a value in":         {[]string{`insert into audit_personal (audit_id, field, salt, value) values (` + anyRow(7) + `, 'role', '', '[]')`}, 7, "audit.bad.personal", true},
		"two at once, the first": {[]string{`update audit set title = 'x' where seq = 8`, `delete from audit where seq = 3`}, 3, "audit.bad.missing", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try := func(t *testing.T, d *db.DB) {
				h := openHeads(t, t.TempDir())
				fillRows(t, d, 4)
				sign(t, h, d)
				fillRows(t, d, rows-4)
				sign(t, h, d)
				r := verify(t, d, h.Path())
				wantWhole(t, r, rows)
				if r.HeadsChecked != 2 || r.Unsigned != 0 || r.Unsealed != 0 {
					t.Fatalf("got %+v", r)
				}
				for _, s := range c.sql {
					exec(t, d, s)
				}
				wantBad(t, verify(t, d, h.Path()), c.seq, c.key)
				bare := verify(t, d, "")
				if bare.Whole() == c.bare {
					t.Errorf("without the log: found is %v, want %v", !bare.Whole(), c.bare)
				}
			}
			if strings.Contains(strings.Join(c.sql, ""), "drop index") {
				try(t, dbtest.SQLite(t)) // the PostgreSQL databases are handed on, with their schema
				return
			}
			dbtest.Each(t, try)
		})
	}
}

// rechain computes the chain anew from a row on, as one would who may write
// the database but has no key.
func rechain(t *testing.T, d *db.DB, from int64) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		rows, err := entriesAfter(tx, from-1, "\x7f", 1000)
		if err != nil {
			return err
		}
		head, err := headAt(tx, from-1)
		if err != nil {
			return err
		}
		for _, e := range rows {
			e.chain(head)
			head = e.head()
			_, err := tx.Exec(`update audit set prev = $1, hash = $2 where id = $3`, e.Prev, e.Hash, e.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAI1_RewrittenChainIsNamed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openHeads(t, t.TempDir())
		for range 3 {
			fillRows(t, d, 3)
			sign(t, h, d)
		}
		exec(t, d, `update audit set actor = 'somebody' where seq = 5`)
		rechain(t, d, 5)
		r := verify(t, d, "")
		wantWhole(t, r, 9)
		r = verify(t, d, h.Path())
		wantBad(t, r, 6, "audit.bad.head") // row 3 was signed and is good, row 6 was signed and differs
		if r.HeadsChecked != 1 || r.LastSeq != 5 || r.Unsigned != 2 {
			t.Errorf("got %+v", r)
		}
		err := h.Sign(t.Context(), d)
		if err == nil {
			t.Error("a rewritten chain was signed")
		}
		fillRows(t, d, 1)
		err = h.Sign(t.Context(), d)
		if err == nil {
			t.Error("a rewritten chain was signed once it had grown")
		}
	})
}

// Property: whatever single field of whatever signed row is changed, it is
// found, and at that row.
func TestAI1_AnySingleFieldIsFound(t *testing.T) {
	t.Parallel()
	const rows = 40
	d := dbtest.SQLite(t)
	h := openHeads(t, t.TempDir())
	for i := range rows {
		p := person{ID: fmt.Sprint("p", i%7), Name: fmt.Sprint("Name ", i), Role: "clerk"}
		write1(t, d, Row{Actor: "cli:test", Action: "created", Kind: "person", Record: p.ID, Context: "c", Title: "T", Version: 1, After: p})
	}
	sign(t, h, d)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	texts := []string{"id", "actor", "action", "kind", "record", "context", "audience", "title", "changes", "prev", "hash"}
	numbers := []string{"seq", "at", "version"}
	for range 150 {
		seq := rnd.Int64N(rows) + 1
		var change, column string
		if rnd.IntN(5) == 0 {
			column = numbers[rnd.IntN(len(numbers))]
			change = fmt.Sprintf("%s + %d", column, 100+rnd.IntN(1000))
			if column != "seq" && rnd.IntN(2) == 0 {
				change = column + " - 1"
			}
		} else {
			column = texts[rnd.IntN(len(texts))]
			change = []string{
				column + ` || ' '`, column + ` || 'a'`, `'' || char(10) || ` + column, `upper(` + column + `) || '"'`,
				column + ` || cast(x'ff' as text)`, column + ` || char(65533)`, `'x'`,
			}[rnd.IntN(7)]
		}
		id := ""
		var before string
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			e, err := entriesAfter(tx, seq-1, "\x7f", 1)
			if err != nil {
				return err
			}
			id = e[0].ID
			before, err = db.One[string](tx, `select `+column+` from audit where id = $1`, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// A rowid stays when the id itself is what changes.
		row := count(t, d, `select rowid from audit where id = $1`, id)
		exec(t, d, `update audit set `+column+` = `+change+` where rowid = $1`, row)
		r := verify(t, d, h.Path())
		if r.Whole() || r.BadSeq != seq {
			t.Fatalf("%s = %s in row %d: got %d, %s", column, change, seq, r.BadSeq, r.Reason.English())
		}
		exec(t, d, `update audit set `+column+` = $1 where rowid = $2`, before, row)
	}
	wantWhole(t, verify(t, d, h.Path()), rows)
}

// More rows than are held at once, with something wrong far behind.
func TestAI1_LongChain(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	const rows = 2*verifyBatch + 3
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range rows {
			err := Write(tx, Row{Actor: "a", Action: "created", Kind: "person", Record: fmt.Sprint(i), Version: 1, After: person{Name: fmt.Sprint(i)}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantWhole(t, verify(t, d, ""), rows)
	exec(t, d, `update audit_personal set value = '[]' where audit_id = (select id from audit where seq = $1)`, rows-1)
	wantBad(t, verify(t, d, ""), rows-1, "audit.bad.personal")
}

func TestVerifyTail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openHeads(t, t.TempDir())
		fillRows(t, d, 3)
		sign(t, h, d)
		fillRows(t, d, 2)
		write1(t, d, Row{Actor: "a", Action: "created", Kind: "person", Record: "x"})
		r := verify(t, d, h.Path())
		want := Report{Rows: 5, LastSeq: 5, Unsealed: 1, Unsigned: 2, HeadsChecked: 1}
		if d.Engine == db.SQLite {
			want = Report{Rows: 6, LastSeq: 6, Unsigned: 3, HeadsChecked: 1}
		}
		want.Keys = []string{h.Public()}
		if fmt.Sprint(r) != fmt.Sprint(want) {
			t.Errorf("got %+v, want %+v", r, want)
		}
		r = verify(t, d, filepath.Join(t.TempDir(), "none"))
		if !r.Whole() || !r.NoHeads || r.Unsigned != want.LastSeq {
			t.Errorf("without a log: got %+v", r)
		}
	})
}

// The hash of a row is what the package's comment says: another program, with
// another JSON encoder, gets the same.
func TestRowHashAsDescribed(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	p := person{ID: "p", Role: "tab\tquote\" <&> \u2028 \x01 ü 漢 \\"}
	write1(t, d, Row{Actor: "a", Action: "created", Kind: "person", Record: "p", Title: p.Role, Version: 1, After: p})
	fillRows(t, d, 1)
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := entriesAfter(tx, 0, "", 10)
		if err != nil {
			return err
		}
		for _, e := range rows {
			var b strings.Builder
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			err := enc.Encode([]any{e.Prev, e.Seq, e.ID, e.At, e.Actor, e.Action, e.Kind, e.Record, e.Context, e.Audience, e.Title, e.Version, e.Changes})
			if err != nil {
				return err
			}
			// encoding/json escapes this one although JSON doesn't ask it to.
			text := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), `\u2028`, "\u2028")
			sum := sha256.Sum256([]byte(text))
			if hex.EncodeToString(sum[:]) != e.Hash {
				t.Errorf("row %d: other hash over %s", e.Seq, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\x00\x1f\x7f", "ü漢\u2028", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = clean(s)
		var back string
		err := json.Unmarshal(appendText(nil, s), &back)
		if err != nil || back != s {
			t.Errorf("%q became %q: %v", s, back, err)
		}
	})
}

// Whatever stands in the log, reading it ends with a report or an error.
func FuzzReadLog(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(`{"ayni-audit-heads":1,"public":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n"))
	f.Add([]byte(`{"ayni-audit-heads":1,"public":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n" + `{"seq":1,"at":2,"hash":"00","sig":"AA=="}` + "\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "log")
		err := os.WriteFile(path, b, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		log, err := readLog(path)
		if err == nil && len(log.heads) > 0 && len(log.keys) == 0 {
			t.Error("heads without a key")
		}
	})
}
