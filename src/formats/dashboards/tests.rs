//! Dashboards as people write them: what is read, and what is told of mistakes with its place.

use super::*;

fn file(rows: &str) -> DashboardFile {
    load_bytes("dashboards/a.yaml", format!("version: burnledger-dashboard/v1\ntitle: A\nlast: 30m\nrows:\n{rows}"))
}

/// `line:column code message`, a problem a line.
fn told(file: &DashboardFile) -> String {
    let line = |p: &Problem| {
        let at = p.place.as_ref().map_or((0, 0), |at| (at.line, at.column));
        format!("{}:{} {} {}", at.0, at.1, p.code, p.message)
    };
    file.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_is_rows_of_panels_of_one_kind_each() {
    let read = file(
        "  - height: 3\n    panels:\n      - value: sum(up)\n        unit: ratio\n        below: 0.5\n        width: 3\n      - text: hello\n  - panels:\n      - burn: pay/success\n        window: 1h\n      - budget: pay/success\n",
    );
    assert_eq!(told(&read), "");
    let read = read.read.unwrap();
    let dashboard = &read.dashboard;
    assert_eq!((&*dashboard.title, dashboard.last, dashboard.tiles().count()), ("A", Span::from_mins(30), 4));
    let first = &dashboard.rows[0].tiles[0];
    assert_eq!(first.kind, TileKind::Value { expr: "sum(up)".into() });
    assert_eq!((first.unit, first.bad, first.width), (Unit::Ratio, Some(Bound::Below(0.5)), 3));
    let named: Vec<&str> = read.slos.iter().map(|(name, _)| &**name).collect();
    assert_eq!(named, ["pay/success", "pay/success"]);
}

#[test]
fn placeholders_become_the_panels_window() {
    let read = file("  - panels:\n      - sparkline: rate(x[$window])\n        window: 2m\n").read.unwrap();
    assert_eq!(read.dashboard.rows[0].tiles[0].kind, TileKind::Sparkline { expr: "rate(x[2m])".into() });
}

#[test]
fn every_mistake_has_its_place_and_the_likely_word() {
    for (rows, want) in [
        ("  - panels: [{valu: up}]\n", "5:15 unknown-field unknown field `valu` of a panel, did you mean `value`?"),
        ("  - panels: [{title: x}]\n", "5:15 missing-field a panel needs its kind"),
        ("  - panels: [{text: x, value: up}]\n", "5:15 one-panel-kind a panel has one kind, this has 2: value, text"),
        ("  - panels: [{value: 'sum(up'}]\n", "5:26 bad-query"),
        ("  - panels: [{burn: success}]\n", "5:21 unknown-slo `success` is no name of an SLO"),
        ("  - panels: [{text: x, unit: ratio}]\n", "5:24 idle-field `unit` means nothing for `text`"),
        ("  - panels: [{value: up, unit: percent}]\n", "5:32 unknown-word unknown unit `percent`"),
        ("  - panels: [{value: up, above: 1, below: 2}]\n", "5:15 two-bounds"),
        ("  - panels: []\n", "5:13 empty-list `panels` is empty"),
        ("  - panels: [{text: x}]\n    height: 0\n", "6:13 bad-number `height` must be a whole number from 1 to 19"),
        ("  - panels: [{text: x, source: eu}]\n", "5:24 idle-field `source` means nothing for `text`"),
        ("  - panels: [{burn: a/b, source: eu}]\n", "5:26 idle-field `source` means nothing for `burn`"),
        ("  - panels: [{burn: a/b}]\n    height: 3\n", "6:5 row-too-low `height` is 3, its panels need 7"),
    ] {
        let read = file(rows);
        assert!(told(&read).starts_with(want), "{rows}\n{}\nwanted {want}", told(&read));
        assert!(read.read.is_none());
    }
}

#[test]
fn a_row_that_does_not_fit_80_columns_is_refused() {
    let high = file(&"  - panels: [{burn: a/b}]\n".repeat(9));
    assert_eq!((told(&high), high.read.is_some()), (String::new(), true), "rows below the screen's end are scrolled to");
    let wide = file("  - panels: [{burn: a/b}, {burn: a/c}, {burn: a/d}]\n");
    assert!(told(&wide).contains("grid-too-wide `burn` gets 25 of 80 columns and needs 26"), "{}", told(&wide));
    let many = file(&format!("  - panels: [{}]\n", vec!["{text: x}"; 41].join(", ")));
    assert!(told(&many).contains("too-many-panels"), "{}", told(&many));
}

#[test]
fn an_slo_that_does_not_exist_is_told_with_the_nearest() {
    let read = file("  - panels: [{burn: pay/succes}]\n").read.unwrap();
    let problems = unknown_slos(std::slice::from_ref(&read), &[SloId::new("pay", "success")]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "there is no SLO `pay/succes`, did you mean `pay/success`?");
    assert_eq!(problems[0].place.as_ref().map(|p| p.line), Some(5));
    assert_eq!(unknown_slos(&[read], &[SloId::new("pay", "succes")]), []);
}

#[test]
fn panels_ask_their_own_source_else_the_files() {
    let rows = "  - panels: [{value: up, source: us}, {value: up}, {text: x}]\n";
    let text = format!("version: burnledger-dashboard/v1\ntitle: A\nsource: eu\nrows:\n{rows}");
    let read = load_bytes("a.yaml", text).read.unwrap();
    let asked: Vec<Option<&str>> = read.dashboard.tiles().map(|tile| tile.source.as_deref()).collect();
    assert_eq!(asked, [Some("us"), Some("eu"), None]);
    let wrong = unknown_sources([&read], &["us".into()]);
    let told: Vec<(&str, Option<usize>)> = wrong.iter().map(|p| (&*p.message, p.place.as_ref().map(|at| at.line))).collect();
    assert_eq!(told, [("unknown source `eu`", Some(3))]);
    assert_eq!(unknown_sources([&read], &["us".into(), "eu".into()]), []);
}

#[test]
fn whatever_the_bytes_say_a_file_is_read_without_panic() {
    for bytes in [&b""[..], b"\xff\xfe", b"[", b"version: burnledger-dashboard/v1", b"rows: 3\ntitle: [x]", b"--- 1\n--- 2\n"] {
        let read = load_bytes("a.yaml", bytes);
        assert!(read.read.is_none() && !read.problems.is_empty(), "{bytes:?}");
    }
}

proptest::proptest! {
    #[test]
    fn tiles_fill_their_row_and_rows_their_screen(
        shares in proptest::collection::vec(1_usize..9, 1..6),
        heights in proptest::collection::vec(proptest::option::of(2_usize..9), 1..6),
        columns in 0_usize..300,
        rows in 0_usize..80,
    ) {
        let tile = |width| Tile { kind: TileKind::Text("x".into()), title: None, width, unit: Unit::Number, bad: None, source: None };
        let row = |height| TileRow { height, tiles: shares.iter().map(|s| tile(*s)).collect() };
        let gaps = crate::domain::view::dashboard::GAP * (shares.len() - 1);
        proptest::prop_assert_eq!(row(None).widths(columns).iter().sum::<usize>(), columns.saturating_sub(gaps));
        let dashboard = Dashboard {
            file: "a".into(),
            title: "A".into(),
            last: Span::from_hours(1),
            rows: heights.iter().map(|h| row(*h)).collect(),
        };
        let last = dashboard.last_top(rows);
        for top in 0..heights.len() {
            let got = dashboard.heights(top, rows);
            proptest::prop_assert!(got.iter().sum::<usize>() <= rows);
            proptest::prop_assert!(got.iter().zip(&dashboard.rows).all(|(got, row)| *got == 0 || *got >= row.least()));
            let seen: Vec<usize> = (0..heights.len()).filter(|row| got[*row] > 0).collect();
            proptest::prop_assert!(seen.iter().enumerate().all(|(i, row)| *row == top + i), "no row is left out: {:?}", seen);
            let end = seen.last() == Some(&(heights.len() - 1));
            proptest::prop_assert!(end == (top >= last) || seen.is_empty() && top + 1 == heights.len(), "{} of {}", top, last);
        }
    }
}
