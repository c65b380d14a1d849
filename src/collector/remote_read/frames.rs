//! The stream of frames in which chunks come: length, checksum, message; and the messages, written by hand.

use prost::Message;

/// A frame longer than this is no frame: Prometheus makes them of about 1 MiB.
const MAX_FRAME: u64 = 64 << 20;

/// The request.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadRequest {
    #[prost(message, repeated, tag = "1")]
    pub(super) queries: Vec<Query>,
    /// 0 samples, 1 streamed XOR chunks.
    #[prost(int32, repeated, tag = "2")]
    pub(super) accepted: Vec<i32>,
}

/// One selector and its span, both ends included.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Query {
    #[prost(int64, tag = "1")]
    pub(super) start_ms: i64,
    #[prost(int64, tag = "2")]
    pub(super) end_ms: i64,
    #[prost(message, repeated, tag = "3")]
    pub(super) matchers: Vec<LabelMatcher>,
}

/// A condition: 0 `=`, 1 `!=`, 2 `=~`, 3 `!~`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LabelMatcher {
    #[prost(int32, tag = "1")]
    pub(super) kind: i32,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) value: String,
}

/// One frame's message.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ChunkedReadResponse {
    #[prost(message, repeated, tag = "1")]
    pub(super) series: Vec<ChunkedSeries>,
}

/// A series, or a part of one: long ones go on in the next frame.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ChunkedSeries {
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(super) chunks: Vec<Chunk>,
}

/// A label.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Label {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// A chunk: kind 1 is XOR, others hold histograms.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Chunk {
    #[prost(int64, tag = "1")]
    pub(super) min_ms: i64,
    #[prost(int64, tag = "2")]
    pub(super) max_ms: i64,
    #[prost(int32, tag = "3")]
    pub(super) kind: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) data: Vec<u8>,
}

/// What stands at the start of a buffer.
#[derive(Debug, PartialEq)]
pub(super) enum Frame<'a> {
    /// A whole message, and how many bytes its frame took.
    Whole(&'a [u8], usize),
    /// More bytes are needed.
    Part,
    /// No frame: in words.
    Broken(&'static str),
}

/// Looks for a frame: a varint length, a big-endian CRC-32C of the message, the message.
pub(super) fn frame(buffer: &[u8]) -> Frame<'_> {
    let (mut length, mut used) = (0_u64, 0);
    loop {
        let Some(byte) = buffer.get(used) else { return Frame::Part };
        if used > 4 {
            return Frame::Broken("a frame with no length");
        }
        length |= u64::from(byte & 0x7f) << (7 * used);
        used += 1;
        if *byte < 0x80 {
            break;
        }
    }
    if length > MAX_FRAME {
        return Frame::Broken("a frame that is too long");
    }
    let end = used + 4 + length as usize;
    let (Some(sum), Some(message)) = (buffer.get(used..used + 4), buffer.get(used + 4..end)) else { return Frame::Part };
    if crc32c(message).to_be_bytes() == sum { Frame::Whole(message, end) } else { Frame::Broken("a frame with a wrong checksum") }
}

/// CRC-32C (Castagnoli), eight bytes at a time over tables made at compile time.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    const TABLES: [[u32; 256]; 8] = tables();
    let mut crc = !0_u32;
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let low = crc ^ u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        crc = 0;
        for (i, byte) in low.to_le_bytes().iter().chain(&word[4..]).enumerate() {
            crc ^= TABLES[7 - i][usize::from(*byte)];
        }
    }
    for byte in words.remainder() {
        crc = crc >> 8 ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    !crc
}

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0_u32; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let (mut crc, mut bit) = (i as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut t = 1;
    while t < 8 {
        let mut i = 0;
        while i < 256 {
            let before = tables[t - 1][i];
            tables[t][i] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            i += 1;
        }
        t += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        prost::encoding::encode_varint(message.len() as u64, &mut out);
        out.extend(crc32c(message).to_be_bytes());
        out.extend(message);
        out
    }

    #[test]
    fn the_checksum_is_castagnolis() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b""), 0);
    }

    #[test]
    fn frames_are_whole_or_wait_or_are_broken() {
        let message = [7_u8; 300];
        let bytes = framed(&message);
        assert_eq!(frame(&bytes), Frame::Whole(&message, bytes.len()));
        for cut in 0..bytes.len() {
            assert_eq!(frame(&bytes[..cut]), Frame::Part, "{cut}");
        }
        let mut wrong = bytes.clone();
        wrong[100] ^= 1;
        assert_eq!(frame(&wrong), Frame::Broken("a frame with a wrong checksum"));
        assert_eq!(frame(&[0xff; 20]), Frame::Broken("a frame with no length"));
        assert_eq!(frame(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]), Frame::Broken("a frame that is too long"));
        assert_eq!(frame(b""), Frame::Part);
    }
}
