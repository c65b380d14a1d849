//! `export schema`: the schemas that editors use know what the readers know, and no less.
//!
//! A specimen holds every mapping of a schema. A field that nobody knows is put into each, the reader is asked, and what it
//! says it knows must be what the schema names. Words to choose from are compared the same way.

use super::{burnledger, root};
use burnledger::config::{self, Overrides};
use burnledger::domain::base::Problem;
use burnledger::formats::export::schema::Kind;
use burnledger::formats::{InputFile, LoadOptions, casefile, dashboards, estimate, load_files};
use burnledger::kit::yaml::{Node, Source, Style, Value as Yaml, compose};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const STRANGER: &str = "zzzzzzzz";

/// A YAML tree as editors read it: plain scalars by YAML's core schema.
fn json_of(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::List(items) => items.iter().map(|n| json_of(n)).collect(),
        Yaml::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.to_string(), json_of(&e.value))).collect()),
        Yaml::Scalar { text, style: Style::Plain } => match &**text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::Number),
        },
        Yaml::Scalar { text, .. } => Value::from(&**text),
    }
}

fn documents(text: &str) -> Vec<Value> {
    let documents = compose(&Source::new("a.yaml", text.to_owned()));
    documents.roots.iter().map(|root| json_of(root)).collect()
}

fn schema_of(kind: Kind) -> Value {
    serde_json::from_str(kind.text()).unwrap()
}

fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    match schema["$ref"].as_str() {
        Some(path) => root.pointer(path.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{path} is nowhere")),
        None => schema,
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Why a value does not fit; the keywords that our schemas use, and no others.
fn misfits(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut must = |holds: bool, why: &str| {
        if !holds {
            out.push(format!("{at}: {why}"));
        }
    };
    let fits = |schema: &Value| misfits(root, schema, value, at).is_empty();
    let known = |name: &str| schema["properties"].get(name).is_some();
    let (object, text, size) = (value.as_object(), value.as_str(), value.as_array().map_or(0, Vec::len) as u64);
    let mut below = Vec::new();
    for (keyword, of) in schema.as_object().unwrap() {
        match &**keyword {
            "$schema" | "$comment" | "$defs" | "title" | "description" | "examples" => {}
            "$ref" => below.extend(misfits(root, resolve(root, schema), value, at)),
            "type" if of.is_array() => must(list(of).any(|t| is_type(t.as_str().unwrap(), value)), "another type"),
            "type" => must(is_type(of.as_str().unwrap(), value), "another type"),
            "enum" => must(list(of).any(|v| v == value), "none of the words"),
            "const" => must(of == value, "another word"),
            "pattern" => {
                let pattern = regex::Regex::new(of.as_str().unwrap()).unwrap();
                must(text.is_none_or(|t| pattern.is_match(t)), "does not match the pattern");
            }
            "minLength" => must(text.is_none_or(|t| t.len() as u64 >= of.as_u64().unwrap()), "too short"),
            "maxLength" => must(text.is_none_or(|t| t.chars().count() as u64 <= of.as_u64().unwrap()), "too long"),
            "minItems" => must(!value.is_array() || size >= of.as_u64().unwrap(), "too few"),
            "minProperties" => must(object.is_none_or(|o| o.len() as u64 >= of.as_u64().unwrap()), "too few fields"),
            "maxProperties" => must(object.is_none_or(|o| o.len() as u64 <= of.as_u64().unwrap()), "too many fields"),
            "required" => {
                let has = |name: &Value| object.is_none_or(|o| o.contains_key(name.as_str().unwrap()));
                must(list(of).all(has), &format!("one of {of} is missing"));
            }
            "anyOf" => must(list(of).any(fits), "fits none of the choices"),
            "oneOf" => must(list(of).filter(|s| fits(s)).count() == 1, "does not fit exactly one"),
            "allOf" => must(list(of).all(fits), "does not fit all"),
            "propertyNames" => {
                let names = object.into_iter().flatten().map(|(name, _)| Value::from(&**name));
                names.for_each(|name| below.extend(misfits(root, of, &name, at)));
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    below.extend(misfits(root, of, item, &format!("{at}/{i}")));
                }
            }
            "properties" => {
                for (name, of) in of.as_object().unwrap() {
                    if let Some(value) = object.and_then(|o| o.get(name)) {
                        below.extend(misfits(root, of, value, &format!("{at}/{name}")));
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in object.into_iter().flatten().filter(|(name, _)| !known(name)) {
                    match of {
                        Value::Bool(false) => below.push(format!("{at}: unknown field {name}")),
                        of => below.extend(misfits(root, of, value, &format!("{at}/{name}"))),
                    }
                }
            }
            other => panic!("{other} is a keyword that this does not know"),
        }
    }
    out.extend(below);
    out
}

/// A place in a specimen that an object or a choice of words of a schema describes.
struct Met {
    /// JSON pointer into the specimen.
    at: String,
    /// Fields or words of this part of the schema.
    own: BTreeSet<String>,
    /// The same of all parts that may stand there.
    all: BTreeSet<String>,
}

/// Objects and choices of a schema, by their address in it.
#[derive(Default)]
struct Walk {
    objects: BTreeMap<*const Value, Vec<Met>>,
    choices: BTreeMap<*const Value, Vec<Met>>,
}

fn names(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn choice(schema: &Value) -> BTreeSet<String> {
    list(&schema["enum"]).chain(schema.get("const")).filter_map(|v| v.as_str().map(Into::into)).collect()
}

/// The parts of a schema that may describe one value.
fn parts<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let schema = resolve(root, schema);
    let below = ["anyOf", "oneOf"].iter().flat_map(|k| list(&schema[*k])).flat_map(|s| parts(root, s));
    std::iter::once(schema).chain(below).collect()
}

impl Walk {
    fn go(&mut self, root: &Value, schema: &Value, value: &Value, at: &str) {
        let all = parts(root, schema);
        let fitting = |s: &&&Value| misfits(root, s, value, at).is_empty();
        let union = |of: fn(&Value) -> BTreeSet<String>| all.iter().flat_map(|s| of(s)).collect::<BTreeSet<String>>();
        let (fields, words) = (union(names), union(choice));
        for part in all.iter().filter(fitting) {
            if part["properties"].is_object() && value.is_object() {
                let met = Met { at: at.to_owned(), own: names(part), all: fields.clone() };
                self.objects.entry(std::ptr::from_ref(*part)).or_default().push(met);
            }
            if !choice(part).is_empty() && value.is_string() {
                let met = Met { at: at.to_owned(), own: choice(part), all: words.clone() };
                self.choices.entry(std::ptr::from_ref(*part)).or_default().push(met);
            }
            for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                if let Some(of) = part.get("items") {
                    self.go(root, of, item, &format!("{at}/{i}"));
                }
            }
            for (name, item) in value.as_object().into_iter().flatten() {
                let of = part["properties"].get(name).or_else(|| part.get("additionalProperties").filter(|s| s.is_object()));
                if let Some(of) = of {
                    self.go(root, of, item, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")));
                }
            }
        }
    }
}

/// Every object of a schema that names its fields.
fn objects_of<'s>(schema: &'s Value, found: &mut Vec<&'s Value>) {
    match schema {
        Value::Object(of) => {
            if schema["properties"].is_object() && schema["additionalProperties"].is_boolean() {
                found.push(schema);
            }
            of.values().for_each(|s| objects_of(s, found));
        }
        Value::Array(items) => items.iter().for_each(|s| objects_of(s, found)),
        _ => {}
    }
}

/// What the reader of a kind says of a document.
fn read(kind: Kind, document: &Value) -> Vec<Problem> {
    let text = document.to_string();
    match kind {
        Kind::Cost => estimate::load_bytes("a.yaml", text.as_bytes()).problems,
        Kind::Test => casefile::load_bytes(Path::new("a.yaml"), text.as_bytes()).problems,
        Kind::Dashboard => dashboards::load_bytes("a.yaml", text.as_bytes()).problems,
        Kind::Config => {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("burnledger.yaml");
            std::fs::write(&file, text).unwrap();
            let overrides = Overrides { config: Some(file), ..Overrides::default() };
            config::load(&overrides, &|_| None).err().unwrap_or_default()
        }
        Kind::Slo | Kind::Policy | Kind::Preset | Kind::Business => {
            load_files(&[InputFile::new("a.yaml", text)], &LoadOptions::default()).rulebook.problems
        }
    }
}

/// What a reader says it knows in the place of the stranger.
fn told(kind: Kind, document: &Value, code: &str) -> Option<BTreeSet<String>> {
    let problems = read(kind, document);
    let problem = problems.iter().find(|p| p.code == code && p.message.contains(STRANGER))?;
    let list = problem.hint.as_deref()?.strip_prefix("known: ")?;
    Some(list.split(", ").map(Into::into).collect())
}

fn specimens(kind: Kind) -> Vec<Value> {
    let path = root().join(format!("tests/verbs/export/schema/{}.yaml", kind.name()));
    documents(&std::fs::read_to_string(&path).unwrap())
}

#[test]
fn schemas_name_the_fields_and_words_that_the_readers_know() {
    let mut words: BTreeMap<(&str, String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for kind in Kind::ALL {
        let schema = schema_of(kind);
        let mut left = Vec::new();
        objects_of(&schema, &mut left);
        let mut left: BTreeSet<*const Value> = left.into_iter().map(std::ptr::from_ref).collect();
        assert!(!left.is_empty());
        for document in specimens(kind) {
            let wrong = misfits(&schema, &schema, &document, "");
            assert!(wrong.is_empty(), "{}: {wrong:#?}\n{document:#}", kind.name());
            let mut walk = Walk::default();
            walk.go(&schema, &schema, &document, "");
            for (address, met) in walk.objects {
                for Met { at, own, all } in met.into_iter().take(2) {
                    let mut with = document.clone();
                    with.pointer_mut(&at).unwrap().as_object_mut().unwrap().insert(STRANGER.into(), json!(1));
                    let knows = told(kind, &with, "unknown-field")
                        .unwrap_or_else(|| panic!("{} {at}: nobody minds a stranger\n{:#?}", kind.name(), read(kind, &with)));
                    let (more, less): (Vec<_>, Vec<_>) = (own.difference(&knows).collect(), knows.difference(&all).collect());
                    let file = format!("schemas/{}.schema.json", kind.name());
                    assert!(more.is_empty() && less.is_empty(), "{file} at `{at}`: add {less:?}, remove {more:?}");
                    left.remove(&address);
                }
            }
            for met in walk.choices.into_values().flatten() {
                let mut with = document.clone();
                *with.pointer_mut(&met.at).unwrap() = STRANGER.into();
                let Some(knows) = told(kind, &with, "unknown-word") else { continue };
                assert!(met.own.is_subset(&knows), "{} {}: {:?} of {knows:?}", kind.name(), met.at, met.own);
                // Parts that exclude each other have some of the words each.
                let key = met.at.rsplit('/').next().unwrap().to_owned();
                words.entry((kind.name(), key, knows)).or_default().extend(met.own);
            }
        }
        let unseen: Vec<String> = left.into_iter().map(|address| path_of(&schema, address, "").unwrap()).collect();
        assert!(unseen.is_empty(), "{}: no specimen has {unseen:#?}", kind.name());
    }
    assert!(words.len() > 15, "{words:#?}");
    for ((kind, key, knows), named) in words {
        assert_eq!(named, knows, "schemas/{kind}.schema.json: words of `{key}`");
    }
}

/// Where a part of a schema stands, for messages.
fn path_of(schema: &Value, address: *const Value, at: &str) -> Option<String> {
    if std::ptr::eq(schema, address) {
        return Some(at.to_owned());
    }
    match schema {
        Value::Object(of) => of.iter().find_map(|(key, s)| path_of(s, address, &format!("{at}/{key}"))),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, s)| path_of(s, address, &format!("{at}/{i}"))),
        _ => None,
    }
}

fn yaml_below(folder: &Path, out: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            yaml_below(&path, out);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            out.push(path);
        }
    }
}

/// Documents of ours in the repository: files, and examples of pages.
fn examples() -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for folder in ["slos", "sample-data", "tests/cases", "packaging", "docs", "dashboards"] {
        yaml_below(&root().join(folder), &mut files);
    }
    let mut found: Vec<(String, Value)> = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        found.extend(documents(&text).into_iter().map(|d| (path.display().to_string(), d)));
    }
    let pages = std::fs::read_dir(root().join("docs")).unwrap().map(|e| e.unwrap().path());
    for page in pages.chain([root().join("README.md")]).filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        let blocks = text.split("```yaml\n").skip(1).filter_map(|b| b.split("```").next());
        found.extend(blocks.flat_map(documents).map(|d| (page.display().to_string(), d)));
    }
    found
}

#[test]
fn the_examples_fit_their_schemas_and_mistakes_do_not() {
    let mut fitting: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, document) in examples() {
        let Some(version) = document["version"].as_str() else { continue };
        let Some(kind) = Kind::ALL.into_iter().find(|k| schema_of(*k)["properties"]["version"]["const"] == version) else {
            continue;
        };
        let schema = schema_of(kind);
        let wrong = misfits(&schema, &schema, &document, "");
        assert!(wrong.is_empty(), "{name} ({}): {wrong:#?}", kind.name());
        *fitting.entry(kind.name()).or_default() += 1;
        // A version alone is no document.
        let bare: Map<String, Value> = document.as_object().unwrap().clone().into_iter().take(1).collect();
        assert!(!misfits(&schema, &schema, &Value::Object(bare), "").is_empty(), "{}", kind.name());
    }
    for kind in ["slo", "policy", "preset", "business", "cost", "test", "dashboard"] {
        assert!(fitting.contains_key(kind), "no example of {kind}: {fitting:?}");
    }
    let schema = schema_of(Kind::Slo);
    for (document, why) in [
        ("{version: burnledger/v1, service: a, slos: [{name: b, target: 99%}]}", "no indicator"),
        ("{version: burnledger/v1, service: a, slos: [{name: b, target: many, sli: {events: {bad: e, total: t}}}]}", "no share"),
        ("{version: burnledger/v1, service: a, slos: [{name: b, target: 1, sli: {events: {total: t}}}]}", "neither bad nor good"),
        ("{version: burnledger/v2, service: a, slos: [{name: b, target: 1, sli: {preset: http, selector: '{}'}}]}", "no version"),
    ] {
        assert!(!misfits(&schema, &schema, &documents(document)[0], "").is_empty(), "{why}: {document}");
    }
}

#[test]
fn the_verb_prints_one_and_writes_all() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, talk) = burnledger(dir.path(), &["export", "schema"]);
    assert_eq!((code, out.as_str(), talk.as_str()), (0, Kind::Slo.text(), ""));
    let (code, out, _) = burnledger(dir.path(), &["export", "schema", "business"]);
    assert_eq!((code, out.as_str()), (0, Kind::Business.text()));
    for _ in 0..2 {
        let (code, out, talk) = burnledger(dir.path(), &["export", "schema", "--out", "schemas"]);
        assert_eq!((code, out.lines().count()), (0, Kind::ALL.len()), "{talk}");
    }
    for kind in Kind::ALL {
        let name = format!("schemas/{}.schema.json", kind.name());
        let written = std::fs::read_to_string(dir.path().join(&name)).unwrap();
        assert_eq!(written, std::fs::read_to_string(root().join(&name)).unwrap());
        let schema: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}
