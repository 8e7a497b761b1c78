//! Garbage in every file of a home, one after another: never a panic, never a wrong answer, and the same
//! log again after `repair` and `sync`. A damaged key or settings file is named in the error.

use crate::real::{Dice, Node, cell_of, command, found, make, received, run, signed, wait_for};
use lifeboat_node::{Ask, Desk, Home, Keys};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is done to a file.
const DAMAGES: [&str; 4] = ["cut in half", "zeroed", "one bit flipped", "emptied"];
/// Files that hold no answers: a lock, the words of a node, the trace of a process that has ended.
const SILENT: [&str; 3] = ["lock", "node.log", "node.json"];

fn damage(path: &Path, what: &str, dice: &mut Dice) {
    let mut bytes = fs::read(path).unwrap();
    match what {
        "cut in half" => bytes.truncate(bytes.len() / 2),
        "zeroed" => bytes.fill(0),
        "one bit flipped" => {
            let at = dice.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << dice.below(8);
        }
        _ => bytes.clear(),
    }
    fs::write(path, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let (here, there) = (item.path(), to.join(item.file_name()));
        if item.file_type().unwrap().is_dir() {
            copy(&here, &there);
        } else {
            fs::copy(&here, &there).unwrap();
        }
    }
}

/// Every file of a home that is not empty, by its name in it.
fn files(home: &Path) -> Vec<PathBuf> {
    let (mut all, mut folders) = (BTreeSet::new(), vec![home.to_owned()]);
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let item = item.unwrap();
            match item.file_type().unwrap().is_dir() {
                true => folders.push(item.path()),
                false if item.metadata().unwrap().len() > 0 => {
                    all.insert(item.path().strip_prefix(home).unwrap().to_owned());
                }
                false => {}
            }
        }
    }
    all.into_iter().collect()
}

/// What a command did.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs a command that may fail, but never in a fault, and never without a word.
fn ask(home: &Path, words: &[&str], case: &str) -> Said {
    let output = command(home, words).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let (out, err, code) = (out.into_owned(), err.into_owned(), output.status.code());
    assert!(code.is_some_and(|code| code != 101), "{case}: {words:?} ended with {}\n{err}", output.status);
    assert!(!err.contains("panicked"), "{case}: {words:?}\n{err}");
    assert!(code == Some(0) || !err.trim().is_empty(), "{case}: {words:?} failed without a word");
    Said { code, out, err }
}

impl Said {
    fn words(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// The log, as a program reads it.
fn log(home: &Path, case: &str) -> Result<Vec<Value>, String> {
    let said = ask(home, &["--json", "log", "--all"], case);
    match said.code {
        Some(0) => Ok(said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()),
        _ => Err(said.err),
    }
}

/// What must never differ, whichever details are at hand.
fn core(record: &Value) -> Vec<&Value> {
    ["position", "id", "term", "time_ms", "key", "kind", "void", "corrected_by"]
        .map(|key| &record[key])
        .to_vec()
}

/// What a home is tried with.
struct Trial<'a> {
    name: &'a str,
    /// The home as it was.
    whole: &'a Path,
    /// Its log, with all that can be fetched.
    truth: &'a [Value],
    scratch: PathBuf,
}

impl Trial<'_> {
    /// Damages one file, and asks everything that may be asked. What is wrong is returned.
    fn one(&self, file: &Path, what: &str, dice: &mut Dice) -> Result<(), String> {
        let case = format!("{} {what}", file.display());
        let home = &self.scratch;
        let _ = fs::remove_dir_all(home);
        copy(self.whole, home);
        damage(&home.join(file), what, dice);
        let name = file.to_string_lossy().into_owned();
        let is = |folder: &str| name.starts_with(folder);
        let audit = ask(home, &["audit"], &case);
        if is("log/") != (audit.code == Some(1)) {
            return Err(format!("{case}: audit says {:?}\n{}{}", audit.code, audit.out, audit.err));
        }
        let mut said = ask(home, &["status"], &case).words();
        self.is_true(&log(home, &case), &case)?;
        said += &ask(home, &["repair"], &case).words();
        let mut last = log(home, &case);
        self.is_true(&last, &case)?;
        if !self.is_whole(&last) {
            said += &ask(home, &["--wait", "15", "sync"], &case).words();
            last = log(home, &case);
            self.is_true(&last, &case)?;
        }
        let known = |said: &str| file.file_name().is_some_and(|name| said.contains(&*name.to_string_lossy()));
        if is("keys/") {
            let signing = ask(home, &["--wait", "0", "in", "1", "EUR", "--from", "a test"], &case);
            if signing.code != Some(0) && !known(&signing.words()) && !known(&said) {
                return Err(format!("{case}: the file is not named\n{said}{}", signing.words()));
            }
        }
        if self.is_whole(&last) {
            let audit = ask(home, &["audit"], &case);
            return if audit.code == Some(0) { Ok(()) } else { Err(format!("{case}: {}", audit.words())) };
        }
        // Only what cannot be had from elsewhere may stay damaged; it is named. Of settings that can
        // still be read nobody can say that they are not what the person wanted.
        let read = is("home.toml") && what == "one bit flipped";
        if read || (known(&said) && (is("keys/") || is("home.toml") || is("promises/"))) {
            return Ok(());
        }
        let records = last.map_or(0, |last| last.len());
        Err(format!("{case}: {records} of {} records at the end\n{said}", self.truth.len()))
    }

    /// Whether this is the true log, to the last letter.
    fn is_whole(&self, shown: &Result<Vec<Value>, String>) -> bool {
        shown.as_ref().is_ok_and(|shown| shown == self.truth)
    }

    /// What a log shows is a beginning of the true one; or there is a clear error.
    fn is_true(&self, shown: &Result<Vec<Value>, String>, case: &str) -> Result<(), String> {
        let Ok(shown) = shown else { return Ok(()) };
        for (here, there) in shown.iter().zip(self.truth) {
            if core(here) != core(there) {
                return Err(format!("{case}: a wrong answer: {here}, and not {there}"));
            }
        }
        if shown.len() > self.truth.len() { Err(format!("{case}: too many records")) } else { Ok(()) }
    }

    /// Damages every file below this folder in every way. What is wrong is printed; says how much.
    fn all(&self, below: &str, dice: &mut Dice) -> (usize, usize) {
        let began = Instant::now();
        let (mut cases, mut wrong) = (0, 0);
        for file in files(self.whole) {
            let silent = SILENT.iter().any(|silent| file == Path::new(silent));
            if silent || !file.to_string_lossy().starts_with(below) {
                continue;
            }
            for what in DAMAGES {
                cases += 1;
                if let Err(words) = self.one(&file, what, dice) {
                    wrong += 1;
                    println!("WRONG: {words}");
                }
            }
        }
        println!("{}{below}: {cases} cases, {:.0} s", self.name, began.elapsed().as_secs_f64());
        (cases, wrong)
    }
}

/// Two homes after some days: two members, 300 entries, an open invite, somebody at the door, and in the
/// member's outbox an entry that was signed offline.
fn some_days(folder: &Path) -> (Home, Home) {
    let (heron, wren, rook) = (make(folder, "heron"), make(folder, "wren"), make(folder, "rook"));
    let cell = found(&heron);
    let node = Node::start(&heron);
    let join = |home: &Home| {
        let link = run(heron.root(), &["invite", "--no-qr"]);
        let said = run(home.root(), &["--json", "join", link.trim()]);
        let said: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
        said["words"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{said}"))
    };
    let words = join(&wren);
    run(heron.root(), &["vouch", "wren", "--words", &words]);
    run(wren.root(), &["sync"]);
    run(wren.root(), &["in", "40", "EUR", "--from", "street collection"]);
    run(heron.root(), &["need", "20", "kg", "rice"]);
    let member = Keys::of(&heron).member(None).unwrap();
    for _ in 0..2 {
        let entries = (0..150).map(|_| signed(&received(cell, &member), &[])).collect();
        Desk::open(&heron).unwrap().answer(Ask::Submit { cell, entries, wait_ms: 0 }).unwrap();
    }
    run(wren.root(), &["sync"]);
    let size = cell_of(&heron).size;
    // A sync may end before its word of what it holds has left; the next one tells it again.
    wait_for("the keeper to know of the replica", Duration::from_millis(250), || {
        cell_of(&heron).homes == 2 || {
            run(wren.root(), &["sync"]);
            false
        }
    });
    assert_eq!(cell_of(&wren).size, size);
    join(&rook);
    run(heron.root(), &["node", "stop"]);
    drop(node);
    run(wren.root(), &["--wait", "0", "out", "5", "EUR", "--for", "bus fares"]);
    (heron, wren)
}

#[test]
fn garbage_in_any_file_of_a_home_is_noticed_and_mended() {
    let began = Instant::now();
    let mut dice = Dice::seeded("LIFEBOAT_GARBAGE_SEED");
    let folder = tempfile::tempdir().unwrap();
    let (heron, wren) = some_days(folder.path());
    let (scratch, replica) = (folder.path().join("scratch"), folder.path().join("replica"));
    // The member's home, with the keeper at hand.
    let keeper = Node::start(&heron);
    copy(wren.root(), &replica);
    run(&replica, &["sync"]);
    let truth = log(&replica, "the replica").unwrap();
    assert_eq!(truth.len(), 305);
    let trial = |name, whole| Trial { name, whole, truth: &truth, scratch: scratch.clone() };
    let mut counted = vec![trial("an unsent entry in ", wren.root()).all("outbox/", &mut dice)];
    counted.push(trial("the member's home", replica.as_path()).all("", &mut dice));
    drop(keeper);
    // The keeper's home, with the member's replica at hand.
    let node = Node::start(&Home::open(&replica).unwrap());
    run(heron.root(), &["--wait", "5", "sync"]);
    counted.push(trial("the keeper's home", heron.root()).all("", &mut dice));
    drop(node);
    let (cases, wrong) = counted.into_iter().fold((0, 0), |(c, w), (cases, wrong)| (c + cases, w + wrong));
    println!("{cases} cases in {:.0} s", began.elapsed().as_secs_f64());
    assert_eq!(wrong, 0, "of {cases} cases");
}
