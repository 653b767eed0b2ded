// Package cli holds the commands of the program, one file each. A command
// reads its flags, opens the installation, calls what the pages call, and says
// what came of it: in words in the language of the terminal, or with --json as
// one document on standard output.
//
// The exit code is 0 when it is done, 1 when the input is wrong, 2 when the
// command line is, and 3 when something failed inside.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"ayni/internal/app"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// Version is the version of the program, set when it is built.
var Version = "dev"

// The exit codes.
const (
	exitDone  = 0
	exitInput = 1
	exitUsage = 2
	exitFault = 3
)

// commands are all commands and the flags that each of them takes.
type commands struct {
	Data    string `default:"ayni-data" placeholder:"DIR"`
	DB      string `name:"db" placeholder:"URL"`
	KeyFile string `placeholder:"FILE"`
	JSON    bool   `name:"json"`
	Help    bool   `short:"h"`

	Serve       serve       `cmd:""`
	Demo        demoGroup   `cmd:""`
	User        userGroup   `cmd:""`
	Migrate     migrateCmd  `cmd:""`
	Doctor      doctor      `cmd:""`
	Routes      routes      `cmd:""`
	Journey     journey     `cmd:""`
	Backup      backup      `cmd:""`
	Restore     restore     `cmd:""`
	Check       check       `cmd:""`
	VerifyAudit verifyAudit `cmd:""`
	Erase       erase       `cmd:""`
	Version     version     `cmd:""`
	HelpOf      help        `cmd:"" name:"help"`
}

// Streams are where a command writes, and how it learns that it is to hurry.
type Streams struct {
	Out, Err io.Writer
	Hurry    <-chan struct{} // closed when a second signal asks to end at once
}

// Run runs the command that the arguments name and returns the exit code.
func Run(ctx context.Context, args []string, s Streams) int {
	x := &session{Streams: s, ctx: ctx, l: i18n.For(language(os.Getenv))}
	err := x.run(args)
	if err != nil {
		err = app.Damaged(app.Options{Data: x.flags.Data}, err)
		x.fail(err)
	}
	return exitCode(err)
}

// language is the language of the terminal's words.
func language(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := env(name)
		if value == "" {
			continue
		}
		lang, _, _ := strings.Cut(strings.ToLower(value), "_")
		lang, _, _ = strings.Cut(lang, ".")
		if i18n.Known(lang) {
			return lang
		}
		break // the first that is set decides
	}
	return i18n.Langs[0]
}

// session is one run of a command.
type session struct {
	Streams
	ctx   context.Context
	l     *i18n.L
	flags *commands
	model *kong.Application
}

func (x *session) run(args []string) error {
	x.flags = &commands{}
	parser, err := kong.New(x.flags, kong.Name("ayni"), kong.NoDefaultHelp(), kong.DefaultEnvars("AYNI"), kong.Writers(x.Err, x.Err))
	if err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	x.model = parser.Model
	if len(args) == 0 {
		x.general(x.Err)
		return &usageError{}
	}
	// Looked for before the rest: help does not ask for what the command needs.
	if asksHelp(args) {
		return x.helpFor(args)
	}
	k, err := parser.Parse(args)
	if err != nil {
		return x.usage(err, args)
	}
	if x.flags.DB != "" {
		err := db.CheckURL(x.flags.DB)
		if err != nil {
			return err
		}
	}
	return k.Run(x)
}

// usageError is a command line that can't be read; zero when that was said.
type usageError struct {
	text string
	path string // of the command, for the pointer to its help
}

func (e *usageError) Error() string { return e.text }

// exitCode is the exit code of what a command came to.
func exitCode(err error) int {
	var u *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &u):
		return exitUsage
	}
	switch errs.KindOf(err) {
	case errs.BadRequest:
		return exitUsage
	case errs.Invalid, errs.NotFound, errs.Conflict, errs.Forbidden, errs.Unauthenticated, errs.TooLarge, errs.Repeated:
		return exitInput
	case errs.Internal, errs.Busy, errs.Full, errs.TooMany:
	}
	return exitFault
}

// errFound ends a command that has said what it found: exit code 1.
var errFound = &errs.Error{Kind: errs.Invalid, Cause: errors.New("found")}

// fail says on standard error why a command did not come to its end.
func (x *session) fail(err error) {
	var u *usageError
	switch {
	case errors.Is(err, errFound):
	case errors.As(err, &u):
		if u.text != "" {
			x.note("ayni: " + u.text)
			x.note(x.l.T("cli.usage.help", "For help: {command}", i18n.A{"command": strings.TrimSpace("ayni help " + u.path)}))
		}
	default:
		x.note("ayni: " + x.reason(err))
	}
}

// reason says an error in the reader's language.
func (x *session) reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return x.l.T("cli.stopped", "Stopped before the end.")
	}
	e := errs.As(err)
	if e == nil || e.Kind == errs.Internal {
		return x.l.T("cli.internal", "Something failed inside: {error}", i18n.A{"error": err.Error()})
	}
	var parts []string
	if !e.Msg.Zero() {
		parts = append(parts, x.l.Say(e.Msg))
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+x.l.Say(f.Msg))
	}
	if len(parts) == 0 {
		parts = append(parts, x.kindWord(e))
	}
	return strings.Join(parts, "\n")
}

// kindWord says an error that brings no words of its own.
func (x *session) kindWord(e *errs.Error) string {
	switch e.Kind {
	case errs.Full:
		return x.l.T("cli.full", "There is no room left on the disk. Nothing was left half-written. Free some room, then run the command again. ({error})", i18n.A{"error": e.Error()})
	case errs.Busy:
		return x.l.T("cli.busy", "The database is busy or does not answer. Run the command again in a moment. ({error})", i18n.A{"error": e.Error()})
	case errs.NotFound:
		return x.l.T("cli.notfound", "There is no such record.")
	}
	return x.l.T("cli.refused", "This can’t be done: {error}", i18n.A{"error": e.Error()})
}

// note writes a line for a person to standard error.
func (x *session) note(text string) { fmt.Fprintln(x.Err, text) }

// say writes a line of the result; with --json, where only the document
// stands on standard output, it goes to standard error.
func (x *session) say(text string) {
	if x.flags.JSON {
		x.note(text)
		return
	}
	fmt.Fprintln(x.Out, text)
}

// document writes the result of --json.
func (x *session) document(v any) error {
	enc := json.NewEncoder(x.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// options are those of the installation that the flags name.
func (x *session) options(use app.Use, what string) app.Options {
	return app.Options{
		Data: x.flags.Data, DBURL: x.flags.DB, KeyFile: x.flags.KeyFile, Use: use, What: what, Version: Version,
		Log: slog.New(slog.NewTextHandler(x.Err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

// with opens the installation, runs fn and closes it again.
func (x *session) with(o app.Options, fn func(a *app.App) error) error {
	a, err := app.Open(x.ctx, o)
	if err != nil {
		return err
	}
	err = fn(a)
	return errors.Join(err, a.Close(context.WithoutCancel(x.ctx)))
}

// actor is who acts in a command: the system's user.
func actor() access.Actor {
	u, err := user.Current()
	if err != nil {
		return access.Command(strconv.Itoa(os.Getuid()))
	}
	return access.Command(u.Username)
}

// list is a slice for JSON: empty is [], never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
