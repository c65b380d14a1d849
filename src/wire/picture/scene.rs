//! A snapshot as a picture has it. SLOs and incidents stand once in tables beside the snapshots that show them: a film has
//! hundreds of snapshots of the same few, and a reader that knows the SLOs already need not be sent them again.
//!
//! An incident is sent as its entries and folded again; a snapshot says how many of them it knew.

use super::form::{Form, Num, Row, Wrong, form, in_reason, short, words};
use super::slo::SloForm;
use super::verdict::VerdictForm;
use crate::domain::base::{IncidentId, Ms, Place, Problem, ProblemLevel, Seq, Text};
use crate::domain::cost::{CostSheet, PartRate};
use crate::domain::incident::{Change, ChangeRecord, Entry, Fact, ImpactRecord, Incident};
use crate::domain::objective::Slo;
use crate::domain::view::{
    CostTicker, IncidentView, NextEvent, ReceiverHealth, RecentLine, Role, Signal, SloRow, Snapshot, SourceHealth, SourceState,
    Told,
};
use crate::wire::entry::{self, export};
use crate::wire::entry::{CostForm, ImpactForm};
use crate::wire::exact::MoneyText;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows, incidents and lines of one picture beyond which it is none of ours.
const MOST_ROWS: usize = 50_000;
const MOST_INCIDENTS: usize = 5_000;
const MOST_LINES: usize = 20_000;

/// An entry: its stored bytes and its hash.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntryForm {
    hash: Text,
    entry: Box<RawValue>,
}

impl EntryForm {
    /// What a cost was computed from stays where it is: screens show the sheet alone.
    pub(super) fn of(entry: &Entry) -> Result<Self, Wrong> {
        let told = |error: entry::StoredError| Wrong(error.to_string());
        let stored = match &entry.fact {
            Fact::Costed(sheet) if sheet.record.is_some() => {
                let fact = Fact::Costed(CostSheet { record: None, ..sheet.clone() });
                entry::encode(&Entry { fact, ..entry.clone() })
            }
            _ => entry::encode(entry),
        };
        let entry_json = RawValue::from_string(stored.map_err(told)?).map_err(|e| Wrong(e.to_string()))?;
        Ok(Self { hash: export::hex(&entry.hash).into(), entry: entry_json })
    }

    pub(super) fn back(&self) -> Result<Entry, Wrong> {
        let hash = export::unhex(&self.hash).ok_or_else(|| Wrong("a hash is 64 hexadecimal digits".into()))?;
        let entry = entry::decode(self.entry.get(), hash).map_err(|e| Wrong(e.to_string()))?;
        let _: Ms = entry.at.0.back()?;
        let _: Ms = entry.recorded_at.0.back()?;
        if let Fact::Costed(sheet) = &entry.fact {
            reasonable(sheet)?;
        }
        Ok(entry)
    }
}

/// No amount of a sheet is beyond reason.
fn reasonable(sheet: &CostSheet) -> Result<(), Wrong> {
    let lines = sheet.lines.iter().flat_map(|l| [Some(l.amount.amount), l.low, l.high, Some(l.unrounded)]);
    let restated = sheet.restates.as_ref().and_then(|r| r.total);
    lines.chain([sheet.total, sheet.low, sheet.high, restated]).flatten().try_for_each(|d| in_reason(d).map(drop))
}

/// The two small charts of a row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChartForm(Row, Row);

/// Tables under way: what snapshots refer to.
#[derive(Default)]
pub(super) struct Tables {
    slos: Vec<Arc<Slo>>,
    places: BTreeMap<Text, usize>,
    incidents: BTreeMap<IncidentId, Arc<Incident>>,
    /// Charts of rows in their order, where they stand apart from their rows.
    charts: Option<Vec<ChartForm>>,
}

impl Tables {
    /// For a picture: charts stay the same for minutes, rows do not. The rows of a film bring their own.
    pub(super) fn with_charts_apart() -> Self {
        Self { charts: Some(Vec::new()), ..Self::default() }
    }

    /// The charts of the next row, unless they stand apart.
    fn charts(&mut self, row: &SloRow) -> (Option<Row>, Option<Row>) {
        let (short, long) = (Form::of(&row.spark), Form::of(&row.spark_long));
        match &mut self.charts {
            Some(apart) => {
                apart.push(ChartForm(short, long));
                (None, None)
            }
            None => (Some(short), Some(long)),
        }
    }

    /// The charts that stand apart.
    pub(super) fn chart_forms(&self) -> &[ChartForm] {
        self.charts.as_deref().unwrap_or_default()
    }

    /// Where an SLO stands. Rules may change between two frames of a film only by another film.
    fn slo(&mut self, slo: &Arc<Slo>) -> usize {
        let Self { slos, places, .. } = self;
        *places.entry(slo.id.0.clone()).or_insert_with(|| {
            slos.push(Arc::clone(slo));
            slos.len() - 1
        })
    }

    /// Remembers the longest account of an incident; the length of this one.
    pub(super) fn incident(&mut self, incident: &Arc<Incident>) -> usize {
        let known = self.incidents.entry(incident.id).or_insert_with(|| Arc::clone(incident));
        if known.entries.len() < incident.entries.len() {
            *known = Arc::clone(incident);
        }
        incident.entries.len()
    }

    /// The SLOs' forms.
    pub(super) fn slo_forms(&self, at: Ms) -> Vec<SloForm> {
        self.slos.iter().map(|slo| SloForm::of(slo, at)).collect()
    }

    /// The incidents' entries.
    pub(super) fn incident_forms(&self) -> Result<Vec<IncidentForm>, Wrong> {
        self.incidents.values().map(|incident| IncidentForm::of(incident)).collect()
    }
}

/// An incident with everything that was recorded of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IncidentForm {
    id: u64,
    entries: Vec<EntryForm>,
}

impl IncidentForm {
    pub(super) fn of(incident: &Incident) -> Result<Self, Wrong> {
        let entries = incident.entries.iter().map(EntryForm::of).collect::<Result<_, _>>()?;
        Ok(Self { id: incident.id.0, entries })
    }

    /// Folds it from its entries.
    pub(super) fn back(self) -> Result<Arc<Incident>, Wrong> {
        let (id, count) = (self.id, self.entries.len());
        Known::of(Vec::new(), &[self])?.incident(id, count)
    }
}

/// The two small charts of a row, read back.
type Charts = (Arc<[f32]>, Arc<[f32]>);

/// What snapshots refer to, read back.
#[derive(Clone, Default)]
pub(super) struct Known {
    slos: Arc<[Arc<Slo>]>,
    entries: Arc<BTreeMap<u64, Vec<Entry>>>,
    folded: BTreeMap<(u64, usize), Arc<Incident>>,
    charts: Arc<[Charts]>,
}

impl Known {
    /// What rows that bring their charts refer to.
    pub(super) fn of(slos: Vec<SloForm>, incidents: &[IncidentForm]) -> Result<Self, Wrong> {
        let mut known = Self::default();
        known.slos(slos)?;
        known.incidents(incidents)?;
        Ok(known)
    }

    /// Takes SLOs in the place of those it has.
    pub(super) fn slos(&mut self, forms: Vec<SloForm>) -> Result<(), Wrong> {
        self.slos = forms.into_iter().map(|form| form.back().map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Takes incidents in the place of those it has.
    pub(super) fn incidents(&mut self, forms: &[IncidentForm]) -> Result<(), Wrong> {
        if forms.len() > MOST_INCIDENTS {
            return Err(Wrong(format!("it has more than {MOST_INCIDENTS} incidents")));
        }
        let mut entries = BTreeMap::new();
        for form in forms {
            entries.insert(form.id, form.entries.iter().map(EntryForm::back).collect::<Result<Vec<_>, _>>()?);
        }
        (self.entries, self.folded) = (Arc::new(entries), BTreeMap::new());
        Ok(())
    }

    /// Takes charts in the place of those it has.
    pub(super) fn charts(&mut self, forms: Vec<ChartForm>) -> Result<(), Wrong> {
        if forms.len() > MOST_ROWS {
            return Err(Wrong("it is larger than any picture of ours".into()));
        }
        let both = |ChartForm(short, long): ChartForm| Ok((short.back()?, long.back()?));
        self.charts = forms.into_iter().map(both).collect::<Result<_, Wrong>>()?;
        Ok(())
    }

    /// A row's charts, where it does not bring them.
    fn charts_of(&self, row: usize) -> Result<Charts, Wrong> {
        self.charts.get(row).cloned().ok_or_else(|| Wrong(format!("the charts of row {row} are shown and not told")))
    }

    /// An incident as its first entries make it.
    pub(super) fn incident(&mut self, id: u64, count: usize) -> Result<Arc<Incident>, Wrong> {
        if let Some(known) = self.folded.get(&(id, count)) {
            return Ok(Arc::clone(known));
        }
        let missing = || Wrong(format!("incident {id} is shown and not told"));
        let entries = self.entries.get(&id).and_then(|all| all.get(..count)).ok_or_else(missing)?;
        // Frames of a film know more and more: go on from the account before this one.
        let before = self.folded.range((id, 0)..(id, count)).next_back();
        let (mut folded, from) = before.map_or((None, 0), |((_, n), incident)| (Some(Incident::clone(incident)), *n));
        for entry in &entries[from..] {
            folded = Incident::fold(folded, entry).0;
        }
        let folded = Arc::new(folded.filter(|i| i.id.0 == id).ok_or_else(missing)?);
        self.folded.insert((id, count), Arc::clone(&folded));
        Ok(folded)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleForm {
    Leading,
    Recording,
    Following(Text),
    Watching,
    Replaying,
}

impl Form<Role> for RoleForm {
    fn of(value: &Role) -> Self {
        match value {
            Role::Leading => Self::Leading,
            Role::Recording => Self::Recording,
            Role::Following { leader } => Self::Following(leader.clone()),
            Role::Watching => Self::Watching,
            Role::Replaying => Self::Replaying,
        }
    }
    fn back(self) -> Result<Role, Wrong> {
        Ok(match self {
            Self::Leading => Role::Leading,
            Self::Recording => Role::Recording,
            Self::Following(leader) => Role::Following { leader },
            Self::Watching => Role::Watching,
            Self::Replaying => Role::Replaying,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceStateForm {
    Connecting,
    Filling { done: usize, all: usize },
    Live,
    Failing { since: i64, error: Text, tries: u32, next_try: Option<i64> },
}

impl Form<SourceState> for SourceStateForm {
    fn of(value: &SourceState) -> Self {
        match value {
            SourceState::Connecting => Self::Connecting,
            SourceState::Filling { done, all } => Self::Filling { done: *done, all: *all },
            SourceState::Live => Self::Live,
            SourceState::Failing { since, error, tries, next_try } => {
                Self::Failing { since: since.0, error: error.clone(), tries: *tries, next_try: Form::of(next_try) }
            }
        }
    }
    fn back(self) -> Result<SourceState, Wrong> {
        Ok(match self {
            Self::Connecting => SourceState::Connecting,
            Self::Filling { done, all } => SourceState::Filling { done, all },
            Self::Live => SourceState::Live,
            Self::Failing { since, error, tries, next_try } => {
                SourceState::Failing { since: since.back()?, error, tries, next_try: next_try.back()? }
            }
        })
    }
}

/// The Chinese of a sentence, where it is another one. It stands beside the English, which is all that older programs send and read.
fn chinese(told: &Told) -> Option<Text> {
    (told.zh != told.en).then(|| told.zh.clone())
}

fn told(en: Text, zh: Option<Text>) -> Told {
    Told { zh: zh.unwrap_or_else(|| en.clone()), en }
}

#[derive(Debug, Serialize, Deserialize)]
struct NextForm {
    at: i64,
    text: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zh: Option<Text>,
}

impl Form<NextEvent> for NextForm {
    fn of(value: &NextEvent) -> Self {
        Self { at: value.at.0, text: value.text.en.clone(), zh: chinese(&value.text) }
    }
    fn back(self) -> Result<NextEvent, Wrong> {
        Ok(NextEvent { at: self.at.back()?, text: told(self.text, self.zh) })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RecentForm {
    at: i64,
    severity: Option<Text>,
    text: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zh: Option<Text>,
    incident: Option<u64>,
}

impl Form<RecentLine> for RecentForm {
    fn of(value: &RecentLine) -> Self {
        Self {
            at: value.at.0,
            severity: Form::of(&value.severity),
            text: value.text.en.clone(),
            zh: chinese(&value.text),
            incident: Form::of(&value.incident),
        }
    }
    fn back(self) -> Result<RecentLine, Wrong> {
        let (at, severity, incident) = (self.at.back()?, self.severity.back()?, self.incident.back()?);
        Ok(RecentLine { at, severity, text: told(self.text, self.zh), incident })
    }
}

form!(SourceForm of SourceHealth { name: Text, state: SourceStateForm, last_good: Option<i64>, warnings: Vec<Text> });
form!(ReceiverForm of ReceiverHealth { name: Text, waiting: usize, last_delivered: Option<i64>, error: Option<Text> });

words!(LevelForm of ProblemLevel ("a level") { Warning = "warning", Error = "error" });

/// Where a problem is, without the text there: the file is not ours.
#[derive(Debug, Serialize, Deserialize)]
struct PlaceForm {
    file: Text,
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct ProblemForm {
    level: LevelForm,
    message: String,
    place: Option<PlaceForm>,
    hint: Option<String>,
}

impl Form<Problem> for ProblemForm {
    fn of(value: &Problem) -> Self {
        let place = value.place.as_ref().map(|p| PlaceForm { file: p.file.clone(), line: p.line, column: p.column });
        Self { level: Form::of(&value.level), message: value.message.clone(), place, hint: value.hint.clone() }
    }
    fn back(self) -> Result<Problem, Wrong> {
        let place = |p: PlaceForm| Place { file: p.file, line: p.line, column: p.column, span: 0..0, excerpt: "".into() };
        let problem = Problem { level: self.level.back()?, ..Problem::error("told-by-the-server", self.message) };
        Ok(Problem { place: self.place.map(place), hint: self.hint, ..problem })
    }
}

/// Units of signals: names the program knows.
const UNITS: [&str; 5] = ["ratio", "seconds", "per_minute", "burn", "value"];

#[derive(Debug, Serialize, Deserialize)]
struct SignalForm {
    name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zh: Option<Text>,
    unit: Text,
    values: Row,
    from: i64,
    to: i64,
    levels: Vec<(Text, Num)>,
}

impl Form<Signal> for SignalForm {
    fn of(value: &Signal) -> Self {
        Self {
            name: value.name.en.clone(),
            zh: chinese(&value.name),
            unit: value.unit.into(),
            values: Form::of(&value.values),
            from: value.from.0,
            to: value.to.0,
            levels: Form::of(&value.levels),
        }
    }
    fn back(self) -> Result<Signal, Wrong> {
        let unit = UNITS.into_iter().find(|u| *u == &*self.unit);
        Ok(Signal {
            unit: unit.ok_or_else(|| Wrong(format!("`{}` is no unit", short(&self.unit))))?,
            name: told(self.name, self.zh),
            values: self.values.back()?,
            from: self.from.back()?,
            to: self.to.back()?,
            levels: self.levels.back()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct TickerForm {
    so_far: Option<MoneyText>,
    per_minute: Option<MoneyText>,
    #[serde(default)]
    rates: Vec<RateForm>,
    at: i64,
    sheet: CostForm,
}

impl TickerForm {
    fn of(value: &CostTicker) -> Self {
        let sheet = CostSheet { record: None, ..CostSheet::clone(&value.sheet) };
        let (so_far, per_minute) = (value.so_far.map(MoneyText::from), value.per_minute.map(MoneyText::from));
        let rate = |part: &PartRate| RateForm {
            component: part.component.clone(),
            subject: part.subject.clone(),
            per_minute: part.per_minute.into(),
        };
        let rates = value.rates.iter().map(rate).collect();
        Self { so_far, per_minute, rates, at: value.at.0, sheet: CostForm::from(&sheet) }
    }

    fn back(self) -> Result<CostTicker, Wrong> {
        let sheet = CostSheet::try_from(self.sheet).map_err(Wrong)?;
        reasonable(&sheet)?;
        let money = |form: Option<MoneyText>| {
            let money = form.map(crate::domain::base::Money::from);
            money.map(|m| in_reason(m.amount).map(|_| m)).transpose()
        };
        Ok(CostTicker {
            so_far: money(self.so_far)?,
            per_minute: money(self.per_minute)?,
            rates: self.rates.into_iter().map(RateForm::back).collect::<Result<_, _>>()?,
            at: self.at.back()?,
            sheet: Arc::new(sheet),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct RateForm {
    component: Text,
    subject: Option<Text>,
    per_minute: MoneyText,
}

impl RateForm {
    fn back(self) -> Result<PartRate, Wrong> {
        let per_minute = crate::domain::base::Money::from(self.per_minute);
        in_reason(per_minute.amount)?;
        Ok(PartRate { component: self.component, subject: self.subject, per_minute })
    }
}

form!(ChangedForm of Change { title: Text, service: Option<Text>, kind: Text, version: Option<Text>, url: Option<Text> });

#[derive(Serialize, Deserialize)]
struct ChangeForm {
    id: u64,
    at: i64,
    by: Text,
    change: ChangedForm,
}

impl ChangeForm {
    fn of(record: &ChangeRecord) -> Self {
        Self { id: record.id.0, at: record.at.0, by: record.by.clone(), change: Form::of(&record.change) }
    }

    fn back(self) -> Result<ChangeRecord, Wrong> {
        Ok(ChangeRecord { id: Seq(self.id), at: self.at.back()?, by: self.by, change: self.change.back()? })
    }
}

#[derive(Serialize, Deserialize)]
struct ViewForm {
    id: u64,
    entries: usize,
    impact: Option<ImpactForm>,
    cost: Option<TickerForm>,
    signals: Vec<SignalForm>,
    next: Vec<NextForm>,
    budget_remaining: Option<Num>,
    exhausts_in_seconds: Option<Num>,
    runbook: Option<Text>,
    owner: Option<Text>,
    // Older servers send neither.
    #[serde(default)]
    acknowledge_within: Option<i64>,
    #[serde(default)]
    changes: Vec<ChangeForm>,
}

impl ViewForm {
    fn of(view: &IncidentView, tables: &mut Tables) -> Self {
        Self {
            id: view.incident.id.0,
            entries: tables.incident(&view.incident),
            impact: view.impact.as_deref().map(ImpactForm::from),
            cost: view.cost.as_ref().map(TickerForm::of),
            signals: Form::of(&view.signals),
            next: Form::of(&view.next),
            budget_remaining: Form::of(&view.budget_remaining),
            exhausts_in_seconds: Form::of(&view.exhausts_in_seconds),
            runbook: view.runbook.clone(),
            owner: view.owner.clone(),
            acknowledge_within: Form::of(&view.acknowledge_within),
            changes: view.changes.iter().map(ChangeForm::of).collect(),
        }
    }

    fn back(self, known: &mut Known) -> Result<IncidentView, Wrong> {
        Ok(IncidentView {
            incident: known.incident(self.id, self.entries)?,
            impact: self.impact.map(|f| Arc::new(ImpactRecord::from(f))),
            cost: self.cost.map(TickerForm::back).transpose()?,
            signals: self.signals.back()?,
            next: self.next.back()?,
            budget_remaining: self.budget_remaining.back()?,
            exhausts_in_seconds: self.exhausts_in_seconds.back()?,
            runbook: self.runbook,
            owner: self.owner,
            acknowledge_within: self.acknowledge_within.back()?,
            changes: self.changes.into_iter().map(ChangeForm::back).collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RowForm {
    slo: usize,
    group: Vec<(Text, Text)>,
    verdict: Option<VerdictForm>,
    /// Absent where charts stand apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spark: Option<Row>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spark_long: Option<Row>,
    stale: bool,
    incident: Option<u64>,
    owner: Option<Text>,
    doubts: Vec<Text>,
}

impl RowForm {
    fn of(row: &SloRow, tables: &mut Tables) -> Self {
        let (spark, spark_long) = tables.charts(row);
        Self {
            slo: tables.slo(&row.slo),
            group: Form::of(&row.group),
            verdict: row.verdict.as_deref().map(Form::of),
            spark,
            spark_long,
            stale: row.stale,
            incident: Form::of(&row.incident),
            owner: row.owner.clone(),
            doubts: row.doubts.to_vec(),
        }
    }

    /// The row at a place.
    fn back(self, place: usize, known: &Known) -> Result<SloRow, Wrong> {
        let slo = known.slos.get(self.slo).ok_or_else(|| Wrong(format!("SLO {} is shown and not told", self.slo)))?;
        let (spark, spark_long) = match (self.spark, self.spark_long) {
            (Some(short), Some(long)) => (short.back()?, long.back()?),
            _ => known.charts_of(place)?,
        };
        Ok(SloRow {
            slo: Arc::clone(slo),
            group: self.group.back()?,
            verdict: self.verdict.map(VerdictForm::back).transpose()?.map(Arc::new),
            spark,
            spark_long,
            stale: self.stale,
            incident: self.incident.back()?,
            owner: self.owner,
            doubts: self.doubts.into(),
        })
    }
}

/// A snapshot, less the tables.
#[derive(Serialize, Deserialize)]
pub(super) struct SceneForm {
    at: Option<i64>,
    data_through: Option<i64>,
    made: i64,
    number: u64,
    environment: Text,
    role: RoleForm,
    sources: Vec<SourceForm>,
    slos: Vec<RowForm>,
    incidents: Vec<ViewForm>,
    incident_count: usize,
    recent: Vec<RecentForm>,
    problems: Vec<ProblemForm>,
    receivers: Vec<ReceiverForm>,
    ledger_error: Option<Text>,
    history: Vec<Text>,
    speed: Option<Num>,
    ended: bool,
}

impl SceneForm {
    pub(super) fn of(s: &Snapshot, tables: &mut Tables) -> Self {
        Self {
            at: Form::of(&s.at),
            data_through: Form::of(&s.data_through),
            made: s.made.0,
            number: s.number,
            environment: s.environment.clone(),
            role: Form::of(&s.role),
            sources: Form::of(&s.sources),
            slos: s.slos.iter().map(|row| RowForm::of(row, tables)).collect(),
            incidents: s.incidents.iter().map(|view| ViewForm::of(view, tables)).collect(),
            incident_count: s.incident_count,
            recent: Form::of(&s.recent),
            problems: Form::of(&s.problems),
            receivers: Form::of(&s.receivers),
            ledger_error: s.ledger_error.clone(),
            history: s.history.clone(),
            speed: Form::of(&s.speed),
            ended: s.ended,
        }
    }

    pub(super) fn back(self, known: &mut Known) -> Result<Snapshot, Wrong> {
        let lines = self.recent.len() + self.problems.len() + self.receivers.len() + self.sources.len() + self.history.len();
        if self.slos.len() > MOST_ROWS || self.incidents.len() > MOST_INCIDENTS || lines > MOST_LINES {
            return Err(Wrong("it is larger than any picture of ours".into()));
        }
        let slos = self.slos.into_iter().enumerate().map(|(place, row)| row.back(place, known)).collect::<Result<_, _>>()?;
        Ok(Snapshot {
            at: self.at.back()?,
            data_through: self.data_through.back()?,
            made: self.made.back()?,
            number: self.number,
            environment: self.environment,
            role: self.role.back()?,
            sources: self.sources.back()?,
            slos,
            incidents: self.incidents.into_iter().map(|view| view.back(known)).collect::<Result<_, _>>()?,
            incident_count: self.incident_count,
            recent: self.recent.back()?,
            problems: self.problems.back()?,
            receivers: self.receivers.back()?,
            ledger_error: self.ledger_error,
            history: self.history,
            speed: self.speed.back()?,
            ended: self.ended,
            attached: None,
        })
    }
}
