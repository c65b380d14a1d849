//! The program as people run it, in a folder of its own.

use std::path::Path;
use std::process::Command;

/// Exit code, stdout and stderr; the machine's own settings and state are out of reach.
pub(crate) fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(args)
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}
