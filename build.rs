//! Asks the linker for relocations in their packed form, where this machine's libc loads such a program: 1.5 MB less of it on
//! disk, and in the memory of every process, because the loader reads them all. `BURNLEDGER_OLD_GLIBC=1` leaves that out, for
//! a program that goes to older machines.
//!
//! Deliberately absent: cross builds (nothing says which libc they will meet), and source code that is generated.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=BURNLEDGER_OLD_GLIBC");
    let tested = |key: &str, value: &str| var(format!("CARGO_CFG_TARGET_{key}")).is_ok_and(|v| v == value);
    let here = var("HOST") == var("TARGET") && var("BURNLEDGER_OLD_GLIBC").is_err();
    if here && tested("OS", "linux") && tested("ENV", "gnu") && tested("ARCH", "x86_64") && glibc() >= Some((2, 36)) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's libc: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
