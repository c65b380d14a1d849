//! Examples of every verb: one table for `--help`, the manual pages and the reference.
//!
//! Tests parse each of them and demand one for every verb. Deliberately absent: what they print; the documentation shows that.

use clap::Command;

/// A verb (`incidents ack`) with command lines and what each is for.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

/// The table, in the order of the verbs.
pub const TABLE: &[Examples] = &[
    (
        "demo",
        &[
            ("burnledger demo", "the incident of a connection pool, in the dashboard, sixty times as fast as it was"),
            ("burnledger demo --headless", "the same as text, at once, with its postmortem at the end"),
            ("burnledger demo --headless --ledger demo.db", "keeps its ledger, to try `incidents`, `report` and `cost` on"),
        ],
    ),
    (
        "check",
        &[
            ("burnledger check", "every file of ./slos"),
            ("burnledger check slos/checkout.yaml --online", "one file, and whether the source has what it asks for"),
        ],
    ),
    (
        "import",
        &[
            ("burnledger import sloth slo.yaml", "prints the SLO file"),
            ("burnledger import openslo specs --out slos", "a folder; a file is written for each document that holds SLOs"),
            ("burnledger import rules rules.yaml", "the SLOs that Sloth or Pyrra made these rules from"),
        ],
    ),
    (
        "watch",
        &[
            ("burnledger watch", "until it is stopped; health and API on 127.0.0.1:9797"),
            ("burnledger watch --once", "one evaluation, recorded and paged, as from cron"),
            ("burnledger watch --listen 0.0.0.0:9797", "reachable from other machines; this takes `api_tokens_file`"),
        ],
    ),
    (
        "tui",
        &[
            ("burnledger tui", "the dashboard; beside a watch it follows"),
            ("burnledger tui --replay 17", "incident 17 again, from its own samples"),
            ("burnledger tui --once --export png > now.png", "one picture of how it is"),
            ("burnledger tui --plain", "a line for each change"),
        ],
    ),
    (
        "status",
        &[
            ("burnledger status", "every SLO, now"),
            ("burnledger status checkout --at 2h", "one service, two hours ago"),
            ("burnledger status --samples monday.om.zst --format json", "of a recording, for programs"),
        ],
    ),
    (
        "explain",
        &[
            ("burnledger explain checkout/availability", "what is counted, by which rules, and why it is judged so"),
            ("burnledger explain checkout/availability --at 2026-03-17T02:30:00Z", "why it was judged so then"),
        ],
    ),
    (
        "backtest",
        &[
            ("burnledger backtest --from 30d", "what would have fired in the last 30 days"),
            (
                "burnledger backtest --from 30d --what-if target=99.5% slo=checkout/availability",
                "and with another target beside it",
            ),
            ("burnledger backtest --from 30d --labels ledger --plot", "against recorded incidents, with pictures"),
        ],
    ),
    (
        "test",
        &[
            ("burnledger test checkout.test.yaml", "all cases of a file"),
            ("burnledger test checkout.test.yaml --only burst", "those whose name contains `burst`"),
        ],
    ),
    (
        "gate",
        &[
            ("burnledger gate --service checkout --min-budget 10%", "may it be deployed?"),
            ("burnledger gate --service checkout --from 45m", "did the load test of the last 45 minutes hold?"),
            ("burnledger gate --change proposed-slos --from 30d", "what would changed SLO files have paged?"),
        ],
    ),
    (
        "export",
        &[
            ("burnledger export rules --out rules", "Prometheus rules, and promtool tests beside them"),
            ("burnledger export schema --out schemas", "JSON Schemas, for editors"),
        ],
    ),
    (
        "export rules",
        &[
            ("burnledger export rules --out rules", "a file for each service, and promtool tests beside it"),
            ("burnledger export rules --slo checkout/availability", "one SLO, on stdout"),
        ],
    ),
    (
        "export openslo",
        &[
            ("burnledger export openslo --out openslo", "a file for each service"),
            ("burnledger export openslo --slo checkout/availability", "one SLO, on stdout"),
        ],
    ),
    ("export grafana", &[("burnledger export grafana --out dashboards", "an overview, and one SLO in detail")]),
    (
        "export schema",
        &[
            ("burnledger export schema --out schemas", "of every kind of file"),
            ("burnledger export schema config", "of the configuration, on stdout"),
        ],
    ),
    (
        "incidents",
        &[
            ("burnledger incidents list", "the newest ones"),
            ("burnledger incidents ack 17 --by ann", "ann takes 17"),
            ("burnledger incidents note 17 the pool is full again", "words for its timeline"),
        ],
    ),
    ("incidents list", &[("burnledger incidents list --limit 10 --format json", "the newest ten, for programs")]),
    ("incidents show", &[("burnledger incidents show 17", "its clocks, impact, cost, pages and timeline")]),
    ("incidents ack", &[("burnledger incidents ack 17 --by ann", "ann takes it; repeats and escalation stop")]),
    (
        "incidents mitigate",
        &[("burnledger incidents mitigate 17 --at 5m --reason \"rolled back\"", "users are served again since five minutes")],
    ),
    (
        "incidents resolve",
        &[
            ("burnledger incidents resolve 17 --reason \"false alarm\"", "it is over, and why"),
            (
                "burnledger incidents resolve 17 --cause capacity --responders 5 --hours 0.5",
                "what it was, and five people for half an hour each, for the cost",
            ),
        ],
    ),
    ("incidents reopen", &[("burnledger incidents reopen 17 --at 10m --reason \"it is back\"", "bad again since ten minutes")]),
    ("incidents close", &[("burnledger incidents close 17 --reason \"postmortem held\"", "nothing more will happen")]),
    (
        "incidents note",
        &[
            ("burnledger incidents note 17 rolled back to 4.1", "several words need no quotes"),
            ("burnledger incidents note 17 raise the pool --action-item", "stands in the postmortem's list of actions"),
        ],
    ),
    (
        "incidents evidence",
        &[(
            "burnledger incidents evidence 17 --kind trace --url https://traces.example/9f3a \"slow query\"",
            "a link with what it shows",
        )],
    ),
    (
        "incidents edit",
        &[
            (
                "burnledger incidents edit 17 --impact-start 2026-03-17T02:15:00Z --reason \"seen in access logs\"",
                "a better time; the old one stays in the ledger",
            ),
            ("burnledger incidents edit 17 --root-cause capacity", "what it was, for `stats --by root_cause`"),
        ],
    ),
    (
        "incidents declare",
        &[
            ("burnledger incidents declare checkout nobody can pay --severity P0", "an incident that no rule has seen"),
            ("burnledger incidents declare checkout fire drill --severity P1 --drill", "a practised one"),
        ],
    ),
    ("incidents merge", &[("burnledger incidents merge 17 18 --reason \"same cause\"", "18 goes on as a part of 17")]),
    ("incidents export", &[("burnledger incidents export 17 --out incident-17.jsonl", "every entry of 17, for another ledger")]),
    (
        "incidents import",
        &[
            ("burnledger incidents import incident-17.jsonl", "entries of another ledger"),
            ("burnledger incidents import old.csv --columns id=key,resolved=closed_at", "records of another tool"),
        ],
    ),
    ("incidents split", &[("burnledger incidents split 17 --service search", "search had another cause")]),
    (
        "ledger",
        &[
            ("burnledger ledger verify", "is every entry as it was recorded?"),
            ("burnledger ledger backup /backup/ledger.db", "a copy, while a watch goes on writing"),
        ],
    ),
    ("ledger verify", &[("burnledger ledger verify", "every hash and every incident computed again; prints an anchor to keep")]),
    ("ledger backup", &[("burnledger ledger backup /backup/ledger.db", "a new file; others may go on writing")]),
    (
        "report",
        &[
            ("burnledger report 17 --out postmortem.md", "run it again: facts are renewed, your words stay"),
            (
                "burnledger report 17 --format html --out postmortem.html --draft postmortem.md",
                "one file for a browser, with charts and your words",
            ),
            ("burnledger report --from 30d", "all incidents of the last 30 days"),
        ],
    ),
    (
        "stats",
        &[
            ("burnledger stats --from 90d --by service", "recovery times of a quarter, service by service"),
            ("burnledger stats --split 2026-03-01T00:00:00Z", "did it become better since then?"),
            ("burnledger stats --file tickets.csv --columns id=key,resolved=closed_at", "records of another tool"),
        ],
    ),
    (
        "cost",
        &[
            ("burnledger cost explain 17", "each line with its formula, its numbers and where they come from"),
            ("burnledger cost estimate cost.yaml", "the calculator alone, on numbers you declare"),
        ],
    ),
    (
        "cost estimate",
        &[
            ("burnledger cost estimate cost.yaml", "every line with its formula"),
            ("burnledger cost estimate cost.yaml --format csv", "for a spreadsheet"),
        ],
    ),
    ("cost explain", &[("burnledger cost explain 17", "while it lasts, with its rate a minute")]),
    ("cost verify", &[("burnledger cost verify 17 --offline", "from its recorded inputs alone")]),
    ("cost restate", &[("burnledger cost restate 17 --reason \"fee of March corrected\"", "a new version; the old one stays")]),
    ("page", &[("burnledger page test ops", "one marked test page")]),
    ("page test", &[("burnledger page test ops", "one marked test page; 0 accepted, 1 refused, 3 not reached")]),
    ("doctor", &[("burnledger doctor", "source, clocks, history, receivers, ledger and files")]),
    (
        "init",
        &[
            ("burnledger init --service checkout", "slos/checkout.yaml as an example"),
            ("burnledger init --discover --out slos", "a file for each service that a preset fits"),
        ],
    ),
    ("coverage", &[("burnledger coverage", "which services have SLOs, and which could")]),
    (
        "presets",
        &[
            ("burnledger presets list", "their names, and how metrics are named"),
            ("burnledger presets show http", "the file of one"),
        ],
    ),
    ("presets list", &[("burnledger presets list", "every preset, convention by convention")]),
    ("presets show", &[("burnledger presets show http > slos/presets/http.yaml", "to change it for your SLOs")]),
    (
        "silence",
        &[
            (
                "burnledger silence add --service checkout --for 2h --reason \"moving the database\"",
                "pages are held back, incidents are not",
            ),
            ("burnledger silence list", "those that hold, and those to come"),
        ],
    ),
    (
        "silence add",
        &[
            ("burnledger silence add --service checkout --for 2h --reason \"moving the database\"", "one service"),
            ("burnledger silence add --owner batch --severity P1,P2 --for 8h --reason rebuild", "a team's lesser pages"),
        ],
    ),
    ("silence list", &[("burnledger silence list --all", "also those that are over")]),
    ("silence expire", &[("burnledger silence expire 12 --reason \"done early\"", "what still burns is paged at once")]),
    (
        "completions",
        &[
            ("burnledger completions bash > ~/.local/share/bash-completion/completions/burnledger", "for bash"),
            ("burnledger completions fish > ~/.config/fish/completions/burnledger.fish", "for fish"),
        ],
    ),
    (
        "man",
        &[("burnledger man | man -l -", "reads the first page"), ("burnledger man --out man", "writes a page for every verb")],
    ),
];

/// The examples of a verb; none for one that the table lacks.
pub fn of(verb: &str) -> &'static [(&'static str, &'static str)] {
    TABLE.iter().find(|(name, _)| *name == verb).map_or(&[], |(_, examples)| examples)
}

/// The command with examples at the end of every verb's help.
pub(super) fn attach(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |sub| {
            let sub = attach(sub, &path);
            let text = text(of(&path));
            if text.is_empty() { sub } else { sub.after_help(text) }
        })
    })
}

fn text(examples: &[(&str, &str)]) -> String {
    let lines: Vec<String> = examples.iter().map(|(line, what)| format!("  {line}\n      {what}")).collect();
    if lines.is_empty() { String::new() } else { format!("Examples:\n{}", lines.join("\n")) }
}
