//! The file against what may happen to it.

use super::SqliteSlices;
use crate::domain::base::{Labels, Ms, Span, Text};
use crate::domain::measure::{
    Batch, Count, CountedPlan, Detail, Meter, MeterSpec, Part, PartKind, PartName, Plan, Selector, Sink,
};
use crate::ports::{FeedKey, FeedParts, FeedSave, FeedWish, SliceStore};
use std::path::Path;

const NOW: Ms = Ms::from_secs(1_800_000_000);

fn part(kind: PartKind, group: &str, page: i64, text: &str) -> Part {
    Part { name: PartName { kind, group: group.into(), page }, bytes: text.as_bytes().to_vec() }
}

fn save(feed: &str, parts: Vec<Part>) -> FeedSave {
    FeedSave { feed: FeedKey(feed.into()), parts, forget_before: 0 }
}

fn key(feed: &str) -> FeedKey {
    FeedKey(Text::from(feed))
}

fn open(path: &Path) -> SqliteSlices {
    SqliteSlices::open(path).expect("opened").0
}

async fn scan(store: &SqliteSlices, feed: &str, slices_from: i64) -> Option<FeedParts> {
    store.scan(vec![FeedWish { feed: key(feed), slices_from }]).await.expect("scanned").pop()
}

fn texts(found: Option<FeedParts>) -> String {
    let Some(mut found) = found else { return "nothing".into() };
    found.parts.sort_by(|a, b| a.name.cmp(&b.name));
    let text = |p: &Part| format!("{:?}/{}/{}={}", p.name.kind, p.name.group, p.name.page, String::from_utf8_lossy(&p.bytes));
    let damaged = found.damaged.iter().map(|n| format!("!{:?}/{}", n.kind, n.page));
    found.parts.iter().map(text).chain(damaged).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn parts_replace_each_other_and_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/history.db");
    let store = open(&path);
    assert_eq!(texts(scan(&store, "a", 0).await), "nothing");
    let first = vec![part(PartKind::Meter, "", 0, "m"), part(PartKind::Sums, "", 7, "s"), part(PartKind::Slices, "", 7, "c")];
    store.append(vec![save("a", first), save("b", vec![part(PartKind::Meter, "", 0, "other")])], NOW).await.unwrap();
    store.append(vec![save("a", vec![part(PartKind::Sums, "", 7, "S"), part(PartKind::Slices, "", 8, "d")])], NOW).await.unwrap();
    drop(store);
    let store = open(&path);
    assert_eq!(texts(scan(&store, "a", 0).await), "Meter//0=m Sums//7=S Slices//7=c Slices//8=d");
    assert_eq!(texts(scan(&store, "a", 8).await), "Meter//0=m Sums//7=S Slices//8=d", "old slices are not read");
    let forget = FeedSave { forget_before: 8, ..save("a", vec![]) };
    store.append(vec![forget], NOW).await.unwrap();
    assert_eq!(texts(scan(&store, "a", 0).await), "Meter//0=m Slices//8=d");
    store.append(vec![save("a", vec![])], NOW + Span::from_days(36)).await.unwrap();
    assert_eq!(texts(scan(&store, "b", 0).await), "nothing", "nobody kept it for 36 days");
}

#[tokio::test]
async fn a_damaged_part_is_named_and_the_others_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let store = open(&path);
    let long = "one part that is long enough to be found again".repeat(9);
    store
        .append(vec![save("a", vec![part(PartKind::Sums, "", 7, &long), part(PartKind::Sums, "", 8, "well")])], NOW)
        .await
        .unwrap();
    let tamper = rusqlite::Connection::open(&path).unwrap();
    let body: Vec<u8> = tamper.query_row("SELECT body FROM part WHERE page = 7", [], |row| row.get(0)).unwrap();
    for at in 0..body.len() {
        let mut bad = body.clone();
        bad[at] ^= 0x10;
        tamper.execute("UPDATE part SET body = ?1 WHERE page = 7", [bad]).unwrap();
        // A bit of the frame's head has no meaning: what comes is whole then.
        let (named, whole) = ("Sums//8=well !Sums/7".to_owned(), format!("Sums//7={long} Sums//8=well"));
        let told = texts(scan(&store, "a", 0).await);
        assert!(told == named || (told == whole && at < 6), "byte {at}: {told}");
    }
    tamper.execute("UPDATE part SET body = (SELECT body FROM part WHERE page = 8) WHERE page = 7", []).unwrap();
    assert_eq!(texts(scan(&store, "a", 0).await), "Sums//8=well !Sums/7", "a part in another's place");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_put_aside_and_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    std::fs::write(&path, "no database at all, but long enough to be taken for one".repeat(30)).unwrap();
    let (store, aside) = SqliteSlices::open(&path).expect("a new one");
    assert_eq!(aside, Some(folder.path().join("history.db.damaged-1")));
    store.append(vec![save("a", vec![part(PartKind::Meter, "", 0, "m")])], NOW).await.unwrap();
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    let refused = SqliteSlices::open(&other).err().map(|e| e.why).unwrap_or_default();
    assert!(refused.contains("another program's"), "{refused}");
    let nowhere = SqliteSlices::open(Path::new("/proc/burnledger/history.db")).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(nowhere.contains("--history"), "{nowhere}");
}

/// Noise that does not repeat.
const fn noise(i: i64) -> i64 {
    (i.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(90)
}

#[tokio::test]
async fn a_month_of_an_slo_takes_less_than_200_kib_single_slices_and_all() {
    let count = |name: &str| Count { plus: vec![Selector::metric(name)], minus: Vec::new() };
    let plan = Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) });
    let (step, days, spec) = (Span::from_secs(15), 30, MeterSpec::new(plan));
    let (folder, mut meter) = (tempfile::tempdir().unwrap(), Meter::new(spec.clone()));
    let path = folder.path().join("history.db");
    let store = open(&path);
    let (mut total, mut bad) = (0, 0);
    for day in 0..days {
        let from = NOW + Span::from_days(day);
        for (role, ask) in meter.asks(from, from + Span::from_days(1), Detail::Counts) {
            let (mut batch, errors) = (Batch::default(), format!("{ask:?}").contains("\"bad\""));
            batch.series(&Labels::new([("__name__", "x"), ("errors", if errors { "1" } else { "0" })]));
            for i in 1..=5760_i64 {
                let n = day * 5760 + i;
                let sum = if errors { &mut bad } else { &mut total };
                *sum += if errors { i64::from(noise(n * 31) == 0) } else { 1500 + noise(n) };
                batch.sample(from + step * i, *sum as f64);
            }
            meter.take(role, &batch);
        }
        meter.seal(from + Span::from_days(1));
        store.append(vec![save("one", meter.unsaved())], from).await.unwrap();
        meter.saved();
    }
    let from = NOW + Span::from_days(days - 4);
    let found = store.scan(vec![FeedWish { feed: key("one"), slices_from: meter.page_at(from) }]).await.unwrap().remove(0);
    let back = Meter::restore(spec, &found.parts).expect("restored");
    assert!(back.lost.is_empty() && !back.series_lost && found.damaged.is_empty());
    let (end, month) = (NOW + Span::from_days(days), Span::from_days(days));
    let counts = |meter: &Meter| meter.tracks()[0].history.counts(end - month, end);
    assert_eq!(counts(&back.meter), counts(&meter));
    drop(store);
    let size = std::fs::metadata(&path).unwrap().len();
    assert!((50_000..200 * 1024).contains(&size), "{size} bytes");
}
