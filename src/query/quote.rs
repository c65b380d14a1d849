//! PromQL string literals: reading them as Go does, and writing them back.

use std::ops::Range;

/// Writes `value` as a double-quoted literal that every PromQL parser reads back unchanged.
pub fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads the literal that starts at byte `start` of `text` with a quote. Gives its value and the byte after it.
///
/// # Errors
/// No closing quote, a line break inside plain quotes, an unknown or broken escape, bytes that are no UTF-8: with the range.
pub fn read(text: &str, start: usize) -> Result<(String, usize), (String, Range<usize>)> {
    let quote = text.as_bytes()[start];
    if quote == b'`' {
        let end = text[start + 1..].find('`').map(|n| start + 1 + n);
        let end = end.ok_or_else(|| ("the string is not closed: a ` is missing".to_string(), start..text.len()))?;
        return Ok((text[start + 1..end].to_string(), end + 1));
    }
    let (bytes, mut at, mut value) = (text.as_bytes(), start + 1, Vec::new());
    while let Some(&b) = bytes.get(at) {
        match b {
            b'\\' => at = escape(text, at, quote, &mut value)?,
            b'\n' => return Err(("a string in plain quotes cannot span lines".into(), start..at)),
            b if b == quote => {
                let value = String::from_utf8(value).map_err(|_| ("the escapes give no valid UTF-8".into(), start..at + 1))?;
                return Ok((value, at + 1));
            }
            b => {
                value.push(b);
                at += 1;
            }
        }
    }
    Err((format!("the string is not closed: a {} is missing", char::from(quote)), start..text.len()))
}

/// Reads the escape at `at` (a backslash) into `value`; gives the byte after it. Numbers below 256 stand for bytes, as in Go.
fn escape(text: &str, at: usize, quote: u8, value: &mut Vec<u8>) -> Result<usize, (String, Range<usize>)> {
    let shown = text[at + 1..].chars().next();
    let end = at + 1 + shown.map_or(0, char::len_utf8);
    let simple = match shown {
        Some('a') => 7,
        Some('b') => 8,
        Some('f') => 12,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 11,
        Some('\\') => b'\\',
        Some(c) if u32::from(c) == u32::from(quote) => quote,
        Some('x') => return number(text, at, end, 2, 16, value),
        Some('u') => return number(text, at, end, 4, 16, value),
        Some('U') => return number(text, at, end, 8, 16, value),
        Some('0'..='7') => return number(text, at, at + 1, 3, 8, value),
        _ => {
            let what = shown.map_or_else(|| "a lone backslash".into(), |c| format!("unknown escape `\\{}`", c.escape_debug()));
            return Err((what, at..end));
        }
    };
    value.push(simple);
    Ok(end)
}

fn number(
    text: &str,
    at: usize,
    from: usize,
    len: usize,
    radix: u32,
    value: &mut Vec<u8>,
) -> Result<usize, (String, Range<usize>)> {
    let mut to = (from + len).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let digits = text.get(from..to).filter(|d| d.len() == len && d.bytes().all(|b| char::from(b).is_digit(radix)));
    let code = digits.and_then(|d| u32::from_str_radix(d, radix).ok());
    let byte = if len < 4 { code.map(u8::try_from) } else { None };
    match (byte, code.and_then(char::from_u32)) {
        (Some(Ok(byte)), _) => value.push(byte),
        (None, Some(c)) if len >= 4 => value.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        _ => return Err((format!("the escape needs {len} digits that name a character"), at..to)),
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_go_reads_them() {
        for (text, value) in [
            (r#""a\"b\\c\n""#, "a\"b\\c\n"),
            (r"'it\'s'", "it's"),
            (r"`/v\d+`", r"/v\d+"),
            (r#""\x41\101\u4e16\U0001F600""#, "AA世😀"),
            (r#""\xc3\xa9""#, "é"),
        ] {
            assert_eq!(read(text, 0), Ok((value.to_string(), text.len())), "{text}");
            assert_eq!(read(&quoted(value), 0).unwrap().0, value);
        }
    }

    #[test]
    fn broken_literals_say_where() {
        for (text, at) in [
            (r#""abc"#, 0..4),
            (r#""a\d""#, 2..4),
            (r#""\x4""#, 1..5),
            ("\"a\nb\"", 0..2),
            (r#""\xff""#, 0..6),
            (r#""\ud800""#, 1..7),
            ("\"\\", 1..2),
            (r#""\400""#, 1..5),
            (r#""\é""#, 1..4),
            ("`x", 0..2),
        ] {
            assert_eq!(read(text, 0).unwrap_err().1, at, "{text}");
        }
    }
}
