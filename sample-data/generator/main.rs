//! Writes the recorded incidents in `sample-data/`: samples as OpenMetrics text, and the truth about them.
//!
//! `cargo run --release --example generate-sample-data [-- [--check] [SCENARIO...]]`. With `--check` nothing is written: the
//! recordings are made again and compared. The same seed gives the same bytes on every machine.
//!
//! Deliberately absent: any use of burnledger. Whatever is counted here is counted by other, simpler code.

mod count;
mod openmetrics;
mod rng;
mod scenario;
mod season;
mod stories;
mod truth;
mod world;

use scenario::Scenario;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A scenario's name, its seed and its maker.
type Entry = (&'static str, u64, fn(u64) -> Scenario);

const SCENARIOS: [Entry; 3] = [
    ("read-only-primary", 11, stories::read_only_primary::scenario),
    ("connection-pool", 17, stories::connection_pool::scenario),
    ("resize-storm", 24, stories::resize_storm::scenario),
];

/// A recording and its truth, made anew.
struct Made {
    folder: PathBuf,
    text: String,
    truth: String,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = args.iter().any(|a| a == "--check");
    let wanted = |name: &str| args.iter().all(|a| a == "--check") || args.iter().any(|a| a == name);
    for (name, ..) in SCENARIOS.into_iter().filter(|(name, ..)| wanted(name)) {
        match run(name, check) {
            Ok(told) => say(&format!("{name}: {told}")),
            Err(error) => {
                say(&format!("{name}: {error}"));
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "a tool of the repository, not part of the program")]
fn say(text: &str) {
    println!("{text}");
}

/// Makes a scenario anew, and writes it or compares it with what is stored.
pub(crate) fn run(name: &str, check: bool) -> Result<String, Box<dyn Error>> {
    let (_, seed, scenario) = SCENARIOS.into_iter().find(|(n, ..)| *n == name).ok_or("there is no such scenario")?;
    let made = make(scenario(seed))?;
    if check { compare(&made) } else { write(&made) }
}

fn make(mut scenario: Scenario) -> Result<Made, Box<dyn Error>> {
    scenario.world.run(scenario.story.as_mut());
    let truth = serde_json::to_string_pretty(&truth::truth(&scenario))? + "\n";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(scenario.name);
    Ok(Made { folder, text: openmetrics::text(&scenario.world), truth })
}

fn write(made: &Made) -> Result<String, Box<dyn Error>> {
    fs::create_dir_all(&made.folder)?;
    fs::write(made.folder.join("truth.json"), &made.truth)?;
    let (lines, bytes) = (made.text.lines().count(), made.text.len());
    if stored(made).is_ok_and(|text| text == made.text.as_bytes()) {
        return Ok(format!("{lines} lines, {bytes} bytes, as before"));
    }
    let packed = openmetrics::compress(&made.text)?;
    fs::write(made.folder.join("samples.om.zst"), &packed)?;
    Ok(format!("{lines} lines, {bytes} bytes, {} bytes compressed", packed.len()))
}

fn stored(made: &Made) -> std::io::Result<Vec<u8>> {
    zstd::decode_all(fs::read(made.folder.join("samples.om.zst"))?.as_slice())
}

/// The stored recording must hold the same text; how it was compressed is no matter.
fn compare(made: &Made) -> Result<String, Box<dyn Error>> {
    if stored(made)? != made.text.as_bytes() {
        return Err("samples.om.zst differs from what the generator makes".into());
    }
    if fs::read_to_string(made.folder.join("truth.json"))? != made.truth {
        return Err("truth.json differs from what the generator makes".into());
    }
    Ok("reproduced".into())
}
