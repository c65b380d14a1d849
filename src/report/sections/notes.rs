//! Notes that are more than words for the timeline: what is to be done, and what customers may read.
//!
//! Deliberately absent: who does it and until when, which people write below, and notes of neither kind.

use super::Told;
use crate::domain::incident::{Entry, Note};
use crate::report::doc::{Block, Line};
use crate::words::{Zone, timeline};

/// Noted during the incident as something to be done afterwards.
pub(in crate::report) fn action_items(t: &Told<'_>) -> Vec<Block> {
    let item = |(entry, note): (&Entry, &Note)| {
        let when = Zone::Utc.full(entry.at);
        let by = Line::text(&note.text).and(" (").and_text(timeline::actor(entry));
        by.and(format!(", {when})"))
    };
    let items: Vec<Line> = t.facts.incident.notes().filter(|(_, note)| note.action_item).map(item).collect();
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::say(t.say("Noted during the incident:", "事故期间记下的：")), Block::List(items)]
}

/// What customers may read, without the names of those who wrote it.
pub(in crate::report) fn for_customers(t: &Told<'_>) -> Option<Block> {
    let item = |(entry, note): (&Entry, &Note)| Line::say(format!("{}: ", Zone::Utc.full(entry.at))).and_text(&note.text);
    let items: Vec<Line> = t.facts.incident.notes().filter(|(_, note)| note.customer_visible).map(item).collect();
    (!items.is_empty()).then_some(Block::List(items))
}
