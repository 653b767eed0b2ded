package partnership

import (
	"slices"

	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/personal"
)

// Personal is the part of the map of personal data that partnerships are: who
// did what in them, by id, and the words in which somebody may be named.
func Personal() personal.Map {
	records, journey := i18n.M("partnership.personal.records", "Partnerships"), i18n.M("partnership.personal.journey", "Journeys of partnerships")
	by, text := personal.By, personal.Text
	three := func(names ...string) []personal.Column {
		var out []personal.Column
		for _, n := range names {
			out = append(out, text(n, n+"_fr", n+"_es")...)
		}
		return out
	}
	touched := by("created_by", "updated_by")
	derived := []string{"partnership", "element"}
	return personal.Map{
		{Name: "partnership", Label: records, Columns: slices.Concat(by("manager", "modality_by"), touched, three("title", "summary"), text("need_text", "source"),
			personal.Not("a title, folded", "title_folded"))},
		{Name: "partnership_status", Label: records, Columns: append(by("by_actor"), text("reason", "reason_fr", "reason_es")...)},
		{Name: "party", Label: records, Columns: slices.Concat(three("label", "basis"), touched)},
		{Name: "party_role", Label: records, Columns: slices.Concat(three("basis"), by("created_by"))},
		{Name: "partnership_place", Label: records, Columns: slices.Concat(three("name"), by("created_by"))},
		{Name: "partnership_tag", Label: records, Key: []string{"partnership", "list", "code", "party"}, Columns: slices.Concat(three("basis"), by("created_by"))},
		{Name: "partnership_amount", Label: records, Columns: slices.Concat(text("stated_as"), three("note"), by("created_by"))},
		{Name: "partnership_result", Label: records, Columns: slices.Concat(three("text"), by("created_by"))},
		{Name: "partnership_team", Label: records, Columns: by("account", "created_by")},
		{Name: "evidence", Label: records, Columns: slices.Concat(text("title", "ref", "note", "file_name", "alt", "origin"), touched)},
		{Name: "file_version", Label: records, Columns: append(by("created_by"), text("file_name", "message")...)},
		{Name: "attestation", Label: records, Columns: slices.Concat(by("author", "author_person", "decided_by", "decider"), touched,
			text("reason", "title", "link", "note", "file_name", "decided_why"), personal.Not("a hash of what is attested", "content", "approved"))},
		{Name: "claim", Label: records, Columns: slices.Concat(text("text"), touched, personal.Not("the organisation that states it", "stated_by"))},
		{Name: "claim_answer", Label: records, Key: []string{"claim", "organisation"}, Columns: append(by("by_actor"), text("reason")...)},
		{Name: "answer_request", Label: records, Record: requestRecord, Columns: slices.Concat(personal.Person("person"), personal.Secrets(personal.Emptied, "address_hash"),
			personal.Values(personal.Emptied, "note"), touched, personal.Not("a hash of what is asked", "content"), personal.Not("the id of an answer", "reply"))},
		{Name: "answer_link", Label: records, Key: []string{"request", "created_at"}, Columns: personal.Secrets(personal.Stays, "token")},
		{Name: "answer_pass", Label: records, Key: []string{"request", "created_at"}, Columns: personal.Secrets(personal.Stays, "token")},
		{Name: "answer_code", Label: records, Columns: personal.Secrets(personal.Stays, "pass", "code")},
		{Name: "answer_reply", Label: records, Record: replyRecord, Columns: slices.Concat(personal.Person("person"), personal.Address("contact_email"), by("decided_by"),
			personal.Values(personal.Emptied, "contact_name", "contact_email", "contact_phone"), text("words", "unit", "purpose", "consent", "decided_why"), personal.Not("a hash of what was answered", "content"))},
		{Name: "action", Label: records, Columns: slices.Concat(by("owner_id", "not_person", "done_by", "done_person", "checked_by"), touched,
			text("text", "message", "link", "done_note"))},
		{Name: "deadline", Label: records, Columns: append(by("created_by"), text("text", "message")...)},
		{Name: "gate_waiver", Label: records, Columns: slices.Concat(by("by_actor"), text("reason"), personal.Not("the role of who waived", "by_role"))},
		{Name: "handover", Label: records, Columns: append(by("from_account", "to_account", "by_actor", "undone_by"), text("reason")...)},
		{Name: "calendar_feed", Label: records, Drop: true, Columns: slices.Concat(personal.Account("account"), personal.Secrets(personal.Stays, "token"))},
		{Name: "handover_item", Label: records, Columns: slices.Concat(text("title", "data", "why"), personal.Not("a code", "kind", "state"))},
		{Name: "handover_note", Label: records, Key: []string{"partnership"}, Columns: append(by("updated_by"), text("text")...)},
		{Name: "journey_state", Label: journey, Key: derived, Columns: text("finding")},
		{Name: "journey_waiting", Label: journey, Key: append(derived, "who_kind", "who_id", "what"), Columns: slices.Concat(by("who_id"), text("message"),
			personal.Not("a code", "who_kind", "what"))},
		{Name: "journey_summary", Label: journey, Key: []string{"partnership"}, Columns: append(by("wait_id"), text("wait_message")...)},
	}
}
