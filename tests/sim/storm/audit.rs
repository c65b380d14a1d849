//! The auditor: it knows what happened to the services, and asks whether what the watch recorded and whom it told is what
//! should have been. It counts scrapes by itself; of the engine it uses nothing but the fold of entries.

use super::house::{PAGING, TIMING, measures, needs};
use super::life::{Left, LiveSeen, Seen, owners};
use super::people::What;
use super::truth::{STEP, scrape_at};
use burnledger::domain::base::{Interval, Ms, Seq, Severity, Span, Text};
use burnledger::domain::incident::{Actor, Entry, Fact, Incident, Incidents, Onset, Phase};
use burnledger::domain::paging::DispatchKind;
use burnledger::ledger::{ZERO_HASH, chain};
use burnledger::wire::entry::encode;
use std::collections::BTreeMap;

/// How long a new incident may take to rise to the severity of its worst rule.
const RISING: Span = Span::from_mins(2);

/// Every law of the ledger and of states.
pub(super) fn check(left: &Left) {
    the_ledger_is_whole(left);
    for (place, seen) in left.seen.iter().enumerate().filter(|(_, seen)| seen.sound) {
        let before = place.checked_sub(1).map(|before| &left.seen[before]);
        nothing_is_missed(left, seen, before.map_or(Seq(0), |before| before.last));
        seen.live.iter().for_each(|incident| people_are_told(left, seen, before, incident));
    }
    no_p0_waits_for_the_ledger(left);
    let mut known = Incidents::default();
    for entry in &left.entries {
        known.apply(entry);
        if let (Some(incident), Actor::Auto) = (known.get(entry.incident), &entry.actor) {
            it_was_so(left, entry, incident);
        }
    }
    known.iter().for_each(|incident| impact_is_exact(left, incident));
    what_is_over_has_ended(left);
}

/// Numbers without gaps, a chain of hashes that holds, nothing that cannot be true; whatever was acknowledged is there.
fn the_ledger_is_whole(left: &Left) {
    let mut hash = ZERO_HASH;
    for (place, entry) in left.entries.iter().enumerate() {
        assert_eq!(entry.seq.0, place as u64 + 1, "entries are numbered without gaps");
        hash = chain(&hash, &encode(entry).unwrap());
        assert_eq!(entry.hash, hash, "entry {} has another hash than its bytes", entry.seq.0);
    }
    for entry in &left.acknowledged {
        // Compared as they are stored: a number that is none is not equal to itself.
        let kept = left.entries.get(entry.seq.0 as usize - 1).map(|kept| (encode(kept).unwrap(), kept.hash));
        assert_eq!(kept, Some((encode(entry).unwrap(), entry.hash)), "an acknowledged entry is lost");
    }
    let all = Incidents::replay(&left.entries);
    assert!(all.problems().is_empty(), "entries that cannot be true: {:?}", all.problems());
    let through = left.incidents.last_seq();
    let learnt = Incidents::replay(left.entries.iter().filter(|e| e.seq <= through));
    let same = learnt == left.incidents || format!("{learnt:?}") == format!("{:?}", left.incidents);
    assert!(same, "the process knows what the ledger says");
}

/// Where the worst rule is plainly true there is an incident at its severity, unless a person has just ended it.
fn nothing_is_missed(left: &Left, seen: &Seen, before: Seq) {
    let Some((at, scrape)) = seen.judged.and_then(|at| Some((at, scrape_at(at)?))) else { return };
    for strand in left.truth.strands.iter().filter(|s| measures(seen.book, s.service) && s.is_plain(scrape)) {
        let burns = |i: &LiveSeen| {
            let phase = matches!(i.phase, Phase::Open | Phase::Acknowledged);
            // A P1 that has only just begun may still be on its way up.
            let young = i.severity == Some(Severity::P1) && i.told.values().all(|(first, _)| seen.wall.since(*first) < RISING);
            let severe = i.severity == Some(Severity::P0) || young;
            phase && severe && i.services.iter().any(|name| **name == *strand.service)
        };
        // The minute in which a person ended it belongs to what they ended; the next whole one begins something new.
        let ended = left.deeds.iter().any(|deed| {
            let mine = deed.services.iter().any(|name| **name == *strand.service);
            // By their own clock, when it was ahead by no more than one might believe.
            let said = if deed.wall.since(deed.at) <= Span::from_mins(3) { deed.at.max(deed.wall) } else { deed.at };
            mine && deed.what == What::Ended && at < said.slice_end(Span::from_mins(1)) + Span::from_mins(1) && seen.now > deed.at
        });
        // A quiet that was long enough ended it in this very instant, as it would have for whoever watched all the time; what
        // burns now reopens it in the next one.
        let just_over = || {
            left.entries.iter().filter(|e| before < e.seq && e.seq <= seen.last).any(|e| {
                let all = Incidents::replay(left.entries.iter().filter(|known| known.seq <= e.seq));
                let mine = all.get(e.incident).is_some_and(|i| i.services.iter().any(|(name, _)| **name == *strand.service));
                mine && e.actor == Actor::Auto && matches!(e.fact, Fact::Resolved { .. })
            })
        };
        assert!(
            ended || seen.live.iter().any(burns) || just_over(),
            "{} burns at {at} and no incident says so; live: {:?}\n{}",
            strand.service,
            seen.live.iter().map(|i| (i.id, &i.services, i.phase, i.severity)).collect::<Vec<_>>(),
            stories(left)
        );
    }
}

/// Whoever owns a service of an open incident has a page, and so has the next level when nobody took it in time. Who took it
/// is left in peace.
fn people_are_told(left: &Left, seen: &Seen, before: Option<&Seen>, incident: &LiveSeen) {
    let nagged = incident.fresh.iter().find(|(kind, _)| matches!(kind, DispatchKind::Escalated | DispatchKind::Repeat));
    assert!(
        nagged.is_none() || !incident.covered,
        "{} was taken and pages {nagged:?} at {}:\n{}",
        incident.id,
        seen.now,
        stories(left)
    );
    let pages = incident.severity.is_some_and(|s| PAGING.contains(&s));
    if !pages || !matches!(incident.phase, Phase::Open | Phase::Acknowledged) {
        return;
    }
    for owner in owners(&incident.services) {
        // What held it may have ended in this very instant.
        let now = left.entries.iter().filter(|e| before.is_some_and(|b| b.last < e.seq) && e.seq <= seen.last);
        let told = now.into_iter().any(|e| e.incident == incident.id && matches!(e.fact, Fact::Held(_)));
        let held = told || [Some(seen), before].into_iter().flatten().any(|seen| may_hold(left, seen, incident));
        if incident.held.contains(&owner) && held {
            continue;
        }
        let Some((first, level)) = incident.told.get(&owner) else {
            panic!("{owner} has no page of {} at {}:\n{}", incident.id, seen.now, stories(left));
        };
        let waited = seen.wall.since(*first) >= TIMING.escalate_after;
        assert!(
            *level > 0 || !waited || incident.taken || incident.phase != Phase::Open,
            "nobody took {} since {first} and {owner}'s next level has no page at {}:\n{}",
            incident.id,
            seen.now,
            stories(left)
        );
    }
}

/// A silence covers one of its services, or what it needs has an incident of its own.
fn may_hold(left: &Left, seen: &Seen, incident: &LiveSeen) -> bool {
    let silenced = left.deeds.iter().any(|deed| match deed.what {
        What::Silenced { until } => until > seen.wall && deed.services.iter().any(|s| incident.services.contains(s)),
        _ => false,
    });
    let upstream: Vec<&str> = incident.services.iter().flat_map(|s| needs(s)).collect();
    let other = |i: &LiveSeen| i.id != incident.id && i.services.iter().any(|s| upstream.contains(&&**s));
    silenced || seen.live.iter().any(other)
}

/// While the ledger cannot be written, a P0 that it does not know of is told all the same.
fn no_p0_waits_for_the_ledger(left: &Left) {
    for trio in left.seen.windows(3).filter(|trio| trio.iter().all(|seen| seen.mute && seen.heard)) {
        let Some(scrape) = trio[0].judged.and_then(scrape_at) else { continue };
        let known = Incidents::replay(left.entries.iter().filter(|e| e.seq <= trio[2].last));
        for strand in left.truth.strands.iter().filter(|s| measures(trio[0].book, s.service) && s.is_plain(scrape)) {
            let recorded = known.iter().any(|i| {
                // Of one that ended lately a person may have said so a moment ago.
                let lately =
                    i.milestones.resolved.or(i.milestones.closed).is_none_or(|at| at + Span::from_mins(3) > trio[2].wall);
                lately && i.services.iter().any(|(name, _)| **name == *strand.service)
            });
            let tree = known.live().any(|i| i.services.iter().any(|(name, _)| needs(strand.service).contains(&&**name)));
            let told = recorded || tree || left.far.heard_unrecorded(strand.service);
            assert!(told, "{} burned at {} beside a dead ledger and nobody was told", strand.service, trio[0].now);
        }
    }
}

/// What burnledger itself recorded was true by the scrapes.
fn it_was_so(left: &Left, entry: &Entry, incident: &Incident) {
    match &entry.fact {
        // Where reads had failed, or a clock had jumped, what was known of the window decided, and not the whole of it.
        Fact::Opened(onset) if decided_in(left, entry).is_some_and(|seen| seen.sound && !jumped(left, entry)) => {
            a_rule_fired(left, onset);
        }
        Fact::Mitigated { impact: Some(impact), .. } => {
            it_was_good_after(left, entry, incident, impact.intervals.last(), TIMING.clear);
        }
        Fact::Resolved { impact: Some(impact), .. } => {
            it_was_good_after(left, entry, incident, impact.intervals.last(), TIMING.resolve_after);
        }
        _ => {}
    }
}

/// The rule that is named was true by a naive count over both of its windows, on some zone of the service.
fn a_rule_fired(left: &Left, onset: &Onset) {
    let worst = onset.rules.first().expect("an opening names its rules");
    let (long, short, level) = match worst.severity {
        Severity::P0 => (10, 2, 0.0144),
        Severity::P1 => (20, 3, 0.006),
        Severity::P2 => (40, 10, 0.003),
    };
    let above = |minutes| {
        let counts = left.truth.counts(&onset.service, onset.detected - Span::from_mins(minutes), onset.detected);
        // Without traffic a rule that fired goes on firing.
        counts.map(|(bad, total)| total == 0 || bad as f64 > level * total as f64 * (1.0 + 1e-9)).collect::<Vec<_>>()
    };
    let fired = above(long).into_iter().zip(above(short)).any(|(long, short)| long && short);
    assert!(fired, "{} opened at {} by {worst:?}, which did not fire", onset.service, onset.detected);
}

/// For as long as it takes to say so, no minute after the end was bad, and there was traffic.
fn it_was_good_after(left: &Left, entry: &Entry, incident: &Incident, last: Option<&Interval>, span: Span) {
    let (Some(end), Some(judged)) = (last.map(|i| i.to), judged_at(left, entry)) else { return };
    for strand in incident.services.iter().flat_map(|(name, _)| left.truth.of_service(name)) {
        let bad = strand.bad_minutes(end, (end + span).min(judged));
        assert!(
            bad.is_empty(),
            "{} {} ended at {end} and {} was bad at {bad:?}\n{}",
            incident.id,
            entry.at,
            strand.service,
            story(incident)
        );
        let start = incident.milestones.impact_start.unwrap_or(end);
        let (hurt, of) = strand.count(start - Span::from_mins(1), end);
        if hurt * 50 > of {
            // The process may have died in that instant, and the next one begun with a clock that is behind.
            let decided = judged.max(entry.recorded_at);
            assert!(strand.count(end, decided).1 > 0, "{} ended without traffic after {end}\n{}", incident.id, story(incident));
        }
    }
}

/// The instant at which an entry of the watch was decided.
fn judged_at(left: &Left, entry: &Entry) -> Option<Ms> {
    decided_in(left, entry)?.judged
}

fn jumped(left: &Left, entry: &Entry) -> bool {
    left.seen.iter().take_while(|seen| seen.last < entry.seq).any(|seen| seen.wall != seen.now)
}

fn decided_in<'a>(left: &'a Left, entry: &Entry) -> Option<&'a Seen> {
    left.seen.iter().find(|seen| seen.last >= entry.seq)
}

/// What was lost is what the scrapes within the bad stretches showed, of every service that is part of it.
fn impact_is_exact(left: &Left, incident: &Incident) {
    let Some(impact) = incident.impact.as_ref().filter(|_| incident.merged_into.is_none()) else { return };
    // What a person parts or puts together after its end keeps the figures that were recorded.
    let parted = |e: &Entry| matches!(e.fact, Fact::SplitOff { .. } | Fact::SplitFrom { .. } | Fact::Absorbed(_));
    if incident.entries.iter().any(parted) {
        return;
    }
    let mut sum = (0, 0);
    for (i, (service, _)) in impact.intervals.iter().flat_map(|i| incident.services.iter().map(move |s| (i, s))) {
        for (bad, total) in left.truth.counts(service, i.from, i.to) {
            sum = (sum.0 + bad, sum.1 + total);
        }
    }
    assert_eq!((impact.bad, impact.total), (sum.0 as f64, Some(sum.1 as f64)), "{} recounted\n{}", incident.id, story(incident));
}

/// At the end everything has been good for long: nothing is live but what a person keeps open.
fn what_is_over_has_ended(left: &Left) {
    let last = left.seen.last().expect("something was judged");
    assert!(last.sound, "the world was calm at the end");
    for incident in &last.live {
        assert!(incident.by_person, "{} is {:?} at the end:\n{}", incident.id, incident.phase, stories(left));
    }
    let quiet = last.judged.is_some_and(|at| {
        let from = at - Span::from_mins(8);
        left.truth.strands.iter().all(|s| s.bad_minutes(from, at).is_empty())
    });
    assert!(quiet, "the past ends calmly, {STEP} s at a time");
}

pub(super) fn stories(left: &Left) -> String {
    let all = Incidents::replay(&left.entries);
    let sound: BTreeMap<bool, usize> = left.seen.iter().fold(BTreeMap::new(), |mut sum, seen| {
        *sum.entry(seen.sound).or_default() += 1;
        sum
    });
    let told: Vec<String> = all.iter().map(|i| story(i)).collect();
    let deeds: Vec<String> =
        left.deeds.iter().map(|deed| format!("  deed {} {:?} {:?}", deed.at, deed.what, deed.services)).collect();
    format!("{}\n{}\n{:?}, sound: {sound:?}", told.join("\n"), deeds.join("\n"), left.counts)
}

pub(super) fn story(incident: &Incident) -> String {
    let fact = |e: &Entry| format!("  {} at {} rec {} {:.150}", e.seq.0, e.at, e.recorded_at, format!("{:?}", e.fact));
    let lines: Vec<String> = incident.entries.iter().map(fact).collect();
    let services: Vec<&Text> = incident.services.iter().map(|(name, _)| name).collect();
    format!("{} {services:?} {:?} {:?}\n{}", incident.id, incident.milestones, incident.impact, lines.join("\n"))
}
