//! The rules of delivery: what to do with a row before it is sent and after the receiver answered.
//!
//! Pure over the row, its neighbours (rows of the same incident to the same receiver), where the incident stands, the answer,
//! the time and a number of chance. Pages go out at least once and in order; none is lost in silence. Deliberately absent:
//! sending, and the token buckets (`bucket`).

use super::{Dispatch, DispatchKind, DispatchState, NewDispatch, SendOutcome, Settlement, Standing};
use crate::domain::base::{Ms, Severity, Span, Text};
use crate::domain::incident::IncidentRef;
use std::collections::BTreeMap;

/// The shortest wait: `Retry-After: 0` from a server that goes on refusing must not become a storm.
const SHORTEST_WAIT: Span = Span::from_secs(1);
/// The longest wait between two tries of ours.
const LONGEST_WAIT: Span = Span::from_mins(1);
/// The longest wait a receiver may ask for: a hostile or mistaken `Retry-After` must not silence it for days.
const LONGEST_ASKED_WAIT: Span = Span::from_hours(1);
/// A note that something ended is of no use later.
const RESOLVED_GIVE_UP: Span = Span::from_hours(1);
/// A ticket, or the one combined message about an incident that is over: late is better than lost, but not for ever.
const LATE_GIVE_UP: Span = Span::from_hours(24);
/// How long a resolved alert is sent again, as Alertmanager's documentation asks of its clients.
const RESOLVED_RESENT: Span = Span::from_mins(5);
/// An update that waited so long may be merged into the one that waits behind it.
const HELD_UP: Span = Span::from_secs(30);

/// How a row is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it is.
    Plain,
    /// It fired and ended before anything could be delivered: one message tells both.
    Combined,
}

/// What to do with a claimed row.
#[derive(Clone, Debug, PartialEq)]
pub enum Before {
    /// Send it.
    Send(Manner),
    /// Do not; write this back.
    Settle(Settlement),
}

impl DispatchKind {
    /// Says that something is wrong, as opposed to resolved pages and tests.
    pub const fn is_firing(self) -> bool {
        self.is_page() && !matches!(self, Self::Resolved)
    }
}

impl Dispatch {
    /// May not wait behind others: P0, and the first that a receiver hears of an incident.
    pub const fn is_urgent(&self) -> bool {
        self.kind.is_firing()
            && (matches!(self.severity, Severity::P0) || matches!(self.kind, DispatchKind::First | DispatchKind::Reopened))
    }

    /// The message that tells an incident which began and ended before anything reached the receiver: it reads as a first page,
    /// and `content.resolved` says that it is over.
    #[must_use]
    pub fn combined(&self) -> Self {
        let mut row = self.clone();
        row.kind = DispatchKind::First;
        row.content.resolved = row.content.resolved.or(Some(self.created));
        row
    }

    /// It fires and is over already.
    pub const fn is_combined(&self) -> bool {
        self.kind.is_firing() && self.content.resolved.is_some()
    }

    /// Names this very page, the same at every try: receivers that know idempotency keys drop doubles by it.
    pub fn idempotency_key(&self) -> String {
        let combined = if self.is_combined() { "/combined" } else { "" };
        format!("{}/{}/{}/{}{combined}", self.key, self.kind.name(), self.level, self.number)
    }
}

/// Decides before sending. `rows` are the rows of the same incident and receiver, in any order, `row` among them; `short` says
/// that the receiver's bucket has no token for it.
pub fn before_sending(row: &Dispatch, rows: &[Dispatch], standing: &Standing, now: Ms, short: bool) -> Before {
    let near = Near::of(row, rows);
    match row.kind {
        // At most once: whether it ran before the program died, nobody knows.
        DispatchKind::Response if row.possible_repeat => Before::Settle(Settlement::Failed {
            why: "outcome unknown: burnledger stopped while it was run; it is not run again".into(),
            instead: None,
        }),
        DispatchKind::Test | DispatchKind::Response | DispatchKind::Heartbeat => Before::Send(Manner::Plain),
        DispatchKind::Resolved => near.resolved(),
        _ => near.firing(standing, now, short),
    }
}

/// Writes down what the receiver's answer means. `luck` is a number of chance in [0, 1); `instead` the receiver that would
/// take the page when this one refuses it for good.
pub fn after_sending(
    row: &Dispatch,
    manner: Manner,
    outcome: SendOutcome,
    standing: &Standing,
    now: Ms,
    luck: f64,
    instead: Option<Text>,
) -> Settlement {
    match outcome {
        SendOutcome::Delivered { detail } => Settlement::Delivered { detail },
        SendOutcome::Permanent { why } | SendOutcome::Retry { why, .. } if row.kind == DispatchKind::Response => {
            Settlement::Failed { why, instead: None }
        }
        SendOutcome::Permanent { why } => refused(row, manner, why, instead),
        SendOutcome::Retry { why, after } => match give_up_after(row, manner, standing) {
            Some(limit) if now.since(row.created) >= limit => {
                let why = format!("given up after {limit}: {why}").into();
                if manner == Manner::Plain && !row.kind.is_firing() {
                    Settlement::Dropped { why }
                } else {
                    refused(row, manner, why, instead)
                }
            }
            _ => {
                let wait = after.map_or_else(|| backoff(row.attempts, luck), |a| a.clamp(SHORTEST_WAIT, LONGEST_ASKED_WAIT));
                Settlement::RetryAt { attempt: row.attempts, at: now + wait, why }
            }
        },
    }
}

/// The pages that a forgetful receiver must hear again, from all rows of an incident, one for each owner: the last one it took,
/// while the incident is live, and the resolved one for five minutes after it. None of a combined message, which ends by itself.
pub fn to_keep_alive<'a>(rows: &'a [Dispatch], receiver: &str, standing: &Standing, now: Ms) -> Vec<&'a Dispatch> {
    let mut last: BTreeMap<Option<&Text>, &Dispatch> = BTreeMap::new();
    for row in rows.iter().filter(|r| *r.receiver == *receiver && r.state == DispatchState::Delivered && r.kind.is_page()) {
        let kept = last.entry(row.content.owner.as_ref()).or_insert(row);
        if kept.id < row.id {
            *kept = row;
        }
    }
    last.into_values().filter(|row| is_to_be_kept(row, rows, standing, now)).collect()
}

fn is_to_be_kept(last: &Dispatch, rows: &[Dispatch], standing: &Standing, now: Ms) -> bool {
    if last.kind != DispatchKind::Resolved {
        return standing.live && !last.is_combined();
    }
    let fresh = last.settled.is_some_and(|at| now.since(at) <= RESOLVED_RESENT);
    fresh && !standing.live && Near::of(last, rows).was_told()
}

/// The wait after the n-th try failed (n from 1): 1, 2, 4 .. 60 s, each up to a fifth shorter by chance so that receivers
/// are not asked in step by everyone.
pub fn backoff(attempts: u32, luck: f64) -> Span {
    let full = Span::from_secs(1_i64 << attempts.saturating_sub(1).min(6)).min(LONGEST_WAIT);
    let luck = if luck.is_finite() { luck.clamp(0.0, 1.0) } else { 0.0 };
    Span((full.0 as f64 * (1.0 - 0.2 * luck)) as i64)
}

/// When trying again stops making sense: never for a page of a live incident; a day for tickets and for messages about
/// incidents that are over but were never told; an hour for notes that something ended.
fn give_up_after(row: &Dispatch, manner: Manner, standing: &Standing) -> Option<Span> {
    match (row.kind, manner) {
        (DispatchKind::Resolved, Manner::Plain) | (DispatchKind::Test, _) => Some(RESOLVED_GIVE_UP),
        (_, Manner::Combined) => Some(LATE_GIVE_UP),
        _ if standing.live && row.severity.pages() => None,
        _ => Some(LATE_GIVE_UP),
    }
}

/// Refused for good: the page goes to the next receiver at once, unless it is a note to one that was told of the firing.
fn refused(row: &Dispatch, manner: Manner, why: Text, instead: Option<Text>) -> Settlement {
    let wanted = row.kind.is_firing() || (row.kind == DispatchKind::Resolved && manner == Manner::Combined);
    let page = instead.filter(|_| wanted).map(|receiver| {
        Box::new(NewDispatch {
            incident: IncidentRef::Known(row.incident),
            kind: if manner == Manner::Combined { DispatchKind::First } else { row.kind },
            severity: row.severity,
            level: row.level,
            receiver,
            number: row.number,
            content: if manner == Manner::Combined { row.combined().content } else { row.content.clone() },
        })
    });
    Settlement::Failed { why, instead: page }
}

/// A row among the rows of its incident, receiver and owner: a receiver that serves two owners is told for each of them.
struct Near<'a> {
    row: &'a Dispatch,
    earlier: Vec<&'a Dispatch>,
    later: Vec<&'a Dispatch>,
}

impl<'a> Near<'a> {
    fn of(row: &'a Dispatch, rows: &'a [Dispatch]) -> Self {
        let same =
            |r: &&Dispatch| (r.incident, &r.receiver, &r.content.owner) == (row.incident, &row.receiver, &row.content.owner);
        let mut earlier: Vec<&Dispatch> = rows.iter().filter(same).filter(|r| r.id < row.id).collect();
        let mut later: Vec<&Dispatch> = rows.iter().filter(same).filter(|r| r.id > row.id).collect();
        earlier.sort_by_key(|r| r.id);
        later.sort_by_key(|r| r.id);
        Self { row, earlier, later }
    }

    /// The receiver was told that it fires, and not yet that it ended.
    fn was_told(&self) -> bool {
        let last = self.earlier.iter().rev().find(|r| r.state == DispatchState::Delivered && r.kind.is_page());
        last.is_some_and(|r| r.kind.is_firing() && !r.is_combined())
    }

    fn resolved(&self) -> Before {
        if self.later.iter().any(|r| r.kind.is_firing()) {
            return drop_it("it reopened before this was sent; the later page tells");
        }
        if self.was_told() {
            return Before::Send(Manner::Plain);
        }
        // Rows that stood back for this one ended after it was made.
        let stood_back = |r: &&&Dispatch| {
            r.kind.is_firing() && r.state == DispatchState::Dropped && r.settled.is_some_and(|at| at >= self.row.created)
        };
        if self.earlier.iter().any(|r| stood_back(&r)) {
            return Before::Send(Manner::Combined);
        }
        drop_it("this receiver was not told that it fired")
    }

    fn firing(&self, standing: &Standing, now: Ms, short: bool) -> Before {
        let row = self.row;
        if self.later.last().is_some_and(|r| r.kind == DispatchKind::Resolved) {
            return drop_it("it ended before this was sent; the resolved page tells both");
        }
        if matches!(row.kind, DispatchKind::Repeat | DispatchKind::Escalated) && standing.is_quiet(row.severity, now) {
            return drop_it("acknowledged before this was sent");
        }
        let held_up = short || now.since(row.created) >= HELD_UP;
        if held_up && self.may_merge() && self.later.iter().any(|r| r.kind.is_firing() && r.severity >= row.severity) {
            return drop_it("merged into the later page that waits behind it");
        }
        Before::Send(if row.is_combined() { Manner::Combined } else { Manner::Plain })
    }

    /// Only updates merge: never a P0, never the first that a receiver hears.
    fn may_merge(&self) -> bool {
        let update = matches!(self.row.kind, DispatchKind::Raised | DispatchKind::Repeat | DispatchKind::Escalated);
        update && self.row.severity != Severity::P0 && self.was_told()
    }
}

fn drop_it(why: &str) -> Before {
    Before::Settle(Settlement::Dropped { why: why.into() })
}

#[cfg(test)]
mod tests;
