//! Numbers of a cost file: read from their text, with sign and size checked where they stand.

use crate::domain::base::Currency;
use crate::domain::objective::{ExchangeRate, ValueIs};
use crate::formats::business::read_currency;
use crate::kit::yaml::{Fields, Findings, Node, Value};
use rust_decimal::Decimal;
use std::ops::Range;
use std::sync::Arc;

/// Where amounts must lead to.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Home<'a> {
    pub(in crate::formats) currency: Currency,
    pub(in crate::formats) exchange: &'a [ExchangeRate],
}

/// What numbers a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Takes {
    /// 0 or more.
    Positive,
    /// More than 0.
    AboveZero,
    /// 0 or less.
    Negative,
    /// Any.
    Any,
}

/// Values above this are mistakes; sums of as many as a file can hold stay within decimals.
const LARGEST: Decimal = Decimal::from_parts(0xA764_0000, 0x0DE0_B6B3, 0, false, 0);
const VALUES: [(&str, ValueIs); 3] = [("gmv", ValueIs::Gmv), ("revenue", ValueIs::Revenue), ("margin", ValueIs::Margin)];

/// One number.
pub(in crate::formats) fn number(out: &mut Findings<'_>, node: &Node, what: &str, takes: Takes) -> Option<Decimal> {
    let value = out.decimal(node, what)?;
    let (wrong, hint) = match takes {
        Takes::Positive => (value < Decimal::ZERO, "may not be negative"),
        Takes::AboveZero => (value <= Decimal::ZERO, "must be more than 0"),
        Takes::Negative => (value > Decimal::ZERO, "may not be positive: it is taken off"),
        Takes::Any => (false, ""),
    };
    if wrong {
        out.error("bad-sign", &node.span, format!("{what} {hint}"));
        return None;
    }
    if value.abs() > LARGEST {
        out.error("bad-number", &node.span, format!("{what} is impossibly large"));
        return None;
    }
    Some(value)
}

/// Reads the fields of one mapping.
pub(in crate::formats) struct Ask<'o, 's, 'n> {
    pub(in crate::formats) out: &'o mut Findings<'s>,
    pub(in crate::formats) fields: Fields<'n>,
    what: String,
}

impl<'o, 's, 'n> Ask<'o, 's, 'n> {
    /// Opens a mapping; `what` names it in messages.
    pub(in crate::formats) fn open(
        out: &'o mut Findings<'s>,
        node: &'n Node,
        what: &str,
        known: &[&'static str],
    ) -> Option<Self> {
        let fields = out.fields(node, what, known)?;
        Some(Self { out, fields, what: what.to_owned() })
    }

    /// A number that must be there.
    pub(in crate::formats) fn need(&mut self, name: &str, takes: Takes) -> Option<Decimal> {
        let node = self.fields.need(self.out, name, &self.what)?;
        number(self.out, node, &format!("`{name}`"), takes)
    }

    /// A number that may be there.
    pub(in crate::formats) fn maybe(&mut self, name: &str, takes: Takes) -> Option<Decimal> {
        let node = self.fields.get(self.out, name)?;
        number(self.out, node, &format!("`{name}`"), takes)
    }

    /// A share that must be there.
    pub(in crate::formats) fn share(&mut self, name: &str) -> Option<Decimal> {
        let node = self.fields.need(self.out, name, &self.what)?;
        self.out.share(node, &format!("`{name}`"))
    }

    /// A share that may be there; when it is wrong nothing comes back either.
    pub(in crate::formats) fn maybe_share(&mut self, name: &str) -> Option<Decimal> {
        let node = self.fields.get(self.out, name)?;
        self.out.share(node, &format!("`{name}`"))
    }

    /// The node of a field that must be there.
    pub(in crate::formats) fn node(&mut self, name: &str) -> Option<&'n Arc<Node>> {
        self.fields.need(self.out, name, &self.what)
    }

    /// Items of a list that must be there and hold something.
    pub(in crate::formats) fn list(&mut self, name: &str) -> Option<&'n [Arc<Node>]> {
        let node = self.node(name)?;
        let items = self.out.list(node, &format!("`{name}`"))?;
        if items.is_empty() {
            self.out.error("empty-value", &node.span, format!("`{name}` is empty"));
            return None;
        }
        Some(items)
    }

    /// The component's currency: its own, else the file's. One that no rate leads from is an error.
    pub(in crate::formats) fn currency(&mut self, home: &Home<'_>) -> Option<Currency> {
        let Some(node) = self.fields.get(self.out, "currency") else { return Some(home.currency) };
        let currency = read_currency(self.out, node)?;
        let to = home.currency;
        let joins = |r: &&ExchangeRate| (r.base, r.quote) == (currency, to) || (r.base, r.quote) == (to, currency);
        if currency != to && !home.exchange.iter().any(|r| joins(&r)) {
            let hint = format!("add `exchange: [{{base: {currency}, quote: {to}, rate: ..., as_of: ...}}]`");
            self.out.error_hint("no-exchange-rate", &node.span, format!("no exchange rate leads from {currency} to {to}"), hint);
            return None;
        }
        Some(currency)
    }

    /// What the values are, where it is said.
    pub(in crate::formats) fn value_is(&mut self) -> Option<ValueIs> {
        let node = self.fields.get(self.out, "value_is")?;
        self.out.choice(node, "value_is", &VALUES)
    }

    /// Where a field stands, else the mapping.
    pub(in crate::formats) fn span(&self, name: &str) -> Range<usize> {
        self.fields.raw(name).map_or_else(|| self.fields.head(), |n| n.span.clone())
    }
}

/// Counts, bucket by bucket; null is a bucket that nobody knows.
pub(in crate::formats) fn buckets(out: &mut Findings<'_>, items: &[Arc<Node>], what: &str) -> Option<Vec<Option<Decimal>>> {
    let before = out.errors();
    let read: Vec<Option<Decimal>> =
        items.iter().map(|n| if n.value == Value::Null { None } else { number(out, n, what, Takes::Positive) }).collect();
    (out.errors() == before).then_some(read)
}

/// The same where every bucket must be known.
pub(in crate::formats) fn known(out: &mut Findings<'_>, items: &[Arc<Node>], what: &str) -> Option<Vec<Decimal>> {
    let read: Vec<Option<Decimal>> = items.iter().map(|n| number(out, n, what, Takes::Positive)).collect();
    read.into_iter().collect()
}
