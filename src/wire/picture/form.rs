//! How a value of the domain stands in a picture: one trait for both directions, and what scalars look like.
//!
//! What is read back was sent by a stranger: a number that is none, a name that does not exist or an amount beyond reason is an
//! error that names it, never a panic later on a screen.

use crate::domain::base::{IncidentId, Labels, Ms, Severity, SloId, Span, Target, Text, Zone};
use crate::wire::exact::DecimalText;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;
use thiserror::Error;

/// Why a picture is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Wrong(pub String);

/// A sent form of `T`.
pub(super) trait Form<T>: Sized {
    /// The form of a value.
    fn of(value: &T) -> Self;
    /// The value of a form.
    fn back(self) -> Result<T, Wrong>;
}

/// Times up to the year 9999: arithmetic on them never leaves the numbers there are.
const LAST_MS: i64 = 253_402_300_799_999;
/// Amounts and factors beyond this are nobody's.
const MOST: i64 = 1_000_000_000_000_000;

macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl Form<$type> for $type {
            fn of(value: &$type) -> Self {
                value.clone()
            }
            fn back(self) -> Result<$type, Wrong> {
                Ok(self)
            }
        }
    )*};
}

as_it_is!(bool, u32, u64, usize, Text);

/// A number; null where it is none, and the word for what JSON has no number for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Num(f64);

impl Serialize for Num {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_nan() => to.serialize_none(),
            v if v.is_infinite() => to.serialize_str(if v > 0.0 { "+Inf" } else { "-Inf" }),
            v => to.serialize_f64(v),
        }
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Any {
            Number(f64),
            Word(Text),
        }
        Ok(Self(match Option::<Any>::deserialize(from)? {
            None => f64::NAN,
            Some(Any::Number(v)) => v,
            Some(Any::Word(w)) if &*w == "+Inf" => f64::INFINITY,
            Some(Any::Word(w)) if &*w == "-Inf" => f64::NEG_INFINITY,
            Some(Any::Word(_)) => return Err(serde::de::Error::custom("a number was expected")),
        }))
    }
}

impl Form<f64> for Num {
    fn of(value: &f64) -> Self {
        Self(*value)
    }
    fn back(self) -> Result<f64, Wrong> {
        Ok(self.0)
    }
}

/// A row of small numbers; null where one is unknown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row(Vec<Option<f32>>);

/// More values than any chart shows.
const LONGEST_ROW: usize = 4_000;

impl Form<Arc<[f32]>> for Row {
    fn of(value: &Arc<[f32]>) -> Self {
        Self(value.iter().map(|v| v.is_finite().then_some(*v)).collect())
    }
    fn back(self) -> Result<Arc<[f32]>, Wrong> {
        if self.0.len() > LONGEST_ROW {
            return Err(Wrong(format!("a row of {} values is longer than {LONGEST_ROW}", self.0.len())));
        }
        Ok(self.0.into_iter().map(|v| v.unwrap_or(f32::NAN)).collect())
    }
}

impl Form<Ms> for i64 {
    fn of(value: &Ms) -> Self {
        value.0
    }
    fn back(self) -> Result<Ms, Wrong> {
        if !(-LAST_MS..=LAST_MS).contains(&self) {
            return Err(Wrong(format!("{self} is no time")));
        }
        Ok(Ms(self))
    }
}

impl Form<Span> for i64 {
    fn of(value: &Span) -> Self {
        value.0
    }
    fn back(self) -> Result<Span, Wrong> {
        if !(0..=LAST_MS).contains(&self) {
            return Err(Wrong(format!("{self} is no span of time")));
        }
        Ok(Span(self))
    }
}

impl Form<IncidentId> for u64 {
    fn of(value: &IncidentId) -> Self {
        value.0
    }
    fn back(self) -> Result<IncidentId, Wrong> {
        Ok(IncidentId(self))
    }
}

impl Form<SloId> for Text {
    fn of(value: &SloId) -> Self {
        value.0.clone()
    }
    fn back(self) -> Result<SloId, Wrong> {
        Ok(SloId(self))
    }
}

impl Form<Severity> for Text {
    fn of(value: &Severity) -> Self {
        value.name().into()
    }
    fn back(self) -> Result<Severity, Wrong> {
        Severity::parse(&self).ok_or_else(|| Wrong(format!("`{}` is no severity", short(&self))))
    }
}

impl Form<Zone> for Text {
    fn of(value: &Zone) -> Self {
        value.to_string().into()
    }
    fn back(self) -> Result<Zone, Wrong> {
        Zone::parse(&self).ok_or_else(|| Wrong(format!("`{}` is no time zone", short(&self))))
    }
}

impl Form<Labels> for Vec<(Text, Text)> {
    fn of(value: &Labels) -> Self {
        value.iter().map(|(k, v)| (k.into(), v.into())).collect()
    }
    fn back(self) -> Result<Labels, Wrong> {
        Ok(Labels::new(self))
    }
}

impl Form<Decimal> for DecimalText {
    fn of(value: &Decimal) -> Self {
        Self(*value)
    }
    fn back(self) -> Result<Decimal, Wrong> {
        in_reason(self.0)
    }
}

/// The decimal, unless sums and products of such could leave the numbers there are.
pub(super) fn in_reason(value: Decimal) -> Result<Decimal, Wrong> {
    if value.abs() > Decimal::from(MOST) {
        return Err(Wrong(format!("{value} is beyond reason")));
    }
    Ok(value)
}

impl Form<Target> for DecimalText {
    fn of(value: &Target) -> Self {
        Self(value.share())
    }
    fn back(self) -> Result<Target, Wrong> {
        Target::new(self.0).ok_or_else(|| Wrong(format!("{} is no target", self.0)))
    }
}

impl<T, F: Form<T>> Form<Option<T>> for Option<F> {
    fn of(value: &Option<T>) -> Self {
        value.as_ref().map(F::of)
    }
    fn back(self) -> Result<Option<T>, Wrong> {
        self.map(F::back).transpose()
    }
}

impl<T, F: Form<T>> Form<Vec<T>> for Vec<F> {
    fn of(value: &Vec<T>) -> Self {
        value.iter().map(F::of).collect()
    }
    fn back(self) -> Result<Vec<T>, Wrong> {
        self.into_iter().map(F::back).collect()
    }
}

impl<A, B, F: Form<A>, G: Form<B>> Form<(A, B)> for (F, G) {
    fn of(value: &(A, B)) -> Self {
        (F::of(&value.0), G::of(&value.1))
    }
    fn back(self) -> Result<(A, B), Wrong> {
        Ok((self.0.back()?, self.1.back()?))
    }
}

/// Outside text for an error.
pub(super) fn short(text: &str) -> String {
    crate::domain::base::clean_line(text, 60).to_string()
}

/// A form with the same fields as a struct of the domain, and both directions.
macro_rules! form {
    ($(#[$more:meta])* $form:ident of $of:ident { $($field:ident: $type:ty),* $(,)? } $(else $rest:expr)?) => {
        $(#[$more])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub(super) struct $form {
            $($field: $type,)*
        }

        impl Form<$of> for $form {
            fn of(value: &$of) -> Self {
                Self { $($field: Form::of(&value.$field),)* }
            }
            fn back(self) -> Result<$of, Wrong> {
                Ok($of { $($field: self.$field.back()?,)* $(..$rest)? })
            }
        }
    };
}

/// A word for each value of an enum without fields.
macro_rules! words {
    ($form:ident of $of:ident ($what:literal) { $($value:ident = $word:literal),* $(,)? }) => {
        #[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
        pub(super) enum $form {
            $(#[serde(rename = $word)] $value,)*
        }

        impl Form<$of> for $form {
            fn of(value: &$of) -> Self {
                match value {
                    $($of::$value => Self::$value,)*
                }
            }
            fn back(self) -> Result<$of, Wrong> {
                Ok(match self {
                    $(Self::$value => $of::$value,)*
                })
            }
        }
    };
}

pub(super) use {form, words};

/// The first thing in a document that no picture of ours has: whole numbers of so many digits, texts of such a length.
///
/// # Errors
/// What it is.
pub(super) fn look_over(bytes: &[u8]) -> Result<(), Wrong> {
    let (mut digits, mut text, mut in_text, mut escaped) = (0_usize, 0_usize, false, false);
    let (mut after_point, mut last) = (false, b' ');
    for &b in bytes {
        if in_text {
            text += 1;
            if text > LONGEST_TEXT {
                return Err(Wrong(format!("a text is longer than {LONGEST_TEXT} bytes")));
            }
            in_text = escaped || b != b'"';
            escaped = !escaped && b == b'\\';
            continue;
        }
        if b.is_ascii_digit() {
            digits += 1;
            if digits > MOST_DIGITS && !after_point {
                return Err(Wrong("a whole number has more digits than any time or count".into()));
            }
        } else {
            after_point = b == b'.' || (after_point && matches!(last, b'e' | b'E'));
            digits = 0;
            if b == b'"' {
                (in_text, escaped, text) = (true, false, 0);
            }
        }
        last = b;
    }
    Ok(())
}

const MOST_DIGITS: usize = 15;
const LONGEST_TEXT: usize = 64 * 1024;
