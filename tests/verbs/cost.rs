//! `cost explain`, `verify` and `restate` on the connection-pool incident, played into a ledger's file.

use burnledger::app::demo::Demo;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool")
}

/// A folder with a ledger that holds the incident, and a copy of its rules.
struct Played(tempfile::TempDir);

impl Played {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slos = folder.path().join("slos");
        std::fs::create_dir(&slos).unwrap();
        for name in ["payments.yaml", "business.yaml"] {
            std::fs::copy(scenario().join("slos").join(name), slos.join(name)).unwrap();
        }
        let demo = Demo::load("connection-pool", scenario().parent().unwrap()).unwrap();
        let ledger = Demo::ledger(Some(&folder.path().join("ledger.db"))).await.unwrap();
        demo.play(ledger, None, None, |_| true).await.unwrap();
        Self(folder)
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let home = self.0.path();
        let out: Output = Command::new(env!("CARGO_BIN_EXE_burnledger"))
            .args(["cost"])
            .args(args)
            .args(["--ledger", "ledger.db", "--slos", "slos"])
            .envs([("XDG_CONFIG_HOME", home), ("XDG_STATE_HOME", home)])
            .env("TZ", "UTC")
            .current_dir(home)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
    }
}

#[tokio::test]
async fn a_recorded_cost_is_explained_verified_and_restated() {
    let played = Played::new().await;
    let samples = scenario().join("samples.om.zst").display().to_string();

    // The story's sum, by its stated assumptions; the requests that were turned away are priced nowhere.
    let (code, text, talk) = played.run(&["explain", "1"]);
    assert_eq!((code, &*talk), (0, ""), "{text}");
    for part in [
        "CNY 4,270,032.00",
        "F × v × (1 − r) = 83419 × 80.00 CNY × (1 − 0.40) = 4004112 CNY",
        "sum of fee × (tier(D + x) − tier(D)) = marketplace 1800000.00 CNY × (0.10 − 0)",
        "9600.00 CNY/h × 0.50 × 74 min ÷ 60 = 5920 CNY",
        "F = 83419  (measured, payments_total{job=\"payments\", outcome=\"failed\"} over (2026-03-17T02:17:00Z",
        "- responder_labour: nobody is known to have responded",
        "payments.value: 80.00 CNY (owner finance",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("gateway") && !text.contains("2168894"), "{text}");

    let (code, text, talk) = played.run(&["verify", "1", "--samples", &samples]);
    assert_eq!(code, 0, "{text}{talk}");
    assert!(text.contains("from the recorded inputs: equal") && text.contains("from samples: equal"), "{text}");

    let (code, text, _) = played.run(&["restate", "1", "--samples", &samples, "--by", "fin"]);
    assert!(code == 0 && text.contains("nothing changed, nothing is recorded"), "{text}");

    // Another value of a payment: a new version; the old one stays, with the difference.
    let path = played.0.path().join("slos/business.yaml");
    let business = std::fs::read_to_string(&path).unwrap().replace("value: \"80.00\"", "value: \"81.00\"");
    std::fs::write(&path, business).unwrap();
    let (code, text, _) = played.run(&["verify", "1", "--samples", &samples, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["equal"], json["from_inputs"].as_array().unwrap().len()), (1, &false.into(), 0), "{text}");
    let declared = json["from_samples"].as_array().unwrap().iter().find(|d| d["declared"] == true).unwrap();
    assert_eq!((&declared["was"], &declared["now"]), (&"80.00 CNY".into(), &"81.00 CNY".into()));
    let (code, text, talk) = played.run(&["restate", "1", "--samples", &samples, "--by", "fin", "--reason", "value of Q1"]);
    assert_eq!(code, 0, "{text}{talk}");
    for part in ["restated: value of Q1", "said CNY 4,270,032.00, a difference of CNY 50,051.40", "CNY 4,320,083.40"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (code, text, _) = played.run(&["explain", "1", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["total"], &json["restates"]["difference"]), (0, &"4320083.40".into(), &"50051.40".into()));
    assert_eq!(played.run(&["verify", "1", "--offline"]).0, 0);
    // Restated long after the night: it is still counted as of its end.
    let (code, text, _) = played.run(&["verify", "1", "--samples", &samples]);
    assert!(code == 0 && text.contains("from samples: equal"), "{text}");
    let (code, text, _) = played.run(&["restate", "1", "--samples", &samples, "--by", "fin"]);
    assert!(code == 0 && text.contains("nothing changed, nothing is recorded"), "{text}");

    assert_eq!(played.run(&["explain", "99"]).0, 1);
    let (code, text, _) = played.run(&["explain", "1", "--format", "csv"]);
    assert!(code == 0 && text.contains("total,,4320083.40,"), "{text}");
}

/// Fenced blocks of YAML in the documentation.
fn blocks() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cost.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.split("```yaml\n").skip(1).map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_examples_of_the_documentation_are_faultless() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["cost.yaml", "business.yaml"];
    let blocks = blocks();
    assert_eq!(blocks.len(), names.len());
    for (name, block) in names.iter().zip(&blocks) {
        std::fs::write(folder.path().join(name), block).unwrap();
    }
    let burnledger = |args: &[&str]| {
        let home = [("XDG_CONFIG_HOME", folder.path()), ("XDG_STATE_HOME", folder.path())];
        let told = Command::new(env!("CARGO_BIN_EXE_burnledger")).args(args).envs(home).current_dir(folder.path()).output();
        let told = told.unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
        (told.status.code(), text)
    };
    let (code, text) = burnledger(&["check", "cost.yaml", "business.yaml"]);
    assert!(code == Some(0) && text.contains("no problems"), "{text}");
    let (code, text) = burnledger(&["cost", "estimate", "cost.yaml"]);
    assert!(code == Some(0) && text.contains("at least  $35,000.00"), "{text}");
}
