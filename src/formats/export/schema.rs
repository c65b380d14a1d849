//! JSON Schemas (draft 2020-12) of our files, for editors. They are data; a test asks the readers of the files whether they
//! know the same fields and words, no more and no less.
//!
//! Deliberately absent: what only a reader can tell, such as whether PromQL parses or a policy's name is known.

use super::{Exported, OutputFile};

/// What is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SLO files.
    Slo,
    /// Severity policies.
    Policy,
    /// Presets.
    Preset,
    /// The business file.
    Business,
    /// Files of `cost estimate`.
    Cost,
    /// Files of `test`.
    Test,
    /// Dashboards of one's own.
    Dashboard,
    /// The configuration.
    Config,
}

impl Kind {
    /// All kinds, SLO files first.
    pub const ALL: [Self; 8] =
        [Self::Slo, Self::Policy, Self::Preset, Self::Business, Self::Cost, Self::Test, Self::Dashboard, Self::Config];

    /// Its word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slo => "slo",
            Self::Policy => "policy",
            Self::Preset => "preset",
            Self::Business => "business",
            Self::Cost => "cost",
            Self::Test => "test",
            Self::Dashboard => "dashboard",
            Self::Config => "config",
        }
    }

    /// The schema, as JSON.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Slo => include_str!("../../../schemas/slo.schema.json"),
            Self::Policy => include_str!("../../../schemas/policy.schema.json"),
            Self::Preset => include_str!("../../../schemas/preset.schema.json"),
            Self::Business => include_str!("../../../schemas/business.schema.json"),
            Self::Cost => include_str!("../../../schemas/cost.schema.json"),
            Self::Test => include_str!("../../../schemas/test.schema.json"),
            Self::Dashboard => include_str!("../../../schemas/dashboard.schema.json"),
            Self::Config => include_str!("../../../schemas/config.schema.json"),
        }
    }
}

/// The schemas of these kinds, a file for each.
pub fn export(kinds: &[Kind]) -> Exported {
    let file = |kind: &Kind| OutputFile { name: format!("{}.schema.json", kind.name()), text: kind.text().to_owned() };
    Exported { files: kinds.iter().map(file).collect(), ..Exported::default() }
}
