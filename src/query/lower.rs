//! promql-parser's tree made ours: strings back from the tokens, durations back from the sentinel.

use super::ast::{At, Expr, Fold, Grouping, Kind, Many, Matching, Op, Pick, Shift, Stretch};
use super::guard::MARK;
use super::scan::{Lexeme, Token};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::measure::{MatchOp, Matcher, Selector};
use promql_parser::label::{self, Labels};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{self as theirs, AtModifier, LabelModifier, Offset, VectorMatchCardinality};

/// Deepest tree: brackets and operators of the guard's limits stay well below a thread's stack.
const MAX_LEVELS: usize = 250;

/// What lowering needs to know of the text.
pub(super) struct Lower<'a> {
    /// The tokens that strings stand for.
    pub(super) tokens: &'a [Lexeme],
    /// The duration that stands for the window.
    pub(super) window: Span,
}

type Lowered<T> = Result<T, String>;

impl Lower<'_> {
    /// Their expression as ours; the error is a sentence.
    pub(super) fn expr(&self, expr: &theirs::Expr, level: usize) -> Lowered<Expr> {
        if level > MAX_LEVELS {
            return Err(format!("nested deeper than {MAX_LEVELS} levels"));
        }
        let inner = |e: &theirs::Expr| self.expr(e, level + 1).map(Box::new);
        Ok(match expr {
            theirs::Expr::NumberLiteral(n) => Expr::Number(n.val),
            theirs::Expr::StringLiteral(s) => Expr::Text(self.text(&s.val)),
            theirs::Expr::Paren(p) => Expr::Paren(inner(&p.expr)?),
            theirs::Expr::Unary(u) => Expr::Neg(inner(&u.expr)?),
            theirs::Expr::VectorSelector(v) => Expr::Vector(self.pick(v)?),
            theirs::Expr::MatrixSelector(m) => Expr::Matrix(self.pick(&m.vs)?, self.stretch(m.range.as_millis())),
            theirs::Expr::Subquery(s) => Expr::Subquery {
                of: inner(&s.expr)?,
                range: self.stretch(s.range.as_millis()),
                step: s.step.map(|d| self.stretch(d.as_millis())),
                shift: self.shift(s.offset.as_ref(), s.at.as_ref()),
            },
            theirs::Expr::Call(c) => Expr::Call {
                name: c.func.name.into(),
                args: c.args.args.iter().map(|a| self.expr(a, level + 1)).collect::<Lowered<_>>()?,
                kind: kind(c.func.return_type),
            },
            theirs::Expr::Aggregate(a) => self.fold(a, level)?,
            theirs::Expr::Binary(b) => self.binary(b, level)?,
            theirs::Expr::Extension(_) => return Err("an extension of the parser is not supported".into()),
        })
    }

    fn fold(&self, a: &theirs::AggregateExpr, level: usize) -> Lowered<Expr> {
        Ok(Expr::Fold {
            op: Fold::named(&a.op.to_string()).ok_or_else(|| format!("unknown aggregation `{}`", a.op))?,
            grouping: a.modifier.as_ref().map_or(Grouping::By(Vec::new()), |m| self.grouping(m)),
            param: a.param.as_ref().map(|p| self.expr(p, level + 1).map(Box::new)).transpose()?,
            of: Box::new(self.expr(&a.expr, level + 1)?),
        })
    }

    fn binary(&self, b: &theirs::BinaryExpr, level: usize) -> Lowered<Expr> {
        Ok(Expr::Binary {
            op: Op::signed(&b.op.to_string()).ok_or_else(|| format!("unknown operator `{}`", b.op))?,
            left: Box::new(self.expr(&b.lhs, level + 1)?),
            right: Box::new(self.expr(&b.rhs, level + 1)?),
            matching: b.modifier.as_ref().map_or_else(Matching::default, |m| Matching {
                labels: m.matching.as_ref().map(|l| self.grouping(l)),
                many: match &m.card {
                    VectorMatchCardinality::ManyToOne(l) => Many::Left(self.labels(l)),
                    VectorMatchCardinality::OneToMany(l) => Many::Right(self.labels(l)),
                    _ => Many::None,
                },
                returns_bool: m.return_bool,
                fill: (m.fill_values.lhs, m.fill_values.rhs),
            }),
        })
    }

    fn pick(&self, v: &theirs::VectorSelector) -> Lowered<Pick> {
        let name = v.name.as_ref().map(|n| Matcher { name: "__name__".into(), op: MatchOp::Equal, value: n.as_str().into() });
        let selector =
            |list: &[label::Matcher]| Selector::new(name.iter().cloned().chain(list.iter().map(|m| self.matcher(m))).collect());
        let mut or = v.matchers.or_matchers.iter().map(|list| selector(list));
        let first = if v.matchers.or_matchers.is_empty() { Some(selector(&v.matchers.matchers)) } else { or.next() };
        Ok(Pick {
            selector: first.ok_or("a selector without conditions")?,
            or: or.collect(),
            shift: self.shift(v.offset.as_ref(), v.at.as_ref()),
        })
    }

    fn matcher(&self, m: &label::Matcher) -> Matcher {
        let op = match m.op {
            label::MatchOp::Equal => MatchOp::Equal,
            label::MatchOp::NotEqual => MatchOp::NotEqual,
            label::MatchOp::Re(_) => MatchOp::Regex,
            label::MatchOp::NotRe(_) => MatchOp::NotRegex,
        };
        Matcher { name: self.text(&m.name), op, value: self.text(&m.value) }
    }

    fn shift(&self, offset: Option<&Offset>, at: Option<&AtModifier>) -> Shift {
        Shift {
            offset: offset.map(|o| match o {
                Offset::Pos(d) => (self.stretch(d.as_millis()), false),
                Offset::Neg(d) => (self.stretch(d.as_millis()), true),
            }),
            at: at.map(|at| match at {
                AtModifier::Start => At::Start,
                AtModifier::End => At::End,
                AtModifier::At(_) => At::Time(seconds(at)),
            }),
        }
    }

    fn stretch(&self, millis: u128) -> Stretch {
        let span = Span(i64::try_from(millis).unwrap_or(i64::MAX));
        if span == self.window { Stretch::Window } else { Stretch::Fixed(span) }
    }

    fn grouping(&self, modifier: &LabelModifier) -> Grouping {
        match modifier {
            LabelModifier::Include(l) => Grouping::By(self.labels(l)),
            LabelModifier::Exclude(l) => Grouping::Without(self.labels(l)),
        }
    }

    fn labels(&self, labels: &Labels) -> Vec<Text> {
        labels.labels.iter().map(|l| self.text(l)).collect()
    }

    /// The string a marked number stands for; other texts are themselves.
    fn text(&self, text: &str) -> Text {
        let token =
            text.strip_prefix(MARK).and_then(|n| n.trim_end_matches('|').parse::<usize>().ok()).and_then(|i| self.tokens.get(i));
        match token.map(|t| &t.token) {
            Some(Token::Text(value)) => value.as_str().into(),
            _ => text.into(),
        }
    }
}

/// The instant of `@`, read from how the parser prints it (`@ 1609746000.000`): its own value is a clock's type.
fn seconds(at: &AtModifier) -> Ms {
    let shown = at.to_string();
    Ms((shown.trim_start_matches(['@', ' ']).parse().unwrap_or(0.0) * 1000.0_f64).round() as i64)
}

fn kind(of: ValueType) -> Kind {
    match of {
        ValueType::Scalar => Kind::Scalar,
        ValueType::Vector => Kind::Vector,
        ValueType::Matrix => Kind::Matrix,
        ValueType::String => Kind::Text,
    }
}
