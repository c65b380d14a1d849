//! `ledger verify` and `ledger backup`: is the file what was recorded, and a copy of it.
//!
//! Deliberately absent: mending. What is broken is named; a backup brings back what was.

use super::incidents::cannot_use;
use super::{Common, Exit, Format, Out};
use crate::app::keep::{self, Verified};
use crate::config;
use crate::domain::base::Seq;
use crate::domain::incident::EntryHash;
use crate::words::{escape, plural};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `ledger`.
#[derive(Clone, Debug, Args)]
pub struct LedgerArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: LedgerAction,
}

/// What `ledger` does.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerAction {
    /// Recompute every hash and every incident, and name the first entry that is not as it was recorded
    Verify {
        /// An anchor that an earlier `verify` printed: that entry must still be there, unaltered
        #[arg(long, value_parser = anchor, value_name = "SEQ:HASH")]
        anchor: Option<(Seq, EntryHash)>,
    },
    /// Copy the ledger into a new file while others use it
    Backup {
        /// The new file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

fn anchor(text: &str) -> Result<(Seq, EntryHash), String> {
    let wrong = || "an anchor is SEQ:HASH, as `ledger verify` prints it".to_owned();
    let (seq, hex) = text.split_once(':').ok_or_else(wrong)?;
    let seq = seq.parse().map_err(|_| wrong())?;
    let mut hash = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return Err(wrong());
    }
    for (i, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
    }
    Ok((Seq(seq), hash))
}

/// Runs the verb on the configured ledger.
pub async fn run(args: &LedgerArgs, common: &Common, out: &mut Out) -> Exit {
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => return super::tell(&crate::app::SetupError::Problems(problems), out),
    };
    let path = &config.ledger;
    let done = match &args.action {
        LedgerAction::Verify { anchor } => keep::verify(path, *anchor).await,
        LedgerAction::Backup { file } => keep::backup(path, file).await,
    };
    match (done, &args.action) {
        (Err(error), _) => cannot_use(&error, out),
        (Ok(found), LedgerAction::Verify { .. }) => verified(&found, common.format, out),
        (Ok(found), LedgerAction::Backup { file }) => copied(&found, file, common.format, out),
    }
}

fn verified(found: &Verified, format: Format, out: &mut Out) -> Exit {
    if format == Format::Json {
        out.line(&format!("{:#}", form(found)));
    } else {
        tell(found, out);
    }
    if found.is_whole() { Exit::Fine } else { Exit::No }
}

fn form(found: &Verified) -> serde_json::Value {
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    let broken = found.broken.as_ref().map(|(seq, why)| json!({ "seq": seq.0, "why": &**why }));
    json!({
        "ledger": &*found.id,
        "whole": found.is_whole(),
        "entries": found.entries,
        "incidents": found.incidents,
        "anchor": found.anchor(),
        "broken": broken,
        "faults": found.faults.iter().map(|f| &**f).collect::<Vec<&str>>(),
        "problems": problems,
    })
}

/// `1,204 entries, 1 incident`
fn holds(found: &Verified) -> String {
    let (entries, incidents) = (found.entries as usize, found.incidents);
    format!("{}, {}", plural::counted(entries, "entry", "entries"), plural::counted(incidents, "incident", "incidents"))
}

fn tell(found: &Verified, out: &mut Out) {
    out.line(&format!("ledger {}: {}", escape::terminal(&found.id), holds(found)));
    if let Some((seq, why)) = &found.broken {
        out.line(&format!("entry {} is broken: {}", seq.0, escape::terminal(why)));
        out.line("what comes after it was not looked at");
    }
    for fault in &found.faults {
        out.line(&escape::terminal(fault));
    }
    for problem in &found.problems {
        out.line(&format!("note: {}", escape::terminal(&problem.to_string())));
    }
    if found.is_whole() {
        out.line("every entry is as it was recorded");
        out.line(&format!("anchor {}", found.anchor()));
        out.say("hint: keep the anchor elsewhere; `--anchor` shows later that nothing before it was rewritten");
    }
}

fn copied(found: &Verified, file: &std::path::Path, format: Format, out: &mut Out) -> Exit {
    if format == Format::Json {
        out.line(&format!("{:#}", form(found)));
    } else {
        let whole = if found.is_whole() { "verified" } else { "as broken as the ledger is" };
        let name = escape::terminal(&file.display().to_string());
        out.line(&format!("{name}: {}, {whole}", holds(found)));
        out.say("hint: `--ledger FILE` opens the copy; to restore, stop burnledger and put it in the ledger's place");
    }
    if found.is_whole() { Exit::Fine } else { verified(found, Format::Text, out) }
}
