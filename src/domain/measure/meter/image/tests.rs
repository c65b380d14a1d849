//! A restart at any point is no restart; what is damaged is named, never guessed.

use super::super::tests::{STEP, T0, any_series, asked, at, events, feed, histogram, labels, series, told};
use super::*;
use crate::domain::measure::{AskedPlan, AskedUnit, Detail, Sample, TimeSliceRule, Window};
use proptest::prelude::*;

/// Where the parts of a feed are kept.
#[derive(Default)]
struct Kept(BTreeMap<PartName, Part>);

impl Kept {
    fn keep(&mut self, meter: &mut Meter) {
        self.0.extend(meter.unsaved().into_iter().map(|part| (part.name.clone(), part)));
        meter.saved();
    }

    fn parts(&self) -> Vec<Part> {
        self.0.values().cloned().collect()
    }

    fn restore(&self, spec: &MeterSpec) -> Restored {
        Meter::restore(spec.clone(), &self.parts()).expect("restored")
    }
}

/// Everything that a meter knows: all of its parts, and what windows tell.
fn all(meter: &Meter) -> (Vec<Part>, Vec<[crate::domain::measure::Counts; 3]>) {
    let mut whole = meter.clone();
    whole.unsaved_all();
    let read =
        |track: &Track, days: i64| Window::new(Span::from_days(days)).read(&track.history, meter.sealed().unwrap_or_default());
    (whole.unsaved(), meter.tracks.iter().map(|track| [1, 4, 30].map(|days| read(track, days))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_restart_at_any_point_is_no_restart(
        all_series in prop::collection::vec((any_series(), any_series()), 1..4),
        cuts in prop::collection::vec((1_i64..60, 0_u8..3), 1..30),
        grouped: bool,
        dedupe: bool,
    ) {
        let labels_of = |on: bool| if on { vec!["instance".into()] } else { Vec::new() };
        let spec = MeterSpec { group_by: labels_of(grouped), dedupe: labels_of(dedupe && !grouped), ..events() };
        let rule = TimeSliceRule { slice: Span::from_mins(1), bad_above: 0.1 };
        let spec = MeterSpec { time_slices: dedupe.then_some(rule), ..spec };
        let named = |name: &str, i: usize, samples: &[Sample]| (labels(&format!("{name}{{job=\"j\", instance=\"{i}\"}}")), samples.to_vec());
        let source: Vec<_> =
            all_series.iter().enumerate().flat_map(|(i, (total, bad))| [named("total", i, total), named("bad", i, bad)]).collect();
        let (mut steady, mut restarted, mut kept) = (Meter::new(spec.clone()), Meter::new(spec.clone()), Kept::default());
        let mut from = 0;
        for (step, what) in cuts.iter().cycle() {
            let to = (from + step).min(600);
            feed(&mut steady, &source, from, to, Detail::Full);
            feed(&mut restarted, &source, from, to, Detail::Full);
            from = to;
            if *what > 0 && !restarted.tracks.is_empty() {
                kept.keep(&mut restarted);
            }
            if *what > 1 && !restarted.tracks.is_empty() {
                let back = kept.restore(&spec);
                prop_assert!(back.lost.is_empty() && !back.series_lost);
                prop_assert!(all(&back.meter) == all(&restarted));
                restarted = back.meter;
            }
            if from == 600 { break; }
        }
        let told = |meter: &Meter| meter.tracks.iter().map(|track| told(track, 600)).collect::<Vec<_>>();
        prop_assert_eq!(told(&steady), told(&restarted));
        let counts = |meter: &Meter| meter.tracks.iter().map(|t| (t.history.counts(at(0), at(600)), t.time_slices(at(0), at(600)))).collect::<Vec<_>>();
        prop_assert_eq!(counts(&steady), counts(&restarted));
    }

    #[test]
    fn damaged_parts_do_no_harm(cut in 0_usize..4000, flip in any::<u8>(), which in 0_usize..8) {
        let (spec, mut kept) = (events(), Kept::default());
        let mut meter = Meter::new(spec.clone());
        feed(&mut meter, &[steady("total", 1000, 7)], 0, 1000, Detail::Full);
        kept.keep(&mut meter);
        let mut parts = kept.parts();
        let which = which % parts.len();
        let bytes = &mut parts[which].bytes;
        let at = cut % bytes.len();
        if flip == 0 { bytes.truncate(at) } else { bytes[at] ^= flip }
        if let Some(back) = Meter::restore(spec, &parts) {
            prop_assert!(back.meter.sealed().is_some());
        }
    }
}

fn steady(name: &str, slices: i64, by: i64) -> (Labels, Vec<Sample>) {
    let samples = (0..=slices).map(|i| Sample { at: at(i), value: (i * by + i % 5) as f64 }).collect();
    (labels(&format!(r#"{name}{{instance="a"}}"#)), samples)
}

#[test]
fn asked_values_and_histograms_come_back_with_their_quantiles() {
    let lines = series(
        r#"t_bucket{instance="a", le="0.1"}: 0 50 90
           t_bucket{instance="a", le="0.25"}: 0 80 150
           t_bucket{instance="a", le="+Inf"}: 0 100 200"#,
    );
    let (mut meter, mut kept) = (Meter::new(histogram("0.25")), Kept::default());
    feed(&mut meter, &lines, 0, 2, Detail::Full);
    kept.keep(&mut meter);
    let back = kept.restore(&histogram("0.25")).meter;
    assert!(all(&back) == all(&meter));
    assert!(back.tracks[0].quantiles([0.5], at(2), STEP * 2, &mut Vec::new()).is_some());

    let ratio = asked(AskedPlan::Ratio { errors: "e".into(), total: "t".into(), unit: AskedUnit::PerSecond });
    let (mut meter, mut kept) = (Meter::new(ratio.clone()), Kept::default());
    feed(&mut meter, &series("e: 0.1 0.25 0.3\nt: 1.5 1.25 2"), -1, 2, Detail::Full);
    kept.keep(&mut meter);
    assert!(all(&kept.restore(&ratio).meter) == all(&meter), "fractions keep their unit");
}

#[test]
fn a_month_takes_less_than_200_kib_and_a_lost_page_is_named_and_mended() {
    let (spec, days) = (events(), 33_i64);
    let noise = |i: i64| (i.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(90);
    let (mut total, mut bad) = (0, 0);
    let (mut totals, mut bads) = (Vec::new(), Vec::new());
    for i in 0..=days * 5760 {
        (total, bad) = (total + 1500 + noise(i), bad + i64::from(noise(i * 31) == 0));
        totals.push(Sample { at: at(i), value: total as f64 });
        bads.push(Sample { at: at(i), value: bad as f64 });
    }
    let source = [(labels(r#"total{instance="a"}"#), totals), (labels(r#"bad{instance="a"}"#), bads)];
    let (mut meter, mut kept) = (Meter::new(spec.clone()), Kept::default());
    for day in 0..days {
        feed(&mut meter, &source, day * 5760, (day + 1) * 5760, Detail::Full);
        kept.keep(&mut meter);
    }
    assert!(all(&kept.restore(&spec).meter) == all(&meter));
    let old = kept.0.values().filter(|p| p.name.kind == PartKind::Slices).count();
    assert!(old >= 33, "{old} pages of single slices");

    for kind in [PartKind::Sums, PartKind::Slices] {
        for back in [1, 20] {
            let page = T0.0 / Span::from_days(1).0 + days - back;
            let mut parts = kept.parts();
            parts.retain(|part| part.name.kind != kind || part.name.page != page);
            let mut restored = Meter::restore(spec.clone(), &parts).expect("the rest is whole");
            if kind == PartKind::Slices && back == 20 {
                assert_eq!(restored.lost, [], "memory does not hold so old slices");
                continue;
            }
            let [span] = restored.lost[..] else { panic!("one page: {:?}", restored.lost) };
            assert_eq!(span.span(), Span::from_days(1));
            let counts = |meter: &Meter| meter.tracks[0].history.counts(at(3 * 5760), at(days * 5760));
            assert!(counts(&restored.meter).coverage() < 0.98, "what was lost is not covered, nor averaged over");
            let mut again = restored.meter.apart(span.from);
            let slice = |at: Ms| (at.0 - T0.0) / STEP.0;
            feed(&mut again, &source, slice(span.from), slice(span.to), Detail::Counts);
            restored.meter.mend(&again, span);
            assert_eq!(counts(&restored.meter), counts(&meter));
        }
    }
}

#[test]
fn without_the_state_of_its_series_a_meter_goes_on_from_first_sights() {
    let (spec, mut kept) = (events(), Kept::default());
    let source = [steady("total", 2000, 10)];
    let mut meter = Meter::new(spec.clone());
    feed(&mut meter, &source, 0, 1000, Detail::Full);
    kept.keep(&mut meter);
    kept.0.retain(|name, _| name.kind != PartKind::Meter);
    let mut back = kept.restore(&spec);
    assert!(back.series_lost && back.lost.is_empty());
    feed(&mut meter, &source, 1000, 2000, Detail::Full);
    feed(&mut back.meter, &source, 1000, 2000, Detail::Full);
    let counts = |meter: &Meter| meter.tracks[0].history.counts(at(0), at(2000));
    assert_eq!(counts(&meter).total, counts(&back.meter).total);
}

#[test]
fn a_longer_period_asks_for_what_lies_before() {
    let spec = MeterSpec { period: Span::from_days(4), ..events() };
    let (source, mut kept) = ([steady("total", 12 * 5760, 7)], Kept::default());
    let mut meter = Meter::new(spec.clone());
    feed(&mut meter, &source, 0, 12 * 5760, Detail::Full);
    kept.keep(&mut meter);
    let longer = MeterSpec { period: Span::from_days(9), ..spec.clone() };
    assert_eq!(spec.identity(), longer.identity());
    let mut back = Meter::restore(longer, &kept.parts()).expect("restored");
    assert!(back.lost.len() >= 5, "{:?}", back.lost);
    for span in back.lost.clone() {
        let mut part = back.meter.apart(span.from);
        feed(&mut part, &source, (span.from.0 - T0.0) / STEP.0, (span.to.0 - T0.0) / STEP.0, Detail::Counts);
        back.meter.mend(&part, span);
    }
    let sums = Window::new(Span::from_days(9)).read(&back.meter.tracks[0].history, at(12 * 5760));
    assert_eq!((sums.coverage(), sums.total), (1.0, source[0].1[12 * 5760].value - source[0].1[3 * 5760].value));
}
