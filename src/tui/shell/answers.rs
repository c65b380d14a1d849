//! What a terminal answers to a question about its ground comes by the way of keys; here it is taken out.
//!
//! Only the ground is asked for (OSC 11), once, behind the first picture, and nothing ever waits for the answer: it may come at
//! once, late, in pieces, or never. The reader of keys makes keys of it (Alt-], 1, 1, ...); keys that could be an answer's beginning
//! are held for a moment, and what is an answer is swallowed up to its end. A fence behind the question (DA1, as others send)
//! would tell nothing here: that same reader keeps its answer to itself. Deliberately absent: any other question.

use crate::domain::base::Mono;
use crate::tui::theme::Ground;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Duration;

/// The question, ended by BEL: the answer then ends in one byte, too.
pub(super) const QUESTION: &[u8] = b"\x1b]11;?\x07";
/// The colour that is asked for.
const GROUND: u16 = 11;
/// Keys that could begin an answer are held so long, in milliseconds; the rest of a beginning comes with it or soon after.
const HOLD: u64 = 50;
/// An answer that has begun ends when nothing more of it came for so long, in milliseconds.
const PAUSE: u64 = 1000;
/// No answer is awaited after so long, in milliseconds.
const AWAITED: u64 = 60_000;
/// A terminal that answers at all mostly does so in so long, in milliseconds: whoever leaves before leaves its answer to the shell.
const USUAL: u64 = 1000;
/// No answer is longer.
const LONGEST: usize = 256;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Takes answers out of what comes in.
#[derive(Default)]
pub(super) struct Answers {
    asked: Option<Mono>,
    at: At,
    text: String,
    held: Vec<Event>,
    /// When the last part of an answer came.
    last: Mono,
}

/// How far an answer is read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Nothing,
    Escape,
    Number(u16),
    Body(u16),
    /// An escape in the body: its end, or a key.
    End(u16),
}

/// What came.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What a person did.
    pub(super) events: Vec<Event>,
    /// What the terminal said of its ground.
    pub(super) ground: Option<Ground>,
}

/// What an event was to an answer.
enum Step {
    Part,
    Whole(u16),
    None,
}

impl Answers {
    /// The question was sent.
    pub(super) fn ask(&mut self, now: Mono) {
        self.asked = Some(now);
    }

    /// The answer may still come by the time a person is back in the shell.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.asked.is_some_and(|asked| now.0.saturating_sub(asked.0) < USUAL)
    }

    /// Sorts an event.
    pub(super) fn hear(&mut self, event: Event, now: Mono) -> Heard {
        let mut heard = Heard::default();
        self.forget(now);
        if self.asked.is_none() {
            heard.events.push(event);
            return heard;
        }
        let begun = self.at;
        let step = bytes(&event).map_or(Step::None, |bytes| self.step(&bytes));
        match (step, self.at) {
            (Step::Whole(number), _) => {
                self.held.clear();
                self.at = At::Nothing;
                if number == GROUND {
                    self.asked = None;
                    heard.ground = ground(&self.text);
                }
            }
            (Step::Part, At::Body(_)) => {
                self.held.clear();
                self.last = now;
            }
            (Step::Part, _) => {
                self.held.push(event);
                self.last = now;
            }
            // Not every key ends an answer: Ctrl-C, say, or an arrow between its pieces.
            (Step::None, _) if matches!(begun, At::Body(_)) && bytes(&event).is_none() => {
                self.at = begun;
                heard.events.push(event);
            }
            (Step::None, _) => {
                self.at = At::Nothing;
                heard.events.append(&mut self.held);
                if begun == At::Nothing {
                    heard.events.push(event);
                } else {
                    let again = self.hear(event, now);
                    heard.events.extend(again.events);
                }
            }
        }
        heard
    }

    /// How long held keys are held still; nothing when there are none.
    pub(super) fn patience(&self, now: Mono) -> Option<Duration> {
        let passed = now.0.saturating_sub(self.last.0);
        (!self.held.is_empty()).then(|| Duration::from_millis(HOLD.saturating_sub(passed)))
    }

    /// The held keys were keys, it seems. What follows is still taken for an answer if it goes on as one.
    pub(super) fn let_go(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.held)
    }

    fn forget(&mut self, now: Mono) {
        let since = |then: Mono| now.0.saturating_sub(then.0);
        if matches!(self.at, At::Body(_) | At::End(_)) && since(self.last) > PAUSE {
            self.at = At::Nothing;
        }
        if self.at == At::Nothing && self.asked.is_some_and(|asked| since(asked) > AWAITED) {
            self.asked = None;
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Step {
        for byte in bytes {
            self.at = match (self.at, *byte) {
                (At::Nothing, ESC) => At::Escape,
                (At::Escape, b']') => At::Number(0),
                (At::Number(n), digit @ b'0'..=b'9') if n < 1000 => At::Number(n * 10 + u16::from(digit - b'0')),
                (At::Number(n), b';') if n > 0 => {
                    self.text.clear();
                    At::Body(n)
                }
                (At::Body(n), BEL) | (At::End(n), b'\\') => return Step::Whole(n),
                (At::Body(n), ESC) => At::End(n),
                (At::Body(n), letter @ b' '..=b'~') if self.text.len() < LONGEST => {
                    self.text.push(char::from(letter));
                    At::Body(n)
                }
                _ => return Step::None,
            };
        }
        Step::Part
    }
}

/// The bytes that the reader of keys made this event of, if they can be in an answer.
fn bytes(event: &Event) -> Option<Vec<u8>> {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else { return None };
    let modifiers = modifiers.difference(KeyModifiers::SHIFT);
    match code {
        KeyCode::Esc if modifiers.is_empty() => Some(vec![ESC]),
        KeyCode::Char('g') if modifiers == KeyModifiers::CONTROL => Some(vec![BEL]),
        KeyCode::Char(c @ ' '..='~') if modifiers.is_empty() => Some(vec![*c as u8]),
        KeyCode::Char(c @ ' '..='~') if modifiers == KeyModifiers::ALT => Some(vec![ESC, *c as u8]),
        _ => None,
    }
}

/// Light or dark, by how light a colour looks: `rgb:ffff/ffff/ffff` with one to four digits each, also `rgba:`, or `#ffffff`.
fn ground(text: &str) -> Option<Ground> {
    let parts: Vec<&str> = match (text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:")), text.strip_prefix('#')) {
        (Some(parts), _) => parts.split('/').collect(),
        (None, Some(digits)) if digits.is_ascii() && digits.len() % 3 == 0 && !digits.is_empty() => {
            let each = digits.len() / 3;
            vec![&digits[..each], &digits[each..2 * each], &digits[2 * each..]]
        }
        _ => return None,
    };
    let share = |digits: &&str| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?).filter(|_| (1..=4).contains(&digits.len()))? - 1;
        Some(f64::from(u32::from_str_radix(digits, 16).ok()?) / f64::from(most))
    };
    let shares: Vec<f64> = parts.iter().take(3).map(share).collect::<Option<_>>()?;
    let [r, g, b] = shares[..] else { return None };
    // ITU-R BT.709's weights of the three.
    Some(if 0.2126 * r + 0.7152 * g + 0.0722 * b >= 0.5 { Ground::Light } else { Ground::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIGHT: &[u8] = b"\x1b]11;rgb:ffff/fafa/e6e6\x07";
    const ASKED: Mono = Mono(5000);

    fn asked() -> Answers {
        let mut answers = Answers::default();
        answers.ask(ASKED);
        answers
    }

    fn key(c: u8, more: KeyModifiers) -> Event {
        let shift = if c.is_ascii_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        Event::Key(KeyEvent::new(KeyCode::Char(char::from(c)), more | shift))
    }

    /// What the reader of keys makes of bytes that come together.
    fn read(bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            events.push(match (first, after.first()) {
                (&ESC, Some(next)) if *next != ESC => {
                    rest = &after[1..];
                    key(*next, KeyModifiers::ALT)
                }
                (&ESC, _) => Event::Key(KeyCode::Esc.into()),
                (b'\r', _) => Event::Key(KeyCode::Enter.into()),
                (control @ 1..=0x1a, _) => key(control - 1 + b'a', KeyModifiers::CONTROL),
                (letter, _) => key(*letter, KeyModifiers::NONE),
            });
        }
        events
    }

    /// Everything that is heard of pieces; each comes `apart` milliseconds after the one before, and what is held too long is let go.
    fn hear(answers: &mut Answers, pieces: &[&[u8]], apart: u64) -> Heard {
        let (mut all, mut now) = (Heard::default(), Mono(ASKED.0 + 2000));
        for piece in pieces {
            for event in read(piece) {
                let heard = answers.hear(event, now);
                all.events.extend(heard.events);
                all.ground = all.ground.or(heard.ground);
            }
            now = Mono(now.0 + apart);
            if answers.patience(now) == Some(Duration::ZERO) {
                all.events.extend(answers.let_go());
            }
        }
        all
    }

    fn only(ground: Option<Ground>) -> Heard {
        Heard { events: vec![], ground }
    }

    #[test]
    fn an_answer_is_no_key_whatever_its_form() {
        for (answer, ground) in [
            (LIGHT, Some(Ground::Light)),
            (b"\x1b]11;rgb:1d1d/1f1f/2121\x1b\\", Some(Ground::Dark)),
            (b"\x1b]11;rgb:f/f/f\x07", Some(Ground::Light)),
            (b"\x1b]11;rgba:00/00/00/ff\x07", Some(Ground::Dark)),
            (b"\x1b]11;#fdf6e3\x07", Some(Ground::Light)),
            (b"\x1b]11;?\x07", None),
            (b"\x1b]11;q: what is that? /1/2/q\x1b\\", None),
            (b"\x1b]11;rgb:zz//ffffffff\x07", None),
            (b"\x1b]11;#ffff\x07", None),
            (b"\x1b]10;rgb:0000/0000/0000\x07", None),
            (b"\x1b]11;\x07", None),
        ] {
            assert_eq!(hear(&mut asked(), &[answer], 0), only(ground), "{}", answer.escape_ascii());
        }
    }

    #[test]
    fn keys_around_an_answer_are_heard_and_after_it_nothing_is_held() {
        let mut answers = asked();
        let heard = hear(&mut answers, &[b"j", LIGHT, b"\x1b", b"q"], 0);
        assert_eq!((heard.events, heard.ground), ([read(b"j"), read(b"\x1b"), read(b"q")].concat(), Some(Ground::Light)));
        assert!(!answers.is_due(ASKED));
        assert_eq!(hear(&mut answers, &[LIGHT], 0).events, read(LIGHT), "nobody asked for this one");
        assert_eq!(hear(&mut Answers::default(), &[LIGHT], 0).events, read(LIGHT));
    }

    #[test]
    fn keys_that_begin_like_an_answer_are_keys() {
        for typed in
            [&b"\x1b]"[..], b"\x1b]x", b"\x1b]1x", b"\x1bx", b"\x1b]12345;", b"\x1b]\r", b"\x1b];", b"]11;rgb:q", b"\x07q"]
        {
            assert_eq!(hear(&mut asked(), &[typed, b"k", b"k"], HOLD).events, read(&[typed, b"kk"].concat()), "{typed:?}");
        }
        // Esc alone is a key after a moment, and both of two are.
        assert_eq!(hear(&mut asked(), &[b"\x1b"], HOLD).events, read(b"\x1b"));
        assert_eq!(hear(&mut asked(), &[b"\x1b", b"\x1b"], 10).events, read(b"\x1b"), "the second is still held");
        assert!(hear(&mut asked(), &[b"\x1b"], HOLD - 1).events.is_empty());
    }

    #[test]
    fn an_answer_without_an_end_swallows_no_more_than_a_moment() {
        let begun = &LIGHT[..12];
        let mut answers = asked();
        assert_eq!(
            hear(&mut answers, &[begun, b"\x03", b"\r"], 0).events,
            [read(b"\x03"), read(b"\r")].concat(),
            "these always pass"
        );
        assert_eq!(hear(&mut answers, &[b"f", b"j"], PAUSE + 1).events, read(b"j"));
        let long = [begun, &[b'f'; 300]].concat();
        let passed = hear(&mut asked(), &[&long], 0).events.len();
        assert!(passed > 0 && passed < 80, "what is longer than any answer is none: {passed}");
    }

    #[test]
    fn who_leaves_early_waits_for_the_answer_and_after_a_minute_nobody_does() {
        let mut answers = asked();
        assert!(answers.is_due(Mono(ASKED.0 + USUAL - 1)) && !answers.is_due(Mono(ASKED.0 + USUAL)));
        assert!(!Answers::default().is_due(ASKED));
        let after = Mono(ASKED.0 + AWAITED + 1);
        let escape = read(b"\x1b").remove(0);
        assert_eq!(answers.hear(escape.clone(), after), Heard { events: vec![escape], ground: None });
    }

    proptest! {
        /// In whatever pieces an answer comes: none is a key while they come soon after each other, and of one that comes by and by
        /// no more than its beginning can be taken for keys.
        #[test]
        fn pieces_of_an_answer_are_no_keys(cuts in proptest::collection::vec(1..LIGHT.len(), 0..6), apart in 0..900_u64, st: bool) {
            let whole = if st { [&LIGHT[..LIGHT.len() - 1], b"\x1b\\"].concat() } else { LIGHT.to_vec() };
            let mut ends: Vec<usize> = cuts.into_iter().chain([0, whole.len()]).collect();
            ends.sort_unstable();
            let pieces: Vec<&[u8]> = ends.windows(2).map(|w| &whole[w[0]..w[1]]).filter(|p| !p.is_empty()).collect();
            let heard = hear(&mut asked(), &pieces, apart);
            prop_assert_eq!(heard.ground, Some(Ground::Light));
            if apart < HOLD {
                prop_assert!(heard.events.is_empty(), "{:?}", heard.events);
            } else {
                let beginning = [read(b"\x1b"), read(b"]11"), read(b"\x1b]")].concat();
                prop_assert!(heard.events.iter().all(|e| beginning.contains(e)), "{:?}", heard.events);
            }
        }

        /// Whatever comes: nothing is made up, and the order stays.
        #[test]
        fn what_passes_is_what_came(bytes in proptest::collection::vec(prop_oneof![Just(ESC), Just(b']'), Just(b'1'), Just(b';'), Just(BEL), 1..127_u8], 0..60)) {
            let events = read(&bytes);
            let mut left = events.iter();
            let mut answers = asked();
            let mut passed = hear(&mut answers, &[&bytes], 0).events;
            passed.extend(answers.let_go());
            prop_assert!(passed.iter().all(|p| left.any(|e| e == p)), "{:?} of {:?}", passed, events);
        }
    }
}
