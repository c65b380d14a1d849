//! `--what-if target=99.5% slo=checkout`: one change each time it is given, in as many words as follow it.
//!
//! Written by hand because clap's derive would run the words of several changes together.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// The words of every `--what-if`.
#[derive(Clone, Debug, Default)]
pub struct WhatIfs(pub Vec<Vec<String>>);

const ID: &str = "what_if";

impl Args for WhatIfs {
    fn augment_args(command: Command) -> Command {
        let help = "Other rules beside today's over the same samples: target=99.5% burn=14.4:10 period=28d severity=FILE guards=none slo=NAME \
                    (repeatable)";
        command.arg(Arg::new(ID).long("what-if").num_args(1..).action(ArgAction::Append).value_name("CHANGE").help(help))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for WhatIfs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let all = matches.get_occurrences::<String>(ID).into_iter().flatten();
        Ok(Self(all.map(|words| words.cloned().collect()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
