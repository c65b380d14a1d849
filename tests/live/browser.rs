//! The HTML report in a real browser: nothing is asked of the network, nothing runs, and nothing is complained about.

use crate::support::require;
use std::path::Path;
use std::process::Command;

/// What the browser had to say about a page.
struct Seen {
    dom: String,
    /// Messages of its console: errors of scripts and styles, breaches of the page's policy.
    console: Vec<String>,
    /// Addresses that were asked for, without the browser's own.
    asked: Vec<String>,
}

fn burnledger(dir: &Path, words: &[&str]) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(words)
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("XDG_STATE_HOME", dir)
        .output()
        .unwrap();
    assert!(out.status.success(), "{words:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn open(dir: &Path, page: &str, extra: &[&str]) -> Seen {
    let net = dir.join("net.json");
    let out = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--timeout=20000"])
        .arg(format!("--user-data-dir={}", dir.join("profile").display()))
        .arg(format!("--log-net-log={}", net.display()))
        .args(extra)
        .arg(format!("file://{}", dir.join(page).display()))
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&out.stderr);
    let log = std::fs::read_to_string(net).unwrap();
    let asked = log.split("\"url\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    Seen {
        dom: String::from_utf8_lossy(&out.stdout).into_owned(),
        console: talk.lines().filter(|l| l.contains(":CONSOLE:")).map(str::to_owned).collect(),
        // Chromium asks its maker for the time and the like, whatever it shows.
        asked: asked.filter(|url| url.starts_with("http") && !url.contains(".google.com/")).collect(),
    }
}

#[test]
fn a_browser_shows_the_report_and_asks_nobody_anything() {
    if !require("chromium") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool");
    let (slos, recording) = (samples.join("slos"), samples.join("samples.om.zst"));
    let common = ["--ledger", "ledger.db", "--slos", slos.to_str().unwrap()];
    burnledger(dir.path(), &["demo", "--headless", "--ledger", "ledger.db"]);
    let report = ["report", "1", "--samples", recording.to_str().unwrap(), "--format", "html", "--out"];
    burnledger(dir.path(), &[&report[..], &["en.html"], &common].concat());
    burnledger(dir.path(), &[&report[..], &["zh.html", "--lang", "zh"], &common].concat());
    let period =
        ["report", "--from", "2026-03-01T00:00:00Z", "--to", "2026-04-01T00:00:00Z", "--format", "html", "--out", "period.html"];
    burnledger(dir.path(), &[&period[..], &common].concat());
    for (page, told) in [("en.html", "INC-0001: payments, P0"), ("zh.html", "时间线"), ("period.html", "Incidents, 2026-03-01")]
    {
        let seen = open(dir.path(), page, &["--dump-dom"]);
        assert!(seen.dom.contains(told) && seen.dom.contains("</footer>"), "{page}: {}", seen.dom);
        assert_eq!((seen.console, seen.asked), (vec![], vec![]), "{page}");
    }
    // Prints, and shows itself dark.
    let print = format!("--print-to-pdf={}", dir.path().join("out.pdf").display());
    assert_eq!(open(dir.path(), "en.html", &[&print]).console, [] as [&str; 0]);
    assert!(std::fs::read(dir.path().join("out.pdf")).unwrap().starts_with(b"%PDF"));
    let (light, dark) = (shot(dir.path(), 1), shot(dir.path(), 0));
    assert_ne!(light, dark, "the dark picture is another one");

    // The test would see a breach: the page's own policy stops what somebody put into it.
    let evil = "<img src=\"http://127.0.0.1:9/x.png\"><script>document.title = 'ran'</script></main>";
    let page = std::fs::read_to_string(dir.path().join("en.html")).unwrap().replace("</main>", evil);
    std::fs::write(dir.path().join("evil.html"), page).unwrap();
    let seen = open(dir.path(), "evil.html", &["--dump-dom"]);
    assert!(seen.console.iter().filter(|l| l.contains("Content Security Policy")).count() >= 2, "{:?}", seen.console);
    assert!(seen.asked.is_empty() && !seen.dom.contains("<title>ran"), "{:?}", seen.asked);
}

/// A picture of the page; the scheme is 0 for dark and 1 for light.
fn shot(dir: &Path, scheme: u8) -> Vec<u8> {
    let file = dir.join(format!("shot{scheme}.png"));
    let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
    open(dir, "en.html", &[&scheme, "--window-size=900,1200", &format!("--screenshot={}", file.display())]);
    std::fs::read(file).unwrap()
}
