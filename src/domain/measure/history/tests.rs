//! Tests of the history and its windows against a model that keeps every slice and adds up naively.

use super::*;
use crate::domain::measure::Window;
use proptest::prelude::*;
use std::collections::BTreeMap;

const STEP: Span = Span::from_secs(60);

fn history(period: Span) -> History {
    History::new(STEP, period, Span::from_hours(1))
}

fn sampled(bad: f64, total: f64) -> Slice {
    Slice { state: SliceState::Sampled, bad, total, ..Slice::default() }
}

/// What a window should tell: bad, total, observed.
fn naive(model: &BTreeMap<i64, Slice>, from: i64, to: i64) -> (f64, f64, u32) {
    let within = model.range(from + 1..=to).map(|(_, s)| s);
    let counted = within.clone().filter(|s| matches!(s.state, SliceState::Sampled | SliceState::Between));
    let observed = counted.clone().filter(|s| !s.bridged).count() as u32;
    (counted.clone().map(|s| s.bad).sum(), counted.map(|s| s.total).sum(), observed)
}

#[test]
fn windows_are_exact_to_three_days_and_whole_quarters_beyond() {
    let mut history = history(Span::from_days(5));
    let first = 1_000_000;
    for k in first..first + 7 * 1440 {
        history.write(k, sampled(1.0, 2.0));
        history.advance(k);
    }
    let at = Ms((first + 7 * 1440 - 1) * STEP.0 + 30_000);
    let read = |span: Span| Window::new(span).read(&history, at);
    assert_eq!((read(Span::from_days(3)).total, read(Span::from_days(3)).slices), (8640.0, 4320));
    let long = read(Span::from_days(4));
    let floor = (at.floor_to(STEP) - Span::from_days(4)).floor_to(Span::from_mins(15));
    assert_eq!(long.from, floor);
    assert_eq!(long.total, 2.0 * f64::from(long.slices));
    assert_eq!((long.coverage(), long.ratio()), (1.0, Some(0.5)));
}

#[test]
fn what_was_never_known_is_not_covered() {
    let mut history = history(Span::from_days(5));
    (1000..1030).for_each(|k| {
        history.write(k, sampled(0.0, 1.0));
        history.advance(k);
    });
    let counts = Window::new(Span::from_hours(1)).read(&history, Ms(1029 * STEP.0));
    assert_eq!((counts.coverage(), counts.from), (0.5, Ms((1029 - 60) * STEP.0)));
    let ahead = Window::new(Span::from_mins(10)).read(&history, Ms(1034 * STEP.0));
    assert_eq!((ahead.coverage(), ahead.total), (0.5, 5.0));
}

#[test]
fn a_long_outage_forgets_the_past_and_starts_anew() {
    let mut history = history(Span::from_days(5));
    history.write(1000, sampled(1.0, 1.0));
    history.write(1000 + 1440 * 400, sampled(1.0, 2.0));
    history.advance(1000 + 1440 * 400);
    let at = Ms((1000 + 1440 * 400) * STEP.0);
    assert_eq!(Window::new(Span::from_days(5)).read(&history, at).total, 2.0);
    assert!(history.blocks.len() < 3);
}

#[test]
fn thirty_days_at_fifteen_seconds_take_less_than_160_kib() {
    let mut history = History::new(Span::from_secs(15), Span::from_days(30), Span::from_hours(1));
    for k in 0..33 * 5760 {
        history.write(k, sampled((k % 3) as f64, 900.0));
        history.advance(k);
    }
    assert!(history.bytes() <= 160 * 1024, "{} bytes", history.bytes());
}

#[test]
fn great_counts_widen_their_block_and_too_great_ones_are_data_errors() {
    let mut history = history(Span::from_days(5));
    assert!(history.write(100, sampled(1.0, 10.0)));
    assert!(history.write(101, sampled(100_000_000.0, 4_000_000_000.0)));
    assert!(!history.write(102, sampled(0.0, 5_000_000_000.0)));
    history.advance(102);
    assert_eq!(history.slice_at(Ms(102 * STEP.0)).state, SliceState::DataError);
    let counts = history.counts(Ms(0), Ms(102 * STEP.0));
    assert_eq!((counts.bad, counts.total), (100_000_001.0, 4_000_000_010.0));
}

#[test]
fn fractions_make_the_unit_finer_and_great_counts_coarser_again() {
    let mut history = history(Span::from_days(5));
    history.write(100, sampled(3.0, 10.0));
    history.write(101, sampled(0.25, 0.5));
    assert_eq!(history.scale, FINEST);
    assert_eq!(history.counts(Ms(0), Ms(101 * STEP.0)).bad, 3.25);
    history.write(102, sampled(5_000.0, 1_000_000.5));
    assert!(history.scale < FINEST && history.scale > 1);
    assert_eq!(history.counts(Ms(0), Ms(102 * STEP.0)).total, 1_000_011.0);
}

/// What happens to a history.
#[derive(Clone, Debug)]
enum Act {
    /// The next slice, so many later.
    Next(i64, Slice),
    /// A slice that far back changes.
    Amend(i64, Slice),
    /// Every window is read, that far back.
    Read(i64),
}

fn any_slice() -> impl Strategy<Value = Slice> {
    let state = prop_oneof![
        6 => Just(SliceState::Sampled),
        1 => Just(SliceState::Between),
        1 => Just(SliceState::NoData),
        1 => Just(SliceState::DataError),
        1 => Just(SliceState::Excluded)
    ];
    let count = prop_oneof![5 => 0_u32..100, 1 => 0_u32..100_000];
    (state, count, prop::bool::weighted(0.1), prop_oneof![30 => Just(1.0), 1 => Just(0.5)]).prop_map(
        |(state, n, bridged, unit)| {
            let counts = matches!(state, SliceState::Sampled | SliceState::Excluded);
            let total = if counts { f64::from(n) * unit } else { 0.0 };
            Slice { state, bad: (total / 3.0).floor(), total, bridged, partial: false }
        },
    )
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => (prop_oneof![20 => Just(1_i64), 2 => 2_i64..40, 1 => 40_i64..900], any_slice()).prop_map(|(by, s)| Act::Next(by, s)),
        1 => (0_i64..3000, any_slice()).prop_map(|(back, s)| Act::Amend(back, s)),
        5 => prop_oneof![5 => Just(0_i64), 1 => -5_i64..60].prop_map(Act::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn sliding_windows_equal_a_naive_sum_whatever_happens(acts in prop::collection::vec(any_act(), 1..300)) {
        let mut history = history(Span::from_days(6));
        let mut model = BTreeMap::new();
        let spans = ["1m", "5m", "1h", "1d", "3d", "4d", "6d"].map(|text| Span::parse(text).unwrap());
        let mut windows = spans.map(Window::new);
        let mut newest = 500_000;
        for act in acts {
            match act {
                Act::Next(by, slice) => {
                    newest += by;
                    history.write(newest, slice);
                    history.advance(newest);
                    model.insert(newest, slice);
                }
                Act::Amend(back, slice) if history.start().is_some_and(|start| start.0 < (newest - back) * STEP.0) => {
                    history.write(newest - back, slice);
                    model.insert(newest - back, slice);
                }
                Act::Amend(..) => {}
                Act::Read(back) => for (window, span) in windows.iter_mut().zip(spans) {
                    let at = newest - back;
                    let told = window.read(&history, Ms(at * STEP.0));
                    let edge = at - span.0 / STEP.0;
                    let edge = if span > EXACT { edge.div_euclid(15) * 15 } else { edge };
                    prop_assert_eq!(told.from, Ms(edge * STEP.0));
                    prop_assert_eq!((told.bad, told.total, told.observed), naive(&model, edge, at), "{} at {}", span, at);
                },
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_window_with_room_is_not_above_its_level(
        acts in prop::collection::vec(any_act(), 1..300),
        level in prop::sample::select(vec![0.001, 0.2, 0.34, 0.5, 40.0]),
        counted: bool,
    ) {
        let mut history = history(Span::from_days(6));
        let spans = ["5m", "1h", "1d", "3d"].map(|text| Span::parse(text).unwrap());
        let mut rooms = [Room::NONE; 4];
        let ceiling = if counted { Ceiling::Count(level) } else { Ceiling::Ratio(level) };
        let mut newest = 500_000;
        for act in acts {
            match act {
                Act::Next(by, slice) => {
                    newest += by;
                    history.write(newest, slice);
                    history.advance(newest);
                }
                Act::Amend(back, slice) if history.start().is_some_and(|start| start.0 < (newest - back) * STEP.0) => {
                    history.write(newest - back, slice);
                }
                Act::Amend(..) | Act::Read(_) => {}
            }
            let at = Ms(newest * STEP.0);
            for (room, span) in rooms.iter_mut().zip(spans) {
                let counts = Window::new(span).read(&history, at);
                let above = if counted { counts.bad > level } else { counts.ratio().is_some_and(|ratio| ratio > level) };
                let kept = history.has_room(room, at);
                prop_assert!(!kept || !above, "{span} at {at}: {counts:?}");
                if !kept {
                    let new = history.room(span, at, ceiling);
                    prop_assert!(new.is_none() || !above, "{span} at {at}: {counts:?}");
                    *room = new.unwrap_or(Room::NONE);
                }
            }
        }
    }
}
