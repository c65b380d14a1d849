//! The business file: what an event is worth, what people cost, and who says so.

use crate::domain::base::{Currency, Money, Ms, Text};
use crate::domain::measure::Count;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What a revenue value stands for; printed on every line that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueIs {
    /// Gross merchandise value.
    Gmv,
    /// Net revenue.
    Revenue,
    /// Contribution margin.
    Margin,
}

impl ValueIs {
    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gmv => "gmv",
            Self::Revenue => "revenue",
            Self::Margin => "margin",
        }
    }
}

/// A stream of transactions and what one is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueStream {
    /// Its name.
    pub name: Text,
    /// Services whose incidents it prices.
    pub services: Vec<Text>,
    /// PromQL of the counter of failed transactions, as written.
    pub failed_query: Text,
    /// The counters of failed transactions.
    pub failed: Count,
    /// Value of one transaction, in major units.
    pub value: Money,
    /// What the value is.
    pub value_is: ValueIs,
    /// Share that comes back by itself later, 0..=1.
    pub recovered_fraction: Decimal,
}

/// What responders cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labour {
    /// Rate an hour by role.
    pub rates: BTreeMap<Text, Money>,
    /// Role of named people; others have the `default_role`.
    pub people: BTreeMap<Text, Text>,
    /// The role of people who are not listed.
    pub default_role: Option<Text>,
}

/// One exchange rate: 1 base = rate quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    /// The currency that is one.
    pub base: Currency,
    /// The currency it is told in.
    pub quote: Currency,
    /// Units of quote for one base.
    pub rate: Decimal,
    /// The date of the rate, as written (YYYY-MM-DD).
    pub as_of: Text,
}

/// An assumption behind the figures: who holds it, since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// What is assumed.
    pub name: Text,
    /// The value, as written.
    pub value: Text,
    /// Who answers for it.
    pub owner: Option<Text>,
    /// Where it comes from.
    pub source: Option<Text>,
    /// Since when (YYYY-MM-DD).
    pub as_of: Option<Text>,
}

/// Everything the business file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Business {
    /// Currency of reports.
    pub currency: Currency,
    /// Which kind of value the headline adds up; other lines become memo lines.
    pub headline: Option<ValueIs>,
    /// Revenue streams.
    pub streams: Vec<RevenueStream>,
    /// Labour rates; absent means that labour is no part of the cost (given as null it stands in `nulls`).
    pub labour: Option<Labour>,
    /// Exchange rates.
    pub exchange: Vec<ExchangeRate>,
    /// Assumptions.
    pub assumptions: Vec<Assumption>,
    /// Components given as null: they apply, and nobody knows their numbers. Ids such as `responder_labour`, or
    /// `lost_revenue (orders)` for one stream. They are listed as not estimated; an absent component is not in here.
    pub nulls: Vec<Text>,
    /// The file it was read from.
    pub file: Text,
    /// When it was read; for the report.
    pub read_at: Option<Ms>,
}
