//! Which SLIs are counted here and which the server adds up: those of whose selectors one matches more series than
//! `count_up_to` (SEMANTICS has no figure; `measure::COUNT_UP_TO` argues the default).
//!
//! The size of a selector is the greatest number of series it had at the whole hours of the last day, or now. So the answer
//! needs no memory: every process, also after a restart, finds the same one, and an SLI is counted again only after a whole
//! day below the limit. Sources are asked little: one table of numbers for each metric and set of labels that selectors fix;
//! only what may be too large by that is asked for by itself. Deliberately absent: telling people, and carrying history over.

use crate::domain::base::{Interval, Labels, Ms, SloId, Span, Text};
use crate::domain::measure::{Ask, AskedPlan, CountedPlan, MatchOp, Plan, Sample, Selector};
use crate::domain::objective::{Rulebook, Slo};
use crate::ports::{MetricSource, SourceError, source_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rules whose plans fit what the sources have.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The rules.
    pub book: Arc<Rulebook>,
    /// What is measured in another way than before.
    pub switches: Vec<Switch>,
    /// Questions that failed, each error once; the SLOs behind them stay as they were.
    pub errors: Vec<SourceError>,
}

/// An SLI that is measured in the other way from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its SLO.
    pub slo: SloId,
    /// The SLO's service.
    pub service: Text,
    /// The server adds up from now on; otherwise it is counted here again.
    pub pushed_down: bool,
    /// Why, as a sentence.
    pub text: Text,
}

/// Numbers are looked at over this long before the present.
pub const LOOK_BACK: Span = Span::from_days(1);
/// ... at so many instants at most, and at whole hours.
const INSTANTS: i64 = 100;
const HOUR: Span = Span::from_hours(1);
/// The distance of scrapes is told from so long.
const SCRAPES: Span = Span::from_mins(10);
/// Windows of the server's increases: the shortest that holds four scrapes. Few, so that a scrape more or less changes nothing.
const WINDOWS: [Span; 7] = [
    Span::from_mins(1),
    Span::from_mins(2),
    Span::from_mins(5),
    Span::from_mins(10),
    Span::from_mins(15),
    Span::from_mins(30),
    Span::from_hours(1),
];
/// Four scrapes, less what is missing when a window holds one more than usual.
const FOUR_SCRAPES: f64 = 3.8;
/// Characters of a selector in a sentence.
const SHOWN: usize = 200;

/// Chooses for every SLO of `book`, by what its source had in `over`. `before` are the rules in force: what the server adds up
/// already goes on as it does.
pub async fn choose(source: &Arc<dyn MetricSource>, book: &Arc<Rulebook>, before: Option<&Rulebook>, over: Interval) -> Chosen {
    let (mut sizes, mut errors) = (BTreeMap::new(), Vec::new());
    let names: BTreeSet<Option<Text>> = book.slos.iter().map(|slo| slo.source.clone()).collect();
    for name in names {
        let asker = Asker { source: source_of(source, name.as_deref()), over, step: book.timing.step };
        let limits = limits(book, name.as_ref());
        match asker.sizes(&limits).await {
            Ok(found) => sizes.extend(found.into_iter().map(|(selector, size)| ((name.clone(), selector), size))),
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    let mut chosen = Chosen { book: Arc::clone(book), switches: Vec::new(), errors };
    let mut slos = Vec::with_capacity(book.slos.len());
    for slo in &book.slos {
        let former = before.and_then(|book| book.slos.get(book.slos.binary_search_by(|old| old.id.cmp(&slo.id)).ok()?));
        let former = former.filter(|old| old.plan.counted() == slo.plan.counted());
        let next = match Matched::of(slo, &sizes) {
            Some(matched) => matched.plan(slo, former),
            None => former.map_or_else(|| Arc::clone(slo), |old| with_plan(slo, old.plan.clone(), old.series)),
        };
        chosen.switches.extend(switch(former.unwrap_or(slo), &next));
        slos.push(next);
    }
    if slos != book.slos {
        chosen.book = Arc::new(Rulebook { slos, ..(**book).clone() });
    }
    chosen
}

/// The stretch that is looked at before `at`.
pub fn lately(at: Ms) -> Interval {
    Interval { from: at - LOOK_BACK, to: at }
}

fn with_plan(slo: &Arc<Slo>, plan: Plan, series: Option<usize>) -> Arc<Slo> {
    Arc::new(Slo { plan, series, ..(**slo).clone() })
}

/// Selectors of a source's SLOs with the lowest limit any of them has.
fn limits(book: &Rulebook, source: Option<&Text>) -> BTreeMap<Selector, usize> {
    let mut limits: BTreeMap<Selector, usize> = BTreeMap::new();
    for slo in book.slos.iter().filter(|slo| slo.source.as_ref() == source && slo.sli.composite().is_none()) {
        for selector in slo.plan.counted().map(CountedPlan::selectors).unwrap_or_default() {
            let limit = limits.entry(selector.clone()).or_insert(slo.count_up_to);
            *limit = slo.count_up_to.min(*limit);
        }
    }
    limits
}

/// What is known of a selector.
#[derive(Clone, Copy, Debug)]
struct Size {
    series: usize,
    /// For those that are too large: the window of the server's increases.
    window: Option<Span>,
}

type Sizes = BTreeMap<(Option<Text>, Selector), Size>;

/// An SLO's selectors with their sizes.
struct Matched<'a> {
    counted: &'a CountedPlan,
    largest: (&'a Selector, Size),
    series: usize,
    window: Span,
}

impl<'a> Matched<'a> {
    /// `None` where it cannot be counted anyway, and where the source did not say.
    fn of(slo: &'a Slo, sizes: &Sizes) -> Option<Self> {
        let counted = slo.plan.counted()?;
        let all: Option<Vec<(&Selector, Size)>> =
            counted.selectors().into_iter().map(|s| Some((s, *sizes.get(&(slo.source.clone(), s.clone()))?))).collect();
        let all = all?;
        let window = all.iter().filter_map(|(_, size)| size.window).max().unwrap_or(WINDOWS[0]);
        let series = all.iter().map(|(_, size)| size.series).sum();
        let largest = all.into_iter().max_by_key(|(_, size)| size.series)?;
        Some(Self { counted, largest, series, window })
    }

    fn plan(&self, slo: &Arc<Slo>, former: Option<&Arc<Slo>>) -> Arc<Slo> {
        let (selector, size) = self.largest;
        // Only a first fill looks at it: another number would make other rules of the same ones.
        let series = former.and_then(|old| old.series).or(Some(self.series));
        if size.series <= slo.count_up_to {
            return with_plan(slo, Plan::Counted(self.counted.clone()), series);
        }
        // What is added up goes on with the same window and the sentence of its first moment: other numbers are no news.
        if let Some(old) = former.filter(|old| old.plan.pushed_down().is_some() && old.count_up_to == slo.count_up_to) {
            return with_plan(slo, old.plan.clone(), series);
        }
        let shown: String = selector.to_string().chars().take(SHOWN).collect();
        let why = format!("`{shown}` matches {} series, more than {} (`count_up_to`)", size.series, slo.count_up_to);
        let ask = AskedPlan::Increases { of: self.counted.clone(), window: self.window };
        with_plan(slo, Plan::Asked { ask, why: why.into() }, series)
    }
}

fn switch(old: &Slo, new: &Slo) -> Option<Switch> {
    let pushed_down = new.plan.pushed_down().is_some();
    if old.plan.pushed_down().is_some() == pushed_down {
        return None;
    }
    let text = match &new.plan {
        Plan::Asked { why, .. } => format!("{} is added up by the server, not counted: {why}", new.id),
        Plan::Counted(_) => {
            format!(
                "{} is counted event by event: for a day no selector of it matched more than {} series",
                new.id, new.count_up_to
            )
        }
    };
    Some(Switch { slo: new.id.clone(), service: new.service.clone(), pushed_down, text: text.into() })
}

/// Asks one source.
struct Asker {
    source: Arc<dyn MetricSource>,
    over: Interval,
    step: Span,
}

/// A metric and the labels that a selector fixes by `=`: selectors that have them in common are answered by one table.
type Table = (Text, Vec<Text>);

/// One row of an answer.
type Row = (Labels, f64);
/// An answer; `None` for a question that failed by itself.
type Answer = Option<Vec<Row>>;

impl Asker {
    async fn sizes(&self, limits: &BTreeMap<Selector, usize>) -> Result<BTreeMap<Selector, Size>, SourceError> {
        let mut sizes = match self.at_most(limits).await {
            Ok(sizes) => sizes,
            Err(error) if error.is_transient() => return Err(error),
            // Tables are too much for it, perhaps; a selector alone may not be.
            Err(_) => BTreeMap::new(),
        };
        let unsure: Vec<&Selector> =
            limits.iter().filter(|(s, most)| sizes.get(*s).is_none_or(|n| n > *most)).map(|(s, _)| s).collect();
        let rows = self.peaks(&unsure.iter().map(|s| format!("count({s})")).collect::<Vec<_>>()).await?;
        for (selector, rows) in unsure.into_iter().zip(rows) {
            match rows {
                Some(rows) => sizes.insert(selector.clone(), greatest(&rows)),
                // What it can be at most says nothing of what it is.
                None => sizes.remove(selector),
            };
        }
        let large: Vec<&Selector> =
            limits.iter().filter(|(s, most)| sizes.get(*s).is_some_and(|n| n > *most)).map(|(s, _)| s).collect();
        let often = large.iter().map(|s| format!("max(count_over_time({s}[{SCRAPES}]))")).collect::<Vec<_>>();
        let mut windows = BTreeMap::new();
        for (selector, rows) in large.into_iter().zip(self.now(&often).await?) {
            windows.insert(selector.clone(), window(rows.map_or(0, |rows| greatest(&rows)), self.step));
        }
        let size = |(selector, series): (Selector, usize)| {
            let window = windows.get(&selector).copied();
            (selector, Size { series, window })
        };
        let known: Vec<(Selector, usize)> = sizes.into_iter().collect();
        Ok(known.into_iter().map(size).collect())
    }

    /// The most series that each selector can match, as one table a metric tells.
    async fn at_most(&self, limits: &BTreeMap<Selector, usize>) -> Result<BTreeMap<Selector, usize>, SourceError> {
        let mut tables: BTreeMap<Table, Vec<&Selector>> = BTreeMap::new();
        for (selector, table) in limits.keys().filter_map(|s| Some((s, table_of(s)?))) {
            tables.entry(table).or_default().push(selector);
        }
        let asks: Vec<String> = tables.keys().map(count_by).collect();
        let answers = self.peaks(&asks).await?;
        let mut sizes = BTreeMap::new();
        for (((_, labels), selectors), rows) in tables.into_iter().zip(answers) {
            let Some(rows) = rows else { continue };
            let by_labels: BTreeMap<Labels, usize> = rows.iter().map(|(labels, n)| (labels.clone(), whole(*n))).collect();
            for selector in selectors {
                sizes.insert(selector.clone(), by_labels.get(&fixed(selector, &labels)).copied().unwrap_or(0));
            }
        }
        Ok(sizes)
    }

    /// What expressions are at most: at whole hours of the stretch, and at its end.
    async fn peaks(&self, exprs: &[String]) -> Result<Vec<Answer>, SourceError> {
        let length = self.over.to.since(self.over.from).max(HOUR);
        let apart = Span(length.0 / INSTANTS).max(HOUR);
        let apart = Span::from_hours((apart.0 + HOUR.0 - 1) / HOUR.0);
        let length = Span::from_hours((length.0 + HOUR.0 - 1) / HOUR.0);
        let past = exprs.iter().map(|expr| format!("max_over_time(({expr})[{length}:{apart}])"));
        let both: Vec<String> = past.chain(exprs.iter().cloned()).collect();
        let mut answers = self.now(&both).await?;
        let ends = answers.split_off(exprs.len());
        let joined = answers.into_iter().zip(ends).map(|(past, end)| {
            if past.is_none() && end.is_none() {
                return None;
            }
            let mut most: BTreeMap<Labels, f64> = BTreeMap::new();
            for (labels, n) in past.into_iter().chain(end).flatten() {
                let known = most.entry(labels).or_insert(n);
                *known = known.max(n);
            }
            Some(most.into_iter().collect())
        });
        Ok(joined.collect())
    }

    /// What expressions are at the end of the stretch. An error only when every one of them failed, or the source cannot be
    /// reached: it is asked one thing first, so that a source that is down is not asked a hundred.
    async fn now(&self, exprs: &[String]) -> Result<Vec<Answer>, SourceError> {
        let to = self.over.to.floor_to(self.step);
        let ask = |expr: &String| Ask::Eval { expr: expr.as_str().into(), from: to - self.step, to, step: self.step };
        let asks: Vec<Ask> = exprs.iter().map(ask).collect();
        let (first, rest) = asks.split_at(asks.len().min(1));
        let (mut all, mut failed) = (Vec::with_capacity(asks.len()), None);
        for part in [first, rest].into_iter().filter(|part| !part.is_empty()) {
            for answer in self.source.read_many(part).await {
                match answer {
                    Ok((batch, _)) => {
                        let row = |(labels, samples): (&Labels, &[Sample])| Some((labels.clone(), samples.last()?.value));
                        all.push(Some(batch.iter().filter_map(row).collect()));
                    }
                    Err(error) if all.is_empty() && error.is_transient() => return Err(error),
                    Err(error) => {
                        failed.get_or_insert(error);
                        all.push(None);
                    }
                }
            }
        }
        failed.filter(|_| all.iter().all(Option::is_none)).map_or(Ok(all), Err)
    }
}

fn greatest(rows: &[Row]) -> usize {
    rows.iter().map(|(_, n)| whole(*n)).max().unwrap_or(0)
}

fn whole(n: f64) -> usize {
    if n.is_finite() && n > 0.0 { n as usize } else { 0 }
}

/// Labels as PromQL takes them bare.
fn is_plain(label: &str) -> bool {
    !label.starts_with(|c: char| c.is_ascii_digit()) && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn table_of(selector: &Selector) -> Option<Table> {
    let name: Text = selector.name()?.into();
    let fixes = |m: &&crate::domain::measure::Matcher| {
        m.op == MatchOp::Equal && !m.value.is_empty() && &*m.name != "__name__" && is_plain(&m.name)
    };
    let labels: BTreeSet<Text> = selector.matchers().iter().filter(fixes).map(|m| m.name.clone()).collect();
    Some((name, labels.into_iter().collect()))
}

fn count_by((name, labels): &Table) -> String {
    let metric = Selector::metric(name);
    if labels.is_empty() { format!("count({metric})") } else { format!("count by ({}) ({metric})", labels.join(", ")) }
}

/// The row of a table that a selector is told by. One that fixes a label twice matches what its first value does, at most.
fn fixed(selector: &Selector, labels: &[Text]) -> Labels {
    let value =
        |label: &Text| selector.matchers().iter().find(|m| m.op == MatchOp::Equal && m.name == *label).map(|m| m.value.clone());
    Labels::new(labels.iter().filter_map(|label| Some((label.clone(), value(label)?))))
}

/// The shortest window that holds four scrapes, when ten minutes hold so many; never shorter than what is asked elsewhere.
fn window(scrapes: usize, step: Span) -> Span {
    let least = (step * 4).max(WINDOWS[0]);
    let apart = SCRAPES.0 as f64 / scrapes.max(1) as f64;
    let wanted = Span((apart * FOUR_SCRAPES) as i64);
    let fits = |window: &&Span| **window >= least && **window >= wanted;
    if scrapes == 0 { least } else { WINDOWS.iter().find(fits).copied().unwrap_or(least.max(HOUR)) }
}

#[cfg(test)]
mod tests;
