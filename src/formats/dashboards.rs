//! Files of screens of one's own: rows of tiles, with every problem at its place.
//!
//! PromQL is read here, and whether each row fits the smallest whole terminal is counted here. Deliberately absent: drawing, and
//! asking a server whether the metrics exist.

use super::kinds::{DASHBOARD_VERSION, Kind, check_version, kind_of};
use super::native::query_problem;
use super::policies::is_error;
use super::{InputFile, Parsed, files, parse_file};
use crate::domain::base::{Place, Problem, SloId, Span, Text};
use crate::domain::view::{Bound, Dashboard, Tile, TileKind, TileRow, Unit};
use crate::kit::yaml::{Fields, Findings, Node};
use crate::query;
use rust_decimal::prelude::ToPrimitive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file describes, and where it names SLOs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadDashboard {
    /// The screen.
    pub dashboard: Arc<Dashboard>,
    /// SLOs it names, each with its place.
    pub slos: Vec<(Text, Place)>,
    /// Sources it names, each with its place.
    pub sources: Vec<(Text, Place)>,
}

/// One file of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct DashboardFile {
    /// Its path.
    pub name: Text,
    /// What it describes; absent when it has errors.
    pub read: Option<ReadDashboard>,
    /// Everything that is wrong with it.
    pub problems: Vec<Problem>,
}

/// The terminal that each row of a grid must fit: the smallest whole one.
const TERMINAL: (usize, usize) = (80, 24);
/// Rows of it that are not the screen's own: header, footer, and two lines for what is wrong or open.
const AROUND: usize = 5;
/// Tiles that one screen has at most: each is a question every tick.
const MOST_TILES: usize = 40;
/// What is looked for, for advice.
const WANTS: &str = "`--dashboards DIR` names the folder of dashboards, docs/dashboard.md shows how to write one";
/// Longest stretch of series.
const LONGEST: Span = Span::from_days(31);

const FIELDS: [&str; 5] = ["version", "title", "last", "source", "rows"];
const ROW_FIELDS: [&str; 2] = ["height", "panels"];
const KINDS: [&str; 7] = ["burn", "budget", "sparkline", "value", "table", "heatmap", "text"];
const TILE_FIELDS: [&str; 15] = [
    "burn",
    "budget",
    "sparkline",
    "value",
    "table",
    "heatmap",
    "text",
    "title",
    "width",
    "window",
    "source",
    "unit",
    "above",
    "below",
    "by",
];

/// Reads every dashboard of a folder, or one file. A folder that is not there holds none; where it `must_be` there, that is told.
pub fn load(path: &Path, must_be: bool) -> Vec<DashboardFile> {
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|p| is_ours(p)).collect(),
        Err(_) if path.is_file() => vec![path.to_owned()],
        Err(error) if must_be => {
            let problems = vec![files::unreadable(path, &error, WANTS)];
            return vec![DashboardFile { name: path.display().to_string().into(), read: None, problems }];
        }
        Err(_) => Vec::new(),
    };
    paths.sort();
    paths.iter().map(|path| load_file(path)).collect()
}

fn is_ours(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.is_file() && path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

fn load_file(path: &Path) -> DashboardFile {
    let name = path.display().to_string();
    match files::read(path) {
        Ok(bytes) => load_bytes(&name, bytes),
        Err(error) => DashboardFile { name: name.into(), read: None, problems: vec![files::unreadable(path, &error, WANTS)] },
    }
}

/// Reads a file that is in memory already.
pub fn load_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> DashboardFile {
    let mut problems = Vec::new();
    let parsed = parse_file(&InputFile::new(name, bytes), &mut problems);
    let read = parsed.and_then(|file| read_file(&file, &mut problems));
    DashboardFile { name: name.into(), read: read.filter(|_| !problems.iter().any(is_error)), problems }
}

/// Reads a file's document, of which there may be one.
pub(super) fn read_file(file: &Parsed, problems: &mut Vec<Problem>) -> Option<ReadDashboard> {
    let mut out = Findings::new(&file.source);
    let read = match &file.documents.roots[..] {
        [root] => read(&mut out, root),
        [_, second, ..] => {
            let at = second.span.start..second.span.start;
            out.error_hint("two-documents", &at, "a dashboard is one document", "put the other one into a file of its own");
            None
        }
        [] => None,
    };
    let sound = out.errors() == 0;
    problems.extend(out.finish());
    read.filter(|_| sound)
}

/// The dashboards among files of several kinds.
pub(super) fn read_all(parsed: &[Parsed], problems: &mut Vec<Problem>) -> Vec<ReadDashboard> {
    let ours = parsed
        .iter()
        .filter(|file| file.documents.roots.first().is_some_and(|root| kind_of(root, file.source.name()) == Kind::Dashboard));
    ours.filter_map(|file| read_file(file, problems)).collect()
}

/// Names of SLOs that are not among `known`.
pub fn unknown_slos(dashboards: &[ReadDashboard], known: &[SloId]) -> Vec<Problem> {
    let names: Vec<&str> = known.iter().map(SloId::as_str).collect();
    let wrong = dashboards.iter().flat_map(|d| &d.slos).filter(|(name, _)| !names.contains(&&**name));
    wrong
        .map(|(name, place)| {
            let problem = match crate::kit::yaml::suggest(name, &names) {
                Some(near) => {
                    let message = format!("there is no SLO `{name}`, did you mean `{near}`?");
                    Problem { replacement: Some(near.to_owned()), ..Problem::error("unknown-slo", message) }
                }
                None => Problem::error("unknown-slo", format!("there is no SLO `{name}`"))
                    .hint("SLOs are named service/name, as `status` shows them"),
            };
            problem.at(place.clone())
        })
        .collect()
}

/// Names of sources that are not among `known`.
pub fn unknown_sources<'a>(dashboards: impl IntoIterator<Item = &'a ReadDashboard>, known: &[Text]) -> Vec<Problem> {
    let names: Vec<&str> = known.iter().map(|name| &**name).collect();
    let wrong = dashboards.into_iter().flat_map(|d| &d.sources).filter(|(name, _)| !known.contains(name));
    wrong
        .map(|(name, place)| {
            let near = crate::kit::yaml::suggest(name, &names);
            let also = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            let hint = match names.as_slice() {
                [] => "`sources` of the configuration names others than the default one; there are none".to_owned(),
                names => format!("known: {}; `sources` of the configuration names them", names.join(", ")),
            };
            let problem = Problem::error("unknown-source", format!("unknown source `{name}`{also}")).hint(hint);
            Problem { replacement: near.map(ToOwned::to_owned), ..problem }.at(place.clone())
        })
        .collect()
}

/// What a file's tiles are read with.
struct Reader {
    slos: Vec<(Text, Place)>,
    sources: Vec<(Text, Place)>,
    /// The source of tiles that name none.
    source: Option<Text>,
    tiles: usize,
}

impl Reader {
    fn source(&mut self, out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Text> {
        let node = fields.get(out, "source")?;
        let name: Text = out.text(node, "`source`")?.trim().into();
        self.sources.push((name.clone(), out.place(node.span.clone())));
        Some(name)
    }
}

fn read(out: &mut Findings<'_>, root: &Node) -> Option<ReadDashboard> {
    let what = "a dashboard";
    let fields = out.fields(root, what, &FIELDS)?;
    check_version(out, &fields, DASHBOARD_VERSION);
    let title = fields.need(out, "title", what).and_then(|n| out.text(n, "`title`").cloned());
    let last = fields.get(out, "last").and_then(|n| read_span(out, n, "`last`")).unwrap_or(Span::from_hours(1));
    let mut reader = Reader { slos: Vec::new(), sources: Vec::new(), source: None, tiles: 0 };
    reader.source = reader.source(out, &fields);
    let node = fields.need(out, "rows", what)?;
    let nodes = out.list(node, "`rows`")?;
    if nodes.is_empty() {
        out.error_hint("empty-list", &node.span, "`rows` is empty", "write at least one: `- panels: [{text: hello}]`");
    }
    let rows: Vec<TileRow> = nodes.iter().filter_map(|row| read_row(out, row, &mut reader)).collect();
    if reader.tiles > MOST_TILES {
        let message = format!("{} panels on one screen, at most {MOST_TILES} are shown", reader.tiles);
        out.error_hint("too-many-panels", &fields.head(), message, "put some of them into a file of their own");
    }
    let title: Text = title?.chars().filter(|c| !c.is_control()).take(40).collect::<String>().into();
    let dashboard = Dashboard { file: out.source().name().clone(), title, last, rows };
    Some(ReadDashboard { dashboard: Arc::new(dashboard), slos: reader.slos, sources: reader.sources })
}

fn read_span(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Span> {
    let span = out.span(node, what)?;
    if span < Span::from_mins(1) || span > LONGEST {
        out.error_hint("bad-duration", &node.span, format!("{what} must be from 1m to 31d"), "durations look like 1h or 30m");
        return None;
    }
    Some(span)
}

fn read_row(out: &mut Findings<'_>, node: &Node, reader: &mut Reader) -> Option<TileRow> {
    let fields = out.fields(node, "a row", &ROW_FIELDS)?;
    let height = fields.get(out, "height").and_then(|n| read_whole(out, n, "`height`", TERMINAL.1 - AROUND));
    let list = fields.need(out, "panels", "a row")?;
    let nodes = out.list(list, "`panels`")?;
    if nodes.is_empty() {
        out.error_hint("empty-list", &list.span, "`panels` is empty", "write at least one: `- text: hello`");
    }
    reader.tiles += nodes.len();
    let tiles: Vec<Tile> = nodes.iter().filter_map(|tile| read_tile(out, tile, reader)).collect();
    let row = TileRow { height, tiles };
    fits_beside(out, list, &row);
    let needed = row.tiles.iter().map(|t| t.kind.least().1).max().unwrap_or(0);
    if let (Some(height), Some(at)) = (height.filter(|height| *height < needed), fields.key_span("height")) {
        let message = format!("`height` is {height}, its panels need {needed}");
        out.error_hint("row-too-low", &at, message, format!("write `height: {needed}` or leave it out"));
    }
    (!row.tiles.is_empty()).then_some(row)
}

/// Panels beside each other must fit a terminal of 80 columns.
fn fits_beside(out: &mut Findings<'_>, node: &Node, row: &TileRow) {
    let widths = row.widths(TERMINAL.0);
    for (tile, width) in row.tiles.iter().zip(widths) {
        let needed = tile.kind.least().0;
        if width < needed {
            let message = format!("`{}` gets {width} of 80 columns and needs {needed}", tile.kind.name());
            let hint = "give it a greater share with `width`, or move a panel into another row";
            return out.error_hint("grid-too-wide", &node.span, message, hint);
        }
    }
}

/// A whole number from 1 to `most`.
fn read_whole(out: &mut Findings<'_>, node: &Node, what: &str, most: usize) -> Option<usize> {
    let number = out.decimal(node, what)?;
    let whole = number.to_usize().filter(|n| number.fract().is_zero() && (1..=most).contains(n));
    if whole.is_none() {
        out.error("bad-number", &node.span, format!("{what} must be a whole number from 1 to {most}"));
    }
    whole
}

fn read_tile(out: &mut Findings<'_>, node: &Node, reader: &mut Reader) -> Option<Tile> {
    let fields = out.fields(node, "a panel", &TILE_FIELDS)?;
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| fields.has(kind)).collect();
    let kind = match kinds.as_slice() {
        [one] => read_kind(out, &fields, one, reader),
        [] => {
            fields.missing(out, &KINDS, "a panel needs its kind", &format!("kinds are {}", KINDS.join(", ")));
            None
        }
        many => {
            let message = format!("a panel has one kind, this has {}: {}", many.len(), many.join(", "));
            out.error_hint("one-panel-kind", &fields.head(), message, "write a panel of its own for each");
            None
        }
    };
    let title = fields.get(out, "title").and_then(|n| out.text(n, "`title`").cloned());
    let width = fields.get(out, "width").and_then(|n| read_whole(out, n, "`width`", 100)).unwrap_or(1);
    let unit = fields.get(out, "unit").and_then(|n| out.choice(n, "unit", &Unit::ALL)).unwrap_or_default();
    let bad = read_bound(out, &fields);
    let own = reader.source(out, &fields);
    let kind = kind?;
    let source = own.or_else(|| reader.source.clone()).filter(|_| kind.expr().is_some());
    refuse_idle(out, &fields, &kind);
    Some(Tile { kind, title, width, unit, bad, source })
}

fn read_bound(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Bound> {
    let mut read = |name: &str| fields.get(out, name).and_then(|n| out.decimal(n, &format!("`{name}`"))?.to_f64());
    let (above, below) = (read("above"), read("below"));
    if above.is_some() && below.is_some() {
        let hint = "keep the one on whose side the value is bad";
        out.error_hint("two-bounds", &fields.head(), "a panel has `above` or `below`, not both", hint);
    }
    above.map(Bound::Above).or(below.map(Bound::Below))
}

/// Fields that mean nothing for this kind.
fn refuse_idle(out: &mut Findings<'_>, fields: &Fields<'_>, kind: &TileKind) {
    let asked = kind.expr().is_some();
    let listed = matches!(kind, TileKind::Table { .. } | TileKind::Heatmap { .. });
    let idle = [
        ("window", asked || matches!(kind, TileKind::Burn { .. })),
        ("source", asked),
        ("unit", asked),
        ("above", asked),
        ("below", asked),
        ("by", listed),
    ];
    for (name, _) in idle.into_iter().filter(|(_, means)| !means) {
        if let Some(span) = fields.key_span(name) {
            let message = format!("`{name}` means nothing for `{}`", kind.name());
            out.error_hint("idle-field", &span, message, "remove it");
        }
    }
}

fn read_kind(out: &mut Findings<'_>, fields: &Fields<'_>, kind: &str, reader: &mut Reader) -> Option<TileKind> {
    let node = fields.get(out, kind)?;
    let window = fields.get(out, "window").and_then(|n| out.span(n, "`window`")).unwrap_or(Span::from_mins(5));
    let by: Vec<Text> = match fields.get(out, "by") {
        Some(node) => out.texts(node, "`by`").into_iter().map(|(name, _)| name).collect(),
        None => Vec::new(),
    };
    Some(match kind {
        "burn" => TileKind::Burn { slo: read_slo(out, node, reader)?, window },
        "budget" => TileKind::Budget { slo: read_slo(out, node, reader)? },
        "sparkline" => TileKind::Sparkline { expr: read_query(out, node, window)? },
        "value" => TileKind::Value { expr: read_query(out, node, window)? },
        "table" => TileKind::Table { expr: read_query(out, node, window)?, by },
        "heatmap" => TileKind::Heatmap { expr: read_query(out, node, window)?, by },
        _ => TileKind::Text(out.text(node, "`text`")?.clone()),
    })
}

fn read_slo(out: &mut Findings<'_>, node: &Node, reader: &mut Reader) -> Option<SloId> {
    let name: Text = out.text(node, "an SLO's name")?.trim().into();
    let Some((service, slo)) = name.split_once('/').filter(|(a, b)| !a.is_empty() && !b.is_empty()) else {
        let hint = "SLOs are named service/name, as `status` shows them";
        out.error_hint("unknown-slo", &node.span, format!("`{name}` is no name of an SLO"), hint);
        return None;
    };
    let id = SloId::new(service, slo);
    reader.slos.push((name, out.place(node.span.clone())));
    Some(id)
}

/// PromQL that can be read, its placeholders replaced by the window.
fn read_query(out: &mut Findings<'_>, node: &Node, window: Span) -> Option<Text> {
    let text = out.text(node, "a query")?.clone();
    match query::parse(&text).and_then(|_| query::guard::with_window(&text, window)) {
        Ok(expr) => Some(expr.into()),
        Err(error) => {
            let problem = query_problem(out, node, error);
            out.push(problem);
            None
        }
    }
}

#[cfg(test)]
mod tests;
