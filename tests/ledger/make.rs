//! Small values for ledger tests: entries, commits, pages.

use burnledger::domain::base::{CommitId, IncidentId, Mono, Ms, Now, Seq, Severity, SloId, Text};
use burnledger::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Onset, ReasonText, RuleFired};
use burnledger::domain::paging::{Commit, DispatchKind, NewDispatch, PageContent};

pub(crate) const T0: Ms = Ms(1_772_417_820_000);

pub(crate) fn now(secs: i64) -> Now {
    Now { wall: Ms(T0.0 + secs * 1000), mono: Mono(secs.unsigned_abs() * 1000) }
}

pub(crate) fn onset(service: &str) -> Onset {
    let slo = SloId::new(service, "availability");
    Onset {
        service: service.into(),
        slos: vec![slo.clone()],
        severity: Some(Severity::P1),
        rules: vec![RuleFired { slo, rule: "6x over 6h and 30m".into(), severity: Severity::P1 }],
        reasons: vec![ReasonText { code: "burn_rate".into(), value: 7.1, threshold: 6.0, text: "burns 7.1x".into() }],
        impact_start: Ms(T0.0 - 360_000),
        detected: T0,
        rulebook: "rb1".into(),
        drill: false,
    }
}

pub(crate) fn entry(incident: IncidentRef, fact: Fact) -> NewEntry {
    NewEntry { incident, fact, at: T0, actor: Actor::Auto, source: "watch".into(), corrects: None }
}

pub(crate) fn note(incident: u64, text: &str) -> NewEntry {
    let actor = Actor::Person("ann".into());
    NewEntry { actor, ..entry(IncidentRef::Known(IncidentId(incident)), Fact::Note(text.into())) }
}

pub(crate) fn opened(place: u8) -> NewEntry {
    entry(IncidentRef::Opens(place), Fact::Opened(onset("checkout")))
}

pub(crate) fn commit(id: &str, entries: Vec<NewEntry>) -> Commit {
    Commit { id: CommitId(id.into()), entries, dispatches: Vec::new(), decided_at: None }
}

pub(crate) fn with_pages(mut commit: Commit, pages: Vec<NewDispatch>) -> Commit {
    commit.dispatches = pages;
    commit
}

pub(crate) fn decided_at(mut commit: Commit, seq: u64) -> Commit {
    commit.decided_at = Some(Seq(seq));
    commit
}

pub(crate) fn page(incident: IncidentRef, receiver: &str, kind: DispatchKind, number: u32) -> NewDispatch {
    NewDispatch {
        incident,
        kind,
        severity: Severity::P1,
        level: 0,
        receiver: receiver.into(),
        number,
        content: content("checkout"),
    }
}

pub(crate) fn content(service: &str) -> PageContent {
    let text = |t: &str| -> Option<Text> { Some(t.into()) };
    PageContent {
        service: service.into(),
        slos: vec![SloId::new(service, "availability")],
        owner: text("payments"),
        impact_start: Some(T0),
        detected: Some(T0),
        resolved: None,
        reasons: onset(service).reasons,
        bad: Some(12.0),
        total: Some(0.1 + 0.2),
        budget_remaining: Some(-0.25),
        cost_so_far: None,
        cost_per_minute: None,
        runbook: text("https://runbooks.example/checkout"),
        environment: None,
        changes: vec![],
        suspect: Some("payments".into()),
        not_recorded: false,
        drill: false,
    }
}
