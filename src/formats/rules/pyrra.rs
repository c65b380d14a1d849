//! Rules that Pyrra generated: `<metric>:burnrate<window>` records with the label `slo`, and `ErrorBudgetBurn` alerts.

use super::Rule;
use super::back::{comparisons, label, windowed};
use crate::domain::base::{Severity, Span, Target, Text, clean_line};
use crate::formats::import::{Doc, DocKind, DraftSlo, DraftTier, EVIDENCE, Reader, Val, head, standard_severity};
use crate::kit::yaml::Node;
use crate::query::ast::{Expr, Op};
use crate::query::parse;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A document for each SLO; Pyrra knows no services.
pub(super) fn read(r: &mut Reader<'_>, root: &Node, rules: &[Rule<'_>]) -> Vec<Doc> {
    let mut by_name: BTreeMap<&Text, Vec<&Rule<'_>>> = BTreeMap::new();
    let burns = |rule: &&Rule<'_>| rule.record.contains(":burnrate") || !comparisons(rule.expr.0).is_empty();
    for rule in rules.iter().filter(burns) {
        if let Some(name) = rule.label("slo") {
            by_name.entry(name).or_default().push(rule);
        }
    }
    by_name.into_iter().filter_map(|(name, rules)| slo(r, root, name, &rules)).collect()
}

fn slo(r: &mut Reader<'_>, root: &Node, name: &Text, rules: &[&Rule<'_>]) -> Option<Doc> {
    let mark = r.notes.len();
    let (alerts, records): (Vec<&&Rule<'_>>, Vec<&&Rule<'_>>) = rules.iter().partition(|rule| rule.record.is_empty());
    let shortest = records.iter().filter_map(|rule| Some((super::back::window_of(rule.record)?, *rule))).min_by_key(|(w, _)| *w);
    let Some((window, record)) = shortest else {
        r.out.error("incomplete-rules", &head(root), format!("the rules of `{}` have no burn rates", clean_line(name, 100)));
        return None;
    };
    let (text, node) = record.expr;
    let parts = parse(text).ok().and_then(|tree| match tree.bare() {
        Expr::Binary { op: Op::Div, left, right, .. } => Some((windowed(left.bare(), window)?, windowed(right.bare(), window)?)),
        _ => None,
    });
    let Some((errors, total)) = parts else {
        let message = format!("the burn rate of `{}` is no division of errors by all events", clean_line(name, 100));
        r.out.error("incomplete-rules", &node.span, message);
        return None;
    };
    let of_alert = |c: &super::back::Comparison| label(&c.selector, "slo").is_none_or(|slo| slo == name);
    let mut tiers = Vec::new();
    let mut target = None;
    for (i, alert) in alerts.iter().enumerate() {
        let found: Vec<_> = comparisons(alert.expr.0).into_iter().filter(of_alert).collect();
        let [a, b] = &found[..] else { continue };
        let Some(factor) = a.factor.filter(|f| !f.is_zero()) else { continue };
        target = target.or_else(|| Target::new(Decimal::ONE - (a.level / factor).round_dp(9)));
        let (short, long) = if a.window < b.window { (a.window, b.window) } else { (b.window, a.window) };
        let critical = alert.label("severity").is_some_and(|t| t.trim() == "critical");
        let severity = match (critical, i) {
            (true, 0) => Severity::P0,
            (true, _) => Severity::P1,
            _ => Severity::P2,
        };
        tiers.push(DraftTier { severity, share: None, factor: factor.normalize(), long, short });
    }
    let Some(target) = target else {
        let message = format!("no alert of `{}` says its objective", clean_line(name, 100));
        r.out.error("incomplete-rules", &node.span, message);
        return None;
    };
    tiers.retain(|tier| tier.reachable(target));
    let period = period(rules, &tiers);
    r.note(&head(record.node), EVIDENCE);
    r.note(&node.span, format!("the period is {period}, which Pyrra's windows follow from"));
    r.note(&node.span, format!("Pyrra has no services: `{}` is the SLO's own name", clean_line(name, 100)));
    let severity =
        if tiers.is_empty() { standard_severity(target, period) } else { Val::List(tiers.iter().map(DraftTier::val).collect()) };
    let group_by = crate::formats::sloth::groups(&errors, &total);
    let mut fields = vec![
        ("name", Val::own(&**name)),
        ("target", Val::own(target.to_string())),
        ("period", Val::own(period.to_string())),
        ("sli", crate::formats::sloth::pair(r, (&errors, node), (&total, node), &group_by)),
    ];
    if !group_by.is_empty() {
        fields.push(("group_by", Val::List(group_by.iter().map(|l| Val::own(&**l)).collect())));
    }
    fields.push(("severity", severity));
    let place = r.out.place(head(record.node));
    let slo = DraftSlo { place: place.clone(), fields, notes: r.notes.split_off(mark) };
    Some(Doc { kind: DocKind::Slos, place, head: vec![("service", Val::own(&**name))], slos: vec![slo], notes: Vec::new() })
}

/// Pyrra's longest long window is a seventh of the period.
fn period(rules: &[&Rule<'_>], tiers: &[DraftTier]) -> Span {
    let longest =
        tiers.iter().map(|t| t.long).max().or_else(|| rules.iter().filter_map(|rule| super::back::window_of(rule.record)).max());
    longest.map_or(Span::from_days(28), |span| span * 7)
}
