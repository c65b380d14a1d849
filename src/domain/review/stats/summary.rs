//! A period's incidents put together: who counts, in which group, and every figure of the group (SEMANTICS 9).

use super::compare::{Compared, compare};
use super::drills::{Drills, drills};
use super::geometric::logs;
use super::money::{CostStats, costs};
use super::quantile::{self, P90_FROM};
use super::rate::{garwood, same_rate};
use super::record::{Backwards, Record, Timed};
use super::share::{ShareKind, ShareStats, Targets};
use super::skew::{Skew, skew};
use super::survival::{self, Seen};
use super::trend::{Trend, trend};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::incident::Incidents;
use crate::domain::review::ClockKind;
use std::collections::HashMap;

/// An incident this soon after a change of its service counts against the change.
pub const CHANGE_WINDOW: Span = Span::from_mins(60);
/// The clock that trends are told of.
pub const TREND_CLOCK: ClockKind = ClockKind::Resolve;

/// What incidents are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The service.
    Service,
    /// The SLO that it began with.
    Slo,
    /// The team that owns the service.
    Team,
    /// The highest severity.
    Severity,
    /// The root cause.
    RootCause,
    /// The calendar month of detection, in UTC.
    Month,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Service, Self::Slo, Self::Team, Self::Severity, Self::RootCause, Self::Month];

    /// Its name on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Slo => "slo",
            Self::Team => "team",
            Self::Severity => "severity",
            Self::RootCause => "root_cause",
            Self::Month => "month",
        }
    }

    /// Where it puts an incident; absent where that is not known.
    pub fn value(self, record: &Record) -> Option<Text> {
        match self {
            Self::Service => Some(record.service.clone()),
            Self::Slo => record.slo.clone(),
            Self::Team => record.team.clone(),
            Self::Severity => record.severity.clone(),
            Self::RootCause => record.root_cause.clone(),
            Self::Month => record.placed().map(|at| at.rfc3339().chars().take(7).collect::<String>().into()),
        }
    }
}

/// A group's values, one for each dimension; absent where unknown.
pub type Key = Vec<(Dimension, Option<Text>)>;

/// A change that was rolled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Ms,
    /// To which service.
    pub service: Text,
}

impl Change {
    /// Changes that the ledger was told of and still remembers, those that name a service.
    pub fn recorded(all: &Incidents) -> Vec<Self> {
        let told = all.at_large().changes().iter();
        told.filter_map(|c| Some(Self { at: c.at, service: c.change.service.clone()? })).collect()
    }
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsQuestion {
    /// Start, included.
    pub from: Ms,
    /// End, excluded; what had not ended by then is censored.
    pub to: Ms,
    /// Grouping.
    pub by: Vec<Dimension>,
    /// Compare before and after this moment.
    pub split: Option<Ms>,
    /// Targets of shares.
    pub targets: Targets,
    /// Changes that were rolled out.
    pub changes: Vec<Change>,
    /// Leave [`Group::trend`] out: it looks at all pairs of incidents, for which a screen that counts anew has no time.
    pub without_trend: bool,
}

/// A clock over a group, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockStats {
    /// Which clock.
    pub kind: ClockKind,
    /// Clocks that ran to their end.
    pub n: usize,
    /// Clocks that were not seen to end.
    pub censored: usize,
    /// Those of 0, which have no logarithm.
    pub zeros: usize,
    /// Median of the ended ones.
    pub median: Option<f64>,
    /// Its exact interval; absent under 6.
    pub median_interval: Option<(f64, f64)>,
    /// 90th percentile; absent under 10.
    pub p90: Option<f64>,
    /// Its interval; absent under 36.
    pub p90_interval: Option<(f64, f64)>,
    /// Geometric mean of those above 0.
    pub geomean: Option<f64>,
    /// Its interval: t on logarithms.
    pub geomean_interval: Option<(f64, f64)>,
    /// Sum of the ended ones.
    pub total: f64,
    /// Median with the censored ones (Kaplan-Meier); absent when not reached.
    pub km_median: Option<f64>,
}

impl ClockStats {
    /// `total / n`: right for totals and cost, misleading as a typical time.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.total / self.n as f64)
    }
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateStats {
    /// Incidents.
    pub count: u64,
    /// Days of the period.
    pub days: f64,
    /// Garwood's interval of the count.
    pub interval: (f64, f64),
}

/// Before and after a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The moment.
    pub split: Ms,
    /// Clocks, in the order of [`ClockKind::ALL`].
    pub clocks: [Compared; 4],
    /// Incidents and days before.
    pub before: (u64, f64),
    /// Incidents and days after.
    pub after: (u64, f64),
    /// Two-sided p that both have one rate.
    pub rate_p: Option<f64>,
}

/// All figures of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its values; empty when nothing was grouped.
    pub key: Key,
    /// Members.
    pub n: usize,
    /// Not over at the period's end.
    pub n_open: usize,
    /// Nobody acknowledged them.
    pub n_never_acked: usize,
    /// Clocks, in the order of [`ClockKind::ALL`].
    pub clocks: [ClockStats; 4],
    /// Trend of [`TREND_CLOCK`] from incident to incident; absent under 5.
    pub trend: Option<Trend>,
    /// The one incident that the mean of [`TREND_CLOCK`] hangs on; absent where there is none.
    pub skew: Option<Skew>,
    /// Frequency.
    pub rate: RateStats,
    /// Shares.
    pub shares: [ShareStats; 6],
    /// Cost; absent when none is known.
    pub cost: Option<CostStats>,
    /// Before and after, where it was asked for.
    pub comparison: Option<Comparison>,
}

/// Who is no member, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Outside the period.
    pub outside: usize,
    /// Practised.
    pub drills: usize,
    /// Went into another incident.
    pub merged: usize,
    /// Without any moment that places them.
    pub undated: usize,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// What was asked.
    pub asked: StatsQuestion,
    /// Groups, by key; one without keys when nothing was grouped.
    pub groups: Vec<Group>,
    /// Members and drills whose moments run backwards.
    pub flagged: Vec<(Text, Backwards)>,
    /// Who is no member.
    pub left_out: LeftOut,
    /// Drills of the period.
    pub drills: Drills,
}

/// Figures of the incidents detected in the period, without drills and merged ones.
pub fn stats(records: &[Record], asked: StatsQuestion) -> Stats {
    let inside = |r: &Record| r.placed().is_some_and(|at| at >= asked.from && at < asked.to);
    let dated: Vec<Record> = records.iter().filter(|r| inside(r)).map(|r| r.as_of(asked.to)).collect();
    let left_out = LeftOut {
        outside: records.iter().filter(|r| r.placed().is_some() && !inside(r)).count(),
        undated: records.iter().filter(|r| r.placed().is_none()).count(),
        drills: dated.iter().filter(|r| r.drill).count(),
        merged: dated.iter().filter(|r| r.merged && !r.drill).count(),
    };
    let mut members: Vec<&Record> = dated.iter().filter(|r| !r.drill && !r.merged).collect();
    members.sort_by(|a, b| (a.placed(), &a.id).cmp(&(b.placed(), &b.id)));
    let flagged = dated.iter().filter(|r| !r.merged).flat_map(|r| r.backwards().into_iter().map(|b| (r.id.clone(), b))).collect();
    Stats { groups: groups(&members, &asked), flagged, left_out, drills: drills(&dated, asked.to), asked }
}

fn groups(members: &[&Record], asked: &StatsQuestion) -> Vec<Group> {
    if asked.by.is_empty() {
        return vec![group(Vec::new(), members, asked)];
    }
    let key = |r: &Record| -> Key { asked.by.iter().map(|d| (*d, d.value(r))).collect() };
    let mut keys: Vec<Key> = members.iter().map(|r| key(r)).collect();
    keys.sort();
    keys.dedup();
    let of = |k: &Key| members.iter().copied().filter(|r| key(r) == *k).collect::<Vec<_>>();
    keys.into_iter()
        .map(|k| {
            let own = of(&k);
            group(k, &own, asked)
        })
        .collect()
}

fn group(key: Key, members: &[&Record], asked: &StatsQuestion) -> Group {
    let days = days(asked.from, asked.to);
    let timed: Vec<(&Text, f64)> = members.iter().filter_map(|r| Some((&r.id, known(r.clock(TREND_CLOCK, asked.to))?))).collect();
    let ended: Vec<f64> = timed.iter().map(|(_, seconds)| *seconds).collect();
    let recorded: Vec<_> = members.iter().filter_map(|r| r.cost).collect();
    Group {
        n: members.len(),
        n_open: members.iter().filter(|r| r.times.resolved.is_none()).count(),
        n_never_acked: members.iter().filter(|r| r.times.acknowledged.is_none() && !r.acknowledgement_untold).count(),
        clocks: ClockKind::ALL.map(|kind| clock(kind, members, asked.to)),
        trend: if asked.without_trend { None } else { trend(&ended) },
        skew: skew(&timed),
        rate: RateStats { count: members.len() as u64, days, interval: garwood(members.len() as u64) },
        shares: ShareKind::ALL.map(|kind| share(kind, &key, members, asked)),
        cost: costs(&recorded),
        comparison: asked.split.map(|split| comparison(split, members, asked)),
        key,
    }
}

fn clock(kind: ClockKind, members: &[&Record], to: Ms) -> ClockStats {
    let timed: Vec<Timed> = members.iter().map(|r| r.clock(kind, to)).collect();
    let mut ended: Vec<f64> = timed.iter().filter_map(|t| known(*t)).collect();
    ended.sort_by(f64::total_cmp);
    let seen: Vec<Seen> = timed
        .iter()
        .filter_map(|t| match t {
            Timed::Known(seconds) => Some(Seen { seconds: *seconds, ended: true }),
            Timed::Censored(seconds) => Some(Seen { seconds: *seconds, ended: false }),
            Timed::Unknown => None,
        })
        .collect();
    let logs = logs(&ended);
    ClockStats {
        kind,
        n: ended.len(),
        censored: seen.iter().filter(|s| !s.ended).count(),
        zeros: ended.iter().filter(|s| **s == 0.0).count(),
        median: quantile::quantile(&ended, 0.5),
        median_interval: quantile::median_interval(&ended),
        p90: quantile::quantile(&ended, 0.9).filter(|_| ended.len() >= P90_FROM),
        p90_interval: quantile::interval(&ended, 0.9),
        geomean: logs.map(|l| l.mean()),
        geomean_interval: logs.and_then(|l| l.interval()),
        total: ended.iter().sum(),
        km_median: survival::median(&seen),
    }
}

fn known(timed: Timed) -> Option<f64> {
    match timed {
        Timed::Known(seconds) => Some(seconds),
        Timed::Censored(_) | Timed::Unknown => None,
    }
}

/// A share counts only incidents of which the answer is known.
fn share(kind: ShareKind, key: &Key, members: &[&Record], asked: &StatsQuestion) -> ShareStats {
    let answers: Vec<bool> = match kind {
        ShareKind::ChangeFailure => change_failures(key, members, asked),
        ShareKind::Proactive => members.iter().filter_map(|r| r.proactive()).collect(),
        ShareKind::AcknowledgedIn5 => {
            members.iter().filter_map(|r| within(r.clock(ClockKind::Acknowledge, asked.to), 300.0, r)).collect()
        }
        ShareKind::MitigatedIn30 => members.iter().filter_map(|r| mitigated_within(r, 1800.0, asked.to)).collect(),
        ShareKind::WithPostmortem => members.iter().filter_map(|r| r.postmortem).collect(),
        ShareKind::ChangeCaused => {
            let changes = by_service(asked.changes.iter().map(|c| (&c.service, c.at)));
            members.iter().filter_map(|r| change_caused(r, &changes)).collect()
        }
    };
    let k = answers.iter().filter(|yes| **yes).count() as u64;
    ShareStats { kind, k, n: answers.len() as u64, target: asked.targets.get(kind) }
}

/// Over in time; unknown while it still may be.
fn within(timed: Timed, limit: f64, record: &Record) -> Option<bool> {
    match timed {
        Timed::Known(seconds) => Some(seconds <= limit),
        // It ended unacknowledged: nobody will come any more, however short it was.
        Timed::Censored(seconds) => (seconds > limit || record.times.resolved.is_some()).then_some(false),
        Timed::Unknown => None,
    }
}

/// Resolved in time is mitigated in time, also where nobody noted the mitigation.
fn mitigated_within(record: &Record, limit: f64, to: Ms) -> Option<bool> {
    let resolved = known(record.clock(ClockKind::Resolve, to)).is_some_and(|s| s <= limit);
    match record.clock(ClockKind::Mitigate, to) {
        Timed::Unknown => resolved.then_some(true),
        timed => within(timed, limit, record),
    }
}

/// Of each change of the period: whether an incident of its service began within [`CHANGE_WINDOW`]. Grouped by anything but
/// the service, changes belong to no group, so nothing is known.
fn change_failures(key: &Key, members: &[&Record], asked: &StatsQuestion) -> Vec<bool> {
    if key.iter().any(|(d, _)| *d != Dimension::Service) {
        return Vec::new();
    }
    let own = |c: &&Change| key.iter().all(|(_, service)| service.as_ref() == Some(&c.service));
    let inside = |c: &&Change| c.at >= asked.from && c.at < asked.to;
    let began = by_service(members.iter().filter_map(|r| Some((&r.service, began(r)?))));
    let followed = |c: &Change| began.get(&c.service).is_some_and(|all| all.iter().any(|at| is_soon(c.at, *at)));
    asked.changes.iter().filter(own).filter(inside).map(followed).collect()
}

/// What people found to be the cause decides. Where they did not say, an incident that began within [`CHANGE_WINDOW`] after a
/// change of its service counts, and one that did not does not; unknown where no change of that service was ever recorded.
fn change_caused(record: &Record, changes: &HashMap<&Text, Vec<Ms>>) -> Option<bool> {
    if let Some(told) = record.root_cause.as_deref().filter(|cause| !is_unknown(cause)) {
        return Some(is_a_change(told));
    }
    let (own, began) = (changes.get(&record.service)?, began(record)?);
    Some(own.iter().any(|at| is_soon(*at, began)))
}

fn began(record: &Record) -> Option<Ms> {
    record.times.impact_start.or(record.placed())
}

/// What began then may come from a change at `change`.
fn is_soon(change: Ms, began: Ms) -> bool {
    began >= change && began <= change + CHANGE_WINDOW
}

/// Instants by service, so that thousands of incidents meet thousands of changes in no time.
fn by_service<'a>(all: impl Iterator<Item = (&'a Text, Ms)>) -> HashMap<&'a Text, Vec<Ms>> {
    let mut by: HashMap<&Text, Vec<Ms>> = HashMap::new();
    for (service, at) in all {
        by.entry(service).or_default().push(at);
    }
    by
}

fn is_unknown(cause: &str) -> bool {
    matches!(cause.trim().to_lowercase().as_str(), "unknown" | "未知" | "不明")
}

/// Classes are a list of one's own, so a class of changes is known by its words.
fn is_a_change(cause: &str) -> bool {
    let cause = cause.to_lowercase();
    CHANGES.iter().any(|word| cause.contains(word))
}

/// What classes of root causes that are changes are called.
const CHANGES: [&str; 12] =
    ["change", "deploy", "release", "rollout", "roll-out", "config", "migration", "upgrade", "变更", "发布", "配置", "部署"];

fn comparison(split: Ms, members: &[&Record], asked: &StatsQuestion) -> Comparison {
    let (before, after): (Vec<&Record>, Vec<&Record>) =
        members.iter().copied().partition(|r| r.placed().is_some_and(|at| at < split));
    let durations = |set: &[&Record], kind| set.iter().filter_map(|r| known(r.clock(kind, asked.to))).collect::<Vec<f64>>();
    let rate_before = (before.len() as u64, days(asked.from, split));
    let rate_after = (after.len() as u64, days(split, asked.to));
    Comparison {
        split,
        clocks: ClockKind::ALL.map(|kind| compare(&durations(&before, kind), &durations(&after, kind))),
        before: rate_before,
        after: rate_after,
        rate_p: same_rate(rate_before, rate_after),
    }
}

fn days(from: Ms, to: Ms) -> f64 {
    to.since(from).secs_f64() / 86_400.0
}
