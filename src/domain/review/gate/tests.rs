//! Budgets and states in, answers out.

use super::*;
use crate::domain::base::Target;
use crate::domain::measure::{Births, Count, CountedPlan, Plan};
use crate::domain::objective::{BudgetMethod, Guards, Period, Sli};

fn slo(mode: Mode) -> Slo {
    let count = || Count { plus: Vec::new(), minus: Vec::new() };
    Slo {
        id: SloId::new("shop", "answers"),
        service: "shop".into(),
        name: "answers".into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        budget: BudgetMethod::Occurrences,
        sli: Sli::Events { bad: None, good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count(), total: Some(count()) }),
        source: None,
        group_by: Vec::new(),
        max_groups: crate::domain::measure::MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        tiers: Vec::new(),
        breach: Vec::new(),
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode,
        file: "shop.yaml".into(),
    }
}

fn verdict(consumed_expected: Option<f64>, state: TrackState, blind_minutes: i64) -> Verdict {
    let at = Ms::from_secs(1_000_000);
    let budget =
        BudgetStatus { consumed_expected, total: consumed_expected.map(|_| 10.0), coverage: 1.0, ..BudgetStatus::default() };
    Verdict { at, state, state_since: Some(at - Span::from_mins(blind_minutes)), budget, ..Verdict::default() }
}

fn said(mode: Mode, verdict: Option<&Verdict>) -> Option<Answer> {
    let rules = GateRules { min_budget: 0.1, no_open: Vec::new(), blind_after: Span::from_mins(10) };
    of_budget(&slo(mode), verdict, &rules).map(|f| f.answer)
}

#[test]
fn a_budget_that_is_spent_shuts_and_one_that_nobody_knows_does_not_open() {
    use TrackState::{DataError, NoData, NoTraffic, Ok};
    for (spent, state, blind, expect) in [
        (Some(0.0), Ok, 0, Answer::Open),
        (Some(0.9), Ok, 0, Answer::Open),
        (Some(0.91), Ok, 0, Answer::Shut),
        (Some(4.0), NoData, 60, Answer::Shut),
        (Some(0.2), NoTraffic, 600, Answer::Open),
        (Some(0.2), NoData, 2, Answer::Open),
        (Some(0.2), NoData, 10, Answer::Unknown),
        (Some(0.2), DataError, 10, Answer::Unknown),
        (None, Ok, 0, Answer::Unknown),
    ] {
        assert_eq!(said(Mode::Page, Some(&verdict(spent, state, blind))), Some(expect), "{spent:?} {state:?} {blind}");
    }
    assert_eq!(said(Mode::Page, None), Some(Answer::Unknown), "it was never read");
    let mut quiet = verdict(None, TrackState::NoTraffic, 0);
    quiet.budget.total = Some(0.0);
    assert_eq!(said(Mode::Page, Some(&quiet)), Some(Answer::Open), "nothing happened, and that was seen");
    assert_eq!(said(Mode::Observe, Some(&verdict(Some(9.0), TrackState::Ok, 0))), None, "it is only tried out");
}

#[test]
fn one_shut_finding_shuts_and_nothing_looked_at_opens_nothing() {
    let finding = |answer| Finding {
        answer,
        what: Looked::Incident { id: IncidentId(1), severity: Severity::P0, service: "shop".into(), phase: Phase::Open },
    };
    let of = |list: &[Answer]| answer(&list.iter().map(|a| finding(*a)).collect::<Vec<_>>());
    assert_eq!(of(&[Answer::Open, Answer::Shut, Answer::Unknown]), Answer::Shut);
    assert_eq!(of(&[Answer::Open, Answer::Unknown]), Answer::Unknown);
    assert_eq!((of(&[Answer::Open]), of(&[])), (Answer::Open, Answer::Unknown));
}
