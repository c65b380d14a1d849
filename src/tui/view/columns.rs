//! The columns of the overview's list: which ones fit, and what stands in them.

use super::banners::tag;
use crate::chart::{Scale, bar, spark};
use crate::domain::base::{Ms, Span};
use crate::domain::judge::{TrackState, Verdict};
use crate::domain::objective::Sli;
use crate::domain::view::SloRow;
use crate::tui::model::Look;
use crate::tui::model::list::burn_over;
use crate::tui::theme::Role;
use crate::words::{Words, time, units, width};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Target,
    Sli,
    Bar,
    Left,
    Burn(i64),
    Spark,
    Exhausts,
}

/// A column with its width, without the gap before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) column: Column,
    pub(super) width: usize,
}

/// Columns in the order in which they stand.
const ORDER: [Column; 10] = [
    Column::Target,
    Column::Sli,
    Column::Bar,
    Column::Left,
    Column::Burn(300),
    Column::Burn(3600),
    Column::Burn(21_600),
    Column::Burn(86_400),
    Column::Spark,
    Column::Exhausts,
];

/// The order in which they get room, with their least width.
const PRIORITY: [(Column, usize); 10] = [
    (Column::Left, 6),
    (Column::Burn(300), 5),
    (Column::Burn(3600), 5),
    (Column::Exhausts, 11),
    (Column::Burn(21_600), 5),
    (Column::Bar, 8),
    (Column::Spark, 13),
    (Column::Target, 7),
    (Column::Burn(86_400), 5),
    (Column::Sli, 6),
];

/// The name's width and the columns that fit into `width` after the tag, for names of at most `longest` columns.
pub(super) fn plan(width: usize, longest: usize) -> (usize, Vec<Placed>) {
    let wanted = longest.clamp(14, if width >= 140 { 44 } else { 30 });
    let mut room = width.saturating_sub(wanted);
    let mut taken: Vec<Placed> = Vec::new();
    for (column, least) in PRIORITY {
        if room > least {
            room -= least + 1;
            taken.push(Placed { column, width: least });
        }
    }
    // What is left goes to the sparkline, then to the bar, then to the name.
    for (wide, most) in [(Column::Spark, 21), (Column::Bar, 12), (Column::Spark, 49)] {
        if let Some(placed) = taken.iter_mut().find(|p| p.column == wide) {
            let more = room.min(most - placed.width.min(most));
            placed.width += more;
            room -= more;
        }
    }
    taken.sort_by_key(|p| ORDER.iter().position(|c| *c == p.column));
    (wanted + room, taken)
}

impl Column {
    /// Its head, at most as wide as the column.
    pub(super) const fn head(self) -> &'static str {
        match self {
            Self::Target => "TARGET",
            Self::Sli => "SLI %",
            Self::Bar => "BUDGET",
            Self::Left => "LEFT",
            Self::Burn(300) => "5m",
            Self::Burn(3600) => "1h",
            Self::Burn(21_600) => "6h",
            Self::Burn(_) => "24h",
            Self::Spark => "LAST 6h",
            Self::Exhausts => "EXHAUSTS",
        }
    }

    /// Numbers stand at the right, pictures at the left.
    pub(super) const fn at_left(self) -> bool {
        matches!(self, Self::Bar | Self::Spark)
    }
}

/// The three columns in front of a name.
pub(in crate::tui) fn tag_of(row: &SloRow) -> (String, Role) {
    let Some(verdict) = &row.verdict else { return ("..".into(), Role::Faint) };
    if let Some(severity) = verdict.severity {
        let (text, role) = tag(Some(severity));
        return if row.stale { (format!("~{severity}"), role) } else { (text.into(), role) };
    }
    let spent = verdict.budget.remaining.is_some_and(|r| r <= 0.0);
    let (text, role) = match verdict.state {
        TrackState::NoData => ("??", Role::Strong),
        TrackState::DataError => ("ER", Role::P1),
        TrackState::Excluded => ("--", Role::Faint),
        _ if spent => ("EX", Role::P1),
        TrackState::NoTraffic => ("nt", Role::Faint),
        TrackState::Ok => ("ok", if row.stale { Role::Stale } else { Role::Good }),
    };
    (if row.stale { format!("~{text}") } else { text.into() }, role)
}

/// The name: the id, and the values of its group.
pub(in crate::tui) fn name_of(row: &SloRow) -> String {
    let group: Vec<&str> = row.group.iter().map(|(_, value)| value).collect();
    if group.is_empty() { row.slo.id.to_string() } else { format!("{} {}", row.slo.id, group.join(",")) }
}

/// The name where there is little room: service, SLO and group stay told apart.
pub(super) fn name_in(row: &SloRow, room: usize, mark: &str) -> String {
    let group: Vec<&str> = row.group.iter().map(|(_, value)| value).collect();
    let group = group.join(",");
    let (service, slo) = row.slo.id.as_str().split_once('/').unwrap_or(("", row.slo.id.as_str()));
    let parts = [("", service), (if service.is_empty() { "" } else { "/" }, slo), (" ", &*group)];
    width::fair(&parts[..if group.is_empty() { 2 } else { 3 }], room, mark)
}

/// What stands in a column of a row.
pub(super) fn cell((row, spark): (&SloRow, &[f32]), placed: Placed, now: Ms, look: &Look) -> (String, Role) {
    let charset = look.glyphs.charset;
    let verdict = match (placed.column, row.verdict.as_deref()) {
        (Column::Target, _) => return (target(row), Role::Faint),
        (column, None) => return (if column.at_left() { String::new() } else { units::UNKNOWN.into() }, Role::Faint),
        (_, Some(verdict)) => verdict,
    };
    let left = verdict.budget.remaining;
    match placed.column {
        Column::Target | Column::Sli => (sli(verdict), Role::Text),
        Column::Bar => (bar::bar(left.unwrap_or(0.0), placed.width, charset), budget_role(left)),
        Column::Left => (left.map_or_else(|| units::UNKNOWN.into(), left_words), budget_role(left)),
        Column::Burn(seconds) => burn(verdict, seconds),
        Column::Spark => (spark::spark(spark, placed.width, Scale::BURN, charset), spark_role(verdict)),
        Column::Exhausts => exhausts(look.words, row, verdict, now),
    }
}

fn target(row: &SloRow) -> String {
    match (&row.slo.target, &row.slo.sli) {
        (Some(target), _) => target.to_string(),
        (None, Sli::Occurrences { allowed, per, .. }) => format!("{}/{per}", allowed.normalize()),
        (None, _) => units::UNKNOWN.into(),
    }
}

/// The good share over 5 minutes, in percent without the sign.
fn sli(verdict: &Verdict) -> String {
    let ratio = verdict.windows.iter().find(|w| w.window == Span::from_mins(5)).and_then(|w| w.error_ratio);
    ratio.map_or_else(|| units::UNKNOWN.into(), |e| units::percent(1.0 - e, 2).trim_end_matches('%').into())
}

fn left_words(share: f64) -> String {
    match share.abs() {
        // A number that is cut reads as another one.
        s if s >= 99.995 => format!("{}k%", units::number((share / 10.0).round())),
        s if s >= 9.995 => units::percent(share, 0),
        _ => units::percent(share, 1),
    }
}

fn budget_role(left: Option<f64>) -> Role {
    match left {
        Some(l) if l <= 0.0 => Role::P0,
        Some(l) if l < 0.25 => Role::P1,
        Some(_) => Role::Good,
        None => Role::Faint,
    }
}

/// Above 1 the budget runs out before its period ends; above the levels that page it has their look.
fn burn(verdict: &Verdict, seconds: i64) -> (String, Role) {
    match burn_over(verdict, seconds) {
        None => (units::UNKNOWN.into(), Role::Faint),
        Some(rate) => (units::burn(rate), burn_role(rate)),
    }
}

/// The look of a burn rate: budget lasts, budget does not last, pages.
pub(super) const fn burn_role(rate: f64) -> Role {
    match rate {
        r if r >= 14.4 => Role::P0,
        r if r >= 6.0 => Role::P1,
        r if r > 1.0 => Role::P2,
        _ => Role::Text,
    }
}

fn spark_role(verdict: &Verdict) -> Role {
    verdict.severity.map_or(Role::Good, |s| match s {
        crate::domain::base::Severity::P0 => Role::P0,
        crate::domain::base::Severity::P1 => Role::P1,
        crate::domain::base::Severity::P2 => Role::P2,
    })
}

/// How long one has got; or why that cannot be said.
fn exhausts(w: Words, row: &SloRow, verdict: &Verdict, now: Ms) -> (String, Role) {
    let since = verdict.state_since.map(|at| format!(" {}", time::brief(now.since(at)))).unwrap_or_default();
    match verdict.state {
        TrackState::NoData => return (w.fill("no data{}", &[&since]), Role::Strong),
        TrackState::DataError => return (w.fill("bad data{}", &[&since]), Role::P1),
        TrackState::Excluded => return (w.say("excluded").into(), Role::Faint),
        _ => {}
    }
    if verdict.budget.remaining.is_some_and(|r| r <= 0.0) {
        return (w.say("exhausted").into(), Role::P0);
    }
    let period = row.slo.period.span();
    match verdict.budget.exhausts_in_seconds.and_then(time::from_secs) {
        Some(span) if span <= period => {
            let role = if span < Span::from_hours(24) { Role::P1 } else { Role::Text };
            (time::span(span), role)
        }
        Some(_) => (format!(">{}", time::window(period)), Role::Faint),
        None if verdict.budget.remaining.is_some() && burn_over(verdict, 3600) == Some(0.0) => {
            (format!(">{}", time::window(period)), Role::Faint)
        }
        None if verdict.state == TrackState::NoTraffic => (w.say("no traffic").into(), Role::Faint),
        None => (units::UNKNOWN.into(), Role::Faint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has(width: usize, column: Column) -> bool {
        plan(width, 24).1.iter().any(|p| p.column == column)
    }

    #[test]
    fn narrow_terminals_drop_what_matters_least() {
        assert!(has(55, Column::Burn(3600)) && !has(55, Column::Bar));
        assert!(has(75, Column::Bar) && !has(75, Column::Spark));
        assert!(has(115, Column::Spark) && has(115, Column::Sli) && has(115, Column::Burn(86_400)));
    }

    proptest! {
        #[test]
        fn name_and_columns_fill_the_width_and_no_more(width in 20_usize..400, longest in 0_usize..80) {
            let (name, columns) = plan(width, longest);
            let used = name + columns.iter().map(|p| p.width + 1).sum::<usize>();
            prop_assert!(used <= width.max(name));
            prop_assert!(columns.iter().all(|p| p.column.head().len() <= p.width));
        }
    }
}
