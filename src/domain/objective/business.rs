//! The business file: what an event is worth, what people cost, and who says so.

use super::premium::{DayZone, Premium};
use crate::domain::base::{Currency, Interval, Money, Ms, Span, Text};
use crate::domain::measure::{Count, Plan};
use chrono::NaiveDate;
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

/// A counter of a stream: the query as written, and what is counted for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// PromQL, as written.
    pub query: Text,
    /// The counters behind it.
    pub count: Count,
}

/// How a stream's loss is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamMethod {
    /// Every failed transaction is a lost one.
    #[default]
    FailedTransactions,
    /// Those beyond the failure rate of the day before.
    Excess,
    /// Orders that did not come, against the same hours of earlier weeks.
    Seasonal,
    /// Sessions that bought less often than on the day before.
    Conversion,
}

impl StreamMethod {
    /// Words in files, with their meanings.
    pub const ALL: [(&'static str, Self); 4] = [
        ("failed_transactions", Self::FailedTransactions),
        ("failed_transactions_excess", Self::Excess),
        ("shortfall_seasonal", Self::Seasonal),
        ("conversion_shortfall", Self::Conversion),
    ];
}

/// How the seasonal baseline of a stream is made (reference 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeasonalRules {
    /// Earlier weeks that are looked at, 3 to 5.
    pub weeks: u8,
    /// The zone whose weekdays and hours repeat.
    pub zone: DayZone,
    /// Days that are like no other; left out of the baseline.
    pub holidays: Vec<NaiveDate>,
}

impl Default for SeasonalRules {
    fn default() -> Self {
        Self { weeks: 4, zone: DayZone::UTC, holidays: Vec::new() }
    }
}

/// A stream of transactions and what one is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueStream {
    /// Its name.
    pub name: Text,
    /// Services whose incidents it prices.
    pub services: Vec<Text>,
    /// The source of its counters by name; the default one when absent.
    pub source: Option<Text>,
    /// How its loss is found.
    pub method: StreamMethod,
    /// Failed transactions: needed by the two methods of failed transactions.
    pub failed: Option<Counter>,
    /// All transactions: needed by `failed_transactions_excess`.
    pub total: Option<Counter>,
    /// Orders that came: needed by `shortfall_seasonal` and `conversion_shortfall`, and to see orders come back.
    pub orders: Option<Counter>,
    /// Sessions: needed by `conversion_shortfall`.
    pub sessions: Option<Counter>,
    /// The baseline of orders.
    pub seasonal: SeasonalRules,
    /// How long after the impact orders may come back; they are measured against the baseline.
    pub rebound: Option<Span>,
    /// Value of one transaction, in major units.
    pub value: Money,
    /// What the value is.
    pub value_is: ValueIs,
    /// Share that comes back by itself later, 0..=1.
    pub recovered_fraction: Decimal,
}

/// Below so many percent of uptime, so much of the fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditTier {
    /// Uptime in percent; strictly below it the tier holds.
    pub below_percent: Decimal,
    /// Share of the monthly fee.
    pub credit: Decimal,
}

/// A contract that gives credits for downtime, by calendar month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its name, with its version where it has one.
    pub name: Text,
    /// Services whose bad minutes are downtime.
    pub services: Vec<Text>,
    /// Currency of the fees.
    pub currency: Currency,
    /// Bounds and credits.
    pub tiers: Vec<CreditTier>,
    /// Customers and what they pay a month.
    pub customers: Vec<(Text, Decimal)>,
    /// The zone whose months count.
    pub zone: DayZone,
    /// A stretch of downtime shorter than this counts for nothing.
    pub min_consecutive_minutes: Option<Decimal>,
    /// Stretches that do not count, such as announced maintenance.
    pub exclude: Vec<Interval>,
    /// Most that is credited in a month, as a share of the fee.
    pub cap: Option<Decimal>,
    /// Share of credits that customers claim.
    pub claim_share: Option<Decimal>,
}

/// How extra capacity is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CapacityHow {
    /// Replicas from samples, at a price.
    Metered {
        /// PromQL of the number of replicas.
        replicas: Text,
        /// What is asked for it.
        plan: Plan,
        /// Replicas on other days.
        baseline: Decimal,
        /// Price of one replica an hour.
        price: Decimal,
    },
    /// A share of the base cost, as long as the impact lasts.
    Assumed {
        /// Cost an hour on other days.
        per_hour: Decimal,
        /// Additional share.
        extra: Decimal,
    },
}

/// What extra capacity costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityPrice {
    /// Its name.
    pub name: Text,
    /// Services whose incidents it prices; all of them when empty.
    pub services: Vec<Text>,
    /// The source of its replicas by name; the default one when absent.
    pub source: Option<Text>,
    /// Currency of its prices.
    pub currency: Currency,
    /// How it is known.
    pub how: CapacityHow,
}

/// What follows from failed transactions: so much for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The stream whose lost transactions are counted.
    pub stream: Text,
    /// Customers, refunds or tickets for each lost transaction.
    pub per_transaction: Decimal,
    /// Currency of its amounts.
    pub currency: Currency,
    /// What it is.
    pub kind: ConsequenceKind,
}

/// Kinds of what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsequenceKind {
    /// Customers who leave.
    Churn {
        /// Share that leaves anyway.
        normal: Decimal,
        /// Share that leaves after an incident.
        after: Decimal,
        /// What a customer would still have brought.
        lifetime_value: Decimal,
    },
    /// Refunds and goodwill.
    Refunds {
        /// Each.
        each: Decimal,
    },
    /// Support tickets.
    Support {
        /// Handling of one.
        each: Decimal,
    },
}

impl ConsequenceKind {
    /// The component it is.
    pub const fn component(&self) -> &'static str {
        match self {
            Self::Churn { .. } => "churn",
            Self::Refunds { .. } => "refunds",
            Self::Support { .. } => "support",
        }
    }
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
    /// Hours that are paid more.
    pub premium: Option<Premium>,
    /// Hours of review afterwards, for everybody who responded.
    pub review_hours: Option<Decimal>,
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
    /// Contracts that give credits.
    pub contracts: Vec<Contract>,
    /// Prices of extra capacity.
    pub capacity: Vec<CapacityPrice>,
    /// What follows from lost transactions: churn, refunds, support.
    pub consequences: Vec<Consequence>,
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

impl Business {
    /// A file that says nothing but its currency.
    pub fn new(currency: Currency) -> Self {
        Self {
            currency,
            headline: None,
            streams: Vec::new(),
            labour: None,
            contracts: Vec::new(),
            capacity: Vec::new(),
            consequences: Vec::new(),
            exchange: Vec::new(),
            assumptions: Vec::new(),
            nulls: Vec::new(),
            file: Text::from("business.yaml"),
            read_at: None,
        }
    }
}
