//! The auditor: laws that every run must keep, counted naively from what scrapes showed.

use super::past::{LEAD_IN, Past, SCRAPES, time};
use super::play::{Outcome, Tick, slos};
use burnledger::domain::base::{IncidentId, Interval, Ms, Severity, Span, Text};
use burnledger::domain::incident::{Actor, Entry, Fact, Incident, Incidents, Onset, Phase};
use burnledger::domain::paging::DispatchKind;
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};

/// Every law that holds whatever happened.
pub(crate) fn check(past: &Past, out: &Outcome) {
    let folded = Incidents::replay(&out.entries);
    assert!(folded.problems().is_empty(), "entries that cannot be true: {:?}", folded.problems());
    assert!(folded == out.incidents, "the ledger replayed is the engine's state");
    out.ticks.iter().for_each(one_incident_per_service);
    for incident in out.incidents.iter() {
        let told = std::panic::AssertUnwindSafe(|| incident_is_lawful(past, out, incident));
        if let Err(cause) = std::panic::catch_unwind(told) {
            eprintln!("{}", story(incident));
            std::panic::resume_unwind(cause);
        }
    }
    nothing_is_missed(past, out);
}

/// Every five minutes, zone by zone: where the worst rule is plainly true by a naive count and the last minute was bad, there
/// is an incident, and its impact holds that minute.
fn nothing_is_missed(past: &Past, out: &Outcome) {
    for (cast, scrape) in past.casts.iter().flat_map(|c| (LEAD_IN..SCRAPES - 220).step_by(20).map(move |i| (c, i))) {
        let share = |over: usize| {
            let seen: Option<Vec<(u64, u64)>> = cast.seen[scrape + 1 - over..=scrape].iter().copied().collect();
            let sum = seen?.into_iter().fold((0, 0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
            (sum.0 >= 30 || over == 4).then(|| sum.0 as f64 / sum.1 as f64)
        };
        let plain = [(240, 0.018), (20, 0.018), (4, 0.05)].iter().all(|(over, level)| share(*over).is_some_and(|s| s > *level));
        let at = time(scrape);
        let holds = |i: &Incident| {
            i.services.iter().any(|(name, _)| **name == *cast.service)
                && i.impact.iter().flat_map(|r| &r.intervals).any(|s| s.from <= at && at <= s.to)
        };
        assert!(
            !plain || out.incidents.iter().any(|i| holds(i)),
            "{} at {at} is in no incident:\n{}",
            cast.service,
            stories(out)
        );
    }
}

/// What a run without trouble keeps besides: severity follows the verdicts.
pub(crate) fn check_severity(out: &Outcome) {
    for pair in out.ticks.windows(2) {
        for (id, services, phase, severity) in &pair[1].live {
            let running = matches!(phase, Phase::Open | Phase::Acknowledged);
            let worst = services.iter().filter_map(|s| pair[1].firing.get(s)).max();
            assert!(!running || worst <= severity.as_ref(), "{id} at {} has {severity:?}, {worst:?} fires", pair[1].at);
        }
    }
    for entry in &out.entries {
        let Fact::SeverityChanged { from, to, .. } = &entry.fact else { continue };
        if to < from {
            falls_after_clear(out, entry, *to);
        }
    }
}

fn falls_after_clear(out: &Outcome, entry: &Entry, to: Severity) {
    let clear = |tick: &&Tick| tick.at <= entry.at && entry.at.since(tick.at) < Span::from_mins(5);
    for tick in out.ticks.iter().filter(clear) {
        let Some((_, services, ..)) = tick.live.iter().find(|(id, ..)| *id == entry.incident) else { continue };
        let worst = services.iter().filter_map(|s| tick.firing.get(s)).max();
        assert!(worst <= Some(&to), "{} fell to {to:?} at {}, {worst:?} at {}", entry.incident, entry.at, tick.at);
    }
}

/// Both runs found the same: faults and restarts only delay.
pub(crate) fn check_same(plain: &Outcome, other: &Outcome) {
    let essence = |out: &Outcome| -> Vec<_> {
        let mut all: Vec<_> = out.incidents.iter().filter(|i| i.severity.is_some()).map(|i| essence(i)).collect();
        all.sort_by_key(|e| (e.0, e.1.clone()));
        all
    };
    let (a, b) = (essence(plain), essence(other));
    assert!(a == b, "without trouble:\n{}\nwith it:\n{}", stories(plain), stories(other));
    let detected = |out: &Outcome| -> BTreeMap<_, _> {
        let all = out.incidents.iter().filter(|i| i.severity.is_some());
        all.map(|i| ((i.milestones.impact_start, i.service.clone()), i.milestones.detected)).collect()
    };
    let late = detected(other);
    for (key, at) in detected(plain) {
        assert!(late.get(&key).is_none_or(|l| *l >= at), "{key:?} was found earlier with trouble");
    }
}

type Essence = (Option<Ms>, BTreeSet<Text>, Option<Ms>, Option<Ms>, Phase, u32, Vec<Interval>, f64, Option<f64>);

fn essence(i: &Incident) -> Essence {
    let services = i.services.iter().map(|(name, _)| name.clone()).collect();
    let impact = i.impact.clone().unwrap_or_default();
    let m = i.milestones;
    (m.impact_start, services, m.mitigated, m.resolved, i.phase, i.flaps, impact.intervals, impact.bad, impact.total)
}

/// A service is in one incident at a time, and so are services that an edge links and whose trouble came together.
fn one_incident_per_service(tick: &Tick) {
    let mut seen = BTreeSet::new();
    for (_, services, ..) in &tick.live {
        for service in services {
            assert!(seen.insert(service), "{service} is in two incidents at {}: {:?}", tick.at, tick.live);
        }
    }
}

fn incident_is_lawful(past: &Past, out: &Outcome, incident: &Incident) {
    for entry in &incident.entries {
        match &entry.fact {
            Fact::Opened(onset) => {
                a_rule_fired(past, onset);
                first_page_came_along(out, entry);
            }
            Fact::Mitigated { impact: Some(impact), .. } => {
                good_data_showed_it(past, incident, entry, impact.intervals.last().map(|i| i.to));
            }
            Fact::Resolved { impact: Some(impact), .. } if entry.actor == Actor::Auto => {
                good_data_showed_it(past, incident, entry, impact.intervals.last().map(|i| i.to));
            }
            _ => {}
        }
    }
    impact_is_exact(past, incident);
    pages_are_lawful(out, incident);
    let m = incident.milestones;
    let ordered = [m.impact_start, m.mitigated, m.resolved].into_iter().flatten();
    assert!(ordered.is_sorted(), "milestones in order: {m:?}");
    if m.mitigated.is_some()
        && incident.entries.iter().all(|e| !matches!(&e.fact, Fact::Resolved { .. } if e.actor != Actor::Auto))
    {
        assert_eq!(m.mitigated, m.impact_end, "mitigated is the impact's end");
    }
}

/// No incident without a rule that fires by a naive count: both windows of the rule, on some zone of the service.
fn a_rule_fired(past: &Past, onset: &Onset) {
    let worst = onset.rules.first().expect("an opening names its rules");
    let slo = slos().into_iter().find(|s| s.id == worst.slo).expect("a known SLO");
    let tier = slo.tiers.iter().find(|t| t.to_string() == *worst.rule).expect("a known rule");
    let level = tier.factor.to_f64().unwrap() * 0.001;
    let above = |span: Span| -> Vec<bool> {
        let counts = past.counts(&onset.service, onset.detected - span, onset.detected);
        counts.map(|(bad, total)| bad as f64 > level * total as f64 * (1.0 + 1e-9)).collect()
    };
    let both = above(tier.long).into_iter().zip(above(tier.short)).any(|(long, short)| long && short);
    assert!(both, "{} opened at {} by {worst:?}, which did not fire", onset.service, onset.detected);
}

fn first_page_came_along(out: &Outcome, opened: &Entry) {
    let Fact::Opened(onset) = &opened.fact else { return };
    let over = |e: &Entry| e.incident == opened.incident && e.commit == opened.commit && matches!(e.fact, Fact::Resolved { .. });
    if out.entries.iter().any(over) {
        // Found when it was long over: recorded whole, and nobody is woken for it.
        return;
    }
    if onset.severity.is_some_and(Severity::pages) {
        let same = |d: &&burnledger::domain::paging::Dispatch| {
            d.incident == opened.incident && d.kind == DispatchKind::First && d.created == opened.recorded_at
        };
        assert!(out.rows.iter().any(|d| same(&d)), "{} opened without a page in the same commit", opened.incident);
    }
}

/// Who says that it is over has seen samples after the end, and traffic among them.
fn good_data_showed_it(past: &Past, incident: &Incident, entry: &Entry, end: Option<Ms>) {
    let end = end.expect("an end");
    let judged = entry.recorded_at - Span::from_secs(15);
    let bad_zones = |from: Ms, to: Ms| -> Vec<(u64, u64)> {
        incident.services.iter().flat_map(|(name, _)| past.counts(name, from, to).collect::<Vec<_>>()).collect()
    };
    let hurt = bad_zones(incident.milestones.impact_start.unwrap() - Span::from_mins(1), end);
    let after = bad_zones(end, judged);
    let fresh = bad_zones(judged - Span::from_secs(60), judged);
    for (i, (bad, total)) in hurt.iter().enumerate() {
        if *bad * 50 > *total {
            assert!(after[i].1 > 0, "{} {:?} without traffic after {end}", incident.id, entry.fact);
            assert!(fresh[i].1 > 0 || after[i].1 > 0, "{} without fresh data", incident.id);
        }
    }
}

fn impact_is_exact(past: &Past, incident: &Incident) {
    let Some(impact) = &incident.impact else { return };
    if incident.merged_into.is_some() {
        return;
    }
    // Every service of these pasts has one objective: the events of all its services count.
    let mut sum = (0, 0);
    for (i, (service, _)) in impact.intervals.iter().flat_map(|i| incident.services.iter().map(move |s| (i, s))) {
        for (bad, total) in past.counts(service, i.from, i.to) {
            sum = (sum.0 + bad, sum.1 + total);
        }
    }
    assert_eq!((impact.bad, impact.total), (sum.0 as f64, Some(sum.1 as f64)), "{} by a naive recount", incident.id);
}

/// Rows are unique; nobody hears `first` twice in one run; whoever was told hears that it ended, and nobody else.
fn pages_are_lawful(out: &Outcome, incident: &Incident) {
    let rows: Vec<_> = out.rows.iter().filter(|d| d.incident == incident.id).collect();
    let names: BTreeSet<_> = rows.iter().map(|d| (d.kind.name(), d.level, d.receiver.clone(), d.number)).collect();
    assert_eq!(names.len(), rows.len(), "rows are unique");
    let owners: BTreeSet<_> = rows.iter().map(|d| (d.receiver.clone(), d.content.owner.clone())).collect();
    for (receiver, owner) in owners {
        let mine: Vec<DispatchKind> =
            rows.iter().filter(|d| d.receiver == receiver && d.content.owner == owner).map(|d| d.kind).collect();
        for run in mine.split(|k| *k == DispatchKind::Resolved) {
            let firsts = run.iter().filter(|k| **k == DispatchKind::First).count();
            assert!(firsts <= 1, "{receiver} for {owner:?} hears first {firsts} times: {mine:?}");
        }
        let over = mine.last() == Some(&DispatchKind::Resolved);
        assert_eq!(over, !incident.phase.is_live(), "{receiver} for {owner:?} of {:?}: {mine:?}", incident.phase);
        let empty = mine.windows(2).any(|w| w == [DispatchKind::Resolved; 2]) || mine.first() == Some(&DispatchKind::Resolved);
        assert!(!empty, "told of an end without a beginning: {mine:?}");
    }
    if incident.severity.is_none() {
        assert!(rows.is_empty(), "nobody is paged for a suspicion");
    }
}

fn stories(out: &Outcome) -> String {
    out.incidents.iter().filter(|i| i.severity.is_some()).map(|i| story(i)).collect::<Vec<_>>().join("\n")
}

fn story(incident: &Incident) -> String {
    let fact = |e: &Entry| format!("  {} {:.140}", e.at, format!("{:?}", e.fact));
    let lines: Vec<String> = incident.entries.iter().map(fact).collect();
    let IncidentId(number) = incident.id;
    let services: Vec<&str> = incident.services.iter().map(|(name, _)| &**name).collect();
    format!("#{number} {services:?} {:?} {:?}\n{}", incident.milestones, incident.impact, lines.join("\n"))
}
