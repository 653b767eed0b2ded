package pages

import (
	"net/url"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/jobs"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// jobsPage is the list of background work.
type jobsPage struct {
	frame
	Tools ui.Tools
	Table ui.TableView
	Page  ui.Stretch

	Schedules ui.TableView
}

// jobPage is one piece of background work.
type jobPage struct {
	frame
	Job   jobs.Row
	Facts []ui.Fact
	Log   []ui.HistLine
	Live  bool // it has not ended
	May   bool // the reader may cancel it or start it again
}

// linesShown is how much of a job's log is shown, from its end.
const linesShown = 200

func (p *Pages) jobs(c *web.Ctx) error {
	l, q := c.L, c.R.URL.Query()
	f := jobs.Filter{Kind: q.Get("kind"), Before: q.Get("after"), Limit: rowsShown + 1}
	if s := jobs.State(q.Get("state")); slices.Contains(jobs.States, s) {
		f.State = s
	}
	var rows []jobs.Row
	var kinds []string
	var due []jobs.Schedule
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		rows, err = jobs.List(t, f)
		if err != nil {
			return err
		}
		kinds, err = jobs.Kinds(t)
		if err != nil {
			return err
		}
		due, err = jobs.Schedules(t)
		return err
	})
	if err != nil {
		return err
	}
	v := jobsPage{frame: p.frame(c, l.T("pages.jobs.title", "Jobs"))}
	v.Page, rows = stretch(c, rows, func(r jobs.Row) string { return r.ID })
	states := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, s := range jobs.States {
		states = append(states, ui.Option{Value: string(s), Text: jobState(l, s)})
	}
	kindOptions := []ui.Option{{Value: "", Text: l.T("pages.filter.any", "any")}}
	for _, k := range kinds {
		kindOptions = append(kindOptions, ui.Option{Value: k, Text: k})
	}
	v.Tools = ui.Tools{Action: "/admin/jobs", Fields: []ui.Field{
		{Kind: ui.Select, Name: "state", Label: l.T("pages.field.state", "State"), Value: string(f.State), Options: states},
		{Kind: ui.Select, Name: "kind", Label: l.T("pages.jobs.kind", "Kind"), Value: f.Kind, Options: kindOptions},
	}}
	v.Tools.Count = count(f.State != "", f.Kind != "")
	if v.Tools.Count > 0 {
		v.Tools.Clear = "/admin/jobs"
	}
	v.Table = ui.TableView{Caption: l.T("pages.jobs.caption", "Jobs, latest first"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("pages.jobs.kind", "Kind")}, {Title: l.T("pages.field.state", "State")}, {Title: l.T("pages.jobs.made", "Made (UTC)")},
		{Title: l.T("pages.jobs.due", "Due (UTC)")}, {Title: l.T("pages.jobs.ended", "Ended (UTC)")}, {Title: l.T("pages.jobs.attempt", "Attempt"), Num: true},
	}}
	for _, r := range rows {
		v.Table.Rows = append(v.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: r.Kind, Href: jobPath(r.ID)}, {Text: jobState(l, r.State), Small: shorten(r.Message)}, timeCell(l, r.CreatedAt),
			timeCell(l, r.RunAt), endedCell(l, r), {Text: attemptText(l, r)},
		}})
	}
	v.Schedules = ui.TableView{Caption: l.T("pages.jobs.schedules", "Periodic work"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("pages.jobs.schedule", "Work")}, {Title: l.T("pages.jobs.next", "Next (UTC)")}, {Title: l.T("pages.jobs.last", "Last (UTC)")},
	}}
	for _, d := range due {
		v.Schedules.Rows = append(v.Schedules.Rows, ui.Row{Cells: []ui.Cell{{Text: d.Name}, timeCell(l, d.NextAt), timeCell(l, d.LastAt)}})
	}
	return c.Page(jobsView(v))
}

func jobPath(job string) string { return "/admin/jobs/" + url.PathEscape(job) }

func endedCell(l *i18n.L, r jobs.Row) ui.Cell {
	if r.EndedAt == 0 {
		return ui.Cell{Text: l.T("pages.jobs.notended", "not yet"), Soft: true}
	}
	return timeCell(l, r.EndedAt)
}

func attemptText(l *i18n.L, r jobs.Row) string {
	return l.T("pages.jobs.attempts", "{n} of {most}", i18n.A{"n": r.Attempt, "most": r.MaxAttempts})
}

// jobState is the name of a job's state.
func jobState(l *i18n.L, s jobs.State) string {
	switch s {
	case jobs.Ready:
		return l.T("pages.job.ready", "waits")
	case jobs.Running:
		return l.T("pages.job.running", "runs")
	case jobs.Done:
		return l.T("pages.job.done", "done")
	case jobs.Failed:
		return l.T("pages.job.failed", "failed")
	case jobs.Cancelled:
		return l.T("pages.job.cancelled", "cancelled")
	}
	return string(s)
}

func live(r jobs.Row) bool { return r.State == jobs.Ready || r.State == jobs.Running }

func (p *Pages) job(c *web.Ctx) error {
	l := c.L
	v := jobPage{May: c.Actor.May(access.Administer)}
	var lines []jobs.Line
	var names map[string]string
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		v.Job, err = jobs.Find(t, c.Path("id"))
		if err != nil {
			return err
		}
		lines, err = jobs.Log(t, v.Job.ID)
		if err != nil {
			return err
		}
		names, err = access.Names(t, []string{v.Job.CreatedBy})
		return err
	})
	if err != nil {
		return err
	}
	v.Live = live(v.Job)
	v.frame = p.frame(c, v.Job.Kind, ui.Link{Text: l.T("pages.jobs.title", "Jobs"), Href: "/admin/jobs"}, ui.Link{Text: v.Job.Kind})
	for _, line := range lines[max(0, len(lines)-linesShown):] {
		v.Log = append(v.Log, ui.HistLine{At: line.At, Text: line.Line})
	}
	v.Facts = []ui.Fact{
		{Term: l.T("pages.field.state", "State"), Text: jobState(l, v.Job.State)},
		{Term: l.T("pages.jobs.made", "Made (UTC)"), Text: l.DateTime(v.Job.CreatedAt)},
		{Term: l.T("pages.field.createdby", "Made by"), Text: actorText(l, v.Job.CreatedBy, names)},
		{Term: l.T("pages.jobs.due", "Due (UTC)"), Text: timeCell(l, v.Job.RunAt).Text},
		{Term: l.T("pages.jobs.ended", "Ended (UTC)"), Text: endedCell(l, v.Job).Text},
		{Term: l.T("pages.jobs.attempt", "Attempt"), Text: attemptText(l, v.Job)},
	}
	return c.Page(jobView(v))
}

// progress is what the script of a page of long work reads.
type progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Text  string `json:"text"`
	State string `json:"state"`
}

func (p *Pages) jobProgress(c *web.Ctx) error {
	var r jobs.Row
	err := p.inRead(c, func(t *db.Tx) error {
		var err error
		r, err = jobs.Find(t, c.Path("id"))
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(progress{Done: r.Progress, Total: r.Total, Text: ui.ProgressText(c.L, r.Progress, r.Total), State: string(r.State)})
}

func (p *Pages) doCancelJob(c *web.Ctx) error {
	return p.changeJob(c, jobs.Cancel, i18n.M("pages.job.cancel.done", "The job ends as soon as it can."))
}

func (p *Pages) doRetryJob(c *web.Ctx) error {
	return p.changeJob(c, jobs.Retry, i18n.M("pages.job.retry.done", "The job starts again."))
}

func (p *Pages) changeJob(c *web.Ctx, do func(t *db.Tx, actor, job string) error, done i18n.Msg) error {
	job := c.Path("id")
	err := p.o.DB.Write(c.Context(), func(t *db.Tx) error { return do(t, c.Actor.ID(), job) })
	if err != nil {
		return err
	}
	c.Flash(done, "")
	return c.See(jobPath(job))
}

// jobProgressView is work that has not ended, with the way to stop it.
func jobProgressView(p jobPage) ui.ProgressView {
	l := p.L
	v := ui.ProgressView{
		ID: "progress", Title: jobState(l, p.Job.State), Done: p.Job.Progress, Total: p.Job.Total,
		Again: jobPath(p.Job.ID), Live: jobPath(p.Job.ID) + "/progress",
	}
	switch {
	case p.Job.Cancel:
		v.Note = l.T("pages.job.cancel.asked", "It was told to stop and ends as soon as it can.")
	case p.May:
		v.Cancel = jobPath(p.Job.ID) + "/cancel"
		v.Note = l.T("pages.job.cancel.note", "Cancelling stops the work at its next step. What it did before stays done.")
	}
	return v
}
