//! Arguments of `incidents`.

use crate::cli::times;
use crate::domain::base::{IncidentId, Ms, Severity, SloId, Text};
use crate::domain::cost::Effort;
use crate::domain::incident::{Act, Correction, Declaration, Evidence, Moment, Note};
use crate::domain::view::Command;
use crate::formats::records::Columns;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Arguments of `incidents`.
#[derive(Clone, Debug, Args)]
pub struct IncidentsArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: IncidentsAction,
}

/// What `incidents` does.
#[derive(Clone, Debug, Subcommand)]
pub enum IncidentsAction {
    /// The newest incidents, newest first
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// One incident: state, clocks, impact, pages and timeline
    Show {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// Ask no source: impact and cost of an incident that is open are not counted
        #[arg(long)]
        offline: bool,
    },
    /// Take an incident: repeats and escalation stop
    Ack {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// Who takes it
        #[command(flatten)]
        by: By,
    },
    /// Say that users are served again, before samples show it
    Mitigate {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
        /// Since when: RFC 3339, or a duration back from now [default: now]
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
    },
    /// Say that it is over
    Resolve {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
        /// When it ended: RFC 3339, or a duration back from now [default: now]
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
        /// Class of the root cause, one of `root_causes` in the configuration
        #[arg(long, value_name = "CLASS")]
        cause: Option<String>,
        /// How many people worked on it and for how long
        #[command(flatten)]
        effort: EffortArgs,
    },
    /// Say that it is not over after all; the number stays
    Reopen {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
        /// Since when it is bad again: RFC 3339, or a duration back from now [default: now]
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
    },
    /// Say that nothing more will happen: the postmortem is done
    Close {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
    },
    /// Add words to its timeline
    Note {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// The words
        #[arg(required = true, num_args = 1.., value_name = "TEXT")]
        text: Vec<String>,
        /// To be done afterwards: stands among the action items of the postmortem
        #[arg(long)]
        action_item: bool,
        /// Customers may read it
        #[arg(long)]
        customer_visible: bool,
        /// Who writes
        #[command(flatten)]
        by: By,
    },
    /// Attach a link or words: a trace, profile, dashboard, log, deploy, change, ticket
    Evidence {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// What it is
        #[arg(long, default_value = "other", value_parser = Evidence::KINDS, value_name = "KIND")]
        kind: String,
        /// Where it is: http or https
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// When what it shows happened: RFC 3339, or a duration back from now [default: now]
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
        /// In words
        #[arg(num_args = 0.., value_name = "TEXT")]
        text: Vec<String>,
        /// Who attaches it
        #[command(flatten)]
        by: By,
    },
    /// Correct times, severity and figures, or set tags; the old values stay in the ledger
    Edit(Box<EditArgs>),
    /// Open an incident that no rule has seen yet
    Declare(Box<DeclareArgs>),
    /// Make one incident of two; the older one goes on
    Merge {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
        /// The other one
        #[arg(value_parser = number)]
        with: IncidentId,
    },
    /// All entries of incidents as JSON lines, for another ledger or program
    Export {
        /// Their numbers [default: all]
        #[arg(value_parser = number)]
        ids: Vec<IncidentId>,
        /// Write into this new file instead of stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Record incidents of an export, or of other tools (CSV or JSON), checking their times
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What the columns of another tool's file are called, where they differ from ours: resolved=closed_at,...
        #[arg(long, value_name = "NAME=COLUMN,...", value_parser = Columns::parse)]
        columns: Option<Columns>,
        /// Who records them
        #[command(flatten)]
        by: By,
    },
    /// Take services out into an incident of their own
    Split {
        /// Which, why, and who says so
        #[command(flatten)]
        told: Told,
        /// A service that leaves; may be repeated
        #[arg(long = "service", required = true, value_name = "SERVICE")]
        services: Vec<String>,
    },
}

/// Which incident, why, and who says so.
#[derive(Clone, Debug, Args)]
pub struct Told {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number)]
    pub id: IncidentId,
    /// Why, for the timeline
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub reason: String,
    /// Who says so
    #[command(flatten)]
    pub by: By,
}

/// How many people worked on an incident and for how long.
#[derive(Clone, Debug, Default, Args)]
pub struct EffortArgs {
    /// How many people worked on it, for the cost; with --hours it stands for what the timeline tells of them
    #[arg(long, value_name = "N", requires = "hours")]
    responders: Option<String>,
    /// Hours that each of them worked on it, reviews included: 0.5
    #[arg(long, value_name = "H", requires = "responders")]
    hours: Option<String>,
}

impl EffortArgs {
    fn effort(&self) -> Result<Option<Correction>, Misuse> {
        let Some((people, hours)) = self.responders.as_ref().zip(self.hours.as_ref()) else { return Ok(None) };
        let effort = Effort::typed(people, hours).map_err(|why| (why.to_owned(), Some("--responders 5 --hours 0.5".to_owned())));
        effort.map(|effort| Some(Correction::Effort(effort)))
    }
}

/// Arguments of `incidents edit`. Times are RFC 3339, a duration back from now, or `unknown`.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("what").multiple(true).required(true).args([
    "impact_start", "detected", "acknowledged", "mitigated", "impact_end", "resolved", "severity", "bad", "total", "drill",
    "no_drill", "root_cause", "responders",
]))]
pub struct EditArgs {
    #[command(flatten)]
    told: Told,
    /// When users began to be hurt
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    impact_start: Option<String>,
    /// When it was found
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    detected: Option<String>,
    /// When a person first took it
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    acknowledged: Option<String>,
    /// When users were served again
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    mitigated: Option<String>,
    /// When the last bad minute ended
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    impact_end: Option<String>,
    /// When it ended
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    resolved: Option<String>,
    /// How bad it is; stands against rules that are no worse than the one it overrules
    #[arg(long, value_parser = severity, value_name = "P0|P1|P2")]
    severity: Option<Severity>,
    /// Bad events within the impact
    #[arg(long, value_name = "N")]
    bad: Option<u64>,
    /// All events within the impact
    #[arg(long, value_name = "N")]
    total: Option<u64>,
    /// It was practised: left out of cost and statistics
    #[arg(long, conflicts_with = "no_drill")]
    drill: bool,
    /// It was real
    #[arg(long)]
    no_drill: bool,
    /// Class of the root cause, one of `root_causes` in the configuration
    #[arg(long, value_name = "CLASS")]
    root_cause: Option<String>,
    #[command(flatten)]
    effort: EffortArgs,
}

/// Arguments of `incidents declare`.
#[derive(Clone, Debug, Args)]
pub struct DeclareArgs {
    /// The service in trouble
    service: String,
    /// What is seen
    #[arg(required = true, num_args = 1.., value_name = "TEXT")]
    title: Vec<String>,
    /// How bad it is
    #[arg(long, value_parser = severity, value_name = "P0|P1|P2")]
    severity: Severity,
    /// An objective of the service that shows it [default: all of the service's]; may be repeated
    #[arg(long = "slo", value_name = "SERVICE/NAME")]
    slos: Vec<String>,
    /// Since when: RFC 3339, or a duration back from now [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Practised, not real: left out of cost and statistics
    #[arg(long)]
    drill: bool,
    /// Who declares it
    #[command(flatten)]
    by: By,
}

/// Who gives an order.
#[derive(Clone, Debug, Default, Args)]
pub struct By {
    /// Your name, as the timeline shows it [default: $USER]
    #[arg(long, env = "BURNLEDGER_BY", value_name = "NAME")]
    pub by: Option<String>,
}

impl By {
    /// The name as it was given; empty when nobody gave one.
    pub fn name(&self) -> Text {
        self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_default().into()
    }
}

/// What is known beside the ledger: objectives of the rules in force and the team's list of root causes.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Objectives with their services.
    pub slos: Vec<(Text, SloId)>,
    /// Hash of the rules; empty when none were read.
    pub rulebook: Text,
    /// Classes of root causes; empty: any.
    pub root_causes: Vec<Text>,
}

pub(in crate::cli) fn number(text: &str) -> Result<IncidentId, String> {
    IncidentId::parse(text).ok_or_else(|| "incidents are numbered: 17 or INC-0017".into())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(&text.to_uppercase()).ok_or_else(|| "severities are P0, P1 and P2".into())
}

/// Why arguments cannot be used, and what to try.
pub(super) type Misuse = (String, Option<String>);

fn time(name: &str, text: &str, now: Ms) -> Result<Ms, Misuse> {
    let hint = || Some("write 2026-03-02T03:04:00Z, or 10m for ten minutes ago".to_owned());
    times::parse(text, now).map_err(|why| (format!("--{name}: {why}"), hint()))
}

fn optional(name: &str, text: Option<&str>, now: Ms) -> Result<Option<Ms>, Misuse> {
    text.map(|text| time(name, text, now)).transpose()
}

/// The order that an action gives; `None` for actions that only look.
pub(super) fn command(action: &IncidentsAction, beside: &Beside, now: Ms) -> Result<Option<Command>, Misuse> {
    let act = |told: &Told, act| Command::Act { incident: told.id, by: told.by.name(), act };
    let at = |text: &Option<String>| optional("at", text.as_deref(), now);
    Ok(Some(match action {
        IncidentsAction::List { .. }
        | IncidentsAction::Show { .. }
        | IncidentsAction::Export { .. }
        | IncidentsAction::Import { .. } => return Ok(None),
        IncidentsAction::Ack { id, by } => Command::Acknowledge { incident: *id, by: by.name() },
        IncidentsAction::Note { id, text, action_item, customer_visible, by } => {
            let (action_item, customer_visible) = (*action_item, *customer_visible);
            let note = Note { text: text.join(" ").into(), action_item, customer_visible };
            Command::Note { incident: *id, by: by.name(), note }
        }
        IncidentsAction::Resolve { told, at: when, cause, effort } => {
            let cause = cause.as_deref().map(|class| root_cause(class, &beside.root_causes)).transpose()?;
            let findings = cause.map(Correction::RootCause).into_iter().chain(effort.effort()?).collect();
            let reason = told.reason.as_str().into();
            Command::Resolve { incident: told.id, by: told.by.name(), reason, at: at(when)?, findings }
        }
        IncidentsAction::Mitigate { told, at: when } => {
            act(told, Act::Mitigate { reason: told.reason.as_str().into(), at: at(when)? })
        }
        IncidentsAction::Reopen { told, at: when } => {
            act(told, Act::Reopen { reason: told.reason.as_str().into(), at: at(when)? })
        }
        IncidentsAction::Close { told } => act(told, Act::Close { reason: told.reason.as_str().into() }),
        IncidentsAction::Evidence { id, kind, url, at: when, text, by } => {
            let evidence =
                Evidence { kind: kind.as_str().into(), text: text.join(" ").into(), url: url.as_deref().map(Text::from) };
            Command::Act { incident: *id, by: by.name(), act: Act::Attach { evidence, at: at(when)? } }
        }
        IncidentsAction::Edit(args) => {
            let changes = args.changes(beside, now)?;
            act(&args.told, Act::Correct { changes, reason: args.told.reason.as_str().into() })
        }
        IncidentsAction::Declare(args) => Command::Declare { by: args.by.name(), what: args.declaration(beside, now)? },
        IncidentsAction::Merge { told, with } => {
            Command::Merge { incident: told.id, with: *with, by: told.by.name(), reason: told.reason.as_str().into() }
        }
        IncidentsAction::Split { told, services } => Command::Split {
            incident: told.id,
            services: services.iter().map(|s| s.as_str().into()).collect(),
            by: told.by.name(),
            reason: told.reason.as_str().into(),
        },
    }))
}

impl EditArgs {
    fn changes(&self, beside: &Beside, now: Ms) -> Result<Vec<Correction>, Misuse> {
        let times = [
            (Moment::ImpactStart, &self.impact_start),
            (Moment::Detected, &self.detected),
            (Moment::Acknowledged, &self.acknowledged),
            (Moment::Mitigated, &self.mitigated),
            (Moment::ImpactEnd, &self.impact_end),
            (Moment::Resolved, &self.resolved),
        ];
        let mut changes = Vec::new();
        for (moment, text) in times.iter().filter_map(|(moment, text)| Some((*moment, text.as_deref()?))) {
            let name = moment.name().replace('_', "-");
            let at = if text == "unknown" { None } else { Some(time(&name, text, now)?) };
            changes.push(Correction::Moment(moment, at));
        }
        changes.extend(self.severity.map(Correction::Severity));
        changes.extend(self.total.map(Correction::Total));
        changes.extend(self.bad.map(Correction::Bad));
        changes.extend((self.drill || self.no_drill).then_some(Correction::Drill(self.drill)));
        if let Some(class) = &self.root_cause {
            changes.push(Correction::RootCause(root_cause(class, &beside.root_causes)?));
        }
        changes.extend(self.effort.effort()?);
        Ok(changes)
    }
}

/// The class as the list writes it.
fn root_cause(text: &str, known: &[Text]) -> Result<Text, Misuse> {
    let found = known.iter().find(|class| class.eq_ignore_ascii_case(text.trim()));
    if known.is_empty() {
        return Ok(text.into());
    }
    found.cloned().ok_or_else(|| {
        let hint = format!("it is one of: {}; `root_causes` in the configuration holds the list", known.join(", "));
        (format!("`{}` is no class of root causes", crate::words::escape::terminal(text)), Some(hint))
    })
}

impl DeclareArgs {
    fn declaration(&self, beside: &Beside, now: Ms) -> Result<Declaration, Misuse> {
        let own = beside.slos.iter().filter(|(service, _)| **service == *self.service).map(|(_, id)| id.clone());
        let named = self.slos.iter().map(|text| {
            let found = beside.slos.iter().find(|(service, id)| id.as_str() == text && **service == *self.service);
            found.map(|(_, id)| id.clone()).ok_or_else(|| {
                let known: Vec<&str> = beside.slos.iter().map(|(_, id)| id.as_str()).collect();
                let hint =
                    if known.is_empty() { "no SLO file was read".into() } else { format!("there are {}", known.join(", ")) };
                (format!("{} has no objective `{}`", self.service, crate::words::escape::terminal(text)), Some(hint))
            })
        });
        let slos = if self.slos.is_empty() { own.collect() } else { named.collect::<Result<_, _>>()? };
        Ok(Declaration {
            service: self.service.as_str().into(),
            slos,
            severity: self.severity,
            title: self.title.join(" ").into(),
            since: optional("since", self.since.as_deref(), now)?,
            drill: self.drill,
            rulebook: beside.rulebook.clone(),
        })
    }
}
