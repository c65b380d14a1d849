//! `demo` from outside: what it refuses, and what it says when its ledger fails.

use std::path::Path;
use std::process::{Command, Output};

fn demo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .arg("demo")
        .args(args)
        .env_remove("BURNLEDGER_CONFIG")
        .env_remove("BURNLEDGER_LEDGER")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_ledger_that_has_incidents_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.db");
    let args = ["--headless", "--until", "1h50m", "--ledger", path.to_str().unwrap()];
    let first = demo(&args);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let again = demo(&args);
    assert_eq!((again.status.code(), text(&again.stdout)), (Some(2), String::new()));
    let talk = text(&again.stderr);
    assert!(talk.contains("holds incidents already") && talk.contains("hint: leave --ledger"), "{talk}");
}

#[test]
fn a_picture_is_printed_alone() {
    let out = demo(&["--picture", "overview", "--until", "2h"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(text(&out.stdout).contains("payments/success"));
}

/// A picture in pixels, on a machine whose fonts are in one folder alone.
fn pixels(folder: &Path, fonts: &Path, more: &[&str]) -> Output {
    let settings = folder.join("fonts.conf");
    let text = format!("<?xml version=\"1.0\"?><fontconfig><dir>{}</dir></fontconfig>", fonts.display());
    std::fs::write(&settings, text).unwrap();
    Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(["demo", "--picture", "overview", "--until", "2h", "--export", "png"])
        .args(more)
        .env("FONTCONFIG_FILE", settings)
        .env_remove("BURNLEDGER_CONFIG")
        .env_remove("BURNLEDGER_LEDGER")
        .output()
        .unwrap()
}

#[test]
fn a_picture_in_pixels_needs_fonts_and_says_which_characters_they_lack() {
    let folder = tempfile::tempdir().unwrap();
    let bare = pixels(folder.path(), &folder.path().join("none"), &[]);
    assert_eq!((bare.status.code(), text(&bare.stdout)), (Some(2), String::new()));
    let talk = text(&bare.stderr);
    assert!(talk.contains("error: this machine has no fonts") && talk.contains("hint: `--export svg`"), "{talk}");

    let dejavu = Path::new("/usr/share/fonts/truetype/dejavu");
    if !dejavu.exists() {
        eprintln!("skipped: fonts-dejavu-core is not installed");
        return;
    }
    let whole = pixels(folder.path(), dejavu, &[]);
    assert_eq!((whole.status.code(), text(&whole.stderr)), (Some(0), String::new()));
    assert!(whole.stdout.starts_with(b"\x89PNG"));
    let chinese = pixels(folder.path(), dejavu, &["--language", "zh"]);
    let talk = text(&chinese.stderr);
    assert!(talk.contains("no font of this machine has ") && talk.contains("fonts-noto-cjk"), "{talk}");
    assert_eq!(chinese.status.code(), Some(0), "what can be drawn is drawn");
}

#[test]
fn a_ledger_without_room_is_exit_code_4_and_no_empty_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.db");
    // The ledger is made, then its file may not grow: a limit of the shell is as good as a full disk.
    let line = format!(
        "ulimit -f 160; trap '' XFSZ; exec {} demo --headless --until 1h50m --ledger {}",
        env!("CARGO_BIN_EXE_burnledger"),
        path.display()
    );
    let out = Command::new("sh").args(["-c", &line]).env_remove("BURNLEDGER_CONFIG").output().unwrap();
    let talk = text(&out.stderr);
    assert_eq!(out.status.code(), Some(4), "{talk}");
    assert!(talk.contains("error: ") && talk.contains("without it the demo keeps its ledger in memory"), "{talk}");
}
