//! Runs against counting every slice by itself: to the byte of what is kept of a meter.

use super::super::tests::{STEP, at, count, events, histogram, labels};
use super::*;
use crate::domain::base::Labels;
use crate::domain::measure::image::Part;
use crate::domain::measure::{Batch, CountedPlan, Detail, MeterSpec, Role, Sample, Sink};
use proptest::prelude::*;

const SLICES: i64 = 500;

/// What befalls a target: at which scrape, what, and how long.
type Mishap = (i64, u8, i64);

/// A target: how often it is scraped (ms), how far scrapes stray, and what befalls it.
fn any_target() -> impl Strategy<Value = (i64, i64, Vec<Mishap>)> {
    let every = prop_oneof![4 => Just(15_000_i64), 1 => Just(7_000), 1 => Just(30_000), 1 => Just(60_000)];
    let stray = prop_oneof![3 => Just(1_i64), 1 => Just(40), 1 => Just(9_000)];
    (every, stray, prop::collection::vec((0_i64..400, 0_u8..8, 1_i64..60), 0..6))
}

/// The samples of series `which` of a target.
fn samples(instance: usize, which: usize, (every, stray, mishaps): &(i64, i64, Vec<Mishap>)) -> Vec<Sample> {
    let (mut out, mut value) = (Vec::new(), 100.0 * which as f64);
    for scrape in 0..SLICES * STEP.0 / every {
        let stirred = (scrape * 7919 + 31 * instance as i64) % stray;
        let at = at(0) + Span(scrape * every + stirred + 17 * instance as i64 - 60_000);
        let met = |kind: u8| mishaps.iter().find(|(from, k, long)| *k == kind && (*from..from + long).contains(&scrape));
        let begins = |kind: u8| mishaps.iter().any(|(from, k, _)| *k == kind && *from == scrape);
        value += ((scrape * (which as i64 + 3)) % 11) as f64 * if met(6).is_some() { 0.3 } else { 1.0 };
        if begins(0) {
            value = (scrape % 3) as f64;
        }
        let gone = met(1).is_some() || which == 1 && met(2).is_some();
        let late = begins(3) && which == 0;
        if !gone {
            let told = if begins(4) && which == 2 { f64::NAN } else { value };
            out.push(Sample { at: if late { at + Span(300) } else { at }, value: told });
        }
    }
    let born = mishaps.iter().find(|(_, kind, _)| *kind == 5 && which == 1).map_or(0, |(from, ..)| *from as usize);
    out.split_off(born.min(out.len()))
}

/// Every series under the role that reads it.
fn world(spec: &MeterSpec, targets: &[(i64, i64, Vec<Mishap>)]) -> Vec<(Role, Labels, Vec<Sample>)> {
    let mut meter = Meter::new(spec.clone());
    let roles: Vec<Role> = meter.asks(at(0), at(1), Detail::Full).into_iter().map(|(role, _)| role).collect();
    let mut all = Vec::new();
    for (instance, target) in targets.iter().enumerate() {
        for which in 0..3 {
            let (name, more) = match &spec.plan {
                Plan::Counted(CountedPlan::Histogram(_)) => ("x_bucket", ["le=\"0.1\"", "le=\"0.25\"", "le=\"+Inf\""][which]),
                _ => (["total", "bad", "total"][which], ["code=\"200\"", "code=\"500\"", "code=\"500\""][which]),
            };
            let role = roles[usize::from(name == "total")];
            let labels = labels(&format!("{name}{{instance=\"{instance}\",{more}}}"));
            all.push((role, labels, samples(instance, which, target)));
        }
    }
    all
}

fn take(meter: &mut Meter, world: &[(Role, Labels, Vec<Sample>)], from: i64, to: i64) {
    let within = |s: &&Sample| (from == 0 || s.at > at(from)) && s.at <= at(to);
    for (role, labels, samples) in world {
        let mut batch = Batch::default();
        batch.series(labels);
        samples.iter().filter(within).for_each(|s| batch.sample(s.at, s.value));
        meter.take(*role, &batch);
    }
}

/// Read in stretches; each is sealed at once or slice by slice.
fn kept(spec: &MeterSpec, world: &[(Role, Labels, Vec<Sample>)], stretch: i64, by_slice: bool, runs: bool) -> Vec<Part> {
    let mut meter = Meter::new(spec.clone());
    meter.begin(at(0));
    if !runs {
        meter.pause = Pause::FOR_EVER;
    }
    let mut from = 0;
    while from < SLICES {
        let to = (from + stretch).min(SLICES);
        take(&mut meter, world, from, to);
        let first = if by_slice { from + 1 } else { to };
        (first..=to).for_each(|k| meter.seal(at(k)));
        from = to;
    }
    meter.unsaved()
}

fn grouped() -> MeterSpec {
    MeterSpec { group_by: vec!["instance".into()], ..events() }
}

fn occurrences() -> MeterSpec {
    MeterSpec::new(Plan::Counted(CountedPlan::Events { bad: count(&["bad", "total"]), total: None }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn runs_change_nothing(
        targets in prop::collection::vec(any_target(), 1..4),
        form in 0..5_usize,
        stretch in 1..300_i64,
        by_slice: bool,
    ) {
        let spec = [events(), grouped(), occurrences(), histogram("0.25"), MeterSpec { target_labels: vec!["job".into()], ..events() }];
        let spec = MeterSpec { period: Span::from_days(1), ..spec[form].clone() };
        let world = world(&spec, &targets);
        prop_assert!(kept(&spec, &world, stretch, by_slice, true) == kept(&spec, &world, stretch, by_slice, false));
    }
}

#[test]
fn what_is_counted_ahead_shows_when_it_is_sealed_and_gives_way_to_late_news() {
    let spec = events();
    let world = world(&spec, &[(15_000, 1, Vec::new())]);
    let (early, late): (Vec<_>, Vec<_>) = world.into_iter().partition(|(_, labels, _)| labels.get("code") == "200");
    let (mut meter, mut slow) = (Meter::new(spec.clone()), Meter::new(spec));
    slow.pause = Pause::FOR_EVER;
    for meter in [&mut meter, &mut slow] {
        meter.begin(at(0));
        take(meter, &early, 0, 400);
        (1..=100).for_each(|k| meter.seal(at(k)));
    }
    let run = meter.run.as_ref().expect("a run");
    assert!(run.end > 110, "slices beyond the sealed ones are counted: {}", run.end);
    assert_eq!(meter.tracks()[0].history.end(), Some(at(100)));
    assert_eq!(meter.data_through(), slow.data_through());
    for meter in [&mut meter, &mut slow] {
        let news: Vec<_> = late.iter().map(|(r, l, s)| (*r, l.clone(), s[100..].to_vec())).collect();
        take(meter, &news, 0, 400);
        (101..=400).for_each(|k| meter.seal(at(k)));
    }
    assert!(meter.unsaved() == slow.unsaved());
}
