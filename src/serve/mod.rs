//! The HTTP side of `watch --listen`: is it alive, is it ready, its metrics, and the API.
//!
//! Health, metrics and status are read from the latest snapshot, so that no request waits for the engine, a source or the ledger.
//! Whoever changes something needs a token; so does every reader of anything but health when the address is open to others.
//! Deliberately absent: TLS; the default address is loopback, and who opens it wider puts a proxy before it.

mod api;
mod desk;
mod inbound;
mod metrics;
mod pictures;
mod routes;
mod silences;
mod tokens;

pub use routes::ROUTES;
pub use tokens::Tokens;

use crate::domain::base::Text;
use crate::domain::view::Snapshot;
use crate::ports::{Clock, Desk, Intake};
use crate::telemetry::Metrics;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What is served.
#[derive(Clone)]
pub struct Served {
    /// The latest snapshot.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What the program counts.
    pub metrics: Metrics,
    /// Time, to tell how old a snapshot is.
    pub clock: Arc<dyn Clock>,
    /// Answers questions and carries out orders.
    pub desk: Arc<dyn Desk>,
    /// Takes in changes and alerts.
    pub intake: Arc<dyn Intake>,
    /// Who may change something.
    pub tokens: Tokens,
    /// Classes of root causes that the team tells apart; empty: any.
    pub root_causes: Arc<[Text]>,
}

impl Served {
    fn latest(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }
}

/// Listens on an address such as `127.0.0.1:9797`; port 0 takes a free one. Returns the listener and where it is.
///
/// # Errors
/// The address is no address, is taken or not ours.
pub async fn listen(address: &str) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}

/// Serves until `stop` turns true or its sender is gone; requests under way are answered first.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, served: Served, mut stop: watch::Receiver<bool>) -> std::io::Result<()> {
    let ending = desk::Ending(stop.clone());
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, routes::router(served, ending)).with_graceful_shutdown(stopped).await
}
