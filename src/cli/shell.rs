//! `completions` and `man`: what shells and manuals want to know of the command line, from the same table that parses it.

use super::{Exit, Out};
use clap::Args;
use clap_complete::Shell;

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

/// Prints the manual page.
pub fn man(out: &mut Out) -> Exit {
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(super::command()).render(&mut text) {
        out.error(&format!("the manual page could not be made: {error}"), None);
        return Exit::Usage;
    }
    out.text(&String::from_utf8_lossy(&text));
    Exit::Fine
}
