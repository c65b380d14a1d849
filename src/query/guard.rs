//! The door to promql-parser. Before it: limits on length, depth and operators, brackets, durations, regexes and placeholders,
//! each checked on our own tokens. Behind it: every error gets a place in the author's text, and a panic is an error too.
//!
//! The parser sees a rendered text: strings stand in as numbered tokens (so that its regex and escape rules, which differ from
//! Prometheus', never apply), durations in a form it cannot misread, placeholders as a duration nobody wrote.

use super::ast::{Expr, Fold};
use super::error::QueryError;
use super::locate::{self, span};
use super::lower::Lower;
use super::re2;
use super::scan::{Lexeme, Token, scan};
use crate::domain::base::Span;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Longest text, bytes.
pub const MAX_LEN: usize = 64 * 1024;
/// Deepest nesting of brackets.
pub const MAX_DEPTH: usize = 200;
/// Most operators in one text: each may be a level of the tree.
pub const MAX_OPERATORS: usize = 300;
/// Longest duration that means anything: 100 years.
pub const MAX_SPAN: Span = Span::from_days(36_500);

/// Stands before a token's index where a string was.
pub(super) const MARK: char = '\u{1}';

/// Reads a PromQL expression.
///
/// # Errors
/// Everything Prometheus would refuse, texts beyond the limits, and placeholders other than the window: with the place.
pub fn parse(text: &str) -> Result<Expr, QueryError> {
    let tokens = tokens(text)?;
    let window = sentinel(&tokens);
    let rendered = render(&tokens, window);
    let tree = match ask(&rendered) {
        Ok(tree) => tree,
        Err(message) => return Err(explain(text, &tokens, window, &message)),
    };
    Lower { tokens: &tokens, window }
        .expr(&tree, 0)
        .map_err(|message| QueryError::new(message, span(&tokens, &(0..tokens.len()))))
}

/// The text with every window placeholder replaced by `window`; otherwise as it was written, without white space around it.
///
/// # Errors
/// As [`parse`] does before its grammar is looked at.
pub fn with_window(text: &str, window: Span) -> Result<String, QueryError> {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for lexeme in tokens(text)?.iter().filter(|l| l.token == Token::Window) {
        out.push_str(&text[from..lexeme.at.start]);
        out.push_str(&window.to_string());
        from = lexeme.at.end;
    }
    out.push_str(&text[from..]);
    Ok(out.trim().to_string())
}

/// The tokens of a text that keeps the limits and whose brackets, durations and regexes are right.
pub(super) fn tokens(text: &str) -> Result<Vec<Lexeme>, QueryError> {
    if text.len() > MAX_LEN {
        let mut end = MAX_LEN;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        return Err(QueryError::new(format!("the query is longer than {} KiB", MAX_LEN / 1024), end..text.len()));
    }
    let mut tokens = scan(text)?;
    if tokens.is_empty() {
        return Err(QueryError::new("the query is empty", 0..text.len()).hint("for instance: http_requests_total{code=~\"5..\"}"));
    }
    brackets(&tokens)?;
    operators(&tokens)?;
    durations(&mut tokens)?;
    regexes(&tokens)?;
    Ok(tokens)
}

fn brackets(tokens: &[Lexeme]) -> Result<(), QueryError> {
    let mut open: Vec<(&str, &Lexeme)> = Vec::new();
    for lexeme in tokens {
        let Token::Sign(sign) = lexeme.token else { continue };
        match sign {
            "(" => open.push((")", lexeme)),
            "[" => open.push(("]", lexeme)),
            "{" => open.push(("}", lexeme)),
            ")" | "]" | "}" => match open.pop() {
                Some((wanted, _)) if wanted == sign => {}
                Some((wanted, _)) => {
                    return Err(QueryError::new(format!("`{wanted}` was expected, not `{sign}`"), lexeme.at.clone()));
                }
                None => return Err(QueryError::new(format!("`{sign}` closes nothing"), lexeme.at.clone())),
            },
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(QueryError::new(format!("nested deeper than {MAX_DEPTH} brackets"), lexeme.at.clone()));
        }
    }
    match open.last() {
        Some((wanted, lexeme)) => {
            Err(QueryError::new(format!("this is never closed: a `{wanted}` is missing"), lexeme.at.clone()))
        }
        None => Ok(()),
    }
}

fn operators(tokens: &[Lexeme]) -> Result<(), QueryError> {
    let is_operator = |l: &&Lexeme| match &l.token {
        Token::Sign(s) => matches!(*s, "+" | "-" | "*" | "/" | "%" | "^" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "@"),
        Token::Name(_) => ["and", "or", "unless", "atan2", "offset"].iter().any(|w| l.is_word(w)),
        _ => false,
    };
    match tokens.iter().filter(is_operator).nth(MAX_OPERATORS) {
        Some(l) => Err(QueryError::new(format!("more than {MAX_OPERATORS} operators in one query"), l.at.clone())),
        None => Ok(()),
    }
}

/// Checks what stands where durations stand, makes bare numbers of seconds durations there, and durations numbers elsewhere.
fn durations(tokens: &mut [Lexeme]) -> Result<(), QueryError> {
    let mut in_brackets = false;
    for i in 0..tokens.len() {
        in_brackets = (in_brackets || tokens[i].is("[")) && !tokens[i].is("]");
        let signed = i > 0 && (tokens[i - 1].is("-") || tokens[i - 1].is("+"));
        let lead = i.checked_sub(1 + usize::from(signed)).map(|n| &tokens[n]);
        let is_offset = lead.is_some_and(|l| l.is_word("offset"));
        let is_instant = lead.is_some_and(|l| l.is("@"));
        let at = tokens[i].at.clone();
        let fixed = match (&tokens[i].token, in_brackets || is_offset) {
            (Token::Duration(span), true) => Token::Duration(checked(*span, &at)?),
            (Token::Number(seconds), true) => Token::Duration(checked(seconds_to_span(*seconds), &at)?),
            (Token::Duration(span), false) => Token::Number(span.secs_f64()),
            (Token::Window, false) => {
                return Err(QueryError::new("a window placeholder can stand only where a duration stands", at)
                    .hint("for instance: rate(x[{{window}}])"));
            }
            (Token::Number(time), false) if is_instant => {
                instant(*time, signed && tokens[i - 1].is("-"), &at)?;
                continue;
            }
            _ => continue,
        };
        tokens[i].token = fixed;
    }
    Ok(())
}

/// Whole milliseconds of a bare number of seconds; too long or no number gives a span beyond every limit.
fn seconds_to_span(seconds: f64) -> Span {
    let ms = (seconds * 1000.0).round();
    if ms.is_finite() && ms.abs() < 1e18 { Span(ms as i64) } else { Span(i64::MAX) }
}

fn checked(span: Span, at: &Range<usize>) -> Result<Span, QueryError> {
    match span {
        Span(..=0) => Err(QueryError::new("a duration must be longer than 0", at.clone())),
        span if span > MAX_SPAN => Err(QueryError::new("a duration of more than 100 years", at.clone())),
        span => Ok(span),
    }
}

fn instant(seconds: f64, negative: bool, at: &Range<usize>) -> Result<(), QueryError> {
    if negative && seconds > 0.0 {
        return Err(QueryError::new("`@` before 1970 is not supported", at.clone()));
    }
    // Year 9999: beyond it no clock agrees.
    if !seconds.is_finite() || seconds > 253_402_300_799.0 {
        return Err(QueryError::new("`@` wants a time in seconds since 1970", at.clone()));
    }
    Ok(())
}

/// Checks the matchers of every pair of braces: regexes compile, and a selector without a name demands something.
fn regexes(tokens: &[Lexeme]) -> Result<(), QueryError> {
    let (mut i, mut named) = (0, false);
    while i < tokens.len() {
        if !tokens[i].is("{") {
            named = tokens[i].name().is_some();
            i += 1;
            continue;
        }
        let start = i;
        let mut demands = named;
        while i < tokens.len() && !tokens[i].is("}") {
            if let Token::Text(value) = &tokens[i].token {
                demands |= demand(&tokens[i - 1], value, &tokens[i].at)?;
            }
            i += 1;
        }
        if !demands {
            let at = span(tokens, &(start..(i + 1).min(tokens.len())));
            return Err(QueryError::new("this would select every series there is", at)
                .hint("name a metric, or demand a label that is not empty"));
        }
    }
    Ok(())
}

/// Whether a matcher's value (after `before`) rules the empty string out.
fn demand(before: &Lexeme, value: &str, at: &Range<usize>) -> Result<bool, QueryError> {
    Ok(match before.token {
        Token::Sign("=") => !value.is_empty(),
        Token::Sign("!=") => value.is_empty(),
        Token::Sign(sign @ ("=~" | "!~")) => {
            let regex = re2::compile(value)
                .map_err(|why| QueryError::new(format!("the regular expression is broken: {why}"), at.clone()))?;
            regex.is_match("") == (sign == "!~")
        }
        _ => true,
    })
}

/// A duration that no token has, to stand for the window.
fn sentinel(tokens: &[Lexeme]) -> Span {
    let mut span = Span::from_days(1) - Span(1);
    while tokens.iter().any(|l| l.token == Token::Duration(span)) {
        span = span - Span(1);
    }
    span
}

fn render(tokens: &[Lexeme], window: Span) -> String {
    let mut out = String::new();
    for (i, lexeme) in tokens.iter().enumerate() {
        if i > 0 && tokens[i - 1].at.end < lexeme.at.start {
            out.push(' ');
        }
        one(&mut out, tokens, i, window);
    }
    out
}

/// Writes one token as the parser shall see it.
fn one(out: &mut String, tokens: &[Lexeme], i: usize, window: Span) {
    use std::fmt::Write;
    let done = match &tokens[i].token {
        Token::Name(name) => write!(out, "{name}"),
        Token::Number(n) if *n == 0.0 => write!(out, "0"),
        Token::Number(n) if n.is_infinite() => write!(out, "Inf"),
        Token::Number(n) => write!(out, "{n:e}"),
        Token::Duration(span) => write!(out, "{span}"),
        // The parser must see which values rule the empty string out, as it refuses selectors where none does.
        Token::Text(value) if value.is_empty() => write!(out, "\"\""),
        Token::Text(value) if i > 0 && tokens[i - 1].is("!~") && re2::compile(value).is_ok_and(|r| r.is_match("")) => {
            write!(out, "\"{MARK}{i}|\"")
        }
        Token::Text(_) => write!(out, "\"{MARK}{i}\""),
        Token::Window => write!(out, "{window}"),
        Token::Sign(sign) => write!(out, "{sign}"),
    };
    debug_assert!(done.is_ok(), "writing to a string does not fail");
}

/// Asks the parser; its panic, should there be one left, is a refusal.
fn ask(rendered: &str) -> Result<promql_parser::parser::Expr, String> {
    catch_unwind(AssertUnwindSafe(|| promql_parser::parser::parse(rendered)))
        .unwrap_or_else(|_| Err("the query cannot be read".to_string()))
}

/// Turns the parser's sentence into a problem with a place.
fn explain(text: &str, tokens: &[Lexeme], window: Span, message: &str) -> QueryError {
    if let Some(l) = tokens.iter().find(|l| l.is_word("smoothed") || l.is_word("anchored")) {
        return QueryError::new("`smoothed` and `anchored` are not supported, and cannot be names", l.at.clone());
    }
    if let Some(error) = unknown_function(tokens, message) {
        return error;
    }
    let end = text.trim_end().len();
    if let Some(error) = locate::grammar(tokens, end) {
        return error;
    }
    // Strings keep their numbers in a part: sentences about the same place are then equal.
    let refuses = |part: Range<usize>| {
        let mut out = String::new();
        for i in part {
            out.push(' ');
            one(&mut out, tokens, i, window);
        }
        ask(&out).err()
    };
    let at = locate::locate(tokens, message, &refuses);
    clear(message, at)
}

fn unknown_function(tokens: &[Lexeme], message: &str) -> Option<QueryError> {
    let name = message.strip_prefix("unknown function with name '")?.strip_suffix('\'')?;
    let at = tokens.windows(2).find(|w| w[0].name() == Some(name) && w[1].is("("))?[0].at.clone();
    let shown: String = name.chars().take(60).collect();
    let error = QueryError::new(format!("unknown function `{shown}`"), at);
    let near = FUNCTIONS
        .iter()
        .copied()
        .chain(Fold::NAMES.iter().map(|(_, n)| *n))
        .map(|f| (strsim::damerau_levenshtein(&shown.to_lowercase(), f), !f.starts_with(&shown), f))
        .min()
        .filter(|(distance, _, f)| *distance <= 1 + f.len() / 4);
    Some(match near {
        Some((.., f)) => error.hint(format!("did you mean `{f}`?")),
        None => error,
    })
}

/// The parser's sentence in the words of this program, where they are clearer.
fn clear(message: &str, at: Range<usize>) -> QueryError {
    if let Some(rest) = message.strip_prefix("expected type matrix in call to function '") {
        let name = rest.split('\'').next().unwrap_or_default();
        return QueryError::new(format!("`{name}` wants a range, such as x[5m]"), at)
            .hint(format!("write {name}(x[{{{{window}}}}])"));
    }
    if let Some(rest) = message.strip_prefix("expected type vector in call to function '") {
        let (name, got) = rest.split_once("', got ").unwrap_or((rest, "something else"));
        return QueryError::new(format!("`{name}` wants an instant vector, and got a {got}"), at);
    }
    if message.starts_with("metric name must not be set twice") {
        return QueryError::new("the metric is named twice", at);
    }
    let plain = message.contains(MARK) || message == "invalid promql query";
    QueryError::new(if plain { "this is no valid PromQL" } else { message }, at)
}

/// PromQL's functions, for "did you mean".
const FUNCTIONS: [&str; 68] = [
    "abs",
    "absent",
    "absent_over_time",
    "acos",
    "asin",
    "atan",
    "avg_over_time",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "count_over_time",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "delta",
    "deriv",
    "exp",
    "first_over_time",
    "floor",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_stddev",
    "histogram_sum",
    "hour",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "ln",
    "log10",
    "log2",
    "mad_over_time",
    "max_over_time",
    "min_over_time",
    "minute",
    "month",
    "pi",
    "predict_linear",
    "present_over_time",
    "quantile_over_time",
    "rad",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sin",
    "sort",
    "sort_desc",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
    "tan",
    "time",
    "timestamp",
    "vector",
    "year",
    "double_exponential_smoothing",
];

#[cfg(test)]
mod tests;
