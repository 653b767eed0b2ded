package db

import (
	"fmt"
	"strconv"
	"strings"
)

// maxArgs bounds the values that one statement of many rows carries.
const maxArgs = 2000

// InsertMany inserts rows with few statements: head is the text up to values
// ("insert into t (a, b)"), tail what follows them ("on conflict …"), or empty.
// The rows of a statement number a power of two, so that an engine meets, and
// keeps, few texts. Of a row that tail would update there may be one alone.
func InsertMany(t *Tx, head, tail string, rows [][]any) error {
	for len(rows) > 0 {
		columns := len(rows[0])
		n := 1
		for 2*n <= len(rows) && 2*n*columns <= maxArgs {
			n *= 2
		}
		args := make([]any, 0, n*columns)
		for _, row := range rows[:n] {
			if len(row) != columns {
				return fmt.Errorf("%s: a row of %d values among rows of %d", head, len(row), columns)
			}
			args = append(args, row...)
		}
		_, err := t.Exec(head+" values "+tuples(n, columns)+" "+tail, args...)
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// tuples is "($1, $2), ($3, $4)" for a number of rows.
func tuples(rows, columns int) string {
	var b strings.Builder
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}
