//! Unit tests of SLOs: samples, what is expected at which instant, and how an expectation compares with what was judged.
//!
//! Deliberately absent: reading the file (`formats/casefile`) and running the engine over the samples (`jobs/casefile`).

use super::backtest::{Backtest, Firing, TrackPast};
use crate::domain::base::{Labels, Ms, SloId, Span, Text};
use crate::domain::incident::{Incident, Phase};
use crate::domain::judge::{BudgetStatus, Quantile, RuleRef, Verdict, WindowStatus};
use crate::domain::measure::Sample;
use crate::domain::objective::Slo;
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// One case: samples and expectations.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: Text,
    /// Where it stands in its file, from 1.
    pub line: usize,
    /// The instant that times in the file count from.
    pub start: Ms,
    /// First instant judged.
    pub from: Ms,
    /// Last instant judged.
    pub to: Ms,
    /// The recording.
    pub series: Vec<(Labels, Vec<Sample>)>,
    /// What is expected of tracks at instants.
    pub moments: Vec<Moment>,
    /// Everything that fires from `from` to `to`, when it is told.
    pub firings: Option<Vec<FiringWanted>>,
    /// Every incident that has a severity, when they are told.
    pub incidents: Option<Vec<IncidentWanted>>,
    /// Where the lists of firings and incidents stand.
    pub lists_at: (usize, usize),
}

/// What is expected of one track at one instant.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The instant; a multiple of the step.
    pub at: Ms,
    /// The SLO.
    pub slo: SloId,
    /// The group's labels; empty without `group_by`.
    pub group: Labels,
    /// Where it stands.
    pub line: usize,
    /// What is expected.
    pub wants: Vec<Want<Field>>,
}

/// One expectation.
#[derive(Clone, Debug)]
pub struct Want<F> {
    /// Of what.
    pub field: F,
    /// The field's name as a person knows it: `windows.1h.bad`.
    pub name: Text,
    /// What it should be.
    pub wanted: Wanted,
    /// The same as written.
    pub text: Text,
    /// Where it stands.
    pub line: usize,
}

/// How a number or a time is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The same, as exactly as it is written.
    Same,
    /// `> x`
    Above,
    /// `>= x`
    AtLeast,
    /// `< x`
    Below,
    /// `<= x`
    AtMost,
}

impl Compare {
    fn holds(self, seen: f64, wanted: f64, slack: f64) -> bool {
        match self {
            Self::Same => (seen - wanted).abs() <= slack,
            Self::Above => seen > wanted,
            Self::AtLeast => seen >= wanted,
            Self::Below => seen < wanted,
            Self::AtMost => seen <= wanted,
        }
    }
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Nothing, or unknown: `none`.
    None,
    /// A word: a state, a severity, a code.
    Word(Text),
    /// A number.
    Number {
        /// How it is compared.
        compare: Compare,
        /// The number; shares as shares, times in seconds.
        value: f64,
        /// How far off the same may be.
        slack: f64,
    },
    /// A latency that is only known to be at least this many seconds.
    Capped(f64),
    /// An instant.
    Time(Compare, Ms),
    /// These words in any order, and no others.
    Words(Vec<Text>),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Nothing, or unknown.
    None,
    /// A word.
    Word(Text),
    /// A number.
    Number(f64),
    /// At least so many seconds.
    Capped(f64),
    /// An instant.
    Time(Ms),
    /// Words.
    Words(Vec<Text>),
}

impl Wanted {
    /// True when what was found is what was expected.
    pub fn is_met(&self, seen: &Seen) -> bool {
        match (self, seen) {
            (Self::None, Seen::None) => true,
            (Self::Word(a), Seen::Word(b)) => a == b,
            (Self::Number { compare, value, slack }, Seen::Number(n)) => compare.holds(*n, *value, *slack),
            (Self::Number { compare: Compare::AtLeast | Compare::Above, value, .. }, Seen::Capped(n)) => n >= value,
            (Self::Capped(value), Seen::Capped(n)) => (value - n).abs() <= 1e-9,
            (Self::Time(Compare::Same, at), Seen::Time(t)) => at == t,
            (Self::Time(compare, at), Seen::Time(t)) => compare.holds(t.since(Ms(0)).0 as f64, at.since(Ms(0)).0 as f64, 0.0),
            (Self::Words(a), Seen::Words(b)) => a.len() == b.len() && a.iter().all(|word| b.contains(word)),
            _ => false,
        }
    }
}

/// What can be expected of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its state.
    State,
    /// The highest severity that fires.
    Severity,
    /// The value of a threshold SLI.
    Value,
    /// No error series was seen yet.
    ErrorsNeverSeen,
    /// Counts are estimates between two buckets.
    Interpolated,
    /// A target is missing.
    Partial,
    /// Something of a window.
    Window(Span, WindowPart),
    /// Something of the budget.
    Budget(BudgetPart),
    /// A quantile in percent: 50, 95 or 99.
    Latency(u8),
    /// The rules that fire.
    Firing,
    /// What holds a rule back.
    HeldBack(RuleRef),
    /// Where the newest incident of its service stands.
    Incident,
}

/// What can be expected of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "field by field those of a window's status")]
pub enum WindowPart {
    Bad,
    BadLow,
    BadHigh,
    Total,
    ErrorRatio,
    BurnRate,
    Coverage,
}

impl WindowPart {
    /// Names in files, and whether they are counts of events.
    pub const ALL: [(&str, Self); 7] = [
        ("bad", Self::Bad),
        ("bad_low", Self::BadLow),
        ("bad_high", Self::BadHigh),
        ("total", Self::Total),
        ("error_ratio", Self::ErrorRatio),
        ("burn", Self::BurnRate),
        ("coverage", Self::Coverage),
    ];

    /// Counts are compared to the event, everything else as exactly as it is written.
    pub const fn is_count(self) -> bool {
        matches!(self, Self::Bad | Self::BadLow | Self::BadHigh | Self::Total)
    }

    fn of(self, window: &WindowStatus) -> Option<f64> {
        match self {
            Self::Bad => Some(window.bad),
            Self::BadLow => Some(window.bad_low),
            Self::BadHigh => Some(window.bad_high),
            Self::Total => window.total,
            Self::ErrorRatio => window.error_ratio,
            Self::BurnRate => window.burn_rate,
            Self::Coverage => Some(window.coverage),
        }
    }
}

/// What can be expected of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "field by field those of a budget's status")]
pub enum BudgetPart {
    Bad,
    Total,
    Allowed,
    Consumed,
    Remaining,
    ExhaustsIn,
    Coverage,
    ConsumedExpected,
    Excluded,
}

impl BudgetPart {
    /// Names in files.
    pub const ALL: [(&str, Self); 9] = [
        ("bad", Self::Bad),
        ("total", Self::Total),
        ("allowed", Self::Allowed),
        ("consumed", Self::Consumed),
        ("remaining", Self::Remaining),
        ("exhausts_in", Self::ExhaustsIn),
        ("coverage", Self::Coverage),
        ("consumed_expected", Self::ConsumedExpected),
        ("excluded", Self::Excluded),
    ];

    /// Counts are compared to the event, everything else as exactly as it is written.
    pub const fn is_count(self) -> bool {
        matches!(self, Self::Bad | Self::Total)
    }

    fn of(self, budget: &BudgetStatus) -> Option<f64> {
        match self {
            Self::Bad => Some(budget.bad),
            Self::Total => budget.total,
            Self::Allowed => budget.allowed,
            Self::Consumed => budget.consumed,
            Self::Remaining => budget.remaining,
            Self::ExhaustsIn => budget.exhausts_in_seconds,
            Self::Coverage => Some(budget.coverage),
            Self::ConsumedExpected => budget.consumed_expected,
            Self::Excluded => Some(budget.excluded.secs_f64()),
        }
    }
}

/// A firing that is expected.
#[derive(Clone, Debug)]
pub struct FiringWanted {
    /// The SLO.
    pub slo: SloId,
    /// The group's labels.
    pub group: Labels,
    /// The rule.
    pub rule: RuleRef,
    /// Its name as written.
    pub text: Text,
    /// Where it stands.
    pub line: usize,
    /// What is expected of it.
    pub wants: Vec<Want<FiringField>>,
}

/// What can be expected of a firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiringField {
    /// First evaluation at which it fired.
    From,
    /// First evaluation at which it fired no more; none while it still fires.
    To,
    /// Its severity.
    Severity,
    /// The share of the budget consumed when it began.
    Consumed,
}

/// An incident that is expected.
#[derive(Clone, Debug)]
pub struct IncidentWanted {
    /// The service it began with.
    pub service: Text,
    /// Where it stands.
    pub line: usize,
    /// What is expected of it.
    pub wants: Vec<Want<IncidentField>>,
}

/// What can be expected of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "field by field those of `incidents show`")]
pub enum IncidentField {
    State,
    Severity,
    ImpactStart,
    Detected,
    Mitigated,
    ImpactEnd,
    Resolved,
    Bad,
    Total,
    Flaps,
    Slos,
    Cost,
    Currency,
    CostComplete,
}

/// An expectation that was not met, or something that nobody expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Where the expectation stands.
    pub line: usize,
    /// When, for what is expected at an instant.
    pub at: Option<Ms>,
    /// Of whom: an SLO's id with its group, or a service.
    pub of: Text,
    /// The field's name.
    pub field: Text,
    /// What was expected, as written.
    pub wanted: Text,
    /// What was found.
    pub seen: Seen,
}

/// Compares a moment with the verdict of its track; `None` when there is no such track.
pub fn check_moment(moment: &Moment, slo: &Slo, verdict: Option<&Verdict>, incident: Option<&Incident>) -> Vec<Mismatch> {
    let of = who(&moment.slo, &moment.group);
    let Some(verdict) = verdict else {
        let (field, wanted) = ("group".into(), format!("a track {}", moment.group).into());
        return vec![Mismatch { line: moment.line, at: Some(moment.at), of, field, wanted, seen: Seen::None }];
    };
    compare(&moment.wants, Some(moment.at), &of, |field| seen(*field, slo, verdict, incident))
}

/// An SLO with its group.
fn who(slo: &SloId, group: &Labels) -> Text {
    if group.is_empty() { slo.0.clone() } else { format!("{slo} {group}").into() }
}

fn compare<F>(wants: &[Want<F>], at: Option<Ms>, of: &Text, seen: impl Fn(&F) -> Seen) -> Vec<Mismatch> {
    let found = wants.iter().map(|want| (want, seen(&want.field)));
    found
        .filter(|(want, seen)| !want.wanted.is_met(seen))
        .map(|(want, seen)| Mismatch {
            line: want.line,
            at,
            of: of.clone(),
            field: want.name.clone(),
            wanted: want.text.clone(),
            seen,
        })
        .collect()
}

fn seen(field: Field, slo: &Slo, verdict: &Verdict, incident: Option<&Incident>) -> Seen {
    match field {
        Field::State => Seen::Word(verdict.state.name().into()),
        Field::Severity => word(verdict.severity.map(|s| s.name())),
        Field::Value => number(verdict.value),
        Field::ErrorsNeverSeen => yes(verdict.errors_never_seen),
        Field::Interpolated => yes(verdict.interpolated),
        Field::Partial => yes(verdict.partial),
        Field::Window(span, part) => number(verdict.windows.iter().find(|w| w.window == span).and_then(|w| part.of(w))),
        Field::Budget(part) => number(part.of(&verdict.budget)),
        Field::Latency(q) => quantile(verdict, q),
        Field::Firing => Seen::Words(firing(slo, verdict)),
        Field::HeldBack(rule) => word(held_back(verdict, rule)),
        Field::Incident => word(incident.map(|i| i.phase.name())),
    }
}

fn number(value: Option<f64>) -> Seen {
    value.filter(|n| n.is_finite()).map_or(Seen::None, Seen::Number)
}

fn word(value: Option<&str>) -> Seen {
    value.map_or(Seen::None, |w| Seen::Word(w.into()))
}

fn yes(value: bool) -> Seen {
    Seen::Word(if value { "true" } else { "false" }.into())
}

fn time(at: Option<Ms>) -> Seen {
    at.map_or(Seen::None, Seen::Time)
}

fn quantile(verdict: &Verdict, q: u8) -> Seen {
    let Some(latency) = verdict.latency else { return Seen::None };
    let Quantile { seconds, at_least } = match q {
        50 => latency.p50,
        95 => latency.p95,
        _ => latency.p99,
    };
    if at_least { Seen::Capped(seconds) } else { number(Some(seconds)) }
}

fn firing(slo: &Slo, verdict: &Verdict) -> Vec<Text> {
    let tiers = verdict.tiers.iter().filter(|t| t.firing).map(|t| RuleRef::Tier(t.tier));
    let breaches = verdict.breaches.iter().filter(|b| b.firing).map(|b| RuleRef::Breach(b.rule));
    tiers.chain(breaches).map(|rule| rule_name(slo, rule)).collect()
}

fn held_back(verdict: &Verdict, rule: RuleRef) -> Option<&'static str> {
    let by = match rule {
        RuleRef::Tier(i) => verdict.tiers.iter().find(|t| t.tier == i)?.held_back_by,
        RuleRef::Breach(i) => verdict.breaches.iter().find(|b| b.rule == i)?.held_back_by,
    };
    by.map(|by| by.code())
}

/// The rule's name as `backtest` prints it; empty for one that the SLO does not have.
pub fn rule_name(slo: &Slo, rule: RuleRef) -> Text {
    let name = match rule {
        RuleRef::Tier(i) => slo.tiers.get(i).map(ToString::to_string),
        RuleRef::Breach(i) => slo.breach.get(i).map(ToString::to_string),
    };
    name.unwrap_or_default().into()
}

/// Compares what fired and which incidents came with what is expected of the whole run.
pub fn check_run(case: &Case, past: &Backtest) -> Vec<Mismatch> {
    let mut out = Vec::new();
    if let Some(wanted) = &case.firings {
        check_firings(case, wanted, past, &mut out);
    }
    if let Some(wanted) = &case.incidents {
        check_incidents(case, wanted, past, &mut out);
    }
    out
}

fn check_firings(case: &Case, wanted: &[FiringWanted], past: &Backtest, out: &mut Vec<Mismatch>) {
    let all = past.tracks.iter().flat_map(|t| t.firings.iter().map(move |f| (t, f)));
    let mut left: Vec<(&TrackPast, &Firing)> = all.collect();
    for want in wanted {
        let fits = |(t, f): &(&TrackPast, &Firing)| t.slo.id == want.slo && t.group == want.group && f.rule == want.rule;
        let of = who(&want.slo, &want.group);
        let Some(found) = left.iter().position(fits) else {
            let (field, wanted) = ("firings".into(), want.text.clone());
            out.push(Mismatch { line: want.line, at: None, of, field, wanted, seen: Seen::None });
            continue;
        };
        let (_, firing) = left.remove(found);
        out.extend(compare(&want.wants, None, &of, |field| match field {
            FiringField::From => Seen::Time(firing.from),
            FiringField::To => time(firing.to),
            FiringField::Severity => Seen::Word(firing.severity.name().into()),
            FiringField::Consumed => number(firing.consumed_at_start),
        }));
    }
    for (track, firing) in left {
        let told = format!("{} {}, from {}", firing.severity, rule_name(&track.slo, firing.rule), firing.from.since(case.start));
        let until = firing.to.map_or_else(String::new, |to| format!(" to {}", to.since(case.start)));
        let seen = Seen::Word(format!("{told}{until}").into());
        out.push(unexpected(case.lists_at.0, who(&track.slo.id, &track.group), "firings", seen));
    }
}

fn unexpected(line: usize, of: Text, field: &str, seen: Seen) -> Mismatch {
    Mismatch { line, at: None, of, field: field.into(), wanted: "none".into(), seen }
}

fn check_incidents(case: &Case, wanted: &[IncidentWanted], past: &Backtest, out: &mut Vec<Mismatch>) {
    let mut left: Vec<&Arc<Incident>> = past.incidents.iter().collect();
    for want in wanted {
        let Some(found) = left.iter().position(|i| i.service == want.service) else {
            let (of, field, wanted) = (want.service.clone(), "incidents".into(), "an incident".into());
            out.push(Mismatch { line: want.line, at: None, of, field, wanted, seen: Seen::None });
            continue;
        };
        let incident = left.remove(found);
        out.extend(compare(&want.wants, None, &want.service, |field| incident_seen(*field, incident)));
    }
    for incident in left {
        let since = incident.milestones.impact_start.unwrap_or(case.start).since(case.start);
        let severity = incident.peak_severity.map_or("", |s| s.name());
        let seen = Seen::Word(format!("{severity}, impact from {since}").into());
        out.push(unexpected(case.lists_at.1, incident.service.clone(), "incidents", seen));
    }
}

fn incident_seen(field: IncidentField, incident: &Incident) -> Seen {
    let (m, impact) = (&incident.milestones, incident.impact.as_ref());
    match field {
        IncidentField::State => Seen::Word(incident.phase.name().into()),
        IncidentField::Severity => word(incident.peak_severity.map(|s| s.name())),
        IncidentField::ImpactStart => time(m.impact_start),
        IncidentField::Detected => time(m.detected),
        IncidentField::Mitigated => time(m.mitigated),
        IncidentField::ImpactEnd => time(m.impact_end),
        IncidentField::Resolved => time(m.resolved),
        IncidentField::Bad => number(impact.map(|i| i.bad)),
        IncidentField::Total => number(impact.and_then(|i| i.total)),
        IncidentField::Flaps => Seen::Number(f64::from(incident.flaps)),
        IncidentField::Cost => number(incident.cost.as_ref().and_then(|sheet| sheet.total?.to_f64())),
        IncidentField::Currency => word(incident.cost.as_ref().map(|sheet| sheet.currency.code())),
        IncidentField::CostComplete => incident.cost.as_ref().map_or(Seen::None, |sheet| yes(sheet.complete)),
        IncidentField::Slos => {
            Seen::Words(incident.services.iter().flat_map(|(_, slos)| slos.iter().map(|id| id.0.clone())).collect())
        }
    }
}

/// Every word that a state can be, for readers of files.
pub const PHASES: [Phase; 6] =
    [Phase::Suspected, Phase::Open, Phase::Acknowledged, Phase::Mitigated, Phase::Resolved, Phase::Closed];
