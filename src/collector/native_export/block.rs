//! The blocks of a native export: names with escapes, and differences of whole numbers under a power of ten.
//!
//! The format is that of VictoriaMetrics' `lib/storage/block.go` and `lib/encoding` (MarshalPortable). Whatever does not fit is
//! `None`, never a guess. Deliberately absent: joining blocks, and asking for them.

use crate::domain::base::{Labels, Ms};
use zstd::bulk::Decompressor;

/// The span asked for, which stands before all blocks.
const HEAD: usize = 16;
/// Blocks hold 8,192 rows at most; twice that while they are merged.
const MOST_ROWS: u64 = 1 << 16;
/// Bytes that a number takes at most.
const WIDEST: usize = 10;
/// How times and values are packed.
const ZSTD_DELTA2: u8 = 1;
const EVEN: u8 = 2;
const CONST: u8 = 3;
const ZSTD_DELTA: u8 = 4;
const DELTA2: u8 = 5;
const DELTA: u8 = 6;
/// The end of a name's part, and what stands before a byte that would read as one.
const SEPARATOR: u8 = 1;
const ESCAPE: u8 = 0;
/// A series has ended: Prometheus' stale marker.
const STALE: i64 = i64::MAX - 1;

/// One block of a series, as it came.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) name: &'a [u8],
    /// Time of its first row.
    pub(super) first: i64,
    rest: &'a [u8],
}

/// One row.
pub(super) struct Row {
    pub(super) at: Ms,
    pub(super) value: f64,
    /// False for stale markers.
    pub(super) is_known: bool,
}

/// The blocks of an answer.
pub(super) fn blocks(body: &[u8]) -> Option<Vec<Block<'_>>> {
    let mut rest = body.get(HEAD..)?;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let name = sized(&mut rest)?;
        let mut data = sized(&mut rest)?;
        let first = int(&mut data)?;
        all.push(Block { name, first, rest: data });
    }
    Some(all)
}

/// The labels of a name: the metric, then names and values by turns, each with its end.
pub(super) fn labels(name: &[u8]) -> Option<Labels> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), name.iter());
    while let Some(byte) = bytes.next() {
        match *byte {
            SEPARATOR => parts.push(String::from_utf8(std::mem::take(&mut part)).ok()?),
            ESCAPE => part.push(bytes.next()?.checked_sub(b'0').filter(|b| *b <= 2)?),
            other => part.push(other),
        }
    }
    let (metric, pairs) = parts.split_first()?;
    if !part.is_empty() || pairs.len() % 2 != 0 {
        return None;
    }
    let metric = Some(("__name__", metric.as_str())).filter(|(_, metric)| !metric.is_empty());
    let pairs = pairs.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str()));
    Some(Labels::new(metric.into_iter().chain(pairs)))
}

/// Unpacks blocks; keeps its memory between them.
pub(super) struct Unpacker {
    zstd: Decompressor<'static>,
    plain: Vec<u8>,
    times: Vec<i64>,
    values: Vec<i64>,
}

impl Unpacker {
    pub(super) fn new() -> Option<Self> {
        let zstd = Decompressor::new().ok()?;
        Some(Self { zstd, plain: Vec::new(), times: Vec::new(), values: Vec::new() })
    }

    /// Adds a block's rows.
    pub(super) fn unpack(&mut self, block: &Block<'_>, into: &mut Vec<Row>) -> Option<()> {
        let mut rest = block.rest;
        let (first_value, rows, scale) = (int(&mut rest)?, uint(&mut rest)?, int(&mut rest)?);
        let (kinds, tail) = rest.split_first_chunk::<2>()?;
        rest = tail;
        let rows = usize::try_from(rows).ok().filter(|n| (1..=MOST_ROWS as usize).contains(n))?;
        let (times, values) = (counted(&mut rest)?, counted(&mut rest)?);
        if !rest.is_empty() {
            return None;
        }
        let (zstd, plain) = (&mut self.zstd, &mut self.plain);
        numbers(zstd, plain, kinds[0], times, block.first, rows, &mut self.times)?;
        numbers(zstd, plain, kinds[1], values, first_value, rows, &mut self.values)?;
        let scaled = scaling(scale)?;
        let rows = self.times.iter().zip(&self.values);
        into.extend(rows.map(|(at, value)| Row { at: Ms(*at), value: scaled(*value), is_known: *value != STALE }));
        Some(())
    }
}

/// Reads `rows` numbers of which the first is known.
fn numbers(
    zstd: &mut Decompressor<'static>,
    plain: &mut Vec<u8>,
    kind: u8,
    bytes: &[u8],
    first: i64,
    rows: usize,
    into: &mut Vec<i64>,
) -> Option<()> {
    into.clear();
    into.reserve(rows);
    let mut bytes = bytes;
    if matches!(kind, ZSTD_DELTA | ZSTD_DELTA2) {
        plain.clear();
        plain.reserve(rows * WIDEST);
        zstd.decompress_to_buffer(bytes, plain).ok()?;
        bytes = plain;
    }
    into.push(first);
    let mut value = first;
    match kind {
        CONST => into.resize(rows, first),
        EVEN => {
            let by = int(&mut bytes)?;
            for _ in 1..rows {
                value = value.wrapping_add(by);
                into.push(value);
            }
        }
        DELTA | ZSTD_DELTA => {
            for _ in 1..rows {
                value = value.wrapping_add(int(&mut bytes)?);
                into.push(value);
            }
        }
        DELTA2 | ZSTD_DELTA2 => {
            let mut by = 0_i64;
            for _ in 1..rows {
                by = by.wrapping_add(int(&mut bytes)?);
                value = value.wrapping_add(by);
                into.push(value);
            }
        }
        _ => return None,
    }
    bytes.is_empty().then_some(())
}

/// From a whole number under a power of ten to a value, rounded as the server does.
fn scaling(scale: i64) -> Option<impl Fn(i64) -> f64> {
    let scale = i16::try_from(scale).ok()?;
    let ten: f64 = format!("1e{}", scale.unsigned_abs()).parse().ok()?;
    Some(move |value: i64| match (value, scale) {
        (i64::MAX, _) => f64::INFINITY,
        (i64::MIN, _) => f64::NEG_INFINITY,
        (value, 0) => value as f64,
        (value, ..0) => value as f64 / ten,
        (value, _) => value as f64 * ten,
    })
}

/// Bytes after their length as four bytes.
fn sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    cut(rest, tail, u32::from_be_bytes(*length) as usize)
}

/// Bytes after their length as a number of any width.
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(uint(rest)?).ok()?;
    let tail = *rest;
    cut(rest, tail, length)
}

fn cut<'a>(rest: &mut &'a [u8], tail: &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (bytes, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(bytes)
}

/// A number in groups of seven bits, lowest first.
fn uint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (i, byte) in rest.iter().enumerate().take(WIDEST) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            *rest = &rest[i + 1..];
            return Some(value);
        }
    }
    None
}

/// The same with the sign in the lowest bit.
fn int(rest: &mut &[u8]) -> Option<i64> {
    let value = uint(rest)?;
    Some((value >> 1) as i64 ^ -((value & 1) as i64))
}
