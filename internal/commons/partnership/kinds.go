package partnership

import (
	"ayni/internal/kernel/i18n"
)

// AuditKinds are the kinds of records of this package in the audit.
var AuditKinds = []string{
	Kind, "party", "party_role", "partnership_tag", "partnership_place", "partnership_amount", "partnership_result", "partnership_team",
	"evidence", "attestation", "claim", "action", "partnership_deadline", "gate_waiver", kindHandOver, kindHandNote, kindFeed, requestRecord, replyRecord,
}

// KindName is the name of a kind of records in the audit; empty for kinds of others.
func KindName(l *i18n.L, kind string) string {
	switch kind {
	case Kind:
		return l.T("partnership.record", "Partnership")
	case "party":
		return l.T("partnership.record.party", "Party")
	case "party_role":
		return l.T("partnership.record.role", "Role of a party")
	case "partnership_tag":
		return l.T("partnership.record.tag", "What it is about")
	case "partnership_place":
		return l.T("partnership.record.place", "Place")
	case "partnership_amount":
		return l.T("partnership.record.amount", "Amount")
	case "partnership_result":
		return l.T("partnership.record.result", "Stated result")
	case "partnership_team":
		return l.T("partnership.record.team", "Right in the team")
	case "evidence":
		return l.T("partnership.record.evidence", "Evidence")
	case "attestation":
		return l.T("partnership.record.attestation", "Attestation or exemption")
	case "claim":
		return l.T("partnership.record.claim", "Statement to confirm")
	case "action":
		return l.T("partnership.record.action", "Action")
	case "partnership_deadline":
		return l.T("partnership.record.deadline", "Deadline")
	case "gate_waiver":
		return l.T("partnership.record.waiver", "Waiver of a gate")
	case kindHandOver:
		return l.T("partnership.record.handover", "Hand-over")
	case kindFeed:
		return l.T("partnership.record.feed", "Calendar address")
	case kindHandNote:
		return l.T("partnership.record.handnote", "Word to the next person")
	case requestRecord:
		return l.T("partnership.record.request", "Request to a focal point")
	case replyRecord:
		return l.T("partnership.record.reply", "Answer of a focal point")
	}
	return ""
}

// RecordLink is the address of a record's page; empty where it has none of
// its own.
func RecordLink(kind, record string) string {
	switch kind {
	case Kind:
		return "/partnerships/" + record
	case kindHandOver:
		return handOverPath(record)
	}
	return ""
}
