//! Several sources by name, as one: the default one answers for itself, the others are found by their names.
//!
//! Each has its own guard, so a source that is down or slow costs the others nothing. Deliberately absent: deciding which feed
//! asks which source (the feeds name theirs).

use crate::domain::base::{Labels, Ms, Text};
use crate::domain::measure::{Ask, Batch, Coverage, Selector, Sink};
use crate::ports::{Job, MetricSource, SourceError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The default source and others by name.
pub struct Sources {
    default: Arc<dyn MetricSource>,
    named: BTreeMap<Text, Arc<dyn MetricSource>>,
}

impl Sources {
    /// Puts them together.
    pub const fn new(default: Arc<dyn MetricSource>, named: BTreeMap<Text, Arc<dyn MetricSource>>) -> Self {
        Self { default, named }
    }
}

impl MetricSource for Sources {
    fn name(&self) -> Text {
        self.default.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        self.default.read(ask, into)
    }

    fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
        self.default.read_many(asks)
    }

    fn of(&self, name: &str) -> Option<Arc<dyn MetricSource>> {
        self.named.get(name).cloned()
    }

    fn hurry(&self) {
        self.default.hurry();
        for source in self.named.values() {
            source.hurry();
        }
    }

    fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.default.series(of, from, to)
    }
}
