//! What can only be seen across files: services said twice, SLOs named twice, dependencies that lead nowhere or in circles.

use super::business::BusinessDraft;
use super::native::Draft;
use crate::domain::base::{Place, Problem, Text};
use crate::domain::objective::{ServiceInfo, Slo};
use crate::kit::yaml::suggest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Services by name. Documents of one service add up; the first owner and runbook win.
pub(super) fn services(drafts: &[Draft], problems: &mut Vec<Problem>) -> BTreeMap<Text, ServiceInfo> {
    let mut services: BTreeMap<Text, ServiceInfo> = BTreeMap::new();
    for draft in drafts {
        let Some((name, place)) = &draft.service else { continue };
        let info = services.entry(name.clone()).or_default();
        join(&mut info.owner, draft.info.owner.as_ref(), "owner", name, place, problems);
        join(&mut info.runbook, draft.info.runbook.as_ref(), "runbook", name, place, problems);
        for (key, value) in &draft.info.labels {
            let have = info.labels.entry(key.clone()).or_insert_with(|| value.clone());
            if have != value {
                problems.push(contradiction(&format!("label `{key}`"), name, have, value, place));
            }
        }
    }
    let edges = edges(drafts, &services, problems);
    for (from, to) in edges {
        if let Some(info) = services.get_mut(&from) {
            info.depends_on.push(to);
        }
    }
    services
}

fn join(have: &mut Option<Text>, new: Option<&Text>, what: &str, service: &str, place: &Place, problems: &mut Vec<Problem>) {
    match (&*have, new) {
        (None, Some(new)) => *have = Some(new.clone()),
        (Some(old), Some(new)) if *old != *new => problems.push(contradiction(what, service, old, new, place)),
        _ => {}
    }
}

fn contradiction(what: &str, service: &str, old: &str, new: &str, place: &Place) -> Problem {
    Problem::warning("contradiction", format!("the {what} of service `{service}` is `{old}` elsewhere and `{new}` here"))
        .hint(format!("`{old}` is used; write the same in every document of the service"))
        .at(place.clone())
}

/// Sound dependency edges, each once. Unknown services are warned of and kept: they may be watched elsewhere. An edge that
/// closes a circle is an error and left out.
fn edges(drafts: &[Draft], services: &BTreeMap<Text, ServiceInfo>, problems: &mut Vec<Problem>) -> Vec<(Text, Text)> {
    let names: Vec<&str> = services.keys().map(|k| &**k).collect();
    let mut next: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
    let mut edges = Vec::new();
    for draft in drafts {
        let Some((from, _)) = &draft.service else { continue };
        for (to, place) in &draft.depends_on {
            if next.get(from).is_some_and(|known| known.contains(to)) {
                continue;
            }
            if let Some(path) = path(&next, to, from) {
                let circle: Vec<&str> = std::iter::once(&**from).chain(path.iter().map(|p| &**p)).collect();
                let message = format!("the dependencies go round in a circle: {}", circle.join(" -> "));
                let hint = "remove the dependency that is not real; the suspect of an incident is found along them";
                problems.push(Problem::error("dependency-cycle", message).hint(hint).at(place.clone()));
                continue;
            }
            if !services.contains_key(to) {
                let hint = "incidents are joined along dependencies only where both services have SLOs";
                problems.push(unknown_service(to, &names, hint, place));
            }
            next.entry(from.clone()).or_default().insert(to.clone());
            edges.push((from.clone(), to.clone()));
        }
    }
    edges
}

/// A way from one service to another along the edges so far, both ends included.
fn path(next: &BTreeMap<Text, BTreeSet<Text>>, from: &Text, to: &Text) -> Option<Vec<Text>> {
    let mut came: BTreeMap<Text, Text> = BTreeMap::new();
    let mut seen = BTreeSet::from([from.clone()]);
    let mut open = vec![from.clone()];
    while let Some(at) = open.pop() {
        if at == *to {
            let mut way = vec![at.clone()];
            let mut here = at;
            while let Some(before) = came.get(&here) {
                way.push(before.clone());
                here = before.clone();
            }
            way.reverse();
            return Some(way);
        }
        for step in next.get(&at).into_iter().flatten() {
            if seen.insert(step.clone()) {
                came.insert(step.clone(), at.clone());
                open.push(step.clone());
            }
        }
    }
    None
}

fn unknown_service(name: &str, known: &[&str], hint: &str, place: &Place) -> Problem {
    let mut problem = Problem::warning("unknown-service", format!("no file has SLOs of the service `{name}`")).at(place.clone());
    match suggest(name, known) {
        Some(near) => {
            problem.message = format!("{}, did you mean `{near}`?", problem.message);
            problem.replacement = Some(near.to_owned());
        }
        None => problem.hint = Some(hint.to_owned()),
    }
    problem
}

/// SLOs that rules look at must be there: a rule that waits for one that is not would never fire.
pub(super) fn known_slos(drafts: &[Draft], problems: &mut Vec<Problem>) {
    let known: Vec<&str> = drafts.iter().flat_map(|d| &d.slos).map(|(slo, _)| slo.id.as_str()).collect();
    for (id, place) in drafts.iter().flat_map(|d| &d.looks_at).filter(|(id, _)| !known.contains(&id.as_str())) {
        let mut problem = Problem::error("unknown-slo", format!("no file has a sound SLO `{id}`")).at(place.clone());
        match suggest(id.as_str(), &known) {
            Some(near) => {
                problem.message = format!("{}, did you mean `{near}`?", problem.message);
                problem.replacement = Some(near.to_owned());
            }
            None => problem.hint = Some("name it as service/name; `burnledger status` lists them".to_owned()),
        }
        problems.push(problem);
    }
}

/// Composites that lead back to themselves are errors. Those, and composites whose members are not all there, are left out:
/// a whole that lacks a part would look better than it is.
pub(super) fn sound_composites(drafts: &mut [Draft], problems: &mut Vec<Problem>) {
    let members = |slo: &Slo| slo.sli.composite().map(|c| c.of.iter().map(|(id, _)| id.0.clone()).collect::<BTreeSet<Text>>());
    let all = || drafts.iter().flat_map(|d| &d.slos);
    let next: BTreeMap<Text, BTreeSet<Text>> = all().filter_map(|(slo, _)| Some((slo.id.0.clone(), members(slo)?))).collect();
    let mut gone: BTreeSet<Text> = BTreeSet::new();
    for (slo, place) in all().filter(|(slo, _)| next.contains_key(&slo.id.0)) {
        let mut starts = next.get(&slo.id.0).into_iter().flatten();
        if let Some(way) = starts.find_map(|first| path(&next, first, &slo.id.0)) {
            let circle: Vec<&str> = std::iter::once(slo.id.as_str()).chain(way.iter().map(|p| &**p)).collect();
            let message = format!("the composite is made of itself: {}", circle.join(" -> "));
            problems.push(Problem::error("composite-cycle", message).hint("take one of these members out").at(place.clone()));
            gone.insert(slo.id.0.clone());
        }
    }
    let mut known: BTreeSet<Text> = all().map(|(slo, _)| slo.id.0.clone()).filter(|id| !gone.contains(id)).collect();
    // One that is left out may be a part of another one.
    while let Some((id, _)) = next.iter().find(|(id, of)| known.contains(*id) && !of.is_subset(&known)) {
        known.remove(id);
    }
    for draft in drafts {
        draft.slos.retain(|(slo, _)| known.contains(&slo.id.0));
    }
}

/// SLOs sorted by id. Of two with one id the first stays.
pub(super) fn unique_slos(drafts: Vec<Draft>, problems: &mut Vec<Problem>) -> Vec<Arc<Slo>> {
    let mut found: BTreeMap<Text, (Arc<Slo>, Place)> = BTreeMap::new();
    for (slo, place) in drafts.into_iter().flat_map(|d| d.slos) {
        if let Some((_, first)) = found.get(&slo.id.0) {
            let message = format!("the SLO `{}` is written twice", slo.id);
            let hint = format!("the first one is at {}:{}; rename one of them", first.file, first.line);
            problems.push(Problem::error("duplicate-slo", message).hint(hint).at(place));
        } else {
            found.insert(slo.id.0.clone(), (slo, place));
        }
    }
    found.into_values().map(|(slo, _)| slo).collect()
}

/// Warns of streams whose services nobody watches: they would never price anything.
pub(super) fn known_streams(draft: &BusinessDraft, services: &BTreeMap<Text, ServiceInfo>, problems: &mut Vec<Problem>) {
    let names: Vec<&str> = services.keys().map(|k| &**k).collect();
    // A business file that is checked alone has no services beside it.
    if names.is_empty() {
        return;
    }
    for (service, place) in draft.services.iter().filter(|(s, _)| !services.contains_key(s)) {
        problems.push(unknown_service(service, &names, "its incidents cannot be priced; check the name", place));
    }
}
