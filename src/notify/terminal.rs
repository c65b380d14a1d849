//! The terminal as a receiver: pages as text, to a writer that is handed in (stderr in `watch`, a buffer in tests).
//!
//! The text is cleaned of everything that acts on a terminal. Deliberately absent: colour.

use crate::domain::base::{Language, Now, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::ports::{Job, Notifier};
use crate::words::{Zone, page};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Writes pages for people who look at a terminal or a log.
pub struct Terminal {
    name: Text,
    zone: Zone,
    language: Language,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Terminal {
    /// A receiver called `name` that writes to `out`, with times in `zone`.
    pub fn new(name: impl Into<Text>, zone: Zone, out: impl Write + Send + 'static) -> Self {
        Self { name: name.into(), zone, language: Language::En, out: Mutex::new(Box::new(out)) }
    }

    /// The same in another language.
    #[must_use]
    pub fn speaking(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    fn write(&self, dispatch: &Dispatch) -> std::io::Result<()> {
        let text = page::page_in(dispatch, self.zone, self.language);
        let mut block = format!("PAGE {}\n", text.title);
        for line in &text.lines {
            block.push_str("     ");
            block.push_str(line);
            block.push('\n');
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(block.as_bytes())?;
        out.flush()
    }
}

impl Notifier for Terminal {
    fn name(&self) -> Text {
        self.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, _now: Now) -> Job<'a, SendOutcome> {
        Box::pin(async move {
            match self.write(dispatch) {
                Ok(()) => SendOutcome::Delivered { detail: "written".into() },
                // A closed terminal never opens again; the page goes to the next receiver.
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                    SendOutcome::Permanent { why: "the terminal is closed".into() }
                }
                Err(e) => SendOutcome::Retry { after: None, why: format!("could not be written: {}", e.kind()).into() },
            }
        })
    }

    fn limit(&self) -> Limit {
        Limit::per_minute(600)
    }
}
