//! kill -9 in a loop on the real program, with its ledger on disk, a real Prometheus and receivers that answer over HTTP.
//!
//! A few kills in every run, more with `BURNLEDGER_KILLS=n`; the seed of the moments is printed and can be set with
//! `BURNLEDGER_SEED`.

use crate::receivers::crooked::{Crooked, Does, Seen};
use crate::sim::past::Dice;
use crate::support::{Prometheus, require};
use burnledger::domain::base::{IncidentId, Seq};
use burnledger::domain::incident::{Entry, Fact, Incidents};
use burnledger::domain::paging::{Dispatch, DispatchKind, DispatchState};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::Ledger;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SLO: &str = r#"
version: burnledger/v1
service: shop
owner: shop-team
slos:
  - name: availability
    target: 99.9%
    sli:
      events:
        bad: requests_total{code=~"5.."}
        total: requests_total
    breach:
      - {severity: P0, error_ratio: 5%, over: 5s, for: 2s}
"#;

/// A scrape a second from ten minutes ago until ten minutes from now; a third fails from a minute ago on.
fn recording(now: i64) -> String {
    let (mut good, mut bad) = (String::new(), String::new());
    let (mut goods, mut bads) = (0, 0);
    for at in now - 600..now + 600 {
        (goods, bads) = if at > now - 60 { (goods + 20, bads + 10) } else { (goods + 30, bads) };
        writeln!(good, "requests_total{{job=\"shop\",instance=\"a\",code=\"200\"}} {goods} {at}").unwrap();
        writeln!(bad, "requests_total{{job=\"shop\",instance=\"a\",code=\"500\"}} {bads} {at}").unwrap();
    }
    format!("# TYPE requests counter\n{good}{bad}# EOF\n")
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(prometheus: &Prometheus, receivers: &[(&str, &Crooked)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = format!(
            "prometheus: {{url: \"{}\"}}\nstep: 1s\nsettle: 1s\nclear: 5s\nresolve_after: 10s\nlisten: 127.0.0.1:0\nreceivers:\n",
            prometheus.url()
        );
        for (name, server) in receivers {
            writeln!(config, "  {name}: {{webhook: {{url: \"{}\"}}}}", server.url()).unwrap();
        }
        std::fs::write(folder.path().join("burnledger.yaml"), config).unwrap();
        std::fs::create_dir(folder.path().join("slos")).unwrap();
        std::fs::write(folder.path().join("slos/shop.yaml"), SLO).unwrap();
        Self { folder }
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger.db")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
        let dir: &Path = self.folder.path();
        command.arg("--config").arg(dir.join("burnledger.yaml")).arg("--slos").arg(dir.join("slos"));
        command.arg("--ledger").arg(self.ledger()).args(words).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn watch(&self) -> Running {
        Running(self.command(&["watch"]).spawn().unwrap())
    }

    async fn entries(&self) -> Vec<Entry> {
        match SqliteLedger::open_existing(&self.ledger()) {
            Ok(ledger) => ledger.since(Seq(0), 100_000).await.unwrap(),
            Err(_) => Vec::new(),
        }
    }

    async fn rows(&self) -> Vec<Dispatch> {
        let ledger = SqliteLedger::open_existing(&self.ledger()).unwrap();
        ledger.dispatches(Some(IncidentId(1))).await.unwrap()
    }
}

/// Ended with SIGKILL whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_duplicates_carry_the_same_key_when_watch_is_killed_again_and_again() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let seed = from_environment("BURNLEDGER_SEED").unwrap_or(wall);
    eprintln!("kill -9 with BURNLEDGER_SEED={seed}");
    let mut dice = Dice(seed);
    let prometheus = Prometheus::backfill(&recording(wall.cast_signed()));
    // One takes everything, one fails first, one is silent first and then breaks off in the middle of its answer.
    let well = Crooked::start([]).await;
    let kills = from_environment("BURNLEDGER_KILLS");
    let failing = Crooked::start([Does::status(500), Does::body(429, "slow down")].into_iter().take(few(kills))).await;
    let silent = Crooked::start([Does::Nothing, Does::HalfBody, Does::Close].into_iter().take(few(kills))).await;
    let servers = [("well", &well), ("failing", &failing), ("silent", &silent)];
    let place = Place::new(&prometheus, &servers);
    let mut known: Vec<Entry> = Vec::new();
    for round in 0..kills.unwrap_or(4) {
        let watch = place.watch();
        until_something_moved(&place, &servers, &mut dice, known.len()).await;
        drop(watch);
        let entries = place.entries().await;
        assert!(entries.len() >= known.len() && entries[..known.len()] == known[..], "round {round}: recorded entries are gone");
        known = entries;
    }
    let watch = place.watch();
    settle(&place).await;
    order(&place, &["incidents", "ack", "1", "--by", "ann"]);
    drop(watch);
    audit(&place, &servers).await;
}

/// One fault each in every run: the courier's pauses grow with every failure.
const fn few(kills: Option<u64>) -> usize {
    if kills.is_some() { 9 } else { 1 }
}

/// Waits until an entry is recorded or a receiver is asked, and then a moment more that chance decides.
async fn until_something_moved(place: &Place, servers: &[(&str, &Crooked)], dice: &mut Dice, known: usize) {
    let asked = || servers.iter().map(|(_, s)| s.seen().len()).sum::<usize>();
    let before = asked();
    let wanted = dice.between(0, 3);
    // Where all is said there may be nothing more to wait for.
    let patience = if known > 0 { 30 } else { 600 };
    for _ in 0..patience {
        let moved = if wanted > 0 { asked() >= before + wanted } else { place.entries().await.len() > known };
        if moved {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(dice.between(0, 250) as u64)).await;
}

/// Until every first page has come to its end.
async fn settle(place: &Place) {
    for _ in 0..6000 {
        let ended = |d: &Dispatch| d.state == DispatchState::Delivered;
        if SqliteLedger::open_existing(&place.ledger()).is_ok() {
            let rows = place.rows().await;
            let firsts: Vec<&Dispatch> = rows.iter().filter(|d| d.kind == DispatchKind::First).collect();
            if firsts.len() == 3 && firsts.iter().all(|d| ended(d)) {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("first pages were not delivered: {:#?}", place.rows().await);
}

fn order(place: &Place, words: &[&str]) {
    let done = place.command(words).stderr(Stdio::inherit()).status().unwrap();
    assert!(done.success(), "{words:?}");
}

async fn audit(place: &Place, servers: &[(&str, &Crooked)]) {
    order(place, &["ledger", "verify"]);
    let entries = place.entries().await;
    let folded = Incidents::replay(&entries);
    assert_eq!(folded.problems(), []);
    assert_eq!(folded.len(), 1, "one outage is one incident, whatever happened: {:#?}", folded.iter().collect::<Vec<_>>());
    let incident = folded.get(IncidentId(1)).unwrap();
    assert!(incident.milestones.acknowledged.is_some() && incident.milestones.delivered.is_some());
    let opened = entries.iter().filter(|e| matches!(e.fact, Fact::Opened(_))).count();
    assert_eq!(opened, 1);
    let rows = place.rows().await;
    let key = rows[0].key.to_string();
    assert!(key.starts_with("burnledger/") && key.ends_with("/1"), "{key}");
    assert!(rows.iter().all(|d| *d.key == *key), "one incident, one key");
    for (name, server) in servers {
        one_receiver(name, &server.seen(), &key);
    }
    // A dead courier's rows are all handed out again: none is stuck.
    let stuck = rows.iter().filter(|d| d.state == DispatchState::Sending && d.kind == DispatchKind::First).count();
    assert_eq!(stuck, 0);
}

/// The first page came at least once; whatever came twice said so and was the same page under the same keys.
fn one_receiver(name: &str, seen: &[Seen], key: &str) {
    let firsts: Vec<&Seen> = seen.iter().filter(|s| s.text("/kind") == "first").collect();
    assert!(firsts.iter().any(|s| s.accepted), "{name} never took the first page: {seen:#?}");
    assert!(seen.iter().all(|s| s.text("/key") == key), "{name}: another key than {key}");
    let mut pages: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for page in seen {
        pages.entry(page.headers["idempotency-key"].clone()).or_default().push(page);
    }
    for (id, copies) in pages {
        let told: BTreeSet<(String, String)> = copies.iter().map(|s| (s.text("/kind"), s.text("/severity"))).collect();
        assert_eq!(told.len(), 1, "{name}: two pages share the key {id}: {told:?}");
        let taken: Vec<&&Seen> = copies.iter().filter(|s| s.accepted).collect();
        let unmarked = taken.iter().filter(|s| s.body["possible_repeat"] == false).count();
        assert!(unmarked <= 1, "{name} took {id} twice and was not told of it");
    }
    let kinds: BTreeSet<String> = firsts.iter().map(|s| s.headers["idempotency-key"].clone()).collect();
    assert_eq!(kinds.len(), 1, "{name} was sent different first pages");
}
