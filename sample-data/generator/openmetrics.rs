//! The recording as OpenMetrics text with timestamps, compressed with zstd.

use super::world::{Series, World};
use std::fmt::Write;
use std::io;

/// The whole text. Series of one metric stand together; points of a histogram stand together for each scrape, as the format
/// wants it.
pub(crate) fn text(world: &World) -> String {
    let mut out = String::new();
    let mut families: Vec<&str> = Vec::new();
    for series in &world.series {
        if !families.contains(&series.metric) {
            families.push(series.metric);
        }
    }
    for metric in families {
        let (family, kind) = match (metric.strip_suffix("_total"), metric.strip_suffix("_bucket")) {
            (Some(family), _) => (family, "counter"),
            (_, Some(family)) => (family, "histogram"),
            _ => (metric, "gauge"),
        };
        let _ = writeln!(out, "# TYPE {family} {kind}");
        let members: Vec<&Series> = world.series.iter().filter(|s| s.metric == metric).collect();
        if kind == "histogram" {
            (0..world.instances.len()).for_each(|i| histogram(&mut out, &members, i));
        } else {
            for (series, sample) in members.iter().flat_map(|s| s.samples.iter().map(move |sample| (s, sample))) {
                line(&mut out, series, *sample);
            }
        }
    }
    out.push_str("# EOF\n");
    out
}

/// Every bucket of a process is seen by every scrape, so their samples run side by side.
fn histogram(out: &mut String, members: &[&Series], instance: usize) {
    let buckets: Vec<&&Series> = members.iter().filter(|s| s.instance == instance).collect();
    let scrapes = buckets.iter().map(|s| s.samples.len()).min().unwrap_or(0);
    for n in 0..scrapes {
        for series in &buckets {
            line(out, series, series.samples[n]);
        }
    }
}

fn line(out: &mut String, series: &Series, (t, value): (i64, u64)) {
    let _ = writeln!(out, "{}{{{}}} {value} {t}", series.metric, series.labels);
}

/// Compresses with a window over the whole text, so that series which move together cost little.
pub(crate) fn compress(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 19)?;
    encoder.window_log(27)?;
    encoder.include_checksum(true)?;
    io::Write::write_all(&mut encoder, text.as_bytes())?;
    encoder.finish()
}
