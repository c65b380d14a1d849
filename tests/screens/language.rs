//! Screens in Chinese: no English word is left on any of them, nothing shears, and English screens have none of it.
//!
//! The worlds are the hand-made ones with every sentence that is ours made as the engine makes it. What may stay in Latin letters is
//! listed: signs and units of the field, keys and commands as they are typed, and what the world brought along (names, notes,
//! words of servers).

use super::scene::Scene;
use super::{boards, fixture};
use burnledger::chart::Charset;
use burnledger::domain::base::{IncidentId, Language, Ms, Problem, Severity, Span, Text};
use burnledger::domain::cost::{Basis, CostInput, CostSheet};
use burnledger::domain::incident::{
    Absorbed, Actor, Change, Correction, Evidence, Fact, HeardAlert, HeldPages, Incident, IncidentRef, Notice, Outcome, Phase,
    ReasonText, Scope, Silence,
};
use burnledger::domain::incident::{Entry, ImpactRecord, Moment};
use burnledger::domain::view::{
    Answer, Attachment, IncidentView, LostLink, NextEvent, Question, RecentLine, Refusal, Role, Snapshot, SourceState,
};
use burnledger::tui::export::{cells, plain};
use burnledger::tui::keys::TABLE;
use burnledger::tui::theme::Depth;
use burnledger::tui::{Effect, Msg, Plain, TuiOptions, Wishes, Written};
use burnledger::words::{Words, Zone, width};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ZH: Words = Words::of(Language::Zh);

/// Words that are the same in every language.
const SAME: &[&str] = &[
    // The field's names, signs and units.
    "SLO",
    "SLI",
    "TTA",
    "EX",
    "ER",
    "nt",
    "ok",
    "INC",
    "UTC",
    "ms",
    "min",
    "GMV",
    "USD",
    "HTTP",
    "NaN",
    "max",
    "RFC",
    // Keys as they are written on keyboards and in the configuration.
    "Enter",
    "Esc",
    "Tab",
    "Space",
    "Up",
    "Down",
    "Left",
    "Right",
    "Home",
    "End",
    "PgUp",
    "PgDn",
    // Formats, and what is typed: commands, options, filters, the syntax of a supposed change.
    "SVG",
    "Markdown",
    "PNG",
    "CSV",
    "OSC",
    "PromQL",
    "JSON",
    "EDITOR",
    "explain",
    "fg",
    "Debian",
    "fonts",
    "dejavu",
    "noto",
    "cjk",
    "core",
    "open",
    "burnledger",
    "incidents",
    "list",
    "check",
    "watch",
    "stats",
    "declare",
    "split",
    "token",
    "file",
    "FILE",
    "sev",
    "team",
    "state",
    "no_data",
    "runbook",
    "table",
    "dashboards",
    "yaml",
    "docs",
    "dashboard",
    "md",
    "shell",
    "target",
    "burn",
    "period",
    "guards",
    "none",
    "slo",
    "report",
    "out",
    "dry_run",
    "false",
    "true",
    "interpolate",
    "max_groups",
    "count_up_to",
    "webhook",
    "le",
    "severity",
    "status",
    "data",
    "null",
    "bad",
    "total",
];

/// Words of the fixtures that are nobody's sentence of ours: names, people, notes, files, queries, what servers said.
const OUTSIDE: &str = "prod-eu oncall pager wei lin mei ann acme gold orders http https prom example checkout payments-core \
    rolled back checkout 4.18.2 -> 4.18.1 in eu-1, error rate flat; checking the connection pool of the orders database next, mei looks \
    at the proxy 202 accepted invalid token connection refused watch-1 host-a host pid var lib burnledger ledger db no space left on device \
    slos search cart yaml unknown field objectve a target lies between 0 and 100 % hint business increase orders_failed_total job shop \
    aov finance deploy-bot v2 trace dns HighErrorRate critical queue is full am-1 alertmanager root cause class config rebase \
    bought nothing file1.svg permission denied unknown metric x up zone eu us code topk sum by rate checkout_total errors_ratio \
    histogram_quantile failed notes Call the payments team runbook pool Checkout Second gone success hello api availability all Zw lf Boxk mpfer";

fn token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words between the characters that stand around each.
fn words(text: &str) -> Vec<(char, &str, char)> {
    let mut out = Vec::new();
    let (mut rest, mut before) = (text, '\n');
    while let Some(from) = rest.find(token) {
        before = rest[..from].chars().next_back().unwrap_or(before);
        let word = rest[from..].split(|c| !token(c)).next().unwrap_or_default();
        rest = &rest[from + word.len()..];
        out.push((before, word, rest.chars().next().unwrap_or('\n')));
    }
    out
}

/// `29m07s`, `10d03h`, `1.2k`, `3x`: digits with units.
fn is_figure(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || "smhdxkMGBtTZ".contains(c))
}

/// Every word that a world brought along and that is no sentence of ours.
fn brought(world: &Snapshot) -> BTreeSet<String> {
    let mut texts = vec![OUTSIDE.to_owned(), world.environment.to_string()];
    for row in &world.slos {
        texts.push(format!("{} {} {:?} {:?}", row.slo.id, row.slo.service, row.owner, row.group));
    }
    for view in &world.incidents {
        texts.push(format!("{} {:?} {:?}", view.incident.service, view.owner, view.runbook));
        texts.extend(view.changes.iter().map(|c| format!("{} {} {:?}", c.by, c.change.title, c.change.version)));
    }
    // What files say is told by `burnledger check`, which speaks English.
    texts.extend(world.problems.iter().map(|p| format!("{} {:?} {:?}", p.message, p.hint, p.place)));
    texts.iter().flat_map(|text| words(text)).map(|(_, word, _)| word.to_owned()).collect()
}

/// English words on a screen that nothing excuses.
fn english(text: &str, brought: &BTreeSet<String>, also: &BTreeSet<String>) -> Vec<String> {
    let known = |word: &str| SAME.contains(&word) || brought.contains(word) || also.contains(word);
    // A word that was cut by an edge or by a box in front of it is a part of one.
    let edge = |c: char| matches!(c, '\n' | '…' | '.' | '│' | '─' | '╭' | '╮' | '╰' | '╯' | '|' | '~');
    let part = |word: &str, before, after| {
        let of = |whole: &str| match (edge(before), edge(after)) {
            (true, true) => whole.contains(word),
            (true, false) => whole.ends_with(word),
            (false, cut) => cut && whole.starts_with(word),
        };
        SAME.iter().any(|w| of(w)) || brought.iter().chain(also).any(|w| of(w))
    };
    let fine = |(before, word, after): &(char, &str, char)| {
        let letters = word.chars().filter(char::is_ascii_alphabetic).count();
        // Letters of moments stand side by side on a time line.
        let moments = word.chars().all(|c| "SDAnMRsOv".contains(c));
        letters < 2 || is_figure(word) || moments || known(word) || part(word, *before, *after)
    };
    words(text).into_iter().filter(|word| !fine(word)).map(|(_, word, _)| word.to_owned()).collect()
}

fn chinese(world: Snapshot, size: (u16, u16), charset: Charset) -> Scene {
    let mut scene = Scene::new(size, charset, Depth::TrueColor);
    scene.model.look.words = ZH;
    scene.tell(Msg::Dashboards(boards::dashboards()));
    scene.world(world)
}

fn entry(id: u64, seq: u64, at: Ms, who: &str, fact: Fact) -> Entry {
    let like = fixture::checkout().incident.entries[0].clone();
    let actor = if who.is_empty() { Actor::Auto } else { Actor::Person(who.into()) };
    Entry { seq: burnledger::domain::base::Seq(seq), incident: IncidentId(id), at, recorded_at: at, actor, fact, ..like }
}

/// A kind that is not told below does not compile here.
const fn is_told(fact: &Fact) {
    match fact {
        Fact::Suspected(_)
        | Fact::Opened(_)
        | Fact::Joined { .. }
        | Fact::SeverityChanged { .. }
        | Fact::Acknowledged
        | Fact::Unacknowledged
        | Fact::Mitigated { .. }
        | Fact::Resolved { .. }
        | Fact::Reopened { .. }
        | Fact::Closed { .. }
        | Fact::NoData { .. }
        | Fact::DataBack
        | Fact::Note(_)
        | Fact::Paged { .. }
        | Fact::Measured(_)
        | Fact::Costed(_)
        | Fact::Notice(_)
        | Fact::Held(_)
        | Fact::Alerted(_)
        | Fact::Absorbed(_)
        | Fact::Merged { .. }
        | Fact::SplitOff { .. }
        | Fact::SplitFrom { .. }
        | Fact::SuspectNamed { .. }
        | Fact::Evidence(_)
        | Fact::Corrected { .. } => {}
    }
}

/// What receivers and the way to them say of a page, in every form that is ours.
const DETAILS: &[&str] = &[
    "http://pager.example: no answer within 10s",
    "http://pager.example: HTTP 202: accepted (the robot was removed or its key is wrong)",
    "HTTP 202: accepted (check the robot's secret and this machine's clock)",
    "HTTP 202: accepted (the robot does not allow this machine's address)",
    "HTTP 202: accepted (the robot wants a keyword that the page does not have)",
    "HTTP 202: accepted (the robot's token does not exist)",
    "HTTP 404: gone (the webhook was removed or its address is wrong)",
    "HTTP 202: accepted, which is no answer of pager",
    "HTTP 200 with a web page, not a receiver's answer; is the address right?",
    "am-1: no answer within 10s; am-1: HTTP 403: invalid token",
    "accepted by 1 of 2; am-1: no connection: connection refused",
    "the template cannot be used: it made 9 bytes, more than 8",
    "it was killed",
    "it was killed: queue is full",
    "could not be written: permission denied",
    "the message cannot be made: connection refused",
    "given up after 1h: http://pager.example: no answer within 10s",
    "it ended before this was sent; the resolved page tells both",
];

/// Kinds that are rarer, with every form that they have.
fn rarer_kinds() -> Vec<(&'static str, Fact)> {
    use burnledger::domain::base::{Seq, SloId};
    use burnledger::domain::incident::{Moment, Onset, RuleFired};
    let like = fixture::checkout();
    let Fact::Opened(onset) = &like.incident.entries[0].fact else { panic!("it opens") };
    let rule = |name: &str| RuleFired { slo: SloId::new("checkout", "api"), rule: name.into(), severity: Severity::P1 };
    let text = "availability: error ratio > 5% for 30s is true, held back: too few bad events";
    let reasons = vec![ReasonText { code: "breach".into(), value: 0.0, threshold: 0.0, text: text.into() }];
    let slos = vec![SloId::new("checkout", "api"), SloId::new("checkout", "availability")];
    let change = |title: &str, kind: &str| {
        Fact::Notice(Notice::Changed(Change {
            title: title.into(),
            service: Some("checkout".into()),
            kind: kind.into(),
            version: None,
            url: None,
        }))
    };
    let corrected = |change| ("ann", Fact::Corrected { change, reason: "dns".into() });
    let paged = |kind: &str, outcome: &Outcome, detail: &str| {
        let (receiver, created) = ("oncall".into(), fixture::at("14:20:00"));
        let (kind, outcome, detail) = (kind.into(), outcome.clone(), detail.into());
        ("", Fact::Paged { receiver, kind, severity: Severity::P1, created, attempts: 1, outcome, detail })
    };
    let mut all = vec![
        ("", Fact::Suspected(Onset { reasons, ..onset.clone() })),
        (
            "",
            Fact::Opened(Onset { reasons: vec![], rules: vec![rule("burn 14.4x over 1h and 5m")], drill: true, ..onset.clone() }),
        ),
        ("", Fact::Joined { service: "checkout".into(), slos, rules: vec![], impact_start: None }),
        (
            "",
            Fact::Joined { service: "checkout".into(), slos: vec![], rules: vec![rule("p99 > 3x for 30s")], impact_start: None },
        ),
        ("ann", Fact::Note("queue is full".into())),
        ("ann", Fact::Notice(Notice::SilenceEnded { silence: Seq(12), reason: "rebase".into() })),
        (
            "burnledger",
            change(
                "checkout/availability is added up by the server, not counted: `up` matches 9 series, more than 5 (`count_up_to`)",
                "measuring",
            ),
        ),
        (
            "burnledger",
            change(
                "checkout/availability is counted event by event: for a day no selector of it matched more than 5 series",
                "measuring",
            ),
        ),
        ("", Fact::Merged { into: IncidentId(3), reason: "dns".into() }),
        ("", Fact::Merged { into: IncidentId(3), reason: "".into() }),
        ("", Fact::SplitFrom { from: IncidentId(3) }),
        ("", Fact::Closed { not_paged: true }),
        ("ann", Fact::Reopened { impact_start: fixture::at("14:20:00"), rules: vec![], reasons: vec![] }),
        ("ann", Fact::Mitigated { reason: "dns".into(), impact: None }),
        ("", Fact::Resolved { reason: "it had ended when it was split off".into(), impact: None }),
        ("", Fact::Resolved { reason: "every alert that it consists of has ended".into(), impact: None }),
        corrected(Correction::Bad(5)),
        corrected(Correction::Total(9)),
        corrected(Correction::RootCause("dns".into())),
        corrected(Correction::Drill(true)),
    ];
    let moments =
        [Moment::ImpactStart, Moment::Detected, Moment::Acknowledged, Moment::Mitigated, Moment::ImpactEnd, Moment::Resolved];
    all.extend(moments.into_iter().map(|moment| corrected(Correction::Moment(moment, None))));
    all.extend(
        Evidence::KINDS
            .into_iter()
            .map(|kind| ("ann", Fact::Evidence(Evidence { kind: kind.into(), text: "dns".into(), url: None }))),
    );
    let kinds = ["first", "raised", "repeat", "escalated", "reopened", "no_data", "resolved", "test", "heartbeat", "response"];
    all.extend(kinds.into_iter().map(|kind| paged(kind, &Outcome::Delivered, "")));
    all.extend(DETAILS.iter().map(|detail| paged("first", &Outcome::Failed, detail)));
    all
}

/// One entry of every kind, with our sentences at every place that keeps one.
fn every_kind() -> Vec<(&'static str, Fact)> {
    let reason = |code: &str, value, threshold, text: &str| ReasonText { code: code.into(), value, threshold, text: text.into() };
    let paged = |kind: &str, outcome, detail: &str| Fact::Paged {
        receiver: "oncall".into(),
        kind: kind.into(),
        severity: Severity::P1,
        created: fixture::at("14:20:00"),
        attempts: 2,
        outcome,
        detail: detail.into(),
    };
    let record = ImpactRecord { bad: 1.0, total: Some(27.0), ..ImpactRecord::default() };
    let silence = Silence {
        scope: Scope { service: Some("checkout".into()), severities: vec![Severity::P1], ..Scope::default() },
        from: fixture::at("14:00:00"),
        until: fixture::at("15:00:00"),
        reason: "rebase".into(),
    };
    let change = Change {
        title: "v2".into(),
        service: Some("checkout".into()),
        kind: "deploy".into(),
        version: Some("v2".into()),
        url: None,
    };
    let held = |by: &str, why: &str| {
        let (owner, until) = (Some("payments-core".into()), Some(fixture::at("15:00:00")));
        Fact::Held(HeldPages { owner, severity: Severity::P1, by: by.into(), why: why.into(), until })
    };
    let sheet = costs(&fixture::sheet());
    let absorbed = Absorbed {
        from: IncidentId(141),
        services: vec![("checkout".into(), vec![])],
        impact_start: None,
        detected: None,
        severity: Some(Severity::P1),
        rules: vec![],
        impact: None,
        reason: "dns".into(),
    };
    let raised = vec![
        reason("burn_rate", 28.0, 14.4, "availability: burn 28.0x over 1h and 58.0x over 5m, above 14.4x"),
        reason("latency_p99", 3.2, 0.75, "availability: p99 latency 3.20 s over 1m, above 750 ms (3x of 250 ms) for 30s"),
        reason("breach", 0.06, 0.05, "availability: error ratio > 5% for 30s is true, held back: too few bad events"),
    ];
    vec![
        ("", Fact::SeverityChanged { from: Severity::P1, to: Severity::P0, rules: vec![], reasons: raised }),
        ("ann", Fact::Acknowledged),
        ("", Fact::Unacknowledged),
        ("ann", Fact::Unacknowledged),
        ("", paged("escalated", Outcome::Failed, "given up after 1h: invalid token")),
        ("", paged("no_data", Outcome::Dropped, "acknowledged before this was sent")),
        ("", paged("response", Outcome::Failed, "it ran longer than 30s and was ended")),
        ("", Fact::NoData { since: fixture::at("14:20:00") }),
        ("", Fact::DataBack),
        ("", Fact::Measured(record.clone())),
        ("", Fact::Costed(sheet)),
        ("ann", Fact::Notice(Notice::Silenced(silence))),
        ("ann", Fact::Notice(Notice::Changed(change))),
        ("", held("silence 12", "silenced by ann: rebase")),
        ("", held("INC-0003", "checkout needs dns, whose incident was paged to the same people")),
        (
            "",
            Fact::Alerted(HeardAlert {
                name: "HighErrorRate".into(),
                fingerprint: "f".into(),
                firing: true,
                severity: "critical".into(),
                text: "queue is full".into(),
                url: None,
            }),
        ),
        ("", Fact::Absorbed(absorbed)),
        ("ann", Fact::SplitOff { into: IncidentRef::Known(IncidentId(3)), services: vec!["dns".into()], reason: "".into() }),
        ("", Fact::SuspectNamed { service: "dns".into() }),
        ("ann", Fact::Evidence(Evidence { kind: "trace".into(), text: "queue is full".into(), url: None })),
        (
            "ann",
            Fact::Corrected {
                change: Correction::Moment(Moment::ImpactStart, Some(fixture::at("14:01:00"))),
                reason: "dns".into(),
            },
        ),
        ("ann", Fact::Corrected { change: Correction::Drill(false), reason: "dns".into() }),
        ("ann", Fact::Corrected { change: Correction::Severity(Severity::P1), reason: "dns".into() }),
        ("", Fact::Mitigated { reason: "".into(), impact: Some(record.clone()) }),
        ("", Fact::Reopened { impact_start: fixture::at("14:20:00"), rules: vec![], reasons: vec![] }),
        ("", Fact::Resolved { reason: "".into(), impact: Some(record) }),
        ("", Fact::Closed { not_paged: false }),
    ]
}

/// A sheet whose texts are those that `domain/cost` writes.
fn costs(like: &CostSheet) -> CostSheet {
    let input = |name: &str, value: &str, basis, source: &str| CostInput {
        name: name.into(),
        value: value.into(),
        basis,
        source: source.into(),
    };
    let mut sheet = like.clone();
    let mut lines = sheet.lines.clone();
    lines[0].formula =
        "baseline × minutes × drop × v × (1 − r) = 4/min × 29 min × 0.5 × 16.61 USD × (1 − 0) = 963.38 USD; of it \
                        0.5 for INC-0002: 481.69 USD"
            .into();
    lines[0].inputs = vec![
        input(
            "baseline",
            "4/min",
            Basis::Measured,
            "orders_failed_total over (1, 2] from http://prom:9090: 58 steps with samples, 3 series; between 1 and 2 because of restarts",
        ),
        input("v", "16.61 USD", Basis::Declared, "slos/business.yaml: value (GMV) of stream orders"),
        input("r", "0", Basis::Declared, "slos/business.yaml: recovered fraction of stream orders"),
        input("share", "0.5", Basis::Derived, "minutes that several of INC-0002 cover are split evenly between them"),
    ];
    lines[0].note = Some("provisional: orders may come back until 2026-10-21T00:00:00Z".into());
    lines[1].formula = "sum of time × rate = wei (oncall) 1747 s × 95 USD/h ÷ 3600 × 5 = 230.4 USD".into();
    lines[1].inputs = vec![
        input("time (wei, oncall)", "1747 s", Basis::Derived, "declared by a person"),
        input("rate (oncall)", "95 USD/h", Basis::Declared, "slos/business.yaml: labour rate of oncall"),
    ];
    lines[1].memo = true;
    sheet.lines = lines;
    sheet.not_estimated = vec![
        "sla_credits (gold): no bad minute was measured".into(),
        "churn: given as null in slos/business.yaml".into(),
        "total: the sum is too large to compute".into(),
    ];
    sheet.assumptions = vec![
        "Every failed transaction counts as one lost sale, but for the share that comes back (r)".into(),
        "aov: 16.61 (owner finance; as of 2026-01)".into(),
    ];
    sheet
}

/// The incident with one entry of every kind.
fn eventful(mut view: IncidentView) -> IncidentView {
    let mut incident = Incident::clone(&view.incident);
    let from = incident.entries.len() as u64 + 900;
    for (n, (who, fact)) in (from..).zip(every_kind()) {
        let at = fixture::at("14:20:00") + Span::from_secs(n as i64 - 900);
        // Told, not folded: the incident stays as it is.
        incident.entries.push(entry(incident.id.0, n, at, who, fact));
    }
    view.incident = Arc::new(incident);
    view
}

/// The world with every sentence that is ours made as the engine makes it.
fn as_the_engine_tells(mut world: Snapshot) -> Snapshot {
    for view in &mut world.incidents {
        let said = |text: &'static str| Words::both(|w| w.say(text).into());
        let burn = Words::both(|w| w.fill("{} burn over {} crosses {}x: {}", &[&"availability", &"6h", &6, &"P1"]));
        let spent =
            Words::both(|w| w.fill("error budget exhausted at the 1h rate{}", &[&w.fill("; cost by then {}", &[&"$120k"])]));
        let texts = [
            said("still not acknowledged: escalates to the next level"),
            burn,
            spent,
            said("the acknowledgement ends: pages again"),
            said("resolves by itself if it stays good"),
        ];
        for (i, text) in texts.into_iter().enumerate() {
            let at = fixture::NOW + Span::from_mins(3 * i as i64);
            if i < view.next.len() { view.next[i] = NextEvent { at, text } } else { view.next.push(NextEvent { at, text }) }
        }
        let names = ["{} error ratio", "{} p99", "{} requests", "{} value"];
        for (signal, name) in view.signals.iter_mut().zip(names) {
            signal.name = Words::both(|w| w.fill(name, &[&"availability"]));
        }
        if let Some(cost) = &mut view.cost {
            cost.sheet = Arc::new(costs(&cost.sheet));
        }
    }
    let lines = world.incidents.iter().flat_map(|view| view.incident.entries.iter().map(move |e| (view, e)));
    world.recent = lines
        .map(|(view, entry)| RecentLine {
            at: entry.at,
            severity: view.incident.severity,
            text: Words::both(|w| format!("{} {}", view.incident.id, w.sentence(entry, Zone::Utc))),
            incident: Some(view.incident.id),
        })
        .collect();
    world.recent.reverse();
    if let Some(row) = world.slos.first_mut() {
        let doubts = [
            "no series matched `up{zone=\"eu-1\"}` in the last day: is it spelled right, and does the source scrape it?",
            "a histogram has no bucket le=\"0.25\", so what is under the threshold cannot be counted; the nearest is le=\"0.5\"",
            "what is under 0.25 s is interpolated between the buckets le=\"0.1\" and le=\"0.5\": an estimate, no count",
            "1 more group is left out: at most 500 are measured (`max_groups`)",
            "traffic lost: no requests since 2026-10-20T06:00:00Z",
        ];
        row.doubts = doubts.map(Text::from).into_iter().collect();
    }
    world
}

fn failing(error: &str) -> Snapshot {
    let state = SourceState::Failing {
        since: fixture::NOW,
        error: error.into(),
        tries: 1,
        next_try: Some(fixture::NOW + Span::from_secs(9)),
    };
    Snapshot { sources: vec![fixture::source(state)], ..fixture::busy() }
}

fn attached(change: impl Fn(&mut Attachment)) -> Snapshot {
    let mut attachment = Attachment {
        address: "http://host-a:9797".into(),
        program: Some(env!("CARGO_PKG_VERSION").into()),
        ..Attachment::default()
    };
    change(&mut attachment);
    Snapshot { attached: Some(Arc::new(attachment)), ..fixture::busy() }
}

/// Everything that can be behind a screen.
pub(super) fn worlds() -> Vec<Snapshot> {
    let busy = fixture::busy;
    let in_phase = |phase: Phase, drill: bool| {
        let mut world = busy();
        let mut incident = Incident::clone(&world.incidents[0].incident);
        (incident.phase, incident.drill, incident.no_data_since) = (phase, drill, drill.then_some(fixture::at("14:20:00")));
        world.incidents[0].incident = Arc::new(incident);
        world
    };
    let lost = |error: &str| {
        let (since, next_try) = (fixture::NOW, fixture::NOW + Span::from_secs(9));
        let lost = LostLink { since, error: error.into(), tries: 2, next_try };
        attached(|a| a.lost = Some(lost.clone()))
    };
    let mut all = vec![
        Snapshot { incidents: busy().incidents.into_iter().map(eventful).collect(), ..busy() },
        fixture::calm(),
        fixture::stale(),
        fixture::connecting(),
        fixture::troubled(),
        Snapshot::default(),
        Snapshot { sources: vec![fixture::source(SourceState::Filling { done: 3, all: 9 })], at: None, ..fixture::connecting() },
        Snapshot { slos: vec![], problems: vec![], incidents: vec![], ..busy() },
        Snapshot { slos: vec![], incidents: vec![], ..fixture::troubled() },
        Snapshot { role: Role::Recording, ..busy() },
        Snapshot { role: Role::Following { leader: "host-a:4711 (pages nobody)".into() }, ..busy() },
        Snapshot { role: Role::Replaying, ended: true, ..busy() },
        Snapshot { role: Role::Replaying, speed: Some(60.0), ..busy() },
        failing("http://prom:9090 could not be reached: connection refused"),
        failing("http://prom:9090 is not asked until 14:40: http://prom:9090 failed (HTTP 503): queue is full"),
        attached(|a| a.who = Some("ann".into())),
        attached(|a| a.read_only = Some("no token".into())),
        attached(|a| (a.read_only, a.clock_ahead) = (Some("the server does not know this token".into()), 60_000)),
        attached(|a| (a.program, a.clock_ahead) = (Some("0.0.1".into()), -60_000)),
        lost("no connection: connection refused"),
        lost("it wants a token that it knows (`--token-file FILE`)"),
        in_phase(Phase::Mitigated, true),
        in_phase(Phase::Suspected, false),
        in_phase(Phase::Resolved, false),
        in_phase(Phase::Closed, true),
        Snapshot {
            ledger_error: Some("another process (host-a:4711) leads this ledger now".into()),
            history: vec!["checkout: its history on disk is damaged as a whole and is read from the source again".into()],
            receivers: busy()
                .receivers
                .into_iter()
                .map(|mut r| {
                    r.error = Some("no answer within 10s".into());
                    r.waiting = 1;
                    r
                })
                .collect(),
            problems: vec![Problem::warning("hint", "objectve")],
            ..busy()
        },
    ];
    // What is asked and not counted says why, on the sheet of what is asked.
    let mut asked = busy();
    for row in &mut asked.slos {
        let ask = burnledger::domain::measure::AskedPlan::Value { value: "up".into() };
        let why = "a threshold compares a value and counts no events".into();
        let plan = burnledger::domain::measure::Plan::Asked { ask, why };
        row.slo = Arc::new(burnledger::domain::objective::Slo { plan, ..burnledger::domain::objective::Slo::clone(&row.slo) });
    }
    all.push(asked);
    for world in &mut all {
        *world = as_the_engine_tells(std::mem::take(world));
    }
    all
}

/// Every screen and dialog that keys lead to.
pub(super) const WAYS: &[&str] = &[
    "1",
    "1 ?",
    "1 ? C-d C-d C-d",
    "1 ? G",
    "1 ? / z z z",
    "3 End R",
    "1 /",
    "1 / z z z Enter",
    "1 / c h e c k Enter",
    "1 :",
    "1 : r e s",
    "1 : z z Enter",
    "1 : o p e n Space x Enter",
    "1 e",
    "1 e s",
    "1 e t",
    "1 e c",
    "1 e p",
    "1 L",
    "1 L G",
    "1 d",
    "1 d Tab",
    "1 d Tab Tab",
    "1 d l w",
    "1 d [ +",
    "1 d y",
    "1 Space",
    "1 o",
    "1 o o",
    "1 o o o",
    "1 o o o o O",
    "1 j j j j",
    "1 c",
    "1 b",
    "1 P",
    "1 y",
    "1 a",
    "1 u",
    "1 n",
    "1 R",
    "1 s",
    "1 m",
    "2",
    "2 Tab",
    "2 Tab Tab",
    "2 Tab Tab Tab",
    "2 G",
    "2 l",
    "2 a",
    "2 u",
    "2 n",
    "2 n x Esc",
    "2 n x Tab Space Tab Space",
    "2 n @ l",
    "2 s Enter d n s Esc",
    "2 n Enter",
    "2 R",
    "2 R Tab",
    "2 R Tab Tab",
    "2 R Tab Tab Tab Space",
    "2 R Tab Tab Tab Tab Tab Tab Enter",
    "2 R Tab d n s Esc",
    "2 R Tab d n s Tab Tab Tab 5 Tab Tab 1 4 2 Enter",
    "2 R Tab d n s Tab Tab Tab 0 Tab 1 Tab 1 4 2 Enter",
    "2 R Tab d n s Tab Tab Tab 5 Tab x Tab 1 4 2 Enter",
    "2 R Tab d n s Tab Tab Tab Tab Tab 1 Enter",
    "2 R Tab Tab Tab Tab Tab Tab 0 1 4 2 Enter",
    "2 c",
    "2 c G",
    "2 b",
    "2 P",
    "2 y",
    "2 s",
    "2 s Enter",
    "2 s Enter Enter",
    "2 s j Enter Enter",
    "2 m",
    "2 m j",
    "2 m j Enter",
    "3",
    "3 o",
    "3 o o",
    "3 o o o t",
    "3 t t t",
    "3 Enter",
    "3 y",
    "3 e",
    "3 g",
    "3 g g",
    "3 g g g",
    "3 g g g g g",
    "3 / z z Enter",
    "1 d v , .",
    "1 d p",
    "2 v , .",
    "4",
    "4 Tab",
    "4 h h h",
    "4 i",
    "4 [ +",
    "4 Enter",
    "5",
    "5 ]",
    "5 ] ] ] ] ] ]",
    "5 [ [ [",
    "5 Space",
    "5 >",
    "5 g",
    "5 g x Enter",
    "5 End",
    "5 w",
    "5 w b u r n = 1 4 . 4 : 1 0 Enter",
    "5 w b u r n = 1 4 . 4 : 1 0 Enter W",
    "5 W",
    "5 a",
    "5 2",
    "5 1",
    "5 End 2 G",
    "6",
    "6 Tab",
    "6 y",
    "8",
    "1 8",
    "1 3 4 2 -",
];

/// Those on which the state of a world is told.
pub(super) const STATES: &[&str] =
    &["1", "1 d", "1 d p", "1 L", "2", "2 G", "2 c", "2 R", "2 a", "2 m", "3", "4", "5", "6", "1 Space"];

#[derive(Clone, Copy, PartialEq)]
enum Answers {
    Well,
    Refused,
    Never,
}

/// Presses keys; whatever they ask or order is answered so.
fn walk(mut scene: Scene, keys: &str, answers: Answers) -> Scene {
    for key in keys.split(' ') {
        scene = scene.press(key);
        if answers == Answers::Never {
            continue;
        }
        for effect in std::mem::take(&mut scene.effects) {
            match effect {
                Effect::Ask { ticket, question } => {
                    let result = if answers == Answers::Well { answer(&scene, &question) } else { Err(refusal(ticket)) };
                    scene.tell(Msg::Answer { ticket, result });
                }
                Effect::Order { ticket, .. } => {
                    let result = if answers == Answers::Well { Ok(()) } else { Err(refusal(ticket)) };
                    scene.tell(Msg::Reply { ticket, result });
                }
                Effect::Save { .. } | Effect::Draw { .. } => {
                    let written = Written { name: "file1.svg".into(), lacking: "§".into() };
                    let result = if answers == Answers::Well { Ok(written) } else { Err("it failed inside".into()) };
                    scene.tell(Msg::Saved(result));
                }
                _ => {}
            }
        }
    }
    scene
}

fn answer(scene: &Scene, question: &Question) -> Result<Answer, Refusal> {
    let world = scene.model.live.clone().expect("a world");
    if world.incidents.is_empty() || world.slos.len() < 2 {
        return Err(Refusal::NotNow("no source of samples stands behind this view".into()));
    }
    Ok(fixture::answer(&world, question))
}

fn refusal(n: u64) -> Refusal {
    match n % 4 {
        0 => Refusal::Unknown(IncidentId(9)),
        1 => Refusal::NotNow("users were still hurt until 14:31; INC-0142 cannot have ended at 14:00".into()),
        2 => Refusal::Ledger("INC-0142 changed meanwhile; read it again and decide anew".into()),
        _ => Refusal::ReadOnly("no token; `--token-file FILE` names one".into()),
    }
}

/// Names of actions as the palette shows them for typing.
fn action_words(keys: &str) -> BTreeSet<String> {
    if !keys.contains(':') {
        return BTreeSet::new();
    }
    TABLE.iter().flat_map(|b| b.action.name().split('-').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Where an English word was found.
#[derive(Default)]
struct Found(BTreeSet<(String, String)>);

impl Found {
    fn look(&mut self, scene: &Scene, keys: &str, own: &BTreeSet<String>) {
        let typed: BTreeSet<String> = keys
            .split("Enter")
            .flat_map(|part| {
                // What was typed into a line stands there as it was typed.
                let typed: String = part.split(' ').filter(|k| k.chars().count() == 1).collect();
                words(&typed).into_iter().map(|(_, w, _)| w.to_owned()).collect::<Vec<_>>()
            })
            .collect();
        let own = own.iter().cloned().chain(typed).collect();
        let text = plain(&cells(&scene.model));
        let left = english(&text, &own, &action_words(keys));
        self.0.extend(left.into_iter().map(|word| (word, keys.to_owned())));
    }

    fn none(&self) {
        assert!(self.0.is_empty(), "English is left: {:#?}", self.0);
    }
}

#[test]
fn no_english_word_is_left_on_any_screen() {
    let mut found = Found::default();
    for (n, world) in worlds().into_iter().enumerate() {
        let own = brought(&world);
        // Every way in the world that has everything, at every size; in the others what tells of their state.
        let all: &[(u16, u16)] = &[(160, 48), (120, 36), (80, 24), (60, 15), (30, 8)];
        let (ways, sizes) = if n == 0 { (WAYS, all) } else { (STATES, &all[1 + n % 2..][..1]) };
        for size in sizes {
            for keys in ways {
                for answers in [Answers::Well, Answers::Refused, Answers::Never] {
                    // Refusals and silence look alike at every size and in every world.
                    if answers == Answers::Well || n == 0 && size.0 == 120 {
                        found.look(&walk(chinese(world.clone(), *size, Charset::Unicode), keys, answers), keys, &own);
                    }
                }
            }
        }
    }
    found.none();
}

#[test]
fn no_english_word_is_left_where_time_or_the_engine_decides() {
    let (mut found, own) = (Found::default(), brought(&fixture::busy()));
    let busy = || as_the_engine_tells(fixture::busy());
    for size in [(120, 36), (80, 24), (30, 8)] {
        let of = |world| chinese(world, size, Charset::Unicode);
        // Nothing came yet, and then the engine is gone.
        let mut scene = Scene::new(size, Charset::Unicode, Depth::TrueColor);
        scene.model.look.words = ZH;
        found.look(&scene, "nothing", &own);
        scene.tell(Msg::CutOff);
        found.look(&scene, "gone before anything came", &own);
        let mut scene = of(busy());
        scene.tell(Msg::CutOff);
        found.look(&scene, "gone", &own);
        // Frozen, and something breaks through.
        let mut held = of(as_the_engine_tells(fixture::calm())).press("Space").later(20);
        held.tell(Msg::Snapshot(Arc::new(busy())));
        found.look(&held, "broken through", &own);
        // Files are wrong from the beginning.
        let mut none = Snapshot { slos: vec![], incidents: vec![], at: None, ..fixture::troubled() };
        none.role = Role::default();
        let mut scene = of(none);
        scene.tell(Msg::CutOff);
        found.look(&scene, "could not start", &own);
        // Nothing came for minutes.
        found.look(&of(busy()).later(600), "silent", &own);
        found.look(&walk(of(busy()), "2 a", Answers::Well).later(3), "acknowledged", &own);
        let mut scene = of(busy());
        scene.tell(Msg::CannotSuspend);
        found.look(&scene, "no shell", &own);
        // A replay beside an open incident, and one that is incomplete.
        found.look(&walk(of(busy()), "5 Home", Answers::Well), "replay's start", &own);
        let mut scene = of(busy()).press("5");
        let asked: Vec<_> = std::mem::take(&mut scene.effects);
        for effect in asked {
            let Effect::Ask { ticket, question } = effect else { continue };
            let Answer::Film(film) = fixture::answer(&busy(), &question) else { continue };
            let mut film = (*film).clone();
            film.errors = vec!["http://prom:9090 did not answer within 10s".into()];
            scene.tell(Msg::Answer { ticket, result: Ok(Answer::Film(Arc::new(film))) });
        }
        found.look(&scene, "incomplete replay", &own);
    }
    found.none();
}

#[test]
fn no_english_word_is_left_in_any_sentence_of_the_ledger() {
    let own = brought(&Snapshot { incidents: vec![fixture::checkout()], ..fixture::busy() });
    let mut left = BTreeSet::new();
    let kinds = every_kind().into_iter().chain(rarer_kinds());
    for (n, (who, fact)) in (900..).zip(kinds) {
        is_told(&fact);
        let entry = entry(142, n, fixture::at("14:20:00"), who, fact);
        let told = format!("{} {}", ZH.entry(&entry.fact), ZH.sentence(&entry, Zone::Utc));
        left.extend(english(&told, &own, &BTreeSet::new()).into_iter().map(|word| (word, told.clone())));
    }
    assert!(left.is_empty(), "English is left: {left:#?}");
}

/// A page with everything that a page can say.
fn page_of(kind: burnledger::domain::paging::DispatchKind, not_recorded: bool) -> burnledger::domain::paging::Dispatch {
    use burnledger::domain::base::SloId;
    use burnledger::domain::paging::{Dispatch, DispatchId, DispatchState, PageContent};
    let reason = |code: &str, text: &str| ReasonText { code: code.into(), value: 3.1, threshold: 2.5, text: text.into() };
    let start = fixture::at("14:02:00");
    Dispatch {
        id: DispatchId(1),
        incident: IncidentId(17),
        key: "k".into(),
        kind,
        severity: Severity::P0,
        level: 0,
        receiver: "oncall".into(),
        number: 0,
        content: PageContent {
            service: "checkout".into(),
            slos: ["api", "availability", "dns", "trace", "v2"].map(|name| SloId::new("checkout", name)).to_vec(),
            suspect: Some("payments-core".into()),
            owner: Some("ann".into()),
            impact_start: Some(start),
            detected: Some(start + Span::from_secs(75)),
            resolved: Some(start + Span::from_mins(9)),
            reasons: vec![
                reason("burn_rate", "availability: burn 28.0x over 1h and 58.0x over 5m, above 14.4x"),
                reason("error_ratio", "availability: error ratio 5.31% over 1m, above 5% for 30s"),
                reason("latency_p99", "api: p99 latency 3.20 s over 1m, above 750 ms (3x of 250 ms) for 30s"),
                reason(
                    "burn",
                    "api: burn 3.1x over 5m, above 2.5x for 3m 2 times in a row, while checkout/api burns 3.1x over 5m",
                ),
                reason("spike", "api: value 31, above 10 (2.5x its 1h average of 4), while queue is 3, below 4"),
                reason("occurrences", "api: 20 occurrences over 5m, above 3"),
                reason("split", "split off INC-0003"),
                reason("alert", "alert HighErrorRate: queue is full"),
            ],
            bad: Some(1204.0),
            total: Some(20_000.0),
            budget_remaining: Some(-0.1),
            cost_so_far: Some(fixture::usd("26711.04")),
            cost_per_minute: Some(fixture::usd("918")),
            runbook: Some("http://prom.example/runbook".into()),
            changes: vec![
                "12m30s before, deploy of checkout v2 by deploy-bot: rebase".into(),
                "3s after it began, measuring of checkout by burnledger: checkout/api is counted event by event: for a day no \
                 selector of it matched more than 5 series"
                    .into(),
            ],
            environment: Some("prod-eu".into()),
            not_recorded,
            drill: !not_recorded,
        },
        created: start,
        attempts: 1,
        next_at: start,
        state: DispatchState::Pending,
        possible_repeat: true,
        detail: "".into(),
        settled: None,
    }
}

#[test]
fn no_english_word_is_left_in_any_page() {
    use burnledger::domain::paging::DispatchKind;
    use burnledger::words::page::page_in;
    let own = brought(&fixture::busy());
    // The command that takes it, and the address of the runbook.
    let typed: BTreeSet<String> = ["ack", "runbook"].map(Into::into).into();
    let mut left = BTreeSet::new();
    for kind in DispatchKind::ALL {
        for not_recorded in [false, true] {
            let text = page_in(&page_of(kind, not_recorded), Zone::Utc, Language::Zh).whole();
            left.extend(english(&text, &own, &typed).into_iter().map(|word| (word, text.clone())));
        }
    }
    assert!(left.is_empty(), "English is left: {left:#?}");
}

#[test]
fn no_english_word_is_left_in_what_is_odd_about_data() {
    let lost = "counts are extrapolated over 5m: the events of a gap as long are lost, and so are the first ones of a new series; a \
                blip is spread over 5m, and what restarts hide has no bounds";
    let why = "`up` matches 9 series, more than 5 (`count_up_to`)";
    let of = [
        format!("added up by the server, not counted: {why}; {lost}"),
        format!(
            "added up by the server, not counted: {why}; {lost}; what was until 2026-10-20T06:00:00Z is counted event by event"
        ),
        "counted event by event again; what was until 2026-10-20T06:00:00Z is added up by the server".into(),
        format!("events of checkout/availability were added up by the server: {lost}"),
        why.into(),
        "a threshold compares a value and counts no events; {{window}} is 1m".into(),
        "`bad` uses `histogram_quantile`, which is no sum of counters".into(),
        "`total` reads `up` without `rate` or `increase`, and its name is no counter's; {{window}} is 1m".into(),
    ];
    let own: BTreeSet<String> =
        brought(&fixture::busy()).into_iter().chain(["count_up_to", "window", "rate", "increase"].map(Into::into)).collect();
    let left: Vec<_> =
        of.iter().filter(|text| !english(&ZH.retold(text), &own, &BTreeSet::new()).is_empty()).map(|t| ZH.retold(t)).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn no_english_word_is_left_in_the_lines() {
    let mut lines = Plain::new(ZH, Zone::Utc, false);
    let mut left = BTreeSet::new();
    // What is gone is named, too.
    let own: BTreeSet<String> = worlds().iter().flat_map(brought).collect();
    for (number, world) in (1..).zip(worlds()) {
        let told = lines.lines(&Snapshot { number, ..world }).join("\n");
        left.extend(english(&told, &own, &BTreeSet::new()));
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn wide_characters_never_shear_a_row() {
    for size in [(120, 36), (80, 24), (60, 15), (30, 8)] {
        let charset = if size.0 == 120 { Charset::Narrow } else { Charset::Unicode };
        for keys in WAYS {
            let scene = walk(chinese(fixture::busy(), size, charset), keys, Answers::Well);
            let buf = cells(&scene.model);
            for row in buf.content().chunks(usize::from(buf.area.width)) {
                let mut x = 0;
                while x < row.len() {
                    let columns = width::columns(row[x].symbol());
                    assert!(x + columns.max(1) <= row.len(), "{keys}: `{}` stands over the edge", row[x].symbol());
                    // A wide character that something was written over would shear what follows it.
                    let covered = row[x + 1..(x + columns.max(1)).min(row.len())].iter().all(|c| c.symbol().trim().is_empty());
                    assert!(covered, "{keys} at {size:?}: half of `{}` is written over", row[x].symbol());
                    x += columns.max(1);
                }
            }
        }
    }
}

#[test]
fn an_english_session_shows_no_chinese() {
    for keys in WAYS {
        let text = walk(Scene::of(as_the_engine_tells(fixture::busy()), (120, 36)), keys, Answers::Well).text();
        let chinese: String =
            text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c) || ('\u{ff00}'..='\u{ffef}').contains(c)).collect();
        assert_eq!(chinese, "", "{keys}");
    }
}

#[test]
fn the_language_is_wished_else_the_locales_and_never_chinese_in_ascii() {
    let told = |wished: Option<Language>, vars: &'static [(&'static str, &'static str)]| {
        let env = move |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
        TuiOptions::resolve(Wishes { language: wished, ..Wishes::default() }, &env).look.words.language()
    };
    assert_eq!(told(None, &[("LANG", "zh_CN.UTF-8")]), Language::Zh);
    assert_eq!(told(None, &[("LANG", "de_DE.UTF-8")]), Language::En);
    assert_eq!(told(Some(Language::Zh), &[("LANG", "de_DE.UTF-8")]), Language::Zh);
    assert_eq!(told(Some(Language::En), &[("LANG", "zh_CN.UTF-8")]), Language::En);
    assert_eq!(told(Some(Language::Zh), &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Language::En, "ASCII has no Chinese");
}

#[test]
fn the_screens_in_chinese() {
    let busy = || {
        as_the_engine_tells(Snapshot {
            incidents: fixture::busy().incidents.into_iter().map(eventful).collect(),
            ..fixture::busy()
        })
    };
    let screens = [
        ("overview", "1"),
        ("incident", "2"),
        ("slo", "1 d"),
        ("history", "3"),
        ("heat", "4"),
        ("replay", "5 ]"),
        ("board", "6"),
        ("help", "1 ?"),
        ("palette", "1 : r e"),
        ("cost", "2 c"),
    ];
    for (size, name) in [((120, 36), "120x36"), ((80, 24), "80x24")] {
        for (screen, keys) in screens {
            walk(chinese(busy(), size, Charset::Unicode), keys, Answers::Well).check(&format!("zh-{screen}-{name}"));
        }
    }
    for (screen, keys) in [("overview", "1"), ("incident", "2")] {
        for (size, name) in [((160, 48), "160x48"), ((60, 15), "60x15"), ((30, 8), "30x8")] {
            walk(chinese(busy(), size, Charset::Unicode), keys, Answers::Well).check(&format!("zh-{screen}-{name}"));
        }
    }
    for (screen, keys) in [("resolve", "2 R"), ("severity", "2 s"), ("merge", "2 m j"), ("note", "2 n")] {
        walk(chinese(busy(), (80, 24), Charset::Unicode), keys, Answers::Well).check(&format!("zh-{screen}-80x24"));
    }
    walk(chinese(busy(), (120, 36), Charset::Narrow), "1", Answers::Well).check("zh-overview-narrow");
    let stale = as_the_engine_tells(fixture::stale());
    chinese(stale, (120, 36), Charset::Unicode).check("zh-stale-120x36");
    let lost =
        LostLink { since: fixture::NOW, error: "no connection: connection refused".into(), tries: 2, next_try: fixture::NOW };
    let lost = as_the_engine_tells(attached(|a| a.lost = Some(lost.clone())));
    chinese(lost, (80, 24), Charset::Unicode).check("zh-lost-80x24");
    let empty = as_the_engine_tells(Snapshot { slos: vec![], incidents: vec![], ..fixture::busy() });
    chinese(empty, (80, 24), Charset::Unicode).check("zh-empty-80x24");
}

/// Texts that are the same in Chinese.
const IDENTICAL: &[&str] = &["SLI %", "5m", "1h", "6h", "24h", "SLO 1", "{} p99"];

fn code_below(folder: &str) -> Vec<(PathBuf, String)> {
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut out = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let code = std::fs::read_to_string(&path).unwrap();
            // What is below is for tests.
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            out.push((path, code));
        }
    }
    out
}

/// The literal that begins behind `mark`, each time it occurs.
fn literals<'a>(code: &'a str, mark: &str) -> Vec<&'a str> {
    let behind = code.match_indices(mark).map(|(at, _)| code[at + mark.len()..].trim_start());
    behind.filter_map(|rest| rest.strip_prefix('"')?.split_once('"').map(|(text, _)| text)).collect()
}

/// Every string literal of a file, less its comments.
fn all_literals(code: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut rest = line;
        while let Some((_, begun)) = rest.split_once('"') {
            let Some((text, after)) = begun.split_once('"') else { break };
            out.push(text);
            rest = after;
        }
    }
    out
}

#[test]
fn every_text_that_views_ask_for_has_its_chinese() {
    let (mut lacking, mut seen) = (BTreeSet::new(), 0);
    for (_, code) in code_below("src/tui").into_iter().chain(code_below("src/engine")) {
        let marks = [".say(", ".fill(", "said(", "named(", "say(model, Mood::Told,", "say(model, Mood::Failed,"];
        for text in marks.iter().flat_map(|mark| literals(&code, mark)) {
            seen += 1;
            if ZH.known(text) == text && !IDENTICAL.contains(&text) {
                lacking.insert(text.to_owned());
            }
        }
    }
    for binding in TABLE {
        for text in std::iter::once(binding.help).chain(binding.footer).chain([binding.scope.title()]) {
            if ZH.known(text) == text {
                lacking.insert(text.to_owned());
            }
        }
    }
    assert!(seen > 200, "the walk found only {seen} texts");
    assert!(lacking.is_empty(), "without Chinese: {lacking:#?}");
}

/// Sentences of `src/tui` that no screen shows: for the shell after it has ended, for files, for the crash report.
const NOT_SHOWN: &[&str] =
    &["shell/mod.rs", "shell/terminal.rs", "shell/files.rs", "update/tables.rs", "kept.rs", "keymap.rs", "glyphs.rs"];

#[test]
fn every_sentence_in_the_views_has_its_chinese() {
    let mut lacking = BTreeSet::new();
    let is_word = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase());
    for (path, code) in code_below("src/tui") {
        if NOT_SHOWN.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for text in all_literals(&code) {
            let said = sample(text);
            let sentence = said.split(|c: char| !c.is_alphanumeric()).filter(is_word).count() >= 2 && said.contains(' ');
            let known = ZH.known(text) != text || ZH.retold(text) != text;
            if sentence && !known {
                lacking.insert((path.file_name().unwrap().to_string_lossy().into_owned(), text.to_owned()));
            }
        }
    }
    // Commands, the title within a picture's file, and nouns that stand behind numbers (their table has measure words).
    let commands = ["burnledger report {id} --out {id}.md", "burnledger's dashboard", "burnledger check", "--token-file FILE"];
    assert_eq!(ZH.counted(2, "page waits", "pages wait"), "2 条通知待发");
    lacking.retain(|(_, text)| !["page waits", "pages wait"].contains(&text.as_str()));
    lacking.retain(|(_, text)| !commands.contains(&text.as_str()) && !text.contains("..="));
    assert!(lacking.is_empty(), "without Chinese: {lacking:#?}");
}

/// Files whose sentences come to screens as text, with what stands before such a sentence.
const SENTENCES: &[(&str, &[&str])] = &[
    ("src/domain/incident/decide.rs", &["refuse(", "refuse(format!("]),
    ("src/domain/incident/order.rs", &["refuse(", "refuse(format!("]),
    ("src/domain/view/command.rs", &["#[error(", "NotNow("]),
    ("src/ports.rs", &["#[error("]),
    ("src/kit/http/error.rs", &["#[error("]),
    ("src/app/desk.rs", &["no(", "NotNow(", "NotNow(format!("]),
    ("src/app/late.rs", &["Text::from("]),
    ("src/attach/mod.rs", &["=>", "Err(", "OTHER: &str ="]),
    ("src/kit/gzip.rs", &["#[error("]),
    ("src/engine/keeping.rs", &["remark(format!(", "Some(format!("]),
    ("src/engine/hold.rs", &["format!("]),
    ("src/app/intake.rs", &["let reason = ", "NotNow("]),
    ("src/engine/pages.rs", &["let why = format!(", "let by = format!("]),
    ("src/engine/courier/carry.rs", &["= format!(", "why: format!("]),
    ("src/domain/paging/delivery.rs", &["drop_it(", "why: "]),
    ("src/domain/cost/estimate/loss.rs", &["let assumption =", "NO_MORE: &str ="]),
    ("src/domain/cost/estimate/capacity.rs", &["Some("]),
    ("src/domain/cost/estimate/churn.rs", &["Some("]),
    ("src/domain/cost/estimate/overlap.rs", &["Some("]),
    ("src/domain/cost/estimate/seasonal.rs", &["let chance =", "let gaps = format!(", "let weeks = format!(", "let above ="]),
    ("src/domain/cost/revenue.rs", &["ok_or_else(||", "Err(format!("]),
    ("src/domain/cost/labour.rs", &["SPAN: &str =", "ok_or_else(||", "ok_or_else(|| format!("]),
    ("src/domain/cost/side.rs", &["Err(", "ok_or(", "ok_or_else(|| format!("]),
    ("src/domain/cost/contract.rs", &["Err(", "ok_or("]),
    ("src/domain/cost/exchange.rs", &["ok_or_else(|| format!(", "Err(format!("]),
    ("src/engine/pricing/mod.rs", &["return Some(", "then_some(", "restates("]),
    ("src/engine/pricing/streams.rs", &["Err(", "ok_or("]),
    ("src/engine/pricing/mod.rs", &["Some(format!("]),
    ("src/jobs/pushdown.rs", &["=> format!(", "let why = format!(", "            format!("]),
    ("src/notify/alertmanager.rs", &["why: format!(", "detail: format!(", "why: Text = if failed.is_empty() {"]),
    ("src/notify/answer.rs", &["why: format!("]),
    ("src/notify/email.rs", &["permanent(format!(", "told(&format!("]),
    ("src/notify/exec.rs", &["why: format!("]),
    ("src/notify/response.rs", &["let detail = format!("]),
    ("src/notify/terminal.rs", &["why: format!(", "why: "]),
    ("src/notify/webhook/template.rs", &["#[error(", "TemplateError(format!("]),
    ("src/kit/secrets.rs", &["#[error("]),
    ("src/ledger/sqlite/read.rs", &["damaged(seq, "]),
];

/// A sentence with something at its places.
fn sample(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (_, after) = after.split_once('}').unwrap_or(("", after));
        out.push('7');
        rest = after;
    }
    out + rest
}

/// The ends of sentences that stand behind something else.
const ENDS: &[(&str, &str, &[&str])] = &[
    ("src/query/plan/linear.rs", "`bad` ", &["asked(", "asked(format!(", "return Err(", "return Err(format!("]),
    ("src/notify/wecom.rs", "HTTP 200: no", &["no_because("]),
    ("src/notify/feishu.rs", "HTTP 200: no", &["no_because("]),
    ("src/notify/slack.rs", "HTTP 200: no", &["no_because("]),
    ("src/notify/dingtalk.rs", "HTTP 200: no", &["no_because(", "        "]),
    ("src/ledger/sqlite/fault.rs", "/l.db: ", &["=> ", "            "]),
];

#[test]
fn sentences_behind_something_else_are_known_by_their_form() {
    let mut lacking = BTreeSet::new();
    for (file, before, marks) in ENDS {
        let mut seen = 0;
        for (_, code) in code_below(file) {
            for text in marks.iter().flat_map(|mark| literals(&code, mark)).filter(|text| text.contains(' ')) {
                let english = match *before {
                    "HTTP 200: no" => format!("{before} ({})", sample(text)),
                    "/l.db: " if !text.contains('{') => format!("{before}{} (error)", sample(text)),
                    _ => format!("{before}{}", sample(text)),
                };
                seen += 1;
                if ZH.retold(&english) == english {
                    lacking.insert((*file, text.to_owned()));
                }
            }
        }
        assert!(seen > 0, "{file}: the walk found no sentence");
    }
    assert!(lacking.is_empty(), "without Chinese: {lacking:#?}");
}

#[test]
fn sentences_that_come_as_text_are_known_by_their_form() {
    let (mut lacking, mut seen) = (BTreeSet::new(), 0);
    for (file, marks) in SENTENCES {
        let before = seen;
        for (_, code) in code_below(file) {
            let code = code.replace("\\\"", "'");
            for text in marks.iter().flat_map(|mark| literals(&code, mark)) {
                let english = sample(text);
                if english.chars().filter(char::is_ascii_alphabetic).count() < 7 {
                    continue;
                }
                seen += 1;
                if ZH.retold(&english) == english {
                    lacking.insert((*file, text.to_owned()));
                }
            }
        }
        assert!(seen > before, "{file}: the walk found no sentence");
    }
    assert!(lacking.is_empty(), "without Chinese: {lacking:#?}");
}

/// Terms that are not used, by the table in CONTRIBUTING.md.
fn never_used() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md")).unwrap();
    let table = text.split("## Words in Chinese").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|row| row.trim_matches('|').rsplit('|').next())
        .flat_map(|cell| cell.trim().split('、'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_text_uses_a_term_that_is_not_used() {
    let (never, mut wrong, mut seen) = (never_used(), BTreeSet::new(), 0);
    assert!(never.len() > 40, "the table was not found");
    for (path, code) in code_below("src") {
        for line in code.lines().filter(|line| line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))) {
            seen += 1;
            let found = never.iter().filter(|word| line.contains(&***word));
            wrong.extend(found.map(|word| format!("{}: `{word}` in {}", path.display(), line.trim())));
        }
    }
    assert!(seen > 500, "the walk found only {seen} lines");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
