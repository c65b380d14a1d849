//! Pages: what leaves under a promise, and the rules of its delivery.

pub mod commit;
pub mod dispatch;

pub use commit::Commit;
pub use dispatch::{Dispatch, DispatchId, DispatchKind, DispatchState, NewDispatch, PageContent, SendOutcome, Settlement};
