//! Time on the overview: its pictures of burn are moved and widened, its numbers stay those of the present.

use super::fixture;
use super::scene::Scene;
use burnledger::domain::base::Span;
use burnledger::domain::view::{Lookback, PastOf, Question, Refusal};
use burnledger::tui::{Effect, Msg};

const SIZE: (u16, u16) = (120, 36);

fn busy() -> Scene {
    Scene::of(fixture::busy(), SIZE).press("1")
}

/// The past that is asked for.
fn asked(scene: &Scene) -> Vec<Lookback> {
    let past = |e: &Effect| match e {
        Effect::Ask { question: Question::Past(ask), .. } => Some(ask.clone()),
        _ => None,
    };
    scene.effects.iter().filter_map(past).collect()
}

/// A row of the list, less its picture.
fn numbers(scene: &Scene, name: &str) -> Vec<String> {
    let text = scene.text();
    let line = text.lines().find(|l| l.contains(name) && l.contains('%')).unwrap_or_default().to_owned();
    line.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).map(String::from).collect()
}

#[test]
fn six_hours_up_to_now_come_with_every_snapshot_and_nothing_is_asked() {
    assert_eq!(asked(&busy()), []);
    assert!(busy().text().contains("LAST 6h") && busy().text().contains("last 6h (log)"));
}

#[test]
fn a_moved_stretch_is_asked_once_drawn_and_told_and_0_goes_back() {
    let now = fixture::busy().at.expect("an instant");
    let scene = busy().press("[");
    let ask = &asked(&scene)[0];
    assert_eq!((asked(&scene).len(), &ask.of), (1, &PastOf::AllBurn));
    assert!(ask.to <= now - Span::from_mins(90) && ask.to > now - Span::from_mins(95), "{ask:?}");
    assert!(scene.text().contains("reading history"), "{}", scene.text());
    let told = scene.told_past();
    let text = told.text();
    for words in ["6h TO 13:01", "charts 6h up to 13:01   0 back to now", "burn by", "6h up to 13:01 (log)"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(!text.contains("LAST 6h") && !text.contains("reading history"), "{text}");
    assert_eq!(numbers(&told, "checkout-api"), numbers(&busy(), "checkout-api"), "numbers are of the present");
    let back = told.press("0");
    assert!(back.text().contains("LAST 6h") && !back.text().contains("0 back to now"), "{}", back.text());
    // To the right of the present there is nothing.
    assert!(busy().press("]").text().contains("LAST 6h"));
}

#[test]
fn a_longer_and_a_shorter_stretch_follow_the_present() {
    let long = busy().press("- -").told_past();
    assert!(long.text().contains("LAST 3d") && long.text().contains("last 3d (log)"), "{}", long.text());
    assert!(!long.text().contains("0 back to now"), "it is up to the present");
    let short = long.press("+ + + +").told_past();
    assert!(short.text().contains("LAST 1h"), "{}", short.text());
    let other = short.press("[").told_past();
    assert!(other.text().contains("1h TO 14:16"), "{}", other.text());
    // The time of other screens stays theirs.
    assert!(other.press("d").told_past().text().contains("last 6h"), "the SLO's screen has its own time");
}

#[test]
fn narrow_screens_and_rows_that_are_not_known_say_so_too() {
    let small = Scene::of(fixture::busy(), (80, 24)).press("1 j j [").told_past();
    assert!(small.text().contains("charts 6h up to 13:01   0 back to now"), "{}", small.text());
    let mut scene = busy().press("[");
    let ticket = scene.effects.iter().find_map(|e| if let Effect::Ask { ticket, .. } = e { Some(*ticket) } else { None });
    let result = Err(Refusal::NotNow("the engine is busy".into()));
    scene.tell(Msg::Answer { ticket: ticket.expect("asked"), result });
    assert!(scene.text().contains("not shown: "), "{}", scene.text());
}

#[test]
fn a_film_has_its_own_time() {
    let scene = busy().press("5").told_past().press("1 [ +");
    assert!(scene.text().contains("in a replay time is moved on screen 5"), "{}", scene.text());
    assert!(scene.text().contains("LAST 6h"));
    assert_eq!(asked(&scene), []);
}
