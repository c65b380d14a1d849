//! Scalars as stored text: nothing is lost between writing and reading, and nothing that is no such value is accepted.
//!
//! JSON numbers are avoided where digits matter: readers differ in their last bit, and they have no infinity.

use crate::domain::base::{Currency, Money, Severity};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::borrow::Cow;
use std::fmt::Display;

/// Writes a value as its text, reads it back with `parse`.
macro_rules! as_text {
    ($name:ident, $of:ty, $what:literal, $show:expr, $parse:expr) => {
        #[doc = concat!("Stored form of ", $what, ".")]
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct $name(pub(crate) $of);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&$show(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(from)?;
                let parse: fn(&str) -> Option<$of> = $parse;
                parse(&text).map(Self).ok_or_else(|| D::Error::custom(format!(concat!("`{}` is no ", $what), text)))
            }
        }
    };
}

as_text!(Exact, f64, "number", shown, |t| t.parse().ok());
as_text!(DecimalText, Decimal, "decimal amount", |d: &Decimal| d.to_string(), |t| t.parse().ok());
as_text!(SeverityText, Severity, "severity", |s: &Severity| s.name(), Severity::parse);
as_text!(CurrencyText, Currency, "currency", |c: &Currency| *c, Currency::parse);

/// The shortest text that reads back as the same number.
fn shown(value: &f64) -> impl Display {
    format!("{value:?}")
}

/// Stored form of money.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyText {
    amount: DecimalText,
    currency: CurrencyText,
}

impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        Self { amount: DecimalText(money.amount), currency: CurrencyText(money.currency) }
    }
}

impl From<MoneyText> for Money {
    fn from(form: MoneyText) -> Self {
        Self::new(form.amount.0, form.currency.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_keep_every_bit(value in any::<f64>()) {
            let text = serde_json::to_string(&Exact(value)).unwrap();
            let back: Exact = serde_json::from_str(&text).unwrap();
            prop_assert!(back.0.to_bits() == value.to_bits() || (back.0.is_nan() && value.is_nan()));
        }
    }

    #[test]
    fn amounts_keep_their_decimals_and_nonsense_is_refused() {
        let read = |text: &str| serde_json::from_str::<DecimalText>(text).map(|d| d.0.to_string());
        assert_eq!(read("\"1.50\"").unwrap(), "1.50");
        assert_eq!(read("\"many\"").unwrap_err().to_string(), "`many` is no decimal amount");
        assert!(serde_json::from_str::<SeverityText>("\"P7\"").is_err());
        assert!(serde_json::from_str::<CurrencyText>("\"usd\"").is_err());
    }
}
