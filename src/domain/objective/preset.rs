//! Presets: indicators by name, for the metrics that well-known software has, by the names of its versions.
//!
//! Deliberately absent: reading their files (see `formats`) and making an SLI of one (see `query::preset`).

use super::Side;
use crate::domain::base::{Span, Text};
use rust_decimal::Decimal;

/// Indicators under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Its name in `preset:`.
    pub name: Text,
    /// What it is about and what counts as bad.
    pub description: Text,
    /// The ways its metrics are named; the first is meant where none is.
    pub conventions: Vec<Convention>,
}

/// One way to name the metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Convention {
    /// Its name in `convention:`.
    pub name: Text,
    /// Whose way it is.
    pub about: Text,
    /// Labels that name the service, the better one first.
    pub service: Vec<Text>,
    /// Labels that events must have for this to be the convention.
    pub needs: Vec<Text>,
    /// What it measures; the first is meant where neither `indicator` nor `under` says otherwise.
    pub indicators: Vec<Indicator>,
}

/// Something that a convention measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Its name in `indicator:`.
    pub name: Text,
    /// How.
    pub form: Form,
}

/// An SLI without the conditions that say whose.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Bad events of all.
    Events {
        /// PromQL of bad events.
        bad: Text,
        /// PromQL of all events.
        total: Text,
    },
    /// A classic histogram in seconds.
    Seconds {
        /// Its selector, without `_bucket`.
        histogram: Text,
    },
    /// A classic histogram in milliseconds. It becomes events: those within one bound, of all.
    Millis {
        /// Its selector, without `_bucket`.
        histogram: Text,
        /// Its usual bounds, ms.
        bounds: Vec<Decimal>,
    },
    /// A value with a good side.
    Threshold {
        /// PromQL.
        value: Text,
        /// The good side.
        side: Side,
        /// Where it begins; absent where `under` says it, in seconds.
        level: Option<Decimal>,
    },
    /// So many are allowed.
    Occurrences {
        /// PromQL of a counter.
        count: Text,
        /// How many, unless the SLO says otherwise.
        allowed: Decimal,
        /// In how long.
        per: Span,
    },
}

impl Preset {
    /// The convention of that name, or the first.
    pub fn convention(&self, name: Option<&str>) -> Option<&Convention> {
        match name {
            Some(name) => self.conventions.iter().find(|c| &*c.name == name),
            None => self.conventions.first(),
        }
    }
}

impl Convention {
    /// The indicator of that name; without one the first that takes `under` where it is given, else the first.
    pub fn indicator(&self, name: Option<&str>, under: bool) -> Option<&Indicator> {
        match name {
            Some(name) => self.indicators.iter().find(|i| &*i.name == name),
            None if under => self.indicators.iter().find(|i| i.form.takes_under()),
            None => self.indicators.first(),
        }
    }
}

impl Form {
    /// Its threshold is the SLO's `under`.
    pub const fn takes_under(&self) -> bool {
        matches!(self, Self::Seconds { .. } | Self::Millis { .. } | Self::Threshold { level: None, .. })
    }

    /// The PromQL that its events are looked for with.
    pub const fn main(&self) -> &Text {
        match self {
            Self::Events { total, .. } => total,
            Self::Seconds { histogram } | Self::Millis { histogram, .. } => histogram,
            Self::Threshold { value, .. } => value,
            Self::Occurrences { count, .. } => count,
        }
    }

    /// A histogram: its buckets are looked for.
    pub const fn has_buckets(&self) -> bool {
        matches!(self, Self::Seconds { .. } | Self::Millis { .. })
    }
}
