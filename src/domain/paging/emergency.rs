//! Pages that go out although the ledger cannot be written: when they are due, and the key that keeps them one incident.
//!
//! Such a page carries a visible "not recorded" mark. Deliberately absent: sending (`engine/courier`).

use super::{Dispatch, DispatchId, DispatchKind, DispatchState, PageContent, backoff};
use crate::domain::base::{IncidentId, Ms, Severity, Span, Text};
use std::collections::BTreeMap;

/// How often an emergency page is repeated once a receiver took it.
const REPEAT: Span = Span::from_mins(30);
/// How long an emergency is remembered: long after any would be over.
const FORGET: Span = Span::from_hours(24);

/// The emergencies of this run of the program. The ledger is down, so this lives in memory: a restart pages again.
#[derive(Clone, Debug, Default)]
pub struct Emergencies {
    told: BTreeMap<Text, Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    tries: u32,
    next: Ms,
    number: u32,
    heard: Ms,
}

impl Emergencies {
    /// True when a page for this service and impact start is due now. Only a P0 that goes on is an emergency.
    pub fn is_due(&self, severity: Severity, content: &PageContent, now: Ms) -> bool {
        let burns = severity == Severity::P0 && content.resolved.is_none();
        // Told later than now: the clock ran ahead then, and its times to wait mean nothing.
        burns && self.told.get(&emergency_key(content)).is_none_or(|told| now >= told.next || told.heard > now)
    }

    /// Writes down how sending went: what nobody took is tried again soon, what was taken is repeated every half hour.
    pub fn sent(&mut self, content: &PageContent, delivered: bool, luck: f64, now: Ms) {
        self.told.retain(|_, told| now.since(told.heard) < FORGET);
        let told = self.told.entry(emergency_key(content)).or_insert(Told { tries: 0, next: now, number: 0, heard: now });
        told.heard = now;
        if delivered {
            *told = Told { tries: 0, next: now + REPEAT, number: told.number + 1, heard: now };
        } else {
            told.tries += 1;
            told.next = now + backoff(told.tries, luck);
        }
    }

    /// The page as a row, ready for a receiver; it is in no outbox.
    pub fn page(&self, severity: Severity, content: &PageContent, receiver: Text, now: Ms) -> Dispatch {
        let key = emergency_key(content);
        let number = self.told.get(&key).map_or(0, |told| told.number);
        Dispatch {
            id: DispatchId(0),
            incident: IncidentId(0),
            kind: if number == 0 { DispatchKind::First } else { DispatchKind::Repeat },
            key,
            severity,
            level: 0,
            receiver,
            number,
            content: PageContent { not_recorded: true, ..content.clone() },
            created: now,
            attempts: 1,
            next_at: now,
            state: DispatchState::Sending,
            possible_repeat: false,
            detail: "".into(),
            settled: None,
        }
    }
}

/// `burnledger/unrecorded/<service>/<impact start>`: the same for every page about one outage, different from any ledger's.
pub fn emergency_key(content: &PageContent) -> Text {
    let start = content.impact_start.or(content.detected).map_or_else(|| "unknown".into(), Ms::rfc3339);
    format!("burnledger/unrecorded/{}/{start}", content.service).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> PageContent {
        PageContent {
            service: "checkout".into(),
            impact_start: Some(Ms::from_secs(60)),
            detected: Some(Ms::from_secs(120)),
            ..PageContent::default()
        }
    }

    #[test]
    fn an_emergency_is_tried_until_taken_and_then_repeated_rarely() {
        let (mut all, content, now) = (Emergencies::default(), content(), Ms::from_secs(180));
        assert!(all.is_due(Severity::P0, &content, now));
        assert!(!all.is_due(Severity::P1, &content, now), "only a P0 is an emergency");
        let over = PageContent { resolved: Some(now), ..content.clone() };
        assert!(!all.is_due(Severity::P0, &over, now), "what is over is none either");
        let page = all.page(Severity::P0, &content, "ops".into(), now);
        assert_eq!(&*page.key, "burnledger/unrecorded/checkout/1970-01-01T00:01:00Z");
        assert!(page.content.not_recorded && page.kind == DispatchKind::First);
        all.sent(&content, false, 0.0, now);
        assert!(!all.is_due(Severity::P0, &content, now + Span(999)));
        assert!(all.is_due(Severity::P0, &content, now + Span::from_secs(1)));
        all.sent(&content, true, 0.0, now);
        assert!(!all.is_due(Severity::P0, &content, now + Span::from_mins(29)));
        assert!(all.is_due(Severity::P0, &content, now + REPEAT));
        let again = all.page(Severity::P0, &content, "ops".into(), now);
        assert_eq!((again.kind, again.number, &again.key), (DispatchKind::Repeat, 1, &page.key));
        let other = PageContent { impact_start: Some(Ms::from_secs(61)), ..content };
        assert!(all.is_due(Severity::P0, &other, now), "another outage is another emergency");
    }
}
