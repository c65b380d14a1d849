//! What the screen in front wants to know of the past or the ledger, asked once.

use super::{Effect, palette};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::view::{Answer, Lookback, PastOf, Question, Refusal, TileKind, TrackId, ValuesAsk};
use crate::tui::model::fetch::Fetch;
use crate::tui::model::history::MOST;
use crate::tui::model::slo::Stretch;
use crate::tui::model::{HeatKind, Model, Tab};
use crate::tui::view::{board, layout};
use std::sync::Arc;

/// Questions of the screen in front that were not asked yet.
pub(super) fn wanted(model: &mut Model) -> Vec<Effect> {
    if model.tab == Tab::Replay {
        return of_replay(model);
    }
    let Some(now) = newest(model) else { return Vec::new() };
    match model.tab {
        Tab::Slo => of_slo(model, now),
        Tab::Heat => of_heat(model, now),
        Tab::History => of_history(model),
        Tab::Board if !model.is_replaying() => of_board(model, now),
        Tab::Overview => of_overview(model, now),
        Tab::Board | Tab::Incident | Tab::Replay => Vec::new(),
    }
}

/// The newest instant there is on the screen.
fn newest(model: &Model) -> Option<Ms> {
    model.shown()?.at
}

/// Snapshots carry the last six hours; another stretch is asked for.
fn of_overview(model: &mut Model, now: Ms) -> Vec<Effect> {
    if !model.sparks_moved() {
        return Vec::new();
    }
    let question = model.sparks.stretch.ask(PastOf::AllBurn, layout::spark_cells(model), now);
    ask(model, &question, |m| &mut m.sparks.past).into_iter().collect()
}

fn of_slo(model: &mut Model, now: Ms) -> Vec<Effect> {
    let Some(track) = model.slo.track.clone() else { return Vec::new() };
    let Some(period) = model.row_of(&track).map(|row| row.slo.period.span()) else { return Vec::new() };
    let columns = layout::chart_columns(model);
    let stretch = model.slo.stretch;
    let burn = PastOf::Burn { track: track.clone(), window: Some(model.slo.window()) };
    let strip = PastOf::Burn { track: track.clone(), window: Some(Span::from_mins(5)) };
    // A film knows the budget of its own stretch alone.
    let filmed = model.replay.as_ref().and_then(|r| r.film()).map(|film| now.since(film.from));
    let spent = budget_question(PastOf::Remaining { track }, filmed.map_or(period, |s| s.min(period)), columns, now);
    let asks = [
        (stretch.ask(burn, columns * 2, now), (|m: &mut Model| &mut m.slo.burn) as fn(&mut Model) -> &mut Fetch),
        (stretch.ask(strip, columns, now), |m| &mut m.slo.strip),
        (spent, |m| &mut m.slo.budget),
    ];
    asks.into_iter().filter_map(|(question, slot)| ask(model, &question, slot)).collect()
}

fn of_heat(model: &mut Model, now: Ms) -> Vec<Effect> {
    let cells = layout::heat_columns(model);
    let mut asks = Vec::new();
    if model.heat.kind == HeatKind::Burn {
        let stretch = model.heat.stretch;
        let question = if model.is_replaying() {
            // Nobody has to be asked, so the map may end at the cursor itself.
            let to = stretch.end(now);
            Question::Past(Lookback { of: PastOf::AllBurn, from: to - stretch.span(), to, cells })
        } else {
            stretch.ask(PastOf::AllBurn, cells, now)
        };
        asks.extend(ask(model, &question, |m| &mut m.heat.burn));
    }
    if let Some(track) = model.list.selected.clone() {
        // Buckets are kept for an hour.
        let question = Stretch::live(1).ask(PastOf::Latency { track }, cells.min(60), now);
        asks.extend(ask(model, &question, |m| &mut m.heat.latency));
    }
    asks
}

/// The film, asked once.
fn of_replay(model: &mut Model) -> Vec<Effect> {
    let ticket = model.next_ticket;
    let Some(replay) = &mut model.replay else { return Vec::new() };
    let question = Question::Film(replay.ask.clone());
    if !replay.fetch.want(&question, ticket) {
        return Vec::new();
    }
    model.next_ticket += 1;
    vec![Effect::Ask { ticket, question }]
}

fn of_history(model: &mut Model) -> Vec<Effect> {
    if let Some(snapshot) = model.shown().cloned().filter(|_| !model.is_replaying()) {
        model.history.renew(&snapshot);
    }
    let list = ask(model, &Question::Incidents { limit: MOST }, |m| &mut m.history.list);
    let standards = ask(model, &Question::Standards, |m| &mut m.history.standards);
    list.into_iter().chain(standards).collect()
}

/// What the tiles want to know. A source that is slow is not asked anew before it has answered.
fn of_board(model: &mut Model, now: Ms) -> Vec<Effect> {
    let asks: Vec<Option<Question>> = (0..model.board.tiles.len()).map(|tile| of_tile(model, tile, now)).collect();
    let mut out = Vec::new();
    for ((_, fetch), question) in model.board.tiles.iter_mut().zip(asks) {
        let ticket = model.next_ticket;
        let Some(question) = question.filter(|_| !fetch.is_waiting()) else { continue };
        if fetch.want(&question, ticket) {
            model.next_ticket += 1;
            out.push(Effect::Ask { ticket, question });
        }
    }
    out
}

/// The question of one tile at its present size; none where it is not drawn or needs no answer.
fn of_tile(model: &Model, tile: usize, now: Ms) -> Option<Question> {
    let shown = &model.board.tiles.get(tile)?.0;
    let (live, now, last) = (now, model.board.end(now), model.board.span());
    let columns = board::place_of(model, tile)?.width;
    let cells = layout::tile_columns(columns) * 2;
    let past = |of, span: Span, most: Span, now: Ms| {
        let cell = Span((span.0 / cells.max(1) as i64).clamp(1000, most.0.max(1000)));
        let to = now.floor_to(cell);
        Question::Past(Lookback { of, from: to - span, to, cells: cells.min(Lookback::MOST_CELLS) })
    };
    let track = |slo| board::row_of(model, slo).map(TrackId::of);
    let values = |expr: &Text, cell: Span, cells: usize| {
        Question::Values(ValuesAsk {
            source: shown.source.clone(),
            expr: expr.clone(),
            to: now.floor_to(cell),
            cell,
            cells: cells.clamp(1, ValuesAsk::MOST_CELLS),
        })
    };
    Some(match &shown.kind {
        TileKind::Burn { slo, window } => past(PastOf::Burn { track: track(slo)?, window: Some(*window) }, last, last, now),
        TileKind::Budget { slo } => {
            let period = board::row_of(model, slo)?.slo.period.span();
            // A budget is told as it stands, over its own period.
            past(PastOf::Remaining { track: track(slo)? }, period, Span(60_000), live)
        }
        TileKind::Value { expr } | TileKind::Table { expr, .. } => values(expr, board::SHORTEST, 1),
        TileKind::Sparkline { expr } | TileKind::Heatmap { expr, .. } => {
            let shortest = board::SHORTEST.0;
            let cell = (last.0 / columns.max(1) as i64).div_euclid(shortest).max(0) * shortest + shortest;
            values(expr, Span(cell), (last.0 / cell).unsigned_abs() as usize)
        }
        TileKind::Text(_) => return None,
    })
}

/// The budget's way over its whole period, whatever stretch the burn chart shows.
fn budget_question(of: PastOf, period: Span, columns: usize, now: Ms) -> Question {
    let cells = layout::budget_columns(columns).0 * 2;
    let cell = Span((period.0 / cells.max(1) as i64).max(1000));
    let to = now.floor_to(Span(cell.0.min(60_000)));
    Question::Past(Lookback { of, from: to - period, to, cells })
}

fn ask(model: &mut Model, question: &Question, slot: fn(&mut Model) -> &mut Fetch) -> Option<Effect> {
    let ticket = model.next_ticket;
    if !slot(model).want(question, ticket) {
        return None;
    }
    model.next_ticket += 1;
    if let Some(told) = filmed(model, question) {
        slot(model).take(ticket, &told);
        return None;
    }
    Some(Effect::Ask { ticket, question: question.clone() })
}

/// The past of a replay's moment is in its film, not in an engine's history, and there at once.
fn filmed(model: &Model, question: &Question) -> Option<Result<Answer, Refusal>> {
    let film = model.replay.as_ref()?.film()?;
    let Question::Past(ask) = question else { return None };
    let none = || Refusal::NotNow("a replay keeps no buckets of latency".into());
    Some(film.past(ask).map(|past| Answer::Past(Arc::new(past))).ok_or_else(none))
}

/// Answers about the past are forgotten: those of a film and those of the engine do not go together.
pub(super) fn forget(model: &mut Model) {
    let (slo, heat) = (&mut model.slo, &mut model.heat);
    for fetch in [&mut slo.burn, &mut slo.strip, &mut slo.budget, &mut heat.burn, &mut heat.latency] {
        fetch.clear();
    }
    (slo.cursor, heat.back) = (None, 0);
}

/// Hands an answer to the screen that waits for it.
pub(super) fn take(model: &mut Model, ticket: u64, result: &Result<Answer, Refusal>) {
    if let Some(replay) = &mut model.replay
        && replay.fetch.take(ticket, result)
    {
        return super::replay::arrived(model);
    }
    if super::what_if::take(model, ticket, result) {
        return;
    }
    if model.opening == Some(ticket) {
        model.opening = None;
        return palette::opened(model, result);
    }
    let (slo, heat, history) = (&mut model.slo, &mut model.heat, &mut model.history);
    let slots = [
        &mut model.sparks.past,
        &mut slo.burn,
        &mut slo.strip,
        &mut slo.budget,
        &mut heat.burn,
        &mut heat.latency,
        &mut history.list,
        &mut history.standards,
    ];
    let tiles = model.board.tiles.iter_mut().map(|(_, fetch)| fetch);
    let taken = slots.into_iter().chain(tiles).any(|slot| slot.take(ticket, result));
    if taken && matches!(result, Ok(Answer::Incidents(_) | Answer::Standards(_))) {
        model.history.recount(model.wall());
    }
}
