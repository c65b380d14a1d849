//! Pages: what leaves under a promise, who gets it, and the rules of its delivery.

pub mod acknowledgement;
pub mod bucket;
pub mod commit;
pub mod delivery;
pub mod dispatch;
pub mod emergency;
pub mod plan;
pub mod response;
pub mod route;
pub mod silence;
pub mod standing;
pub mod test_page;
pub mod told;

pub use acknowledgement::Acknowledgement;
pub use bucket::{Bucket, Limit};
pub use commit::Commit;
pub use delivery::{Before, Manner, after_sending, backoff, before_sending, to_keep_alive};
pub use dispatch::{Dispatch, DispatchId, DispatchKind, DispatchState, NewDispatch, PageContent, SendOutcome, Settlement};
pub use emergency::{Emergencies, emergency_key};
pub use plan::{Audience, Occasion, next_page_at, plan_pages};
pub use response::ResponseRule;
pub use route::{Route, Routes, Whom};
pub use silence::{PlannedSilence, Recurring, SilenceTime};
pub use standing::Standing;
pub use test_page::test_page;
pub use told::{Told, ToldPage};
