//! The replay: a film, a place in it, and whether it runs. While it is on, every screen shows the frame at its place.

use super::fetch::Fetch;
use crate::domain::base::{Mono, Ms, Span, Text};
use crate::domain::view::{Answer, Film, FilmAsk, FilmMark, Snapshot};
use std::sync::Arc;

/// Speeds that `<` and `>` step through, in seconds of the past a second.
pub const SPEEDS: [f64; 7] = [1.0, 2.0, 4.0, 16.0, 60.0, 240.0, 900.0];

/// A replay that is on.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What is replayed.
    pub ask: FilmAsk,
    /// The film, once it was made.
    pub fetch: Fetch,
    /// A change that is supposed, as it was typed.
    pub supposed: Option<Text>,
    /// What would have come of it.
    pub what_if: Fetch,
    /// Place in [`SPEEDS`].
    pub speed: usize,
    /// The moment shown when it was last moved; absent until the film is there.
    at: Option<Ms>,
    /// When it began to run from there; absent while it stands.
    running: Option<Mono>,
}

impl Replay {
    /// A replay of `ask`, not made yet.
    pub fn new(ask: FilmAsk) -> Self {
        Self { ask, fetch: Fetch::default(), supposed: None, what_if: Fetch::default(), speed: 4, at: None, running: None }
    }

    /// A replay that begins at a moment of its own.
    pub fn at_moment(ask: FilmAsk, at: Ms) -> Self {
        Self { at: Some(at), ..Self::new(ask) }
    }

    /// The film.
    pub const fn film(&self) -> Option<&Arc<Film>> {
        match self.fetch.answer() {
            Some(Answer::Film(film)) => Some(film),
            _ => None,
        }
    }

    /// It runs.
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// How fast it runs.
    pub fn times(&self) -> f64 {
        SPEEDS[self.speed.min(SPEEDS.len() - 1)]
    }

    /// The moment shown, within the film.
    pub fn at(&self, now: Mono) -> Ms {
        let Some(film) = self.film() else { return Ms::default() };
        let from = self.at.unwrap_or_else(|| Self::opening(film));
        let passed = self.running.map_or(0.0, |began| now.0.saturating_sub(began.0) as f64 * self.times());
        Ms(from.0.saturating_add(passed as i64)).clamp(film.from, film.to)
    }

    /// A film opens where the impact began, else at its start.
    fn opening(film: &Film) -> Ms {
        film.marks.iter().find(|m| m.sign == 'S').map_or(film.from, |m| m.at)
    }

    /// The frame at the moment shown.
    pub fn frame(&self, now: Mono) -> Option<&Arc<Snapshot>> {
        self.film()?.frame(self.at(now))
    }

    /// Goes to a moment; a running replay runs on from there.
    pub fn go(&mut self, at: Ms, now: Mono) {
        let Some(film) = self.film().cloned() else { return };
        self.at = Some(at.clamp(film.from, film.to));
        self.running = self.running.map(|_| now);
    }

    /// Runs, or stands. At its end it begins anew.
    pub fn toggle(&mut self, now: Mono) {
        let Some(film) = self.film().cloned() else { return };
        let at = self.at(now);
        self.at = Some(if self.running.is_none() && at >= film.to { film.from } else { at });
        self.running = if self.running.is_some() { None } else { Some(now) };
    }

    /// Faster or slower, from where it is.
    pub fn faster(&mut self, by: i64, now: Mono) {
        self.at = self.film().map(|_| self.at(now));
        self.running = self.running.map(|_| now);
        self.speed = (self.speed as i64 + by).clamp(0, SPEEDS.len() as i64 - 1) as usize;
    }

    /// Moves by so many frames.
    pub fn step(&mut self, frames: i64, now: Mono) {
        let Some(step) = self.film().map(|f| f.step) else { return };
        self.running = None;
        self.go(Ms(self.at(now).floor_to(step).0.saturating_add(step.0 * frames)), now);
    }

    /// The next or the previous moment worth a jump.
    pub fn jump(&mut self, on: bool, now: Mono) -> Option<FilmMark> {
        let (film, at) = (self.film().cloned()?, self.at(now));
        let mark = if on {
            film.marks.iter().find(|m| m.at > at)
        } else {
            film.marks.iter().rev().find(|m| m.at < at - Span::from_secs(1))
        };
        let mark = mark.cloned()?;
        self.go(mark.at, now);
        Some(mark)
    }

    /// Stands still at the film's end.
    pub fn settle(&mut self, now: Mono) {
        if self.running.is_some() && self.film().is_some_and(|f| self.at(now) >= f.to) {
            self.at = self.film().map(|f| f.to);
            self.running = None;
        }
    }
}
