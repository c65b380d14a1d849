//! Screens over a replay: what they show of the past comes from the film, at once, and nothing of what came later.

use super::fixture;
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Ms, Span};
use burnledger::domain::judge::{BudgetStatus, Verdict, WindowStatus};
use burnledger::domain::view::{Film, FilmAsk, Lookback, PastOf, Question, SloRow, Snapshot, TrackId};
use burnledger::tui::model::{Replay, Tab};
use burnledger::tui::theme::Depth;
use burnledger::tui::{Effect, Msg};
use std::sync::Arc;

const SIZE: (u16, u16) = (120, 36);
const STEP: Span = Span::from_secs(15);
const FIVE: Span = Span::from_mins(5);

/// Frame `i` of an hour has seen `i` bad events of 1000 within five minutes, and the budget goes with it.
fn film() -> (Film, TrackId) {
    let from = Ms::from_secs(3_600_000);
    let first = fixture::rows().remove(0);
    let frame = |i: i64| {
        let bad = i as f64;
        let five = WindowStatus { window: FIVE, bad, total: Some(1000.0), burn_rate: Some(bad), ..WindowStatus::default() };
        let budget = BudgetStatus { remaining: Some(1.0 - bad / 2400.0), ..BudgetStatus::default() };
        let verdict = Verdict { at: from + STEP * i, windows: vec![five], budget, ..Verdict::default() };
        let row = SloRow { verdict: Some(Arc::new(verdict)), spark: (0..72).map(|p| p as f32).collect(), ..first.clone() };
        Arc::new(Snapshot { slos: vec![row], ..Snapshot::default() })
    };
    let frames = (0..=240).map(frame).collect();
    (Film { from, to: from + STEP * 240, step: STEP, frames, ..Film::default() }, TrackId::of(&first))
}

fn ask(of: PastOf, from: Ms, to: Ms, cells: usize) -> Lookback {
    Lookback { of, from, to, cells }
}

#[test]
fn a_curve_is_read_from_the_frames_and_before_them_from_the_line_that_they_show() {
    let (film, track) = film();
    let over = |window| PastOf::Burn { track: track.clone(), window: Some(window) };
    let half = film.from + Span::from_mins(30);
    let past = film.past(&ask(over(FIVE), film.from - Span::from_hours(1), half, 6)).unwrap();
    // The line has a value for every five minutes, the newest 71; 75 and 60 minutes before its end lie 15 and 12 of them back.
    assert_eq!(past.rows[0].values.to_vec(), [56.0, 59.0, 62.0, 0.0, 60.0, 120.0][..].to_vec());
    let day = film.past(&ask(over(FIVE), half - Span::from_days(1), half, 4)).unwrap();
    assert!(day.rows[0].values[0].is_nan() && day.rows[0].values[3] == 120.0, "beyond six hours nothing is known: {day:?}");
    let other = film.past(&ask(over(Span::from_hours(3)), film.from, film.to, 4)).unwrap();
    assert!(other.rows[0].values.iter().all(|v| v.is_nan()), "a window that no rule has was not measured");
    let left = film.past(&ask(PastOf::Remaining { track }, film.from, film.to, 2)).unwrap();
    assert_eq!(left.rows[0].values.to_vec(), [0.95, 0.9]);
}

#[test]
fn the_map_adds_up_whole_five_minutes_and_ends_at_the_cursor() {
    let (film, track) = film();
    let to = film.from + Span::from_mins(32);
    let past = film.past(&ask(PastOf::AllBurn, film.from - Span::from_days(1), to, 3)).unwrap();
    assert_eq!((past.from, past.to), (film.from, film.from + Span::from_mins(30)), "what came later is not shown");
    assert_eq!((past.cell, past.rows.len()), (Span::from_mins(10), 1));
    assert_eq!(past.rows[0].bad.to_vec(), [20.0 + 40.0, 60.0 + 80.0, 100.0 + 120.0]);
    assert_eq!(past.rows[0].values.to_vec(), [30.0, 70.0, 110.0]);
    let first = film.past(&ask(PastOf::AllBurn, film.from - Span::from_days(1), film.from, 80)).unwrap();
    assert!(first.rows[0].values.is_empty(), "at its first instant the film has no past");
    assert!(film.past(&ask(PastOf::Latency { track }, film.from, film.to, 60)).is_none());
}

/// A replay of an hour and a half, standing at 14:30.
fn replaying() -> Scene {
    Scene::of(fixture::busy(), SIZE).press("5").told_past().press("g").write("14:30:00").press("Enter")
}

fn asks(scene: &Scene) -> usize {
    scene.effects.iter().filter(|e| matches!(e, Effect::Ask { question: Question::Past(_), .. })).count()
}

#[test]
fn an_slo_in_a_replay_has_its_charts_without_asking_anybody() {
    let scene = replaying().press("1 d");
    assert_eq!((asks(&scene), scene.model.tab), (0, Tab::Slo));
    let text = scene.text();
    assert!(!text.contains("reading history"), "{text}");
    let (burn, budget) = (scene.model.slo.burn.past().unwrap(), scene.model.slo.budget.past().unwrap());
    let end = fixture::at("14:30:00");
    assert!(burn.to <= end && budget.to <= end, "nothing of what came later");
    let last = *burn.rows[0].values.last().unwrap();
    assert!(last > 20.0, "28x over an hour: {last}");
    let began = fixture::at("13:30:00").since(budget.from);
    assert!(began < Span::from_mins(1), "a film knows the budget of its own stretch, not {began} before it");
    // The next moment is another picture.
    let before = scene.press("5 g").write("14:00:00").press("Enter 1 d");
    let calm = *before.model.slo.burn.past().unwrap().rows[0].values.last().unwrap();
    assert!(calm < 1.0 && before.model.slo.burn.past().unwrap().to <= fixture::at("14:00:00"), "{calm}");
}

#[test]
fn the_heatmap_in_a_replay_ends_at_the_cursor_and_says_what_it_spans() {
    let scene = replaying().press("4");
    assert_eq!(asks(&scene), 0);
    let past = scene.model.heat.burn.past().unwrap();
    assert_eq!((past.from, past.to), (fixture::at("13:30:00"), fixture::at("14:30:00")));
    let text = scene.text();
    assert!(text.contains("burn of each SLO, 1h00m, 5m a cell"), "{text}");
    let latency = scene.press("j Tab").text();
    assert!(latency.contains("not shown: a replay keeps no buckets of latency"), "{latency}");
}

#[test]
fn back_in_the_present_the_engine_is_asked_again() {
    let scene = replaying().press("1 d 5 Esc");
    assert!(scene.model.replay.is_none());
    let scene = scene.press("1 d");
    assert!(asks(&scene) >= 3, "{:?}", scene.effects);
    assert!(scene.model.slo.burn.past().is_none(), "a film's answer is not the present's");
}

#[test]
fn past_incidents_are_listed_in_a_replay_too_and_looking_at_them_ends_none() {
    let scene = replaying().press("3");
    assert!(scene.effects.iter().any(|e| matches!(e, Effect::Ask { question: Question::Incidents { .. }, .. })));
    let scene = alone().press("g").write("14:30:00").press("Enter 3 5");
    assert_eq!((scene.model.tab, scene.model.wall()), (Tab::Replay, fixture::at("14:30:00")), "it goes on where it was");
}

#[test]
fn a_time_outside_of_the_replay_is_refused_and_says_where_it_lies() {
    let scene = replaying().press("g").write("21:06").press("Enter");
    let text = scene.text();
    assert!(text.contains("21:06 is outside of this replay: 13:30 - 15:00"), "{text}");
    assert!(scene.model.overlay.is_some(), "what was typed stays to be mended");
    let scene = replaying().press("g").write("-10m").press("Enter");
    assert_eq!(scene.model.wall(), fixture::at("14:20:00"));
    let scene = replaying().press("g").write("-30h").press("Enter");
    assert_eq!(scene.model.wall(), fixture::at("13:30:00"), "steps end at the edge");
}

/// A replay with nothing but its film: the desk's snapshots have ended before there was one.
fn alone() -> Scene {
    let mut scene = Scene::new(SIZE, Charset::Unicode, Depth::TrueColor);
    let (ask, world) = (FilmAsk::Incident(IncidentId(142)), fixture::busy());
    scene.model.replay = Some(Replay::new(ask.clone()));
    scene.model.tab = Tab::Replay;
    scene.model.fresh = false;
    scene.tell(Msg::Snapshot(Arc::default()));
    scene.tell(Msg::CutOff);
    assert!(scene.text().contains(" REPLAY ") && !scene.text().contains("ENGINE GONE"), "while it is made: {}", scene.text());
    let film = fixture::answer(&world, &Question::Film(ask));
    let ticket = scene.effects.iter().find_map(|e| match e {
        Effect::Ask { ticket, question: Question::Film(_) } => Some(*ticket),
        _ => None,
    });
    scene.tell(Msg::Answer { ticket: ticket.expect("the film is asked for"), result: Ok(film) });
    scene
}

#[test]
fn a_replay_without_an_engine_says_nothing_of_a_lost_one_and_is_not_left_by_mistake() {
    let scene = alone();
    let text = scene.text();
    assert!(!text.contains("ENGINE GONE") && !text.contains("engine behind this screen"), "{text}");
    assert!(!text.contains("No SLO matches") && text.contains("q quits"), "the list is there at once: {text}");
    let scene = scene.press("Esc");
    assert!(scene.model.replay.is_some() && scene.model.tab == Tab::Replay, "there is no present to go back to");
    assert!(scene.text().contains("no engine stands behind this replay"), "{}", scene.text());
}

#[test]
fn a_replay_begins_at_the_slo_that_its_incident_hurt_and_keeps_a_chosen_one() {
    let incident = &fixture::checkout().incident;
    let scene = alone();
    let selected = scene.model.list.selected.clone().expect("one is selected");
    assert!(incident.services.iter().any(|(_, slos)| slos.contains(&selected.slo)), "{selected:?}");
    let chosen = Scene::of(fixture::busy(), SIZE).press("1 j j");
    let before = chosen.model.list.selected.clone();
    let scene = chosen.press("5").told_past();
    assert_eq!(scene.model.list.selected, before, "what a person has chosen stays");
}
