//! Receivers of pages, one file each: Alertmanager, PagerDuty, Opsgenie, chat systems, e-mail, a generic webhook, a command, and
//! the terminal.
//!
//! A notifier sends one page and says what the answer means in the receiver's own terms. Deliberately absent: retries, waits
//! and order (`engine/courier`), and who is paged (`domain/paging`).

mod address;
pub mod alertmanager;
mod answer;
pub mod dingtalk;
pub mod email;
pub mod exec;
pub mod feishu;
pub mod ntfy;
pub mod opsgenie;
pub mod pagerduty;
pub mod provider;
pub mod response;
mod sign;
pub mod slack;
pub mod terminal;
pub mod webhook;
pub mod wecom;

pub use alertmanager::{Alertmanager, AlertmanagerSettings};
pub use dingtalk::DingTalk;
pub use email::{Email, EmailSettings, MailTls};
pub use exec::{Exec, ExecSettings};
pub use feishu::Feishu;
pub use ntfy::Ntfy;
pub use opsgenie::Opsgenie;
pub use pagerduty::PagerDuty;
pub use provider::{Basics, Service};
pub use response::Response;
pub use slack::Slack;
pub use terminal::Terminal;
pub use webhook::{Template, Webhook, WebhookSettings};
pub use wecom::WeCom;
