//! How quick counting and judging are: one tick of a thousand tracks, a month of ticks of one, a fill of 30 days, and the
//! memory of an SLO. Run with `cargo bench --bench judge`.

use burnledger::domain::base::{Labels, Ms, Severity, SloId, Span, Target};
use burnledger::domain::judge::{Judge, Verdict};
use burnledger::domain::measure::{Ask, Batch, Births, Count, CountedPlan, Detail, Meter, Plan, Selector, Sink};
use burnledger::domain::objective::{Guards, Mode, Period, Sli, Slo, Tier};
use divan::Bencher;
use rust_decimal::Decimal;

/// Shows that judging allocates nothing once it is warm.
#[global_allocator]
static ALLOC: divan::AllocProfiler = divan::AllocProfiler::system();

const STEP: Span = Span::from_secs(15);
const T0: Ms = Ms::from_secs(900 * 2_000_000);
const MONTH: i64 = 30 * 5760;

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    divan::main();
    let (meter, _) = filled(MONTH, 8);
    let track = &meter.tracks()[0];
    println!(
        "memory of an SLO, 30 d at 15 s: {} KiB (whole meter with 8 series: {} KiB)",
        track.bytes() / 1024,
        meter.bytes() / 1024
    );
}

fn slo() -> Slo {
    let tier = |severity, factor: i64, long, short| Tier {
        severity,
        factor: Decimal::new(factor, 1),
        long: Span::from_mins(long),
        short: Span::from_mins(short),
    };
    let count = |name| Count { plus: vec![Selector::metric(name)], minus: Vec::new() };
    Slo {
        id: SloId::new("shop", "availability"),
        service: "shop".into(),
        name: "availability".into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        sli: Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) }),
        source: None,
        group_by: Vec::new(),
        max_groups: burnledger::domain::measure::MAX_TRACKS,
        count_up_to: burnledger::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: burnledger::domain::objective::BudgetMethod::Occurrences,
        tiers: vec![
            tier(Severity::P0, 144, 60, 5),
            tier(Severity::P1, 60, 360, 30),
            tier(Severity::P2, 30, 1440, 120),
            tier(Severity::P2, 10, 4320, 360),
        ],
        breach: Vec::new(),
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "bench.yaml".into(),
    }
}

/// Answers of a source for `(from, to]`: half of the series count errors.
fn answers(meter: &mut Meter, from: i64, to: i64, series: i64) -> Vec<(burnledger::domain::measure::Role, Batch)> {
    let at = |i: i64| T0 + STEP * i;
    let answer = |ask: &Ask| {
        let name = if format!("{ask:?}").contains("\"bad\"") { "bad" } else { "total" };
        let mut batch = Batch::default();
        for instance in 0..series / 2 {
            batch.series(&Labels::new([("__name__", name), ("instance", &instance.to_string())]));
            for i in from..=to {
                let count = if name == "bad" { i / 50 } else { i * 700 };
                batch.sample(at(i), (count + instance) as f64);
            }
        }
        batch
    };
    meter.asks(at(from), at(to), Detail::Full).into_iter().map(|(role, ask)| (role, answer(&ask))).collect()
}

fn filled(slices: i64, series: i64) -> (Meter, Ms) {
    let mut meter = Meter::new(slo().meter_spec(STEP));
    for (role, batch) in answers(&mut meter, 0, slices, series) {
        meter.take(role, &batch);
    }
    let now = T0 + STEP * slices;
    meter.seal(now);
    (meter, now)
}

/// 1,000 tracks, 8 windows and 4 tiers each, one step on.
#[divan::bench]
fn evaluate_1000_tracks_x_8_windows_x_4_tiers(bencher: Bencher) {
    let slo = slo();
    let (meter, now) = filled(4 * 5760, 2);
    let mut tracks: Vec<_> = (0..1000).map(|_| (meter.tracks()[0].clone(), Judge::new(&slo, STEP), Verdict::default())).collect();
    let mut at = now - Span::from_mins(30);
    bencher.bench_local(|| {
        at = if at >= now { now - Span::from_mins(30) } else { at + STEP };
        for (track, judge, verdict) in &mut tracks {
            judge.evaluate(&slo, track, at, verdict);
        }
    });
}

/// Every tick of a month for one SLO, counting included, fed an hour at a time as a backtest does.
#[divan::bench(sample_count = 5)]
fn backtest_a_month_of_one_slo(bencher: Bencher) {
    let slo = slo();
    bencher
        .with_inputs(|| {
            let mut asker = Meter::new(slo.meter_spec(STEP));
            (0..MONTH / 240).map(|hour| answers(&mut asker, hour * 240, (hour + 1) * 240, 8)).collect::<Vec<_>>()
        })
        .bench_local_values(|hours| {
            let mut meter = Meter::new(slo.meter_spec(STEP));
            meter.begin(T0);
            let (mut judge, mut verdict, mut at) = (Judge::new(&slo, STEP), Verdict::default(), T0);
            for hour in &hours {
                for (role, batch) in hour {
                    meter.take(*role, batch);
                }
                meter.seal(at + Span::from_hours(1));
                for _ in 0..240 {
                    at = at + STEP;
                    judge.evaluate(&slo, &meter.tracks()[0], at, &mut verdict);
                }
            }
            verdict
        });
}

/// The same tracks where a backtest asks only whether they are calm: what it costs to step over one instant of each.
#[divan::bench]
fn step_over_1000_calm_tracks(bencher: Bencher) {
    let slo = slo();
    let (meter, now) = filled(4 * 5760, 2);
    let mut tracks: Vec<_> = (0..1000).map(|_| (meter.tracks()[0].clone(), Judge::new(&slo, STEP), Verdict::default())).collect();
    let begin = now - Span::from_mins(30);
    let mut at = begin;
    for (track, judge, verdict) in &mut tracks {
        judge.evaluate(&slo, track, begin, verdict);
    }
    bencher.bench_local(|| {
        at = if at >= now { begin } else { at + STEP };
        let calm = tracks.iter_mut().filter_map(|(track, judge, _)| judge.is_calm(track, at).then_some(())).count();
        assert_eq!(calm, 1000);
    });
}

/// What is kept of an SLO of 8 series, back to a meter: a restart's work beside reading the file.
#[divan::bench]
fn restore_30_days_x_8_series(bencher: Bencher) {
    let (meter, _) = filled(MONTH, 8);
    let parts = meter.unsaved();
    bencher.bench_local(|| Meter::restore(slo().meter_spec(STEP), &parts).is_some());
}

/// 30 days of 8 series, 1.4 million samples, from decoded samples to sealed slices.
#[divan::bench(sample_count = 5)]
fn fill_30_days_x_8_series(bencher: Bencher) {
    let mut asker = Meter::new(slo().meter_spec(STEP));
    let batches = answers(&mut asker, 0, MONTH, 8);
    bencher.bench_local(|| {
        let mut meter = Meter::new(slo().meter_spec(STEP));
        meter.begin(T0);
        for (role, batch) in &batches {
            meter.take(*role, batch);
        }
        meter.seal(T0 + STEP * MONTH);
        meter.sealed()
    });
}
