//! Files, options and environment in; settled configurations and problems out.

use super::*;
use crate::domain::base::{Ms, Severity, Span};
use crate::kit::secrets::{Secret, SecretSource};
use std::fs;

const FULL: &str = r"
environment: production
listen: 0.0.0.0:9000
language: en
slos: my-slos
ledger: /var/lib/burnledger/ledger.db
min_bad: 5
step: 10s
settle: 0s
clear: 1m
resolve_after: 2m
reopen: 3m
no_data_page: 4m
escalate_after: 6m
repeat: 7m
prometheus:
  url: https://ann:hunter2@prometheus.example/base
  timeout: 3s
  concurrency: 2
  bearer_token_file: token
  headers: {X-Scope-OrgID: tenant-hunter2, X-Other: {file: /run/other}}
receivers:
  main:
    alertmanager:
      urls: [http://one:9093, two:9093]
      basic_auth: {username: ann, password: hunter2}
      severity_label: true
      labels: {team: ops}
      resend: 30s
  hook: {webhook: {url: 'https://hooks.example/T0/hunter2', bearer_token: hunter2}}
  filed: {webhook: {url_file: hook-url}}
  screen: stderr
  other: {terminal: }
routes:
  - {owner: payments, severity: [P0, P1], receivers: main}
  - {severity: P2, receivers: [hook]}
  - {levels: [[main], [hook, screen]]}
fallback: [screen]
";

fn nowhere(_: &str) -> Option<String> {
    None
}

/// Writes a configuration and settles it.
fn settle(text: &str) -> Result<Config, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("burnledger.yaml");
    fs::write(&path, text).unwrap();
    load(&Overrides { config: Some(path), ..Overrides::default() }, &nowhere)
}

fn lines(problems: &[Problem]) -> Vec<String> {
    let at = |p: &Problem| p.place.as_ref().map_or("-".into(), |place| format!("{}:{}", place.line, place.column));
    problems.iter().map(|p| format!("{} {}: {}", at(p), p.code, p.message)).collect()
}

#[test]
fn without_anything_the_defaults_hold() {
    let config = load(&Overrides::default(), &|name| (name == "HOME").then(|| "/home/ann".to_owned())).unwrap();
    assert_eq!(config.prometheus.address.shown(), DEFAULT_PROMETHEUS);
    assert_eq!((config.prometheus.limits.concurrency, config.prometheus.http.total), (8, Span::from_secs(10)));
    assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
    assert_eq!(config.slos, PathBuf::from(DEFAULT_SLOS));
    assert_eq!(config.ledger, PathBuf::from("/home/ann/.local/state/burnledger/ledger.db"));
    assert_eq!((config.timing, config.guards), (Timing::default(), Guards::default()));
    assert_eq!(config.receivers.values().map(ReceiverSettings::kind).collect::<Vec<_>>(), ["stderr"]);
    assert_eq!(config.routes.up_to(None, Severity::P0, 0), [(0, "stderr".into())], "no page is lost in silence");
    assert_eq!(default_ledger(&nowhere), PathBuf::from("burnledger.db"));
}

#[test]
fn every_field_is_read_and_paths_start_at_the_file() {
    let config = settle(FULL).unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(config.environment.as_deref(), Some("production"));
    assert_eq!(config.listen.to_string(), "0.0.0.0:9000");
    let folder = config.file.as_ref().unwrap().parent().unwrap().to_owned();
    assert_eq!((config.slos, config.ledger), (folder.join("my-slos"), "/var/lib/burnledger/ledger.db".into()));
    assert_eq!(config.guards.min_bad, 5.0);
    let timing = config.timing;
    assert_eq!((timing.step, timing.settle, timing.clear), (Span::from_secs(10), Span::ZERO, Span::from_mins(1)));
    assert_eq!(
        (timing.resolve_after, timing.reopen, timing.no_data_page),
        (Span::from_mins(2), Span::from_mins(3), Span::from_mins(4))
    );
    assert_eq!((timing.escalate_after, timing.repeat), (Span::from_mins(6), Span::from_mins(7)));
    let prometheus = config.prometheus;
    assert_eq!((prometheus.limits.concurrency, prometheus.http.total), (2, Span::from_secs(3)));
    assert_eq!(prometheus.http.bearer, Some(SecretSource::File(folder.join("token"))));
    assert_eq!(prometheus.http.headers.len(), 2);
    assert_eq!(
        config.receivers.values().map(ReceiverSettings::kind).collect::<Vec<_>>(),
        ["webhook", "webhook", "alertmanager", "stderr", "stderr"]
    );
    let routes = config.routes;
    assert_eq!(routes.up_to(Some("payments"), Severity::P0, 0), [(0, "main".into())]);
    assert_eq!(routes.up_to(Some("search"), Severity::P2, 0), [(0, "hook".into())]);
    assert_eq!(routes.up_to(None, Severity::P1, 1), [(0, "main".into()), (1, "hook".into()), (1, "screen".into())]);
    assert_eq!(routes.fallback, ["screen".into()]);
}

#[test]
fn an_option_wins_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.yaml");
    fs::write(&path, FULL).unwrap();
    let overrides = Overrides {
        config: Some(path),
        prometheus: Some("localhost:1".into()),
        slos: Some("there".into()),
        dashboards: Some("boards".into()),
        ledger: Some("l.db".into()),
        history: None,
        listen: Some("127.0.0.1:0".into()),
    };
    let config = load(&overrides, &nowhere).unwrap();
    assert_eq!(config.prometheus.address.shown(), "http://localhost:1");
    assert_eq!((config.slos, config.dashboards, config.ledger), ("there".into(), "boards".into(), "l.db".into()));
    assert_eq!(config.history, Some("l.history.db".into()), "beside the ledger that is in force");
    assert_eq!(config.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.prometheus.limits.concurrency, 2, "the rest of the source stays as the file has it");
}

#[test]
fn history_on_disk_has_a_place_of_its_own_or_is_off() {
    let config = |text: &str| settle(text).unwrap();
    let folder = |config: &Config| config.file.as_ref().unwrap().parent().unwrap().to_owned();
    let named = config("history: kept/h.db");
    assert_eq!(named.history, Some(folder(&named).join("kept/h.db")));
    assert_eq!(config("history: off").history, None);
    assert_eq!(config("ledger: /var/x.db").history, Some("/var/x.history.db".into()));
    let off = Overrides { history: Some("off".into()), ..Overrides::default() };
    assert_eq!(load(&off, &nowhere).unwrap().history, None);
}

#[test]
fn the_file_is_found_in_the_xdg_folder_and_a_named_one_must_exist() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("burnledger")).unwrap();
    fs::write(dir.path().join("burnledger/config.yaml"), "min_bad: 7").unwrap();
    let xdg = |name: &str| (name == "XDG_CONFIG_HOME").then(|| dir.path().display().to_string());
    assert_eq!(load(&Overrides::default(), &xdg).unwrap().guards.min_bad, 7.0);
    let missing = Overrides { config: Some(dir.path().join("no.yaml")), ..Overrides::default() };
    assert_eq!(load(&missing, &xdg).unwrap_err()[0].code, "missing-file");
    let bad = Overrides { prometheus: Some("ftp://x".into()), listen: Some("here".into()), ..Overrides::default() };
    assert_eq!(load(&bad, &nowhere).unwrap_err()[0].code, "bad-address");
}

#[test]
fn every_example_of_the_receivers_page_is_read_as_it_stands() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/receivers.md")).unwrap();
    let (mut kinds, mut more) = (std::collections::BTreeSet::new(), 0);
    let examples: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 12, "{}", examples.len());
    for example in examples {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("page.j2"), "{}").unwrap();
        let path = dir.path().join("burnledger.yaml");
        fs::write(&path, example).unwrap();
        let config = load(&Overrides { config: Some(path), ..Overrides::default() }, &nowhere);
        let config = config.unwrap_or_else(|problems| panic!("{example}\n{:#?}", lines(&problems)));
        assert_eq!(lines(&config.warnings), Vec::<String>::new(), "{example}");
        more += config.routes.silences.len() + config.responses.len() + usize::from(config.heartbeat.is_some());
        assert!(config.responses.iter().any(|r| !r.dry_run) || !example.contains("dry_run"), "{example}");
        kinds.extend(config.receivers.values().map(ReceiverSettings::kind));
    }
    assert_eq!(more, 6, "three silences, two responses, a heartbeat");
    let all = ["alertmanager", "dingtalk", "email", "exec", "feishu", "ntfy", "opsgenie", "pagerduty", "slack", "stderr"];
    for kind in all.into_iter().chain(["webhook", "wecom"]) {
        assert!(kinds.contains(kind), "{kind} has no example");
    }
}

#[test]
fn mistakes_in_services_are_told_without_their_secrets() {
    let text = "\
receivers:
  a: {pagerduty: {url: https://x}}
  b: {slack: {url: 'hooks.slack.com:x/hunter2'}}
  c: {email: {server: mail.example:25, tls: none, from: a@b, to: [c@d]}}
  d: {email: {server: mail.example, username: ann, from: a@b, to: [c@d]}}
  e: {exec: {command: rm -rf hunter2}}
  f: {wecom: {url_file: x, rate: 20/1m}}
  g: {ntfy: {topic: hunter2, language: fr}}
  h: {exec: {command: [x], timeout: 5m}}
  i: {dingtalk: {url_file: x, secret: hunter2, mention_all: yes}}
";
    let wanted = [
        "2:19 missing-field: `pagerduty` needs `routing_key_file` (or `routing_key`)",
        "3:20 bad-address: `url`: this is no address: invalid port number",
        "4:23 not-encrypted: mail without encryption is for a server on this machine only",
        "5:15 missing-field: `email` needs both `username` and `password_file`, or neither",
        "6:23 wrong-kind: `command` must be a list: the program and its arguments",
        "7:34 bad-rate: `rate` must say how many messages in how long",
        "8:40 unknown-word: unknown language `fr`",
        "9:37 bad-duration: `timeout` of a command may be at most 14s here",
        "10:61 unknown-word: unknown mention_all `yes`",
    ];
    let problems = settle(text).unwrap_err();
    assert_eq!(lines(&problems), wanted);
    assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
}

#[test]
fn receivers_without_routes_all_get_every_page() {
    let config = settle("receivers: {a: stderr, b: {webhook: {url: http://x}}}").unwrap();
    assert_eq!(config.routes.up_to(Some("anyone"), Severity::P1, 0), [(0, "a".into()), (0, "b".into())]);
}

#[test]
fn pages_that_would_reach_nobody_are_warned_of() {
    let config = settle("receivers: {a: stderr}\nroutes: [{owner: x, receivers: [a]}]").unwrap();
    assert_eq!(
        lines(&config.warnings),
        ["2:9 no-default-route: every route names an owner or a service: pages of others reach nobody"]
    );
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let text = "\
prometheus: {url: 'ftp://x', bearer_token: a, bearer_token_file: b, basic_auth: {username: ann}, concurency: 3, timeout: 1h}
stp: 15s
settle: soon
silences: [{service: x, until: soon, reason: y}]
listen: localhost
language: en-GB
receivers:
  a: {alertmanager: {urls: []}}
  b: {webhok: {url: http://x}}
  c: {webhook: {headers: {'bad name': x}}}
  d: carrier-pigeon
  e: {stderr: , webhook: {url: x}}
routes:
  - {receivers: [main], owner: x}
  - {severity: P3, receivers: [a]}
  - {receivers: [a], levels: [[a]]}
  - {owner: y}
min_bad: -1
";
    let wanted = [
        "1:19 bad-address: `url`: this is no address: `ftp` is neither http nor https",
        "1:47 two-credentials: `bearer_token` and `bearer_token_file` are both given",
        "1:82 missing-field: `basic_auth` needs `password` or `password_file`",
        "1:98 unknown-field: unknown field `concurency` of `prometheus`, did you mean `concurrency`?",
        "1:122 bad-duration: `timeout` may be at most 5m",
        "2:1 unknown-field: unknown field `stp` of the configuration, did you mean `step`?",
        "3:9 bad-duration: a number was expected in the duration `soon`",
        "4:13 missing-field: a silence needs `author`",
        "4:32 bad-instant: `until` must be an instant with its zone",
        "5:9 bad-address: `listen` must be an IP address and a port",
        "6:11 unknown-word: unknown language `en-GB`",
        "8:28 empty-value: `urls` names no Alertmanager",
        "9:7 unknown-field: unknown field `webhok` of a receiver, did you mean `webhook`?",
        "10:17 missing-field: `webhook` needs `url`",
        "10:27 bad-header: this is no name of an HTTP header",
        "11:6 unknown-receiver: this is no kind of receiver",
        "12:7 wrong-kind: a receiver needs exactly one kind, such as `alertmanager`, `webhook` or `stderr`",
        "14:18 unknown-receiver: unknown receiver `main`",
        "15:16 unknown-word: unknown severity `P3`",
        "16:30 two-meanings: `receivers` and `levels` are both given",
        "17:6 missing-field: a route needs `receivers`",
        "18:10 bad-number: `min_bad` may not be negative",
    ];
    assert_eq!(lines(&settle(text).unwrap_err()), wanted);
}

#[test]
fn odd_files_are_refused_or_work() {
    assert_eq!(
        lines(&settle("step: 7s").unwrap_err()),
        ["1:7 bad-step: `step` is 7s, it must divide a minute evenly and be at least 1s"]
    );
    assert_eq!(lines(&settle("a: 1\n---\nb: 2").unwrap_err()).len(), 2);
    assert_eq!(settle("min_bad: [").unwrap_err()[0].code, "yaml-syntax");
    assert_eq!(settle("language: zh").unwrap().language, Language::Zh);
    assert!(settle("").is_ok());
    assert!(settle("# nothing\r\n").is_ok());
    assert_eq!(settle("just text").unwrap_err()[0].code, "wrong-kind");
}

#[test]
fn secrets_are_in_no_debug_output_and_in_no_problem() {
    let config = settle(FULL).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    for (good, bad) in [
        ("timeout: 3s", "timeout: 3x"),
        ("concurrency: 2", "concurrency: hunter"),
        ("{username: ann, password: hunter2}", "{usrname: ann, password: hunter2}"),
        ("bearer_token: hunter2}}", "bearer_tokn: hunter2}}"),
        ("bearer_token: hunter2}}", "bearer_token: \"hunter2}}"),
        ("tenant-hunter2,", "tenant-hunter2: x,"),
        ("'https://hooks.example/T0/hunter2'", "'hooks://hooks.example/T0/hunter2'"),
        ("https://ann:hunter2@prometheus.example/base", "https://ann:hunter2@:x"),
        ("password: hunter2", "password: [hunter2]"),
    ] {
        let text = FULL.replace(good, bad);
        assert_ne!(text, FULL, "{good}");
        let problems = settle(&text).unwrap_err();
        assert!(!format!("{problems:?}").contains("hunter2"), "{bad}: {problems:?}");
    }
}

proptest::proptest! {
    #[test]
    fn damaged_files_never_panic_nor_show_the_secret_in_messages(at in 0_usize..FULL.len(), len in 0_usize..20, new in "[ -~\n\t]{0,5}") {
        let mut text = FULL.to_owned();
        text.replace_range(at..(at + len).min(FULL.len()), &new);
        let (_, problems) = read::read(&Source::new("f", text), Path::new("."));
        for problem in problems {
            let told = format!("{} {:?}", problem.message, problem.hint);
            proptest::prop_assert!(!told.contains("hunter2") || told.contains("unknown"), "{}", told);
        }
    }
}

#[test]
fn the_dashboard_s_looks_and_keys_are_read_with_their_places() {
    let text = "theme: high-contrast\nglyphs: narrow\nmouse: true\nkeys: {copy: C-y,\n  quit: Q}\nbell: false\n";
    let screen = settle(text).unwrap().screen;
    assert_eq!((screen.theme, screen.glyphs, screen.mouse), (Some("high-contrast"), Some("narrow"), true));
    assert_eq!(screen.bell, Some(false));
    let keys: Vec<_> = screen.keys.iter().map(|k| (&*k.action, &*k.key, k.place.line, k.place.column)).collect();
    assert_eq!(keys, [("copy", "C-y", 4, 14), ("quit", "Q", 5, 9)]);
    let wrong = lines(&settle("theme: solarized\nglyphs: emoji\nmouse: maybe\nkeys: [a]\n").unwrap_err());
    let codes: Vec<_> = wrong.iter().map(|l| l.split(':').take(2).collect::<Vec<_>>().join(":")).collect();
    assert_eq!(codes, ["1:8 unknown-word", "2:9 unknown-word", "3:8 unknown-word", "4:7 wrong-kind"], "{wrong:#?}");
    let beside = settle("{prometheus: {url: 'http://x', bearer_token: s3cret}, keys: {copy: a}}").unwrap().screen;
    assert!(!beside.keys[0].place.excerpt.contains("s3cret"), "{:?}", beside.keys[0].place);
}

#[test]
fn further_sources_have_names_and_everything_the_default_one_has() {
    let text = "sources:\n  eu:\n    url: https://mimir.example/prometheus\n    tenant: team-a|team-b\n    timeout: 3s\n    history_timeout: 2m\n    \
                concurrency: 3\n    max_series: 5000\n    max_samples: 70000\n    circuit: {failures: 3, open: 2m}\n  \
                thanos: {url: 'thanos:10902', dedup: true, partial_response: false, bearer_token_file: token}\n";
    let config = settle(text).unwrap();
    assert!(!config.default_source, "nobody wrote it");
    let eu = &config.sources["eu"];
    assert_eq!(eu.http.headers, [("X-Scope-OrgID".to_owned(), SecretSource::Inline(Secret::new("team-a|team-b")))]);
    assert_eq!((eu.http.total, eu.limits.history_timeout), (Span::from_secs(3), Span::from_mins(2)));
    assert_eq!((eu.limits.concurrency, eu.limits.max_series, eu.limits.max_samples), (3, 5000, 70_000));
    assert_eq!((eu.limits.circuit_failures, eu.limits.circuit_open), (3, Span::from_mins(2)));
    assert_eq!(eu.limits.circuit_longest, Span::from_mins(2), "never shorter than the first time");
    assert!(eu.limits.remote_read);
    let thanos = &config.sources["thanos"].limits;
    assert_eq!((thanos.dedup, thanos.partial_response, thanos.remote_read), (Some(true), Some(false), false));
    assert!(settle("prometheus: {url: 'a:1'}\n").unwrap().default_source);
}

#[test]
fn mistakes_in_sources_have_places() {
    let text = "sources:\n  eu: {tenant: a}\n  a b: {url: 'x:1'}\n  us: {url: 'x:1', tenant: 'a b', dedup: maybe}\n  \
                twice: {url: 'x:1', tenant: a, headers: {x-scope-orgid: b}}\n  \
                slow: {url: 'x:1', max_series: 0, history_timeout: 1h, circuit: {failures: 0, open: 10s, longest: 5s}}\n";
    let found = lines(&settle(text).unwrap_err());
    assert_eq!(
        found.iter().map(|line| line.split(": ").next().unwrap()).collect::<Vec<_>>(),
        [
            "2:3 missing-field",
            "3:3 bad-name",
            "4:28 bad-name",
            "4:42 unknown-word",
            "5:31 two-meanings",
            "6:34 bad-number",
            "6:54 bad-duration",
            "6:78 bad-number",
            "6:101 bad-duration"
        ],
        "{found:#?}"
    );
}

#[test]
fn a_silence_may_recur_by_a_rule_and_says_what_is_wrong_with_it() {
    let of = |more: &str| settle(&format!("silences:\n  - {{service: x, reason: y, author: z, {more}}}\n"));
    let first = Ms::parse_rfc3339("2026-03-01T01:30:00Z").unwrap();
    for rule in [
        "rrule: 'DTSTART;TZID=Europe/Berlin:20260104T020000 RRULE:FREQ=WEEKLY;BYDAY=SU', duration: 2h",
        "rrule: 'FREQ=WEEKLY;BYDAY=SU', from: 2026-01-04T02:00, zone: Europe/Berlin, duration: 2h",
    ] {
        let silences = of(rule).unwrap().routes.silences;
        assert_eq!(silences[0].time.active_until(first), Ms::parse_rfc3339("2026-03-01T03:00:00Z"), "{rule}");
        assert_eq!(silences[0].time.active_until(first + Span::from_hours(2)), None);
    }
    for (rule, code) in [
        ("rrule: 'FREQ=WEEKLY', duration: 2h", "bad-rrule"),
        ("rrule: 'FREQ=WEEKLY', zone: Mars, duration: 2h", "unknown-zone"),
        ("rrule: 'FREQ=WEEKLY', from: 2026-01-04T02:00:00Z, zone: UTC, duration: 2h", "bad-time"),
        ("rrule: 'FREQ=WEEKLY', from: 2026-01-04T02:00, zone: UTC", "missing-field"),
        ("rrule: 'FREQ=WEEKLY', from: 2026-01-04T02:00, zone: UTC, duration: 60d", "bad-duration"),
        ("rrule: 'FREQ=WEEKLY', from: 2026-01-04T02:00, zone: UTC, duration: 1h, until: 2026-01-05T00:00:00Z", "two-meanings"),
        ("until: 2026-01-05T00:00:00Z, duration: 2h", "not-used"),
    ] {
        let found = lines(&of(rule).unwrap_err());
        assert!(found[0].contains(code), "{rule}: {found:?}");
    }
}
