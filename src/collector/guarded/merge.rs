//! One request for the questions of many SLOs: selectors that differ only in one label's value are asked as `label=~"a|b"`,
//! and a selector that has all the conditions of another, and more, is answered from it.
//!
//! The union never means more series than the questions together, so nothing is asked that nobody wants. Deliberately
//! absent: sending anything. Expressions are left as they are.

use crate::domain::base::{Labels, Ms, Span, Text};
use crate::domain::measure::{Ask, Batch, Coverage, MatchOp, Matcher, Selector};
use crate::query::SelectorMatcher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of alternatives in one request: VictoriaMetrics takes queries of 16 KiB.
const MOST_BYTES: usize = 12_000;

/// A request, and which questions it answers.
#[derive(Clone)]
pub(super) enum Request {
    /// A question as it stands, by its place.
    Alone(usize),
    /// Several in one.
    Union(Arc<Union>),
}

/// Several questions in one request.
pub(super) struct Union {
    ask: Ask,
    /// No name where no label's value tells the questions apart: all of them are under the empty value then.
    label: Text,
    /// Places of the questions that it answers.
    places: Vec<usize>,
    members: HashMap<Text, Vec<Member>>,
    /// How its last answer was dealt out: the next one mostly brings the same series.
    dealt: Mutex<Arc<Dealt>>,
}

/// Which series of an answer go to which question.
#[derive(Default)]
struct Dealt {
    /// The answer's series.
    series: Vec<Labels>,
    /// Of each question, in the order of the union's places, those that are for it.
    hands: Vec<Arc<[u32]>>,
}

impl Dealt {
    fn serves(&self, answer: &Batch) -> bool {
        !self.hands.is_empty() && self.series.iter().eq(answer.iter().map(|(labels, _)| labels))
    }
}

/// A question within a union.
struct Member {
    /// Which of the union's places.
    slot: usize,
    /// What must hold beside the label's value; absent when all series with the value are meant.
    matcher: Option<Arc<SelectorMatcher>>,
}

/// Questions that have everything but one label's value in common.
struct Shape {
    rest: Vec<Matcher>,
    values: BTreeMap<Text, Vec<usize>>,
}

/// Questions about one metric over one span may share a request.
type Cluster<'a> = (&'a str, Ms, Ms);

/// The questions of a tick and their requests. The next tick asks the same of a later span, which needs no new thought.
#[derive(Default)]
pub(super) struct Plan {
    asks: Vec<Ask>,
    requests: Vec<Request>,
}

impl Plan {
    /// The plan for these questions.
    pub(super) fn new(asks: &[Ask]) -> Self {
        Self { asks: asks.to_vec(), requests: requests(asks) }
    }

    /// Its requests, in the spans of the questions it was made for.
    pub(super) fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// How much later `asks` ask the very same, all of them; `None` when anything else differs.
    pub(super) fn serves(&self, asks: &[Ask]) -> Option<Span> {
        let mut pairs = self.asks.iter().zip(asks);
        let later = pairs.next().and_then(|(known, ask)| later(known, ask))?;
        (self.asks.len() == asks.len() && pairs.all(|(known, ask)| self::later(known, ask) == Some(later))).then_some(later)
    }
}

/// How much later `ask` asks what `known` asks.
fn later(known: &Ask, ask: &Ask) -> Option<Span> {
    let same = match (known, ask) {
        (Ask::Raw { selector, .. }, Ask::Raw { selector: other, .. }) => selector == other,
        (Ask::Eval { expr, step, .. }, Ask::Eval { expr: other, step: width, .. }) => expr == other && step == width,
        _ => false,
    };
    let ((from, to), (new_from, new_to)) = (known.span(), ask.span());
    let moved = new_to.since(to);
    (same && new_from.since(from) == moved).then_some(moved)
}

/// The requests that answer all of `asks`.
fn requests(asks: &[Ask]) -> Vec<Request> {
    let (mut out, mut clusters) = (Vec::new(), BTreeMap::<Cluster<'_>, Vec<(usize, &Selector)>>::new());
    for (place, ask) in asks.iter().enumerate() {
        match ask {
            Ask::Raw { selector, from, to } if selector.name().is_some() => {
                clusters.entry((selector.name().unwrap_or_default(), *from, *to)).or_default().push((place, selector));
            }
            _ => out.push(Request::Alone(place)),
        }
    }
    for ((_, from, to), members) in clusters {
        merge(&members, from, to, &mut out);
    }
    out
}

fn merge(members: &[(usize, &Selector)], from: Ms, to: Ms, out: &mut Vec<Request>) {
    let Some(label) = telling_label(members).filter(|_| members.len() > 1) else { return nest(members, from, to, out) };
    let (mut shapes, mut untold) = (BTreeMap::<Vec<Matcher>, Shape>::new(), Vec::new());
    for (place, selector) in members {
        let Some(value) = value_of(selector, &label) else {
            untold.push((*place, *selector));
            continue;
        };
        let rest: Vec<Matcher> = selector.matchers().iter().filter(|m| m.name != label || m.value != value).cloned().collect();
        let shape = shapes.entry(rest.clone()).or_insert_with(|| Shape { rest, values: BTreeMap::new() });
        shape.values.entry(value).or_default().push(*place);
    }
    nest(&untold, from, to, out);
    for (host, guests) in hosts(shapes.into_values().collect()) {
        out.extend(unions(&label, &host, &guests, from, to));
    }
}

/// Questions that no label's value tells apart: such as an SLI's bad events among all of them.
fn nest(members: &[(usize, &Selector)], from: Ms, to: Ms, out: &mut Vec<Request>) {
    let mut members = members.to_vec();
    members.sort_by_key(|(_, selector)| selector.matchers().len());
    let mut hosts: Vec<(&Selector, Asking)> = Vec::new();
    for (place, selector) in members {
        let holds = |host: &Selector| host.matchers().iter().all(|m| selector.matchers().contains(m));
        let rule = SelectorMatcher::new(selector).ok().map(Arc::new);
        match hosts.iter_mut().find(|(host, _)| holds(host)) {
            Some((host, asking)) if *host == selector => asking.push((place, None)),
            // A pattern that cannot be compiled here is left to the server.
            Some((_, asking)) if rule.is_some() => asking.push((place, rule)),
            _ => hosts.push((selector, vec![(place, None)])),
        }
    }
    let nameless = Text::from("");
    for (host, asking) in hosts {
        let host = Shape { rest: host.matchers().to_vec(), values: BTreeMap::new() };
        out.push(union(&nameless, &host, String::new(), HashMap::from([(nameless.clone(), asking)]), from, to));
    }
}

/// The label with the most values among conditions of equality, then the one in most questions: what tells them apart.
fn telling_label(members: &[(usize, &Selector)]) -> Option<Text> {
    let mut values: BTreeMap<&Text, (BTreeSet<&Text>, usize)> = BTreeMap::new();
    for (_, selector) in members {
        let equal = |m: &&Matcher| m.op == MatchOp::Equal && &*m.name != "__name__" && !m.value.is_empty();
        for matcher in selector.matchers().iter().filter(equal) {
            let (known, times) = values.entry(&matcher.name).or_default();
            known.insert(&matcher.value);
            *times += 1;
        }
    }
    values.into_iter().max_by_key(|(_, (values, times))| (values.len(), *times)).map(|(label, _)| label.clone())
}

/// The one value that a selector demands of a label by equality.
fn value_of(selector: &Selector, label: &str) -> Option<Text> {
    let mut own = selector.matchers().iter().filter(|m| *m.name == *label && m.op == MatchOp::Equal && !m.value.is_empty());
    let first = own.next()?;
    own.next().is_none().then(|| first.value.clone())
}

/// Shapes that are asked, each with the shapes that are answered from it: with more conditions and no other values.
fn hosts(mut shapes: Vec<Shape>) -> Vec<(Shape, Vec<Shape>)> {
    shapes.sort_by_key(|s| s.rest.len());
    let mut out: Vec<(Shape, Vec<Shape>)> = Vec::new();
    for shape in shapes {
        let holds = |host: &Shape| {
            host.rest.iter().all(|m| shape.rest.contains(m)) && shape.values.keys().all(|v| host.values.contains_key(v))
        };
        // A pattern that cannot be compiled here is left to the server.
        let usable = SelectorMatcher::new(&Selector::new(shape.rest.clone())).is_ok();
        match out.iter_mut().find(|(host, _)| usable && holds(host)) {
            Some((_, guests)) => guests.push(shape),
            None => out.push((shape, Vec::new())),
        }
    }
    out
}

fn unions(label: &Text, host: &Shape, guests: &[Shape], from: Ms, to: Ms) -> Vec<Request> {
    let matcher = |g: &Shape| SelectorMatcher::new(&Selector::new(g.rest.clone())).ok().map(Arc::new);
    let matchers: Vec<Arc<SelectorMatcher>> = guests.iter().filter_map(matcher).collect();
    let mut out = Vec::new();
    let (mut pattern, mut members) = (String::new(), HashMap::<Text, Asking>::new());
    for (value, places) in &host.values {
        let word = quoted(value);
        if !pattern.is_empty() && pattern.len() + word.len() > MOST_BYTES {
            out.push(union(label, host, std::mem::take(&mut pattern), std::mem::take(&mut members), from, to));
        }
        if !pattern.is_empty() {
            pattern.push('|');
        }
        pattern.push_str(&word);
        let own = places.iter().map(|place| (*place, None));
        let guest = |(guest, matcher): (&Shape, &Arc<SelectorMatcher>)| {
            let places = guest.values.get(value).cloned().unwrap_or_default();
            places.into_iter().map(|place| (place, Some(Arc::clone(matcher)))).collect::<Vec<_>>()
        };
        members.insert(value.clone(), own.chain(guests.iter().zip(&matchers).flat_map(guest)).collect::<Vec<_>>());
    }
    out.push(union(label, host, pattern, members, from, to));
    out
}

/// Questions with one value of the label: their places, and what must hold beside it.
type Asking = Vec<(usize, Option<Arc<SelectorMatcher>>)>;

fn union(label: &Text, host: &Shape, pattern: String, members: HashMap<Text, Asking>, from: Ms, to: Ms) -> Request {
    if let [(only, _)] = &members.values().flatten().collect::<Vec<_>>()[..] {
        return Request::Alone(*only);
    }
    let (op, value) = match members.keys().next() {
        Some(one) if members.len() == 1 => (MatchOp::Equal, one.clone()),
        _ => (MatchOp::Regex, pattern.into()),
    };
    let rest = Selector::new(host.rest.clone());
    let selector = if label.is_empty() { rest } else { rest.and(label, op, &value) };
    let mut places = Vec::new();
    let mut enter = |(place, matcher)| {
        places.push(place);
        Member { slot: places.len() - 1, matcher }
    };
    let members = members.into_iter().map(|(value, asking)| (value, asking.into_iter().map(&mut enter).collect())).collect();
    let ask = Ask::Raw { selector, from, to };
    Request::Union(Arc::new(Union { ask, label: label.clone(), places, members, dealt: Mutex::default() }))
}

/// A value as a pattern that means only itself.
fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl Union {
    /// What to ask, so much later than it was planned for.
    pub(super) fn ask(&self, later: Span) -> Ask {
        match &self.ask {
            Ask::Raw { selector, from, to } => Ask::Raw { selector: selector.clone(), from: *from + later, to: *to + later },
            Ask::Eval { expr, from, to, step } => {
                Ask::Eval { expr: expr.clone(), from: *from + later, to: *to + later, step: *step }
            }
        }
    }

    /// Places of the questions that it answers.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().copied()
    }

    /// Deals an answer out to the questions, which share its series.
    pub(super) fn deal(&self, answer: &Arc<Batch>, coverage: &Coverage) -> Vec<(usize, (Batch, Coverage))> {
        let dealt = self.hands(answer);
        let hand = |hand: &Arc<[u32]>| {
            let batch = Batch::sharing(answer, hand);
            let coverage = Coverage { series: hand.len(), samples: batch.len(), ..coverage.clone() };
            (batch, coverage)
        };
        self.places().zip(dealt.hands.iter().map(hand)).collect()
    }

    /// Which of the answer's series are for whom: as the last time, when it brings the same ones.
    fn hands(&self, answer: &Batch) -> Arc<Dealt> {
        let known = Arc::clone(&self.dealt.lock().unwrap_or_else(PoisonError::into_inner));
        if known.serves(answer) {
            return known;
        }
        let mut hands: Vec<Vec<u32>> = vec![Vec::new(); self.places.len()];
        for (place, (labels, _)) in (0..).zip(answer.iter()) {
            let members = self.members.get(labels.get(&self.label)).map_or(&[][..], Vec::as_slice);
            for member in members.iter().filter(|m| m.matcher.as_ref().is_none_or(|rule| rule.matches(labels))) {
                hands[member.slot].push(place);
            }
        }
        let series = answer.iter().map(|(labels, _)| labels.clone()).collect();
        let dealt = Arc::new(Dealt { series, hands: hands.into_iter().map(Arc::from).collect() });
        *self.dealt.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&dealt);
        dealt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::Sink;
    use proptest::prelude::*;

    const FROM: Ms = Ms::from_secs(1_700_000_000);

    fn ask(query: &str) -> Ask {
        let crate::query::ast::Expr::Vector(pick) = crate::query::parse(query).unwrap() else { panic!("{query}") };
        Ask::Raw { selector: pick.selector, from: FROM, to: FROM + Span::from_secs(75) }
    }

    fn check(queries: &[&str], expect: &[&str]) {
        let asks: Vec<Ask> = queries.iter().map(|q| ask(q)).collect();
        let text = |request: &Request| match request {
            Request::Alone(place) => queries[*place].to_owned(),
            Request::Union(union) => {
                let Ask::Raw { selector, .. } = &union.ask else { panic!("raw") };
                let mut places: Vec<usize> = union.places().collect();
                places.sort_unstable();
                format!("{selector} -> {places:?}")
            }
        };
        let got: Vec<String> = requests(&asks).iter().map(text).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn selectors_that_differ_in_one_value_are_one_request() {
        check(
            &[
                r#"hits{service="a", code=~"5.."}"#,
                r#"hits{service="a"}"#,
                r#"hits{service="b.c", code=~"5.."}"#,
                r#"hits{service="b.c"}"#,
            ],
            &[r#"hits{service=~"a|b\\.c"} -> [0, 1, 2, 3]"#],
        );
        check(&[r#"hits{a="1", code="500"}"#, r#"hits{a="1"}"#], &[r#"hits{a="1"} -> [0, 1]"#]);
        check(&[r#"hits{a="1"}"#, r#"hits{a="1"}"#], &[r#"hits{a="1"} -> [0, 1]"#]);
    }

    #[test]
    fn what_has_little_in_common_is_asked_alone() {
        check(&["hits", r#"hits{a="1"}"#], &["hits", r#"hits{a="1"}"#]);
        check(&[r#"hits{a="1"}"#, r#"misses{a="1"}"#], &[r#"hits{a="1"}"#, r#"misses{a="1"}"#]);
        check(&[r#"hits{a=""}"#, r#"hits{a!="1"}"#], &[r#"hits{a=""}"#, r#"hits{a!="1"}"#]);
        check(&[r#"hits{a=""}"#, r#"hits{a="", b!="1"}"#, r#"hits{b!="1"}"#], &[r#"hits{a=""} -> [0, 1]"#, r#"hits{b!="1"}"#]);
        // The bad events of `b` are asked for, its total is not: the union would bring series that nobody wants.
        check(
            &[r#"hits{s="a"}"#, r#"hits{s="a", code="500"}"#, r#"hits{s="b", code="500"}"#],
            &[r#"hits{s="a"}"#, r#"hits{code="500", s=~"a|b"} -> [1, 2]"#],
        );
    }

    #[test]
    fn what_has_all_conditions_of_another_is_answered_from_it() {
        check(&[r#"hits{code=~"5.."}"#, "hits"], &["hits -> [0, 1]"]);
        check(&["hits", "hits", r#"hits{code=~"5.."}"#], &["hits -> [0, 1, 2]"]);
        check(
            &[r#"hits{job=~"a|b", code=~"5.."}"#, r#"hits{job=~"a|b"}"#, r#"hits{job=~"c"}"#],
            &[r#"hits{job=~"a|b"} -> [0, 1]"#, r#"hits{job=~"c"}"#],
        );
    }

    #[test]
    fn long_lists_are_asked_in_parts() {
        let asks: Vec<Ask> = (0..3000).map(|i| ask(&format!(r#"hits{{service="service-{i:05}"}}"#))).collect();
        let requests = requests(&asks);
        assert_eq!(requests.len(), 4);
        let mut places = Vec::new();
        for request in &requests {
            let Request::Union(union) = request else { panic!("a union") };
            let Ask::Raw { selector, .. } = &union.ask else { panic!("raw") };
            assert!(selector.to_string().len() < 16_384);
            places.extend(union.places());
        }
        places.sort_unstable();
        assert_eq!(places, (0..3000).collect::<Vec<_>>());
    }

    #[test]
    fn the_next_tick_is_served_by_the_same_plan() {
        let asks = [ask(r#"hits{s="a"}"#), ask(r#"hits{s="b"}"#)];
        let moved = |ask: &Ask, from: i64, to: i64| {
            let Ask::Raw { selector, .. } = ask else { panic!("raw") };
            let (start, end) = ask.span();
            Ask::Raw { selector: selector.clone(), from: start + Span::from_secs(from), to: end + Span::from_secs(to) }
        };
        let plan = Plan::new(&asks);
        let next: Vec<Ask> = asks.iter().map(|a| moved(a, 15, 15)).collect();
        assert_eq!(plan.serves(&next), Some(Span::from_secs(15)));
        let [Request::Union(union)] = plan.requests() else { panic!("one union") };
        assert_eq!(union.ask(Span::from_secs(15)).span(), next[0].span());
        assert_eq!(plan.serves(&[moved(&asks[0], 15, 15), moved(&asks[1], -225, 15)]), None);
        assert_eq!(plan.serves(&[moved(&asks[0], 15, 15), moved(&asks[1], 30, 30)]), None);
        assert_eq!(plan.serves(&[moved(&asks[0], 15, 15), moved(&asks[0], 15, 15)]), None);
        assert_eq!(plan.serves(&next[..1]), None);
        assert_eq!(Plan::default().serves(&next), None);
    }

    fn world() -> Batch {
        let mut batch = Batch::default();
        for service in ["a", "b", "a|b", "b.c", "bxc", ""] {
            for code in ["200", "404", "500", "503"] {
                batch.series(&Labels::new([("__name__", "hits"), ("service", service), ("code", code)]));
                batch.sample(FROM, code.len() as f64);
            }
        }
        batch
    }

    /// What a server would answer.
    fn answer(selector: &Selector) -> Batch {
        let (rule, mut out) = (SelectorMatcher::new(selector).unwrap(), Batch::default());
        for (labels, samples) in world().iter().filter(|(labels, _)| rule.matches(labels)) {
            out.series(labels);
            for sample in samples {
                out.sample(sample.at, sample.value);
            }
        }
        out
    }

    /// An answer without the series at a place.
    fn part(of: &Batch, without: usize) -> Batch {
        let mut out = Batch::default();
        for (_, (labels, samples)) in of.iter().enumerate().filter(|(at, _)| *at != without) {
            out.append(labels, samples);
        }
        out
    }

    proptest! {
        #[test]
        fn every_question_gets_what_it_would_get_alone(picks in prop::collection::vec((0..6usize, 0..7usize), 1..12), without in 0..24usize) {
            let services = ["", r#"service="a""#, r#"service="b""#, r#"service="a|b""#, r#"service="b.c""#, r#"service=~"a|b""#];
            let codes = ["", r#"code=~"5..""#, r#"code="500""#, r#"code!~"5..""#, r#"code!="200""#, r#"code="404""#, r#"code="""#];
            let asks: Vec<Ask> = picks.iter().map(|(s, c)| ask(&format!("hits{{{}, {}}}", services[*s], codes[*c])
                .replace("{, }", "").replace("{, ", "{").replace(", }", "}"))).collect();
            let selector = |ask: &Ask| { let Ask::Raw { selector, .. } = ask else { panic!("raw") }; selector.clone() };
            let mut got: Vec<Option<Batch>> = vec![None; asks.len()];
            for request in requests(&asks) {
                match request {
                    Request::Alone(place) => got[place] = Some(answer(&selector(&asks[place]))),
                    Request::Union(union) => {
                        let whole = Arc::new(answer(&selector(&union.ask)));
                        // What was dealt before must not tell in what follows, whether series are the same, fewer or more.
                        for before in [&whole, &Arc::new(part(&whole, without)), &whole] {
                            union.deal(before, &Coverage::default());
                        }
                        let mut used = 0;
                        for (place, (batch, coverage)) in union.deal(&whole, &Coverage::default()) {
                            prop_assert_eq!(coverage.series, batch.iter().count());
                            prop_assert_eq!(coverage.samples, batch.len());
                            used = used.max(coverage.series);
                            got[place] = Some(batch);
                        }
                        prop_assert!(used <= whole.iter().count());
                        let less = Arc::new(part(&whole, without));
                        for (place, (batch, _)) in union.deal(&less, &Coverage::default()) {
                            let want = part(got[place].as_ref().unwrap(), usize::MAX);
                            let gone: Vec<&Labels> = whole.iter().skip(without).take(1).map(|(labels, _)| labels).collect();
                            let rest: Vec<&Labels> = want.iter().map(|(l, _)| l).filter(|l| !gone.contains(l)).collect();
                            prop_assert_eq!(batch.iter().map(|(l, _)| l).collect::<Vec<_>>(), rest);
                        }
                    }
                }
            }
            for (ask, got) in asks.iter().zip(got) {
                prop_assert_eq!(got, Some(answer(&selector(ask))));
            }
        }
    }
}
