package cli

import (
	"ayni/internal/app"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/i18n"
)

// verifyAudit walks the chain of the audit.
type verifyAudit struct {
	Heads string `placeholder:"FILE"`
}

// verified is what --json prints.
type verified struct {
	Whole        bool     `json:"whole"`
	Rows         int64    `json:"rows"`
	Last         int64    `json:"last"`
	Unsealed     int64    `json:"unsealed"`
	Unsigned     int64    `json:"unsigned"`
	HeadsChecked int      `json:"heads_checked"`
	NoHeads      bool     `json:"no_heads"`
	HeadsLost    bool     `json:"heads_lost"` // there is none, and there was one
	Torn         bool     `json:"torn"`
	Keys         []string `json:"keys"`
	Bad          int64    `json:"bad"` // number of the first bad row; 0 for none
	Reason       string   `json:"reason"`
}

// Run prints what it found; the exit code is 1 where a row is not as it was.
func (c *verifyAudit) Run(x *session) error {
	o := x.options(app.Read, "verify-audit")
	r, err := app.VerifyAudit(x.ctx, o, c.Heads)
	if err != nil {
		return err
	}
	lost := r.NoHeads && o.HadHeads()
	if x.flags.JSON {
		err := x.document(verified{
			Whole: r.Whole(), Rows: r.Rows, Last: r.LastSeq, Unsealed: r.Unsealed, Unsigned: r.Unsigned, HeadsChecked: r.HeadsChecked,
			NoHeads: r.NoHeads, HeadsLost: lost, Torn: r.Torn, Keys: list(r.Keys), Bad: r.BadSeq, Reason: x.l.Say(r.Reason),
		})
		if err != nil {
			return err
		}
	} else {
		c.words(x, r, lost)
	}
	if !r.Whole() {
		return errFound
	}
	return nil
}

func (c *verifyAudit) words(x *session, r audit.Report, lost bool) {
	l := x.l
	if !r.Whole() {
		x.say(l.Say(r.Reason))
		x.say(l.N("cli.verify.before", int(r.Rows), "{n} row before it is as it was written.", "{n} rows before it are as they were written."))
		return
	}
	x.say(l.N("cli.verify.whole", int(r.Rows), "The audit is whole: {n} row.", "The audit is whole: {n} rows."))
	switch {
	case lost:
		x.say(l.T("cli.verify.lost", "There is no log of signed heads, though there is a key to sign it with: unless no server ever ran here, the log was removed or lost. Only the chain was checked. Compare with the log of a backup: --heads FILE"))
	case r.NoHeads:
		x.say(l.T("cli.verify.noheads", "There is no log of signed heads, so only the chain was checked. A chain computed anew from its first row on would not be noticed."))
	default:
		x.say(l.N("cli.verify.heads", r.HeadsChecked, "{n} signed head was compared.", "{n} signed heads were compared."))
		for _, key := range r.Keys {
			x.say(l.T("cli.verify.key", "Signed with the key {key}", i18n.A{"key": key}))
		}
	}
	if r.Unsigned > 0 && !r.NoHeads {
		x.say(l.N("cli.verify.unsigned", int(r.Unsigned), "{n} row at the end is not signed yet.", "{n} rows at the end are not signed yet."))
	}
	if r.Unsealed > 0 {
		x.say(l.N("cli.verify.unsealed", int(r.Unsealed), "{n} row is not in the chain yet.", "{n} rows are not in the chain yet."))
	}
	if r.Torn {
		x.say(l.T("cli.verify.torn", "The last line of the log was not written whole, as after a power cut; it was left out."))
	}
}
