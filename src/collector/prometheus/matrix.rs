//! Reads the JSON of a Prometheus answer straight into a sink: no tree, no text copied but new label sets.
//!
//! Fields may come in any order; unknown ones are passed over; native histograms are counted and left out.

use super::label_cache::LabelCache;
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::{Sample, Sink};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The labels of a series by their text in the answer.
fn labels_of(cache: &mut LabelCache, raw: &str) -> Result<Labels, serde_json::Error> {
    if let Some(labels) = cache.find(raw.as_bytes()) {
        return Ok(labels);
    }
    let labels = read_labels(raw)?;
    cache.enter(raw.as_bytes(), labels.clone());
    Ok(labels)
}

/// Reads `{"name":"value",...}`.
pub(super) fn read_labels(raw: &str) -> Result<Labels, serde_json::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Labels;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a set of labels")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
            let mut pairs = Vec::with_capacity(8);
            while let Some(pair) = map.next_entry_seed(Words, Words)? {
                pairs.push(pair);
            }
            Ok(Labels::new(pairs))
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Pairs)
}

/// Text, borrowed from the answer where it has no escapes.
struct Words;

impl<'de> DeserializeSeed<'de> for Words {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Words {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// What of the answer is wanted, and what was seen on the way.
pub(super) struct Reading<'a> {
    /// Samples outside `(from, to]` are dropped: servers differ in which ends they include.
    pub(super) from: Ms,
    pub(super) to: Ms,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) cache: &'a mut LabelCache,
    pub(super) max_series: usize,
    pub(super) max_samples: usize,
    pub(super) series: usize,
    pub(super) samples: usize,
    pub(super) histograms: usize,
    /// `series` or `samples` when the limit was passed.
    pub(super) too_much: Option<&'static str>,
    scratch: Vec<Sample>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(from: Ms, to: Ms, sink: &'a mut dyn Sink, cache: &'a mut LabelCache, limits: (usize, usize)) -> Self {
        let (max_series, max_samples) = limits;
        let scratch = Vec::new();
        let too_much = None;
        Self { from, to, sink, cache, max_series, max_samples, series: 0, samples: 0, histograms: 0, too_much, scratch }
    }

    fn emit(&mut self, labels: &Labels) -> Result<(), &'static str> {
        if !self.scratch.is_empty() {
            self.series += 1;
            self.samples += self.scratch.len();
            self.sink.series(labels);
            for sample in &self.scratch {
                self.sink.sample(sample.at, sample.value);
            }
        }
        self.too_much = match () {
            () if self.series > self.max_series => Some("series"),
            () if self.samples > self.max_samples => Some("samples"),
            () => None,
        };
        self.too_much.map_or(Ok(()), Err)
    }
}

/// The envelope around every answer.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) status: String,
    pub(super) error: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) warnings: Vec<String>,
    pub(super) infos: Vec<String>,
    /// VictoriaMetrics' word for missing parts.
    pub(super) is_partial: bool,
    /// A `data` of the expected shape was there.
    pub(super) has_data: bool,
}

/// Reads a whole answer; `data` is read by `seed`.
pub(super) fn read_answer<'de, S>(body: &'de [u8], seed: S) -> Result<Envelope, serde_json::Error>
where
    S: DeserializeSeed<'de>,
{
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let envelope = deserializer.deserialize_map(EnvelopeVisitor(Some(seed)))?;
    deserializer.end()?;
    Ok(envelope)
}

struct EnvelopeVisitor<S>(Option<S>);

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for EnvelopeVisitor<S> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Prometheus answer")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Envelope, A::Error> {
        let mut out = Envelope::default();
        while let Some(key) = map.next_key_seed(Words)? {
            match &*key {
                "status" => out.status = map.next_value()?,
                "error" => out.error = map.next_value()?,
                "errorType" => out.error_type = map.next_value()?,
                "warnings" => out.warnings = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "infos" => out.infos = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "isPartial" => out.is_partial = map.next_value()?,
                "data" => match self.0.take() {
                    Some(seed) => {
                        map.next_value_seed(seed)?;
                        out.has_data = true;
                    }
                    None => return Err(A::Error::custom("there are two fields `data`")),
                },
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(out)
    }
}

/// `data` of a query: `{"resultType":"matrix","result":[...]}`.
pub(super) struct MatrixData<'a, 'b>(pub(super) &'b mut Reading<'a>);

impl<'de> DeserializeSeed<'de> for MatrixData<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // A failing server may send `"data":null` beside its error.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MatrixData<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a matrix")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Words)? {
            match &*key {
                "result" => map.next_value_seed(List(&mut *self.0))?,
                "resultType" => {
                    let kind = map.next_value_seed(Words)?;
                    if kind != "matrix" {
                        return Err(A::Error::custom(format!("a {kind} came where a matrix was asked for")));
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct List<'a, 'b>(&'b mut Reading<'a>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(One(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

/// One series: `{"metric":{...},"values":[[t,"v"],...]}`.
struct One<'a, 'b>(&'b mut Reading<'a>);

impl<'de> DeserializeSeed<'de> for One<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a series")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let mut labels = None;
        reading.scratch.clear();
        while let Some(key) = map.next_key_seed(Words)? {
            match &*key {
                "metric" => {
                    let raw: &RawValue = map.next_value()?;
                    labels = Some(labels_of(reading.cache, raw.get()).map_err(A::Error::custom)?);
                }
                "values" => map.next_value_seed(Values { from: reading.from, to: reading.to, out: &mut reading.scratch })?,
                "histograms" => {
                    reading.histograms += 1;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        reading.emit(&labels.unwrap_or_default()).map_err(|what| A::Error::custom(format!("too many {what}")))
    }
}

struct Values<'a> {
    from: Ms,
    to: Ms,
    out: &'a mut Vec<Sample>,
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(Pair(at, value)) = seq.next_element_seed(PairSeed)? {
            let rises = self.out.last().is_none_or(|last| at > last.at);
            if at > self.from && at <= self.to && rises {
                self.out.push(Sample { at, value });
            }
        }
        Ok(())
    }
}

struct Pair(Ms, f64);
struct PairSeed;

impl<'de> DeserializeSeed<'de> for PairSeed {
    type Value = Pair;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Pair, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for PairSeed {
    type Value = Pair;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pair, A::Error> {
        let seconds: f64 = seq.next_element()?.ok_or_else(|| A::Error::custom("a sample has no time"))?;
        let value = seq.next_element_seed(Words)?.ok_or_else(|| A::Error::custom("a sample has no value"))?;
        let value = read_value(&value).ok_or_else(|| A::Error::custom("a value is no number"))?;
        Ok(Pair(Ms((seconds * 1000.0).round() as i64), value))
    }
}

/// Whole numbers by digit, the rest (`NaN`, `+Inf`, fractions) by the library.
fn read_value(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if (1..=15).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0')) as f64);
    }
    text.parse().ok()
}

/// `data` of `/api/v1/series`: a list of label sets.
pub(super) struct SeriesData<'b>(pub(super) &'b mut Vec<Labels>, pub(super) usize);

impl<'de> DeserializeSeed<'de> for SeriesData<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SeriesData<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of label sets")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            self.0.push(read_labels(raw.get()).map_err(A::Error::custom)?);
            if self.0.len() > self.1 {
                return Err(A::Error::custom("too many series"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::Batch;

    fn shown(body: &str) -> String {
        let (mut batch, mut cache) = (Batch::default(), LabelCache::default());
        let mut reading = Reading::new(Ms(1000), Ms(4000), &mut batch, &mut cache, (2, 5));
        let envelope = read_answer(body.as_bytes(), MatrixData(&mut reading));
        let tail = format!("histograms {} too much {:?}", reading.histograms, reading.too_much);
        let head = match envelope {
            Ok(e) => format!("{} {:?} {:?}", e.status, e.error, e.warnings),
            Err(e) => format!("{e}"),
        };
        let list: Vec<_> =
            batch.iter().map(|(l, s)| format!("{l} {:?}", s.iter().map(|s| (s.at.0, s.value)).collect::<Vec<_>>())).collect();
        format!("{head} | {} | {tail}", list.join("; "))
    }

    #[test]
    fn fields_come_in_any_order_and_spans_are_open_on_the_left() {
        let body = r#"{"warnings":["w"],"data":{"result":[
            {"values":[[1,"9"],[1.001,"1"],[2.5,"NaN"],[3,"+Inf"],[4,"-1.5e3"],[4.001,"7"]],"x":[{}],"metric":{"a":"q\"\u00e4","__name__":"m"}}
            ],"resultType":"matrix"},"status":"success","stats":{"a":[1,2]}}"#;
        assert_eq!(
            shown(body),
            "success None [\"w\"] | m{a=\"q\\\"ä\"} [(1001, 1.0), (2500, NaN), (3000, inf), (4000, -1500.0)] | histograms 0 too much None"
        );
    }

    #[test]
    fn histograms_are_left_out_and_counted() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"h"},"histograms":[[1.5,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]]}]}}"#;
        assert_eq!(shown(body), "success None [] |  | histograms 1 too much None");
    }

    #[test]
    fn limits_and_odd_answers_are_told_apart() {
        let series = |n: usize| {
            let one = r#"{"metric":{"a":"1"},"values":[[2,"1"],[3,"1"]]}"#;
            format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#, vec![one; n].join(","))
        };
        assert!(shown(&series(2)).ends_with("too much None"));
        assert!(shown(&series(3)).ends_with("too much Some(\"series\")"));
        for (body, part) in [
            (r#"{"status":"error","errorType":"bad_data","error":"no","data":null}"#, "error Some(\"no\") []"),
            (r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#, "a vector came where a matrix was asked for"),
            (r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"#, "EOF"),
            (r#"{"status":"success","data":[1]}"#, "invalid type: sequence, expected a matrix"),
            (r#"{"status":"success","data":{"result":[{"metric":{},"values":[[2,"x"]]}]}}"#, "a value is no number"),
            (r#"{"status":"success","data":{"result":[{"metric":{},"values":[[2]]}]}}"#, "a sample has no value"),
            (r"<html>", "expected value"),
        ] {
            assert!(shown(body).contains(part), "{body}: {}", shown(body));
        }
    }
}
