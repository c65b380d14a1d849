//! The far side: receivers that take pages, say no in every way that real ones do, or say nothing; each message that reached
//! one is written down, whether or not its sender ever learnt so.

use crate::sim::past::Dice;
use burnledger::domain::base::{Severity, Span, Text};
use burnledger::domain::paging::{Dispatch, DispatchKind, SendOutcome};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The people's pager and their chat (first level), the boss (second level), and who takes what others refuse.
pub(crate) const NAMES: [&str; 4] = ["pager", "chat", "boss", "desk"];

/// How a receiver behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Takes,
    /// 200 with an error in its body, 500, a closed connection: nothing was taken.
    Fails,
    /// 429 with `Retry-After`.
    TooMany,
    /// Nothing was taken and nothing is answered.
    Silent,
    /// Taken, and the answer is lost.
    TakesInSilence,
    /// Taken, and the connection closes before the answer.
    TakesAndFails,
    /// Refused for good.
    Refuses,
}

/// A message that reached its receiver.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) receiver: Text,
    pub(super) page: Dispatch,
    /// The sender was told so.
    pub(super) answered: bool,
}

#[derive(Default)]
pub(super) struct Far {
    moods: Mutex<BTreeMap<Text, Mood>>,
    pub(super) heard: Mutex<Vec<Heard>>,
    /// Receivers that refused something for good.
    pub(super) refused: Mutex<Vec<Text>>,
}

impl Far {
    pub(super) fn clear(&self) {
        self.moods.lock().unwrap().clear();
    }

    pub(super) fn is_fine(&self) -> bool {
        self.moods.lock().unwrap().is_empty()
    }

    /// Some receivers change their mood. The last resort refuses nothing for good.
    pub(super) fn turn(&self, dice: &mut Dice) {
        let moods =
            [Mood::Fails, Mood::TooMany, Mood::Silent, Mood::TakesInSilence, Mood::TakesAndFails, Mood::Refuses, Mood::Takes];
        for name in NAMES {
            let mood = moods[dice.between(0, moods.len())];
            if dice.one_in(2) && (name != "desk" || mood != Mood::Refuses) {
                self.moods.lock().unwrap().insert(name.into(), mood);
            }
        }
    }

    pub(super) async fn hear(&self, name: &Text, page: &Dispatch) -> SendOutcome {
        let mood = self.moods.lock().unwrap().get(name).copied().unwrap_or_default();
        let taken = |answered| {
            self.heard.lock().unwrap().push(Heard { receiver: name.clone(), page: page.clone(), answered });
        };
        let retry = |why: &str, after| SendOutcome::Retry { after, why: why.into() };
        match mood {
            Mood::Takes => {
                taken(true);
                SendOutcome::Delivered { detail: "ok".into() }
            }
            Mood::Fails => retry("an error in the body", None),
            Mood::TooMany => retry("too many", Some(Span::from_secs(40))),
            Mood::Silent => std::future::pending().await,
            Mood::TakesInSilence => {
                taken(false);
                std::future::pending().await
            }
            Mood::TakesAndFails => {
                taken(false);
                retry("the connection closed before an answer", None)
            }
            Mood::Refuses => {
                self.refused.lock().unwrap().push(name.clone());
                SendOutcome::Permanent { why: "no such channel".into() }
            }
        }
    }

    /// Somebody was told of a service's P0 although it could not be recorded.
    pub(super) fn heard_unrecorded(&self, service: &str) -> bool {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .any(|h| h.page.content.not_recorded && *h.page.content.service == *service && h.page.severity == Severity::P0)
    }
}

impl Heard {
    pub(super) fn is_resolved(&self) -> bool {
        self.page.kind == DispatchKind::Resolved
    }
}
