//! Facts about the ledger at large, not about one incident: silences, and changes that somebody made to the world.
//!
//! They stand under the incident number 0, which no incident has. Deliberately absent: silences of the configuration, which are in
//! no ledger (`paging/silence`), and who may record what (`serve`, `cli`).

use super::entry::{Actor, Entry, Fact};
use super::fold::Incident;
use crate::domain::base::{IncidentId, Ms, Seq, Severity, SloId, Span, Text};
use std::fmt;

/// Changes that are remembered; the oldest are forgotten first.
const MOST_CHANGES: usize = 2_000;
/// Ended silences that are remembered.
const MOST_SILENCES: usize = 500;
/// How long before an incident's start a change is named with it.
pub const CHANGE_BEFORE: Span = Span::from_mins(30);
/// The longest silence.
pub const LONGEST_SILENCE: Span = Span::from_days(30);

/// What a silence is for; what is absent holds for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of this service.
    pub service: Option<Text>,
    /// Of this SLO: its name, or `service/name`.
    pub slo: Option<Text>,
    /// To this owner.
    pub owner: Option<Text>,
    /// Of these severities.
    pub severities: Vec<Severity>,
}

impl Scope {
    /// It names nothing, so it would silence everything.
    pub const fn is_everything(&self) -> bool {
        self.service.is_none() && self.slo.is_none() && self.owner.is_none() && self.severities.is_empty()
    }

    /// Pages to `owner` at `severity` about one service and its bad SLOs are all within it.
    pub fn covers(&self, service: &str, slos: &[SloId], owner: Option<&str>, severity: Severity) -> bool {
        let is = |wanted: &Option<Text>, have: Option<&str>| wanted.as_deref().is_none_or(|w| Some(w) == have);
        let named =
            |slo: &SloId, name: &str| slo.as_str() == name || slo.as_str().split_once('/').is_some_and(|(_, n)| n == name);
        let slo = self.slo.as_deref().is_none_or(|name| !slos.is_empty() && slos.iter().all(|slo| named(slo, name)));
        is(&self.service, Some(service))
            && is(&self.owner, owner)
            && slo
            && (self.severities.is_empty() || self.severities.contains(&severity))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.service.iter().map(|s| format!("service {s}")));
        parts.extend(self.slo.iter().map(|s| format!("SLO {s}")));
        parts.extend(self.owner.iter().map(|s| format!("owner {s}")));
        if !self.severities.is_empty() {
            parts.push(self.severities.iter().map(|s| s.name()).collect::<Vec<_>>().join(" and "));
        }
        f.write_str(&if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") })
    }
}

/// Pages are held back for a while; incidents are recorded all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// What for.
    pub scope: Scope,
    /// From when.
    pub from: Ms,
    /// Until when.
    pub until: Ms,
    /// Why.
    pub reason: Text,
}

/// Somebody changed something: a deploy, a switch, a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What was changed, in a few words.
    pub title: Text,
    /// The service; absent when it may concern any.
    pub service: Option<Text>,
    /// `deploy`, `config`, `migration`, ...
    pub kind: Text,
    /// What it is now: a version, a commit.
    pub version: Option<Text>,
    /// Where to look; `http` or `https`.
    pub url: Option<Text>,
}

/// A fact about the ledger at large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Pages are held back.
    Silenced(Silence),
    /// A silence ends before its time.
    SilenceEnded {
        /// The entry that began it.
        silence: Seq,
        /// Why.
        reason: Text,
    },
    /// Something was changed.
    Changed(Change),
}

/// An alert that another tool sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardAlert {
    /// The alert's name.
    pub name: Text,
    /// The tool's name for it; the same while it fires.
    pub fingerprint: Text,
    /// It fires; otherwise it has ended.
    pub firing: bool,
    /// Its own word for how bad it is.
    pub severity: Text,
    /// Its summary.
    pub text: Text,
    /// Where it comes from; `http` or `https`.
    pub url: Option<Text>,
}

/// Pages that would have gone out and did not, with what holds them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPages {
    /// Whom they were for.
    pub owner: Option<Text>,
    /// At which severity.
    pub severity: Severity,
    /// `silence 12`, `INC-0003`, `response scale-out`.
    pub by: Text,
    /// Why, in words.
    pub why: Text,
    /// Until when, where that is known.
    pub until: Option<Ms>,
}

/// A silence as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilenceRecord {
    /// The entry that began it: its name.
    pub id: Seq,
    /// What it says.
    pub silence: Silence,
    /// Who made it.
    pub author: Text,
    /// When it was ended before its time, and why.
    pub ended: Option<(Ms, Text)>,
}

impl SilenceRecord {
    /// It holds pages back at `now`.
    pub fn is_active(&self, now: Ms) -> bool {
        self.ended.is_none() && self.silence.from <= now && now < self.silence.until
    }

    /// It is over.
    pub fn is_over(&self, now: Ms) -> bool {
        self.ended.is_some() || now >= self.silence.until
    }
}

/// A change as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord {
    /// Its entry.
    pub id: Seq,
    /// When it was made.
    pub at: Ms,
    /// Who made it.
    pub by: Text,
    /// What.
    pub change: Change,
}

impl ChangeRecord {
    /// `deploy of checkout v2.3 by ci: new cart`.
    pub fn words(&self) -> String {
        let c = &self.change;
        let of = c.service.as_ref().map(|s| format!(" of {s}")).unwrap_or_default();
        let version = c.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
        format!("{}{of}{version} by {}: {}", c.kind, self.by, c.title)
    }
}

/// The fold of all notices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AtLarge {
    silences: Vec<SilenceRecord>,
    changes: Vec<ChangeRecord>,
}

impl AtLarge {
    /// Folds one entry in; `false` when it is no notice, or ends a silence that there is not.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        let Fact::Notice(notice) = &entry.fact else { return false };
        let author: Text = match &entry.actor {
            Actor::Auto => "auto".into(),
            Actor::Person(name) => name.clone(),
        };
        match notice {
            Notice::Silenced(silence) => {
                self.silences.push(SilenceRecord { id: entry.seq, silence: silence.clone(), author, ended: None });
                self.forget(entry.at);
                true
            }
            Notice::SilenceEnded { silence, reason } => {
                let found = self.silences.iter_mut().find(|s| s.id == *silence && s.ended.is_none());
                found.map(|s| s.ended = Some((entry.at, reason.clone()))).is_some()
            }
            Notice::Changed(change) => {
                let record = ChangeRecord { id: entry.seq, at: entry.at, by: author, change: change.clone() };
                let place = self.changes.partition_point(|c| c.at <= record.at);
                self.changes.insert(place, record);
                let more = self.changes.len().saturating_sub(MOST_CHANGES);
                self.changes.drain(..more);
                true
            }
        }
    }

    fn forget(&mut self, now: Ms) {
        let over = self.silences.iter().filter(|s| s.is_over(now)).count();
        let mut more = over.saturating_sub(MOST_SILENCES);
        self.silences.retain(|s| {
            let goes = more > 0 && s.is_over(now);
            more -= usize::from(goes);
            !goes
        });
    }

    /// Silences, oldest first.
    pub fn silences(&self) -> &[SilenceRecord] {
        &self.silences
    }

    /// Changes, by the time they were made.
    pub fn changes(&self) -> &[ChangeRecord] {
        &self.changes
    }

    /// Changes of half an hour before an incident's start and while it went on, of its services or of none in particular.
    pub fn changes_near(&self, incident: &Incident) -> Vec<&ChangeRecord> {
        let Some(start) = incident.milestones.impact_start.or(incident.milestones.detected) else { return Vec::new() };
        let end = incident.milestones.resolved.unwrap_or(Ms(i64::MAX));
        let mine =
            |c: &&ChangeRecord| c.change.service.as_ref().is_none_or(|s| incident.services.iter().any(|(name, _)| name == s));
        let near = self.changes.iter().filter(|c| c.at >= start - CHANGE_BEFORE && c.at <= end);
        near.filter(mine).collect()
    }
}

impl IncidentId {
    /// The ledger at large: no incident has this number.
    pub const LEDGER: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::CommitId;

    fn entry(seq: u64, at: i64, notice: Notice) -> Entry {
        Entry {
            seq: Seq(seq),
            incident: IncidentId::LEDGER,
            fact: Fact::Notice(notice),
            at: Ms::from_secs(at),
            recorded_at: Ms::from_secs(at),
            actor: Actor::Person("ann".into()),
            source: "cli".into(),
            corrects: None,
            commit: CommitId("c".into()),
            hash: [0; 32],
        }
    }

    #[test]
    fn a_silence_holds_for_its_time_and_ends_once() {
        let mut all = AtLarge::default();
        let silence = Silence { scope: Scope::default(), from: Ms::from_secs(10), until: Ms::from_secs(20), reason: "x".into() };
        assert!(all.apply(&entry(5, 10, Notice::Silenced(silence))));
        let active = |all: &AtLarge, at| all.silences()[0].is_active(Ms::from_secs(at));
        assert_eq!([9, 10, 19, 20].map(|at| active(&all, at)), [false, true, true, false]);
        let end = Notice::SilenceEnded { silence: Seq(5), reason: "done".into() };
        assert!(all.apply(&entry(6, 12, end.clone())) && !active(&all, 13));
        assert!(!all.apply(&entry(7, 14, end)), "once");
    }

    #[test]
    fn a_scope_covers_what_it_names_and_nothing_else() {
        let scope =
            Scope { service: Some("pay".into()), slo: Some("latency".into()), severities: vec![Severity::P1], owner: None };
        let slo = |name| SloId::new("pay", name);
        assert!(scope.covers("pay", &[slo("latency")], Some("x"), Severity::P1));
        assert!(!scope.covers("pay", &[slo("latency"), slo("errors")], None, Severity::P1), "another SLO is bad as well");
        assert!(!scope.covers("pay", &[slo("latency")], None, Severity::P0));
        assert!(!scope.covers("shop", &[slo("latency")], None, Severity::P1));
        assert_eq!(scope.to_string(), "service pay, SLO latency, P1");
        assert!(Scope::default().is_everything() && Scope::default().covers("x", &[], None, Severity::P0));
    }

    #[test]
    fn changes_come_in_the_order_they_were_made() {
        let mut all = AtLarge::default();
        for (seq, at) in [(1, 50), (2, 10), (3, 30)] {
            all.apply(&entry(seq, at, Notice::Changed(Change { title: "x".into(), ..Change::default() })));
        }
        assert_eq!(all.changes().iter().map(|c| c.id.0).collect::<Vec<_>>(), [2, 3, 1]);
    }
}
