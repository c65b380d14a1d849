//! `lost_revenue` by its methods, and `recovered_revenue`.
//!
//! Orders are kept as a fraction and divided last: a third of an order times a price that is divisible by three is exact.

use super::component::Component;
use super::draft::{Draft, inputs, over, product};
use super::seasonal::Seasonal;
use rust_decimal::Decimal;

/// How lost revenue is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Unique failed transactions: F × v × (1 − r).
    FailedTransactions {
        /// Failed transactions (not requests).
        failed: Decimal,
        /// Value of one.
        value: Decimal,
        /// Share that comes back by itself.
        recovered: Decimal,
    },
    /// Those beyond what fails on any day: F × max(0, p − p0) / p × v × (1 − r), p failure rates.
    Excess {
        /// Failed transactions.
        failed: Decimal,
        /// Success rate on other days.
        normal: Decimal,
        /// Success rate in the incident.
        incident: Decimal,
        /// Value of one.
        value: Decimal,
        /// Share that comes back by itself.
        recovered: Decimal,
    },
    /// Orders a minute that did not come: baseline × minutes × drop × v × (1 − r).
    ShortfallRate {
        /// Orders a minute on other days.
        per_minute: Decimal,
        /// Length.
        minutes: Decimal,
        /// Share of orders that did not come, 0..=1.
        drop: Decimal,
        /// Value of one.
        value: Decimal,
        /// Share that comes back by itself.
        recovered: Decimal,
    },
    /// Orders against the same hours of earlier weeks.
    Seasonal(Seasonal),
    /// Sessions that bought less often: sessions × max(0, c0 − c) × v × (1 − r).
    Conversion {
        /// Sessions.
        sessions: Decimal,
        /// Conversion on other days.
        normal: Decimal,
        /// Conversion in the incident.
        incident: Decimal,
        /// Value of one order.
        value: Decimal,
        /// Share that comes back by itself.
        recovered: Decimal,
    },
    /// An amount that is known.
    Given {
        /// The amount.
        amount: Decimal,
    },
}

/// A number of orders as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orders {
    /// Above the line.
    pub count: Decimal,
    /// Below the line; more than 0.
    pub of: Decimal,
}

impl Orders {
    /// A whole number of orders, or a decimal one.
    pub const fn new(count: Decimal) -> Self {
        Self { count, of: Decimal::ONE }
    }

    /// More than the other; `None` when the numbers are too large to compare.
    pub fn exceeds(self, other: Self) -> Option<bool> {
        Some(self.count.checked_mul(other.of)? > other.count.checked_mul(self.of)?)
    }
}

const NO_MORE: &str = "no worse than on other days: nothing was lost";

impl Loss {
    /// Orders that were lost before any came back; `None` for a given amount, and when the number is too large.
    pub fn orders(&self) -> Option<Orders> {
        let zero = Decimal::ZERO;
        match self {
            Self::FailedTransactions { failed, .. } => Some(Orders::new(*failed)),
            Self::Excess { failed, normal, incident, .. } => {
                let beyond = (normal - incident).max(zero);
                // Nothing failed: any fraction of nothing is nothing.
                let of = if *incident < Decimal::ONE { Decimal::ONE - incident } else { Decimal::ONE };
                Some(Orders { count: product(&[*failed, beyond]).ok()?, of })
            }
            Self::ShortfallRate { per_minute, minutes, drop, .. } => {
                product(&[*per_minute, *minutes, *drop]).ok().map(Orders::new)
            }
            Self::Seasonal(seasonal) => seasonal.shortfall().ok().map(|s| Orders::new(s.orders)),
            Self::Conversion { sessions, normal, incident, .. } => {
                product(&[*sessions, (normal - incident).max(zero)]).ok().map(Orders::new)
            }
            Self::Given { .. } => None,
        }
    }

    /// The share that comes back by itself.
    pub const fn recovered_fraction(&self) -> Decimal {
        match self {
            Self::FailedTransactions { recovered, .. }
            | Self::Excess { recovered, .. }
            | Self::ShortfallRate { recovered, .. }
            | Self::Conversion { recovered, .. } => *recovered,
            Self::Seasonal(_) | Self::Given { .. } => Decimal::ZERO,
        }
    }

    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        match self {
            Self::Given { amount } => Ok(c.given(None, *amount)),
            Self::Seasonal(seasonal) => seasonal.draft(c),
            Self::FailedTransactions { failed, value, recovered } => {
                let formula = ("F", format!("{failed}"));
                let assumption = "Every failed transaction counts as one lost sale, but for the share that comes back (r)";
                self.priced(c, "failed_transactions/1", formula, (*value, *recovered), assumption)
            }
            Self::Excess { failed, normal, incident, value, recovered } => {
                let (p, p0) = (Decimal::ONE - incident, Decimal::ONE - normal);
                let formula = ("F × max(0, p − p0) / p", format!("{failed} × max(0, {p} − {p0}) / {p}"));
                let assumption =
                    "Failures beyond the normal rate (p0) count as lost sales, but for the share that comes back (r)";
                self.priced(c, "failed_transactions_excess/1", formula, (*value, *recovered), assumption)
            }
            Self::ShortfallRate { per_minute, minutes, drop, value, recovered } => {
                let formula = ("baseline × minutes × drop", format!("{per_minute}/min × {minutes} min × {drop}"));
                let assumption = "Without the incident orders would have come at the baseline rate all the time";
                self.priced(c, "shortfall_rate/1", formula, (*value, *recovered), assumption)
            }
            Self::Conversion { sessions, normal, incident, value, recovered } => {
                let formula = ("sessions × max(0, c0 − c)", format!("{sessions} × max(0, {normal} − {incident})"));
                let assumption = "Without the incident sessions would have bought at the normal conversion (c0)";
                self.priced(c, "conversion_shortfall/1", formula, (*value, *recovered), assumption)
            }
        }
    }

    /// Orders × v × (1 − r).
    fn priced(
        &self,
        c: &Component,
        method: &'static str,
        (symbols, numbers): (&str, String),
        (value, recovered): (Decimal, Decimal),
        assumption: &'static str,
    ) -> Result<Draft, String> {
        let orders = self.orders().ok_or_else(crate::domain::cost::revenue::too_large)?;
        let amount = over(product(&[orders.count, value, Decimal::ONE - recovered])?, orders.of)?;
        let formula = format!("{symbols} × v × (1 − r) = {numbers} × {value} {} × (1 − {recovered})", c.currency);
        let mut list = self.inputs();
        list.extend(inputs([("v", format!("{value} {}", c.currency)), ("r", recovered.to_string())]));
        let note = self.is_no_worse().then(|| NO_MORE.to_owned());
        Ok(Draft { amount, formula, inputs: list, note, assumption: Some(assumption), ..c.blank(method) })
    }

    fn is_no_worse(&self) -> bool {
        match self {
            Self::Excess { normal, incident, .. } | Self::Conversion { normal, incident, .. } => incident >= normal,
            _ => false,
        }
    }

    fn inputs(&self) -> Vec<(String, String)> {
        match self {
            Self::FailedTransactions { failed, .. } => inputs([("F", failed.to_string())]),
            Self::Excess { failed, normal, incident, .. } => {
                inputs([("F", failed.to_string()), ("p0", format!("1 − {normal}")), ("p", format!("1 − {incident}"))])
            }
            Self::ShortfallRate { per_minute, minutes, drop, .. } => {
                inputs([("baseline", format!("{per_minute}/min")), ("minutes", minutes.to_string()), ("drop", drop.to_string())])
            }
            Self::Conversion { sessions, normal, incident, .. } => {
                inputs([("sessions", sessions.to_string()), ("c0", normal.to_string()), ("c", incident.to_string())])
            }
            Self::Seasonal(_) | Self::Given { .. } => Vec::new(),
        }
    }
}

/// Orders that came back: −orders × v.
pub(super) fn recovered(c: &Component, orders: &Orders, value: Decimal) -> Result<Draft, String> {
    let amount = over(product(&[orders.count, value])?, orders.of)?;
    let count = over(orders.count, orders.of)?.normalize();
    let formula = format!("−orders × v = −{count} × {value} {}", c.currency);
    let inputs = inputs([("orders", count.to_string()), ("v", format!("{value} {}", c.currency))]);
    let assumption = "Orders that came back are worth what the lost ones were";
    Ok(Draft { amount: -amount, formula, inputs, assumption: Some(assumption), ..c.blank("recovered_revenue/1") })
}
