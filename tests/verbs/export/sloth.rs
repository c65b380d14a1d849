//! Sloth's own examples, imported and exported as rules, mean what Sloth generates: compared as parsed PromQL.

use super::{burnledger, root};
use burnledger::kit::yaml::{Node, Source, compose};
use burnledger::query::ast::{Expr, Op};
use burnledger::query::parse;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files, and how many SLOs of each are compared.
const EXAMPLES: [(&str, usize); 5] =
    [("getting-started", 1), ("no-alerts", 1), ("home-wifi", 2), ("raw-home-wifi", 1), ("kubernetes-apiserver", 2)];

/// Where the rules differ on purpose; everything else must be equal. Each is used, or the test says so.
const DIFFERENCES: [(&str, &str); 5] = [
    ("missing errors are none", "`E` is written `E or 0 * T`: Sloth's ratio is missing while there are no errors yet"),
    ("no traffic is no value", "`T` is written `T > 0`: Sloth's ratio is NaN then, and spoils the period's mean"),
    ("the period is a sum", "Sloth's period is a mean of 5-minute ratios; ours is the 5-minute ratio's own form over the period"),
    ("exact numbers", "0.001, where Sloth writes 0.0009999999999999432 and 1 - 0.9990000000000001"),
    ("alerts have names of their own", "imported SLOs have no alert name, labels and annotations: import notes each of them"),
];

/// A rule: what it is called and which SLO it is of; PromQL; labels.
struct Rule {
    key: String,
    expr: Expr,
    labels: BTreeMap<String, String>,
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(|n| n.text()).map(|t| t.to_string())
}

fn items<'n>(node: &'n Node, key: &str) -> Vec<&'n Node> {
    node.get(key).map(|n| n.one_or_many().iter().map(|n| &**n).collect()).unwrap_or_default()
}

fn rules(path: &Path) -> Vec<Rule> {
    let source = Source::new("rules.yaml", fs::read_to_string(path).unwrap());
    let documents = compose(&source);
    assert!(documents.problems.is_empty(), "{}: {:?}", path.display(), documents.problems);
    let mut found = Vec::new();
    for root in &documents.roots {
        for rule in items(root, "groups").into_iter().flat_map(|g| items(g, "rules")) {
            let named = rule.get("labels").map(|n| match &n.value {
                burnledger::kit::yaml::Value::Map(entries) => entries
                    .iter()
                    .map(|e| (e.key.to_string(), e.value.text().map(|t| t.to_string()).unwrap_or_default()))
                    .collect::<BTreeMap<String, String>>(),
                _ => BTreeMap::new(),
            });
            let labels = named.unwrap_or_default();
            let written = text(rule, "expr").unwrap();
            let expr = parse(&written).unwrap_or_else(|e| panic!("{written}: {}", e.message));
            let (record, alert) = (text(rule, "record"), text(rule, "alert").map(|_| "alert".to_owned()));
            let of = labels.get("sloth_id").cloned().or_else(|| of_alert(&written)).unwrap();
            let class = labels.get("sloth_severity").cloned().unwrap_or_default();
            found.push(Rule { key: format!("{of} {} {class}", record.or(alert).unwrap()), expr, labels });
        }
    }
    found
}

/// The SLO that an alert's expression is about.
fn of_alert(expr: &str) -> Option<String> {
    expr.split("sloth_id=\"").nth(1)?.split('"').next().map(Into::into)
}

/// An expression without parentheses and with numbers to twelve digits; our differences taken back, each noted in `used`.
fn plain(expr: &Expr, used: &mut Vec<&'static str>) -> Expr {
    let mut tree = expr.clone();
    tree.walk_mut(&mut |e| loop {
        let inner = match &*e {
            Expr::Paren(of) => Some((**of).clone()),
            Expr::Binary { op: Op::Or, left, right, .. } if is_no_errors(right) => {
                used.push("missing errors are none");
                Some((**left).clone())
            }
            Expr::Binary { op: Op::Gt, left, right, .. } if is_number(right, 0.0) && !is_recorded(left) => {
                used.push("no traffic is no value");
                Some((**left).clone())
            }
            Expr::Binary { op: Op::Sub, left, right, .. } => match (left.bare(), right.bare()) {
                (Expr::Number(a), Expr::Number(b)) => Some(Expr::Number(a - b)),
                _ => None,
            },
            Expr::Number(n) if rounded(*n) != *n => {
                used.push("exact numbers");
                Some(Expr::Number(rounded(*n)))
            }
            _ => None,
        };
        match inner {
            Some(inner) => *e = inner,
            None => break,
        }
    });
    tree
}

fn rounded(n: f64) -> f64 {
    format!("{n:.11e}").parse().unwrap()
}

/// `0 * T`
fn is_no_errors(expr: &Expr) -> bool {
    matches!(expr.bare(), Expr::Binary { op: Op::Mul, left, .. } if is_number(left, 0.0))
}

fn is_number(expr: &Expr, wanted: f64) -> bool {
    matches!(expr.bare(), Expr::Number(n) if *n == wanted)
}

fn is_recorded(expr: &Expr) -> bool {
    matches!(expr.bare(), Expr::Vector(pick) if pick.selector.name().is_some_and(|n| n.starts_with("slo:")))
}

/// Our rules of an example: imported, then exported.
fn ours(name: &str, dir: &Path) -> Vec<Rule> {
    let example = root().join("tests/verbs/export/sloth").join(format!("{name}.yml"));
    let (imported, exported) = (dir.join(name).join("slos"), dir.join(name).join("rules"));
    let place = |path: &Path| path.to_str().unwrap().to_owned();
    let (code, _, talk) = burnledger(dir, &["import", "sloth", &place(&example), "--out", &place(&imported)]);
    assert_eq!(code, 0, "{talk}");
    let (code, _, talk) = burnledger(dir, &["export", "rules", "--slos", &place(&imported), "--out", &place(&exported)]);
    assert_eq!(code, 0, "{talk}");
    let files = fs::read_dir(&exported).unwrap().map(|e| e.unwrap().path());
    files.filter(|p| p.to_str().unwrap().ends_with(".rules.yaml")).flat_map(|p| rules(&p)).collect()
}

#[test]
fn imported_slos_are_exported_as_sloth_generates_them_but_for_what_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let mut used = Vec::new();
    for (name, slos) in EXAMPLES {
        let theirs = rules(&root().join("tests/verbs/export/sloth/generated").join(format!("{name}.yml")));
        let ours = ours(name, dir.path());
        let find = |key: &str| ours.iter().find(|r| r.key == key).unwrap_or_else(|| panic!("{name}: `{key}` is missing"));
        let mut compared = 0;
        for their in &theirs {
            let our = find(&their.key);
            labels_agree(their, our, &mut used);
            let is_period = their.key.contains("ratio_rate30d");
            let wanted = if is_period { period(&theirs, their, &mut used) } else { plain(&their.expr, &mut used) };
            assert_eq!(plain(&our.expr, &mut used).to_string(), wanted.to_string(), "{name}: {}", their.key);
            compared += usize::from(their.key.contains("sloth_slo_info"));
        }
        assert_eq!(compared, slos, "{name}");
        assert_eq!(ours.len(), theirs.len(), "{name}: nothing is added");
    }
    for (difference, why) in DIFFERENCES {
        assert!(used.contains(&difference), "nothing differs by `{difference}` any more ({why})");
    }
}

/// What Sloth's five minutes would be over the period, as sums of increases where it takes rates.
fn period(theirs: &[Rule], of: &Rule, used: &mut Vec<&'static str>) -> Expr {
    used.push("the period is a sum");
    let five = theirs.iter().find(|r| r.key == of.key.replace("ratio_rate30d", "ratio_rate5m")).unwrap();
    let text = plain(&five.expr, used).to_string().replace("[5m", "[30d").replace("rate(", "increase(");
    plain(&parse(&text).unwrap(), used)
}

/// Labels that say which SLO it is are Sloth's own; others are its service's.
fn labels_agree(theirs: &Rule, ours: &Rule, used: &mut Vec<&'static str>) {
    for name in ["sloth_id", "sloth_service", "sloth_slo", "sloth_window", "sloth_severity", "sloth_objective"] {
        assert_eq!(ours.labels.get(name), theirs.labels.get(name), "{}: {name}", theirs.key);
    }
    if theirs.key.contains(" alert ") {
        used.push("alerts have names of their own");
    }
}
