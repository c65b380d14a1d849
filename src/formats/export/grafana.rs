//! Dashboards for Grafana 10 and later, on the metrics that `watch` serves at `/metrics`: what the program judged, with its
//! evidence, exclusions, incidents and cost. Recording rules know none of these.
//!
//! Deliberately absent: dashboards on the recording rules, for which Sloth's own serve; they have its names.

use super::{Exported, OutputFile};
use crate::telemetry as t;
use serde_json::{Value, json};

/// Said in each dashboard, so that it may be written again.
const MADE: &str = "Made by `burnledger export grafana`. Changes made here are lost when it is made again.";
/// SLOs of the services that are chosen: their ids begin with the service.
const OF_SERVICE: &str = r#"slo=~"$service/.*""#;
/// The SLO that is chosen, and its groups.
const OF_SLO: &str = r#"slo=~"$slo", group=~"$group""#;

/// Both dashboards.
pub fn export() -> Exported {
    let file = |name: &str, board: &Value| OutputFile { name: name.into(), text: format!("{board:#}\n") };
    let files = vec![file("overview.json", &overview()), file("slo.json", &detail())];
    Exported { files, ..Exported::default() }
}

/// What a panel shows its values in.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Share,
    Seconds,
    Burn,
    PerSecond,
    Money,
}

impl Unit {
    const fn id(self) -> &'static str {
        match self {
            Self::Count | Self::Burn | Self::Money => "none",
            Self::Share => "percentunit",
            Self::Seconds => "s",
            Self::PerSecond => "ops",
        }
    }

    const fn decimals(self) -> u8 {
        match self {
            Self::Count => 0,
            Self::Share | Self::Burn | Self::Seconds => 1,
            Self::PerSecond | Self::Money => 2,
        }
    }
}

/// A panel before it has a place.
struct Panel {
    kind: &'static str,
    title: &'static str,
    says: &'static str,
    unit: Unit,
    /// Queries, each with its legend.
    queries: Vec<(String, &'static str)>,
    size: (u32, u32),
    /// Levels from which values are marked, with their colours.
    levels: Vec<(f64, &'static str)>,
    /// Words for values.
    words: Vec<(i32, &'static str, &'static str)>,
}

impl Panel {
    fn new(kind: &'static str, title: &'static str, unit: Unit, query: String, legend: &'static str) -> Self {
        let (size, queries) = ((12, 8), vec![(query, legend)]);
        Self { kind, title, says: "", unit, queries, size, levels: Vec::new(), words: Vec::new() }
    }

    fn stat(title: &'static str, unit: Unit, query: String, legend: &'static str) -> Self {
        Self { size: (4, 4), ..Self::new("stat", title, unit, query, legend) }
    }

    fn lines(title: &'static str, unit: Unit, query: String, legend: &'static str) -> Self {
        Self::new("timeseries", title, unit, query, legend)
    }

    fn states(title: &'static str, query: String, legend: &'static str) -> Self {
        Self::new("state-timeline", title, Unit::Count, query, legend)
    }

    const fn says(mut self, says: &'static str) -> Self {
        self.says = says;
        self
    }

    const fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    fn levels(mut self, levels: &[(f64, &'static str)]) -> Self {
        self.levels = levels.to_vec();
        self
    }

    fn words(mut self, words: &[(i32, &'static str, &'static str)]) -> Self {
        self.words = words.to_vec();
        self
    }

    fn and(mut self, query: String, legend: &'static str) -> Self {
        self.queries.push((query, legend));
        self
    }

    fn json(&self, id: usize, (x, y): (u32, u32)) -> Value {
        let target = |(i, (query, legend)): (usize, &(String, &str))| {
            let letter = char::from(b'A' + u8::try_from(i).unwrap_or(0)).to_string();
            let instant = matches!(self.kind, "stat" | "bargauge" | "table");
            json!({
                "refId": letter, "datasource": source(), "expr": query, "legendFormat": legend,
                "instant": instant, "range": !instant, "format": if self.kind == "table" { "table" } else { "time_series" },
            })
        };
        let targets: Vec<Value> = self.queries.iter().enumerate().map(target).collect();
        let mut steps = vec![json!({"color": if self.levels.is_empty() { "blue" } else { "green" }, "value": null})];
        steps.extend(self.levels.iter().map(|(from, color)| json!({"color": color, "value": from})));
        let words: serde_json::Map<String, Value> = self
            .words
            .iter()
            .map(|(v, word, color)| (v.to_string(), json!({"text": word, "color": color, "index": v})))
            .collect();
        let mappings = if words.is_empty() { json!([]) } else { json!([{"type": "value", "options": words}]) };
        json!({
            "id": id, "type": self.kind, "title": self.title, "description": self.says, "datasource": source(),
            "gridPos": {"x": x, "y": y, "w": self.size.0, "h": self.size.1},
            "targets": targets,
            "fieldConfig": {"defaults": {
                "unit": self.unit.id(), "decimals": self.unit.decimals(), "mappings": mappings,
                "thresholds": {"mode": "absolute", "steps": steps},
                "color": {"mode": if self.kind == "timeseries" { "palette-classic" } else { "thresholds" }},
                "custom": self.custom(),
            }, "overrides": []},
            "options": self.options(),
        })
    }

    /// Settings of the kind of panel.
    fn custom(&self) -> Value {
        match (self.kind, self.unit) {
            // Burn rates of one and of a hundred matter alike.
            ("timeseries", Unit::Burn) => json!({"scaleDistribution": {"type": "symlog", "log": 10, "linearThreshold": 1}}),
            ("state-timeline", _) => json!({"fillOpacity": 80, "lineWidth": 0}),
            _ => json!({}),
        }
    }

    fn options(&self) -> Value {
        match self.kind {
            "stat" => json!({"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "textMode": "auto"}),
            "bargauge" => {
                json!({"reduceOptions": {"calcs": ["lastNotNull"]}, "orientation": "horizontal", "displayMode": "basic"})
            }
            "timeseries" => json!({"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}),
            "state-timeline" => json!({"mergeValues": true, "showValue": "never"}),
            _ => json!({}),
        }
    }
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// A variable of the values of a label.
fn variable(name: &str, label: &str, query: &str, regex: &str, all: bool) -> Value {
    json!({
        "name": name, "label": label, "type": "query", "datasource": source(), "refresh": 2, "sort": 1, "regex": regex,
        "query": {"query": query, "refId": name}, "definition": query,
        "multi": all, "includeAll": all, "allValue": if all { json!(".*") } else { Value::Null },
        "current": if all { json!({"text": "All", "value": "$__all"}) } else { json!({}) },
    })
}

fn board(uid: &str, title: &str, variables: Vec<Value>, rows: &[(&str, Vec<Panel>)]) -> Value {
    let mut panels = Vec::new();
    let mut y = 0;
    for (row, members) in rows {
        panels.push(json!({"id": panels.len() + 1, "type": "row", "title": row, "collapsed": false, "panels": [],
            "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}));
        y += 1;
        let (mut x, mut height) = (0, 0);
        for panel in members {
            if x + panel.size.0 > 24 {
                (x, y, height) = (0, y + height, 0);
            }
            panels.push(panel.json(panels.len() + 1, (x, y)));
            (x, height) = (x + panel.size.0, height.max(panel.size.1));
        }
        y += height;
    }
    let chosen = json!({"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}});
    let all: Vec<Value> = std::iter::once(chosen).chain(variables).collect();
    json!({
        "uid": uid, "title": title, "description": MADE, "tags": ["burnledger", "slo"], "schemaVersion": 38, "version": 1,
        "editable": true, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": all}, "panels": panels, "annotations": {"list": []},
        "links": [{"title": "burnledger", "type": "dashboards", "tags": ["burnledger"], "asDropdown": true, "includeVars": true,
            "keepTime": true}],
    })
}

/// `metric{labels}`
fn of(metric: &t::MetricName, labels: &str) -> String {
    if labels.is_empty() { metric.scraped() } else { format!("{}{{{labels}}}", metric.scraped()) }
}

fn service() -> Value {
    // An SLO's id is service/name.
    let query = format!("label_values({}, slo)", of(&t::STATE, ""));
    variable("service", "Service", &query, "/^(.*)\\/[^\\/]*$/", true)
}

const SEVERITIES: [(i32, &str, &str); 4] = [(0, "none", "green"), (1, "P2", "yellow"), (2, "P1", "orange"), (3, "P0", "red")];
const LEFT: [(f64, &str); 2] = [(0.0, "yellow"), (0.25, "green")];

/// 3 while P0 fires, 2 for P1, 1 for P2, else 0.
fn severity(labels: &str, by: &str) -> String {
    let firing = |severity: &str| of(&t::SEVERITY, &format!("{labels}, severity=\"{severity}\""));
    format!("max by ({by}) ({} * 3 or {} * 2 or {})", firing("P0"), firing("P1"), firing("P2"))
}

/// Budgets are marked from below: what is left of nothing is red.
fn left(panel: Panel) -> Panel {
    panel.levels(&LEFT).says("Share of the period's error budget that is left; below nothing it is overspent")
}

fn overview() -> Value {
    let window = variable("window", "Window", &format!("label_values({}, window)", of(&t::BURN, "")), "", false);
    let budget = of(&t::BUDGET, OF_SERVICE);
    let now = vec![
        Panel::stat("Open incidents", Unit::Count, format!("sum by (severity) ({})", of(&t::INCIDENTS, "")), "{{severity}}")
            .levels(&[(1.0, "red")]),
        Panel::stat("SLOs that fire", Unit::Count, format!("sum({})", of(&t::SEVERITY, OF_SERVICE)), "").levels(&[(1.0, "red")]),
        Panel::stat("Cost a minute", Unit::Money, format!("sum by (currency) ({})", of(&t::COST_RATE, "")), "{{currency}}")
            .says("What live incidents cost a minute by the business file; nothing is shown while none has a price"),
        Panel::stat("Rules held back", Unit::Count, format!("sum({})", of(&t::HELD, OF_SERVICE)), "")
            .says("Rules that are true and wait for evidence, traffic, confirmation or the end of a silence"),
        Panel::stat("Age of the data", Unit::Seconds, format!("time() - max({})", of(&t::UP_TO, "")), "")
            .levels(&[(60.0, "yellow"), (300.0, "red")]),
        Panel::stat("Leading", Unit::Count, format!("max({})", of(&t::LEADING, "")), "")
            .words(&[(0, "nobody", "red"), (1, "yes", "green")]),
    ];
    let slos = vec![
        left(Panel::new("bargauge", "Budget left", Unit::Share, format!("sort({budget})"), "{{slo}} {{group}}")),
        Panel::states("Severity", severity(OF_SERVICE, "slo"), "{{slo}}").words(&SEVERITIES),
        Panel::lines(
            "Burn rate over $window",
            Unit::Burn,
            of(&t::BURN, &format!("{OF_SERVICE}, window=\"$window\"")),
            "{{slo}} {{group}}",
        )
        .says("1 spends exactly the budget within the period"),
        left(Panel::lines("Budget left over time", Unit::Share, budget, "{{slo}} {{group}}")),
    ];
    let incidents = vec![
        Panel::lines("Live incidents", Unit::Count, of(&t::INCIDENTS, ""), "{{severity}}").size(8, 7),
        Panel::lines("Cost a minute of each", Unit::Money, of(&t::COST_RATE, ""), "{{incident}} {{service}} {{currency}}")
            .size(8, 7),
        Panel::lines("Cost so far of each", Unit::Money, of(&t::COST, ""), "{{incident}} {{service}} {{currency}}").size(8, 7),
    ];
    let rate = |metric: &t::MetricName, by: &str| format!("sum by ({by}) (rate({}[$__rate_interval]))", metric.scraped());
    let bucket = |metric: &t::MetricName, by: &str| format!("sum by ({by}) (rate({}_bucket[$__rate_interval]))", metric.name);
    let receivers = vec![
        Panel::states("Receivers", of(&t::FAILING, ""), "{{receiver}}")
            .words(&[(0, "fine", "green"), (1, "failing", "red")])
            .size(6, 7),
        Panel::lines("Pages that wait", Unit::Count, of(&t::WAITING, ""), "{{receiver}}").size(6, 7),
        Panel::lines("Tries to deliver", Unit::PerSecond, rate(&t::PAGES, "receiver, outcome"), "{{receiver}} {{outcome}}")
            .size(6, 7),
        Panel::lines(
            "Time to delivery, p95",
            Unit::Seconds,
            format!("histogram_quantile(0.95, {})", bucket(&t::DELIVERY, "receiver, le")),
            "{{receiver}}",
        )
        .size(6, 7),
    ];
    let program = vec![
        Panel::lines(
            "Time of an evaluation",
            Unit::Seconds,
            format!("histogram_quantile(0.99, {})", bucket(&t::TICK, "le")),
            "p99",
        )
        .and(format!("histogram_quantile(0.5, {})", bucket(&t::TICK, "le")), "p50")
        .size(8, 7),
        Panel::states("Sources, ledger and history", of(&t::SOURCE_UP, ""), "{{source}}")
            .and(of(&t::LEDGER_UP, ""), "ledger")
            .and(of(&t::HISTORY_UP, ""), "history")
            .words(&[(0, "down", "red"), (1, "up", "green")])
            .size(8, 7),
        Panel::lines("Evaluations", Unit::PerSecond, format!("rate({}[$__rate_interval])", t::EVALUATIONS.scraped()), "done")
            .and(format!("rate({}[$__rate_interval])", t::SKIPPED.scraped()), "left out")
            .size(8, 7),
    ];
    let rows =
        [("Now", now), ("SLOs", slos), ("Incidents", incidents), ("Receivers", receivers), ("The program itself", program)];
    board("burnledger-overview", "burnledger: overview", vec![service(), window], &rows)
}

fn detail() -> Value {
    let slo = variable("slo", "SLO", &format!("label_values({}, slo)", of(&t::STATE, OF_SERVICE)), "", false);
    let group = variable("group", "Group", &format!("label_values({}, group)", of(&t::STATE, "slo=~\"$slo\"")), "", true);
    let budget = || of(&t::BUDGET, OF_SLO);
    let burn = || of(&t::BURN, OF_SLO);
    let now = vec![
        left(Panel::stat("Budget left", Unit::Share, format!("min({})", budget()), "")),
        Panel::stat("Severity", Unit::Count, severity(OF_SLO, "slo"), "").words(&SEVERITIES),
        Panel::stat("Fastest burn", Unit::Burn, format!("max({})", burn()), "").levels(&[(1.0, "yellow"), (14.4, "red")]),
        Panel::stat("Rules held back", Unit::Count, format!("sum({})", of(&t::HELD, OF_SLO)), ""),
        Panel::stat("State", Unit::Count, format!("max by (state) ({}) == 1", of(&t::STATE, OF_SLO)), "{{state}}").size(8, 4),
    ];
    let time = vec![
        Panel::lines("Burn rate by window", Unit::Burn, burn(), "{{window}} {{group}}")
            .says("1 spends exactly the budget within the period")
            .size(24, 10),
        left(Panel::lines("Budget left", Unit::Share, budget(), "{{group}}")),
        Panel::states("Severity", severity(OF_SLO, "group"), "{{group}}").words(&SEVERITIES),
        Panel::states("State", format!("max by (state) ({})", of(&t::STATE, OF_SLO)), "{{state}}")
            .words(&[(0, "no", "transparent"), (1, "yes", "blue")]),
        Panel::lines("Rules held back", Unit::Count, of(&t::HELD, OF_SLO), "{{group}}"),
    ];
    let cost = |metric: &t::MetricName| of(metric, "service=~\"$service\"");
    let incidents = vec![
        Panel::lines("Cost a minute of the service's incidents", Unit::Money, cost(&t::COST_RATE), "{{incident}} {{currency}}"),
        Panel::lines("Cost so far of the service's incidents", Unit::Money, cost(&t::COST), "{{incident}} {{currency}}"),
    ];
    let rows = [("Now", now), ("Over time", time), ("Incidents", incidents)];
    board("burnledger-slo", "burnledger: SLO", vec![service(), slo, group], &rows)
}
