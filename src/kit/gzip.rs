//! Gzip (RFC 1952) in pieces: what is the same for many readers is packed once, and an answer is put together of such pieces.
//!
//! A piece ends at a whole byte and refers to nothing before it, so it can stand between any others. Unpacking has a bound: a few
//! bytes can unpack to a thousand times as many. Deliberately absent: choosing who gets packed answers (`serve`).

use flate2::bufread::GzDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Read, Write};
use thiserror::Error;

/// Magic, deflate, no flags, no time, no level, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block, without content.
const LAST: [u8; 2] = [3, 0];
/// The most bytes of a block that is not packed.
const MOST_STORED: usize = 0xffff;

/// A part of a packed answer.
#[derive(Debug)]
pub struct Piece {
    blocks: Vec<u8>,
    crc: Crc,
}

impl Piece {
    /// Packs bytes.
    ///
    /// # Errors
    /// None known: it is written to memory.
    pub fn packed(bytes: &[u8]) -> io::Result<Self> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        // Ends at a whole byte, and the next piece cannot refer to this one.
        encoder.flush()?;
        Ok(Self { blocks: std::mem::take(encoder.get_mut()), crc: crc(bytes) })
    }

    /// Takes bytes as they are: for the few that are another reader's own.
    pub fn stored(bytes: &[u8]) -> Self {
        let mut blocks = Vec::with_capacity(bytes.len() + 5);
        for part in bytes.chunks(MOST_STORED) {
            let length = part.len() as u16;
            blocks.push(0);
            blocks.extend_from_slice(&length.to_le_bytes());
            blocks.extend_from_slice(&(!length).to_le_bytes());
            blocks.extend_from_slice(part);
        }
        Self { blocks, crc: crc(bytes) }
    }
}

fn crc(bytes: &[u8]) -> Crc {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc
}

/// A whole gzip file of the pieces, one after the other.
pub fn joined(pieces: &[&Piece]) -> Vec<u8> {
    let length: usize = pieces.iter().map(|piece| piece.blocks.len()).sum();
    let mut out = Vec::with_capacity(HEAD.len() + length + LAST.len() + 8);
    let mut all = Crc::new();
    out.extend_from_slice(&HEAD);
    for piece in pieces {
        out.extend_from_slice(&piece.blocks);
        all.combine(&piece.crc);
    }
    out.extend_from_slice(&LAST);
    out.extend_from_slice(&all.sum().to_le_bytes());
    out.extend_from_slice(&all.amount().to_le_bytes());
    out
}

/// Why bytes were not unpacked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotUnpacked {
    /// They would be more than allowed.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// They are no gzip, or damaged.
    #[error("the answer was cut off: {0}")]
    Damaged(String),
}

/// Unpacks one gzip file to at most so many bytes; what goes beyond them is never held.
///
/// # Errors
/// It is more, is none, or is damaged.
pub fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, NotUnpacked> {
    let damaged = |error: &str| NotUnpacked::Damaged(super::http::clean(error, 100));
    let mut decoder = GzDecoder::new(packed);
    let mut out = Vec::new();
    let read = decoder.by_ref().take(most as u64 + 1).read_to_end(&mut out);
    read.map_err(|error| damaged(&error.to_string()))?;
    if out.len() > most {
        return Err(NotUnpacked::TooLarge(most));
    }
    if !decoder.into_inner().is_empty() {
        return Err(damaged("something stands behind its end"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(parts: &[(bool, Vec<u8>)]) -> Vec<u8> {
        let piece = |(packed, bytes): &(bool, Vec<u8>)| {
            if *packed { Piece::packed(bytes).unwrap() } else { Piece::stored(bytes) }
        };
        let pieces: Vec<Piece> = parts.iter().map(piece).collect();
        joined(&pieces.iter().collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn pieces_in_any_order_are_one_file_that_anybody_reads(
            parts in prop::collection::vec((any::<bool>(), prop::collection::vec(b'a'..b'e', 0..3000)), 0..6),
        ) {
            let plain = parts.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<u8>>();
            let file = whole(&parts);
            prop_assert_eq!(&unpack(&file, plain.len()).unwrap(), &plain);
            let mut other = Vec::new();
            flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut other).unwrap();
            prop_assert_eq!(other, plain);
        }

        #[test]
        fn what_was_cut_off_or_changed_is_never_taken(bytes in prop::collection::vec(any::<u8>(), 1..500), at in any::<prop::sample::Index>()) {
            let file = whole(&[(true, bytes.clone())]);
            let cut = &file[..at.index(file.len())];
            prop_assert!(unpack(cut, 1000).is_err());
            let mut changed = file.clone();
            changed[at.index(file.len())] ^= 0x10;
            // The head's time and system are nobody's business.
            prop_assert!(unpack(&changed, 1000).map_or(true, |out| out == bytes));
        }
    }

    #[test]
    fn long_pieces_are_stored_in_blocks() {
        let long = vec![b'x'; 200_000];
        assert_eq!(
            unpack(&whole(&[(false, long.clone()), (true, b"end".to_vec())]), 200_003).unwrap(),
            [&long[..], b"end"].concat()
        );
    }

    #[test]
    fn few_bytes_that_would_fill_the_memory_are_refused_at_the_bound() {
        let bomb = whole(&[(true, vec![0; 50 << 20])]);
        assert!(bomb.len() < 60_000, "{}", bomb.len());
        assert_eq!(unpack(&bomb, 1 << 20), Err(NotUnpacked::TooLarge(1 << 20)));
        assert!(matches!(unpack(b"<html>", 100), Err(NotUnpacked::Damaged(_))));
        assert!(matches!(unpack(b"", 100), Err(NotUnpacked::Damaged(_))));
        let after = [whole(&[(true, b"{}".to_vec())]), b"more".to_vec()].concat();
        assert!(unpack(&after, 100).is_err(), "what stands behind it is not ours");
    }
}
