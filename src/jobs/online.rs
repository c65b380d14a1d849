//! `check --online`: do the selectors of the SLO files match anything, and is there history enough behind them?
//!
//! It asks for label sets only, never for samples. Deliberately absent: what the text alone shows (see `query::doubt`).

use super::pushdown::{Switch, choose, lately};
use crate::domain::base::{Labels, Ms, Place, Problem, Span, Text};
use crate::domain::measure::meter::loss;
use crate::domain::measure::{AskedPlan, CountedPlan, MatchOp, Matcher, Plan, Selector};
use crate::domain::objective::{Rulebook, Slo};
use crate::ports::{MetricSource, SourceError, source_of};
use crate::query::ast::Expr;
use crate::query::{SelectorMatcher, parse};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Series of so long are looked at.
const LATELY: Span = Span::from_hours(1);
/// Names and values in one message at most.
const SHOWN: usize = 5;
/// How far back history is looked for when it does not reach over the period, furthest first.
const REACHES: [&str; 10] = ["90d", "60d", "30d", "21d", "14d", "7d", "3d", "1d", "6h", "1h"];

/// Where an SLO's name stands in its file, by id.
pub type Places = BTreeMap<Text, Place>;

/// What the sources say of the files.
#[derive(Debug, Default)]
pub struct Asked {
    /// What is odd, in the order of the SLOs.
    pub problems: Vec<Problem>,
    /// Sources that could not be asked, each once; nothing is known of their SLOs.
    pub unreachable: Vec<SourceError>,
}

/// What is odd between the files and the sources; each SLO is asked of its own.
pub async fn online(source: &Arc<dyn MetricSource>, book: &Rulebook, places: &Places, now: Ms) -> Asked {
    let mut asked = Asked::default();
    let names: BTreeSet<Option<&Text>> = book.slos.iter().map(|slo| slo.source.as_ref()).collect();
    let sources: BTreeMap<Option<&Text>, Arc<dyn MetricSource>> =
        names.into_iter().map(|name| (name, source_of(source, name.map(|name| &**name)))).collect();
    let mut askers: BTreeMap<Option<&Text>, Asker<'_>> =
        sources.iter().map(|(name, source)| (*name, Asker::new(&**source, now))).collect();
    asked.problems.extend(added_up(source, book, places, now).await);
    for slo in &book.slos {
        // One that could not be asked is not asked again for each of its SLOs.
        let Some(asker) = askers.get_mut(&slo.source.as_ref()) else { continue };
        match of_slo(asker, slo).await {
            Ok(found) => asked.problems.extend(found.into_iter().map(|problem| match places.get(&slo.id.0) {
                Some(place) => problem.at(place.clone()),
                None => problem,
            })),
            Err(error) => {
                askers.remove(&slo.source.as_ref());
                asked.unreachable.push(error);
            }
        }
    }
    asked
}

/// SLOs that the server will add up, because they match too many series to be counted.
async fn added_up(source: &Arc<dyn MetricSource>, book: &Rulebook, places: &Places, now: Ms) -> Vec<Problem> {
    let chosen = choose(source, &Arc::new(book.clone()), None, lately(now)).await;
    let windows =
        |switch: &Switch| chosen.book.slos.iter().find(|slo| slo.id == switch.slo).and_then(|slo| slo.plan.pushed_down());
    let problem = |switch: &Switch| {
        let loss = windows(switch).map(loss).unwrap_or_default();
        let hint = "narrow the selector, or raise `count_up_to` where memory and server bear it";
        let problem = Problem::warning("too-many-series", format!("{}; {loss}", switch.text)).hint(hint);
        match places.get(&switch.slo.0) {
            Some(place) => problem.at(place.clone()),
            None => problem,
        }
    };
    chosen.switches.iter().map(problem).collect()
}

/// Asks each selector once.
pub(super) struct Asker<'a> {
    source: &'a dyn MetricSource,
    now: Ms,
    known: BTreeMap<Selector, Vec<Labels>>,
}

impl<'a> Asker<'a> {
    pub(super) const fn new(source: &'a dyn MetricSource, now: Ms) -> Self {
        Self { source, now, known: BTreeMap::new() }
    }

    /// Label sets of the last hour; one without labels where there are too many to list.
    pub(super) async fn lately(&mut self, selector: &Selector) -> Result<Vec<Labels>, SourceError> {
        if let Some(known) = self.known.get(selector) {
            return Ok(known.clone());
        }
        let found = self.series(selector, self.now - LATELY, self.now).await?;
        self.known.insert(selector.clone(), found.clone());
        Ok(found)
    }

    async fn series(&self, selector: &Selector, from: Ms, to: Ms) -> Result<Vec<Labels>, SourceError> {
        match self.source.series(std::slice::from_ref(selector), from, to).await {
            // More than are listed is more than none.
            Err(SourceError::TooMuch { .. }) => Ok(vec![Labels::default()]),
            other => other,
        }
    }
}

/// A selector of an SLO; `may_be_absent` for errors, which may never have happened.
pub(super) struct Used {
    pub(super) selector: Selector,
    may_be_absent: bool,
}

pub(super) fn selectors(slo: &Slo) -> Vec<Used> {
    let used = |selector: &Selector, may_be_absent| Used { selector: selector.clone(), may_be_absent };
    match (slo.plan.counted(), &slo.plan) {
        (Some(CountedPlan::Events { bad, total }), _) => {
            let has_total = total.is_some();
            let total = total.iter().flat_map(|t| t.plus.iter().chain(&t.minus)).map(|s| used(s, false));
            let bad = bad.plus.iter().chain(&bad.minus).map(|s| used(s, has_total));
            let mut all: Vec<Used> = total.chain(bad).collect();
            let mut seen = BTreeSet::new();
            all.retain(|u| seen.insert(u.selector.clone()));
            all
        }
        (Some(CountedPlan::Histogram(plan)), _) => vec![used(&plan.buckets, false)],
        (None, Plan::Asked { ask: AskedPlan::Value { value }, .. }) => named(value).iter().map(|s| used(s, false)).collect(),
        (None, Plan::Asked { ask: AskedPlan::Ratio { errors, total, .. }, .. }) => {
            let total = named(total).into_iter().map(|s| used(&s, false)).collect::<Vec<_>>();
            total.into_iter().chain(named(errors).iter().map(|s| used(s, true))).collect()
        }
        (None, _) => Vec::new(),
    }
}

/// The selectors in an expression.
fn named(text: &str) -> Vec<Selector> {
    let Ok(expr) = parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let Expr::Vector(pick) | Expr::Matrix(pick, _) = part {
            found.push(pick.selector.clone());
        }
    });
    found
}

async fn of_slo(asker: &mut Asker<'_>, slo: &Slo) -> Result<Vec<Problem>, SourceError> {
    let mut problems = Vec::new();
    for used in selectors(slo) {
        let series = asker.lately(&used.selector).await?;
        if series.is_empty() {
            problems.extend(why_nothing(asker, &used).await?);
        } else if let Some(CountedPlan::Histogram(plan)) = slo.plan.counted() {
            problems.extend(no_such_bucket(&series, plan.under_seconds));
        }
    }
    if problems.is_empty()
        && let Some(used) = selectors(slo).first()
    {
        problems.extend(short_history(asker, slo, &used.selector).await?);
    }
    Ok(problems)
}

/// Why a selector matches nothing: no such metric, no such label, no such value, or not together.
async fn why_nothing(asker: &mut Asker<'_>, used: &Used) -> Result<Option<Problem>, SourceError> {
    let selector = &used.selector;
    let Some(name) = selector.name().map(str::to_owned) else {
        return Ok(Some(nothing(selector, "it matches no series of the last hour")));
    };
    let all = asker.lately(&Selector::metric(&name)).await?;
    if all.is_empty() {
        let near = nearest_name(asker, &name).await?;
        return Ok(Some(with_meant(nothing(selector, &format!("the source has no metric `{name}`")), near)));
    }
    let labels: BTreeSet<&str> = all.iter().flat_map(|s| s.iter().map(|(label, _)| label)).collect();
    for matcher in selector.matchers().iter().filter(|m| &*m.name != "__name__") {
        let demands = !takes_absent(matcher);
        if demands && !labels.contains(&*matcher.name) {
            let problem = nothing(selector, &format!("`{name}` has no label `{}`", matcher.name))
                .hint(format!("its labels are {}", list(labels.iter().copied().filter(|l| *l != "__name__"))));
            let problem = Problem { code: "unknown-label", ..problem };
            return Ok(Some(with_meant(problem, nearest(&matcher.name, labels.iter().copied()))));
        }
        let values: BTreeSet<&str> = all.iter().map(|s| s.get(&matcher.name)).filter(|v| !v.is_empty()).collect();
        let any = all.iter().any(|s| alone(matcher).is_none_or(|m| m.matches(s)));
        // Errors that have not happened yet have no value of their own; a plain value that nothing has is told all the same.
        // Buckets are all there from the first event on.
        let may_come = used.may_be_absent && matcher.op != MatchOp::Equal && &*matcher.name != "le";
        if !any && !may_come {
            let sign = if matcher.op == MatchOp::Equal { "" } else { matcher.op.sign() };
            let what = format!("no `{}` of `{name}` is {sign}\"{}\"", matcher.name, matcher.value);
            let problem = nothing(selector, &what).hint(format!("its values are {}", list(values.iter().copied())));
            let problem = Problem { code: "unknown-label-value", ..problem };
            return Ok(Some(with_meant(problem, nearest(&matcher.value, values.iter().copied()))));
        }
    }
    if used.may_be_absent {
        return Ok(None);
    }
    Ok(Some(nothing(selector, "each condition matches some series, all together match none")))
}

fn nothing(selector: &Selector, why: &str) -> Problem {
    let shown: String = selector.to_string().chars().take(200).collect();
    Problem::warning("selector-matches-nothing", format!("`{shown}` matches nothing: {why}"))
}

fn with_meant(problem: Problem, near: Option<String>) -> Problem {
    match near {
        Some(near) => {
            let hint = problem.hint.clone().map(|hint| format!(" {hint}")).unwrap_or_default();
            problem.hint(format!("did you mean `{near}`?{hint}"))
        }
        None if problem.hint.is_some() => problem,
        None => problem.hint("is it spelled right, and does the source scrape it?"),
    }
}

fn alone(matcher: &Matcher) -> Option<SelectorMatcher> {
    SelectorMatcher::new(&Selector::new(vec![matcher.clone()])).ok()
}

/// Series without the label pass, too.
fn takes_absent(matcher: &Matcher) -> bool {
    alone(matcher).is_some_and(|m| m.matches(&Labels::default()))
}

/// The metric whose name is nearest among those that begin with the same word.
async fn nearest_name(asker: &Asker<'_>, name: &str) -> Result<Option<String>, SourceError> {
    let stem: String = name.split('_').next().unwrap_or(name).chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let stem: String = stem.chars().take(stem.len().div_ceil(2).max(2)).collect();
    if stem.is_empty() {
        return Ok(None);
    }
    let like = Matcher { name: "__name__".into(), op: MatchOp::Regex, value: format!("{stem}.*").into() };
    let found = asker.series(&Selector::new(vec![like]), asker.now - LATELY, asker.now).await?;
    let names: BTreeSet<&str> = found.iter().map(|s| s.get("__name__")).filter(|n| !n.is_empty()).collect();
    Ok(nearest(name, names.into_iter()))
}

fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored =
        among.map(|other| (strsim::jaro_winkler(word, other), other)).filter(|(score, other)| *score > 0.8 && *other != word);
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other.chars().take(100).collect())
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<String> = words.map(|w| w.chars().take(60).collect()).collect();
    let more = all.len().saturating_sub(SHOWN);
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// The threshold is no bound of the histogram.
fn no_such_bucket(series: &[Labels], under: Decimal) -> Option<Problem> {
    let read = |le: &str| le.parse::<Decimal>().ok().or_else(|| Decimal::from_scientific(le).ok());
    let bounds: BTreeSet<Decimal> = series.iter().filter_map(|s| read(s.get("le"))).collect();
    if bounds.is_empty() || bounds.contains(&under) {
        return None;
    }
    let below = bounds.range(..under).next_back().map(|b| format!("{b} s"));
    let above = bounds.range(under..).next().map(|b| format!("{b} s"));
    let near: Vec<String> = below.into_iter().chain(above).collect();
    let message = format!("the histogram has no bucket of {under} s, so what is under the threshold cannot be counted");
    Some(Problem::error("no-such-bucket", message).hint(format!("its nearest buckets are {}", near.join(" and "))))
}

/// The source's history does not reach over the period.
async fn short_history(asker: &Asker<'_>, slo: &Slo, selector: &Selector) -> Result<Option<Problem>, SourceError> {
    let reach = slo.period.reach();
    let seen = async |back: Span| {
        let from = asker.now - back;
        Ok::<bool, SourceError>(
            !asker.series(selector, from, from + Span((back.0 / 10).min(Span::from_days(1).0))).await?.is_empty(),
        )
    };
    if seen(reach).await? {
        return Ok(None);
    }
    for back in REACHES.iter().filter_map(|text| Span::parse(text).ok()).filter(|back| *back < reach) {
        if seen(back).await? {
            let message = format!("the source has its series back to about {back}, and the period is {}", slo.period);
            let hint = "the budget is that of the history there is, and says so (`coverage`); a longer retention fills it";
            return Ok(Some(Problem::warning("history-shorter-than-period", message).hint(hint)));
        }
    }
    Ok(None)
}
