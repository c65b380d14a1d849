//! What incidents are held against: the changes that were rolled out and the targets of shares. Screens ask for it beside the
//! incidents, so that they reckon with what `stats` reckons with.

use super::share::Targets;
use super::summary::Change;

/// Changes and targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standards {
    /// Changes that the ledger was told of, oldest first.
    pub changes: Vec<Change>,
    /// Targets of shares, from the configuration of who watches.
    pub targets: Targets,
}
