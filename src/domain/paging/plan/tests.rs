//! Plans as stories: things happen at minutes, and the pages they cause are listed as `receiver kind severity level/number`.

use super::*;
use crate::domain::base::{IncidentId, Span};
use crate::domain::paging::Route;
use proptest::prelude::*;

const START: Ms = Ms::from_secs(1_000_000);

fn text(names: &[&str]) -> Vec<Text> {
    names.iter().map(|n| Text::from(*n)).collect()
}

fn routes() -> Routes {
    let route = |owner: Option<&str>, severities: Vec<Severity>, levels: &[&[&str]]| Route {
        owner: owner.map(Into::into),
        severities,
        levels: levels.iter().map(|l| text(l)).collect(),
        ..Route::default()
    };
    Routes {
        routes: vec![
            route(None, vec![], &[&["ops"], &["lead", "ops"], &["boss"]]),
            route(Some("search"), vec![], &[&["search-pager"]]),
            route(None, vec![Severity::P2], &[&["tickets"]]),
        ],
        ..Routes::default()
    }
}

fn content() -> PageContent {
    PageContent { service: "checkout".into(), ..PageContent::default() }
}

/// An incident's pages while it goes on.
#[derive(Default)]
struct Story {
    told: Told,
}

impl Story {
    fn at(&mut self, minute: i64, owner: Option<&str>, occasion: Occasion<'_>) -> Vec<String> {
        let (routes, timing, content, now) = (routes(), Timing::default(), content(), START + Span::from_mins(minute));
        let audience =
            Audience { incident: IncidentRef::Known(IncidentId(1)), owner, routes: &routes, timing: &timing, content: &content };
        let pages = plan_pages(occasion, &self.told, &audience, now);
        assert_eq!(plan_pages(occasion, &self.told, &audience, now), pages, "a plan from the same rows is the same");
        for page in &pages {
            self.told.note(page, now);
        }
        pages.iter().map(|p| format!("{} {} {} {}/{}", p.receiver, p.kind.name(), p.severity, p.level, p.number)).collect()
    }

    fn pass(&mut self, minute: i64, severity: Severity, acknowledged: Option<Acknowledgement>) -> Vec<String> {
        self.at(minute, None, Occasion::Passed { severity, acknowledged, waiting: &[] })
    }
}

fn opened(severity: Severity) -> Occasion<'static> {
    Occasion::Opened { severity }
}

fn ack(severity: Severity, minute: i64) -> Acknowledgement {
    Acknowledgement { severity, at: START + Span::from_mins(minute) }
}

const NOBODY: [&str; 0] = [];

#[test]
fn nobody_answers_so_it_escalates_and_then_repeats() {
    let mut story = Story::default();
    assert_eq!(story.at(0, None, opened(Severity::P0)), ["ops first P0 0/0"]);
    assert_eq!(story.at(0, None, opened(Severity::P0)), NOBODY, "paged once per incident");
    assert_eq!(story.pass(4, Severity::P0, None), NOBODY);
    assert_eq!(story.pass(5, Severity::P0, None), ["lead escalated P0 1/0", "ops escalated P0 1/0"]);
    assert_eq!(story.pass(9, Severity::P0, None), NOBODY);
    assert_eq!(story.pass(10, Severity::P0, None), ["boss escalated P0 2/0"]);
    assert_eq!(story.pass(39, Severity::P0, None), NOBODY);
    let repeats = ["ops repeat P0 0/0", "lead repeat P0 1/0", "boss repeat P0 2/0"];
    assert_eq!(story.pass(40, Severity::P0, None), repeats);
    assert_eq!(story.pass(69, Severity::P0, None), NOBODY);
    assert_eq!(story.pass(70, Severity::P0, None), ["ops repeat P0 0/1", "lead repeat P0 1/1", "boss repeat P0 2/1"]);
    assert_eq!(story.at(71, None, Occasion::Resolved), ["ops resolved P0 0/0", "lead resolved P0 1/0", "boss resolved P0 2/0"]);
    assert_eq!(story.at(72, None, Occasion::Resolved), NOBODY);
}

#[test]
fn an_acknowledgement_keeps_the_pager_quiet_until_it_expires() {
    let mut story = Story::default();
    story.at(0, None, opened(Severity::P0));
    let acked = Some(ack(Severity::P0, 2));
    for minute in [5, 10, 40, 61] {
        assert_eq!(story.pass(minute, Severity::P0, acked), NOBODY, "{minute}");
    }
    assert_eq!(story.pass(62, Severity::P0, acked), ["ops repeat P0 0/0"], "a P0 acknowledgement lasts an hour");
    assert_eq!(story.pass(66, Severity::P0, acked), NOBODY);
    assert_eq!(story.pass(67, Severity::P0, acked), ["lead escalated P0 1/0", "ops escalated P0 1/0"]);
}

#[test]
fn an_acknowledged_p1_that_rises_pages_again_and_escalates_from_then() {
    let mut story = Story::default();
    story.at(0, None, opened(Severity::P1));
    let acked = Some(ack(Severity::P1, 1));
    assert_eq!(story.pass(50, Severity::P1, acked), NOBODY);
    assert_eq!(story.at(60, None, Occasion::Raised { to: Severity::P0, acknowledged: acked }), ["ops raised P0 0/0"]);
    assert_eq!(story.pass(61, Severity::P0, acked), NOBODY, "not at once: somebody was just paged");
    assert_eq!(story.pass(65, Severity::P0, acked), ["lead escalated P0 1/0", "ops escalated P0 1/0"]);
    let acked = Some(ack(Severity::P0, 66));
    assert_eq!(
        story.at(80, None, Occasion::Raised { to: Severity::P0, acknowledged: acked }),
        NOBODY,
        "fell and rose while P0 is acknowledged"
    );
}

#[test]
fn tickets_go_where_tickets_are_routed_and_are_never_repeated() {
    let mut story = Story::default();
    assert_eq!(story.at(0, None, opened(Severity::P2)), ["tickets first P2 0/0"]);
    assert_eq!(story.pass(600, Severity::P2, None), NOBODY);
    assert_eq!(
        story.at(601, None, Occasion::Raised { to: Severity::P1, acknowledged: None }),
        ["ops first P1 0/0"],
        "the pager hears of it for the first time"
    );
    assert_eq!(story.pass(602, Severity::P1, None), NOBODY, "the ticket woke nobody: escalation counts from the page");
    assert_eq!(story.at(603, None, Occasion::Resolved), ["tickets resolved P2 0/0", "ops resolved P1 0/0"]);
}

#[test]
fn a_rise_that_brings_in_a_receiver_tells_it_once() {
    let mut story = Story::default();
    story.at(0, None, opened(Severity::P2));
    assert_eq!(story.at(5, None, opened(Severity::P1)), ["ops first P1 0/0"]);
    assert_eq!(story.at(5, None, Occasion::Raised { to: Severity::P1, acknowledged: None }), NOBODY);
    assert_eq!(story.at(9, None, Occasion::Raised { to: Severity::P0, acknowledged: None }), ["ops raised P0 0/0"]);
}

#[test]
fn each_owner_is_paged_once_when_its_first_service_joins() {
    let mut story = Story::default();
    assert_eq!(story.at(0, Some("payments"), opened(Severity::P0)), ["ops first P0 0/0"]);
    assert_eq!(story.at(3, Some("search"), opened(Severity::P0)), ["search-pager first P0 0/0"]);
    assert_eq!(story.at(4, Some("search"), opened(Severity::P0)), NOBODY);
    // Another owner whose pages go to the same receiver: a page of its own, with a number of its own.
    assert_eq!(story.at(5, Some("billing"), opened(Severity::P0)), ["ops first P0 0/1"]);
    assert_eq!(story.at(9, Some("search"), Occasion::Resolved), ["search-pager resolved P0 0/0"]);
}

#[test]
fn reopening_starts_a_new_run_of_pages() {
    let mut story = Story::default();
    story.at(0, None, opened(Severity::P1));
    story.at(5, None, Occasion::Passed { severity: Severity::P1, acknowledged: None, waiting: &[] });
    story.at(20, None, Occasion::Resolved);
    assert_eq!(story.at(30, None, Occasion::Reopened { severity: Severity::P1 }), ["ops reopened P1 0/0"]);
    assert_eq!(story.pass(35, Severity::P1, None), ["lead escalated P1 1/1", "ops escalated P1 1/1"]);
    assert_eq!(story.at(40, None, Occasion::NoData { severity: Severity::P1 }), ["ops no_data P1 0/0", "lead no_data P1 1/0"]);
    assert_eq!(story.at(50, None, Occasion::Resolved), ["ops resolved P1 0/1", "lead resolved P1 1/1"]);
}

#[test]
fn what_still_waits_is_not_repeated() {
    let mut story = Story::default();
    story.at(0, Some("search"), opened(Severity::P0));
    let waiting = text(&["search-pager"]);
    let passed = |waiting| Occasion::Passed { severity: Severity::P0, acknowledged: None, waiting };
    assert_eq!(story.at(31, Some("search"), passed(&waiting)), NOBODY);
    assert_eq!(story.at(32, Some("search"), passed(&[])), ["search-pager repeat P0 0/0"]);
}

#[test]
fn the_next_page_is_foretold() {
    let (routes, timing, content) = (routes(), Timing::default(), content());
    let audience = Audience {
        incident: IncidentRef::Known(IncidentId(1)),
        owner: None,
        routes: &routes,
        timing: &timing,
        content: &content,
    };
    let mut told = Told::default();
    assert_eq!(next_page_at(Severity::P0, None, &told, &audience), None, "nobody was paged");
    for page in plan_pages(opened(Severity::P0), &told, &audience, START) {
        told.note(&page, START);
    }
    let next = |ack| next_page_at(Severity::P0, ack, &told, &audience).map(|(at, kind)| (at.since(START).0 / 60_000, kind));
    assert_eq!(next(None), Some((5, DispatchKind::Escalated)));
    assert_eq!(next(Some(ack(Severity::P0, 1))), Some((61, DispatchKind::Repeat)));
}

proptest! {
    /// Whatever happens in whatever order, no two rows are the same, and nobody is paged by time alone while it is acknowledged.
    #[test]
    fn rows_are_unique_and_quiet_is_quiet(steps in proptest::collection::vec((0..6_u8, 0..3_usize, 0..20_i64), 1..60)) {
        let (routes, timing, content) = (routes(), Timing::default(), content());
        let (mut told, mut now, mut acked) = (Told::default(), START, None::<Acknowledgement>);
        for (what, severity, wait) in steps {
            now = now + Span::from_mins(wait);
            let severity = Severity::ALL[severity];
            let audience =
                Audience { incident: IncidentRef::Opens(0), owner: None, routes: &routes, timing: &timing, content: &content };
            let occasion = match what {
                0 => Occasion::Opened { severity },
                1 => Occasion::Raised { to: severity, acknowledged: acked },
                2 => Occasion::Reopened { severity },
                3 => { acked = Some(Acknowledgement { severity, at: now }); continue }
                4 => Occasion::Resolved,
                _ => Occasion::Passed { severity, acknowledged: acked, waiting: &[] },
            };
            let pages = plan_pages(occasion, &told, &audience, now);
            if what == 5 && acked.is_some_and(|a| a.covers(severity, now)) {
                prop_assert!(pages.is_empty());
            }
            for page in &pages {
                let same = |p: &ToldPage| (p.kind, p.level, p.number) == (page.kind, page.level, page.number) && p.receiver == page.receiver;
                prop_assert!(!told.pages().iter().any(same));
                told.note(page, now);
            }
        }
    }
}
