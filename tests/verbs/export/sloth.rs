//! Sloth's own files, imported and exported as rules, mean what Sloth generates from them: compared as parsed PromQL.
//!
//! Every file that has a generated counterpart is compared, and every difference stands with its reason in `sloth/equal.txt`.
//! `UPDATE_EXPECT=1` writes that file anew; then it must be looked at.

use super::{burnledger, root};
use burnledger::kit::yaml::{Node, Source, compose};
use burnledger::query::ast::{Expr, Op};
use burnledger::query::parse;
use burnledger::words::plural::counted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of another tool and what Sloth generates from it.
struct Pair {
    /// Files below `sloth/`, and how they are imported.
    import: &'static [&'static str],
    /// The rules below `sloth/`.
    generated: &'static str,
    /// Names of SLOs as Sloth generates them, and as we import them.
    renamed: &'static [(&'static str, &'static str)],
}

const fn pair(import: &'static [&'static str], generated: &'static str) -> Pair {
    Pair { import, generated, renamed: &[] }
}

/// OpenSLO's objectives have no names; Sloth numbers them from 0, we from 1, and one alone has no number.
const ALONE: [(&str, &str); 1] = [("sloth-slo-my-service-0", "sloth-slo-my-service")];
const SEVERAL: [(&str, &str); 3] = [
    ("requests-availability-openslo-0", "requests-availability-openslo"),
    ("requests-latency-openslo-1", "requests-latency-openslo-2"),
    ("requests-latency-openslo-0", "requests-latency-openslo-1"),
];
const SLO1: [(&str, &str); 1] = [("slo1-0", "slo1")];

/// Every file of Sloth that has a generated counterpart.
const PAIRS: [Pair; 37] = [
    pair(&["sloth", "getting-started.yml"], "getting-started.yml"),
    pair(&["sloth", "no-alerts.yml"], "no-alerts.yml"),
    pair(&["sloth", "home-wifi.yml"], "home-wifi.yml"),
    pair(&["sloth", "raw-home-wifi.yml"], "raw-home-wifi.yml"),
    pair(&["sloth", "kubernetes-apiserver.yml"], "kubernetes-apiserver.yml"),
    pair(&["sloth", "multifile.yml"], "multifile.yml"),
    pair(&["sloth", "k8s-getting-started.yml"], "k8s-getting-started.yml"),
    pair(&["sloth", "k8s-home-wifi.yml"], "k8s-home-wifi.yml"),
    pair(&["sloth", "k8s-multifile.yml"], "k8s-multifile.yml"),
    pair(&["sloth", "slo-plugin-getting-started.yml"], "slo-plugin-getting-started.yml"),
    pair(&["sloth", "slo-plugin-k8s-getting-started.yml"], "slo-plugin-k8s-getting-started.yml"),
    pair(&["sloth", "contrib-slo-plugins.yml"], "contrib-slo-plugins.yml"),
    pair(&["sloth", "contrib-denominator-corrected.yaml"], "contrib-denominator-corrected.yaml"),
    pair(&["sloth", "plugin-getting-started.yml"], "plugin-getting-started.yml"),
    pair(&["sloth", "plugin-k8s-getting-started.yml"], "plugin-k8s-getting-started.yml"),
    pair(&["sloth", "victoria-metrics.yml"], "victoria-metrics.yml"),
    Pair { renamed: &ALONE, ..pair(&["openslo", "openslo-getting-started.yml"], "openslo-getting-started.yml") },
    Pair { renamed: &SEVERAL, ..pair(&["openslo", "openslo-kubernetes-apiserver.yml"], "openslo-kubernetes-apiserver.yml") },
    pair(&["sloth", "integration/in-base.yaml"], "out-base.yaml.tpl"),
    pair(&["sloth", "integration/in-base.yaml", "--period", "28d"], "out-base-28d.yaml.tpl"),
    pair(
        &["sloth", "integration/in-base.yaml", "integration/windows-7d.yaml", "--period", "7d"],
        "out-base-custom-windows-7d.yaml.tpl",
    ),
    pair(&["sloth", "integration/in-base.yaml"], "out-base-extra-labels.yaml.tpl"),
    pair(&["sloth", "integration/in-base.yaml"], "out-base-no-alerts.yaml.tpl"),
    pair(&["sloth", "integration/in-base.yaml"], "out-base-no-recordings.yaml.tpl"),
    pair(&["sloth", "integration/in-base-k8s.yaml"], "out-base-k8s.yaml.tpl"),
    pair(&["sloth", "integration/in-multifile.yaml"], "out-multifile.yaml.tpl"),
    pair(&["sloth", "integration/in-multifile-k8s.yaml"], "out-multifile-k8s.yaml.tpl"),
    pair(&["sloth", "integration/in-slo-plugin.yaml"], "out-slo-plugin.yaml.tpl"),
    pair(&["sloth", "integration/in-slo-plugin-k8s.yaml"], "out-slo-plugin-k8s.yaml.tpl"),
    pair(&["sloth", "integration/in-sli-plugin.yaml"], "out-sli-plugin.yaml.tpl"),
    Pair { renamed: &SLO1, ..pair(&["openslo", "integration/in-openslo.yaml"], "out-openslo.yaml.tpl") },
    // What Sloth generated is read back: the way for files with plugins.
    pair(&["rules", "generated/plugin-getting-started.yml"], "plugin-getting-started.yml"),
    pair(&["rules", "generated/plugin-k8s-getting-started.yml"], "plugin-k8s-getting-started.yml"),
    pair(&["rules", "generated/k8s-multifile.yml"], "k8s-multifile.yml"),
    pair(&["rules", "generated/home-wifi.yml"], "home-wifi.yml"),
    pair(&["rules", "generated/kubernetes-apiserver.yml"], "kubernetes-apiserver.yml"),
    pair(&["rules", "generated/contrib-denominator-corrected.yaml"], "contrib-denominator-corrected.yaml"),
];

/// Why rules differ on purpose. Each is used, or the test says so.
const DIFFERENCES: [(&str, &str); 11] = [
    ("missing errors are none", "`E` is written `E or 0 * T`: Sloth's ratio is missing while there are no errors yet"),
    ("no traffic is no value", "`T` is written `T > 0`: Sloth's ratio is NaN then, and spoils the period's mean"),
    ("the period is a sum", "Sloth's period is a mean of 5-minute ratios; ours is the 5-minute ratio's own form over the period"),
    ("exact numbers", "0.001, where Sloth writes 0.0009999999999999432 and 1 - 0.9990000000000001"),
    ("one minus the good ones", "Sloth writes `1 - G / T`, we write `(T - G) / T`"),
    ("alerts have names of their own", "SLOs have no alert names, labels and annotations here: import notes each of them"),
    ("labels of its SLOs", "SLOs have no labels of their own here, only services have: import notes each of them"),
    ("labels of its run", "they were given to Sloth as `--extra-labels`, and stand in none of its files"),
    ("no alerts were asked for", "Sloth ran with `--disable-alerts`"),
    ("no recordings were asked for", "Sloth ran with `--disable-recordings`"),
    ("a plugin of Sloth", "a Go program changed Sloth's rules; import names it in a note"),
];

/// A rule: what it is called and which SLO it is of; PromQL; labels.
struct Rule {
    /// `my-service-requests slo:objective:ratio`; alerts are `alert page`.
    key: String,
    expr: Expr,
    labels: BTreeMap<String, String>,
    interval: Option<String>,
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(|n| n.text()).map(|t| t.to_string())
}

fn items<'n>(node: &'n Node, key: &str) -> Vec<&'n Node> {
    node.get(key).map(|n| n.one_or_many().iter().map(|n| &**n).collect()).unwrap_or_default()
}

/// The groups of a file of Prometheus, or of a PrometheusRule of Kubernetes.
fn groups(root: &Node) -> Vec<&Node> {
    items(root.get("spec").map_or(root, |spec| &**spec), "groups")
}

fn rules(written: String) -> Vec<Rule> {
    let source = Source::new("rules.yaml", written);
    let documents = compose(&source);
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let mut found = Vec::new();
    for group in documents.roots.iter().flat_map(|root| groups(root)) {
        found.extend(items(group, "rules").into_iter().map(|rule| read_rule(rule, text(group, "interval"))));
    }
    found
}

fn read_rule(rule: &Node, interval: Option<String>) -> Rule {
    let mut labels = BTreeMap::new();
    if let Some(burnledger::kit::yaml::Value::Map(entries)) = rule.get("labels").map(|n| &n.value) {
        let text = |n: &Node| n.text().map(|t| t.to_string()).unwrap_or_default();
        labels.extend(entries.iter().map(|e| (e.key.to_string(), text(&e.value))));
    }
    let written = text(rule, "expr").unwrap();
    let expr = parse(&written).unwrap_or_else(|e| panic!("{written}: {}", e.message));
    let (record, alert) = (text(rule, "record"), text(rule, "alert").map(|_| "alert".to_owned()));
    let of = labels.get("sloth_id").cloned().or_else(|| of_alert(&written)).unwrap();
    let class = labels.get("sloth_severity").map(|c| format!(" {c}")).unwrap_or_default();
    Rule { key: format!("{of} {}{class}", record.or(alert).unwrap()), expr, labels, interval }
}

/// The SLO that an alert's expression is about.
fn of_alert(expr: &str) -> Option<String> {
    expr.split("sloth_id=\"").nth(1)?.split('"').next().map(Into::into)
}

/// An expression without parentheses and with numbers to twelve digits; our differences taken back, each noted in `used`.
fn plain(expr: &Expr, used: &mut BTreeSet<&'static str>) -> Expr {
    let mut tree = expr.clone();
    tree.walk_mut(&mut |e| loop {
        let inner = match &*e {
            Expr::Paren(of) => Some((**of).clone()),
            Expr::Binary { op: Op::Or, left, right, .. } if is_no_errors(right) => {
                used.insert("missing errors are none");
                Some((**left).clone())
            }
            Expr::Binary { op: Op::Gt, left, right, .. } if is_number(right, 0.0) && !is_recorded(left) => {
                used.insert("no traffic is no value");
                Some((**left).clone())
            }
            Expr::Binary { op: Op::Sub, left, right, .. } => match (left.bare(), right.bare()) {
                (Expr::Number(a), Expr::Number(b)) => Some(Expr::Number(a - b)),
                _ => None,
            },
            Expr::Number(n) if rounded(*n) != *n => {
                used.insert("exact numbers");
                Some(Expr::Number(rounded(*n)))
            }
            _ => None,
        };
        match inner {
            Some(inner) => *e = inner,
            None => break,
        }
    });
    match one_minus(&tree) {
        Some(same) => {
            used.insert("one minus the good ones");
            same
        }
        None => tree,
    }
}

/// `1 - G / T` of `(T - G) / T`.
fn one_minus(tree: &Expr) -> Option<Expr> {
    let Expr::Binary { op: Op::Div, left, right, .. } = tree else { return None };
    let Expr::Binary { op: Op::Sub, left: all, right: good, .. } = &**left else { return None };
    (all.to_string() == right.to_string()).then(|| parse(&format!("1 - {good} / {right}")).unwrap())
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

fn sloth(file: &str) -> PathBuf {
    root().join("tests/verbs/export/sloth").join(file)
}

/// Sloth's rules, with the SLOs' names as we import them. Templates of its tests are filled in as its tests do.
fn generated(pair: &Pair) -> Vec<Rule> {
    let is_template = Path::new(pair.generated).extension().is_some_and(|e| e == "tpl");
    let folder = if is_template { "integration" } else { "generated" };
    let mut written = fs::read_to_string(sloth(folder).join(pair.generated)).unwrap();
    written = written.replace("{{ .version }}", "dev").replace("{{\"{{", "{{").replace("}}\"}}", "}}");
    for (theirs, ours) in pair.renamed {
        written = written.replace(theirs, ours);
    }
    rules(written)
}

/// Our rules of a pair: imported, then exported. Else why they were refused.
fn ours(pair: &Pair, dir: &Path) -> Result<Vec<Rule>, String> {
    let (imported, exported) = (dir.join("slos"), dir.join("rules"));
    let place = |path: &Path| path.to_str().unwrap().to_owned();
    let is_file = |arg: &&str| arg.contains(".y");
    let args: Vec<String> =
        pair.import.iter().map(|arg| if is_file(arg) { place(&sloth(arg)) } else { (*arg).to_owned() }).collect();
    let out = place(&imported);
    let args: Vec<&str> = ["import"].into_iter().chain(args.iter().map(|a| &**a)).chain(["--out", &*out]).collect();
    let (code, _, talk) = burnledger(dir, &args);
    if code == 1 {
        let refused = talk.lines().find_map(|l| l.strip_prefix("error")).unwrap_or(&talk);
        return Err(refused.split_once(": ").map_or(refused, |(_, why)| why).to_owned());
    }
    assert_eq!(code, 0, "{:?}: {talk}", pair.import);
    let (code, _, talk) = burnledger(dir, &["export", "rules", "--slos", &out, "--out", &place(&exported)]);
    assert_eq!(code, 0, "{talk}");
    let files = fs::read_dir(&exported).unwrap().map(|e| e.unwrap().path());
    let mine = files.filter(|p| p.to_str().unwrap().ends_with(".rules.yaml"));
    Ok(mine.flat_map(|p| rules(fs::read_to_string(p).unwrap())).collect())
}

/// What became of one pair.
#[derive(Default)]
struct Compared {
    equal: usize,
    /// Reasons of equal rules that are written differently.
    used: BTreeSet<&'static str>,
    /// Rules that differ for a reason: the reason's name, what it is about, and how many.
    other: BTreeMap<(&'static str, String), usize>,
    /// Rules that differ for no reason that is known.
    unexplained: Vec<String>,
}

impl Compared {
    fn note(&mut self, reason: Option<&'static str>, about: &str, key: &str) {
        match reason {
            Some(reason) => *self.other.entry((reason, about.to_owned())).or_default() += 1,
            None => self.unexplained.push(format!("{about}: {key}")),
        }
    }
}

fn compare(pair: &Pair, theirs: &[Rule], ours: &[Rule]) -> Compared {
    let mut done = Compared::default();
    let find = |rules: &'_ [Rule], key: &str| rules.iter().position(|r| r.key == key);
    for their in theirs {
        let Some(our) = find(ours, &their.key).map(|i| &ours[i]) else {
            done.note(why_missing(pair, &their.key), "only Sloth's", &their.key);
            continue;
        };
        let mut used = BTreeSet::new();
        let is_mean = their.expr.to_string().contains("count_over_time(slo:sli_error");
        let wanted = if is_mean { period(theirs, their, &mut used) } else { Some(plain(&their.expr, &mut used)) };
        let mine = plain(&our.expr, &mut used).to_string();
        let wanted = wanted.map(|w| w.to_string()).unwrap_or_default();
        if mine == wanted {
            done.equal += 1;
            done.used.extend(used);
        } else {
            done.note(
                why_different(pair, &their.key),
                "written otherwise",
                &format!("{}\n  ours   {mine}\n  theirs {wanted}", their.key),
            );
        }
        labels(pair, their, our, &mut done);
        if their.interval.is_some() && their.interval != our.interval {
            done.note(why_different(pair, "interval"), "its interval", &their.key);
        }
    }
    for our in ours.iter().filter(|our| find(theirs, &our.key).is_none()) {
        done.note(why_added(pair, &our.key), "only ours", &our.key);
    }
    done
}

/// What Sloth's five minutes would be over the period, as sums of increases where it takes rates.
fn period(theirs: &[Rule], of: &Rule, used: &mut BTreeSet<&'static str>) -> Option<Expr> {
    used.insert("the period is a sum");
    let (stem, window) = of.key.split_once("ratio_rate")?;
    let five = theirs.iter().find(|r| r.key == format!("{stem}ratio_rate5m"))?;
    let text = plain(&five.expr, used).to_string().replace("[5m", &format!("[{window}")).replace("rate(", "increase(");
    Some(plain(&parse(&text).ok()?, used))
}

/// Labels that say which SLO it is are Sloth's own; others are its service's.
fn labels(pair: &Pair, theirs: &Rule, ours: &Rule, done: &mut Compared) {
    for name in ["sloth_id", "sloth_service", "sloth_slo", "sloth_window", "sloth_severity", "sloth_objective"] {
        assert_eq!(ours.labels.get(name), theirs.labels.get(name), "{}: {name}", theirs.key);
    }
    if theirs.key.contains(" alert ") {
        done.used.insert("alerts have names of their own");
        return;
    }
    for (name, value) in theirs.labels.iter().filter(|(name, _)| !name.starts_with("sloth_")) {
        match ours.labels.get(name) {
            Some(ours) => assert_eq!(ours, value, "{}: {name}", theirs.key),
            None => done.note(why_unlabelled(pair, name), &format!("the label {name}"), &theirs.key),
        }
    }
    let added: Vec<_> = ours.labels.keys().filter(|name| !theirs.labels.contains_key(*name)).collect();
    assert!(added.is_empty(), "{}: {added:?}", theirs.key);
}

fn is(pair: &Pair, part: &str) -> bool {
    pair.generated.contains(part)
}

fn why_missing(pair: &Pair, key: &str) -> Option<&'static str> {
    (is(pair, "denominator-corrected") && key.contains("slo:numerator_correction")).then_some("a plugin of Sloth")
}

fn why_different(pair: &Pair, key: &str) -> Option<&'static str> {
    let by_plugin = is(pair, "denominator-corrected") && key.contains("slo:sli_error")
        || is(pair, "contrib-slo-plugins") && key == "interval";
    by_plugin.then_some("a plugin of Sloth")
}

fn why_added(pair: &Pair, key: &str) -> Option<&'static str> {
    if is(pair, "out-base-no-alerts") && key.contains(" alert ") {
        return Some("no alerts were asked for");
    }
    (is(pair, "out-base-no-recordings") && !key.contains(" alert ")).then_some("no recordings were asked for")
}

fn why_unlabelled(pair: &Pair, name: &str) -> Option<&'static str> {
    if ["cmd", "exk1", "exk2"].contains(&name) {
        return Some("labels of its run");
    }
    if is(pair, "contrib-slo-plugins") && name.starts_with("plug-") || is(pair, "out-slo-plugin") && name.starts_with('k') {
        return Some("a plugin of Sloth");
    }
    let of_slo = ["global02k1", "global03k1", "wifi", "category"].contains(&name);
    of_slo.then_some("labels of its SLOs")
}

#[test]
fn imported_slos_are_exported_as_sloth_generates_them_but_for_what_is_listed() {
    let (mut told, mut used, mut unexplained) = (String::new(), BTreeSet::new(), Vec::new());
    for pair in &PAIRS {
        let dir = tempfile::tempdir().unwrap();
        let how: Vec<&str> = pair.import.iter().map(|arg| arg.rsplit('/').next().unwrap()).collect();
        writeln!(told, "{} = {}", how.join(" "), pair.generated).unwrap();
        let ours = match ours(pair, dir.path()) {
            Ok(ours) => ours,
            Err(why) => {
                writeln!(told, "    refused: {}", why.replace(&*sloth("").to_string_lossy(), "")).unwrap();
                continue;
            }
        };
        let theirs = generated(pair);
        let done = compare(pair, &theirs, &ours);
        unexplained.extend(done.unexplained.iter().map(|u| format!("{}: {u}", pair.generated)));
        let slos: BTreeSet<&str> = theirs.iter().filter_map(|r| r.key.split(' ').next()).collect();
        let slos = counted(slos.len(), "SLO", "SLOs");
        writeln!(told, "    {} of {} rules of {slos} are equal", done.equal, theirs.len()).unwrap();
        for name in &done.used {
            writeln!(told, "    equal, as {name}").unwrap();
        }
        for ((name, about), times) in &done.other {
            writeln!(told, "    {about} in {}: {name}", counted(*times, "rule", "rules")).unwrap();
        }
        used.extend(done.used);
        used.extend(done.other.into_keys().map(|(name, _)| name));
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    writeln!(told, "\nWhy:").unwrap();
    for (name, why) in DIFFERENCES {
        assert!(used.remove(name), "nothing differs by `{name}` any more ({why})");
        writeln!(told, "    {name}: {why}").unwrap();
    }
    assert!(used.is_empty(), "without a reason: {used:?}");
    let expected = sloth("equal.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&expected, &told).unwrap();
    }
    assert_eq!(told, fs::read_to_string(&expected).unwrap_or_default());
}
