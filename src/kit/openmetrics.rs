//! OpenMetrics text with timestamps in seconds: a reader that works line by line without copying, and a writer.
//!
//! Exemplars are skipped; label sets are read only when asked for, since recordings repeat each of them thousands of times.
//! Deliberately absent: the older text form (its timestamps are milliseconds), and meaning: `_total`, `_bucket` and `_created`
//! are samples like any others.

use crate::domain::base::{Labels, Ms};
use std::fmt::{self, Write};
use thiserror::Error;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct OpenMetricsError {
    /// Counted from 1.
    pub line: usize,
    /// In words.
    pub message: String,
}

/// A line with meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// `# HELP name text`, the text still escaped.
    Help(&'a str, &'a str),
    /// `# TYPE name kind`
    Type(&'a str, &'a str),
    /// `# UNIT name unit`
    Unit(&'a str, &'a str),
    /// A sample.
    Sample(SampleLine<'a>),
    /// `# EOF`
    Eof,
}

/// A sample as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleLine<'a> {
    /// Name and labels as written: equal heads are the same series.
    pub head: &'a str,
    /// The value.
    pub value: f64,
    /// When it was taken, rounded to a millisecond; absent where the text has none.
    pub at: Option<Ms>,
}

/// Reads one line. Blank lines and comments give `None`.
///
/// # Errors
/// What is wrong with the line, in words.
pub fn read_line(line: &str) -> Result<Option<Line<'_>>, String> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if let Some(comment) = line.strip_prefix('#') {
        return Ok(read_comment(comment));
    }
    if line.trim().is_empty() {
        return Ok(None);
    }
    let end = head_end(line)?;
    let (head, rest) = line.split_at(end);
    let rest = rest.split_once(" #").map_or(rest, |(numbers, _exemplar)| numbers);
    let mut words = rest.split_ascii_whitespace();
    let value = words.next().ok_or("a value is missing")?;
    let value = read_value(value).ok_or_else(|| format!("`{}` is no value", shorten(value)))?;
    let at = match words.next() {
        None => None,
        Some(word) => Some(read_time(word).ok_or_else(|| format!("`{}` is no time in seconds", shorten(word)))?),
    };
    match words.next() {
        Some(word) => Err(format!("`{}` is too much", shorten(word))),
        None => Ok(Some(Line::Sample(SampleLine { head, value, at }))),
    }
}

/// Every line with meaning, with its number. Ends after the first error.
pub fn read(text: &str) -> impl Iterator<Item = Result<(usize, Line<'_>), OpenMetricsError>> {
    let mut failed = false;
    text.lines().enumerate().filter_map(move |(i, line)| {
        if failed {
            return None;
        }
        let result = read_line(line).transpose()?;
        failed = result.is_err();
        Some(result.map(|l| (i + 1, l)).map_err(|message| OpenMetricsError { line: i + 1, message }))
    })
}

impl SampleLine<'_> {
    /// The label set of the head, the metric's name among them.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn labels(&self) -> Result<Labels, String> {
        read_head(self.head)
    }
}

/// Reads `name{a="b"}`; also `{"name", a="b"}`, which newer writers use for names with odd characters.
fn read_head(head: &str) -> Result<Labels, String> {
    let (name, mut rest) = head.find('{').map_or((head, ""), |i| (&head[..i], &head[i + 1..]));
    let mut pairs: Vec<(String, String)> = Vec::new();
    if !name.is_empty() {
        pairs.push(("__name__".into(), name.into()));
    }
    while !rest.is_empty() && !rest.starts_with('}') {
        let (pair, after) = read_pair(rest)?;
        pairs.push(pair);
        rest = after.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.starts_with('}') => rest,
            None => return Err("a comma is missing between two labels".into()),
        };
    }
    let labels = Labels::new(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    match labels.get("__name__") {
        "" => Err("the metric's name is missing".into()),
        _ if pairs.iter().any(|(k, _)| k.is_empty()) => Err("a label has no name".into()),
        _ => Ok(labels),
    }
}

/// Reads `a="b"`, or `"name"` alone.
fn read_pair(text: &str) -> Result<((String, String), &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (key, after) = read_quoted(quoted)?;
        return match after.trim_start().strip_prefix('=') {
            Some(after) => read_pair_value(key, after),
            None => Ok((("__name__".into(), key), after)),
        };
    }
    let end = text.find(['=', ',', '}']).unwrap_or(text.len());
    let key = text[..end].trim();
    match text[end..].strip_prefix('=') {
        Some(after) => read_pair_value(key.to_owned(), after),
        None => Err(format!("the label `{}` has no value", shorten(key))),
    }
}

fn read_pair_value(key: String, after: &str) -> Result<((String, String), &str), String> {
    let quoted = after.trim_start().strip_prefix('"');
    let quoted = quoted.ok_or_else(|| format!("the value of `{}` has no quotes", shorten(&key)))?;
    let (value, after) = read_quoted(quoted)?;
    Ok(((key, value), after))
}

/// Reads up to the closing quote; returns the text unescaped and what follows.
fn read_quoted(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Ok((out, &text[i + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                Some((_, c)) => out.extend(['\\', c]),
                None => break,
            },
            _ => out.push(c),
        }
    }
    Err("a quote is not closed".into())
}

fn read_comment(comment: &str) -> Option<Line<'_>> {
    let comment = comment.strip_prefix(' ')?;
    if comment.trim_end() == "EOF" {
        return Some(Line::Eof);
    }
    let (word, rest) = comment.split_once(' ')?;
    let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "HELP" => Some(Line::Help(name, text)),
        "TYPE" => Some(Line::Type(name, text)),
        "UNIT" => Some(Line::Unit(name, text)),
        _ => None,
    }
}

/// Where name and labels end: at the first space, or after the brace that closes the labels.
fn head_end(line: &str) -> Result<usize, String> {
    let bytes = line.as_bytes();
    let Some(stop) = bytes.iter().position(|b| matches!(b, b'{' | b' ')) else {
        return Err("a value is missing".into());
    };
    if bytes[stop] == b' ' {
        return if stop == 0 { Err("the metric's name is missing".into()) } else { Ok(stop) };
    }
    let mut quoted = false;
    let mut i = stop + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if quoted => i += 1,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Ok(i + 1),
            _ => {}
        }
        i += 1;
    }
    Err(if quoted { "a quote is not closed" } else { "a brace is not closed" }.into())
}

/// Whole numbers of up to 15 digits are read by digit, as nearly all counters are; the rest by the library.
fn read_value(word: &str) -> Option<f64> {
    let bytes = word.as_bytes();
    if bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0')) as f64);
    }
    word.parse().ok()
}

/// Seconds with up to nine digits of fraction, exactly; other forms (`1.7e9`) through a float.
fn read_time(word: &str) -> Option<Ms> {
    let (negative, digits) = word.strip_prefix('-').map_or((false, word), |d| (true, d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        let seconds: f64 = word.parse().ok()?;
        return (seconds.abs() < 9e12).then(|| Ms((seconds * 1000.0).round() as i64));
    }
    let seconds = whole.bytes().fold(0_i64, |n, b| n * 10 + i64::from(b - b'0'));
    let digit = |i: usize| fraction.as_bytes().get(i).map_or(0, |b| i64::from(b - b'0'));
    let rounded = digit(0) * 100 + digit(1) * 10 + digit(2) + i64::from(digit(3) >= 5);
    let ms = seconds * 1000 + rounded;
    Some(Ms(if negative { -ms } else { ms }))
}

fn shorten(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Writes the text form.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// A writer into `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Announces a family: `counter`, `gauge`, `histogram`, `unknown`.
    ///
    /// # Errors
    /// As the output's own.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        write!(self.out, "# TYPE {name} {kind}\n# HELP {name} ")?;
        escape(&mut self.out, help)?;
        self.out.write_char('\n')
    }

    /// Writes a sample; the metric's name is the label `__name__`.
    ///
    /// # Errors
    /// As the output's own.
    pub fn sample(&mut self, labels: &Labels, value: f64, at: Option<Ms>) -> fmt::Result {
        self.out.write_str(labels.get("__name__"))?;
        let mut sign = '{';
        for (name, text) in labels.iter().filter(|(n, _)| *n != "__name__") {
            write!(self.out, "{sign}{name}=\"")?;
            escape(&mut self.out, text)?;
            self.out.write_char('"')?;
            sign = ',';
        }
        self.out.write_str(if sign == ',' { "} " } else { " " })?;
        write_value(&mut self.out, value)?;
        if let Some(Ms(ms)) = at {
            let sign = if ms < 0 { "-" } else { "" };
            write!(self.out, " {sign}{}.{:03}", ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000)?;
        }
        self.out.write_char('\n')
    }

    /// Ends the text and gives the output back.
    ///
    /// # Errors
    /// As the output's own.
    pub fn finish(mut self) -> Result<W, fmt::Error> {
        self.out.write_str("# EOF\n")?;
        Ok(self.out)
    }
}

fn escape(out: &mut impl Write, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '"' => out.write_str("\\\"")?,
            '\n' => out.write_str("\\n")?,
            c => out.write_char(c)?,
        }
    }
    Ok(())
}

fn write_value(out: &mut impl Write, value: f64) -> fmt::Result {
    match value {
        v if v.is_nan() => out.write_str("NaN"),
        v if v.is_infinite() => out.write_str(if v > 0.0 { "+Inf" } else { "-Inf" }),
        v => write!(out, "{v}"),
    }
}

#[cfg(test)]
mod tests;
