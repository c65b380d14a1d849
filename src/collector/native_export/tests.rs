//! Tests of the native export's reader: blocks written by hand, as a VictoriaMetrics wrote them, and damaged.

use super::*;
use proptest::prelude::*;

fn uint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn int(value: i64, out: &mut Vec<u8>) {
    uint((value << 1 ^ value >> 63) as u64, out);
}

/// Numbers after the first: kind 6 by differences, 5 by differences of differences; with `zip` packed (4 and 1).
fn packed(values: &[i64], twice: bool, zip: bool) -> (u8, Vec<u8>) {
    let (mut out, mut by) = (Vec::new(), 0_i64);
    for pair in values.windows(2) {
        let step = pair[1].wrapping_sub(pair[0]);
        int(if twice { step.wrapping_sub(by) } else { step }, &mut out);
        by = step;
    }
    match (twice, zip) {
        (true, false) => (5, out),
        (false, false) => (6, out),
        (true, true) => (1, zstd::bulk::compress(&out, 1).unwrap()),
        (false, true) => (4, zstd::bulk::compress(&out, 1).unwrap()),
    }
}

fn block(name: &[u8], rows: &[(i64, i64)], scale: i64, (twice, zip): (bool, bool), out: &mut Vec<u8>) {
    let (times, values): (Vec<i64>, Vec<i64>) = rows.iter().copied().unzip();
    let (times_kind, times_bytes) = packed(&times, twice, zip);
    let (values_kind, values_bytes) = packed(&values, !twice, zip);
    let mut data = Vec::new();
    int(times[0], &mut data);
    int(values[0], &mut data);
    uint(rows.len() as u64, &mut data);
    int(scale, &mut data);
    data.extend([times_kind, values_kind]);
    for bytes in [times_bytes, values_bytes] {
        uint(bytes.len() as u64, &mut data);
        data.extend(bytes);
    }
    for bytes in [name, &data] {
        out.extend((bytes.len() as u32).to_be_bytes());
        out.extend(bytes);
    }
}

const ALL: (Ms, Ms) = (Ms(i64::MIN), Ms(i64::MAX));

fn shown(body: &[u8], span: (Ms, Ms)) -> String {
    let Some(all) = read(body, span, 1_000_000) else { return "none".into() };
    let one = |(labels, samples): &Series| {
        let samples: Vec<String> = samples.iter().map(|s| format!("{}:{}", s.at.0, s.value)).collect();
        format!("{labels} {}", samples.join(" "))
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What a VictoriaMetrics 1.79 sent: `frac{a="x"}`, ten samples 15 s apart that rise by a quarter.
#[test]
fn a_block_of_a_real_server_is_read() {
    let hex = "00000343aa1b067000000343f2340e7000000009667261630161017801\
               00000011e0ae9ea3bb68000a03020203b0ea010132";
    let hex: String = hex.split_whitespace().collect();
    let body: Vec<u8> = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    let told = shown(&body, ALL);
    let first = 1_795_000_000_000_i64;
    assert!(told.starts_with("frac{a=\"x\"} "), "{told}");
    let samples: Vec<(i64, f64)> = told["frac{a=\"x\"} ".len()..]
        .split(' ')
        .map(|s| s.split_once(':').map(|(at, v)| (at.parse().unwrap(), v.parse().unwrap())).unwrap())
        .collect();
    assert_eq!(samples.len(), 10);
    assert!((samples[0].0 - first).abs() < 400 * 86_400_000, "{}", samples[0].0);
    for (i, (at, value)) in samples.iter().enumerate() {
        assert_eq!((at - samples[0].0, *value), (i as i64 * 15_000, i as f64 / 4.0));
    }
}

#[test]
fn blocks_of_a_series_are_put_in_order_and_cut_to_the_span() {
    let mut body = vec![0; 16];
    block(b"m\x01a\x01x\x01", &[(4000, 40), (5000, 50)], 0, (true, false), &mut body);
    block(b"k\x01a\x01x\x00\x30y\x00\x31\x01", &[(1000, 1), (2000, i64::MAX - 1), (3000, i64::MAX)], 0, (false, true), &mut body);
    block(b"m\x01a\x01x\x01", &[(1000, 10), (2000, 20), (3000, 5)], 2, (true, true), &mut body);
    let odd = Labels::new([("__name__", "k"), ("a", "x\u{0}y\u{1}")]);
    assert_eq!(shown(&body, ALL), format!("{odd} 1000:1 3000:inf; m{{a=\"x\"}} 1000:1000 2000:2000 3000:500 4000:40 5000:50"));
    assert!(shown(&body, (Ms(1000), Ms(4000))).ends_with("m{a=\"x\"} 2000:2000 3000:500 4000:40"));
}

#[test]
fn blocks_that_were_not_merged_yet_lie_over_each_other() {
    let mut body = vec![0; 16];
    block(b"m\x01", &[(1000, 10), (3000, 20), (5000, 21)], 0, (true, false), &mut body);
    block(b"m\x01", &[(2000, 12), (3000, 20), (4000, 20)], 0, (true, false), &mut body);
    assert_eq!(shown(&body, ALL), "m 1000:10 2000:12 3000:20 4000:20 5000:21");
    block(b"m\x01", &[(4000, 19), (6000, 25)], 0, (true, false), &mut body);
    assert_eq!(shown(&body, ALL), "none", "two values of one time: queries decide");
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        start in 0_i64..2_000_000_000_000,
        steps in prop::collection::vec((1_i64..100_000, -1_000_000_000_000_i64..1_000_000_000_000), 1..300),
        scale in -6_i64..6,
        twice: bool,
        zip: bool,
    ) {
        let mut at = start;
        let rows: Vec<(i64, i64)> = steps.into_iter().map(|(step, value)| { at += step; (at, value) }).collect();
        let mut body = vec![0; 16];
        block(b"m\x01", &rows, scale, (twice, zip), &mut body);
        let got = read(&body, ALL, 1_000_000).unwrap();
        prop_assert_eq!(got.len(), 1);
        prop_assert_eq!(got[0].1.len(), rows.len());
        for (sample, (at, value)) in got[0].1.iter().zip(&rows) {
            let exact: f64 = format!("{value}e{scale}").parse().unwrap();
            prop_assert_eq!(sample.at, Ms(*at));
            prop_assert!((sample.value - exact).abs() <= exact.abs() * 1e-15, "{} {}", sample.value, exact);
        }
    }

    #[test]
    fn damaged_answers_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..120), at in 0_usize..400, to: u8) {
        let _ = read(&bytes, ALL, 1000);
        let mut body = vec![0; 16];
        block(b"m\x01a\x01x\x01", &[(4000, 40), (5000, 50), (7000, 51)], 0, (true, true), &mut body);
        let place = at % body.len();
        body[place] = to;
        let _ = read(&body, ALL, 1000);
        body.append(&mut bytes);
        let _ = read(&body, ALL, 1000);
    }
}
