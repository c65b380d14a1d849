//! What people order, wisely or not: they take incidents, end them too early, merge, split, reopen, declare and silence.

use super::house::owner_of;
use crate::sim::past::Dice;
use burnledger::app::desk::LedgerDesk;
use burnledger::app::notices::{Author, silence};
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Severity, SloId, Span, Text};
use burnledger::domain::incident::{Act, Declaration, Entry, Incident, Incidents, Scope, Silence};
use burnledger::domain::view::Command;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::Clock;
use std::sync::Arc;

/// Something that people did and that stands.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    /// By a clock that is right.
    pub(crate) at: Ms,
    /// By the machine's own.
    pub(crate) wall: Ms,
    pub(crate) services: Vec<Text>,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// They say that it is over, or that users are served again.
    Ended,
    Silenced {
        /// By the watch's own clock.
        until: Ms,
    },
    Other,
}

pub(super) struct People {
    pub(super) ledger: MemoryLedger,
    pub(super) clock: Arc<ManualClock>,
    /// Everything they were told is recorded.
    pub(super) acknowledged: Vec<Entry>,
    pub(super) deeds: Vec<Deed>,
    orders: usize,
}

impl People {
    pub(super) const fn new(ledger: MemoryLedger, clock: Arc<ManualClock>) -> Self {
        Self { ledger, clock, acknowledged: Vec::new(), deeds: Vec::new(), orders: 0 }
    }

    /// One order, by what the ledger says now. `at` is the right time.
    pub(super) async fn act(&mut self, at: Ms, dice: &mut Dice) {
        let desk = LedgerDesk::new(Arc::new(self.ledger.clone()), Arc::clone(&self.clock) as Arc<dyn Clock>, "cli");
        let Ok(all) = desk.incidents().await else { return };
        if dice.one_in(14) {
            return self.silence(at, dice).await;
        }
        let Some((command, what)) = choose(&all, dice) else { return };
        let incident = command.incident().and_then(|id| all.get(id));
        let services = incident.map(|i| i.services.iter().map(|(name, _)| name.clone()).collect()).unwrap_or_default();
        self.orders += 1;
        // A refusal is an answer as well: somebody acknowledges what is only suspected.
        if let Ok(entries) = desk.carry_out(CommitId(format!("order-{}", self.orders).into()), command).await {
            self.acknowledged.extend(entries);
            self.deeds.push(Deed { at, wall: self.clock.now().wall, services, what });
        }
    }

    async fn silence(&mut self, at: Ms, dice: &mut Dice) {
        let service = ["web", "api", "db", "mail"][dice.between(0, 4)];
        let now = self.clock.now();
        let until = now.wall + Span::from_mins(dice.between(2, 9) as i64);
        let scope = Scope { service: Some(service.into()), ..Scope::default() };
        let author = Author { by: "bob".into(), source: "cli".into(), now, once: None };
        let wanted = Silence { scope, from: now.wall, until, reason: "planned".into() };
        if let Ok(entry) = silence(&self.ledger, wanted, false, &author).await {
            self.acknowledged.push(entry);
            self.deeds.push(Deed { at, wall: now.wall, services: vec![service.into()], what: What::Silenced { until } });
        }
    }
}

fn choose(all: &Incidents, dice: &mut Dice) -> Option<(Command, What)> {
    let live: Vec<&Arc<Incident>> = all.live().collect();
    let by = Text::from("ann");
    let reason = Text::from("as people do");
    if live.is_empty() || dice.one_in(8) {
        return of_the_past(all, by, reason, dice);
    }
    let one = live[dice.between(0, live.len())];
    let (incident, act) = (one.id, |act| Command::Act { incident: one.id, by: "ann".into(), act });
    Some(match dice.between(0, 16) {
        0..=4 => (Command::Acknowledge { incident, by }, What::Other),
        5 => (Command::Unacknowledge { incident, by }, What::Other),
        6 | 7 => (Command::Resolve { incident, by, reason, at: None, findings: vec![] }, What::Ended),
        8 => (act(Act::Mitigate { reason, at: None }), What::Ended),
        9 | 10 => {
            let with = live[dice.between(0, live.len())].id;
            (Command::Merge { incident, with, by, reason }, What::Other)
        }
        11 | 12 => {
            let (service, _) = &one.services[dice.between(0, one.services.len())];
            (Command::Split { incident, services: vec![service.clone()], by, reason }, What::Other)
        }
        _ => (Command::Note { incident, by, note: "seen".into() }, What::Other),
    })
}

/// What is done when nothing burns: something is reopened, closed or declared.
fn of_the_past(all: &Incidents, by: Text, reason: Text, dice: &mut Dice) -> Option<(Command, What)> {
    if dice.one_in(6) {
        let service = ["web", "api", "db", "mail"][dice.between(0, 4)];
        let what = Declaration {
            service: service.into(),
            slos: vec![SloId::new(service, "availability")],
            severity: if dice.one_in(2) { Severity::P0 } else { Severity::P1 },
            title: format!("{} hears complaints", owner_of(service)).into(),
            since: None,
            drill: false,
            rulebook: "".into(),
        };
        return Some((Command::Declare { by, what }, What::Other));
    }
    let IncidentId(last) = all.iter().next_back()?.id;
    let incident = IncidentId(dice.between(0, last as usize) as u64 + 1);
    let act = if dice.one_in(2) { Act::Reopen { reason, at: None } } else { Act::Close { reason } };
    Some((Command::Act { incident, by, act }, What::Other))
}
