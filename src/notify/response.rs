//! A response: a webhook or a command that is run when an incident rises to a severity.
//!
//! By default it only says what it would run. Deliberately absent: when it is run and that it is run once (`domain/paging`).

use crate::domain::base::{Now, Span, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::ports::{Job, Notifier};
use std::sync::Arc;

/// A response over what runs it.
pub struct Response {
    name: Text,
    what: Text,
    runner: Arc<dyn Notifier>,
    dry_run: bool,
    timeout: Span,
}

impl Response {
    /// A response that runs `runner`, told as `what`; only told when `dry_run`.
    pub fn new(name: Text, what: Text, runner: Arc<dyn Notifier>, dry_run: bool, timeout: Span) -> Self {
        Self { name, what, runner, dry_run, timeout }
    }
}

impl Notifier for Response {
    fn name(&self) -> Text {
        self.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        if self.dry_run {
            let detail = format!("dry run: {} would be run; `dry_run: false` lets it", self.what).into();
            return Box::pin(std::future::ready(SendOutcome::Delivered { detail }));
        }
        self.runner.deliver(dispatch, now)
    }

    fn limit(&self) -> Limit {
        Limit::per_minute(600)
    }

    fn patience(&self) -> Span {
        self.timeout + Span::from_secs(5)
    }
}
