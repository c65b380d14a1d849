//! Which labels survive an expression: an SLO split by labels needs them in its result.

use super::whole;
use crate::domain::base::Text;
use crate::query::ast::{Expr, Grouping, Kind, Many, Matching, Op};
use crate::query::error::QueryError;

/// Refuses an expression whose result lacks a label of `group_by`.
pub(super) fn check(expr: &Expr, text: &str, group_by: &[Text]) -> Result<(), QueryError> {
    match group_by.iter().find(|l| !keeps(expr, l)) {
        None => Ok(()),
        Some(label) => {
            Err(QueryError::new(format!("`group_by` names `{label}`, which this query's result does not have"), whole(text))
                .hint(format!("keep it in every aggregation: sum by ({label}) (..)")))
        }
    }
}

/// Whether a `sum` may stand around counters that are split by `group_by`: plain `sum` may, for the split is ours; one that
/// names labels must name those of the split. The error is a message and a hint.
pub(super) fn kept(grouping: &Grouping, group_by: &[Text]) -> Result<(), (String, String)> {
    let lost = match grouping {
        Grouping::By(labels) if labels.is_empty() => None,
        Grouping::By(labels) => group_by.iter().find(|l| !labels.contains(l)),
        Grouping::Without(labels) => group_by.iter().find(|l| labels.contains(l)),
    };
    match lost {
        None => Ok(()),
        Some(label) => Err((
            format!("`group_by` names `{label}`, which this query sums away"),
            format!("write `sum by ({label}) (..)` or plain `sum(..)`"),
        )),
    }
}

/// Whether the result of an expression can have the label.
fn keeps(expr: &Expr, label: &str) -> bool {
    match expr {
        Expr::Number(_) | Expr::Text(_) => false,
        Expr::Vector(_) | Expr::Matrix(..) => true,
        Expr::Paren(of) | Expr::Neg(of) | Expr::Subquery { of, .. } => keeps(of, label),
        Expr::Fold { op, of, .. } if op.keeps_elements() => keeps(of, label),
        Expr::Fold { grouping, of, .. } => grouped(grouping, label) && keeps(of, label),
        Expr::Call { name, args, .. } => match &**name {
            "scalar" | "vector" | "absent" | "absent_over_time" => false,
            "label_replace" | "label_join" if matches!(args.get(1), Some(Expr::Text(t)) if **t == *label) => true,
            _ => args.iter().filter(|a| matches!(a.kind(), Kind::Vector | Kind::Matrix)).any(|a| keeps(a, label)),
        },
        Expr::Binary { op, left, right, matching } => binary(*op, left, right, matching, label),
    }
}

fn grouped(grouping: &Grouping, label: &str) -> bool {
    match grouping {
        Grouping::By(labels) => labels.iter().any(|l| **l == *label),
        Grouping::Without(labels) => !labels.iter().any(|l| **l == *label),
    }
}

fn binary(op: Op, left: &Expr, right: &Expr, matching: &Matching, label: &str) -> bool {
    match (left.kind(), right.kind()) {
        (_, Kind::Scalar) => return keeps(left, label),
        (Kind::Scalar, _) => return keeps(right, label),
        _ => {}
    }
    let added = |labels: &[Text], one: &Expr| labels.iter().any(|l| **l == *label) && keeps(one, label);
    match &matching.many {
        _ if op.is_set() => keeps(left, label),
        Many::Left(labels) => keeps(left, label) || added(labels, right),
        Many::Right(labels) => keeps(right, label) || added(labels, left),
        Many::None => matching.labels.as_ref().is_none_or(|g| grouped(g, label)) && keeps(left, label) && keeps(right, label),
    }
}
