//! Numbers on the wire: whole ones without a point, unknown ones as null.

use serde::{Serialize, Serializer};

/// A number as JSON shows it: `3`, `0.25`, and null for what is no number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let value = self.0;
        if !value.is_finite() {
            to.serialize_none()
        } else if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
            to.serialize_i64(value as i64)
        } else {
            to.serialize_f64(value)
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_point_and_unknown_is_null() {
        let text =
            serde_json::to_string(&[Number(3.0), Number(0.25), Number(-0.0), Number(f64::NAN), Number(f64::INFINITY)]).unwrap();
        assert_eq!(text, "[3,0.25,0,null,null]");
    }
}
