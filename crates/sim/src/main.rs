//! Runs many seeds of the simulator, or one: `cargo run -p lifeboat-sim -- --seeds 10000`;
//! with `--takeover 1` the keeper is lost in each of them.

use lifeboat_sim::{Kind, Violation, run_kind, run_many};
use std::process::ExitCode;

const USAGE: &str =
    "usage: lifeboat-sim [--seeds COUNT] [--from SEED] [--takeover 1] | --seed SEED [--takeover 1]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1)?.parse::<u64>().ok()
    };
    let known = ["--seeds", "--from", "--seed", "--takeover"];
    if args.iter().step_by(2).any(|arg| !known.contains(&arg.as_str())) || args.len() % 2 == 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let kind = if number("--takeover") == Some(1) { Kind::Takeover } else { Kind::OneKeeper };
    let result: Result<_, Box<Violation>> = match number("--seed") {
        Some(seed) => run_kind(seed, kind, None),
        None => run_many(number("--from").unwrap_or(0), number("--seeds").unwrap_or(200), kind),
    };
    match result {
        Ok(figures) => {
            println!("{figures:#?}");
            ExitCode::SUCCESS
        }
        Err(violation) => {
            eprintln!("{violation}");
            ExitCode::FAILURE
        }
    }
}
