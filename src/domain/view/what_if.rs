//! What other rules would have done with a stretch of the past, beside what those in force do with it.
//!
//! Deliberately absent: how a change is written and judged.

use super::film::FilmAsk;
use crate::domain::base::{Labels, Ms, Severity, SloId, Text};

/// What is supposed of a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIfAsk {
    /// The stretch.
    pub film: FilmAsk,
    /// The change as a person writes it: `target=99.5%`, `burn=14.4:10 slo=checkout`.
    pub change: Text,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// The change as it was written.
    pub change: Text,
    /// First instant judged.
    pub from: Ms,
    /// Last instant judged.
    pub to: Ms,
    /// Tracks in which either rules fired, in the order of SLOs and groups.
    pub tracks: Vec<WhatIfTrack>,
    /// Incidents that page, by the rules in force and by the others.
    pub pages: (usize, usize),
    /// Incidents that make a ticket.
    pub tickets: (usize, usize),
    /// Reads that failed, in words.
    pub errors: Vec<Text>,
}

/// What fired in a track.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfTrack {
    /// The SLO.
    pub slo: SloId,
    /// Its group.
    pub group: Labels,
    /// By the rules in force, by time.
    pub now: Vec<Fired>,
    /// By the others, by time.
    pub then: Vec<Fired>,
}

/// A rule that fired from one instant to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Its severity.
    pub severity: Severity,
    /// The rule, as its policy prints it.
    pub rule: Text,
    /// First instant at which it fired.
    pub from: Ms,
    /// First instant at which it fired no more; absent while it still does.
    pub to: Option<Ms>,
}

impl WhatIf {
    /// The first instant at which anything that pages fired, by the rules in force and by the others.
    pub fn first_page(&self) -> (Option<Ms>, Option<Ms>) {
        let first = |of: fn(&WhatIfTrack) -> &Vec<Fired>| {
            self.tracks.iter().flat_map(of).filter(|f| f.severity.pages()).map(|f| f.from).min()
        };
        (first(|t| &t.now), first(|t| &t.then))
    }
}
