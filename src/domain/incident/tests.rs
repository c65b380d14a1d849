//! The fold's cases and laws: histories as text in, state as text out; random histories for what must always hold.

mod changes;

use super::*;
use crate::domain::base::{CommitId, IncidentId, Interval, Ms, Seq, Severity, SloId, Span, Text};
use crate::domain::cost::Effort;
use proptest::prelude::*;

fn minute(n: i64) -> Ms {
    Ms(n * 60_000)
}

fn onset(severity: Option<Severity>, start: i64, detected: i64) -> Onset {
    Onset {
        service: "checkout".into(),
        slos: vec![SloId::new("checkout", "availability")],
        severity,
        rules: vec![],
        reasons: vec![],
        impact_start: minute(start),
        detected: minute(detected),
        rulebook: "r".into(),
        drill: false,
    }
}

fn impact(from: i64, to: i64) -> ImpactRecord {
    ImpactRecord { bad: 5.0, intervals: vec![Interval { from: minute(from), to: minute(to) }], ..ImpactRecord::default() }
}

fn rules(severity: Severity) -> Vec<RuleFired> {
    vec![RuleFired { slo: SloId::new("checkout", "availability"), rule: "r".into(), severity }]
}

fn page(kind: &str, severity: Severity, created: i64, outcome: Outcome) -> Fact {
    let (receiver, detail): (Text, Text) = ("pager".into(), "".into());
    Fact::Paged { receiver, kind: kind.into(), severity, created: minute(created), attempts: 1, outcome, detail }
}

/// The fact that a line of a history names: `5 P1 opened from 2`, `9 ann ack`.
fn fact(words: &[&str]) -> Fact {
    let number = |i: usize| words[i].parse::<i64>().unwrap();
    let severity = |i: usize| Severity::parse(words[i]).unwrap();
    match words[0] {
        "suspected" => Fact::Suspected(onset(None, number(1), number(1))),
        "opened" => Fact::Opened(onset(Some(severity(1)), number(2), number(3))),
        "joined" => {
            let slos = vec![SloId::new(words[1], "a")];
            Fact::Joined { service: words[1].into(), slos, impact_start: None, rules: vec![] }
        }
        "severity" => Fact::SeverityChanged { from: severity(1), to: severity(2), rules: rules(severity(2)), reasons: vec![] },
        "ack" => Fact::Acknowledged,
        "unack" => Fact::Unacknowledged,
        "mitigated" => Fact::Mitigated { reason: "".into(), impact: Some(impact(number(1), number(2))) },
        "resolved" => Fact::Resolved { reason: "".into(), impact: None },
        "reopened" => Fact::Reopened { impact_start: minute(number(1)), rules: rules(severity(2)), reasons: vec![] },
        "closed" => Fact::Closed { not_paged: false },
        "not-paged" => Fact::Closed { not_paged: true },
        "no-data" => Fact::NoData { since: minute(number(1)) },
        "data" => Fact::DataBack,
        "page" => page(words[1], severity(2), number(3), Outcome::Delivered),
        "lost-page" => page(words[1], severity(2), number(3), Outcome::Failed),
        "measured" => Fact::Measured(impact(number(1), number(2))),
        other => panic!("no fact is called {other}"),
    }
}

fn entry(seq: u64, at: i64, person: &str, fact: Fact) -> Entry {
    let actor = if person == "-" { Actor::Auto } else { Actor::Person(person.into()) };
    Entry {
        seq: Seq(seq),
        incident: IncidentId(1),
        fact,
        at: minute(at),
        recorded_at: minute(at),
        actor,
        source: "watch".into(),
        corrects: None,
        commit: CommitId("c".into()),
        hash: [0; 32],
    }
}

/// Entries of a history: a line each, `minute person fact ...`; `-` is burnledger itself.
fn history(text: &str) -> Vec<Entry> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let read = |(line, seq): (&str, u64)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        entry(seq, words[0].parse().unwrap(), words[1], fact(&words[2..]))
    };
    lines.zip(1..).map(read).collect()
}

/// The state after a history, in a few lines: phase and severity, milestones in minutes, clocks in minutes, problems.
fn told(text: &str) -> String {
    let all = Incidents::replay(&history(text));
    let mut lines = vec![all.get(IncidentId(1)).map_or_else(|| "nothing".to_owned(), |i| state(i))];
    lines.extend(all.problems().iter().map(ToString::to_string));
    lines.join("\n")
}

fn state(i: &Incident) -> String {
    let m = &i.milestones;
    let at = |name: &str, at: Option<Ms>| at.map_or(String::new(), |at| format!(" {name} {}", at.0 / 60_000));
    let milestones: String = [
        at("start", m.impact_start),
        at("detected", m.detected),
        at("paged", m.paged),
        at("delivered", m.delivered),
        at("ack", m.acknowledged),
        at("mitigated", m.mitigated),
        at("end", m.impact_end),
        at("resolved", m.resolved),
        at("closed", m.closed),
    ]
    .concat();
    let clock = |name: &str, span: Option<Span>| span.map_or(String::new(), |s| format!(" {name} {}", s.0 / 60_000));
    let clocks: String = [
        clock("ttd", i.time_to_detect()),
        clock("tta", i.time_to_acknowledge()),
        clock("ttm", i.time_to_mitigate()),
        clock("ttr", i.time_to_resolve()),
    ]
    .concat();
    let severity = i.severity.map_or("-", Severity::name);
    let peak = i.peak_severity.map_or("-", Severity::name);
    let who = i.acknowledged_by.as_ref().map_or(String::new(), |(name, _)| format!(" by {name}"));
    let data = i.no_data_since.map_or("", |_| " no-data");
    let lines =
        format!("{} {severity}/{peak}{who}{data} flaps {}\n{}\n{}", i.phase.name(), i.flaps, milestones.trim(), clocks.trim());
    lines.trim_end().to_owned()
}

fn check(text: &str, expected: &str) {
    let wanted: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(told(text), wanted.join("\n"), "{text}");
}

#[test]
fn the_usual_way_from_open_to_closed() {
    check(
        "23 - opened P1 17 23
         24 - page first P1 23
         27 ann ack
         64 - mitigated 17 64
         79 - resolved
         99 ann closed",
        "closed P1/P1 by ann flaps 0
         start 17 detected 23 paged 23 delivered 24 ack 27 mitigated 64 end 64 resolved 79 closed 99
         ttd 6 tta 4 ttm 47 ttr 62",
    );
}

#[test]
fn a_suspicion_opens_or_closes_unpaged() {
    check(
        "17 - suspected 17
         23 - opened P0 16 23",
        "open P0/P0 flaps 0
         start 16 detected 23
         ttd 7",
    );
    check("17 - suspected 17\n30 - not-paged", "closed -/- flaps 0\nstart 17 closed 30");
}

#[test]
fn severity_is_remembered_at_its_worst() {
    check(
        "5 - opened P1 2 5
         9 - severity P1 P0
         20 - severity P0 P2",
        "open P2/P0 flaps 0
         start 2 detected 5
         ttd 3",
    );
}

#[test]
fn reopening_keeps_the_first_acknowledgement_and_the_last_end() {
    let once = "5 - opened P1 2 5
         6 - page first P1 5
         8 ann ack
         20 - mitigated 2 20
         35 - resolved
         50 - reopened 48 P0";
    check(
        once,
        "open P0/P0 flaps 1
         start 2 detected 5 paged 5 delivered 6 ack 8
         ttd 3 tta 3",
    );
    check(
        &format!("{once}\n 52 ben ack\n 60 - mitigated 2 60\n 75 - resolved"),
        "resolved P0/P0 by ben flaps 1
         start 2 detected 5 paged 5 delivered 6 ack 8 mitigated 60 end 60 resolved 75
         ttd 3 tta 3 ttm 58 ttr 73",
    );
}

#[test]
fn a_relapse_before_the_end_is_no_flap_and_stays_with_the_person_who_has_it() {
    check(
        "5 - opened P1 2 5
         8 ann ack
         20 - mitigated 2 20
         26 - reopened 25 P1",
        "acknowledged P1/P1 by ann flaps 0
         start 2 detected 5 ack 8
         ttd 3 tta 3",
    );
}

#[test]
fn an_acknowledgement_may_be_given_back_and_the_clock_keeps_the_first() {
    check(
        "5 - opened P1 2 5
         8 ann ack
         9 ann unack
         12 ben ack",
        "acknowledged P1/P1 by ben flaps 0
         start 2 detected 5 ack 8
         ttd 3 tta 3",
    );
}

#[test]
fn missing_data_lies_over_any_live_state_and_ends_nothing() {
    check("5 - opened P1 2 5\n9 - no-data 7", "open P1/P1 no-data flaps 0\nstart 2 detected 5\nttd 3");
    check("5 - opened P1 2 5\n9 - no-data 7\n10 - data", "open P1/P1 flaps 0\nstart 2 detected 5\nttd 3");
}

#[test]
fn only_calls_count_as_pages() {
    check(
        "5 - opened P2 2 5
         6 - page first P2 5
         7 - page test P1 6
         9 - lost-page raised P1 8
         10 - page raised P1 9
         11 - page resolved P1 11",
        "open P2/P2 flaps 0
         start 2 detected 5 paged 8 delivered 10
         ttd 3",
    );
}

#[test]
fn found_before_users_were_hurt_is_proactive_and_takes_no_time() {
    let all = Incidents::replay(&history("5 - opened P1 8 5"));
    let incident = all.get(IncidentId(1)).unwrap();
    assert!(incident.is_proactive());
    assert_eq!(incident.time_to_detect(), Some(Span::ZERO));
}

#[test]
fn entries_that_cannot_be_true_change_nothing_and_are_noted() {
    check("5 ann ack", "nothing\nentry 1 of INC-0001 changes nothing: no earlier entry begins this incident");
    check(
        "5 - opened P1 2 5
         6 - opened P1 2 5
         7 - ack
         8 ann closed
         9 - data
         10 - resolved
         11 ann ack
         12 - mitigated 2 9
         13 - severity P1 P0
         14 - joined search",
        "resolved P1/P1 flaps 0
         start 2 detected 5 resolved 10
         ttd 3 ttr 8
         entry 2 of INC-0001 changes nothing: an incident that is open cannot open again
         entry 3 of INC-0001 changes nothing: only a person can acknowledge
         entry 4 of INC-0001 changes nothing: an incident that is open cannot be closed
         entry 5 of INC-0001 changes nothing: an incident that is open cannot get data back: none was missing
         entry 7 of INC-0001 changes nothing: an incident that is resolved cannot be acknowledged
         entry 8 of INC-0001 changes nothing: an incident that is resolved cannot be mitigated
         entry 9 of INC-0001 changes nothing: an incident that is resolved cannot change its severity
         entry 10 of INC-0001 changes nothing: an incident that is resolved cannot be joined",
    );
}

#[test]
fn a_correction_must_name_an_entry_of_the_incident() {
    let mut entries = history("5 - opened P1 2 5\n6 ann ack");
    entries[1].corrects = Some(Seq(1));
    assert_eq!(Incidents::replay(&entries).problems(), []);
    entries[1].corrects = Some(Seq(7));
    assert_eq!(Incidents::replay(&entries).problems().len(), 1);
}

#[test]
fn an_acknowledgement_expires_and_a_worse_severity_needs_its_own() {
    let fold = |text: &str| Incidents::replay(&history(text)).get(IncidentId(1)).unwrap().acknowledged_until();
    assert_eq!(fold("5 - opened P1 2 5"), None);
    assert_eq!(fold("5 - opened P0 2 5\n6 ann ack"), Some(minute(66)));
    assert_eq!(fold("5 - opened P1 2 5\n6 ann ack"), Some(minute(246)));
    assert_eq!(fold("5 - opened P2 2 5\n6 ann ack"), Some(Ms(i64::MAX)));
    assert_eq!(fold("5 - opened P1 2 5\n6 ann ack\n7 - severity P1 P0"), None);
    assert_eq!(fold("5 - opened P0 2 5\n6 ann ack\n7 - severity P0 P1"), Some(minute(246)));
}

/// What deciding an act on a state gives: kinds of entries, or the refusal.
fn decided(text: &str, act: &Act, by: &str, now: i64) -> String {
    let all = Incidents::replay(&history(text));
    match all.get(IncidentId(1)).unwrap().decide(act, by, &"cli".into(), minute(now)) {
        Ok(entries) => entries.iter().map(|e| format!("{:?} at {}", e.fact, e.at.0 / 60_000)).collect::<Vec<_>>().join("; "),
        Err(NotPossible(why)) => format!("no: {why}"),
    }
}

#[test]
fn people_may_do_what_makes_sense_and_are_told_why_not() {
    let open = "5 - opened P0 2 5";
    let acked = "5 - opened P0 2 5\n6 ann ack";
    let resolved = "5 - opened P0 2 5\n6 - resolved";
    let suspected = "5 - suspected 2";
    let resolve = |at: Option<i64>| Act::Resolve { reason: "".into(), at: at.map(minute), findings: vec![] };
    for (text, act, by, told) in [
        (open, Act::Acknowledge, "ann", "Acknowledged at 9"),
        (open, Act::Acknowledge, " \u{1b} ", "no: a name is missing: the ledger keeps who did what"),
        (acked, Act::Acknowledge, "ann", ""),
        (acked, Act::Acknowledge, "ben", "Acknowledged at 9"),
        (resolved, Act::Acknowledge, "ann", "no: INC-0001 is resolved already"),
        (
            suspected,
            Act::Acknowledge,
            "ann",
            "no: INC-0001 is only suspected and paged nobody; there is nothing to acknowledge yet",
        ),
        (acked, Act::Unacknowledge, "ben", "Unacknowledged at 9"),
        (open, Act::Unacknowledge, "ben", "no: nobody has acknowledged INC-0001"),
        (
            resolved,
            Act::Note("a\nb".into()),
            "ann",
            "Note(Note { text: \"a b\", action_item: false, customer_visible: false }) at 9",
        ),
        (open, Act::Note("\u{7}".into()), "ann", "no: a note needs words"),
        (open, resolve(Some(7)), "ann", "Resolved { reason: \"\", impact: None } at 7"),
        (
            open,
            resolve(Some(1)),
            "ann",
            "no: INC-0001 began at 1970-01-01T00:02:00Z; it cannot have ended at 1970-01-01T00:01:00Z",
        ),
        (open, resolve(Some(10)), "ann", "no: 1970-01-01T00:10:00Z lies in the future"),
        (resolved, resolve(None), "ann", "no: INC-0001 is resolved already"),
        (suspected, resolve(None), "ann", "no: INC-0001 is only suspected; it closes by itself when the breach clears"),
    ] {
        assert_eq!(decided(text, &act, by, 9), told, "{text} {act:?} {by}");
    }
    assert_eq!(decided(acked, &Act::Acknowledge, "ann", 66), "Acknowledged at 66", "an expired one is renewed");
    let long = Act::Note("x".repeat(10_000).into());
    assert!(decided(open, &long, "ann", 9).chars().count() < decide::MOST_WORDS + 80);
}

#[test]
fn what_is_found_out_is_recorded_with_the_end_or_nothing_is() {
    let open = "5 - opened P0 2 5";
    let effort = |people, hours| Correction::Effort(Effort::typed(people, hours).unwrap());
    let ends = |at: Option<i64>, findings: &[Correction]| Act::Resolve {
        reason: "fixed".into(),
        at: at.map(minute),
        findings: findings.to_vec(),
    };
    let both = ends(None, &[Correction::RootCause("capacity".into()), effort("5", "0.5")]);
    let all = Incidents::replay(&history(open));
    let entries = all.get(IncidentId(1)).unwrap().decide(&both, "ann", &"cli".into(), minute(9)).unwrap();
    let mut incident = Incident::clone(all.get(IncidentId(1)).unwrap());
    for (new, seq) in entries.into_iter().zip(9..) {
        let NewEntry { fact, at, actor, source, corrects, .. } = new;
        let entry = Entry {
            seq: Seq(seq),
            incident: IncidentId(1),
            fact,
            at,
            recorded_at: at,
            actor,
            source,
            corrects,
            commit: CommitId("c".into()),
            hash: [0; 32],
        };
        incident.apply(&entry).unwrap();
    }
    let told = (incident.phase, incident.root_cause.as_deref(), incident.effort().map(|e| e.to_string()));
    assert_eq!(told, (Phase::Resolved, Some("capacity"), Some("5 x 0.5 h".to_owned())));
    assert_eq!(incident.effort_told().map(|(seq, by)| (seq, by.clone())), Some((Seq(10), Actor::Person("ann".into()))));
    // One that cannot end takes nothing along, and what cannot be said keeps it open.
    assert!(decided(open, &ends(Some(1), &[effort("5", "0.5")]), "ann", 9).starts_with("no: INC-0001 began"));
    assert!(decided(open, &ends(None, &[Correction::Bad(7)]), "ann", 9).starts_with("no: INC-0001: its impact is still"));
    // What went on took more people's time than was said.
    let again = Fact::Reopened { impact_start: minute(11), rules: vec![], reasons: vec![] };
    let last = incident.entries.last().unwrap().clone();
    incident.apply(&Entry { seq: Seq(20), fact: again, at: minute(12), corrects: None, ..last }).unwrap();
    assert_eq!((incident.effort(), incident.root_cause.as_deref()), (None, Some("capacity")));
}

#[test]
fn peoples_hours_are_checked_where_they_enter_and_read_back_as_they_are_written() {
    for (people, hours, read) in [
        ("5", "0.50", Ok("5 x 0.5 h")),
        (" 1 ", "10000", Ok("1 x 10000 h")),
        ("0", "1", Err("responders are 1 to 10000 people")),
        ("10001", "1", Err("responders are 1 to 10000 people")),
        ("1.5", "1", Err("responders are 1 to 10000 people")),
        ("1", "0", Err("hours each are more than 0 and at most 10000, such as 0.5")),
        ("1", "-1", Err("hours each are more than 0 and at most 10000, such as 0.5")),
        ("1", "half", Err("hours each are more than 0 and at most 10000, such as 0.5")),
        ("1", "0.00001", Err("hours each are more than 0 and at most 10000, such as 0.5")),
    ] {
        let effort = Effort::typed(people, hours);
        assert_eq!(effort.map(|e| e.to_string()), read.map(str::to_owned), "{people} {hours}");
        assert!(effort.is_err() || Effort::parse(&effort.unwrap().to_string()) == effort.ok());
    }
}

fn any_severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(Severity::ALL.to_vec())
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let number = 0_i64..100;
    prop_oneof![
        1 => number.clone().prop_map(|n| Fact::Suspected(onset(None, n, n))),
        3 => (any_severity(), number.clone()).prop_map(|(s, n)| Fact::Opened(onset(Some(s), n, n + 3))),
        1 => Just(fact(&["joined", "search"])),
        2 => (any_severity(), any_severity())
            .prop_map(|(from, to)| Fact::SeverityChanged { from, to, rules: rules(to), reasons: vec![] }),
        3 => Just(Fact::Acknowledged),
        1 => Just(Fact::Unacknowledged),
        3 => (number.clone(), number.clone()).prop_map(|(a, b)| Fact::Mitigated { reason: "".into(), impact: Some(impact(a, b)) }),
        2 => option_impact().prop_map(|impact| Fact::Resolved { reason: "".into(), impact }),
        2 => (number.clone(), any_severity())
            .prop_map(|(n, s)| Fact::Reopened { impact_start: minute(n), rules: rules(s), reasons: vec![] }),
        1 => any::<bool>().prop_map(|not_paged| Fact::Closed { not_paged }),
        1 => number.clone().prop_map(|n| Fact::NoData { since: minute(n) }),
        1 => Just(Fact::DataBack),
        1 => Just(Fact::Note("n".into())),
        1 => (any_severity(), number.clone()).prop_map(|(s, n)| page("first", s, n, Outcome::Delivered)),
        1 => (number.clone(), number).prop_map(|(a, b)| Fact::Measured(impact(a, b))),
        3 => fact_change(),
    ]
}

fn option_impact() -> impl Strategy<Value = Option<ImpactRecord>> {
    prop::option::of((0_i64..100, 0_i64..100).prop_map(|(a, b)| impact(a, b)))
}

fn fact_change() -> impl Strategy<Value = Fact> {
    let moment = prop::sample::select(Moment::ALL.to_vec());
    let change = prop_oneof![
        (moment, prop::option::of(0_i64..100)).prop_map(|(m, at)| Correction::Moment(m, at.map(minute))),
        any_severity().prop_map(Correction::Severity),
        (0_u64..9).prop_map(Correction::Bad),
        any::<bool>().prop_map(Correction::Drill),
        Just(Correction::RootCause("data".into())),
        (1_u32..9).prop_map(|n| Correction::Effort(Effort::new(n, n.into()).unwrap())),
    ];
    let absorbed =
        (any_severity(), 0_i64..100, prop::option::of((0_i64..100, 0_i64..100))).prop_map(|(severity, start, part)| {
            Fact::Absorbed(Absorbed {
                from: IncidentId(9),
                services: vec![("search".into(), vec![SloId::new("search", "a")])],
                impact_start: Some(minute(start)),
                detected: Some(minute(start + 2)),
                severity: Some(severity),
                rules: rules(severity),
                impact: part.map(|(a, b)| impact(a, b)),
                reason: "".into(),
            })
        });
    prop_oneof![
        3 => change.prop_map(|change| Fact::Corrected { change, reason: "r".into() }),
        1 => absorbed,
        1 => Just(Fact::Merged { into: IncidentId(8), reason: "".into() }),
        1 => Just(Fact::SplitOff { into: IncidentRef::Known(IncidentId(9)), services: vec!["search".into()], reason: "".into() }),
        1 => Just(Fact::SuspectNamed { service: "search".into() }),
    ]
}

prop_compose! {
    /// Any entries of three incidents, possible or not, in time.
    fn any_history()(facts in prop::collection::vec((any_fact(), 1_u64..4, any::<bool>()), 0..40)) -> Vec<Entry> {
        let made = |((fact, incident, person), seq): ((Fact, u64, bool), u64)| {
            let who = if person { "ann" } else { "-" };
            let corrects = matches!(fact, Fact::Corrected { .. }).then_some(Seq(1 + seq / 3));
            Entry { incident: IncidentId(incident), corrects, ..entry(seq, seq.cast_signed(), who, fact) }
        };
        facts.into_iter().zip(1..).map(made).collect()
    }
}

fn any_act() -> impl Strategy<Value = Act> {
    let findings = prop::option::of(1_u32..9).prop_map(|n| n.map(|n| Correction::Effort(Effort::new(n, n.into()).unwrap())));
    let resolve = (prop::option::of(-10_i64..60), findings).prop_map(|(at, findings)| Act::Resolve {
        reason: "r".into(),
        at: at.map(minute),
        findings: findings.into_iter().collect(),
    });
    let at = || prop::option::of(-10_i64..60).prop_map(|at| at.map(minute));
    let (mitigate, reopen) = (at(), at());
    let moment = prop::sample::select(Moment::ALL.to_vec());
    let moved = (moment, at()).prop_map(|(m, at)| Correction::Moment(m, at));
    let ruled = any_severity().prop_map(Correction::Severity);
    let correct = prop::collection::vec(prop_oneof![moved, ruled, (0_u64..9).prop_map(Correction::Bad)], 1..4)
        .prop_map(|changes| Act::Correct { changes, reason: "wrong".into() });
    prop_oneof![
        Just(Act::Acknowledge),
        Just(Act::Unacknowledge),
        Just(Act::Note("n".into())),
        resolve,
        mitigate.prop_map(|at| Act::Mitigate { reason: "".into(), at }),
        reopen.prop_map(|at| Act::Reopen { reason: "again".into(), at }),
        Just(Act::Close { reason: "".into() }),
        correct,
    ]
}

/// What must hold of any incident.
fn check_laws(i: &Incident) {
    let m = &i.milestones;
    assert_eq!(i.phase == Phase::Resolved, m.resolved.is_some() && m.closed.is_none(), "{i:?}");
    assert!(i.merged_into.is_none() || i.phase == Phase::Closed);
    assert_eq!(i.phase == Phase::Closed, m.closed.is_some());
    assert!(i.phase != Phase::Acknowledged || i.acknowledged_by.is_some());
    assert!(i.phase != Phase::Open || i.acknowledged_by.is_none());
    assert!(i.phase != Phase::Mitigated || m.mitigated.is_some());
    assert_eq!(i.phase == Phase::Suspected || i.severity.is_none(), m.detected.is_none(), "{i:?}");
    assert!(i.peak_severity >= i.severity);
    assert_eq!(i.severity, i.severity_history.last().map(|(_, s)| *s));
    let worst = i.severity_history.iter().map(|(_, s)| *s).max();
    assert!(i.peak_severity <= worst && (i.ruling.is_some() || i.peak_severity == worst));
    assert!(!i.services.is_empty());
    assert!(i.no_data_since.is_none() || i.phase.is_live());
    assert!(i.milestones.delivered.is_none() || m.paged.is_some());
}

proptest! {
    #[test]
    fn replaying_in_any_portions_gives_the_same_state(entries in any_history(), cut in any::<prop::sample::Index>()) {
        let whole = Incidents::replay(&entries);
        let cut = cut.index(entries.len() + 1);
        let mut portions = Incidents::replay(&entries[..cut]);
        portions.extend(&entries[cut.saturating_sub(3)..]);
        prop_assert_eq!(&whole, &portions, "entries told twice are passed over");
        let folded = whole.iter().map(|i| i.entries.len()).sum::<usize>();
        let homeless = whole.problems().iter().filter(|p| p.why.contains("begins this")).count();
        prop_assert_eq!(folded + homeless, entries.len(), "every entry is in one timeline");
    }

    #[test]
    fn the_laws_hold_after_every_entry_and_impossible_ones_change_nothing(entries in any_history()) {
        let mut all = Incidents::default();
        for entry in &entries {
            let before = all.get(entry.incident).cloned();
            let problem = all.apply(entry);
            let Some(after) = all.get(entry.incident) else { continue };
            check_laws(after);
            if let (Some(before), Some(_)) = (before, problem) {
                let unchanged = Incident { entries: before.entries.clone(), last_seq: before.last_seq, ..(**after).clone() };
                prop_assert_eq!(&unchanged, &*before);
            }
        }
    }

    #[test]
    fn what_is_decided_can_be_folded(entries in any_history(), act in any_act()) {
        let all = Incidents::replay(&entries);
        for incident in all.iter() {
            let Ok(new) = incident.decide(&act, "ann", &"cli".into(), minute(50)) else { continue };
            let mut next = (**incident).clone();
            for (new, seq) in new.into_iter().zip(1_000..) {
                let (actor, at, corrects) = (new.actor, new.at, new.corrects);
                let entry = Entry { incident: incident.id, actor, at, corrects, ..entry(seq, 0, "-", new.fact) };
                prop_assert_eq!(next.apply(&entry), Ok(()));
            }
            check_laws(&next);
        }
    }
}
