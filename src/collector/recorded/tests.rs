//! Recordings in, answers out.

use super::*;
use crate::domain::base::Span;
use crate::domain::measure::{Batch, MatchOp};
use std::fmt::Write;

const TEXT: &str = "# TYPE hits counter\n\
    hits_total{code=\"500\",job=\"a\"} 1 30.5\n\
    hits_total{code=\"200\",job=\"a\"} 10 15\n\
    hits_total{job=\"a\",code=\"200\"} 20 30\n\
    hits_total{code=\"200\",job=\"a\"} 5 45\n\
    up{job=\"a\"} 1 15\n# EOF\n";

fn shown(source: &Recorded, selector: &Selector, from: i64, to: i64) -> String {
    let mut batch = Batch::default();
    let ask = Ask::Raw { selector: selector.clone(), from: Ms(from), to: Ms(to) };
    let coverage = source.read_now(&ask, &mut batch).unwrap();
    let mut out = format!("{} {}\n", coverage.series, coverage.samples);
    for (labels, samples) in batch.iter() {
        let samples: Vec<_> = samples.iter().map(|s| (s.at.0, s.value)).collect();
        writeln!(out, "{labels} {samples:?}").unwrap();
    }
    out
}

#[test]
fn spans_are_open_on_the_left_and_selectors_are_whole() {
    let source = Recorded::from_bytes("memory", TEXT.as_bytes()).unwrap();
    let hits = Selector::metric("hits_total");
    assert_eq!(
        shown(&source, &hits, 15_000, 45_000),
        "2 3\nhits_total{code=\"200\", job=\"a\"} [(30000, 20.0), (45000, 5.0)]\nhits_total{code=\"500\", job=\"a\"} [(30500, 1.0)]\n"
    );
    assert_eq!(
        shown(&source, &hits.and("code", MatchOp::Regex, "5.."), 0, 99_000),
        "1 1\nhits_total{code=\"500\", job=\"a\"} [(30500, 1.0)]\n"
    );
    assert_eq!(shown(&source, &hits.and("code", MatchOp::Regex, "5"), 0, 99_000), "0 0\n");
    assert_eq!(source.range(), Some((Ms(15_000), Ms(45_000))));
    assert_eq!(source.series_count(), 3);
}

#[tokio::test]
async fn nothing_beyond_the_horizon_is_seen() {
    let source = Recorded::from_bytes("memory", TEXT.as_bytes()).unwrap();
    let any = Selector::new(vec![]).and("job", MatchOp::Equal, "a");
    source.horizon().set(Ms(30_000));
    let answer = shown(&source, &any, 0, 99_000);
    assert!(answer.starts_with("2 3\n") && !answer.contains("code=\"500\""), "{answer}");
    let named = source.series(std::slice::from_ref(&any), Ms(0), Ms(99_000)).await.unwrap();
    assert_eq!(named.len(), 2);
    source.horizon().set(Ms(0) + Span::from_mins(1));
    assert_eq!(source.series(&[any.clone(), any], Ms(0), Ms(99_000)).await.unwrap().len(), 3);
}

#[test]
fn compressed_recordings_are_known_by_their_first_bytes() {
    let packed = zstd::encode_all(TEXT.as_bytes(), 3).unwrap();
    let source = Recorded::from_bytes("packed", &packed).unwrap();
    assert_eq!(shown(&source, &Selector::metric("up"), 0, 99_000), "1 1\nup{job=\"a\"} [(15000, 1.0)]\n");
    let cut = Recorded::from_bytes("packed", &packed[..packed.len() - 9]).unwrap_err();
    assert!(matches!(cut, RecordingError::Unreadable { .. }), "{cut}");
    let zipped = gzip(TEXT);
    let source = Recorded::from_bytes("zipped", &zipped).unwrap();
    assert_eq!(shown(&source, &Selector::metric("up"), 0, 99_000), "1 1\nup{job=\"a\"} [(15000, 1.0)]\n");
    let cut = Recorded::from_bytes("zipped", &zipped[..zipped.len() - 9]).unwrap_err();
    assert!(matches!(cut, RecordingError::Unreadable { .. }), "{cut}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

#[test]
fn several_files_are_one_recording() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let first = write("1.om", TEXT.as_bytes());
    let second = write("2.om.gz", &gzip("up{job=\"a\"} 1 30\nup{job=\"b\"} 1 30\n# EOF\n"));
    let source = Recorded::open_all(&[&first, &second]).unwrap();
    let up = shown(&source, &Selector::metric("up"), 0, 99_000);
    assert_eq!(up, "2 3\nup{job=\"a\"} [(15000, 1.0), (30000, 1.0)]\nup{job=\"b\"} [(30000, 1.0)]\n");
    let error = Recorded::open_all(&[&second, &first]).unwrap_err().to_string();
    assert!(error.contains("1.om:6: the samples of up{job=\"a\"} must rise in time"), "{error}");
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    for (text, message) in [
        ("up 1 15\nup 1 15\n# EOF\n", "rec:2: the samples of up must rise in time"),
        ("up 1\n# EOF\n", "rec:1: a recording needs a time in seconds after each value"),
        ("up 1 15\n", "rec:1: the text ends without `# EOF`: it was cut off"),
        ("# EOF\nup 1 15\n", "rec:2: there is text after `# EOF`"),
        ("# EOF\n\nup{a=b} 1 1\n", "rec:3: there is text after `# EOF`"),
        ("up{a=b} 1 1\n", "rec:1: the value of `a` has no quotes"),
        ("\u{1}\n", "rec:1: a value is missing"),
        ("", "rec:0: the text ends without `# EOF`: it was cut off"),
    ] {
        assert_eq!(Recorded::from_bytes("rec", text.as_bytes()).unwrap_err().to_string(), message);
    }
    let error = Recorded::from_bytes("rec", &[0xff, 0xfe, b'\n']).unwrap_err();
    assert_eq!(error.to_string(), "rec: it is not UTF-8 text, nor compressed with zstd or gzip");
    let error = Recorded::open(Path::new("/nowhere/at/all.om")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/at/all.om: "), "{error}");
}

#[test]
fn long_recordings_cross_blocks_whole() {
    let mut text = String::new();
    for i in 0..60_000 {
        writeln!(text, "hits_total{{instance=\"i-{}\"}} {} {}.000", i % 3, i * 7, 1_700_000_000 + i * 5).unwrap();
    }
    text.push_str("# EOF\n");
    assert!(text.len() > 2 * 1024 * 1024);
    let source = Recorded::from_bytes("long", text.as_bytes()).unwrap();
    assert!(shown(&source, &Selector::metric("hits_total"), 0, i64::MAX).starts_with("3 60000\n"));
}

#[test]
fn expressions_are_evaluated_up_to_the_horizon() {
    let source = Recorded::from_bytes("memory", TEXT.as_bytes()).unwrap();
    let ask = |expr: &str| Ask::Eval { expr: expr.into(), from: Ms(0), to: Ms(60_000), step: Span::from_secs(15) };
    let values = |expr: &str| {
        let mut batch = Batch::default();
        source.read_now(&ask(expr), &mut batch).unwrap();
        let list: Vec<_> = batch.iter().map(|(l, s)| (l.to_string(), s.iter().map(|s| (s.at.0, s.value)).collect())).collect();
        list
    };
    let sums = vec![(15_000, 10.0), (30_000, 20.0), (45_000, 6.0), (60_000, 6.0)];
    assert_eq!(values("sum by (job) (hits_total)"), [("{job=\"a\"}".to_owned(), sums.clone())]);
    source.horizon().set(Ms(31_000));
    assert_eq!(values("sum by (job) (hits_total)"), [("{job=\"a\"}".to_owned(), sums[..2].to_vec())]);
    let error = source.read_now(&ask("sum(hits_total"), &mut Batch::default()).unwrap_err();
    assert!(error.to_string().starts_with("recorded samples cannot answer this: `sum(hits_total`: "), "{error}");
    let error = source.read_now(&ask("histogram_fraction(0, 1, up)"), &mut Batch::default()).unwrap_err();
    assert!(matches!(error, SourceError::Unsupported(_)), "{error}");
}
