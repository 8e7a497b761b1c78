//! What others compute: ranked votes are counted by Debian's `belenios-tool` as well, several seats by Python's
//! `abcvoting`, and must come out the same. Where one is missing its test prints `skipped:`. `LIFEBOAT_ORACLE_ROUNDS=20000 cargo test -p
//! lifeboat-commons --test main oracles` is the long form.

use lifeboat_commons::decisions::methods::{equal_shares, schulze};
use std::io::Write;
use std::process::{Command, Stdio};

/// How many random profiles are compared, when nobody asks for more.
const ROUNDS: u64 = 500;

/// Numbers from a seed, for profiles that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// A ranking of `n` options, often with ties, often not of all.
    fn ranking(&mut self, n: usize) -> Vec<u8> {
        let levels = 1 + self.below(n as u64) as u8;
        let cut = self.below(4) == 0;
        let raw: Vec<u8> = (0..n).map(|_| self.below(u64::from(levels) + u64::from(cut)) as u8).collect();
        let lowest = u8::from(!cut);
        let raw: Vec<u8> = raw.iter().map(|level| level + lowest).collect();
        let mut used: Vec<u8> = raw.iter().copied().filter(|level| *level > 0).collect();
        used.sort_unstable();
        used.dedup();
        raw.iter().map(|level| used.iter().position(|u| u == level).map_or(0, |at| at as u8 + 1)).collect()
    }
}

fn is_here() -> bool {
    let here =
        Command::new("belenios-tool").arg("--version").output().is_ok_and(|said| said.status.success());
    if !here {
        println!("skipped: belenios-tool is not installed");
    }
    here
}

/// What the other program makes of these ballots: who prefers what, and the order.
fn belenios(options: usize, ballots: &[Vec<u8>]) -> (Vec<u32>, Vec<Vec<u8>>) {
    let words = ["method", "schulze", "--blank-allowed", "false", "--nchoices"];
    let mut command = Command::new("belenios-tool");
    command.args(words).arg(options.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{ballots:?}").as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let lists = |name: &str| -> Vec<Vec<u32>> {
        let start = said.find(&format!("\"{name}\":[[")).unwrap_or_else(|| panic!("{said}")) + name.len() + 5;
        let text = &said[start..start + said[start..].find("]]").unwrap()];
        let numbers = |list: &str| list.split(',').map(|n| n.trim().parse().unwrap()).collect();
        text.split("],[").map(numbers).collect()
    };
    let order = lists("winners").into_iter().map(|equal| equal.into_iter().map(|n| n as u8).collect());
    (lists("raw").concat(), order.collect())
}

fn rounds() -> u64 {
    std::env::var("LIFEBOAT_ORACLE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS)
}

/// Reads one profile a line (options, seats, ballots) and prints every committee that the rule allows, ties
/// broken in each way.
const ABCVOTING: &str = "
import json, sys
from abcvoting import abcrules
from abcvoting.preferences import Profile
for line in sys.stdin:
    options, seats, ballots = json.loads(line)
    profile = Profile(options)
    profile.add_voters([set(b) for b in ballots])
    found = abcrules.compute('equal-shares-with-av-completion', profile, committeesize=seats, resolute=False)
    print(json.dumps([sorted(c) for c in found]))
";

#[test]
fn seats_are_those_that_another_program_fills() {
    let here = Command::new("python3").args(["-c", "import abcvoting"]).output();
    if !here.is_ok_and(|said| said.status.success()) {
        println!("skipped: comparing seats needs python3 with abcvoting 2.19.2");
        return;
    }
    let mut dice = Dice(7);
    let mut profiles = Vec::new();
    while profiles.len() < rounds() as usize {
        let options = 3 + dice.below(5) as u8;
        let seats = 1 + dice.below(u64::from(options) - 1) as u8;
        let some = |dice: &mut Dice| (0..options).filter(|_| dice.below(3) == 0).collect::<Vec<u8>>();
        let ballots: Vec<Vec<u8>> = (0..2 + dice.below(14)).map(|_| some(&mut dice)).collect();
        let wanted = (0..options).filter(|option| ballots.iter().any(|b| b.contains(option))).count();
        if wanted >= usize::from(seats) {
            profiles.push((options, seats, ballots)); // ours seats nobody whom nobody approves
        }
    }
    let lines: Vec<String> =
        profiles.iter().map(|(n, k, ballots)| format!("[{n},{k},{ballots:?}]")).collect();
    let mut command = Command::new("python3");
    command.args(["-c", ABCVOTING]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.join("\n").as_bytes()).unwrap());
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    writer.join().unwrap();
    let answers: Vec<Vec<Vec<u8>>> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), profiles.len());
    let (mut alone, mut filled) = (0, 0);
    for ((options, seats, ballots), allowed) in profiles.iter().zip(answers) {
        let ours = equal_shares(*options, *seats, ballots.iter().map(|ballot| &ballot[..]));
        let mut chosen: Vec<u8> = ours.iter().map(|seat| seat.option).collect();
        chosen.sort_unstable();
        assert!(allowed.contains(&chosen), "{seats} of {options}, {ballots:?}: {chosen:?}, not {allowed:?}");
        alone += usize::from(allowed.len() == 1);
        filled += usize::from(ours.iter().any(|seat| !seat.paid));
    }
    let all = profiles.len();
    assert!(alone > all / 3 && filled > all / 5, "{alone} without ties, {filled} filled, of {all}");
}

#[test]
fn ranked_votes_come_out_as_another_program_counts_them() {
    if !is_here() {
        return;
    }
    let rounds = rounds();
    let mut dice = Dice(2026);
    let (mut ties, mut cut) = (0, 0);
    for round in 0..rounds {
        let options = 2 + dice.below(7) as usize;
        let ballots: Vec<Vec<u8>> = (0..1 + dice.below(40)).map(|_| dice.ranking(options)).collect();
        let ours = schulze(options as u8, &ballots);
        let (prefer, order) = belenios(options, &ballots);
        assert_eq!(ours.prefer, prefer, "round {round}: {ballots:?}");
        assert_eq!(ours.order, order, "round {round}: {ballots:?}");
        ties += u64::from(order[0].len() > 1);
        cut += u64::from(ballots.iter().any(|ballot| ballot.contains(&0)));
    }
    assert!(ties > rounds / 20 && cut > rounds / 2, "{ties} ties and {cut} truncated ballots in {rounds}");
}
