//! Incident records of other tools: CSV with a header, JSON lines or one JSON array, and a map from our names to theirs.
//!
//! For `stats --file` and for importing into the ledger. A cell that cannot be read is unknown and a problem at its line; the
//! rest of the record stays. Deliberately absent: guessing what a tool's columns mean, because tools disagree about it.

mod csv;
mod json;

use crate::domain::base::{Currency, Money, Ms, Problem, Text, clean_line};
use crate::domain::review::stats::{Record, RecordedCost, Times};
use crate::kit::yaml::{Source, parse_decimal};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

/// Our names of what a record says.
pub const FIELDS: [&str; 17] = [
    "id",
    "title",
    "service",
    "severity",
    "impact_start",
    "detected",
    "paged",
    "acknowledged",
    "mitigated",
    "resolved",
    "root_cause",
    "drill",
    "postmortem",
    "cost",
    "currency",
    "slo",
    "team",
];
/// Largest file.
pub const MAX_BYTES: u64 = 64 << 20;
/// Most records that are read.
pub const MAX_RECORDS: usize = 200_000;
/// Most problems that are kept.
const MAX_PROBLEMS: usize = 100;
/// Longest text of a cell that is kept, in characters.
const MAX_TEXT: usize = 200;

/// Which of the file's columns holds what: our name to theirs, where they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<&'static str, String>);

impl Columns {
    /// Reads `impact_start=started_at,resolved=closed_at`.
    ///
    /// # Errors
    /// A part without `=`, one of our names that does not exist, or a name given twice; the message says which.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut map = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (ours, theirs) = part.split_once('=').ok_or_else(|| format!("`{part}` is not NAME=COLUMN"))?;
            let known = FIELDS.iter().find(|f| **f == ours.trim());
            let known = known.ok_or_else(|| format!("`{}` is no field; there are {}", ours.trim(), FIELDS.join(", ")))?;
            if map.insert(*known, theirs.trim().to_owned()).is_some() {
                return Err(format!("`{known}` is named twice"));
            }
        }
        Ok(Self(map))
    }

    /// The file's name of one of our fields.
    pub fn theirs<'a>(&'a self, ours: &'a str) -> &'a str {
        self.0.get(ours).map_or(ours, String::as_str)
    }
}

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// Records with their lines, in the file's order.
    pub rows: Vec<(usize, Record)>,
    /// What was wrong; a problem without a place concerns the whole file.
    pub problems: Vec<Problem>,
    /// The latest instant that occurs in it.
    pub latest: Option<Ms>,
}

/// A record as a format gives it: cells by column, each with its place in the text.
#[derive(Debug, Default)]
struct Row {
    /// Byte range of the whole record.
    span: Range<usize>,
    cells: BTreeMap<String, (String, Range<usize>)>,
}

/// Rows, the columns that occur, and problems of the format itself.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    columns: Vec<String>,
    problems: Vec<Problem>,
}

/// Reads a file. What cannot be opened or is no text is a problem without a place.
pub fn load(path: &Path, columns: &Columns) -> Records {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let failed = |problem: Problem| Records { problems: vec![problem], ..Records::default() };
    if let Err(error) = std::fs::File::open(path).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        return failed(Problem::error("unreadable-file", format!("{name} cannot be read: {error}")));
    }
    if bytes.len() as u64 > MAX_BYTES {
        let problem = Problem::error("file-too-large", format!("{name} is larger than {} MiB", MAX_BYTES >> 20));
        return failed(problem.hint("split it into several files"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => read(&name, text, columns),
        Err(_) => failed(Problem::error("not-utf8", format!("{name} is not UTF-8 text")).hint("save the file as UTF-8")),
    }
}

/// Reads a text.
pub fn read(name: &str, text: String, columns: &Columns) -> Records {
    let source = Source::new(name, text);
    let body = source.text().trim_start_matches('\u{feff}').trim_start();
    let table = if body.starts_with(['{', '[']) { json::table(&source) } else { csv::table(&source) };
    let mut out = Records { problems: table.problems, ..Records::default() };
    if !table.rows.is_empty() {
        missing_columns(&table.columns, columns, name, &mut out.problems);
    }
    let untold = !table.columns.iter().any(|c| same(c, columns.theirs("acknowledged")));
    for row in table.rows.iter().take(MAX_RECORDS) {
        let mut cells = Cells { row, columns, source: &source, out: &mut out };
        let record = Record { acknowledgement_untold: untold, ..cells.record() };
        out.rows.push((source.place(row.span.clone()).line, record));
    }
    if table.rows.len() > MAX_RECORDS {
        out.problems.push(Problem::error("too-many-records", format!("only the first {MAX_RECORDS} records are read")));
    }
    let more = out.problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        out.problems.truncate(MAX_PROBLEMS);
        out.problems.push(Problem::error("too-many-problems", format!("problems that are not shown: {more}")));
    }
    out
}

/// Without these nothing can be said; a column that the map names must be there too.
fn missing_columns(have: &[String], columns: &Columns, name: &str, problems: &mut Vec<Problem>) {
    let has = |ours: &str| have.iter().any(|c| same(c, columns.theirs(ours)));
    let hint = format!("the file has {}; `--columns NAME=COLUMN,...` says which is which", listed(have));
    for ours in columns.0.keys().filter(|ours| !has(ours)) {
        let message = format!("{name} has no column `{}` for {ours}", columns.theirs(ours));
        problems.push(Problem::error("missing-column", message).hint(hint.clone()));
    }
    let placed = ["detected", "paged", "impact_start"].iter().any(|ours| has(ours));
    for (fine, what) in [(placed, "detected (or paged, or impact_start)"), (has("resolved"), "resolved")] {
        if !fine && !columns.0.keys().any(|k| what.starts_with(k)) {
            problems.push(Problem::error("missing-column", format!("{name} has no column for {what}")).hint(hint.clone()));
        }
    }
    if !has("acknowledged") && !columns.0.contains_key("acknowledged") {
        let message = format!("{name} has no column for acknowledged: it is unknown who was acknowledged");
        problems.push(Problem::warning("missing-column", message).hint(hint));
    }
}

fn listed(columns: &[String]) -> String {
    let shown: Vec<&str> = columns.iter().take(30).map(String::as_str).collect();
    if shown.is_empty() { "no columns".into() } else { clean_line(&shown.join(", "), 600).to_string() }
}

/// Names are alike whatever their case, blanks and hyphens.
fn same(a: &str, b: &str) -> bool {
    let plain = |s: &str| s.trim().to_lowercase().replace([' ', '-'], "_");
    plain(a) == plain(b)
}

/// One record's cells, and where problems go.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a Columns,
    source: &'a Source,
    out: &'a mut Records,
}

impl Cells<'_> {
    fn record(&mut self) -> Record {
        let times = Times {
            impact_start: self.time("impact_start"),
            detected: self.time("detected"),
            paged: self.time("paged"),
            acknowledged: self.time("acknowledged"),
            mitigated: self.time("mitigated"),
            resolved: self.time("resolved"),
        };
        let line = self.source.place(self.row.span.clone()).line;
        Record {
            id: self.text("id").unwrap_or_else(|| format!("line {line}").into()),
            title: self.text("title"),
            service: self.text("service").unwrap_or_else(|| "unknown".into()),
            slo: self.text("slo"),
            team: self.text("team"),
            severity: self.text("severity"),
            root_cause: self.text("root_cause"),
            drill: self.flag("drill").unwrap_or(false),
            merged: false,
            times,
            acknowledgement_untold: false,
            postmortem: self.flag("postmortem"),
            cost: self.cost(),
        }
    }

    /// The cell of one of our fields; empty ones and the usual words for nothing are absent.
    fn cell(&self, ours: &str) -> Option<(String, Range<usize>)> {
        let theirs = self.columns.theirs(ours);
        let (text, span) = self.row.cells.iter().find(|(name, _)| same(name, theirs)).map(|(_, cell)| cell)?;
        let text = text.trim();
        let nothing = ["", "-", "null", "none", "n/a", "nan"].iter().any(|n| text.eq_ignore_ascii_case(n));
        (!nothing).then(|| (text.to_owned(), span.clone()))
    }

    fn text(&self, ours: &str) -> Option<Text> {
        Some(clean_line(&self.cell(ours)?.0, MAX_TEXT)).filter(|t| !t.is_empty())
    }

    fn time(&mut self, ours: &str) -> Option<Ms> {
        let (text, span) = self.cell(ours)?;
        let at = instant(&text);
        match at {
            Some(at) => self.out.latest = self.out.latest.max(Some(at)),
            None => self.wrong(ours, &text, &span, "times are RFC 3339, `2026-03-02 10:17:00` in UTC, or seconds since 1970"),
        }
        at
    }

    fn flag(&mut self, ours: &str) -> Option<bool> {
        let (text, span) = self.cell(ours)?;
        let flag = match text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "done" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            link if link.starts_with("http://") || link.starts_with("https://") => Some(true),
            _ => None,
        };
        if flag.is_none() {
            self.wrong(ours, &text, &span, "write true or false");
        }
        flag
    }

    /// The amount; its currency stands in its own column or, in capital letters, before or after the number.
    fn cost(&mut self) -> Option<RecordedCost> {
        let (text, span) = self.cell("cost")?;
        let letters: String = text.chars().filter(char::is_ascii_uppercase).collect();
        let number: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect();
        let plain = text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || matches!(c, '.' | '-' | ',' | ' '));
        let code = self.cell("currency").map_or(letters, |(code, _)| code);
        let money = parse_decimal(&number).zip(Currency::parse(&code)).filter(|_| plain);
        if money.is_none() {
            self.wrong("cost", &text, &span, "a cost is a number, with its currency as three capital letters in `currency`");
        }
        money.map(|(amount, currency)| RecordedCost { total: Money::new(amount, currency).rounded(), complete: true })
    }

    fn wrong(&mut self, ours: &str, text: &str, span: &Range<usize>, hint: &str) {
        let message = format!("`{}` is no value for {ours}; it counts as unknown", clean_line(text, 60));
        let problem = Problem::error("bad-value", message).hint(hint);
        self.out.problems.push(problem.at(self.source.place(span.clone())));
    }
}

/// RFC 3339; the same without a zone, with a blank or without seconds, in UTC; seconds or milliseconds since 1970.
fn instant(text: &str) -> Option<Ms> {
    if let Some(at) = Ms::parse_rfc3339(text) {
        return Some(at);
    }
    if let Ok(number) = text.parse::<f64>() {
        // Seconds reach this in the year 5138, milliseconds passed it in 1973.
        let ms = if number.abs() < 1e11 { number * 1000.0 } else { number };
        return (ms.is_finite() && ms.abs() < 2.5e14).then_some(Ms(ms.round() as i64));
    }
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let clock = clock.trim().trim_end_matches(" UTC");
    let zoned = ["Z", ":00Z"].iter().map(|end| format!("{date}T{clock}{end}")).find_map(|t| Ms::parse_rfc3339(&t));
    zoned.or_else(|| Ms::parse_rfc3339(&format!("{date}T{clock}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, columns: &str) -> Records {
        read("in.csv", text.to_owned(), &Columns::parse(columns).unwrap())
    }

    fn told(records: &Records) -> Vec<String> {
        records.problems.iter().map(|p| format!("{}: {}", p.place.as_ref().map_or(0, |x| x.line), p.message)).collect()
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let csv = "id,service,severity,impact_start,detected,acknowledged,resolved,cost,currency\r\n\
                   A-1,\"check\"\"out, \nEU\",SEV1,2026-03-02T02:17:00Z,2026-03-02 02:23:00,,1772421060,1234.5,USD\r\n";
        let json = r#"{"id":"A-1","service":"check\"out, \nEU","severity":"SEV1","impact_start":"2026-03-02T02:17:00Z","detected":"2026-03-02T10:23:00+08:00","acknowledged":null,"resolved":1772421060,"cost":"1234.50","currency":"USD"}"#;
        let (csv, json) = (rows(csv, ""), rows(json, ""));
        assert_eq!((told(&csv), told(&json)), (vec![], vec![]));
        assert_eq!(csv.rows[0].1, json.rows[0].1);
        let record = &csv.rows[0].1;
        assert_eq!((csv.rows[0].0, &*record.service, record.severity.as_deref()), (2, "check\"out, EU", Some("SEV1")));
        assert_eq!(record.times.detected.unwrap().since(record.times.impact_start.unwrap()).secs_f64(), 360.0);
        assert_eq!(record.cost.unwrap().total.amount.to_string(), "1234.50");
        assert_eq!(csv.latest, record.times.resolved);
    }

    #[test]
    fn other_names_are_mapped_and_missing_ones_named() {
        let text = "Started At;Closed;Acked\n2026-03-02T02:17:00Z;2026-03-02T03:17:00Z;\n";
        let mapped = rows(text, "impact_start=started_at,resolved=closed,acknowledged=acked");
        assert_eq!(told(&mapped), [] as [&str; 0]);
        assert_eq!(mapped.rows[0].1.times.resolved.map(|t| t.rfc3339()).as_deref(), Some("2026-03-02T03:17:00Z"));
        let unmapped = told(&rows(text, "resolved=ended"));
        assert!(unmapped[0].contains("no column `ended` for resolved"), "{unmapped:?}");
        assert!(unmapped[1].contains("no column for detected"), "{unmapped:?}");
        assert!(Columns::parse("start=x").unwrap_err().contains("`start` is no field"));
        assert!(Columns::parse("id").unwrap_err().contains("NAME=COLUMN"));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_told_at_its_line() {
        let text =
            "id,detected,acknowledged,resolved,drill,cost\na,2026-03-02T02:17:00Z,soon,2026-03-02T03:00:00Z,maybe,12 dollars\n";
        let records = rows(text, "");
        let problems = told(&records);
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems.iter().all(|p| p.starts_with("2: ")), "{problems:?}");
        assert_eq!(records.rows[0].1.times.acknowledged, None);
        assert!(told(&rows("{\"id\": 1}\nnot json\n", "")).iter().any(|p| p.starts_with("2: ")));
        assert!(told(&rows("id,resolved\na,b,c\n", "")).iter().any(|p| p.contains("differ in number: 3 and 2")));
        assert_eq!(rows("", "").rows, []);
    }

    #[test]
    fn nothing_makes_it_panic() {
        for text in ["\"", "a,b\n\"x", "[1,2]", "{", "\u{feff}", ",,,\n,,,", "[{\"detected\":1e300,\"resolved\":-1e300}]", "[[[["]
        {
            let _ = rows(text, "");
        }
    }
}
