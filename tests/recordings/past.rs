//! Cells of the past hold exactly the events that were counted, and the budget's way ends where the budget stands.

use super::folder;
use burnledger::app::demo::Demo;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{Labels, Ms, Span};
use burnledger::domain::view::{Lookback, PastOf, Role, TrackId};
use burnledger::engine::health::Health;
use burnledger::engine::look::look;
use burnledger::engine::past::past;
use burnledger::engine::state::State;
use std::sync::Arc;

#[tokio::test]
async fn cells_add_up_to_the_window_and_the_budget() {
    let demo = Demo::load("connection-pool", folder("connection-pool").parent().unwrap()).unwrap();
    let at = Ms::parse_rfc3339("2026-03-17T02:47:00Z").unwrap();
    let clock = Arc::new(ManualClock::new(at + Span::from_mins(1)));
    let plan = demo.plan(Demo::ledger(None).await.unwrap(), clock, None, std::io::sink());
    let mut state = State::new(Arc::clone(&plan.book), plan.settings);
    let health = Health::new("demo".into(), Role::Watching, plan.source.name(), Arc::new(Vec::new));
    let looked = look(&mut state, health, &plan.source, at, 4, |_, _| {}).await;
    let row = looked.snapshot.slos.iter().find(|r| r.verdict.as_ref().is_some_and(|v| v.budget.bad > 0.0)).unwrap();
    let verdict = row.verdict.as_ref().unwrap();
    let track = TrackId { slo: row.slo.id.clone(), group: Labels::default() };

    let hour = Lookback { of: PastOf::AllBurn, from: at - Span::from_hours(1), to: at, cells: 60 };
    let cells = past(&state, &hour);
    assert_eq!((cells.from, cells.to, cells.cell), (hour.from, at, Span::from_mins(1)));
    let mine = cells.rows.iter().find(|r| r.track == track).unwrap();
    let window = verdict.windows.iter().find(|w| w.window == Span::from_hours(1)).unwrap();
    assert_eq!(f64::from(mine.bad.iter().sum::<f32>()), window.bad, "bad events of the hour");
    assert_eq!(Some(f64::from(mine.total.iter().sum::<f32>())), window.total, "all events of the hour");

    let burn = PastOf::Burn { track: track.clone(), window: Some(Span::from_hours(1)) };
    let line = past(&state, &Lookback { of: burn, ..hour.clone() });
    assert_eq!(line.rows[0].values.last().copied(), window.burn_rate.map(|b| b as f32), "the last point is now's");

    let left = Lookback { of: PastOf::Remaining { track }, from: at - Span::from_days(30), to: at, cells: 100 };
    let left = past(&state, &left).rows.remove(0).values;
    assert_eq!(left.last().copied(), verdict.budget.remaining.map(|r| r as f32), "what is left now");
    assert!(left.iter().filter(|v| v.is_finite()).is_sorted_by(|a, b| a >= b), "a period's budget is only spent: {left:?}");
}
