//! One SLO of a document, with what it inherits from it.

use super::breach;
use super::lint::{self, RuledTier};
use super::{Context, composite, exclude, is_label_name, period, read_name, rules, sli, target, words};
use crate::domain::base::{SloId, Text};
use crate::domain::objective::{Births, BreachRule, Exclusion, Guards, Mode, Sli, Slo, Tier};
use crate::kit::yaml::{Fields, Findings, Node};
use rust_decimal::prelude::ToPrimitive;

const FIELDS: [&str; 19] = [
    "name",
    "description",
    "target",
    "period",
    "sli",
    "breach",
    "severity",
    "guards",
    "group_by",
    "dedupe",
    "target_labels",
    "births",
    "mode",
    "budget",
    "exclude",
    "max_groups",
    "count_up_to",
    "composite",
    "source",
];
/// Fields that belong to the document.
const OF_DOCUMENT: [&str; 5] = ["service", "owner", "runbook", "depends_on", "labels"];
/// Most groups that may be asked for: each has a history of its own.
const MOST_GROUPS: u64 = 10_000;
/// Most series that may be counted: as many as a source may bring in one answer.
const MOST_SERIES: u64 = 1_000_000;

/// Reads an SLO. What comes back is complete only when no error was told meanwhile.
pub(super) fn read(out: &mut Findings<'_>, item: &Node, context: &Context<'_>) -> Option<Slo> {
    let what = "an SLO";
    let fields = out.fields_and(item, what, &FIELDS, &OF_DOCUMENT)?;
    misplaced(out, &fields);
    let name = fields.need(out, "name", what).and_then(|n| read_name(out, n, "`name`"));
    let description = fields.get(out, "description").and_then(|n| words(out, n, "`description`"));
    let period = period::read(out, &fields, context);
    let group_by = labels(out, &fields, "group_by");
    let sli = read_sli(out, &fields, &group_by, context);
    composites_own(out, &fields, sli.as_ref().map(|s| &s.sli));
    let target = target::read(out, &fields, sli.as_ref().map(|s| &s.sli));
    let budget = period::read_budget(out, &fields, context, sli.as_ref().map(|s| &s.sli));
    let exclude = read_exclusions(out, &fields, context);
    let max_groups = read_most(out, &fields, context, "max_groups", MOST_GROUPS, context.options.max_groups);
    let count_up_to = read_most(out, &fields, context, "count_up_to", MOST_SERIES, context.options.count_up_to);
    let evidence = read_evidence(out, &fields, context);
    let source = read_source(out, &fields, context);
    let plan = sli.as_ref().and_then(|s| s.plan(out, &group_by, context.options.timing.step));
    if let (Some(sli), Some(plan)) = (&sli, &plan) {
        sli.doubt(out, plan);
    }
    let kind = lint::Kind {
        sli: sli.as_ref().map(|s| &s.sli),
        target: target.flatten(),
        period: period.as_ref().map(crate::domain::objective::Period::span),
        period_span: inherited_raw(&fields, context, "period").map(|n| n.span.clone()),
        step: context.options.timing.step,
    };
    let (tiers, breach) = read_rules(out, &fields, context, &kind);
    // From here on nothing is told any more: every problem has been.
    let (name, evidence) = (name?, evidence?);
    Some(Slo {
        id: SloId::new(&context.service, &name),
        service: context.service.clone(),
        name,
        description,
        target: target?,
        period: period?,
        budget: budget?,
        sli: sli?.sli,
        plan: plan?,
        source,
        group_by,
        max_groups: max_groups?,
        count_up_to: count_up_to?,
        series: None,
        exclude,
        tiers,
        breach,
        guards: evidence.guards,
        births: evidence.births,
        dedupe: evidence.dedupe,
        target_labels: evidence.target_labels,
        mode: evidence.mode,
        file: context.file.clone(),
    })
}

/// How samples are counted and what a tier needs; all of it may be inherited.
struct Evidence {
    guards: Guards,
    births: Births,
    mode: Mode,
    dedupe: Vec<Text>,
    target_labels: Vec<Text>,
}

fn read_evidence(out: &mut Findings<'_>, fields: &Fields<'_>, context: &Context<'_>) -> Option<Evidence> {
    let usual = context.options.guards;
    let guards = inherited(out, fields, context, "guards").map_or(Some(usual), |n| read_guards(out, n, context));
    let births = inherited(out, fields, context, "births").map_or(Some(Births::default()), |n| read_births(out, n));
    let mode = inherited(out, fields, context, "mode").map_or(Some(Mode::default()), |n| read_mode(out, n));
    let dedupe = inherited_labels(out, fields, context, "dedupe");
    let target_labels = inherited_labels(out, fields, context, "target_labels");
    Some(Evidence { guards: guards?, births: births?, mode: mode?, dedupe, target_labels })
}

/// Tiers and breach rules, worst severity first, with what is questionable about them told.
fn read_rules(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    context: &Context<'_>,
    kind: &lint::Kind<'_>,
) -> (Vec<Tier>, Vec<BreachRule>) {
    let severity = inherited(out, fields, context, "severity");
    let place = severity.map_or_else(|| rules::default_place(fields), |n| n.span.clone());
    let (tiers, mut breaches) = rules::read_severity(out, severity, &place, context.policies, kind);
    if let Some(node) = fields.get(out, "breach") {
        breaches.extend(breach::read_own(out, node, kind));
    } else if let Some(node) = severity {
        rules::empty(out, node);
    }
    lint::tiers(out, &tiers, kind);
    let mut tiers: Vec<Tier> = tiers.into_iter().map(|RuledTier { tier, .. }| tier).collect();
    tiers.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.long.cmp(&b.long)));
    breaches.sort_by_key(|b| std::cmp::Reverse(b.severity));
    (tiers, breaches)
}

/// `sli:`, or `composite:` in its place.
fn read_sli(out: &mut Findings<'_>, fields: &Fields<'_>, group_by: &[Text], context: &Context<'_>) -> Option<sli::ReadSli> {
    match (fields.get(out, "composite"), fields.key_span("sli")) {
        (Some(node), None) => composite::read(out, node, &context.service),
        (Some(_), Some(span)) => {
            let hint = "keep one of them: a composite is measured by its members";
            out.error_hint("two-meanings", &span, "`sli` and `composite` are both given", hint);
            None
        }
        (None, _) if fields.has("composite") => None,
        (None, _) => fields.need(out, "sli", "an SLO").and_then(|n| sli::read(out, n, group_by, context)),
    }
}

/// What its members have, a composite does not have again.
fn composites_own(out: &mut Findings<'_>, fields: &Fields<'_>, sli: Option<&Sli>) {
    if sli.and_then(Sli::composite).is_none() {
        return;
    }
    for name in
        ["target", "group_by", "budget", "exclude", "births", "dedupe", "target_labels", "max_groups", "count_up_to", "source"]
    {
        if let Some(span) = fields.key_span(name) {
            let message = format!("a composite has no `{name}` of its own: its members have theirs");
            out.error_hint("needless-field", &span, message, format!("remove `{name}`"));
        }
    }
}

fn misplaced(out: &mut Findings<'_>, fields: &Fields<'_>) {
    for name in OF_DOCUMENT {
        if let Some(span) = fields.key_span(name) {
            let message = format!("`{name}` belongs to the whole document, not to one SLO");
            out.error_hint("misplaced-field", &span, message, format!("move `{name}:` to the top of the document"));
        }
    }
}

/// A field of the SLO, else of the document.
pub(super) fn inherited<'a>(out: &mut Findings<'_>, fields: &Fields<'a>, context: &Context<'a>, name: &str) -> Option<&'a Node> {
    if fields.has(name) { fields.get(out, name) } else { context.document.get(out, name) }.map(|n| &**n)
}

/// The same as it stands, nothing included.
pub(super) fn inherited_raw<'a>(fields: &Fields<'a>, context: &Context<'a>, name: &str) -> Option<&'a Node> {
    fields.raw(name).or_else(|| context.document.raw(name)).map(|n| &**n)
}

fn inherited_labels(out: &mut Findings<'_>, fields: &Fields<'_>, context: &Context<'_>, name: &str) -> Vec<Text> {
    if fields.has(name) { labels(out, fields, name) } else { labels(out, context.document, name) }
}

fn labels(out: &mut Findings<'_>, fields: &Fields<'_>, name: &str) -> Vec<Text> {
    let Some(node) = fields.get(out, name) else { return Vec::new() };
    let mut names: Vec<Text> = Vec::new();
    for (label, span) in out.texts(node, &format!("`{name}`")) {
        if !is_label_name(&label) {
            let hint = "label names are letters, digits and `_`, and do not start with a digit";
            let shown: String = label.chars().take(60).collect();
            out.error_hint("bad-label", &span, format!("`{shown}` is no label name"), hint);
        } else if names.contains(&label) {
            out.warn("duplicate-label", &span, format!("`{label}` is named twice"), "name each label once");
        } else {
            names.push(label);
        }
    }
    names
}

/// The document's exclusions and the SLO's own.
fn read_exclusions(out: &mut Findings<'_>, fields: &Fields<'_>, context: &Context<'_>) -> Vec<Exclusion> {
    let of = |out: &mut Findings<'_>, fields: &Fields<'_>| fields.get(out, "exclude").map(|n| exclude::read(out, n));
    let (document, own) = (of(out, context.document), of(out, fields));
    document.into_iter().chain(own).flatten().collect()
}

/// The source by name: the SLO's own, else the document's. Absent is the default one, an unknown one is an error.
fn read_source(out: &mut Findings<'_>, fields: &Fields<'_>, context: &Context<'_>) -> Option<Text> {
    let node = inherited(out, fields, context, "source")?;
    let name: Text = out.text(node, "`source`")?.trim().into();
    let Some(known) = context.options.sources.as_ref().filter(|known| !known.contains(&name)) else { return Some(name) };
    let names: Vec<&str> = known.iter().map(|name| &**name).collect();
    out.unknown("unknown-source", "source", &name, &node.span, &names, "`sources` of the configuration");
    None
}

/// A limit: the SLO's own, else the document's, else `usual`.
fn read_most(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    context: &Context<'_>,
    name: &'static str,
    most_there_is: u64,
    usual: usize,
) -> Option<usize> {
    let Some(node) = inherited(out, fields, context, name) else { return Some(usual) };
    let number = out.decimal(node, &format!("`{name}`"))?;
    let most = number.to_u64().filter(|n| number.fract().is_zero() && (1..=most_there_is).contains(n));
    if most.is_none() {
        out.error("bad-number", &node.span, format!("`{name}` must be a whole number from 1 to {most_there_is}"));
    }
    most.map(|n| n as usize)
}

fn read_guards(out: &mut Findings<'_>, node: &Node, context: &Context<'_>) -> Option<Guards> {
    if let Some(text) = node.text() {
        if text.trim() == "none" {
            return Some(Guards::NONE);
        }
        let hint = "write `guards: none`, or a mapping such as {min_bad: 3, confidence: 95%}";
        out.error_hint("unknown-word", &node.span, "`guards` must be `none` or a mapping", hint);
        return None;
    }
    let fields = out.fields(node, "`guards`", &["min_bad", "confidence"])?;
    let mut guards = context.options.guards;
    if let Some(n) = fields.get(out, "min_bad") {
        let number = out.decimal(n, "`min_bad`")?;
        if number.is_sign_negative() {
            out.error("bad-number", &n.span, "`min_bad` may not be negative");
        }
        guards.min_bad = number.to_f64()?;
    }
    if let Some(n) = fields.get(out, "confidence") {
        let share = out.share(n, "`confidence`")?;
        if share == rust_decimal::Decimal::ONE {
            let message = "a confidence of 100 % is never reached: no tier would fire";
            out.error_hint("bad-share", &n.span, message, "use 95%, or 0 to switch this guard off");
        }
        guards.confidence = share.to_f64()?;
    }
    Some(guards)
}

fn read_births(out: &mut Findings<'_>, node: &Node) -> Option<Births> {
    let choices = [("auto", Births::Auto), ("from_zero", Births::FromZero), ("baseline", Births::Baseline)];
    out.choice(node, "births", &choices)
}

fn read_mode(out: &mut Findings<'_>, node: &Node) -> Option<Mode> {
    out.choice(node, "mode", &[("page", Mode::Page), ("observe", Mode::Observe)])
}
