//! Reports of a whole incident, of one that just began, and of one whose every name is hostile.

use super::{Subject, regions};
use crate::domain::base::{CommitId, Currency, IncidentId, Interval, Language, Money, Ms, Seq, Severity, SloId, Span, Text};
use crate::domain::cost::{
    Amounts, CostLine, CostQuestion, CostSheet, Counted, Responder, Restates, StreamCount, month_of, price,
};
use crate::domain::incident::{
    Actor, Entry, Fact, ImpactRecord, Incident, Incidents, Note, Onset, Outcome, ReasonText, RuleFired,
};
use crate::domain::measure::Count;
use crate::domain::measure::meter::loss;
use crate::domain::objective::{Business, Counter, Labour, RevenueStream, SeasonalRules, StreamMethod, ValueIs};
use crate::domain::review::{Beside, BurnSeries, PostmortemFacts, SloQuery};
use crate::words::Zone;
use std::sync::Arc;

fn markdown(facts: &PostmortemFacts, zone: Zone) -> String {
    super::markdown(Subject::Incident(facts), zone, Language::En)
}

fn json(facts: &PostmortemFacts) -> serde_json::Result<String> {
    super::json(Subject::Incident(facts))
}

fn at(clock: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-17T{clock}Z")).unwrap()
}

fn reason(code: &str, text: &str) -> ReasonText {
    ReasonText { code: code.into(), value: 0.0147, threshold: 0.01, text: text.into() }
}

fn rule(name: &str, severity: Severity) -> RuleFired {
    RuleFired { slo: SloId::new("payments", "success"), rule: name.into(), severity }
}

fn impact() -> ImpactRecord {
    ImpactRecord {
        bad: 83_419.0,
        total: Some(813_248.0),
        bad_low: 83_419.0,
        bad_high: 83_512.0,
        intervals: vec![Interval { from: at("02:17:00"), to: at("03:31:00") }],
        budget_spent: vec![(SloId::new("payments", "success"), 0.2103)],
    }
}

fn business() -> Business {
    let usd = |text: &str| Money::new(text.parse().unwrap(), Currency::parse("USD").unwrap());
    Business {
        streams: vec![RevenueStream {
            name: "payments".into(),
            services: vec!["payments".into()],
            source: None,
            method: StreamMethod::FailedTransactions,
            failed: Some(Counter {
                query: r#"payments_total{job="payments", outcome="failed"}"#.into(),
                count: Count::default(),
            }),
            total: None,
            orders: None,
            sessions: None,
            seasonal: SeasonalRules::default(),
            rebound: None,
            value: usd("31.80"),
            value_is: ValueIs::Gmv,
            recovered_fraction: "0.40".parse().unwrap(),
        }],
        labour: Some(Labour {
            rates: [("sre".into(), usd("110.00"))].into(),
            default_role: Some("sre".into()),
            ..Labour::default()
        }),
        file: "slos/business.yaml".into(),
        ..Business::new(Currency::parse("USD").unwrap())
    }
}

fn cost(people: &[&str]) -> CostSheet {
    let mut counted = Counted::failed(83_419.0, impact().intervals, 2, 592, "http://localhost:9090".into());
    counted.amounts = Amounts::Failed { failed: 83_419.0, low: 83_419.0, high: 83_512.0 };
    let time = Interval { from: at("02:26:10"), to: at("03:31:00") };
    let responders = people.iter().map(|p| Responder { person: (*p).into(), time, declared: false }).collect();
    let question = CostQuestion {
        services: vec!["payments".into()],
        streams: vec![StreamCount { stream: "payments".into(), counted: Ok(counted) }],
        responders,
        booked_month: month_of(at("02:17:00")),
        ..CostQuestion::default()
    };
    price(&question, &business())
}

/// Folds facts into an incident, one entry each.
fn folded(facts: Vec<(&str, Actor, Fact)>) -> Incident {
    let entries: Vec<Entry> = facts
        .into_iter()
        .enumerate()
        .map(|(n, (clock, actor, fact))| Entry {
            seq: Seq(n as u64 + 7),
            incident: IncidentId(1),
            fact,
            at: at(clock),
            recorded_at: at(clock),
            actor,
            source: "watch".into(),
            corrects: None,
            commit: CommitId(format!("c{n}").into()),
            hash: [n as u8 + 0xa0; 32],
        })
        .collect();
    let all = Incidents::replay(&entries);
    assert_eq!(all.problems(), []);
    Incident::clone(all.get(IncidentId(1)).unwrap())
}

fn onset() -> Onset {
    Onset {
        service: "payments".into(),
        slos: vec![SloId::new("payments", "success")],
        severity: Some(Severity::P1),
        rules: vec![rule("error ratio > 1% for 2m", Severity::P1)],
        reasons: vec![reason("error_ratio", "error ratio 3.10% over 1m, above 1% for 2m")],
        impact_start: at("02:17:00"),
        detected: at("02:23:00"),
        rulebook: "5f0c".into(),
        drill: false,
    }
}

fn paged(kind: &str, severity: Severity, created: &str, detail: &str) -> Fact {
    Fact::Paged {
        receiver: "oncall".into(),
        kind: kind.into(),
        severity,
        created: at(created),
        attempts: 2,
        outcome: Outcome::Delivered,
        detail: detail.into(),
    }
}

fn person(name: &str) -> Actor {
    Actor::Person(name.into())
}

fn whole() -> Incident {
    let raised = Fact::SeverityChanged {
        from: Severity::P1,
        to: Severity::P0,
        rules: vec![rule("error ratio > 5% for 30s", Severity::P0)],
        reasons: vec![reason("error_ratio", "error ratio 6.61% over 1m, above 5% for 30s")],
    };
    folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset())),
        ("02:23:03", Actor::Auto, paged("first", Severity::P1, "02:23:00", "HTTP 200")),
        ("02:26:10", person("bo"), Fact::Acknowledged),
        ("02:42:15", Actor::Auto, raised),
        ("02:42:17", Actor::Auto, paged("raised", Severity::P0, "02:42:15", "HTTP 200")),
        ("03:05:40", person("bo"), Fact::Note("pool exhausted | see [graph](https://g.example) <b>now</b>".into())),
        ("03:31:00", Actor::Auto, Fact::Mitigated { reason: "".into(), impact: Some(impact()) }),
        ("03:46:00", Actor::Auto, Fact::Costed(cost(&[]))),
        ("03:46:00", Actor::Auto, Fact::Resolved { reason: "".into(), impact: None }),
        ("03:50:00", Actor::Auto, Fact::Costed(cost(&["bo"]))),
    ])
}

#[test]
fn notes_that_are_to_be_done_or_read_by_customers_have_places_of_their_own() {
    let note = |text: &str, action_item, customer_visible| Fact::Note(Note { text: text.into(), action_item, customer_visible });
    let mut plain = whole();
    let incident = folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset())),
        ("02:30:00", person("bo"), note("raise the <b>pool</b>", true, false)),
        ("02:31:00", person("bo"), note("orders fail for some of you", false, true)),
    ]);
    let told = |incident: &Incident, language| {
        let facts = PostmortemFacts::of(incident, Beside::default());
        crate::report::markdown(Subject::Incident(&facts), Zone::Utc, language)
    };
    let en = told(&incident, Language::En);
    let actions = en.split("## Action items").nth(1).unwrap();
    assert!(actions.starts_with("\n\nNoted during the incident:\n\n- raise the &lt;b&gt;pool&lt;/b&gt; (bo, 2026-"), "{actions}");
    let customers = en.split("## What customers may be told").nth(1).unwrap();
    assert!(customers.contains("02:31:00 UTC: orders fail for some of you"), "{customers}");
    assert!(!customers.split("## ").next().unwrap().contains("bo"), "customers read no names");
    let zh = told(&incident, Language::Zh);
    assert!(zh.contains("## 可向客户说明的内容") && zh.contains("事故期间记下的："), "{zh}");
    plain.entries.retain(|e| !matches!(e.fact, Fact::Note(_)));
    assert!(!told(&plain, Language::En).contains("customers may be told"));
}

fn burn() -> BurnSeries {
    let rise = (0..120).map(|n| match n {
        0..=20 => 0.2,
        50..=55 => f32::NAN,
        21..=94 => 4.0 + (n as f32 - 20.0) * 2.4,
        _ => 0.3,
    });
    BurnSeries {
        slo: SloId::new("payments", "success"),
        window: Span::from_mins(5),
        from: at("02:00:00"),
        to: at("04:00:00"),
        values: rise.collect::<Vec<f32>>().into(),
        levels: vec![("P0".into(), 14.4), ("P1".into(), 6.0)],
    }
}

fn facts(incident: &Incident) -> PostmortemFacts {
    PostmortemFacts::of(incident, Beside { burn: Some(burn()), slos: Vec::new(), rulebook: Some("77aa".into()) })
}

#[test]
fn the_whole_report() {
    insta::assert_snapshot!(markdown(&facts(&whole()), Zone::parse("Asia/Shanghai").unwrap()));
}

#[test]
fn what_the_server_added_up_is_said_beside_its_queries() {
    let why = "`payments_total` matches 9000 series, more than 5000 (`count_up_to`)";
    let summed = format!("added up by the server, not counted: {why}; {}", loss(Span::from_mins(1)));
    let query = SloQuery {
        slo: SloId::new("payments", "success"),
        queries: vec![("total", "payments_total".into())],
        summed: Some(summed.into()),
    };
    let facts = PostmortemFacts { queries: vec![query], ..facts(&whole()) };
    let text = markdown(&facts, Zone::Utc);
    assert!(
        text.contains("added up by the server, not counted\\: ") && text.contains("counts are extrapolated over 1m"),
        "{text}"
    );
    let text = super::markdown(Subject::Incident(&facts), Zone::Utc, Language::Zh);
    assert!(
        text.contains("由服务器求和，不逐个计数：") && text.contains("匹配 9000 条序列") && text.contains("计数按 1m 外推"),
        "{text}"
    );
    let told: serde_json::Value = serde_json::from_str(&json(&facts).unwrap()).unwrap();
    assert!(told["queries"][0]["summed"].as_str().is_some_and(|how| how.starts_with("added up by the server")), "{told}");
    assert!(!markdown(&self::facts(&whole()), Zone::Utc).contains("added up by the server"));
}

#[test]
fn what_is_not_known_is_said_so_and_never_zero() {
    let open = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset()))]);
    let text = markdown(&PostmortemFacts::of(&open, Beside::default()), Zone::Utc);
    for told in [
        "payments: what users lost has not been measured. Cost: not estimated. It is not over.",
        "| TTA | unknown: nobody acknowledged it |",
        "| TTM | not yet |",
        "Impact has not been measured: the counts are unknown, which does not mean that nothing failed.",
        "No samples were at hand when this report was made, so the burn rate is not drawn.",
        "No cost is recorded for this incident: not estimated, which does not mean that it was free.",
        "No page has reached its end.",
        "| Impact lasted | unknown |",
        "- No page was made.\n- No receiver accepted a page.\n- Nobody acknowledged it.\n- The end of the impact is unknown.\n- It is not resolved.",
        "Queries of the SLOs: the SLO files were not at hand when this report was made.",
    ] {
        assert!(text.contains(told), "{told}\n---\n{text}");
    }
}

#[test]
fn text_from_outside_cannot_become_markup() {
    let evil: Text =
        "x|y\n# Heading\n<script>alert(1)</script> [a](javascript:b) `c` <!-- burnledger:end summary --> \u{1b}[31m\u{202e}"
            .into();
    let onset = Onset { service: evil.clone(), reasons: vec![reason("x", &evil)], ..onset() };
    let incident = folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset)),
        ("02:24:00", Actor::Person(evil.clone()), Fact::Note(evil.clone().into())),
        ("02:25:00", Actor::Auto, paged(&evil, Severity::P1, "02:23:00", &evil)),
        ("02:26:00", Actor::Auto, Fact::Costed(cost(&[&evil]))),
    ]);
    let text = markdown(&PostmortemFacts::of(&incident, Beside::default()), Zone::Utc);
    // The name stands inside code in the formula, where nothing acts and the fence is longer than its own backticks.
    assert_eq!(text.matches("`` sum of time × rate = x|y").count(), 1);
    let prose: String = text.lines().filter(|l| !l.starts_with("``")).collect();
    assert!(!prose.contains("<script"), "HTML is neutral");
    assert!(!prose.contains("](javascript"), "no links");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "nothing acts on a terminal");
    assert!(!text.lines().any(|l| l.starts_with("# Heading")), "no headings");
    // Marks of regions are found only where the report puts them.
    assert_eq!(text.lines().filter(|l| *l == "<!-- burnledger:end summary -->").count(), 1, "{text}");
    assert_eq!(regions::keep(&text, &text).as_deref(), Ok(&*text));
    // Every row of a table has as many cells as its head.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut head = None;
    for line in text.lines() {
        match (line.starts_with('|'), head) {
            (true, None) => head = Some(cells(line)),
            (true, Some(n)) => assert_eq!(cells(line), n, "{line}"),
            (false, _) => head = None,
        }
    }
}

#[test]
fn the_json_report_has_the_contracts_fields_and_the_cost_object() {
    let value: serde_json::Value = serde_json::from_str(&json(&facts(&whole())).unwrap()).unwrap();
    assert_eq!(value["seconds"], serde_json::json!({"ttd": 360, "tta": 190, "ttm": 4440, "ttr": 5340, "impact": 4440}));
    assert_eq!(value["milestones"]["impact_end"], "2026-03-17T03:31:00Z");
    assert_eq!(value["milestones"]["closed"], serde_json::Value::Null);
    assert_eq!((value["impact"]["bad"].as_f64(), value["impact"]["bad_high"].as_f64()), (Some(83_419.0), Some(83_512.0)));
    assert_eq!((&value["cost"]["lines"][0]["amount"], &value["cost"]["complete"]), (&"1591634.52".into(), &true.into()));
    assert_eq!(value["restated"][0]["cost"]["complete"], false);
    assert_eq!(value["entries"][2]["actor"], "bo");
    assert_eq!(value["entries"][0]["hash"].as_str().map(str::len), Some(64));
    assert_eq!(value["burn"]["values"][50], serde_json::Value::Null, "unknown is null");
    let open = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset()))]);
    let value: serde_json::Value = serde_json::from_str(&json(&PostmortemFacts::of(&open, Beside::default())).unwrap()).unwrap();
    assert_eq!(
        (&value["impact"], &value["cost"], &value["burn"]),
        (&serde_json::Value::Null, &serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert_eq!(value["seconds"]["ttr"], serde_json::Value::Null);
}

#[test]
fn a_drill_and_an_early_find_are_named() {
    let onset = Onset { drill: true, impact_start: at("02:24:00"), ..onset() };
    let incident = folded(vec![("02:23:00", Actor::Auto, Fact::Opened(onset))]);
    let text = markdown(&PostmortemFacts::of(&Arc::new(incident), Beside::default()), Zone::Utc);
    assert!(text.contains("# INC-0001: payments, P1 (drill)"));
    assert!(text.contains("| TTD | 0s (found before users were hurt) |"));
}

fn html(facts: &PostmortemFacts, language: Language, draft: Option<&str>) -> String {
    super::html(Subject::Incident(facts), Zone::Utc, language, draft).unwrap()
}

fn evil() -> Text {
    "x|y\n# Heading\n<script>alert(1)</script> \" onload='x' &amp; [a](javascript:b) `c` =1+1 \u{1b}[31m\u{202e}".into()
}

fn hostile() -> Incident {
    let evil = evil();
    let onset =
        Onset { service: evil.clone(), slos: vec![SloId::new(&evil, &evil)], reasons: vec![reason("x", &evil)], ..onset() };
    folded(vec![
        ("02:23:00", Actor::Auto, Fact::Opened(onset)),
        ("02:24:00", Actor::Person(evil.clone()), Fact::Note(evil.clone().into())),
        ("02:25:00", Actor::Auto, paged(&evil, Severity::P1, "02:23:00", &evil)),
        ("02:26:00", Actor::Auto, Fact::Costed(cost(&[&evil]))),
    ])
}

/// Elements that are open, closed in their order, and nothing that runs or asks the network.
fn well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("an element without an end: {part}"));
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap().trim_end_matches('/');
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "at {part}");
        } else if !tag.ends_with('/') && !matches!(name, "!doctype" | "meta") {
            open.push(name);
        }
        assert!(!tag.contains("javascript:") && !tag.split(' ').any(|a| a.starts_with("on")), "{tag}");
        assert!(!matches!(name, "script" | "iframe" | "object" | "embed" | "link" | "img" | "base" | "form"), "{tag}");
    }
    assert_eq!(open, [] as [&str; 0]);
    assert!(!page.contains("src=") && !page.contains("url(") && !page.contains("@import"));
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "nothing acts on a terminal");
}

#[test]
fn the_page_is_one_file_that_a_reader_can_walk_through() {
    for language in [Language::En, Language::Zh] {
        let page = html(&facts(&whole()), language, None);
        well_formed(&page);
        for landmark in [
            "<header>",
            "<nav aria-label=",
            "<main id=\"report\">",
            "<footer>",
            "<html lang=",
            "Content-Security-Policy",
            "default-src 'none'",
        ] {
            assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        assert_eq!(page.matches("<table>").count(), page.matches("<caption>").count(), "every table has a caption");
        assert_eq!(page.matches("<svg").count(), page.matches("<desc").count(), "every picture is told in words");
        assert_eq!(page.matches("<svg").count(), 2, "burn and cost");
        assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
        assert_eq!(super::html_of(&page), Some("INC-0001"));
        let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|p| p.split('"').next().unwrap()).collect();
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        assert!(page.matches("<mark>TODO</mark>").count() >= 8, "judgement is visibly open");
    }
}

#[test]
fn no_form_of_a_report_lets_outside_text_act() {
    let bare = PostmortemFacts::of(&hostile(), Beside { burn: Some(burn()), ..Beside::default() });
    let draft = markdown(&bare, Zone::Utc).replace("TODO: what set it off.", &evil().replace('\n', " "));
    for language in [Language::En, Language::Zh] {
        let page = html(&bare, language, Some(&draft));
        well_formed(&page);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(page.contains("<div class=\"yours\">x|y # Heading &lt;script"), "what people wrote is there, as text");
    }
    let csv = super::csv(Subject::Incident(&bare));
    assert!(!csv.contains(['\u{1b}', '\u{202e}']));
    for cell in csv.lines().flat_map(|l| l.split(',')) {
        assert!(!cell.trim_matches('"').starts_with(['=', '+', '@']), "{cell}");
    }
    let formula = PostmortemFacts::of(
        &folded(vec![("02:23:00", Actor::Auto, Fact::Opened(Onset { service: "=HYPERLINK(1)".into(), ..onset() }))]),
        Beside::default(),
    );
    assert!(
        super::csv(Subject::Incident(&formula)).contains("fact,,service,'=HYPERLINK(1)")
            || super::csv(Subject::Incident(&formula)).contains("\"'=HYPERLINK(1)\"")
    );
}

#[test]
fn what_people_wrote_reaches_the_page_only_from_a_draft_of_the_same_incident() {
    let facts = facts(&whole());
    let draft = markdown(&facts, Zone::Utc).replace("TODO: what set it off.", "A migration took every lock.");
    let page = html(&facts, Language::En, Some(&draft));
    assert!(page.contains("A migration took every lock."));
    let other = super::html(Subject::Incident(&facts), Zone::Utc, Language::En, Some(&draft.replace("INC-0001", "INC-0002")));
    assert_eq!(other, Err(regions::RegionError::Other("INC-0002".into())));
    assert_eq!(
        super::html(Subject::Incident(&facts), Zone::Utc, Language::En, Some("# mine")),
        Err(regions::RegionError::NotOurs)
    );
}

/// The checklist of finance and audit, point by point, with where the report answers it.
#[test]
fn every_question_of_an_auditor_can_be_pointed_at() {
    let text = markdown(&facts(&whole()), Zone::Utc);
    for (number, place) in [
        (1, "| Is the headline GMV, revenue or margin? | gmv |"),
        (2, "| What is assumed, by whom, since when? |"),
        (3, "`F × v × (1 − r) = 83419 × 31.80 USD"),
        (4, "592 steps with samples, 2 series"),
        (5, "| What would have happened anyway? |"),
        (6, "| What came back later? |"),
        (7, "| Is anything counted twice? |"),
        (8, "| What is missing? | nothing that applies |"),
        (9, "bounds; most of the width comes from lost revenue"),
        (10, "half-even"),
        (11, "| difference |"),
        (12, "| Which period is it booked in? | 2026-03 |"),
        (13, "| Is it paid out or an opportunity cost? |"),
        (14, "| What is an incident? |"),
        (15, "each a fifth up or down: lost revenue"),
        (16, "| Who may change the rates? |"),
        (17, "about $1.6M"),
    ] {
        assert!(text.contains(place), "point {number}: `{place}`\n---\n{text}");
    }
    let asked = text.split("## Annex: what an auditor asks").nth(1).unwrap().split("\n## ").next().unwrap();
    assert_eq!(
        asked.lines().filter(|l| l.starts_with("| ")).count(),
        super::sections::audit::QUESTIONS + 2,
        "a head, a rule, the questions"
    );
}

#[test]
fn what_is_provisional_restated_or_saved_says_so() {
    let saved = CostLine {
        component: "avoided_cost".into(),
        subject: None,
        amount: Money::new("-50.00".parse().unwrap(), Currency::parse("USD").unwrap()),
        cash: true,
        ..cost(&[]).lines[0].clone()
    };
    let early = CostSheet { provisional_until: Some(at("04:31:00")), lines: vec![saved], ..cost(&[]) };
    let replaced = Restates { seq: Seq(9), total: early.total, reason: "the time has passed".into() };
    let late = CostSheet { restates: Some(replaced), provisional_until: None, ..early.clone() };
    let costed = |sheets: Vec<CostSheet>| {
        let begin = vec![("02:23:00", Actor::Auto, Fact::Opened(onset()))];
        let told = sheets.into_iter().map(|sheet| ("03:46:00", Actor::Auto, Fact::Costed(sheet)));
        folded(begin.into_iter().chain(told).collect())
    };
    let first = markdown(&facts(&costed(vec![early.clone()])), Zone::Utc);
    for told in [
        "Provisional until 2026-03-17 04:31:00 UTC: orders may come back",
        "provisional until 2026-03-17 04:31:00 UTC, then restated",
        "| derived | saved |",
        "paid out $0.00, saved $50.00, opportunity",
    ] {
        assert!(first.contains(told), "{told}\n---\n{first}");
    }
    assert!(!first.contains("| paid out |"), "{first}");
    let last = markdown(&facts(&costed(vec![early, late])), Zone::Utc);
    assert!(last.contains("| the time has passed |") && !last.contains("Provisional until"), "{last}");
}

#[test]
fn a_chinese_report_is_chinese_and_keeps_words_like_an_english_one() {
    let facts = facts(&whole());
    let text = super::markdown(Subject::Incident(&facts), Zone::Utc, Language::Zh);
    for told in
        ["## 摘要", "## 时间线", "bo 已确认", "| 状态 | 已结束 |", "收入损失 (payments)，按成交额 GMV计", "TODO：是什么触发的。"]
    {
        assert!(text.contains(told), "{told}\n---\n{text}");
    }
    for english in ["Impact", "Nobody", "unknown", "| total", "Timeline"] {
        assert!(!text.contains(english), "{english}\n---\n{text}");
    }
    let written = text.replace("TODO：是什么触发的。", "迁移锁住了所有表。");
    assert!(regions::keep(&written, &text).unwrap().contains("迁移锁住了所有表。"));
}

fn period(incidents: &[Incident]) -> crate::domain::review::PeriodFacts {
    let mut entries: Vec<Entry> = incidents.iter().flat_map(|i| i.entries.clone()).collect();
    entries.sort_by_key(|e| e.seq);
    let asked = crate::domain::review::stats::StatsQuestion { from: at("00:00:00"), to: at("23:00:00"), ..Default::default() };
    crate::domain::review::PeriodFacts::of(&Incidents::replay(&entries), asked)
}

#[test]
fn a_period_is_told_in_every_form() {
    let facts = period(&[whole()]);
    let subject = Subject::Period(&facts);
    insta::assert_snapshot!(super::markdown(subject, Zone::Utc, Language::En));
    for language in [Language::En, Language::Zh] {
        well_formed(&super::html(subject, Zone::Utc, language, None).unwrap());
    }
    let value: serde_json::Value = serde_json::from_str(&super::json(subject).unwrap()).unwrap();
    assert_eq!((&value["stats"]["groups"][0]["n"], &value["incidents"][0]["id"]), (&1.into(), &1.into()));
    assert_eq!(super::csv(subject).lines().count(), 2);
    let nothing = period(&[]);
    let text = super::markdown(Subject::Period(&nothing), Zone::Utc, Language::En);
    assert!(text.contains("No incident was detected in this period.") && text.contains("none was detected"), "{text}");
    well_formed(&super::html(Subject::Period(&period(&[hostile()])), Zone::Utc, Language::En, None).unwrap());
}
