//! Receivers made from the configuration.

use super::setup::{Setup, SetupError};
use crate::config::{CommandSettings, MailEncryption, MailSettings, ReceiverSettings, ResponseSettings, ServiceSettings, Way};
use crate::domain::base::Text;
use crate::engine::courier::Roster;
use crate::kit::http::{Address, HttpError};
use crate::notify::{
    Alertmanager, AlertmanagerSettings, Basics, DingTalk, Email, EmailSettings, Exec, ExecSettings, Feishu, MailTls, Ntfy,
    Opsgenie, PagerDuty, Response, Service, Slack, Template, Terminal, WeCom, Webhook, WebhookSettings,
};
use crate::ports::Notifier;
use crate::words::Zone;
use std::path::Path;
use std::sync::Arc;

/// Every configured receiver; without any, pages go to standard error.
///
/// # Errors
/// A receiver cannot be made: TLS cannot be set up, a template or a mail address is none.
pub fn receivers(setup: &Setup) -> Result<Vec<Arc<dyn Notifier>>, SetupError> {
    let folder = setup.config.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let make = |(name, how): (&Text, &ReceiverSettings)| {
        let basics = Basics {
            http: how.http.clone(),
            limit: how.limit,
            zone: Zone::Local,
            language: how.language.unwrap_or(setup.config.language),
            ..Basics::new(name.clone())
        };
        make(basics, &how.way, folder).map_err(|why| SetupError::Other {
            what: format!("the receiver `{name}` cannot be used: {why}"),
            hint: Some("mend it under `receivers:` in the configuration".into()),
        })
    };
    setup.config.receivers.iter().map(make).collect()
}

/// Receivers and routes. Nobody configured means everybody on standard error, so that no page is lost in silence.
///
/// # Errors
/// See [`receivers`].
pub fn roster(setup: &Setup) -> Result<Roster, SetupError> {
    let mut all = receivers(setup)?;
    all.extend(responses(setup)?);
    Ok(Roster::new(all, setup.config.routes.clone()))
}

/// What is run when an incident rises; each under the name of its rows.
fn responses(setup: &Setup) -> Result<Vec<Arc<dyn Notifier>>, SetupError> {
    let folder = setup.config.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let make = |response: &ResponseSettings| -> Result<Arc<dyn Notifier>, SetupError> {
        let name = response.rule.receiver();
        let (what, timeout) = match &response.runner.way {
            Way::Exec(command) => (format!("`{}`", command.command.first().map_or("", |t| &**t)), command.timeout),
            _ => ("its webhook".to_owned(), response.runner.http.total),
        };
        let basics = Basics { http: response.runner.http.clone(), zone: Zone::Local, ..Basics::new(name.clone()) };
        let runner = make(basics, &response.runner.way, folder).map_err(|why| SetupError::Other {
            what: format!("the response `{}` cannot be used: {why}", response.rule.name),
            hint: Some("mend it under `responses:` in the configuration".into()),
        })?;
        Ok(Arc::new(Response::new(name, what.into(), runner, response.dry_run, timeout)))
    };
    setup.config.responses.iter().map(make).collect()
}

fn make(basics: Basics, way: &Way, folder: &Path) -> Result<Arc<dyn Notifier>, String> {
    let words = |error: HttpError| error.to_string();
    Ok(match way {
        Way::Alertmanager { urls, severity_label, labels, resend } => {
            let settings = AlertmanagerSettings {
                http: basics.http,
                severity_label: *severity_label,
                labels: labels.clone(),
                resend: *resend,
                zone: basics.zone,
                language: basics.language,
                ..AlertmanagerSettings::new(basics.name, urls.clone())
            };
            Arc::new(Alertmanager::new(settings).map_err(words)?)
        }
        Way::Webhook { url, template } => {
            let template = template.as_ref().map(|(text, kind)| Template::new(text, kind)).transpose();
            let defaults = WebhookSettings::new(basics.name, url.clone());
            let settings = WebhookSettings {
                http: basics.http,
                limit: basics.limit.unwrap_or(defaults.limit),
                zone: basics.zone,
                language: basics.language,
                template: template.map_err(|error| error.to_string())?,
                ..defaults
            };
            Arc::new(Webhook::new(settings).map_err(words)?)
        }
        Way::Service(service) => service_of(basics, service).map_err(words)?,
        Way::Email(mail) => Arc::new(Email::new(mail_settings(basics, mail))?),
        Way::Exec(command) => Arc::new(Exec::new(exec_settings(basics, command, folder))),
        Way::Stderr => Arc::new(Terminal::new(basics.name, basics.zone, std::io::stderr()).speaking(basics.language)),
    })
}

fn service_of(basics: Basics, service: &ServiceSettings) -> Result<Arc<dyn Notifier>, HttpError> {
    let at = |url: &Option<Address>, usual: &str| url.clone().map_or_else(|| Address::parse(usual), Ok);
    Ok(Arc::new(match service.clone() {
        ServiceSettings::PagerDuty { routing_key, url } => {
            Service::new(basics, PagerDuty { routing_key, address: at(&url, PagerDuty::URL)? })?
        }
        ServiceSettings::Opsgenie { api_key, url, teams, tags } => {
            Service::new(basics, Opsgenie { api_key, address: at(&url, Opsgenie::URL)?, teams, tags })?
        }
        ServiceSettings::Slack { url } => Service::new(basics, Slack { url })?,
        ServiceSettings::Feishu { url, secret, mention_all } => Service::new(basics, Feishu { url, secret, mention_all })?,
        ServiceSettings::DingTalk { url, secret, mobiles, mention_all } => {
            Service::new(basics, DingTalk { url, secret, mobiles, mention_all })?
        }
        ServiceSettings::WeCom { url, mention } => Service::new(basics, WeCom { url, mention })?,
        ServiceSettings::Ntfy { url, topic } => Service::new(basics, Ntfy { address: at(&url, Ntfy::URL)?, topic })?,
    }))
}

fn mail_settings(basics: Basics, mail: &MailSettings) -> EmailSettings {
    let tls = match mail.encryption {
        MailEncryption::StartTls => MailTls::StartTls,
        MailEncryption::Tls => MailTls::Tls,
        MailEncryption::Plain => MailTls::Plain,
    };
    EmailSettings {
        basics,
        host: mail.host.clone(),
        port: mail.port,
        tls,
        login: mail.login.clone(),
        from: mail.from.clone(),
        to: mail.to.clone(),
    }
}

/// A command as a receiver, and as what a response runs.
pub(super) fn exec_settings(basics: Basics, command: &CommandSettings, folder: &Path) -> ExecSettings {
    ExecSettings {
        basics,
        program: command.program(folder),
        args: command.args(),
        env: command.env.clone(),
        timeout: command.timeout,
    }
}
