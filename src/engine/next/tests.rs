//! Budgets and costs turned into clock times, from numbers that are written down here.

use super::*;
use crate::domain::base::Currency;
use crate::domain::cost::CostSheet;
use std::sync::Arc;

fn budget(left: f64, seconds: f64) -> BudgetStatus {
    BudgetStatus { remaining: Some(left), exhausts_in_seconds: Some(seconds), ..BudgetStatus::default() }
}

#[test]
fn the_gate_shuts_before_the_budget_is_gone_and_only_once() {
    let event = gate_shuts(Some(&budget(0.5, 5_000.0)), Ms(0)).unwrap();
    let text = "error budget left below 10%: the gate stops deploys";
    assert_eq!((event.at, &*event.text.en), (Ms(4_000_000), text));
    assert_eq!(gate_shuts(Some(&budget(0.1, 500.0)), Ms(0)), None, "it is shut already");
    assert_eq!(gate_shuts(Some(&budget(0.5, 0.0)), Ms(0)), None);
    assert_eq!(gate_shuts(Some(&BudgetStatus { exhausts_in_seconds: None, ..budget(0.5, 1.0) }), Ms(0)), None);
}

#[test]
fn what_it_will_have_cost_by_then_keeps_the_distance_of_its_bounds() {
    let currency = Currency::parse("USD").unwrap();
    let money = |amount: i64| Money::new(Decimal::from(amount), currency);
    let sheet = CostSheet {
        currency,
        lines: Vec::new(),
        total: Some(Decimal::from(20_000)),
        low: Some(Decimal::from(15_000)),
        high: Some(Decimal::from(30_000)),
        complete: true,
        not_estimated: Vec::new(),
        assumptions: Vec::new(),
        method_versions: Vec::new(),
        provisional_until: None,
        restates: None,
        record: None,
    };
    let cost = |sheet: &CostSheet| CostTicker {
        so_far: Some(money(20_000)),
        per_minute: Some(money(1_000)),
        rates: Vec::new(),
        at: Ms(0),
        sheet: Arc::new(sheet.clone()),
    };
    let told = |sheet: &CostSheet| exhaustion(Some(&budget(0.5, 1_200.0)), Some(&cost(sheet)), Ms(0)).unwrap().text.en;
    let text = "error budget exhausted at the 1h rate; cost by then $40.0k ($30.0k-60.0k)";
    assert_eq!(&*told(&sheet), text);
    let exact = CostSheet { low: None, high: None, ..sheet };
    assert_eq!(&*told(&exact), "error budget exhausted at the 1h rate; cost by then $40.0k");
}
