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
