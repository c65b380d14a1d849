//! Verbs: arguments and printing only, one file per verb.
//!
//! A verb is `pub async fn run(args: &XArgs, common: &Common, out: &mut Out) -> Exit` (or without `async`).

pub mod check;
pub mod common;
pub mod exit;
pub mod incidents;
pub mod out;
pub mod page;
pub mod times;

pub use common::{Common, Format};
pub use exit::Exit;
pub use out::Out;
