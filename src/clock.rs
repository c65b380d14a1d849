//! The system's clocks behind the port.
