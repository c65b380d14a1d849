//! Facts about the ledger at large, recorded for verbs and for the API: silences and changes.
//!
//! Deliberately absent: what they do (`domain/incident/notice`, `engine/hold`).

use super::desk::fold_all;
use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Text, clean_line};
use crate::domain::incident::{Actor, AtLarge, Entry, Fact, IncidentRef, LONGEST_SILENCE, NewEntry, Notice, Silence};
use crate::domain::paging::Commit;
use crate::ports::{Ledger, LedgerError};
use thiserror::Error;

/// Longest words of a notice, in characters.
const MOST_WORDS: usize = 1_000;

/// Why a notice was not recorded.
#[derive(Debug, Error)]
pub enum NoticeError {
    /// It makes no sense, in words.
    #[error("{0}")]
    Refused(String),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Who records, from where, and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// The person's name.
    pub by: Text,
    /// `cli`, `api`.
    pub source: Text,
    /// Now.
    pub now: Now,
    /// The name of the request, which is carried out once; of chance when absent.
    pub once: Option<CommitId>,
}

/// Begins a silence.
///
/// # Errors
/// It names nothing it is for unless `everything` says so, is over already, longer than 30 days, or has no reason or author.
pub async fn silence(ledger: &dyn Ledger, silence: Silence, everything: bool, author: &Author) -> Result<Entry, NoticeError> {
    let no = |why: String| Err(NoticeError::Refused(why));
    if silence.scope.is_everything() && !everything {
        return no("a silence must say what for: a service, an SLO, an owner or severities".into());
    }
    if silence.until <= author.now.wall || silence.until <= silence.from {
        return no(format!("the silence would be over before it begins: {} is its end", silence.until));
    }
    if silence.until.since(silence.from) > LONGEST_SILENCE {
        return no(format!("a silence lasts {LONGEST_SILENCE} at most; leave the SLO out with `mode: observe` instead"));
    }
    if silence.reason.trim().is_empty() {
        return no("a reason is missing: whoever wonders why nobody was paged will read it".into());
    }
    let reason = clean_line(&silence.reason, MOST_WORDS);
    record(ledger, Notice::Silenced(Silence { reason, ..silence }), author.now.wall, author).await
}

/// Ends a silence before its time.
///
/// # Errors
/// There is no such silence, or it is over.
pub async fn end_silence(ledger: &dyn Ledger, id: Seq, reason: &str, author: &Author) -> Result<Entry, NoticeError> {
    let known = at_large(ledger).await?;
    match known.silences().iter().find(|s| s.id == id) {
        None => Err(NoticeError::Refused(format!("there is no silence {} in this ledger", id.0))),
        Some(s) if s.is_over(author.now.wall) => Err(NoticeError::Refused(format!("silence {} is over already", id.0))),
        Some(_) => {
            let notice = Notice::SilenceEnded { silence: id, reason: clean_line(reason, MOST_WORDS) };
            record(ledger, notice, author.now.wall, author).await
        }
    }
}

/// Silences and changes as the ledger has them.
///
/// # Errors
/// The ledger cannot be read.
pub async fn at_large(ledger: &dyn Ledger) -> Result<AtLarge, LedgerError> {
    Ok(fold_all(ledger).await?.0.at_large().clone())
}

/// Records a notice that happened at `at`.
///
/// # Errors
/// The author has no name, or the ledger cannot be written.
pub async fn record(ledger: &dyn Ledger, notice: Notice, at: Ms, author: &Author) -> Result<Entry, NoticeError> {
    let by = clean_line(&author.by, 100);
    if by.is_empty() {
        return Err(NoticeError::Refused("a name is missing: the ledger keeps who did what".into()));
    }
    let entry = NewEntry {
        incident: IncidentRef::Known(IncidentId::LEDGER),
        fact: Fact::Notice(notice),
        at,
        actor: Actor::Person(by),
        source: author.source.clone(),
        corrects: None,
    };
    let id = author.once.clone().unwrap_or_else(|| CommitId(super::nonce()));
    let commit = Commit { id, entries: vec![entry], dispatches: Vec::new(), decided_at: None };
    let entries = ledger.commit(commit, None, author.now).await?;
    entries.into_iter().next().ok_or_else(|| NoticeError::Refused("nothing was recorded".into()))
}
