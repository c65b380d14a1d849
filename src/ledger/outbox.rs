//! Rules of the outbox: which rows are handed out, and what a settlement changes.
//!
//! Pages go out at least once and in order per incident and receiver: a row waits until the one before it has ended.
//! Deliberately absent: retry times and merging (`domain/paging`), sending (`notify`).

use crate::domain::base::{CommitId, IncidentId, Ms, Span, Text, clean_line};
use crate::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Outcome};
use crate::domain::paging::{Dispatch, DispatchId, DispatchState, NewDispatch, Settlement};
use std::cmp::Reverse;
use std::collections::HashSet;

/// Longest answer of a receiver that is kept, in characters.
const MOST_DETAIL: usize = 500;

/// No row waits longer between two tries (`Retry-After` counts up to an hour).
const LONGEST_WAIT: Span = Span::from_mins(61);
/// Tries of a row that was made later than now.
const TRIES_AHEAD: u32 = 3;

/// A row and the fence it was claimed under (0: never).
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) dispatch: Dispatch,
    pub(super) fence: u64,
}

/// A new row.
pub(super) fn row(id: DispatchId, new: NewDispatch, incident: IncidentId, ledger: &str, now: Ms) -> Row {
    let dispatch = Dispatch {
        id,
        incident,
        key: format!("burnledger/{ledger}/{}", incident.0).into(),
        kind: new.kind,
        severity: new.severity,
        level: new.level,
        receiver: new.receiver,
        number: new.number,
        content: new.content,
        created: now,
        attempts: 0,
        next_at: now,
        state: DispatchState::Pending,
        possible_repeat: false,
        detail: "".into(),
        settled: None,
    };
    Row { dispatch, fence: 0 }
}

/// Claims rows for sending under `fence`, worst first, then oldest. `open` holds every row that has not ended, by number.
/// The rows returned have changed and are to be stored.
pub(super) fn claim<'a>(open: impl IntoIterator<Item = &'a Row>, fence: u64, limit: usize, now: Ms) -> Vec<Row> {
    let mut heads = HashSet::new();
    let mut due: Vec<&Row> = open
        .into_iter()
        .filter(|row| heads.insert((row.dispatch.incident, &row.dispatch.receiver)))
        .filter(|row| match row.dispatch.state {
            DispatchState::Pending => row.dispatch.next_at <= now || was_ahead(&row.dispatch, now),
            DispatchState::Sending => row.fence != fence,
            _ => false,
        })
        .collect();
    due.sort_by_key(|row| (Reverse(row.dispatch.severity), row.dispatch.id));
    due.into_iter().take(limit).map(|row| claimed(row, fence)).collect()
}

/// The row was written by a clock that ran ahead: its time to wait means nothing. Tried a few times, it waits as others do: a
/// receiver that goes on refusing must not be stormed.
fn was_ahead(row: &Dispatch, now: Ms) -> bool {
    row.created > now && row.attempts < TRIES_AHEAD || row.next_at.since(now) > LONGEST_WAIT
}

fn claimed(row: &Row, fence: u64) -> Row {
    let mut dispatch = row.dispatch.clone();
    dispatch.possible_repeat |= dispatch.state == DispatchState::Sending;
    dispatch.state = DispatchState::Sending;
    dispatch.attempts += 1;
    Row { dispatch, fence }
}

/// True for rows that have reached their end.
pub(super) const fn has_ended(state: DispatchState) -> bool {
    matches!(state, DispatchState::Delivered | DispatchState::Failed | DispatchState::Dropped)
}

/// True for a settlement that changes nothing: the row has ended, or a later try of it is under way than the one that failed.
pub(super) const fn is_late(row: &Dispatch, settlement: &Settlement) -> bool {
    has_ended(row.state) || matches!(settlement, Settlement::RetryAt { attempt, .. } if *attempt < row.attempts)
}

/// What a settlement changes: the row, the fact when it ended, and the row that takes its place.
pub(super) struct Settled {
    pub(super) row: Dispatch,
    pub(super) entry: Option<NewEntry>,
    pub(super) instead: Option<NewDispatch>,
}

/// Applies a settlement to a row that has not ended.
pub(super) fn settle(mut row: Dispatch, settlement: Settlement, now: Ms) -> Settled {
    let mut instead = None;
    let (state, outcome, detail) = match settlement {
        Settlement::Delivered { detail } => (DispatchState::Delivered, Some(Outcome::Delivered), detail),
        Settlement::Dropped { why } => (DispatchState::Dropped, Some(Outcome::Dropped), why),
        Settlement::Failed { why, instead: next } => {
            instead = next.map(|next| *next);
            (DispatchState::Failed, Some(Outcome::Failed), why)
        }
        Settlement::RetryAt { at, why, .. } => {
            row.next_at = at;
            (DispatchState::Pending, None, why)
        }
    };
    row.state = state;
    row.detail = clean_line(&detail, MOST_DETAIL);
    row.settled = outcome.is_some().then_some(now);
    let entry = outcome.map(|outcome| paged(&row, outcome, now));
    Settled { row, entry, instead }
}

fn paged(row: &Dispatch, outcome: Outcome, now: Ms) -> NewEntry {
    let fact = Fact::Paged {
        receiver: row.receiver.clone(),
        kind: row.kind.name().into(),
        severity: row.severity,
        created: row.created,
        attempts: row.attempts,
        outcome,
        detail: row.detail.clone(),
    };
    NewEntry {
        incident: IncidentRef::Known(row.incident),
        fact,
        at: now,
        actor: Actor::Auto,
        source: "outbox".into(),
        corrects: None,
    }
}

/// The commit that records the end of a row; a row ends once.
pub(super) fn commit_id(row: DispatchId) -> CommitId {
    CommitId(Text::from(format!("page/{}", row.0)))
}
