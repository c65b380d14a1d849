//! What keys do: each a short story of keys, and what the model or the effects say afterwards.

use super::fixture::{self, at};
use super::scene::Scene;
use burnledger::domain::base::{IncidentId, Severity};
use burnledger::domain::cost::Effort;
use burnledger::domain::incident::{Act, Correction, Note};
use burnledger::domain::view::{Command, Question, Refusal};
use burnledger::tui::model::{Overlay, Panel, ResolveField, Tab};
use burnledger::tui::{Effect, Msg};
use std::sync::Arc;

const SIZE: (u16, u16) = (120, 36);

fn busy() -> Scene {
    Scene::of(fixture::busy(), SIZE)
}

fn selected(scene: &Scene) -> String {
    scene.model.list.selected.as_ref().map(|k| k.slo.to_string()).unwrap_or_default()
}

fn orders(scene: &Scene) -> Vec<Command> {
    scene
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Order { command, .. } => Some(command.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_ways_out_work_from_everywhere() {
    for keys in ["q", "C-c", "? C-c", "n C-c", "R C-c", "1 / C-c", "2 q", "1 Space q"] {
        assert_eq!(busy().press(keys).effects, [Effect::Quit], "{keys}");
    }
    // In a dialog q is a letter or closes the help; nothing is left by mistake.
    for keys in ["? q", "n q", "1 / q"] {
        assert_eq!(busy().press(keys).effects, [], "{keys}");
    }
}

#[test]
fn a_session_opened_during_an_incident_opens_on_it_and_later_nothing_moves_by_itself() {
    assert_eq!(busy().model.tab, Tab::Incident);
    let later = Scene::of(fixture::calm(), SIZE).world(fixture::busy());
    assert_eq!(later.model.tab, Tab::Overview);
    let pressed =
        Scene::new(SIZE, burnledger::chart::Charset::Unicode, burnledger::tui::Depth::Mono).press("1").world(fixture::busy());
    assert_eq!(pressed.model.tab, Tab::Overview);
}

#[test]
fn the_selection_stays_with_its_row_when_the_order_changes() {
    let scene = Scene::of(fixture::calm(), SIZE).press("j j");
    let before = selected(&scene);
    let scene = scene.world(fixture::busy());
    assert_eq!(selected(&scene), before);
    let mut without = fixture::busy();
    without.slos.retain(|r| r.slo.id.to_string() != before);
    let place = scene.model.list.place(scene.model.shown().unwrap()).unwrap();
    let scene = scene.world(without);
    assert_eq!(scene.model.list.place(scene.model.shown().unwrap()), Some(place), "the row in its place is next");
}

#[test]
fn an_untouched_list_follows_the_worst_row_until_someone_moves() {
    let scene = Scene::of(fixture::calm(), SIZE).world(fixture::busy());
    assert_eq!(selected(&scene), "checkout-api/availability");
    let mut worse = fixture::busy();
    let i = worse.slos.iter().position(|r| r.slo.service.as_ref() == "search-api").unwrap();
    let mut verdict = worse.slos[i].verdict.as_deref().cloned().unwrap();
    verdict.severity = Some(burnledger::domain::base::Severity::P0);
    verdict.windows.iter_mut().for_each(|w| w.burn_rate = Some(500.0));
    worse.slos[i].verdict = Some(Arc::new(verdict));
    let scene = scene.world(worse);
    assert_eq!(selected(&scene), "checkout-api/availability", "a burning row does not lose the selection");
}

#[test]
fn sorting_filtering_and_moving() {
    let names = |s: &Scene| -> Vec<String> {
        let snapshot = s.model.shown().unwrap();
        s.model.list.order.iter().map(|i| snapshot.slos[*i].slo.id.to_string()).collect()
    };
    let scene = busy().press("1");
    assert_eq!(
        names(&scene)[..5].join(" "),
        "checkout-api/availability payments-api/latency search-api/availability ledger-writer/availability notify-worker/availability"
    );
    let scene = scene.press("o");
    assert_eq!(names(&scene)[0], "cart-api/latency", "by name");
    assert_eq!(names(&scene.press("O"))[0], "search-api/availability", "turned round");
    assert_eq!(names(&busy().press("1 o o"))[0], "ledger-writer/availability", "least budget first");
    assert_eq!(names(&busy().press("1 o o o"))[0], "checkout-api/availability", "highest burn first");
    assert_eq!(names(&busy().press("1 o o o o"))[0], "ledger-writer/availability", "soonest exhausted first");
    for (filter, want) in [
        ("latency !gateway", 3),
        ("sev:p0", 1),
        ("sev:none", 9),
        ("state:no_data", 1),
        ("state:no_traffic", 1),
        ("zzz", 0),
        ("!", 12),
        ("API Avail", 5),
    ] {
        assert_eq!(busy().press("1 /").write(filter).model.list.order.len(), want, "{filter}");
    }
    let scene = busy().press("1 /").write("cart").press("Enter");
    assert_eq!((scene.model.list.filter.as_str(), scene.model.overlay.is_none()), ("cart", true));
    assert_eq!(busy().press("1 /").write("cart").press("Esc").model.list.filter, "");
    assert_eq!(scene.press("Esc").model.list.filter, "", "Esc shows all again");
    let end = busy().press("1 G");
    assert_eq!(end.model.list.place(end.model.shown().unwrap()), Some(11));
    let home = end.press("C-u C-u C-u g j k k");
    assert_eq!(home.model.list.place(home.model.shown().unwrap()), Some(0));
}

#[test]
fn acknowledging_acts_at_once_on_the_incident_that_is_meant() {
    let scene = busy().press("1 a");
    assert_eq!(orders(&scene), [Command::Acknowledge { incident: IncidentId(142), by: "wei".into() }]);
    assert_eq!(orders(&scene.press("a a")).len(), 1, "an order under way is not sent twice");
    // The selected row's incident is acknowledged by lin already: told, not ordered.
    let scene = busy().press("1 j a");
    assert_eq!(orders(&scene), []);
    assert!(scene.text().contains("INC-0141 was acknowledged by lin at 14:23:00"), "{}", scene.text());
    // A row without an incident falls back to the one that the banner names.
    assert_eq!(orders(&busy().press("1 G a"))[0].incident(), Some(IncidentId(142)));
    assert!(Scene::of(fixture::calm(), SIZE).press("a").text().contains("no open incident to acknowledge"));
}

#[test]
fn an_acknowledgement_can_be_taken_back_for_ten_seconds() {
    let scene = busy().press("a").answered().later(9).press("u");
    assert_eq!(orders(&scene)[1], Command::Unacknowledge { incident: IncidentId(142), by: "wei".into() });
    let late = busy().press("a").answered().later(10).press("u");
    assert_eq!(orders(&late).len(), 1);
    assert!(late.text().contains("nothing to take back"));
}

#[test]
fn a_refused_order_is_told_until_a_key_is_pressed() {
    let mut scene = busy().press("a");
    scene.tell(Msg::Reply { ticket: 1, result: Err(Refusal::Ledger("disk full".into())) });
    let scene = scene.later(60);
    assert!(scene.text().contains("could not acknowledge INC-0142: the ledger could not be written: disk full"));
    assert!(scene.model.undo.is_none());
    assert!(!scene.press("j").text().contains("disk full"));
}

#[test]
fn a_note_is_saved_by_enter_and_not_lost_by_one_esc() {
    let scene = busy().press("n").write("pool exhausted").press("A-Enter").write("see graph").press("Enter");
    let want = Command::Note { incident: IncidentId(142), by: "wei".into(), note: "pool exhausted\nsee graph".into() };
    assert_eq!(orders(&scene), [want]);
    let once = busy().press("n").write("x").press("Esc");
    assert!(matches!(once.model.overlay, Some(Overlay::Note(_))) && once.text().contains("Esc again discards the text"));
    assert!(once.press("Esc").model.overlay.is_none());
    assert!(busy().press("n Esc").model.overlay.is_none());
    assert_eq!(orders(&busy().press("n").write("   ").press("Enter")), []);
}

#[test]
fn a_paste_goes_into_the_field_and_never_acts() {
    let mut scene = busy().press("n");
    scene.tell(Msg::Paste("line one\r\nline\ttwo\x1b[31m q R".into()));
    let scene = scene.press("Enter");
    assert!(
        matches!(&orders(&scene)[0], Command::Note { note, .. } if &*note.text == "line one\nline two[31m q R"),
        "{:?}",
        orders(&scene)
    );
    let mut scene = busy().press("1");
    scene.tell(Msg::Paste("qaR".into()));
    assert_eq!(scene.effects, []);
}

#[test]
fn resolving_asks_and_its_default_is_harmless() {
    for keys in ["R Enter", "R Esc", "R Tab Enter Enter Enter", "R Tab Tab Tab Tab Tab Tab Enter"] {
        assert_eq!(orders(&busy().press(keys)), [], "{keys}");
    }
    // Without words it is not over; with another number neither.
    let unsaid = busy().press("R Tab Tab Tab Tab Tab Tab").write("0142").press("Enter");
    assert!(unsaid.text().contains("say in a few words"), "{}", unsaid.text());
    let wrong = busy().press("R Tab").write("done").press("Tab Tab Tab Tab Tab").write("141").press("Enter");
    assert_eq!(orders(&wrong), []);
    let right =
        busy().press("R Tab").write("rolled back").press("Enter Space Enter Enter Enter Enter").write("142").press("Enter");
    let want = Command::Resolve {
        incident: IncidentId(142),
        by: "wei".into(),
        reason: "rolled back".into(),
        at: Some(at("14:31:00")),
        findings: vec![],
    };
    assert_eq!(orders(&right), [want]);
    assert!(right.model.overlay.is_none());
}

/// A session that knows some classes of causes.
fn with_causes() -> Scene {
    let mut scene = busy();
    scene.model.causes = ["change", "capacity", "config"].map(Into::into).to_vec();
    scene
}

#[test]
fn what_was_found_out_is_told_with_the_end_in_one_order() {
    let reasoned = || with_causes().press("R Tab").write("pool exhausted").press("Tab Tab");
    let findings = |scene: &Scene| match &orders(scene)[..] {
        [Command::Resolve { findings, .. }] => findings.clone(),
        other => panic!("{other:?}\n{}", scene.text()),
    };
    let cause = |class: &str| Correction::RootCause(class.into());
    let right = reasoned().press("Space Space Tab").write("5").press("Tab").write("0.5").press("Tab").write("142");
    assert_eq!(findings(&right.press("Enter")), [cause("capacity"), Correction::Effort(Effort::typed("5", "0.5").unwrap())]);
    let nothing = reasoned().press("Tab Tab Tab").write("142").press("Enter");
    assert_eq!(findings(&nothing), [], "all of it is optional");
    // Letters choose, arrows go round by way of none, Backspace takes back.
    for (keys, wanted) in
        [("c", Some("change")), ("c c c", Some("config")), ("c Left", None), ("Left", Some("config")), ("c Backspace", None)]
    {
        let scene = reasoned().press(keys).press("Tab Tab Tab").write("142").press("Enter");
        assert_eq!(findings(&scene), wanted.map(cause).into_iter().collect::<Vec<_>>(), "{keys}");
    }
    for (people, hours, why) in
        [("5", "", "say both"), ("", "1", "say both"), ("0", "1", "1 to 10000 people"), ("5", "x", "hours each are")]
    {
        let scene = reasoned().press("Tab").write(people).press("Tab").write(hours).press("Tab").write("142").press("Enter");
        assert!(orders(&scene).is_empty() && scene.text().contains(why), "{people} {hours}: {}", scene.text());
        assert!(matches!(&scene.model.overlay, Some(Overlay::Resolve(form)) if form.field == ResolveField::People));
    }
}

#[test]
fn words_in_a_dialog_outlive_one_esc() {
    for keys in ["R Tab", "s Tab", "m j Tab", "n"] {
        let typed = busy().press(keys).write("because");
        let once = typed.press("Esc");
        assert!(once.model.overlay.is_some() && once.text().contains("Esc again discards the text"), "{keys}: {}", once.text());
        let again = once.press("Esc");
        assert!(again.model.overlay.is_none() && !again.model.leaving, "{keys}");
        let on = busy().press(keys).write("because").press("Esc").write("!");
        assert!(on.text().contains("because!") && !on.text().contains("Esc again"), "{keys}: {}", on.text());
    }
    for keys in ["R", "s", "m", "n"] {
        assert!(busy().press(keys).press("Esc").model.overlay.is_none(), "{keys}");
    }
}

#[test]
fn a_note_has_marks_and_completes_names() {
    let note = |scene: &Scene| match &orders(scene)[..] {
        [Command::Note { note, .. }] => note.clone(),
        other => panic!("{other:?}\n{}", scene.text()),
    };
    let marked = busy().press("n").write("raise the pool").press("Tab Tab Space Enter");
    assert_eq!(note(&marked), Note { text: "raise the pool".into(), action_item: true, customer_visible: false });
    let public = busy().press("n").write("orders fail").press("Tab Space Tab Space Space Enter");
    assert_eq!(note(&public), Note { text: "orders fail".into(), action_item: false, customer_visible: true });
    let back = busy().press("n").press("Tab Tab Tab").write("typed").press("Enter");
    assert_eq!(note(&back).text.as_ref(), "typed", "Tab comes back to the words");
    // lin acknowledged the other incident; @ and a letter, then Tab.
    let named = busy().press("n").write("@l");
    assert!(named.text().contains("Tab: lin"), "{}", named.text());
    let told = named.press("Tab").write(" looks").press("Enter");
    assert_eq!(note(&told).text.as_ref(), "@lin looks");
    let nobody = busy().press("n").write("@zz").press("Tab Space Enter");
    assert!(note(&nobody).customer_visible, "nobody is called so: Tab goes on");
}

#[test]
fn a_dialog_keeps_the_target_it_was_opened_for() {
    let mut other = fixture::busy();
    other.incidents.swap(0, 1);
    let scene = busy().press("n").write("mine").world(other).press("Enter");
    assert_eq!(orders(&scene)[0].incident(), Some(IncidentId(142)));
}

#[test]
fn incidents_are_leafed_through_and_panels_turned() {
    let id = |s: &Scene| s.model.on_screen().map(|v| v.incident.id.0);
    assert_eq!(id(&busy()), Some(142));
    assert_eq!(id(&busy().press("l")), Some(141));
    assert_eq!(id(&busy().press("l l")), Some(142), "around the end");
    assert_eq!(id(&busy().press("h")), Some(141));
    let scene = busy().press("Tab");
    assert_eq!(scene.model.incident.panel, Panel::Cost);
    assert_eq!(busy().press("S-Tab").model.incident.panel, Panel::Next);
    let scrolled = Scene::of(fixture::busy(), (80, 24)).press("j j j j j j j j j j");
    assert!(scrolled.text().contains("first bad minute"), "the end of the timeline comes into view:\n{}", scrolled.text());
    assert_eq!(busy().press("1 j Enter").model.on_screen().map(|v| v.incident.id.0), Some(141), "Enter opens the row's");
    assert_eq!(busy().press("1 G Enter").model.tab, Tab::Slo, "without an incident the SLO itself opens");
    assert_eq!(busy().press("Esc").model.tab, Tab::Overview);
}

#[test]
fn a_held_picture_does_not_change_until_it_is_let_go() {
    let scene = busy().press("1 Space").world(fixture::calm()).later(5);
    assert!(scene.text().contains("FROZEN at 14:31:07") && scene.text().contains("checkout-api"));
    let scene = scene.press("Space");
    assert!(!scene.text().contains("checkout-api") && scene.text().contains("LIVE"));
}

#[test]
fn suspending_without_a_shell_is_told() {
    let mut scene = busy().press("C-z");
    assert_eq!(scene.effects, [Effect::Suspend]);
    scene.tell(Msg::CannotSuspend);
    assert!(scene.text().contains("no shell to come back from"));
    assert_eq!(busy().press("C-l").effects, [Effect::Redraw]);
}

#[test]
fn when_the_engine_ends_the_screen_says_so_and_keeps_what_it_knew() {
    let mut scene = busy().press("1");
    scene.tell(Msg::CutOff);
    assert!(scene.text().contains("ENGINE GONE") && scene.text().contains("checkout-api/availability"));
}

#[test]
fn an_slo_is_opened_panned_zoomed_and_left() {
    let scene = busy().press("1 d").told_past();
    let opened = scene.model.slo.track.clone().expect("one is open");
    assert_eq!(scene.model.tab, Tab::Slo);
    let end = |scene: &Scene| scene.model.slo.burn.past().expect("told").to;
    let before = end(&scene);
    let scene = scene.press("[").told_past();
    assert_eq!(before.since(end(&scene)).0 / 60_000, 90, "a quarter of six hours back");
    let scene = scene.press("+").told_past();
    assert_eq!(scene.model.slo.stretch.span(), burnledger::domain::base::Span::from_hours(3));
    let scene = scene.press("0").told_past();
    assert!(end(&scene) >= before);
    let scene = scene.press("j").told_past();
    assert_ne!(scene.model.slo.track, Some(opened), "the next SLO of the list");
    assert_eq!(scene.press("Esc").model.tab, Tab::Overview);
}

#[test]
fn late_answers_to_old_questions_are_dropped() {
    let scene = busy().press("1 d");
    let first: Vec<Effect> = scene.effects.clone();
    let mut scene = scene.press("j");
    for effect in first {
        if let Effect::Ask { ticket, question } = effect {
            let world = scene.model.live.clone().expect("a world");
            scene.tell(Msg::Answer { ticket, result: Ok(fixture::answer(&world, &question)) });
        }
    }
    assert!(scene.model.slo.burn.past().is_none(), "nothing of the SLO before is shown for this one");
}

#[test]
fn a_past_incident_opens_and_esc_goes_back_to_the_list() {
    let scene = busy().press("3").told_past().press("G Enter");
    assert_eq!(scene.model.tab, Tab::Incident);
    assert_eq!(scene.model.on_screen().map(|v| v.incident.id), Some(IncidentId(133)));
    let scene = scene.press("Esc");
    assert_eq!(scene.model.tab, Tab::History);
}

#[test]
fn the_cell_under_the_cursor_opens_the_slo_around_it() {
    let scene = busy().press("4").told_past().press("h h h d").told_past();
    assert_eq!(scene.model.tab, Tab::Slo);
    assert!(busy().press("4").told_past().press("i").model.tab == Tab::Incident, "the newest cell is within the incident");
}

#[test]
fn a_replay_is_scrubbed_played_and_left_and_nothing_is_ordered_in_it() {
    let clock = |scene: &Scene| scene.model.look.zone.clock(scene.model.wall());
    let scene = busy().press("5").told_past();
    assert_eq!((scene.model.tab, clock(&scene).as_str()), (Tab::Replay, "14:02:00"), "it opens where the impact began");
    let scene = scene.press(". . ,");
    assert_eq!(clock(&scene), "14:02:15");
    let scene = scene.press("]");
    assert_eq!(clock(&scene), "14:04:15", "the next moment");
    let scene = scene.press("g").write("14:31:07").press("Enter");
    assert_eq!(clock(&scene), "14:31:07", "any second");
    assert_eq!(scene.model.shown().and_then(|s| s.at), Some(at("14:31:00")), "the frame that was known then");
    let scene = scene.press("g").write("-10m").press("Enter");
    assert_eq!(clock(&scene), "14:21:07");
    let scene = scene.press("g").write("soon").press("Enter");
    assert!(scene.text().contains("`soon` is no time"), "{}", scene.text());
    let scene = scene.press("Esc Space").later(10);
    assert_eq!(clock(&scene), "14:31:07", "sixty times as fast");
    let scene = scene.press("Space").later(60);
    assert_eq!(clock(&scene), "14:31:07", "it stands");
    let scene = scene.press("2 a");
    assert!(orders(&scene).is_empty() && scene.text().contains("this is a replay"), "{}", scene.text());
    let scene = scene.press("5 Space").later(3600);
    assert_eq!(clock(&scene), "15:00:00", "it ends at its end");
    let scene = scene.press("Esc");
    assert!(scene.model.replay.is_none() && scene.model.tab == Tab::Overview);
}

#[test]
fn another_severity_needs_a_choice_and_a_reason_and_goes_to_the_incident_it_was_opened_for() {
    let scene = busy().press("s");
    assert!(orders(&busy().press("s Enter Enter")).is_empty(), "Enter alone does nothing");
    let same = busy().press("s Enter").write("why not").press("Enter");
    assert!(orders(&same).is_empty() && same.text().contains("that is its severity already"), "{}", same.text());
    let silent = busy().press("s 1 Enter Enter");
    assert!(orders(&silent).is_empty() && silent.text().contains("say in a few words why"), "{}", silent.text());
    // The incident on the screen may change meanwhile; the dialog's does not.
    let scene = scene.press("1 Enter").write("few users 012").world(fixture::calm()).press("Enter");
    let changes = vec![Correction::Severity(Severity::P1)];
    let act = Act::Correct { changes, reason: "few users 012".into() };
    assert_eq!(orders(&scene), [Command::Act { incident: IncidentId(142), by: "wei".into(), act }]);
    let scene = scene.answered();
    assert!(scene.text().contains("INC-0142: severity P1"), "{}", scene.text());
    assert!(busy().press("s Esc").model.overlay.is_none());
}

#[test]
fn merging_is_harmless_until_another_incident_is_chosen() {
    for keys in ["m Enter", "m Enter Enter", "m Tab Enter", "m j Esc", "m j Enter Esc"] {
        let scene = busy().press(keys);
        assert!(orders(&scene).is_empty() && scene.model.overlay.is_none(), "{keys}");
    }
    let scene = busy().press("m j Enter").write("same deploy");
    assert!(scene.text().contains("goes on"), "{}", scene.text());
    let scene = scene.press("Enter");
    let other = fixture::busy().incidents[1].incident.id;
    let reason = "same deploy".into();
    assert_eq!(orders(&scene), [Command::Merge { incident: IncidentId(142), with: other, by: "wei".into(), reason }]);
    let mut alone = fixture::busy();
    alone.incidents.truncate(1);
    let scene = Scene::of(alone, SIZE).press("m");
    assert!(scene.text().contains("INC-0142 is the only open incident"), "{}", scene.text());
}

#[test]
fn a_supposed_change_is_asked_elsewhere_and_its_answer_stays_beside_the_film() {
    let scene = busy().press("5").told_past().press("w").write("target=99.5%").press("Enter");
    let asked = scene.effects.iter().any(|e| match e {
        Effect::Ask { question: Question::WhatIf(ask), .. } => &*ask.change == "target=99.5%",
        _ => false,
    });
    assert!(asked, "{:?}", scene.effects);
    assert!(scene.text().contains("judging every instant"), "keys work meanwhile: {}", scene.text());
    let scene = scene.press(". .").told_past();
    let told = "what if target=99.5%  first page 14:04:15 -> 14:10:00 (5m45s later)   pages 2 -> 1   tickets 0 -> 0";
    assert!(scene.text().contains(told), "{}", scene.text());
    let listed = scene.press("W");
    assert!(listed.text().contains("in force: 1") && listed.text().contains("target=99.5%: 0"), "{}", listed.text());
    let back = listed.press("Esc w C-u Enter");
    assert!(!back.text().contains("what if target"), "an empty line takes it back: {}", back.text());
}
