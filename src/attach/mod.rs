//! A desk over HTTP: the snapshots of a watch elsewhere, answers to questions, and orders with a token.
//!
//! Nothing waits for the other side but the task that follows it and whoever asked something. A link that breaks leaves the last
//! snapshot in place, says since when and why, and is tried again with growing pauses. What the server sends is bounded here and
//! checked by `wire/picture`. Deliberately absent: an engine, and escaping (screens do).

mod follow;
mod orders;

use crate::domain::base::{CommitId, Span, Text};
use crate::domain::incident::Entry;
use crate::domain::view::{Answer, Attachment, Command, Question, Refusal, Snapshot};
use crate::kit::gzip;
use crate::kit::http::{Address, Http, HttpBody, HttpError, HttpRequest, HttpSettings};
use crate::kit::secrets::SecretSource;
use crate::ports::{Clock, Desk, Job};
use crate::wire::picture;
use follow::Follower;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Longest snapshot that is read, in bytes: ten thousand SLOs.
const LONGEST_PICTURE: usize = 96 << 20;
/// Longest answer to a question.
const LONGEST_ANSWER: usize = 192 << 20;
/// What comes packed may be so many times shorter, so that both forms of the longest answer have their place in memory.
const PACKED: usize = 2;
/// How long the past may take; films are judged anew.
const PATIENCE: Span = Span::from_mins(3);
/// How long an order may take.
const ORDER_PATIENCE: Span = Span::from_secs(20);

/// Where to attach to, and with which token.
#[derive(Clone, Debug)]
pub struct AttachSettings {
    /// The server.
    pub address: Address,
    /// The token; without one nothing can be ordered.
    pub token: Option<SecretSource>,
}

/// The desk.
pub struct AttachedDesk {
    link: Link,
    can_order: bool,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    following: JoinHandle<()>,
    /// Ends the follower's pause.
    hurried: Arc<Notify>,
}

/// An answer as it came.
struct Came {
    bytes: Vec<u8>,
    gzip: bool,
    /// The most bytes that it may be unpacked.
    most: usize,
}

/// A way to the server.
#[derive(Clone)]
struct Link {
    http: Http,
    address: Address,
}

impl AttachedDesk {
    /// A desk that begins to follow at once, on the runtime it is made on. Nothing is waited for: its first snapshot is empty
    /// and says where it is attached to.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn start(settings: AttachSettings, clock: Arc<dyn Clock>) -> Result<Self, HttpError> {
        let AttachSettings { address, token } = settings;
        let can_order = token.is_some();
        let http = Http::new(HttpSettings { bearer: token, ..HttpSettings::default() })?;
        let link = Link { http, address };
        let read_only = (!can_order).then(|| Text::from(NO_TOKEN));
        let attachment = Attachment { address: link.address.shown().into(), read_only, ..Attachment::default() };
        let first = Snapshot { attached: Some(Arc::new(attachment.clone())), ..Snapshot::default() };
        let (show, snapshots) = watch::channel(Arc::new(first));
        let hurried = Arc::new(Notify::new());
        let follower = Follower::new(link.clone(), clock, attachment, show);
        let following = tokio::spawn(follower.run(Arc::clone(&hurried)));
        Ok(Self { link, can_order, snapshots, following, hurried })
    }
}

/// What was asked was something else.
const OTHER: &str = "the server answered something else";
/// Why nothing can be ordered.
const NO_TOKEN: &str = "no token";

impl Drop for AttachedDesk {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Link {
    /// Sends and reads a whole answer; nothing where there is none (204).
    async fn exchange(&self, request: HttpRequest, most: usize) -> Result<Option<Came>, Text> {
        let lost = |error: HttpError| Text::from(error.to_string());
        let mut answer = self.http.send(request.header("Accept-Encoding", "gzip")).await.map_err(lost)?;
        let gzip = answer.header("content-encoding").is_some_and(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
        match answer.status() {
            200 => {
                let bytes = answer.bytes(if gzip { most / PACKED } else { most }).await.map_err(lost)?;
                Ok(Some(Came { bytes, gzip, most }))
            }
            204 => Ok(None),
            status => {
                let bytes = answer.start(LONGEST_COMPLAINT).await;
                Err(complaint(status, &answer.words(&String::from_utf8_lossy(&bytes), LONGEST_COMPLAINT)))
            }
        }
    }

    fn post(&self, path: &str, body: String, patience: Span) -> HttpRequest {
        let body = HttpBody::Bytes { content_type: "application/json", data: body.into_bytes() };
        HttpRequest { total: Some(patience), ..HttpRequest::post(self.address.join(path), body) }
    }
}

const LONGEST_COMPLAINT: usize = 600;

/// A refusal in the server's words, where it has some.
fn complaint(status: u16, body: &str) -> Text {
    let told = serde_json::from_str::<serde_json::Value>(body).ok();
    let told = told.as_ref().and_then(|v| v.get("error")?.as_str());
    match (status, told) {
        (401 | 403, None) => "it wants a token that it knows (`--token-file FILE`)".into(),
        (404, None) => "it has no such page; is it a burnledger of this version?".into(),
        (_, Some(told)) => crate::domain::base::clean_line(told, 300),
        (_, None) => format!("it answered with HTTP {status}").into(),
    }
}

impl Desk for AttachedDesk {
    fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    fn ask(&self, question: Question) -> Job<'_, Result<Answer, Refusal>> {
        Box::pin(async move {
            let no = |why: Text| Refusal::NotNow(why);
            let body = picture::write_question(&question).map_err(|e| no(e.to_string().into()))?;
            let request = self.link.post("/api/v1/desk/ask", body, PATIENCE);
            let came = self.link.exchange(request, LONGEST_ANSWER).await.map_err(no)?.ok_or_else(|| no(OTHER.into()))?;
            let answer = read_apart(came, picture::read_answer).await.map_err(no)?;
            if fits(&question, &answer) { Ok(answer) } else { Err(no(OTHER.into())) }
        })
    }

    fn hurry(&self) {
        self.hurried.notify_one();
    }

    fn order(&self, id: CommitId, command: Command) -> Job<'_, Result<Vec<Entry>, Refusal>> {
        Box::pin(async move {
            if !self.can_order {
                return Err(Refusal::ReadOnly(format!("{NO_TOKEN}; `--token-file FILE` names one").into()));
            }
            let no = |why: Text| Refusal::NotNow(why);
            let (path, body) = orders::form(&command)?;
            let request = self.link.post(&path, body, ORDER_PATIENCE).header("Idempotency-Key", &id.0);
            let came = self.link.exchange(request, LONGEST_PICTURE).await.map_err(no)?.ok_or_else(|| no(OTHER.into()))?;
            read_apart(came, picture::read_recorded).await.map_err(no)
        })
    }
}

/// Unpacks and reads on a thread of its own: an answer of megabytes must not hold up whoever else is waited for, and one that
/// breaks the reading is told like any other.
async fn read_apart<T: Send + 'static>(
    came: Came,
    read: impl FnOnce(&[u8]) -> Result<T, picture::Unreadable> + Send + 'static,
) -> Result<T, Text> {
    let told = |error: &dyn std::fmt::Display| Text::from(error.to_string());
    let all = move || {
        let bytes = if came.gzip { gzip::unpack(&came.bytes, came.most).map_err(|e| told(&e))? } else { came.bytes };
        read(&bytes).map_err(|e| told(&e))
    };
    tokio::task::spawn_blocking(all).await.unwrap_or_else(|_| Err("what it sent could not be read".into()))
}

const fn fits(question: &Question, answer: &Answer) -> bool {
    matches!(
        (question, answer),
        (Question::Incident(_), Answer::Incident(_))
            | (Question::Incidents { .. }, Answer::Incidents(_))
            | (Question::Standards, Answer::Standards(_))
            | (Question::Past(_), Answer::Past(_))
            | (Question::Film(_), Answer::Film(_))
            | (Question::WhatIf(_), Answer::WhatIf(_))
            | (Question::Values(_), Answer::Values(_))
    )
}
