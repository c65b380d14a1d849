//! The desk over a ledger: orders become entries, questions are answered from the fold of all entries.
//!
//! Used beside a running watch (which learns of orders by tailing the ledger) as well as by verbs that need no engine.
//! Deliberately absent: what an order does (`domain/incident`), and making snapshots (the engine).

use crate::clock::SystemClock;
use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Text, clean_line};
use crate::domain::incident::{Entry, Incident, Incidents};
use crate::domain::objective::{Change, Rulebook};
use crate::domain::paging::{Commit, Dispatch};
use crate::domain::review::stats::{Change as Rollout, Standards, Targets};
use crate::domain::view::{
    Answer, Command, Film, FilmAsk, Lookback, Past, Question, Refusal, Snapshot, Values, ValuesAsk, WhatIf, WhatIfAsk,
};
use crate::engine::live::Asked;
use crate::engine::state::Settings;
use crate::formats::what_if;
use crate::jobs::Order;
use crate::jobs::film::{film, rules_of, stretch_of};
use crate::jobs::values::values;
use crate::jobs::what_if::what_if;
use crate::ledger::{MemoryLedger, SqliteLedger};
use crate::ports::{Clock, Desk, Job, Ledger, LedgerError, MetricSource, source_of};
use crate::words::time;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};

/// Entries read at once.
const READ: usize = 1_000;

/// How often an order is decided anew because others recorded something meanwhile.
const TRIES: usize = 8;

/// A desk over a ledger.
pub struct LedgerDesk {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    source: Text,
    folded: Mutex<Incidents>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    questions: Option<mpsc::Sender<Asked>>,
    studio: Option<Studio>,
    looking: Semaphore,
}

/// Questions for values that are put to the source at once: the evaluation's own reads come first.
const LOOKING: usize = 2;

/// So much of a name is told back.
const NAME: usize = 60;

/// What films are made of.
#[derive(Clone)]
pub struct Studio {
    /// Rules in force.
    pub rules: watch::Receiver<Arc<Rulebook>>,
    /// What the engine is told.
    pub settings: Settings,
    /// Where the past is.
    pub source: Arc<dyn MetricSource>,
    /// Feeds read at once.
    pub concurrency: usize,
    /// What shares of incidents are held against.
    pub targets: Targets,
}

impl LedgerDesk {
    /// A desk whose orders are marked as coming from `source` (`cli`, `tui`, `api`). Its snapshots stay empty.
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, source: &str) -> Self {
        let (_, snapshots) = watch::channel(Arc::default());
        let looking = Semaphore::new(LOOKING);
        Self { ledger, clock, source: source.into(), folded: Mutex::default(), snapshots, questions: None, studio: None, looking }
    }

    /// The same, with the snapshots and the history of a running engine.
    #[must_use]
    pub fn of_engine(self, snapshots: watch::Receiver<Arc<Snapshot>>, questions: mpsc::Sender<Asked>) -> Self {
        Self { snapshots, questions: Some(questions), ..self }
    }

    /// The same, with films of the past.
    #[must_use]
    pub fn with_studio(self, studio: Studio) -> Self {
        Self { studio: Some(studio), ..self }
    }

    /// A desk over the ledger's file, which must be there, by the system's clock.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn at_file(path: &Path, source: &str) -> Result<Self, LedgerError> {
        Ok(Self::new(open_existing_ledger(path).await?, Arc::new(SystemClock::new()), source))
    }

    /// The instant this desk's orders carry.
    pub fn now(&self) -> Ms {
        self.clock.now().wall
    }

    /// The ledger it is over.
    pub fn ledger(&self) -> &dyn Ledger {
        &*self.ledger
    }

    /// Both clocks.
    pub fn instant(&self) -> Now {
        self.clock.now()
    }

    /// Every incident as of now.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn incidents(&self) -> Result<Incidents, LedgerError> {
        let mut folded = self.folded.lock().await;
        catch_up(&*self.ledger, &mut folded).await?;
        Ok(folded.clone())
    }

    /// Every page of an incident, ended or not.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn pages(&self, incident: IncidentId) -> Result<Vec<Dispatch>, LedgerError> {
        self.ledger.dispatches(Some(incident)).await
    }

    /// Carries an order out once, telling the ledger's own errors apart from refusals.
    ///
    /// # Errors
    /// Refused, or the ledger cannot be used.
    pub async fn carry_out(&self, id: CommitId, command: Command) -> Result<Vec<Entry>, OrderError> {
        let mut conflict = None;
        for _ in 0..TRIES {
            let incidents = self.incidents().await?;
            let earlier = of_commit(&incidents, command.incident(), &id);
            if !earlier.is_empty() {
                return Ok(earlier);
            }
            let now = self.clock.now();
            let entries = command.decide_among(&incidents, &self.source, now.wall)?;
            if entries.is_empty() {
                return Ok(Vec::new());
            }
            let decided_at = (!command.is_remark()).then_some(incidents.last_seq());
            let commit = Commit { id: id.clone(), entries, dispatches: Vec::new(), decided_at };
            match self.ledger.commit(commit, None, now).await {
                Err(LedgerError::Conflict { incident }) => conflict = Some(LedgerError::Conflict { incident }),
                other => return Ok(other?),
            }
        }
        Err(OrderError::Ledger(conflict.unwrap_or_else(|| LedgerError::Refused("the order was not decided".into()))))
    }
}

impl LedgerDesk {
    /// Asks the engine's own history.
    async fn past(&self, ask: Lookback) -> Result<Arc<Past>, Refusal> {
        let gone = || Refusal::NotNow("no engine runs behind this view, so it has no history to look into".into());
        let (answer, answered) = oneshot::channel();
        let questions = self.questions.as_ref().ok_or_else(gone)?;
        questions.send((ask, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

impl LedgerDesk {
    /// Asks the source for the values of an expression.
    async fn values(&self, ask: &ValuesAsk) -> Result<Values, Refusal> {
        let no = |why: String| Refusal::NotNow(why.into());
        let studio = self.studio.as_ref().ok_or_else(|| no("no source of samples stands behind this view".into()))?;
        // The question may come from another program.
        crate::query::parse(&ask.expr).map_err(|error| no(error.message))?;
        if let Some(name) = ask.source.as_deref().filter(|name| !studio.source.has(name)) {
            let name = clean_line(name, NAME);
            return Err(no(format!("there is no source `{name}` here; `sources` of the configuration names them")));
        }
        let source = source_of(&studio.source, ask.source.as_deref());
        let _turn = self.looking.acquire().await.map_err(|e| no(e.to_string()))?;
        values(&*source, ask).await.map_err(|error| no(error.to_string()))
    }
}

impl LedgerDesk {
    /// Makes a film out of the past that the source holds.
    async fn film(&self, ask: &FilmAsk) -> Result<Film, Refusal> {
        let (order, about) = self.stage(ask).await?;
        let (instants, slos, step) = (order.instants(), order.book.slos.len(), order.book.timing.step);
        if Film::apart(instants, slos, Film::MOST_ROWS, step).is_none() {
            let most = Film::longest(slos, step);
            let what = format!("{instants} instants of {slos} SLOs are too many to hold; ask for at most {}", time::span(most));
            return Err(Refusal::NotNow(what.into()));
        }
        Ok(film(Order { draws: true, ..order }, about).await)
    }

    /// Judges a stretch by the rules in force and by others.
    async fn what_if(&self, ask: &WhatIfAsk) -> Result<WhatIf, Refusal> {
        let no = |why: String| Refusal::NotNow(why.into());
        let change = change(&ask.change)?;
        let (order, _) = self.stage(&ask.film).await?;
        let other = change.checked(&order.book).map_err(no)?;
        Ok(what_if(order, ask.change.clone(), Arc::new(other)).await)
    }

    /// The stretch that a film is about, with the rules of what it is about.
    async fn stage(&self, ask: &FilmAsk) -> Result<(Order, Option<Arc<Incident>>), Refusal> {
        let no = |why: &str| Refusal::NotNow(why.into());
        let studio = self.studio.as_ref().ok_or_else(|| no("no source of samples stands behind this view"))?;
        let book = studio.rules.borrow().clone();
        let until = (self.clock.now().wall - book.timing.settle).floor_to(book.timing.step);
        let (about, (from, to), book) = match ask {
            FilmAsk::Stretch { from, to } => (None, (*from, (*to).min(until)), book),
            FilmAsk::Incident(id) => {
                let incidents = self.incidents().await.map_err(|e| Refusal::Ledger(e.to_string().into()))?;
                let incident = incidents.get(*id).cloned().ok_or(Refusal::Unknown(*id))?;
                let stretch = stretch_of(&incident, until).ok_or_else(|| no("when it began is not known"))?;
                let book = Arc::new(rules_of(&book, &incident));
                (Some(incident), stretch, book)
            }
        };
        if from >= until {
            return Err(Refusal::NotNow(format!("{from} has not come: samples have settled through {until}").into()));
        }
        if from >= to || book.slos.is_empty() {
            return Err(no("nothing of this stretch can be evaluated: it is empty, or no SLO of it is in force any more"));
        }
        let order = Order::new(book, studio.settings.clone(), Arc::clone(&studio.source), (from, to));
        Ok((Order { concurrency: studio.concurrency, ..order }, about))
    }
}

/// Reads a change as people write it. Files are not read for a screen, which may stand on another machine.
fn change(text: &str) -> Result<Change, Refusal> {
    let names_a_file = |word: &str| word.starts_with("severity=") && word.contains(['/', '.', '\\']);
    if text.split_whitespace().any(names_a_file) {
        return Err(Refusal::NotNow("here `severity=` takes the policies that come along, no files".into()));
    }
    what_if::read(&[text.to_owned()], &[]).map_err(|problems| {
        let told = problems.first().map(|p| match &p.hint {
            Some(hint) => format!("{}; {hint}", p.message),
            None => p.message.clone(),
        });
        Refusal::NotNow(told.unwrap_or_default().into())
    })
}

/// Why an order came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It makes no sense now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What an earlier order of the same id recorded: on the incident it names, or on any of the newest when it opens one.
fn of_commit(all: &Incidents, incident: Option<IncidentId>, id: &CommitId) -> Vec<Entry> {
    let newest = all.iter().rev().take(READ).filter(|_| incident.is_none());
    let named = incident.and_then(|id| all.get(id));
    let entries = named.into_iter().chain(newest).flat_map(|i| i.entries.iter());
    entries.filter(|entry| entry.commit == *id).cloned().collect()
}

/// Folds in what was recorded since.
async fn catch_up(ledger: &dyn Ledger, folded: &mut Incidents) -> Result<(), LedgerError> {
    loop {
        let entries = ledger.since(folded.last_seq(), READ).await?;
        folded.extend(&entries);
        if entries.len() < READ {
            return Ok(());
        }
    }
}

/// Every incident of a ledger, folded from its first entry on.
///
/// # Errors
/// The ledger cannot be read.
pub async fn fold_all(ledger: &dyn Ledger) -> Result<(Incidents, Seq), LedgerError> {
    let mut folded = Incidents::default();
    catch_up(ledger, &mut folded).await?;
    let last = folded.last_seq();
    Ok((folded, last))
}

impl Desk for LedgerDesk {
    fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    fn ask(&self, question: Question) -> Job<'_, Result<Answer, Refusal>> {
        Box::pin(async move {
            let incidents = async || self.incidents().await.map_err(|e| Refusal::Ledger(e.to_string().into()));
            Ok(match question {
                Question::Incident(id) => Answer::Incident(incidents().await?.get(id).cloned()),
                Question::Incidents { limit } => Answer::Incidents(incidents().await?.newest(limit)),
                Question::Standards => {
                    let targets = self.studio.as_ref().map(|studio| studio.targets).unwrap_or_default();
                    Answer::Standards(Arc::new(Standards { changes: Rollout::recorded(&incidents().await?), targets }))
                }
                Question::Past(ask) => Answer::Past(self.past(ask).await?),
                Question::Film(ask) => Answer::Film(Arc::new(self.film(&ask).await?)),
                Question::WhatIf(ask) => Answer::WhatIf(Arc::new(self.what_if(&ask).await?)),
                Question::Values(ask) => Answer::Values(Arc::new(self.values(&ask).await?)),
            })
        })
    }

    fn hurry(&self) {
        if let Some(studio) = &self.studio {
            studio.source.hurry();
        }
    }

    fn order(&self, id: CommitId, command: Command) -> Job<'_, Result<Vec<Entry>, Refusal>> {
        Box::pin(async move {
            self.carry_out(id, command).await.map_err(|error| match error {
                OrderError::Refused(refusal) => refusal,
                OrderError::Ledger(error) => Refusal::Ledger(error.to_string().into()),
            })
        })
    }
}

/// Opens the ledger's file, and makes it when there is none.
///
/// # Errors
/// As [`SqliteLedger::open`].
pub async fn open_ledger(path: &Path) -> Result<Arc<dyn Ledger>, LedgerError> {
    opened(path, SqliteLedger::open).await
}

/// Opens the ledger's file, which must be there: for verbs that only look at what was recorded.
///
/// # Errors
/// As [`SqliteLedger::open_existing`].
pub async fn open_existing_ledger(path: &Path) -> Result<Arc<dyn Ledger>, LedgerError> {
    opened(path, SqliteLedger::open_existing).await
}

/// A ledger that holds nothing and is gone with the program: for views of samples alone.
pub fn no_ledger() -> Arc<dyn Ledger> {
    Arc::new(MemoryLedger::new(super::nonce()))
}

async fn opened(path: &Path, open: fn(&Path) -> Result<SqliteLedger, LedgerError>) -> Result<Arc<dyn Ledger>, LedgerError> {
    let owned = path.to_owned();
    let broken = |e| LedgerError::Unavailable { path: path.display().to_string(), why: format!("opening was broken off ({e})") };
    let ledger = tokio::task::spawn_blocking(move || open(&owned)).await.map_err(broken)??;
    Ok(Arc::new(ledger))
}
