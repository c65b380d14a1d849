//! Cost sheets as text, and the laws of pricing: the column adds up, rounding happens once, a minute is paid once.

use super::*;
use crate::domain::base::{Currency, Interval, Money, Ms, Span, Text};
use crate::domain::measure::Count;
use crate::domain::objective::{
    Assumption, Business, Counter, ExchangeRate, Labour, RevenueStream, SeasonalRules, StreamMethod, ValueIs,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn money(text: &str, code: &str) -> Money {
    Money::new(dec(text), Currency::parse(code).unwrap())
}

fn stream(name: &str, value: Money, recovered: &str) -> RevenueStream {
    RevenueStream {
        name: name.into(),
        services: vec!["shop".into()],
        method: StreamMethod::FailedTransactions,
        failed: Some(Counter { query: "orders_total{outcome=\"failed\"}".into(), count: Count::default() }),
        total: None,
        orders: None,
        sessions: None,
        seasonal: SeasonalRules::default(),
        rebound: None,
        value,
        value_is: ValueIs::Gmv,
        recovered_fraction: dec(recovered),
    }
}

fn labour() -> Labour {
    Labour {
        rates: [("sre".into(), money("110", "USD")), ("lead".into(), money("150.50", "USD"))].into(),
        people: [("bo".into(), "lead".into())].into(),
        default_role: Some("sre".into()),
        ..Labour::default()
    }
}

fn business(streams: Vec<RevenueStream>) -> Business {
    Business { streams, labour: Some(labour()), ..Business::new(Currency::parse("USD").unwrap()) }
}

fn count(name: &str, failed: f64) -> StreamCount {
    StreamCount {
        stream: name.into(),
        counted: Ok(Counted::failed(
            failed,
            vec![Interval { from: Ms(0), to: Ms(60_000) }],
            2,
            8,
            "http://localhost:9090".into(),
        )),
    }
}

fn shift(person: &str, from: i64, to: i64) -> Responder {
    let at = |m: i64| Ms::from_secs(m * 60);
    Responder { person: person.into(), time: Interval { from: at(from), to: at(to) }, declared: false }
}

fn question(streams: Vec<StreamCount>, responders: Vec<Responder>) -> CostQuestion {
    let booked_month = month_of(Ms::parse_rfc3339("2026-03-31T23:59:59Z").unwrap());
    CostQuestion { services: vec!["shop".into()], streams, responders, booked_month, ..CostQuestion::default() }
}

/// The sheet in lines of text: what the tests compare.
fn shown(sheet: &CostSheet) -> String {
    let some = |d: Option<Decimal>| d.map_or("unknown".to_string(), |d| d.to_string());
    let lines = sheet.lines.iter().map(|l| {
        let (memo, basis) = (if l.memo { " memo" } else { "" }, l.basis.name());
        format!("{} {} [{} to {}] {basis}{memo}\n  {}\n", l.component, l.amount.amount, some(l.low), some(l.high), l.formula)
    });
    let state = if sheet.complete { "complete" } else { "partial" };
    let total = format!("total {} [{} to {}] {state}", some(sheet.total), some(sheet.low), some(sheet.high));
    let missing = sheet.not_estimated.iter().map(|why| format!("\nnot estimated: {why}"));
    lines.chain([total]).chain(missing).collect()
}

#[test]
fn failed_transactions_and_labour_are_priced_and_the_formula_holds_the_numbers() {
    let rules = business(vec![stream("orders", money("42.50", "USD"), "0.3")]);
    let mut asked = question(vec![count("orders", 83_419.0)], vec![shift("amy", 5, 65), shift("bo", 10, 31)]);
    if let Ok(counted) = &mut asked.streams[0].counted {
        counted.amounts = Amounts::Failed { failed: 83_419.0, low: 83_400.0, high: 83_500.0 };
    }
    let sheet = price(&asked, &rules);
    assert_eq!(
        shown(&sheet),
        "lost_revenue 2481715.25 [2481150.00 to 2484125.00] derived\n  \
           F × v × (1 − r) = 83419 × 42.50 USD × (1 − 0.3) = 2481715.25 USD\n\
         responder_labour 162.68 [unknown to unknown] derived\n  \
           sum of time × rate = amy (sre) 3600 s × 110 USD/h ÷ 3600 + bo (lead) 1260 s × 150.50 USD/h ÷ 3600 = 162.675 USD\n\
         total 2481877.93 [2481312.68 to 2484287.68] complete"
    );
    assert_eq!(sheet.lines[0].booked_month.as_deref(), Some("2026-03"));
    assert_eq!(sheet.lines[0].inputs[0].basis, Basis::Measured);
    assert!(sheet.lines[0].inputs[0].source.contains("8 steps with samples, 2 series; between 83400 and 83500"));
    assert_eq!(sheet.method_versions, ["failed_transactions/1".into(), "responder_labour_intervals/1".into()] as [Text; 2]);
}

#[test]
fn what_is_missing_is_named_and_never_zero() {
    let mut rules = business(vec![stream("orders", money("42.50", "USD"), "0")]);
    let gone = StreamCount { stream: "orders".into(), counted: Err("no samples of the counter in the impact".into()) };
    let sheet = price(&question(vec![gone], vec![]), &rules);
    assert_eq!(
        shown(&sheet),
        "total unknown [unknown to unknown] partial\n\
         not estimated: lost_revenue (orders): no samples of the counter in the impact\n\
         not estimated: responder_labour: nobody is known to have responded"
    );
    // A component the file leaves out does not apply; one given as null does, unknown.
    rules.labour = None;
    let whole = price(&question(vec![count("orders", 2.0)], vec![]), &rules);
    assert_eq!((whole.complete, whole.total), (true, Some(dec("85.00"))));
    rules.nulls = vec!["sla_credits".into()];
    let partial = price(&question(vec![count("orders", 2.0)], vec![]), &rules);
    assert_eq!((partial.complete, partial.total), (false, Some(dec("85.00"))));
    assert_eq!(&*partial.not_estimated[0], "sla_credits: given as null in business.yaml");
}

#[test]
fn streams_of_other_services_do_not_apply() {
    let mut other = stream("adverts", money("1", "USD"), "0");
    other.services = vec!["feed".into()];
    let sheet = price(&question(vec![count("adverts", 5.0)], vec![shift("amy", 0, 60)]), &business(vec![other]));
    assert_eq!(shown(&sheet).lines().next().unwrap(), "responder_labour 110.00 [unknown to unknown] derived");
}

#[test]
fn people_without_a_rate_are_named_and_the_others_are_priced() {
    let mut rules = business(vec![]);
    rules.labour.as_mut().unwrap().default_role = None;
    let sheet = price(&question(vec![], vec![shift("amy", 0, 60), shift("bo", 0, 60)]), &rules);
    assert_eq!(sheet.total, Some(dec("150.50")));
    assert_eq!(&*sheet.not_estimated[0], "responder_labour: amy: has no role and there is no default role");
    assert!(!sheet.complete);
}

#[test]
fn a_line_in_another_currency_is_converted_at_a_printed_rate_and_then_rounded() {
    let mut rules = business(vec![stream("orders", money("10.01", "CNY"), "0")]);
    let rate = |as_of: &str, rate: &str| ExchangeRate {
        base: Currency::parse("USD").unwrap(),
        quote: Currency::parse("CNY").unwrap(),
        rate: dec(rate),
        as_of: as_of.into(),
    };
    rules.labour = None;
    let asked = question(vec![count("orders", 3.0)], vec![]);
    assert_eq!(&*price(&asked, &rules).not_estimated[0], "lost_revenue (orders): no exchange rate between CNY and USD is given");
    rules.exchange = vec![rate("2026-03-02", "7.12"), rate("2026-02-02", "7.00")];
    let sheet = price(&asked, &rules);
    assert_eq!(sheet.lines[0].amount.amount.to_string(), "4.22");
    assert!(
        sheet.lines[0].formula.contains("(3 × 10.01 CNY × (1 − 0)) ÷ 7.12 CNY/USD ≈ 4.217697 USD"),
        "{}",
        sheet.lines[0].formula
    );
    assert_eq!(&*sheet.lines[0].inputs[3].source, "business.yaml: 1 USD = 7.12 CNY, as of 2026-03-02");
    rules.currency = Currency::parse("CNY").unwrap();
    rules.streams[0].value = money("10.01", "USD");
    assert_eq!(price(&asked, &rules).total, Some(dec("213.81")));
}

#[test]
fn lines_valued_otherwise_than_the_headline_are_memo_lines() {
    let margin = RevenueStream { value_is: ValueIs::Margin, ..stream("margin of orders", money("12", "USD"), "0") };
    let mut rules = business(vec![stream("orders", money("40", "USD"), "0"), margin]);
    rules.labour = None;
    let asked = question(vec![count("orders", 2.0), count("margin of orders", 2.0)], vec![]);
    assert_eq!(price(&asked, &rules).value_kinds(), [ValueIs::Gmv, ValueIs::Margin]);
    rules.headline = Some(ValueIs::Margin);
    let sheet = price(&asked, &rules);
    assert_eq!((sheet.total, sheet.lines.len()), (Some(dec("24.00")), 2));
    assert_eq!(sheet.value_kinds(), [ValueIs::Margin]);
}

#[test]
fn numbers_beyond_decimals_are_not_estimated_and_do_not_panic() {
    let mut rules = business(vec![stream("orders", money("79228162514264337593543950335", "USD"), "0")]);
    for failed in [f64::NAN, f64::INFINITY, -1.0, 1e300, 3.0] {
        let sheet = price(&question(vec![count("orders", failed)], vec![shift("amy", 0, 1)]), &rules);
        assert!(sheet.not_estimated[0].starts_with("lost_revenue (orders): the "), "{failed}: {:?}", sheet.not_estimated);
        assert!(!sheet.complete);
    }
    rules.streams = vec![rules.streams[0].clone(), RevenueStream { name: "more".into(), ..rules.streams[0].clone() }];
    let sheet = price(&question(vec![count("orders", 1.0), count("more", 1.0)], vec![shift("amy", 0, 1)]), &rules);
    assert_eq!((sheet.total, sheet.complete), (None, false));
    assert_eq!(sheet.not_estimated.last().unwrap(), &Text::from("total: the sum is too large to compute"));
}

#[test]
fn assumptions_name_their_owner_source_and_date() {
    let mut rules = business(vec![stream("orders", money("40", "USD"), "0")]);
    rules.assumptions = vec![Assumption {
        name: "orders.value".into(),
        value: "40 USD".into(),
        owner: Some("finance".into()),
        source: Some("Q4 report".into()),
        as_of: Some("2026-01-15".into()),
    }];
    let sheet = price(&question(vec![count("orders", 1.0)], vec![]), &rules);
    assert_eq!(&**sheet.assumptions.last().unwrap(), "orders.value: 40 USD (owner finance; source Q4 report; as of 2026-01-15)");
}

#[test]
fn the_ticker_tells_lost_revenue_and_labour_a_minute() {
    let rules = business(vec![stream("orders", money("40", "USD"), "0.5")]);
    let asked = RateQuestion {
        services: vec!["shop".into()],
        streams: vec![count("orders", 600.0)],
        over: Span::from_mins(5),
        responders: vec!["amy".into()],
    };
    let rate = rate_per_minute(&asked, &rules).unwrap();
    assert_eq!(rate.rounded().amount.to_string(), "2401.83");
    assert_eq!(rate_per_minute(&RateQuestion { services: vec!["feed".into()], ..RateQuestion::default() }, &rules), None);
    assert_eq!(rate_per_minute(&RateQuestion { over: Span::ZERO, responders: vec![], ..asked }, &rules), None);
}

prop_compose! {
    fn any_amount()(units in 0_i64..100_000_000_000, scale in 0_u32..6) -> Decimal { Decimal::new(units, scale) }
}

fn any_code() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("USD"), Just("JPY"), Just("KWD"), Just("CNY")]
}

proptest! {
    #[test]
    fn the_column_adds_up_to_the_minor_unit(
        code in any_code(),
        orders in prop::collection::vec((any_amount(), 0.0_f64..1e6, 0_i64..=100), 1..6),
        rate in any_amount(),
        stretches in prop::collection::vec((0_i64..300, 0_i64..300), 0..5),
    ) {
        let currency = Currency::parse(code).unwrap();
        let name = |i: usize| format!("s{i}");
        let mut rules = business(orders.iter().enumerate().map(|(i, (v, _, r))| {
            RevenueStream { recovered_fraction: Decimal::new(*r, 2), ..stream(&name(i), Money::new(*v, currency), "0") }
        }).collect());
        rules.currency = currency;
        rules.labour = Some(Labour { rates: [("sre".into(), Money::new(rate, currency))].into(), default_role: Some("sre".into()), ..Labour::default() });
        let counts = orders.iter().enumerate().map(|(i, (_, n, _))| count(&name(i), n.floor())).collect();
        let people = stretches.iter().map(|(from, to)| shift("amy", *from, *to)).collect();
        let sheet = price(&question(counts, people), &rules);
        let column: Decimal = sheet.lines.iter().map(|l| l.amount.amount).sum();
        prop_assert_eq!(sheet.total, Some(column));
        for line in &sheet.lines {
            prop_assert_eq!(line.amount.amount.scale(), currency.minor_units());
            let off = (line.amount.amount - line.unrounded).abs();
            prop_assert!(off <= Decimal::new(5, currency.minor_units() + 1), "rounded once, by at most half a unit");
            prop_assert!(line.low.is_none_or(|low| low <= line.amount.amount));
            prop_assert!(line.high.is_none_or(|high| high >= line.amount.amount));
        }
    }

    #[test]
    fn a_minute_is_paid_once_however_stretches_overlap(stretches in prop::collection::vec((0_i64..200, 0_i64..200), 1..8)) {
        let rules = business(vec![]);
        let people = stretches.iter().map(|(from, to)| shift("amy", *from, *to)).collect();
        let sheet = price(&question(vec![], people), &rules);
        // Counted naively: every minute of the day that any stretch holds.
        let worked = (0..200).filter(|m| stretches.iter().any(|(from, to)| from <= m && m < to)).count();
        let pay = Money::new(Decimal::from(worked) * dec("110") / dec("60"), rules.currency).rounded();
        prop_assert_eq!(sheet.total, Some(pay.amount));
    }
}
