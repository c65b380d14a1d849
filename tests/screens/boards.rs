//! Dashboards of one's own: their pictures at every size, what their tiles ask, and what stands in a tile that has no answer.

use super::fixture;
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::base::{Labels, Ms, Span};
use burnledger::domain::view::{Answer, Dashboards, Question, Refusal, Values, ValuesAsk, ValuesRow};
use burnledger::formats::dashboards::load_bytes;
use burnledger::tui::model::Tab;
use burnledger::tui::theme::Depth;
use burnledger::tui::{Effect, Msg};
use std::sync::Arc;

const FIRST: &str = r#"
version: burnledger-dashboard/v1
title: Checkout
rows:
  - height: 3
    panels:
      - value: sum(rate(checkout_total[5m]))
        title: orders
        unit: per_second
      - value: errors_ratio
        title: failed
        unit: ratio
        above: 0.05
      - text: "Call the payments team; runbook checkout/pool. Zwölf Boxkämpfer, 订单服务."
        title: notes
        width: 2
  - panels:
      - burn: checkout-api/availability
        width: 2
      - budget: checkout-api/availability
  - height: 4
    panels:
      - heatmap: sum by (zone) (rate(checkout_total[5m]))
        by: zone
        width: 2
        unit: per_second
      - table: topk(9, sum by (zone, code) (rate(checkout_total[5m])))
        title: by zone
  - height: 2
    panels:
      - sparkline: histogram_quantile(0.99, x)
        title: p99
        unit: seconds
"#;

const SECOND: &str =
    "version: burnledger-dashboard/v1\ntitle: Second\nrows:\n  - panels: [{burn: gone/success}, {text: hello}]\n";

fn read(name: &str, text: &str) -> (Vec<Arc<burnledger::domain::view::Dashboard>>, Vec<burnledger::domain::base::Problem>) {
    let file = load_bytes(name, text);
    (file.read.into_iter().map(|r| r.dashboard).collect(), file.problems)
}

pub fn dashboards() -> Arc<Dashboards> {
    let (mut all, problems) = read("dashboards/a.yaml", FIRST);
    assert_eq!(problems, []);
    all.extend(read("dashboards/b.yaml", SECOND).0);
    Arc::new(Dashboards { all, problems })
}

fn wave(base: f64, wave: f64, cells: usize) -> Arc<[f64]> {
    (0..cells).map(|i| base + wave * (i as f64 / 9.0).sin()).collect()
}

/// Values made up by what is asked.
pub fn values(ask: &ValuesAsk) -> Values {
    let row = |labels: &[(&str, &str)], values: Arc<[f64]>| ValuesRow {
        labels: Labels::new(labels.iter().copied()),
        values,
        is_present: true,
    };
    let n = ask.cells;
    let rows = match &*ask.expr {
        text if text.starts_with("sum(rate") => vec![row(&[], wave(41.7, 0.0, n))],
        "errors_ratio" => vec![row(&[], wave(0.058, 0.0, n))],
        text if text.starts_with("sum by (zone)") => {
            let mut gone = wave(9.0, 4.0, n).to_vec();
            gone.iter_mut().take(n / 3).for_each(|v| *v = f64::NAN);
            vec![row(&[("zone", "eu-1")], wave(20.0, 9.0, n)), row(&[("zone", "上海")], gone.into())]
        }
        text if text.starts_with("topk") => (0..12)
            .map(|i| row(&[("zone", if i % 2 == 0 { "eu-1" } else { "us-2" }), ("code", "500")], wave(f64::from(20 - i), 0.0, n)))
            .collect(),
        _ => vec![row(&[], wave(0.2, 0.05, n))],
    };
    Values { from: ask.to - ask.cell * (n as i64 - 1), to: ask.to, rows, more: 0, warnings: Vec::new() }
}

/// Answers everything that was asked; by these words where it is about values.
fn answered(mut scene: Scene, how: impl Fn(&ValuesAsk) -> Result<Answer, Refusal>) -> Scene {
    let asked: Vec<(u64, Question)> = std::mem::take(&mut scene.effects)
        .into_iter()
        .filter_map(|e| if let Effect::Ask { ticket, question } = e { Some((ticket, question)) } else { None })
        .collect();
    for (ticket, question) in asked {
        let world = scene.model.live.clone().expect("a world");
        let result = match &question {
            Question::Values(ask) => how(ask),
            other => Ok(fixture::answer(&world, other)),
        };
        scene.tell(Msg::Answer { ticket, result });
    }
    scene
}

fn well(scene: Scene) -> Scene {
    answered(scene, |ask| Ok(Answer::Values(Arc::new(values(ask)))))
}

fn shown(size: (u16, u16), charset: Charset, depth: Depth) -> Scene {
    let mut scene = Scene::new(size, charset, depth).world(fixture::busy());
    scene.tell(Msg::Dashboards(dashboards()));
    well(scene.press("6"))
}

fn usual(size: (u16, u16)) -> Scene {
    shown(size, Charset::Unicode, Depth::TrueColor)
}

#[test]
fn number_keys_tabs_and_the_palette_lead_to_it_and_help_names_it() {
    let scene = usual((120, 36));
    assert_eq!((scene.model.tab, scene.model.board.at), (Tab::Board, 0));
    let scene = scene.press("Tab");
    assert_eq!(scene.model.board.at, 1);
    assert!(
        scene.text().contains("[7] Second") && scene.text().contains("no SLO `gone/success` is in force"),
        "{}",
        scene.text()
    );
    let scene = scene.press("1 7");
    assert_eq!((scene.model.tab, scene.model.board.at), (Tab::Board, 1));
    let scene = scene.press("1 :").write("check").press("Enter");
    assert_eq!((scene.model.tab, scene.model.board.at), (Tab::Board, 0), "the palette knows titles");
    let help = scene.press("?");
    assert!(help.text().contains("Checkout"), "{}", help.text());
    assert!(help.text().contains("next dashboard"), "its own keys come first: {}", help.text());
    let none = Scene::of(fixture::busy(), (80, 24)).press("6");
    assert!(none.text().contains("Write dashboards/NAME.yaml"), "{}", none.text());
    assert!(none.press("1 8").text().contains("there is no such dashboard"));
}

#[test]
fn each_tile_asks_once_a_tick_and_not_again_before_it_has_an_answer() {
    let mut scene = Scene::of(fixture::busy(), (120, 36));
    scene.tell(Msg::Dashboards(dashboards()));
    let scene = scene.press("6");
    let questions = scene.effects.iter().filter(|e| matches!(e, Effect::Ask { .. })).count();
    assert_eq!(questions, 7, "every tile but the words: {:?}", scene.effects);
    let mut later = scene;
    for seconds in [60_i64, 120, 300] {
        let mut world = fixture::busy();
        world.at = world.at.map(|at| Ms(at.0 + seconds * 1000));
        later = later.world(world);
    }
    assert_eq!(later.effects.iter().filter(|e| matches!(e, Effect::Ask { .. })).count(), 7, "a slow source is not pressed");
    let told = well(later);
    let again = told.later(1);
    assert!(again.effects.iter().filter(|e| matches!(e, Effect::Ask { .. })).count() >= 5, "then the newest instant is asked");
    let same = well(again).later(1);
    assert!(!same.effects.iter().any(|e| matches!(e, Effect::Ask { .. })), "nothing new, nothing asked");
}

#[test]
fn a_query_that_fails_says_why_and_keeps_its_last_values() {
    let refuse = |_: &ValuesAsk| Err(Refusal::NotNow("http://prom:9090 refused the query: unknown metric \x1b[31m".into()));
    let mut scene = Scene::of(fixture::busy(), (120, 36));
    scene.tell(Msg::Dashboards(dashboards()));
    let failed = answered(scene.press("6"), refuse);
    failed.check("board-failing");
    assert!(failed.text().contains("not shown: http://prom:9090 refused"), "{}", failed.text());
    let mut later = fixture::busy();
    later.at = later.at.map(|at| Ms(at.0 + 600_000));
    let stale = answered(usual((120, 36)).world(later), refuse);
    assert!(stale.text().contains("~41.7/s") && stale.text().contains("~ stale: http://prom:9090"), "{}", stale.text());
}

#[test]
fn nothing_not_a_number_and_too_much_are_told_as_such() {
    let with = |rows: Vec<ValuesRow>| {
        let mut scene = Scene::of(fixture::busy(), (120, 36));
        scene.tell(Msg::Dashboards(dashboards()));
        answered(scene.press("6"), move |ask| {
            let rows = rows.iter().map(|row| ValuesRow { values: wave(row.values[0], 0.0, ask.cells), ..row.clone() }).collect();
            Ok(Answer::Values(Arc::new(Values { rows, to: ask.to, ..Values::default() })))
        })
        .text()
    };
    let row = |value: f64, is_present| ValuesRow { labels: Labels::new([("job", "a")]), values: [value].into(), is_present };
    assert!(with(vec![]).contains("no data: the expression has n"));
    assert!(with(vec![row(f64::NAN, true)]).contains(" NaN"));
    assert!(with(vec![row(f64::INFINITY, true)]).contains("! +Inf"), "infinite errors are bad");
    assert!(with(vec![row(1.0, true), row(2.0, true)]).contains("2 series: aggregate"));
}

#[test]
fn a_broken_file_keeps_the_former_screen_and_says_so_on_it() {
    let mut scene = usual((120, 36));
    let broken = read("dashboards/a.yaml", &FIRST.replace("heatmap:", "heatmpa:")).1;
    scene.tell(Msg::Dashboards(Arc::new(Dashboards { problems: broken, ..(*dashboards()).clone() })));
    let text = scene.text();
    assert!(text.contains("41.7/s"), "{text}");
    assert!(text.contains("! dashboards/a.yaml:23:9 unknown field `heatmpa` of a panel, did you mean `heatmap`?"), "{text}");
    assert!(text.contains("the former one stays"), "{text}");
}

#[test]
fn a_changed_file_keeps_the_answers_of_tiles_that_stay() {
    let mut scene = usual((120, 36));
    let (mut all, _) = read("dashboards/a.yaml", &FIRST.replace("title: orders", "title: orders now"));
    all.push(Arc::clone(&dashboards().all[1]));
    scene.tell(Msg::Dashboards(Arc::new(Dashboards { all, problems: Vec::new() })));
    let asked = scene.effects.iter().filter(|e| matches!(e, Effect::Ask { .. })).count();
    assert_eq!(asked, 1, "only the changed tile asks");
    assert!(scene.text().contains("! 5.80%"), "{}", scene.text());
}

/// The questions that were put to the source since the last answers: expression, source, last instant, whole stretch in seconds.
fn asked(scene: &Scene) -> Vec<(String, Option<String>, Ms, i64)> {
    let ask = |e: &Effect| match e {
        Effect::Ask { question: Question::Values(ask), .. } => {
            let seconds = ask.cell.0 * ask.cells as i64 / 1000;
            Some((ask.expr.to_string(), ask.source.as_ref().map(ToString::to_string), ask.to, seconds))
        }
        _ => None,
    };
    scene.effects.iter().filter_map(ask).collect()
}

#[test]
fn time_is_moved_and_widened_as_on_the_other_screens() {
    let spark = |scene: &Scene| asked(scene).into_iter().find(|a| a.0.starts_with("histogram")).expect("the line asks");
    let now = fixture::busy().at.expect("an instant");
    let back = usual((120, 36)).press("[ [");
    let (_, _, to, _) = spark(&back);
    assert!((now - Span::from_mins(31)..now - Span::from_mins(14)).contains(&to), "{to:?}");
    let back = well(well(back).later(1));
    back.check("board-panned");
    assert!(back.text().contains("0 back to now"), "{}", back.text());
    let budgets = |scene: &Scene| scene.effects.iter().filter(|e| format!("{e:?}").contains("Remaining")).count();
    let wide = back.press("-");
    assert!(wide.text().contains("3h up to"), "{}", wide.text());
    assert_eq!(budgets(&wide), 0, "a budget stands as it stands");
    assert!(spark(&wide).3 > 3 * 3600 - 200, "{:?}", spark(&wide));
    let narrow = wide.press("+ + 0");
    assert!(narrow.text().contains("Checkout  last 30m"), "{}", narrow.text());
    let other = narrow.press("Tab Tab");
    assert!(other.text().contains("Checkout  last 1h"), "opened anew it is as its file says: {}", other.text());
}

#[test]
fn rows_that_find_no_room_are_scrolled_to_and_only_those_in_view_ask() {
    let mut scene = Scene::of(fixture::busy(), (60, 16));
    scene.tell(Msg::Dashboards(dashboards()));
    let scene = scene.press("6");
    assert!(scene.text().contains("rows 1-2 of 4: j/k"), "{}", scene.text());
    assert!(!scene.text().contains("p99") && !asked(&scene).iter().any(|a| a.0.starts_with("histogram")));
    let low = well(scene).press("j");
    assert!(low.text().contains("rows 2-3 of 4") && low.text().contains("by zone"), "{}", low.text());
    assert!(asked(&low).iter().any(|a| a.0.starts_with("topk")), "what comes into view asks");
    let low = well(low);
    low.check("board-scrolled");
    let end = low.press("j j G PageDown");
    assert!(end.text().contains("rows 3-4 of 4") && end.text().contains("p99"), "it stops at the end: {}", end.text());
    assert!(end.press("g").text().contains("rows 1-2 of 4"));
    let (all, problems) = read("dashboards/a.yaml", &FIRST.replace("height: 4", "height: 12"));
    assert_eq!(problems, []);
    let mut tall = Scene::of(fixture::busy(), (60, 16));
    tall.tell(Msg::Dashboards(Arc::new(Dashboards { all, problems })));
    let tall = tall.press("6 j j");
    assert!(tall.text().contains("this row needs a higher terminal"), "{}", tall.text());
    assert!(tall.press("j").text().contains("p99"), "what comes after it is reached");
    let high = usual((120, 48)).press("j");
    assert!(!high.text().contains("rows 1-") && high.text().contains("orders"), "where all fits nothing moves: {}", high.text());
}

#[test]
fn a_panel_asks_the_source_that_its_file_names() {
    let text = FIRST.replace("    panels:\n      - value: sum", "    panels:\n      - source: eu\n        value: sum");
    let (all, problems) = read("dashboards/a.yaml", &text);
    assert_eq!(problems, []);
    let mut scene = Scene::of(fixture::busy(), (120, 36));
    scene.tell(Msg::Dashboards(Arc::new(Dashboards { all, problems: Vec::new() })));
    let all = asked(&scene.press("6"));
    let of = |source: Option<&str>| all.iter().filter(|a| a.1.as_deref() == source).count();
    assert_eq!((of(Some("eu")), of(None) > 2), (1, true));
}

#[test]
fn a_replay_is_not_mixed_with_the_present() {
    let mut scene = Scene::of(fixture::busy(), (120, 36));
    scene.tell(Msg::Dashboards(dashboards()));
    let scene = scene.press("5").told_past().press("6");
    assert!(scene.text().contains("a dashboard shows the present"), "{}", scene.text());
}
