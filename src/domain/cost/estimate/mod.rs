//! What an incident cost by numbers that people declare: the model without ledger, samples or business file.
//!
//! Components become lines in the order of the component table, whatever their order in the file. Deliberately absent:
//! reading files, and judging whether a number is possible (the reader refuses those at their place).

pub mod component;
mod capacity;
mod churn;
mod credits;
pub(super) mod draft;
mod hours;
mod loss;
pub(super) mod overlap;
mod range;
mod seasonal;
mod sensitivity;

pub use crate::domain::objective::{CreditTier as Tier, DayZone, Premium};
pub use capacity::Capacity;
pub use churn::Churn;
pub use component::{Component, Kind};
pub use credits::{Credits, Customer};
pub use hours::{Hours, Review, Shift};
pub use loss::{Loss, Orders};
pub use overlap::{Overlap, OverlapShare, Overlapping, Shares};
pub use range::{Dependence, QUANTILES, Range, Ranged, Simulation, Spread};
pub use seasonal::{Baseline, Beside, Seasonal, median};
pub use sensitivity::Swing;

use super::price::{add_up, sentence};
use super::{CostLine, CostSheet};
use crate::domain::base::{Currency, Text};
use crate::domain::objective::{Assumption, ExchangeRate, ValueIs};
use draft::{Draft, Frame};

/// Everything a cost file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The file it was read from; named as the source of every input.
    pub file: Text,
    /// Currency of the total.
    pub currency: Currency,
    /// The kind of value the total adds up; lines valued otherwise become memo lines.
    pub headline: Option<ValueIs>,
    /// Exchange rates.
    pub exchange: Vec<ExchangeRate>,
    /// What is to be priced.
    pub components: Vec<Component>,
    /// Components given as null: they apply, and nobody knows their numbers.
    pub nulls: Vec<Text>,
    /// Incidents that overlap on one stream.
    pub overlaps: Option<Overlap>,
    /// The month the cost is booked in, `2026-03`, where it is said.
    pub booked_month: Option<Text>,
    /// Assumptions that people stand for.
    pub assumptions: Vec<Assumption>,
    /// How components may vary, each at most once.
    pub ranges: Vec<Ranged>,
    /// How to simulate the total.
    pub simulation: Option<Simulation>,
}

/// The sheet and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimated {
    /// Lines and totals.
    pub sheet: CostSheet,
    /// What each of the overlapping incidents bears.
    pub overlaps: Option<Shares>,
    /// Quantiles of the total, where they were asked for.
    pub range: Option<Range>,
}

/// Prices what is declared. Pure: the same estimate gives the same sheet.
///
/// A component whose amount cannot be computed is listed as not estimated with the reason, and the sheet is not complete.
pub fn estimate(e: &Estimate) -> Estimated {
    let (mut lines, mut missing, mut rests) = (Vec::new(), Vec::new(), Rests::default());
    for draft in drafts(e) {
        match draft.and_then(|d| d.line(&e.frame()).map(|line| (d, line))) {
            Ok((draft, line)) => {
                rests.add(&draft);
                lines.push(line);
            }
            Err((component, why)) => missing.push(format!("{component}: {why}").into()),
        }
    }
    missing.extend(e.nulls.iter().cloned());
    let shares = e.overlaps.as_ref().and_then(|o| o.shares(e));
    let Rests { assumptions, methods } = rests;
    let own = e.assumptions.iter().map(|a| sentence(a).into());
    let assumptions = assumptions.into_iter().map(Text::from).chain(own).collect();
    let method_versions = methods.into_iter().map(Text::from).collect();
    range::bound(&mut lines, &e.ranges);
    let unbounded = range::is_unbounded(&lines, &e.ranges);
    let mut sheet = CostSheet { assumptions, method_versions, ..add_up(lines, missing, e.currency) };
    if unbounded {
        (sheet.low, sheet.high) = (None, None);
    }
    let mut range = e.simulation.and_then(|asked| range::simulate(&sheet, &e.ranges, asked));
    if let Some(range) = &mut range {
        range.sensitivity = sensitivity::swings(e, &sheet);
    }
    Estimated { sheet, overlaps: shares, range }
}

impl Estimate {
    const fn frame(&self) -> Frame<'_> {
        Frame {
            file: &self.file,
            currency: self.currency,
            exchange: self.exchange.as_slice(),
            headline: self.headline,
            booked_month: self.booked_month.as_ref(),
        }
    }

    /// The line of one component by itself; the error says why there is none.
    ///
    /// # Errors
    /// The amount is too large, or no rate leads to the currency of the total.
    pub fn line(&self, component: &Component) -> Result<CostLine, String> {
        component.draft().and_then(|d| d.line(&self.frame())).map_err(|(_, why)| why)
    }
}

/// Why a component has no line: its id, and the reason.
pub(super) type NoLine = (&'static str, String);

/// Drafts of all lines, in the order of the component table.
fn drafts(e: &Estimate) -> Vec<Result<Draft, NoLine>> {
    let mut sorted: Vec<&Component> = e.components.iter().collect();
    sorted.sort_by_key(|c| c.rank());
    let overlaps = e.overlaps.iter().map(Overlap::draft);
    let mut all: Vec<_> = sorted.iter().map(|c| c.draft()).collect();
    let after_losses = sorted.iter().take_while(|c| c.rank() == 0).count();
    all.splice(after_losses..after_losses, overlaps);
    all
}

/// What the figures rest on, each said once.
#[derive(Default)]
pub(super) struct Rests {
    pub(super) assumptions: Vec<&'static str>,
    pub(super) methods: Vec<&'static str>,
}

impl Rests {
    pub(super) fn add(&mut self, draft: &Draft) {
        for (list, new) in [(&mut self.assumptions, draft.assumption), (&mut self.methods, Some(draft.method))] {
            if let Some(new) = new.filter(|n| !list.contains(n)) {
                list.push(new);
            }
        }
    }
}

#[cfg(test)]
mod tests;
