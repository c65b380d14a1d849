//! Reports of an incident and of a period, in Markdown, HTML, JSON and CSV, in English or Chinese.
//!
//! Facts are filled in; judgement is left to people in marked regions, which survive when a report is made again
//! ([`regions::keep`]). Everything that came from outside is escaped. Unknown is said as unknown.

pub mod regions;
mod burn;
mod cost_csv;
mod doc;
mod html;
mod md;
mod period;
mod postmortem;
mod report_csv;
mod sections;
mod stats_csv;

pub use cost_csv::cost_csv;
pub use html::of as html_of;
pub use stats_csv::stats_csv;

use crate::domain::base::Language;
use crate::domain::review::{PeriodFacts, PostmortemFacts};
use crate::wire::report::{PeriodJson, ReportJson};
use crate::words::{Zone, timeline};

/// What is reported on.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// One incident.
    Incident(&'a PostmortemFacts),
    /// All incidents of a period.
    Period(&'a PeriodFacts),
}

impl Subject<'_> {
    fn document(self, zone: Zone, language: Language) -> doc::Doc {
        match self {
            Self::Incident(facts) => postmortem::document(facts, zone, language),
            Self::Period(facts) => period::document(facts, language),
        }
    }

    /// The name that a report carries, so that no other one is written over it: `INC-0001`, or the period.
    pub fn name(self) -> String {
        match self {
            Self::Incident(facts) => facts.incident.id.to_string(),
            Self::Period(facts) => {
                let asked = &facts.stats.asked;
                format!("{} {}", asked.from.rfc3339(), asked.to.rfc3339())
            }
        }
    }
}

/// The report as Markdown. Instants are told in UTC and, where it differs, in `zone`.
pub fn markdown(subject: Subject<'_>, zone: Zone, language: Language) -> String {
    md::render(&subject.document(zone, language))
}

/// The report as one HTML file; `draft` is a Markdown report that people wrote in.
///
/// # Errors
/// The draft has broken regions, or none.
pub fn html(subject: Subject<'_>, zone: Zone, language: Language, draft: Option<&str>) -> Result<String, regions::RegionError> {
    let words = draft.map(|text| regions::words(text, &subject.name())).transpose()?.unwrap_or_default();
    Ok(html::render(&subject.document(zone, language), &words))
}

/// The report for programs: one JSON object, indented.
///
/// # Errors
/// Never for values this program made; serde's error otherwise.
pub fn json(subject: Subject<'_>) -> serde_json::Result<String> {
    match subject {
        Subject::Incident(facts) => {
            serde_json::to_string_pretty(&ReportJson::new(facts, &|entry| timeline::sentence(entry, Zone::Utc)))
        }
        Subject::Period(facts) => serde_json::to_string_pretty(&PeriodJson::new(facts)),
    }
}

/// The report for a spreadsheet.
pub fn csv(subject: Subject<'_>) -> String {
    match subject {
        Subject::Incident(facts) => report_csv::incident(facts),
        Subject::Period(facts) => report_csv::period(facts),
    }
}

#[cfg(test)]
mod tests;
