//! Label sets by their bytes in an answer: the same series come at every tick, mostly in the same order, and their labels are
//! read once.
//!
//! Deliberately absent: reading labels from those bytes, which each format does for itself.

use crate::domain::base::Labels;
use std::collections::HashMap;
use std::sync::Arc;

/// Label sets that were read before.
#[derive(Debug, Default)]
pub(in crate::collector) struct LabelCache {
    known: Vec<(Arc<[u8]>, Labels)>,
    places: HashMap<Arc<[u8]>, usize>,
    /// The place after the one that was found last: looked at first.
    next: usize,
}

impl LabelCache {
    /// More are not kept: all are forgotten and read again.
    const MAX: usize = 200_000;

    /// The labels of these bytes, when they came before.
    pub(in crate::collector) fn find(&mut self, raw: &[u8]) -> Option<Labels> {
        let at = match self.known.get(self.next) {
            Some((bytes, _)) if **bytes == *raw => self.next,
            _ => *self.places.get(raw)?,
        };
        self.next = at + 1;
        Some(self.known[at].1.clone())
    }

    /// Keeps what was read from these bytes.
    pub(in crate::collector) fn enter(&mut self, raw: &[u8], labels: Labels) {
        // Two answers at once may both bring it for the first time.
        if self.places.contains_key(raw) {
            return;
        }
        if self.known.len() >= Self::MAX {
            *self = Self::default();
        }
        let raw: Arc<[u8]> = raw.into();
        self.places.insert(Arc::clone(&raw), self.known.len());
        self.known.push((raw, labels));
        self.next = self.known.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets_are_found_in_any_order() {
        let (mut cache, names) = (LabelCache::default(), ["a", "b", "c", "d"]);
        let labels = |name: &str| Labels::new([("__name__", name)]);
        for name in names {
            cache.enter(name.as_bytes(), labels(name));
        }
        for name in ["a", "b", "c", "d", "a", "c", "d", "d", "b", "a"] {
            assert_eq!(cache.find(name.as_bytes()), Some(labels(name)));
        }
        cache.enter(b"c", labels("another"));
        assert_eq!((cache.find(b"e"), cache.find(b"c")), (None, Some(labels("c"))));
        assert_eq!(cache.find(b"a"), Some(labels("a")));
    }

    #[test]
    fn a_flood_of_label_sets_is_forgotten() {
        let mut cache = LabelCache::default();
        for i in 0..=LabelCache::MAX {
            cache.enter(&i.to_le_bytes(), Labels::default());
        }
        assert_eq!((cache.known.len(), cache.places.len()), (1, 1));
    }
}
