//! Times as people type them: RFC 3339, `now`, or a duration back from now.

use crate::domain::base::{Ms, Span};

/// Reads a time. `2h`, `-2h` and `30d` count back from `now`.
///
/// # Errors
/// The text is none of these; the message says so.
pub fn parse(text: &str, now: Ms) -> Result<Ms, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Some(at) = Ms::parse_rfc3339(text) {
        return Ok(at);
    }
    let back = text.strip_prefix('-').unwrap_or(text);
    Span::parse(back).map(|span| now - span).map_err(|_| format!("`{}` is no time", crate::words::escape::terminal(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_type_them() {
        let now = Ms::parse_rfc3339("2026-03-02T12:00:00Z").unwrap();
        let shown = |text| parse(text, now).map(|t| t.rfc3339());
        assert_eq!(shown("now").as_deref(), Ok("2026-03-02T12:00:00Z"));
        assert_eq!(shown("2h").as_deref(), Ok("2026-03-02T10:00:00Z"));
        assert_eq!(shown("-30d").as_deref(), Ok("2026-01-31T12:00:00Z"));
        assert_eq!(shown("2026-03-02T10:00:00+08:00").as_deref(), Ok("2026-03-02T02:00:00Z"));
        assert_eq!(shown("yesterday\x1b[2J").unwrap_err(), "`yesterday?[2J` is no time");
    }
}
