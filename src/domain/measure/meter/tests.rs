//! Tests of the meter.
