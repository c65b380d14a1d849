//! `export`: what other tools read from us means what we mean.

pub(crate) mod grafana;
mod openslo;
mod rules;
mod schema;
mod sloth;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs `burnledger export` with nothing configured.
fn export(dir: &Path, args: &[&str]) -> (i32, String, String) {
    burnledger(dir, &[&["export"], args].concat())
}

fn burnledger(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(args)
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

/// `promtool` in a folder: whether it agreed, and what it said.
fn promtool(dir: &Path, args: &[&str]) -> (bool, String) {
    let out = Command::new("promtool").args(args).current_dir(dir).output().unwrap();
    (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with one SLO file in `slos`.
fn house(slos: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/shop.yaml"), slos).unwrap();
    dir
}
