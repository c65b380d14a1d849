//! The file of `cost estimate`: declared numbers in, with every problem at its place.
//!
//! What is given as null applies but is not known; what is left out does not apply. Deliberately absent: formulas, which
//! `domain/cost` has.

pub(super) mod ask;
pub(super) mod components;
pub(super) mod labour;
mod overlap;
mod ranges;
mod revenue;

use super::business::{read_assumptions, read_currency, read_exchange};
use super::files;
use super::kinds::{COST_VERSION, check_version};
use super::policies::is_error;
use crate::domain::base::{Currency, Problem, Text};
use crate::domain::cost::Estimate;
use crate::domain::cost::estimate::Loss;
use crate::domain::objective::ValueIs;
use crate::kit::yaml::{Documents, Fields, Findings, Node, Source, compose};
use ask::Home;
use chrono::NaiveDate;
use components::{Read, read_components};
use std::path::Path;

/// What was found in a file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The estimate; absent when the file has errors.
    pub estimate: Option<Estimate>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

const FIELDS: [&str; 10] =
    ["version", "currency", "exchange", "headline", "booked_month", "components", "ranges", "range", "overlaps", "assumptions"];
const HEADLINES: [(&str, ValueIs); 2] = [("revenue", ValueIs::Revenue), ("margin", ValueIs::Margin)];

/// Advice for a file that is not there.
const WANTS: &str =
    "`cost estimate` takes a file that begins with `version: burnledger-cost/v1`, docs/cost.md shows how to write one";

/// Reads a file. Never fails: what is wrong is in the problems.
pub fn load(path: &Path) -> Loaded {
    match files::read(path) {
        Ok(bytes) => load_bytes(&path.display().to_string(), &bytes),
        Err(error) => Loaded { estimate: None, problems: vec![files::unreadable(path, &error, WANTS)] },
    }
}

/// Reads a file that is in memory already.
pub fn load_bytes(name: &str, bytes: &[u8]) -> Loaded {
    match Source::decode(name, bytes) {
        Ok(source) => read_documents(&source, compose(&source)),
        Err(problem) => Loaded { estimate: None, problems: vec![*problem] },
    }
}

/// Reads the documents of a file, of which there may be one.
pub(super) fn read_documents(source: &Source, documents: Documents) -> Loaded {
    let mut out = Findings::new(source);
    for problem in documents.problems {
        out.push(problem);
    }
    let whole = out.errors() == 0;
    let estimate = match &documents.roots[..] {
        [root] => read(&mut out, root).filter(|_| whole),
        [] if whole => {
            let hint = format!("start it with `version: {COST_VERSION}`");
            out.error_hint("empty-file", &(0..0), "the file is empty", hint);
            None
        }
        [] => None,
        [_, second, ..] => {
            let hint = "an estimate is one document; put the others into files of their own";
            out.error_hint("two-documents", &(second.span.start..second.span.start), "there is a second document", hint);
            None
        }
    };
    let problems = out.finish();
    Loaded { estimate: estimate.filter(|_| !problems.iter().any(is_error)), problems }
}

fn read(out: &mut Findings<'_>, root: &Node) -> Option<Estimate> {
    let what = "the cost file";
    let fields = out.fields(root, what, &FIELDS)?;
    check_version(out, &fields, COST_VERSION);
    // XXX is ISO 4217 for no currency: the rest of the file is read though this one is wrong.
    let currency = fields.need(out, "currency", what).and_then(|n| read_currency(out, n)).or_else(|| Currency::parse("XXX"))?;
    let exchange = fields.get(out, "exchange").map(|n| read_exchange(out, n)).unwrap_or_default();
    let headline = fields.get(out, "headline").and_then(|n| out.choice(n, "headline", &HEADLINES));
    let booked_month = fields.get(out, "booked_month").and_then(|n| month(out, n));
    let assumptions = fields.get(out, "assumptions").map(|n| read_assumptions(out, n)).unwrap_or_default();
    let home = Home { currency, exchange: &exchange };
    let Read { components, nulls } = components(out, &fields, &home);
    let overlaps = fields.get(out, "overlaps").and_then(|n| overlap::read(out, n, &home));
    let file = out.source().name().clone();
    let (ranges, simulation) = (Vec::new(), None);
    let mut all = Estimate {
        file,
        currency,
        headline,
        exchange,
        components,
        nulls,
        overlaps,
        booked_month,
        assumptions,
        ranges,
        simulation,
    };
    ranges::read(out, &fields, &mut all);
    Some(all)
}

/// `2026-03`.
pub(super) fn month(out: &mut Findings<'_>, node: &Node) -> Option<Text> {
    let text = out.text(node, "`booked_month`")?.clone();
    let first = format!("{text}-01");
    if text.len() == 7 && NaiveDate::parse_from_str(&first, "%Y-%m-%d").is_ok() {
        return Some(text);
    }
    out.error_hint("bad-date", &node.span, "`booked_month` must be a month", "months look like 2026-03");
    None
}

fn components(out: &mut Findings<'_>, fields: &Fields<'_>, home: &Home<'_>) -> Read {
    let hint = "add `components:` with at least one, such as `refunds: {amount: \"170.00\"}`";
    let Some(node) = fields.get(out, "components") else {
        if !fields.has("overlaps") && !fields.has("components") {
            fields.missing(out, &["components"], "there is nothing to estimate: `components` is missing", hint);
        }
        return Read::default();
    };
    let before = out.errors();
    let read = read_components(out, node, home).unwrap_or_default();
    if read.components.is_empty() && read.nulls.is_empty() && !fields.has("overlaps") && out.errors() == before {
        out.error_hint("missing-field", &node.span, "there is nothing to estimate: `components` is empty", hint);
    }
    read
}

/// Orders that came back cannot be more than those that were lost, and are told in one way only.
fn check_recovered(out: &mut Findings<'_>, entries: &components::Entries, loss: Option<&Loss>) {
    let Some((node, orders)) = &entries.recovered else { return };
    if !entries.lost_given {
        let hint = "add `lost_revenue`, or give what came back as a line of `items`";
        out.error_hint("nothing-lost", node, "`recovered_revenue` without `lost_revenue`", hint);
    }
    let Some(loss) = loss else { return };
    if !loss.recovered_fraction().is_zero() {
        let hint = "keep one of them: the share that comes back, or the orders that did";
        out.error_hint("recovered-twice", node, "`recovered_revenue` together with a `recovered_fraction` above 0", hint);
    }
    if matches!(loss, Loss::Seasonal(s) if s.rebound.is_some()) {
        let hint = "keep one of them";
        out.error_hint("recovered-twice", node, "`recovered_revenue` together with `rebound`", hint);
    }
    if let Some((orders, lost)) = orders.zip(loss.orders())
        && orders.exceeds(lost) == Some(true)
    {
        let lost = (lost.count / lost.of).round_dp(3).normalize();
        let message = format!("more orders came back than were lost ({lost})");
        out.error_hint("too-many-recovered", node, message, "count only orders that would have come during the incident");
    }
}
