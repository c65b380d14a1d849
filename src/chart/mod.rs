//! Pictures in numbers: scales, pooling, and SVG made from them.
