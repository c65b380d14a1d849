//! How long past incidents took, by group and over all, whether that changed, and how they stand to their targets.
//!
//! Every figure is one of `burnledger stats`. What cannot be told is told as that: a change that the test does not find is no
//! percentage, a percentile of few is unknown, and a mean stands last, with the incident that it hangs on.

use super::pen::{Pen, piece};
use crate::domain::review::ClockKind;
use crate::domain::review::stats::compare::{Compared, Finding};
use crate::domain::review::stats::share::Standing;
use crate::domain::review::stats::summary::TREND_CLOCK;
use crate::domain::review::stats::{Group, ShareKind, ShareStats, Skew};
use crate::tui::model::Model;
use crate::tui::model::history::HistoryGroup;
use crate::tui::theme::Role;
use crate::words::{Words, time, units, width};

/// From so many rows of the screen on the panel is whole.
pub(super) const FULL: usize = 26;
/// From so many rows on there is one.
const LEAST: usize = 14;

/// Clocks with their names.
const CLOCKS: [(&str, ClockKind); 4] = [
    ("detect", ClockKind::Detect),
    ("ack", ClockKind::Acknowledge),
    ("mitigate", ClockKind::Mitigate),
    ("resolve", ClockKind::Resolve),
];
/// First column of the groups.
const GROUPS: usize = 12;
/// Columns of a group, at least and at most.
const GROUP: (usize, usize) = (17, 22);
/// Columns of a group's name before it is told how many are open.
const LEAST_NAME: usize = 8;
/// Columns of the comparison at least: on narrow screens, on others.
const CHANGE: (usize, usize) = (17, 24);

/// Clocks that are shown on a screen of so many rows.
fn clocks(height: usize) -> impl Iterator<Item = (&'static str, ClockKind)> {
    CLOCKS.into_iter().filter(move |(_, kind)| height >= FULL || *kind != ClockKind::Mitigate)
}

/// Lines that the shares may take on a screen of so many rows.
const fn lines(height: usize) -> usize {
    if height >= FULL { 2 } else { 1 }
}

/// Rows of the panel on a screen of so many columns and rows; 0 where there is none.
pub(super) fn rows(model: &Model, columns: usize, height: usize) -> usize {
    let Some(all) = model.history.reckoning.all.as_ref().filter(|all| all.n > 0 && height >= LEAST) else { return 0 };
    3 + clocks(height).count() + facts(model.look.words, all, columns, lines(height)).len()
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(all) = &model.history.reckoning.all else { return };
    // Its rows say which of the two forms was chosen.
    let height = [FULL, LEAST].into_iter().find(|height| rows(model, pen.width(), *height) <= pen.height()).unwrap_or(LEAST);
    let w = model.look.words;
    let title =
        [piece(w.say(title(model.history.group)), Role::Title), piece(w.say("  median / p90 of those that ended"), Role::Faint)];
    let aimed = all.shares.iter().any(|share| share.target.is_some());
    let remark = match (&model.history.standards.failed, aimed) {
        (Some(_), _) => "targets and changes are not known",
        (None, true) => "targets: of the configuration   `stats` has the intervals",
        (None, false) => "`stats` has the intervals",
    };
    pen.rule(0, &title, w.say(remark));
    let x = groups(model, all, height, pen);
    let rows = clocks(height).count();
    for ((name, _), y) in clocks(height).zip(2..) {
        pen.put(2, y, w.say(name), Role::Text);
    }
    pen.put(2, rows + 2, w.say("MTTR mean"), Role::Faint);
    changes(model, all, height, &mut pen.part(x, 1, usize::MAX, rows + 2));
    for (line, y) in facts(w, all, pen.width(), lines(height)).iter().zip(rows + 3..) {
        let mut x = 2;
        for fact in line {
            x = fact.draw(x, y, pen) + GAP;
        }
    }
}

const fn title(group: HistoryGroup) -> &'static str {
    match group {
        HistoryGroup::Severity => "TIMES BY SEVERITY",
        HistoryGroup::Service => "TIMES BY SERVICE",
        HistoryGroup::Slo => "TIMES BY SLO",
        HistoryGroup::Team => "TIMES BY TEAM",
        HistoryGroup::Cause => "TIMES BY CAUSE",
        HistoryGroup::Month => "TIMES BY MONTH",
    }
}

/// Median and 90th percentile of each clock, and the mean. All of them last; with little room the first groups before it.
/// Returns the column after them.
fn groups(model: &Model, all: &Group, height: usize, pen: &mut Pen<'_>) -> usize {
    let w = model.look.words;
    let change = if pen.width() >= 100 { CHANGE.1 } else { CHANGE.0 };
    let room = pen.width().saturating_sub(GROUPS + change);
    let groups = &model.history.reckoning.groups;
    let many = (groups.len() + 1).min((room / GROUP.0).max(1));
    let wide = (room / many).clamp(GROUP.0, GROUP.1);
    let shown = groups.iter().map(|(name, group)| (w.known(name), group)).take(many - 1);
    for (i, (name, group)) in shown.chain([(w.say("all"), all)]).enumerate() {
        let x = GROUPS + i * wide;
        let (name, n) = head(w, name, group, wide - 1, pen.look.glyphs.ellipsis);
        pen.put_cut(x, 1, wide - 1, &format!("{name}{n}"), Role::Faint);
        for ((_, kind), y) in clocks(height).zip(2..) {
            pen.put_cut(x, y, wide - 1, &clock(group, kind), Role::Text);
        }
        let mean = group.clocks.iter().find(|c| c.kind == TREND_CLOCK).and_then(|c| c.mean());
        pen.put_cut(x, clocks(height).count() + 2, wide - 1, &span(mean), Role::Faint);
    }
    GROUPS + many * wide
}

/// Whose times these are, and of how many. With little room first the open ones go, then the end of the name, never the number.
fn head(w: Words, name: &str, group: &Group, room: usize, ellipsis: &str) -> (String, String) {
    let open = if group.n_open > 0 { w.fill(", {} open", &[&group.n_open]) } else { String::new() };
    let (whole, short) = (format!(" n={}{open}", group.n), format!(" n={}", group.n));
    let left = |n: &str| room.saturating_sub(width::columns(n));
    let n = if left(&whole) >= width::columns(name).min(LEAST_NAME) { whole } else { short };
    (width::cut(name, left(&n).max(2), ellipsis), n)
}

fn clock(group: &Group, kind: ClockKind) -> String {
    let Some(clock) = group.clocks.iter().find(|c| c.kind == kind) else { return units::UNKNOWN.into() };
    format!("{} / {}", span(clock.median), span(clock.p90))
}

fn span(seconds: Option<f64>) -> String {
    seconds.and_then(time::from_secs).map_or_else(|| units::UNKNOWN.to_string(), time::span)
}

/// Against the range before, and what the mean hangs on.
fn changes(model: &Model, all: &Group, height: usize, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let fits = |forms: Vec<String>, room: usize| {
        let last = forms.last().cloned().unwrap_or_default();
        forms.into_iter().find(|text| width::columns(text) <= room).unwrap_or(last)
    };
    let room = pen.width().saturating_sub(1);
    pen.put_cut(0, 0, room, &w.fill("vs previous {}", &[&time::window(model.history.range())]), Role::Faint);
    for ((_, kind), y) in clocks(height).zip(1..) {
        let clocks = model.history.reckoning.before.as_ref().map(|before| &before.clocks);
        let compared = clocks.and_then(|all| ClockKind::ALL.iter().zip(all).find(|(k, _)| **k == kind)).map(|(_, c)| c);
        let (forms, role) = compared.map_or_else(|| (vec![w.say("not compared").into()], Role::Faint), |c| change(w, c));
        pen.put_cut(0, y, room, &fits(forms, room), role);
    }
    if let Some(skew) = &all.skew {
        pen.put_cut(0, clocks(height).count() + 1, room, &fits(skewed(w, skew), room), Role::Faint);
    }
}

/// What can be said of a clock, in ever fewer words. A change is told only where the test finds one.
fn change(w: Words, compared: &Compared) -> (Vec<String>, Role) {
    let percent = |share: f64| units::percent(share, 0);
    let told = |template: &'static str, by: &dyn Fn(f64) -> f64, role| {
        let change = compared.ratio.map(by).map_or_else(|| units::UNKNOWN.into(), percent);
        let short = w.fill(template, &[&change]);
        let ends = compared.interval.map(|(low, high)| (by(low), by(high)));
        let long = ends.map(|(a, b)| format!("{short} ({} - {})", percent(a.min(b)), percent(a.max(b))));
        (long.into_iter().chain([short]).collect(), role)
    };
    match compared.finding {
        Finding::Shorter => told("{} shorter", &|ratio| 1.0 - ratio, Role::Good),
        Finding::Longer => told("{} longer", &|ratio| ratio - 1.0, Role::Problem),
        Finding::CannotTell if compared.n_before == 0 => (vec![w.say("nothing before").into()], Role::Faint),
        Finding::CannotTell => {
            let (before, after) = (compared.n_before, compared.n_after);
            let needs = compared.needed.filter(|n| *n > before.min(after) as u64).map(|n| units::whole(n as f64));
            let needs = needs.map(|n| w.fill("cannot tell: {}, then {}; needs {} each", &[&before, &after, &n]));
            let counts = w.fill("cannot tell: {}, then {}", &[&before, &after]);
            (needs.into_iter().chain([counts, w.say("cannot tell").into()]).collect(), Role::Faint)
        }
    }
}

fn skewed(w: Words, skew: &Skew) -> Vec<String> {
    let (without, long) = (span(Some(skew.mean_without)), span(Some(skew.seconds)));
    vec![
        w.fill("{} without {} ({})", &[&without, &skew.id, &long]),
        w.fill("{} without {}", &[&without, &skew.id]),
        w.fill("skewed: {}", &[&skew.id]),
    ]
}

/// Columns between two facts.
const GAP: usize = 3;

/// A share of incidents and how it stands to its target.
struct Fact {
    name: &'static str,
    share: String,
    standing: Option<(String, Role)>,
}

impl Fact {
    fn columns(&self) -> usize {
        let standing = self.standing.as_ref().map_or(0, |(text, _)| width::columns(text));
        width::columns(self.name) + 1 + width::columns(&self.share) + standing
    }

    fn draw(&self, x: usize, y: usize, pen: &mut Pen<'_>) -> usize {
        let x = pen.put(x, y, self.name, Role::Faint);
        let x = pen.put(x + 1, y, &self.share, Role::Text);
        self.standing.as_ref().map_or(x, |(text, role)| pen.put(x, y, text, *role))
    }
}

/// Shares that the panel tells, those that a person would miss most first.
const SHARES: [(ShareKind, &str); 4] = [
    (ShareKind::AcknowledgedIn5, "acked in 5m"),
    (ShareKind::Proactive, "found before users"),
    (ShareKind::ChangeCaused, "change-caused"),
    (ShareKind::MitigatedIn30, "mitigated in 30m"),
];

/// The shares on at most so many lines, in ever fewer words until they fit; at last the first ones only.
fn facts(w: Words, all: &Group, columns: usize, most: usize) -> Vec<Vec<Fact>> {
    let at = |level: u8| {
        let known = SHARES.iter().filter_map(|(kind, name)| Some((all.shares.iter().find(|s| s.kind == *kind)?, *name)));
        laid_out(known.map(|(share, name)| fact(w, share, name, level)), columns.saturating_sub(GAP))
    };
    let mut lines = (0..3).map(at).find(|lines| lines.len() <= most).unwrap_or_else(|| at(2));
    lines.truncate(most);
    lines
}

fn laid_out(facts: impl Iterator<Item = Fact>, room: usize) -> Vec<Vec<Fact>> {
    let (mut lines, mut taken): (Vec<Vec<Fact>>, usize) = (Vec::new(), 0);
    for fact in facts {
        let columns = fact.columns();
        match lines.last_mut() {
            Some(line) if taken + GAP + columns <= room => {
                taken += GAP + columns;
                line.push(fact);
            }
            _ => {
                taken = columns;
                lines.push(vec![fact]);
            }
        }
    }
    lines
}

fn fact(w: Words, share: &ShareStats, name: &'static str, level: u8) -> Fact {
    let percent = share.share().map(|p| units::percent(p, 0));
    let text = match (percent, level) {
        (None, _) => units::UNKNOWN.into(),
        (Some(percent), 0) => w.fill("{} of {}, {}", &[&share.k, &share.n, &percent]),
        (Some(percent), 1) => w.fill("{} of {}", &[&percent, &share.n]),
        (Some(percent), _) => percent,
    };
    Fact { name: w.say(name), share: text, standing: share.target.map(|target| standing(w, share, target, level)) }
}

/// The target, and whether it was met: in full with how sure that is.
fn standing(w: Words, share: &ShareStats, target: f64, level: u8) -> (String, Role) {
    let side = if share.kind.at_most() { "<=" } else { ">=" };
    let target = format!("{side}{}", units::percent_level(target));
    let Some(standing) = share.standing() else { return (w.fill(" (target {})", &[&target]), Role::Faint) };
    let role = match standing {
        Standing::Met => Role::Good,
        Standing::Missed => Role::Problem,
        Standing::MetNotProven | Standing::MissedNotProven => Role::Text,
    };
    let brief = match standing {
        Standing::Met | Standing::MetNotProven => Standing::Met,
        Standing::Missed | Standing::MissedNotProven => Standing::Missed,
    };
    let text = match level {
        0 => w.fill(" (target {}: {})", &[&target, &w.known(standing.name())]),
        1 => w.fill(" (target {}: {})", &[&target, &w.known(brief.name())]),
        _ => format!(" ({target})"),
    };
    (text, role)
}
