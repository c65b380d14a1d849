//! Who is paged: owner, service and severity lead to receivers, in levels of escalation.
//!
//! P0 and P1 page a person; P2 makes a ticket, so it goes only where a route names P2.

use super::{PlannedSilence, ResponseRule};
use crate::domain::base::{Severity, Span, Text};

/// Whom a page is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whom<'a> {
    /// The owner of the service.
    pub owner: Option<&'a str>,
    /// The service that the incident began with; empty when there is none.
    pub service: &'a str,
}

impl<'a> From<Option<&'a str>> for Whom<'a> {
    fn from(owner: Option<&'a str>) -> Self {
        Self { owner, service: "" }
    }
}

/// One route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The owner it is for; any owner when absent.
    pub owner: Option<Text>,
    /// The services it is for; any service when empty.
    pub services: Vec<Text>,
    /// Severities it is for; those that page (P0 and P1) when empty.
    pub severities: Vec<Severity>,
    /// Receivers by level: the first is paged at once, each next one when nobody acknowledged for its delay.
    pub levels: Vec<Vec<Text>>,
    /// How long each level waits after the first page of the one before it; `escalate_after` where absent.
    pub delays: Vec<Option<Span>>,
    /// Unacknowledged time before the next level; the configuration's own when absent.
    pub escalate_after: Option<Span>,
    /// Distance of repeats; the configuration's own when absent.
    pub repeat: Option<Span>,
}

impl Route {
    fn takes(&self, whom: Whom<'_>, severity: Severity) -> bool {
        let severity = if self.severities.is_empty() { severity.pages() } else { self.severities.contains(&severity) };
        let owner = self.owner.is_none() || self.owner.as_deref() == whom.owner;
        severity && owner && (self.services.is_empty() || self.services.iter().any(|s| **s == *whom.service))
    }

    /// Routes that name more are asked first.
    fn weight(&self) -> u8 {
        u8::from(!self.services.is_empty()) * 2 + u8::from(self.owner.is_some())
    }

    /// How long the level above `level` waits for an acknowledgement.
    pub fn delay_after(&self, level: u8, usual: Span) -> Span {
        let own = self.delays.get(usize::from(level) + 1).copied().flatten();
        own.or(self.escalate_after).unwrap_or(usual)
    }
}

/// Who is told what, and when not. Routes that name the service are asked before those that name only the owner, and those
/// before the general ones; of several the first written wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes {
    /// In the order they were written.
    pub routes: Vec<Route>,
    /// Receivers that take a page when every receiver of its route refused it for good.
    pub fallback: Vec<Text>,
    /// When pages are held back.
    pub silences: Vec<PlannedSilence>,
    /// What is run.
    pub responses: Vec<ResponseRule>,
}

impl Routes {
    /// Every receiver gets every page at once: what holds when the configuration names receivers and no routes.
    pub fn to_all(receivers: impl IntoIterator<Item = Text>) -> Self {
        let levels = vec![receivers.into_iter().collect::<Vec<Text>>()];
        Self { routes: vec![Route { levels, ..Route::default() }], ..Self::default() }
    }

    /// The route for an owner, a service and a severity; absent when nobody is paged.
    pub fn route<'a>(&self, whom: impl Into<Whom<'a>>, severity: Severity) -> Option<&Route> {
        let whom = whom.into();
        let all = || self.routes.iter().filter(|r| r.takes(whom, severity));
        let most = all().map(Route::weight).max()?;
        all().find(|r| r.weight() == most)
    }

    /// The levels of receivers for an owner, a service and a severity; empty when nobody is paged.
    pub fn levels<'a>(&self, whom: impl Into<Whom<'a>>, severity: Severity) -> &[Vec<Text>] {
        self.route(whom, severity).map_or(&[], |r| &r.levels)
    }

    /// The receivers of the levels up to `level`, each once, with the lowest level that names it.
    pub fn up_to<'a>(&self, whom: impl Into<Whom<'a>>, severity: Severity, level: u8) -> Vec<(u8, Text)> {
        let mut out: Vec<(u8, Text)> = Vec::new();
        for (n, names) in (0..=level).zip(self.levels(whom, severity)) {
            for name in names {
                if !out.iter().any(|(_, have)| have == name) {
                    out.push((n, name.clone()));
                }
            }
        }
        out
    }

    /// Who gets a page that a receiver refused for good: the next of its route, level by level, then the fallback, leaving
    /// out those that have it already.
    pub fn instead<'a>(&self, whom: impl Into<Whom<'a>>, severity: Severity, have: &[Text]) -> Option<Text> {
        let routed = self.levels(whom, severity).iter().flatten();
        routed.chain(&self.fallback).find(|name| !have.contains(name)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(names: &[&str]) -> Vec<Text> {
        names.iter().map(|n| Text::from(*n)).collect()
    }

    fn routes() -> Routes {
        let route = |owner: Option<&str>, severities: &[Severity], levels: &[&[&str]]| Route {
            owner: owner.map(Into::into),
            severities: severities.to_vec(),
            levels: levels.iter().map(|l| text(l)).collect(),
            ..Route::default()
        };
        Routes {
            routes: vec![
                route(None, &[], &[&["ops"], &["boss", "ops"]]),
                route(Some("payments"), &[Severity::P0], &[&["pay-pager", "ops"], &["boss"]]),
                route(Some("payments"), &[Severity::P2], &[&["tickets"]]),
            ],
            fallback: text(&["stderr"]),
            ..Routes::default()
        }
    }

    #[test]
    fn a_route_that_names_the_owner_wins_and_tickets_need_a_route_of_their_own() {
        let routes = routes();
        assert_eq!(routes.up_to(Some("payments"), Severity::P0, 0), [(0, "pay-pager".into()), (0, "ops".into())]);
        assert_eq!(routes.up_to(Some("payments"), Severity::P1, 0), [(0, "ops".into())], "the general route takes the rest");
        assert_eq!(routes.up_to(Some("payments"), Severity::P2, 0), [(0, "tickets".into())]);
        assert!(routes.levels(Some("search"), Severity::P2).is_empty());
        assert!(routes.levels(None, Severity::P2).is_empty());
        assert_eq!(routes.up_to(None, Severity::P0, 7), [(0, "ops".into()), (1, "boss".into())], "each receiver once");
    }

    #[test]
    fn a_route_that_names_the_service_is_the_nearest_and_levels_may_have_delays_of_their_own() {
        let mut routes = routes();
        let services = vec!["checkout".into()];
        let delays = vec![None, Some(Span::from_mins(2))];
        let levels = vec![text(&["cart"]), text(&["lead"]), text(&["boss"])];
        let escalate_after = Some(Span::from_mins(9));
        routes.routes.push(Route { services, levels, delays, escalate_after, ..Route::default() });
        let whom = |service| Whom { owner: Some("payments"), service };
        assert_eq!(routes.up_to(whom("checkout"), Severity::P0, 0), [(0, "cart".into())]);
        assert_eq!(routes.up_to(whom("search"), Severity::P0, 0).len(), 2, "others keep the owner's route");
        let route = routes.route(whom("checkout"), Severity::P0).unwrap();
        let delay = |level| route.delay_after(level, Span::from_mins(5));
        assert_eq!((delay(0), delay(1)), (Span::from_mins(2), Span::from_mins(9)));
    }

    #[test]
    fn a_refused_page_goes_to_the_next_receiver_that_does_not_have_it() {
        let routes = routes();
        let next = |have: &[&str]| routes.instead(Some("payments"), Severity::P0, &text(have)).map(|t| t.to_string());
        assert_eq!(next(&["pay-pager"]).as_deref(), Some("ops"));
        assert_eq!(next(&["pay-pager", "ops"]).as_deref(), Some("boss"));
        assert_eq!(next(&["pay-pager", "ops", "boss"]).as_deref(), Some("stderr"));
        assert_eq!(next(&["pay-pager", "ops", "boss", "stderr"]), None);
        assert_eq!(Routes::to_all(text(&["a", "b"])).up_to(None, Severity::P1, 0).len(), 2);
    }
}
