//! A part as it lies in the file: compressed, with a checksum over its bytes and over whose they are.
//!
//! The name is packed with the bytes, so that a part that turns up in another's place is damage as well.

use crate::domain::measure::{Part, PartName};
use crate::ports::FeedKey;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// Thrice as quick as the default level, and a tenth larger.
const LEVEL: i32 = 1;
/// More than any part takes: 200 tracks of 400 buckets over two hours.
const MOST_BYTES: usize = 64 << 20;

/// Packs parts; keeps its memory between them.
pub(super) struct Packer(Compressor<'static>);

impl Packer {
    pub(super) fn new() -> std::io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self(compressor))
    }

    pub(super) fn pack(&mut self, feed: &FeedKey, part: &Part) -> std::io::Result<Vec<u8>> {
        let mut plain = seal(feed, &part.name);
        plain.extend(&part.bytes);
        self.0.compress(&plain)
    }
}

/// Unpacks parts.
pub(super) struct Unpacker(Decompressor<'static>);

impl Unpacker {
    pub(super) fn new() -> std::io::Result<Self> {
        Decompressor::new().map(Self)
    }

    /// The part of that name; `None` when it is damaged or another's.
    pub(super) fn unpack(&mut self, feed: &FeedKey, name: PartName, packed: &[u8]) -> Option<Part> {
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
        let size = usize::try_from(size).ok().filter(|size| *size <= MOST_BYTES)?;
        let mut plain = self.0.decompress(packed, size).ok()?;
        let seal = seal(feed, &name);
        if !plain.starts_with(&seal) {
            return None;
        }
        plain.drain(..seal.len());
        Some(Part { name, bytes: plain })
    }
}

/// Whose bytes they are.
fn seal(feed: &FeedKey, name: &PartName) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + name.group.len());
    out.push(name.kind.number());
    out.extend(name.page.to_le_bytes());
    for text in [&feed.0, &name.group] {
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.bytes());
    }
    out
}
