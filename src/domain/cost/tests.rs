//! Cost sheets as text, and the laws of pricing: the column adds up, rounding happens once, a minute is paid once.

use super::*;
use crate::domain::base::{Currency, Interval, Money, Ms, Span, Text};
use crate::domain::cost::estimate::{Baseline, Beside};
use crate::domain::measure::{Count, CountedPlan, Plan};
use crate::domain::objective::{
    Assumption, Business, CapacityHow, CapacityPrice, Consequence, ConsequenceKind, Contract, Counter, CreditTier, DayZone,
    ExchangeRate, Labour, Premium, RevenueStream, SeasonalRules, StreamMethod, ValueIs,
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
        source: None,
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

#[test]
fn what_a_person_declared_of_peoples_time_stands_for_what_the_timeline_tells() {
    let mut rules = business(Vec::new());
    let mut asked = question(Vec::new(), vec![shift("amy", 5, 65)]);
    asked.effort = Some((Effort::typed("5", "0.5").unwrap(), "wei".into()));
    let rate = rules.labour.as_ref().unwrap().rates[rules.labour.as_ref().unwrap().default_role.as_ref().unwrap()].amount;
    let sheet = price(&asked, &rules);
    let line = &sheet.lines[0];
    assert_eq!(line.amount.amount, (rate * Decimal::new(25, 1)).round_dp(2), "{}", shown(&sheet));
    assert_eq!(line.basis, Basis::Declared);
    let sources: Vec<(&str, &str)> = line.inputs.iter().map(|i| (&*i.name, &*i.source)).collect();
    assert!(sources.contains(&("people", "declared by wei")) && sources.contains(&("hours", "declared by wei")), "{sources:?}");
    assert!(sheet.assumptions.iter().any(|a| a.contains("reviews included")), "{:?}", sheet.assumptions);
    assert_eq!(sheet.record.as_ref().unwrap().sheet().lines, sheet.lines, "it is computed again from what was recorded");
    // Two rates and no usual one: nobody knows which.
    let labour = rules.labour.as_mut().unwrap();
    labour.default_role = None;
    labour.rates.insert("manager".into(), money("200", "USD"));
    labour.rates.insert("engineer".into(), money("100", "USD"));
    let sheet = price(&asked, &rules);
    assert!(sheet.not_estimated[0].contains("5 x 0.5 h were declared, and no default role"), "{:?}", sheet.not_estimated);
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

fn stretch(from: &str, to: &str) -> Interval {
    Interval { from: Ms::parse_rfc3339(from).unwrap(), to: Ms::parse_rfc3339(to).unwrap() }
}

fn contract() -> Contract {
    Contract {
        name: "gold".into(),
        services: vec!["shop".into()],
        currency: Currency::parse("USD").unwrap(),
        tiers: [("99.99", "0.10"), ("99.0", "0.30")]
            .map(|(below, credit)| CreditTier { below_percent: dec(below), credit: dec(credit) })
            .into(),
        customers: vec![("acme".into(), dec("50000.00"))],
        zone: DayZone::UTC,
        min_consecutive_minutes: None,
        exclude: Vec::new(),
        cap: None,
        claim_share: None,
    }
}

/// A question of one bad stretch of an hour, and of earlier ones.
fn hour(earlier: Vec<OtherImpact>) -> CostQuestion {
    let impact = vec![stretch("2026-04-10T10:00:00Z", "2026-04-10T11:00:00Z")];
    CostQuestion { services: vec!["shop".into()], impact, earlier, ..CostQuestion::default() }
}

fn other(id: &str, service: &str, from: &str, to: &str) -> OtherImpact {
    OtherImpact { incident: id.into(), services: vec![service.into()], intervals: vec![stretch(from, to)] }
}

#[test]
fn credits_are_marginal_by_calendar_month_and_minutes_of_earlier_incidents_are_theirs() {
    let priced = |contract: Contract, question: &CostQuestion| {
        let rules = Business { contracts: vec![contract], ..Business::new(Currency::parse("USD").unwrap()) };
        price(question, &rules)
    };
    let amount = |contract: Contract, question: &CostQuestion| priced(contract, question).lines[0].amount.amount.to_string();
    // April has 43,200 minutes: 60 of them are 99.861 %, below 99.99 %.
    assert_eq!(amount(contract(), &hour(vec![])), "5000.00");
    // 400 minutes before: 99.074 % without the incident, 98.935 % with it.
    let before = || other("INC-0001", "shop", "2026-04-02T00:00:00Z", "2026-04-02T06:40:00Z");
    assert_eq!(amount(contract(), &hour(vec![before()])), "10000.00");
    // Of another service, or in March: the month begins anew.
    let away = other("INC-0001", "feed", "2026-04-02T00:00:00Z", "2026-04-02T06:40:00Z");
    let march = other("INC-0002", "shop", "2026-03-31T12:00:00Z", "2026-03-31T18:40:00Z");
    assert_eq!(amount(contract(), &hour(vec![away, march])), "5000.00");
    // The earlier incident covers 50 of the 60 minutes: 10 are left, and the tier held already.
    let same = other("INC-0001", "shop", "2026-04-10T09:30:00Z", "2026-04-10T10:50:00Z");
    assert_eq!(amount(contract(), &hour(vec![same])), "0.00");
    // Excluded, or too short: nothing; claimed in half of the cases; at most 4 %.
    let excluded = Contract { exclude: vec![stretch("2026-04-10T09:00:00Z", "2026-04-10T12:00:00Z")], ..contract() };
    assert_eq!(amount(excluded, &hour(vec![])), "0.00");
    assert_eq!(amount(Contract { min_consecutive_minutes: Some(dec("61")), ..contract() }, &hour(vec![])), "0.00");
    assert_eq!(amount(Contract { claim_share: Some(dec("0.5")), ..contract() }, &hour(vec![])), "2500.00");
    assert_eq!(amount(Contract { cap: Some(dec("0.04")), ..contract() }, &hour(vec![])), "2000.00");
    // Two months are two lines, each booked in its own.
    let night = CostQuestion { impact: vec![stretch("2026-04-30T23:30:00Z", "2026-05-01T00:30:00Z")], ..hour(vec![]) };
    let sheet = priced(contract(), &night);
    let told: Vec<(&str, String)> =
        sheet.lines.iter().map(|l| (l.booked_month.as_deref().unwrap(), l.amount.amount.to_string())).collect();
    assert_eq!(told, [("2026-04", "5000.00".to_owned()), ("2026-05", "5000.00".to_owned())]);
    assert!(sheet.lines[0].inputs.iter().any(|i| i.source.contains("bad minutes of the incident in 2026-04 (UTC)")));
}

#[test]
fn premium_hours_and_reviews_are_paid_and_currencies_stand_apart() {
    let mut rules = business(vec![]);
    let labour = rules.labour.as_mut().unwrap();
    labour.premium = Some(Premium {
        from: Span::from_hours(22),
        to: Span::from_hours(8),
        zone: DayZone::parse("+08:00").unwrap(),
        multiplier: dec("1.5"),
    });
    labour.review_hours = Some(dec("2"));
    // 21:30 to 23:00 in Shanghai: half an hour plain, an hour at 1.5, and two hours of review: (0.5 + 1.5 + 2) x 110.
    let time = stretch("2026-03-02T13:30:00Z", "2026-03-02T15:00:00Z");
    let amy = Responder { person: "amy".into(), time, declared: false };
    let sheet = price(&question(vec![], vec![amy.clone()]), &rules);
    assert_eq!(sheet.total, Some(dec("440.00")));
    assert!(sheet.assumptions.iter().any(|a| a.starts_with("A responder works from their first entry")));
    rules.labour.as_mut().unwrap().rates.insert("lead".into(), money("712", "CNY"));
    rules.exchange = vec![ExchangeRate {
        base: Currency::parse("USD").unwrap(),
        quote: Currency::parse("CNY").unwrap(),
        rate: dec("7.12"),
        as_of: "2026-03-02".into(),
    }];
    let bo = Responder { person: "bo".into(), ..amy.clone() };
    let sheet = price(&question(vec![], vec![amy, bo]), &rules);
    let told: Vec<(Option<&str>, String)> =
        sheet.lines.iter().map(|l| (l.subject.as_deref(), l.amount.amount.to_string())).collect();
    assert_eq!(told, [(Some("CNY"), "400.00".to_owned()), (Some("USD"), "440.00".to_owned())]);
}

#[test]
fn capacity_and_what_follows_from_lost_transactions_are_priced() {
    let mut rules = business(vec![stream("orders", money("10", "USD"), "0.5")]);
    rules.labour = None;
    let usd = rules.currency;
    let price_of = |name: &str, how| CapacityPrice { name: name.into(), services: vec![], source: None, currency: usd, how };
    rules.capacity = vec![
        price_of("standby", CapacityHow::Assumed { per_hour: dec("9600"), extra: dec("0.5") }),
        price_of(
            "pods",
            CapacityHow::Metered {
                replicas: "replicas".into(),
                plan: Plan::Counted(CountedPlan::Events { bad: Count::default(), total: None }),
                baseline: dec("8"),
                price: dec("0.3840"),
            },
        ),
    ];
    let follows = |per: &str, kind| Consequence { stream: "orders".into(), per_transaction: dec(per), currency: usd, kind };
    rules.consequences = vec![
        follows("0.5", ConsequenceKind::Churn { normal: dec("0.02"), after: dec("0.024"), lifetime_value: dec("425") }),
        follows("0.1", ConsequenceKind::Refunds { each: dec("5") }),
        follows("0.02", ConsequenceKind::Support { each: dec("6.50") }),
    ];
    let minutes_74 = vec![stretch("2026-03-17T02:17:00Z", "2026-03-17T03:31:00Z")];
    let mut asked = question(vec![count("orders", 1000.0)], vec![]);
    asked.impact = minutes_74;
    asked.replicas = vec![ReplicaCount { name: "pods".into(), samples: Ok(vec![(dec("12"), dec("74"))]), source: "x".into() }];
    let told: Vec<(String, String)> =
        price(&asked, &rules).lines.iter().map(|l| (l.component.to_string(), l.amount.amount.to_string())).collect();
    let expected = [
        ("lost_revenue", "5000.00"),
        ("extra_capacity", "5920.00"), // 9600 x 0.5 x 74 / 60
        ("extra_capacity", "1.89"),    // 4 x 74 / 60 x 0.3840
        ("churn", "850.00"),           // 500 x 0.004 x 425
        ("refunds", "500.00"),
        ("support", "130.00"),
    ];
    assert_eq!(told, expected.map(|(c, a)| (c.to_owned(), a.to_owned())));
    asked.replicas[0].samples = Err("its replicas have no samples in the impact".into());
    let sheet = price(&asked, &rules);
    assert_eq!(&*sheet.not_estimated[0], "extra_capacity (pods): its replicas have no samples in the impact");
}

#[test]
fn failures_beyond_the_usual_rate_and_conversion_are_priced_from_counts() {
    let against = |events: f64, total, normal_events, normal_total| {
        let mut one = count("orders", 0.0);
        if let Ok(counted) = &mut one.counted {
            counted.amounts = Amounts::Against { events, total, high: events, normal_events, normal_total };
        }
        question(vec![one], vec![])
    };
    let with = |method| {
        let mut rules = business(vec![RevenueStream { method, ..stream("orders", money("25", "USD"), "0") }]);
        rules.labour = None;
        rules
    };
    // 1000 of 20,000 failed, usually 1 %: 1000 x 0.04 / 0.05 x 25.
    let sheet = price(&against(1000.0, 20_000.0, 100.0, 10_000.0), &with(StreamMethod::Excess));
    assert_eq!(sheet.total, Some(dec("20000.00")));
    assert_eq!(sheet.lines[0].basis, Basis::Derived);
    // 960 of 40,000 sessions bought, usually 3.1 %: 40,000 x 0.007 x 25.
    let sheet = price(&against(960.0, 40_000.0, 31.0, 1000.0), &with(StreamMethod::Conversion));
    assert_eq!(sheet.total, Some(dec("7000.00")));
    let sheet = price(&against(960.0, 0.0, 31.0, 1000.0), &with(StreamMethod::Conversion));
    assert_eq!(&*sheet.not_estimated[0], "lost_revenue (orders): nothing was counted that its rate could be of");
}

fn seasonal(actual: &str, rebound: Option<&str>) -> CostQuestion {
    let mut one = count("orders", 0.0);
    if let Ok(counted) = &mut one.counted {
        let week = |n: &str| Some(dec(n));
        counted.amounts = Amounts::Seasonal(SeasonalCounts {
            baseline: Baseline::History(vec![vec![week("100"), week("100"), week("104"), None]]),
            actual: vec![Some(dec(actual))],
            before: Some(Beside { baseline: vec![dec("50")], actual: vec![Some(dec("55"))] }),
            note: None,
        });
        counted.rebound = rebound.map(|n| ReboundCounts {
            buckets: Beside { baseline: vec![dec("100")], actual: vec![Some(dec(n))] },
            before: Some(Beside { baseline: vec![dec("50")], actual: vec![Some(dec("55"))] }),
            over: stretch("2026-03-17T04:00:00Z", "2026-03-17T04:15:00Z"),
            complete: true,
        });
    }
    question(vec![one], vec![])
}

#[test]
fn orders_that_come_back_are_taken_off_and_never_more_than_were_lost() {
    let method = StreamMethod::Seasonal;
    let mut rules = business(vec![RevenueStream { method, ..stream("orders", money("10", "USD"), "0") }]);
    rules.labour = None;
    let amounts = |question: &CostQuestion| -> Vec<String> {
        price(question, &rules).lines.iter().map(|l| l.amount.amount.to_string()).collect()
    };
    // Level 1.1: 110 expected, 60 came; afterwards 130 came where 110 were expected.
    assert_eq!(amounts(&seasonal("60", None)), ["500.00"]);
    assert_eq!(amounts(&seasonal("60", Some("130"))), ["500.00", "-200.00"]);
    assert_eq!(amounts(&seasonal("60", Some("300"))), ["500.00", "-500.00"]);
    assert_eq!(amounts(&seasonal("60", Some("90"))), ["500.00", "0.00"]);
    let line = &price(&seasonal("60", None), &rules).lines[0];
    assert_eq!(&*line.formula, "max(0, sum of (g × baseline − actual)) × v = max(0, 1.1 × 100 − 60) × 10 USD = 500 USD");
    assert!(line.inputs.iter().any(|i| &*i.name == "g" && i.basis == Basis::Measured));
}

#[test]
fn a_sheet_is_what_its_record_gives_and_differences_are_named() {
    let rules = business(vec![stream("orders", money("42.50", "USD"), "0.3")]);
    let sheet = price(&question(vec![count("orders", 100.0)], vec![shift("amy", 0, 60)]), &rules);
    let record = sheet.record.clone().unwrap();
    assert_eq!(record.sheet(), sheet);
    assert_eq!(differences(&sheet, &record.sheet()), []);
    let more = price(&question(vec![count("orders", 101.0)], vec![shift("amy", 0, 60)]), &rules);
    let told: Vec<String> = differences(&sheet, &more)
        .iter()
        .map(|d| format!("{}: {} -> {}", d.what, d.was.as_deref().unwrap_or("-"), d.now.as_deref().unwrap_or("-")))
        .collect();
    assert!(told.contains(&"lost_revenue (orders), F: 100 -> 101".to_owned()), "{told:?}");
    assert!(told.contains(&"total: 3085.00 -> 3114.75".to_owned()), "{told:?}");
    // Somebody altered a figure beside its inputs: the record gives another one.
    let mut forged = sheet.clone();
    forged.lines[0].amount.amount = dec("1.00");
    assert!(!differences(&forged, &record.sheet()).is_empty());
}

proptest! {
    #[test]
    fn costs_of_overlapping_incidents_add_up_to_that_of_their_union(
        weights in prop::collection::vec(0_i64..1000, 2..6),
        value in (1_i64..100_000).prop_map(|n| Decimal::new(n, 3)),
        code in any_code(),
    ) {
        let currency = Currency::parse(code).unwrap();
        let mut rules = business(vec![stream("orders", Money::new(value, currency), "0")]);
        (rules.labour, rules.currency) = (None, currency);
        let whole: i64 = weights.iter().sum();
        let parts: Vec<(Text, Decimal)> =
            weights.iter().enumerate().map(|(i, w)| (format!("INC-{i:04}").into(), Decimal::from(*w))).collect();
        let of = |own: Option<Text>| {
            let mut one = count("orders", whole as f64);
            if let (Ok(counted), Some(own)) = (&mut one.counted, own) {
                counted.share = Some(Share { own, parts: parts.clone(), whole: Decimal::from(whole) });
            }
            price(&question(vec![one], vec![]), &rules).total.unwrap()
        };
        let sum: Decimal = parts.iter().map(|(id, _)| of(Some(id.clone()))).sum();
        prop_assert_eq!(sum, of(None));
    }

    #[test]
    fn no_impact_costs_nothing_and_a_missing_input_never_completes(value in any_amount(), recovered in 0_i64..=100) {
        let currency = Currency::parse("USD").unwrap();
        let one = RevenueStream { recovered_fraction: Decimal::new(recovered, 2), ..stream("orders", Money::new(value, currency), "0") };
        let mut rules = business(vec![one]);
        rules.labour = None;
        let whole = price(&question(vec![count("orders", 0.0)], vec![]), &rules);
        prop_assert_eq!((whole.total, whole.complete), (Some(Decimal::ZERO), true));
        rules.nulls = vec!["penalties".into()];
        let partial = price(&question(vec![count("orders", 0.0)], vec![]), &rules);
        prop_assert!(!partial.complete);
        prop_assert_eq!(partial.total, whole.total);
    }
}
