//! Keeps the tree tidy: short files and functions, a head comment in each, pure crates that stay pure,
//! crates that know only those below them, and nothing at the top level but what belongs there. The
//! lists of excused ones are short on purpose. It reads text and never needs the code to compile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;

/// Files that may be longer than [`MAX_FILE_LINES`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];
/// Functions that may be longer than [`MAX_FUNCTION_LINES`], each with its reason.
const LONG_FUNCTIONS: &[(&str, &str, &str)] =
    &[("crates/log/tests/log/make/checkpoints.rs", "proofs", "a list: one bad proof after another")];
/// Files beside `ui.rs` that may write to the terminal themselves, each with its reason.
const PRINTERS: &[(&str, &str)] = &[];

/// What stands at the top level. Lock and dot files may stand beside it.
const TOP_LEVEL: [&str; 7] = ["Cargo.toml", "LICENSE", "README.md", "crates", "docs", "examples", "tests"];
/// The settings of tools that look for them there and nowhere else.
const TOP_LEVEL_SETTINGS: [&str; 3] = ["clippy.toml", "deny.toml", "rustfmt.toml"];

/// Which crates a crate may name, besides what those may name. The root package may name all.
const LAYERS: [(&str, &[&str]); 7] = [
    ("log", &[]),
    ("commons", &["log"]),
    ("protocol", &["log", "commons"]),
    ("store", &["log"]),
    ("net", &["log", "protocol"]),
    ("node", &["store", "net", "protocol", "commons"]),
    ("sim", &["protocol", "store"]),
];

/// The crates that take time, randomness and bytes as arguments.
const PURE: [&str; 3] = ["log", "commons", "protocol"];
/// What would reach outside. Threads are left to `log`, whose verification is spread over cores.
const OUTSIDE: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "getrandom",
    "rand::",
    "tokio",
    "sled",
    "libp2p",
];

struct Source {
    path: String,
    lines: Vec<String>,
    /// The first line of the tests at its end; the number of lines when it has none.
    tests_from: usize,
    /// Whether it is for tests, benches or fixtures as a whole.
    all_tests: bool,
}

impl Source {
    fn product(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.all_tests { 0 } else { self.tests_from };
        self.lines[..end].iter().enumerate().map(|(at, line)| (at + 1, line.as_str()))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.ends_with("target") {
            continue; // what a bench that was run in a crate's folder left there
        }
        if path.is_dir() {
            walk(&path, extension, into);
        } else if path.extension().is_some_and(|e| e == extension) {
            into.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["crates", "tests", "examples"] {
        walk(&root().join(folder), "rs", &mut paths);
    }
    paths.sort();
    assert!(paths.len() > 50, "the sources were not found");
    paths.iter().map(|path| source(path)).collect()
}

fn source(path: &Path) -> Source {
    let lines: Vec<String> = std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let tests_from = lines.iter().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(lines.len());
    let parts: Vec<&str> = path.split('/').collect();
    let for_tests =
        |part: &&str| matches!(*part, "tests" | "tests.rs" | "benches" | "testing" | "testing.rs" | "sim");
    Source { tests_from, all_tests: parts.iter().any(for_tests), path, lines }
}

fn none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let (mut long, mut bare) = (Vec::new(), Vec::new());
    for source in sources() {
        let excused = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        let is_long = source.lines.len() > MAX_FILE_LINES;
        if is_long != excused {
            long.push(format!("{}: {} lines", source.path, source.lines.len()));
        }
        if !source.lines.first().is_some_and(|line| line.starts_with("//!")) {
            bare.push(source.path);
        }
    }
    none(&format!("over {MAX_FILE_LINES} lines (or excused and no longer so)"), &long);
    none("no head comment (//!) that says what the file is for", &bare);
}

/// The name of the function that begins on this line of formatted code.
fn function(line: &str) -> Option<&str> {
    let mut words = code(line).split_whitespace().skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "const" | "async" | "crate)" | "super)" | "in")
    });
    if words.next()? != "fn" {
        return None;
    }
    let name = words.next()?;
    Some(name.split(['(', '<']).next().unwrap_or(name))
}

#[test]
fn functions_fit_a_screen() {
    let mut long = Vec::new();
    for source in sources() {
        for (at, line) in source.lines.iter().enumerate() {
            let Some(name) = function(line) else { continue };
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            let end = format!("{indent}}}");
            let rest = &source.lines[at..];
            let has_body = rest.iter().find_map(|l| match l.trim_end() {
                l if l.ends_with('{') => Some(true),
                l if l.ends_with(';') || l.ends_with('}') => Some(false),
                _ => None,
            });
            let length = rest.iter().position(|l| *l == end).map_or(1, |lines| lines + 1);
            let excused = LONG_FUNCTIONS.iter().any(|(path, f, _)| *path == source.path && *f == name);
            if has_body == Some(true) && length > MAX_FUNCTION_LINES && !excused {
                long.push(format!("{}:{}: {name} has {length} lines", source.path, at + 1));
            }
        }
    }
    none(&format!("functions over {MAX_FUNCTION_LINES} lines"), &long);
}

#[test]
fn whoever_unwraps_says_why_it_cannot_fail() {
    let mut found = Vec::new();
    for source in sources() {
        for (at, line) in source.product() {
            let unwraps = [".unwrap()", ".expect(\"", ".unwrap_err()", "unreachable!("];
            if !unwraps.iter().any(|call| code(line).contains(call)) {
                continue;
            }
            let before = source.lines[at.saturating_sub(4)..at].iter();
            if !before.clone().any(|l| l.contains("// ") || l.contains("reason = ")) {
                found.push(format!("{}:{at}: {}", source.path, line.trim()));
            }
        }
    }
    none("no comment near it says why it cannot fail", &found);
}

#[test]
fn the_pure_crates_reach_outside_nowhere() {
    let mut found = Vec::new();
    for source in sources() {
        if !PURE.iter().any(|name| source.path.starts_with(&format!("crates/{name}/src/"))) {
            continue;
        }
        for (at, line) in source.product() {
            for word in OUTSIDE.iter().filter(|word| code(line).contains(*word)) {
                found.push(format!("{}:{at}: {word}", source.path));
            }
        }
    }
    none("time, randomness and I/O come in as arguments here", &found);
}

#[test]
fn only_the_terminal_writes_to_the_terminal() {
    let mut found = Vec::new();
    for source in sources() {
        let may =
            source.path.ends_with("cli/src/ui.rs") || PRINTERS.iter().any(|(path, _)| *path == source.path);
        for (at, line) in source.product().filter(|_| !may) {
            if ["println!(", "eprintln!(", " print!(", "dbg!("].iter().any(|call| code(line).contains(call)) {
                found.push(format!("{}:{at}: {}", source.path, line.trim()));
            }
        }
    }
    none("printed past ui.rs", &found);
}

/// The names of the dependencies in one table of a manifest.
fn dependencies(manifest: &Path, table: &str) -> Vec<String> {
    let text = std::fs::read_to_string(manifest).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let mut at = Some(&manifest);
    for part in table.split('/') {
        at = at.and_then(|table| table.get(part)).and_then(toml::Value::as_table);
    }
    at.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn below(name: &str) -> BTreeSet<String> {
    let direct =
        LAYERS.iter().find(|(crate_name, _)| *crate_name == name).map_or(&[][..], |(_, below)| *below);
    let deeper = direct.iter().flat_map(|name| below(name));
    direct.iter().map(|name| (*name).to_owned()).chain(deeper).collect()
}

#[test]
fn crates_know_only_those_below_them() {
    let mut found = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let manifest = entry.unwrap().path().join("Cargo.toml");
        let folder = manifest.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        if !manifest.exists() {
            continue; // the root package keeps its code in crates/cli
        }
        assert!(LAYERS.iter().any(|(name, _)| *name == folder), "crates/{folder} stands in no layer");
        seen += 1;
        let known = below(&folder);
        for name in dependencies(&manifest, "dependencies") {
            let Some(name) = name.strip_prefix("lifeboat-") else { continue };
            if !known.contains(name) {
                found.push(format!("{folder} may not know {name}"));
            }
        }
    }
    assert_eq!(seen, LAYERS.len());
    none("a crate knows only those below it", &found);
}

#[test]
fn every_dependency_has_its_line() {
    let page = std::fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let mut manifests = Vec::new();
    walk(&root().join("crates"), "toml", &mut manifests);
    manifests.retain(|path| path.ends_with("Cargo.toml"));
    manifests.push(root().join("Cargo.toml"));
    let mut names = BTreeSet::new();
    for manifest in &manifests {
        for table in ["dependencies", "dev-dependencies", "build-dependencies", "workspace/dependencies"] {
            names.extend(dependencies(manifest, table));
        }
    }
    let ours = |name: &String| name.starts_with("lifeboat-");
    let missing: Vec<String> =
        names.into_iter().filter(|name| !ours(name) && !page.contains(&format!("`{name}`"))).collect();
    none("docs/dependencies.md says nothing of", &missing);
}

#[test]
fn the_top_level_holds_what_belongs_there() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let belongs = TOP_LEVEL.contains(&name.as_str()) || TOP_LEVEL_SETTINGS.contains(&name.as_str());
        let beside = name.starts_with('.') || name == "Cargo.lock" || name == "target";
        if !belongs && !beside {
            found.push(name);
        }
    }
    none("this does not belong at the top level", &found);
    let missing: Vec<String> =
        TOP_LEVEL.iter().filter(|name| !root().join(name).exists()).map(|name| (*name).to_owned()).collect();
    none("the top level lacks", &missing);
}
