package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"ayni/internal/kernel/i18n"
)

// help explains a command.
type help struct {
	Command []string `arg:"" optional:""`
}

// Run prints the help of a command, or of all.
func (c *help) Run(x *session) error { return x.helpFor(c.Command) }

// asksHelp says whether help is asked for instead of a command's work.
func asksHelp(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "--help", "-h":
			return true
		}
	}
	return false
}

// node finds the command that the arguments name, and the first word that
// names none.
func (x *session) node(args []string) (at *kong.Node, unknown string) {
	at = x.model.Node
	for _, a := range args {
		if strings.HasPrefix(a, "-") || (a == "help" && at == x.model.Node) {
			continue
		}
		i := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Name == a })
		if i < 0 {
			if at == x.model.Node && unknown == "" {
				unknown = a
			}
			continue
		}
		at, unknown = at.Children[i], ""
	}
	return at, unknown
}

// pathOf is the command that a faulty command line seems to mean.
func (x *session) pathOf(args []string) string {
	at, _ := x.node(args)
	return at.Path()
}

// helpFor prints the help of the command that the arguments name.
func (x *session) helpFor(args []string) error {
	at, unknown := x.node(args)
	if at == x.model.Node && unknown != "" {
		return &usageError{text: x.l.T("cli.help.unknown", "There is no command “{word}”.", i18n.A{"word": unknown})}
	}
	if x.flags.JSON || slices.Contains(args, "--json") {
		return x.helpDocument(at)
	}
	switch {
	case at == x.model.Node:
		x.general(x.Out)
	case len(at.Children) > 0:
		x.group(at)
	default:
		x.detail(at)
	}
	return nil
}

// leaves are the commands under a node, in their order.
func leaves(n *kong.Node) []*kong.Node {
	if len(n.Children) == 0 {
		return []*kong.Node{n}
	}
	var out []*kong.Node
	for _, c := range n.Children {
		out = append(out, leaves(c)...)
	}
	return out
}

// form is a command as it is written: words, arguments, flags.
func form(n *kong.Node) string {
	var b strings.Builder
	b.WriteString("ayni " + n.Path())
	for _, p := range n.Positional {
		name := strings.ToUpper(p.Name)
		if p.Required {
			fmt.Fprintf(&b, " %s", name)
		} else {
			fmt.Fprintf(&b, " [%s]", name)
		}
	}
	for _, f := range n.Flags {
		if f.Required {
			fmt.Fprintf(&b, " %s", flagForm(f))
		} else {
			fmt.Fprintf(&b, " [%s]", flagForm(f))
		}
	}
	return b.String()
}

func flagForm(f *kong.Flag) string {
	if f.IsBool() {
		return "--" + f.Name
	}
	return "--" + f.Name + " " + f.PlaceHolder
}

// general lists the commands.
func (x *session) general(w io.Writer) {
	l := x.l
	fmt.Fprintln(w, wrapped(l.T("cli.help.intro",
		"Ayni keeps partnerships of South-South and triangular cooperation on their way through the eleven steps. This program is its server and the commands around it."), ""))
	fmt.Fprintln(w)
	all := leaves(x.model.Node)
	width := 0
	for _, n := range all {
		width = max(width, len(n.Path()))
	}
	for _, n := range all {
		fmt.Fprintf(w, "  ayni %-*s  %s\n", width, n.Path(), x.about(n.Path()).short)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, wrapped(l.T("cli.help.flags",
		"Every command takes --data DIR (the data folder, ./ayni-data unless said), --db postgres://… (where the database is PostgreSQL), --key-file FILE and --json (one document on standard output). Flags may stand before or after the words, and each is also a variable: --data is AYNI_DATA."), ""))
	fmt.Fprintln(w)
	fmt.Fprintln(w, wrapped(l.T("cli.help.codes", "The exit code is 0 when it is done, 1 when the input is wrong, 2 when the command line is, 3 when something failed inside."), ""))
	fmt.Fprintln(w)
	fmt.Fprintln(w, l.T("cli.help.more", "More on one of them: ayni help COMMAND"))
}

// group lists the commands of one word.
func (x *session) group(n *kong.Node) {
	for _, leaf := range leaves(n) {
		fmt.Fprintf(x.Out, "  %s\n      %s\n", form(leaf), x.about(leaf.Path()).short)
	}
}

// detail explains one command.
func (x *session) detail(n *kong.Node) {
	a := x.about(n.Path())
	fmt.Fprintln(x.Out, form(n))
	fmt.Fprintln(x.Out)
	fmt.Fprintln(x.Out, wrapped(a.long, ""))
	if a.example != "" {
		fmt.Fprintln(x.Out)
		fmt.Fprintln(x.Out, "  "+strings.ReplaceAll(a.example, "\n", "\n  "))
	}
	for _, f := range slices.Concat(n.Flags, x.model.Flags) {
		fmt.Fprintln(x.Out)
		fmt.Fprintln(x.Out, "  "+flagForm(f)+variable(f))
		fmt.Fprintln(x.Out, wrapped(x.flagWord(n.Path(), f.Name), "      "))
	}
}

// variable names the variable that a flag can be set by.
func variable(f *kong.Flag) string {
	if len(f.Envs) == 0 {
		return ""
	}
	return "  ($" + f.Envs[0] + ")"
}

func (x *session) helpDocument(at *kong.Node) error {
	type flag struct {
		Name     string `json:"name"`
		Variable string `json:"variable"`
		Text     string `json:"text"`
	}
	type command struct {
		Name    string `json:"name"`
		Form    string `json:"form"`
		Text    string `json:"text"`
		Example string `json:"example"`
		Flags   []flag `json:"flags"`
	}
	out := []command{}
	for _, n := range leaves(at) {
		a := x.about(n.Path())
		c := command{n.Path(), form(n), a.long, a.example, []flag{}}
		for _, f := range slices.Concat(n.Flags, x.model.Flags) {
			c.Flags = append(c.Flags, flag{"--" + f.Name, strings.Trim(variable(f), " ($)"), x.flagWord(n.Path(), f.Name)})
		}
		out = append(out, c)
	}
	return x.document(struct {
		Commands []command `json:"commands"`
	}{out})
}

// lineWidth is how wide help is written: a terminal's usual width.
const lineWidth = 78

// wrapped breaks a paragraph into lines that begin with indent.
func wrapped(text, indent string) string {
	var b strings.Builder
	width := 0
	// A no-break space holds its two words together.
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
		n := len([]rune(word))
		switch {
		case width == 0:
			b.WriteString(indent)
			width = len(indent)
		case width+1+n > lineWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// words are what help says of a command.
type words struct {
	short   string // for the list
	long    string
	example string // as it is typed
}

// about says what a command does.
func (x *session) about(path string) words {
	l := x.l
	switch path {
	case "serve":
		return words{
			l.T("cli.serve.short", "run the web server"),
			l.T("cli.serve.long", "Runs the web server until a signal ends it; requests under way then have ten seconds to come to their end. A missing data folder is made, and an SQLite database of an older version is brought up to date after a copy beside the file. When the server answers it prints “ready at” and its address, and nothing else, on standard output; the log goes to standard error, one JSON object a line. Only one server works on a data folder at a time. Where there is no account yet, the address for the first one is printed to standard error."),
			"ayni serve --data /var/lib/ayni --addr 127.0.0.1:8080 --base-url https://ayni.example.org --trusted-proxy 127.0.0.1\nayni serve --demo",
		}
	case "demo load":
		return words{
			l.T("cli.demo.short", "fill an empty database with the demo"),
			l.T("cli.demo.long", "Fills an empty database with the demo: the guide’s six success stories, its countries and initiatives, one fictitious partnership that shows every state, and an account for each role. What is loaded already stays as it is; a database that holds other records is refused. No server may run on the folder meanwhile."),
			"ayni demo load --data ./demo-data",
		}
	case "user add":
		return words{
			l.T("cli.useradd.short", "make an account and print its sign-up link"),
			l.T("cli.useradd.long", "Makes an account with a role and prints the address where its owner sets a password. The address works once, within 24 hours, and begins with --base-url. Give --role several times for several roles: admin, officer, specialist, evaluator, legal, finance, auditor, or partner, which stands alone and needs --organisation. Works beside a running server."),
			"ayni user add ana@example.org --role officer --name \"Ana Souza\" --base-url https://ayni.example.org",
		}
	case "user reset":
		return words{
			l.T("cli.userreset.short", "print a link to set a new password"),
			l.T("cli.userreset.long", "Prints an address where the owner of an account sets a new password. It works once, within 24 hours; links made before no longer work. Works beside a running server."),
			"ayni user reset ana@example.org --base-url https://ayni.example.org",
		}
	case "migrate":
		return words{
			l.T("cli.migrate.short2", "bring the database up to date, or move it to another engine or folder"),
			l.T("cli.migrate.long2", "Brings the database to the schema of this program. An SQLite file is copied beside itself first (ayni.db.before-NNNN; the last three copies stay); of a PostgreSQL database make a backup yourself. A missing data folder is made. No server may run on the folder meanwhile. With --to it moves the installation instead: into an empty PostgreSQL database, while attached files, log of signed heads and lock stay in the data folder; or into a new folder with an SQLite database, which files, log and key file are copied to. Named with --to, the data folder itself takes back the database alone. Every row and file is compared, the source is left as it is, and a move that does not come to its end leaves no rows and no folder of that name: run it again, and it clears what was left."),
			"ayni migrate --data /var/lib/ayni --to postgres://ayni@db.example.org/ayni",
		}
	case "doctor":
		return words{
			l.T("cli.doctor.short", "look for what is wrong, and say how to mend it"),
			l.T("cli.doctor.looks", "Looks at the data folder, the key file, the disk, how the server was started last and how its messages leave, the database, the clock, the audit, the accounts, their second factors and the backups, and says of each how it stands and how to mend it. It changes nothing and works beside a running server. The exit code is 1 where something is bad."),
			"ayni doctor --data /var/lib/ayni",
		}
	case "routes":
		return words{
			l.T("cli.routes.short", "list the addresses and who may open them"),
			l.T("cli.routes.long", "Lists every address that the server answers: method, pattern, and the permission that the account’s roles must hold. It needs no database."),
			"ayni routes --json",
		}
	case "journey":
		return words{
			l.T("cli.journey.short", "show how a partnership stands in the 35 elements"),
			l.T("cli.journey.long", "Shows a partnership’s journey as it is stored: each of the thirty-five elements with its state, since when, what is missing and who is waited for. With --list it lists all partnerships with their ids. It reads only and works beside a running server."),
			"ayni journey --list\nayni journey 01936f0e-5a7c-7d13-9f5e-2f0c7f3b1a10 --json",
		}
	case "backup":
		return words{
			l.T("cli.backup.short", "write everything into one file"),
			l.T("cli.backup.long", "Writes the database as it is at one instant, the attached files, the log of signed heads and the list of erasures into one zip file, with the hash of each part. Beside a running server nobody waits for it. The file appears whole or not at all, for its owner alone, and never over another one without --force. The key file is not in it."),
			"ayni backup /backups/ayni-monday.zip --data /var/lib/ayni",
		}
	case "restore":
		return words{
			l.T("cli.restore.short", "put a backup in the place of a data folder"),
			l.T("cli.restore.long2", "Unpacks a backup beside the data folder, compares every part with its hash, brings the database up to date, and then lets the folders change places: all of it or nothing. A folder that is not empty is refused without --replace; with it, what was there is moved aside and its place is printed. A backup of an earlier version is brought up to date, on PostgreSQL too; that one needs a database without tables in --db. No server may run on the folder meanwhile."),
			"ayni restore /backups/ayni-monday.zip --data /var/lib/ayni --replace",
		}
	case "check":
		return words{
			l.T("cli.check.short", "look through the whole installation"),
			l.T("cli.check.long", "Looks through the whole installation: the database and its references, the attached files, the thirty-five states of each partnership and the rights on it, and the audit. Where something is wrong it says so and the exit code is 1. With --checksum it prints one hash for each table instead: equal hashes mean equal records, on either engine. With --retention it lists exactly what the rules of retention would delete now. It reads only and works beside a running server."),
			"ayni check --checksum --json",
		}
	case "verify-audit":
		return words{
			l.T("cli.verify.short", "walk the chain of the audit"),
			l.T("cli.verify.long", "Walks the chain of the audit from its first row and compares it with the signed heads in the log of the data folder, or in another copy of that log given with --heads. A row that was changed, removed, moved or put in is named, and the exit code is 1. Rows at the end that are not chained or signed yet are named and are no fault. It needs no network and no key."),
			"ayni verify-audit --data ./restored --heads /safe/audit-heads.log",
		}
	case "erase":
		return words{
			l.T("cli.erase.short", "erase a person"),
			l.T("cli.erase.long", "Erases a person, named by id or e-mail address: closes the account, takes name, addresses, notes and earlier values out of every table, and clears the files of the installation of them. Records stay with the id of a person who has no name any more; the audit still verifies. Words in which somebody wrote the name are listed for you to mend. With --dry-run it says what would be done and changes nothing; without it, --yes is needed. It works beside a running server. After a backup was restored the erasure is carried out again."),
			"ayni erase amina@example.org --dry-run\nayni erase 01936f0e-5a7c-7d13-9f5e-2f0c7f3b1a10 --yes",
		}
	case "version":
		return words{
			l.T("cli.version.short", "print the version"),
			l.T("cli.version.long", "Prints the version of this program."),
			"ayni version",
		}
	case "help":
		return words{
			l.T("cli.help.short", "explain a command"),
			l.T("cli.help.long", "Explains a command with its flags and an example; without one it lists all commands. The flag --help after a command does the same."),
			"ayni help backup",
		}
	}
	return words{}
}

// flagWord says what a flag does.
func (x *session) flagWord(command, flag string) string {
	l := x.l
	switch flag {
	case "data":
		return l.T("cli.flag.data", "The data folder: database, attached files, log of signed heads. ./ayni-data unless said.")
	case "db":
		return l.T("cli.flag.db", "The PostgreSQL database, postgres://user@host/name. Without it the database is an SQLite file in the data folder.")
	case "key-file":
		return l.T("cli.flag.key", "The file of the key that signs the audit. Unless said it lies beside the data folder and is called like it, with “.key”.")
	case "anyway":
		return l.T("cli.flag.anyway", "Make the account though the address belonged to a person who was erased: the person has agreed to be kept again.")
	case "retention":
		return l.T("cli.flag.retention", "List what was kept long enough and goes in the next night, by rule.")
	case "erasures":
		return l.T("cli.flag.erasures", "A list of erasures to carry out on what is restored, beside the backup’s own and that of the folder: the file erasures.log of an earlier data folder.")
	case "yes":
		return l.T("cli.flag.yes", "Do it: erasing can’t be undone.")
	case "dry-run":
		return l.T("cli.flag.dryrun", "Say what would be done, and change nothing.")
	case "json":
		return l.T("cli.flag.json", "Print the result as one JSON document on standard output; words go to standard error.")
	case "help":
		return l.T("cli.flag.help", "Explain the command.")
	case "addr":
		return l.T("cli.flag.addr", "Where to listen. Port 0 takes a free one. An address that other machines reach needs --base-url https://…, --tls-cert and --tls-key, or --insecure-http.")
	case "demo":
		return l.T("cli.flag.demo", "Fill an empty database with the demo first, and offer its accounts on the sign-in page, on this machine alone.")
	case "base-url":
		if command == "serve" {
			return l.T("cli.flag.base", "The address that people open, such as https://ayni.example.org, where a proxy stands before the server.")
		}
		return l.T("cli.flag.linkbase", "The address that people open; the link begins with it. Unless said it is http://127.0.0.1:8080.")
	case "tls-cert":
		return l.T("cli.flag.cert", "The certificate, in PEM, with those that lead to its root.")
	case "tls-key":
		return l.T("cli.flag.certkey", "The certificate’s key, in PEM.")
	case "insecure-http":
		return l.T("cli.flag.insecure", "Serve other machines without TLS. Passwords cross the network in the open, and every page says so.")
	case "trusted-proxy":
		return l.T("cli.flag.proxy", "A proxy whose word counts on where a request came from, as a network or an address. May be given several times.")
	case "smtp":
		return l.T("cli.flag.smtp", "The mail server that takes messages to people: smtp://user:password@mail.example.org:587 (STARTTLS, which must be offered unless the server is on this machine) or smtps://… (TLS from the start). Set it as the variable AYNI_SMTP: other users of the machine can read a command line.")
	case "max-file":
		return l.T("cli.flag.maxfile", "The size of a file given as evidence, in megabytes; an e-mail message may be two fifths larger, as what is attached to it is written in letters.")
	case "mail-dir":
		return l.T("cli.flag.maildir", "A folder that messages to people are written to, one file (.eml) each, for another program to send or for a test to read.")
	case "mail-from":
		return l.T("cli.flag.mailfrom", "The sender of messages, such as “Ayni <ayni@example.org>”. Unless said it is ayni@ and the host of --base-url.")
	case "role":
		return l.T("cli.flag.role", "A role of the account. May be given several times.")
	case "name":
		return l.T("cli.flag.name", "The name of its owner. Unless said it is the part of the e-mail address before the @; the owner can change it.")
	case "organisation":
		return l.T("cli.flag.organisation", "The id of the organisation that a partner account belongs to.")
	case "list":
		return l.T("cli.flag.list", "List the partnerships instead of showing one.")
	case "force":
		return l.T("cli.flag.force", "Write over a file that is there.")
	case "replace":
		return l.T("cli.flag.replace", "Restore into a folder that is not empty; what is there is moved aside.")
	case "checksum":
		return l.T("cli.flag.checksum", "Print a hash of each table’s live rows instead of looking for faults.")
	case "to":
		return l.T("cli.flag.to", "Where to move the installation: an empty PostgreSQL database, postgres://user@host/name, or a folder that is empty or not there yet.")
	case "heads":
		return l.T("cli.flag.heads", "A copy of the log of signed heads to compare with, instead of the data folder’s own.")
	}
	return ""
}
