//! How well rules found what people know to have happened: precision, recall, and how soon, rule by rule.
//!
//! A firing is right when it overlaps a labelled stretch of its service; people's times are not exact, so a quarter of an
//! hour on both sides belongs to the stretch. Deliberately absent: where labels come from.

use super::Backtest;
use crate::domain::base::{Interval, Ms, Severity, Span, Text};
use crate::domain::incident::Incident;
use crate::domain::judge::RuleRef;
use crate::domain::objective::Slo;
use std::collections::BTreeMap;

/// How far people's times may be off.
const SLACK: Span = Span::from_mins(15);

/// A stretch in which people know that something was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The service that was hurt, or an SLO's id.
    pub of: Text,
    /// From when to when.
    pub time: Interval,
}

impl Label {
    fn is_of(&self, slo: &Slo) -> bool {
        *self.of == *slo.service || *self.of == *slo.id.as_str()
    }

    fn is_of_incident(&self, incident: &Incident) -> bool {
        let mut services = incident.services.iter();
        services.any(|(name, slos)| *self.of == **name || slos.iter().any(|id| id.as_str() == &*self.of))
    }

    fn meets(&self, from: Ms, to: Ms) -> bool {
        from <= self.time.to + SLACK && to >= self.time.from - SLACK
    }
}

/// How well one rule, or all that page, did.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its severity; absent for everything that pages together.
    pub severity: Option<Severity>,
    /// The rule's name; absent for the incidents that page.
    pub rule: Option<Text>,
    /// Firings, or incidents.
    pub fired: usize,
    /// Of those, the ones that meet a label.
    pub right: usize,
    /// Labelled stretches that it could have found.
    pub labels: usize,
    /// Of those, the ones it met.
    pub found: usize,
    /// From the label's start to the first firing, of each that was found; ascending.
    pub detection: Vec<Span>,
    /// From the label's end to the end of the last firing, of each that was found and ended; ascending.
    pub reset: Vec<Span>,
}

impl Score {
    /// The share of its firings that were right; absent when it never fired.
    pub fn precision(&self) -> Option<f64> {
        share(self.right, self.fired)
    }

    /// The share of the labels that it found; absent without labels.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.labels)
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The median; of an even number the mean of the middle two.
pub fn median(sorted: &[Span]) -> Option<Span> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(Span(i64::midpoint(sorted[middle - 1].0, sorted[middle].0))),
    }
}

/// Every rule's score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Labels that begin in the stretch; only they count.
    pub labels: usize,
    /// Labels that were left out, because they begin elsewhere.
    pub left_out: usize,
    /// Names in labels that no SLO has.
    pub unknown: Vec<Text>,
    /// First what pages as a whole (incidents of P0 and P1), then rule by rule, worst severity first.
    pub scores: Vec<Score>,
}

/// Something that fired, from when to when; open at the end of the stretch.
type Fired = (Ms, Option<Ms>);

/// Scores a backtest against labels.
pub fn score(past: &Backtest, labels: &[Label]) -> Scored {
    let (counted, left_out): (Vec<&Label>, Vec<&Label>) =
        labels.iter().partition(|l| l.time.from >= past.from && l.time.from < past.to);
    let known = |label: &Label| past.tracks.iter().any(|t| label.is_of(&t.slo));
    let mut unknown: Vec<Text> = counted.iter().filter(|l| !known(l)).map(|l| l.of.clone()).collect();
    unknown.sort();
    unknown.dedup();
    let mut scores = vec![of_incidents(past, &counted)];
    for ((severity, rule), tracks) in by_rule(past).into_iter().rev() {
        let mine = |label: &Label| tracks.iter().filter(|(slo, _)| label.is_of(slo)).flat_map(|(_, f)| f.clone()).collect();
        let could = |label: &&&Label| tracks.iter().any(|(slo, _)| label.is_of(slo));
        let able: Vec<&Label> = counted.iter().filter(could).copied().collect();
        let right = |slo: &Slo, f: &Fired| able.iter().any(|l| l.is_of(slo) && l.meets(f.0, f.1.unwrap_or(past.to)));
        let mut score = found(past, &able, mine);
        score.fired = tracks.iter().map(|(_, fired)| fired.len()).sum();
        score.right = tracks.iter().map(|(slo, fired)| fired.iter().filter(|f| right(slo, f)).count()).sum();
        scores.push(Score { severity: Some(severity), rule: Some(rule), ..score });
    }
    Scored { labels: counted.len(), left_out: left_out.len(), unknown, scores }
}

/// A rule's severity and name, and the tracks that have it with their firings.
type ByRule<'a> = BTreeMap<(Severity, Text), Vec<(&'a Slo, Vec<Fired>)>>;

/// Every rule with the tracks that have it and their firings, by severity and name.
fn by_rule(past: &Backtest) -> ByRule<'_> {
    let mut rules = ByRule::new();
    for track in &past.tracks {
        let slo = &*track.slo;
        let tiers = slo.tiers.iter().enumerate().map(|(i, t)| (RuleRef::Tier(i), t.severity, t.to_string()));
        let breaches = slo.breach.iter().enumerate().map(|(i, b)| (RuleRef::Breach(i), b.severity, b.to_string()));
        for (rule, severity, name) in tiers.chain(breaches) {
            let fired = track.firings.iter().filter(|f| f.rule == rule).map(|f| (f.from, f.to)).collect();
            rules.entry((severity, name.into())).or_default().push((slo, fired));
        }
    }
    rules
}

fn of_incidents(past: &Backtest, labels: &[&Label]) -> Score {
    let paged: Vec<&Incident> =
        past.incidents.iter().map(|i| &**i).filter(|i| i.peak_severity.is_some_and(Severity::pages)).collect();
    let fired = |i: &Incident| (i.milestones.detected.unwrap_or(past.from), i.milestones.resolved);
    let mine = |label: &Label| paged.iter().filter(|i| label.is_of_incident(i)).map(|i| fired(i)).collect();
    let right = |i: &&&Incident| {
        let (from, to) = fired(i);
        labels.iter().any(|l| l.is_of_incident(i) && l.meets(from, to.unwrap_or(past.to)))
    };
    let score = found(past, labels, mine);
    Score { fired: paged.len(), right: paged.iter().filter(right).count(), ..score }
}

/// Which labels were met, how soon, and how long it went on after they ended.
fn found(past: &Backtest, labels: &[&Label], fired: impl Fn(&Label) -> Vec<Fired>) -> Score {
    let (mut detection, mut reset, mut met) = (Vec::new(), Vec::new(), 0);
    for label in labels {
        let hits: Vec<Fired> = fired(label).into_iter().filter(|(from, to)| label.meets(*from, to.unwrap_or(past.to))).collect();
        let Some(first) = hits.iter().map(|(from, _)| *from).min() else { continue };
        met += 1;
        detection.push(first.since(label.time.from));
        let ends: Option<Vec<Ms>> = hits.iter().map(|(_, to)| *to).collect();
        reset.extend(ends.and_then(|ends| ends.into_iter().max()).map(|end| end.since(label.time.to)));
    }
    detection.sort_unstable();
    reset.sort_unstable();
    Score { severity: None, rule: None, fired: 0, right: 0, labels: labels.len(), found: met, detection, reset }
}

#[cfg(test)]
mod tests;
