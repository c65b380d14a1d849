//! Stored entries: every kind round trips, and what cannot be read is named.

use super::*;
