//! Takes in what other tools tell: alerts join the incident of their service or open one, changes stand beside incidents.
//!
//! An alert that was told before is recorded once. Deliberately absent: the tools' forms (`serve`), and what pages follow
//! (the engine hears of entries by following the ledger).

use super::desk::fold_all;
use super::notices::{self, Author, NoticeError};
use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Text};
use crate::domain::incident::{
    Actor, Change, Fact, Incident, IncidentRef, Incidents, NewEntry, Notice, Onset, Phase, ReasonText, Silence, SilenceRecord,
};
use crate::domain::paging::Commit;
use crate::domain::view::{InboundAlert, Refusal};
use crate::engine::courier::Roster;
use crate::ports::{Clock, Intake, Job, Ledger, LedgerError, Silences};
use std::sync::Arc;
use tokio::sync::watch;

/// How often an alert is placed anew because others recorded something meanwhile.
const TRIES: usize = 8;
/// Where these entries come from.
const SOURCE: &str = "alertmanager";

/// The intake over a ledger.
pub struct LedgerIntake {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    rosters: Option<watch::Receiver<Arc<Roster>>>,
}

impl LedgerIntake {
    /// An intake over this ledger.
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, clock, rosters: None }
    }

    /// The same, which also knows the silences of the configuration in force.
    #[must_use]
    pub fn with_rosters(mut self, rosters: watch::Receiver<Arc<Roster>>) -> Self {
        self.rosters = Some(rosters);
        self
    }

    fn author(&self, by: Text, once: Option<CommitId>) -> Author {
        Author { by, source: "api".into(), now: self.clock.now(), once }
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

/// Why a notice was not taken, as the desk says it.
fn refusal(error: NoticeError) -> Refusal {
    match error {
        NoticeError::Refused(why) => Refusal::NotNow(why.into()),
        NoticeError::Ledger(error) => Refusal::Ledger(error.to_string().into()),
    }
}

impl Intake for LedgerIntake {
    fn silences(&self) -> Job<'_, Result<Silences, Refusal>> {
        Box::pin(async move {
            let known = notices::at_large(&*self.ledger).await.map_err(|error| Refusal::Ledger(error.to_string().into()))?;
            let planned = self.rosters.as_ref().map(|rosters| rosters.borrow().routes.silences.clone());
            Ok((known.silences().to_vec(), planned.unwrap_or_default()))
        })
    }

    fn silence(
        &self,
        silence: Silence,
        everything: bool,
        by: Text,
        once: Option<CommitId>,
    ) -> Job<'_, Result<SilenceRecord, Refusal>> {
        Box::pin(async move {
            let author = self.author(by, once);
            let entry = notices::silence(&*self.ledger, silence, everything, &author).await.map_err(refusal)?;
            match entry.fact {
                Fact::Notice(Notice::Silenced(silence)) => {
                    Ok(SilenceRecord { id: entry.seq, silence, author: author.by, ended: None })
                }
                _ => Err(Refusal::NotNow("this request was used for something else already".into())),
            }
        })
    }

    fn end_silence(&self, id: Seq, reason: Text, by: Text, once: Option<CommitId>) -> Job<'_, Result<Seq, Refusal>> {
        Box::pin(async move {
            let entry = notices::end_silence(&*self.ledger, id, &reason, &self.author(by, once)).await;
            entry.map(|entry| entry.seq).map_err(refusal)
        })
    }

    fn change(&self, change: Change, at: Option<Ms>, by: Text) -> Job<'_, Result<Seq, Refusal>> {
        Box::pin(async move {
            let author = self.author(by, None);
            let at = at.unwrap_or(author.now.wall);
            let entry = notices::record(&*self.ledger, Notice::Changed(change), at, &author).await;
            entry.map(|e| e.seq).map_err(refusal)
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
