//! Sums as text in, slices out; a meter that goes on in the other way keeps what it knows.

use super::super::tests::{at, count, events, feed, histogram, run, series, told};
use super::*;
use crate::domain::measure::{Ask, AskedPlan, Count, CountedPlan, Detail, MeterSpec, Role};

/// `bad` and `total` by name, as the server adds them up over a minute.
fn summed(spec: &MeterSpec) -> MeterSpec {
    let Plan::Counted(of) = spec.plan.clone() else { panic!("a counted plan") };
    MeterSpec {
        plan: Plan::Asked { ask: AskedPlan::Increases { of, window: Span::from_mins(1) }, why: "a test".into() },
        ..spec.clone()
    }
}

#[test]
fn a_server_is_asked_for_sums_in_the_words_of_promql() {
    let asks = |spec: &MeterSpec| {
        let all = Meter::new(spec.clone()).asks(at(0), at(4), Detail::Full);
        let text = |(_, ask): (Role, Ask)| match ask {
            Ask::Eval { expr, .. } => expr.to_string(),
            Ask::Raw { .. } => panic!("raw samples are asked for"),
        };
        all.into_iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(asks(&summed(&events())), ["sum(increase(bad[1m]))", "sum(increase(total[1m]))"]);
    let split = MeterSpec { group_by: vec!["region".into()], dedupe: vec!["replica".into()], ..events() };
    assert_eq!(asks(&summed(&split))[0], "sum by (region) (max without (replica) (increase(bad[1m])))");
    assert_eq!(asks(&summed(&histogram("0.25"))), ["sum by (le) (increase(t_bucket[1m]))"]);
    // Good events are subtracted here, so that none of them is no reason for silence.
    let bad = Count { plus: count(&["total"]).plus, minus: count(&["good"]).plus };
    let good = MeterSpec::new(Plan::Counted(CountedPlan::Events { bad, total: Some(count(&["total"])) }));
    assert_eq!(asks(&summed(&good)), ["sum(increase(total[1m]))", "sum(increase(good[1m]))"]);
}

#[test]
fn a_quarter_of_a_minutes_increase_falls_into_a_slice() {
    let text = "sum(increase(bad[1m])): _ 40 _ 0 44 NaN\nsum(increase(total[1m])): _ 400 400 402 _ 400";
    let meter = run(&summed(&events()), text);
    assert_eq!(
        told(&meter.tracks()[0], 5),
        "10/100 0/100 0/100.5 ! !",
        "errors that are missing are none; errors of nothing make no sense"
    );
    let text = "sum by (le) (increase(t_bucket[1m])){le=\"0.25\"}: _ 360 400\nsum by (le) (increase(t_bucket[1m])){le=\"+Inf\"}: _ 400 400.00000001";
    let meter = run(&summed(&histogram("0.25")), text);
    assert_eq!(told(&meter.tracks()[0], 2), "10/100 0/100", "a hair is rounding");
    let lacks = run(&summed(&histogram("0.3")), text);
    assert_eq!(told(&lacks.tracks()[0], 2), "! !");
    assert!(lacks.doubts()[0].starts_with("a histogram has no bucket le=\"0.3\""), "{:?}", lacks.doubts());
}

#[test]
fn a_meter_goes_on_in_the_other_way_and_marks_the_seam() {
    let counters = series("bad: 0 1 2 3 4 5 6 7 8\ntotal: 0 10 20 30 40 50 60 70 80");
    let sums = series("sum(increase(bad[1m])): _ _ _ 4 4 4 4 4 4\nsum(increase(total[1m])): _ _ _ 42 42 42 42 42 42");
    let mut counted = Meter::new(events());
    feed(&mut counted, &counters, 0, 4, Detail::Full);
    let mut asked = Meter::new(summed(&events()));
    asked.go_on_from(counted.clone());
    feed(&mut asked, &sums, 4, 6, Detail::Full);
    assert_eq!(told(&asked.tracks()[0], 6), "1/10 1/10 1/10 1/10 1/10.5 1/10.5");
    let told_of = asked.doubts().join("\n");
    assert!(told_of.starts_with("added up by the server, not counted: a test; counts are extrapolated over 1m"), "{told_of}");
    assert!(told_of.ends_with(&format!("what was until {} is counted event by event", at(4))), "{told_of}");
    // It is a part of what is kept.
    let parts = asked.unsaved();
    let back = Meter::restore(summed(&events()), &parts).unwrap();
    assert_eq!((back.meter.seams(), back.lost.len()), (&[Seam { at: at(4), was_asked: false }][..], 0));
    assert_eq!(told(&back.meter.tracks()[0], 6), told(&asked.tracks()[0], 6));
    // And back: what is seen first is no birth, and nothing counts twice.
    let mut again = Meter::new(events());
    again.go_on_from(asked);
    feed(&mut again, &counters, 6, 8, Detail::Full);
    assert_eq!(told(&again.tracks()[0], 8), "1/10 1/10 1/10 1/10 1/10.5 1/10.5 1/10 1/10");
    assert_eq!(again.seams().len(), 2);
    assert!(again.doubts()[0].starts_with("counted event by event again; what was until "), "{:?}", again.doubts());
    assert!(counted.doubts().is_empty());
    assert!(events().measures_like(&summed(&events())) && !events().measures_like(&histogram("0.25")));
}
