//! Prometheus rules that Sloth generated, read back: every SLO from its error ratios, its objective, its period and its alerts.
//!
//! Pyrra's are read by `rules/pyrra`. Deliberately absent: rules that nobody can tell to be of an SLO; they are refused by the
//! names of their groups.

mod back;
mod pyrra;

use super::import::{Doc, DocKind, DraftSlo, DraftTier, EVIDENCE, Reader, Val, head, present, standard_severity};
use super::native::is_label_name;
use crate::domain::base::{Severity, Span, Target, Text, clean_line};
use crate::kit::yaml::{Node, parse_decimal};
use crate::query::ast::{Expr, Op};
use crate::query::parse;
use back::{comparisons, windowed};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// One rule.
struct Rule<'n> {
    node: &'n Node,
    record: &'n str,
    expr: (&'n Text, &'n Node),
}

impl Rule<'_> {
    fn label(&self, name: &str) -> Option<&Text> {
        present(self.node, "labels").and_then(|l| l.get(name)).and_then(|n| n.text())
    }
}

/// All SLOs of a file of rules; a document for each service.
pub(super) fn read(r: &mut Reader<'_>, root: &Node) -> Vec<Doc> {
    let holder = present(root, "spec").unwrap_or(root);
    let Some(groups) = present(holder, "groups") else {
        r.out.error("no-slo-document", &head(root), "there are no groups of rules");
        return Vec::new();
    };
    let Some(groups) = r.out.list(groups, "`groups`") else { return Vec::new() };
    let mut sloth: BTreeMap<(&Text, &Text), Vec<Rule<'_>>> = BTreeMap::new();
    let mut rest: Vec<Rule<'_>> = Vec::new();
    for node in groups.iter().flat_map(|g| present(g, "rules").map(Node::one_or_many).unwrap_or_default()) {
        let expr = node.get("expr").and_then(|n| Some((n.text()?, &**n)));
        let Some(expr) = expr else { continue };
        let record = node.get("record").and_then(|n| n.text()).map_or("", |t| t.trim());
        let rule = Rule { node, record, expr };
        let label = |name| present(node, "labels").and_then(|l| l.get(name)).and_then(|n| n.text());
        match label("sloth_service").zip(label("sloth_slo")) {
            Some(id) => sloth.entry(id).or_default().push(rule),
            None => rest.push(rule),
        }
    }
    let mut docs: Vec<Doc> = Vec::new();
    let alerts: Vec<&Rule<'_>> = rest.iter().filter(|rule| rule.record.is_empty()).collect();
    for ((service, name), rules) in &sloth {
        let mark = r.notes.len();
        let draft = slo(r, name, rules, &alerts);
        let notes = r.notes.split_off(mark);
        let Some(draft) = draft else { continue };
        let draft = DraftSlo { notes, ..draft };
        let own = |d: &&mut Doc| matches!(d.head.first(), Some((_, Val::Text(text, _))) if **text == ***service);
        if let Some(doc) = docs.iter_mut().find(own) {
            doc.slos.push(draft);
        } else {
            let of = sloth.iter().filter(|((other, _), _)| other == service);
            let firsts: Vec<&Rule<'_>> = of.filter_map(|(_, rules)| rules.first()).collect();
            docs.push(document(r, root, service, &firsts, draft));
        }
    }
    let found = docs.len();
    if sloth.is_empty() {
        docs.extend(pyrra::read(r, root, &rest));
        if docs.len() == found && r.out.errors() == 0 {
            let names: Vec<String> =
                groups.iter().filter_map(|g| g.get("name")?.text()).take(5).map(|t| clean_line(t, 80).to_string()).collect();
            let message = format!("no rule is of an SLO that Sloth or Pyrra wrote (groups: {})", names.join(", "));
            r.out.error("no-slo-rules", &head(root), message);
        }
    }
    docs
}

/// A document of a service; `firsts` are rules of all its SLOs. Labels that all of them have are the service's.
fn document(r: &mut Reader<'_>, root: &Node, service: &str, firsts: &[&Rule<'_>], slo: DraftSlo) -> Doc {
    let mut labels = Vec::new();
    if let Some(node) = firsts.first().and_then(|rule| present(rule.node, "labels"))
        && let crate::kit::yaml::Value::Map(entries) = &node.value
    {
        for entry in entries.iter().filter(|e| !e.key.starts_with("sloth_") && is_label_name(&e.key)) {
            let Some(text) = entry.value.text() else { continue };
            if firsts.iter().all(|rule| rule.label(&entry.key) == Some(text)) {
                labels.push((entry.key.to_string(), r.val(&**text, &entry.value)));
            } else {
                let of = clean_line(service, 100);
                r.note(
                    &entry.key_span,
                    format!("the label `{}` is not the same for all SLOs of `{of}`: it is left out", entry.key),
                );
            }
        }
    }
    let mut fields = vec![("service", Val::own(service))];
    if !labels.is_empty() {
        fields.push(("labels", Val::Map(labels)));
    }
    Doc { kind: DocKind::Slos, place: r.out.place(head(root)), head: fields, slos: vec![slo], notes: Vec::new() }
}

/// An SLO from the rules that carry its name.
fn slo(r: &mut Reader<'_>, name: &str, rules: &[Rule<'_>], alerts: &[&Rule<'_>]) -> Option<DraftSlo> {
    let first = rules.first()?;
    let find = |record: &str| rules.iter().find(|rule| rule.record == record);
    let number = |rule: &Rule<'_>| vector(rule.expr.0);
    let Some(sli) = rules.iter().find(|rule| rule.record == "slo:sli_error:ratio_rate5m") else {
        let message =
            format!("the rules of `{}` have no `slo:sli_error:ratio_rate5m`, which holds its queries", clean_line(name, 100));
        r.out.error("incomplete-rules", &head(first.node), message);
        return None;
    };
    let Some(objective) = find("slo:objective:ratio").or_else(|| find("sloth_slo_info")) else {
        let message = format!("the rules of `{}` have no `slo:objective:ratio`", clean_line(name, 100));
        r.out.error("incomplete-rules", &head(sli.node), message);
        return None;
    };
    let share = objective.label("sloth_objective").and_then(|t| parse_decimal(t.trim())?.checked_div(Decimal::ONE_HUNDRED));
    // Sloth's floats are noisy in the last digits: 0.9990000000000001.
    let target = share.or_else(|| number(objective).map(|n| n.round_dp(9))).and_then(Target::new);
    let Some(target) = target else {
        r.out.error("bad-target", &objective.expr.1.span, "the objective is no share between 0 and 1");
        return None;
    };
    let days = find("slo:time_period:days").and_then(|rule| Some((number(rule)?, rule)));
    let period = if let Some((days, _)) = &days {
        Span(days.checked_mul(Decimal::from(Span::from_days(1).0))?.normalize().to_string().parse().ok()?)
    } else {
        r.warn(&head(sli.node), "no `slo:time_period:days` says the period: it is taken as 30d");
        Span::from_days(30)
    };
    let (val, raw, group_by) = indicator(r, sli)?;
    let mut fields = vec![
        ("name", Val::own(name)),
        ("target", r.val(target.to_string(), objective.expr.1)),
        ("period", Val::own(period.to_string())),
        ("sli", val),
    ];
    if !group_by.is_empty() {
        fields.push(("group_by", Val::List(group_by.iter().map(|l| Val::own(&**l)).collect())));
    }
    let tiers = sloth_tiers(r, name, rules, alerts, target);
    if tiers.is_empty() {
        r.note(&head(sli.node), "no alerts are among the rules: it is judged and recorded, and pages nobody (`mode: observe`)");
        fields.push(("mode", Val::own("observe")));
        fields.push(("severity", standard_severity(target, period)));
    } else {
        r.note(&head(sli.node), EVIDENCE);
        fields.push(("severity", Val::List(tiers.iter().map(DraftTier::val).collect())));
    }
    if raw {
        fields.push(("guards", Val::own("none")));
    }
    Some(DraftSlo { place: r.out.place(head(sli.node)), fields, notes: Vec::new() })
}

/// The queries of the error ratio over five minutes: `(errors)/(total)`, or a ratio alone in parentheses.
fn indicator(r: &mut Reader<'_>, rule: &Rule<'_>) -> Option<(Val, bool, Vec<Text>)> {
    let (text, node) = rule.expr;
    let tree = match parse(text) {
        Ok(tree) => tree,
        Err(error) => {
            let problem = super::native::query_problem(&r.out, node, error);
            r.out.push(problem);
            return None;
        }
    };
    let five = Span::from_mins(5);
    if let Expr::Binary { op: Op::Div, left, right, .. } = &tree
        && let (Some(errors), Some(total)) = (windowed(left.bare(), five), windowed(right.bare(), five))
    {
        if errors.contains("slo:numerator_correction") {
            let hint = "import the specification itself: budgets are weighted by traffic here without the plugin";
            r.out.error_hint("sloth-plugin", &node.span, "the errors are corrected by a plugin of Sloth", hint);
            return None;
        }
        let group_by = super::sloth::groups(&errors, &total);
        return Some((super::sloth::pair(r, (&errors, node), (&total, node), &group_by), false, group_by));
    }
    let Some(ratio) = windowed(tree.bare(), five) else {
        r.out.error("no-window", &node.span, "no range of five minutes stands in this rule, so its window cannot be told");
        return None;
    };
    if let Some((errors, total)) = super::sloth::halves(&ratio) {
        r.note(&node.span, super::sloth::COUNTED);
        return Some((super::sloth::pair(r, (&errors, node), (&total, node), &[]), false, Vec::new()));
    }
    r.note(&node.span, "an error ratio has no events to count: every minute weighs the same, and guards have nothing to look at");
    let pair = Val::map([("errors", r.val(ratio, node)), ("total", Val::own("vector(1)"))]);
    Some((Val::map([("ratio", pair)]), true, Vec::new()))
}

/// The pairs of windows of the page alert and the ticket alert.
fn sloth_tiers(r: &mut Reader<'_>, name: &str, rules: &[Rule<'_>], alerts: &[&Rule<'_>], target: Target) -> Vec<DraftTier> {
    let id = rules.iter().find_map(|rule| rule.label("sloth_id").cloned()).unwrap_or_else(|| "".into());
    let budget = Decimal::ONE - target.share();
    let mut tiers = Vec::new();
    for rule in alerts {
        let found: Vec<_> = comparisons(rule.expr.0)
            .into_iter()
            .filter(|c| c.selector.matchers().iter().any(|m| &*m.name == "sloth_id" && m.value == id))
            .collect();
        let page = rule.label("sloth_severity").is_some_and(|t| t.trim() == "page");
        for pair in found.chunks(2) {
            let [a, b] = pair else { continue };
            let (short, long) = if a.window < b.window { (a.window, b.window) } else { (b.window, a.window) };
            let severity = match (page, tiers.is_empty()) {
                (true, true) => Severity::P0,
                (true, false) => Severity::P1,
                (false, _) => Severity::P2,
            };
            let tier = DraftTier {
                severity,
                share: None,
                factor: a.factor.unwrap_or_else(|| a.level / budget).round_dp(6),
                long,
                short,
            };
            if tier.reachable(target) {
                tiers.push(tier);
            } else {
                let text =
                    format!("the pair of {long} and {short} of `{}` is left out: it could never fire", clean_line(name, 100));
                r.note(&rule.expr.1.span, text);
            }
        }
        if !found.is_empty() {
            r.note(&rule.expr.1.span, "names, labels and annotations of the alert are not carried over");
        }
    }
    tiers
}

/// The number of `vector(0.999)`.
fn vector(text: &str) -> Option<Decimal> {
    let inner = text.trim().strip_prefix("vector(")?.strip_suffix(')')?;
    parse_decimal(inner.trim())
}
