//! Pages as people read them.

use super::*;
use crate::domain::base::{Currency, IncidentId, Severity, Span};
use crate::domain::incident::ReasonText;
use crate::domain::paging::{DispatchId, DispatchState};
use proptest::prelude::*;

fn row(kind: DispatchKind) -> Dispatch {
    let start = Ms::parse_rfc3339("2026-03-02T02:17:00Z").unwrap();
    let usd = |n: &str| Some(Money::new(n.parse().unwrap(), Currency::parse("USD").unwrap()));
    Dispatch {
        id: DispatchId(1),
        incident: IncidentId(17),
        key: "burnledger/abc/17".into(),
        kind,
        severity: Severity::P0,
        level: 0,
        receiver: "ops".into(),
        number: 0,
        content: PageContent {
            service: "checkout".into(),
            slos: vec![SloId::new("checkout", "availability")],
            suspect: None,
            owner: Some("payments".into()),
            impact_start: Some(start),
            detected: Some(start + Span::from_secs(75)),
            resolved: None,
            reasons: vec![ReasonText {
                code: "burn_rate".into(),
                value: 28.0,
                threshold: 14.4,
                text: "burn 28.0x over 1h and 58.0x over 5m, above 14.4x".into(),
            }],
            bad: Some(1204.0),
            total: Some(20_000.0),
            budget_remaining: Some(0.579),
            cost_so_far: usd("26711.045"),
            cost_per_minute: usd("918"),
            runbook: Some("https://runbooks.example/checkout?x=1".into()),
            environment: None,
            changes: vec![],
            not_recorded: false,
            drill: false,
        },
        created: start + Span::from_secs(76),
        attempts: 0,
        next_at: start,
        state: DispatchState::Pending,
        possible_repeat: false,
        detail: "".into(),
        settled: None,
    }
}

#[test]
fn the_suspected_cause_is_named_where_there_is_one() {
    let mut row = row(DispatchKind::First);
    row.content.suspect = Some("payments\u{1b}[31m".into());
    let told = |language| page_in(&row, Zone::Utc, language).lines.iter().filter(|l| l.contains("payments")).count();
    let text = page(&row, Zone::Utc).whole();
    assert!(text.contains("\nsuspected cause: payments") && !text.contains('\u{1b}'), "{text}");
    assert!(page_in(&row, Zone::Utc, Language::Zh).whole().contains("\n疑似根因：payments"));
    assert_eq!((told(Language::En), told(Language::Zh)), (2, 2), "the owner is payments too");
}

#[test]
fn a_first_page_says_what_since_when_how_bad_why_and_what_it_costs() {
    let text = page(&row(DispatchKind::First), Zone::Utc);
    assert_eq!(
        text.whole(),
        "[P0] checkout: availability is failing (INC-0017)\n\
         why: burn 28.0x over 1h and 58.0x over 5m, above 14.4x\n\
         since 2026-03-02 02:17:00 UTC, detected 2026-03-02 02:18:15 UTC\n\
         impact: 1,204 of 20,000 events bad (6.02%), 57.9% of the error budget left\n\
         cost so far: $26,711.04, $918.00 a minute now\n\
         runbook: https://runbooks.example/checkout?x=1\n\
         owner: payments\n\
         acknowledge: burnledger incidents ack 17"
    );
    assert_eq!(text.runbook.as_deref(), Some("https://runbooks.example/checkout?x=1"));
}

#[test]
fn the_same_page_in_chinese_has_the_same_facts() {
    let text = page_in(&row(DispatchKind::First), Zone::Utc, Language::Zh);
    assert_eq!(
        text.whole(),
        "[P0] checkout：availability 不达标 (INC-0017)\n\
         原因：1h 燃烧率 28.0x（5m 58.0x），阈值 14.4x\n\
         影响始于 2026-03-02 02:17:00 UTC，发现于 2026-03-02 02:18:15 UTC\n\
         影响：20,000 个事件中 1,204 个失败（6.02%），错误预算剩余 57.9%\n\
         目前损失：$26,711.04，每分钟 $918.00\n\
         处理手册：https://runbooks.example/checkout?x=1\n\
         负责人：payments\n\
         确认：burnledger incidents ack 17"
    );
    for kind in DispatchKind::ALL {
        let title = page_in(&row(kind), Zone::Utc, Language::Zh).title;
        assert!(title.chars().any(|c| c > '\u{4e00}'), "{title}");
    }
}

#[test]
fn changes_are_told_in_chinese_from_their_parts() {
    use crate::domain::incident::{Change, ChangeRecord};
    let switch = "checkout/availability is added up by the server, not counted: `up{a=\"b: c\"}` matches 5001 series, more than 5000 \
                  (`count_up_to`)";
    let record = |kind: &str, service: Option<&str>, version: Option<&str>, by: &str, title: &str| ChangeRecord {
        id: crate::domain::base::Seq(1),
        at: Ms(0),
        by: by.into(),
        change: Change {
            title: title.into(),
            service: service.map(Into::into),
            kind: kind.into(),
            version: version.map(Into::into),
            url: None,
        },
    };
    let records = [
        record("deploy", Some("checkout"), Some("v2.3 (eu)"), "ci", "new cart: by hand"),
        record("config", None, None, "ann", "rate of 5"),
        record("deploy", None, Some("v7"), "deploy bot", "x"),
        record("measuring", Some("checkout"), None, "burnledger", switch),
    ];
    for record in records {
        for (english, when) in [("12m30s before", "12m30s 前"), ("3s after it began", "开始后 3s")] {
            let mut row = row(DispatchKind::First);
            row.content.changes = vec![format!("{english}, {}", record.words()).into()];
            let text = page_in(&row, Zone::Utc, Language::Zh);
            let told = crate::words::timeline::change_in(&record, Language::Zh);
            assert!(text.lines.contains(&format!("变更：{when}，{told}")), "{text:?}");
            assert!(!told.contains("added up"), "{told}");
        }
    }
    let mut other = row(DispatchKind::First);
    other.content.changes = vec!["something else".into()];
    assert!(page_in(&other, Zone::Utc, Language::Zh).lines.contains(&"变更：something else".to_owned()));
}

#[test]
fn every_kind_has_its_own_headline() {
    let ended = |kind| {
        let mut row = row(kind);
        row.content.resolved = row.content.impact_start.map(|s| s + Span::from_secs(1747));
        row
    };
    for (row, title) in [
        (row(DispatchKind::Raised), "[P0] checkout: raised to P0, availability is failing (INC-0017)"),
        (row(DispatchKind::Repeat), "[P0] checkout: availability is still failing, nobody acknowledged (INC-0017)"),
        (row(DispatchKind::Escalated), "[P0] checkout: availability is failing and nobody acknowledged, escalated (INC-0017)"),
        (row(DispatchKind::Reopened), "[P0] checkout: availability is failing again (INC-0017)"),
        (row(DispatchKind::NoData), "[P0] checkout: data stopped coming for availability (INC-0017)"),
        (ended(DispatchKind::Resolved), "[resolved] checkout: availability recovered after 29m07s (INC-0017)"),
        (
            ended(DispatchKind::First),
            "[P0, over] checkout: availability was failing for 29m07s and has ended before this could be delivered (INC-0017)",
        ),
        (row(DispatchKind::Test), "[TEST] burnledger can reach you; nothing is wrong (INC-0017)"),
    ] {
        assert_eq!(page(&row, Zone::Utc).title, title);
    }
}

#[test]
fn what_is_special_about_a_page_comes_first() {
    let mut emergency = row(DispatchKind::First);
    emergency.incident = IncidentId(0);
    emergency.content.not_recorded = true;
    emergency.content.environment = Some("prod-eu".into());
    emergency.possible_repeat = true;
    let text = page(&emergency, Zone::Utc);
    assert_eq!(text.title, "NOT RECORDED [P0] checkout: availability is failing in prod-eu");
    assert!(text.lines[0].contains("is not recorded"), "{:?}", text.lines);
    assert!(text.lines[1].contains("may have this page already"), "{:?}", text.lines);
}

#[test]
fn only_web_addresses_become_links() {
    for hostile in ["javascript:alert(1)", "https://x/\u{202e}y", "https://x/\"onclick=", "http://a b", "file:///etc/passwd"] {
        let mut row = row(DispatchKind::First);
        row.content.runbook = Some(hostile.into());
        assert_eq!(page(&row, Zone::Utc).runbook, None, "{hostile}");
    }
}

proptest! {
    #[test]
    fn hostile_names_neither_act_nor_flood(service in ".{0,300}", reason in "(?s).{0,2000}", slo in ".{0,200}", count in 0_usize..40) {
        let mut row = row(DispatchKind::First);
        row.content.service = service.as_str().into();
        row.content.slos = vec![SloId::new(&service, &slo); count];
        row.content.reasons[0].text = reason.as_str().into();
        row.content.reasons = vec![row.content.reasons[0].clone(); count];
        let text = page(&row, Zone::Utc);
        prop_assert!(text.title.chars().count() <= TITLE_MAX);
        prop_assert!(text.lines.len() <= REASONS_MAX + CHANGES_MAX + 10);
        for line in std::iter::once(&text.title).chain(&text.lines) {
            prop_assert!(line.chars().count() <= LINE_MAX);
            prop_assert_eq!(&escape::terminal(line), line);
        }
    }
}
