//! Exit codes: one table for behaviour, help and docs.

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Fine.
    Fine,
    /// The answer is no: an invalid file, a gate shut, an objective missed where asked.
    No,
    /// Usage or configuration.
    Usage,
    /// A source or receiver could not be reached.
    Unreachable,
    /// The ledger could not be read or written.
    Ledger,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// Every code with its meaning, for `--help` and the README.
    pub const TABLE: [(Self, &'static str); 6] = [
        (Self::Fine, "fine"),
        (Self::No, "the answer is no (invalid file, gate shut, objective missed where asked)"),
        (Self::Usage, "usage or configuration"),
        (Self::Unreachable, "a source or receiver could not be reached"),
        (Self::Ledger, "the ledger could not be read or written"),
        (Self::Interrupted, "interrupted"),
    ];

    /// The process' exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Ledger => 4,
            Self::Interrupted => 130,
        }
    }
}
