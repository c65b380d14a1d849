//! Figures against published examples, each named, and a period put together.

use super::compare::{Finding, compare, mann_whitney, needed, ratio};
use super::geometric::{Logs, logs};
use super::quantile::{interval, median_interval, quantile};
use super::rate::{garwood, same_rate};
use super::share::{Standing, wilson};
use super::survival::{Seen, curve, median};
use super::trend::{sen, trend};
use super::*;
use crate::domain::base::{Currency, Money, Ms};
use crate::domain::review::ClockKind;
use proptest::prelude::*;

fn near(got: f64, want: f64, off: f64) {
    assert!((got - want).abs() <= off, "{got} is not {want}");
}

fn pair(got: Option<(f64, f64)>, want: (f64, f64), off: f64) {
    let got = got.unwrap();
    near(got.0, want.0, off);
    near(got.1, want.1, off);
}

fn ranks(n: u32) -> Vec<f64> {
    (1..=n).map(f64::from).collect()
}

/// R's `quantile(1:10, 0.9)` is 9.1 by its default, type 7 of Hyndman and Fan (1996), The American Statistician 50:361.
#[test]
fn quantiles_are_type_7() {
    assert_eq!(quantile(&ranks(10), 0.9), Some(9.1));
    assert_eq!(quantile(&ranks(4), 0.5), Some(2.5));
    assert_eq!(quantile(&[7.0], 0.9), Some(7.0));
    assert_eq!(quantile(&[], 0.5), None);
}

/// Ranks of the 95 % interval of a median from Campbell and Gardner (1988), BMJ 296:1454, and Conover's table A3.
#[test]
fn the_interval_of_a_median_is_between_the_published_ranks() {
    for (n, low, high) in
        [(6, 1, 6), (8, 1, 8), (9, 2, 8), (10, 2, 9), (12, 3, 10), (15, 4, 12), (20, 6, 15), (30, 10, 21), (50, 18, 33)]
    {
        assert_eq!(median_interval(&ranks(n)), Some((f64::from(low), f64::from(high))), "n = {n}");
    }
    assert_eq!(median_interval(&ranks(5)), None);
    assert_eq!(interval(&ranks(35), 0.9), None, "0.9^35 is above 0.025");
    assert_eq!(interval(&ranks(36), 0.9).map(|(_, high)| high), Some(36.0));
}

/// Bland and Altman (1996), BMJ 312:1079: log10 triglyceride of 282 babies, mean -0.33, sd 0.17; geometric mean 0.47 mmol/l,
/// 95 % interval 0.45 to 0.49.
#[test]
fn the_geometric_mean_has_t_on_logs() {
    let ten = std::f64::consts::LN_10;
    let babies = Logs { n: 282, mean: -0.33 * ten, sd: 0.17 * ten };
    near(babies.mean(), 0.47, 0.005);
    pair(babies.interval(), (0.45, 0.49), 0.005);
    assert_eq!(logs(&[0.0, 4.0, 9.0]).map(|l| l.n), Some(2), "zero has no logarithm");
    assert_eq!(logs(&[5.0]).and_then(|l| l.interval()), None);
}

/// The 6-MP and placebo arms of Freireich et al. (1963), as in Cox and Oakes (1984), Analysis of Survival Data, table 1.1:
/// medians 23 and 8 weeks.
#[test]
fn open_clocks_are_censored_as_kaplan_and_meier_say() {
    let (end, open) = (|t| Seen { seconds: t, ended: true }, |t| Seen { seconds: t, ended: false });
    let ended = [6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0].map(end);
    let censored = [6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0].map(open);
    let arm: Vec<Seen> = ended.into_iter().chain(censored).collect();
    let told: Vec<f64> = curve(&arm).iter().map(|(_, s)| (s * 1000.0).round() / 1000.0).collect();
    assert_eq!(told, [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]);
    assert_eq!(median(&arm), Some(23.0));
    let placebo = [1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23.].map(end);
    assert_eq!(median(&placebo), Some(8.0));
    assert_eq!(median(&[end(1.0), open(2.0), open(3.0)]), None, "not reached");
}

/// Helsel and Hirsch, Statistical Methods in Water Resources (USGS), section 8.2: S = 21, z = 1.79, p = 0.074. Sen (1968),
/// JASA 63:1379, section 6: slope 4.0.
#[test]
fn trends_are_mann_kendalls_and_sens() {
    let t = trend(&[1.22, 2.20, 4.80, 1.28, 1.97, 1.46, 2.64, 2.34, 4.84, 2.96]).unwrap();
    assert_eq!((t.n, t.s), (10, 21));
    near(t.z, 1.79, 0.005);
    near(t.p, 0.074, 0.001);
    let sens = [(1.0, 9.0), (2.0, 15.0), (3.0, 19.0), (4.0, 20.0), (10.0, 45.0), (12.0, 55.0), (18.0, 78.0)];
    assert_eq!(sen(&sens), Some(4.0));
    assert_eq!(trend(&[1.0, 2.0, 3.0, 4.0]), None, "nothing under five");
    let flat = trend(&[3.0; 6]).unwrap();
    assert_eq!((flat.s, flat.z, flat.sen_slope), (0, 0.0, 0.0));
    near(flat.p, 1.0, 1e-9);
}

/// Hollander and Wolfe (1973), page 69, as R's `wilcox.test` shows it: W = 35, one-sided p = 0.1272, exact.
#[test]
fn few_values_are_compared_exactly() {
    let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let weeks = [1.15, 0.88, 0.90, 0.74, 1.21];
    let (u, p) = mann_whitney(&weeks, &term).unwrap();
    assert_eq!(u, 35.0);
    near(p, 2.0 * 0.1272, 1e-4);
    let (_, tied) = mann_whitney(&[1.0, 1.0, 2.0], &[1.0, 2.0, 2.0]).unwrap();
    assert!(tied > 0.4, "{tied}");
}

/// Student's (1908) sleep data, as R's `t.test(extra ~ group, data = sleep)` shows it: Welch's interval -3.3655 to 0.2055.
#[test]
fn the_ratio_of_geometric_means_has_welchs_interval() {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0].map(f64::exp);
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4].map(f64::exp);
    let r = ratio(&second, &first).unwrap();
    pair(r.interval.map(|(l, h)| (l.ln(), h.ln())), (-3.365_483_2, 0.205_483_2), 1e-6);
    near(r.ratio.ln(), -1.58, 1e-9);
}

/// By the formula `2 (1.96 + 0.84)^2 s^2 / ln(1-d)^2` with s = 1.25, the spread of Benninghoff's (2025) incidents.
#[test]
fn what_it_takes_to_tell_is_told() {
    let n: Vec<u64> = [0.10, 0.25, 0.50, 0.80].iter().map(|d| needed(1.25, *d).unwrap()).collect();
    assert_eq!(n, [2210, 297, 52, 10]);
    assert_eq!(needed(1.25, 0.0), None);
    let spread = |scale: f64, n: u32| (1..=n).map(|i| scale * (1.0 + f64::from(i) / 50.0)).collect::<Vec<_>>();
    assert_eq!(compare(&spread(100.0, 40), &spread(20.0, 40)).finding, Finding::Shorter);
    assert_eq!(compare(&spread(20.0, 40), &spread(100.0, 40)).finding, Finding::Longer);
    assert_eq!(compare(&spread(100.0, 40), &spread(98.0, 40)).finding, Finding::CannotTell);
    assert_eq!(compare(&[10.0], &[1.0]).finding, Finding::CannotTell);
    assert_eq!(compare(&[], &[1.0]).ratio, None);
}

/// Garwood (1936), Biometrika 28:437, table: 0 gives 0 to 3.69; 10 gives 4.80 to 18.39. Nine and then three in equal spans:
/// 2 x 299/4096.
#[test]
fn rates_have_garwoods_interval() {
    pair(Some(garwood(0)), (0.0, 3.689), 0.001);
    pair(Some(garwood(10)), (4.795, 18.390), 0.001);
    near(same_rate((9, 90.0), (3, 90.0)).unwrap(), 0.146, 0.0005);
    assert_eq!(same_rate((0, 1.0), (0, 1.0)), Some(1.0));
    assert_eq!(same_rate((1, 0.0), (1, 5.0)), None);
}

/// Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
#[test]
fn shares_have_wilsons_interval() {
    for (k, n, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        pair(wilson(k, n), (low, high), 0.00005);
    }
    let cfr = ShareStats { kind: ShareKind::ChangeFailure, k: 5, n: 120, target: Some(0.05) };
    pair(cfr.interval(), (0.018, 0.094), 0.0005);
    assert_eq!(cfr.standing(), Some(Standing::MetNotProven));
    let early = ShareStats { kind: ShareKind::Proactive, k: 1, n: 40, target: Some(0.6) };
    assert_eq!(early.standing(), Some(Standing::Missed));
    assert_eq!(ShareStats { n: 0, k: 0, ..cfr }.standing(), None);
}

fn at(minutes: i64) -> Ms {
    Ms(minutes * 60_000)
}

/// An incident that began at `start`, was detected and paged 5 minutes later, and ended after `long`.
fn record(id: &str, start: i64, long: Option<i64>) -> Record {
    let times = Times {
        impact_start: Some(at(start)),
        detected: Some(at(start + 5)),
        paged: Some(at(start + 5)),
        acknowledged: long.map(|_| at(start + 8)),
        mitigated: long.map(|l| at(start + l - 1)),
        resolved: long.map(|l| at(start + l)),
    };
    Record { id: id.into(), service: "pay".into(), severity: Some("P0".into()), times, ..Record::default() }
}

fn ask(to: i64) -> StatsQuestion {
    StatsQuestion { from: Ms(0), to: at(to), ..StatsQuestion::default() }
}

#[test]
fn members_are_those_detected_in_the_period_and_nobody_is_dropped_for_being_open() {
    let drill = Record { drill: true, ..record("drill", 10, Some(20)) };
    let merged = Record { merged: true, ..record("merged", 10, Some(20)) };
    let undated = Record { id: "?".into(), ..Record::default() };
    let all = [record("a", 0, Some(60)), record("b", 100, None), record("late", 2_000, Some(5)), drill, merged, undated];
    let told = stats(&all, ask(1_000));
    let group = &told.groups[0];
    assert_eq!((group.n, group.n_open, group.n_never_acked), (2, 1, 1));
    assert_eq!(told.left_out, summary::LeftOut { outside: 1, drills: 1, merged: 1, undated: 1 });
    let resolve = &group.clocks[3];
    assert_eq!((resolve.kind, resolve.n, resolve.censored, resolve.median), (ClockKind::Resolve, 1, 1, Some(3600.0)));
    assert_eq!((resolve.km_median, resolve.mean()), (Some(3600.0), Some(3600.0)));
    assert_eq!(told.drills.rows.len(), 1);
    // A look at an earlier moment sees what was known then.
    let early = stats(&all, ask(30));
    assert_eq!((early.groups[0].n, early.groups[0].n_open, early.groups[0].clocks[3].censored), (1, 1, 1));
}

#[test]
fn detection_before_impact_is_proactive_and_other_backward_times_are_listed_and_left_out() {
    let mut early = record("early", 100, Some(60));
    early.times.detected = Some(at(95));
    let mut wrong = record("wrong", 100, Some(60));
    wrong.times.resolved = Some(at(90));
    let told = stats(&[early, wrong], ask(1_000));
    let group = &told.groups[0];
    assert_eq!((group.clocks[0].n, group.clocks[0].zeros), (2, 1));
    assert_eq!((group.clocks[3].n, group.clocks[3].censored), (1, 0), "neither 0 nor open");
    let share = group.shares[1];
    assert_eq!((share.kind, share.k, share.n), (ShareKind::Proactive, 1, 2));
    let flags: Vec<(&str, &str, &str)> = told.flagged.iter().map(|(id, b)| (&**id, b.first, b.then)).collect();
    assert_eq!(
        flags,
        [("wrong", "impact_start", "resolved"), ("wrong", "detected", "resolved"), ("wrong", "mitigated", "resolved")]
    );
}

#[test]
fn groups_changes_and_before_and_after() {
    let mut other = record("b", 300, Some(40));
    other.service = "web".into();
    let by = vec![Dimension::Service];
    let change = |at: i64, service: &str| Change { at: Ms(at * 60_000), service: service.into() };
    let changes = vec![change(250, "web"), change(290, "pay"), change(700, "web"), change(5_000, "web")];
    let asked = StatsQuestion { by, changes, split: Some(Ms(200 * 60_000)), ..ask(1_000) };
    let told = stats(&[record("a", 0, Some(60)), other], asked);
    let names: Vec<_> = told.groups.iter().map(|g| g.key[0].1.clone().unwrap()).collect();
    assert_eq!(names, ["pay".into(), "web".into()]);
    let cfr: Vec<(u64, u64)> = told.groups.iter().map(|g| (g.shares[0].k, g.shares[0].n)).collect();
    assert_eq!(cfr, [(0, 1), (1, 2)]);
    let comparison = told.groups[1].comparison.unwrap();
    assert_eq!((comparison.before.0, comparison.after.0), (0, 1));
    assert_eq!(comparison.clocks[3].finding, Finding::CannotTell);
    let months =
        stats(&[record("a", 0, Some(60))], StatsQuestion { by: vec![Dimension::Month, Dimension::RootCause], ..ask(1_000) });
    assert_eq!(months.groups[0].key, [(Dimension::Month, Some("1970-01".into())), (Dimension::RootCause, None)]);
}

#[test]
fn people_say_what_a_change_caused_and_else_the_hour_after_one() {
    let told =
        |id: &str, start: i64, cause: Option<&str>| Record { root_cause: cause.map(Into::into), ..record(id, start, Some(60)) };
    let mut other = record("other", 310, Some(60));
    other.service = "web".into();
    let all = [
        told("deploy", 10, Some("Configuration and Deploy")),
        told("capacity", 310, Some("capacity")),
        told("unknown", 320, Some("unknown")),
        told("untold", 350, None),
        told("later", 361, None),
        other,
    ];
    let share = |changes: Vec<Change>| {
        let told = stats(&all, StatsQuestion { changes, ..ask(1_000) });
        let share = told.groups[0].shares[5];
        assert_eq!(share.kind, ShareKind::ChangeCaused);
        (share.k, share.n)
    };
    assert_eq!(share(Vec::new()), (1, 2), "only what people said");
    let change = Change { at: Ms(300 * 60_000), service: "pay".into() };
    // Nobody records changes of `web`, so nothing is known of it.
    assert_eq!(share(vec![change]), (3, 5));
}

#[test]
fn a_mean_that_hangs_on_one_incident_names_it() {
    let of = |long: &[i64]| {
        let all: Vec<Record> = long.iter().enumerate().map(|(i, l)| record(&format!("i{i}"), i as i64 * 10, Some(*l))).collect();
        stats(&all, ask(100_000)).groups[0].skew.clone()
    };
    let told = of(&[30, 40, 230]).unwrap();
    assert_eq!((&*told.id, told.seconds, told.mean_without), ("i2", 13_800.0, 2_100.0));
    assert_eq!(of(&[30, 230]), None, "of two neither is the odd one");
    assert_eq!(of(&[60, 61, 62, 63]), None);
    assert_eq!(of(&[]), None);
}

#[test]
fn slos_and_teams_are_groups_too() {
    let mine = Record { slo: Some("pay/latency".into()), team: Some("money".into()), ..record("a", 0, Some(60)) };
    let asked = StatsQuestion { by: vec![Dimension::Slo, Dimension::Team], ..ask(1_000) };
    let told = stats(&[mine, record("b", 5, Some(60))], asked);
    let keys: Vec<_> = told.groups.iter().map(|g| g.key.iter().map(|(_, v)| v.as_deref()).collect::<Vec<_>>()).collect();
    assert_eq!(keys, [vec![None, None], vec![Some("pay/latency"), Some("money")]]);
}

#[test]
fn a_few_incidents_carry_most_of_the_cost() {
    let usd = Currency::parse("USD").unwrap();
    let cost = |amount: i64, complete| RecordedCost { total: Money::new(amount.into(), usd), complete };
    let mut all = vec![cost(8_000, true), cost(1_000, false)];
    all.extend((0..8).map(|_| cost(125, true)));
    all.push(RecordedCost { total: Money::new(5.into(), Currency::parse("CNY").unwrap()), complete: true });
    let told = money::costs(&all).unwrap();
    assert_eq!((told.n, told.n_partial, told.total, told.median), (10, 1, 10_000.into(), 125.into()));
    assert_eq!(told.p90.unwrap().to_string(), "1700.00", "type 7: 1000 + 0.1 x 7000");
    assert_eq!(told.concentration, Some((1, rust_decimal::Decimal::new(8, 1))));
    assert_eq!(told.others, [Currency::parse("CNY").unwrap()]);
    assert_eq!(money::costs(&[]), None);
}

#[test]
fn drills_are_scored_by_the_printed_formula() {
    let mut quick = record("d1", 0, Some(20));
    quick.drill = true;
    let mut slow = record("d2", 500, Some(61));
    slow.drill = true;
    slow.times.acknowledged = None;
    let told = drills(&[slow, quick], Ms(1_000 * 60_000));
    assert_eq!(told.rows[0].score, Some(100.0));
    // TTD 5m: 1; never acknowledged: 0; TTM 60m: a half.
    assert_eq!(told.rows[1].score, Some(50.0));
    assert_eq!(told.rows[1].before, [Some(300.0), Some(180.0), Some(1140.0)]);
    assert_eq!(told.score, Some(75.0));
    assert_eq!(drills(&[], Ms(0)).score, None);
}

proptest! {
    #[test]
    fn intervals_hold_their_points_and_counts_add_up(long in prop::collection::vec(prop::option::of(1_i64..500), 0..60)) {
        let all: Vec<Record> = long.iter().enumerate().map(|(i, l)| record(&format!("{i:03}"), i as i64 * 10, *l)).collect();
        let told = stats(&all, ask(2_000));
        let group = &told.groups[0];
        prop_assert_eq!(group.n, all.len());
        for clock in group.clocks {
            prop_assert!(clock.n + clock.censored <= group.n);
            for (point, range) in [(clock.median, clock.median_interval), (clock.p90, clock.p90_interval), (clock.geomean, clock.geomean_interval)] {
                if let (Some(point), Some((low, high))) = (point, range) {
                    prop_assert!(low <= point * (1.0 + 1e-9) && point <= high * (1.0 + 1e-9));
                }
            }
            prop_assert_eq!(clock.median_interval.is_some(), clock.n >= 6);
            prop_assert_eq!(clock.p90.is_some(), clock.n >= 10);
            prop_assert_eq!(clock.p90_interval.is_some(), clock.n >= 36);
        }
    }

    #[test]
    fn leaving_an_incident_open_never_shortens_the_median(long in prop::collection::vec(1_i64..500, 1..40)) {
        let full: Vec<Seen> = long.iter().map(|l| Seen { seconds: *l as f64, ended: true }).collect();
        let mut open = full.clone();
        open[0].ended = false;
        prop_assert!(median(&open).is_none_or(|m| m >= median(&full).unwrap()));
    }
}

#[test]
fn changes_of_the_ledger_are_taken_where_they_name_a_service() {
    use crate::domain::base::{CommitId, IncidentId, Seq};
    use crate::domain::incident::{self, Actor, Entry, Fact, Incidents, Notice};
    let told = |seq: u64, service: Option<&str>| Entry {
        seq: Seq(seq),
        incident: IncidentId(0),
        fact: Fact::Notice(Notice::Changed(incident::Change { service: service.map(Into::into), ..incident::Change::default() })),
        at: Ms(seq as i64 * 60_000),
        recorded_at: Ms(0),
        actor: Actor::Auto,
        source: "api".into(),
        corrects: None,
        commit: CommitId("c".into()),
        hash: [0; 32],
    };
    let all = Incidents::replay(&[told(1, Some("web")), told(2, None)]);
    assert_eq!(Change::recorded(&all), [Change { at: Ms(60_000), service: "web".into() }]);
}
