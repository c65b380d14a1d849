//! Test files in, cases and problems out.

use super::*;
use crate::domain::base::ProblemLevel;

const HEAD: &str = "version: burnledger-test/v1
inline:
  version: burnledger/v1
  service: shop
  slos:
    - name: answers
      target: 99.9%
      sli: {events: {bad: 'errors_total', total: 'requests_total'}}
";

fn told(rest: &str) -> String {
    let text = format!("{HEAD}{rest}");
    let loaded = load_bytes(Path::new("shop.test.yaml"), text.as_bytes());
    let above = HEAD.lines().count();
    let line = |p: &Problem| {
        let at = p.place.as_ref().map_or("-".into(), |p| format!("{}:{}", p.line as i64 - above as i64, p.column));
        format!("{at} {}: {}", p.code, p.message)
    };
    assert!(loaded.problems.iter().all(|p| p.level == ProblemLevel::Error), "{:?}", loaded.problems);
    let problems: Vec<String> = loaded.problems.iter().map(line).collect();
    if problems.is_empty() { format!("{} cases", loaded.cases.len()) } else { problems.join("\n") }
}

#[test]
fn a_case_is_read_whole() {
    let text = format!(
        "{HEAD}cases:
  - name: ' one '
    series:
      'requests_total{{instance=\"a\"}}': 0+10x4
      errors_total: {{values: [0x1, 5 _ 6], scrape: 30s, from: 1m}}
    from: 30s
    expect:
      - {{at: [1m, 2m15s], severity: none, burn: {{1h: '> 14.4'}}, windows: {{5m: {{bad: 1, coverage: 99.5%}}}}}}
    firings:
      - {{rule: 14.4x, from: <= 1m, to: none}}
    incidents: []
"
    );
    let loaded = load_bytes(Path::new("x.yaml"), text.as_bytes());
    assert_eq!(loaded.problems, []);
    let case = &loaded.cases[0];
    assert_eq!(
        (&*case.name, case.line, case.from, case.to),
        ("one", 10, START + Span::from_secs(30), START + Span::from_secs(180))
    );
    let (labels, samples) = &case.series[1];
    assert_eq!(labels.to_string(), "errors_total");
    let times: Vec<_> = samples.iter().map(|s| (s.at.since(START).0 / 1000, s.value)).collect();
    assert_eq!(times, [(60, 0.0), (90, 0.0), (120, 5.0), (180, 6.0)]);
    assert_eq!(case.moments.len(), 2);
    let names: Vec<&str> = case.moments[1].wants.iter().map(|w| &*w.name).collect();
    assert_eq!(names, ["severity", "burn.1h", "windows.5m.bad", "windows.5m.coverage"]);
    let firing = &case.firings.as_ref().unwrap()[0];
    assert_eq!(&*firing.text, "burn 14.4x over 1h and 5m");
    assert!(case.incidents.as_ref().unwrap().is_empty());
}

#[test]
fn everything_wrong_is_told_at_once_and_at_its_place() {
    insta::assert_snapshot!(told("cases:
  - name: one
    series: {'requests_total{': 1, errors_total: 0+1x2 oops}
    expect:
      - {at: 7s, severity: P9}
      - {at: 1m, burn: {17m: 1}, budget: {remaining: many}}
      - {at: 1m, held_back: {13x: min_bad}, firing: [99x]}
      - {severity: none}
      - {at: 1m}
  - name: two
    series: {}
    expct: []
  - series: {errors_total: 1}
    firings: [{rule: burn, slo: nope}]
    incidents: [{service: shp}]
"), @"
    3:14 bad-series: this is no series: a brace is missing
    3:56 bad-values: `oops` is no value of a series
    5:14 between-steps: `at` must be a multiple of the step, 15s
    5:28 unknown-word: unknown severity `P9`
    6:25 unknown-window: unknown window `17m` of `shop/answers`
    6:54 bad-number: `remaining` must be a number or `none`, this is `many`
    7:30 unknown-rule: unknown rule `13x` of `shop/answers`
    7:54 unknown-rule: unknown rule `99x` of `shop/answers`
    8:10 missing-field: an expectation needs `at`
    9:10 nothing-expected: nothing is expected at this instant
    12:5 unknown-field: unknown field `expct` of a case, did you mean `expect`?
    13:5 missing-field: a case needs `name`
    14:33 unknown-slo: unknown SLO `nope`
    15:27 unknown-service: unknown service `shp`, did you mean `shop`?
    ");
    assert_eq!(told("cases: []\n"), "0 cases");
    assert_eq!(
        told("start: 2026-01-01T00:00:01Z\ncases: []\n"),
        "1:8 bad-time: `start` must be a time in RFC 3339, a multiple of the step (15s)"
    );
}

#[test]
fn errors_of_rules_that_stand_in_the_file_have_their_place_there() {
    let text = HEAD.replace("99.9%", "120%") + "cases: []\n";
    let loaded = load_bytes(Path::new("x.yaml"), text.as_bytes());
    assert_eq!(loaded.problems[0].place.as_ref().unwrap().line, 7);
    let without = load_bytes(Path::new("x.yaml"), b"version: burnledger-test/v1\ncases: []\n");
    assert_eq!(without.problems[0].code, "missing-field");
    let named = load_bytes(Path::new("/nowhere/x.yaml"), b"version: burnledger-test/v1\nslos: shop.yaml\ncases: []\n");
    assert!(named.problems[0].message.starts_with("/nowhere/shop.yaml"), "{:?}", named.problems);
}

#[test]
fn test_files_may_lie_beside_the_slos() {
    use crate::formats::load_files;
    let files = [InputFile::new("shop.test.yaml", format!("{HEAD}cases: []\n"))];
    let loaded = load_files(&files, &LoadOptions::default());
    assert_eq!((loaded.rulebook.problems, loaded.slos), (vec![], 0));
}

#[test]
fn numbers_are_as_exact_as_they_are_written() {
    use crate::domain::review::casefile::Seen;
    let meets = |written: &str, seen: f64| {
        let source = Source::new("x", format!("a: '{written}'"));
        let node = compose(&source).roots[0].get("a").unwrap().clone();
        let mut out = Findings::new(&source);
        wanted::number(&mut out, &node, "a", false).unwrap().is_met(&Seen::Number(seen))
    };
    for (written, in_it, out_of_it) in [
        ("14.4", vec![14.4, 14.350_000_1, 14.449_999], vec![14.34, 14.46]),
        ("14", vec![13.6, 14.4], vec![14.6]),
        ("90%", vec![0.895, 0.904_9], vec![0.894, 0.906]),
        ("0.10%", vec![0.001, 0.001_04], vec![0.001_06]),
        ("> 14.4", vec![14.400_001], vec![14.4, 2.0]),
        ("<=1", vec![1.0, -5.0], vec![1.000_001]),
        ("-4.5x", vec![-4.5], vec![4.5]),
    ] {
        for (expected, list) in [(true, in_it), (false, out_of_it)] {
            for n in list {
                assert_eq!(meets(written, n), expected, "{written} {n}");
            }
        }
    }
}
