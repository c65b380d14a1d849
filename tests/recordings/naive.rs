//! Counts of a recording by reading its lines one after the other. Shares no code with the library or the generator.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A span of sample times in seconds, `(from, to]`.
pub(super) type Span = (i64, i64);

/// A series, its last value, and its increases within each list of spans.
struct Series {
    name: String,
    last: Option<i64>,
    sums: Vec<i64>,
}

/// Increases of the series asked for, and how many samples the whole recording has.
pub(super) struct Recount {
    spans: Vec<Vec<Span>>,
    series: Vec<Series>,
    pub(super) samples: u64,
    pub(super) times: (i64, i64),
}

impl Recount {
    /// Reads a recording once; `spans` are lists of stretches whose increases are added up.
    pub(super) fn read(path: &Path, indicators: &[Value], spans: Vec<Vec<Span>>) -> Self {
        let mut names: Vec<&str> =
            indicators.iter().flat_map(|i| ["bad", "less", "total"].map(|p| names(i, p))).flatten().collect();
        names.sort_unstable();
        names.dedup();
        let fresh = |name: &&str| Series { name: (*name).into(), last: None, sums: vec![0; spans.len()] };
        let mut out = Self { series: names.iter().map(fresh).collect(), spans, samples: 0, times: (i64::MAX, i64::MIN) };
        let mut lines = BufReader::with_capacity(1 << 20, zstd::stream::Decoder::new(File::open(path).unwrap()).unwrap());
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 {
            if !line.starts_with('#') {
                out.sample(line.trim_end());
            }
            line.clear();
        }
        out
    }

    fn sample(&mut self, line: &str) {
        let (rest, at) = line.rsplit_once(' ').unwrap();
        let (name, value) = rest.rsplit_once(' ').unwrap();
        let (value, at): (i64, i64) = (value.parse().unwrap(), at.parse().unwrap());
        self.samples += 1;
        self.times = (self.times.0.min(at), self.times.1.max(at));
        let Some(series) = self.series.iter_mut().find(|s| s.name == name) else { return };
        // The first value is only a start; a value below the last one is a counter that began anew.
        let more = series.last.map_or(0, |last| if value < last { value } else { value - last });
        series.last = Some(value);
        for (sum, stretches) in series.sums.iter_mut().zip(&self.spans) {
            if stretches.iter().any(|(from, to)| *from < at && at <= *to) {
                *sum += more;
            }
        }
    }

    /// `{bad, total}` of an indicator of a truth file over the n-th list of stretches.
    pub(super) fn counts(&self, indicator: &Value, n: usize) -> Value {
        let one = |name: &str| self.series.iter().find(|s| s.name == name).unwrap().sums[n];
        let sum = |part: &str| names(indicator, part).into_iter().map(one).sum::<i64>();
        json!({"bad": sum("bad") - sum("less"), "total": sum("total")})
    }
}

fn names<'a>(indicator: &'a Value, part: &str) -> Vec<&'a str> {
    indicator["series"][part].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}
