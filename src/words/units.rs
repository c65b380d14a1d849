//! Numbers with their units: shares as percent, burn rates, counts and latencies. Unknown is `-`, never 0.

/// What stands where a number is unknown.
pub const UNKNOWN: &str = "-";

/// A share as percent with a fixed number of decimals: `94.20%`.
pub fn percent(share: f64, decimals: usize) -> String {
    if share.is_finite() { format!("{}%", fixed(share * 100.0, decimals)) } else { UNKNOWN.into() }
}

/// A share as percent with about three figures: `57.9%`, `5.80%`, `0.012%`, `100%`.
pub fn percent_auto(share: f64) -> String {
    if !share.is_finite() {
        return UNKNOWN.into();
    }
    let value = (share * 100.0).abs();
    let decimals = match value {
        v if v == 0.0 || v >= 99.995 => 0,
        v if v >= 99.0 => 2,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        v if v >= 0.001 => 4,
        _ => 6,
    };
    percent(share, decimals)
}

/// A level as percent: round numbers lose their decimals, `5%`, `0.5%`, `14.44%`.
pub fn percent_level(share: f64) -> String {
    let text = percent_auto(share);
    match text.strip_suffix('%') {
        Some(digits) if digits.contains('.') => format!("{}%", digits.trim_end_matches('0').trim_end_matches('.')),
        _ => text,
    }
}

/// A burn rate without its unit: `58.0`, `0.2`, `120`, `>999`.
pub fn burn(rate: f64) -> String {
    match rate {
        r if !r.is_finite() => UNKNOWN.into(),
        r if r >= 999.5 => ">999".into(),
        r if r >= 99.95 => fixed(r, 0),
        r => fixed(r, 1),
    }
}

/// A burn rate as people say it: `58.0x`.
pub fn burn_x(rate: f64) -> String {
    if rate.is_finite() { format!("{}x", burn(rate)) } else { UNKNOWN.into() }
}

/// A whole number with thousands apart: `83,419`.
pub fn whole(n: f64) -> String {
    if n.is_finite() { group(&fixed(n, 0)) } else { UNKNOWN.into() }
}

/// A count of events: whole when it is whole, else one decimal (asked plans give fractions).
pub fn count(n: f64) -> String {
    if !n.is_finite() {
        UNKNOWN.into()
    } else if (n - n.round()).abs() < 1e-6 {
        whole(n)
    } else {
        group(&fixed(n, 1))
    }
}

/// A number in at most five characters: `950`, `12.3k`, `41.0M`, `1.2G`.
pub fn short(n: f64) -> String {
    if !n.is_finite() {
        return UNKNOWN.into();
    }
    let size = n.abs();
    // 999.95 would print as 1000.0 of its unit, so each unit ends a little before the next.
    for (limit, unit, name) in [(999.5, 1.0, ""), (999_950.0, 1e3, "k"), (999_950_000.0, 1e6, "M"), (f64::INFINITY, 1e9, "G")] {
        if size < limit {
            return format!("{}{name}", fixed(n / unit, usize::from(unit > 1.0)));
        }
    }
    UNKNOWN.into()
}

/// A latency: `212 ms`, `3.20 s`, `1.5 ms`.
pub fn latency(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => UNKNOWN.into(),
        s if s >= 0.9995 => format!("{} s", fixed(s, 2)),
        s if s >= 0.00995 => format!("{} ms", fixed(s * 1000.0, 0)),
        s => format!("{} ms", fixed(s * 1000.0, 1)),
    }
}

/// A plain number with about three figures and no trailing zeros: `0.31`, `1,250`, `4.9`.
pub fn number(n: f64) -> String {
    if !n.is_finite() {
        return UNKNOWN.into();
    }
    let size = n.abs();
    let decimals = match size {
        v if v >= 100.0 => 0,
        v if v >= 1.0 => 2,
        v if v >= 0.01 => 3,
        _ => 6,
    };
    let text = fixed(n, decimals);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    group(text)
}

/// Decimals without a minus in front of zero.
fn fixed(n: f64, decimals: usize) -> String {
    let text = format!("{n:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.into(),
        _ => text,
    }
}

/// Puts commas between thousands of the whole part.
pub(crate) fn group(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (got, want) in [
            (percent(0.942, 2), "94.20%"),
            (percent_auto(0.579), "57.9%"),
            (percent_auto(0.058), "5.80%"),
            (percent_auto(0.00012), "0.0120%"),
            (percent_auto(1.0), "100%"),
            (percent_auto(0.9998), "99.98%"),
            (percent_auto(-0.124), "-12.4%"),
            (percent_auto(f64::NAN), "-"),
            (percent_level(0.05), "5%"),
            (percent_level(0.005), "0.5%"),
            (percent_level(0.1444), "14.4%"),
            (burn(58.0), "58.0"),
            (burn(99.96), "100"),
            (burn(1e9), ">999"),
            (burn_x(f64::NAN), "-"),
            (whole(83_419.0), "83,419"),
            (whole(-1_234_567.0), "-1,234,567"),
            (whole(-0.2), "0"),
            (count(12.5), "12.5"),
            (count(999.0), "999"),
            (short(999.0), "999"),
            (short(999.6), "1.0k"),
            (short(26_711.0), "26.7k"),
            (short(999_960.0), "1.0M"),
            (short(41_020_000.0), "41.0M"),
            (latency(0.212), "212 ms"),
            (latency(3.2), "3.20 s"),
            (latency(0.0015), "1.5 ms"),
            (number(0.31), "0.31"),
            (number(1250.0), "1,250"),
            (number(0.25), "0.25"),
        ] {
            assert_eq!(got, want);
        }
    }
}
