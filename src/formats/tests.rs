//! Good files in all their forms, folders, and files that mean harm.

use super::*;
use crate::domain::base::{Severity, Span, Target};
use crate::domain::objective::{Births, Level, Mode, Period, Sli, Slo};
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

/// DESIGN.md section 7, as it stands there.
const DESIGN: &str = r#"
version: burnledger/v1
service: checkout
owner: payments
runbook: https://runbooks.example/checkout
depends_on: [payment-gateway]
labels: {tier: "1"}
slos:
  - name: availability
    target: 99.9%
    period: 30d                       # or {calendar: month, zone: Asia/Shanghai}
    sli:
      events:
        bad: http_requests_total{job="checkout", code=~"5.."}      # or good:
        total: http_requests_total{job="checkout"}
  - name: latency
    target: 99%
    sli:
      latency:
        histogram: http_request_duration_seconds{job="checkout"}   # _bucket and _count are implied
        under: 250ms
    breach:                           # the decision tree, on top of the tiers
      - {severity: P0, p99: 3x, for: 30s}
      - {severity: P1, p99: 1.5x, for: 2m}
  - name: order-map-resizes
    sli:
      occurrences:                    # resizes: a budget of so many per so long
        count: map_resize_total{job="checkout"}
        allowed: 6 per 1h
  - name: write-latency
    target: 99%
    sli:
      threshold:                      # any PromQL; a slice is good when the value is on the right side
        value: histogram_quantile(0.95, sum by (le) (rate(map_op_duration_seconds_bucket{job="checkout"}[5m])))
        below: 0.25
  - name: search
    target: 99.5%
    sli:
      ratio: {errors: 'sum(rate(search_errors_total[{{window}}]))', total: 'sum(rate(search_total[{{window}}]))'}
    group_by: [region]
severity: [google-sre]                # named policies, or tiers written out: {severity, burn or budget, long, short}
"#;

fn load_text(text: &str) -> Loaded {
    load_files(&[InputFile::new("a.yaml", text)], &LoadOptions::default())
}

fn codes(loaded: &Loaded) -> Vec<&'static str> {
    loaded.rulebook.problems.iter().map(|p| p.code).collect()
}

/// One SLO with these lines in it.
fn slo(lines: &str) -> Arc<Slo> {
    let text = format!("version: burnledger/v1\nservice: s\nslos:\n  - name: a\n{}", indent(lines));
    let loaded = load_text(&text);
    assert_eq!(loaded.rulebook.problems, [], "{text}");
    loaded.rulebook.slos[0].clone()
}

fn indent(lines: &str) -> String {
    lines.lines().map(|l| format!("    {l}\n")).collect::<Vec<_>>().concat()
}

const EVENTS: &str = "target: 99.9%\nsli: {events: {bad: e_total, total: t_total}}\n";

fn tiers(slo: &Slo) -> String {
    slo.tiers.iter().map(|t| format!("{} {}", t.severity, t)).collect::<Vec<_>>().join("; ")
}

#[test]
fn the_examples_of_the_repository_pass() {
    let loaded = load(&[PathBuf::from("slos")], &LoadOptions::default());
    let shown: Vec<String> = loaded.rulebook.problems.iter().map(|p| render::problem(p, false, 120)).collect();
    assert_eq!(shown, Vec::<String>::new());
    assert_eq!((loaded.files, loaded.slos, loaded.rulebook.slos.len()), (15, 5, 5), "eleven of the files are presets");
    let business = loaded.rulebook.business.unwrap();
    assert_eq!(business.streams[0].value.amount.to_string(), "42.50");
    assert_eq!(business.labour.as_ref().unwrap().rates["engineer"].amount.to_string(), "95.00");
}

#[test]
fn the_design_s_own_example_loads() {
    let loaded = load_text(DESIGN);
    // The gateway is in no file; that is all there is to say.
    let shown: Vec<String> = loaded.rulebook.problems.iter().map(|p| format!("{} {}", p.code, p.message)).collect();
    assert_eq!(shown, ["unknown-service no file has SLOs of the service `payment-gateway`"]);
    assert_eq!((loaded.slos, loaded.rulebook.slos.len()), (5, 5));
    let by_name = |name: &str| loaded.rulebook.slos.iter().find(|s| &*s.name == name).cloned();
    let availability = by_name("availability").unwrap();
    assert_eq!(availability.id.as_str(), "checkout/availability");
    assert_eq!(availability.target, Target::parse("0.999"));
    assert_eq!(availability.period, Period::Rolling(Span::from_days(30)));
    assert_eq!(
        tiers(&availability),
        "P0 burn 14.4x over 1h and 5m; P1 burn 6x over 6h and 30m; P2 burn 3x over 1d and 2h; P2 burn 1x over 3d and 6h"
    );
    let latency = by_name("latency").unwrap();
    let rules: Vec<String> = latency.breach.iter().map(|r| format!("{} {r}", r.severity)).collect();
    assert_eq!(rules, ["P0 p99 > 3x for 30s", "P1 p99 > 1.5x for 2m"]);
    assert!(matches!(&latency.sli, Sli::Latency { under_seconds, .. } if under_seconds.to_string() == "0.25"));
    let resizes = by_name("order-map-resizes").unwrap();
    assert_eq!(resizes.target, None);
    assert!(matches!(&resizes.sli, Sli::Occurrences { per, .. } if *per == Span::from_hours(1)));
    assert_eq!(by_name("write-latency").unwrap().plan.name(), "asked");
    let info = loaded.rulebook.service("checkout");
    assert_eq!(info.owner.as_deref(), Some("payments"));
    assert_eq!(info.depends_on, ["payment-gateway".into()]);
    assert_eq!(&*info.labels["tier"], "1");
}

#[test]
fn native_histograms_are_asked_of_the_server() {
    use crate::query::plan_lines;
    let asked =
        slo("target: 99%\ngroup_by: [region]\nsli: {latency: {histogram: 'h_seconds{job=\"a\"}', under: 250ms, native: true}}\n");
    assert_eq!((asked.sli.kind(), asked.plan.name()), ("ratio", "asked"));
    insta::assert_snapshot!(plan_lines(&asked.plan)[1..].join("\n"), @r#"
    errors  histogram_count(sum by (region) (rate(h_seconds{job="a"}[1m]))) * clamp_min(1 - histogram_fraction(0, 0.25, sum by (region) (rate(h_seconds{job="a"}[1m]))), 0)
    total   histogram_count(sum by (region) (rate(h_seconds{job="a"}[1m])))
    values are events a second
    "#);
}

#[test]
fn named_policies_scale_with_the_period_and_combine() {
    let fast = slo(&format!("{EVENTS}period: 90d\n"));
    assert_eq!(
        tiers(&fast),
        "P0 burn 43.2x over 1h and 5m; P1 burn 18x over 6h and 30m; P2 burn 9x over 1d and 2h; P2 burn 3x over 3d and 6h"
    );
    let both = slo(&format!("{EVENTS}severity:\n  - decision-tree\n  - {{severity: P1, budget: 5%, long: 6h, short: 30m}}\n"));
    assert_eq!(tiers(&both), "P1 burn 6x over 6h and 30m");
    // p99 rules of a policy fit latency SLOs only.
    assert_eq!(both.breach.len(), 2);
    assert!(both.breach.iter().all(|r| matches!(r.level, Level::ErrorRatio(_))));
    let latency = slo("target: 99%\nseverity: decision-tree\nsli: {latency: {histogram: h_seconds, under: 1s}}\n");
    assert_eq!(latency.breach.len(), 4);
    assert_eq!(latency.breach[0].severity, Severity::P0);
}

#[test]
fn an_slo_s_own_fields_win_over_those_of_its_document() {
    let text = format!(
        "version: burnledger/v1\nservice: s\nperiod: 28d\nmode: observe\nguards: none\nbirths: baseline\ndedupe: [replica]\n\
         target_labels: pod\nseverity: {{severity: P0, burn: 10, long: 1h, short: 5m}}\nslos:\n  - name: a\n{}  - name: b\n{}",
        indent(EVENTS),
        indent(&format!(
            "{EVENTS}period: 30d\nmode: page\nguards: {{min_bad: 5}}\nbirths: from_zero\ndedupe: [ha]\nseverity: google-sre\n"
        )),
    );
    let loaded = load_text(&text);
    assert_eq!(loaded.rulebook.problems, []);
    let [a, b] = &loaded.rulebook.slos[..] else { panic!() };
    assert_eq!(
        (a.period.span(), a.mode, a.guards, a.births),
        (Span::from_days(28), Mode::Observe, Guards::NONE, Births::Baseline)
    );
    assert_eq!((&a.dedupe[..], &a.target_labels[..], a.tiers.len()), (&["replica".into()][..], &["pod".into()][..], 1));
    assert_eq!((b.period.span(), b.mode, b.births), (Span::from_days(30), Mode::Page, Births::FromZero));
    assert_eq!(b.guards, Guards { min_bad: 5.0, ..Guards::default() });
    assert_eq!((&b.dedupe[..], b.tiers.len()), (&["ha".into()][..], 4));
}

#[test]
fn every_form_of_a_breach_rule_is_read() {
    let slo = slo(
        "target: 99%\nsli: {latency: {histogram: h_seconds, under: 250ms}}\nbreach:\n  - {severity: P0, p99: 750ms, for: 0s}\n  \
         - {severity: P1, error_ratio: 0.05, over: 5m, for: 1m}\n  - {severity: P1, burn: 2.5x, for: 3m}\n",
    );
    let rules: Vec<String> = slo.breach.iter().map(ToString::to_string).collect();
    assert_eq!(rules, ["p99 > 0.75s for 0s", "error ratio > 5% over 5m for 1m", "burn > 2.5x for 3m"]);
    let threshold = self::slo(
        "target: 99%\nsli: {threshold: {value: queue_length, above: -1.5}}\nbreach: [{severity: P2, value: 100, for: 5m}]\n",
    );
    assert_eq!(threshold.breach[0].to_string(), "value > 100 for 5m");
}

#[test]
fn several_documents_anchors_and_windows_line_breaks_work() {
    let text = "\u{feff}version: burnledger/v1\r\nservice: a\r\nslos:\r\n  - &base\r\n    name: x\r\n    target: 99%\r\n    sli: {events: {bad: e_total, total: t_total}}\r\n  - {<<: *base, name: y}\r\n---\r\nversion: burnledger/v1\r\nservice: b\r\ndepends_on: a\r\nslos:\r\n  - name: x\r\n    target: 99%\r\n    sli:\r\n      events:\r\n        bad: |\r\n          e_total{a=\"b\"}\r\n        total: t_total\r\n";
    let loaded = load_text(text);
    assert_eq!(loaded.rulebook.problems, []);
    let ids: Vec<&str> = loaded.rulebook.slos.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["a/x", "a/y", "b/x"]);
    assert!(matches!(&loaded.rulebook.slos[2].sli, Sli::Events { bad: Some(bad), .. } if &**bad == "e_total{a=\"b\"}"));
}

#[test]
fn money_and_targets_are_read_from_their_text() {
    let text = "version: burnledger-business/v1\ncurrency: CNY\nstreams:\n  - {name: a, services: [s], failed: f_total, value: 123456789.123456789, value_is: gmv, recovered_fraction: 12.5%}\nexchange: {base: USD, quote: CNY, rate: \"7.12\", as_of: 2026-03-02}\n";
    let loaded = load_files(&[InputFile::new("business.yaml", text)], &LoadOptions::default());
    assert_eq!(loaded.rulebook.problems, []);
    let business = loaded.rulebook.business.unwrap();
    assert_eq!(business.streams[0].value.amount.to_string(), "123456789.123456789");
    assert_eq!(business.streams[0].recovered_fraction.to_string(), "0.125");
    assert_eq!(business.exchange[0].rate.to_string(), "7.12");
}

#[test]
fn words_for_people_lose_their_control_characters() {
    let text = format!("version: burnledger/v1\nservice: s\nowner: \"a\\e[2Jb\"\nslos:\n  - name: a\n{}", indent(EVENTS));
    assert_eq!(load_text(&text).rulebook.service("s").owner.as_deref(), Some("a [2Jb"));
}

#[test]
fn the_hash_names_names_and_bytes() {
    let hash = |name: &str, text: &str| load_files(&[InputFile::new(name, text)], &LoadOptions::default()).rulebook.hash;
    let one = hash("a.yaml", DESIGN);
    assert_eq!(one.len(), 64);
    assert_eq!(one, hash("a.yaml", DESIGN));
    assert_ne!(one, hash("b.yaml", DESIGN));
    assert_ne!(one, hash("a.yaml", &format!("{DESIGN} ")));
}

#[test]
fn the_step_of_the_configuration_is_what_windows_are_checked_against() {
    let timing = Timing { step: Span::from_mins(1), ..Timing::default() };
    let text = format!(
        "version: burnledger/v1\nservice: s\nseverity: {{severity: P0, burn: 10, long: 1h, short: 1m}}\nslos:\n  - name: a\n{}",
        indent(EVENTS)
    );
    let loaded = load_files(&[InputFile::new("a.yaml", text)], &LoadOptions { timing, ..LoadOptions::default() });
    assert_eq!(codes(&loaded), ["window-too-short"]);
    assert_eq!(loaded.rulebook.timing, timing);
}

#[test]
fn folders_are_read_to_the_bottom_and_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let of = |service: &str| format!("version: burnledger/v1\nservice: {service}\nslos:\n  - name: a\n{}", indent(EVENTS));
    fs::create_dir_all(root.join("team/deep")).unwrap();
    fs::create_dir_all(root.join("..data")).unwrap();
    fs::write(root.join("a.yaml"), of("a")).unwrap();
    fs::write(root.join("team/deep/b.yml"), of("b")).unwrap();
    fs::write(root.join("..data/c.yaml"), of("hidden")).unwrap();
    fs::write(root.join("notes.txt"), "not yaml: [").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("team/loop")).unwrap();
        std::os::unix::fs::symlink(root.join("a.yaml"), root.join("again.yaml")).unwrap();
    }
    fs::write(root.join("business.yaml"), "version: burnledger-business/v1\ncurrency: USD\n").unwrap();
    let loaded = load(&[root.to_owned(), root.join("a.yaml")], &LoadOptions::default());
    assert_eq!(loaded.rulebook.problems, []);
    assert_eq!((loaded.files, loaded.slos), (3, 2));
    assert!(loaded.rulebook.business.is_some());
    let alone = load(&[root.join("a.yaml")], &LoadOptions::default());
    assert_eq!((alone.files, alone.slos), (2, 1), "the business file beside it comes along");
    let moved = tempfile::tempdir().unwrap();
    fs::write(moved.path().join("a.yaml"), of("a")).unwrap();
    fs::write(moved.path().join("business.yaml"), "version: burnledger-business/v1\ncurrency: USD\n").unwrap();
    let same = load(&[moved.path().to_owned()], &LoadOptions::default());
    assert_eq!(same.rulebook.hash, alone.rulebook.hash, "the folder's own path is no part of the rules");
}

#[test]
fn nothing_to_read_is_a_problem_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let empty = load(&[dir.path().to_owned()], &LoadOptions::default());
    assert_eq!(codes(&empty), ["no-files"]);
    assert!(empty.rulebook.problems[0].hint.as_ref().unwrap().contains("--slos"));
    assert_eq!(codes(&load(&[dir.path().join("nowhere")], &LoadOptions::default())), ["missing-file"]);
    fs::write(dir.path().join("latin.yaml"), b"name: caf\xe9\n").unwrap();
    fs::write(dir.path().join("huge.yaml"), vec![b'#'; 5 << 20]).unwrap();
    let mut bad = codes(&load(&[dir.path().to_owned()], &LoadOptions::default()));
    bad.sort_unstable();
    assert_eq!(bad, ["file-too-large", "not-utf8"]);
}

#[test]
fn one_broken_file_leaves_the_others_working() {
    let good = format!("version: burnledger/v1\nservice: s\nslos:\n  - name: a\n{}", indent(EVENTS));
    let files = [InputFile::new("a.yaml", "a: [\n"), InputFile::new("b.yaml", good), InputFile::new("c.yaml", "\0\u{1}")];
    let loaded = load_files(&files, &LoadOptions::default());
    assert_eq!(loaded.rulebook.slos.len(), 1);
    assert_eq!(codes(&loaded), ["yaml-syntax", "yaml-syntax"]);
}

#[test]
fn files_that_mean_harm_end_quickly_in_problems() {
    let head = "version: burnledger/v1\nservice: s\nslos:\n";
    let nested = format!("{head}  - {}", "{a: ".repeat(10_000));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        writeln!(bomb, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", ")).unwrap();
    }
    let many = format!("{head}  - &a {{name: x}}\n{}", "  - *a\n".repeat(20_000));
    let deep_query = format!(
        "{head}  - {{name: a, target: 99%, sli: {{events: {{bad: '{}x{}', total: t}}}}}}\n",
        "sum(".repeat(10_000),
        ")".repeat(10_000)
    );
    let long_line = format!("{head}  - {{name: {}, target: 99%}}\n", "x".repeat(1_000_000));
    let long_key = format!("{}: 1\n", "k".repeat(500));
    let wide = format!("{head}{}", "  - {nmae: a}\n".repeat(3_000));
    for (text, code) in [
        (nested, "too-deep"),
        (bomb, "too-many-values"),
        (many, "too-many-slos"),
        (deep_query, "bad-query"),
        (long_line, "bad-name"),
        (long_key, "unknown-field"),
        (wide, "too-many-problems"),
    ] {
        let loaded = load_text(&text);
        assert!(codes(&loaded).contains(&code), "{code}: {:?}", codes(&loaded));
        assert!(loaded.rulebook.problems.len() <= MAX_PROBLEMS + 1);
        assert!(loaded.rulebook.slos.is_empty());
        let longest = loaded.rulebook.problems.iter().map(|p| render::problem(p, true, 100).len()).max();
        assert!(longest.unwrap() < 20_000, "{code}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_loading_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let loaded = load_files(&[InputFile::new("a.yaml", bytes)], &LoadOptions::default());
        proptest::prop_assert!(loaded.rulebook.slos.is_empty());
    }

    /// The example with pieces cut out, doubled and overwritten: whatever comes, problems point into the file.
    #[test]
    fn damaged_examples_are_told_of_inside_the_file(
        cuts in proptest::collection::vec((0_usize..DESIGN.len(), 0_usize..30, "[ -~\n\t{}\\[\\]:,&*'\"|>%#é]{0,6}"), 1..4),
    ) {
        let mut text = DESIGN.to_owned();
        for (at, len, new) in cuts {
            let start = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
            let end = (start + len..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
            text.replace_range(start..end.max(start), &new);
        }
        let loaded = load_text(&text);
        for problem in &loaded.rulebook.problems {
            render::problem(problem, false, 80);
            if let Some(place) = &problem.place {
                proptest::prop_assert!(place.span.start <= place.span.end && place.span.end <= text.len());
            }
        }
    }
}
