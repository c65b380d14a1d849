//! Pixels as a PNG file (the W3C's "Portable Network Graphics", third edition): eight bits of red, green and blue, each row as
//! its difference from the one above, which packs screens well. Deliberately absent: transparency, palettes, text chunks.

use super::canvas::Canvas;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Write};

/// Says that a row is its difference from the one above.
const UP: u8 = 2;

/// The file.
pub(super) fn png(canvas: &Canvas) -> io::Result<Vec<u8>> {
    let side = |n: usize| u32::try_from(n).map_err(io::Error::other);
    let mut head = Vec::new();
    head.extend(side(canvas.width)?.to_be_bytes());
    head.extend(side(canvas.height)?.to_be_bytes());
    // Eight bits a colour, colours as they are, the one way of packing and filtering there is, rows in order.
    head.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, *b"IHDR", &head)?;
    chunk(&mut out, *b"IDAT", &packed(canvas)?)?;
    chunk(&mut out, *b"IEND", &[])?;
    Ok(out)
}

fn packed(canvas: &Canvas) -> io::Result<Vec<u8>> {
    let length = canvas.width * 3;
    let mut zip = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above = vec![0; length];
    for row in canvas.bytes.chunks(length.max(1)) {
        let difference: Vec<u8> = row.iter().zip(&above).map(|(here, up)| here.wrapping_sub(*up)).collect();
        zip.write_all(&[UP])?;
        zip.write_all(&difference)?;
        above.copy_from_slice(row);
    }
    zip.finish()
}

/// Length, name, content, and the sum over the last two.
fn chunk(out: &mut Vec<u8>, name: [u8; 4], content: &[u8]) -> io::Result<()> {
    let mut sum = Crc::new();
    sum.update(&name);
    sum.update(content);
    out.extend(u32::try_from(content.len()).map_err(io::Error::other)?.to_be_bytes());
    out.extend(name);
    out.extend(content);
    out.extend(sum.sum().to_be_bytes());
    Ok(())
}
