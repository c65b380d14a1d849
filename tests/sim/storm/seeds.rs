//! The seeds: a thousand in every run, `BURNLEDGER_SEEDS=n` for more, `BURNLEDGER_SEED=k` for one again.

use super::life::{Fate, Left, live};
use super::truth::Scale;
use super::{audit, heard};
use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Hours in every run.
const HOURS: u64 = 1_000;

fn seeds() -> (u64, u64) {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    number("BURNLEDGER_SEED").map_or((1, number("BURNLEDGER_SEEDS").unwrap_or(HOURS)), |seed| (seed, seed))
}

/// What a seed is spared: one in eight is calm but for the services, and each kind of trouble is left out of some.
fn fate(seed: u64) -> Fate {
    let spared = |n| seed.is_multiple_of(8) || seed % 8 == n;
    Fate { faults: !spared(1), crashes: !spared(2), jumps: !spared(3), reloads: !spared(4), people: !spared(5) }
}

fn one(seed: u64) -> Left {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let left = runtime.block_on(live(seed, Scale::HOUR, fate(seed)));
    audit::check(&left);
    heard::check(&left);
    left
}

/// Lives through the seeds on all cores; returns how often what happened.
fn all((first, last): (u64, u64)) -> BTreeMap<&'static str, usize> {
    let (next, failed, counts) = (AtomicU64::new(first), Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > last || failed.lock().unwrap().len() >= 5 {
                return;
            }
            if let Ok(left) = catch_unwind(AssertUnwindSafe(|| one(seed))) {
                let mut counts = counts.lock().unwrap();
                let first = left.rows.iter().filter(|row| row.kind.name() == "first").count();
                let pages = [("first pages", first), ("pages", left.rows.len()), ("entries", left.entries.len())];
                for (what, n) in left.counts.into_iter().chain(pages) {
                    *counts.entry(what).or_default() += n;
                }
            } else {
                eprintln!("failed with BURNLEDGER_SEED={seed}");
                failed.lock().unwrap().push(seed);
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(2, |n| n.get().min(8));
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "seeds that broke a law (again with BURNLEDGER_SEED=k): {failed:?}");
    counts.into_inner().unwrap()
}

#[test]
fn no_page_is_lost_and_no_state_is_wrong_in_a_thousand_hours() {
    let seeds = seeds();
    let counts = all(seeds);
    eprintln!("{} seeds: {counts:?}", seeds.1 + 1 - seeds.0);
    let enough = |what, least| counts.get(what).is_some_and(|n| *n >= least);
    let stormy = seeds.1 - seeds.0 < 500 || enough("crashes", 500) && enough("jumps", 500) && enough("first pages", 500);
    assert!(stormy, "the weather was too good to prove anything: {counts:?}");
}
