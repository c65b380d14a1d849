//! Files, options and environment in; settled configurations and problems out.

use super::*;

#[test]
fn without_anything_the_defaults_hold() {
    let config = load(&Overrides::default(), &|name| (name == "HOME").then(|| "/home/ann".to_owned())).unwrap();
    assert_eq!(config.prometheus.address.shown(), DEFAULT_PROMETHEUS);
    assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
    assert_eq!(config.slos, PathBuf::from(DEFAULT_SLOS));
    assert_eq!(config.ledger, PathBuf::from("/home/ann/.local/state/burnledger/ledger.db"));
    assert_eq!((config.timing, config.guards), (Timing::default(), Guards::default()));
}
