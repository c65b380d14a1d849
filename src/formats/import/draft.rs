//! What an imported document becomes before it is written: SLO documents of ours as trees of texts, each with the place in
//! the other tool's file that it was taken from, and notes on what has no equal here.
//!
//! Deliberately absent: whether the SLO is sound. The reader of SLO files decides that, over what was written.

use crate::domain::base::{Place, Severity, Span, Target};
use rust_decimal::Decimal;

/// Something that a person should know about how a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it stands in the other tool's file.
    pub place: Place,
    /// One sentence without a full stop.
    pub text: String,
    /// It is probably a mistake in the file, such as a key that its own tool ignores.
    pub warning: bool,
}

/// A value to be written.
#[derive(Clone, Debug)]
pub(in crate::formats) enum Val {
    /// Text, and where it was read.
    Text(String, Option<Place>),
    /// A list, one item a line.
    List(Vec<Self>),
    /// A mapping, one key a line.
    Map(Vec<(String, Self)>),
}

impl Val {
    /// Text that stands nowhere in the other file.
    pub(in crate::formats) fn own(text: impl Into<String>) -> Self {
        Self::Text(text.into(), None)
    }

    /// Text taken from a place.
    pub(in crate::formats) fn at(text: impl Into<String>, place: Place) -> Self {
        Self::Text(text.into(), Some(place))
    }

    /// A mapping of few keys.
    pub(in crate::formats) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// What kind of document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum DocKind {
    /// SLOs of one service.
    Slos,
    /// A severity policy.
    Policy,
}

/// One document to be written.
#[derive(Clone, Debug)]
pub(in crate::formats) struct Doc {
    /// Its kind.
    pub(in crate::formats) kind: DocKind,
    /// Where it began in the other file.
    pub(in crate::formats) place: Place,
    /// Its own fields after `version:`, in order.
    pub(in crate::formats) head: Vec<(&'static str, Val)>,
    /// Its SLOs.
    pub(in crate::formats) slos: Vec<DraftSlo>,
    /// Notes on the document.
    pub(in crate::formats) notes: Vec<Note>,
}

/// One SLO to be written.
#[derive(Clone, Debug)]
pub(in crate::formats) struct DraftSlo {
    /// Where it stands in the other file.
    pub(in crate::formats) place: Place,
    /// Its fields, in order.
    pub(in crate::formats) fields: Vec<(&'static str, Val)>,
    /// Notes on it.
    pub(in crate::formats) notes: Vec<Note>,
}

/// A tier to be written: by its share of the budget where that is how the tool says it, else by its burn rate.
#[derive(Clone, Debug)]
pub(in crate::formats) struct DraftTier {
    /// Severity here.
    pub(in crate::formats) severity: Severity,
    /// Share of the budget that is spent when it fires.
    pub(in crate::formats) share: Option<Decimal>,
    /// Burn rate.
    pub(in crate::formats) factor: Decimal,
    /// Long window.
    pub(in crate::formats) long: Span,
    /// Short window.
    pub(in crate::formats) short: Span,
}

impl DraftTier {
    /// A tier by the share of the budget that it waits for; absent when the numbers are beyond decimals.
    pub(in crate::formats) fn of_share(
        severity: Severity,
        share: Decimal,
        long: Span,
        short: Span,
        period: Span,
    ) -> Option<Self> {
        let factor = share.checked_mul(Decimal::from(period.0))?.checked_div(Decimal::from(long.0))?;
        Some(Self { severity, share: Some(share), factor, long, short })
    }

    /// Whether it can fire at all: more than every event cannot fail.
    pub(in crate::formats) fn reachable(&self, target: Target) -> bool {
        self.factor.checked_mul(Decimal::ONE - target.share()).is_some_and(|needed| needed < Decimal::ONE)
    }

    /// As it is written.
    pub(in crate::formats) fn val(&self) -> Val {
        let level = match self.share {
            Some(share) => ("budget", Val::own(format!("{}%", (share * Decimal::ONE_HUNDRED).normalize()))),
            None => ("burn", Val::own(self.factor.normalize().to_string())),
        };
        Val::map([
            ("severity", Val::own(self.severity.name())),
            level,
            ("long", Val::own(self.long.to_string())),
            ("short", Val::own(self.short.to_string())),
        ])
    }
}

/// Severity, percent of the budget, long and short window of the shipped policy `google-sre`.
pub(in crate::formats) const STANDARD: [(Severity, i64, Span, Span); 4] = [
    (Severity::P0, 2, Span::from_hours(1), Span::from_mins(5)),
    (Severity::P1, 5, Span::from_hours(6), Span::from_mins(30)),
    (Severity::P2, 10, Span::from_days(1), Span::from_hours(2)),
    (Severity::P2, 10, Span::from_days(3), Span::from_hours(6)),
];

/// The shipped policy, or those of its tiers that can fire: for SLOs whose own tool has no burn-rate alerts.
pub(in crate::formats) fn standard_severity(target: Target, period: Span) -> Val {
    let tier = |(severity, percent, long, short)| DraftTier::of_share(severity, Decimal::new(percent, 2), long, short, period);
    let tiers: Vec<DraftTier> =
        STANDARD.into_iter().filter_map(tier).filter(|t| t.reachable(target) && t.long <= period).collect();
    if tiers.len() == STANDARD.len() {
        return Val::List(vec![Val::own("google-sre")]);
    }
    Val::List(tiers.iter().map(DraftTier::val).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_tiers_are_those_of_the_shipped_policy() {
        let policy = crate::formats::find_policy("google-sre", &[]).unwrap();
        let ours: Vec<_> = STANDARD
            .into_iter()
            .map(|(severity, percent, long, short)| {
                let tier = DraftTier::of_share(severity, Decimal::new(percent, 2), long, short, policy.period).unwrap();
                (tier.severity, tier.factor.normalize(), tier.long, tier.short)
            })
            .collect();
        let shipped: Vec<_> = policy.tiers.iter().map(|t| (t.severity, t.factor.normalize(), t.long, t.short)).collect();
        assert_eq!(ours, shipped);
    }
}
