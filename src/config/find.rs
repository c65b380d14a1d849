//! Where the configuration and the ledger are when nobody says: the current folder, then the XDG folders.

use crate::domain::base::Problem;
use std::path::{Path, PathBuf};

/// Reads a variable of the environment. Handed in, so that tests have an environment of their own.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The configuration file: the one named, else `./burnledger.yaml`, else `burnledger/config.yaml` in the XDG config folder.
///
/// # Errors
/// A file was named and does not exist.
pub fn find_file(named: Option<&Path>, environment: &Environment<'_>) -> Result<Option<PathBuf>, Box<Problem>> {
    if let Some(path) = named {
        if path.exists() {
            return Ok(Some(path.to_owned()));
        }
        let message = format!("the configuration file {} does not exist", path.display());
        return Err(Box::new(Problem::error("missing-file", message).hint("leave --config out to use the defaults")));
    }
    let here = PathBuf::from("burnledger.yaml");
    let shared = xdg(environment, "XDG_CONFIG_HOME", ".config").map(|d| d.join("burnledger/config.yaml"));
    Ok(std::iter::once(here).chain(shared).find(|p| p.is_file()))
}

/// The ledger's file: `burnledger/ledger.db` in the XDG state folder, or `burnledger.db` here when there is no home.
pub fn default_ledger(environment: &Environment<'_>) -> PathBuf {
    xdg(environment, "XDG_STATE_HOME", ".local/state")
        .map_or_else(|| PathBuf::from("burnledger.db"), |d| d.join("burnledger/ledger.db"))
}

/// The history's file: beside the ledger, under its name.
pub fn beside_ledger(ledger: &Path) -> PathBuf {
    ledger.with_extension("history.db")
}

/// An XDG folder. The standard says that a relative path in its variable is to be ignored.
fn xdg(environment: &Environment<'_>, variable: &str, under_home: &str) -> Option<PathBuf> {
    let set = environment(variable).map(PathBuf::from).filter(|p| p.is_absolute());
    set.or_else(|| environment("HOME").filter(|h| !h.is_empty()).map(|h| Path::new(&h).join(under_home)))
}
