//! The simulation by seeds: a dozen in every test run, more with `BURNLEDGER_SEEDS=n`, one with `BURNLEDGER_SEED=n`.

use super::audit;
use super::past::Past;
use super::play::{Run, play};
use std::env;

/// Seeds that found something, kept in every run: 27 reopened and resolved one incident at every tick.
const FOUND: [u64; 1] = [27];

fn seeds() -> Vec<u64> {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("BURNLEDGER_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("BURNLEDGER_SEEDS").unwrap_or(12)).chain(FOUND).collect(),
    }
}

/// Names the seed when the test fails while it is held.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with BURNLEDGER_SEED={}", self.0);
        }
    }
}

#[tokio::test]
async fn severity_follows_the_verdicts_and_trouble_only_delays() {
    for seed in seeds() {
        let (_told, past) = (Told(seed), Past::of(seed));
        let plain = play(&past, seed, Run::default()).await;
        audit::check(&past, &plain);
        audit::check_severity(&plain);
        let restarted = play(&past, seed, Run { restarts: true, ..Run::default() }).await;
        audit::check(&past, &restarted);
        audit::check_same(&plain, &restarted);
        let troubled = play(&past, seed, Run { restarts: true, faults: true, people: true, resolves: false }).await;
        audit::check(&past, &troubled);
        audit::check_same(&plain, &troubled);
    }
}

#[tokio::test]
async fn the_laws_hold_whatever_people_do() {
    for seed in seeds() {
        let (_told, past) = (Told(seed), Past::of(seed));
        let wild = play(&past, seed, Run { restarts: true, faults: true, people: true, resolves: true }).await;
        audit::check(&past, &wild);
    }
}
