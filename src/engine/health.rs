//! What the driver knows of the world around the engine: source, ledger, leadership, receivers.

use crate::domain::base::{Ms, Text};
use crate::domain::view::{ReceiverHealth, Role, SourceHealth, SourceState};
use crate::ports::{LedgerError, MetricSource, SourceError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Warnings of a source that are kept.
const MOST_WARNINGS: usize = 5;

/// Tells how receivers do, whenever a snapshot is made.
pub type Receivers = Arc<dyn Fn() -> Vec<ReceiverHealth> + Send + Sync>;

/// Health of everything around the engine.
#[derive(Clone)]
pub struct Health {
    /// The environment's name, for screens.
    pub environment: Text,
    /// The role while nobody else leads.
    pub role: Role,
    /// Another process leads.
    pub leader: Option<Text>,
    /// The sources, each with the name that feeds know it by; the default one has none.
    pub sources: Vec<(Option<Text>, SourceHealth)>,
    /// The ledger cannot be read or written: why.
    pub ledger_error: Option<Text>,
    /// What is wrong with the history on disk, in words.
    pub history: Vec<Text>,
    /// Receivers.
    pub receivers: Receivers,
    /// Playing speed, when replaying.
    pub speed: Option<f64>,
    /// The recording has ended.
    pub ended: bool,
    /// Snapshots made.
    pub number: u64,
}

impl Health {
    /// Nothing is known yet.
    pub fn new(environment: Text, role: Role, source: Text, receivers: Receivers) -> Self {
        let sources = vec![(None, SourceHealth { name: source, ..SourceHealth::default() })];
        Self {
            environment,
            role,
            leader: None,
            sources,
            ledger_error: None,
            history: Vec::new(),
            receivers,
            speed: None,
            ended: false,
            number: 0,
        }
    }

    pub(super) fn ledger_failed(&mut self, error: &LedgerError) {
        self.ledger_error = Some(error.to_string().into());
    }

    /// Which sources there are: those that feeds name, as far as `all` tells them apart.
    pub(super) fn know(&mut self, named: BTreeSet<Option<Text>>, all: &Arc<dyn MetricSource>) {
        let mut known = std::mem::take(&mut self.sources);
        let named = if named.is_empty() { BTreeSet::from([None]) } else { named };
        for name in named {
            let own = name.as_deref().and_then(|name| all.of(name));
            let name = name.filter(|_| own.is_some());
            if self.sources.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let before = known.iter().position(|(known, _)| *known == name).map(|i| known.swap_remove(i));
            let shown = own.as_ref().unwrap_or(all).name();
            self.sources.push(before.unwrap_or_else(|| (name, SourceHealth { name: shown, ..SourceHealth::default() })));
        }
    }

    fn of(&mut self, source: Option<&Text>) -> Option<&mut SourceHealth> {
        let found = self.sources.iter().position(|(name, _)| name.as_ref() == source).unwrap_or(0);
        self.sources.get_mut(found).map(|(_, health)| health)
    }

    pub(super) fn warned(&mut self, source: Option<&Text>, warnings: Vec<String>) {
        let Some(health) = self.of(source) else { return };
        for warning in warnings {
            let warning = Text::from(warning);
            if !health.warnings.contains(&warning) && health.warnings.len() < MOST_WARNINGS {
                health.warnings.push(warning);
            }
        }
    }

    pub(super) fn filling(&mut self, done: usize, all: usize) {
        for (_, health) in &mut self.sources {
            if !matches!(health.state, SourceState::Failing { .. }) {
                health.state = SourceState::Filling { done, all };
            }
        }
    }

    /// There are several sources, and everything that is still to come is of those that fail.
    pub(super) fn only_failing(&self, left: &BTreeMap<Option<Text>, usize>) -> bool {
        let fails = |name: &Option<Text>| {
            let known = self.sources.iter().find(|(known, _)| known == name);
            known.is_some_and(|(_, health)| matches!(health.state, SourceState::Failing { .. }))
        };
        self.sources.len() > 1 && left.iter().filter(|(_, left)| **left > 0).all(|(name, _)| fails(name))
    }

    /// A source that was not waited for has answered: next time it is.
    pub(super) fn answered_late(&mut self, source: Option<&Text>) {
        if let Some(health) = self.of(source).filter(|health| matches!(health.state, SourceState::Failing { .. })) {
            health.state = SourceState::Connecting;
        }
    }

    /// Every read of a tick has come, but for those of the sources in `failed`.
    pub fn read_came(&mut self, at: Ms, failed: &BTreeSet<Option<Text>>) {
        for (name, health) in &mut self.sources {
            if !failed.contains(name) {
                health.state = SourceState::Live;
                health.last_good = Some(at);
            }
        }
    }

    /// A read failed. Returns the name that the source has here.
    pub(super) fn read_failed(&mut self, source: Option<&Text>, at: Ms, error: &SourceError) -> Option<Text> {
        let name = source.filter(|name| self.sources.iter().any(|(known, _)| known.as_ref() == Some(*name))).cloned();
        let health = self.of(source)?;
        let (since, tries) = match &health.state {
            SourceState::Failing { since, tries, .. } => (*since, *tries),
            _ => (at, 0),
        };
        let next_try = match error {
            SourceError::CircuitOpen { until, .. } => Some(*until),
            _ => None,
        };
        // That it is left alone for a while is told by the next try; what is wrong with it is the last error.
        let error = match error {
            SourceError::CircuitOpen { why, .. } => why.as_str().into(),
            other => other.to_string().into(),
        };
        health.state = SourceState::Failing { since, error, tries: tries + 1, next_try };
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_left_alone_says_what_is_wrong_with_it_and_when_it_is_tried_next() {
        let mut health = Health::new("".into(), Role::Watching, "http://prom:9090".into(), Arc::new(Vec::new));
        let why = "http://prom:9090 did not answer within 10s".to_string();
        let open = SourceError::CircuitOpen { url: "http://prom:9090".into(), until: Ms(9_000), why: why.clone() };
        health.read_failed(None, Ms(1_000), &open);
        let (_, source) = &health.sources[0];
        let SourceState::Failing { error, next_try, .. } = &source.state else { panic!("it fails") };
        assert_eq!((&**error, *next_try), (&*why, Some(Ms(9_000))));
    }
}
