//! The README names every verb and every exit code. Its commands run with those of all pages (`pages`).

use super::read;

#[test]
fn the_exit_codes_and_verbs_of_the_readme_are_those_of_the_program() {
    let text = read("README.md");
    for (exit, what) in burnledger::cli::Exit::TABLE {
        assert!(text.contains(&format!("| {} | {what} |", exit.code())), "{exit:?}");
    }
    for verb in burnledger::cli::command().get_subcommands() {
        assert!(text.contains(&format!("`{}", verb.get_name())), "the README does not name `{}`", verb.get_name());
    }
}
