//! `page test RECEIVER`: one marked page, and its outcome in the receiver's own terms.
//!
//! Deliberately absent: making receivers from the configuration, which `app` does.

use super::{Common, Exit, Format, Out};
use crate::domain::base::{Now, Text};
use crate::domain::paging::{SendOutcome, test_page};
use crate::ports::Notifier;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::sync::Arc;

/// Arguments of `page`.
#[derive(Clone, Debug, Args)]
pub struct PageArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: PageAction,
}

/// What `page` does.
#[derive(Clone, Debug, Subcommand)]
pub enum PageAction {
    /// Sends one marked test page and says how it went
    Test {
        /// The receiver's name in the configuration
        receiver: String,
    },
}

/// The outcome for programs.
#[derive(Serialize)]
struct Answer<'a> {
    receiver: &'a str,
    outcome: &'static str,
    detail: &'a str,
}

/// Sends the test page. `receivers` are the configured ones.
pub async fn run(
    args: &PageArgs,
    common: &Common,
    receivers: &[Arc<dyn Notifier>],
    environment: Option<Text>,
    now: Now,
    out: &mut Out,
) -> Exit {
    let PageAction::Test { receiver } = &args.action;
    let Some(notifier) = receivers.iter().find(|n| *n.name() == **receiver) else {
        return unknown(receiver, receivers, out);
    };
    let page = test_page(notifier.name(), environment, now.wall);
    let outcome = notifier.deliver(&page, now).await;
    tell(receiver, &outcome, common.format, out)
}

fn unknown(receiver: &str, receivers: &[Arc<dyn Notifier>], out: &mut Out) -> Exit {
    let mut names: Vec<String> = receivers.iter().map(|n| n.name().to_string()).collect();
    names.sort();
    let hint = if names.is_empty() {
        "the configuration names no receivers; add one under `receivers:`".to_owned()
    } else {
        format!("receivers are: {}", names.join(", "))
    };
    out.error(&format!("there is no receiver `{}`", crate::words::escape::terminal(receiver)), Some(&hint));
    Exit::Usage
}

/// Not reached is one thing, reached and refused another: the exit codes differ.
fn tell(receiver: &str, outcome: &SendOutcome, format: Format, out: &mut Out) -> Exit {
    let (word, detail, exit) = match outcome {
        SendOutcome::Delivered { detail } => ("delivered", detail, Exit::Fine),
        SendOutcome::Retry { why, .. } => ("unreachable", why, Exit::Unreachable),
        SendOutcome::Permanent { why } => ("refused", why, Exit::No),
    };
    if format == Format::Json {
        let answer = Answer { receiver, outcome: word, detail };
        out.line(&serde_json::to_string(&answer).unwrap_or_default());
    } else {
        let line = format!("{receiver}: {word} ({})", crate::words::escape::terminal(detail));
        match exit {
            Exit::Fine => out.line(&line),
            Exit::No => out.error(&line, Some("the receiver answered and said no: check its address, token and settings")),
            _ => out.error(&line, Some("a page would be tried again with growing waits; check address and network")),
        }
    }
    exit
}
