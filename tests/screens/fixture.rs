//! A hand-made world for the screens: twelve SLOs, one P0 and one P1 incident, every state a row can be in. Figures are
//! consistent with each other (30 days are 43,200 minutes; 57.9 % left at 58x is 7h11m).

use burnledger::chart::Charset;
use burnledger::domain::base::{
    CommitId, Currency, IncidentId, Interval, Labels, Money, Mono, Ms, Now, Problem, Seq, Severity, SloId, Span, Target, Text,
};
use burnledger::domain::cost::{Basis, CostInput, CostLine, CostSheet, PartRate};
use burnledger::domain::incident::{
    Actor, ChangeRecord, Entry, Fact, ImpactRecord, Incident, Onset, Outcome, Phase, ReasonText, RuleFired,
};
use burnledger::domain::judge::{
    BreachVerdict, BudgetStatus, HeldBack, Reason, ReasonCode, RuleRef, TierVerdict, TrackState, Verdict, WindowStatus,
};
use burnledger::domain::measure::{Count, CountedPlan, Plan};
use burnledger::domain::objective::{Births, BreachRule, Guards, Level, Mode, Period, Sli, Slo, Tier, ValueIs};
use burnledger::domain::review::stats::{Change, ShareKind, Standards, Targets};
use burnledger::domain::view::{
    Answer, CostTicker, Film, FilmMark, Fired, IncidentView, Lookback, NextEvent, Past, PastOf, PastRow, Question,
    ReceiverHealth, RecentLine, Role, Signal, SloRow, Snapshot, SourceHealth, SourceState, TrackId, WhatIf, WhatIfAsk,
    WhatIfTrack,
};
use burnledger::tui::theme::{Depth, Ground, Theme};
use burnledger::tui::{Glyphs, Look};
use burnledger::words::Zone;
use std::sync::Arc;

/// 2026-10-20 14:31:07 in Shanghai.
pub const NOW: Ms = Ms(1_792_477_867_000);

pub fn at(clock: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-10-20T{clock}+08:00")).expect("a clock time")
}

pub fn now() -> Now {
    Now { wall: NOW, mono: Mono(5_000_000) }
}

pub fn look(charset: Charset, depth: Depth) -> Look {
    Look {
        glyphs: Glyphs::of(charset),
        keys: burnledger::tui::Keymap::default(),
        theme: Theme { depth, ground: Ground::Dark },
        words: burnledger::words::Words::default(),
        zone: Zone::parse("Asia/Shanghai").expect("a zone"),
        who: "wei".into(),
    }
}

fn tier(severity: Severity, factor: &str, long: Span, short: Span) -> Tier {
    Tier { severity, factor: factor.parse().expect("a number"), long, short }
}

fn google() -> Vec<Tier> {
    vec![
        tier(Severity::P0, "14.4", Span::from_hours(1), Span::from_mins(5)),
        tier(Severity::P1, "6", Span::from_hours(6), Span::from_mins(30)),
        tier(Severity::P2, "3", Span::from_days(1), Span::from_hours(2)),
        tier(Severity::P2, "1", Span::from_days(3), Span::from_hours(6)),
    ]
}

pub fn slo(service: &str, name: &str, target: &str, sli: Sli) -> Slo {
    Slo {
        id: SloId::new(service, name),
        service: service.into(),
        name: name.into(),
        description: None,
        target: Target::parse(target),
        period: Period::Rolling(Span::from_days(30)),
        sli,
        plan: Plan::Counted(CountedPlan::Events { bad: Count::default(), total: None }),
        source: None,
        group_by: vec![],
        max_groups: burnledger::domain::measure::MAX_TRACKS,
        count_up_to: burnledger::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: burnledger::domain::objective::BudgetMethod::Occurrences,
        tiers: google(),
        breach: vec![],
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: vec![],
        target_labels: vec![],
        mode: Mode::Page,
        file: format!("slos/{service}.yaml").into(),
    }
}

fn events() -> Sli {
    Sli::Events { bad: Some("bad".into()), good: None, total: "all".into() }
}

fn latency(ms: u32) -> Sli {
    Sli::Latency { histogram: "h".into(), under_seconds: rust_decimal::Decimal::new(i64::from(ms), 3), interpolate: false }
}

const WINDOWS: [Span; 7] = [
    Span::from_mins(5),
    Span::from_mins(30),
    Span::from_hours(1),
    Span::from_hours(2),
    Span::from_hours(6),
    Span::from_days(1),
    Span::from_days(3),
];

/// A row whose burn over the seven windows is given; a negative burn means that it is not known.
fn row(slo: Slo, burns: [f64; 7], left: f64, severity: Option<Severity>, state: TrackState) -> SloRow {
    let budget = slo.target.map_or(1e-4, Target::budget);
    let windows: Vec<WindowStatus> = WINDOWS
        .iter()
        .zip(burns)
        .map(|(window, burn)| {
            let known = (burn >= 0.0).then_some(burn);
            let total = window.secs_f64() * 950.0 / 60.0;
            WindowStatus {
                window: *window,
                from: NOW - *window,
                bad: known.unwrap_or(0.0) * budget * total,
                total: Some(total),
                error_ratio: known.map(|b| b * budget),
                burn_rate: known,
                coverage: if known.is_some() { 1.0 } else { 0.0 },
                ..WindowStatus::default()
            }
        })
        .collect();
    let burn = |window: Span| windows.iter().find(|w| w.window == window).and_then(|w| w.burn_rate);
    let tiers = slo
        .tiers
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let factor: f64 = t.factor.to_string().parse().expect("a number");
            let is_true = burn(t.long).is_some_and(|b| b > factor) && burn(t.short).is_some_and(|b| b > factor);
            let fires = is_true && severity.is_some_and(|s| t.severity <= s);
            TierVerdict {
                tier: i,
                long_burn: burn(t.long),
                short_burn: burn(t.short),
                is_true,
                firing: fires,
                undetermined: false,
                held_back_by: (is_true && !fires).then_some(HeldBack::MinBad),
            }
        })
        .collect();
    let all = 41_040_000.0;
    let hour = burn(Span::from_hours(1)).filter(|b| *b > 0.0);
    let steady = burn(Span::from_days(1)).unwrap_or(0.1);
    let verdict = Verdict {
        at: NOW - Span::from_secs(7),
        state,
        state_since: Some(NOW - Span::from_secs(425)),
        severity,
        windows,
        tiers,
        budget: BudgetStatus {
            bad: (1.0 - left) * budget * all,
            total: Some(all),
            allowed: Some(budget * all),
            consumed: Some(1.0 - left),
            remaining: Some(left),
            exhausts_in_seconds: if left <= 0.0 { Some(0.0) } else { hour.map(|b| left * 2_592_000.0 / b) },
            coverage: 1.0,
            from: NOW - Span::from_days(30),
            ..BudgetStatus::default()
        },
        ..Verdict::default()
    };
    SloRow {
        spark: waves(steady),
        spark_long: waves(steady),
        slo: Arc::new(slo),
        group: Labels::default(),
        verdict: Some(Arc::new(verdict)),
        stale: false,
        incident: None,
        owner: None,
        doubts: Arc::new([]),
    }
}

/// Six hours of quiet waves around a level, one value a minute.
fn waves(level: f64) -> Arc<[f32]> {
    (0..360).map(|i| (level * (1.0 + 0.5 * (f64::from(i) / 29.0).sin() + 0.2 * (f64::from(i) / 7.0).cos())) as f32).collect()
}

/// Quiet, then from 29 minutes before the end a sudden burn.
fn outbreak(quiet: f64, burning: f64, minutes: usize) -> Arc<[f32]> {
    let mut values: Vec<f32> = waves(quiet).to_vec();
    let n = values.len();
    for (i, value) in values[n - minutes..].iter_mut().enumerate() {
        *value = (burning * (1.0 - (-(i as f64 + 1.0) / 2.0).exp())) as f32;
    }
    values.into()
}

fn at_row(rows: &mut [SloRow], id: &str) -> usize {
    rows.iter().position(|r| r.slo.id.as_str() == id).expect("a row")
}

/// The twelve rows, sorted by id as the engine does.
pub fn rows() -> Vec<SloRow> {
    use TrackState::{NoData, NoTraffic, Ok};
    let p = |s| Some(s);
    let mut rows = vec![
        row(
            slo("checkout-api", "availability", "99.9%", events()),
            [58.0, 56.0, 28.0, 14.2, 4.9, 1.5, 0.7],
            0.579,
            p(Severity::P0),
            Ok,
        ),
        row(slo("payments-api", "latency", "99%", latency(250)), [3.2, 6.8, 7.1, 6.9, 6.3, 2.8, 1.2], 0.312, p(Severity::P1), Ok),
        row(slo("search-api", "availability", "99.5%", events()), [1.4, 1.3, 1.2, 1.2, 1.1, 1.3, 1.1], 0.44, p(Severity::P2), Ok),
        row(slo("ledger-writer", "availability", "99.9%", events()), [0.0, 0.0, 0.0, 0.0, 0.2, 0.9, 0.8], -0.124, None, Ok),
        row(
            slo("notify-worker", "availability", "99.9%", events()),
            [-1.0, -1.0, -1.0, -1.0, 0.1, 0.2, 0.2],
            0.826,
            None,
            NoData,
        ),
        row(slo("cart-api", "latency", "99%", latency(250)), [0.6, 0.5, 0.5, 0.5, 0.4, 0.6, 0.5], 0.715, None, Ok),
        row(slo("map-op", "latency", "99%", latency(250)), [0.2, 0.2, 0.3, 0.2, 0.2, 0.4, 0.3], 0.884, None, Ok),
        row(
            Slo {
                target: None,
                ..slo(
                    "map-resize",
                    "resizes",
                    "",
                    Sli::Occurrences { count: "c".into(), allowed: 6.into(), per: Span::from_hours(1) },
                )
            },
            [0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.2],
            0.902,
            None,
            Ok,
        ),
        row(slo("login-api", "availability", "99.95%", events()), [-1.0, -1.0, 0.1, 0.1, 0.1, 0.2, 0.1], 0.961, None, NoTraffic),
        row(slo("orders-api", "availability", "99.9%", events()), [0.3, 0.3, 0.4, 0.4, 0.3, 0.7, 0.6], 0.783, None, Ok),
        row(slo("inventory-api", "availability", "99.9%", events()), [0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2], 0.93, None, Ok),
        row(slo("gateway", "latency", "99%", latency(800)), [0.4, 0.4, 0.4, 0.4, 0.3, 0.5, 0.5], 0.847, None, Ok),
    ];
    let checkout = at_row(&mut rows, "checkout-api/availability");
    rows[checkout].spark = outbreak(0.25, 58.0, 29);
    rows[checkout].incident = Some(IncidentId(142));
    with_breach(&mut rows[checkout]);
    let payments = at_row(&mut rows, "payments-api/latency");
    rows[payments].spark = outbreak(0.8, 6.6, 300);
    rows[payments].incident = Some(IncidentId(141));
    let notify = at_row(&mut rows, "notify-worker/availability");
    let mut spark = rows[notify].spark.to_vec();
    let n = spark.len();
    spark[n - 7..].fill(f32::NAN);
    rows[notify].spark = spark.into();
    rows.sort_by(|a, b| a.slo.id.cmp(&b.slo.id));
    rows
}

/// The decision tree's rule on the row, firing.
fn with_breach(row: &mut SloRow) {
    let mut slo = (*row.slo).clone();
    slo.breach = vec![BreachRule {
        severity: Severity::P0,
        level: Level::ErrorRatio("0.05".parse().expect("a number")),
        over: Span::from_mins(1),
        hold: Span::from_secs(30),
        after: 1,
        confirm: None,
    }];
    row.slo = Arc::new(slo);
    let mut verdict = row.verdict.as_deref().cloned().expect("judged");
    verdict.breaches = vec![BreachVerdict {
        rule: 0,
        value: Some(0.058),
        level: 0.05,
        at_least: false,
        is_true: true,
        true_since: Some(at("14:03:45")),
        in_a_row: 4,
        confirming: None,
        firing: true,
        held_back_by: None,
    }];
    verdict.reasons = vec![Reason {
        rule: RuleRef::Tier(0),
        code: ReasonCode::BurnRate,
        severity: Severity::P0,
        value: 28.0,
        threshold: 14.4,
        short_value: Some(58.0),
        confirming: None,
    }];
    row.verdict = Some(Arc::new(verdict));
}

pub fn usd(amount: &str) -> Money {
    Money::new(amount.parse().expect("an amount"), Currency::parse("USD").expect("a code"))
}

fn entry(seq: u64, id: u64, when: &str, who: &str, fact: Fact) -> Entry {
    Entry {
        seq: Seq(seq),
        incident: IncidentId(id),
        fact,
        at: at(when),
        recorded_at: at(when),
        actor: if who.is_empty() { Actor::Auto } else { Actor::Person(who.into()) },
        source: "watch".into(),
        corrects: None,
        commit: CommitId(format!("c{seq}").into()),
        hash: [0; 32],
    }
}

fn onset(service: &str, slo: &str, severity: Severity, start: &str, detected: &str, rule: &str, why: &str) -> Onset {
    let id = SloId::new(service, slo);
    Onset {
        service: service.into(),
        slos: vec![id.clone()],
        severity: Some(severity),
        rules: vec![RuleFired { slo: id, rule: rule.into(), severity }],
        reasons: vec![ReasonText { code: "error_ratio".into(), value: 0.0531, threshold: 0.05, text: why.into() }],
        impact_start: at(start),
        detected: at(detected),
        rulebook: "f00d".into(),
        drill: false,
    }
}

fn paged(receiver: &str, kind: &str, severity: Severity, created: &str, detail: &str) -> Fact {
    Fact::Paged {
        receiver: receiver.into(),
        kind: kind.into(),
        severity,
        created: at(created),
        attempts: 1,
        outcome: Outcome::Delivered,
        detail: detail.into(),
    }
}

fn folded(entries: &[Entry]) -> Incident {
    let mut incident = None;
    for entry in entries {
        let (next, problem) = Incident::fold(incident, entry);
        assert_eq!(problem, None);
        incident = next;
    }
    incident.expect("an incident")
}

/// The P0 of the checkout, unacknowledged.
pub fn checkout() -> IncidentView {
    let why = "error ratio 5.31% over 1m, above 5% for 30s";
    let entries = vec![
        entry(812, 142, "14:04:15", "", Fact::Opened(onset("checkout-api", "availability", Severity::P0, "14:02:00", "14:04:15", "error ratio > 5% for 30s", why))),
        entry(813, 142, "14:04:16", "", paged("oncall", "first", Severity::P0, "14:04:15", "202 accepted")),
        entry(815, 142, "14:23:31", "wei", Fact::Note("rolled back checkout 4.18.2 -> 4.18.1 in eu-1, error rate flat; checking the connection pool of the orders database next, mei looks at the proxy".into())),
        entry(816, 142, "14:30:12", "", paged("oncall", "repeat", Severity::P0, "14:30:11", "202 accepted")),
    ];
    view(folded(&entries), &entries)
}

fn view(incident: Incident, _entries: &[Entry]) -> IncidentView {
    let impact = ImpactRecord {
        bad: 1_594.0,
        total: Some(27_483.0),
        bad_low: 1_594.0,
        bad_high: 1_610.0,
        intervals: vec![Interval { from: at("14:02:00"), to: at("14:31:00") }],
        budget_spent: vec![(SloId::new("checkout-api", "availability"), 0.039)],
    };
    let quiet = |n: usize, base: f32, wave: f32| (0..n).map(move |i| base + wave * ((i as f32) / 9.0).sin());
    let error: Arc<[f32]> = quiet(62, 0.0006, 0.0003).chain(quiet(58, 0.057, 0.002)).collect();
    let p99: Arc<[f32]> = quiet(62, 0.18, 0.008).chain(quiet(58, 0.212, 0.006)).collect();
    let orders: Arc<[f32]> = quiet(62, 412.0, 20.0).chain(quiet(58, 388.0, 20.0)).collect();
    let signal = |name: &str, unit, values, levels: Vec<(Text, f64)>| Signal {
        name: name.into(),
        unit,
        values,
        from: at("13:02:00"),
        to: at("14:31:00"),
        levels,
    };
    IncidentView {
        incident: Arc::new(incident),
        impact: Some(Arc::new(impact)),
        cost: Some(CostTicker {
            so_far: Some(usd("26711.40")),
            per_minute: Some(usd("918")),
            rates: rates(),
            at: NOW,
            sheet: Arc::new(sheet()),
        }),
        signals: vec![
            signal("error rate", "ratio", error, vec![("P1".into(), 0.01), ("P0".into(), 0.05)]),
            signal("p99 latency", "seconds", p99, vec![("SLO".into(), 0.25)]),
            signal("orders", "per_minute", orders, vec![]),
            signal("burn 5m", "burn", outbreak(0.25, 58.0, 29), vec![("P0".into(), 14.4)]),
        ],
        next: vec![
            NextEvent { at: at("14:35:00"), text: "nobody acknowledged: the page goes to the next level".into() },
            NextEvent { at: at("14:37:00"), text: "burn over 6h crosses 6x: the P1 tier joins".into() },
            NextEvent { at: at("21:42:00"), text: "budget of checkout-api/availability exhausted".into() },
        ],
        budget_remaining: Some(0.579),
        exhausts_in_seconds: Some(25_860.0),
        runbook: Some("https://runbooks.example/checkout".into()),
        owner: Some("payments-core".into()),
        acknowledge_within: Some(Span::from_mins(5)),
        changes: vec![deploy()],
    }
}

/// What may have caused it.
fn deploy() -> ChangeRecord {
    let change = burnledger::domain::incident::Change {
        title: "connection pool per tenant".into(),
        service: Some("checkout-api".into()),
        kind: "deploy".into(),
        version: Some("4.18.2".into()),
        url: None,
    };
    ChangeRecord { id: Seq(810), at: at("13:58:44"), by: "ci".into(), change }
}

fn rates() -> Vec<PartRate> {
    let part = |component: &str, subject: Option<&str>, amount: &str| PartRate {
        component: component.into(),
        subject: subject.map(Into::into),
        per_minute: usd(amount),
    };
    vec![part("lost_revenue", Some("orders"), "910"), part("responder_labour", None, "8")]
}

pub fn sheet() -> CostSheet {
    let line = |component: &str, subject: Option<&str>, amount: &str, formula: &str, basis| CostLine {
        component: component.into(),
        subject: subject.map(Into::into),
        amount: usd(amount),
        low: None,
        high: None,
        unrounded: amount.parse().expect("an amount"),
        basis,
        value_is: Some(ValueIs::Revenue),
        cash: false,
        booked_month: Some("2026-10".into()),
        formula: formula.into(),
        inputs: vec![CostInput {
            name: "failed".into(),
            value: "1594".into(),
            basis: Basis::Measured,
            source: "orders_failed_total".into(),
        }],
        memo: false,
        note: None,
    };
    CostSheet {
        currency: Currency::parse("USD").expect("a code"),
        lines: vec![
            line("lost_revenue", Some("orders"), "26481.00", "1,594 failed x $16.61 x (1 - 0 recovered)", Basis::Derived),
            line("responder_labour", None, "230.40", "1 person x 29m07s x $95.00/h, night x 5", Basis::Declared),
        ],
        total: Some("26711.40".parse().expect("an amount")),
        low: Some("19800".parse().expect("an amount")),
        high: Some("33100".parse().expect("an amount")),
        complete: false,
        not_estimated: vec!["sla_credits: the contract's tiers are given as null".into()],
        assumptions: vec![],
        method_versions: vec!["failed_transactions/1".into()],
        provisional_until: None,
        restates: None,
        record: None,
    }
}

/// The P1 of the payments, acknowledged by lin.
pub fn payments() -> IncidentView {
    let why = "burn 6.3x over 6h and 6.8x over 30m, above 6x";
    let entries = vec![
        entry(
            801,
            141,
            "14:21:40",
            "",
            Fact::Opened(onset("payments-api", "latency", Severity::P1, "14:12:00", "14:21:40", "burn 6x over 6h and 30m", why)),
        ),
        entry(802, 141, "14:21:41", "", paged("oncall", "first", Severity::P1, "14:21:40", "202 accepted")),
        entry(803, 141, "14:23:00", "lin", Fact::Acknowledged),
    ];
    IncidentView {
        incident: Arc::new(folded(&entries)),
        impact: None,
        cost: None,
        signals: vec![],
        next: vec![],
        budget_remaining: Some(0.312),
        exhausts_in_seconds: Some(126_000.0),
        runbook: None,
        owner: Some("payments-core".into()),
        acknowledge_within: Some(Span::from_mins(5)),
        changes: vec![],
    }
}

pub fn source(state: SourceState) -> SourceHealth {
    SourceHealth { name: "http://prom:9090".into(), state, last_good: Some(NOW - Span::from_secs(3)), warnings: vec![] }
}

/// Everything at once: an open P0, an acknowledged P1, all kinds of rows.
pub fn busy() -> Snapshot {
    let recent = |when: &str, severity, text: &str, id: Option<u64>| RecentLine {
        at: at(when),
        severity,
        text: text.into(),
        incident: id.map(IncidentId),
    };
    Snapshot {
        at: Some(NOW - Span::from_secs(7)),
        data_through: Some(NOW - Span::from_secs(3)),
        made: NOW,
        number: 42,
        environment: "prod-eu".into(),
        role: Role::Leading,
        sources: vec![source(SourceState::Live)],
        slos: rows(),
        incidents: vec![checkout(), payments()],
        incident_count: 34,
        recent: vec![
            recent("14:30:12", Some(Severity::P0), "not acknowledged for 25m: page repeated to oncall", Some(142)),
            recent("14:24:05", None, "notify-worker/availability: no samples, the last at 14:24:02", None),
            recent(
                "14:21:40",
                Some(Severity::P1),
                "payments-api/latency: burn 6.3x over 6h and 6.8x over 30m, above 6x",
                Some(141),
            ),
            recent(
                "14:04:15",
                Some(Severity::P0),
                "checkout-api/availability: error ratio 5.31% over 1m, above 5% for 30s",
                Some(142),
            ),
        ],
        receivers: vec![ReceiverHealth { name: "oncall".into(), waiting: 0, last_delivered: Some(at("14:30:12")), error: None }],
        ..Snapshot::default()
    }
}

/// Nothing wrong: every row fine, no incident.
pub fn calm() -> Snapshot {
    let mut snapshot = busy();
    snapshot.slos.retain(|r| r.verdict.as_ref().is_some_and(|v| v.severity.is_none() && v.state == TrackState::Ok));
    snapshot.slos.retain(|r| r.slo.service.as_ref() != "ledger-writer");
    snapshot.incidents.clear();
    snapshot.recent.clear();
    snapshot
}

/// The source has not answered for two and a half minutes.
pub fn stale() -> Snapshot {
    let mut snapshot = busy();
    for row in &mut snapshot.slos {
        row.stale = true;
    }
    snapshot.sources = vec![source(SourceState::Failing {
        since: NOW,
        error: "http://prom:9090 did not answer within 10s".into(),
        tries: 4,
        next_try: Some(NOW + Span::from_secs(161)),
    })];
    snapshot
}

/// Before the first answer: names are known, values are not.
pub fn connecting() -> Snapshot {
    let mut snapshot = Snapshot { at: None, data_through: None, incidents: vec![], recent: vec![], ..busy() };
    snapshot.sources = vec![SourceHealth { last_good: None, ..source(SourceState::Connecting) }];
    for row in &mut snapshot.slos {
        row.verdict = None;
        row.incident = None;
        row.spark = Arc::new([]);
        row.spark_long = Arc::new([]);
    }
    snapshot
}

/// Two files with errors, a ledger on a full disk, a receiver that refuses, and another leader.
pub fn troubled() -> Snapshot {
    use burnledger::domain::base::Place;
    let mut snapshot = calm();
    let place = |file: &str| Place { file: file.into(), line: 12, column: 5, span: 0..1, excerpt: "x".into() };
    snapshot.problems = vec![
        Problem::error("unknown-field", "unknown field `objectve`").at(place("slos/search.yaml")),
        Problem::error("bad-target", "a target lies between 0 and 100 %").at(place("slos/cart.yaml")),
    ];
    snapshot.ledger_error = Some("/var/lib/burnledger/ledger.db: no space left on device".into());
    snapshot.receivers = vec![ReceiverHealth {
        name: "oncall".into(),
        waiting: 3,
        last_delivered: None,
        error: Some("HTTP 403: invalid token".into()),
    }];
    snapshot.role = Role::Following { leader: "watch on host-a, pid 4711".into() };
    snapshot
}

/// What an engine would say about the past of the world: burn that follows each row's six hours, a budget spent evenly with
/// a fall at its end, and requests that became slow.
pub fn answer(world: &Snapshot, question: &Question) -> Answer {
    match question {
        Question::Incident(id) => Answer::Incident(world.incidents.iter().map(|v| &v.incident).find(|i| i.id == *id).cloned()),
        Question::Incidents { .. } => Answer::Incidents(past_incidents(world)),
        Question::Standards => Answer::Standards(Arc::new(standards())),
        Question::Past(ask) => Answer::Past(Arc::new(past(world, ask))),
        Question::Film(_) => Answer::Film(Arc::new(film(world))),
        Question::WhatIf(ask) => Answer::WhatIf(Arc::new(what_if(world, ask))),
        Question::Values(ask) => Answer::Values(Arc::new(super::boards::values(ask))),
    }
}

/// A change before the newest of those that ended, and two targets.
fn standards() -> Standards {
    let mut targets = Targets::default();
    targets.set(ShareKind::AcknowledgedIn5, 0.9);
    targets.set(ShareKind::Proactive, 0.6);
    let change = Change { at: NOW - Span::from_days(3) - Span::from_mins(20), service: "orders-api".into() };
    Standards { changes: vec![change], targets }
}

/// The world's incidents and eight that ended weeks ago.
fn past_incidents(world: &Snapshot) -> Vec<Arc<Incident>> {
    let priced = |v: &IncidentView| {
        let cost = v.cost.as_ref().map(|c| (*c.sheet).clone());
        Arc::new(Incident { cost, ..(*v.incident).clone() })
    };
    let mut all: Vec<Arc<Incident>> = world.incidents.iter().map(priced).collect();
    let services = ["orders-api", "search-api", "ledger-writer"];
    for n in 0..8_u64 {
        let Some(mut incident) = all.first().map(|first| (**first).clone()) else { break };
        incident.id = IncidentId(140 - n);
        incident.service = services[n as usize % 3].into();
        let began = NOW - Span::from_days(3 + 9 * n as i64) - Span::from_mins(37 * n as i64);
        incident.phase = Phase::Resolved;
        incident.severity = Some(if n % 3 == 0 { Severity::P0 } else { Severity::P1 });
        incident.peak_severity = incident.severity;
        let minutes = |m: u64| Some(began + Span::from_mins(m as i64));
        incident.milestones.impact_start = Some(began);
        incident.milestones.detected = minutes(1 + n);
        incident.milestones.paged = minutes(1 + n);
        incident.milestones.acknowledged = if n == 4 { None } else { minutes(3 + 2 * n) };
        incident.milestones.mitigated = minutes(20 + 11 * n);
        incident.milestones.impact_end = minutes(20 + 11 * n);
        incident.milestones.resolved = minutes(35 + 11 * n);
        // The oldest one was never measured.
        let spent = vec![(SloId::new(&incident.service, "availability"), 0.062 / (n + 1) as f64)];
        incident.impact = (n < 7).then(|| ImpactRecord { budget_spent: spent, ..ImpactRecord::default() });
        if let Some(cost) = &mut incident.cost {
            cost.total = Some(rust_decimal::Decimal::new(8_840_000 / (n as i64 + 1), 2));
        }
        all.push(Arc::new(incident));
    }
    all
}

fn past(world: &Snapshot, ask: &Lookback) -> Past {
    let cell = Span((ask.to.since(ask.from).0 / ask.cells as i64).max(15_000)).0 / 15_000 * 15_000;
    let cell = Span(cell);
    let row = |row: &SloRow, values: Vec<f32>| PastRow {
        track: TrackId::of(row),
        bucket: None,
        bad: values.iter().map(|v| (v * 10.0).round()).collect(),
        total: values.iter().map(|v| if v.is_nan() { f32::NAN } else { 40_000.0 }).collect(),
        values: values.into(),
    };
    let along = |of: &SloRow| -> Vec<f32> {
        (0..ask.cells).map(|i| of.spark.get(i * of.spark.len() / ask.cells).copied().unwrap_or(f32::NAN)).collect()
    };
    let of = |track: &TrackId| world.slos.iter().find(|r| TrackId::of(r) == *track);
    let rows = match &ask.of {
        PastOf::AllBurn => world.slos.iter().map(|r| row(r, along(r))).collect(),
        PastOf::Burn { track, .. } => of(track).map(|r| row(r, along(r))).into_iter().collect(),
        PastOf::Remaining { track } => {
            let left = |i: usize| {
                let share = i as f32 / ask.cells as f32;
                if share > 0.95 { 0.618 - (share - 0.95) * 0.78 } else { 1.0 - share * 0.4 }
            };
            of(track).map(|r| row(r, (0..ask.cells).map(left).collect())).into_iter().collect()
        }
        PastOf::Latency { track } => of(track).map_or_else(Vec::new, |r| latency_cells(r, ask.cells)),
    };
    Past { from: ask.to - cell * ask.cells as i64, to: ask.to, cell, rows }
}

fn latency_cells(row: &SloRow, cells: usize) -> Vec<PastRow> {
    let bounds = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, f64::INFINITY];
    let calm = [0.50, 0.33, 0.15, 0.015, 0.0045, 0.0005, 0.0];
    let slow = [0.20, 0.20, 0.15, 0.25, 0.15, 0.04, 0.01];
    let cells_of = |b: usize| (0..cells).map(|i| if i * 3 > cells * 2 { slow[b] } else { calm[b] } as f32).collect();
    bounds
        .iter()
        .enumerate()
        .map(|(b, bound)| PastRow {
            track: TrackId::of(row),
            bucket: Some(*bound),
            values: cells_of(b),
            bad: Arc::from([]),
            total: Arc::from([]),
        })
        .collect()
}

/// A change that pages the world's first SLO later and its second never.
fn what_if(world: &Snapshot, ask: &WhatIfAsk) -> WhatIf {
    let fired = |clock: &str, severity, rule: &str| Fired { severity, rule: rule.into(), from: at(clock), to: None };
    let track = |row: &SloRow, now, then| WhatIfTrack { slo: row.slo.id.clone(), group: row.group.clone(), now, then };
    let (page, later) = (
        fired("14:04:15", Severity::P0, "burn 14.4x over 1h and 5m"),
        fired("14:10:00", Severity::P0, "burn 14.4x over 1h and 5m"),
    );
    let second = Fired { to: Some(at("14:31:00")), ..fired("14:20:00", Severity::P1, "burn 6x over 6h and 30m") };
    WhatIf {
        change: ask.change.clone(),
        from: at("13:30:00"),
        to: at("15:00:00"),
        tracks: vec![track(&world.slos[0], vec![page], vec![later]), track(&world.slos[1], vec![second], vec![])],
        pages: (2, 1),
        tickets: (0, 0),
        errors: vec![],
    }
}

/// An hour and a half of the world: calm until the incident begins, growing worse, and over in the last quarter.
fn film(world: &Snapshot) -> Film {
    let step = Span::from_secs(15);
    let (from, to) = (at("13:30:00"), at("15:00:00"));
    let (bad_from, bad_to) = (at("14:02:00"), at("14:45:00"));
    let frames: Vec<Arc<Snapshot>> = (0..=(to.since(from).0 / step.0))
        .map(|i| {
            let now = from + step * i;
            let bad = now >= bad_from && now < bad_to;
            let mut frame = Snapshot {
                role: Role::Replaying,
                at: Some(now),
                made: now,
                ..if bad || world.slos.is_empty() { world.clone() } else { calm() }
            };
            let seen = now >= bad_from + Span::from_secs(135);
            frame.incidents = world.incidents.iter().take(usize::from(seen)).cloned().collect();
            for view in &mut frame.incidents {
                let share = (now.min(bad_to).since(bad_from).0 as f64 / bad_to.since(bad_from).0 as f64).max(0.0);
                let impact = view.impact.as_deref().cloned().map(|i| ImpactRecord { bad: (i.bad * share).round(), ..i });
                view.impact = impact.map(Arc::new);
            }
            Arc::new(frame)
        })
        .collect();
    let mark = |clock: &str, sign, text: &str| FilmMark { at: at(clock), sign, text: text.into() };
    let marks = vec![
        mark("14:02:00", 'S', "impact began"),
        mark("14:04:15", 'D', "detected"),
        mark("14:23:31", 'n', "note"),
        mark("14:45:00", 'M', "mitigated"),
        mark("15:00:00", 'R', "resolved"),
    ];
    Film { from, to, step, frames, marks, incident: world.incidents.first().map(|v| v.incident.id), errors: Vec::new() }
}
