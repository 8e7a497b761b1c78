//! Compares budget results, project by project and in their order, with `pabutools`, a program that others
//! wrote: real elections where they lie beside the project (never copied into it), and generated ones with
//! ties, decimals and empty ballots. Where Python with pabutools is missing, it prints `skipped:` and why.
//!
//! Every run compares a sample. The long form, which takes an hour or two because pabutools does:
//!
//! ```text
//! LIFEBOAT_PABUTOOLS=all cargo test --release -p lifeboat-commons --test main pabutools -- --nocapture
//! ```

use lifeboat_commons::tally::pabulib::{File, read};
use lifeboat_commons::tally::{Completion, Method, Outcome, Rule, Ties, Utility, tally};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Real elections that pabutools counts within a second or so, Add1 included; the long form takes all.
const QUICK: [&str; 7] = [
    "Canada_Stanford_Dataset_PB_Dieppe_2018_vote_approvals",
    "France_Toulouse_2022_6_-_Saint-Cyprien",
    "Netherlands_Assen_2024",
    "Poland_Gdansk_2020_Krakowiec-Gorki_Zachodnie",
    "Poland_Poznan_2024_9_-_Stare_Miasto__large",
    "Poland_Swiecie_2023",
    "Poland_Warszawa_2018_Pole_Mokotowskie",
];
/// Those of them on which Add1 is quick as well.
const ADD1_QUICK: [&str; 2] = ["Netherlands_Assen_2024", "Poland_Gdansk_2020_Krakowiec-Gorki_Zachodnie"];
/// Elections on which Add1 takes pabutools days: they are compared step by step alone.
const NO_ADD1: [&str; 3] = ["Netherlands_Amsterdam_252", "Poland_Lodz_2022", "Poland_Krakow_2023_Debniki"];
const PLAIN: &str =
    "greedy/cost/none,greedy/cardinality/none,equal-shares/cost/none,equal-shares/cardinality/none";
const ADD1: &str = "equal-shares/cost/add1,equal-shares/cardinality/add1,equal-shares/cost/add1-greedy,\
equal-shares/cardinality/add1-greedy,equal-shares/cost/add1-past-exhaustion";
/// What pabutools takes longer for than this, ours must do in a fiftieth, in a release build.
const SLOW: f64 = 0.5;
/// How often a count is timed.
const TRIES: usize = 5;
const GENERATED: usize = 500;
const SAMPLE: usize = 60;

fn is_here() -> bool {
    let output = Command::new("python3").args(["-c", "import pabutools"]).output();
    let here = output.is_ok_and(|output| output.status.success());
    if !here {
        println!("skipped: comparing with pabutools needs python3 with pabutools 1.2.3");
    }
    here
}

fn is_long() -> bool {
    std::env::var("LIFEBOAT_PABUTOOLS").is_ok_and(|value| value == "all")
}

/// The folder of the real elections, where there is one.
fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/pb");
    if !folder.is_dir() {
        println!("skipped: there are no real elections in ../shared/pb");
        return None;
    }
    Some(folder)
}

/// The elections in this folder whose names are wanted.
fn elections(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        path.extension().is_some_and(|e| e == "pb") && is_wanted(&name)
    });
    paths.sort();
    paths
}

fn method(count: &str) -> Method {
    let parts: Vec<&str> = count.split('/').collect();
    let rule = if parts[0] == "greedy" { Rule::Greedy } else { Rule::EqualShares };
    let utility = match parts[1] {
        "cost" => Utility::Cost,
        "cardinality" => Utility::Cardinality,
        _ => Utility::Points,
    };
    let completion = match parts[2] {
        "none" => Completion::None,
        "add1" => Completion::Add1,
        "add1-greedy" => Completion::Add1Greedy,
        _ => Completion::Add1PastExhaustion,
    };
    let ties = if parts.get(3) == Some(&"votes") { Ties::Votes } else { Ties::Name };
    Method { rule, utility, completion, ties }
}

/// The result, and the least time of a few tries: others use this machine as well.
fn counted(file: &File, count: &str) -> (Outcome, Duration) {
    let mut best: Option<(Outcome, Duration)> = None;
    let end = Instant::now() + Duration::from_secs(1);
    for _ in 0..TRIES {
        let start = Instant::now();
        let outcome = tally(&file.election, &method(count)).unwrap();
        let time = start.elapsed();
        if best.as_ref().is_none_or(|(_, least)| time < *least) {
            best = Some((outcome, time));
        }
        if Instant::now() > end {
            break;
        }
    }
    best.unwrap()
}

fn names(file: &File, projects: &[usize]) -> Vec<String> {
    projects.iter().map(|p| file.election.projects()[*p].name.clone()).collect()
}

/// One count of pabutools.
#[derive(serde::Deserialize)]
struct Theirs {
    file: PathBuf,
    count: String,
    funded: Vec<String>,
    seconds: f64,
}

/// Has pabutools count these files in these ways.
fn theirs(counts: &str, paths: &[PathBuf]) -> Vec<Theirs> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/main/pabutools_results.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(counts).args(paths).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Has pabutools count these files in these ways, and compares; gives how many results were equal.
fn compare(counts: &str, paths: &[PathBuf]) -> usize {
    let mut equal = 0;
    for Theirs { file: path, count, funded, seconds } in theirs(counts, paths) {
        let file = read(&std::fs::read(&path).unwrap()).unwrap();
        let (outcome, time) = counted(&file, &count);
        // What costs nothing has no order there.
        let free = |name: &String| file.election.projects().iter().any(|p| p.name == *name && p.cost == 0);
        let sorted = |mut names: Vec<String>| {
            let costly = names.iter().filter(|name| !free(name)).cloned().collect::<Vec<_>>();
            names.sort();
            (costly, names)
        };
        assert_eq!(sorted(names(&file, &outcome.funded)), sorted(funded), "{} {count}", path.display());
        if seconds > SLOW {
            let times = seconds / time.as_secs_f64();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            println!("{name} {count}: pabutools {seconds:.2} s, here {time:.2?}: {times:.0} times faster");
            // A build for debugging tells nothing of speed.
            assert!(cfg!(debug_assertions) || times >= 50.0, "{name} {count}: only {times:.1} times faster");
        }
        equal += 1;
    }
    equal
}

#[test]
fn real_elections_give_what_pabutools_gives() {
    let Some(folder) = is_here().then(shared).flatten() else { return };
    let mut paths = elections(&folder, |name| is_long() || QUICK.contains(&name));
    assert_eq!(paths.len(), if is_long() { 15 } else { QUICK.len() });
    let mut equal = compare(PLAIN, &paths);
    if is_long() {
        paths.retain(|path| !NO_ADD1.iter().any(|name| path.ends_with(format!("{name}.pb"))));
        equal += compare(ADD1, &paths);
    } else {
        paths.retain(|path| ADD1_QUICK.iter().any(|name| path.ends_with(format!("{name}.pb"))));
        equal += compare("equal-shares/cost/add1,equal-shares/cost/add1-greedy", &paths);
    }
    println!("{equal} results of real elections are those of pabutools");
}

#[test]
fn generated_elections_give_what_pabutools_gives() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut approval, mut points) = (Vec::new(), Vec::new());
    for seed in 0..if is_long() { GENERATED } else { SAMPLE } {
        let path = folder.path().join(format!("{seed}.pb"));
        std::fs::write(&path, generated(seed as u64)).unwrap();
        (if seed % 4 == 3 { &mut points } else { &mut approval }).push(path);
    }
    let by_votes = "greedy/cost/none/votes,equal-shares/cost/none/votes,equal-shares/cardinality/add1/votes";
    let mut equal = compare(&format!("{PLAIN},{ADD1},{by_votes}"), &approval);
    let by_points = "greedy/points/none,equal-shares/points/none,equal-shares/points/add1";
    equal += compare(&format!("{PLAIN},{ADD1},{by_points}"), &points);
    println!("{equal} results of generated elections are those of pabutools");
}

/// Add1 takes pabutools up to days. In minutes it counts two steps of each election: that at which ours ends,
/// and the next one, which must be too much, unless nothing fitted any more; and what follows greedily.
#[test]
fn add1_ends_at_the_step_at_which_pabutools_says_so() {
    let Some(folder) = is_here().then(shared).flatten() else { return };
    let paths = elections(&folder, |name| is_long() || ADD1_QUICK.contains(&name));
    assert_eq!(paths.len(), if is_long() { 15 } else { ADD1_QUICK.len() });
    for path in paths {
        for utility in ["cost", "cardinality"] {
            ends_where_pabutools_does(&path, utility, "add1");
            ends_where_pabutools_does(&path, utility, "add1-past-exhaustion");
        }
    }
}

fn ends_where_pabutools_does(path: &Path, utility: &str, completion: &str) {
    let name = format!("{} {utility} {completion}", path.file_stem().unwrap().to_string_lossy());
    let file = read(&std::fs::read(path).unwrap()).unwrap();
    let (ours, time) = counted(&file, &format!("equal-shares/{utility}/{completion}"));
    let step = ours.added / file.election.unit();
    let counts = [format!("{step}"), format!("{}", step + 1), format!("{step}-greedy")];
    let counts = counts.map(|step| format!("equal-shares/{utility}/step-{step}")).join(",");
    let [here, next, then] = &theirs(&counts, &[path.to_owned()])[..] else { panic!() };
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names(&file, &ours.funded)), sorted(here.funded.clone()), "{name}");
    let projects = file.election.projects();
    let cost = |funded: &[String]| -> u128 {
        projects.iter().filter(|p| funded.contains(&p.name)).map(|p| p.cost).sum()
    };
    let left = file.election.budget() - cost(&here.funded);
    let fits = projects.iter().any(|p| !here.funded.contains(&p.name) && p.cost <= left);
    // Past that point it ends where the next step is too much, or where all have what they want.
    let goes_on = match completion {
        "add1" => fits,
        _ => here.funded.len() < projects.len(),
    };
    let too_much = cost(&next.funded) > file.election.budget();
    assert!(too_much || !goes_on, "{name} would go on");
    if completion == "add1" {
        let greedy = counted(&file, &format!("equal-shares/{utility}/add1-greedy")).0;
        assert_eq!(
            sorted(names(&file, &greedy.funded)),
            sorted(then.funded.clone()),
            "{name}, then greedily"
        );
    }
    println!("{name} ends after {step} steps, here in {time:.2?}, as by pabutools");
}

/// The three cities that used equal shares: what they funded in truth.
#[test]
fn the_official_results_of_three_cities_come_out() {
    let Some(folder) = shared() else { return };
    for (name, count, winners) in [
        ("Netherlands_Assen_2024", "equal-shares/cost/add1", 9),
        ("Poland_Swiecie_2023", "equal-shares/cost/add1", 17),
        ("Poland_Wieliczka_2023_Green_Budget", "equal-shares/cost/add1-past-exhaustion", 30),
    ] {
        let file = read(&std::fs::read(folder.join(format!("{name}.pb"))).unwrap()).unwrap();
        let (outcome, time) = counted(&file, count);
        let mut funded = outcome.funded;
        funded.sort_unstable();
        assert_eq!(Some(&funded), file.selected.as_ref(), "{name}");
        assert_eq!(funded.len(), winners, "{name}");
        assert!(time < Duration::from_secs(5), "{name} took {time:?}");
    }
}

/// The largest election there: equal shares in under two seconds.
#[test]
fn ninety_thousand_votes_are_counted_while_one_looks() {
    let Some(folder) = shared() else { return };
    let file = read(&std::fs::read(folder.join("Poland_Lodz_2022.pb")).unwrap()).unwrap();
    for utility in ["cost", "cardinality"] {
        let (outcome, time) = counted(&file, &format!("equal-shares/{utility}/none"));
        println!("{} votes by {utility}: {} funded in {time:?}", file.election.cast(), outcome.funded.len());
        assert!(time < Duration::from_secs(2), "{time:?}");
    }
}

/// Ordinal ballots are read: what they name counts as wanted, and points there are none.
#[test]
fn ordinal_ballots_are_refused_by_points_alone() {
    let Some(folder) = shared() else { return };
    let file = read(&std::fs::read(folder.join("Poland_Krakow_2023_Debniki.pb")).unwrap()).unwrap();
    let refused = tally(&file.election, &method("greedy/points/none")).unwrap_err().to_string();
    assert_eq!(refused, "ordinal ballots give no points: count by cost or cardinality");
    assert_eq!(counted(&file, "greedy/cost/none").0.funded.len(), 8);
}

/// An election of this seed, as a file: few different costs, so that ties are common; decimals with point
/// or comma; empty ballots; projects that nobody wants; names that sort otherwise than numbers do.
fn generated(seed: u64) -> String {
    let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |bound: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    };
    let (projects, voters) = (1 + below(12), 1 + below(40));
    let (cumulative, decimals) = (seed % 4 == 3, below(3));
    let sign = if below(2) == 0 { "," } else { "." };
    let mut text = String::from("META\nkey;value\n");
    let budget = 20 + below(180);
    let part = if decimals > 0 { format!("{sign}{}", below(100)) } else { String::new() };
    let kind = if cumulative { "cumulative" } else { "approval" };
    let _ = writeln!(text, "budget;{budget}{part}\nvote_type;{kind}\nnum_votes;{voters}");
    text.push_str("PROJECTS\nproject_id;cost\n");
    for id in 1..=projects {
        let cost = [10, 20, 30, 1 + below(90)][below(4) as usize];
        let part = match decimals {
            2 => format!("{sign}{}", [5, 25, 50, 125][below(4) as usize]),
            _ => String::new(),
        };
        let _ = writeln!(text, "{id};{cost}{part}");
    }
    text.push_str(if cumulative { "VOTES\nvoter_id;vote;points\n" } else { "VOTES\nvoter_id;vote\n" });
    for voter in 1..=voters {
        // The last project has no votes in some elections.
        let is_named = |p: &u64| below(3) == 0 && (!seed.is_multiple_of(5) || *p != projects);
        let named: Vec<String> = (1..=projects).filter(is_named).map(|p| p.to_string()).collect();
        let points: Vec<String> = named.iter().map(|_| below(4).to_string()).collect();
        let named = if named.is_empty() && cumulative { "none".to_owned() } else { named.join(",") };
        let points = if points.is_empty() { "none".to_owned() } else { points.join(",") };
        let _ = if cumulative {
            writeln!(text, "{voter};{named};{points}")
        } else {
            writeln!(text, "{voter};{named}")
        };
    }
    text
}
