//! The step: one event in, the state changed, effects out. Synchronous and pure; the drivers do the rest.

use super::event::{Effects, Event};
use super::state::State;
use super::steer::steer;
use crate::domain::base::Now;
use crate::domain::paging::Commit;

/// Takes one event. Incidents change only by `Event::Entries`, so what a failed commit wanted is decided again at the
/// next tick, and nothing is ever shown that the ledger does not hold.
pub fn step(state: &mut State, now: Now, event: Event) -> Effects {
    let before = state.incidents.last_seq();
    let keeps = matches!(event, Event::Rows { .. } | Event::Routes(_) | Event::Lead(_) | Event::Source(_) | Event::Entries(_));
    if !keeps {
        state.forget_impacts();
    }
    match event {
        Event::Answers { feed, through, answers } => state.board.take(feed, through, &answers),
        Event::Restored { feed, meter } => state.board.restore(feed, *meter),
        Event::Mended { feed, with, span } => state.board.mend(feed, &with, span),
        Event::Tick { at } => {
            state.board.judge(at);
            return Effects { commit: decide(state, now) };
        }
        Event::Decide => return Effects { commit: decide(state, now) },
        Event::Warm { at } => state.board.judge(at),
        Event::Entries(entries) => state.incidents.extend(&entries),
        Event::Rows { incident, rows } => state.hear_rows(incident, &rows),
        Event::Rulebook(book) => {
            let board = std::mem::replace(&mut state.board, super::board::Board::new(&book));
            state.board = board.renewed(&book);
            state.book = book;
            state.forget_runs();
        }
        Event::SetBack => state.begin_anew(),
        Event::Routes(routes) => state.take_routes(*routes),
        Event::Lead(leading) => state.leading = leading,
        Event::Source(name) => state.metric_source = name,
    }
    if state.incidents.last_seq() != before {
        state.forget_impacts();
    }
    Effects::default()
}

fn decide(state: &mut State, now: Now) -> Option<Commit> {
    if !state.leading {
        return None;
    }
    let draft = steer(state, now)?;
    let decided_at = Some(state.incidents.last_seq());
    Some(Commit { id: state.next_commit(), entries: draft.entries, dispatches: draft.dispatches, decided_at })
}
