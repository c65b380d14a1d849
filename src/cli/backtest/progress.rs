//! How far a backtest has come, on stderr, while a person looks at it.

use crate::cli::Out;
use crate::jobs::backtest::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Parts of a bar.
const PARTS: u64 = 1000;

/// A bar, where stderr is a terminal.
pub(super) fn bar(out: &Out) -> Option<ProgressBar> {
    if !out.talk_is_terminal {
        return None;
    }
    let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg:16} [{bar:40}] {percent}% {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    Some(bar)
}

/// What moves a bar.
pub(super) fn hears(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Box::new(move |stage| {
        let (words, share) = match stage {
            Stage::History(came, all) => ("reading history", came as f64 / all.max(1) as f64),
            Stage::Judged(share) => ("judging", share),
        };
        bar.set_message(words);
        bar.set_position((share * PARTS as f64) as u64);
    })
}
