//! The marked page that `page test` sends: it shows that a receiver can be reached, and that nothing is wrong.

use super::{Dispatch, DispatchId, DispatchKind, DispatchState, PageContent};
use crate::domain::base::{IncidentId, Ms, Severity, Text};

/// A test page for a receiver. Its key has the time, so that one test does not hide the next.
pub fn test_page(receiver: Text, environment: Option<Text>, now: Ms) -> Dispatch {
    Dispatch {
        id: DispatchId(0),
        incident: IncidentId(0),
        key: format!("burnledger/test/{}", now.rfc3339()).into(),
        kind: DispatchKind::Test,
        severity: Severity::P2,
        level: 0,
        receiver,
        number: 0,
        content: PageContent { service: "burnledger-test".into(), environment, ..PageContent::default() },
        created: now,
        attempts: 1,
        next_at: now,
        state: DispatchState::Sending,
        possible_repeat: false,
        detail: "".into(),
        settled: None,
    }
}
