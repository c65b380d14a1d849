//! Labelled incident windows: a CSV file of what people know to have happened.
//!
//! A line names a service or an SLO, and from when to when: `service,from,to`. Other columns are passed over, so that an
//! export of another tool will do. Deliberately absent: comparing them with what fired.

use super::files;
use crate::domain::base::{Interval, Ms, Problem};
use crate::domain::review::Label;
use std::path::Path;

/// Most labels of a file.
const MOST: usize = 100_000;
const OF: [&str; 3] = ["service", "slo", "of"];
const FROM: [&str; 3] = ["from", "start", "impact_start"];
const TO: [&str; 4] = ["to", "end", "impact_end", "resolved"];

/// Advice for a file that is not there.
const WANTS: &str = "`--labels` takes a CSV file whose first line is `service,from,to`";

/// Reads a file of labels.
///
/// # Errors
/// It cannot be read, or a line is no label; every wrong line is told with its number.
pub fn read_file(path: &Path) -> Result<Vec<Label>, Vec<Problem>> {
    let bytes = files::read(path).map_err(|error| vec![files::unreadable(path, &error, WANTS)])?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| vec![Problem::error("no-text", format!("{} is no UTF-8 text", path.display()))])?;
    read(&path.display().to_string(), &text)
}

/// Reads the text of such a file; `name` stands in problems.
///
/// # Errors
/// Every line that is no label.
pub fn read(name: &str, text: &str) -> Result<Vec<Label>, Vec<Problem>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let problem = |line: usize, what: String| Problem::error("bad-label", format!("{name}:{}: {what}", line + 1));
    let hint = "the first line names the columns: `service,from,to`; times are RFC 3339 (2026-03-02T02:17:00Z)";
    let Some((first, header)) = lines.next() else { return Err(vec![problem(0, "there are no labels".into()).hint(hint)]) };
    let heads: Vec<String> = cells(header).into_iter().map(|c| c.to_ascii_lowercase()).collect();
    let column = |names: &[&str]| heads.iter().position(|head| names.contains(&head.as_str()));
    let (Some(of), Some(from), Some(to)) = (column(&OF), column(&FROM), column(&TO)) else {
        return Err(vec![problem(first, "a column for the service, the start or the end is missing".into()).hint(hint)]);
    };
    let (mut labels, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in lines.take(MOST) {
        let row = cells(line);
        let cell = |at: usize| row.get(at).map_or("", |text| text.trim());
        match (cell(of), Ms::parse_rfc3339(cell(from)), Ms::parse_rfc3339(cell(to))) {
            ("", ..) => problems.push(problem(number, "the service is missing".into())),
            (_, None, _) => problems.push(problem(number, format!("`{}` is no time", cell(from))).hint(hint)),
            (_, _, None) => problems.push(problem(number, format!("`{}` is no time", cell(to))).hint(hint)),
            (_, Some(from), Some(to)) if from >= to => problems.push(problem(number, "it ends before it begins".into())),
            (name, Some(from), Some(to)) => labels.push(Label { of: name.into(), time: Interval { from, to } }),
        }
    }
    if problems.is_empty() { Ok(labels) } else { Err(problems) }
}

/// The cells of a line; quotes keep commas, and stand twice for one.
fn cells(line: &str) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    out.push(cell);
    out.into_iter().map(|c| c.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read("l.csv", text) {
            Ok(labels) => labels.iter().map(|l| format!("{} {} {}", l.of, l.time.from, l.time.to)).collect::<Vec<_>>().join("\n"),
            Err(problems) => problems.iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let text = "name, Start ,\"service\",end\n\"pool, dry\",2026-03-17T02:17:00Z,payments,2026-03-17T03:31:00Z\n\n# none\n";
        assert_eq!(told(text), "payments 2026-03-17T02:17:00Z 2026-03-17T03:31:00Z");
    }

    #[test]
    fn every_wrong_line_is_told() {
        let text = "service,from,to\n,2026-03-17T02:17:00Z,2026-03-17T03:31:00Z\nshop,yesterday,now\nshop,2026-03-17T02:17:00Z,2026-03-17T02:17:00Z\n";
        let expect = "l.csv:2: the service is missing\nl.csv:3: `yesterday` is no time\nl.csv:4: it ends before it begins";
        assert_eq!(told(text), expect);
        assert_eq!(told("a,b\n"), "l.csv:1: a column for the service, the start or the end is missing");
        assert_eq!(told(""), "l.csv:1: there are no labels");
    }
}
