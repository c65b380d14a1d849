//! Takes in what other tools tell: alerts join the incident of their service or open one, changes stand beside incidents.
//!
//! An alert that was told before is recorded once. Deliberately absent: the tools' forms (`serve`), and what pages follow
//! (the engine hears of entries by following the ledger).

use super::desk::fold_all;
use super::notices::{self, Author, NoticeError};
use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Text};
use crate::domain::incident::{
    Actor, Change, Fact, Incident, IncidentRef, Incidents, NewEntry, Notice, Onset, Phase, ReasonText,
};
use crate::domain::paging::Commit;
use crate::domain::view::{InboundAlert, Refusal};
use crate::ports::{Clock, Intake, Job, Ledger, LedgerError};
use std::sync::Arc;

/// How often an alert is placed anew because others recorded something meanwhile.
const TRIES: usize = 8;
/// Where these entries come from.
const SOURCE: &str = "alertmanager";

/// The intake over a ledger.
pub struct LedgerIntake {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

impl LedgerIntake {
    /// An intake over this ledger.
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock }
    }

    async fn place(&self, alert: &InboundAlert) -> Result<Option<IncidentId>, LedgerError> {
        let mut last = None;
        for _ in 0..TRIES {
            let (all, seq) = fold_all(&*self.ledger).await?;
            let now = self.clock.now();
            let Some(entries) = decide(&all, alert, now.wall) else { return Ok(None) };
            let id = CommitId(format!("alert/{}", alert.id).into());
            let commit = Commit { id, entries, dispatches: Vec::new(), decided_at: Some(seq) };
            match self.ledger.commit(commit, None, now).await {
                Ok(entries) => return Ok(entries.first().map(|e| e.incident)),
                Err(error @ LedgerError::Conflict { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| LedgerError::Refused("the alert was not placed".into())))
    }
}

impl Intake for LedgerIntake {
    fn change(&self, change: Change, at: Option<Ms>, by: Text) -> Job<'_, Result<Seq, Refusal>> {
        Box::pin(async move {
            let now = self.clock.now();
            let author = Author { by, source: "api".into(), now };
            let entry = notices::record(&*self.ledger, Notice::Changed(change), at.unwrap_or(now.wall), &author).await;
            entry.map(|e| e.seq).map_err(|error| match error {
                NoticeError::Refused(why) => Refusal::NotNow(why.into()),
                NoticeError::Ledger(error) => Refusal::Ledger(error.to_string().into()),
            })
        })
    }

    fn alerts(&self, alerts: Vec<InboundAlert>) -> Job<'_, Result<Vec<Option<IncidentId>>, Refusal>> {
        Box::pin(async move {
            let mut placed = Vec::with_capacity(alerts.len());
            for alert in &alerts {
                let place = self.place(alert).await;
                placed.push(place.map_err(|error| Refusal::Ledger(error.to_string().into()))?);
            }
            Ok(placed)
        })
    }
}

/// The entries that an alert causes; `None` when it says nothing new.
fn decide(all: &Incidents, inbound: &InboundAlert, now: Ms) -> Option<Vec<NewEntry>> {
    let alert = &inbound.alert;
    let knows = |i: &&Arc<Incident>| i.alerts.contains(&alert.fingerprint);
    if let Some(incident) = all.live().find(knows) {
        return (!alert.firing).then(|| ended(incident, inbound, now));
    }
    if !alert.firing {
        return None;
    }
    let of_service =
        |i: &&Arc<Incident>| i.phase != Phase::Suspected && i.services.iter().any(|(name, _)| *name == inbound.service);
    let fact = || Fact::Alerted(alert.clone());
    if let Some(incident) = all.live().find(of_service) {
        return Some(vec![entry(IncidentRef::Known(incident.id), fact(), now)]);
    }
    let place = IncidentRef::Opens(0);
    Some(vec![entry(place, Fact::Opened(onset(inbound, now)), now), entry(place, fact(), now)])
}

/// The alert ended; with the last one of an incident that nothing else found, so does the incident.
fn ended(incident: &Incident, inbound: &InboundAlert, now: Ms) -> Vec<NewEntry> {
    let place = IncidentRef::Known(incident.id);
    let mut entries = vec![entry(place, Fact::Alerted(inbound.alert.clone()), now)];
    let begun_here = incident.entries.first().is_some_and(|e| *e.source == *SOURCE);
    let alone = begun_here && incident.services.iter().all(|(_, slos)| slos.is_empty()) && incident.alerts.len() == 1;
    if alone && incident.phase != Phase::Suspected {
        let reason = "every alert that it consists of has ended".into();
        entries.push(entry(place, Fact::Resolved { reason, impact: None }, now));
    }
    entries
}

fn onset(inbound: &InboundAlert, now: Ms) -> Onset {
    let alert = &inbound.alert;
    let text = format!("alert {}: {}", alert.name, alert.text).into();
    Onset {
        service: inbound.service.clone(),
        slos: Vec::new(),
        severity: Some(inbound.severity),
        rules: Vec::new(),
        reasons: vec![ReasonText { code: "alert".into(), value: 1.0, threshold: 0.0, text }],
        impact_start: inbound.starts_at.filter(|at| *at <= now).unwrap_or(now),
        detected: now,
        rulebook: "".into(),
        drill: false,
    }
}

fn entry(incident: IncidentRef, fact: Fact, at: Ms) -> NewEntry {
    NewEntry { incident, fact, at, actor: Actor::Auto, source: SOURCE.into(), corrects: None }
}
