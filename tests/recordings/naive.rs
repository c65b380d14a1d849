//! Counts of a recording by reading its lines one after the other. Shares no code with the library or the generator.

use serde_json::{Value, json};
use std::collections::HashMap;
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

/// Running sums of an indicator's increases, to be asked for any stretch.
#[derive(Clone, Default)]
pub(super) struct Running {
    /// Time of a sample in seconds; bad and all events up to it.
    sums: Vec<(i64, i64, i64)>,
}

impl Running {
    /// Reads a recording's text once; one for each indicator.
    pub(super) fn read(text: &str, indicators: &[Value]) -> Vec<Self> {
        // Of each series, whose increases count for what: (indicator, bad, all).
        let mut roles: HashMap<&str, Vec<(usize, i64, i64)>> = HashMap::new();
        for (i, indicator) in indicators.iter().enumerate() {
            for (part, bad, total) in [("bad", 1, 0), ("less", -1, 0), ("total", 0, 1)] {
                for name in names(indicator, part) {
                    roles.entry(name).or_default().push((i, bad, total));
                }
            }
        }
        let (mut last, mut all): (HashMap<&str, i64>, _) = (HashMap::new(), vec![Self::default(); indicators.len()]);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (rest, at) = line.rsplit_once(' ').unwrap();
            let (name, value) = rest.rsplit_once(' ').unwrap();
            let Some(of) = roles.get(name) else { continue };
            let (value, at): (i64, i64) = (value.parse().unwrap(), at.parse().unwrap());
            let more = last.insert(name, value).map_or(0, |last| if value < last { value } else { value - last });
            for (i, bad, total) in of {
                all[*i].sums.push((at, bad * more, total * more));
            }
        }
        all.iter_mut().for_each(Self::add_up);
        all
    }

    fn add_up(&mut self) {
        self.sums.sort_unstable();
        let (mut bad, mut total) = (0, 0);
        for sum in &mut self.sums {
            (bad, total) = (bad + sum.1, total + sum.2);
            (sum.1, sum.2) = (bad, total);
        }
    }

    /// (bad, all) in `(from, to]`, seconds.
    pub(super) fn within(&self, from: i64, to: i64) -> (i64, i64) {
        let upto = |at: i64| self.sums[..self.sums.partition_point(|(t, ..)| *t <= at)].last().map_or((0, 0), |s| (s.1, s.2));
        let (before, after) = (upto(from), upto(to));
        (after.0 - before.0, after.1 - before.1)
    }
}
