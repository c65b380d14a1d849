//! Pixels as a PNG file: eight bits of red, green and blue. Deliberately absent: transparency, palettes, text chunks.

use super::canvas::Canvas;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

/// The file.
pub(super) fn png(canvas: &Canvas) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::new();
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut file = Encoder::new(&mut out, side(canvas.width), side(canvas.height));
    file.set_color(ColorType::Rgb);
    file.set_depth(BitDepth::Eight);
    // Screens are even: what packs best takes no longer than anybody notices.
    file.set_compression(Compression::Balanced);
    let mut body = file.write_header()?;
    body.write_image_data(&canvas.bytes)?;
    body.finish()?;
    Ok(out)
}
