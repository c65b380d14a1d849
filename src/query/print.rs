//! Expressions written back as PromQL. Parentheses are added wherever the tree needs them: promql-parser's own printer adds
//! none, so that a changed tree prints as something else.

use super::ast::{At, Expr, Grouping, Many, Matching, Op, Pick, Shift, Stretch};
use super::quote::quoted;
use crate::domain::base::Text;
use crate::domain::measure::Matcher;
use std::fmt;

/// Binds tighter than every operator.
const TIGHT: u8 = 7;
/// A sign binds as a multiplication does: `-2^2` is `-(2^2)`.
const SIGN: u8 = 5;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, 0, f)
    }
}

/// Adds conditions to every selector of an expression: what remains is about one group.
pub fn restrict(expr: &mut Expr, to: &[Matcher]) {
    expr.walk_mut(&mut |e| {
        if let Expr::Vector(pick) | Expr::Matrix(pick, _) = e {
            for selector in std::iter::once(&mut pick.selector).chain(&mut pick.or) {
                *selector = to.iter().fold(selector.clone(), |s, m| s.and(&m.name, m.op, &m.value));
            }
        }
    });
}

/// Writes an expression that stands where at least `least` must bind it.
fn write(expr: &Expr, least: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if binds(expr) >= least {
        return plain(expr, f);
    }
    f.write_str("(")?;
    plain(expr, f)?;
    f.write_str(")")
}

fn binds(expr: &Expr) -> u8 {
    match expr {
        Expr::Binary { op, .. } => op.precedence(),
        Expr::Neg(_) => SIGN,
        Expr::Number(n) if n.is_sign_negative() => SIGN,
        _ => TIGHT,
    }
}

fn plain(expr: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match expr {
        Expr::Number(n) if n.is_infinite() => f.write_str(if *n > 0.0 { "Inf" } else { "-Inf" }),
        Expr::Number(n) => write!(f, "{n}"),
        Expr::Text(text) => f.write_str(&quoted(text)),
        Expr::Paren(of) => {
            f.write_str("(")?;
            plain(of, f)?;
            f.write_str(")")
        }
        Expr::Neg(of) => {
            f.write_str("-")?;
            write(of, SIGN + 1, f)
        }
        Expr::Vector(pick) => {
            selector(pick, f)?;
            shift(&pick.shift, f)
        }
        Expr::Matrix(pick, range) => {
            selector(pick, f)?;
            write!(f, "[{range}]")?;
            shift(&pick.shift, f)
        }
        Expr::Subquery { of, range, step, shift: at } => {
            write(of, TIGHT, f)?;
            write!(f, "[{range}:")?;
            step.iter().try_for_each(|s| write!(f, "{s}"))?;
            f.write_str("]")?;
            shift(at, f)
        }
        Expr::Call { name, args, .. } => {
            write!(f, "{name}(")?;
            list(args, f)?;
            f.write_str(")")
        }
        Expr::Fold { op, grouping: by, param, of } => {
            f.write_str(op.name())?;
            grouping(by, f)?;
            f.write_str("(")?;
            if let Some(param) = param {
                plain(param, f)?;
                f.write_str(", ")?;
            }
            plain(of, f)?;
            f.write_str(")")
        }
        Expr::Binary { op, left, right, matching: how } => binary(*op, left, right, how, f),
    }
}

fn binary(op: Op, left: &Expr, right: &Expr, how: &Matching, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let p = op.precedence();
    let (l, r) = if op == Op::Pow { (p + 1, p) } else { (p, p + 1) };
    write(left, l, f)?;
    write!(f, " {} ", op.sign())?;
    matching(how, f)?;
    write(right, r, f)
}

fn list(args: &[Expr], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, arg) in args.iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        plain(arg, f)?;
    }
    Ok(())
}

fn selector(pick: &Pick, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if pick.or.is_empty() {
        return write!(f, "{}", pick.selector);
    }
    f.write_str("{")?;
    for (i, one) in std::iter::once(&pick.selector).chain(&pick.or).enumerate() {
        f.write_str(if i > 0 { " or " } else { "" })?;
        for (k, m) in one.matchers().iter().enumerate() {
            write!(f, "{}{}{}{}", if k > 0 { ", " } else { "" }, label(&m.name), m.op.sign(), quoted(&m.value))?;
        }
    }
    f.write_str("}")
}

fn shift(shift: &Shift, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match shift.at {
        None => {}
        Some(At::Start) => f.write_str(" @ start()")?,
        Some(At::End) => f.write_str(" @ end()")?,
        Some(At::Time(at)) => write!(f, " @ {}.{:03}", at.0 / 1000, at.0 % 1000)?,
    }
    match shift.offset {
        None => Ok(()),
        Some((span, ahead)) => write!(f, " offset {}{span}", if ahead { "-" } else { "" }),
    }
}

fn grouping(by: &Grouping, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match by {
        Grouping::By(labels) if labels.is_empty() => Ok(()),
        Grouping::By(labels) => write!(f, " by ({}) ", names(labels)),
        Grouping::Without(labels) => write!(f, " without ({}) ", names(labels)),
    }
}

fn matching(how: &Matching, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(if how.returns_bool { "bool " } else { "" })?;
    match &how.labels {
        None => {}
        Some(Grouping::By(labels)) => write!(f, "on ({}) ", names(labels))?,
        Some(Grouping::Without(labels)) => write!(f, "ignoring ({}) ", names(labels))?,
    }
    match &how.many {
        Many::None => {}
        Many::Left(labels) => write!(f, "group_left ({}) ", names(labels))?,
        Many::Right(labels) => write!(f, "group_right ({}) ", names(labels))?,
    }
    how.fill.0.iter().try_for_each(|n| write!(f, "fill_left ({n}) "))?;
    how.fill.1.iter().try_for_each(|n| write!(f, "fill_right ({n}) "))
}

fn names(labels: &[Text]) -> String {
    labels.iter().map(|l| label(l)).collect::<Vec<_>>().join(", ")
}

/// A label's name, in quotes where its characters demand them.
fn label(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bare = name.starts_with(|c: char| plain(c) && !c.is_ascii_digit()) && name.chars().all(plain);
    if bare { name.to_string() } else { quoted(name) }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(span) => write!(f, "{span}"),
            Self::Window => f.write_str("{{window}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::MatchOp;
    use crate::query::parse;

    /// The tree without its parentheses: two texts that mean the same have the same.
    fn bare(mut expr: Expr) -> Expr {
        expr.walk_mut(&mut |e| {
            while let Expr::Paren(of) = e {
                *e = (**of).clone();
            }
        });
        expr
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_tree() {
        for (text, expected) in [
            ("a+b*c", "a + b * c"),
            ("(a+b)*c", "(a + b) * c"),
            ("-2^2", "-2 ^ 2"),
            ("(-2)^2", "(-2) ^ 2"),
            ("2^3^2", "2 ^ 3 ^ 2"),
            ("a - (b - c)", "a - (b - c)"),
            ("sum without (x) (rate(a{b=~`\\d`}[5m] offset -1h))", r#"sum without (x) (rate(a{b=~"\\d"}[5m] offset -1h))"#),
            ("topk by (a) (3, x)", "topk by (a) (3, x)"),
            ("a == bool on (x) group_left (y) b", "a == bool on (x) group_left (y) b"),
            ("max_over_time(rate(a[5m])[1h:1m] @ 1000.5)", "max_over_time(rate(a[5m])[1h:1m] @ 1000.500)"),
            ("sum(rate(a[$window])) or on() vector(0)", "sum(rate(a[{{window}}])) or on () vector(0)"),
            ("a[300]", "a[5m]"),
            ("x > Inf or y < -Inf", "x > Inf or y < -Inf"),
            (r#"{"http.dur", "le.x"="5"}"#, r#"{__name__="http.dur", "le.x"="5"}"#),
            ("sum by (\"a.b\", c) (x)", "sum by (\"a.b\", c) (x)"),
            ("x @ end() offset 5m", "x @ end() offset 5m"),
            ("label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\\n\")", "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\\n\")"),
            ("x{a=\"1\" or b=\"2\"}", "{__name__=\"x\", a=\"1\" or __name__=\"x\", b=\"2\"}"),
            ("SUM(x) By (a)", "sum by (a) (x)"),
            ("1h30m", "5400"),
        ] {
            let tree = parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!(tree.to_string(), expected);
            assert_eq!(bare(parse(&tree.to_string()).unwrap()), bare(tree), "{text}");
        }
    }

    #[test]
    fn injected_parts_get_the_parentheses_they_need() {
        let Expr::Binary { op, right, matching, .. } = parse("a * c").unwrap() else { panic!() };
        let changed = Expr::Binary { op, left: Box::new(parse("x + y").unwrap()), right, matching };
        assert_eq!(changed.to_string(), "(x + y) * c");
        assert_eq!(Expr::Neg(Box::new(parse("a - b").unwrap())).to_string(), "-(a - b)");
    }

    #[test]
    fn group_conditions_reach_every_selector() {
        let mut expr = parse("topk(scalar(n), rate(a[5m])) / on () max_over_time(b[1h:])").unwrap();
        restrict(&mut expr, &[Matcher { name: "region".into(), op: MatchOp::Equal, value: "eu".into() }]);
        let shown = r#"topk(scalar(n{region="eu"}), rate(a{region="eu"}[5m])) / on () max_over_time(b{region="eu"}[1h:])"#;
        assert_eq!(expr.to_string(), shown);
    }
}
