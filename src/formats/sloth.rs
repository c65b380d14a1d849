//! Sloth's specifications (`prometheus/v1`, and the Kubernetes form in camel case) and its window catalogues.
//!
//! Sloth ignores keys it does not know: they are warned of. Deliberately absent: plugins, which are Go programs.

use super::import::{Doc, DocKind, DraftSlo, DraftTier, EVIDENCE, Note, Reader, STANDARD, Val, head, key_span, listed, present};
use super::native::is_label_name;
use crate::domain::base::{Severity, Span, Target, Text, clean_line};
use crate::kit::yaml::{Node, Source, parse_decimal};
use crate::query::ast::{Expr, Fold, Grouping, Op};
use crate::query::{parse, plan_ratio, scan};
use rust_decimal::Decimal;

/// How the two forms spell their keys.
struct Keys {
    slo_plugins: &'static str,
    error: &'static str,
    total: &'static str,
    ratio: &'static str,
    page: &'static str,
    ticket: &'static str,
}

const PLAIN: Keys = Keys {
    slo_plugins: "slo_plugins",
    error: "error_query",
    total: "total_query",
    ratio: "error_ratio_query",
    page: "page_alert",
    ticket: "ticket_alert",
};
const KUBERNETES: Keys = Keys {
    slo_plugins: "sloPlugins",
    error: "errorQuery",
    total: "totalQuery",
    ratio: "errorRatioQuery",
    page: "pageAlert",
    ticket: "ticketAlert",
};
const TOOL: &str = "Sloth";

/// What Sloth's files do not say of their SLOs.
pub(super) struct How {
    /// The period.
    period: Span,
    /// Windows that take the place of Sloth's own for this period: the pairs of the page alert, then of the ticket alert.
    windows: Option<Vec<DraftTier>>,
}

impl How {
    /// The period, with the catalogue for it where there is one among the documents, as Sloth takes those that it is given.
    pub(super) fn of<'n>(period: Span, documents: impl Iterator<Item = (&'n Source, &'n Node)>) -> Self {
        let catalogue = |(source, root): (&'n Source, &'n Node)| {
            let is_one = root.get("kind").and_then(|n| n.text()).is_some_and(|t| t.trim() == "AlertWindows");
            // What is wrong with it is told when it is read for itself.
            let mut unheard = Reader::new(source);
            let (of, tiers) = windows(&mut unheard, present(root, "spec").filter(|_| is_one)?)?;
            (of == period).then_some(tiers)
        };
        let mut documents = documents;
        Self { period, windows: documents.find_map(catalogue) }
    }

    /// The pairs of windows, of the page alert first.
    fn pairs(&self) -> Vec<DraftTier> {
        // Sloth's catalogues for 28 and 30 days are the shipped policy.
        let standard =
            |(severity, percent, long, short)| DraftTier::of_share(severity, Decimal::new(percent, 2), long, short, self.period);
        self.windows.clone().unwrap_or_else(|| STANDARD.into_iter().filter_map(standard).collect())
    }
}

/// One document; absent when all of it is refused.
pub(super) fn read(r: &mut Reader<'_>, root: &Node, how: &How) -> Option<Doc> {
    let mark = r.notes.len();
    let doc = if root.get("apiVersion").is_some() { kubernetes(r, root, how) } else { plain(r, root, how) };
    let mut doc = doc?;
    doc.notes.extend(r.notes.split_off(mark));
    Some(doc)
}

fn plain(r: &mut Reader<'_>, root: &Node, how: &How) -> Option<Doc> {
    let known = ["version", "service", "labels", "slo_plugins", "slos"];
    r.known(root, "the document", &known, TOOL)?;
    let (version, node) = r.need(root, "version", "a Sloth document")?;
    if version.trim() != "prometheus/v1" {
        let message = format!("Sloth has no version `{}`", clean_line(version, 60));
        r.out.error_hint("unknown-version", &node.span, message, "it is `prometheus/v1`");
        return None;
    }
    service(r, root, root, &PLAIN, how)
}

fn kubernetes(r: &mut Reader<'_>, root: &Node, how: &How) -> Option<Doc> {
    r.known(root, "the resource", &["apiVersion", "kind", "metadata", "spec", "status"], TOOL)?;
    let (api, node) = r.need(root, "apiVersion", "a resource")?;
    if api.trim() != "sloth.slok.dev/v1" {
        r.out.error_hint(
            "unknown-version",
            &node.span,
            format!("Sloth has no API `{}`", clean_line(api, 60)),
            "it is `sloth.slok.dev/v1`",
        );
        return None;
    }
    let (kind, kind_node) = r.need(root, "kind", "a resource")?;
    let Some(spec) = present(root, "spec") else {
        r.out.error("missing-field", &head(root), "the resource has no `spec`");
        return None;
    };
    match kind.trim() {
        "PrometheusServiceLevel" => {
            if let Some(meta) = present(root, "metadata") {
                r.note(&meta.span, format!("the resource's metadata is not carried over ({})", listed(meta)));
            }
            r.known(spec, "`spec`", &["service", "labels", "sloPlugins", "slos"], TOOL)?;
            service(r, root, spec, &KUBERNETES, how)
        }
        "AlertWindows" => catalogue(r, root, spec),
        other => {
            let message = format!("`{}` of Sloth holds no SLOs", clean_line(other, 60));
            r.out.error("no-slo-document", &kind_node.span, message);
            None
        }
    }
}

fn service(r: &mut Reader<'_>, root: &Node, spec: &Node, keys: &Keys, how: &How) -> Option<Doc> {
    let (name, node) = r.need(spec, "service", "a Sloth document")?;
    let mut head_fields = vec![("service", r.val(name.trim(), node))];
    head_fields.extend(labels(r, spec));
    plugins(r, spec, keys.slo_plugins);
    let Some(list) = present(spec, "slos") else {
        r.out.error("missing-field", &head(spec), "a Sloth document needs `slos`");
        return None;
    };
    let mut slos = Vec::new();
    for item in r.out.list(list, "`slos`")? {
        let mark = r.notes.len();
        let draft = slo(r, item, keys, how);
        let notes = r.notes.split_off(mark);
        slos.extend(draft.map(|draft| DraftSlo { notes, ..draft }));
    }
    let place = r.out.place(head(root));
    let say = |text: &str| Note { place: place.clone(), text: text.into(), warning: false };
    let period = how.period;
    let notes = vec![
        say(&format!("Sloth's files do not say the period: it is taken as {period} (`--period` says another)")),
        say("Sloth's page alert is P0 (its quick pair) and P1 (its slow pair) here, its ticket alert P2"),
        say(EVIDENCE),
    ];
    let notes = if slos.is_empty() { Vec::new() } else { notes };
    Some(Doc { kind: DocKind::Slos, place, head: head_fields, slos, notes })
}

/// The labels of a service; those that Prometheus would not take are noted.
fn labels(r: &mut Reader<'_>, spec: &Node) -> Option<(&'static str, Val)> {
    let node = present(spec, "labels")?;
    let mut kept = Vec::new();
    for entry in r.out.entries(node, "`labels`")? {
        match entry.value.text() {
            Some(text) if is_label_name(&entry.key) && !text.trim().is_empty() => {
                kept.push((entry.key.to_string(), r.val(&**text, &entry.value)));
            }
            _ => r.note(
                &entry.key_span,
                format!("the label `{}` is left out: it is no label with a value", clean_line(&entry.key, 80)),
            ),
        }
    }
    (!kept.is_empty()).then_some(("labels", Val::Map(kept)))
}

/// Plugins of the document or of an SLO.
fn plugins(r: &mut Reader<'_>, node: &Node, key: &str) {
    let Some(plugins) = present(node, key) else { return };
    r.known(plugins, "the plugins", &["overridePrevious", "chain"], TOOL);
    for item in present(plugins, "chain").map(Node::one_or_many).unwrap_or_default() {
        let id = item.get("id").and_then(|n| n.text()).map_or_else(|| "?".into(), |t| clean_line(t, 120));
        let what = if id.contains("denominator_corrected") {
            "budgets are weighted by traffic here without it".to_owned()
        } else if id.starts_with("sloth.dev/core/") {
            "it makes Sloth's rules and has no equal here".to_owned()
        } else {
            "what it changes in Sloth's rules is not carried over".to_owned()
        };
        r.note(&item.span, format!("the plugin `{id}` is not run: {what}"));
    }
}

const SLO_KEYS: [&str; 7] = ["name", "objective", "description", "labels", "plugins", "sli", "alerting"];

fn slo(r: &mut Reader<'_>, item: &Node, keys: &Keys, how: &How) -> Option<DraftSlo> {
    let before = r.out.errors();
    r.known(item, "an SLO", &SLO_KEYS, TOOL)?;
    let name = r.need(item, "name", "an SLO");
    let target = objective(r, item);
    let description = r.text(item, "description");
    if let Some(labels) = present(item, "labels") {
        r.note(&key_span(item, "labels"), format!("SLOs have no labels of their own here ({})", listed(labels)));
    }
    plugins(r, item, "plugins");
    let sli = indicator(r, item, keys);
    let alerting = alerting(r, item, keys);
    let (name, target, sli) = (name?, target?, sli?);
    if r.out.errors() > before {
        return None;
    }
    let mut fields = vec![("name", r.val(name.0.trim(), name.1))];
    fields.extend(description.map(|(text, node)| ("description", r.val(&*clean_line(text, 500), node))));
    fields.push(("target", r.val(target.to_string(), item.get("objective")?)));
    fields.push(("period", Val::own(how.period.to_string())));
    fields.push(("sli", sli.val));
    if !sli.group_by.is_empty() {
        fields.push(("group_by", Val::List(sli.group_by.iter().map(|l| Val::own(&**l)).collect())));
    }
    fields.push(("severity", severity(r, item, target, &alerting, how)));
    if sli.raw {
        fields.push(("guards", Val::own("none")));
    }
    if !alerting.page && !alerting.ticket {
        fields.push(("mode", Val::own("observe")));
        r.note(
            &key_span(item, "alerting"),
            "both alerts are disabled: it is judged and recorded, and pages nobody (`mode: observe`)",
        );
    }
    let place = r.out.place(name.1.span.clone());
    Some(DraftSlo { place, fields, notes: Vec::new() })
}

fn objective(r: &mut Reader<'_>, item: &Node) -> Option<Target> {
    let (text, node) = r.need(item, "objective", "an SLO")?;
    let percent = parse_decimal(text.trim());
    let target = percent.and_then(|p| p.checked_div(Decimal::ONE_HUNDRED)).and_then(Target::new);
    if target.is_none() {
        let shown = clean_line(text, 40);
        let (message, hint) = if percent == Some(Decimal::ONE_HUNDRED) {
            (
                "an objective of 100 leaves no error budget: every burn rate would be infinite".to_owned(),
                "Sloth takes it and divides by 0; promise a little less, such as 99.99",
            )
        } else {
            (format!("the objective `{shown}` is no percentage between 0 and 100"), "objectives look like 99.9")
        };
        r.out.error_hint("bad-target", &node.span, message, hint);
    }
    target
}

/// An indicator as it will be written.
struct Indicator {
    val: Val,
    group_by: Vec<Text>,
    /// A ratio without events: nothing can be counted.
    raw: bool,
}

fn indicator(r: &mut Reader<'_>, item: &Node, keys: &Keys) -> Option<Indicator> {
    let Some(sli) = present(item, "sli") else {
        r.out.error("missing-field", &head(item), "an SLO needs `sli`");
        return None;
    };
    r.known(sli, "`sli`", &["events", "raw", "plugin"], TOOL)?;
    let kinds: Vec<&str> = ["events", "raw", "plugin"].into_iter().filter(|k| present(sli, k).is_some()).collect();
    let [kind] = kinds[..] else {
        let message = format!("`sli` needs exactly one of events, raw and plugin; this has {}", kinds.len());
        r.out.error("one-sli-kind", &sli.span, message);
        return None;
    };
    let node = present(sli, kind)?;
    match kind {
        "events" => events(r, node, keys),
        "raw" => raw(r, node, keys),
        _ => {
            let id = node.get("id").and_then(|n| n.text()).map_or_else(|| "?".into(), |t| clean_line(t, 120));
            let hint = "write its queries as `sli.events`, or import the rules that Sloth generates from it: `import rules`";
            let message = format!("the queries of the plugin `{id}` are made by a Go program, which is not run here");
            r.out.error_hint("sli-plugin", &node.span, message, hint);
            None
        }
    }
}

fn events(r: &mut Reader<'_>, node: &Node, keys: &Keys) -> Option<Indicator> {
    r.known(node, "`events`", &[keys.error, keys.total], TOOL)?;
    let error = query(r, node, keys.error);
    let total = query(r, node, keys.total);
    let (error, total) = (error?, total?);
    let (errors, all) = (error.0.trim_end(), total.0.trim_end());
    let group_by = groups(errors, all);
    if !group_by.is_empty() {
        r.note(&total.1.span, format!("the queries keep {}: a budget for each group", group_by.join(", ")));
    }
    Some(Indicator { val: pair(r, (errors, error.1), (all, total.1), &group_by), group_by, raw: false })
}

/// Two queries as events where they are counters, else as a ratio that is asked of the server.
pub(super) fn pair(r: &Reader<'_>, errors: (&str, &Node), total: (&str, &Node), group_by: &[Text]) -> Val {
    let counted =
        matches!(plan_ratio(errors.0, total.0, group_by, Span::from_secs(15)), Ok(crate::domain::measure::Plan::Counted(_)));
    let (kind, name) = if counted { ("events", "bad") } else { ("ratio", "errors") };
    Val::map([(kind, Val::map([(name, r.val(errors.0, errors.1)), ("total", r.val(total.0, total.1))]))])
}

fn raw(r: &mut Reader<'_>, node: &Node, keys: &Keys) -> Option<Indicator> {
    r.known(node, "`raw`", &[keys.ratio], TOOL)?;
    let (text, at) = query(r, node, keys.ratio)?;
    let written = text.trim_end();
    if let Some((errors, total)) = halves(written) {
        r.note(&at.span, COUNTED);
        let val = Val::map([("events", Val::map([("bad", r.val(errors, at)), ("total", r.val(total, at))]))]);
        return Some(Indicator { val, group_by: Vec::new(), raw: false });
    }
    r.note(&at.span, "an error ratio has no events to count: every minute weighs the same, and guards have nothing to look at");
    let total = Val::own("vector(1)");
    let val = Val::map([("ratio", Val::map([("errors", r.val(written, at)), ("total", total)]))]);
    Some(Indicator { val, group_by: Vec::new(), raw: true })
}

/// Said of an error ratio that is taken apart.
pub(super) const COUNTED: &str = "both sides of this division are counters: they are counted, so budgets are weighted by traffic";

/// The sides of a division of counters.
pub(super) fn halves(text: &str) -> Option<(String, String)> {
    let tree = parse(text).ok()?;
    let Expr::Binary { op: Op::Div, left, right, .. } = tree.bare() else { return None };
    let (errors, total) = (left.bare().to_string(), right.bare().to_string());
    let plan = plan_ratio(&errors, &total, &[], Span::from_secs(15)).ok()?;
    matches!(plan, crate::domain::measure::Plan::Counted(_)).then_some((errors, total))
}

/// A query, which must have its placeholder. What else is wrong with it is told by the reader of SLO files.
fn query<'n>(r: &mut Reader<'_>, node: &'n Node, key: &str) -> Option<(&'n Text, &'n Node)> {
    let (text, at) = r.need(node, key, "the indicator")?;
    let window = |l: &scan::Lexeme| l.token == scan::Token::Window;
    if scan::scan(text).is_ok_and(|tokens| !tokens.iter().any(window)) {
        let hint = "Sloth refuses it too; write `[{{.window}}]` as its range";
        r.out.error_hint("no-window", &at.span, format!("`{key}` does not use {{{{.window}}}}"), hint);
        return None;
    }
    Some((text, at))
}

/// Labels that both queries keep: Sloth has a budget for each group of them.
pub(super) fn groups(errors: &str, total: &str) -> Vec<Text> {
    let kept = |text: &str| match parse(text).ok().map(|tree| tree.bare().clone()) {
        Some(Expr::Fold { op: Fold::Sum, grouping: Grouping::By(labels), .. }) => labels,
        _ => Vec::new(),
    };
    let (a, b) = (kept(errors), kept(total));
    if a.len() == b.len() && a.iter().all(|label| b.contains(label)) { a } else { Vec::new() }
}

/// Which alerts there are.
struct Alerting {
    page: bool,
    ticket: bool,
}

fn alerting(r: &mut Reader<'_>, item: &Node, keys: &Keys) -> Alerting {
    let Some(node) = present(item, "alerting") else { return Alerting { page: true, ticket: true } };
    r.known(node, "`alerting`", &["name", "labels", "annotations", keys.page, keys.ticket], TOOL);
    carried(r, node, &[("name", "pages carry the SLO's name, not an alert's")]);
    words(r, node);
    let mut on = |key: &str| {
        let Some(alert) = present(node, key) else { return true };
        r.known(alert, "an alert", &["disable", "labels", "annotations"], TOOL);
        words(r, alert);
        alert.get("disable").and_then(|n| n.text()).is_none_or(|t| t.trim() != "true")
    };
    Alerting { page: on(keys.page), ticket: on(keys.ticket) }
}

/// Labels and annotations of alerts.
fn words(r: &mut Reader<'_>, node: &Node) {
    let routes = "alerts have no labels of their own here: receivers and routes are in the configuration";
    carried(r, node, &[("labels", routes), ("annotations", "pages write their own words")]);
}

fn carried(r: &mut Reader<'_>, node: &Node, fields: &[(&str, &str)]) {
    for (key, why) in fields {
        if let Some(value) = present(node, key) {
            r.note(&key_span(node, key), format!("`{key}` is not carried over ({}): {why}", listed(value)));
        }
    }
}

/// The tiers that Sloth's alerts are, without those that could never fire.
fn severity(r: &mut Reader<'_>, item: &Node, target: Target, alerting: &Alerting, how: &How) -> Val {
    let neither = !alerting.page && !alerting.ticket;
    let wanted = |page: bool| neither || if page { alerting.page } else { alerting.ticket };
    let mut tiers = Vec::new();
    // The page alert is the first two pairs, the ticket alert the others.
    for (i, tier) in how.pairs().into_iter().enumerate() {
        let page = i < 2;
        if !wanted(page) {
            continue;
        }
        if tier.reachable(target) {
            tiers.push(tier);
        } else {
            let pair = if page { "page" } else { "ticket" };
            let times = tier.factor.round_dp(3).normalize();
            let span = item.get("objective").map_or_else(|| head(item), |n| n.span.clone());
            let (long, short) = (tier.long, tier.short);
            r.note(&span, format!("the {pair} alert's pair of {long} and {short} is left out: {times} times the budget of {target} is more than every event"));
        }
    }
    if how.windows.is_none() && tiers.len() == STANDARD.len() {
        return Val::List(vec![Val::own("google-sre")]);
    }
    Val::List(tiers.iter().map(DraftTier::val).collect())
}

/// The period and the pairs of a catalogue of windows.
fn windows(r: &mut Reader<'_>, spec: &Node) -> Option<(Span, Vec<DraftTier>)> {
    let before = r.out.errors();
    r.known(spec, "`spec`", &["sloPeriod", "page", "ticket"], TOOL)?;
    let (_, node) = r.need(spec, "sloPeriod", "a catalogue of windows")?;
    let period = r.out.span(node, "`sloPeriod`")?;
    let mut tiers = Vec::new();
    for (alert, pair, severity) in [
        ("page", "quick", Severity::P0),
        ("page", "slow", Severity::P1),
        ("ticket", "quick", Severity::P2),
        ("ticket", "slow", Severity::P2),
    ] {
        let Some(node) = present(spec, alert).and_then(|n| present(n, pair)) else {
            r.out.error("missing-field", &head(spec), format!("a catalogue of windows needs `{alert}.{pair}`"));
            continue;
        };
        r.known(node, "a pair of windows", &["errorBudgetPercent", "shortWindow", "longWindow"], TOOL);
        let share =
            r.need(node, "errorBudgetPercent", "a pair of windows").and_then(|(_, n)| r.out.decimal(n, "`errorBudgetPercent`"));
        let mut window = |key: &str| r.need(node, key, "a pair of windows").and_then(|(_, n)| r.out.span(n, key));
        let (short, long) = (window("shortWindow"), window("longWindow"));
        let (Some(share), Some(long), Some(short)) = (share, long, short) else { continue };
        tiers.extend(DraftTier::of_share(severity, share / Decimal::ONE_HUNDRED, long, short, period));
    }
    (r.out.errors() == before).then_some((period, tiers))
}

/// `AlertWindows`: a catalogue of windows is a severity policy.
fn catalogue(r: &mut Reader<'_>, root: &Node, spec: &Node) -> Option<Doc> {
    let (period, tiers) = windows(r, spec)?;
    let file = r.out.source().name().clone();
    let stem = std::path::Path::new(&*file).file_stem().map_or_else(|| "windows".into(), |s| s.to_string_lossy());
    let name = format!("sloth-{stem}");
    let says = format!(
        "a catalogue of windows is a severity policy here: SLOs name it with `severity: [{name}]`, and Sloth's SLOs of {period} \
         that are imported with it have its windows"
    );
    r.note(&head(root), says);
    let head_fields = vec![
        ("name", Val::own(name)),
        ("period", Val::own(period.to_string())),
        ("tiers", Val::List(tiers.iter().map(DraftTier::val).collect())),
    ];
    let place = r.out.place(head(root));
    Some(Doc { kind: DocKind::Policy, place, head: head_fields, slos: Vec::new(), notes: Vec::new() })
}
