//! Which kind of document stands in front of us: by its `version`, else by the file's name.

use crate::kit::yaml::{Fields, Findings, Node};
use std::path::Path;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// SLOs of one service.
    Slos,
    /// A severity policy.
    Policy,
    /// A preset: indicators by name.
    Preset,
    /// The business.
    Business,
    /// An estimate of `cost estimate`.
    Cost,
    /// A screen of one's own.
    Dashboard,
    /// Unit tests of SLOs, which `test` reads: they may lie beside the SLOs.
    Test,
    /// A document of another tool, which `import` reads.
    Foreign,
}

/// `version:` of SLO files.
pub(super) const SLO_VERSION: &str = "burnledger/v1";
/// `version:` of policy files.
pub(super) const POLICY_VERSION: &str = "burnledger-policy/v1";
/// `version:` of preset files.
pub(super) const PRESET_VERSION: &str = "burnledger-preset/v1";
/// `version:` of business files.
pub(super) const BUSINESS_VERSION: &str = "burnledger-business/v1";

impl Kind {
    /// The `version:` of such documents.
    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Slos | Self::Foreign => SLO_VERSION,
            Self::Policy => POLICY_VERSION,
            Self::Preset => PRESET_VERSION,
            Self::Business => BUSINESS_VERSION,
            Self::Cost => COST_VERSION,
            Self::Dashboard => DASHBOARD_VERSION,
            Self::Test => TEST_VERSION,
        }
    }
}

/// Decides by the version where it is one of ours, else by the file's place.
pub(super) fn kind_of(root: &Node, file: &str) -> Kind {
    match root.get("version").and_then(|n| n.text()).map(|t| &**t) {
        Some(SLO_VERSION) => Kind::Slos,
        Some(POLICY_VERSION) => Kind::Policy,
        Some(PRESET_VERSION) => Kind::Preset,
        Some(BUSINESS_VERSION) => Kind::Business,
        Some(COST_VERSION) => Kind::Cost,
        Some(DASHBOARD_VERSION) => Kind::Dashboard,
        Some(TEST_VERSION) => Kind::Test,
        _ => kind_of_name(file),
    }
}

/// `business.yaml` is the business, files in folders `policies`, `presets` and `dashboards` are those, everything else holds SLOs.
pub(super) fn kind_of_name(file: &str) -> Kind {
    let path = Path::new(file);
    let is = |part: Option<&std::ffi::OsStr>, name: &str| part.is_some_and(|p| p == name);
    if is(path.file_stem(), "business") {
        Kind::Business
    } else if is(path.parent().and_then(Path::file_name), "policies") {
        Kind::Policy
    } else if is(path.parent().and_then(Path::file_name), "presets") {
        Kind::Preset
    } else if is(path.parent().and_then(Path::file_name), "dashboards") {
        Kind::Dashboard
    } else {
        Kind::Slos
    }
}

/// `version:` of cost files, which `cost estimate` reads.
pub(super) const COST_VERSION: &str = "burnledger-cost/v1";

/// `version:` of dashboards.
pub(super) const DASHBOARD_VERSION: &str = "burnledger-dashboard/v1";

/// `version:` of test files, which `test` reads.
pub(super) const TEST_VERSION: &str = "burnledger-test/v1";

/// Checks `version:`, which every document needs.
pub(super) fn check_version(out: &mut Findings<'_>, fields: &Fields<'_>, wanted: &str) {
    if !fields.has("version") {
        let message = format!("the document needs `version: {wanted}`");
        out.error_hint("missing-version", &fields.head(), message, format!("start it with `version: {wanted}`"));
        return;
    }
    let Some(node) = fields.get(out, "version") else { return };
    let Some(text) = out.text(node, "`version`").cloned() else { return };
    if &*text == wanted {
        return;
    }
    let hint = format!("this program reads `{wanted}`");
    let shown: String = text.chars().take(60).collect();
    out.error_hint("unknown-version", &node.span, format!("unknown version `{shown}`"), hint);
}
