//! One entry applied to an incident: which fact may follow which state, and what it changes.
//!
//! Total: an entry that cannot be true in the present state stays in the timeline, changes nothing else and is told to the
//! caller. Deliberately absent: deciding what should happen (`decide`, and the engine's rules).

use super::correction::{Correction, Moment, Ruling};
use super::entry::{Actor, Entry, Fact, ImpactRecord, IncidentRef, Onset, Outcome, RuleFired};
use super::fold::{EvidenceRecord, Incident, Milestones, PageRecord, Phase};
use crate::domain::base::{IncidentId, Ms, Seq, Severity, SloId, Text};
use thiserror::Error;

/// An entry that cannot be true after those before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("entry {} of {incident} changes nothing: {why}", seq.0)]
pub struct FoldProblem {
    /// The incident it names.
    pub incident: IncidentId,
    /// The entry.
    pub seq: Seq,
    /// Why, in words.
    pub why: Text,
}

/// Kinds of pages that tell of trouble; `resolved` and `test` are no milestones.
const NOT_A_CALL: [&str; 3] = ["resolved", "test", "response"];

impl Incident {
    /// The incident that `entry` begins, or the one before it with `entry` folded in. `None` when `entry` begins nothing.
    pub fn fold(prior: Option<Self>, entry: &Entry) -> (Option<Self>, Option<FoldProblem>) {
        match prior {
            Some(mut incident) => {
                let problem = incident.apply(entry).err();
                (Some(incident), problem)
            }
            None => match Self::begin(entry) {
                Ok(incident) => (Some(incident), None),
                Err(problem) => (None, Some(problem)),
            },
        }
    }

    /// The incident that a first entry begins.
    ///
    /// # Errors
    /// The entry neither suspects nor opens one.
    pub fn begin(entry: &Entry) -> Result<Self, FoldProblem> {
        let (onset, phase) = match &entry.fact {
            Fact::Suspected(onset) => (onset, Phase::Suspected),
            Fact::Opened(onset) => (onset, Phase::Open),
            _ => return Err(problem(entry, "no earlier entry begins this incident")),
        };
        let mut incident = Self::empty(entry, onset, phase);
        incident.join(&onset.service, &onset.slos);
        if phase == Phase::Open {
            incident.set_onset(onset, &entry.actor, entry.at);
        } else {
            incident.milestones.impact_start = Some(onset.impact_start);
        }
        incident.entries.push(entry.clone());
        Ok(incident)
    }

    /// Folds the next entry in.
    ///
    /// # Errors
    /// The entry cannot be true in the present state. It is kept in the timeline and changes nothing else.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldProblem> {
        if entry.incident != self.id {
            return Err(problem(entry, "it belongs to another incident"));
        }
        if entry.seq <= self.last_seq {
            return Err(problem(entry, "it is not newer than the last one"));
        }
        let known = entry.corrects.is_none_or(|seq| self.entries.iter().any(|e| e.seq == seq));
        self.entries.push(entry.clone());
        self.last_seq = entry.seq;
        if !known {
            return Err(problem(entry, "it corrects an entry that this incident does not have"));
        }
        self.change(entry).map_err(|why| problem(entry, &why))
    }

    /// Carries out what the fact says, or says why it cannot be.
    fn change(&mut self, entry: &Entry) -> Result<(), String> {
        let at = entry.at;
        if let (Some(into), true) = (self.merged_into, is_life(&entry.fact)) {
            return Err(format!("it is part of {into} now"));
        }
        match &entry.fact {
            Fact::Suspected(_) => return Err(self.cannot("be suspected again")),
            Fact::Opened(onset) => self.open(onset, &entry.actor, at)?,
            Fact::Joined { service, slos, impact_start, .. } => {
                self.must(self.phase.is_live(), "be joined")?;
                self.join(service, slos);
                self.begin_earlier(*impact_start);
            }
            Fact::SeverityChanged { to, rules, reasons, .. } => {
                self.must(self.phase.is_live() && self.phase != Phase::Suspected, "change its severity")?;
                self.set_severity(*to, at);
                self.rules.clone_from(rules);
                self.reasons.clone_from(reasons);
            }
            Fact::Acknowledged => self.acknowledge(&entry.actor, at)?,
            Fact::Unacknowledged => self.unacknowledge()?,
            Fact::Mitigated { impact, .. } => self.mitigate(impact.as_ref(), at)?,
            Fact::Resolved { impact, .. } => self.resolve(impact.as_ref(), at)?,
            Fact::Reopened { impact_start, rules, reasons } => {
                self.reopen(*impact_start, rules, at)?;
                self.reasons.clone_from(reasons);
            }
            Fact::Closed { not_paged } => self.close(*not_paged, at)?,
            Fact::NoData { since } => {
                self.must(self.phase.is_live(), "lack data")?;
                self.no_data_since = Some(*since);
            }
            Fact::DataBack => {
                self.must(self.no_data_since.is_some(), "get data back: none was missing")?;
                self.no_data_since = None;
            }
            Fact::Note(_) => {}
            Fact::Paged { .. } => self.page(&entry.fact, at),
            Fact::Measured(impact) => self.measure(impact),
            Fact::Costed(sheet) => self.cost = Some(sheet.clone()),
            Fact::Notice(_) => return Err("it is about the ledger at large".into()),
            Fact::Held(held) => self.held.push((at, held.clone())),
            Fact::Alerted(alert) => {
                self.alerts.retain(|name| *name != alert.fingerprint);
                if alert.firing {
                    self.alerts.push(alert.fingerprint.clone());
                }
            }
            Fact::Absorbed(other) => self.absorb(other, at)?,
            Fact::Merged { into, .. } => self.merge_away(*into, at)?,
            Fact::SplitOff { into: IncidentRef::Known(into), services, .. } => self.split_off(*into, services)?,
            Fact::SplitOff { .. } => return Err("the new incident has no number".into()),
            Fact::SplitFrom { from } => self.apart_from.push(*from),
            Fact::SuspectNamed { service } => self.named_suspect = Some(service.clone()),
            Fact::Evidence(evidence) => {
                let (by, evidence) = (entry.actor.clone(), evidence.clone());
                self.evidence.push(EvidenceRecord { seq: entry.seq, at, by, evidence });
            }
            Fact::Corrected { change, reason } => self.correct(change, reason, entry)?,
        }
        self.hold_corrections();
        Ok(())
    }

    fn open(&mut self, onset: &Onset, actor: &Actor, at: Ms) -> Result<(), String> {
        self.must(self.phase == Phase::Suspected, "open again")?;
        self.phase = Phase::Open;
        self.join(&onset.service, &onset.slos);
        self.set_onset(onset, actor, at);
        Ok(())
    }

    /// Takes over what an opening says. The severity that a person declares is theirs, not the rules'.
    fn set_onset(&mut self, onset: &Onset, actor: &Actor, at: Ms) {
        if let (Actor::Person(_), Some(set)) = (actor, onset.severity) {
            self.ruling = Some(Ruling { set, against: Severity::P2 });
        }
        self.milestones.impact_start = Some(onset.impact_start);
        self.milestones.detected = Some(onset.detected);
        self.rules.clone_from(&onset.rules);
        self.reasons.clone_from(&onset.reasons);
        self.rulebook = onset.rulebook.clone();
        self.drill = onset.drill;
        if let Some(severity) = onset.severity {
            self.set_severity(severity, at);
        }
    }

    fn acknowledge(&mut self, actor: &Actor, at: Ms) -> Result<(), String> {
        let Actor::Person(name) = actor else { return Err("only a person can acknowledge".into()) };
        self.must(matches!(self.phase, Phase::Open | Phase::Acknowledged | Phase::Mitigated), "be acknowledged")?;
        if self.phase == Phase::Open {
            self.phase = Phase::Acknowledged;
        }
        // "Nobody had it" was true until now.
        self.pinned.retain(|p| *p != Correction::Moment(Moment::Acknowledged, None));
        self.milestones.acknowledged.get_or_insert(at);
        self.acknowledged_by = Some((name.clone(), at));
        self.acknowledged_severity = self.severity;
        Ok(())
    }

    fn unacknowledge(&mut self) -> Result<(), String> {
        self.must(self.acknowledged_by.is_some(), "be given back: nobody has it")?;
        if self.phase == Phase::Acknowledged {
            self.phase = Phase::Open;
        }
        self.drop_acknowledgement();
        Ok(())
    }

    fn mitigate(&mut self, impact: Option<&ImpactRecord>, at: Ms) -> Result<(), String> {
        self.must(matches!(self.phase, Phase::Open | Phase::Acknowledged | Phase::Mitigated), "be mitigated")?;
        self.phase = Phase::Mitigated;
        self.milestones.mitigated = Some(at);
        self.milestones.impact_end = Some(at);
        if let Some(impact) = impact {
            self.measure(impact);
        }
        Ok(())
    }

    fn resolve(&mut self, impact: Option<&ImpactRecord>, at: Ms) -> Result<(), String> {
        self.must(matches!(self.phase, Phase::Open | Phase::Acknowledged | Phase::Mitigated), "be resolved")?;
        self.phase = Phase::Resolved;
        self.milestones.resolved = Some(at);
        self.no_data_since = None;
        if let Some(impact) = impact {
            self.measure(impact);
        }
        Ok(())
    }

    /// Back to open. Only a reopening after the end counts as a flap and asks for a new acknowledgement; a relapse of a
    /// mitigated one does neither. A closed one is reopened by a person alone.
    fn reopen(&mut self, impact_start: Ms, rules: &[RuleFired], at: Ms) -> Result<(), String> {
        let closed = self.phase == Phase::Closed && self.severity.is_some();
        self.must(closed || matches!(self.phase, Phase::Mitigated | Phase::Resolved), "reopen")?;
        if self.phase != Phase::Mitigated {
            self.flaps += 1;
            self.drop_acknowledgement();
        }
        self.release_corrections();
        self.phase = if self.acknowledged_by.is_some() { Phase::Acknowledged } else { Phase::Open };
        let kept = self.milestones;
        self.milestones = Milestones { mitigated: None, impact_end: None, resolved: None, closed: None, ..kept };
        self.milestones.impact_start.get_or_insert(impact_start);
        self.rules = rules.to_vec();
        if let Some(severity) = rules.iter().map(|r| r.severity).max() {
            let ruled = self.ruled(severity);
            self.set_severity(ruled, at);
        }
        Ok(())
    }

    fn close(&mut self, not_paged: bool, at: Ms) -> Result<(), String> {
        let from = if not_paged { Phase::Suspected } else { Phase::Resolved };
        self.must(self.phase == from, if not_paged { "be closed as not paged" } else { "be closed" })?;
        self.phase = Phase::Closed;
        self.milestones.closed = Some(at);
        self.no_data_since = None;
        Ok(())
    }

    fn page(&mut self, fact: &Fact, at: Ms) {
        let Fact::Paged { receiver, kind, severity, created, attempts, outcome, detail } = fact else { return };
        let delivered = (*outcome == Outcome::Delivered).then_some(at);
        if self.note_page_row(*created, *severity, kind) {
            self.milestones.delivered = self.milestones.delivered.or(delivered);
        }
        let (receiver, kind, detail) = (receiver.clone(), kind.clone(), detail.clone());
        let (severity, created, attempts, outcome) = (*severity, *created, *attempts, outcome.clone());
        self.pages.push(PageRecord { receiver, kind, severity, created, delivered, attempts, outcome, detail });
    }

    /// Takes over that a page's row was made. Entries tell it when the page has ended; whoever knows the outbox may tell it
    /// before. False for tickets and for kinds that are no call.
    pub fn note_page_row(&mut self, created: Ms, severity: Severity, kind: &str) -> bool {
        let calls = severity.pages() && !NOT_A_CALL.contains(&kind);
        if calls {
            let paged = &mut self.milestones.paged;
            *paged = Some(paged.map_or(created, |earlier| earlier.min(created)));
        }
        calls
    }

    /// Takes over a measured impact. Its end is a milestone once the bad run is over.
    pub(super) fn measure(&mut self, impact: &ImpactRecord) {
        if matches!(self.phase, Phase::Mitigated | Phase::Resolved | Phase::Closed)
            && let Some(last) = impact.intervals.last()
        {
            self.milestones.impact_end = Some(last.to);
        }
        self.impact = Some(impact.clone());
    }

    pub(super) fn set_severity(&mut self, to: Severity, at: Ms) {
        if self.severity != Some(to) {
            self.severity_history.push((at, to));
        }
        self.severity = Some(to);
        self.peak_severity = self.peak_severity.max(Some(to));
    }

    pub(super) fn join(&mut self, service: &Text, slos: &[SloId]) {
        let place = self.services.iter().position(|(name, _)| name == service).unwrap_or_else(|| {
            self.services.push((service.clone(), Vec::new()));
            self.services.len() - 1
        });
        let list = &mut self.services[place].1;
        for slo in slos {
            if !list.contains(slo) {
                list.push(slo.clone());
            }
        }
    }

    fn drop_acknowledgement(&mut self) {
        self.acknowledged_by = None;
        self.acknowledged_severity = None;
    }

    pub(super) fn must(&self, possible: bool, what: &str) -> Result<(), String> {
        if possible { Ok(()) } else { Err(self.cannot(what)) }
    }

    fn cannot(&self, what: &str) -> String {
        format!("an incident that is {} cannot {what}", self.phase.name())
    }

    fn empty(entry: &Entry, onset: &Onset, phase: Phase) -> Self {
        Self {
            id: entry.incident,
            service: onset.service.clone(),
            services: Vec::new(),
            phase,
            no_data_since: None,
            drill: onset.drill,
            severity: None,
            peak_severity: None,
            severity_history: Vec::new(),
            milestones: Milestones::default(),
            acknowledged_by: None,
            acknowledged_severity: None,
            flaps: 0,
            rules: onset.rules.clone(),
            reasons: onset.reasons.clone(),
            impact: None,
            cost: None,
            pages: Vec::new(),
            held: Vec::new(),
            alerts: Vec::new(),
            merged_into: None,
            absorbed: Vec::new(),
            apart_from: Vec::new(),
            named_suspect: None,
            root_cause: None,
            evidence: Vec::new(),
            corrections: Vec::new(),
            pinned: Vec::new(),
            ruling: None,
            entries: Vec::new(),
            rulebook: onset.rulebook.clone(),
            last_seq: entry.seq,
        }
    }
}

/// Facts of an incident that goes on. One that became part of another has only pages that end late, words, links and tags.
const fn is_life(fact: &Fact) -> bool {
    !matches!(fact, Fact::Paged { .. } | Fact::Note(_) | Fact::Evidence(_) | Fact::Corrected { .. })
}

fn problem(entry: &Entry, why: &str) -> FoldProblem {
    FoldProblem { incident: entry.incident, seq: entry.seq, why: why.into() }
}
