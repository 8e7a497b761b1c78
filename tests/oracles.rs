//! Others check our work: the Go project's own packages verify a cosigned log, and a conformance suite that
//! others wrote asks our witness over HTTP. `.ci/run` installs what these need; elsewhere it may be missing.

use crate::person::{Person, wait_for};
use lifeboat_log::{KeyCache, Record, note, tile};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's `golang-golang-x-mod-dev` lies.
const GO_PACKAGES: &str = "/usr/share/gocode";
/// The tests of the suite: 19 cases, and 9 more that it has beside them.
const SUITE_TESTS: usize = 28;

fn works(program: &str, words: &[&str]) -> bool {
    Command::new(program).args(words).output().is_ok_and(|output| output.status.success())
}

fn output(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

fn cell_of(person: &Person) -> serde_json::Value {
    person.value(&["status"], "cells")[0].clone()
}

/// A founder and a neighbour whose home witnesses, both with running nodes.
fn witnessed(folder: &Path) -> [Person; 2] {
    let mut heron = Person::founder(folder, "heron");
    heron.start_node();
    let mut wren = Person::with_home(folder, "wren");
    heron.takes_in(&wren);
    wren.start_node();
    wren.good(&["--yes", "witness", "offer"]);
    heron.good(&["--yes", "witness", "change", "wren"]);
    wait_for("an anchor", || cell_of(&heron)["anchored"].as_u64() > Some(0));
    [heron, wren]
}

/// The folder of the newest term in an exported copy.
fn newest_term(copy: &Path) -> PathBuf {
    let mut at = copy.to_owned();
    loop {
        let mut folders: Vec<PathBuf> = std::fs::read_dir(&at).unwrap().map(|e| e.unwrap().path()).collect();
        if at.join("checkpoint").is_file() {
            return at;
        }
        folders.retain(|path| path.is_dir());
        folders.sort();
        at = folders.pop().unwrap();
    }
}

/// The verifier key of an exported term: its opening names it.
fn log_key(term: &Path) -> String {
    let bundles = term.join("tile/entries");
    let partial = std::fs::read_dir(bundles.join("000.p")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(partial).unwrap();
    let (records, _) = tile::split_bundle(&bytes);
    let record = Record::verify(records[0], &mut KeyCache::default()).unwrap();
    let opening = record.entry().opening().unwrap().unwrap();
    let text = std::fs::read_to_string(term.join("checkpoint")).unwrap();
    note::verifier_key(text.lines().next().unwrap(), note::ED25519, &opening.term_key.0)
}

#[test]
fn the_packages_of_the_go_project_verify_a_cosigned_log() {
    if !works("go", &["version"]) || !Path::new(GO_PACKAGES).join("src/golang.org/x/mod/sumdb/tlog").is_dir()
    {
        return println!("skipped: Go and its package x/mod are not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("verify");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/verify.go");
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(source);
    build.env("GOPATH", GO_PACKAGES).env("GO111MODULE", "off").env("GOCACHE", folder.path().join("cache"));
    let (built, said) = output(&mut build);
    assert!(built, "{said}");

    let [heron, wren] = witnessed(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    heron.good(&["export", &path("before")]);
    let earlier = newest_term(&folder.path().join("before")).join("checkpoint");
    for euros in ["12 EUR", "7 EUR", "30 EUR"] {
        heron.good(&[&["--yes", "in"], &euros.split(' ').collect::<Vec<_>>()[..]].concat());
    }
    wait_for("all to be witnessed", || cell_of(&heron)["witnessed"] == cell_of(&heron)["records"]);
    heron.good(&["export", &path("after")]);
    let last = cell_of(&heron)["records"].as_u64().unwrap() - 1;
    heron.good(&["show", &format!("#{last}"), "--proof", &path("receipt")]);
    let term = newest_term(&folder.path().join("after"));
    let witness = wren.value(&["witness", "logs"], "key");
    let mut check = Command::new(&program);
    check.args([&term, Path::new(&log_key(&term)), &earlier, Path::new(&path("receipt"))]);
    check.arg(witness.as_str().unwrap());
    let (good, said) = output(&mut check);
    assert!(good, "{said}");
    assert!(said.contains("cosigned by 1"), "{said}");
    println!("{said}");
    let damaged = std::fs::read_to_string(term.join("checkpoint")).unwrap().replacen("\n0", "\n1", 1);
    std::fs::write(term.join("checkpoint"), damaged.replace("AAAA", "AAAB")).unwrap();
    assert!(!output(&mut check).0, "the oracle notices a change");
}

/// The suite inside the source of the crate `siglog`, among the sources that cargo has fetched.
fn suite() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let registries = std::fs::read_dir(home.join("registry/src")).ok()?;
    let suites = registries.filter_map(|registry| {
        let suite = registry.ok()?.path().join("siglog-0.1.0/witness-conformance");
        suite.is_dir().then_some(suite)
    });
    suites.last()
}

#[test]
fn the_conformance_suite_for_witnesses_passes() {
    let has = "import pytest, requests, cryptography, pytest_jsonreport";
    let Some(suite) = suite().filter(|_| works("python3", &["-c", has])) else {
        return println!("skipped: the conformance suite for witnesses, or what it needs, is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port();
    let entrypoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/entrypoint.sh");
    let mut pytest = Command::new("python3");
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "--tb=short"]);
    pytest.arg(format!("--port={port}")).arg(format!("--entrypoint={}", entrypoint.display()));
    pytest.current_dir(suite).env("TMPDIR", folder.path()).env("PYTHONDONTWRITEBYTECODE", "1");
    pytest.env("LIFEBOAT", env!("CARGO_BIN_EXE_lifeboat"));
    let (good, said) = output(&mut pytest);
    // No case is answered otherwise: where an older text of the specification had 409 for another root of
    // the same size, the suite asks for 422, as the newer one does.
    assert!(good, "{said}");
    assert!(said.contains(&format!("{SUITE_TESTS} passed")), "{said}");
    println!("{}", said.lines().last().unwrap_or_default());
}

#[test]
fn audit_and_the_independent_verifier_count_the_same_cosignatures() {
    let folder = tempfile::tempdir().unwrap();
    let [heron, wren] = witnessed(folder.path());
    wait_for("all to be witnessed", || cell_of(&wren)["witnessed"] == cell_of(&heron)["records"]);
    let copy = folder.path().join("copy");
    wren.good(&["export", copy.to_str().unwrap()]);
    let said = heron.good(&["audit", copy.to_str().unwrap()]);
    assert!(said.out.contains("as many cosignatures as asked"), "{}", said.out);
    let cosigned = heron.value(&["audit", copy.to_str().unwrap()], "cosigned");
    let cosigned = cosigned.as_array().unwrap();
    let anchors = cosigned.iter().filter(|checkpoint| !checkpoint["anchor"].is_null()).count();
    assert!(anchors >= 1 && cosigned.iter().all(|one| one["witnesses"] == 1 && one["off"] == false));
    if !works("python3", &["-c", "import blake3, cryptography"]) {
        return println!("skipped: verify.py needs python3 with blake3 and cryptography");
    }
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/verify/verify.py");
    let mut verify = Command::new("python3");
    verify.arg(verifier).arg(&copy).env("PYTHONDONTWRITEBYTECODE", "1");
    let (good, said) = output(&mut verify);
    let told = said.matches("cosigned by 1 of 1 witnesses, 1 asked").count();
    assert!(good && said.contains("nothing altered"), "{said}");
    assert_eq!(told, cosigned.len(), "{said}");
}
