//! Entries of an incident as people read them: a word, a sentence, who did it.
//!
//! Texts that came from outside (notes, names, answers of receivers) stand in the sentences as they are; whoever prints them
//! escapes the whole sentence for its medium. Deliberately absent: the time, which stands beside a sentence and not in it.

mod zh;

use super::money;
use super::plural::{counted, noun_of as noun};
use super::time::Zone;
use super::units::{count, percent_auto};
use crate::domain::base::{Interval, Language, Money, Severity, SloId};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{
    Actor, ChangeRecord, Correction, Entry, Evidence, Fact, HeldPages, ImpactRecord, IncidentRef, Note, Notice, Onset, Outcome,
    ReasonText, RuleFired, SilenceRecord,
};
pub(super) use zh::changed_by_words;

/// One short word for the kind of an entry: `open`, `page`, `note`.
pub const fn word(fact: &Fact) -> &'static str {
    match fact {
        Fact::Suspected(_) => "suspect",
        Fact::Opened(_) => "open",
        Fact::Joined { .. } => "join",
        Fact::SeverityChanged { .. } => "severity",
        Fact::Acknowledged | Fact::Unacknowledged => "ack",
        Fact::Mitigated { .. } => "mitigate",
        Fact::Resolved { .. } => "resolve",
        Fact::Reopened { .. } => "reopen",
        Fact::Closed { .. } => "close",
        Fact::NoData { .. } | Fact::DataBack => "data",
        Fact::Note(_) => "note",
        Fact::Paged { .. } => "page",
        Fact::Measured(_) => "impact",
        Fact::Costed(_) => "cost",
        Fact::Notice(Notice::Changed(_)) => "change",
        Fact::Notice(_) => "silence",
        Fact::Held(_) => "held",
        Fact::Alerted(_) => "alert",
        Fact::Absorbed(_) | Fact::Merged { .. } => "merge",
        Fact::SplitOff { .. } | Fact::SplitFrom { .. } => "split",
        Fact::SuspectNamed { .. } => "cause",
        Fact::Evidence(_) => "evidence",
        Fact::Corrected { .. } => "correct",
    }
}

/// Who caused an entry: a person's name, or `auto`.
pub fn actor(entry: &Entry) -> &str {
    match &entry.actor {
        Actor::Auto => "auto",
        Actor::Person(name) => name,
    }
}

/// What an entry says, in the words of a language.
pub fn sentence_in(entry: &Entry, zone: Zone, language: Language) -> String {
    match language {
        Language::En => sentence(entry, zone),
        Language::Zh => zh::sentence(entry, zone),
    }
}

/// What a silence holds back, in the words of a language.
pub fn silence_in(record: &SilenceRecord, language: Language) -> String {
    let s = &record.silence;
    match language {
        Language::En => {
            format!("silence {}: pages for {} are held back, by {}: {}", record.id.0, s.scope, record.author, s.reason)
        }
        Language::Zh => zh::silenced(record),
    }
}

/// What was changed, in the words of a language.
pub fn change_in(record: &ChangeRecord, language: Language) -> String {
    match language {
        Language::En => record.words(),
        Language::Zh => zh::changed(&record.change, &record.by),
    }
}

/// What an entry says, in one sentence without a full stop; instants in it are told in `zone`.
pub fn sentence(entry: &Entry, zone: Zone) -> String {
    match &entry.fact {
        Fact::Suspected(onset) => format!("{} may be in trouble: {}", onset.service, why(&onset.reasons, &onset.rules)),
        Fact::Opened(onset) => opened(onset, zone),
        Fact::Joined { service, slos, .. } => format!("{service} joined with {}", list(slos)),
        Fact::SeverityChanged { from, to, rules, reasons } => {
            let verb = if to > from { "rose" } else { "fell" };
            format!("severity {verb} from {from} to {to}: {}", why(reasons, rules))
        }
        Fact::Acknowledged => format!("acknowledged by {}", actor(entry)),
        Fact::Unacknowledged => unacknowledged(entry),
        Fact::Mitigated { reason, impact } => mitigated(entry, reason, impact.as_ref()),
        Fact::Resolved { reason, impact } => resolved(entry, reason, impact.as_ref()),
        Fact::Reopened { impact_start, reasons, .. } if matches!(entry.actor, Actor::Person(_)) => {
            format!("reopened by {}, bad since {}: {}", actor(entry), zone.clock(*impact_start), why(reasons, &[]))
        }
        Fact::Reopened { impact_start, rules, reasons } => {
            format!("bad again since {}: {}", zone.clock(*impact_start), why(reasons, rules))
        }
        Fact::Closed { not_paged: true } => "cleared before anyone was paged".into(),
        Fact::Closed { not_paged: false } => "closed: nothing more will happen".into(),
        Fact::NoData { since } => format!("no data since {}; this says nothing about users", zone.clock(*since)),
        Fact::DataBack => "data is back".into(),
        Fact::Note(note) => noted(note),
        Fact::Paged { .. } => paged(&entry.fact),
        Fact::Measured(impact) => format!("impact measured again: {}", impact_words(impact)),
        Fact::Costed(sheet) => costed(sheet),
        Fact::Notice(told) => notice(entry, told, zone),
        Fact::Held(pages) => held(pages, zone),
        Fact::Alerted(alert) => {
            let verb = if alert.firing { "fires" } else { "has ended" };
            let severity = if alert.severity.is_empty() { String::new() } else { format!(" ({})", alert.severity) };
            format!("{} of {} {verb}{severity}: {}", alert.name, entry.source, alert.text)
        }
        Fact::Absorbed(other) => {
            let names: Vec<&str> = other.services.iter().map(|(name, _)| &**name).collect();
            format!("{} is part of this: {}{}", other.from, names.join(", "), because(&other.reason))
        }
        Fact::Merged { into, reason } => format!("became part of {into}{}", because(reason)),
        Fact::SplitOff { into, services, reason } => {
            let into = match into {
                IncidentRef::Known(id) => id.to_string(),
                IncidentRef::Opens(_) => "an incident of its own".into(),
            };
            format!("{} split off into {into}{}", services.join(", "), because(reason))
        }
        Fact::SplitFrom { from } => format!("was part of {from} until now"),
        Fact::SuspectNamed { service } => format!("{service} seems to be the cause: nothing it depends on is in trouble"),
        Fact::Evidence(e) => evidence(e),
        Fact::Corrected { change, reason } => corrected(entry, change, reason, zone),
    }
}

/// What a note is beside its words stands first, where a cut leaves it.
fn noted(note: &Note) -> String {
    let marks = [(note.action_item, "action item"), (note.customer_visible, "customer visible")];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    if marks.is_empty() { note.text.to_string() } else { format!("{}: {}", marks.join(", "), note.text) }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn mitigated(entry: &Entry, reason: &str, impact: Option<&ImpactRecord>) -> String {
    let who = match &entry.actor {
        Actor::Auto => String::new(),
        Actor::Person(name) => format!(", says {name}{}", because(reason)),
    };
    let impact = impact.map_or_else(String::new, |i| format!("; {}", impact_words(i)));
    format!("users are served again{who}{impact}")
}

fn evidence(e: &Evidence) -> String {
    let url = e.url.as_deref().unwrap_or_default();
    let gap = if e.text.is_empty() || url.is_empty() { "" } else { " " };
    format!("{}: {}{gap}{url}", e.kind, e.text)
}

/// What is said now, why, and of which entry.
fn corrected(entry: &Entry, change: &Correction, reason: &str, zone: Zone) -> String {
    let value = match change {
        Correction::Moment(_, at) => at.map_or_else(|| "unknown".into(), |at| zone.full(at)),
        Correction::Drill(drill) => if *drill { "a drill" } else { "real" }.into(),
        other => other.value().map_or_else(|| "unknown".into(), |v| v.to_string()),
    };
    let what = match change {
        Correction::Moment(moment, _) => moment.name().replace('_', " "),
        Correction::Severity(_) => "severity".into(),
        Correction::Bad(_) => "bad events".into(),
        Correction::Total(_) => "all events".into(),
        Correction::Drill(_) => "this".into(),
        Correction::RootCause(_) => "root cause".into(),
        Correction::Effort(_) => "people's hours".into(),
    };
    let of =
        entry.corrects.filter(|_| change.needs_reason()).map_or_else(String::new, |seq| format!(" (corrects entry {})", seq.0));
    let is = if matches!(change, Correction::Effort(_)) { "are" } else { "is" };
    format!("{what} {is} {value}, says {}{}{of}", actor(entry), because(reason))
}

fn opened(onset: &Onset, zone: Zone) -> String {
    let severity = onset.severity.map_or_else(String::new, |s| format!("{s} on "));
    let drill = if onset.drill { " (drill)" } else { "" };
    let since = zone.clock(onset.impact_start);
    format!("{severity}{}{drill}, bad since {since}: {}", onset.service, why(&onset.reasons, &onset.rules))
}

fn unacknowledged(entry: &Entry) -> String {
    match &entry.actor {
        Actor::Auto => "the acknowledgement expired".into(),
        Actor::Person(name) => format!("given back by {name}"),
    }
}

fn resolved(entry: &Entry, reason: &str, impact: Option<&ImpactRecord>) -> String {
    let who = match &entry.actor {
        Actor::Auto => "resolved by rule: no bad minute followed".to_owned(),
        Actor::Person(name) => format!("resolved by {name}"),
    };
    let impact = impact.map_or_else(String::new, |i| format!("; {}", impact_words(i)));
    format!("{who}{}{impact}", because(reason))
}

fn paged(fact: &Fact) -> String {
    let Fact::Paged { receiver, kind, severity, attempts, outcome, detail, .. } = fact else { return String::new() };
    if **kind == *"response" {
        return response(receiver, *severity, outcome, detail);
    }
    let page = format!("the {} page at {severity}", kind.replace('_', " "));
    let tries = if *attempts > 1 { format!(" after {attempts} tries") } else { String::new() };
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    match outcome {
        Outcome::Delivered => format!("{receiver} accepted {page}{tries}{detail}"),
        Outcome::Failed => format!("{receiver} refused {page}{tries}{detail}"),
        Outcome::Dropped => format!("{page} was not sent to {receiver}{detail}"),
    }
}

fn response(receiver: &str, severity: Severity, outcome: &Outcome, detail: &str) -> String {
    let name = receiver.strip_prefix("response:").unwrap_or(receiver);
    let how = match outcome {
        Outcome::Delivered => "was run",
        Outcome::Failed => "failed",
        Outcome::Dropped => "was not run",
    };
    format!("the response {name} {how} at {severity}: {detail}")
}

fn notice(entry: &Entry, told: &Notice, zone: Zone) -> String {
    match told {
        Notice::Silenced(s) => {
            let until = zone.full(s.until);
            format!(
                "silence {}: pages for {} are held back until {until} by {}: {}",
                entry.seq.0,
                s.scope,
                actor(entry),
                s.reason
            )
        }
        Notice::SilenceEnded { silence, reason } if reason.is_empty() => {
            format!("silence {} ended by {}", silence.0, actor(entry))
        }
        Notice::SilenceEnded { silence, reason } => format!("silence {} ended by {}: {reason}", silence.0, actor(entry)),
        Notice::Changed(change) => {
            let record = ChangeRecord { id: entry.seq, at: entry.at, by: actor(entry).into(), change: change.clone() };
            record.words()
        }
    }
}

fn held(pages: &HeldPages, zone: Zone) -> String {
    let whom = pages.owner.as_ref().map(|o| format!(" to {o}")).unwrap_or_default();
    let until = pages.until.map(|at| format!(" until {}", zone.full(at))).unwrap_or_default();
    format!("{} pages{whom} are held back by {}{until}: {}", pages.severity, pages.by, pages.why)
}

fn costed(sheet: &CostSheet) -> String {
    let Some(total) = sheet.total else { return "cost not estimated".into() };
    let shown = |d| money::exact(Money::new(d, sheet.currency));
    let amount = shown(total);
    let told = if sheet.complete {
        format!("cost {amount}")
    } else {
        format!("cost at least {amount}; not estimated: {}", sheet.not_estimated.join(", "))
    };
    let provisional = sheet.provisional_until.map_or_else(String::new, |at| format!("; provisional until {at}"));
    let restated = sheet.restates.as_ref().map_or_else(String::new, |r| {
        let was = r.total.map_or_else(|| money::NOT_ESTIMATED.to_owned(), shown);
        format!("; restated ({}), was {was}", r.reason)
    });
    told + &provisional + &restated
}

/// `83,419 of 471,242 events failed (17.7%) within 47m00s`.
fn impact_words(impact: &ImpactRecord) -> String {
    let span = super::time::span(Interval::union_span(impact.intervals.iter().copied()));
    match impact.total {
        Some(total) if total > 0.0 => {
            let share = percent_auto(impact.bad / total);
            let events = noun(total, "event", "events");
            format!("{} of {} {events} failed ({share}) within {span}", count(impact.bad), count(total))
        }
        _ => format!("{} {} failed within {span}", count(impact.bad), noun(impact.bad, "event", "events")),
    }
}

/// Reasons as they were told; the names of the rules when there are none.
fn why(reasons: &[ReasonText], rules: &[RuleFired]) -> String {
    let told: Vec<&str> =
        if reasons.is_empty() { rules.iter().map(|r| &*r.rule).collect() } else { reasons.iter().map(|r| &*r.text).collect() };
    if told.is_empty() { "no reason was told".into() } else { told.join("; ") }
}

fn list(slos: &[SloId]) -> String {
    match slos {
        [] => "no objective".into(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {}", counted(rest.len(), "more objective", "more objectives")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{CommitId, Currency, IncidentId, Ms, Seq, Severity, Text};

    fn tell(person: &str, fact: Fact) -> String {
        let actor = if person.is_empty() { Actor::Auto } else { Actor::Person(person.into()) };
        let entry = Entry {
            seq: Seq(1),
            incident: IncidentId(1),
            fact,
            at: Ms(0),
            recorded_at: Ms(0),
            actor,
            source: "cli".into(),
            corrects: None,
            commit: CommitId("c".into()),
            hash: [0; 32],
        };
        format!("{} | {}", word(&entry.fact), sentence(&entry, Zone::Utc))
    }

    fn impact(total: Option<f64>) -> ImpactRecord {
        let intervals = vec![Interval { from: Ms(0), to: Ms(2_820_000) }];
        ImpactRecord { bad: 83_419.0, total, intervals, ..ImpactRecord::default() }
    }

    fn onset() -> Onset {
        let slo = SloId::new("checkout", "availability");
        Onset {
            service: "checkout".into(),
            slos: vec![slo.clone()],
            severity: Some(Severity::P0),
            rules: vec![RuleFired { slo, rule: "14.4x over 1h and 5m".into(), severity: Severity::P0 }],
            reasons: vec![],
            impact_start: Ms(8_220_000),
            detected: Ms(8_580_000),
            rulebook: "r".into(),
            drill: false,
        }
    }

    fn reasons() -> Vec<ReasonText> {
        let text: Text = "burn 28.0x over 1h, above 14.4x".into();
        vec![ReasonText { code: "burn_rate".into(), value: 28.0, threshold: 14.4, text }]
    }

    #[test]
    fn every_kind_of_entry_is_a_sentence() {
        let (p0, p1) = (Severity::P0, Severity::P1);
        let page = |outcome, attempts, detail: &str| Fact::Paged {
            receiver: "pager".into(),
            kind: "no_data".into(),
            severity: p1,
            created: Ms(0),
            attempts,
            outcome,
            detail: detail.into(),
        };
        let sheet = |total: Option<i64>, complete, missing: &[&str]| CostSheet {
            currency: Currency::parse("USD").unwrap(),
            lines: vec![],
            total: total.map(Into::into),
            low: None,
            high: None,
            complete,
            not_estimated: missing.iter().map(|m| Text::from(*m)).collect(),
            assumptions: vec![],
            method_versions: vec![],
            provisional_until: None,
            restates: None,
            record: None,
        };
        let slos: Vec<SloId> = ["a", "b", "c"].iter().map(|n| SloId::new("pay", n)).collect();
        for (person, fact, told) in [
            ("", Fact::Opened(onset()), "open | P0 on checkout, bad since 02:17:00: 14.4x over 1h and 5m"),
            (
                "",
                Fact::Suspected(Onset { reasons: reasons(), ..onset() }),
                "suspect | checkout may be in trouble: burn 28.0x over 1h, above 14.4x",
            ),
            (
                "",
                Fact::Joined { service: "pay".into(), slos, impact_start: None, rules: vec![] },
                "join | pay joined with pay/a and 2 more objectives",
            ),
            (
                "",
                Fact::SeverityChanged { from: p1, to: p0, rules: vec![], reasons: reasons() },
                "severity | severity rose from P1 to P0: burn 28.0x over 1h, above 14.4x",
            ),
            (
                "",
                Fact::SeverityChanged { from: p0, to: p1, rules: vec![], reasons: vec![] },
                "severity | severity fell from P0 to P1: no reason was told",
            ),
            ("ann", Fact::Acknowledged, "ack | acknowledged by ann"),
            ("ann", Fact::Unacknowledged, "ack | given back by ann"),
            ("", Fact::Unacknowledged, "ack | the acknowledgement expired"),
            (
                "",
                Fact::Mitigated { reason: "".into(), impact: Some(impact(Some(471_242.0))) },
                "mitigate | users are served again; 83,419 of 471,242 events failed (17.7%) within 47m00s",
            ),
            ("", Fact::Resolved { reason: "".into(), impact: None }, "resolve | resolved by rule: no bad minute followed"),
            (
                "ann",
                Fact::Resolved { reason: "rolled back".into(), impact: Some(impact(None)) },
                "resolve | resolved by ann: rolled back; 83,419 events failed within 47m00s",
            ),
            (
                "",
                Fact::Reopened { impact_start: Ms(0), rules: vec![], reasons: reasons() },
                "reopen | bad again since 00:00:00: burn 28.0x over 1h, above 14.4x",
            ),
            ("", Fact::Closed { not_paged: true }, "close | cleared before anyone was paged"),
            ("", Fact::NoData { since: Ms(0) }, "data | no data since 00:00:00; this says nothing about users"),
            ("", Fact::DataBack, "data | data is back"),
            ("ann", Fact::Note("looking".into()), "note | looking"),
            (
                "ann",
                Fact::Note(Note { text: "tell them".into(), action_item: true, customer_visible: true }),
                "note | action item, customer visible: tell them",
            ),
            ("", page(Outcome::Delivered, 1, "202"), "page | pager accepted the no data page at P1: 202"),
            ("", page(Outcome::Failed, 3, ""), "page | pager refused the no data page at P1 after 3 tries"),
            (
                "",
                page(Outcome::Dropped, 2, "a later page took its place"),
                "page | the no data page at P1 was not sent to pager: a later page took its place",
            ),
            ("", Fact::Costed(sheet(Some(26_711), true, &[])), "cost | cost $26,711.00"),
            (
                "",
                Fact::Costed(sheet(Some(12), false, &["responder_labour: nobody is known"])),
                "cost | cost at least $12.00; not estimated: responder_labour: nobody is known",
            ),
            ("", Fact::Costed(sheet(None, false, &[])), "cost | cost not estimated"),
        ] {
            assert_eq!(tell(person, fact), told);
        }
    }
}
