//! `tui --plain`: what changes, line by line, until it is told to stop or nobody reads any more; of a replay, what changed.

use super::{Exit, Out};
use crate::app::{SetupError, signals};
use crate::chart::Charset;
use crate::domain::view::{Answer, FilmAsk, Question, Snapshot};
use crate::ports::Desk;
use crate::tui::{Look, Plain};
use std::sync::Arc;
use tokio::sync::watch;

fn lines(look: &Look) -> Plain {
    Plain::new(look.words, look.zone, look.glyphs.charset == Charset::Ascii)
}

/// Follows snapshots.
///
/// # Errors
/// Signals cannot be heard.
pub async fn follow(mut snapshots: watch::Receiver<Arc<Snapshot>>, look: &Look, out: &mut Out) -> Result<Exit, SetupError> {
    let mut stop = signals::stop_signals()?;
    snapshots.mark_changed();
    let mut plain = lines(look);
    while !out.is_closed() {
        tokio::select! {
            interrupted = stop.wait() => return Ok(if interrupted { Exit::Interrupted } else { Exit::Fine }),
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(Exit::Usage);
                }
                let snapshot = snapshots.borrow_and_update().clone();
                for line in plain.lines(&snapshot) {
                    out.line(&line);
                }
                out.flush();
            }
        }
    }
    Ok(Exit::Fine)
}

/// Tells what changed in a stretch of the past, at once: who reads lines reads at their own pace.
///
/// # Errors
/// The film cannot be made; why.
pub async fn replay(desk: &dyn Desk, ask: FilmAsk, look: &Look, out: &mut Out) -> Result<Exit, SetupError> {
    let no = |what: String| SetupError::Other { what: format!("--replay: {what}"), hint: None };
    let film = match desk.ask(Question::Film(ask)).await {
        Ok(Answer::Film(film)) => film,
        Ok(_) => return Err(no("something else was answered".into())),
        Err(refusal) => return Err(no(look.words.retold(&refusal.to_string()).into_owned())),
    };
    let mut plain = lines(look);
    for frame in &film.frames {
        for line in plain.lines(frame) {
            out.line(&line);
        }
        if out.is_closed() {
            break;
        }
    }
    out.flush();
    for error in &film.errors {
        out.error(&look.words.retold(error), None);
    }
    Ok(if film.errors.is_empty() { Exit::Fine } else { Exit::Unreachable })
}
