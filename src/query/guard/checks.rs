//! What is checked on our own tokens before the parser sees a text: limits, brackets, durations, instants and regexes.

use crate::domain::base::Span;
use crate::query::error::QueryError;
use crate::query::locate::span;
use crate::query::re2;
use crate::query::scan::{Lexeme, Token, scan};
use std::ops::Range;

/// Longest text, bytes.
pub const MAX_LEN: usize = 64 * 1024;
/// Deepest nesting of brackets.
pub const MAX_DEPTH: usize = 200;
/// Most operators in one text: each may be a level of the tree.
pub const MAX_OPERATORS: usize = 200;
/// Most regular expressions in one text: each is compiled.
pub const MAX_REGEXES: usize = 200;
/// Longest duration that means anything: 100 years.
pub const MAX_SPAN: Span = Span::from_days(36_500);

/// The tokens of a text that keeps the limits and whose brackets, durations and regexes are right.
pub(in crate::query) fn tokens(text: &str) -> Result<Vec<Lexeme>, QueryError> {
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
    let mut patterns = tokens.windows(2).filter(|w| (w[0].is("=~") || w[0].is("!~")) && matches!(w[1].token, Token::Text(_)));
    if let Some(w) = patterns.nth(MAX_REGEXES) {
        return Err(QueryError::new(format!("more than {MAX_REGEXES} regular expressions in one query"), w[1].at.clone()));
    }
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
