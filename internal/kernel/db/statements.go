package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite before 3.51.3 could corrupt a database when its WAL was reset; with
// such a driver this doesn't compile.
const _ = uint(sqlite3.SQLITE_VERSION_NUMBER - 3_051_003)

// SQLite parses a statement anew whenever it is run, which costs a page's
// short queries a third of their time (BenchmarkRead). Each connection
// therefore keeps the statements it used last, as the PostgreSQL driver does
// by itself.

// keptStatements bounds the statements a connection keeps: a statement holds
// some ten kilobytes.
const keptStatements = 100

// openLite opens a pool of SQLite connections that keep their statements.
func openLite(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(liteConnector{c}), nil
}

type liteConnector struct{ driver.Connector }

// liteDriverConn is what every connection of the driver can do.
type liteDriverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

func (c liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	lite, ok := conn.(liteDriverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's connection %T lacks a method", conn), conn.Close())
	}
	return &liteConn{liteDriverConn: lite, kept: map[string]*liteStmt{}}, nil
}

// liteConn is a connection with its statements. database/sql uses a
// connection from one goroutine at a time.
type liteConn struct {
	liteDriverConn
	kept  map[string]*liteStmt
	clock int64
}

type liteStmt struct {
	driver.Stmt
	used int64 // the connection's clock when it was last run
	open bool  // its rows are still being read
}

// Unwrap gives the driver's own connection.
func (c *liteConn) Unwrap() driver.Conn { return c.liteDriverConn }

func (c *liteConn) Close() error {
	for _, s := range c.kept {
		s.Close()
	}
	clear(c.kept)
	return c.liteDriverConn.Close()
}

func (c *liteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteDriverConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c *liteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteDriverConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.open = true
	return &liteRows{liteDriverRows: rows.(liteDriverRows), stmt: s}, nil
}

// statement returns the kept statement of a text, preparing it at first need.
// It is nil for what isn't kept: statements that change the schema or a
// setting, and one whose rows are still being read.
func (c *liteConn) statement(ctx context.Context, query string) (*liteStmt, error) {
	c.clock++
	if s, ok := c.kept[query]; ok {
		if s.open {
			return nil, nil
		}
		s.used = c.clock
		return s, nil
	}
	if !keepable(query) {
		return nil, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(c.kept) >= keptStatements {
		c.dropOldest()
	}
	s := &liteStmt{Stmt: prepared, used: c.clock}
	c.kept[query] = s
	return s, nil
}

func (c *liteConn) dropOldest() {
	var oldest string
	for query, s := range c.kept {
		if !s.open && (oldest == "" || s.used < c.kept[oldest].used) {
			oldest = query
		}
	}
	if oldest != "" {
		c.kept[oldest].Close()
		delete(c.kept, oldest)
	}
}

func keepable(query string) bool {
	word := strings.TrimLeft(query, " \t\r\n(")
	for _, verb := range []string{"select", "insert", "update", "delete", "with"} {
		if len(word) > len(verb) && strings.EqualFold(word[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// liteDriverRows is what the driver's rows can do.
type liteDriverRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypeScanType
}

// liteRows frees its statement once read.
type liteRows struct {
	liteDriverRows
	stmt *liteStmt
}

func (r *liteRows) Close() error {
	err := r.liteDriverRows.Close()
	r.stmt.open = false
	return err
}
