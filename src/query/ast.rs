//! PromQL as a tree of our own: durations may be the placeholder window, selectors are the domain's, strings are unescaped.
//!
//! Deliberately absent: positions (errors are located by the scanner's tokens) and native histograms.

use crate::domain::base::{Ms, Span, Text};
use crate::domain::measure::Selector;

/// A length of time as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// A fixed duration.
    Fixed(Span),
    /// `{{window}}`, `{{ .window }}` or `$window`.
    Window,
}

impl Stretch {
    /// The duration, with `window` for the placeholder.
    pub const fn with(self, window: Span) -> Span {
        match self {
            Self::Fixed(span) => span,
            Self::Window => window,
        }
    }
}

/// `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// `@ start()`
    Start,
    /// `@ end()`
    End,
    /// `@ 1609746000`
    Time(Ms),
}

/// `offset` and `@` of a selector or subquery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// How far back; `true` means forward (`offset -5m`).
    pub offset: Option<(Stretch, bool)>,
    /// The fixed instant, if one is set.
    pub at: Option<At>,
}

impl Shift {
    /// True when neither is set.
    pub const fn is_none(&self) -> bool {
        self.offset.is_none() && self.at.is_none()
    }
}

/// A vector selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which series.
    pub selector: Selector,
    /// Further alternatives (`{a="b" or c="d"}`, a dialect of VictoriaMetrics).
    pub or: Vec<Selector>,
    /// When.
    pub shift: Shift,
}

/// Aggregation operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "PromQL's own names")]
pub enum Fold {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

impl Fold {
    /// Every operator with PromQL's name for it.
    pub const NAMES: [(Self, &'static str); 14] = [
        (Self::Sum, "sum"),
        (Self::Avg, "avg"),
        (Self::Count, "count"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::Group, "group"),
        (Self::Stddev, "stddev"),
        (Self::Stdvar, "stdvar"),
        (Self::Topk, "topk"),
        (Self::Bottomk, "bottomk"),
        (Self::CountValues, "count_values"),
        (Self::Quantile, "quantile"),
        (Self::Limitk, "limitk"),
        (Self::LimitRatio, "limit_ratio"),
    ];

    /// PromQL's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(f, _)| *f == self).map_or("", |(_, name)| name)
    }

    /// Reads PromQL's name, in any case.
    pub fn named(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(f, _)| *f)
    }

    /// Keeps the labels of the input's elements instead of those of the group.
    pub const fn keeps_elements(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk | Self::Limitk | Self::LimitRatio)
    }
}

/// `by (..)` and `without (..)`. No grouping is `by ()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Keep only these labels.
    By(Vec<Text>),
    /// Drop these labels.
    Without(Vec<Text>),
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "PromQL's own signs")]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Unless,
}

impl Op {
    /// Every operator with its sign and precedence, 1 binds weakest.
    pub const TABLE: [(Self, &'static str, u8); 16] = [
        (Self::Or, "or", 1),
        (Self::And, "and", 2),
        (Self::Unless, "unless", 2),
        (Self::Eq, "==", 3),
        (Self::Ne, "!=", 3),
        (Self::Lt, "<", 3),
        (Self::Le, "<=", 3),
        (Self::Gt, ">", 3),
        (Self::Ge, ">=", 3),
        (Self::Add, "+", 4),
        (Self::Sub, "-", 4),
        (Self::Mul, "*", 5),
        (Self::Div, "/", 5),
        (Self::Mod, "%", 5),
        (Self::Atan2, "atan2", 5),
        (Self::Pow, "^", 6),
    ];

    /// The sign as PromQL writes it.
    pub fn sign(self) -> &'static str {
        Self::TABLE.iter().find(|(op, ..)| *op == self).map_or("", |(_, sign, _)| sign)
    }

    /// How tightly it binds.
    pub fn precedence(self) -> u8 {
        Self::TABLE.iter().find(|(op, ..)| *op == self).map_or(0, |(.., p)| *p)
    }

    /// Reads a sign, words in any case.
    pub fn signed(text: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, sign, _)| sign.eq_ignore_ascii_case(text)).map(|(op, ..)| *op)
    }

    /// `==` and its kin.
    pub const fn compares(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// `and`, `or`, `unless`.
    pub const fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// Which side of a vector match has many elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Many {
    /// One to one (or many to many for set operators).
    None,
    /// `group_left (labels)`: many on the left.
    Left(Vec<Text>),
    /// `group_right (labels)`: many on the right.
    Right(Vec<Text>),
}

/// How the elements of two vectors find each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// `on (..)` as [`Grouping::By`], `ignoring (..)` as [`Grouping::Without`]; `None` compares all labels.
    pub labels: Option<Grouping>,
    /// Grouping.
    pub many: Many,
    /// `bool`.
    pub returns_bool: bool,
    /// `fill_left`, `fill_right`: experimental, kept so that they can be refused by name.
    pub fill: (Option<f64>, Option<f64>),
}

impl Default for Matching {
    fn default() -> Self {
        Self { labels: None, many: Many::None, returns_bool: false, fill: (None, None) }
    }
}

/// What an expression yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One number.
    Scalar,
    /// A number for each label set.
    Vector,
    /// Samples for each label set.
    Matrix,
    /// Text.
    Text,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// Text, unescaped.
    Text(Text),
    /// `( .. )`
    Paren(Box<Expr>),
    /// `- ..`
    Neg(Box<Expr>),
    /// An instant vector.
    Vector(Pick),
    /// A range vector.
    Matrix(Pick, Stretch),
    /// A subquery.
    Subquery {
        /// What is evaluated over and over.
        of: Box<Expr>,
        /// How far back.
        range: Stretch,
        /// Distance of the evaluations; the server's default when absent.
        step: Option<Stretch>,
        /// When.
        shift: Shift,
    },
    /// A function call.
    Call {
        /// The function's name.
        name: Text,
        /// Its arguments.
        args: Vec<Expr>,
        /// What it yields.
        kind: Kind,
    },
    /// An aggregation.
    Fold {
        /// Operator.
        op: Fold,
        /// `by` or `without`.
        grouping: Grouping,
        /// The parameter of topk, quantile and their kin.
        param: Option<Box<Expr>>,
        /// What is aggregated.
        of: Box<Expr>,
    },
    /// A binary operation.
    Binary {
        /// Operator.
        op: Op,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
        /// Vector matching.
        matching: Matching,
    },
}

impl Expr {
    /// What it yields.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Scalar,
            Self::Text(_) => Kind::Text,
            Self::Paren(of) | Self::Neg(of) => of.kind(),
            Self::Vector(_) | Self::Fold { .. } => Kind::Vector,
            Self::Matrix(..) | Self::Subquery { .. } => Kind::Matrix,
            Self::Call { kind, .. } => *kind,
            Self::Binary { left, right, .. } => match (left.kind(), right.kind()) {
                (Kind::Scalar, Kind::Scalar) => Kind::Scalar,
                _ => Kind::Vector,
            },
        }
    }

    /// The expression inside any parentheses.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Paren(of) => of.bare(),
            other => other,
        }
    }

    /// Its direct parts, parameters included.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Vector(_) | Self::Matrix(..) => Vec::new(),
            Self::Paren(of) | Self::Neg(of) | Self::Subquery { of, .. } => vec![of],
            Self::Call { args, .. } => args.iter().collect(),
            Self::Fold { param, of, .. } => param.iter().chain([of]).map(|b| &**b).collect(),
            Self::Binary { left, right, .. } => vec![left, right],
        }
    }

    /// Its direct parts for changing.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Vector(_) | Self::Matrix(..) => Vec::new(),
            Self::Paren(of) | Self::Neg(of) | Self::Subquery { of, .. } => vec![of],
            Self::Call { args, .. } => args.iter_mut().collect(),
            Self::Fold { param, of, .. } => param.iter_mut().chain([of]).map(|b| &mut **b).collect(),
            Self::Binary { left, right, .. } => vec![left, right],
        }
    }

    /// Calls `see` for this expression and everything in it, outside in.
    pub fn walk<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        see(self);
        for part in self.parts() {
            part.walk(see);
        }
    }

    /// The same for changing: inside parts are seen after `change` was called on the whole.
    pub fn walk_mut(&mut self, change: &mut dyn FnMut(&mut Self)) {
        change(self);
        for part in self.parts_mut() {
            part.walk_mut(change);
        }
    }
}
