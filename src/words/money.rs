//! Money in words. Dollars have their sign; other currencies their code, which no terminal draws at the wrong width.

use super::units::{group, short};
use crate::domain::base::{Currency, Money};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// What stands where an amount is not known. Never 0.
pub const NOT_ESTIMATED: &str = "not estimated";

/// `$` or `CNY `.
fn sign(currency: Currency) -> String {
    if currency.code() == "USD" { "$".into() } else { format!("{currency} ") }
}

/// The amount to its minor unit: `$26,711.04`, `JPY 1,200`, `-$3.50`.
pub fn exact(money: Money) -> String {
    signed(money.currency, &money.rounded().amount.to_string())
}

/// The amount to its major unit: `$26,711`.
pub fn whole(money: Money) -> String {
    signed(money.currency, &round(money.amount, 0).to_string())
}

/// The amount in a few characters: `$26.7k`, `$918`.
pub fn brief(money: Money) -> String {
    signed(money.currency, &short(money.amount.to_f64().unwrap_or(f64::NAN)))
}

/// The amount to two figures, for headlines: `$27k`, `$1.6M`, `$92`.
pub fn two_figures(money: Money) -> String {
    let rounded = money.amount.round_sf_with_strategy(2, RoundingStrategy::MidpointNearestEven).unwrap_or(money.amount);
    let text = brief(Money::new(rounded, money.currency));
    // 27.0k says more than two figures; 1.0M may stay 1.0M.
    let tens = rounded.abs() >= Decimal::TEN;
    let whole = text
        .strip_suffix(['k', 'M', 'G'])
        .and_then(|t| t.strip_suffix(".0"))
        .filter(|t| tens && t.chars().filter(char::is_ascii_digit).count() > 1);
    whole.map_or(text.clone(), |w| format!("{w}{}", &text[text.len() - 1..]))
}

/// A range in a few characters: `$19.8k-33.1k`.
pub fn brief_range(low: Decimal, high: Decimal, currency: Currency) -> String {
    let plain = |d: Decimal| short(d.to_f64().unwrap_or(f64::NAN));
    format!("{}-{}", signed(currency, &plain(low)), plain(high))
}

/// The amount in words for what may be unknown.
pub fn exact_or_unknown(money: Option<Money>) -> String {
    money.map_or_else(|| NOT_ESTIMATED.into(), exact)
}

fn round(amount: Decimal, digits: u32) -> Decimal {
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointNearestEven)
}

fn signed(currency: Currency, number: &str) -> String {
    let (minus, digits) = number.strip_prefix('-').map_or(("", number), |d| ("-", d));
    let grouped = if digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') { group(digits) } else { digits.into() };
    format!("{minus}{}{grouped}", sign(currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, code: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::parse(code).unwrap())
    }

    #[test]
    fn amounts_are_written_exact_whole_or_brief() {
        let m = money("26711.045", "USD");
        assert_eq!(exact(m), "$26,711.04");
        assert_eq!(whole(m), "$26,711");
        assert_eq!(brief(m), "$26.7k");
        assert_eq!(exact(money("-3.5", "USD")), "-$3.50");
        assert_eq!(exact(money("1200.4", "JPY")), "JPY 1,200");
        assert_eq!(brief(money("918", "CNY")), "CNY 918");
        assert_eq!(two_figures(m), "$27k");
        assert_eq!(two_figures(money("1591634.52", "USD")), "$1.6M");
        assert_eq!(two_figures(money("918", "CNY")), "CNY 920");
        assert_eq!(two_figures(money("-3.14159", "USD")), "-$3");
        assert_eq!(two_figures(money("996000", "USD")), "$1.0M");
        assert_eq!(brief_range("19800".parse().unwrap(), "33100".parse().unwrap(), m.currency), "$19.8k-33.1k");
        assert_eq!(exact_or_unknown(None), "not estimated");
    }
}
