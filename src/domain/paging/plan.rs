//! Which pages a change of an incident causes, and which the mere passing of time does.
//!
//! Pure over what was told so far ([`Told`]), who is to be told ([`Routes`]) and the time. Planning the same change again from
//! the same rows gives the same numbers, so the outbox can refuse doubles. Deliberately absent: delivery (`delivery`).

use super::{Acknowledgement, DispatchKind, NewDispatch, PageContent, Routes, Told, ToldPage, Whom};
use crate::domain::base::{Ms, Severity, Text};
use crate::domain::incident::IncidentRef;
use crate::domain::objective::Timing;

/// Whom a plan is for and what it would say. An incident whose services have several owners has one audience each.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The incident.
    pub incident: IncidentRef,
    /// Who is paged.
    pub owner: Option<&'a str>,
    /// Who that leads to.
    pub routes: &'a Routes,
    /// `escalate_after` and `repeat`.
    pub timing: &'a Timing,
    /// What every page of this plan says.
    pub content: &'a PageContent,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Occasion<'a> {
    /// A rule fired, or a service of another owner joined: pages whoever has no page of this run yet.
    Opened {
        /// Severity of the incident.
        severity: Severity,
    },
    /// Severity rose.
    Raised {
        /// To this.
        to: Severity,
        /// A person's acknowledgement; one that covers `to` keeps the pager quiet.
        acknowledged: Option<Acknowledgement>,
    },
    /// Bad again within the reopen window.
    Reopened {
        /// Severity of the incident.
        severity: Severity,
    },
    /// Data stopped coming for `no_data_page`.
    NoData {
        /// Severity of the incident, or the one to page with.
        severity: Severity,
    },
    /// Time passed while users are hurt (live and not mitigated).
    Passed {
        /// Severity of the incident.
        severity: Severity,
        /// A person's acknowledgement.
        acknowledged: Option<Acknowledgement>,
        /// Receivers whose last page still waits to be sent: repeating it would only pile up.
        waiting: &'a [Text],
    },
    /// It ended.
    Resolved,
}

/// The pages that `occasion` causes. Whether a resolved page is really sent is decided at delivery.
pub fn plan_pages(occasion: Occasion<'_>, told: &Told, audience: &Audience<'_>, now: Ms) -> Vec<NewDispatch> {
    let run = told.current(audience.owner);
    let plan = Plan { told, audience, run };
    match occasion {
        Occasion::Opened { severity } => plan.opened(severity),
        Occasion::Raised { to, acknowledged } => plan.raised(to, acknowledged.is_some_and(|a| a.covers(to, now)), now),
        Occasion::Reopened { severity } => plan.to_level(DispatchKind::Reopened, severity, 0),
        Occasion::NoData { severity } => plan.to_level(DispatchKind::NoData, severity, plan.reached()),
        Occasion::Passed { severity, acknowledged, waiting } => plan.passed(severity, acknowledged, waiting, now),
        Occasion::Resolved => plan.resolved(),
    }
}

/// When time alone causes the next page, and of which kind; absent while a person has it for good or nobody was paged.
pub fn next_page_at(
    severity: Severity,
    acknowledged: Option<Acknowledgement>,
    told: &Told,
    audience: &Audience<'_>,
) -> Option<(Ms, DispatchKind)> {
    Plan { told, audience, run: told.current(audience.owner) }.next(severity, acknowledged)
}

struct Plan<'a> {
    told: &'a Told,
    audience: &'a Audience<'a>,
    run: Vec<&'a ToldPage>,
}

impl Plan<'_> {
    fn opened(&self, severity: Severity) -> Vec<NewDispatch> {
        let fresh = self.up_to(severity, 0).into_iter().filter(|(_, receiver)| !self.has(receiver));
        fresh.map(|(level, receiver)| self.page(DispatchKind::First, severity, level, receiver)).collect()
    }

    /// Whoever was told of this severity in the same instant, by a first page, is not told twice.
    fn raised(&self, to: Severity, quiet: bool, now: Ms) -> Vec<NewDispatch> {
        let knows = |receiver: &str| self.run.iter().any(|p| *p.receiver == *receiver && p.at == now && p.severity >= to);
        let receivers = self.up_to(to, self.reached()).into_iter().filter(|(_, receiver)| !knows(receiver));
        let pages = receivers.filter(|(_, receiver)| !(quiet && self.has(receiver))).map(|(level, receiver)| {
            let kind = if self.has(&receiver) { DispatchKind::Raised } else { DispatchKind::First };
            self.page(kind, to, level, receiver)
        });
        pages.collect()
    }

    fn to_level(&self, kind: DispatchKind, severity: Severity, level: u8) -> Vec<NewDispatch> {
        self.up_to(severity, level).into_iter().map(|(level, receiver)| self.page(kind, severity, level, receiver)).collect()
    }

    fn passed(&self, severity: Severity, ack: Option<Acknowledgement>, waiting: &[Text], now: Ms) -> Vec<NewDispatch> {
        match self.next(severity, ack) {
            Some((at, DispatchKind::Escalated)) if at <= now => {
                let level = self.reached().saturating_add(1);
                let names = self.audience.routes.levels(self.whom(), severity).get(usize::from(level));
                let pages = names.into_iter().flatten();
                pages.map(|name| self.page(DispatchKind::Escalated, severity, level, name.clone())).collect()
            }
            Some((at, _)) if at <= now => {
                let pages = self.to_level(DispatchKind::Repeat, severity, self.reached()).into_iter();
                pages.filter(|page| !waiting.contains(&page.receiver)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// One resolved page to each receiver that was told of the present run, with the worst severity it was told.
    fn resolved(&self) -> Vec<NewDispatch> {
        let mut pages: Vec<NewDispatch> = Vec::new();
        for page in &self.run {
            if let Some(have) = pages.iter_mut().find(|p| p.receiver == page.receiver) {
                have.severity = have.severity.max(page.severity);
            } else {
                pages.push(self.page(DispatchKind::Resolved, page.severity, page.level, page.receiver.clone()));
            }
        }
        pages
    }

    /// Tickets wake nobody, so only pages count. Escalation counts from the first page of the level reached, repeats from the last page; an acknowledgement moves both to
    /// its end (it expired) or to the first page after it (severity rose above it).
    fn next(&self, severity: Severity, ack: Option<Acknowledgement>) -> Option<(Ms, DispatchKind)> {
        if !severity.pages() {
            return None;
        }
        let mut pages = self.run.iter().filter(|p| p.severity.pages());
        let (reached, last) = (self.reached(), pages.clone().next_back()?.at);
        let first = pages.find(|p| p.level == reached).map_or(last, |p| p.at);
        let loud_again = match ack {
            Some(ack) if severity <= ack.severity => ack.expires(severity)?,
            Some(ack) => self.run.iter().find(|p| p.at >= ack.at).map_or(last, |p| p.at),
            None => first,
        };
        let timing = self.audience.timing;
        let route = self.audience.routes.route(self.whom(), severity);
        let distance = route.and_then(|r| r.repeat).unwrap_or(timing.repeat);
        let repeat = last.max(loud_again) + distance;
        let deeper = route.is_some_and(|r| r.levels.len() > usize::from(reached) + 1);
        let delay = route.map_or(timing.escalate_after, |r| r.delay_after(reached, timing.escalate_after));
        let escalate = first.max(loud_again) + delay;
        let escalated = deeper.then_some((escalate, DispatchKind::Escalated));
        // An expired acknowledgement has been quiet for long: what a repeat was due for is due at once.
        let expired = ack.is_some_and(|a| severity <= a.severity);
        let repeated = (if expired { loud_again.max(last + distance) } else { repeat }, DispatchKind::Repeat);
        Some(escalated.filter(|e| e.0 <= repeated.0).unwrap_or(repeated))
    }

    fn whom(&self) -> Whom<'_> {
        Whom { owner: self.audience.owner, service: &self.audience.content.service }
    }

    fn has(&self, receiver: &str) -> bool {
        self.run.iter().any(|p| *p.receiver == *receiver)
    }

    /// The highest level paged in this run.
    fn reached(&self) -> u8 {
        self.run.iter().map(|p| p.level).max().unwrap_or(0)
    }

    fn up_to(&self, severity: Severity, level: u8) -> Vec<(u8, Text)> {
        self.audience.routes.up_to(self.whom(), severity, level)
    }

    fn page(&self, kind: DispatchKind, severity: Severity, level: u8, receiver: Text) -> NewDispatch {
        NewDispatch {
            incident: self.audience.incident,
            kind,
            severity,
            level,
            number: self.told.next_number(kind, level, &receiver),
            receiver,
            content: PageContent { owner: self.audience.owner.map(Text::from), ..self.audience.content.clone() },
        }
    }
}

#[cfg(test)]
mod tests;
