//! Incidents priced from samples that are written down here: the baseline of earlier weeks, orders that come back, minutes
//! that incidents share, replicas, and figures that replace earlier ones.

use super::*;
use crate::domain::base::{CommitId, Currency, IncidentId, Labels, Now, Severity};
use crate::domain::incident::{Correction, Entry, Incidents, Onset};
use crate::domain::measure::{Ask, AskedPlan, Batch, Count, MatchOp, Plan, Role, Sample, Selector, Sink};
use crate::domain::objective::{
    CapacityHow, CapacityPrice, Counter, DayZone, Labour, Rulebook, SeasonalRules, StreamMethod, Timing, ValueIs,
};
use crate::engine::state::Settings;
use crate::engine::steer::steer;
use proptest::prelude::*;
use std::collections::BTreeMap;

const STEP: Span = Span::from_secs(15);
const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// Minutes after noon (UTC) of a Monday, the day after summer time began in Berlin.
fn at(minutes: i64) -> Ms {
    Ms::parse_rfc3339("2026-03-30T12:00:00Z").unwrap() + Span::from_mins(minutes)
}

fn over(from: i64, to: i64) -> Interval {
    Interval { from: at(from), to: at(to) }
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Within `(from, to]`, in minutes after noon.
fn is_within(now: Ms, from: i64, to: i64) -> bool {
    at(from) < now && now <= at(to)
}

/// What a metric did in the step before an instant (a gauge: what it showed then).
type Flow = (&'static str, Box<dyn Fn(Ms) -> i64>);

fn flow(name: &'static str, of: impl Fn(Ms) -> i64 + 'static) -> Flow {
    (name, Box::new(of))
}

/// The shop is looked at from 8 to 18 on Mondays, but for these minutes.
struct Shop {
    state: State,
    flows: Vec<Flow>,
    gaps: Vec<Interval>,
}

impl Shop {
    fn new(business: Business, flows: Vec<Flow>) -> Self {
        let book = Rulebook {
            slos: Vec::new(),
            services: BTreeMap::new(),
            business: Some(Arc::new(business)),
            timing: Timing::default(),
            problems: Vec::new(),
            hash: "test".into(),
        };
        Self { state: State::new(Arc::new(book), Settings::default()), flows, gaps: Vec::new() }
    }

    /// Reads what the engine would read.
    fn read(mut self, through: i64) -> Self {
        self.go_on(through);
        self
    }

    fn go_on(&mut self, through: i64) {
        let known: Vec<(&str, [Vec<Sample>; 2])> = self.flows.iter().map(|(name, of)| (*name, self.samples(of))).collect();
        for read in self.state.board.reads(at(through)) {
            for stretch in read.stretches {
                let answers: Vec<(Role, Arc<Batch>)> =
                    stretch.asks.iter().map(|(role, ask)| (*role, Arc::new(answer(ask, &known)))).collect();
                self.state.board.take(read.feed, stretch.through, &answers);
            }
        }
        self.state.board.at = Some(at(through));
    }

    /// All samples of a metric as a counter and as a gauge.
    fn samples(&self, of: &dyn Fn(Ms) -> i64) -> [Vec<Sample>; 2] {
        let (mut counter, mut gauge, mut total) = (Vec::new(), Vec::new(), 0);
        for week in -5..=0 {
            let (mut now, end) = (at(week * WEEK - 4 * 60), at(week * WEEK + 6 * 60));
            while now < end {
                now = now + STEP;
                total += of(now);
                if !self.gaps.iter().any(|gap| gap.from < now && now <= gap.to) {
                    counter.push(Sample { at: now, value: total as f64 });
                    gauge.push(Sample { at: now, value: of(now) as f64 });
                }
            }
        }
        [counter, gauge]
    }

    /// Records what happened.
    fn record(&mut self, id: u64, facts: impl IntoIterator<Item = (i64, Fact)>) {
        for (minute, fact) in facts {
            let entry = Entry {
                seq: Seq(self.state.incidents.last_seq().0 + 1),
                incident: IncidentId(id),
                fact,
                at: at(minute),
                recorded_at: at(minute),
                actor: Actor::Auto,
                source: "test".into(),
                corrects: None,
                commit: CommitId("test".into()),
                hash: [0; 32],
            };
            assert_eq!(self.state.incidents.apply(&entry), None);
        }
    }

    /// Records what a person says of an incident.
    fn says(&mut self, id: u64, minute: i64, name: &str, change: Correction) {
        let first = self.state.incidents.get(IncidentId(id)).unwrap().entries[0].clone();
        let seq = Seq(self.state.incidents.last_seq().0 + 1);
        let (fact, actor) = (Fact::Corrected { change, reason: "".into() }, Actor::Person(name.into()));
        let (at, corrects) = (at(minute), Some(first.seq));
        assert_eq!(self.state.incidents.apply(&Entry { seq, fact, at, recorded_at: at, actor, corrects, ..first }), None);
    }

    /// An incident of the shop that was bad for these minutes, and ended.
    fn incident(&mut self, id: u64, bad: &[(i64, i64)]) {
        self.ended(id, bad, false);
    }

    fn ended(&mut self, id: u64, bad: &[(i64, i64)], drill: bool) {
        self.told(id, bad, drill, None);
    }

    /// An incident that ended, or was merged into another.
    fn told(&mut self, id: u64, bad: &[(i64, i64)], drill: bool, into: Option<u64>) {
        let (first, last) = (bad[0].0, bad[bad.len() - 1].1);
        let impact =
            ImpactRecord { intervals: bad.iter().map(|(from, to)| over(*from, *to)).collect(), ..ImpactRecord::default() };
        let onset = Onset {
            service: "shop".into(),
            slos: Vec::new(),
            severity: Some(Severity::P1),
            rules: Vec::new(),
            reasons: Vec::new(),
            impact_start: at(first),
            detected: at(first + 1),
            rulebook: "test".into(),
            drill,
        };
        let resolved = Fact::Resolved { reason: "".into(), impact: Some(impact.clone()) };
        let ends = into.map_or(resolved, |id| Fact::Merged { into: IncidentId(id), reason: "".into() });
        self.record(
            id,
            [
                (first + 1, Fact::Opened(onset)),
                (last, Fact::Mitigated { reason: "".into(), impact: Some(impact) }),
                (last + 15, ends),
            ],
        );
    }

    fn cost(&self, id: u64) -> CostSheet {
        let incident = self.state.incidents.get(IncidentId(id)).unwrap();
        cost(&self.state, incident, self.state.board.at.unwrap()).unwrap()
    }

    /// Records what an incident cost.
    fn account(&mut self, id: u64) -> CostSheet {
        let sheet = self.cost(id);
        let minute = self.state.board.at.unwrap().since(at(0)).0 / 60_000;
        self.record(id, [(minute, Fact::Costed(sheet.clone()))]);
        sheet
    }

    /// One decision of the watch: the costs it records.
    fn watch(&mut self) -> Vec<(u64, CostSheet)> {
        let now = Now { wall: self.state.board.at.unwrap(), ..Now::default() };
        let facts: Vec<_> = steer(&mut self.state, now).into_iter().flat_map(|d| d.entries).collect();
        let mut told = Vec::new();
        for entry in facts {
            let crate::domain::incident::IncidentRef::Known(id) = entry.incident else { panic!("opens nothing") };
            if let Fact::Costed(sheet) = &entry.fact {
                told.push((id.0, sheet.clone()));
            }
            let minute = entry.at.since(at(0)).0 / 60_000;
            self.record(id.0, [(minute, entry.fact)]);
        }
        told
    }
}

fn answer(ask: &Ask, known: &[(&str, [Vec<Sample>; 2])]) -> Batch {
    let mut batch = Batch::default();
    let (from, to) = ask.span();
    for (name, [counter, gauge]) in known {
        let samples = match ask {
            Ask::Raw { selector, .. } => {
                let mine =
                    selector.matchers().iter().all(|m| m.op != MatchOp::Equal || *m.name != *"__name__" || *m.value == **name);
                mine.then_some(counter)
            }
            Ask::Eval { expr, .. } => (**expr == **name).then_some(gauge),
        };
        let Some(samples) = samples else { continue };
        batch.series(&Labels::new([("__name__", *name), ("job", "shop")].map(|(k, v)| (Text::from(k), Text::from(v)))));
        samples.iter().filter(|s| from < s.at && s.at <= to).for_each(|s| batch.sample(s.at, s.value));
    }
    batch
}

fn counter(name: &str) -> Counter {
    Counter { query: name.into(), count: Count { plus: vec![Selector::metric(name)], minus: Vec::new() } }
}

fn stream(method: StreamMethod) -> RevenueStream {
    RevenueStream {
        name: "orders".into(),
        services: vec!["shop".into()],
        source: None,
        method,
        failed: Some(counter("failed")),
        total: Some(counter("total")),
        orders: Some(counter("orders")),
        sessions: Some(counter("sessions")),
        seasonal: SeasonalRules::default(),
        rebound: None,
        value: Money::new(dec("10"), Currency::parse("CNY").unwrap()),
        value_is: ValueIs::Gmv,
        recovered_fraction: Decimal::ZERO,
    }
}

fn business(stream: RevenueStream) -> Business {
    Business { streams: vec![stream], ..Business::new(Currency::parse("CNY").unwrap()) }
}

/// A shop that sells 10 a step, and 4 a step from noon to half past; `before` tells what earlier weeks sold instead, by
/// their number (1 is last week).
fn seasonal(before: impl Fn(i64) -> i64 + 'static) -> Shop {
    seasonal_of(stream(StreamMethod::Seasonal), move |now| {
        let week = (at(6 * 60).0 - now.0) / Span::from_mins(WEEK).0;
        if week > 0 {
            before(week)
        } else if is_within(now, 0, 30) {
            4
        } else {
            10
        }
    })
}

fn seasonal_of(stream: RevenueStream, orders: impl Fn(Ms) -> i64 + 'static) -> Shop {
    let mut shop = Shop::new(business(stream), vec![flow("orders", orders)]);
    shop.incident(9, &[(0, 30)]);
    shop
}

#[test]
fn hours_that_a_person_declares_afterwards_are_priced_in_a_new_version() {
    let cny = |amount: &str| Money::new(dec(amount), Currency::parse("CNY").unwrap());
    let role = || Text::from("engineer");
    let labour = Labour { rates: [(role(), cny("60"))].into(), default_role: Some(role()), ..Labour::default() };
    let priced = Business { labour: Some(labour), ..business(stream(StreamMethod::Seasonal)) };
    let mut shop = Shop::new(priced, vec![flow("orders", |_| 10)]);
    shop.incident(9, &[(0, 30)]);
    let mut shop = shop.read(60);
    let first = shop.account(9);
    assert!(first.not_estimated.iter().any(|why| why.contains("nobody is known to have responded")), "{}", shown(&first));
    assert!(shop.watch().is_empty());
    shop.says(9, 60, "wei", Correction::Effort(Effort::typed("5", "0.5").unwrap()));
    let told = shop.watch();
    let [(9, sheet)] = &told[..] else { panic!("{told:?}") };
    let line = sheet.lines.iter().find(|line| &*line.component == "responder_labour").unwrap();
    assert_eq!(line.amount, cny("150.00"), "{}", shown(sheet));
    assert_eq!(sheet.restates.as_ref().map(|r| &*r.reason), Some("people's hours were declared"));
    assert!(shop.watch().is_empty(), "once");
}

/// Amounts, notes and formulas: what the tests compare.
fn shown(sheet: &CostSheet) -> String {
    let note = |l: &crate::domain::cost::CostLine| l.note.as_ref().map_or_else(String::new, |n| format!(" ({n})"));
    let lines = sheet.lines.iter().map(|l| format!("{} {}{}\n  {}\n", l.component, l.amount.amount, note(l), l.formula));
    lines.chain(sheet.not_estimated.iter().map(|why| format!("not estimated: {why}\n"))).collect::<Vec<_>>().concat()
}

#[test]
fn orders_that_did_not_come_are_told_by_the_same_hour_of_earlier_weeks() {
    let sheet = { seasonal(|_| 10).read(60).cost(9) };
    assert_eq!(
        shown(&sheet),
        "lost_revenue 7200.00\n  max(0, sum of (g × baseline − actual)) × v = max(0, 1 × 1200 − 480) × 10 CNY = 7200 CNY\n"
    );
}

#[test]
fn a_week_with_an_outage_of_its_own_does_not_move_the_median() {
    let sheet = seasonal(|week| if week == 2 { 1 } else { 10 }).read(60).cost(9);
    assert_eq!(sheet.total, Some(dec("7200.00")), "{}", shown(&sheet));
}

#[test]
fn weeks_inside_incidents_of_our_own_are_left_out() {
    // Two of four weeks were bad: their median would be 6. One of them is known to the ledger.
    let weeks = |week| if week <= 2 { 2 } else { 10 };
    let mut shop = seasonal(weeks);
    shop.go_on(60);
    assert_eq!(shop.cost(9).total, Some(dec("0.00")), "nobody knows which half is normal: the spread is as wide as the loss");
    shop.incident(1, &[(-WEEK - 120, -WEEK + 60)]);
    let sheet = shop.cost(9);
    assert_eq!(sheet.total, Some(dec("7200.00")), "{}", shown(&sheet));
    assert!(shown(&sheet).contains("weeks left out of the baseline: 2"), "{}", shown(&sheet));
}

#[test]
fn with_two_usable_weeks_the_hours_before_stand_in_and_it_says_so() {
    let mut shop = seasonal(|_| 20).read(60);
    shop.incident(1, &[(-WEEK, -WEEK + 30)]);
    shop.incident(2, &[(-2 * WEEK, -2 * WEEK + 30)]);
    let sheet = shop.cost(9);
    assert_eq!(sheet.total, Some(dec("7200.00")), "{}", shown(&sheet));
    assert!(shown(&sheet).contains("fallback: 2 earlier weeks are usable, 3 are needed"), "{}", shown(&sheet));
}

#[test]
fn holidays_are_left_out() {
    let day = |text: &str| text.parse().unwrap();
    let seasonal = SeasonalRules { holidays: vec![day("2026-03-23"), day("2026-03-16")], weeks: 5, ..SeasonalRules::default() };
    let stream = RevenueStream { seasonal, ..stream(StreamMethod::Seasonal) };
    let orders = |now: Ms| match (at(6 * 60).0 - now.0) / Span::from_mins(WEEK).0 {
        1 | 2 => 90,
        0 if is_within(now, 0, 30) => 4,
        _ => 10,
    };
    let sheet = seasonal_of(stream, orders).read(60).cost(9);
    assert_eq!(sheet.total, Some(dec("7200.00")), "{}", shown(&sheet));
}

#[test]
fn the_level_of_the_hour_before_lifts_the_baseline_and_is_clipped() {
    let level = |today: i64| {
        let orders = move |now: Ms| match (at(6 * 60).0 - now.0) / Span::from_mins(WEEK).0 {
            0 if is_within(now, 0, 30) => 4,
            0 => today,
            _ => 10,
        };
        seasonal_of(stream(StreamMethod::Seasonal), orders).read(60).cost(9).total
    };
    assert_eq!(level(12), Some(dec("9600.00")), "12 × 120 − 480");
    assert_eq!(level(50), Some(dec("19200.00")), "at most twice the baseline: 20 × 120 − 480");
    assert_eq!(level(2), Some(dec("1200.00")), "at least half of it: 5 × 120 − 480");
}

#[test]
fn a_shortfall_within_chance_is_no_loss() {
    // The weeks scatter: 8, 10, 12, 10 a step; a quarter of an hour by 1.4826 × 60, two of them by 125.8.
    let lost = |today: i64| {
        let orders = move |now: Ms| match (at(6 * 60).0 - now.0) / Span::from_mins(WEEK).0 {
            0 if is_within(now, 0, 30) => today,
            1 => 8,
            3 => 12,
            _ => 10,
        };
        seasonal_of(stream(StreamMethod::Seasonal), orders).read(60).cost(9)
    };
    let (chance, real) = (lost(8), lost(7));
    assert_eq!(chance.total, Some(dec("0.00")), "240 orders are less than 251.6: {}", shown(&chance));
    assert!(shown(&chance).contains("no measurable loss"), "{}", shown(&chance));
    assert_eq!(real.total, Some(dec("3600.00")), "360 are more: {}", shown(&real));
}

#[test]
fn a_gap_of_the_scrapes_is_no_outage() {
    let mut shop = seasonal(|_| 10);
    shop.gaps = vec![over(15, 45)];
    let sheet = shop.read(60).cost(9);
    assert_eq!(sheet.total, Some(dec("3600.00")), "only a quarter of an hour is known: {}", shown(&sheet));
    assert!(shown(&sheet).contains("buckets without data, left out on both sides: 1"), "{}", shown(&sheet));
}

#[test]
fn the_same_hour_is_that_of_the_clocks_of_the_business() {
    // In Berlin people buy at 14:00, which was 13:00 UTC until the day before.
    let orders = |now: Ms| {
        let hours = if now < at(-DAY) { 13 } else { 12 };
        let minute = (now.0 - at(0).0).rem_euclid(Span::from_mins(DAY).0) / 60_000 + 12 * 60;
        let sale = (hours * 60..hours * 60 + 60).contains(&minute);
        if is_within(now, 0, 30) {
            4
        } else if sale {
            10
        } else {
            2
        }
    };
    let seasonal = SeasonalRules { zone: DayZone::parse("Europe/Berlin").unwrap(), ..SeasonalRules::default() };
    let sheet = seasonal_of(RevenueStream { seasonal, ..stream(StreamMethod::Seasonal) }, orders).read(60).cost(9);
    let lost = sheet.total.unwrap();
    assert!((lost - dec("7200")).abs() < dec("100"), "a sample on the hour's edge may fall either way: {}", shown(&sheet));
}

/// Half an hour of 4 a step; then `after` a step for an hour.
fn rebounding(after: i64) -> Shop {
    let stream = RevenueStream { rebound: Some(Span::from_mins(60)), ..stream(StreamMethod::Seasonal) };
    let orders = move |now: Ms| {
        if is_within(now, 0, 30) {
            4
        } else if is_within(now, 30, 90) {
            after
        } else {
            10
        }
    };
    seasonal_of(stream, orders)
}

#[test]
fn orders_that_come_back_are_taken_off_and_provisional_until_the_time_has_passed() {
    let mut shop = rebounding(11).read(45);
    let early = shop.cost(9);
    assert_eq!((early.total, early.provisional_until), (Some(dec("6600.00")), Some(at(90))), "{}", shown(&early));
    assert!(shown(&early).contains("provisional: orders may come back until 2026-03-30T13:30:00Z"), "{}", shown(&early));
    shop.go_on(100);
    let late = shop.cost(9);
    assert_eq!((late.total, late.provisional_until), (Some(dec("4800.00")), None), "{}", shown(&late));
    assert!(!shown(&late).contains("provisional"), "{}", shown(&late));
}

#[test]
fn no_more_comes_back_than_was_lost() {
    let sheet = rebounding(30).read(100).cost(9);
    assert_eq!(sheet.total, Some(dec("0.00")), "{}", shown(&sheet));
}

#[test]
fn the_watch_restates_once_the_orders_of_the_whole_time_are_known() {
    let mut shop = rebounding(11).read(45);
    let first = shop.account(9);
    let recorded = shop.state.incidents.get(IncidentId(9)).unwrap().entries.clone();
    for minute in [60, 89] {
        shop.go_on(minute);
        assert_eq!(shop.watch(), [], "orders may still come back after {minute} minutes");
    }
    // The clock is there, the samples are not.
    shop.state.board.at = Some(at(91));
    assert_eq!(shop.watch(), []);
    shop.go_on(91);
    let told = shop.watch();
    assert_eq!(told.len(), 1);
    let (id, second) = &told[0];
    assert_eq!((*id, second.total, second.provisional_until), (9, Some(dec("4800.00")), None));
    let replaced = second.restates.as_ref().unwrap();
    assert_eq!((replaced.seq, replaced.total), (recorded.last().unwrap().seq, first.total));
    assert_eq!(second.difference(), Some(dec("-1800.00")));
    let now = &shop.state.incidents.get(IncidentId(9)).unwrap().entries;
    assert_eq!(now[..recorded.len()], recorded, "what was recorded stays");
    shop.go_on(120);
    assert_eq!(shop.watch(), [], "it is final");
}

#[test]
fn a_neighbour_that_is_recorded_later_takes_its_half_of_the_shared_minutes() {
    let failed = |now: Ms| if is_within(now, 0, 50) { 5 } else { 0 };
    let mut shop = Shop::new(business(stream(StreamMethod::FailedTransactions)), vec![flow("failed", failed)]).read(80);
    shop.incident(1, &[(0, 30)]);
    assert_eq!(shop.account(1).total, Some(dec("6000.00")), "30 min × 20 × 10");
    assert_eq!(shop.watch(), []);
    shop.incident(2, &[(20, 50)]);
    shop.account(2);
    let told = shop.watch();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0, told[0].1.total), (1, Some(dec("5000.00"))));
    assert_eq!(told[0].1.restates.as_ref().unwrap().total, Some(dec("6000.00")));
    assert_eq!(shop.cost(2).total, Some(dec("5000.00")), "both together cost the union: 50 min × 20 × 10");
    assert_eq!(shop.watch(), [], "they agree");
}

#[test]
fn a_drill_takes_no_minute_off_a_real_incident() {
    let failed = |now: Ms| if is_within(now, 0, 30) { 5 } else { 0 };
    let mut shop = Shop::new(business(stream(StreamMethod::FailedTransactions)), vec![flow("failed", failed)]).read(80);
    shop.incident(1, &[(0, 30)]);
    shop.ended(2, &[(0, 30)], true);
    assert_eq!(shop.cost(1).total, Some(dec("6000.00")));
}

#[test]
fn a_merged_child_inherits_and_never_adds() {
    let failed = |now: Ms| if is_within(now, 0, 30) { 5 } else { 0 };
    let mut shop = Shop::new(business(stream(StreamMethod::FailedTransactions)), vec![flow("failed", failed)]).read(80);
    shop.incident(1, &[(0, 30)]);
    shop.told(2, &[(5, 25)], false, Some(1));
    assert_eq!(shop.cost(1).total, Some(dec("6000.00")), "its minutes stay the older one's alone");
    let child = shop.state.incidents.get(IncidentId(2)).unwrap();
    assert_eq!(cost(&shop.state, child, shop.state.board.at.unwrap()), None);
}

#[test]
fn what_fails_anyway_is_taken_off() {
    // 4 of 20 fail on the day before, 12 of 20 from noon to half past.
    let failed = |now: Ms| if is_within(now, 0, 30) { 12 } else { 4 };
    let flows = || vec![flow("failed", failed), flow("total", |_| 20)];
    let mut shop = Shop::new(business(stream(StreamMethod::Excess)), flows()).read(60);
    shop.incident(1, &[(0, 30)]);
    let sheet = shop.cost(1);
    assert_eq!(sheet.total, Some(dec("9600.00")), "12 × 120 × (0.6 − 0.2) / 0.6 × 10: {}", shown(&sheet));
    // Orders of sessions: 10 of 20 before, 4 of 20 within.
    let orders = |now: Ms| if is_within(now, 0, 30) { 4 } else { 10 };
    let flows = vec![flow("orders", orders), flow("sessions", |_| 20)];
    let mut shop = Shop::new(business(stream(StreamMethod::Conversion)), flows).read(60);
    shop.incident(1, &[(0, 30)]);
    let sheet = shop.cost(1);
    assert_eq!(sheet.total, Some(dec("7200.00")), "2400 sessions × (0.5 − 0.2) × 10: {}", shown(&sheet));
}

#[test]
fn additional_replicas_are_metered_over_the_impact() {
    let plan = Plan::Asked { ask: AskedPlan::Value { value: "replicas".into() }, why: "a test".into() };
    let how = CapacityHow::Metered { replicas: "replicas".into(), plan, baseline: dec("8"), price: dec("0.384") };
    let currency = Currency::parse("CNY").unwrap();
    let price = CapacityPrice { name: "pods".into(), services: Vec::new(), source: None, currency, how };
    let rules = Business { capacity: vec![price], ..Business::new(currency) };
    let replicas = |now: Ms| {
        if is_within(now, 0, 15) {
            12
        } else if is_within(now, 15, 60) {
            10
        } else {
            8
        }
    };
    let mut shop = Shop::new(rules, vec![flow("replicas", replicas)]).read(60);
    shop.incident(1, &[(0, 30)]);
    let sheet = shop.cost(1);
    assert_eq!(sheet.total, Some(dec("0.58")), "(4 × 15 + 2 × 15) min × 0.384 / 60 = 0.576: {}", shown(&sheet));
}

/// Every counter moves, unevenly.
fn uneven() -> Vec<Flow> {
    let failed = |now: Ms| now.0 / 15_000 % 7;
    let orders = |now: Ms| if is_within(now, 0, 90) { now.0 / 15_000 % 5 } else { 9 + now.0 / 15_000 % 3 };
    vec![flow("failed", failed), flow("total", |_| 20), flow("orders", orders), flow("sessions", |_| 30)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the method: what overlapping incidents cost adds up to what one incident over all their minutes costs.
    #[test]
    fn the_cost_of_overlapping_incidents_is_the_cost_of_their_union(
        lengths in prop::collection::vec(11i64..35, 2..5),
        method in 0usize..4,
        value in 1i64..1_000_000,
        rebound in any::<bool>(),
    ) {
        let stream = RevenueStream {
            value: Money::new(Decimal::new(value, 3), Currency::parse("CNY").unwrap()),
            rebound: rebound.then_some(Span::from_mins(30)),
            ..stream(StreamMethod::ALL[method].1)
        };
        let mut shop = Shop::new(business(stream), uneven()).read(150);
        let bad: Vec<(i64, i64)> = lengths.iter().enumerate().map(|(i, len)| (i as i64 * 10, i as i64 * 10 + len)).collect();
        for (id, stretch) in (1..).zip(&bad) {
            shop.incident(id, &[*stretch]);
        }
        let parts: Decimal = (1..=bad.len() as u64).map(|id| shop.cost(id).total.unwrap()).sum();
        shop.state.incidents = Incidents::default();
        shop.incident(1, &[(0, bad.iter().map(|b| b.1).max().unwrap())]);
        prop_assert_eq!(parts, shop.cost(1).total.unwrap(), "{:?}", bad);
    }

    /// However the orders come back, the earlier figures stay and the difference leads from them to the new ones.
    #[test]
    fn a_restatement_keeps_the_old(after in 0i64..40, minute in 31i64..90) {
        let mut shop = rebounding(after).read(minute);
        let first = shop.account(9);
        let recorded = shop.state.incidents.get(IncidentId(9)).unwrap().entries.clone();
        shop.go_on(100);
        let told = shop.watch();
        prop_assert_eq!(told.len(), 1);
        let second = &told[0].1;
        let replaced = second.restates.as_ref().unwrap();
        prop_assert_eq!((replaced.seq, replaced.total), (recorded.last().unwrap().seq, first.total));
        prop_assert_eq!(second.total, Some(first.total.unwrap() + second.difference().unwrap()));
        let incident = shop.state.incidents.get(IncidentId(9)).unwrap();
        prop_assert_eq!(&incident.entries[..recorded.len()], &recorded[..]);
        prop_assert_eq!(incident.cost.as_ref(), Some(second));
        prop_assert!(second.total.unwrap() >= Decimal::ZERO && second.total.unwrap() <= dec("7200"));
    }
}
