package demo

import (
	"context"
	"database/sql"
	"slices"

	"ayni/internal/commons/partnership"
	"ayni/internal/kernel/access"
)

// Days on which the Example began to be spoken of, was agreed and began to
// work, and on which its work is to end.
const (
	exampleBegins = -250
	exampleAgreed = -190
	exampleActive = -180
	exampleEnds   = 550
)

// example plays the life of the Example: every state that a check can give so
// far, every role, every kind of answer and every clock is in it.
func (l *load) example(ctx context.Context) error {
	x := l.newLife()
	return x.play(ctx, slices.Concat(
		x.whatItIs(), x.findingPartners(), x.strategy(), x.agreeing(), x.working(), x.teaching(), x.lasting(), x.doing(),
	))
}

// whatItIs: the partnership, its parties by date, what it is about.
func (x *life) whatItIs() []step {
	begins := partnership.NewPartnership{
		Partnership: partnership.Partnership{
			Title:   "Example: safer work in garment factories",
			TitleFR: "Exemple\u00a0: un travail plus sûr dans les usines de confection",
			TitleES: "Ejemplo: un trabajo más seguro en las fábricas de confección",
			Summary: "Everything here is invented. Country A asked for help to make its garment factories safer. An institute of Country B, which has made its own factories safer, " +
				"trains inspectors and safety committees; an agency of Country C pays and brings the others together.",
			SummaryFR: "Tout ici est inventé. Le pays A a demandé de l’aide pour rendre ses usines de confection plus sûres. Un institut du pays B, qui l’a fait dans ses propres usines, " +
				"forme des inspecteurs et des comités de sécurité\u00a0; une agence du pays C finance le travail et réunit les autres parties.",
			SummaryES: "Todo lo que figura aquí es inventado. El país A pidió ayuda para que sus fábricas de confección fueran más seguras. Un instituto del país B, que ya lo logró en las suyas, " +
				"forma a inspectores y a comités de seguridad; un organismo del país C financia la labor y reúne a las demás partes.",
			Example: true, StartOn: x.day(exampleActive), EndOn: x.day(exampleEnds),
			NeedKind: partnership.NeedConfirmed, NeedText: "Letter of the Example Ministry of Labour that asks for help with safety in garment factories", NeedOn: x.day(-262),
		},
		Parties: []partnership.NewParty{x.member(ministry, exampleBegins, "Its letter that asks for help", partnership.Beneficiary)},
		Team: map[string][]access.Right{
			x.actors[officer].Account:    {access.Approve},
			x.actors[specialist].Account: {access.Contribute},
			x.actors[legal].Account:      {access.Approve},
		},
	}
	return []step{
		{exampleBegins, x.begin(officer, begins)},
		{exampleBegins, x.join(officer, hostBody, exampleBegins, "Its answer to the letter", nil, partnership.Facilitating)},
		{-249, x.about(officer, partnership.About{
			"focus_theme": {"1", "2"}, "mandate_theme": {"decent-work", "labour-rights"}, "functional_area": {"capacity"},
			"population_group": {"women"}, "economic_sector": {"C"}, "supply_chain": {"textiles-garments"},
			"challenge": {"empowerment", "discrimination"}, "roadmap": {"capacity", "dialogue", "south-south"},
			"partnership_reason": {"synergies", "shared-resources", "inclusivity"},
			"sstc_principle":     {"sovereignty", "ownership-independence", "equality", "non-conditionality", "non-interference", "mutual-benefit", "demand-driven", "solidarity"},
		})},
		{-249, x.place(officer, partnership.Place{Kind: partnership.PlaceUnnamed, Name: "Two garment districts of Country A, still to be named"})},
		{-248, x.join(officer, union, -248, "Letter of its secretary", []string{"networks"}, partnership.Beneficiary)},
		{-244, x.join(officer, institute, -244, "Offer of its director", []string{"technical-expertise", "south-south"}, partnership.Technical)},
		{-232, x.join(officer, agency, -232, "Minutes of the first meeting of all parties", []string{"resources"}, partnership.Facilitating, partnership.Funding)},
		{-232, x.role(officer, "agency runs it", agency, partnership.Managing, -232, "Minutes of the first meeting of all parties")},
		{-209, x.role(officer, "institute shows the way", institute, partnership.Pivotal, -209, "Its own factories were visited and found safe")},
		{-201, x.ends(officer, "agency runs it", -201)},
		{-200, x.role(officer, "host runs it", hostBody, partnership.Managing, -200, "Letter of the Example Cooperation Agency that hands the management over")},
		{-182, x.modality(officer, partnership.Triangular)},
		{-100, x.team(officer, evaluator, access.Contribute, 30)},
		{exampleAgreed, x.move(officer, partnership.Formalised, "The agreement was signed by all five parties.")},
		{exampleActive, x.move(officer, partnership.Active, "Work began in the first four factories.")},
	}
}

// findingPartners: steps 1 and 2.
func (x *life) findingPartners() []step {
	return []step{
		{-247, x.note(specialist, "prospect.geography", access.AudienceParties, "Visits to fourteen factories",
			"In all of them fire exits were blocked at least once; in nine there was no safety committee. The Example Ministry chose the factories.")},
		{-243, x.link(specialist, "prospect.expertise", "Courses of the Example Institute", "https://example.org/institute/courses")},
		{-241, x.note(officer, "prospect.expertise", access.AudienceHost, "References of the Example Institute",
			"Two organisations that it worked for were asked. Both would work with it again.")},
		{-236, x.attest(specialist, "geography", "prospect.geography", 300, partnership.Attestation{
			Title: "Map of need and presence", Note: "Needs of the two districts beside the places where each party works; two gaps.",
			Reason: "The map was drawn before the parties kept such records here."})},
		{-234, x.approve(officer, "geography")},
		{-212, x.attest(specialist, "expertise", "prospect.expertise", 300, partnership.Attestation{
			Title: "Memo on the choice of the Example Institute", Note: "Four institutes compared; two assessors; the reasons for each.",
			Reason: "The assessors wrote a memo; single ratings were not kept."})},
		{-209, x.approve(officer, "expertise")},

		{-225, x.note(specialist, "convergence.values", access.AudienceParties, "First talk on values and principles",
			"All parties accept the principles of South-South cooperation. Freedom of association was spoken of openly.")},
		{-222, x.note(specialist, "convergence.stakeholders", access.AudienceParties, "List of those concerned",
			"Workers, mostly women; factory owners; two districts; the buyers’ association.")},
		{-205, x.attest(officer, "values", "convergence.values", 240, partnership.Attestation{
			Title: "Screening of the parties that are not states", Note: "Nothing found that speaks against the Example Institute or the Example Union.",
			Reason: "Screening was done outside this system.", Audience: access.AudienceHost})},
		{-203, x.approve(legal, "values")},
		{-196, x.attest(specialist, "stakeholders", "convergence.stakeholders", 240, partnership.Attestation{
			Title: "Who is concerned, and how they are heard", Note: "Eleven groups, each with a person to turn to.",
			Reason: "The list was agreed at a meeting and signed there."})},
		{-192, x.approve(officer, "stakeholders")},
	}
}

// strategy: steps 3 and 4.
func (x *life) strategy() []step {
	return []step{
		{-198, x.note(officer, "strategy.scope", access.AudienceParties, "What the partnership is for, and what it is not for",
			"Fire exits, inspections and committees. Wages are left to bargaining.")},
		{-188, x.attest(officer, "scope", "strategy.scope", 280, partnership.Attestation{
			Title: "Joint strategy, chapter 1", Note: "Purpose, limits and what each party answers for.", Reason: "The strategy is one document that all parties adopted."})},
		{-185, x.approve(legal, "scope")},
		{-195, x.state(ofAgency, "pledge", "strategy.resources", "contribution", "USD 240,000 are pledged for two years.")},
		{-193, x.confirm("pledge", ofMinistry, ofUnion)},
		{-191, x.confirm("pledge", ofInstitute, officer)},
		{-194, x.state(ofInstitute, "advice", "strategy.resources", "contribution", "90 days of advice are given over two years, in kind.")},
		{-190, x.confirm("advice", ofMinistry, ofUnion, ofAgency, officer)},
		{-191, x.amount(officer, partnership.Amount{
			Kind: "contribution", Minor: sql.Null[int64]{V: 240_000_00, Valid: true}, Currency: "USD", StatedAs: "USD 240,000",
			Note: "Pledged by the Example Cooperation Agency.", NoteFR: "Promis par l’Agence de coopération (Exemple).", NoteES: "Prometido por la Agencia de Cooperación (Ejemplo).",
			Audience: access.AudienceParties})},
		{-191, x.amount(officer, partnership.Amount{
			Kind: "support", Minor: sql.Null[int64]{V: 60_000_00, Valid: true}, Currency: "EUR", StatedAs: "EUR 60,000",
			Note: "Pledged for courses.", NoteFR: "Promis pour des cours.", NoteES: "Prometido para cursos.",
			Audience: access.AudienceParties})},
		{-187, x.attest(specialist, "resources", "strategy.resources", 280, partnership.Attestation{
			Title: "Joint strategy, chapter 3", Note: "Who brings what, and when.", Reason: "The strategy is one document that all parties adopted."})},
		{-184, x.approve(officer, "resources")},
		{-189, x.note(specialist, "strategy.communication", access.AudienceParties, "Who speaks for the partnership",
			"The Example Ministry speaks in Country A; the others send what they publish to it first.")},
		{-186, x.attest(specialist, "measurement", "strategy.measurement", -15, partnership.Attestation{
			Title: "First list of what is measured", Note: "Six figures, without sources.", Reason: "The list holds until the first half year is over."})},
		{-183, x.approve(officer, "measurement")},
		{-14, x.night()}, // it ran out the day before

		{-175, x.note(specialist, "outreach.channels", access.AudienceParties, "Where workers are reached", "Notice boards, a radio programme and the meetings of the Example Union.")},
		{-171, x.attest(specialist, "messages", "outreach.messages", 3, partnership.Attestation{
			Title: "Messages for the first half year", Note: "Five messages, read and corrected by twelve workers.", Reason: "Messages are agreed for half a year at a time."})},
		{-168, x.approve(officer, "messages")},
		{-160, x.link(specialist, "outreach.feedback", "Form for questions and complaints", "https://example.org/questions")},
		{-45, x.state(ofUnion, "heard", "outreach.feedback", "statement", "62 workers answered; what they said was read out to the safety committees.")},
		{-44, x.confirm("heard", ofInstitute)},
		{-41, x.confirm("heard", ofMinistry, officer)},
	}
}

// agreeing: step 5, and a gate.
func (x *life) agreeing() []step {
	return []step{
		{exampleAgreed, x.attestFile(officer, "agreement", "agreement.agreement", 365, partnership.Attestation{
			Title: "Agreement of the five parties", Reason: "The signed agreement is kept on paper."},
			"agreement.txt", "Agreement of the five parties\n\nInvented for the demo. The parties work together on safety in garment factories for two years.\n")},
		{-188, x.approve(legal, "agreement")},
		{-189, x.note(officer, "agreement.finance", access.PartyAudience(x.organisations[agency]), "How money is paid out",
			"In three instalments, each after a report. The bank details are kept outside this system.")},
		{-178, x.attest(officer, "finance", "agreement.finance", 365, partnership.Attestation{
			Title: "Annex 2 of the agreement", Note: "Three instalments and the report that each asks for.", Reason: "The annex was signed with the agreement."})},
		{-176, x.approve(legal, "finance")},
		{-110, x.state(ofAgency, "first instalment", "agreement.finance", "contribution", "The first instalment of USD 80,000 was paid.")},
		{-108, x.confirm("first instalment", officer, ofInstitute)},
		{-107, x.confirm("first instalment", ofMinistry, ofUnion)},
		{-181, x.waive(legal, "project.implementation",
			"Work may begin in four factories while the note on alignment is being written: the fire exits there can’t wait.", 30)},
		{-178, x.deadline(officer, "agreement.agreement", "First review of the agreement", 128, access.AudienceParties)},
		{-107, x.deadline(officer, "agreement.finance", "The second instalment is due", 40, access.AudienceHost)},
	}
}

// working: step 6.
func (x *life) working() []step {
	return []step{
		{-150, x.note(specialist, "project.alignment", access.AudienceParties, "The national plan of Country A", "Safety in factories is its third aim.")},
		{-148, x.attest(specialist, "alignment", "project.alignment", 200, partnership.Attestation{
			Title: "Note on alignment", Note: "The plan of Country A, its labour law and the two Conventions it has ratified on the subject.", Reason: "The note was written for the ministry’s own files."})},
		{-146, x.approve(officer, "alignment")},
		{-60, x.file(ofInstitute, "project.progress", "Progress after four months", "progress.txt", "Progress after four months\n\nInvented for the demo. Four factories have a safety committee; two more are about to choose theirs.\n")},
		{-16, x.state(ofMinistry, "committees", "project.progress", "milestone", "Four factories have a safety committee that meets every month.")},
		{-15, x.confirm("committees", ofUnion, ofInstitute)},
		{-13, x.confirm("committees", officer)},
		{-13, x.result(officer, partnership.Result{
			Kind: "achieved", Text: "Four factories have a safety committee that meets every month",
			TextFR: "Quatre usines ont un comité de sécurité qui se réunit chaque mois", TextES: "Cuatro fábricas tienen un comité de seguridad que se reúne cada mes",
			Audience: access.AudienceParties})},
		{-178, x.result(officer, partnership.Result{
			Kind: "planned", Text: "Fourteen factories are visited each year by trained inspectors of the Example Ministry",
			TextFR:   "Quatorze usines sont visitées chaque année par des inspecteurs formés du Ministère du Travail (Exemple)",
			TextES:   "Catorce fábricas reciben cada año la visita de inspectores formados del Ministerio de Trabajo (Ejemplo)",
			Audience: access.AudienceParties})},
	}
}

// teaching: step 7.
func (x *life) teaching() []step {
	return []step{
		{-140, x.note(specialist, "capacity.needs", access.AudienceParties, "Survey in fourteen factories", "62 of 80 workers asked have answered. Four gaps, ranked by both beneficiaries.")},
		{-139, x.state(ofUnion, "answers", "capacity.needs", "value", "62 of 80 workers asked have answered.")},
		{-137, x.confirm("answers", ofMinistry, ofInstitute, ofAgency)},
		{-136, x.confirm("answers", officer)},
		{-128, x.attest(specialist, "needs", "capacity.needs", 240, partnership.Attestation{
			Title: "Report of the survey", Note: "The form, the answers by factory, the four gaps.", Reason: "The survey was held on paper."})},
		{-126, x.approve(officer, "needs")},
		{-42, x.attest(ofInstitute, "first course", "capacity.training", 325, partnership.Attestation{
			Title: "Course report, first cohort", Note: "Twenty inspectors, eleven of them women; nineteen passed.", Reason: "The Example Institute keeps its courses in its own system."})},
		{-40, x.approve(officer, "first course")},
		{-4, x.attest(specialist, "second course", "capacity.training", 361, partnership.Attestation{
			Title: "Course report, second cohort", Note: "Eighteen members of safety committees; sixteen passed.", Reason: "The Example Institute keeps its courses in its own system."})},
		{-102, x.note(ofInstitute, "capacity.assistance", access.AudienceParties, "Plan of three missions", "Ventilation, fire exits, inspection forms.")},
		{-95, x.state(ofInstitute, "mission 1", "capacity.assistance", "contribution", "Mission 1: ventilation, four days of advice.")},
		{-93, x.confirm("mission 1", ofMinistry, ofUnion)},
		{-90, x.confirm("mission 1", ofAgency, officer)},
		{-50, x.state(ofInstitute, "mission 2", "capacity.assistance", "contribution", "Mission 2: fire exits, four days of advice.")},
		{-48, x.confirm("mission 2", ofMinistry, ofAgency, officer)},
		{-6, x.dispute(ofUnion, "mission 2", "Two days of advice, not four: on the other two the factory was closed.")},
		{-20, x.state(ofInstitute, "mission 3", "capacity.assistance", "contribution", "Mission 3: inspection forms, three days of advice.")},
		{-18, x.confirm("mission 3", ofUnion, ofAgency, officer)},
		{-175, x.attest(officer, "learning", "capacity.learning", 110, partnership.Attestation{
			Kind: partnership.Exempts, Reason: "A programme of learning between courses begins with the second year."})},
		{-172, x.approve(legal, "learning")},
	}
}

// lasting: steps 8 and 9; nothing is done yet of steps 10 and 11.
func (x *life) lasting() []step {
	return []step{
		{-35, x.attest(specialist, "plan", "sustainability.plan", 300, partnership.Attestation{
			Title: "Draft of a plan beyond the second year", Note: "Aims, without who answers for them.", Reason: "The draft is all there is so far."})},
		{-33, x.reject(officer, "plan", "The draft names nobody who answers for it after the second year. Add who does, and attest it again.")},
		{-70, x.note(ofMinistry, "sustainability.commitment", access.AudienceParties, "Posts for inspectors", "Six posts stand in the draft budget of the Example Ministry.")},
		{-30, x.link(specialist, "evaluation.data", "Figures by factory and month", "https://example.org/figures")},
		{-9, x.attest(officer, "reporting", "evaluation.reporting", 170, partnership.Attestation{
			Kind: partnership.Exempts, Reason: "The first report is due only when the first year is over."})},
	}
}

// doing: what people ask of each other.
func (x *life) doing() []step {
	return []step{
		{-74, x.ask(officer, "minutes", specialist, "outreach.presence", "Send the minutes of the half-year meeting to all parties", -66, false)},
		{-68, x.done(specialist, "minutes", "Sent to all five parties.")},
		{-38, x.ask(officer, "form", ofInstitute, "capacity.loop", "Send the form for participants of the first course", -12, false)},
		{-21, x.ask(officer, "targets", specialist, "project.flexibility", "Agree how targets are changed, and write it down", 2, true)},
		{-3, x.done(specialist, "targets", "Minutes of the meeting of all parties, item 4.")},
		{-10, x.ask(specialist, "districts", officer, "prospect.geography", "Ask both beneficiaries for the names of the districts", 9, false)},
	}
}

// talks plays the beginning of a partnership that is confidential: whoever is
// not in its team, and is no administrator, does not see it.
func (l *load) talks(ctx context.Context) error {
	x := l.newLife()
	return x.play(ctx, []step{
		{-30, x.begin(officer, partnership.NewPartnership{
			Partnership: partnership.Partnership{
				Title: "Example: confidential talks", TitleFR: "Exemple\u00a0: pourparlers confidentiels", TitleES: "Ejemplo: conversaciones confidenciales",
				Summary:   "Everything here is invented. First talks with Country D, which are not public yet. The team and the administrators alone see them.",
				SummaryFR: "Tout ici est inventé. Premiers pourparlers avec le pays D, qui ne sont pas encore publics. Seuls l’équipe et les administrateurs les voient.",
				SummaryES: "Todo lo que figura aquí es inventado. Primeras conversaciones con el país D, que aún no son públicas. Solo las ven el equipo y los administradores.",
				Example:   true, Confidential: true,
				NeedKind: partnership.NeedSignal, NeedText: "Reports of labour inspection in Country D; nobody has asked yet",
			},
			Parties: []partnership.NewParty{
				x.member(hostBody, -30, "It began the talks", partnership.Facilitating),
				{Party: partnership.Party{
					Label: "Ministry of Labour of Country D (invented)", LabelFR: "Ministère du Travail du pays D (inventé)", LabelES: "Ministerio de Trabajo del país D (inventado)",
					JoinedOn: x.day(-30)}},
			},
			Team: map[string][]access.Right{x.actors[legal].Account: {access.Approve}},
		})},
		{-28, x.note(officer, "prospect.geography", access.AudienceHost, "First call", "The ministry would like to hear what others have done. It wants no publicity.")},
	})
}
