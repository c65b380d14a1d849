//! What `status` and `explain` share: reading everything once, at a time, from Prometheus or from recorded samples.

use super::{Exit, Out};
use crate::app::Setup;
use crate::domain::base::Ms;
use crate::domain::view::Snapshot;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// After so long a look says that it is still at work.
const PATIENCE: Duration = Duration::from_secs(3);

/// Options of verbs that look once.
#[derive(Clone, Debug, Default, Args)]
pub struct LookArgs {
    /// When: RFC 3339, `now`, or a duration back from now (`2h`)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Read recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
}

/// Everything at the time asked for, and whether every read came. Errors are told already.
///
/// # Errors
/// The exit code of what went wrong.
pub async fn look_with(setup: &Setup, args: &LookArgs, out: &mut Out) -> Result<(Snapshot, bool), Exit> {
    let now = setup.clock().now().wall;
    let at = match args.at.as_deref().map(|text| super::times::parse(text, now)) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(why)) => {
            out.error(&why, Some("times are RFC 3339 (2026-03-02T02:17:00Z), `now`, or a duration back from now (2h, 30d)"));
            return Err(Exit::Usage);
        }
    };
    if at.is_some_and(|at| at > now) {
        out.say("note: that time lies in the future; nothing is known of it");
    }
    let mut looking = std::pin::pin!(setup.look(args.samples.as_deref(), at));
    let looked = tokio::select! {
        looked = &mut looking => looked,
        () = tokio::time::sleep(PATIENCE) => {
            out.say("still reading; the first look reads the history of the whole period (Ctrl-C stops)");
            looking.await
        }
    };
    let looked = looked.map_err(|error| super::tell(&error, out))?;
    for error in &looked.errors {
        out.error(&error.plainly(), Some("SLOs that need it say no_data; is the server up, and `--prometheus URL` right?"));
    }
    Ok((looked.snapshot, looked.errors.is_empty()))
}

/// Prints a value as JSON, indented, with a line break at the end.
pub fn print_json(out: &mut Out, value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => out.line(&text),
        Err(error) => out.error(&format!("this could not be written as JSON: {error}"), None),
    }
}

/// The time a look without `--at` is for: the last whole step that has settled.
pub const fn settled(now: Ms, settle: crate::domain::base::Span) -> Ms {
    Ms(now.0 - settle.0)
}
