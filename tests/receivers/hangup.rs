//! A hang-up signal to the real `watch`: files are read again at once, swapped whole, and a bad one keeps the former in force
//! and says so. The program lives on.

use crate::support::{Guard, free_port, http, wait_until};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);

struct House {
    guard: Guard,
    port: u16,
}

/// Puts a file in the place of another, whole.
fn replace(dir: &Path, name: &str, text: &str) {
    let fresh = dir.join(format!("{name}.new"));
    std::fs::write(&fresh, text).unwrap();
    std::fs::rename(fresh, dir.join(name)).unwrap();
}

/// SLOs of these names, in one file.
fn slos(names: &[&str]) -> String {
    let slo = |name: &&str| {
        format!("  - name: {name}\n    target: 99.9%\n    sli: {{events: {{bad: 'x_total{{code=\"500\"}}', total: x_total}}}}\n")
    };
    format!("version: burnledger/v1\nservice: shop\nslos:\n{}", names.iter().map(slo).collect::<String>())
}

impl House {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        replace(dir.path(), "slo.yaml", &slos(&["first", "second"]));
        replace(dir.path(), "burnledger.yaml", &Self::config(port, "a: stderr"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
        command.args(["watch", "--config"]).arg(dir.path().join("burnledger.yaml"));
        let mut guard = Guard::start("burnledger", dir, &mut command);
        guard.wait_ready(LIMIT, || http("GET", port, "/api/v1/status", b"").is_some_and(|(status, _)| status == 200));
        Self { guard, port }
    }

    fn config(port: u16, receivers: &str) -> String {
        format!(
            "prometheus: {{url: 'http://127.0.0.1:9', timeout: 1s}}\nslos: slo.yaml\nledger: ledger.db\nlisten: 127.0.0.1:{port}\n\
             receivers: {{{receivers}}}\n"
        )
    }

    /// What it answers; absent until everything was judged by the rules in force.
    fn json(&self, path: &str) -> Option<Value> {
        let (status, body) = http("GET", self.port, path, b"")?;
        assert!(status == 200 || status == 503, "{body}");
        (status == 200).then(|| serde_json::from_str(&body).unwrap())
    }

    /// Objectives in force.
    fn objectives(&self) -> Option<Vec<String>> {
        let status = self.json("/api/v1/status")?;
        let all = status["slos"].as_array().unwrap_or_else(|| panic!("{status}"));
        Some(all.iter().map(|slo| slo["id"].as_str().unwrap_or_default().to_owned()).collect())
    }

    fn receivers(&self) -> Vec<String> {
        let Some(snapshot) = self.json("/api/v1/snapshot") else { return Vec::new() };
        snapshot["receivers"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
    }

    fn complaint(&self) -> String {
        let Some(snapshot) = self.json("/api/v1/snapshot") else { return "no answer".into() };
        let of_files = |p: &&Value| p["code"] == "bad-configuration";
        let problems = snapshot["problems"].as_array().unwrap();
        problems.iter().filter(of_files).map(|p| p["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Says hang-up and waits until it shows; until then whatever is in force is one of two wholes.
    fn hangs_up(&self, before: &[&str], after: &[&str], done: impl Fn() -> bool) {
        self.guard.signal("HUP");
        let came = wait_until(LIMIT, || {
            let Some(now) = self.objectives() else { return false };
            let ends = |wanted: &[&str]| {
                now.len() == wanted.len() && now.iter().zip(wanted).all(|(have, wanted)| have.ends_with(wanted))
            };
            assert!(ends(before) || ends(after), "torn: {now:?}");
            ends(after) && done()
        });
        assert!(came, "{:?} {:?} {}\n{}", self.objectives(), self.receivers(), self.complaint(), self.guard.log());
    }
}

#[test]
fn a_hang_up_swaps_files_whole_and_a_bad_one_keeps_the_former() {
    let mut house = House::start();
    let dir = house.guard.dir().to_owned();
    replace(&dir, "slo.yaml", &slos(&["third", "fourth", "fifth"]));
    replace(&dir, "burnledger.yaml", &House::config(house.port, "a: stderr, b: stderr"));
    let two = || house.receivers() == ["a", "b"];
    house.hangs_up(&["first", "second"], &["fifth", "fourth", "third"], two);

    replace(&dir, "burnledger.yaml", &House::config(house.port, "c: {slack: {}}"));
    let told = || house.complaint().contains("the former configuration stays in force");
    house.hangs_up(&["fifth", "fourth", "third"], &["fifth", "fourth", "third"], told);
    assert!(two() && house.complaint().contains("`slack` needs `url`"), "{:?} {}", house.receivers(), house.complaint());

    replace(&dir, "burnledger.yaml", &House::config(house.port, "c: stderr"));
    let mended = || house.receivers() == ["c"] && house.complaint().is_empty();
    house.hangs_up(&["fifth", "fourth", "third"], &["fifth", "fourth", "third"], mended);
    assert!(house.guard.is_running(), "{}", house.guard.log());
}
