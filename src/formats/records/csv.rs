//! CSV as RFC 4180 has it: quotes, doubled quotes and line breaks within them; commas, semicolons or tabs between cells.

use super::{MAX_RECORDS, Row, Table};
use crate::domain::base::Problem;
use crate::kit::yaml::Source;
use std::ops::Range;

/// Rows by the names in the first line.
pub(super) fn table(source: &Source) -> Table {
    let text = source.text();
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut scan = Scan { text, at: start, separator: separator(text) };
    let mut table = Table::default();
    let Some((head, _)) = scan.next_row() else { return table };
    table.columns = head.into_iter().map(|(name, _)| name.trim().to_owned()).collect();
    while let Some((cells, span)) = scan.next_row() {
        if cells.iter().all(|(cell, _)| cell.trim().is_empty()) {
            continue;
        }
        if cells.len() != table.columns.len() {
            let message =
                format!("the row's cells and the columns differ in number: {} and {}", cells.len(), table.columns.len());
            let problem = Problem::error("uneven-row", message).hint("quote cells that hold the separator");
            table.problems.push(problem.at(source.place(span.clone())));
        }
        table.rows.push(Row { span, cells: table.columns.iter().cloned().zip(cells).collect() });
        if table.rows.len() > MAX_RECORDS {
            break;
        }
    }
    table
}

/// The one that occurs most in the first line.
fn separator(text: &str) -> char {
    let head = text.lines().next().unwrap_or_default();
    // Of equally frequent ones the comma, which comes last here.
    [';', '\t', ','].into_iter().max_by_key(|c| head.matches(*c).count()).unwrap_or(',')
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    separator: char,
}

type Cells = Vec<(String, Range<usize>)>;

impl Scan<'_> {
    /// The next row's cells with their places, and the place of the whole row.
    fn next_row(&mut self) -> Option<(Cells, Range<usize>)> {
        let from = self.at;
        if from >= self.text.len() {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell());
            match self.take() {
                Some(c) if c == self.separator => {}
                Some('\r') => {
                    if self.peek() == Some('\n') {
                        self.take();
                    }
                    break;
                }
                _ => break,
            }
        }
        Some((cells, from..self.at))
    }

    /// A cell up to, not including, what ends it. A quote that never closes takes the rest of the file.
    fn cell(&mut self) -> (String, Range<usize>) {
        let (from, mut out, mut quoted) = (self.at, String::new(), false);
        if self.peek() == Some('"') {
            self.take();
            quoted = true;
        }
        while let Some(c) = self.peek() {
            if quoted && c == '"' {
                self.take();
                if self.peek() == Some('"') {
                    self.take();
                    out.push('"');
                } else {
                    quoted = false;
                }
            } else if !quoted && (c == self.separator || matches!(c, '\n' | '\r')) {
                break;
            } else {
                self.take();
                out.push(c);
            }
        }
        (out, from..self.at)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }
}
