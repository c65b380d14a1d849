//! The cost sheet: lines that add up, and what could not be estimated.

use super::CostRecord;
use crate::domain::base::{Currency, Money, Ms, Seq, Text};
use crate::domain::objective::ValueIs;
use rust_decimal::Decimal;
use std::sync::Arc;

/// How a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// From samples.
    Measured,
    /// From measured and declared numbers by a formula.
    Derived,
    /// Said by a person or a file.
    Declared,
}

impl Basis {
    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Derived => "derived",
            Self::Declared => "declared",
        }
    }
}

/// One input of a formula: the number as it was used, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostInput {
    /// Its name in the formula.
    pub name: Text,
    /// The value as text, exact.
    pub value: Text,
    /// How it is known.
    pub basis: Basis,
    /// Where it comes from: a query with its span, a file, an entry.
    pub source: Text,
}

/// One priced kind of loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// Component id: `lost_revenue`, `responder_labour`, ...
    pub component: Text,
    /// What it is about when there are several (a stream's name).
    pub subject: Option<Text>,
    /// Amount, rounded once to its currency's minor unit.
    pub amount: Money,
    /// Low bound, rounded, where there is a range.
    pub low: Option<Decimal>,
    /// High bound, rounded.
    pub high: Option<Decimal>,
    /// The amount before rounding.
    pub unrounded: Decimal,
    /// How it is known: like its inputs when they are alike, derived when measured and declared ones meet.
    pub basis: Basis,
    /// What the value is, for revenue lines.
    pub value_is: Option<ValueIs>,
    /// Paid out (true) or opportunity (false).
    pub cash: bool,
    /// Month it is booked in, `2026-03`.
    pub booked_month: Option<Text>,
    /// The formula in words and symbols, with numbers filled in.
    pub formula: Text,
    /// Its inputs.
    pub inputs: Vec<CostInput>,
    /// Shown, not added.
    pub memo: bool,
    /// A remark for the reader.
    pub note: Option<Text>,
}

/// All lines of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostSheet {
    /// Currency of the total.
    pub currency: Currency,
    /// Lines, in the order of the component table.
    pub lines: Vec<CostLine>,
    /// Sum of the rounded, non-memo lines; absent when nothing could be estimated.
    pub total: Option<Decimal>,
    /// Sum of lows (bounds, no quantile).
    pub low: Option<Decimal>,
    /// Sum of highs.
    pub high: Option<Decimal>,
    /// Nothing that applies is missing.
    pub complete: bool,
    /// Components that apply but lack an input, with the reason: `responder_labour: nobody is known to have responded`.
    pub not_estimated: Vec<Text>,
    /// Assumptions, one sentence each.
    pub assumptions: Vec<Text>,
    /// Versions of the methods used: `failed_transactions/1`.
    pub method_versions: Vec<Text>,
    /// Figures may still change until then, because orders may come back; absent once they are final.
    pub provisional_until: Option<Ms>,
    /// The figures that these replace, and why.
    pub restates: Option<Restates>,
    /// What every line was computed from; absent on sheets recorded before it was kept, and on those of `cost estimate`.
    pub record: Option<Arc<CostRecord>>,
}

/// Earlier figures, which stay in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restates {
    /// Their entry.
    pub seq: Seq,
    /// Their total.
    pub total: Option<Decimal>,
    /// Why they were replaced.
    pub reason: Text,
}

impl CostSheet {
    /// How far the total moved from the one it replaces; absent when it replaces none, or one of them is unknown.
    pub fn difference(&self) -> Option<Decimal> {
        self.total?.checked_sub(self.restates.as_ref()?.total?)
    }

    /// What the lost revenue in the total is valued as: more than one kind when a file mixes them without a headline.
    pub fn value_kinds(&self) -> Vec<ValueIs> {
        let mut kinds: Vec<ValueIs> = self.lines.iter().filter(|l| !l.memo).filter_map(|l| l.value_is).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }
}
