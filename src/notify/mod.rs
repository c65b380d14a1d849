//! Receivers of pages, one file each: Alertmanager, a generic webhook, and the terminal.
//!
//! A notifier sends one page and says what the answer means in the receiver's own terms. Deliberately absent: retries, waits
//! and order (`engine/courier`), and who is paged (`domain/paging`).

pub mod alertmanager;
mod answer;
pub mod terminal;
pub mod webhook;

pub use alertmanager::{Alertmanager, AlertmanagerSettings};
pub use terminal::Terminal;
pub use webhook::{Webhook, WebhookSettings};
