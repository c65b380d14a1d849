//! Ways around the dashboard: the palette, the screen before, copying, files, the mouse, texts to be read.

use super::fixture;
use super::scene::Scene;
use burnledger::domain::base::IncidentId;
use burnledger::domain::view::{Answer, Command, Question};
use burnledger::tui::model::{Overlay, Tab};
use burnledger::tui::{Effect, Msg, Written};

const SIZE: (u16, u16) = (120, 36);

fn busy() -> Scene {
    Scene::of(fixture::busy(), SIZE)
}

fn copied(scene: &Scene) -> String {
    let text = scene.effects.iter().rev().find_map(|e| if let Effect::Copy(text) = e { Some(text.clone()) } else { None });
    text.expect("something was copied")
}

#[test]
fn the_palette_does_what_its_first_match_is_called() {
    let scene = busy().press(":").write("ackn").press("Enter");
    let acked = |e: &Effect| matches!(e, Effect::Order { command: Command::Acknowledge { .. }, .. });
    assert!(scene.effects.iter().any(acked), "{:?}", scene.effects);
    assert_eq!(busy().press(":").write("heat").press("Enter").model.tab, Tab::Heat);
    assert_eq!(busy().press(": q").press("Esc").effects, [], "q is a letter");
    let wrong = busy().press(":").write("no such thing").press("Enter");
    assert!(wrong.text().contains("nothing here is called so"));
    assert_eq!(busy().press(":").write("quit").press("Enter").effects, [Effect::Quit]);
}

#[test]
fn the_palette_opens_an_incident_by_number_also_one_that_only_the_ledger_has() {
    let here = busy().press("1 :").write("open 142").press("Enter");
    assert_eq!((here.model.tab, here.model.on_screen().map(|v| v.incident.id)), (Tab::Incident, Some(IncidentId(142))));
    let mut scene = Scene::of(fixture::calm(), SIZE).press(":").write("open INC-0142").press("Enter");
    let asked = scene.effects.iter().find_map(|e| match e {
        Effect::Ask { ticket, question: Question::Incident(IncidentId(142)) } => Some(*ticket),
        _ => None,
    });
    let incident = fixture::busy().incidents.iter().find(|v| v.incident.id == IncidentId(142)).map(|v| v.incident.clone());
    scene.tell(Msg::Answer { ticket: asked.expect("the ledger is asked"), result: Ok(Answer::Incident(incident)) });
    assert_eq!((scene.model.tab, scene.model.on_screen().map(|v| v.incident.id)), (Tab::Incident, Some(IncidentId(142))));
    let mut none = Scene::of(fixture::calm(), SIZE).press(":").write("open 9").press("Enter");
    let ticket = none.model.opening.expect("asked");
    none.tell(Msg::Answer { ticket, result: Ok(Answer::Incident(None)) });
    assert!(none.text().contains("there is no incident of that number"));
    assert!(busy().press(":").write("open x").press("Enter").text().contains("write `open` and an incident's number"));
}

#[test]
fn a_dash_goes_back_and_forth_between_two_screens_and_still_zooms_where_time_runs() {
    let scene = busy().press("1 3 -");
    assert_eq!(scene.model.tab, Tab::Overview);
    assert_eq!(scene.press("`").model.tab, Tab::History, "on the overview time runs too, so a dash zooms");
    let slo = busy().press("1 d");
    let zoom = slo.model.slo.stretch.zoom;
    let slo = slo.press("-");
    assert_eq!((slo.model.tab, slo.model.slo.stretch.zoom), (Tab::Slo, zoom + 1));
    assert_eq!(slo.press("`").model.tab, Tab::Overview);
}

#[test]
fn copying_takes_the_incident_or_the_row_as_one_clean_text() {
    let incident = copied(&busy().press("y"));
    assert!(incident.starts_with("INC-0142 P0 checkout-api\nsince "), "{incident}");
    assert!(incident.contains("cost so far ") && !incident.contains('\u{1b}'), "{incident}");
    let row = copied(&busy().press("1 y"));
    assert!(
        row.starts_with("slo checkout-api/availability") && row.contains("  severity P0  ") && row.contains("burn 5m 58"),
        "{row}"
    );
    let order = copied(&busy().press("P"));
    assert_eq!(order, "burnledger report INC-0142 --out INC-0142.md");
}

#[test]
fn the_screen_or_its_whole_table_becomes_a_file() {
    let saved = |keys: &str| {
        let scene = busy().press(keys);
        let found = scene.effects.iter().find_map(|e| match e {
            Effect::Save { stem, ending, text } => Some((stem.clone(), *ending, text.clone())),
            _ => None,
        });
        found.expect("a file")
    };
    let (stem, ending, csv) = saved("1 e c");
    assert!(stem.starts_with("burnledger-overview-20") && ending == "csv", "{stem}.{ending}");
    let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 1 + fixture::busy().slos.len(), "every row, not only those in view");
    assert!(
        rows[0].starts_with("slo,group,team,severity,state,")
            && rows.iter().any(|r| r.starts_with("checkout-api/availability,,"))
    );
    assert!(!csv.contains(",'-"), "a negative budget is a number: {csv}");
    let (_, _, text) = saved("1 e t");
    assert!(text.contains("checkout-api/availability") && !text.contains("into a file"), "the screen, not the dialog");
    assert!(saved("e s").2.starts_with("<svg"));
    let drawn = busy().press("1 e p");
    let pixels = |e: &Effect| match e {
        Effect::Draw { stem, grid } => {
            stem.starts_with("burnledger-overview-")
                && grid.width == usize::from(SIZE.0)
                && grid.cells.iter().any(|c| c.symbol == "▁")
        }
        _ => false,
    };
    assert!(drawn.effects.iter().any(pixels) && !drawn.text().contains("into a file"), "the screen, not the dialog");
    let table = |keys: &str, way: &str| {
        let scene = busy().press(keys).told_past().press(way);
        scene
            .effects
            .iter()
            .rev()
            .find_map(|e| if let Effect::Save { text, .. } = e { Some(text.clone()) } else { None })
            .expect("a file")
    };
    let lines = table("2", "e c");
    assert!(lines.starts_with("incident,at,kind,text,who\r\nINC-0142,2026-"), "{lines}");
    assert!(lines.contains(",note,\"rolled back checkout 4.18.2 -> 4.18.1 in eu-1, "), "{lines}");
    let burn = table("1 d", "e c");
    assert!(burn.starts_with("slo,group,from,to,burn,bad,total\r\ncheckout-api/availability,,2026-"), "{burn}");
    let cells = table("4", "e c").lines().count() - 1;
    assert!(cells > 600 && cells.is_multiple_of(fixture::busy().slos.len()), "every cell of every SLO: {cells}");
    let latency = table("4 j Tab", "e c");
    assert!(latency.starts_with("slo,group,from,to,bucket_seconds,share\r\n") && latency.contains(",+Inf,"), "{latency}");
    assert!(table("3", "e c").starts_with("incident,severity,service,phase,"));
    let mut told = busy();
    told.tell(Msg::Saved(Err("read-only file system".into())));
    assert!(told.text().contains("nothing was written: read-only file system"));
    let written = |lacking: &str| Msg::Saved(Ok(Written { name: "a.png".into(), lacking: lacking.into() }));
    told.tell(written(""));
    assert!(told.text().contains("written: a.png") && !told.text().contains("no font"), "{}", told.text());
    told.tell(written("一二三四五六七八"));
    let text = told.text().replace(' ', "");
    assert!(text.contains("a.png,butnofontherehas一二三四五六...(Debian:fonts-noto-cjk)"), "{}", told.text());
}

#[test]
fn a_team_is_a_filter() {
    let mut world = fixture::calm();
    world.slos[0].owner = Some("Payments-Core".into());
    let mine = world.slos[0].slo.id.clone();
    let scene = Scene::of(world, SIZE).press("/").write("team:payments").press("Enter");
    let snapshot = scene.model.shown().unwrap();
    let shown: Vec<_> = scene.model.list.order.iter().map(|i| snapshot.slos[*i].slo.id.clone()).collect();
    assert_eq!(shown, [mine]);
}

#[test]
fn a_click_selects_a_second_one_opens_and_a_dialog_takes_none() {
    let mut scene = busy().press("1");
    let top = burnledger::tui::view::layout::body(&scene.model, 120, 36).top as u16 + 2;
    scene.tell(Msg::Click(10, top + 2));
    assert_eq!((scene.model.list.at, scene.model.tab), (2, Tab::Overview));
    scene.tell(Msg::Wheel(1));
    scene.tell(Msg::Click(10, top + 2));
    assert_eq!(scene.model.list.at, 2);
    scene.tell(Msg::Click(10, top + 2));
    assert_ne!(scene.model.tab, Tab::Overview, "opened");
    let mut asking = busy().press("R");
    asking.tell(Msg::Click(10, 30));
    assert!(matches!(asking.model.overlay, Some(Overlay::Resolve(_))));
}

#[test]
fn texts_in_front_of_a_screen() {
    Scene::of(fixture::troubled(), (80, 24)).press("L").check("log_80x24");
}
