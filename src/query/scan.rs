//! PromQL's tokens with their places in the author's text: what promql-parser cannot tell us. Window placeholders of the
//! templates people write are tokens too.
//!
//! One pass, linear in the text's length. Deliberately absent: grammar (see `locate`) and limits (see `guard`).

use super::error::QueryError;
use super::quote;
use crate::domain::base::Span;
use std::ops::Range;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A metric, label, function or keyword.
    Name(String),
    /// A number; `Inf` and `NaN` are names.
    Number(f64),
    /// A duration.
    Duration(Span),
    /// A string, unescaped.
    Text(String),
    /// `{{window}}`, `{{ .window }}`, `$window` or `${window}`.
    Window,
    /// An operator, bracket, comma or colon.
    Sign(&'static str),
}

/// A token and its bytes in the author's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Lexeme {
    /// What it is.
    pub token: Token,
    /// Where it is.
    pub at: Range<usize>,
}

impl Lexeme {
    /// True for this sign.
    pub fn is(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(s) if s == sign)
    }

    /// The name, where it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.token {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    /// True for this keyword, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        self.name().is_some_and(|n| n.eq_ignore_ascii_case(word))
    }
}

const SIGNS: [&str; 23] =
    ["==", "!=", "=~", "!~", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "@", ",", "(", ")", "{", "}", "[", "]"];

/// Splits a PromQL text into tokens. White space and comments are left out.
///
/// # Errors
/// A character that PromQL does not know, a broken number, duration or string, an unknown placeholder: with its place.
pub fn scan(text: &str) -> Result<Vec<Lexeme>, QueryError> {
    let (mut out, mut at, mut in_brackets) = (Vec::new(), 0, false);
    while let Some(c) = text[at..].chars().next() {
        if c.is_ascii_whitespace() {
            at += 1;
        } else if c == '#' {
            at += text[at..].find(['\n', '\r']).unwrap_or(text.len() - at);
        } else {
            let (token, end) = token(text, at, c, in_brackets)?;
            in_brackets = match token {
                Token::Sign("[") => true,
                Token::Sign("]") => false,
                _ => in_brackets,
            };
            out.push(Lexeme { token, at: at..end });
            at = end;
        }
    }
    Ok(out)
}

fn token(text: &str, at: usize, c: char, in_brackets: bool) -> Result<(Token, usize), QueryError> {
    let rest = &text[at..];
    if rest.starts_with("{{") || c == '$' || (in_brackets && rest.starts_with("[[")) {
        return placeholder(text, at);
    }
    if c == ':' && in_brackets {
        return Ok((Token::Sign(":"), at + 1));
    }
    if c.is_ascii_alphabetic() || c == '_' || c == ':' {
        let end = at + rest.bytes().take_while(|b| is_word(*b) || (*b == b':' && !in_brackets)).count();
        return Ok((Token::Name(text[at..end].to_string()), end));
    }
    if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) {
        return number(text, at);
    }
    if matches!(c, '"' | '\'' | '`') {
        let read = quote::read(text, at).map_err(|(message, at)| QueryError::new(message, at))?;
        return Ok((Token::Text(read.0), read.1));
    }
    if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
        return Ok((Token::Sign(sign), at + sign.len()));
    }
    Err(unknown(c, at))
}

fn unknown(c: char, at: usize) -> QueryError {
    let error = QueryError::new(format!("unexpected character `{}`", c.escape_debug()), at..at + c.len_utf8());
    match c {
        '“' | '”' | '‘' | '’' => error.hint("a typographic quote; PromQL wants plain \" or '"),
        '×' => error.hint("write `*`"),
        '&' => error.hint("PromQL writes `and`"),
        '|' => error.hint("PromQL writes `or`"),
        '!' => error.hint("`!` stands only in `!=` and `!~`"),
        c if c.is_alphanumeric() => error.hint("names beyond a-z, 0-9, `_` and `:` are written in quotes: {\"http.duration\"}"),
        _ => error,
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// A number or a duration: the longest run of characters that could belong to one, read as a whole.
fn number(text: &str, at: usize) -> Result<(Token, usize), QueryError> {
    let bytes = text.as_bytes();
    let hex = bytes.get(at + 1).is_some_and(|b| b.eq_ignore_ascii_case(&b'x'));
    let mut end = at;
    while let Some(b) = bytes.get(end) {
        let exponent = !hex && matches!(b, b'+' | b'-') && bytes[end - 1].eq_ignore_ascii_case(&b'e');
        if !(is_word(*b) || *b == b'.' || (exponent && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))) {
            break;
        }
        end += 1;
    }
    let run = &text[at..end];
    if let Some(number) = read_number(run) {
        let too_large = || QueryError::new("the number is too large", at..end).hint("write Inf for infinity");
        return if number.is_finite() { Ok((Token::Number(number), end)) } else { Err(too_large()) };
    }
    match Span::parse(run) {
        Ok(span) => Ok((Token::Duration(span), end)),
        Err(e) => {
            let cut: String = run.chars().take(40).collect();
            let long = e.message.len() > 200;
            let message = if long { format!("`{cut}...` is no number and no duration") } else { e.message };
            Err(QueryError::new(message, at..end))
        }
    }
}

/// Reads a number as Go's `strconv` does: decimal, `0x` hexadecimal, leading `0` octal where all digits allow it.
fn read_number(run: &str) -> Option<f64> {
    if let Some(hex) = run.strip_prefix("0x").or_else(|| run.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with(['+', '-'])).map(|n| n as f64);
    }
    if run.len() > 1 && run.starts_with('0') && run.bytes().all(|b| (b'0'..b'8').contains(&b)) {
        return i64::from_str_radix(run, 8).ok().map(|n| n as f64);
    }
    if !run.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    run.parse().ok()
}

/// Reads a placeholder. Only the window is known; Grafana's are refused with a word on what to write.
fn placeholder(text: &str, at: usize) -> Result<(Token, usize), QueryError> {
    let rest = &text[at..];
    let (inner, end) = if let Some(body) = rest.strip_prefix("{{") {
        closed(body, "}}").map(|n| (&body[..n], at + 2 + n + 2))
    } else if let Some(body) = rest.strip_prefix("${") {
        closed(body, "}").map(|n| (&body[..n], at + 2 + n + 1))
    } else if let Some(body) = rest.strip_prefix("[[") {
        closed(body, "]]").map(|n| (&body[..n], at + 2 + n + 2))
    } else {
        let len = rest[1..].bytes().take_while(|b| is_word(*b)).count();
        Some((&rest[1..=len], at + 1 + len))
    }
    .ok_or_else(|| {
        let opening = at..at + rest.chars().take(2).map(char::len_utf8).sum::<usize>();
        QueryError::new("a placeholder is not closed", opening).hint("write {{window}}")
    })?;
    let name = inner.trim().trim_matches('-').trim().trim_start_matches('.').trim();
    if name == "window" {
        return Ok((Token::Window, end));
    }
    let shown: String = text[at..end].chars().take(40).collect();
    let hint = match name {
        _ if name.starts_with("__") => "Grafana's variables mean nothing here; write {{window}} in their place",
        _ if name.eq_ignore_ascii_case("window") => "write it in small letters: {{window}}",
        _ => "the only placeholder is {{window}} (also {{.window}} or $window)",
    };
    Err(QueryError::new(format!("unknown placeholder `{}`", shown.escape_debug()), at..end).hint(hint))
}

/// Where `mark` closes a placeholder that starts here; placeholders are short and stay on their line.
fn closed(body: &str, mark: &str) -> Option<usize> {
    body.find(mark).filter(|n| *n <= 64 && !body[..*n].contains(['\n', '"', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match scan(text) {
            Ok(tokens) => tokens.iter().map(|l| format!("{:?}", l.token)).collect::<Vec<_>>().join(" "),
            Err(e) => format!("{} at {:?}: {:?}", e.message, e.at, &text[e.at.clone()]),
        }
    }

    #[test]
    fn tokens_and_their_errors() {
        for (text, expected) in [
            ("a:b[5m:]", r#"Name("a:b") Sign("[") Duration(Span(300000)) Sign(":") Sign("]")"#),
            ("x # y\n-1e-3", r#"Name("x") Sign("-") Number(0.001)"#),
            ("0x1F 017 089 1e3", "Number(31.0) Number(15.0) Number(89.0) Number(1000.0)"),
            ("[{{ .window }}]", r#"Sign("[") Window Sign("]")"#),
            ("{{window}} {{- .window -}} $window ${window}", "Window Window Window Window"),
            ("`\\d`", r#"Text("\\d")"#),
            ("1 + 1e999", "the number is too large at 4..9: \"1e999\""),
            ("a ü", "unexpected character `ü` at 2..4: \"ü\""),
            ("5mm", "unknown unit `mm` in `5mm`; units are y, w, d, h, m, s, ms at 0..3: \"5mm\""),
            ("a[$__rate_interval]", "unknown placeholder `$__rate_interval` at 2..18: \"$__rate_interval\""),
            ("{{windw}}", "unknown placeholder `{{windw}}` at 0..9: \"{{windw}}\""),
            ("foo{{a=\"b\"}}", "a placeholder is not closed at 3..5: \"{{\""),
            ("a \0", "unexpected character `\\0` at 2..3: \"\\0\""),
            ("1.2.3", "a unit is missing after `1.2.3`; units are y, w, d, h, m, s, ms at 0..5: \"1.2.3\""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
