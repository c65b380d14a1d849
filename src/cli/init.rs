//! `init`: writes first SLO files, from what the source has or as an example. New files are named on stdout, the rest is talk.

use super::{Common, Exit, Format, Out};
use crate::app::Setup;
use crate::app::init::{Seen, Written, write_discovered, write_example};
use crate::words::{escape, plural};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// Look at what the source has, and write a file for each service that a preset fits
    #[arg(long)]
    pub discover: bool,
    /// Folder for the files; nothing in it is written over [default: the folder of --slos]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The service to write: of an example its name, with --discover its name in the source [default: my-service, or all]
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The source to look at, by its name in the configuration [default: `prometheus`]
    #[arg(long, value_name = "NAME", requires = "discover", conflicts_with = "samples")]
    pub source: Option<String>,
    /// Look at recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE", requires = "discover")]
    pub samples: Option<PathBuf>,
}

/// Runs the verb: 0 when a file was written, 1 when none was.
pub async fn run(args: &InitArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    let folder = args.out.clone().unwrap_or_else(|| setup.config.slos.clone());
    let (seen, written) = if args.discover {
        let seen = match setup.discover(args.samples.as_deref(), args.source.as_deref()).await {
            Ok(seen) => seen,
            Err(error) => return super::tell(&error, out),
        };
        let written = write_discovered(&seen, args.service.as_deref(), &folder);
        (Some(seen), written)
    } else {
        (None, write_example(args.service.as_deref().unwrap_or("my-service"), &folder))
    };
    match written {
        Ok(written) => tell(seen.as_ref(), &written, common, out),
        Err(error) => super::tell(&error, out),
    }
}

fn tell(seen: Option<&Seen>, written: &Written, common: &Common, out: &mut Out) -> Exit {
    let files: Vec<String> = written.files.iter().map(|f| f.display().to_string()).collect();
    if common.format == Format::Json {
        let left: Vec<_> = written.left.iter().map(|(what, why)| json!({"what": what, "why": why})).collect();
        out.line(&format!("{:#}", json!({"written": files, "left": left})));
    } else {
        for file in &files {
            out.line(&escape::terminal(file));
        }
        for (what, why) in &written.left {
            out.say(&format!("left: {}: {}", escape::terminal(what), escape::terminal(why)));
        }
    }
    if let (Some(seen), true) = (seen, files.is_empty()) {
        let found = plural::counted(seen.services.len(), "service", "services");
        let hint = "`presets list` shows what is known; `init` without --discover writes an example to change";
        out.error(&format!("nothing was written: {found} in {}", escape::terminal(&seen.source)), Some(hint));
    }
    if files.is_empty() {
        return Exit::No;
    }
    out.say(&format!("{} written; `burnledger check` reads them", plural::counted(files.len(), "file", "files")));
    Exit::Fine
}
