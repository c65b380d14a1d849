//! What people see, before it has a form: the snapshot every screen and answer is made from, and the orders people give.
//!
//! Deliberately absent: layout, words and JSON.

pub mod command;
pub mod dashboard;
pub mod film;
pub mod intake;
pub mod past;
pub mod snapshot;
pub mod what_if;

pub use command::{Answer, Command, Question, Refusal};
pub use dashboard::{Bound, Dashboard, Dashboards, Tile, TileKind, TileRow, Unit, Values, ValuesAsk, ValuesRow};
pub use film::{Film, FilmAsk, FilmMark};
pub use intake::InboundAlert;
pub use past::{Lookback, Past, PastOf, PastRow, TrackId};
pub use snapshot::{
    Attachment, CostTicker, IncidentView, LostLink, NextEvent, ReceiverHealth, RecentLine, Role, Signal, SloRow, Snapshot,
    SourceHealth, SourceState, Told,
};
pub use what_if::{Fired, WhatIf, WhatIfAsk, WhatIfTrack};
