//! Prometheus' regular expressions (RE2 as Go compiles it) for Rust's `regex`: fully anchored, with the differences translated.
//!
//! Translated: `.` matches line breaks, `\Q..\E`, octal escapes, braces that are no repetition, `[` and set signs inside
//! classes. Deliberately absent: RE2's limit of 1,000 repetitions, which only refuses.

mod example;

pub use example::example;

use regex::Regex;

/// Compiles a PromQL pattern.
///
/// # Errors
/// The pattern is broken or too large when compiled: a sentence.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let anchored = format!("^(?s:{})$", translate(pattern)?);
    regex::RegexBuilder::new(&anchored).size_limit(1 << 20).build().map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_string(),
        _ => why(&e.to_string()),
    })
}

/// The last line of the regex crate's message, which says what is wrong.
fn why(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).trim().to_string()
}

/// The pattern in the dialect of Rust's `regex`. A parenthesis that closes nothing is refused here: it would close ours.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let (mut class, mut depth) = (Class::Outside, 0_usize);
    while let Some(c) = rest.chars().next() {
        let (text, len) = piece(rest, c, class);
        match (class, c) {
            (Class::Outside, '(') => depth += 1,
            (Class::Outside, ')') => depth = depth.checked_sub(1).ok_or("unopened group")?,
            _ => {}
        }
        class = class.after(c);
        out.push_str(&text);
        rest = &rest[len..];
    }
    Ok(out)
}

/// Whether we are in `[..]`, and whether its first character is still to come.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Outside,
    First,
    /// After `[^`, where a `]` is still plain text.
    Negated,
    Inside,
}

impl Class {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Outside, '[') => Self::First,
            (Self::First, '^') => Self::Negated,
            (Self::Inside, ']') => Self::Outside,
            (Self::First | Self::Negated, _) => Self::Inside,
            (other, _) => other,
        }
    }
}

/// The next piece of a pattern, translated, and how many bytes it takes.
fn piece(rest: &str, c: char, class: Class) -> (String, usize) {
    match c {
        '\\' => escape(rest, class),
        '{' if class == Class::Outside && !is_repetition(rest) => ("\\{".into(), 1),
        '[' if class == Class::Outside => ("[".into(), 1),
        '[' if rest.starts_with("[:") => {
            // A POSIX class such as `[:alpha:]` stays whole.
            let len = rest.find(":]").filter(|n| *n < 12).map_or(1, |n| n + 2);
            if len == 1 { ("\\[".into(), 1) } else { (rest[..len].to_string(), len) }
        }
        '[' => ("\\[".into(), 1),
        ']' if matches!(class, Class::First | Class::Negated) => ("\\]".into(), 1),
        '&' | '~' if class != Class::Outside => (format!("\\{c}"), 1),
        '-' if class == Class::Inside && rest.starts_with("--") => ("\\-".into(), 1),
        c => (c.to_string(), c.len_utf8()),
    }
}

fn escape(rest: &str, class: Class) -> (String, usize) {
    let after = &rest[1..];
    match after.chars().next() {
        Some('Q') if class == Class::Outside => {
            let body = &after[1..];
            let len = body.find("\\E").unwrap_or(body.len());
            (regex::escape(&body[..len]), (2 + len + 2).min(rest.len()))
        }
        // A lone `\E` ends a quotation that never began.
        Some('E') => (String::new(), 2),
        Some('C') => ("(?s:.)".into(), 2),
        Some(d @ '0'..='7') => {
            let len = after.bytes().take(3).take_while(|b| (b'0'..b'8').contains(b)).count();
            // RE2 reads \1 to \7 alone as back references, which it refuses: leave them, Rust refuses them too.
            if d != '0' && len < 3 {
                return (rest[..2].to_string(), 2);
            }
            let code = u32::from_str_radix(&after[..len], 8).unwrap_or(0);
            (format!("\\x{{{code:x}}}"), 1 + len)
        }
        Some(next) => (rest[..=next.len_utf8()].to_string(), 1 + next.len_utf8()),
        None => (rest.to_string(), rest.len()),
    }
}

/// True when a brace opens `{n}`, `{n,}` or `{n,m}`; anything else is plain text to RE2.
fn is_repetition(rest: &str) -> bool {
    let Some(end) = rest.find('}') else { return false };
    let body = &rest[1..end];
    let (low, high) = body.split_once(',').map_or((body, ""), |(l, h)| (l, h));
    !low.is_empty() && low.len() < 5 && high.len() < 5 && low.bytes().chain(high.bytes()).all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_prometheus_means() {
        for (pattern, text, hit) in [
            ("5..", "503", true),
            ("5..", "5033", false),
            ("a|b", "b", true),
            ("a|b", "ab", false),
            ("a.b", "a\nb", true),
            (r"\Qa.b\E+", "a.b", true),
            (r"\Qa.b", "axb", false),
            ("/v{id}/x", "/v{id}/x", true),
            ("a{2}", "aa", true),
            ("{,2}", "{,2}", true),
            ("[a&&b]", "&", true),
            ("[[a]", "[", true),
            ("[]a]", "]", true),
            ("[^]a]", "b", true),
            ("[[:digit:]]+", "42", true),
            (r"\101", "A", true),
            ("(?i)ERR", "err", true),
            ("", "", true),
            (".*", "", true),
            ("[a~~b]", "~", true),
            ("[+--]", "-", true),
            (r"\pL", "é", true),
            (r"a\.b", "a.b", true),
        ] {
            let regex = compile(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(regex.is_match(text), hit, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn broken_patterns_are_refused_in_words() {
        for pattern in ["(", "[z-a]", r"\", r"\1", "(?<n", "(?P<a>x)(?P<a>y)", "a)b(", "x{1000}{1000}{1000}"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
        assert_eq!(compile("a)b(").unwrap_err(), "unopened group");
    }
}
