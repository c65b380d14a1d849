//! The rulebook: everything that decides verdicts, immutable and hashed; it is swapped whole.

use super::{Business, Slo};
use crate::domain::base::{Problem, Span, Text};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a service beside its SLOs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceInfo {
    /// Who is paged.
    pub owner: Option<Text>,
    /// Where the runbook is.
    pub runbook: Option<Text>,
    /// Services it needs.
    pub depends_on: Vec<Text>,
    /// Free labels.
    pub labels: BTreeMap<Text, Text>,
}

/// Times that steer evaluation and incidents (SEMANTICS 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Distance of evaluations and width of slices.
    pub step: Span,
    /// How far behind now evaluations look.
    pub settle: Span,
    /// How long a lower severity must last before an incident falls to it.
    pub clear: Span,
    /// From impact end to automatic resolution.
    pub resolve_after: Span,
    /// Window after resolution in which the same incident reopens.
    pub reopen: Span,
    /// Missing data before it gets a page of its own.
    pub no_data_page: Span,
    /// Unacknowledged time before the next level is paged.
    pub escalate_after: Span,
    /// Distance of repeated pages while nobody acknowledges.
    pub repeat: Span,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            step: Span::from_secs(15),
            settle: Span::from_secs(15),
            clear: Span::from_mins(5),
            resolve_after: Span::from_mins(15),
            reopen: Span::from_mins(30),
            no_data_page: Span::from_mins(10),
            escalate_after: Span::from_mins(5),
            repeat: Span::from_mins(30),
        }
    }
}

/// All rules in force.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// SLOs sorted by id.
    pub slos: Vec<Arc<Slo>>,
    /// Services by name.
    pub services: BTreeMap<Text, ServiceInfo>,
    /// The business file, when there is one.
    pub business: Option<Arc<Business>>,
    /// Times.
    pub timing: Timing,
    /// What is wrong with the files; SLOs with errors are left out of `slos`.
    pub problems: Vec<Problem>,
    /// SHA-256 of the files' bytes, hex; named by every opening entry.
    pub hash: Text,
}

impl Rulebook {
    /// Changes with the files, and with which SLIs the server adds up.
    pub fn stamp(&self) -> Text {
        let mut stamp = self.hash.to_string();
        for slo in self.slos.iter().filter(|slo| slo.plan.pushed_down().is_some()) {
            stamp.push_str("; ");
            stamp.push_str(slo.id.as_str());
        }
        stamp.into()
    }

    /// The information about a service; empty when no file names it.
    pub fn service(&self, name: &str) -> ServiceInfo {
        self.services.get(name).cloned().unwrap_or_default()
    }

    /// The team that owns a service, where a file says so.
    pub fn owner(&self, service: &str) -> Option<&Text> {
        self.services.get(service)?.owner.as_ref()
    }
}
