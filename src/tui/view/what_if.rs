//! What a supposed change would have done with the stretch that is replayed: one line on the replay's screen, and all firings of
//! both rules to be read.

use super::pen::piece;
use crate::domain::base::Ms;
use crate::domain::view::{Answer, Fired, WhatIf};
use crate::tui::model::{Model, Replay};
use crate::tui::theme::Role;
use crate::words::{Words, Zone, time};
use std::sync::Arc;

type Line = Vec<(String, Role)>;

/// The answer that is there.
fn told(replay: &Replay) -> Option<&Arc<WhatIf>> {
    match replay.what_if.answer() {
        Some(Answer::WhatIf(told)) => Some(told),
        _ => None,
    }
}

/// The line of the replay's screen; none while nothing is supposed.
pub(super) fn line(model: &Model, replay: &Replay) -> Option<Line> {
    let change = replay.supposed.as_ref()?;
    let w = model.look.words;
    let mut out = vec![piece(w.say("what if "), Role::Text), piece(change.to_string(), Role::Strong)];
    match (told(replay), &replay.what_if.failed) {
        (_, Some(why)) => out.push(piece(w.fill("  not judged: {}", &[&w.retold(why)]), Role::Problem)),
        (Some(told), None) => out.extend(sums(told, w, model.look.zone)),
        (None, None) => out.push(piece(w.say("  judging every instant of this stretch by both rules"), Role::Faint)),
    }
    Some(out)
}

/// When the first page would have gone, and how many.
fn sums(told: &WhatIf, w: Words, zone: Zone) -> Line {
    let clock = |at: Option<Ms>| at.map_or_else(|| w.say("never").into(), |at| zone.clock(at));
    let (now, then) = told.first_page();
    let apart = match (now, then) {
        (Some(a), Some(b)) if a > b => w.fill(" ({} earlier)", &[&time::span(a.since(b))]),
        (Some(a), Some(b)) if a < b => w.fill(" ({} later)", &[&time::span(b.since(a))]),
        _ => String::new(),
    };
    let mut out = vec![
        piece(w.fill("  first page {} -> {}{}", &[&clock(now), &clock(then), &apart]), Role::Text),
        piece(w.fill("   pages {} -> {}", &[&told.pages.0, &told.pages.1]), Role::Text),
        piece(w.fill("   tickets {} -> {}", &[&told.tickets.0, &told.tickets.1]), Role::Text),
        piece(w.say("   W lists"), Role::Key),
    ];
    out.extend(told.errors.first().map(|error| piece(w.fill("   incomplete: {}", &[&w.retold(error)]), Role::Problem)));
    out
}

/// Every firing of every track, by both rules.
pub(super) fn listed(model: &Model) -> Vec<Line> {
    let w = model.look.words;
    let nothing = |text| vec![vec![piece(w.say(text), Role::Faint)]];
    let Some(told) = model.replay.as_ref().and_then(told) else {
        return nothing("Nothing is supposed, or it is being judged: `w` on the replay's screen supposes a change.");
    };
    if told.tracks.is_empty() {
        return nothing("Nothing fires in this stretch by either set of rules.");
    }
    let mut out = Vec::new();
    for track in &told.tracks {
        let group: Vec<String> = track.group.iter().map(|(k, v)| format!("{k}={v}")).collect();
        out.push(vec![piece(format!("{} {}", track.slo, group.join(" ")), Role::Title)]);
        for (name, fired) in [(w.say("in force"), &track.now), (&*told.change, &track.then)] {
            out.push(vec![piece(format!("  {name}: {}", fired.len()), Role::Strong)]);
            out.extend(fired.iter().map(|f| firing(f, w, model.look.zone)));
        }
    }
    out
}

fn firing(fired: &Fired, w: Words, zone: Zone) -> Line {
    let until = match fired.to {
        Some(to) => w.fill("for {}", &[&time::span(to.since(fired.from))]),
        None => w.say("until the end").into(),
    };
    let (tag, role) = super::banners::tag(Some(fired.severity));
    vec![
        piece("    ", Role::Text),
        piece(tag, role),
        piece(format!(" {} {until}", zone.clock(fired.from)), Role::Text),
        piece(format!("  {}", w.rule_name(&fired.rule)), Role::Faint),
    ]
}
