//! The latest picture, written once and packed once for all who read it.
//!
//! Parts that stayed the same since the picture before are taken from it as they were packed. Deliberately absent: waiting for
//! pictures (`desk`), and what is in them (`wire/picture`).

use crate::domain::base::{Ms, Text};
use crate::domain::view::Snapshot;
use crate::kit::gzip::{Piece, joined};
use crate::wire::picture::{Has, Part, Parts, Wrong, name_of};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

/// What is shorter is sent as it is.
const SHORT: usize = 1024;

/// The latest picture.
#[derive(Default)]
pub(super) struct Pictures {
    last: Mutex<Option<Arc<Sheet>>>,
}

/// A picture for any reader.
pub(super) struct Sheet {
    parts: Parts,
    packed: [Arc<Packed>; 3],
    scene: Packed,
}

/// Packed when somebody first asks for it; absent when that failed.
type Packed = OnceLock<Option<Piece>>;

impl Pictures {
    /// The picture of a snapshot; whoever comes while it is written waits for it.
    pub(super) async fn of(&self, snapshot: Arc<Snapshot>) -> Result<Arc<Sheet>, Wrong> {
        let mut last = self.last.lock().await;
        if let Some(sheet) = last.as_ref().filter(|sheet| *sheet.parts.name == name_of(&snapshot)) {
            return Ok(Arc::clone(sheet));
        }
        let before = last.clone();
        let made = tokio::task::spawn_blocking(move || Sheet::of(&snapshot, before.as_deref())).await;
        let sheet = Arc::new(made.map_err(|_| Wrong("it could not be written".into()))??);
        *last = Some(Arc::clone(&sheet));
        Ok(sheet)
    }
}

impl Sheet {
    fn of(snapshot: &Snapshot, before: Option<&Self>) -> Result<Self, Wrong> {
        let parts = Parts::of(snapshot)?;
        let packed = [0, 1, 2].map(|i| {
            let same = before.filter(|before| before.parts.shared[i].name == parts.shared[i].name);
            same.map_or_else(Arc::default, |before| Arc::clone(&before.packed[i]))
        });
        Ok(Self { parts, packed, scene: OnceLock::new() })
    }

    /// The bytes for one reader. Takes as long as packing does when it is the first one's.
    pub(super) fn answer(&self, you: Option<&Text>, now: Ms, has: &Has, gzip: bool) -> Result<Response, Wrong> {
        let opening = self.parts.opening(you, now, has)?;
        let sent = self.parts.sent(has);
        let wanted: Vec<(&Part, &Packed)> = self
            .parts
            .shared
            .iter()
            .zip(self.packed.iter().map(|p| &**p))
            .zip(sent)
            .filter(|(_, sent)| *sent)
            .map(|(p, _)| p)
            .collect();
        if gzip && let Some(body) = self.packed(&opening, &wanted) {
            return Ok(json(body, true));
        }
        let mut text = opening;
        text.extend(wanted.iter().map(|(part, _)| &*part.text));
        text.push_str(&self.parts.scene);
        Ok(json(text.into_bytes(), false))
    }

    fn packed(&self, opening: &str, wanted: &[(&Part, &Packed)]) -> Option<Vec<u8>> {
        let opening = Piece::stored(opening.as_bytes());
        let shared = wanted.iter().map(|(part, packed)| piece(packed, &part.text));
        let scene = piece(&self.scene, &self.parts.scene);
        let all: Option<Vec<&Piece>> = std::iter::once(Some(&opening)).chain(shared).chain([scene]).collect();
        Some(joined(&all?))
    }
}

fn piece<'a>(packed: &'a Packed, text: &str) -> Option<&'a Piece> {
    packed.get_or_init(|| Piece::packed(text.as_bytes()).ok()).as_ref()
}

/// A text of JSON, packed where that is worth it.
pub(super) fn answer(text: String, gzip: bool) -> Response {
    let packed = if gzip && text.len() > SHORT { Piece::packed(text.as_bytes()).ok() } else { None };
    match packed {
        Some(piece) => json(joined(&[&piece]), true),
        None => json(text.into_bytes(), false),
    }
}

fn json(body: Vec<u8>, gzip: bool) -> Response {
    let told = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let plain = [told(header::CONTENT_TYPE, "application/json"), told(header::VARY, "accept-encoding")];
    let mut answer = (StatusCode::OK, plain, body).into_response();
    if gzip {
        answer.headers_mut().extend([told(header::CONTENT_ENCODING, "gzip")]);
    }
    answer
}

/// The reader takes gzip (RFC 9110, 12.5.3): it is named, or everything is, and not with a weight of 0.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<(String, bool)> = all.flat_map(|list| list.split(',')).map(coding).collect();
    let named = |name: &str| codings.iter().find(|(coding, _)| coding == name).map(|(_, wanted)| *wanted);
    named("gzip").or_else(|| named("x-gzip")).or_else(|| named("*")).unwrap_or(false)
}

/// A coding and whether it is wanted.
fn coding(text: &str) -> (String, bool) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    (name, weight.is_none_or(|q| q.trim().parse::<f64>().is_ok_and(|q| q > 0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_that_ask_for_it() {
        let takes = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        for yes in ["gzip", "GZip", "br, gzip;q=0.2", "*", "x-gzip", "deflate,*;q=0.5"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.000, *", "identity", "gzip;q=x"] {
            assert!(!takes(no), "{no}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn one_picture_is_written_once_and_what_stayed_the_same_is_packed_once() {
        let pictures = Pictures::default();
        let made = |number| Arc::new(Snapshot { number, ..Snapshot::default() });
        let (a, b) = (pictures.of(made(1)).await.unwrap(), pictures.of(made(1)).await.unwrap());
        assert!(Arc::ptr_eq(&a, &b));
        let has = Has::default();
        let length = |sheet: &Sheet, gzip| {
            sheet.answer(None, Ms(1), &has, gzip).unwrap().headers().contains_key(header::CONTENT_ENCODING) == gzip
        };
        assert!(length(&a, true) && length(&a, false));
        let next = pictures.of(made(2)).await.unwrap();
        assert!(!Arc::ptr_eq(&a, &next));
        for i in 0..3 {
            assert!(Arc::ptr_eq(&a.packed[i], &next.packed[i]) && next.packed[i].get().is_some());
        }
        assert!(next.scene.get().is_none(), "nobody asked for it yet");
    }
}
