//! `completions` and `man`: what shells and manuals want to know of the command line, from the same table that parses it.

use super::{Exit, Out};
use clap::Args;
use clap_complete::Shell;
use std::path::{Path, PathBuf};

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints completions.
pub fn completions(args: &CompletionsArgs, out: &mut Out) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "burnledger", &mut text);
    out.text(&String::from_utf8_lossy(&text));
    Exit::Fine
}

/// Arguments of `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Write a page for every verb into this folder instead of printing the first one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the manual page, or writes all of them.
pub fn man(args: &ManArgs, out: &mut Out) -> Exit {
    if let Some(folder) = &args.out {
        return pages(folder, out);
    }
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(super::command()).render(&mut text) {
        out.error(&format!("the manual page could not be made: {error}"), None);
        return Exit::Usage;
    }
    out.text(&String::from_utf8_lossy(&text));
    Exit::Fine
}

/// A page for the program and one for each verb.
fn pages(folder: &Path, out: &mut Out) -> Exit {
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(super::command(), folder));
    if let Err(error) = written {
        out.error(&format!("{} cannot be written: {error}", folder.display()), Some("name a folder that may be written"));
        return Exit::Usage;
    }
    out.say(&format!("manual pages are in {}", folder.display()));
    Exit::Fine
}
