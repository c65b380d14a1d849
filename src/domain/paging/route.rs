//! Who is paged: owner and severity lead to receivers, in levels of escalation.
//!
//! P0 and P1 page a person; P2 makes a ticket, so it goes only where a route names P2.

use crate::domain::base::{Severity, Text};

/// One route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The owner it is for; any owner when absent.
    pub owner: Option<Text>,
    /// Severities it is for; those that page (P0 and P1) when empty.
    pub severities: Vec<Severity>,
    /// Receivers by level: the first is paged at once, each next one when nobody acknowledged for `escalate_after`.
    pub levels: Vec<Vec<Text>>,
}

impl Route {
    fn takes(&self, severity: Severity) -> bool {
        if self.severities.is_empty() { severity.pages() } else { self.severities.contains(&severity) }
    }
}

/// All routes. Those that name the owner are asked before those that name none; of several the first written wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// In the order they were written.
    pub routes: Vec<Route>,
    /// Receivers that take a page when every receiver of its route refused it for good.
    pub fallback: Vec<Text>,
}

impl Routes {
    /// Every receiver gets every page at once: what holds when the configuration names receivers and no routes.
    pub fn to_all(receivers: impl IntoIterator<Item = Text>) -> Self {
        let levels = vec![receivers.into_iter().collect::<Vec<Text>>()];
        Self { routes: vec![Route { levels, ..Route::default() }], fallback: Vec::new() }
    }

    /// The levels of receivers for an owner and a severity; empty when nobody is paged.
    pub fn levels(&self, owner: Option<&str>, severity: Severity) -> &[Vec<Text>] {
        let own = self.routes.iter().filter(|r| r.owner.is_some() && r.owner.as_deref() == owner);
        let any = self.routes.iter().filter(|r| r.owner.is_none());
        own.chain(any).find(|r| r.takes(severity)).map_or(&[], |r| &r.levels)
    }

    /// The receivers of the levels up to `level`, each once, with the lowest level that names it.
    pub fn up_to(&self, owner: Option<&str>, severity: Severity, level: u8) -> Vec<(u8, Text)> {
        let mut out: Vec<(u8, Text)> = Vec::new();
        for (n, names) in (0..=level).zip(self.levels(owner, severity)) {
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
    pub fn instead(&self, owner: Option<&str>, severity: Severity, have: &[Text]) -> Option<Text> {
        let routed = self.levels(owner, severity).iter().flatten();
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
        };
        Routes {
            routes: vec![
                route(None, &[], &[&["ops"], &["boss", "ops"]]),
                route(Some("payments"), &[Severity::P0], &[&["pay-pager", "ops"], &["boss"]]),
                route(Some("payments"), &[Severity::P2], &[&["tickets"]]),
            ],
            fallback: text(&["stderr"]),
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
