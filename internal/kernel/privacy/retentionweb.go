package privacy

import (
	"encoding/json"
	"net/http"
	"strconv"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// retentionPage is the rules of retention, and what they would delete now.
type retentionPage struct {
	frame
	Form  ui.Form
	Rules []RuleFor
	Plan  ui.TableView
	More  bool // the plan is longer than what is shown
}

// planShown bounds the rows of the plan on the page; the file holds all.
const planShown = 200

func (r *Room) retention(c *web.Ctx) error { return r.showRetention(c, http.StatusOK, ui.Form{}) }

func (r *Room) showRetention(c *web.Ctx, status int, form ui.Form) error {
	l := c.L
	title := l.T("privacy.retention", "How long what is kept")
	p := retentionPage{frame: r.frame(c, title, ui.Link{Text: l.T("privacy.title", "Privacy"), Href: AdminPath}, ui.Link{Text: title}), Form: form}
	err := r.d.Read(c.Context(), func(t *db.Tx) error {
		var err error
		p.Rules, err = r.Rules(t)
		return err
	})
	if err != nil {
		return err
	}
	due, err := r.Due(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	p.Plan = ui.TableView{Caption: l.T("privacy.retention.plan", "What would go now"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("privacy.retention.rule", "Rule")}, {Title: l.T("privacy.table", "Table")}, {Title: l.T("privacy.record", "Record")}}}
	for _, d := range due {
		for _, item := range d.Items {
			if len(p.Plan.Rows) == planShown {
				p.More = true
				break
			}
			p.Plan.Rows = append(p.Plan.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Say(d.Label)}, {Text: item.Table}, {Text: item.Record}}})
		}
	}
	return c.PageStatus(status, retentionView(p))
}

// daysText is the number of days of a rule as the form has it.
func daysText(r RuleFor) string { return strconv.Itoa(r.InForce) }

func ruleHint(l *i18n.L, r RuleFor) string { return l.Say(r.Why) + " " + l.Say(dayWord(r.Rule)) + "." }

func (r *Room) doRetention(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	days := map[string]int{}
	var rules []RuleFor
	err = r.d.Read(c.Context(), func(t *db.Tx) error {
		rules, err = r.Rules(t)
		return err
	})
	if err != nil {
		return err
	}
	var check errs.Check
	for _, rule := range rules {
		n, err := strconv.Atoi(v.Get(rule.Code))
		if !check.If(err != nil, rule.Code, dayWord(rule.Rule)) {
			days[rule.Code] = n
		}
	}
	err = check.Err()
	if err == nil {
		err = r.SetDays(c.Context(), c.Actor, days)
	}
	if web.Mendable(err) {
		return r.showRetention(c, http.StatusUnprocessableEntity, web.FormState(v, err, c.L))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("privacy.retention.saved", "The rules were saved. They hold from the next night."), "")
	return c.See(retentionPath)
}

func (r *Room) retentionJSON(c *web.Ctx) error {
	due, err := r.Due(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(due, "", "  ")
	if err != nil {
		return err
	}
	return c.Attach("retention.json", "application/json; charset=utf-8", b)
}
