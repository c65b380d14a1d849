//! `composite: {of: [..], as: worst | weighted, weights: [..]}`: an SLO made of other SLOs.

use super::rules::positive;
use super::sli::ReadSli;
use crate::domain::base::{Place, SloId};
use crate::domain::objective::{Combine, Composite, Sli};
use crate::kit::yaml::{Findings, Node};
use rust_decimal::Decimal;

/// Most SLOs in one composite.
const MOST: usize = 100;

/// Reads it; `service` is taken for members that name none. Absent after an error.
pub(super) fn read(out: &mut Findings<'_>, node: &Node, service: &str) -> Option<ReadSli> {
    let what = "`composite`";
    let fields = out.fields(node, what, &["of", "as", "weights"])?;
    let how = fields
        .need(out, "as", what)
        .and_then(|n| out.choice(n, "way to combine", &[("worst", Combine::Worst), ("weighted", Combine::Weighted)]));
    let of = fields.need(out, "of", what)?;
    let items = out.list(of, "`of`")?;
    if items.is_empty() || items.len() > MOST {
        out.error_hint("bad-composite", &of.span, format!("`of` names from 1 to {MOST} SLOs"), "name them as service/name");
        return None;
    }
    let mut ids: Vec<SloId> = Vec::new();
    for item in items {
        let id = id_of(out.text(item, "a member")?, service);
        if ids.contains(&id) {
            out.error_hint(
                "bad-composite",
                &item.span,
                format!("`{id}` is named twice"),
                "name each SLO once; `weights` tell how much it counts",
            );
            return None;
        }
        ids.push(id);
    }
    let weights = match (fields.get(out, "weights"), how) {
        (Some(node), Some(Combine::Worst)) => {
            out.error_hint("needless-field", &node.span, "the worst one counts, whatever its weight", "remove `weights`");
            return None;
        }
        (Some(node), _) => read_weights(out, node, ids.len())?,
        (None, _) => vec![Decimal::ONE; ids.len()],
    };
    let composite = Composite { of: ids.into_iter().zip(weights).collect(), how: how? };
    Some(ReadSli::without_queries(Sli::Composite(composite)))
}

fn read_weights(out: &mut Findings<'_>, node: &Node, members: usize) -> Option<Vec<Decimal>> {
    let items = out.list(node, "`weights`")?;
    if items.len() != members {
        let message = format!("weights and members differ in number: {} and {members}", items.len());
        out.error_hint("bad-composite", &node.span, message, "write one weight for each member, in the order of `of`");
        return None;
    }
    let one = |out: &mut Findings<'_>, item: &Node| {
        let weight = out.decimal(item, "a weight")?;
        positive(out, item, weight, "a weight")
    };
    items.iter().map(|item| one(out, item)).collect()
}

/// `service/name`, or a name within the same service.
fn id_of(text: &str, service: &str) -> SloId {
    match text.trim().split_once('/') {
        Some((service, name)) => SloId::new(service, name),
        None => SloId::new(service, text.trim()),
    }
}

/// The members of an SLO's composite, with their places: whether they exist is known when all files are read.
pub(super) fn members(out: &Findings<'_>, slo: &Node, service: &str) -> Vec<(SloId, Place)> {
    let composite = slo.get("composite").or_else(|| slo.get("sli")?.get("composite"));
    let Some(of) = composite.and_then(|node| node.get("of")) else { return Vec::new() };
    let items = of.one_or_many().into_iter();
    items.filter_map(|item| Some((id_of(item.text()?, service), out.place(item.span.clone())))).collect()
}
