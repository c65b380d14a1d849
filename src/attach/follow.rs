//! Follows a server's snapshots by long polls, and says so when it cannot.

use super::{LONGEST_PICTURE, Link, NO_TOKEN, read_apart};
use crate::domain::base::{Span, Text};
use crate::domain::view::{Attachment, LostLink, Snapshot};
use crate::kit::http::HttpRequest;
use crate::ports::Clock;
use crate::wire::picture::{Reader, Received};
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The server answers at least so often, news or not: what is silent for longer is gone.
const POLL: Span = Span::from_secs(4);
/// How long an answer may take beyond that.
const SLACK: Span = Span::from_secs(6);
/// Two pictures are at least so far apart: a recording played fast makes many.
const GAP: Span = Span(200);
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Span = Span::from_secs(1);
const LONGEST_PAUSE: Span = Span::from_secs(30);

/// What follows.
pub(super) struct Follower {
    link: Link,
    clock: Arc<dyn Clock>,
    attachment: Attachment,
    show: watch::Sender<Arc<Snapshot>>,
    reader: Reader,
    /// The name of the last picture.
    last: Option<Text>,
}

impl Follower {
    pub(super) fn new(link: Link, clock: Arc<dyn Clock>, attachment: Attachment, show: watch::Sender<Arc<Snapshot>>) -> Self {
        Self { link, clock, attachment, show, reader: Reader::default(), last: None }
    }

    /// Until nobody looks any more. Who is in a hurry ends a pause.
    pub(super) async fn run(mut self, hurried: Arc<Notify>) {
        let mut failures = 0_u32;
        loop {
            let pause = match self.poll().await {
                Ok(()) => {
                    failures = 0;
                    GAP
                }
                Err(why) => {
                    let pause = pause_after(failures);
                    failures = failures.saturating_add(1);
                    self.tell_lost(why, failures, pause);
                    pause
                }
            };
            let until = self.clock.now().mono + pause;
            tokio::select! {
                () = self.clock.sleep_until(until) => {}
                () = hurried.notified() => {}
                () = self.show.closed() => return,
            }
        }
    }

    /// One request: the next picture, or that there is none.
    async fn poll(&mut self) -> Result<(), Text> {
        let mut address = self.link.address.join("/api/v1/desk");
        if let Some(last) = &self.last {
            // What was lost is asked for at once, so that a server that is back is seen.
            let wait = if self.attachment.lost.is_some() { Span::ZERO } else { POLL };
            address = address.with_query("after", last).with_query("wait", &(wait.0 / 1000).to_string());
        }
        let has = self.reader.has();
        for (part, name) in [("rules", &has.rules), ("cases", &has.cases), ("charts", &has.charts)] {
            if let Some(name) = name {
                address = address.with_query(part, name);
            }
        }
        let request = HttpRequest { total: Some(POLL + SLACK), ..HttpRequest::get(address) };
        let Some(came) = self.link.exchange(request, LONGEST_PICTURE).await? else {
            self.tell_back();
            return Ok(());
        };
        let mut reader = self.reader.clone();
        let read = read_apart(came, move |bytes| {
            let received = reader.read(bytes)?;
            Ok((reader, received))
        });
        let (reader, received) = read.await?;
        self.reader = reader;
        self.take(received);
        Ok(())
    }

    fn take(&mut self, received: Received) {
        let Received { snapshot, name, you, now, program } = received;
        let read_only = match (&you, &self.attachment.read_only) {
            (Some(_), _) => None,
            (None, Some(why)) if &**why == NO_TOKEN => Some(NO_TOKEN.into()),
            (None, _) => Some("the server does not know this token".into()),
        };
        self.attachment = Attachment {
            program: Some(program),
            who: you,
            read_only,
            lost: None,
            clock_ahead: now.0.saturating_sub(self.clock.now().wall.0),
            address: self.attachment.address.clone(),
        };
        self.last = Some(name);
        self.show(snapshot);
    }

    /// Shows a snapshot with the link as it is now.
    fn show(&self, snapshot: Snapshot) {
        let attached = Some(Arc::new(self.attachment.clone()));
        self.show.send_replace(Arc::new(Snapshot { attached, ..snapshot }));
    }

    /// Shows what is there already with the link as it is now.
    fn show_again(&self) {
        let last = Snapshot::clone(&self.show.borrow());
        self.show(last);
    }

    fn tell_back(&mut self) {
        if self.attachment.lost.take().is_some() {
            self.show_again();
        }
    }

    fn tell_lost(&mut self, error: Text, tries: u32, pause: Span) {
        let now = self.clock.now().wall;
        let since = self.attachment.lost.as_ref().map_or(now, |lost| lost.since);
        self.attachment.lost = Some(LostLink { since, error, tries, next_try: now + pause });
        self.show_again();
    }
}

/// 1 s, 2 s, 4 s and so on.
fn pause_after(failures: u32) -> Span {
    Span(FIRST_PAUSE.0.saturating_mul(1 << failures.min(10))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let pauses: Vec<i64> = [0, 1, 2, 3, 4, 5, 60, u32::MAX].into_iter().map(|n| pause_after(n).0 / 1000).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
    }
}
