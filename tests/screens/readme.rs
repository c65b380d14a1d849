//! The README's pictures are what the program draws: the demo, played to a moment, as SVG.

use std::path::Path;
use std::process::Command;

/// `burnledger demo --picture SCREEN --until 2026-03-17T02:47:00Z --export svg > dashboards/SCREEN.svg` makes them anew.
fn picture(screen: &str) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(["demo", "--picture", screen, "--until", "2026-03-17T02:47:00Z", "--export", "svg"])
        .env("TZ", "UTC")
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor")
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn is_fresh(screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards").join(format!("{screen}.svg"));
    let drawn = picture(screen);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} is not what the program draws; UPDATE_PICTURES=1 draws it anew, look at it", path.display());
}

#[test]
fn the_overview_of_the_readme_is_fresh() {
    is_fresh("overview");
}

#[test]
fn the_incident_of_the_readme_is_fresh() {
    is_fresh("incident");
}
