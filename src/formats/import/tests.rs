//! Whole documents in; YAML, notes and refusals out, each with its place.

use super::*;
use crate::formats::load_files;
use std::fmt::Write;

/// Everything an import says about one file, in lines: the YAML, then notes and refusals with their places.
fn check(format: Option<Format>, text: &str) -> String {
    let files = [InputFile::new("a.yaml", text)];
    let found = import_files(&files, Vec::new(), format, &Options::default());
    let mut out: String = found.files.iter().map(|f| f.yaml.as_str()).collect();
    for note in &found.notes {
        let word = if note.warning { "warning" } else { "note" };
        writeln!(out, "{word} {}:{}", note.place.line, note.place.column).unwrap();
    }
    for problem in &found.problems {
        let place = problem.place.as_ref().unwrap();
        writeln!(out, "{} {}:{}: {}", problem.code, place.line, place.column, problem.message).unwrap();
    }
    // What was written is what is used in place, and it is sound.
    let written: Vec<InputFile> = found.files.iter().map(|f| InputFile::new("b.yaml", f.yaml.clone())).collect();
    let again = load_files(&written, &LoadOptions::default());
    let errors: Vec<_> = again.rulebook.problems.iter().filter(|p| is_error(p)).collect();
    assert!(errors.is_empty() || written.is_empty(), "{errors:?}\n{out}");
    let in_place = load_files(&files, &LoadOptions::default());
    let ids = |slos: &[Arc<Slo>]| slos.iter().map(|s| (s.id.clone(), s.plan.clone(), s.tiers.clone())).collect::<Vec<_>>();
    if !written.is_empty() && format.is_none() {
        assert_eq!(ids(&again.rulebook.slos), ids(&in_place.rulebook.slos), "{out}");
    }
    out
}

const SLOTH: &str = r#"version: prometheus/v1
service: shop
labels: {team: carts, "not-a-label": x}
slos:
  - name: availability
    objective: 99.9
    description: "what people: see"
    labels: {a: b}
    sli:
      events:
        error_query: sum(rate(http_total{job="shop", code=~"5.."}[{{ .window }}]))
        total_query: sum(rate(http_total{job="shop"}[{{.window}}]))
    alerting:
      name: ShopErrors
      pageAlert: {disable: true}
      page_alert: {labels: {severity: page}}
"#;

#[test]
fn a_sloth_file_is_imported_with_a_note_for_each_field_without_an_equal() {
    insta::assert_snapshot!(check(None, SLOTH));
}

#[test]
fn what_sloth_takes_and_cannot_work_is_refused_at_its_place() {
    let slo = |rest: &str| format!("version: prometheus/v1\nservice: s\nslos:\n  - name: a\n{rest}");
    let events = "    sli: {events: {error_query: 'e_total[{{.window}}]', total_query: 'rate(t_total[{{.window}}])'}}\n";
    for (text, wanted) in [
        (
            slo(&format!("    objective: 100\n{events}")),
            "bad-target 5:16: an objective of 100 leaves no error budget: every burn rate would be infinite",
        ),
        (
            slo(&format!("    objective: 101\n{events}")),
            "bad-target 5:16: the objective `101` is no percentage between 0 and 100",
        ),
        (
            slo("    objective: 99\n    sli: {plugin: {id: x}}\n"),
            "sli-plugin 6:19: the queries of the plugin `x` are made by a Go program, which is not run here",
        ),
        (
            slo("    objective: 99\n    sli: {raw: {error_ratio_query: 'a / b'}}\n"),
            "no-window 6:36: `error_ratio_query` does not use {{.window}}",
        ),
        (slo(&format!("    objective: 99\n{events}")), "bad-query 6:33: this is a range of samples, not a value"),
        ("version: prometheus/v2\nslos: []\n".into(), "unknown-version 1:10: Sloth has no version `prometheus/v2`"),
        ("version: prometheus/v1\nservice: ''\nslos: []\n".into(), "empty-value 2:10: `service` is empty"),
        ("apiVersion: v1\nkind: Secret\n".into(), "no-slo-document 2:7: `Secret` of `v1` is no SLO document"),
    ] {
        let said = check(Some(Format::Sloth), &text);
        assert!(said.lines().any(|line| line == wanted), "{wanted}\n---\n{said}");
    }
}

#[test]
fn disabled_alerts_and_low_objectives_leave_the_tiers_that_can_fire() {
    let text = SLOTH.replace("99.9", "90").replace("page_alert: {labels: {severity: page}}", "ticket_alert: {disable: true}");
    let said = check(None, &text);
    assert!(
        said.contains("severity:\n      - severity: P1\n        budget: 5%\n        long: 6h\n        short: 30m\n"),
        "{said}"
    );
    assert!(
        said.contains("the page alert's pair of 1h and 5m is left out: 14.4 times the budget of 90% is more than every event"),
        "{said}"
    );
    let none = SLOTH
        .replace("page_alert: {labels: {severity: page}}", "page_alert: {disable: true}\n      ticket_alert: {disable: true}");
    assert!(check(None, &none).contains("mode: observe"));
}

#[test]
fn error_ratios_are_counted_where_they_can_be() {
    let raw = |query: &str| {
        SLOTH.replace("events:\n        error_query: sum(rate(http_total{job=\"shop\", code=~\"5..\"}[{{ .window }}]))\n        total_query: sum(rate(http_total{job=\"shop\"}[{{.window}}]))", &format!("raw: {{error_ratio_query: '{query}'}}"))
    };
    let counted = check(None, &raw("sum(rate(e_total[{{.window}}])) / sum(rate(t_total[{{.window}}]))"));
    assert!(counted.contains("bad: 'sum(rate(e_total[{{window}}]))'"), "{counted}");
    let asked = check(None, &raw("1 - avg(avg_over_time(ok[{{.window}}]))"));
    assert!(asked.contains("total: 'vector(1)'") && asked.contains("guards: none"), "{asked}");
}

#[test]
fn a_catalogue_of_windows_is_a_policy() {
    let pair = |p: &str| format!("{{errorBudgetPercent: {p}, shortWindow: 5m, longWindow: 1h}}");
    let text = format!(
        "apiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec:\n  sloPeriod: 7d\n  page: {{quick: {q}, slow: {s}}}\n  ticket: {{quick: {q}, slow: {s}}}\n",
        q = pair("8"),
        s = pair("12.5")
    );
    insta::assert_snapshot!(check(Some(Format::Sloth), &text));
}

const OPENSLO: &str = r#"apiVersion: openslo/v1
kind: SLO
metadata: {name: search, displayName: Searching}
spec:
  service: shop
  indicatorRef: answers
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Timeslices
  objectives:
    - {displayName: good, op: gt, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 1m}
    - {targetPercent: 99.9, timeSliceTarget: 0.5, timeSliceWindow: 5m}
  alertPolicies: [{alertPolicyRef: burning}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: answers}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: {metricSourceRef: prom, spec: {query: 'http_total{code!~"5.."}'}}}
    total: {metricSource: {metricSourceRef: prom, spec: {promql: http_total}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus, connectionDetails: {url: http://localhost}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: burning}
spec:
  alertWhenNoData: true
  conditions: [{conditionRef: fast}]
  notificationTargets: [{targetRef: mail}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 14, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, labels: {team: [a, b]}}
spec: {description: x}
"#;

#[test]
fn an_openslo_file_is_imported_with_what_it_refers_to() {
    insta::assert_snapshot!(check(None, OPENSLO));
}

#[test]
fn openslo_v1alpha_is_read_with_thresholds_and_calendars() {
    insta::assert_snapshot!(check(
        None,
        r"apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: age}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindows: [{unit: Month, count: 1, isRolling: false, calendar: {startTime: 2026-01-01 12:00:00, timeZone: Europe/Berlin}}]
  indicator: {thresholdMetric: {source: prometheus, queryType: promql, query: max(age_seconds)}}
  objectives: [{op: lte, value: 300, target: 0.9}]
"
    ));
}

#[test]
fn what_openslo_says_and_prometheus_cannot_is_refused_at_its_place() {
    for (old, new, wanted) in [
        ("type: Prometheus", "type: Datadog", "other-source 26:14: queries of `Datadog` cannot be asked of Prometheus"),
        ("duration: 4w", "duration: Week", "bad-duration 7:27: `Week` is no duration of OpenSLO"),
        ("name: prom}", "name: other}", "unknown-reference 20:44: there is no DataSource `prom` among the files"),
        (
            "op: gte",
            "op: lte",
            "condition-upside-down 41:35: with `lte` the condition holds while the burn rate is low, when all is well",
        ),
        (
            "counter: true",
            "counter: false",
            "no-counter 19:14: the values are no counters: counts of each sample cannot be counted here",
        ),
        (
            "timeSliceWindow: 1m",
            "timeSliceWindow: 7m",
            "bad-slice 10:89: `slice` must be a multiple of the step, 15s, and divide 15m",
        ),
        ("kind: burnrate", "kind: sli", "other-condition 41:21: conditions of kind `sli` are not read"),
        (
            "displayName: good",
            "indicatorRef: answers",
            "composite 10:22: the SLO has an indicator of its own beside its objectives': nobody knows which one is meant",
        ),
        (
            "budgetingMethod",
            "budgetMethod",
            "unknown-field 8:3: unknown field `budgetMethod` of `spec`, did you mean `budgetingMethod`?",
        ),
        (
            "openslo/v1\nkind: SLO",
            "openslo.com/v2alpha\nkind: SLO",
            "unknown-version 1:13: OpenSLO `openslo.com/v2alpha` is not read",
        ),
    ] {
        let said = check(Some(Format::OpenSlo), &OPENSLO.replacen(old, new, 1));
        assert!(said.lines().any(|line| line == wanted), "{wanted}\n---\n{said}");
    }
}

/// An SLO of two indicators: one for all and one in place.
fn composite(method: &str, weight: &str) -> String {
    format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: whole}}\nspec:\n  service: shop\n  budgetingMethod: {method}\n  timeWindow: [{{duration: 4w, isRolling: true}}]\n  objectives:\n  - {{target: 0.999, compositeWeight: {weight}, indicatorRef: answers}}\n  - target: 0.99\n    timeSliceTarget: 0.9\n    timeSliceWindow: 1m\n    indicator:\n      metadata: {{name: carts}}\n      spec: {{ratioMetric: {{counter: true, bad: {{metricSource: {{type: Prometheus, spec: {{query: 'carts_total{{code=\"500\"}}'}}}}}}, total: {{metricSource: {{type: Prometheus, spec: {{query: carts_total}}}}}}}}}}\n  alertPolicies:\n  - kind: AlertPolicy\n    metadata: {{name: fast}}\n    spec:\n      conditions:\n      - kind: AlertCondition\n        metadata: {{name: fast}}\n        spec: {{severity: page, condition: {{kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}}}}\n---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {{name: answers}}\nspec: {{ratioMetric: {{counter: true, good: {{metricSource: {{type: Prometheus, spec: {{query: 'hits_total{{code=\"200\"}}'}}}}}}, total: {{metricSource: {{type: Prometheus, spec: {{query: hits_total}}}}}}}}}}\n"
    )
}

#[test]
fn composites_of_openslo_are_composites_where_they_mean_the_same() {
    let said = check(Some(Format::OpenSlo), &composite("Occurrences", "3"));
    insta::assert_snapshot!(said);
    for (method, weight, wanted) in [
        ("Timeslices", "3", "composite 6:20: this composite SLO is not imported: a slice of the whole is bad when"),
        ("RatioTimeslices", "3", "composite 6:20: this composite SLO is not imported: missing parts of slices"),
        ("Occurrences", "0", "bad-number 9:38: `compositeWeight` must be a number above 0"),
    ] {
        let said = check(Some(Format::OpenSlo), &composite(method, weight));
        assert!(said.lines().any(|line| line.starts_with(wanted)), "{wanted}\n---\n{said}");
    }
    let without = composite("Occurrences", "1").replace(", indicatorRef: answers", "");
    let said = check(Some(Format::OpenSlo), &without);
    assert!(said.contains("missing-field 9:5: the SLO has no indicator") && !said.contains("whole-2"), "{said}");
}

fn pyrra(indicator: &str) -> String {
    format!(
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata:\n  name: api\n  labels: {{pyrra.dev/team: carts, role: x}}\nspec:\n  target: '99'\n  window: 4w\n  alerting: {{absent: false, severities: {{slowBurn: critical}}}}\n  indicator: {indicator}\n"
    )
}

#[test]
fn pyrra_s_indicators_are_imported() {
    let mut all = String::new();
    for indicator in [
        "{ratio: {errors: {metric: 'e_total{job=\"shop\"}'}, total: {metric: 't_total{job=\"shop\"}'}, grouping: [route]}}",
        "{latency: {success: {metric: 'h_seconds_bucket{job=\"shop\",le=\"0.25\"}'}, total: {metric: 'h_seconds_count{job=\"shop\"}'}}}",
        "{latency: {success: {metric: 'h_seconds_bucket{status=~\"5..\",le=\"1\"}'}, total: {metric: h_seconds_count}}}",
        "{latencyNative: {latency: 200ms, total: {metric: h_seconds}, grouping: [service]}}",
        "{bool_gauge: {metric: probe_success, grouping: [target]}}",
    ] {
        all.push_str(&check(None, &pyrra(indicator)));
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[test]
fn pyrra_s_windows_are_those_of_its_own_table() {
    let shown = |days: i64| {
        crate::formats::pyrra::windows(Span::from_days(days)).map(|(long, short)| format!("{long}/{short}")).join(" ")
    };
    assert_eq!(shown(28), "1h/5m 6h/30m 1d/2h 4d/6h");
    assert_eq!(shown(30), "1h4m/5m 6h26m/32m 1d1h43m/2h9m 4d6h51m/6h26m");
    assert_eq!(shown(90), "3h13m/16m 19h17m/1h36m 3d5h9m/6h26m 12d20h34m/19h17m");
    assert_eq!(shown(1), "2m/0s 13m/1m 51m/4m 3h26m/13m");
}

#[test]
fn rules_of_sloth_and_pyrra_are_read_back() {
    let sloth = r#"groups:
  - name: sloth-slo-sli-recordings-shop-a
    rules:
      - record: slo:sli_error:ratio_rate5m
        expr: (sum(rate(e_total[5m]))) / (sum(rate(t_total[5m])))
        labels: &l {sloth_id: shop-a, sloth_service: shop, sloth_slo: a, team: carts}
      - {record: "slo:objective:ratio", expr: vector(0.9990000000000001), labels: *l}
      - {record: "slo:time_period:days", expr: vector(28), labels: *l}
  - name: sloth-slo-alerts-shop-a
    rules:
      - alert: A
        expr: |
          (max(slo:sli_error:ratio_rate5m{sloth_id="shop-a"} > (13.44 * 0.0009999999999999432)) without (sloth_window)
           and max(slo:sli_error:ratio_rate1h{sloth_id="shop-a"} > (13.44 * 0.0009999999999999432)) without (sloth_window))
          or
          (max(slo:sli_error:ratio_rate30m{sloth_id="shop-a"} > (5.6 * 0.0009999999999999432)) without (sloth_window)
           and max(slo:sli_error:ratio_rate6h{sloth_id="shop-a"} > (5.6 * 0.0009999999999999432)) without (sloth_window))
        labels: {sloth_severity: page}
"#;
    let pyrra = r#"groups:
  - name: api
    rules:
      - record: t:burnrate5m
        expr: sum(rate(t_total{code="500"}[5m])) / sum(rate(t_total[5m]))
        labels: {slo: api}
      - record: t:burnrate4d
        expr: sum(rate(t_total{code="500"}[4d])) / sum(rate(t_total[4d]))
        labels: {slo: api}
      - alert: ErrorBudgetBurn
        expr: t:burnrate5m{slo="api"} > (14 * (1-0.99)) and t:burnrate1h{slo="api"} > (14 * (1-0.99))
        labels: {severity: critical, slo: api}
      - alert: ErrorBudgetBurn
        expr: t:burnrate6h{slo="api"} > (1 * (1-0.99)) and t:burnrate4d{slo="api"} > (1 * (1-0.99))
        labels: {severity: warning, slo: api}
"#;
    insta::assert_snapshot!(format!("{}\n{}", check(None, sloth), check(None, pyrra)));
    let other = check(Some(Format::Rules), "groups: [{name: g, rules: [{record: a, expr: b}]}]\n");
    assert!(other.contains("no-slo-rules 1:1: no rule is of an SLO that Sloth or Pyrra wrote (groups: g)"), "{other}");
}

#[test]
fn files_of_all_tools_can_be_used_mixed_in_place() {
    let own = "version: burnledger/v1\nservice: own\nslos:\n  - {name: a, target: 99%, sli: {events: {bad: e_total, total: t_total}}}\n";
    let ratio = pyrra("{ratio: {errors: {metric: e_total}, total: {metric: t_total}}}");
    let all = format!("{own}---\n{SLOTH}---\n{ratio}");
    let files = [InputFile::new("mixed.yaml", all), InputFile::new("o.yaml", OPENSLO)];
    let loaded = load_files(&files, &LoadOptions::default());
    let ids: Vec<&str> = loaded.rulebook.slos.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["api/api", "own/a", "shop/availability", "shop/search-1", "shop/search-2"]);
    assert!(loaded.notes.len() > 10 && !loaded.rulebook.problems.iter().any(is_error), "{:?}", loaded.rulebook.problems);
    assert_eq!((loaded.files, loaded.slos), (2, 5));
}

proptest::proptest! {
    #[test]
    fn damaged_files_never_make_it_panic(which in 0_usize..3, at in 0_usize..2_000, with in "[ -~\n]{0,6}", cut in 0_usize..40) {
        let text = [SLOTH.to_owned(), OPENSLO.to_owned(), pyrra("{bool_gauge: {metric: up}}")][which].clone();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        let damaged = format!("{}{with}{}", &text[..at], &text[end..]);
        import_files(&[InputFile::new("a.yaml", damaged)], Vec::new(), None, &Options::default());
    }
}
