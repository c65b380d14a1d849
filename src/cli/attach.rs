//! `tui --attach`: the dashboard, its lines or one picture of a watch that runs elsewhere.

use super::tui::{ScreenArgs, TuiArgs};
use super::{Exit, Out};
use crate::app::SetupError;
use crate::app::attach::{TokenPlace, attach};
use crate::domain::view::Snapshot;
use crate::ports::{Desk, SourceError};
use crate::tui::{Look, Screen, TuiOptions};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Where to attach to.
#[derive(Clone, Debug, Default, Args)]
pub struct AttachArgs {
    /// Show what a running watch shows, over its HTTP side, with no engine and no files here: http://127.0.0.1:9797
    #[arg(long, env = "BURNLEDGER_ATTACH", value_name = "URL", conflicts_with_all = ["samples", "watch_only"])]
    pub attach: Option<String>,
    /// A file with the token under which orders are given there [default: $BURNLEDGER_TOKEN; without one, read-only]
    #[arg(long, env = "BURNLEDGER_TOKEN_FILE", value_name = "FILE", requires = "attach")]
    pub token_file: Option<PathBuf>,
}

impl AttachArgs {
    /// Attaches, where that was asked for.
    ///
    /// # Errors
    /// The URL or the token cannot be used.
    pub(super) fn desk(&self) -> Result<Option<Arc<dyn Desk>>, SetupError> {
        let Some(url) = &self.attach else { return Ok(None) };
        let told = std::env::var("BURNLEDGER_TOKEN").ok().filter(|token| !token.trim().is_empty());
        let place = match (&self.token_file, &told) {
            (Some(path), _) => TokenPlace::File(path),
            (None, Some(token)) => TokenPlace::Told(token),
            (None, None) => TokenPlace::Nowhere,
        };
        Ok(Some(Arc::new(attach(url, &place)?)))
    }
}

/// Shows it in the way that was asked for.
///
/// # Errors
/// There is no terminal, or nothing came that could be printed.
pub(super) async fn show(desk: Arc<dyn Desk>, args: &TuiArgs, options: TuiOptions, out: &mut Out) -> Result<Exit, SetupError> {
    if args.once {
        return once(&*desk, &args.look, options.look, out).await;
    }
    if let Some(text) = &args.replay {
        let ask = super::tui::film_ask(text, crate::app::machine_clock().now().wall)?;
        return super::tui::show_replay(desk, ask, args.plain, options, out).await;
    }
    if args.plain || !out.shows_screens() {
        return super::plain::follow(desk.snapshots(), &options.look, out).await;
    }
    super::tui::show_desk(desk, options).await
}

/// The first picture, printed.
async fn once(desk: &dyn Desk, args: &ScreenArgs, look: Look, out: &mut Out) -> Result<Exit, SetupError> {
    let snapshot = first(desk.snapshots()).await;
    let attached = snapshot.attached.clone().unwrap_or_default();
    if snapshot.at.is_none()
        && let Some(lost) = &attached.lost
    {
        let (url, why) = (attached.address.to_string(), lost.error.to_string());
        let hint = "`--attach URL` is the address that `watch --listen` names when it starts; `curl URL/healthz` asks it alone";
        out.error(&SourceError::Unreachable { url, why }.to_string(), Some(hint));
        return Ok(Exit::Unreachable);
    }
    Ok(super::tui::print(&snapshot, crate::app::machine_clock().now(), Screen::Overview, args, look, out))
}

/// The first snapshot that holds verdicts or says why there is none; the present one when neither comes in half a minute.
async fn first(mut snapshots: watch::Receiver<Arc<Snapshot>>) -> Arc<Snapshot> {
    let lost = |s: &Snapshot| s.attached.as_ref().is_some_and(|a| a.lost.is_some());
    let told = snapshots.wait_for(|s| s.at.is_some() || lost(s));
    let _ = tokio::time::timeout(Duration::from_secs(30), told).await;
    Arc::clone(&snapshots.borrow())
}
