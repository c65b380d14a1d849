//! A desk with a hand-made world behind it: orders change the incident by the real rules, so that screens show what follows.

use super::fixture;
use burnledger::domain::base::{CommitId, Now, Seq};
use burnledger::domain::incident::{Entry, Incident, IncidentRef, NewEntry};
use burnledger::domain::view::{Answer, Command, Question, Refusal, Snapshot};
use burnledger::ports::{Clock, Desk, Job};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// The desk. Its snapshots are moved to the clock's present, so that ages are true.
pub struct TableDesk {
    world: Mutex<Snapshot>,
    tell: watch::Sender<Arc<Snapshot>>,
    clock: Arc<dyn Clock>,
    /// Orders carried out.
    pub done: AtomicUsize,
    /// How it misbehaves.
    manner: Manner,
}

/// How a desk misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Not at all.
    #[default]
    Good,
    /// Orders take half a second.
    Slow,
    /// Orders panic.
    Rude,
    /// Asking it for snapshots panics, on the screen's own thread.
    Broken,
}

impl TableDesk {
    pub fn new(world: Snapshot, clock: Arc<dyn Clock>, manner: Manner) -> Self {
        let (tell, _) = watch::channel(Arc::new(Snapshot::default()));
        let desk = Self { world: Mutex::new(world), tell, clock, done: AtomicUsize::new(0), manner };
        desk.publish();
        desk
    }

    /// Sends the world as it is, made now.
    pub fn publish(&self) {
        let mut world = self.world.lock().unwrap();
        let shift = self.clock.now().wall.0 - fixture::NOW.0;
        world.made = burnledger::domain::base::Ms(fixture::NOW.0 + shift);
        let mut shown = world.clone();
        for instant in [&mut shown.at, &mut shown.data_through].into_iter().flatten() {
            instant.0 += shift;
        }
        self.tell.send_replace(Arc::new(shown));
    }

    fn carry_out(&self, command: &Command, now: Now) -> Result<Vec<Entry>, Refusal> {
        let id = command.incident().expect("the dashboard orders things of one incident");
        let mut world = self.world.lock().unwrap();
        let view = world.incidents.iter_mut().find(|v| v.incident.id == id).ok_or(Refusal::Unknown(id))?;
        let mut incident = (*view.incident).clone();
        let new = command.decide(&incident, &"tui".into(), now.wall)?;
        let entries: Vec<Entry> = new.into_iter().map(|entry| recorded(entry, &incident, now)).collect();
        for entry in &entries {
            incident.apply(entry).expect("a decided entry applies");
        }
        view.incident = Arc::new(incident);
        Ok(entries)
    }
}

fn recorded(entry: NewEntry, incident: &Incident, now: Now) -> Entry {
    let IncidentRef::Known(id) = entry.incident else { panic!("orders are about known incidents") };
    Entry {
        seq: Seq(incident.last_seq.0 + 1),
        incident: id,
        fact: entry.fact,
        at: entry.at,
        recorded_at: now.wall,
        actor: entry.actor,
        source: entry.source,
        corrects: entry.corrects,
        commit: CommitId("table".into()),
        hash: [0; 32],
    }
}

impl Desk for TableDesk {
    fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        assert!(self.manner != Manner::Broken, "the desk is broken");
        self.tell.subscribe()
    }

    fn ask(&self, _question: Question) -> Job<'_, Result<Answer, Refusal>> {
        Box::pin(async { Ok(Answer::Incidents(Vec::new())) })
    }

    fn order(&self, _id: CommitId, command: Command) -> Job<'_, Result<Vec<Entry>, Refusal>> {
        Box::pin(async move {
            assert!(self.manner != Manner::Rude, "the desk is rude");
            if self.manner == Manner::Slow {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            self.done.fetch_add(1, Ordering::SeqCst);
            let done = self.carry_out(&command, self.clock.now());
            self.publish();
            done
        })
    }
}
