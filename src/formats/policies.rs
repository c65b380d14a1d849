//! Severity policies: the shipped ones are data files inside the program, others stand beside the SLO files.

use super::kinds::{Kind, POLICY_VERSION};
use super::native::rules::{self, RuleItem};
use super::{InputFile, Parsed};
use crate::domain::base::{Problem, ProblemLevel, Span};
use crate::domain::objective::Policy;
use crate::kit::yaml::{Findings, Node, Source, compose};
use std::path::PathBuf;

/// The shipped policies: their files' names and texts.
const SHIPPED: [(&str, &str); 2] = [
    ("policies/google-sre.yaml", include_str!("../../slos/policies/google-sre.yaml")),
    ("policies/decision-tree.yaml", include_str!("../../slos/policies/decision-tree.yaml")),
];

/// The policy of SLOs that name none.
pub(super) const DEFAULT: &str = "google-sre";

const FIELDS: [&str; 6] = ["version", "name", "description", "period", "tiers", "breach"];

/// The files of the shipped policies, for `--help` and for copying.
pub fn shipped_policies() -> Vec<InputFile> {
    SHIPPED.iter().map(|(name, text)| InputFile::new(name, *text)).collect()
}

/// The shipped policies, then those of the files; a file may replace a shipped one by its name.
pub(super) fn all(parsed: &[Parsed], problems: &mut Vec<Problem>) -> Vec<Policy> {
    let mut policies = Vec::new();
    for (name, text) in SHIPPED {
        let source = Source::new(name, text.to_owned());
        let mut out = Findings::new(&source);
        for root in compose(&source).roots {
            policies.extend(read(&mut out, &root));
        }
        problems.extend(out.finish());
    }
    let shipped = policies.len();
    for file in parsed {
        let mut out = Findings::new(&file.source);
        for (root, _) in file.documents.roots.iter().zip(&file.kinds).filter(|(_, kind)| **kind == Kind::Policy) {
            let Some(policy) = read(&mut out, root) else { continue };
            match policies.iter().position(|p| p.name == policy.name) {
                Some(i) if i >= shipped => {
                    let span = root.get("name").map_or_else(|| root.span.clone(), |n| n.span.clone());
                    out.error_hint(
                        "duplicate-policy",
                        &span,
                        format!("two policies are named `{}`", policy.name),
                        "rename one of them",
                    );
                }
                Some(i) => policies[i] = policy,
                None => policies.push(policy),
            }
        }
        problems.extend(out.finish());
    }
    policies
}

/// The policy of that name, shipped or beside the SLOs, or else the one in the file of that name.
///
/// # Errors
/// What is wrong with the file, or which policies there are.
pub fn find_policy(name: &str, slos: &[PathBuf]) -> Result<Policy, Vec<Problem>> {
    let mut problems = Vec::new();
    let parsed = super::parse(&super::files::collect(slos).0, &mut Vec::new());
    let known = all(&parsed, &mut problems);
    if let Some(policy) = super::policy(&known, name) {
        return Ok(policy.clone());
    }
    let path = PathBuf::from(name);
    if !path.is_file() {
        let names: Vec<&str> = known.iter().map(|p| &*p.name).collect();
        let message = format!("`{name}` is neither a severity policy nor a file");
        return Err(vec![Problem::error("unknown-policy", message).hint(format!("policies are {}", names.join(", ")))]);
    }
    let (files, mut problems) = super::files::collect(&[path]);
    let mut policy = None;
    // Only the file that was named: a business file beside it is nobody's policy.
    for file in super::parse(&files[..files.len().min(1)], &mut problems) {
        let mut out = Findings::new(&file.source);
        policy = file.documents.roots.first().and_then(|root| read(&mut out, root));
        problems.extend(out.finish());
    }
    policy.ok_or(problems)
}

/// One policy; absent when anything is wrong with it.
fn read(out: &mut Findings<'_>, root: &Node) -> Option<Policy> {
    let before = out.errors();
    let what = "a policy";
    let fields = out.fields(root, what, &FIELDS)?;
    super::kinds::check_version(out, &fields, POLICY_VERSION);
    let name = fields.need(out, "name", what).and_then(|n| out.text(n, "`name`").cloned());
    let period = fields.get(out, "period").map_or(Some(Span::from_days(30)), |n| out.span(n, "`period`"));
    let period = period?;
    let mut policy = Policy { name: name?, period, tiers: Vec::new(), breach: Vec::new() };
    if let Some(node) = fields.get(out, "tiers") {
        for item in out.list(node, "`tiers`")? {
            policy.tiers.extend(rules::read_tier(out, item, period).map(|RuleItem { rule, .. }| rule));
        }
    }
    if let Some(node) = fields.get(out, "breach") {
        policy.breach.extend(rules::read_breaches(out, node, Span::from_secs(15)).into_iter().map(|item| item.rule));
    }
    if policy.tiers.is_empty() && policy.breach.is_empty() && out.errors() == before {
        out.error_hint("missing-field", &fields.head(), "a policy needs `tiers` or `breach`", "add a list of one of them");
    }
    (out.errors() == before).then_some(policy)
}

/// True when a problem makes a thing unusable.
pub(super) fn is_error(problem: &Problem) -> bool {
    problem.level == ProblemLevel::Error
}
