//! Pictures in numbers: scales, pooling, sparklines, bars and braille lines made of characters, SVG made from a grid of
//! cells (also several that play), and SVG plots for pages.
//!
//! Deliberately absent: terminals, colours' meaning, and where values come from.

pub mod amounts;
pub mod bar;
pub mod line;
pub mod panel;
pub mod plot;
pub mod pool;
pub mod reel;
pub mod scale;
pub mod shapes;
pub mod spark;
pub mod svg;

pub use pool::pool_max;
pub use scale::Scale;

/// Which characters may be used. East Asian terminals may draw `Unicode`'s blocks and lines two columns wide; `Narrow` has
/// only characters whose width nobody disputes; `Ascii` has no byte above 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Blocks, braille and box lines.
    #[default]
    Unicode,
    /// Braille and ASCII.
    Narrow,
    /// ASCII.
    Ascii,
}
