//! The components of a cost, and their order.

use super::capacity::Capacity;
use super::churn::Churn;
use super::credits::Credits;
use super::draft::{Draft, inputs, product};
use super::hours::Hours;
use super::loss::{Loss, Orders};
use super::{NoLine, loss};
use crate::domain::base::{Currency, Text};
use crate::domain::objective::ValueIs;
use rust_decimal::Decimal;

/// One component in its own currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Currency of its amounts.
    pub currency: Currency,
    /// What its values are, for revenue.
    pub value_is: Option<ValueIs>,
    /// What it is.
    pub kind: Kind,
}

/// What a component is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Revenue that was lost.
    Lost(Loss),
    /// Orders that came back afterwards; taken off.
    Recovered {
        /// Orders that came back.
        orders: Orders,
        /// Value of one.
        value: Decimal,
    },
    /// Credits to customers by contract.
    Credits(Credits),
    /// People's time.
    Labour(Hours),
    /// Machines beyond the usual.
    Capacity(Capacity),
    /// Customers who left.
    Churn(Churn),
    /// Additional support tickets.
    Support {
        /// Tickets beyond the usual number.
        tickets: Decimal,
        /// Cost of handling one.
        each: Decimal,
    },
    /// So many payments of one amount.
    Times {
        /// Component id.
        id: &'static str,
        /// How many.
        count: Decimal,
        /// Each.
        each: Decimal,
    },
    /// An amount that is known; `avoided_cost` is negative.
    Given {
        /// Component id.
        id: &'static str,
        /// The amount.
        amount: Decimal,
    },
    /// A line of one's own.
    Item {
        /// Its name.
        name: Text,
        /// The amount.
        amount: Decimal,
    },
}

/// Component ids in the order of the table.
pub const IDS: [&str; 11] = [
    "lost_revenue",
    "recovered_revenue",
    "sla_credits",
    "responder_labour",
    "extra_capacity",
    "churn",
    "refunds",
    "support",
    "penalties",
    "avoided_cost",
    "items",
];

/// Components whose people are salaried or whose loss is no payment: an opportunity, nothing that is paid out.
const NO_CASH: [&str; 5] = ["lost_revenue", "recovered_revenue", "responder_labour", "churn", "support"];

impl Component {
    /// Its id.
    pub const fn id(&self) -> &'static str {
        match &self.kind {
            Kind::Lost(_) => "lost_revenue",
            Kind::Recovered { .. } => "recovered_revenue",
            Kind::Credits(_) => "sla_credits",
            Kind::Labour(_) => "responder_labour",
            Kind::Capacity(_) => "extra_capacity",
            Kind::Churn(_) => "churn",
            Kind::Support { .. } => "support",
            Kind::Times { id, .. } | Kind::Given { id, .. } => id,
            Kind::Item { .. } => "items",
        }
    }

    /// Where its line stands.
    pub(in crate::domain::cost) fn rank(&self) -> usize {
        IDS.iter().position(|id| *id == self.id()).unwrap_or(IDS.len())
    }

    /// A draft with nothing but what all have in common.
    pub(super) fn blank(&self, method: &'static str) -> Draft {
        Draft {
            component: self.id(),
            method,
            subject: None,
            currency: self.currency,
            value_is: self.value_is,
            amount: Decimal::ZERO,
            bounds: None,
            formula: String::new(),
            inputs: Vec::new(),
            cash: !NO_CASH.contains(&self.id()),
            note: None,
            assumption: None,
        }
    }

    /// The line before exchange and rounding.
    pub(in crate::domain::cost) fn draft(&self) -> Result<Draft, NoLine> {
        let draft = match &self.kind {
            Kind::Lost(loss) => loss.draft(self),
            Kind::Recovered { orders, value } => loss::recovered(self, orders, *value),
            Kind::Credits(credits) => credits.draft(self),
            Kind::Labour(hours) => hours.draft(self),
            Kind::Capacity(capacity) => capacity.draft(self),
            Kind::Churn(churn) => churn.draft(self),
            Kind::Support { tickets, each } => self.times("support/1", "tickets × cost of one", *tickets, *each),
            Kind::Times { count, each, .. } => self.times("times/1", "count × amount", *count, *each),
            Kind::Given { amount, .. } => Ok(self.given(None, *amount)),
            Kind::Item { name, amount } => Ok(self.given(Some(name.clone()), *amount)),
        };
        draft.map_err(|why| (self.id(), why))
    }

    fn times(&self, method: &'static str, words: &str, count: Decimal, each: Decimal) -> Result<Draft, String> {
        let formula = format!("{words} = {count} × {each} {}", self.currency);
        let inputs = inputs([("count", count.to_string()), ("each", format!("{each} {}", self.currency))]);
        Ok(Draft { amount: product(&[count, each])?, formula, inputs, ..self.blank(method) })
    }

    pub(super) fn given(&self, subject: Option<Text>, amount: Decimal) -> Draft {
        let formula = format!("given: {amount} {}", self.currency);
        let inputs = inputs([("amount", format!("{amount} {}", self.currency))]);
        Draft { subject, amount, formula, inputs, ..self.blank("given/1") }
    }
}
