//! `incidents show` of the recorded connection-pool incident: the timeline that people read is the truth file's, to the minute.

use crate::recordings::{folder, truth};
use burnledger::app::demo::Demo;
use std::process::Command;

/// Minutes and words of the timeline, without seconds.
fn timeline(text: &str) -> Vec<(String, String, String)> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Timeline (UTC)")).skip(1);
    let line = |line: &str| {
        let (clock, rest) = line.trim_start().split_once("  ")?;
        let (word, sentence) = rest.split_once(' ')?;
        Some((clock.get(..5)?.to_owned(), word.to_owned(), sentence.trim().to_owned()))
    };
    lines.map(|text| line(text).unwrap_or_else(|| panic!("{text:?} is no line of a timeline"))).collect()
}

#[tokio::test]
async fn the_connection_pool_incident_is_told_to_the_minute_of_its_truth_file() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ledger.db");
    let demo = Demo::load("connection-pool", folder("connection-pool").parent().unwrap()).unwrap();
    demo.play(Demo::ledger(Some(&file)).await.unwrap(), None, None, |_| true).await.unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(["incidents", "show", "1", "--offline", "--ledger"])
        .arg(&file)
        .args(["--slos".as_ref(), folder("connection-pool").join("slos").as_os_str()])
        .envs([("XDG_CONFIG_HOME", home.path()), ("XDG_STATE_HOME", home.path())])
        .env("TZ", "UTC")
        .current_dir(home.path())
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));

    let truth = &truth("connection-pool")["incident"];
    let minute = |value: &serde_json::Value| value.as_str().unwrap()[11..16].to_owned();
    let told = timeline(&text);
    let of = |word: &str| told.iter().filter(|(_, w, _)| w == word).collect::<Vec<_>>();
    // Opened at the first rule's firing, with the start of the impact; risen with each graver one.
    let firings = truth["firings"].as_array().unwrap();
    let (opened, start) = (of("open"), minute(&truth["impact_start"]));
    assert_eq!(opened.len(), 1, "{text}");
    assert_eq!((&opened[0].0, &minute(&firings[0]["at"])), (&minute(&truth["detected"]), &opened[0].0), "{text}");
    let severity = |firing: &serde_json::Value| firing["severity"].as_str().unwrap().to_owned();
    assert!(opened[0].2.starts_with(&format!("{} on payments, bad since {start}:00", severity(&firings[0]))), "{text}");
    let rises: Vec<(String, String)> = of("severity").into_iter().map(|(at, _, what)| (at.clone(), what.clone())).collect();
    assert_eq!(rises.len(), firings.len() - 1, "{text}");
    for ((at, what), firing) in rises.iter().zip(&firings[1..]) {
        assert_eq!(*at, minute(&firing["at"]), "{text}");
        assert!(what.contains(&format!("to {}", severity(firing))), "{text}");
    }
    // Over when the last bad minute was; resolved a quarter of an hour later; and nothing is told twice.
    let mitigated = of("mitigate");
    assert_eq!(mitigated.iter().map(|(at, ..)| at.clone()).collect::<Vec<_>>(), [minute(&truth["impact_end"])], "{text}");
    assert!(mitigated[0].2.contains("1h14m") && truth["impact_seconds"] == 74 * 60, "{text}");
    assert_eq!(of("resolve").iter().map(|(at, ..)| &**at).collect::<Vec<_>>(), ["03:46"], "{text}");
    let clocks: Vec<&String> = told.iter().map(|(at, ..)| at).collect();
    assert!(clocks.is_sorted(), "{text}");
    let kinds: Vec<&str> = of("page").iter().map(|(_, _, what)| what.split(' ').nth(3).unwrap_or_default()).collect();
    assert_eq!(kinds, ["first", "raised", "repeat", "resolved"], "{text}");
    // The lines above the timeline say the same moments.
    for (name, key) in [("impact began", "impact_start"), ("detected", "detected"), ("mitigated", "impact_end")] {
        let line = text.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default();
        assert!(line.contains(&format!("2026-03-17 {}:00 UTC", minute(&truth[key]))), "{name}: {text}");
    }
}
