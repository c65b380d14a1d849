//! JSON lines, or one JSON array of objects. Nested values are left out.

use super::{MAX_RECORDS, Row, Table};
use crate::domain::base::Problem;
use crate::kit::yaml::Source;
use serde_json::{Map, Value};
use std::ops::Range;

/// Rows by the objects' keys.
pub(super) fn table(source: &Source) -> Table {
    let text = source.text();
    let body = text.trim_start_matches('\u{feff}').trim_start();
    let mut table = Table::default();
    if body.starts_with('[') {
        let span = text.len() - body.len()..text.len();
        match serde_json::from_str::<Vec<Value>>(body) {
            Ok(all) => all.into_iter().for_each(|value| table.take(source, value, span.start..span.start)),
            Err(error) => table.wrong(source, span.start..span.start, &error.to_string()),
        }
        return table;
    }
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let span = from..from + line.trim_end().len();
        from += line.len();
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(line) {
            Ok(value) => table.take(source, value, span),
            Err(error) => table.wrong(source, span, &error.to_string()),
        }
        if table.rows.len() > MAX_RECORDS {
            break;
        }
    }
    table
}

impl Table {
    fn take(&mut self, source: &Source, value: Value, span: Range<usize>) {
        let Value::Object(map) = value else { return self.wrong(source, span, "it is no object") };
        for name in map.keys() {
            if !self.columns.contains(name) && self.columns.len() < 200 {
                self.columns.push(name.clone());
            }
        }
        self.rows.push(Row { cells: cells(map, &span), span });
    }

    fn wrong(&mut self, source: &Source, span: Range<usize>, why: &str) {
        let problem = Problem::error("bad-json", format!("this record cannot be read: {why}"));
        self.problems.push(problem.hint("write one JSON object on each line").at(source.place(span)));
    }
}

fn cells(map: Map<String, Value>, span: &Range<usize>) -> std::collections::BTreeMap<String, (String, Range<usize>)> {
    let plain = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    map.into_iter().filter_map(|(name, value)| Some((name, (plain(value)?, span.clone())))).collect()
}
