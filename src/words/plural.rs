//! Numbers of things.

use super::units::whole;

/// `1 SLO`, `12 SLOs`, `1,204 SLOs`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", whole(n as f64), noun(n, one, many))
}

/// The form of a noun that goes with `n`.
pub const fn noun<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

/// The form of a noun that goes with a number that need not be whole: `1 event`, `1.5 events`.
pub fn noun_of<'a>(n: f64, one: &'a str, many: &'a str) -> &'a str {
    if super::units::count(n) == "1" { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_everything_else_plural() {
        assert_eq!(counted(0, "SLO", "SLOs"), "0 SLOs");
        assert_eq!(counted(1, "SLO", "SLOs"), "1 SLO");
        assert_eq!(counted(1204, "SLO", "SLOs"), "1,204 SLOs");
        assert_eq!([0.0, 1.0, 1.5, f64::NAN].map(|n| noun_of(n, "event", "events")), ["events", "event", "events", "events"]);
    }
}
