//! Alertmanager as a receiver: `POST /api/v2/alerts` to every instance, one alert a request.
//!
//! - **Identity.** An alert is its label set. What can change while an incident lives (severity, the SLOs that are bad, reasons)
//!   stands in annotations, so that one incident stays one alert from its first page to its end, with the start of the impact as
//!   `startsAt`. The price: Alertmanager pages anew only when labels change, so a rise of severity is not announced before its
//!   `repeat_interval`. Where its routing tree needs the severity, or a rise must page, `severity_label: true` makes severity a
//!   label; the alert of the former severity is then ended in the same breath, so that never two are listed as firing. Routing by
//!   severity without it: two receivers here with different `labels`, chosen by burnledger's own routes.
//! - **It forgets.** An alert ends at its `endsAt` unless it is sent again, and a killed Alertmanager forgets all. The courier asks
//!   for a reminder every minute ([`Notifier::keep_alive_every`]); resolved alerts are sent for five minutes more.
//! - **One alert a request**, because a 400 for a list does not say which ones were accepted.
//! - **A message about what is over** (it ended before it could be delivered) is sent as firing for a few minutes: an alert that
//!   arrives resolved is dropped without a word.
//!
//! Deliberately absent: silences, which are Alertmanager's own matter.

mod alert;

use super::answer;
use crate::domain::base::{Language, Now, Span, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::http::{Address, Http, HttpBody, HttpError, HttpRequest, HttpSettings};
use crate::ports::{Job, Notifier};
use crate::words::Zone;
use alert::Alert;
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// What the receiver is made from.
#[derive(Clone, Debug)]
pub struct AlertmanagerSettings {
    /// Its name in the configuration.
    pub name: Text,
    /// Every instance of the cluster; never a balancer in front of them.
    pub instances: Vec<Address>,
    /// Time-outs (5 s to connect, 10 s in all) and credentials.
    pub http: HttpSettings,
    /// Whether severity is a label; see above for what it costs either way.
    pub severity_label: bool,
    /// Further labels of every alert, for Alertmanager's routing tree.
    pub labels: BTreeMap<Text, Text>,
    /// Distance of reminders while an incident lives.
    pub resend: Span,
    /// Zone of the times in its text.
    pub zone: Zone,
    /// Language of its text.
    pub language: Language,
}

impl AlertmanagerSettings {
    /// The defaults: one incident is one alert, reminded every minute.
    pub fn new(name: impl Into<Text>, instances: Vec<Address>) -> Self {
        Self {
            name: name.into(),
            instances,
            http: HttpSettings::default(),
            severity_label: false,
            labels: BTreeMap::new(),
            resend: Span::from_mins(1),
            zone: Zone::Utc,
            language: Language::En,
        }
    }
}

/// The receiver.
#[derive(Debug)]
pub struct Alertmanager {
    settings: AlertmanagerSettings,
    http: Http,
}

impl Alertmanager {
    /// A receiver with these settings.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(settings: AlertmanagerSettings) -> Result<Self, HttpError> {
        let http = Http::new(settings.http.clone())?;
        Ok(Self { settings, http })
    }

    async fn send(&self, dispatch: &Dispatch, now: Now) -> SendOutcome {
        let outcome = self.post(&alert::alert(&self.settings, dispatch, now.wall), now).await;
        if self.settings.severity_label && matches!(outcome, SendOutcome::Delivered { .. }) && dispatch.kind.is_page() {
            // What fails here is repeated with the next page, and ends by itself at its `endsAt`.
            for other in alert::other_severities(&self.settings, dispatch, now.wall) {
                self.post(&other, now).await;
            }
        }
        outcome
    }

    /// To every instance at once. Delivered when at least one accepts; those that did not are named and get it at the next reminder.
    async fn post(&self, alert: &Alert, now: Now) -> SendOutcome {
        let data = match serde_json::to_vec(&[alert]) {
            Ok(data) => data,
            Err(error) => return SendOutcome::Permanent { why: format!("the alert has no JSON form: {error}").into() },
        };
        let answers = join_all(self.settings.instances.iter().map(|instance| {
            let body = HttpBody::Bytes { content_type: "application/json", data: data.clone() };
            let request = HttpRequest::post(instance.join("api/v2/alerts"), body);
            async move { (instance.shown(), answer::outcome(self.http.send(request).await, &[], now.wall).await) }
        }));
        sum_up(&answers.await)
    }
}

impl Notifier for Alertmanager {
    fn name(&self) -> Text {
        self.settings.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.send(dispatch, now))
    }

    fn limit(&self) -> Limit {
        Limit::per_minute(600)
    }

    fn keep_alive_every(&self) -> Option<Span> {
        Some(self.settings.resend)
    }

    fn keep_alive<'a>(&'a self, last: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(async move {
            let outcome = self.post(&alert::alert(&self.settings, last, now.wall), now).await;
            all_or_why(outcome)
        })
    }
}

/// One outcome from those of all instances.
fn sum_up(answers: &[(String, SendOutcome)]) -> SendOutcome {
    let accepted = answers.iter().filter(|(_, o)| matches!(o, SendOutcome::Delivered { .. })).count();
    let failed: Vec<String> = answers.iter().filter_map(|(name, o)| failure(o).map(|why| format!("{name}: {why}"))).collect();
    if accepted > 0 {
        let missing = if failed.is_empty() { String::new() } else { format!("; {}", failed.join("; ")) };
        return SendOutcome::Delivered { detail: format!("accepted by {accepted} of {}{missing}", answers.len()).into() };
    }
    let why: Text = if failed.is_empty() { "no instance is configured".into() } else { failed.join("; ").into() };
    let waits = answers.iter().filter_map(|(_, o)| match o {
        SendOutcome::Retry { after, .. } => Some(*after),
        _ => None,
    });
    match waits.min_by_key(|after| after.unwrap_or(Span::ZERO)) {
        Some(after) => SendOutcome::Retry { after, why },
        None => SendOutcome::Permanent { why },
    }
}

const fn failure(outcome: &SendOutcome) -> Option<&Text> {
    match outcome {
        SendOutcome::Delivered { .. } => None,
        SendOutcome::Retry { why, .. } | SendOutcome::Permanent { why } => Some(why),
    }
}

/// A reminder that one instance did not take is worth showing: it will lose the alert.
fn all_or_why(outcome: SendOutcome) -> SendOutcome {
    match outcome {
        SendOutcome::Delivered { detail } if detail.contains("; ") => SendOutcome::Retry { after: None, why: detail },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok() -> SendOutcome {
        SendOutcome::Delivered { detail: "HTTP 200".into() }
    }

    fn retry(secs: Option<i64>) -> SendOutcome {
        SendOutcome::Retry { after: secs.map(Span::from_secs), why: "HTTP 500".into() }
    }

    fn no() -> SendOutcome {
        SendOutcome::Permanent { why: "HTTP 400: bad".into() }
    }

    #[test]
    fn one_instance_that_accepts_is_enough_and_the_others_are_named() {
        let sum = |list: Vec<SendOutcome>| {
            sum_up(&list.into_iter().enumerate().map(|(i, o)| (format!("am{i}"), o)).collect::<Vec<_>>())
        };
        let detail = |text: &str| SendOutcome::Delivered { detail: text.into() };
        assert_eq!(sum(vec![ok(), ok()]), detail("accepted by 2 of 2"));
        assert_eq!(sum(vec![retry(None), ok()]), detail("accepted by 1 of 2; am0: HTTP 500"));
        let why = Text::from("am0: HTTP 400: bad; am1: HTTP 500");
        assert_eq!(sum(vec![no(), retry(Some(7))]), SendOutcome::Retry { after: Some(Span::from_secs(7)), why });
        assert_eq!(sum(vec![no()]), SendOutcome::Permanent { why: "am0: HTTP 400: bad".into() });
        assert_eq!(
            sum(vec![retry(Some(7)), retry(None)]),
            SendOutcome::Retry { after: None, why: "am0: HTTP 500; am1: HTTP 500".into() }
        );
        assert_eq!(sum(vec![]), SendOutcome::Permanent { why: "no instance is configured".into() });
    }
}
