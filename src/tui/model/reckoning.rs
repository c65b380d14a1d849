//! What statistics say of the incidents on the history screen: the same functions, over the same members, as `burnledger stats`.
//!
//! It is made when the incidents, the range, the filter or the grouping change, never for a picture.

use super::history::HistoryGroup;
use crate::domain::base::{Ms, Span};
use crate::domain::review::stats::summary::Comparison;
use crate::domain::review::stats::{Group, Record, Standards, StatsQuestion, stats};

/// The stretch of time that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Its end.
    pub now: Ms,
    /// How long it is.
    pub span: Span,
    /// The first moment of which all incidents are known; absent where all are known.
    pub reaches: Option<Ms>,
}

/// The figures.
#[derive(Clone, Debug, Default)]
pub struct Reckoning {
    /// By group: severities and months in their order, others by how many there are.
    pub groups: Vec<(String, Group)>,
    /// All of them together; absent until there was an answer.
    pub all: Option<Group>,
    /// The range against the one before it; absent where not all incidents of that one are known.
    pub before: Option<Comparison>,
}

impl Reckoning {
    /// Reckons.
    pub fn of(records: &[Record], standards: &Standards, range: Range, by: HistoryGroup) -> Self {
        let from = range.now - range.span;
        let asked = |from| StatsQuestion {
            from,
            to: range.now,
            targets: standards.targets,
            changes: standards.changes.clone(),
            without_trend: true,
            ..StatsQuestion::default()
        };
        let grouped = stats(records, StatsQuestion { by: vec![by.dimension()], ..asked(from) });
        let mut groups: Vec<(String, Group)> = grouped.groups.into_iter().map(|g| (name(&g), g)).collect();
        match by {
            HistoryGroup::Severity => groups.sort_by(|a, b| a.0.cmp(&b.0)),
            HistoryGroup::Month => groups.sort_by(|a, b| b.0.cmp(&a.0)),
            _ => groups.sort_by(|a, b| b.1.n.cmp(&a.1.n).then(a.0.cmp(&b.0))),
        }
        let before = range.now - range.span * 2;
        // The comparison looks at clocks only.
        let question = || StatsQuestion { split: Some(from), changes: Vec::new(), ..asked(before) };
        let compared = || stats(records, question()).groups.pop()?.comparison;
        Self {
            groups,
            all: stats(records, asked(from)).groups.pop(),
            before: range.reaches.is_none_or(|at| at <= before).then(compared).flatten(),
        }
    }
}

fn name(group: &Group) -> String {
    group.key.first().and_then(|(_, v)| v.clone()).map_or_else(|| "other".into(), |v| v.to_string())
}
