//! `severity:`: named policies and tiers written out.

use super::breach;
use super::lint::{Kind, RuledTier};
use crate::domain::base::{Severity, Span};
use crate::domain::objective::{BreachRule, Policy, Sli, Tier};
use crate::formats::policies::DEFAULT;
use crate::kit::yaml::{Fields, Findings, Node, Value};
use rust_decimal::Decimal;
use std::ops::Range;

/// A rule and where it was written.
#[derive(Clone, Debug)]
pub(in crate::formats) struct RuleItem<T> {
    /// The rule.
    pub(in crate::formats) rule: T,
    /// Bytes of its item.
    pub(in crate::formats) span: Range<usize>,
}

const TIER_FIELDS: [&str; 5] = ["severity", "burn", "budget", "long", "short"];
const LATER: [(&str, &str); 2] =
    [("confirm", "tiers confirm by their long window"), ("after", "tiers and breach rules fire on their own")];

/// Tiers and breach rules of `severity:`; of the default policy when it is not written.
pub(super) fn read_severity(
    out: &mut Findings<'_>,
    node: Option<&Node>,
    default_place: &Range<usize>,
    policies: &[Policy],
    kind: &Kind<'_>,
) -> (Vec<RuledTier>, Vec<BreachRule>) {
    let (mut tiers, mut breaches) = (Vec::new(), Vec::new());
    let Some(node) = node else {
        take_policy(out, DEFAULT, default_place, policies, kind, &mut tiers, &mut breaches);
        return (tiers, breaches);
    };
    for item in node.one_or_many() {
        if let Value::Map(_) = &item.value {
            let period = kind.period.unwrap_or(Span::from_days(30));
            let tier = read_tier(out, item, period);
            tiers.extend(tier.map(|RuleItem { rule, span }| RuledTier { tier: rule, span, policy: None }));
        } else if let Some(name) = out.text(item, "a policy's name").cloned() {
            take_policy(out, name.trim(), &item.span, policies, kind, &mut tiers, &mut breaches);
        }
    }
    (tiers, breaches)
}

/// Tells of a `severity: []` where nothing else fires either.
pub(super) fn empty(out: &mut Findings<'_>, node: &Node) {
    if node.one_or_many().is_empty() {
        let hint = format!("name a policy, such as `severity: [{DEFAULT}]`");
        out.error_hint("empty-value", &node.span, "`severity` is empty: nothing would ever fire", hint);
    }
}

fn take_policy(
    out: &mut Findings<'_>,
    name: &str,
    span: &Range<usize>,
    policies: &[Policy],
    kind: &Kind<'_>,
    tiers: &mut Vec<RuledTier>,
    breaches: &mut Vec<BreachRule>,
) {
    let Some(policy) = super::super::policy(policies, name) else {
        let names: Vec<&str> = policies.iter().map(|p| &*p.name).collect();
        out.unknown("unknown-policy", "severity policy", name, span, &names, "");
        return;
    };
    let period = kind.period.unwrap_or(policy.period);
    for tier in &policy.tiers {
        // burn = share * period / long, and the policy's own burn is for its own period.
        let Some(factor) = scale(tier.factor, period, policy.period) else { continue };
        let tier = Tier { factor, ..tier.clone() };
        tiers.push(RuledTier { tier, span: span.clone(), policy: Some(policy.name.clone()) });
    }
    let fitting = policy.breach.iter().filter(|rule| kind.sli.is_none_or(|sli| rule.level.fits(sli)));
    let before = breaches.len();
    breaches.extend(fitting.cloned());
    if breaches.len() == before && policy.tiers.is_empty() {
        let message = format!("no rule of `{name}` fits {} SLIs", kind.sli.map_or("such", Sli::kind));
        out.warn("policy-without-rules", span, message, "name another policy, or write rules of its own");
    }
}

fn scale(factor: Decimal, period: Span, from: Span) -> Option<Decimal> {
    Some(factor.checked_mul(Decimal::from(period.0))?.checked_div(Decimal::from(from.0))?.normalize())
}

/// `{severity, burn or budget, long, short}`; a budget share becomes a burn rate by the period.
pub(in crate::formats) fn read_tier(out: &mut Findings<'_>, node: &Node, period: Span) -> Option<RuleItem<Tier>> {
    let what = "a tier";
    let fields = out.fields_and(node, what, &TIER_FIELDS, &LATER.map(|(name, _)| name))?;
    out.refuse(&fields, &LATER);
    let severity = read_severity_name(out, &fields, what);
    let long = fields.need(out, "long", what).and_then(|n| out.span(n, "`long`"));
    let short = fields.need(out, "short", what).and_then(|n| out.span(n, "`short`"));
    let factor = read_factor(out, &fields, long, period);
    let rule = Tier { severity: severity?, factor: factor?, long: long?, short: short? };
    Some(RuleItem { rule, span: node.span.clone() })
}

fn read_factor(out: &mut Findings<'_>, fields: &Fields<'_>, long: Option<Span>, period: Span) -> Option<Decimal> {
    match (fields.has("burn"), fields.has("budget")) {
        (true, true) => {
            let span = fields.key_span("budget").unwrap_or_else(|| fields.head());
            out.error_hint(
                "two-meanings",
                &span,
                "`burn` and `budget` are both given",
                "keep one of them; the other one follows",
            );
            None
        }
        (false, false) => {
            let hint = "add `burn: 14.4`, or `budget: 2%` for the share that is spent when it fires";
            fields.missing(out, &["burn", "budget"], "a tier needs `burn` or `budget`", hint);
            None
        }
        (true, false) => {
            let node = fields.get(out, "burn")?;
            let times = read_times(out, node, "`burn`")?;
            positive(out, node, times, "`burn`")
        }
        (false, true) => {
            let node = fields.get(out, "budget")?;
            let share = out.share(node, "`budget`").and_then(|s| positive(out, node, s, "`budget`"))?;
            scale(share, period, long?)
        }
    }
}

/// A number above 0, or a problem.
pub(super) fn positive(out: &mut Findings<'_>, node: &Node, number: Decimal, what: &str) -> Option<Decimal> {
    if number <= Decimal::ZERO {
        out.error("bad-number", &node.span, format!("{what} must be more than 0"));
        return None;
    }
    Some(number)
}

/// `14.4` or `14.4x`
pub(super) fn read_times(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Decimal> {
    let text = out.text(node, what)?.trim().to_owned();
    match text.strip_suffix('x').and_then(|t| t.parse().ok()) {
        Some(times) => Some(times),
        None => out.decimal(node, what),
    }
}

/// `severity: P0`
pub(super) fn read_severity_name(out: &mut Findings<'_>, fields: &Fields<'_>, what: &str) -> Option<Severity> {
    let node = fields.need(out, "severity", what)?;
    let text = out.text(node, "`severity`")?.trim().to_owned();
    if let Some(severity) = Severity::parse(&text) {
        return Some(severity);
    }
    let names = Severity::ALL.map(Severity::name);
    let upper = text.to_uppercase();
    let mut problem = crate::domain::base::Problem::error("unknown-severity", format!("unknown severity `{text}`"))
        .at(out.place(node.span.clone()));
    let meant = match &*text.to_lowercase() {
        "critical" | "page" | "fatal" | "sev0" => Some("P0"),
        "major" | "warning" | "sev1" => Some("P1"),
        "ticket" | "minor" | "info" | "sev2" => Some("P2"),
        _ => names.into_iter().find(|n| *n == upper),
    };
    match meant {
        Some(name) => {
            problem.message = format!("{}, did you mean `{name}`?", problem.message);
            problem.replacement = Some(name.to_owned());
        }
        None => problem.hint = Some("severities are P0, P1 and P2".into()),
    }
    out.push(problem);
    None
}

/// Where to point for rules that nobody wrote: the target, else the SLO itself.
pub(super) fn default_place(fields: &Fields<'_>) -> Range<usize> {
    fields.raw("target").map_or_else(|| fields.head(), |n| n.span.clone())
}

/// Breach rules of a policy's file.
pub(in crate::formats) fn read_breaches(out: &mut Findings<'_>, node: &Node, step: Span) -> Vec<RuleItem<BreachRule>> {
    let Some(items) = out.list(node, "`breach`") else { return Vec::new() };
    items.iter().filter_map(|item| breach::read_rule(out, item, step)).collect()
}
