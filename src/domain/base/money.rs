//! Money: decimal amounts in a named currency, rounded half-even once to the currency's minor unit.
//!
//! Deliberately absent: floating point in any form, and exchange (`domain/cost` has it, with its rates printed).

use rust_decimal::{Decimal, RoundingStrategy};
use std::fmt;

/// An ISO 4217 currency code, three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies whose minor unit is not a hundredth (ISO 4217, list one).
const MINOR_UNITS: [(&str, u32); 22] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
];

impl Currency {
    /// Reads a code such as `USD`. `None` unless it is three capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimals of the minor unit: 0 for JPY, 2 for USD, 3 for KWD.
    pub fn minor_units(&self) -> u32 {
        MINOR_UNITS.iter().find(|(code, _)| *code == self.code()).map_or(2, |(_, n)| *n)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in a currency, as exact as it was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount in major units (dollars, not cents).
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// An amount as it stands.
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Half-even to the currency's minor unit, with exactly that many decimals (`1.50`, JPY `2`).
    #[must_use]
    pub fn rounded(self) -> Self {
        let digits = self.currency.minor_units();
        let mut amount = self.amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven);
        amount.rescale(digits);
        Self { amount, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_even_to_the_minor_unit_of_the_currency() {
        for (amount, code, shown) in [
            ("2.675", "USD", "2.68"),
            ("2.665", "USD", "2.66"),
            ("2.5", "JPY", "2"),
            ("1.0005", "KWD", "1.000"),
            ("7", "CNY", "7.00"),
            ("-0.125", "EUR", "-0.12"),
        ] {
            let money = Money::new(amount.parse().unwrap(), Currency::parse(code).unwrap());
            assert_eq!(money.rounded().amount.to_string(), shown, "{amount} {code}");
        }
        assert_eq!(Currency::parse("usd"), None);
        assert_eq!(Currency::parse("US"), None);
    }
}
