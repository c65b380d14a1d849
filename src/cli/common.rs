//! Options common to all verbs, each with its twin in the environment.

use super::out::ColorChoice;
use crate::config::Overrides;
use clap::Args;
use std::path::PathBuf;

/// How answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people. `report` writes Markdown for them, so `md` means the same.
    #[default]
    #[value(alias = "md", help = "for people; of reports Markdown, also written `md`")]
    Text,
    /// For programs.
    #[value(help = "for programs")]
    Json,
    /// For a browser: one file.
    #[value(help = "one file for a browser (report)")]
    Html,
    /// For a spreadsheet.
    #[value(help = "for a spreadsheet (cost, report, stats)")]
    Csv,
}

/// Options common to all verbs.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Configuration file [default: ./burnledger.yaml or the XDG config folder, when there is one]
    #[arg(long, global = true, env = "BURNLEDGER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Prometheus' address [default: http://localhost:9090]
    #[arg(long, global = true, env = "BURNLEDGER_PROMETHEUS", value_name = "URL")]
    pub prometheus: Option<String>,
    /// Folder or file with SLOs [default: ./slos]
    #[arg(long, global = true, env = "BURNLEDGER_SLOS", value_name = "DIR")]
    pub slos: Option<PathBuf>,
    /// Folder or file with dashboards of one's own [default: ./dashboards]
    #[arg(long, global = true, env = "BURNLEDGER_DASHBOARDS", value_name = "DIR")]
    pub dashboards: Option<PathBuf>,
    /// The ledger's file [default: burnledger/ledger.db in the XDG state folder]
    #[arg(long, global = true, env = "BURNLEDGER_LEDGER", value_name = "PATH")]
    pub ledger: Option<PathBuf>,
    /// How answers are printed
    #[arg(long, global = true, env = "BURNLEDGER_FORMAT", value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// When to colour
    #[arg(long, global = true, env = "BURNLEDGER_COLOR", value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
}

impl Common {
    /// The options as the configuration takes them.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            prometheus: self.prometheus.clone(),
            slos: self.slos.clone(),
            dashboards: self.dashboards.clone(),
            ledger: self.ledger.clone(),
            history: None,
            listen: None,
        }
    }
}
