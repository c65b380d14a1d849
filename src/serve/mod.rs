//! The HTTP side of watch: health and metrics.
