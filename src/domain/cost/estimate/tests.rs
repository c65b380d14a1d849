//! Laws of declared costs; what each method gives stands as text in tests/verbs/estimate.

use super::*;
use crate::domain::base::{Interval, Ms};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn code(text: &str) -> Currency {
    Currency::parse(text).unwrap()
}

fn file(currency: &str, components: Vec<Component>) -> Estimate {
    Estimate {
        file: "cost.yaml".into(),
        currency: code(currency),
        headline: None,
        exchange: [("USD", "CNY", "7.12"), ("USD", "JPY", "149.3"), ("USD", "KWD", "0.307")]
            .map(|(base, quote, rate)| ExchangeRate {
                base: code(base),
                quote: code(quote),
                rate: rate.parse().unwrap(),
                as_of: "2026-03-02".into(),
            })
            .into(),
        components,
        nulls: Vec::new(),
        overlaps: None,
        booked_month: None,
        assumptions: Vec::new(),
        ranges: Vec::new(),
        simulation: None,
    }
}

fn any_amount() -> impl Strategy<Value = Decimal> {
    (0_i64..100_000_000_000, 0_u32..6).prop_map(|(units, scale)| Decimal::new(units, scale))
}

fn any_code() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("USD"), Just("JPY"), Just("KWD"), Just("CNY")]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let share = || (0_i64..=1000).prop_map(|n| Decimal::new(n, 3));
    prop_oneof![
        (any_amount(), share()).prop_map(|(value, recovered)| Kind::Lost(Loss::FailedTransactions {
            failed: Decimal::from(17),
            value,
            recovered
        })),
        (any_amount(), share(), share()).prop_map(|(lifetime_value, normal, after)| Kind::Churn(Churn {
            affected: Decimal::from(500),
            normal,
            after,
            lifetime_value,
            already_counted: Decimal::ZERO,
        })),
        (any_amount(), any_amount()).prop_map(|(price, minutes)| Kind::Capacity(Capacity::Metered {
            price,
            baseline: Decimal::TWO,
            samples: vec![(Decimal::from(5), minutes)],
        })),
        any_amount().prop_map(|amount| Kind::Given { id: "avoided_cost", amount: -amount }),
        any_amount().prop_map(|amount| Kind::Item { name: "x".into(), amount }),
    ]
}

fn overlap(times: &[(i64, i64)], per_minute: Decimal, value: Decimal, currency: &str) -> Overlap {
    let at = |m: i64| Ms::from_secs(m * 60);
    let one = |(i, (from, len)): (usize, &(i64, i64))| Overlapping {
        id: format!("I{i}").into(),
        time: Interval { from: at(*from), to: at(from + len) },
    };
    let incidents = times.iter().enumerate().map(one).collect();
    Overlap { per_minute, value, drop: Decimal::ONE, currency: code(currency), value_is: None, incidents }
}

proptest! {
    #[test]
    fn the_column_adds_up_in_every_currency_and_each_line_is_rounded_once(
        home in any_code(),
        parts in prop::collection::vec((any_kind(), any_code()), 1..8),
    ) {
        // Between two currencies that meet only in dollars there is no rate: such lines are listed, not added.
        let parts: Vec<Component> = parts.into_iter().map(|(kind, c)| Component { currency: code(c), value_is: None, kind }).collect();
        let (count, sheet) = (parts.len(), estimate(&file(home, parts)).sheet);
        prop_assert_eq!(sheet.lines.len() + sheet.not_estimated.len(), count);
        let column: Decimal = sheet.lines.iter().map(|l| l.amount.amount).sum();
        prop_assert_eq!(sheet.total, (!sheet.lines.is_empty()).then_some(column));
        prop_assert_eq!(sheet.complete, sheet.not_estimated.is_empty());
        for line in &sheet.lines {
            prop_assert_eq!(line.amount.amount.scale(), code(home).minor_units());
            let off = (line.amount.amount - line.unrounded).abs();
            prop_assert!(off <= Decimal::new(5, code(home).minor_units() + 1), "rounded once, by at most half a unit");
            prop_assert!(!line.amount.amount.to_string().starts_with("-0.00") || !line.amount.amount.is_zero());
        }
    }

    #[test]
    fn a_missing_input_never_makes_a_sheet_complete(parts in prop::collection::vec(any_kind(), 1..5)) {
        let parts: Vec<Component> = parts.into_iter().map(|kind| Component { currency: code("USD"), value_is: None, kind }).collect();
        let whole = estimate(&file("USD", parts.clone())).sheet;
        let partial = estimate(&Estimate { nulls: vec!["penalties".into()], ..file("USD", parts) }).sheet;
        prop_assert!(whole.complete && !partial.complete);
        prop_assert_eq!(whole.total, partial.total);
    }

    #[test]
    fn overlapping_incidents_cost_together_what_their_union_costs(
        times in prop::collection::vec((0_i64..120, 1_i64..90), 1..8),
        per_minute in any_amount(),
        value in (1_i64..100_000).prop_map(|n| Decimal::new(n, 3)),
        home in any_code(),
    ) {
        let estimated = estimate(&Estimate { overlaps: Some(overlap(&times, per_minute, value, home)), ..file(home, vec![]) });
        let shares = estimated.overlaps.unwrap();
        let sum: Decimal = shares.incidents.iter().map(|s| s.amount).sum();
        prop_assert_eq!(sum, shares.union);
        prop_assert_eq!(Some(shares.union), estimated.sheet.total);
        // Counted naively, minute by minute, and rounded once.
        let minutes = (0..300).filter(|m| times.iter().any(|(from, len)| from <= m && *m < from + len)).count();
        let naive = crate::domain::base::Money::new(Decimal::from(minutes) * per_minute * value, code(home)).rounded();
        prop_assert_eq!(shares.union, naive.amount);
        // Nobody bears more than a minor unit beside their exact share.
        for (i, share) in shares.incidents.iter().enumerate() {
            let (from, len) = times[i];
            let alone: Decimal = (from..from + len)
                .map(|m| Decimal::ONE / Decimal::from(times.iter().filter(|(f, l)| *f <= m && m < f + l).count()))
                .sum();
            let off = (share.amount - alone * per_minute * value).abs();
            prop_assert!(off <= Decimal::new(1, code(home).minor_units()) + Decimal::new(1, 6), "{} is off by {off}", share.id);
        }
    }

    #[test]
    fn a_tier_holds_strictly_below_its_bound(down in 0_i64..=43200, bound in 9000_i64..=10000) {
        let credits = Credits {
            tiers: vec![Tier { below_percent: Decimal::new(bound, 2), credit: Decimal::ONE }],
            customers: vec![Customer {
                id: "c".into(),
                monthly_fee: Decimal::ONE_HUNDRED,
                month_minutes: Decimal::from(43200),
                before: Decimal::ZERO,
                downtime: Decimal::from(down),
                excluded: Decimal::ZERO,
            }],
            min_consecutive_minutes: None,
            cap: None,
            claim_share: None,
        };
        let component = Component { currency: code("USD"), value_is: None, kind: Kind::Credits(credits) };
        // In whole numbers: (43200 - down) / 43200 < bound / 10000.
        let below = (43200 - down) * 10000 < bound * 43200;
        let line = file("USD", vec![]).line(&component).unwrap();
        prop_assert_eq!(line.amount.amount, if below { Decimal::new(10000, 2) } else { Decimal::new(0, 2) });
    }

    #[test]
    fn no_impact_costs_nothing(value in any_amount(), rate in any_amount()) {
        let zero = Decimal::ZERO;
        let kinds = [
            Kind::Lost(Loss::FailedTransactions { failed: zero, value, recovered: zero }),
            Kind::Capacity(Capacity::Metered { price: rate, baseline: Decimal::TWO, samples: vec![(Decimal::TWO, Decimal::TEN)] }),
            Kind::Labour(Hours::Flat { engineers: Decimal::TWO, hours_each: zero, rate }),
            Kind::Churn(Churn { affected: zero, normal: zero, after: Decimal::ONE, lifetime_value: value, already_counted: zero }),
        ];
        let parts = kinds.map(|kind| Component { currency: code("USD"), value_is: None, kind }).into();
        prop_assert_eq!(estimate(&file("USD", parts)).sheet.total, Some(zero));
    }
}
