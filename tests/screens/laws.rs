//! Laws: whatever happens, in whatever order, on a terminal of whatever size, the screens neither panic nor lie about their
//! width, and nothing is ordered without a key that orders.

use super::fixture;
use super::scene::Scene;
use burnledger::chart::Charset;
use burnledger::domain::view::{Refusal, Role, Snapshot, SourceState};
use burnledger::tui::export::cells;
use burnledger::tui::theme::Depth;
use burnledger::tui::{Code, Key, Msg};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static WORLDS: LazyLock<Vec<Arc<Snapshot>>> = LazyLock::new(|| {
    let odd = {
        let mut world = fixture::busy();
        for row in &mut world.slos {
            let mut verdict = row.verdict.as_deref().cloned().unwrap_or_default();
            verdict.windows.iter_mut().for_each(|w| w.burn_rate = Some(f64::INFINITY));
            verdict.budget.remaining = Some(f64::NAN);
            verdict.budget.exhausts_in_seconds = Some(f64::MAX);
            row.verdict = Some(Arc::new(verdict));
            row.spark = vec![f32::NAN, f32::INFINITY, -1.0, 1e30].into();
        }
        world.incidents[0].exhausts_in_seconds = Some(f64::NEG_INFINITY);
        world.data_through = Some(burnledger::domain::base::Ms(i64::MAX));
        world.made = burnledger::domain::base::Ms(i64::MIN);
        world
    };
    let filling = Snapshot { sources: vec![fixture::source(SourceState::Filling { done: 0, all: 0 })], ..fixture::connecting() };
    let replay = Snapshot { role: Role::Replaying, speed: Some(f64::INFINITY), ..fixture::busy() };
    [
        Snapshot::default(),
        fixture::busy(),
        fixture::calm(),
        fixture::stale(),
        fixture::connecting(),
        fixture::troubled(),
        odd,
        filling,
        replay,
    ]
    .into_iter()
    .map(Arc::new)
    .collect()
});

#[derive(Clone, Debug)]
enum Step {
    Key(Key),
    World(usize),
    Size(u16, u16),
    Later(i64),
    Paste(String),
    Answer(bool),
    CutOff,
    Wheel(i64),
    Click(u16, u16),
}

fn key() -> impl Strategy<Value = Key> {
    let code = prop_oneof![
        8 => prop::sample::select("12345?qjkgGaunRoO/ hlx0dwt[]+-i.,<>:yeLcbPs".chars().collect::<Vec<_>>()).prop_map(Code::Char),
        1 => any::<char>().prop_map(Code::Char),
        4 => prop::sample::select(vec![Code::Enter, Code::Esc, Code::Tab, Code::BackTab, Code::Up, Code::Down, Code::Left, Code::Right,
            Code::Home, Code::End, Code::PageUp, Code::PageDown, Code::Backspace, Code::Delete]),
    ];
    (code, prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(|(code, ctrl, alt)| Key { code, ctrl, alt })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => key().prop_map(Step::Key),
        3 => (0..9_usize).prop_map(Step::World),
        2 => (0..200_u16, 0..80_u16).prop_map(|(w, h)| Step::Size(w, h)),
        2 => (0..100_000_i64).prop_map(Step::Later),
        1 => "\\PC{0,30}\\s\\PC{0,5}".prop_map(Step::Paste),
        1 => any::<bool>().prop_map(Step::Answer),
        1 => Just(Step::CutOff),
        1 => (-5..5_i64).prop_map(Step::Wheel),
        2 => (0..200_u16, 0..80_u16).prop_map(|(x, y)| Step::Click(x, y)),
    ]
}

fn take(mut scene: Scene, step: Step) -> Scene {
    match step {
        Step::Key(key) => scene.tell(Msg::Key(key)),
        Step::World(i) => scene.tell(Msg::Snapshot(Arc::clone(&WORLDS[i]))),
        Step::Size(w, h) => scene.tell(Msg::Resize(w, h)),
        Step::Later(seconds) => return scene.later(seconds),
        Step::Paste(text) => scene.tell(Msg::Paste(text)),
        Step::Answer(well) => {
            let ticket = scene.model.next_ticket.saturating_sub(1);
            let result = if well { Ok(()) } else { Err(Refusal::ReadOnly("\x1b[2J".into())) };
            scene.tell(Msg::Reply { ticket, result });
        }
        Step::CutOff => scene.tell(Msg::CutOff),
        Step::Wheel(rows) => scene.tell(Msg::Wheel(rows)),
        Step::Click(x, y) => scene.tell(Msg::Click(x, y)),
    }
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_panics_and_every_cell_is_harmless(
        steps in prop::collection::vec(step(), 1..40),
        charset in prop::sample::select(vec![Charset::Unicode, Charset::Narrow, Charset::Ascii]),
        depth in prop::sample::select(vec![Depth::TrueColor, Depth::Mono]),
    ) {
        let mut scene = Scene::new((100, 30), charset, depth);
        for step in steps {
            scene = take(scene, step);
            let buf = cells(&scene.model);
            for cell in buf.content() {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell);
                prop_assert!(charset != Charset::Ascii || cell.symbol().is_ascii(), "{:?}", cell);
                let plain = cell.fg == ratatui::style::Color::Reset && cell.bg == ratatui::style::Color::Reset;
                prop_assert!(depth != Depth::Mono || plain, "{:?}", cell);
            }
        }
    }

    #[test]
    fn the_selected_row_is_always_in_view(keys in prop::collection::vec(key(), 0..60), height in 15..50_u16) {
        let mut scene = Scene::of(fixture::busy(), (100, height)).press("1");
        for key in keys {
            scene.tell(Msg::Key(key));
        }
        let scene = scene.press("Esc Esc Esc 1");
        let list = &scene.model.list;
        if let Some(place) = scene.model.shown().and_then(|s| list.place(s)) {
            let rows = burnledger::tui::view::layout::list_rows(&scene.model);
            prop_assert!(place >= list.top && place < list.top + rows, "{} not in {}..{}", place, list.top, list.top + rows);
        }
    }

    #[test]
    fn time_and_snapshots_alone_never_order_anything(worlds in prop::collection::vec(0..9_usize, 0..20)) {
        let mut scene = Scene::new((100, 30), Charset::Unicode, Depth::Mono);
        for world in worlds {
            scene = take(take(scene, Step::World(world)), Step::Later(30));
        }
        // A bell is no order.
        prop_assert!(scene.effects.iter().all(|effect| *effect == burnledger::tui::Effect::Bell), "{:?}", scene.effects);
    }
}
