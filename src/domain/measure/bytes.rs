//! Numbers, texts and lists as bytes, for what outlives the process. Compact, and the same on every machine.
//!
//! Reading takes bytes that may be anything: it answers `None` and never reserves more than there are bytes to read.
//! Deliberately absent: compression and checksums (see `slices`).

use crate::domain::base::{Labels, Ms};

/// Bytes that grow.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    pub(super) fn uint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    pub(super) fn int(&mut self, n: i64) {
        self.uint((n << 1 ^ n >> 63) as u64);
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub(super) fn float(&mut self, n: f64) {
        self.0.extend(n.to_le_bytes());
    }

    pub(super) fn small(&mut self, n: f32) {
        self.0.extend(n.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.uint(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    pub(super) fn labels(&mut self, labels: &Labels) {
        self.uint(labels.len() as u64);
        for (name, value) in labels.iter() {
            self.text(name);
            self.text(value);
        }
    }

    pub(super) fn option<T>(&mut self, item: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(item.is_some());
        if let Some(item) = item {
            write(self, item);
        }
    }

    pub(super) fn time(&mut self, at: Option<Ms>) {
        self.option(at, |to, at| to.int(at.0));
    }

    pub(super) fn list<T>(&mut self, items: impl ExactSizeIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.uint(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }
}

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Everything was read.
    pub(super) const fn is_done(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn uint(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            if shift > 63 {
                return None;
            }
            n |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
            shift += 7;
        }
    }

    pub(super) fn int(&mut self) -> Option<i64> {
        let n = self.uint()?;
        Some((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub(super) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.uint()?).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn float(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes)
    }

    pub(super) fn small(&mut self) -> Option<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let n = self.size()?;
        std::str::from_utf8(self.bytes(n)?).ok()
    }

    pub(super) fn labels(&mut self) -> Option<Labels> {
        self.list(|from| Some((from.text()?, from.text()?))).map(Labels::new)
    }

    /// Absent, or what `read` finds; `None` outside when the bytes make no sense.
    #[expect(clippy::option_option, reason = "what was absent when it was written is not what cannot be read")]
    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Some(None) }
    }

    #[expect(clippy::option_option, reason = "what was absent when it was written is not what cannot be read")]
    pub(super) fn time(&mut self) -> Option<Option<Ms>> {
        self.option(|from| from.int().map(Ms))
    }

    pub(super) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.size()?;
        let mut items = Vec::with_capacity(n.min(self.0.len()));
        for _ in 0..n {
            items.push(read(self)?);
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(ints in prop::collection::vec(any::<i64>(), 0..20), n in any::<u64>(), word in ".*", flag: bool) {
            let mut to = Writer::default();
            to.list(ints.iter(), |to, n| to.int(*n));
            to.uint(n);
            to.option(flag.then_some(&word), |to, word| to.text(word));
            to.float(f64::MIN_POSITIVE);
            let bytes = to.done();
            let mut from = Reader::new(&bytes);
            prop_assert_eq!(from.list(|from| from.int()), Some(ints));
            prop_assert_eq!(from.uint(), Some(n));
            prop_assert_eq!(from.option(|from| from.text()), Some(flag.then_some(&*word)));
            prop_assert_eq!(from.float(), Some(f64::MIN_POSITIVE));
            prop_assert!(from.is_done());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut from = Reader::new(&bytes);
            while let Some(list) = from.list(|from| from.labels()) {
                prop_assert!(list.len() <= bytes.len());
            }
            let _ = (from.int(), from.time(), from.small());
        }
    }
}
