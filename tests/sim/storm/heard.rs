//! What the far side heard: no first page is lost, an incident has one key, its pages come in order, and nobody is told of an
//! end who was not told of a beginning.

use super::audit::{stories, story};
use super::far::Heard;
use super::life::Left;
use burnledger::domain::base::{IncidentId, Span, Text};
use burnledger::domain::incident::Incidents;
use burnledger::domain::paging::{Dispatch, DispatchKind, DispatchState};
use std::collections::BTreeMap;

/// Every law of pages.
pub(super) fn check(left: &Left) {
    let heard = left.far.heard.lock().unwrap().clone();
    let all = Incidents::replay(&left.entries);
    let of = |id: IncidentId| all.get(id).map(|i| story(i)).unwrap_or_default();
    one_key_each(&heard);
    for row in left.rows.iter().filter(|row| row.kind == DispatchKind::First) {
        assert!(is_heard(left, &heard, row), "the first page {row:?} was lost:\n{}", of(row.incident));
    }
    let last = left.seen.last().map(|seen| seen.wall).unwrap_or_default();
    for row in left.rows.iter().filter(|row| last.since(row.created) > Span::from_mins(1)) {
        let ended = !matches!(row.state, DispatchState::Pending | DispatchState::Sending);
        assert!(ended, "{row:?} waits at the end of a calm time:\n{}", of(row.incident));
    }
    let mut ways: BTreeMap<(IncidentId, &Text), Vec<&Heard>> = BTreeMap::new();
    for one in heard.iter().filter(|h| !h.page.content.not_recorded) {
        ways.entry((one.page.incident, &one.receiver)).or_default().push(one);
    }
    for ((incident, receiver), list) in ways {
        in_order(&list, receiver);
        ends_follow_beginnings(left, &list, receiver, &of(incident));
    }
    for incident in all.iter().filter(|i| !i.phase.is_live()) {
        for row in left.rows.iter().filter(|row| row.incident == incident.id && row.kind.is_firing()) {
            let later = |r: &&Dispatch| {
                r.id > row.id
                    && r.kind == DispatchKind::Resolved
                    && r.receiver == row.receiver
                    && r.content.owner == row.content.owner
            };
            let instead = left.far.refused.lock().unwrap().contains(&row.receiver) && row.state == DispatchState::Failed;
            assert!(
                instead || left.rows.iter().any(|r| later(&r)),
                "{} was never told that {} ended: {}",
                row.receiver,
                incident.id,
                stories(left)
            );
        }
    }
    let names: std::collections::BTreeSet<_> =
        left.rows.iter().map(|d| (d.incident, d.kind.name(), d.level, &d.receiver, d.number)).collect();
    assert_eq!(names.len(), left.rows.len(), "rows are unique");
}

/// All pages of an incident carry its key, and no other incident's pages do.
fn one_key_each(heard: &[Heard]) {
    let mut keys: BTreeMap<&Text, IncidentId> = BTreeMap::new();
    let mut of: BTreeMap<IncidentId, &Text> = BTreeMap::new();
    for Heard { page, .. } in heard.iter().filter(|h| !h.page.content.not_recorded) {
        let (id, key) = (*keys.entry(&page.key).or_insert(page.incident), *of.entry(page.incident).or_insert(&page.key));
        assert!(id == page.incident && *key == page.key, "{} and {id} share {}", page.incident, page.key);
    }
}

/// Somebody holds the page: its receiver, or one that took it instead of one that refused it. What ended before it could be
/// sent is told by one message that says both.
fn is_heard(left: &Left, heard: &[Heard], row: &Dispatch) -> bool {
    let same = |h: &&Heard| h.page.incident == row.incident && h.page.content.owner == row.content.owner;
    let by = |receiver: &Text| heard.iter().filter(same).any(|h| h.receiver == *receiver && h.page.kind.is_firing());
    let refused = left.far.refused.lock().unwrap().contains(&row.receiver);
    by(&row.receiver) || refused && heard.iter().filter(same).any(|h| h.page.kind.is_firing())
}

/// A row comes again only when its sender could not know that it had come, or says that it may; never after a later one.
fn in_order(list: &[&Heard], receiver: &Text) {
    for pair in list.windows(2) {
        let (before, one) = (pair[0], &pair[1].page);
        let again = one.id == before.page.id && (!before.answered || one.possible_repeat);
        assert!(one.id > before.page.id || again, "{receiver} heard {one:?} after {:?}", before.page.id);
    }
}

/// A plain note that it ended follows a page that it fires, which the sender knew to have come, and no other note that it knew
/// of.
fn ends_follow_beginnings(left: &Left, list: &[&Heard], receiver: &Text, story: &str) {
    for (place, one) in list.iter().enumerate().filter(|(_, h)| h.is_resolved()) {
        let before = list[..place].iter().rev();
        let mut same = before.filter(|h| h.page.content.owner == one.page.content.owner && h.page.id != one.page.id);
        let known = |h: &Heard| left.rows.iter().any(|r| r.id == h.page.id && r.state == DispatchState::Delivered);
        let fires = same.find(|h| known(h)).is_some_and(|h| h.page.kind.is_firing());
        assert!(fires, "{receiver} hears of an end without a beginning: {:?}\n{story}", one.page);
    }
}
