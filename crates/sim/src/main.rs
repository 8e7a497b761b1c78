//! Runs many seeds of the simulator, or one: `cargo run -p lifeboat-sim -- --seeds 10000`.

use lifeboat_sim::{Violation, run, run_many};
use std::process::ExitCode;

const USAGE: &str = "usage: lifeboat-sim [--seeds COUNT] [--from SEED] | --seed SEED";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1)?.parse::<u64>().ok()
    };
    let known = ["--seeds", "--from", "--seed"];
    if args.iter().step_by(2).any(|arg| !known.contains(&arg.as_str())) || args.len() % 2 == 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let result: Result<_, Box<Violation>> = match number("--seed") {
        Some(seed) => run(seed, None),
        None => run_many(number("--from").unwrap_or(0), number("--seeds").unwrap_or(200), None),
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
