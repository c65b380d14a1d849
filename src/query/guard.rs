//! The door to promql-parser. Before it: limits on length, depth and operators, brackets, durations, regexes and placeholders,
//! each checked on our own tokens. Behind it: every error gets a place in the author's text, and a panic is an error too.
//!
//! The parser sees a rendered text: strings stand in as numbered tokens (so that its regex and escape rules, which differ from
//! Prometheus', never apply), durations in a form it cannot misread, placeholders as a duration nobody wrote.

mod checks;
mod sayings;

pub use checks::{MAX_DEPTH, MAX_LEN, MAX_OPERATORS, MAX_REGEXES, MAX_SPAN};

use super::ast::Expr;
use super::error::QueryError;
use super::locate::{self, span};
use super::lower::Lower;
use super::re2;
use super::scan::{Lexeme, Token};
use crate::domain::base::Span;
use checks::tokens;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

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
    if let Some(error) = sayings::unknown_function(tokens, message) {
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
    sayings::clear(message, at)
}

#[cfg(test)]
mod tests;
