//! What people change: corrections, severity, mitigation, merging, splitting, declaring.

use super::*;

fn changed(text: &str, changes: &[(&str, Correction)]) -> Incidents {
    let mut all = Incidents::replay(&history(text));
    for ((by, change), seq) in changes.iter().zip(100..) {
        let incident = all.get(IncidentId(1)).unwrap().clone();
        let act = Act::Correct { changes: vec![change.clone()], reason: "it was so".into() };
        let new = incident.decide(&act, by, &"cli".into(), minute(90)).unwrap().remove(0);
        all.apply(&Entry { corrects: new.corrects, at: new.at, ..entry(seq, 90, by, new.fact) });
    }
    all
}

const ENDED: &str = "23 - opened P1 17 23
    27 ann ack
    64 - mitigated 17 64
    79 - resolved";

#[test]
fn a_correction_keeps_the_old_value_names_its_entry_and_stands_against_later_measurements() {
    let moved = Correction::Moment(Moment::ImpactStart, Some(minute(12)));
    let end = Correction::Moment(Moment::ImpactEnd, Some(minute(60)));
    let mut all = changed(ENDED, &[("ann", moved), ("ann", end), ("ben", Correction::Bad(3))]);
    all.apply(&entry(200, 91, "-", fact(&["measured", "17", "66"])));
    let i = all.get(IncidentId(1)).unwrap();
    assert_eq!(all.problems(), []);
    assert_eq!((i.milestones.impact_start, i.milestones.impact_end), (Some(minute(12)), Some(minute(60))));
    let impact = i.impact.as_ref().unwrap();
    assert_eq!((impact.bad, impact.intervals[0].to), (3.0, minute(66)), "the intervals are as measured last");
    let told: Vec<_> = i.corrections.iter().map(|c| (c.change.field(), c.was.as_deref(), c.corrects)).collect();
    let (start, end) = ("1970-01-01T00:17:00Z", "1970-01-01T01:04:00Z");
    assert_eq!(
        told,
        [("impact_start", Some(start), Some(Seq(1))), ("impact_end", Some(end), Some(Seq(3))), ("bad", Some("5"), Some(Seq(3)))]
    );
    all.apply(&entry(201, 95, "-", fact(&["reopened", "94", "P1"])));
    let i = all.get(IncidentId(1)).unwrap();
    assert_eq!((i.milestones.impact_end, i.milestones.impact_start), (None, Some(minute(12))), "a new end is measured anew");
}

#[test]
fn what_a_person_says_of_severity_stands_against_what_they_knew() {
    let all = changed("23 - opened P1 17 23", &[("ann", Correction::Severity(Severity::P2))]);
    let i = all.get(IncidentId(1)).unwrap();
    assert_eq!((i.severity, i.peak_severity), (Some(Severity::P2), Some(Severity::P2)));
    assert_eq!(i.ruled(Severity::P1), Severity::P2, "the rule that was overruled stays so");
    assert_eq!(i.ruled(Severity::P0), Severity::P0, "what is worse than anybody knew rises");
    let all = changed("23 - opened P1 17 23", &[("ann", Correction::Severity(Severity::P0))]);
    assert_eq!(all.get(IncidentId(1)).unwrap().ruled(Severity::P2), Severity::P0, "rules do not talk a person's P0 down");
}

#[test]
fn corrections_that_make_no_sense_are_refused_with_the_reason() {
    let at = |moment, n| Correction::Moment(moment, Some(minute(n)));
    let correct = |changes: &[Correction], reason: &str| Act::Correct { changes: changes.to_vec(), reason: reason.into() };
    for (text, changes, reason, told) in [
        (
            ENDED,
            vec![at(Moment::ImpactStart, 10)],
            "",
            "no: changing `impact_start` needs a reason: the old value stays in the ledger beside it",
        ),
        (ENDED, vec![at(Moment::ImpactStart, 70)], "r", "no: `mitigated` would come before `impact_start`"),
        (ENDED, vec![at(Moment::Resolved, 60)], "r", "no: `resolved` would come before `mitigated`"),
        (ENDED, vec![at(Moment::Acknowledged, 20)], "r", "no: `acknowledged` would come before `detected`"),
        (ENDED, vec![at(Moment::Resolved, 99)], "r", "no: 1970-01-01T01:39:00Z lies in the future"),
        (
            ENDED,
            vec![Correction::Moment(Moment::Resolved, None)],
            "r",
            "no: INC-0001: an incident that is resolved has no other end; resolve or reopen it",
        ),
        (
            "23 - opened P1 17 23",
            vec![Correction::Bad(4)],
            "r",
            "no: INC-0001: its impact is still being counted; correct it when it has ended",
        ),
        ("5 - suspected 2", vec![Correction::Severity(Severity::P0)], "r", "no: INC-0001: it was only suspected, nothing fired"),
        (ENDED, vec![Correction::Drill(false)], "", ""),
    ] {
        assert_eq!(decided(text, &correct(&changes, reason), "ann", 90), told);
    }
    let both = correct(&[at(Moment::ImpactStart, 70), at(Moment::Mitigated, 72), at(Moment::ImpactEnd, 72)], "r");
    assert!(decided(ENDED, &both, "ann", 90).contains("Corrected"), "moved together they are in order");
    let mut entries = history(ENDED);
    let change = Fact::Corrected { change: Correction::Drill(true), reason: "".into() };
    entries.push(entry(9, 80, "ann", change));
    assert_eq!(Incidents::replay(&entries).problems().len(), 1, "one that names no entry is no correction");
}

#[test]
fn people_mitigate_reopen_close_and_attach_where_it_makes_sense() {
    let reason = |text: &str| -> Text { text.into() };
    let mitigate = Act::Mitigate { reason: reason("rolled back"), at: Some(minute(70)) };
    let reopen = Act::Reopen { reason: reason("not fixed"), at: Some(minute(85)) };
    let close = Act::Close { reason: reason("done") };
    let closed = format!("{ENDED}\n80 ann closed");
    let open = "23 - opened P1 17 23";
    for (text, act, told) in [
        (open, &mitigate, "Mitigated { reason: \"rolled back\", impact: None } at 70"),
        (ENDED, &mitigate, "no: INC-0001 is resolved already"),
        ("5 - suspected 2", &mitigate, "no: INC-0001 is only suspected; it closes by itself when the breach clears"),
        (open, &reopen, "no: INC-0001 is open already"),
        (
            "5 - suspected 2\n9 - not-paged",
            &reopen,
            "no: INC-0001 never was more than a suspicion; `incidents declare` opens an incident",
        ),
        (open, &close, "no: INC-0001 is open; resolve it first"),
        (
            ENDED,
            &close,
            "Note(Note { text: \"done\", action_item: false, customer_visible: false }) at 90; Closed { not_paged: false } at 90",
        ),
        (&closed, &close, "no: INC-0001 is closed already"),
    ] {
        assert_eq!(decided(text, act, "ann", 90), told, "{text} {act:?}");
    }
    assert!(decided(ENDED, &reopen, "ann", 90).starts_with("Reopened"), "a resolved one");
    assert!(decided(&closed, &reopen, "ann", 90).starts_with("Reopened"), "and a closed one");
    let attach = |kind: &str, text: &str, url: Option<&str>| {
        let evidence = Evidence { kind: kind.into(), text: text.into(), url: url.map(Into::into) };
        decided(ENDED, &Act::Attach { evidence, at: None }, "ann", 90)
    };
    assert!(attach("trace", "", Some("https://t.example/1")).starts_with("Evidence"));
    assert_eq!(
        attach("trace", "", Some("javascript:alert(1)")),
        "no: a link begins with http:// or https://; other things are told in words"
    );
    assert_eq!(attach("trace", " ", None), "no: evidence needs a link or words");
    assert!(attach("poem", "x", None).starts_with("no: evidence is one of trace"));
}

fn numbered(service: &str, severity: Severity, start: i64) -> Fact {
    let slos = vec![SloId::new(service, "availability")];
    Fact::Opened(Onset { service: service.into(), slos, rules: rules(severity), ..onset(Some(severity), start, start + 3) })
}

/// A ledger of two open incidents, and what an order on them records.
fn after_order(order: impl Fn(&Incidents) -> Result<Vec<NewEntry>, NotPossible>, end: bool) -> Result<Incidents, NotPossible> {
    let mut all = Incidents::default();
    for (n, service, severity) in [(1_u64, "checkout", Severity::P1), (2, "search", Severity::P0)] {
        let fact = numbered(service, severity, 20 - n.cast_signed());
        all.apply(&Entry { incident: IncidentId(n), ..entry(n, 23, "-", fact) });
    }
    for n in [1_i64, 2].into_iter().filter(|_| end) {
        let fact = Fact::Resolved { reason: "".into(), impact: Some(impact(17 + n, 20 + n)) };
        all.apply(&Entry { incident: IncidentId(n.unsigned_abs()), ..entry(5 + n.unsigned_abs(), 40, "-", fact) });
    }
    for (new, seq) in order(&all)?.into_iter().zip(10..) {
        let id = match new.incident {
            IncidentRef::Known(id) => id,
            IncidentRef::Opens(_) => IncidentId(3),
        };
        let fact = match new.fact {
            Fact::SplitOff { services, reason, .. } => {
                Fact::SplitOff { into: IncidentRef::Known(IncidentId(3)), services, reason }
            }
            other => other,
        };
        let made = Entry { incident: id, actor: new.actor, corrects: new.corrects, ..entry(seq, 50, "-", fact) };
        assert_eq!(all.apply(&made), None);
    }
    Ok(all)
}

#[test]
fn two_incidents_become_one_and_one_becomes_two() {
    let ids = [IncidentId(2), IncidentId(1)];
    let merge = |all: &Incidents| super::merge(all, ids, "same cause", "ann", &"cli".into(), minute(50));
    let all = after_order(merge, false).unwrap();
    let (older, younger) = (all.get(ids[1]).unwrap(), all.get(ids[0]).unwrap());
    assert_eq!((younger.phase, younger.merged_into), (Phase::Closed, Some(IncidentId(1))));
    assert_eq!(
        (older.severity, older.milestones.impact_start),
        (Some(Severity::P0), Some(minute(18))),
        "the worst, the earliest"
    );
    assert_eq!(older.services.len(), 2);
    assert_eq!(all.live().count(), 1);
    let split =
        |all: &Incidents| super::split(all, IncidentId(1), &["search".into()], "two causes", "ann", &"cli".into(), minute(51));
    let entries = split(&all).unwrap();
    let told: Vec<&str> = entries
        .iter()
        .map(|e| match &e.fact {
            Fact::Opened(_) => "opened",
            Fact::SplitOff { .. } => "left",
            Fact::SplitFrom { .. } => "from",
            _ => "other",
        })
        .collect();
    assert_eq!(told, ["opened", "left", "from"]);
    let ended = after_order(merge, true).unwrap();
    let sum = ended.get(IncidentId(1)).unwrap().impact.clone().unwrap();
    assert_eq!((sum.bad, sum.intervals.len()), (10.0, 1), "impacts of two services add up: {sum:?}");
    let again = super::merge(&ended, ids, "", "ann", &"cli".into(), minute(52)).unwrap_err();
    assert_eq!(&*again.0, "INC-0002 became part of INC-0001; `incidents split` takes it out again");
    let alone = |all: &Incidents| super::split(all, IncidentId(1), &["checkout".into()], "", "ann", &"cli".into(), minute(51));
    assert_eq!(after_order(alone, false).unwrap_err().0.as_ref(), "name some of INC-0001's services, not all: checkout");
}

#[test]
fn a_declared_incident_is_one_a_service() {
    let what = |service: &str| Declaration {
        service: service.into(),
        slos: vec![],
        severity: Severity::P1,
        title: "support says checkout hangs".into(),
        since: Some(minute(45)),
        drill: true,
        rulebook: "".into(),
    };
    let declare =
        |service: &'static str| move |all: &Incidents| super::declare(all, &what(service), "ann", &"cli".into(), minute(50));
    let taken = after_order(declare("checkout"), false).unwrap_err();
    assert_eq!(&*taken.0, "INC-0001 is open for checkout already; add to that one");
    let all = after_order(declare("mail"), false).unwrap();
    let made = all.get(IncidentId(3)).unwrap();
    assert_eq!((made.phase, made.severity, made.drill), (Phase::Open, Some(Severity::P1), true));
    assert_eq!(made.ruled(Severity::P2), Severity::P1, "a milder rule does not talk it down");
}
