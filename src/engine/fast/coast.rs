//! Coasting: through the instants at which it is sure that no verdict would say anything new, sealing and nothing else.
//!
//! What is sure is asked of every judge once and holds for a while (`judge/kernel/calm`); from then on an instant costs a few
//! comparisons, however many rulebooks stand side by side. Whatever might be news is left to [`Fast::tick`].

use super::{Beside, Case, Fast, FeedRef};
use crate::domain::base::Ms;
use crate::domain::judge::Lull;

/// Of every SLO of the first rulebook, how long each of its tracks is calm for all.
type Lulls = Vec<Vec<Lull>>;

impl Fast {
    /// Goes on after `from`, which was judged or rested, as long as nothing new is to be said, through `to` at most. Everything
    /// is sealed through the instant it came to, and maybe through the one after it. Where burn rates are followed `hear` is
    /// told of every instant.
    pub fn coast(&mut self, from: Ms, to: Ms, hear: &mut dyn FnMut(&Self, Ms)) -> Ms {
        let (width, follows) = (self.case.state.board.step(), self.case.state.board.follows);
        let due = self.waiting.values().filter_map(|waiting| waiting.front()).map(|(due, _)| *due - width).min();
        let to = due.map_or(to, |due| to.min(due));
        let mut lulls = Lulls::new();
        if from >= to || !self.decides_nothing(from + width) || !self.lulls(from, &mut lulls) {
            return from;
        }
        self.case.state.forget_impacts();
        let mut at = from;
        while at < to {
            let next = at + width;
            for feed in self.waiting.keys() {
                self.case.state.board.take(*feed, next, &[]);
            }
            if !(self.case.lasts(&lulls, next) || self.lulls(next, &mut lulls)) {
                break;
            }
            at = next;
            if follows {
                self.follow_burns(at);
                hear(self, at);
            }
        }
        at
    }

    /// No incident has anything to come, and all that is measured is measured by the first rulebook's feeds.
    fn decides_nothing(&mut self, at: Ms) -> bool {
        self.case.state.rests(at) && self.beside.iter_mut().all(|beside| beside.own.is_empty() && beside.case.state.rests(at))
    }

    /// Asks every judge anew; false where one has something to say.
    fn lulls(&mut self, at: Ms, all: &mut Lulls) -> bool {
        let Self { case, beside, .. } = self;
        let slos = &mut case.state.board.slos;
        all.resize_with(slos.len(), Vec::new);
        all.iter_mut().for_each(Vec::clear);
        let own = slos.iter_mut().zip(all.iter_mut()).all(|(feed, lulls)| feed.lulls(None, at, lulls).is_some());
        own && beside.iter_mut().all(|beside| beside.lulls(case, at, all).is_some())
    }

    fn follow_burns(&mut self, at: Ms) {
        let Self { case, beside, .. } = self;
        case.state.board.slos.iter_mut().for_each(|feed| feed.follow(None, at));
        for Beside { case: other, borrows, .. } in beside {
            for (mine, lent) in borrows {
                let (FeedRef::Slo(mine), FeedRef::Slo(lent)) = (mine, lent) else { continue };
                let tracks = case.state.board.slos.get(*lent).map(|feed| feed.meter.tracks());
                if let Some(feed) = other.state.board.slos.get_mut(*mine) {
                    feed.follow(tracks, at);
                }
            }
        }
    }
}

impl Case {
    fn lasts(&self, lulls: &Lulls, at: Ms) -> bool {
        self.state.board.slos.iter().zip(lulls).all(|(feed, lulls)| {
            let tracks = feed.meter.tracks();
            tracks.len() == lulls.len() && tracks.iter().zip(lulls).all(|(track, lull)| lull.lasts(track, at))
        })
    }
}

impl Beside {
    fn lulls(&mut self, lender: &Case, at: Ms, all: &mut Lulls) -> Option<()> {
        for (mine, lent) in &self.borrows {
            let (FeedRef::Slo(mine), FeedRef::Slo(lent)) = (mine, lent) else { continue };
            let tracks = lender.state.board.slos.get(*lent)?.meter.tracks();
            self.case.state.board.slos.get_mut(*mine)?.lulls(Some(tracks), at, all.get_mut(*lent)?)?;
        }
        Some(())
    }
}
