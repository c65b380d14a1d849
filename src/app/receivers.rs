//! Receivers made from the configuration.

use super::setup::{Setup, SetupError};
use crate::config::ReceiverSettings;
use crate::domain::base::Text;
use crate::engine::courier::Roster;
use crate::kit::http::HttpError;
use crate::notify::{Alertmanager, AlertmanagerSettings, Terminal, Webhook, WebhookSettings};
use crate::ports::Notifier;
use crate::words::Zone;
use std::sync::Arc;

/// Every configured receiver; without any, pages go to standard error.
///
/// # Errors
/// TLS cannot be set up on this machine.
pub fn receivers(setup: &Setup) -> Result<Vec<Arc<dyn Notifier>>, SetupError> {
    let made: Result<Vec<_>, HttpError> = setup.config.receivers.iter().map(|(name, how)| make(name, how)).collect();
    made.map_err(|error| SetupError::Other { what: error.to_string(), hint: None })
}

/// Receivers and routes. Nobody configured means everybody on standard error, so that no page is lost in silence.
///
/// # Errors
/// See [`receivers`].
pub fn roster(setup: &Setup) -> Result<Roster, SetupError> {
    Ok(Roster::new(receivers(setup)?, setup.config.routes.clone()))
}

fn make(name: &Text, how: &ReceiverSettings) -> Result<Arc<dyn Notifier>, HttpError> {
    Ok(match how {
        ReceiverSettings::Alertmanager { urls, http, severity_label, labels, resend } => {
            let settings = AlertmanagerSettings {
                http: http.clone(),
                severity_label: *severity_label,
                labels: labels.clone(),
                resend: *resend,
                zone: Zone::Local,
                ..AlertmanagerSettings::new(name.clone(), urls.clone())
            };
            Arc::new(Alertmanager::new(settings)?)
        }
        ReceiverSettings::Webhook { url, http } => {
            let settings =
                WebhookSettings { http: http.clone(), zone: Zone::Local, ..WebhookSettings::new(name.clone(), url.clone()) };
            Arc::new(Webhook::new(settings)?)
        }
        ReceiverSettings::Stderr => Arc::new(Terminal::new(name.clone(), Zone::Local, std::io::stderr())),
    })
}
